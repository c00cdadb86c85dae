"""Two ships give the identity that the papers name: whose way is judged by them."""

from __future__ import annotations

import numpy as np

from tests.scenarios.diversion_tracks import HOUR_US, START_US, Track, judge, node, voyage
from tracker.events import Event, EventState
from tracker.identity import craft_text, mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

IMO = 9074729
HERS, CLONES = int(mmsi_craft(219001234)), int(mmsi_craft(613000007))
PAPERS = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=55), imo=IMO, name="SEA STAR")


def says(craft: int, hours: list[float]) -> StaticBatch:
    time_us = START_US + (np.array(hours) * HOUR_US).astype(np.int64)
    return StaticBatch.from_columns(
        len(hours), time_us=time_us, received_us=time_us, craft=craft, source=0, message_type=5, imo=IMO, name=b"SEA STAR"
    )  # fmt: skip


def told(*tracks: tuple[int, Track], said_h: dict[int, list[float]] | None = None) -> dict[str, list[Event]]:
    rows = PositionBatch.concat([track.rows(craft) for craft, track in tracks])
    hours = said_h or {craft: [0.0] for craft, _ in tracks}
    statics = StaticBatch.concat([says(craft, given) for craft, given in hours.items()])
    statics = statics.take(np.argsort(statics.time_us, kind="stable"))
    found: dict[str, list[Event]] = {craft_text(craft): [] for craft, _ in tracks}
    for event in judge(PAPERS, rows, statics=statics):
        found[event.craft].append(event)
    return found


def astray() -> Track:
    """From Rotterdam, as the papers say, and then out into the North Sea."""
    return Track("NLRTM", seed=2).wait(1).sail("SEGOT", part=0.3).straight((58.5, -1.0), 15).wait(8)


def as_declared(to: float = 1.0) -> Track:
    return Track("NLRTM").wait(2).sail("SEGOT", part=to).wait(12)


def test_while_the_ship_keeps_to_its_papers_its_clone_is_judged_by_none() -> None:
    events = told((HERS, as_declared()), (CLONES, astray()))
    assert events == {craft_text(HERS): [], craft_text(CLONES): []}
    alone = told((CLONES, astray()))
    assert {event.detail for event in alone[craft_text(CLONES)]} >= {"off_route", "wrong_way"}


def test_the_ship_that_strays_is_told_whatever_its_clone_does_elsewhere() -> None:
    far = Track((36.0, -40.0), seed=3).straight((36.0, -30.0), 12)
    events = told((HERS, astray()), (CLONES, far))
    assert {event.detail for event in events[craft_text(HERS)]} >= {"off_route", "wrong_way"}
    assert events[craft_text(CLONES)] == []


def test_what_was_told_of_a_clone_is_withdrawn_when_the_ship_itself_is_heard() -> None:
    """Its receivers heard the ship only once the clone had been told."""
    late = as_declared().without(-1.0, 30.0)
    events = told((HERS, late), (CLONES, astray()), said_h={HERS: [30.5], CLONES: [0.0]})
    assert events[craft_text(HERS)] == []
    last = {event.event_id: event for event in events[craft_text(CLONES)]}
    assert [event.state for event in last.values()] == [EventState.RETRACTED]
    (withdrawn,) = last.values()
    assert (
        f"{craft_text(HERS)} gives the same identity, is heard as well and keeps to what is declared"
        in withdrawn.explanation
    )


def test_a_ship_that_takes_another_number_is_judged_by_its_papers_on() -> None:
    """The old number is silent from the hour on in which the new one is first heard."""
    whole = astray().rows(HERS)
    hour = (whole.time_us - START_US) / HOUR_US
    before, after = whole.take(hour < 6.0), whole.take(hour >= 6.0)
    after = after.with_columns(craft=np.full(len(after), CLONES), segment=np.full(len(after), CLONES))
    statics = StaticBatch.concat([says(HERS, [0.0]), says(CLONES, [6.1])])
    events = judge(PAPERS, PositionBatch.concat([before, after]), statics=statics)
    assert {event.craft for event in events} == {craft_text(CLONES)}
    assert {event.detail for event in events} >= {"off_route", "wrong_way"}
