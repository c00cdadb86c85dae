"""Dark periods: only where she should have been heard, and only with witnesses."""

import functools
from dataclasses import fields

import numpy as np
import pytest

from models.geodesy import destination
from tests.scenarios.traffic import (
    AIRWAYS,
    HOUR_US,
    NORTH_SEA,
    START_US,
    context,
    run,
    seeded_silences,
    silenced,
)
from tracker.detectors.silence import SilenceConfig, SilenceDetector
from tracker.detectors.silence.air import judge_aircraft
from tracker.detectors.silence.lost import Return, Silence
from tracker.detectors.silence.memory import Memory
from tracker.events import Event, EventKind, EventState
from tracker.identity import craft_text, mmsi_craft, with_segment
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch


@functools.cache
def sea() -> PositionBatch:
    return NORTH_SEA.rows(21)


def detector(**thresholds):
    return SilenceDetector(SilenceConfig(**thresholds), context())


def darks(events):
    return [event for event in events if event.kind == EventKind.DARK_PERIOD]


@functools.cache
def one_silence():
    """One ship silent for some hours, after half a day in which the sea was learned."""
    rows = sea()
    for seed in range(20):
        made = seeded_silences(rows, 1, seed, (3.0, 4.0), 30, amid=3)[1]
        if made and made[0][1] > START_US + 12 * HOUR_US:
            return made[0]
    raise AssertionError("no ship fits")


@functools.cache
def told():
    craft, begin_us, end_us = one_silence()
    return tuple(run(detector(), silenced(sea(), craft, begin_us, end_us)))


def test_a_ship_silent_amid_others_is_found_while_she_is_silent_and_closed_on_return():
    craft, begin_us, end_us = one_silence()
    opened, closed = darks(told())
    assert opened.craft == closed.craft == craft_text(craft)
    assert (opened.state, closed.state) == (EventState.OPEN, EventState.CLOSED)
    assert opened.start_us == begin_us
    assert begin_us + 10 * 60e6 <= opened.known_us < begin_us + HOUR_US
    assert closed.end_us == end_us
    assert closed.cause == opened.cause == "silent_in_coverage"


def test_her_dark_period_is_a_gap_too_with_the_same_cause():
    craft, begin_us, _ = one_silence()
    gaps = [e for e in told() if e.kind == EventKind.GAP and e.craft == craft_text(craft) and e.start_us == begin_us]
    assert [gap.cause for gap in gaps] == ["silent_in_coverage"] * len(gaps)
    assert gaps[-1].state == EventState.CLOSED


def test_the_evidence_says_what_was_expected_and_who_was_heard():
    opened, closed = darks(told())
    assert opened.evidence["p_silence"] <= SilenceConfig().dark_max_probability
    assert opened.evidence["missed_beats"] >= 6.0, "with fewer a pause of hers is ordinary"
    assert 2 <= len(opened.evidence["witnesses"]) <= 5
    assert opened.craft not in {witness["craft"] for witness in opened.evidence["witnesses"]}
    assert opened.confidence == pytest.approx(1.0 - opened.evidence["p_ordinary"], abs=5e-5), "to four digits"
    assert opened.evidence["p_silence"] <= opened.evidence["p_ordinary"] <= SilenceConfig().dark_max_probability
    assert {"distance_km", "implied_speed_kn", "reachable_detour_km", "duration_h"} <= set(closed.evidence)
    assert "should have been heard" in opened.explanation
    assert " was silent from " in closed.explanation
    assert "was heard again" in closed.explanation


def test_a_class_b_craft_heard_badly_all_along_is_not_dark_though_others_are_heard_well():
    craft, begin_us, end_us = one_silence()
    rows = silenced(sea(), craft, begin_us, end_us)
    hers = rows.craft == craft
    weak = np.random.default_rng(4).random(len(rows)) < 0.25
    rows = rows.with_columns(message_type=np.where(hers, 18, rows.message_type).astype(np.uint8)).take(weak | ~hers)
    about = [e for e in darks(run(detector(), rows)) if e.craft == craft_text(craft)]
    assert about == []


def test_ships_leaving_coverage_raise_none():
    assert darks(run(detector(), sea())) == []


def under_her_number(of_us: tuple[int, int], away_km: float) -> PositionBatch:
    """A second track of the ship of :func:`one_silence`, a report a minute, so far from where she falls silent."""
    craft, begin_us, _ = one_silence()
    rows = sea()
    last = np.flatnonzero((rows.craft == craft) & (rows.time_us <= begin_us))[-1]
    lat, lon = destination(float(rows.lat_deg[last]), float(rows.lon_deg[last]), 40.0, away_km)
    time_us = np.arange(*of_us, 60_000_000) + 7
    second = PositionBatch.of(time_us, craft, float(lat), float(lon), speed_kn=6.0, course_deg=90.0, message_type=1)
    return second.with_columns(segment=with_segment(second.craft, 1))


def darks_beside(second: PositionBatch) -> list[int]:
    """Starts of the dark periods of the silent ship where a second track goes under her number."""
    rows = PositionBatch.concat([silenced(sea(), *one_silence()), second]).in_time_order()
    return [event.start_us for event in darks(run(detector(), rows)) if event.craft == craft_text(one_silence()[0])]


def test_a_ship_that_appears_where_another_falls_silent_is_no_witness_of_it():
    """Flag hopping: the old number ends, and the new one begins within a minute and some hundred metres."""
    craft, begin_us, end_us = one_silence()
    other = int(mmsi_craft(np.array([244_410_193]))[0])

    def witnesses_beside(of_us: tuple[int, int], away_km: float) -> set[str]:
        second = under_her_number(of_us, away_km)
        second = second.with_columns(craft=np.full(len(second), other), segment=np.full(len(second), other))
        rows = PositionBatch.concat([silenced(sea(), craft, begin_us, end_us), second]).in_time_order()
        opened = next(event for event in darks(run(detector(), rows)) if event.craft == craft_text(craft))
        return {witness["craft"] for witness in opened.evidence["witnesses"]}

    assert craft_text(other) in witnesses_beside((begin_us - HOUR_US, end_us), 0.3), "known before"
    assert craft_text(other) not in witnesses_beside((begin_us + 30_000_000, end_us), 0.3)


def test_a_buoy_on_fishing_gear_goes_silent_when_it_is_hauled():
    craft, begin_us, end_us = one_silence()
    rows = silenced(sea(), craft, begin_us, end_us)

    def about(name: bytes) -> list[Event]:
        watched = detector()
        said = StaticBatch.from_columns(1, time_us=np.array([START_US]), craft=np.array([craft]), name=np.array([name]))
        watched.process_batch(PositionBatch.empty(), said)
        return [
            event for event in run(watched, rows) if event.craft == craft_text(craft) and event.start_us == begin_us
        ]

    assert {event.kind for event in about(b"NC18 SEA TRADER")} == {EventKind.GAP, EventKind.DARK_PERIOD}
    (gap, *later) = about(b"NC18-97%")
    assert {event.kind for event in (gap, *later)} == {EventKind.GAP}
    assert (gap.cause, gap.evidence["reason"]) == ("unknown", "gear")
    assert "marks fishing gear" in gap.explanation


def test_who_is_heard_near_her_way_under_the_same_number_is_herself():
    assert darks_beside(under_her_number((START_US, START_US + 24 * HOUR_US), 20.0)) == []


def test_a_ship_whose_number_goes_on_elsewhere_at_once_is_not_silent():
    _, begin_us, end_us = one_silence()
    assert darks_beside(under_her_number((begin_us + 30_000_000, end_us), 600.0)) == []


def test_a_ship_whose_number_goes_on_elsewhere_after_a_silence_there_is_not_silent():
    """The end of a spoofed track: the true one is heard again."""
    _, begin_us, end_us = one_silence()
    before = under_her_number((begin_us - 9 * HOUR_US, begin_us - 3 * HOUR_US), 600.0)
    assert darks_beside(PositionBatch.concat([before, under_her_number((begin_us + 30_000_000, end_us), 600.0)])) == []


def test_of_two_ships_known_under_one_number_far_apart_each_may_go_dark():
    _, begin_us, end_us = one_silence()
    assert set(darks_beside(under_her_number((begin_us - 5 * HOUR_US, end_us), 600.0))) == {begin_us}


def test_too_few_witnesses_raise_none():
    craft, begin_us, end_us = one_silence()
    rows = silenced(sea(), craft, begin_us, end_us)
    others = (rows.craft != craft) & (rows.time_us > begin_us) & (rows.time_us < end_us)
    assert [e for e in darks(run(detector(), rows.take(~others))) if e.start_us == begin_us] == []


def test_a_feed_that_loses_craft_by_habit_raises_none_while_they_are_silent():
    rng = np.random.default_rng(1)
    rows = sea()
    keep = np.ones(len(rows), dtype=np.bool_)
    for craft in np.unique(rows.craft):
        mine = np.flatnonzero(rows.craft == craft)
        keep[mine[int(len(mine) * rng.uniform(0.3, 0.9)) :]] = False
    found = darks(run(detector(), rows.take(keep)))
    assert len({event.event_id for event in found}) <= 3


def test_a_silence_told_before_the_feed_showed_its_habit_is_withdrawn_unless_she_comes_back_under_way():
    """She is back where she was lost; meanwhile nearly all the others were lost for good."""
    craft, begin_us, _ = one_silence()
    rows, rng = sea(), np.random.default_rng(1)
    last = np.flatnonzero((rows.craft == craft) & (rows.time_us <= begin_us))[-1]
    ends_us = {int(other): begin_us + HOUR_US * rng.uniform(1.5, 6.0) for other in np.unique(rows.craft)}
    kept = rows.take((rows.craft != craft) & (rows.time_us < np.array([ends_us[int(c)] for c in rows.craft])))
    hers = silenced(rows, craft, begin_us, 1 << 61)
    back = rows.take([last]).with_columns(time_us=np.array([begin_us + 9 * HOUR_US]))
    whole = PositionBatch.concat([kept, hers.take(hers.craft == craft), back]).in_time_order()
    told = run(detector(), whole, until_us=int(whole.time_us[-1]) + 120_000_000)
    mine = [event for event in darks(told) if event.craft == craft_text(craft)]
    assert [str(event.state) for event in mine] == ["open", "retracted"]
    assert mine[-1].cause == "unknown"
    assert "lose craft by itself" in mine[-1].explanation


def test_who_does_not_say_where_she_is_back_may_have_been_under_way():
    nothing = dict.fromkeys((field.name for field in fields(Silence)), 0)
    silence = Silence(**(nothing | {"lat_deg": 55.0, "lon_deg": 3.0}))
    lossy = detector()
    lossy._memory.feed[:] = 50.0
    assert lossy._lost_by_habit(silence, Return(HOUR_US, 55.0, 3.0, HOUR_US))
    assert not lossy._lost_by_habit(silence, Return(HOUR_US, np.nan, np.nan, HOUR_US))


def test_the_cause_uses_only_what_was_known_then():
    craft, begin_us, end_us = one_silence()
    rows = silenced(sea(), craft, begin_us, end_us)
    whole = run(detector(), rows)
    cut_us = begin_us + 2 * HOUR_US
    early = run(detector(), rows.take(rows.time_us <= cut_us), until_us=cut_us)
    assert [e.to_json_line() for e in early] == [e.to_json_line() for e in whole if e.known_us <= cut_us]


def test_a_restart_in_the_middle_of_a_dark_period_changes_nothing():
    craft, begin_us, end_us = one_silence()
    rows = silenced(sea(), craft, begin_us, end_us)
    middle = int(np.searchsorted(rows.time_us, (begin_us + end_us) // 2))
    first, second = detector(), detector()
    events = list(first.process_batch(rows.take(slice(0, middle)), StaticBatch.empty()))
    events += first.advance_watermark(int(rows.time_us[middle]) - 1)
    second.restore(first.snapshot())
    events += second.process_batch(rows.take(slice(middle, None)), StaticBatch.empty())
    events += second.advance_watermark(int(rows.time_us[-1]))
    assert [e.to_json_line() for e in events] == [e.to_json_line() for e in told()]


def test_an_aircraft_silent_in_cruise_amid_others_is_found_within_minutes():
    rows, made = seeded_silences(AIRWAYS.rows(22), 8, 22, (0.25, 0.5), 60, amid=2)
    late = [item for item in made if item[1] > START_US + 2 * HOUR_US]
    events = darks(run(detector(), rows))
    found = {(event.craft, event.start_us): event for event in reversed(events)}
    hit = [found[craft_text(craft), begin_us] for craft, begin_us, _ in late if (craft_text(craft), begin_us) in found]
    assert len(late) >= 3
    assert len(hit) == len(late)
    assert all(event.known_us - event.start_us <= 15 * 60e6 for event in hit)


def test_an_aircraft_heard_again_farther_on_than_it_can_fly_is_another() -> None:
    memory = Memory(SilenceConfig())
    lost = Silence(
        0x4B4001, 1, 0, 0, 50.0, 8.0, 430.0, 90.0, 35_000.0, 0.0, 0, 255, 0, 1.0, 10.0, 4.0, 1.0, 900, -1, -1, 80.0, False, False, False, steady_s=900.0,
    )  # fmt: skip
    far = judge_aircraft(lost, 1200_000_000, memory, Return(1200_000_000, 50.0, 16.0, 1200_000_000))
    assert far.heard_elsewhere
    near = judge_aircraft(lost, 1200_000_000, memory, Return(1200_000_000, 50.0, 11.6, 1200_000_000))
    assert not near.heard_elsewhere
