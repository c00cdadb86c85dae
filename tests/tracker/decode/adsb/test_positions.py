"""From frames to positions: pairing, confirmation, speed check, copies, trust, statics."""

from __future__ import annotations

import gzip
import json
import math
import random
import re
from pathlib import Path

import airportsdata
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.naive import adsb_bits
from tests.naive import adsb_encode as enc
from tracker.decode.adsb import BeastDecoder, ModeSDecoder
from tracker.decode.adsb.aircraft import MAX_AIRCRAFT
from tracker.decode.adsb.cpr import distance_m
from tracker.decode.adsb.unplaced import GIVE_OUT_MOST
from tracker.decode.base import Decoded
from tracker.decode.input_times import InputTimes
from tracker.decode.rejects import RejectCause
from tracker.identity import icao24_craft, other24_craft
from tracker.positions import (
    MESSAGE_TYPE_AIRBORNE,
    MESSAGE_TYPE_MODE_S,
    MESSAGE_TYPE_SURFACE,
    MESSAGE_TYPE_VELOCITY,
    PositionBatch,
)
from tracker.tracks.builder import TrackBuilder

START_US = 1_717_664_319_000_000
A, B = 0x4CA216, 0x3461CE


def decode(decoder: ModeSDecoder, timed: list[tuple[int, bytes]]) -> Decoded:
    frames = np.zeros((len(timed), 14), np.uint8)
    for i, (_, frame) in enumerate(timed):
        frames[i, : len(frame)] = list(frame)
    time_us = np.array([START_US + t for t, _ in timed], np.int64)
    return decoder.decode_frames(time_us, time_us, frames, np.array([len(f) == 14 for _, f in timed], bool))


def trusting(frame: bytes) -> ModeSDecoder:
    """A decoder that has just heard a clean frame of whoever sent this one."""
    decoder = ModeSDecoder(0)
    if frame[0] >> 3 not in (11, 17, 18):
        decode(decoder, [(0, enc.all_call(adsb_bits.syndrome(frame)))])
    return decoder


def fly(decoder: ModeSDecoder, *args: float, **more: int) -> tuple[Decoded, list[tuple[float, float] | None]]:
    steps = enc.flight(*args, **more)
    return decode(decoder, [(t, f) for t, f, _ in steps]), [place for _, _, place in steps]


def is_late(p: PositionBatch) -> NDArray[np.bool_]:
    """Which rows came after the fact, with the place of a frame that had none when it came."""
    seen: set[tuple[int, int]] = set()
    late = np.zeros(len(p), np.bool_)
    for row, key in enumerate(zip(p.time_us.tolist(), p.fingerprint.tolist(), strict=True)):
        late[row] = key in seen and not math.isnan(p.lat_deg[row])
        seen.add(key)
    return late


def at_once(p: PositionBatch) -> PositionBatch:
    """The rows given for each frame when it came."""
    return p.take(~is_late(p))


@pytest.mark.parametrize(
    ("lat", "lon"), [(43.6, 1.4), (0.0, -0.001), (-0.01, 179.99), (60.0, -179.999), (-89.0, 10.0), (86.99, 100.0)]
)
def test_every_frame_has_its_place_once_the_first_is_confirmed(lat: float, lon: float) -> None:
    steps = enc.flight(A, lat, lon, 30)
    p = decode(ModeSDecoder(0), [(t, f) for t, f, _ in steps]).positions
    places = {START_US + t: place for t, _, place in steps if place is not None}
    placed = p.take(p.has_position)
    for row, time_us in enumerate(placed.time_us.tolist()):
        assert distance_m(*places[time_us], placed.lat_deg[row], placed.lon_deg[row]) < 10.0
    assert len(set(placed.time_us.tolist())) == len(placed) == 60
    assert set(p.message_type.tolist()) == {MESSAGE_TYPE_AIRBORNE, MESSAGE_TYPE_VELOCITY, MESSAGE_TYPE_MODE_S}


def test_a_position_row_tells_speed_course_and_altitude_too() -> None:
    p = fly(ModeSDecoder(0), A, 43.6, 1.4, 10)[0].positions
    row = np.flatnonzero(p.has_position)[-1]
    assert p.speed_kn[row] == pytest.approx(math.hypot(300, 200), abs=0.01)
    assert p.course_deg[row] == pytest.approx(math.degrees(math.atan2(300, 200)), abs=0.01)
    assert (p.altitude_ft[row], p.vertical_rate_ftmin[row], p.on_ground[row], p.nic[row]) == (35_000, 0, 0, 8)


def test_the_first_position_is_held_until_a_second_agrees() -> None:
    steps = [(t, f) for t, f, place in enc.flight(A, 43.6, 1.4, 3) if place]
    p = decode(ModeSDecoder(0), steps).positions
    assert p.has_position.tolist() == [False, False, True, True, True, True, True, True]
    assert at_once(p).has_position.tolist() == [False, False, True, True, True, True]


def test_a_frame_placed_after_the_fact_is_a_row_of_its_own_time_that_replaces_the_one_that_said_heard() -> None:
    steps = [(t, f) for t, f, place in enc.flight(A, 43.6, 1.4, 3) if place]
    p = decode(ModeSDecoder(0), steps).positions
    late = p.take(is_late(p))
    heard = {int(bits): row for row, bits in enumerate(at_once(p).fingerprint)}
    assert len(late) == 2
    for row in range(2):
        was = at_once(p).take(slice(heard[int(late.fingerprint[row])], None))
        assert (was.time_us[0], was.received_us[0]) == (late.time_us[row], late.received_us[row])
        assert (was.altitude_ft[0], was.nic[0]) == (late.altitude_ft[row], late.nic[row]) == (35_000.0, 8)
        assert math.isnan(was.lat_deg[0]) and (late.message_type[row], late.on_ground[row]) == (
            MESSAGE_TYPE_AIRBORNE,
            0,
        )
    tracks = TrackBuilder()
    kept = tracks.process_batch(p.in_time_order())
    assert len(kept) == len(steps) and tracks.counts["duplicates"] == 2
    assert kept.has_position.all()


def test_a_frame_placed_after_the_fact_keeps_its_station() -> None:
    steps = [(t, f) for t, f, place in enc.flight(A, 43.6, 1.4, 2) if place]
    times = np.array([START_US + t for t, _ in steps], np.int64)
    frames = np.array([list(f) for _, f in steps], np.uint8)
    names = np.array([b"north", b"south", b"west", b""], "S16")
    p = ModeSDecoder(0).decode_frames(times, times, frames, np.ones(4, bool), names).positions
    assert p.station.tolist() == [b"north", b"south", b"north", b"south", b"west", b""]


def test_frames_of_a_minute_before_are_placed_and_no_more_than_may_be() -> None:
    steps = [(t, f) for t, f, place in enc.flight(A, 43.6, 1.4, 120) if place]
    even = [(t, f) for t, f in steps[:240] if not t % 1_000_000]
    odd = [(t, f) for t, f in steps[-6:] if t % 1_000_000]
    p = decode(ModeSDecoder(0), sorted(even + odd)).positions
    late = p.take(is_late(p))
    assert len(late) == GIVE_OUT_MOST
    assert np.all(np.diff(late.time_us) > 0) and np.all(np.diff(late.lat_deg) > 0)


def test_many_aircraft_confirmed_in_one_block_are_all_given_out() -> None:
    steps = []
    for n in range(25):
        flight = [(t, f) for t, f, place in enc.flight(0x100000 + n, 40.0 + n / 10, 1.0, 30) if place]
        steps += [(t, f) for t, f in flight[:56] if not t % 1_000_000] + flight[56:]
    p = decode(ModeSDecoder(0), sorted(steps)).positions
    assert len(p) == len(steps) + np.count_nonzero(is_late(p) & p.has_position)
    assert np.count_nonzero(p.has_position) == len(steps)


def test_copies_from_other_receivers_confirm_nothing_and_change_nothing() -> None:
    steps = [(t, f) for t, f, place in enc.flight(A, 43.6, 1.4, 20) if place]
    alone = at_once(decode(ModeSDecoder(0), steps).positions)
    both = decode(ModeSDecoder(0), [(t + d, f) for t, f in steps for d in (0, 300_000)]).positions
    late, twice = both.take(is_late(both)), at_once(both)
    assert len(late) == 4 and late.lat_deg[0] == late.lat_deg[1] and late.lat_deg[2] == late.lat_deg[3]
    assert np.array_equal(twice.lat_deg[0::2], alone.lat_deg, equal_nan=True)
    assert np.array_equal(twice.lat_deg[1::2], alone.lat_deg, equal_nan=True)
    assert np.array_equal(twice.fingerprint[0::2], twice.fingerprint[1::2])
    mixed = sorted([(t, 0, f) for t, f in steps] + [(t + 900_000, 1, f) for t, f in steps])
    p = at_once(decode(ModeSDecoder(0), [(t, f) for t, _, f in mixed]).positions)
    firsts = np.array([copy == 0 for _, copy, _ in mixed])
    assert np.nanmax(np.abs(p.lat_deg[firsts] - alone.lat_deg)) == 0.0


def test_a_lone_impossible_position_is_not_given_out_and_a_lasting_one_is() -> None:
    decoder = ModeSDecoder(0)
    fly(decoder, A, 43.6, 1.4, 20)
    elsewhere = [(20_000_000 + t, f) for t, f, place in enc.flight(A, 30.0, 60.0, 4) if place]
    p = at_once(decode(decoder, elsewhere).positions)
    assert not p.has_position[:4].any()
    assert p.has_position[-1], "she keeps saying so: that is where she says she is"
    assert p.lat_deg[-1] == pytest.approx(30.0, abs=0.01)


def test_two_aircraft_do_not_share_pairs() -> None:
    steps = sorted(enc.flight(A, 43.6, 1.4, 10) + enc.flight(B, -33.0, 151.0, 10))
    decoded = decode(ModeSDecoder(0), [(t, f) for t, f, _ in steps])
    p = at_once(decoded.positions)
    for row, (_, _, place) in enumerate(steps):
        lat, lon = p.lat_deg[row], p.lon_deg[row]
        if place and not math.isnan(lat):
            assert distance_m(*place, lat, lon) < 10.0


def test_an_even_and_an_odd_frame_far_apart_in_time_are_no_pair() -> None:
    steps = [(t, f) for t, f, place in enc.flight(A, 43.6, 1.4, 60) if place]
    sparse = [(t, f) for t, f in steps if t % 30_000_000 in (0, 15_500_000)]
    assert not decode(ModeSDecoder(0), sparse).positions.has_position.any()


def taxi(seconds: int, start_us: int = 0, lat: float = 43.63, lon: float = 1.37) -> list[tuple[int, bytes]]:
    return [
        (start_us + s * 1_000_000, enc.squitter(A, enc.surface(lat + s * 1e-5, lon, s % 2 == 1), capability=4))
        for s in range(seconds)
    ]


def test_a_surface_position_needs_a_reference() -> None:
    assert not decode(ModeSDecoder(0), taxi(10)).positions.has_position.any()
    p = decode(ModeSDecoder(0, receiver=(44.0, 2.0, 20.0)), taxi(10)).positions
    assert p.has_position[2:].all()
    assert p.lat_deg[-1] == pytest.approx(43.63009, abs=1e-5)
    assert (p.message_type[-1], p.on_ground[-1]) == (MESSAGE_TYPE_SURFACE, 1)
    assert (p.speed_kn[-1], p.course_deg[-1]) == (10.5, 180.0)


def test_a_landed_aircraft_is_its_own_reference() -> None:
    decoder = ModeSDecoder(0)
    fly(decoder, A, 43.62, 1.37, 20, east_kn=1, north_kn=120)
    p = decode(decoder, taxi(10, start_us=21_000_000)).positions
    assert p.has_position[1:].all()


def test_the_one_aerodrome_she_can_be_at_is_a_reference() -> None:
    elsewhere = (51.47, -0.45)
    p = decode(ModeSDecoder(0, aerodromes_deg=[(43.635, 1.368), elsewhere]), taxi(10)).positions
    assert p.has_position[2:].all()
    assert p.lat_deg[-1] == pytest.approx(43.63009, abs=1e-5)
    two = ModeSDecoder(0, aerodromes_deg=[(43.635, 1.368), (43.63, -88.63)])
    assert not decode(two, taxi(10)).positions.has_position.any()
    none = ModeSDecoder(0, aerodromes_deg=[elsewhere])
    assert not decode(none, taxi(10)).positions.has_position.any()


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(52.362, 13.5), (-33.946, 151.177), (1.35, 103.99), (-0.02, -78.48), (64.13, -21.94), (-54.84, -68.3)],
)
def test_all_eight_places_of_a_taxiing_aircraft_are_weighed_truly(lat: float, lon: float) -> None:
    tempting = [(lat, lon + quarter + 0.69) for quarter in (0, 90, 180, 270)]
    p = decode(ModeSDecoder(0, aerodromes_deg=[(lat, lon), *tempting]), taxi(10, lat=lat, lon=lon)).positions
    assert p.has_position[2:].all()
    assert distance_m(lat, lon, p.lat_deg[-1], p.lon_deg[-1]) < 20.0
    none = decode(ModeSDecoder(0, aerodromes_deg=tempting), taxi(10, lat=lat, lon=lon)).positions
    assert not none.has_position.any()


def test_a_place_guessed_from_the_list_binds_no_airborne_frame_and_yields_to_two_that_agree() -> None:
    decoder = ModeSDecoder(0, aerodromes_deg=[(43.63, 91.37)])
    assert decode(decoder, taxi(10)).positions.lon_deg[-1] == pytest.approx(91.37, abs=1e-3)
    steps = [(11_000_000 + t, f) for t, f, place in enc.flight(A, 43.62, 1.37, 10, east_kn=1, north_kn=120) if place]
    p = decode(decoder, steps).positions
    assert not at_once(p).has_position[:2].any()
    assert p.lon_deg[2:] == pytest.approx(np.full(len(p) - 2, 1.37), abs=0.01)
    landed = decode(decoder, taxi(10, start_us=22_000_000)).positions
    assert landed.lon_deg[-1] == pytest.approx(1.37, abs=1e-3)


def test_replies_count_only_for_addresses_proved_lately() -> None:
    decoder = ModeSDecoder(0)
    altitude = enc.reply(4, A, enc.altitude_code(12_000))
    assert len(decode(decoder, [(0, altitude)]).positions) == 0
    assert decoder.counts.rejects.counts == {RejectCause.UNKNOWN_ADDRESS: 1}
    p = decode(decoder, [(1, enc.all_call(A)), (2, altitude), (3, enc.all_call(A, interrogator=5))]).positions
    assert p.craft.tolist() == [icao24_craft(A)] * 3
    assert p.altitude_ft[1] == 12_000
    assert len(decode(decoder, [(121_000_000, altitude)]).positions) == 0
    assert decoder.counts.messages == {"mode s 4": 1, "mode s 11": 2}


def test_damaged_short_and_undefined_frames_are_rejected_by_cause() -> None:
    good = enc.squitter(A, enc.identification("EIN5GV"))
    damaged = bytes([good[0], *good[1:-1], good[-1] ^ 1])
    too_high = enc.reply(4, A, 0x1C04)
    decoder = ModeSDecoder(0)
    decode(
        decoder,
        [
            (0, damaged),
            (1, good[:7]),
            (2, bytes([0x98]) + good[1:]),
            (3, enc.squitter(0, 1 << 51)),
            (4, enc.all_call(B, interrogator=99)),
            (5, good),
            (6, too_high),
        ],
    )
    assert decoder.counts.rejects.counts == {
        RejectCause.BAD_PARITY: 2,
        RejectCause.TOO_SHORT: 1,
        RejectCause.UNKNOWN_MESSAGE: 1,
        RejectCause.BAD_IDENTITY: 1,
        RejectCause.IMPOSSIBLE_VALUE: 1,
    }
    assert (decoder.counts.units_in, decoder.counts.units_decoded) == (7, 1)
    assert decoder.counts.rejects.samples[0].text == damaged.hex()


def test_a_short_frame_padded_to_fourteen_bytes_is_a_short_frame() -> None:
    decoder = ModeSDecoder(0)
    padded = enc.all_call(A) + bytes(7)
    p = decode(decoder, [(0, padded), (1, enc.all_call(A))]).positions
    assert len(p) == 2
    assert p.fingerprint[0] == p.fingerprint[1]


def test_names_and_squawks_are_said_when_they_change_and_once_a_minute() -> None:
    decoder = ModeSDecoder(7)
    name, other = (enc.squitter(A, enc.identification(text)) for text in ("EIN5GV", "EIN6GV"))
    squawk = enc.reply(5, A, 0x0808 | 0x0002)
    steps = [(s * 1_000_000, name) for s in range(130)] + [(130_000_000, other), (130_500_000, squawk)]
    s = decode(decoder, steps).statics
    assert s.call_sign.tolist() == [b"EIN5GV"] * 3 + [b"EIN6GV", b""]
    assert s.emitter_category.tolist() == [b"A3"] * 4 + [b""]
    assert s.squawk.tolist() == [b""] * 4 + [b"1600"]
    assert set(s.source.tolist()) == {7}
    assert ((s.time_us - START_US) // 1_000_000).tolist() == [0, 60, 120, 130, 130]


def test_a_name_in_a_comm_b_reply_serves_only_an_aircraft_without_its_own() -> None:
    mb = 0x20 << 48 | enc.name_bits("VIR130C")
    decoder = ModeSDecoder(0)
    asked = enc.reply(20, A, enc.altitude_code(35_000), mb=mb)
    s = decode(decoder, [(0, enc.all_call(A)), (1, asked)]).statics
    assert s.call_sign.tolist() == [b"VIR130C"]
    s = decode(ModeSDecoder(0), [(0, enc.all_call(A)), (1, enc.reply(21, A, 0x0808, mb=mb))]).statics
    assert list(zip(s.call_sign, s.squawk, strict=True)) == [(b"VIR130C", b""), (b"", b"1200")]
    s = decode(decoder, [(2, enc.squitter(A, enc.identification("BAW3AK"))), (3, asked)]).statics
    assert s.call_sign.tolist() == [b"BAW3AK"]


def test_rebroadcast_and_anonymous_addresses_are_marked_and_kept_apart() -> None:
    me = enc.airborne(43.6, 1.4, False, bit_8=1)
    plain = enc.airborne(43.6, 1.4, False)
    frames = [(k, enc.squitter(A, me if k in (2, 6) else plain, df=18, capability=k)) for k in range(8)]
    decoder = ModeSDecoder(0)
    p = decode(decoder, frames).positions
    icao, other = icao24_craft(A), other24_craft(A)
    assert p.craft.tolist() == [icao, other, other, icao, other, other]
    assert decoder.counts.messages == {"mode s 18": 7}
    assert decoder.counts.rejects.counts == {RejectCause.UNKNOWN_MESSAGE: 1}


def test_status_is_kept_per_aircraft() -> None:
    operational = (31 << 51) | (2 << 13) | (1 << 12) | (9 << 8) | (3 << 4)
    emergency = (28 << 51) | (1 << 48) | (1 << 45) | (0x0AAA << 32)
    decoder = ModeSDecoder(0)
    s = decode(decoder, [(0, enc.squitter(A, operational)), (1, enc.squitter(A, emergency))]).statics
    assert decoder.aircraft().tolist() == [icao24_craft(A)]
    assert s.squawk.tolist() == [b"", b"7700"] and s.adsb_version.tolist() == [2, 255]


def test_aircraft_not_heard_for_a_quarter_of_an_hour_are_forgotten() -> None:
    decoder = ModeSDecoder(0)
    decode(decoder, [(0, enc.all_call(A)), (1_000_000_000, enc.all_call(B))])
    assert decoder.aircraft().tolist() == [icao24_craft(B)]


def test_the_table_of_aircraft_is_bounded() -> None:
    decoder = ModeSDecoder(0)
    n = MAX_AIRCRAFT + 2_000
    frames = np.zeros((n, 14), np.uint8)
    for i in range(n):
        frames[i, :7] = list(enc.all_call(0x100000 + i))
    time_us = START_US + np.arange(n)
    p = decoder.decode_frames(time_us, time_us, frames, np.zeros(n, bool)).positions
    assert len(p) == n
    assert len(decoder.aircraft()) <= MAX_AIRCRAFT
    table = decoder._aircraft
    assert table.nbytes <= 46_000_000


def test_an_honest_aircraft_keeps_its_place_among_invented_addresses() -> None:
    """More addresses than the table holds within a minute, each once: who squitters twice a second is never the one heard longest ago."""
    decoder = ModeSDecoder(0)
    timed = [(i * 1_000, enc.all_call(0x100000 + i)) for i in range(MAX_AIRCRAFT + 4_000)]
    flight = []
    for k in range(2 * len(timed) // 1_000):
        lat, lon = 50.0 + k * 1e-3, 4.0
        flight.append((k * 500_000 + 300, enc.squitter(A, enc.airborne(lat, lon, k % 2 == 1, altitude_ft=30_000.0))))
    given = decode(decoder, sorted(timed + flight)).positions
    ours = given.take(given.craft == icao24_craft(A))
    assert np.count_nonzero(ours.has_position) >= len(flight) - 2
    assert icao24_craft(A) in decoder.aircraft().tolist()


def any_frame(rng: random.Random) -> bytes:
    """A frame of sound parity with anything in its fields."""
    address = rng.choice((A, B, 1, 0xFFFFFE, rng.randrange(1 << 24)))
    kind = rng.randrange(7)
    if kind < 4:
        return enc.squitter(address, rng.getrandbits(56), df=rng.choice((17, 18)), capability=rng.randrange(8))
    if kind == 4:
        return enc.all_call(address, interrogator=rng.choice((0, 0, 5, 90)))
    mb = rng.choice((rng.getrandbits(56), 0x20 << 48 | enc.name_bits("ABC12")))
    df = rng.choice((0, 4, 5, 16, 20, 21, 24))
    return enc.reply(df, address, rng.getrandbits(13), status=rng.randrange(8), mb=mb)


def test_any_fields_at_any_times_crash_nothing_and_lead_nowhere_off_the_globe() -> None:
    rng = random.Random(4)
    for n in (1, 1, 1, 2, 20, 3_000, 3_000, 3_000):
        now, steps = 0, []
        for _ in range(n):
            now += rng.choice((0, 1_000, 400_000, 400_000, 20_000_000, -300_000, rng.choice((0, 10**12, -(10**12)))))
            steps.append((now, any_frame(rng)))
        places = [(rng.uniform(-90, 90), rng.uniform(-180, 180)) for _ in range(3_000)]
        decoder = ModeSDecoder(0, aerodromes_deg=places)
        p = decode(decoder, steps).positions
        assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total == n
        assert (np.abs(p.lat_deg[p.has_position]) <= 90.0).all()
        assert not (p.altitude_ft > 130_000).any()
        assert len(decoder.aircraft()) <= n


def test_recorded_rows_hold_what_the_slow_twin_reads_in_the_frames(real_data: Path) -> None:
    raw = gzip.decompress((real_data / "adsb" / "toulouse_paris.beast.gz").read_bytes())
    decoder = BeastDecoder(0, times=InputTimes(undated_us=START_US))
    decoded = decoder.decode(raw)
    p = decoded.positions
    by_fingerprint = {int(f): row for row, f in enumerate(p.fingerprint)}
    kinds = set()
    messages = [
        m for m in re.split(rb"(?<!\x1a)(?:\x1a\x1a)*\x1a(?=[23])", raw) if len(m) in (15, 22) and b"\x1a" not in m
    ]
    for message in messages[:: len(messages) // 12_000]:
        frame = message[8:]
        alone = decode(trusting(frame), [(0, frame)]).positions
        if len(alone) == 0 or int(alone.fingerprint[-1]) not in by_fingerprint:
            continue
        row = by_fingerprint[int(alone.fingerprint[-1])]
        said = adsb_bits.fields(frame)
        kinds.add((said["df"], said.get("tc")))
        for column, name in (("altitude_ft", "altitude"), ("vertical_rate_ftmin", "rate"), ("heading_deg", "heading")):
            if name in said and not (name == "rate" and p.has_position[row]):
                mine = float(getattr(p, column)[row])
                assert math.isnan(mine) if said[name] is None else mine == said[name], frame.hex()
        if said.get("speed") is not None:
            assert p.speed_kn[row] == pytest.approx(said["speed"], abs=1e-3)
        if said.get("course") is not None:
            assert p.course_deg[row] == pytest.approx(said["course"], abs=1e-3)
    assert {df for df, _ in kinds} >= {0, 4, 5, 16, 17, 20, 21}
    assert {tc for _, tc in kinds} >= {4, 7, 11, 19, 29}
    squawks = {adsb_bits.fields(m[8:]).get("squawk", "").encode() for m in messages}
    assert set(decoded.statics.squawk.tolist()) <= squawks


@pytest.mark.parametrize("reference", ["receiver", "aerodromes"])
def test_recorded_positions_are_those_another_decoder_found(real_data: Path, reference: str) -> None:
    with gzip.open(real_data / "adsb" / "toulouse_jet1090.jsonl.gz", "rt") as lines:
        truth = [json.loads(line) for line in lines]
    start = int(truth[0]["timestamp"] * 1e6)
    steps = [(int(t["timestamp"] * 1e6) - start, bytes.fromhex(t["frame"])) for t in truth]
    if reference == "receiver":
        decoder = ModeSDecoder(0, receiver=(43.6, 1.4, 20.0))
    else:
        listed = airportsdata.load("ICAO").values()
        decoder = ModeSDecoder(0, aerodromes_deg=[(place["lat"], place["lon"]) for place in listed])
    p = decode(decoder, steps).positions
    assert decoder.counts.rejects.total < 50
    placed: dict[tuple[int, int], int] = {}
    for row in np.flatnonzero(p.has_position).tolist():
        placed[int(p.time_us[row]), int(p.craft[row])] = row
    near, with_truth = 0, 0
    for (t, _), said in zip(steps, truth, strict=True):
        if "latitude" in said:
            with_truth += 1
            row = placed.get((START_US + t, int(icao24_craft(int(said["icao24"], 16)))), -1)
            near += row >= 0 and distance_m(said["latitude"], said["longitude"], p.lat_deg[row], p.lon_deg[row]) < 10.0
    assert with_truth == 13_465
    # with a receiver's place alone nine frames of an aircraft on the ground beyond 450 km of it have no reference
    assert near >= (0.999 if reference == "aerodromes" else 0.998) * with_truth
    own, row = at_once(p), -1
    for (t, _), said in zip(steps, truth, strict=True):
        key = START_US + t, int(icao24_craft(int(said["icao24"], 16)))
        if key != (own.time_us[row + 1], own.craft[row + 1]):
            continue  # rejected
        row += 1
        if said.get("altitude") and not math.isnan(own.altitude_ft[row]):  # this jet1090 wrote negative altitudes as 0
            assert own.altitude_ft[row] == said["altitude"]
    assert row == len(own) - 1
    assert_nobody_jumps(p)


def assert_nobody_jumps(p: PositionBatch) -> None:
    """No aircraft moves faster than 1,000 kn beyond 200 m (times are those of reception)."""
    placed = p.take(p.has_position).in_time_order()
    order = np.lexsort((placed.time_us, placed.craft))
    placed = placed.take(order)
    for row in np.flatnonzero(placed.craft[1:] == placed.craft[:-1]).tolist():
        away_m = distance_m(*(float(x) for i in (row, row + 1) for x in (placed.lat_deg[i], placed.lon_deg[i])))
        assert away_m <= 200.0 + (placed.time_us[row + 1] - placed.time_us[row]) * 1e-6 * 514.0
