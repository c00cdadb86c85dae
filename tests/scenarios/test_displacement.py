"""Made stories of false positions: where the false place is, who is there, and what is no false place at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from models.geodesy import destination, distance_km
from tests.scenarios.sea import HOUR_US, MIN_US, ONE, START_US, TWO, Sea, legs, told
from tracker.detectors import DETECTORS
from tracker.detectors.base import Context
from tracker.detectors.integrity import IntegrityConfig, IntegrityDetector
from tracker.events import Event
from tracker.identity import craft_text, icao24_craft, mmsi_craft, segment_number
from tracker.positions import MESSAGE_TYPE_AIRBORNE, PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import TrackBuilder, believed
from tracker.tracks.segments import KEPT

SEA = (55.0, 3.0)
FALSE = (56.0, 5.0)
OTHERS = [entry for entry in DETECTORS if entry.name in ("encounter", "loitering", "circling", "off_aerodrome_landing")]


def seen(*tracks: PositionBatch, **places) -> list[Event]:
    """What integrity and the detectors of places make of it, as it finally stands, without what was withdrawn."""
    rows = TrackBuilder().process_batch(PositionBatch.concat(tracks).in_time_order())
    context = Context(Sea(**places))
    events = list(told(IntegrityDetector(IntegrityConfig(), context), rows))
    for entry in OTHERS:
        events += told(entry.build(entry.config(), context), believed(rows))
    final = {event.event_id: event for event in events}
    return [event for event in final.values() if event.state != "retracted"]


def details(events: Sequence[Event]) -> list[tuple[str, str]]:
    return sorted((str(event.kind), event.detail) for event in events)


def jammed(
    track: PositionBatch, place, share=0.8, hours=(2.0, 5.0), seed=1, speed_kn=0.2, course_deg=None
) -> PositionBatch:
    """The track, with a share of its reports between two hours at another place: a pair, or a function of the hours since."""
    rng = np.random.default_rng(seed)
    hour = (track.time_us - START_US) / HOUR_US
    away = (hour >= hours[0]) & (hour < hours[1]) & (rng.random(len(track)) < share)
    at = place(hour - hours[0]) if callable(place) else (np.full(len(hour), place[0]), np.full(len(hour), place[1]))
    lat = np.where(away, at[0] + rng.normal(0.0, 0.0003, len(track)), track.lat_deg)
    lon = np.where(away, at[1] + rng.normal(0.0, 0.0003, len(track)), track.lon_deg)
    said_kn = np.where(away, speed_kn, track.speed_kn) if speed_kn is not None else track.speed_kn
    return track.with_columns(
        lat_deg=lat, lon_deg=lon, speed_kn=said_kn.astype(np.float32), fingerprint=np.arange(1, len(track) + 1) + (seed << 32)
    )  # fmt: skip


def ship(number: int, south_km: float = 0.0, hours: float = 8.0) -> PositionBatch:
    start = tuple(float(v) for v in destination(*SEA, 180.0, south_km))
    return legs(mmsi_craft(219_000_100 + number), start, [(60.0 * hours, 12.0 + number, 90.0)], every_min=1.0)


def circle(hours):
    return destination(*FALSE, 360.0 * hours / 0.7, 3.0)


def drift(hours):
    return destination(*FALSE, 45.0, 15.0 * np.maximum(hours, 0.0))


@pytest.mark.parametrize("place", [FALSE, circle, drift], ids=["sea point", "circle", "drifting"])
@pytest.mark.parametrize("share", [0.8, 0.4, 1.0])
@pytest.mark.parametrize("count", [2, 4])
def test_ships_jammed_to_one_place_are_one_event_and_nothing_else(place, share, count) -> None:
    fleet = [jammed(ship(k, 15.0 * k), place, share, (2.0 + 0.3 * k, 5.0 + 0.2 * k), seed=k + 1) for k in range(count)]
    (event,) = seen(*fleet)
    assert (event.detail, event.evidence["craft_count"]) == ("mass_displacement", count)
    assert abs(event.start_us - (START_US + 2 * HOUR_US)) < 12 * MIN_US
    assert abs(event.end_us - (START_US + (5.0 + 0.2 * (count - 1)) * HOUR_US)) < 12 * MIN_US
    assert distance_km(event.lat_deg, event.lon_deg, *FALSE) < 30.0


def test_who_passes_the_false_place_by_itself_meanwhile_was_one_of_them_all_the_same() -> None:
    """Nearer than a jump it is no more displaced; the event goes on with those further off, and lists all."""
    ahead = (55.02, 4.2)
    fleet = [jammed(ship(k, 60.0 * k), ahead, hours=(2.0, 3.5), seed=k + 1) for k in range(3)]
    (event,) = seen(*fleet)
    assert len(event.evidence["craft"]) == event.evidence["craft_count"] == 3


def test_who_is_displaced_elsewhere_by_the_way_of_one_of_them_is_none_of_them() -> None:
    """To one place lead as many ways as there are craft; another's may be like one of these by chance."""
    fleet = [jammed(ship(k, 60.0 * k), FALSE, hours=(2.0, 5.0), seed=k + 1) for k in range(3)]
    north_deg, east_deg = FALSE[0] - float(fleet[0].lat_deg[120]), FALSE[1] - float(fleet[0].lon_deg[120])
    alone = ship(9, 400.0)
    there = (float(alone.lat_deg[120]) + north_deg, float(alone.lon_deg[120]) + east_deg)
    events = seen(*fleet, jammed(alone, there, hours=(2.0, 5.0), seed=9))
    (mass,) = [event for event in events if event.detail == "mass_displacement"]
    assert mass.evidence["craft_count"] == 3
    assert craft_text(int(alone.craft[0])) in {event.craft for event in events}


def test_a_false_place_inland_is_one_event_too() -> None:
    fleet = [jammed(ship(k, 15.0 * k), (50.0, 20.0), 0.9, seed=k + 1) for k in range(3)]
    assert details(seen(*fleet, land=[(50.0, 20.0, 300.0)])) == [("integrity", "mass_displacement")]


def test_ships_whose_speed_goes_on_at_the_false_place_are_not_frozen_there() -> None:
    fleet = [jammed(ship(k, 15.0 * k), FALSE, 1.0, seed=k + 1, speed_kn=None) for k in range(2)]
    assert details(seen(*fleet)) == [("integrity", "mass_displacement")]


def test_all_positions_shifted_by_one_way_are_one_event() -> None:
    """Meaconing: each ship keeps its speed and course, 150 km off."""

    def shifted(track, seed):
        lat, lon = destination(track.lat_deg, track.lon_deg, 20.0, 150.0)
        hour = (track.time_us - START_US) / HOUR_US
        away = (hour > 2.0) & (hour < 5.0) & (np.random.default_rng(seed).random(len(hour)) < 0.7)
        return track.with_columns(
            lat_deg=np.where(away, lat, track.lat_deg), lon_deg=np.where(away, lon, track.lon_deg)
        )

    (event,) = seen(*[shifted(ship(k, 40.0 * k), k) for k in range(3)])
    assert (event.detail, event.evidence["craft_count"]) == ("mass_displacement", 3)


def test_the_true_track_goes_on_for_all_detectors() -> None:
    track = jammed(ship(0), FALSE, 0.8)
    rows = believed(TrackBuilder().process_batch(track))
    assert len(rows) == len(track) - 2, "every report counts as heard, but the first two of the false place"
    assert set(segment_number(rows.segment)) == {0}
    there = rows.take(rows.has_position)
    assert np.nanmax(there.lat_deg) < 55.5
    assert rows.is_displaced.sum() == (~rows.has_position).sum() > 100


def test_a_ship_whose_positions_are_flung_about_is_heard_all_the_time() -> None:
    track = ship(0)
    rng = np.random.default_rng(3)
    away = (track.time_us > START_US + 2 * HOUR_US) & (track.time_us < START_US + 5 * HOUR_US)
    away &= rng.random(len(track)) < 0.7
    lat, lon = track.lat_deg + rng.uniform(-3, 3, len(track)), track.lon_deg + rng.uniform(-3, 3, len(track))
    flung = track.with_columns(lat_deg=np.where(away, lat, track.lat_deg), lon_deg=np.where(away, lon, track.lon_deg))
    rows, fate = TrackBuilder().judge(flung)
    shown = believed(rows.take((fate == KEPT) | rows.is_displaced))
    assert np.diff(shown.time_us).max() <= 2 * MIN_US
    there = shown.take(shown.has_position)
    assert set(segment_number(there.segment)) == {0}
    assert np.ptp(there.lat_deg) < 0.05
    assert seen(flung) == []


# One craft.


@pytest.mark.parametrize("cause", ["latitude_sign", "longitude_sign", "both_signs", "swapped", "no_fix"])
def test_one_ship_flung_away_for_a_known_reason_is_told_with_it(cause) -> None:
    track = ship(0)
    away = (track.time_us > START_US + 2 * HOUR_US) & (track.time_us < START_US + 3 * HOUR_US)
    lat, lon = {
        "latitude_sign": (-track.lat_deg, track.lon_deg),
        "longitude_sign": (track.lat_deg, -track.lon_deg),
        "both_signs": (-track.lat_deg, -track.lon_deg),
        "swapped": (track.lon_deg, track.lat_deg),
        "no_fix": (track.lat_deg * 0.0 + 0.01, track.lon_deg * 0.0 + 0.01),
    }[cause]
    (event,) = seen(
        track.with_columns(lat_deg=np.where(away, lat, track.lat_deg), lon_deg=np.where(away, lon, track.lon_deg))
    )
    assert (event.detail, event.cause) == ("displaced", cause)
    assert abs(event.end_us - (START_US + 3 * HOUR_US)) < 5 * MIN_US


@pytest.mark.parametrize("share", [0.8, 1.0])
def test_one_ship_jammed_alone_is_displaced_once_and_no_second_ship(share) -> None:
    events = seen(jammed(ship(0), FALSE, share))
    assert details(events) == [("integrity", "displaced")]
    assert events[0].cause is None and "where it was" in events[0].explanation


def test_an_aircraft_whose_navigation_lost_its_quality_is_no_second_aircraft_when_it_is_good_again() -> None:
    """An inertial system drifts, and jumps back when the satellites are there again."""
    time_s = np.arange(0, 3 * 3600, 10)
    plane = icao24_craft(0x4B1812)
    lat, lon = destination(50.0, -8.0, 90.0, time_s * 0.22)
    adrift = (time_s > 3600) & (time_s < 7200)
    off = np.where(adrift, (time_s - 3600) / 3600 * 60.0, 0.0)
    lat, lon = destination(lat, lon, 0.0, off)
    quality = np.where(adrift, 0, 9).astype(np.uint8)
    rows = PositionBatch.of(START_US + time_s * 1_000_000, plane, lat, lon, speed_kn=428.0, course_deg=90.0, altitude_ft=36000.0, on_ground=0,
        nic=quality, nac_p=quality, message_type=MESSAGE_TYPE_AIRBORNE)  # fmt: skip
    seen_by_all = believed(TrackBuilder().process_batch(rows))
    after = seen_by_all.take(seen_by_all.time_us > START_US + 7300 * 1_000_000)
    assert after.has_position.all(), "good quality is believed at once"
    (event,) = seen(rows)
    assert (event.detail, event.cause) == ("displaced", "no_quality")
    assert event.evidence["jump_km"] == pytest.approx(60.0, abs=4.0)
    assert abs(event.start_us - (START_US + 3610 * 1_000_000)) < MIN_US


def test_flights_shown_at_one_airport_are_one_event() -> None:
    flights = []
    for k in range(3):
        time_s = np.arange(0, 3 * 3600, 10) + k
        lat, lon = destination(46.0 + 0.5 * k, 10.0, 120.0, time_s * 0.22)
        away = (time_s > 4000 + 300 * k) & (time_s < 8000)
        lat, lon = np.where(away, 50.03, lat), np.where(away, 8.55, lon)
        height = np.where(away, 9000.0, 36000.0)
        flights.append(PositionBatch.of(START_US + time_s * 1_000_000, icao24_craft(0x4B1812 + k), lat, lon, speed_kn=428.0,
            course_deg=120.0, altitude_ft=height, on_ground=0, nic=8, nac_p=9, message_type=MESSAGE_TYPE_AIRBORNE))  # fmt: skip
    (event,) = seen(*flights)
    assert (event.detail, event.evidence["of"], event.evidence["craft_count"]) == ("mass_displacement", "aircraft", 3)


@pytest.mark.parametrize("turns_s", [65, 80, 100, 110])
def test_flights_shown_at_one_airport_in_turns_of_a_minute_are_one_event_and_no_jumpers(turns_s) -> None:
    """Places are judged every ten minutes: who has jumped three times by then is told so, and that is taken back."""
    rng, flights = np.random.default_rng(1), []
    for k in range(5):
        time_s = np.arange(0, 2 * 3600, 5) + k
        lat, lon = destination(51.0 + 0.02 * k, 3.0, 90.0, (time_s - 150.0 * k) * 0.22)
        turn = (time_s - 3310 - 7 * k) // turns_s
        away = (time_s > 3310 + 7 * k) & (time_s < 4500) & (turn % 2 == 0)
        lat, lon = np.where(away, 51.289, lat), np.where(away, 6.767, lon)
        lat, lon = lat + rng.normal(0.0, 1e-4, len(lat)), lon + rng.normal(0.0, 1e-4, len(lon))
        flights.append(PositionBatch.of(START_US + time_s * 1_000_000, icao24_craft(0x4B1812 + 16 * k), lat, lon, speed_kn=428.0,
            course_deg=90.0, altitude_ft=36000.0, on_ground=0, nic=8, nac_p=9, message_type=MESSAGE_TYPE_AIRBORNE))  # fmt: skip
    assert details(seen(*flights)) == [("integrity", "mass_displacement")]


# What is none of it.


@pytest.mark.parametrize("every_min", [0.2, 1.0, 6.0])
def test_a_second_ship_under_the_number_is_told_as_such(every_min) -> None:
    one = legs(ONE, SEA, [(480, 12.0, 90.0)], every_min=every_min)
    two = legs(ONE, FALSE, [(480, 9.0, 200.0)], every_min=every_min)
    two = two.with_columns(time_us=two.time_us + int(every_min * 0.4 * MIN_US))
    assert details(seen(one, two)) == [("integrity", "shared_identity")]


def test_a_second_ship_at_anchor_and_two_pairs_of_them_in_one_port_are_told_as_such() -> None:
    tracks = []
    for craft, south_km in ((ONE, 0.0), (TWO, 40.0)):
        start = tuple(float(v) for v in destination(*SEA, 180.0, south_km))
        place = tuple(float(v) for v in destination(*FALSE, 90.0, south_km / 20.0))
        tracks.append(legs(craft, start, [(480, 12.0, 90.0)], every_min=1.0))
        lying = legs(craft, place, [(480, 0.0, 90.0)], every_min=1.0)
        tracks.append(lying.with_columns(time_us=lying.time_us + 24_000_000))
    events = seen(*tracks, ports=[FALSE])
    assert details(events) == [("integrity", "shared_identity")] * 2


def test_two_ships_that_meet_still_meet() -> None:
    one = legs(ONE, SEA, [(120, 12.0, 90.0), (240, 0.3, 90.0), (120, 12.0, 90.0)])
    two = legs(TWO, tuple(float(v) for v in destination(*SEA, 90.0, 44.8)), [(120, 0.2, 90.0), (360, 0.2, 90.0)])
    assert "encounter" in {event.kind for event in seen(one, two)}


def beside_greenwich(mirrored: bool) -> PositionBatch:
    """East past the meridian from 0.85 W at 12 kn: the receiver stands still for four hours and then gives the true places; or it loses the sign of longitude."""
    track = legs(ONE, (50.69, -1.6), [(900, 12.0, 85.0)], every_min=1.0)
    hour = (track.time_us - START_US) / HOUR_US
    lat, lon = track.lat_deg.copy(), track.lon_deg.copy()
    if mirrored:
        away = (hour > 2.5) & (hour < 3.5)
        lon[away] = -lon[away]
    else:
        frozen = (hour > 2.5) & (hour < 6.5)
        first = np.flatnonzero(frozen)[0]
        lat[frozen], lon[frozen] = lat[first], lon[first]
    fingerprint = np.arange(1, len(track) + 1)
    return track.with_columns(lat_deg=lat, lon_deg=lon, fingerprint=fingerprint)


def test_a_ship_whose_receiver_stood_still_is_at_its_new_place_though_that_is_near_its_mirror() -> None:
    track = beside_greenwich(mirrored=False)
    events = [event for event in seen(track) if event.kind == "integrity"]
    assert {event.detail for event in events} <= {"frozen_position"}
    shown = believed(TrackBuilder().process_batch(track))
    late = shown.take(shown.time_us > START_US + 9 * HOUR_US)
    assert late.has_position.all() and len(late) > 300


def test_the_sign_of_longitude_lost_near_greenwich_is_still_told_with_its_reason() -> None:
    (event,) = seen(beside_greenwich(mirrored=True))
    assert (event.detail, event.cause) == ("displaced", "longitude_sign")


def test_a_ship_heard_again_after_a_night_is_the_one_it_was_and_not_the_false_place_it_once_showed() -> None:
    """Out of reach for nine hours everything is within 50 kn, the place where it was displaced twelve hours ago, too."""
    before = legs(ONE, SEA, [(700, 17.0, 0.0)], every_min=1.0)
    hour = (before.time_us - START_US) / HOUR_US
    false = destination(*destination(*SEA, 0.0, 17.0 * 1.852 * 11.5), 270.0, 120.0)
    away = (hour > 1.0) & (hour < 3.0)
    ring = destination(float(false[0]), float(false[1]), 360.0 * hour / 0.7, 2.0)
    track = before.with_columns(
        lat_deg=np.where(away, ring[0], before.lat_deg), lon_deg=np.where(away, ring[1], before.lon_deg)
    )
    track = track.take((hour < 4.0) | (hour > 11.3))
    rows = TrackBuilder().process_batch(track)
    late = rows.take(rows.time_us > START_US + 11 * HOUR_US)
    assert set(segment_number(late.segment)) == {0} and not late.is_displaced.any()
    assert {event.detail for event in seen(track)} == {"circle_pattern"}


# A feed that repeats itself.


def stale(track: PositionBatch, hours=(2.0, 3.5), every_min=1.0) -> PositionBatch:
    first = int(np.searchsorted(track.time_us, START_US + int(hours[0] * HOUR_US)))
    stop = int(np.searchsorted(track.time_us, START_US + int(hours[1] * HOUR_US)))
    again = track.take(np.full(stop - first, first))
    again = again.with_columns(time_us=track.time_us[first:stop])
    return PositionBatch.concat([track.take(slice(0, first)), again, track.take(slice(stop, None))])


@pytest.mark.parametrize(("count", "lost"), [(6, 6), (6, 2), (6, 1)])
def test_a_feed_that_repeats_old_reports_is_remarked_once(count, lost) -> None:
    fleet = [ship(k, 20.0 * k).with_columns(heading_deg=np.full(480, 90.0, np.float32)) for k in range(count)]
    events = seen(
        *[stale(track, (2.0 + 0.4 * k, 3.5 + 0.4 * k)) if k < lost else track for k, track in enumerate(fleet)]
    )
    assert details(events) == [("integrity", "repeated_reports")]
    assert events[0].craft == "source:source-0"
    assert events[0].evidence["craft_count"] == lost
    assert events[0].confidence < 0.3


def test_a_moored_ship_may_say_the_same_for_ever() -> None:
    moored = legs(ONE, SEA, [(600, 0.0, 90.0)], every_min=1.0, heading_deg=np.float32(12.0))
    assert seen(moored, ports=[SEA]) == []
    assert not TrackBuilder().process_batch(moored).is_displaced.any()


# However it is cut.


def stories() -> PositionBatch:
    fleet = [jammed(ship(k, 15.0 * k), FALSE, 0.8, (2.0 + 0.3 * k, 5.0), seed=k + 1) for k in range(3)]
    fleet.append(jammed(ship(7, 300.0), (40.0, 1.0), 0.5, seed=9))
    heading = np.full(480, 90.0, np.float32)
    fleet += [stale(ship(k, 20.0 * k).with_columns(heading_deg=heading), (1.0, 2.5)) for k in (4, 5)]
    return PositionBatch.concat(fleet).in_time_order()


@pytest.mark.parametrize("size", [37, 1000])
def test_cuts_and_snapshots_change_neither_rows_nor_events(size) -> None:
    rows = stories()
    whole = TrackBuilder().process_batch(rows)
    context = Context(Sea())
    expected = told(IntegrityDetector(IntegrityConfig(), context), whole)
    builder, detector = TrackBuilder(), IntegrityDetector(IntegrityConfig(), context)
    events: list[Event] = []
    parts = []
    for start in range(0, len(rows), size):
        part = rows.take(slice(start, start + size))
        parts.append(builder.process_batch(part))
        events += detector.process_batch(parts[-1], StaticBatch.empty())
        events += detector.advance_watermark(int(part.time_us[-1]) - 1)
        builder.advance_watermark(int(part.time_us[-1]) - 1)
        if start % (8 * size) == 0:
            fresh, other = TrackBuilder(), IntegrityDetector(IntegrityConfig(), context)
            fresh.restore(builder.snapshot())
            other.restore(detector.snapshot())
            assert fresh.snapshot() == builder.snapshot()
            builder, detector = fresh, other
    events += detector.advance_watermark(int(rows.time_us[-1]) + 6 * HOUR_US)
    assert np.array_equal(PositionBatch.concat(parts).displaced, whole.displaced)
    assert {(e.event_id, e.revision, e.known_us, e.explanation) for e in events} == {
        (e.event_id, e.revision, e.known_us, e.explanation) for e in expected
    }
    assert {e.detail for e in events} == {"mass_displacement", "displaced", "repeated_reports"}


@pytest.mark.parametrize("turn_deg", [177.0, -90.0])
def test_turning_all_longitudes_changes_nothing_but_longitudes(turn_deg) -> None:
    rows = stories()
    turned = rows.with_columns(lon_deg=np.mod(rows.lon_deg + turn_deg + 180.0, 360.0) - 180.0)
    context = Context(Sea())
    one = told(IntegrityDetector(IntegrityConfig(), context), TrackBuilder().process_batch(rows))
    two = told(IntegrityDetector(IntegrityConfig(), context), TrackBuilder().process_batch(turned))
    assert [(e.event_id, e.revision, e.detail) for e in one] == [(e.event_id, e.revision, e.detail) for e in two]


def test_a_craft_given_up_leaves_nothing() -> None:
    rows = TrackBuilder().process_batch(stories())
    detector = IntegrityDetector(IntegrityConfig(), Context(Sea()))
    detector.process_batch(rows, StaticBatch.empty())
    at_us = int(rows.time_us[-1])
    detector.advance_watermark(at_us)
    gone = np.unique(rows.craft)
    detector.forget(gone, at_us)
    assert len(detector._known.displaced) == 0
    builder = TrackBuilder()
    builder.process_batch(stories())
    builder.forget(gone)
    assert not np.isin(builder._company[0], gone).any()
