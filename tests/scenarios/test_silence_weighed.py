"""Silences at sea of every kind that a hard limit gets wrong: lost reports, reduced power, outages, harbour masks, shared numbers."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.geodesy import destination, distance_km
from tests.scenarios.traffic import HOUR_US, START_US, OpenSea, context, run, silenced
from tracker.detectors.base import Context
from tracker.detectors.silence import SilenceConfig, SilenceDetector
from tracker.detectors.silence.lost import Return, Silence
from tracker.detectors.silence.sea import along_the_shore, by_water
from tracker.detectors.silence.ways import WEIGHTS, fan, ways_back
from tracker.events import Event, EventKind, EventState
from tracker.identity import craft_text, mmsi_craft
from tracker.positions import PositionBatch
from tracker.tracks import TrackBuilder

HER = int(mmsi_craft(np.array([305_000_001]))[0])
OTHER = int(mmsi_craft(np.array([305_000_002]))[0])
LAT, LON = 40.0, -11.0
"""South end of the lanes, which run 220 km north; all of it is heard."""


def sailing(
    craft: int,
    begin_h: float,
    knots: float,
    seed: int,
    *,
    aside_km: float = 0.0,
    hours: float = 9.0,
    every_s: float = 60.0,
    lost: float = 0.05,
    course_deg: float = 0.0,
    of: tuple[float, float] = (LAT, LON),
) -> PositionBatch:
    """A ship on a straight course, some of its reports lost at random."""
    rng = np.random.default_rng(seed)
    after_s = np.cumsum(rng.uniform(0.85, 1.15, int(hours * 3600.0 / every_s))) * every_s
    lat0, lon0 = destination(*of, 90.0, aside_km)
    lat, lon = destination(lat0, lon0, course_deg, knots * 1.852 * after_s / 3600.0)
    rows = PositionBatch.of(
        START_US + ((begin_h * 3600.0 + after_s) * 1e6).astype(np.int64), np.full(len(after_s), craft, dtype=np.int64), lat, lon,
        speed_kn=knots + rng.normal(0.0, 0.1, len(after_s)), course_deg=course_deg, message_type=1,
    )  # fmt: skip
    return rows.take(rng.random(len(rows)) >= lost)


def lanes(hours: float = 30.0, lost: float = 0.05) -> list[PositionBatch]:
    """Ships every 25 min on two lanes 8 km apart, at 11 to 15 kn, from twelve hours before."""
    rng = np.random.default_rng(5)
    parts = []
    for k, at_h in enumerate(np.arange(0.0, hours, 25.0 / 60.0)):
        knots, craft = rng.uniform(11.0, 15.0), int(mmsi_craft(np.array([219_000_000 + k]))[0])
        aside_km, passage_h = 8.0 * (k % 2) + rng.normal(0.0, 1.0), 220.0 / 1.852 / knots
        parts.append(sailing(craft, at_h, knots, k, aside_km=aside_km, hours=passage_h, lost=lost))
    return parts


def events_of(parts: Sequence[PositionBatch], world: Context | None = None) -> list[Event]:
    return run(SilenceDetector(SilenceConfig(), world or context()), PositionBatch.concat(list(parts)).in_time_order())


def last(events: Sequence[Event], kind: EventKind, craft: int = HER) -> list[Event]:
    """Last revisions of what was told of a craft."""
    told = {e.event_id: e for e in events if e.kind == kind and e.craft == craft_text(craft)}
    return sorted(told.values(), key=lambda e: e.start_us)


def standing(events: Sequence[Event], craft: int = HER) -> list[Event]:
    return [e for e in last(events, EventKind.DARK_PERIOD, craft) if e.state is not EventState.RETRACTED]


def at(hours: float) -> int:
    return START_US + int(hours * HOUR_US)


@pytest.mark.parametrize("lost", [0.0, 0.15, 0.3])
def test_a_silence_amid_heard_ships_is_found_however_many_reports_are_lost_by_chance(lost):
    crew = [int(c) for c in mmsi_craft(np.arange(305_000_010, 305_000_016))]
    parts, begins = lanes(), {}
    for number, craft in enumerate(crew):
        begin_h = 12.0 + 1.5 * number
        rows = sailing(craft, begin_h, 13.0, 100 + number, aside_km=8.0 * (number % 2), lost=lost)
        parts.append(silenced(rows, craft, at(begin_h + 3.0), at(begin_h + 6.0)))
        begins[craft] = at(begin_h + 3.0)
    events = events_of(parts)
    found = [craft for craft in crew if any(abs(e.start_us - begins[craft]) < 1200e6 for e in standing(events, craft))]
    assert found == crew


def test_reports_lost_by_chance_alone_are_no_silence():
    parts = lanes(lost=0.3)
    craft = np.unique(np.concatenate([p.craft for p in parts]))
    events = events_of(parts)
    assert [e for c in craft.tolist() for e in standing(events, c) if e.state is EventState.CLOSED] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_who_is_lost_for_a_while_at_an_edge_that_breathes_was_not_switched_off(seed):
    """The lanes pass along the edge of a station, whose range moves by a tenth within an hour or two; nearer to it nearly all is heard."""
    rng = np.random.default_rng(seed)
    nearer = [
        sailing(int(mmsi_craft(np.array([218_000_000 + k]))[0]), 0.8 * k, 12.0, 900 + k, aside_km=26.0)
        for k in range(36)
    ]
    rows = PositionBatch.concat([*lanes(48.0), *nearer]).in_time_order()
    km = distance_km(rows.lat_deg, rows.lon_deg, *destination(*destination(LAT, LON, 0.0, 110.0), 90.0, 80.0))
    hours = (rows.time_us - START_US) / HOUR_US
    edge_km = 94.0 * (1.0 + 0.08 * np.sin(2.0 * np.pi * hours / 1.7 + seed))
    heard = rows.take(rng.random(len(rows)) < 0.97 / (1.0 + np.exp((km - edge_km) / 3.0)))
    events = events_of([heard])
    assert [e.explanation for c in np.unique(heard.craft).tolist() for e in standing(events, c)] == []


def test_a_ship_that_is_heard_now_and_then_where_it_lies_was_not_switched_off():
    before = sailing(HER, 12.0, 12.0, 1, hours=4.0)
    lat, lon = float(before.lat_deg[-1]), float(before.lon_deg[-1])
    singly_h = 16.0 + np.array([1.1, 1.9, 2.8, 3.3, 4.4, 5.1])
    lying = PositionBatch.of(
        START_US + (singly_h * 3.6e9).astype(np.int64), np.full(6, HER, dtype=np.int64), lat + 0.004, lon + 0.002, speed_kn=0.4,
        course_deg=200.0, message_type=1,
    )  # fmt: skip
    events = events_of([*lanes(), before, lying])
    assert len(last(events, EventKind.DARK_PERIOD)) == 1, "it looks like one at first"
    assert [e for e in standing(events) if e.end_us is not None] == []
    gap = last(events, EventKind.GAP)[0]
    assert gap.cause == "unknown"
    assert "now and then" in gap.explanation


def test_a_ship_dark_for_hours_and_heard_as_before_stays_told():
    rows = silenced(sailing(HER, 12.0, 12.0, 1), HER, at(15.0), at(18.0))
    (dark,) = standing(events_of([*lanes(), rows]))
    assert dark.state is EventState.CLOSED


def test_a_class_b_ship_is_judged_alike_whichever_report_it_sends_last():
    """The extended report (19) has the schedule of the standard one (18), every 30 s to 3 min (ITU-R M.1371-5 annex 1 table 2)."""
    rows = silenced(sailing(HER, 12.0, 6.0, 1, lost=0.4), HER, at(15.0), at(17.5))
    told = {}
    for message_type in (1, 18, 19):
        sent = rows.with_columns(message_type=np.full(len(rows), message_type, dtype=np.uint8))
        told[message_type] = [
            (e.kind, e.state, e.cause, round(e.confidence, 6))
            for e in events_of([*lanes(), sent])
            if e.craft == craft_text(HER)
        ]
    assert told[19] == told[18]
    assert told[1] != told[18], "otherwise the schedule decides nothing here"


@pytest.mark.parametrize(
    ("message_type", "heard_by", "is_told"), [(18, b"NEAR", True), (18, b"FAR", False), (1, b"FAR", True)]
)
def test_a_weak_transmitter_that_a_far_receiver_heard_by_night_is_not_dark_when_the_night_is_over(
    message_type: int, heard_by: bytes, is_told: bool
) -> None:
    """Ducting: the receivers near her hear class A there, and never her 2 W."""
    ship = silenced(sailing(HER, 12.0, 12.0, 1), HER, at(15.0), at(18.0))
    ship = ship.with_columns(
        message_type=np.full(len(ship), message_type, dtype=np.uint8), station=np.full(len(ship), heard_by, dtype="S16")
    )
    others = [rows.with_columns(station=np.full(len(rows), b"NEAR", dtype="S16")) for rows in lanes()]
    events = events_of([*others, ship])
    assert bool(standing(events)) is is_told
    if not is_told:
        assert "a receiver far away" in last(events, EventKind.GAP)[0].explanation


def test_the_time_of_an_outage_counts_for_no_silence():
    rows = silenced(sailing(HER, 12.0, 12.0, 1), HER, at(15.0), at(17.5))
    parts = [
        p.take((p.time_us < at(16.0)) | (p.time_us > at(17.25))) for p in (*lanes(), rows)
    ]  # the whole feed is silent for an hour and a quarter of her two and a half
    events = events_of(parts)
    outages = [e for e in events if e.kind == EventKind.FEED_OUTAGE]
    assert outages
    (dark,) = standing(events)
    assert dark.evidence["outage_h"] == pytest.approx(1.25, abs=0.05)
    assert dark.evidence["duration_h"] == pytest.approx(1.25, abs=0.08)
    assert "while the feed was out" in dark.explanation


def test_a_silence_that_is_nearly_all_outage_is_none():
    rows = silenced(sailing(HER, 12.0, 12.0, 1), HER, at(15.0), at(16.4))
    parts = [p.take((p.time_us < at(15.06)) | (p.time_us > at(16.35))) for p in (*lanes(), rows)]
    events = events_of(parts)
    assert [e for e in standing(events) if e.start_us < at(17.0)] == []


PORT = (40.9, -11.0)
"""A point beside the western lane."""


@pytest.mark.parametrize(("knots", "dark"), [(26.0, 1), (9.0, 0)])
def test_a_harbour_is_for_ships_slow_enough_to_berth(knots, dark):
    """The ship falls silent 4 km from a port's point, 3 km to the side of its way: one that fast passes."""
    begin_h = 14.0
    lane = sailing(HER, begin_h, knots, 3, aside_km=3.0, hours=8.0)
    near = np.flatnonzero(lane.lat_deg >= PORT[0] - 0.02)[0]
    quiet_us = int(lane.time_us[near])
    rows = silenced(lane, HER, quiet_us, quiet_us + 2 * HOUR_US)
    events = events_of([*lanes(), rows], context(ports=[PORT]))
    told = [e for e in standing(events) if e.state is EventState.CLOSED]
    assert len(told) == dark
    if not dark:
        assert {e.cause for e in last(events, EventKind.GAP) if e.end_us is not None} == {"in_port"}


def test_a_ship_away_for_days_at_a_berth_some_way_from_the_port_s_point_is_in_port():
    """Lost at 4 kn 6 km from the point, beyond the radius of ships under way, and heard again in the same place two days later."""
    berth = destination(*PORT, 20.0, 6.0)
    reach = destination(float(berth[0]), float(berth[1]), 180.0, 4.0 * 1.852 * 2.0)
    inbound = sailing(HER, 13.0, 4.0, 4, hours=2.0, of=(float(reach[0]), float(reach[1])))
    out = sailing(HER, 62.0, 4.0, 5, hours=2.0, of=(float(inbound.lat_deg[-1]), float(inbound.lon_deg[-1])))
    events = events_of([*lanes(66.0), inbound, out], context(ports=[PORT]))
    gaps = [e for e in last(events, EventKind.GAP) if e.end_us is not None]
    assert [gap.cause for gap in gaps] == ["in_port"]
    assert [e for e in standing(events) if e.end_us is not None] == []


@pytest.mark.parametrize("number", [1_193_046, 305_000_077])
def test_boats_that_come_and_go_under_one_number_are_not_dark(number):
    craft = int(mmsi_craft(np.array([number]))[0])
    boats = [
        sailing(craft, begin_h, 7.0 + k % 3, 40 + k, aside_km=3.0 * k - 8.0, hours=2.0 + k % 2, of=(LAT + 0.25 * k, LON))
        for k, begin_h in enumerate((12.0, 12.7, 15.1, 16.0, 19.5, 20.2, 24.0, 26.5))
    ]  # fmt: skip
    rows = TrackBuilder().process_batch(PositionBatch.concat([*lanes(), *boats]).in_time_order())
    told = standing(run(SilenceDetector(SilenceConfig(), context()), rows), craft)
    assert told == []


class Shore(OpenSea):
    """Open sea with land between two parallels and two meridians."""

    def __init__(self, south: float, north: float, west: float, east: float) -> None:
        super().__init__()
        self._box = south, north, west, east

    def is_land(self, lat_deg, lon_deg):
        south, north, west, east = self._box
        return (lat_deg > south) & (lat_deg < north) & (lon_deg > west) & (lon_deg < east)


def silence_at(lat_deg: float, lon_deg: float, knots: float) -> Silence:
    return Silence(
        key=HER, kind=0, since_us=at(10.0), pos_us=at(10.0), lat_deg=lat_deg, lon_deg=lon_deg, speed_kn=knots, course_deg=0.0,
        altitude_ft=np.nan, climb_ftmin=np.nan, on_ground=-1, nav_status=0, source=0, interval_s=60.0, schedule_s=10.0, longest_s=60.0,
        fading=1.0, beats=200, blind_from_us=-1, blind_to_us=-1, place_km=500.0, ashore=False, noted=False, shared=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("begins_deg", "kept"), [(-11.03, [1, 0, 1, 0, 1]), (-10.9, [1, 1, 1, 1, 1])], ids=["beside it", "ahead, too"]
)
def test_a_ship_whose_course_is_clear_does_not_bear_off_onto_the_land(begins_deg, kept):
    lat, lon = fan(silence_at(40.0, -11.0, 12.0), np.linspace(300.0, 9000.0, 12))
    weights = along_the_shore(lat[None], lon[None], Context(Shore(40.1, 42.0, -12.0, begins_deg)), SilenceConfig())[0]
    assert (weights[:5] > 0.0).tolist() == [bool(k) for k in kept]
    assert weights.sum() == pytest.approx(1.0)
    assert weights[5:] == pytest.approx(WEIGHTS[5:]), "who turns further may go in"


@pytest.mark.parametrize(("width_deg", "all_dry"), [(0.02, False), (3.0, True)], ids=["a headland", "a mainland"])
def test_a_ship_heard_again_beyond_land_came_by_water(width_deg, all_dry):
    back = Return(at(13.0), 40.5, -11.0, at(13.0))
    world = Context(Shore(40.2, 40.3, -11.0 - width_deg, -11.0 + width_deg))
    lat, lon, weights, dry = by_water(*ways_back(silence_at(40.0, -11.0, 14.0), back), world, SilenceConfig())
    assert dry is all_dry
    assert weights.sum() == pytest.approx(1.0)
    if not all_dry:
        assert weights[0] > 0.0
        assert not world.places.is_land(lat[0], lon[0]).any()
