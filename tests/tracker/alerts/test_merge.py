"""One story, one alert: what becomes of loiterings around an encounter."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tracker.alerts.json_schema import errors
from tests.tracker.alerts.story import SHIP_A, SHIP_B, event
from tests.tracker.cargo.papers import us
from tracker.alerts.alert import Alert, alert_id
from tracker.alerts.cloudevent import to_json_line
from tracker.alerts.config import AlertConfig
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.events import Event, EventKind, EventState, event_order

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "schemas" / "alert.schema.json").read_text("utf-8"))
MET = event(EventKind.ENCOUNTER, SHIP_A, "2026-04-15T02:00Z", "2026-04-15T03:00Z", other_craft="mmsi:538000001")
PARTED = MET.revised(state=EventState.CLOSED, end_us=us("2026-04-15T06:00Z"), known_us=us("2026-04-15T07:00Z"))
UNDONE = PARTED.revised(state=EventState.RETRACTED, known_us=us("2026-04-15T09:00Z"))


def wait(craft: int, start: str, known: str, **given: object) -> Event:
    return event(EventKind.LOITERING, craft, f"2026-04-15T{start}Z", f"2026-04-15T{known}Z", **given)


def ended(opened: Event, end: str, known: str) -> Event:
    return opened.revised(state=EventState.CLOSED, end_us=us(f"2026-04-15T{end}Z"), known_us=us(f"2026-04-15T{known}Z"))


EARLY, LATE = wait(SHIP_A, "00:00", "02:30"), wait(SHIP_B, "02:00", "05:00")
STORY = sorted(
    [EARLY, LATE, MET, PARTED, ended(EARLY, "06:00", "06:30"), ended(LATE, "06:05", "06:31")], key=event_order
)


def desk() -> AlertDesk:
    return AlertDesk(CargoLinker(CargoBook(())))


def told(*events: Event, at: AlertDesk | None = None) -> list[Alert]:
    at = desk() if at is None else at
    return [alert for one in events for alert in at.judge(one)]


def words(alerts: list[Alert]) -> list[tuple[str, str, int]]:
    return [(str(alert.event.kind), str(alert.type), alert.revision) for alert in alerts]


def test_two_ships_lying_together_are_one_alert_in_the_end() -> None:
    alerts = told(*STORY)
    assert words(alerts) == [
        ("loitering", "raised", 1),
        ("encounter", "raised", 1),
        ("loitering", "retracted", 2),
        ("encounter", "closed", 2),
    ]
    assert all(errors(json.loads(to_json_line(alert)), SCHEMA) == [] for alert in alerts)


def test_the_retracted_alert_points_to_the_one_that_tells_it_at_the_time_of_that() -> None:
    retracted = told(EARLY, MET)[-1]
    assert retracted.part_of == alert_id(MET.event_id) == retracted.data()["part_of"]
    assert retracted.explanation.startswith(f"Part of alert {retracted.part_of}")
    assert (retracted.priority, retracted.known_us, retracted.event) == (0, MET.known_us, EARLY)
    assert json.loads(to_json_line(retracted))["time"] == "2026-04-15T03:00:00.000Z"


@pytest.mark.parametrize(
    "apart",
    [
        wait(SHIP_B, "00:00", "01:00", state=EventState.CLOSED, end_us=us("2026-04-15T01:00Z")),
        wait(SHIP_B, "06:30", "09:30"),
        wait(SHIP_B, "02:00", "05:00", lat_deg=10.2),
        wait(SHIP_A + 7, "02:00", "05:00"),
    ],
    ids=["before", "after", "elsewhere", "another ship"],
)
def test_a_wait_at_another_time_or_place_or_of_another_ship_is_a_story_of_its_own(apart: Event) -> None:
    in_order = sorted([MET, PARTED, apart], key=event_order)
    assert ("loitering", "raised", 1) in words(told(*in_order))
    assert "retracted" not in str(words(told(*in_order)))


def test_an_encounter_nobody_is_told_of_hides_nothing() -> None:
    unsure = event(
        EventKind.ENCOUNTER,
        SHIP_A,
        "2026-04-15T02:00Z",
        "2026-04-15T03:00Z",
        other_craft="mmsi:538000001",
        confidence=0.1,
    )
    assert words(told(EARLY, unsure, LATE)) == [("loitering", "raised", 1), ("loitering", "raised", 1)]


def test_a_withdrawn_encounter_sets_its_loiterings_free() -> None:
    alerts = told(*STORY, UNDONE)
    kinds = words(alerts)[4:]
    assert kinds[0] == ("encounter", "retracted", 3)
    assert sorted(kinds[1:]) == [("loitering", "raised", 1), ("loitering", "raised", 3)]
    assert all(alert.part_of is None and alert.known_us == UNDONE.known_us for alert in alerts[4:])


def test_what_was_said_before_is_said_no_second_time() -> None:
    assert told(*[one for one in STORY for _ in range(2)]) == told(*STORY)


def test_a_desk_restored_after_any_event_goes_on_as_if_never_stopped() -> None:
    whole = [*STORY, UNDONE]
    for cut in range(len(whole) + 1):
        first, second = desk(), desk()
        before = told(*whole[:cut], at=first)
        second.restore(first.snapshot())
        assert second.snapshot() == first.snapshot()
        after = told(*whole[cut:], at=second)
        assert [to_json_line(a) for a in before + after] == [to_json_line(a) for a in told(*whole)]


def published(alert: Alert) -> dict[str, object]:
    """An alert as the store gives it back."""
    return {
        "event_id": alert.event.event_id, "event_revision": alert.event.revision, "alert_revision": alert.revision,
        "type": str(alert.type), "known_us": alert.known_us, "data": alert.data(),
    }  # fmt: skip


def test_after_a_restart_a_desk_knows_what_was_published_of_events_and_not_what_it_judged_of_them() -> None:
    whole = [*STORY, UNDONE]
    names = {one.event_id for one in whole}
    for cut in range(len(whole) + 1):
        for judged in range(cut, len(whole) + 1):
            at = desk()
            told(*whole[:judged], at=at)  # beyond what the store has
            rows = {alert.alert_id: published(alert) for alert in told(*whole[:cut])}
            last = {one.event_id: one for one in whole[:cut]}
            at.adopt(names, last.values(), rows.values())
            assert told(*whole[cut:], at=at) == told(*whole)[len(told(*whole[:cut])) :], (cut, judged)


def test_watermarks_between_the_events_change_nothing() -> None:
    whole = [*STORY, UNDONE]
    for every in itertools.product((False, True), repeat=3):
        at, alerts = desk(), []
        for one, says in zip(whole, itertools.cycle(every), strict=False):
            alerts += told(one, at=at)
            if says:
                at.advance_watermark(int(one.known_us))
        assert alerts == told(*whole)


def test_settled_stories_are_forgotten() -> None:
    at = desk()
    told(*STORY, at=at)
    month_us = int(AlertConfig().remember_d * 86_400_000_000)
    at.advance_watermark(int(PARTED.known_us) + month_us + 1)
    assert at.snapshot() == desk().snapshot()


def test_of_years_of_meetings_only_the_last_are_kept() -> None:
    """Each month one ship meets another and waits elsewhere: what is kept does not grow with the months."""
    month_us = int(AlertConfig().remember_d * 86_400_000_000)
    at, kept = desk(), []
    for month in range(6):
        later_us = month * (month_us + 86_400_000_000)
        for one in STORY:
            moved = replace(
                one,
                event_id=f"{one.event_id}-{month}",
                start_us=one.start_us + later_us,
                end_us=None if one.end_us is None else one.end_us + later_us,
                known_us=one.known_us + later_us,
            )
            told(moved, at=at)
        at.advance_watermark(int(PARTED.known_us) + later_us)
        kept.append(len(at.snapshot()))
    assert max(kept[1:]) - min(kept[1:]) < 200


def meets(craft: int, other: str, start: str, known: str, **given: object) -> Event:
    given["other_craft"] = other
    return event(EventKind.ENCOUNTER, craft, f"2026-04-15T{start}Z", f"2026-04-15T{known}Z", **given)


def in_turn() -> list[Event]:
    """SHIP_A bunkers three ships in turn, two hours each."""
    events = []
    for n in range(3):
        begun = meets(SHIP_A, f"mmsi:53800000{n + 1}", f"{3 * n + 1:02d}:00", f"{3 * n + 2:02d}:00")
        events += [begun, ended(begun, f"{3 * n + 3:02d}:00", f"{3 * n + 3:02d}:50")]
    return events


def test_three_ships_bunkered_in_turn_by_one_tanker_are_one_alert() -> None:
    alerts = told(*in_turn())
    first = alert_id(in_turn()[0].event_id)
    assert {alert.alert_id for alert in alerts} == {first}
    assert [str(alert.type) for alert in alerts] == ["raised", "closed", "updated", "closed", "updated", "closed"]
    assert [alert.revision for alert in alerts] == [1, 2, 3, 4, 5, 6]
    assert alerts[-1].explanation.count("The same story:") == 2
    assert [alert.known_us for alert in alerts] == [one.known_us for one in in_turn()]
    assert all(errors(json.loads(to_json_line(alert)), SCHEMA) == [] for alert in alerts)


def test_it_does_not_matter_in_which_order_meetings_of_one_story_become_known() -> None:
    for order in itertools.permutations(in_turn()[1::2]):
        at = desk()
        last = {alert.alert_id: alert for alert in told(*order, at=at)}
        standing = [alert for alert in last.values() if str(alert.type) != "retracted"]
        assert [alert.event.start_us for alert in standing] == [in_turn()[0].start_us]
        assert standing[0].explanation.count("The same story:") == 2
        assert all(alert.part_of in last for alert in last.values() if alert is not standing[0])


def test_a_meeting_withdrawn_sets_those_after_it_free() -> None:
    events = in_turn()
    undone = events[1].revised(state=EventState.RETRACTED, known_us=us("2026-04-15T12:00Z"))
    last = {alert.event.event_id: alert for alert in told(*events, undone)}
    assert str(last[events[0].event_id].type) == "retracted"
    assert str(last[events[2].event_id].type) == "raised"
    assert events[4].event_id not in last


@pytest.mark.parametrize(
    ("craft", "place"),
    [(SHIP_A, {"lat_deg": 40.0, "lon_deg": 5.0}), ("mmsi:538000008", {})],
    ids=["far away", "of others"],
)
def test_meetings_elsewhere_or_of_others_are_stories_of_their_own(craft: int | str, place: dict[str, float]) -> None:
    other = event(
        EventKind.ENCOUNTER, craft, "2026-04-15T02:00Z", "2026-04-15T04:00Z", other_craft="mmsi:538000009", **place
    )
    assert [str(alert.type) for alert in told(in_turn()[0], other)] == ["raised", "raised"]


def test_a_desk_restored_between_meetings_goes_on_as_if_never_stopped() -> None:
    wanted = [to_json_line(alert) for alert in told(*in_turn())]
    for cut in range(1, 6):
        before, after = desk(), desk()
        found = told(*in_turn()[:cut], at=before)
        after.restore(before.snapshot())
        found += told(*in_turn()[cut:], at=after)
        assert [to_json_line(alert) for alert in found] == wanted
