"""Several sinks side by side, and a sink that is not there at the start."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from streams.errors import RecordRefusedError, SinkAwayError
from streams.kafka_config import OutRecord
from streams.line_file import append_lines
from tests.waiting import eventually
from tracker.store import watch_state
from tracker.store.database import Database
from tracker.watch.outbox import Outbox
from tracker.watch.sinks import AlertLines

RECORDS = [OutRecord("t", b"k", b"%d" % number) for number in range(6)]


class Kept:
    """Keeps what it is given, unless it is away or refuses it."""

    def __init__(self, *, is_away: bool = False, refuses: bytes = b"") -> None:
        self.has: list[bytes | None] = []
        self.is_away, self.refuses = is_away, refuses
        self.prepared = 0

    def prepare(self) -> None:
        self.prepared += 1
        if self.is_away:
            raise SinkAwayError("nobody is there")

    def send(self, records: Sequence[OutRecord]) -> None:
        if self.is_away:
            raise SinkAwayError("away")
        self.has += [record.value for record in records if record.value != self.refuses]
        refused = tuple((number, "no") for number, record in enumerate(records) if record.value == self.refuses)
        if refused:
            raise RecordRefusedError(refused)

    def close(self) -> None:
        """Nothing to let go."""


def queue(store: Database, numbers: Sequence[int]) -> None:
    store.write(watch_state.queue([(number, "", 0, OutRecord("t", b"k", b"%d" % number)) for number in numbers]))
    store.commit(wait=True)


def left(store: Database) -> list[int]:
    store.commit(wait=True)
    return [row[0] for row in store.ask(lambda c: c.execute("SELECT seq FROM outbox ORDER BY seq").fetchall())]


def test_a_sink_that_is_away_holds_up_no_other_and_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    """More than a batch waits for the broker, and the program is begun anew: the file has each alert at once, and once."""
    store, file, broker = Database(tmp_path / "store.duckdb"), Kept(), Kept(is_away=True)
    outbox = Outbox(store, {"file": file, "kafka": broker}, lambda record, why: None)
    for begin in range(1, 1400, 200):
        queue(store, range(begin, begin + 200))
        outbox.wake()
        eventually(lambda begin=begin: len(file.has) == begin + 199)  # type: ignore[misc]
    eventually(lambda: outbox.status.is_away)
    assert not outbox.wait_until_sent(5)
    outbox.close()
    assert len(left(store)) == 1400
    broker.is_away = False
    queue(store, [1401])
    outbox = Outbox(store, {"file": file, "kafka": broker}, lambda record, why: None)
    outbox.wake()
    eventually(lambda: outbox.is_all_sent)
    assert file.has == broker.has == [b"%d" % number for number in range(1, 1402)]
    assert left(store) == []
    outbox.close()
    store.close()


def test_a_dead_letter_that_is_refused_itself_blocks_nobody(tmp_path: Path) -> None:
    store, broker = Database(tmp_path / "store.duckdb"), Kept(refuses=b"2")
    queue(store, range(1, 5))
    outbox = Outbox(store, {"kafka": broker}, lambda record, why: record)
    outbox.wake()
    eventually(lambda: outbox.is_all_sent)
    assert broker.has == [b"1", b"3", b"4"]
    assert outbox.status.refused == 2
    assert "dead letter" in outbox.status.last_error
    assert left(store) == []
    outbox.close()
    store.close()


def test_a_sink_that_was_never_there_is_known_before_there_is_anything_to_send(tmp_path: Path) -> None:
    store, sink = Database(tmp_path / "store.duckdb"), Kept(is_away=True)
    outbox = Outbox(store, {"kafka": sink}, lambda record, why: None)
    eventually(lambda: outbox.status.is_away)
    assert "nobody is there" in outbox.status.last_error
    assert not outbox.status.is_prepared
    sink.is_away = False
    store.write(watch_state.queue([(1, "", 0, RECORDS[0])]))
    store.commit(wait=True)
    outbox.wake()
    eventually(lambda: sink.has == [b"0"])
    assert not outbox.status.is_away
    prepared = sink.prepared
    outbox.wake()
    eventually(lambda: outbox.is_all_sent)
    assert sink.prepared == prepared
    outbox.prepare_again()
    eventually(lambda: sink.prepared == prepared + 1)
    outbox.close()
    store.close()


@pytest.mark.parametrize("how", ["renamed", "copied and cut", "removed"])
def test_a_file_of_alerts_may_be_rotated_while_the_program_runs(tmp_path: Path, how: str) -> None:
    """logrotate 286, 363: no line is torn, none goes to the old file, and no hole stands before the first of the new one."""
    path = tmp_path / "alerts.jsonl"
    begin = b'{"specversion":"'
    append_lines(path, begin + b'1.0","id":"1"}\n', begin)
    if how == "renamed":
        path.rename(tmp_path / "alerts.jsonl.1")
    elif how == "copied and cut":
        os.truncate(path, 0)
    else:
        path.unlink()
    assert append_lines(path, begin + b'1.0","id":"2"}\n', begin) == ""
    assert path.read_bytes() == begin + b'1.0","id":"2"}\n'


def test_a_folder_of_alerts_that_is_not_there_is_told_before_the_first_alert(tmp_path: Path) -> None:
    sink = AlertLines(tmp_path / "later" / "alerts.jsonl", "alerts")
    with pytest.raises(SinkAwayError, match="there is no folder"):
        sink.prepare()
    (tmp_path / "later").mkdir()
    sink.prepare()
    assert not (tmp_path / "later" / "alerts.jsonl").exists()
