"""The recorder: what is handed over is in the store after a commit, in order and once; mute it leaves no trace. The past gives it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from streams.kafka_config import OutRecord
from tests.tracker.alerts.story import event
from tests.tracker.cargo.papers import FULL, manifest
from tracker.alerts.alert import Alert, AlertType, PriorityTerm, alert_id
from tracker.cargo.book import CargoBook
from tracker.events import statement_digest
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store import append, watch_state
from tracker.store.database import Database
from tracker.units import US_PER_S, Micros
from tracker.watch import record
from tracker.watch.record import StorePast, StoreRecorder
from tracker.watch.shelf import Shelf

T0_US = 1_700_000_000_000_000


def reports(*seconds: int, mmsi: int = 219_000_001, source: int = 0) -> PositionBatch:
    times_us = T0_US + np.array(seconds, dtype=np.int64) * US_PER_S
    n = len(seconds)
    return PositionBatch.of(
        times_us, np.full(n, mmsi_craft(mmsi)), np.full(n, 10.0), np.full(n, -30.0), message_type=1, source=source
    )


def named(*seconds: int) -> StaticBatch:
    n = len(seconds)
    return StaticBatch.from_columns(
        n, time_us=T0_US + np.array(seconds, dtype=np.int64) * US_PER_S, received_us=T0_US,
        craft=np.full(n, mmsi_craft(219_000_001)), source=0, message_type=5, name=np.bytes_("ANNA"),
    )  # fmt: skip


def kept(n: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.zeros(n, dtype=np.uint8)


def told(revision: int = 1, type_: AlertType = AlertType.RAISED) -> Alert:
    happened = event()
    return Alert(
        alert_id(happened.event_id), revision, type_, 40, (PriorityTerm("kind", 40, "Dark."),), happened, (), 0, (), 0, {}, False, None,
        "Silent.", happened.known_us,
    )  # fmt: skip


class Desk:
    """A recorder with its past over an empty store."""

    def __init__(self, folder: Path) -> None:
        self.store = Database(None)
        self.recorder = StoreRecorder(self.store, ["net", "sat"].__getitem__, self.messages)
        self.shelf = Shelf(folder, 10**12)
        self.past = StorePast(self.store, self.shelf, {"net": 0, "sat": 1}, self.recorder)

    @staticmethod
    def messages(alert: Alert) -> tuple[OutRecord, ...]:
        return tuple(OutRecord(topic, b"k", f"{alert.revision}".encode()) for topic in ("alerts", "state"))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.store.ask(lambda connection: connection.execute(sql).fetchall())

    def close(self) -> None:
        self.shelf.close()
        self.store.close()


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    made = Desk(tmp_path / "shelf")
    yield made
    made.close()


def test_rows_are_gathered_and_handed_over_by_flush_in_their_order(desk: Desk) -> None:
    for second in (3, 1, 2):
        desk.recorder.positions(reports(second), kept(1))
    assert desk.rows("SELECT count(*) FROM position_rows") == [(0,)]
    assert desk.recorder.is_dirty
    desk.recorder.flush()
    assert desk.rows(f"SELECT epoch_us(time) - {T0_US}, quality, source FROM position_rows") == [
        (second * US_PER_S, "ok", "net") for second in (3, 1, 2)
    ]
    desk.recorder.flush()
    assert desk.rows("SELECT count(*) FROM position_rows") == [(3,)]


def test_mute_it_records_nothing_but_words_and_is_not_dirty(desk: Desk) -> None:
    desk.recorder.mute()
    desk.recorder.positions(reports(1), kept(1))
    desk.recorder.late(reports(2), named(2))
    desk.recorder.broken(reports(3))
    desk.recorder.stated([event()])
    desk.recorder.published([event()], [told()])
    desk.recorder.queue([OutRecord("dead", b"k", b"v")])
    desk.recorder.flush()
    for table in ("position_rows", "static_rows", "event_revisions", "alert_revisions", "outbox"):
        assert desk.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert desk.past.statement(event().event_id, statement_digest(event())) == event()
    assert not desk.recorder.is_dirty
    assert not desk.recorder.has_news


def test_a_revision_that_the_store_has_is_not_sent_again(desk: Desk) -> None:
    desk.recorder.published([], [told(1)])
    desk.recorder.published([], [told(1), told(2, AlertType.UPDATED)])
    assert desk.rows("SELECT topic, value FROM outbox ORDER BY seq") == [
        (topic, value) for value in (b"1", b"2") for topic in ("alerts", "state")
    ]
    assert desk.rows("SELECT revision FROM alert_revisions ORDER BY 1") == [(1,), (2,)]
    assert desk.recorder.has_news


def test_messages_of_no_alert_go_into_the_same_queue_behind_those_before(desk: Desk) -> None:
    desk.recorder.published([], [told(1)])
    desk.recorder.queue([OutRecord("dead", b"k", b"x"), OutRecord("dead", b"k", b"y")])
    desk.recorder.published([], [told(2, AlertType.CLOSED)])
    found = desk.rows("SELECT seq, value FROM outbox ORDER BY seq")
    assert [value for _, value in found] == [b"1", b"1", b"x", b"y", b"2", b"2"]
    assert len({seq for seq, _ in found}) == len(found)


def test_the_past_gives_all_rows_back_in_order_late_ones_marked_and_slices_end_where_asked(desk: Desk) -> None:
    desk.recorder.positions(reports(1, 3, 5), kept(3))
    desk.recorder.late(reports(2, 4, mmsi=219_000_002, source=1), named(2))
    slices = list(desk.past.slices(T0_US, T0_US + 5 * US_PER_S, [T0_US + 3 * US_PER_S, T0_US + 99 * US_PER_S]))
    assert [one.up_to_us - T0_US for one in slices] == [3 * US_PER_S, 5 * US_PER_S]
    assert [((one.rows.time_us - T0_US) // US_PER_S).tolist() for one in slices] == [[1, 2, 3], [4, 5]]
    assert [one.is_late.tolist() for one in slices] == [[False, True, False], [True, False]]
    assert [one.rows.source.tolist() for one in slices] == [[0, 1, 0], [1, 0]]
    assert [len(one.statics) for one in slices] == [1, 0]


def test_slices_of_the_past_are_of_a_bounded_size_and_hold_every_row_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [1, 2, 3, 14, 15, 40, 41, 42, 43, 44, 45, 900, 7200]
    desk.recorder.positions(reports(*seconds), kept(len(seconds)))
    monkeypatch.setattr(record, "_SLICE_ROWS", 4)
    slices = list(desk.past.slices(T0_US, T0_US + 7200 * US_PER_S, [T0_US + 3600 * US_PER_S]))
    times = [((one.rows.time_us - T0_US) // US_PER_S).tolist() for one in slices]
    assert [second for some in times for second in some] == seconds
    assert max(len(some) for some in times) <= 4 + 6, "a piece, and the rows of the ten seconds that end it"
    assert len(times) >= 3
    assert all((one.rows.time_us <= one.up_to_us).all() for one in slices)
    ends = [one.up_to_us for one in slices]
    assert ends == sorted(set(ends))
    assert T0_US + 3600 * US_PER_S in ends
    assert ends[-1] == T0_US + 7200 * US_PER_S
    assert [len(one.rows) for one in desk.past.slices(T0_US + 1 * US_PER_S, T0_US + 2 * US_PER_S, [])] == [1]


def test_late_rows_judged_anew_replace_what_was_recorded_of_them_in_their_window_only(desk: Desk) -> None:
    desk.recorder.positions(reports(1), kept(1))
    desk.recorder.late(reports(2, 9), StaticBatch.empty())
    desk.recorder.rejudged(T0_US, T0_US + 5 * US_PER_S, reports(2), kept(1))
    desk.recorder.flush()
    assert desk.rows(f"SELECT (epoch_us(time) - {T0_US}) // {US_PER_S}, quality FROM position_rows ORDER BY 1") == [
        (1, "ok"), (2, "ok"), (9, "late"),
    ]  # fmt: skip


def test_late_rows_judged_anew_while_muted_are_kept_in_every_window(desk: Desk) -> None:
    desk.recorder.late(reports(2, 6, 9), StaticBatch.empty())
    desk.recorder.flush()
    desk.recorder.mute()
    for start, late in ((0, 2), (5, 6)):
        window_us = T0_US + start * US_PER_S
        desk.recorder.rejudged(window_us, window_us + 3 * US_PER_S, reports(late), kept(1))
    desk.recorder.flush()
    desk.recorder.unmute()
    assert desk.rows(f"SELECT (epoch_us(time) - {T0_US}) // {US_PER_S}, quality FROM position_rows ORDER BY 1") == [
        (2, "ok"), (6, "ok"), (9, "late"),
    ]  # fmt: skip


def test_rows_with_a_clock_nobody_believes_are_kept_apart(desk: Desk) -> None:
    desk.recorder.broken(reports(7))
    desk.recorder.flush()
    assert desk.rows("SELECT quality FROM position_rows") == [(append.QUALITIES[append.BROKEN_CLOCK],)]
    assert sum(len(one.rows) for one in desk.past.slices(T0_US, T0_US + 9 * US_PER_S, [])) == 0


def test_statements_and_public_events_are_found_again_by_what_names_them(desk: Desk) -> None:
    first = event()
    other = replace(first, explanation="Otherwise.", known_us=Micros(first.known_us + US_PER_S))
    desk.recorder.stated([first, other])
    desk.recorder.published([first, replace(other, revision=2)], [])
    assert desk.past.statement(first.event_id, statement_digest(first)).explanation == first.explanation
    assert desk.past.statement(first.event_id, statement_digest(other)) == other
    assert desk.past.public_event(first.event_id) == replace(other, revision=2)


def test_timelines_are_taken_off_the_shelf_by_instant(desk: Desk) -> None:
    assert desk.past.timeline_before(10**9) is None
    assert desk.past.oldest_mark_us() > T0_US
    for mark in (10, 20, 30):
        desk.past.keep_timeline(mark, f"timeline {mark}".encode())
    assert desk.past.timeline_before(30) == (20, b"timeline 20")
    assert desk.past.oldest_mark_us() == 10
    assert desk.past.timeline_marks_after(10) == [20, 30]


def test_a_timeline_set_back_takes_with_it_the_port_calls_it_will_tell_anew(desk: Desk) -> None:
    def call(arrive_s: int, depart_s: int | None, location: str = "NLRTM") -> dict[str, Any]:
        return {
            "craft": "mmsi:219000001", "location": location, "name": "A port", "stopped": 1, "confidence": 0.9,
            "arrive_us": T0_US + arrive_s * US_PER_S, "depart_us": None if depart_s is None else T0_US + depart_s * US_PER_S,
        }  # fmt: skip

    told_before = [call(1, 4), call(5, 12), call(20, 30), call(40, None)]
    desk.recorder.task(append.port_calls(told_before))
    desk.store.commit(wait=True)
    desk.recorder.set_back(T0_US + 10 * US_PER_S)
    desk.recorder.task(append.port_calls([call(5, 14), call(22, 30), call(40, None)]))
    seconds = f"(epoch_us(arrive_time) - {T0_US}) // {US_PER_S}, (epoch_us(depart_time) - {T0_US}) // {US_PER_S}"
    assert desk.rows(f"SELECT {seconds} FROM port_calls ORDER BY 1") == [(1, 4), (5, 14), (22, 30), (40, None)]


def test_an_alert_that_cannot_be_put_into_words_is_told_and_takes_no_other_with_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def messages(alert: Alert) -> tuple[OutRecord, ...]:
        if alert.revision == 2:
            raise ZeroDivisionError("what nobody thought of")
        return (OutRecord("alerts", b"k", b"v"),)

    monkeypatch.setattr(desk.recorder, "_messages_of", messages)
    desk.recorder.published([event()], [told(1), told(2, AlertType.UPDATED), told(3, AlertType.UPDATED)])
    assert desk.rows("SELECT revision FROM alert_revisions ORDER BY 1") == [(1,), (3,)]
    assert desk.rows("SELECT count(*) FROM outbox") == [(2,)]
    assert desk.rows("SELECT count(*) FROM event_revisions") == [(1,)]
    assert [(fault.part, fault.error) for fault in desk.recorder.take_faults()] == [
        ("messages", "ZeroDivisionError: what nobody thought of")
    ]


def test_what_a_replay_stated_in_the_same_store_is_neither_sent_nor_taken_for_the_live_programs_own(desk: Desk) -> None:
    """A recording replayed into a store, and the same waters watched in it afterwards: the alert is told, and is the live program's."""
    before = {
        "craft": "mmsi:219000001", "location": "NLRTM", "name": "A port", "stopped": 1, "confidence": 0.9,
        "arrive_us": T0_US + 40 * US_PER_S, "depart_us": None,
    }  # fmt: skip
    desk.recorder.task(append.events([event()], replay=1))
    desk.recorder.task(append.alerts([replace(told(), priority=7)], replay=1))
    desk.recorder.task(append.port_calls([before], replay=1))
    found = desk.store.ask(lambda c: watch_state.published_since(c, 0, [event().event_id]))
    assert found == [], "the live program has said nothing yet"
    assert desk.store.ask(lambda c: watch_state.alerts_since(c, 0, [event().event_id])) == []
    desk.recorder.published([event()], [told()])
    assert desk.rows("SELECT count(*) FROM outbox") == [(2,)]
    assert desk.rows("SELECT replay, priority FROM alerts") == [(0, 40)]
    assert desk.rows("SELECT replay FROM events") == [(0,)]
    desk.recorder.set_back(T0_US)
    assert desk.rows("SELECT replay FROM port_calls") == [(1,)]


def test_papers_of_a_replay_stay_beside_those_of_the_live_program(desk: Desk) -> None:
    def papers(*names: str) -> dict[str, pa.Table]:
        return CargoBook(tuple(manifest(FULL, manifest_id=name) for name in names)).tables()

    desk.recorder.task(append.papers(papers("old", "both"), 1))
    for manifests in (("both", "gone"), ("both", "new")):
        desk.recorder.task(append.papers(papers(*manifests), None))
    for view in ("consignments", "itineraries"):
        found = desk.rows(f"SELECT DISTINCT manifest_id, replay FROM {view} ORDER BY 1")
        assert found == [("both", None), ("new", None), ("old", 1)]
