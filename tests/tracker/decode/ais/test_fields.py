"""Every field of every columnar type, against the bit table read bit by bit and against pyais."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pyais
import pytest

from tests.naive import ais_bits
from tracker.decode.ais import AisDecoder
from tracker.decode.base import Decoded
from tracker.identity import mmsi_craft

KINDS = sorted(ais_bits.LENGTHS)
NOW_US = 1_500_000_000_000_000


def decode(lines: list[str]) -> tuple[Decoded, AisDecoder]:
    decoder = AisDecoder(0)
    decoded = decoder.decode(("\n".join(lines) + "\n").encode(), received_us=NOW_US)
    decoder.flush()
    return decoded, decoder


def messages(kind: int, number: int, seed: int) -> tuple[list[str], list[list[str]]]:
    source = random.Random(seed * 100 + kind)
    bits = [ais_bits.random_bits(kind, source) for _ in range(number)]
    return bits, [ais_bits.sentences(b, sequence=i % 10) for i, b in enumerate(bits)]


def assert_same(column: np.ndarray[Any, Any], expected: list[Any], name: str) -> None:
    if column.dtype.kind == "f":
        wanted = np.array(expected, dtype=column.dtype)
        assert np.array_equal(column, wanted, equal_nan=True), name
    else:
        assert column.tolist() == expected, name


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_what_the_bit_table_says(kind: int) -> None:
    bits, lines = messages(kind, 500, seed=1)
    decoded, decoder = decode([line for some in lines for line in some])
    assert decoder.counts.messages[f"ais {kind}"] == len(bits)
    rows = [ais_bits.position_row(b) for b in bits]
    assert decoded.positions.craft.tolist() == [mmsi_craft(row.pop("mmsi")) for row in rows]
    for name in rows[0]:
        assert_same(getattr(decoded.positions, name), [row[name] for row in rows], name)
    statics = [row for row in map(ais_bits.static_row, bits) if row is not None]
    assert decoded.statics.craft.tolist() == [mmsi_craft(row.pop("mmsi")) for row in statics]
    for name in statics[0] if statics else ():
        assert_same(getattr(decoded.statics, name), [row[name] for row in statics], name)


def pyais_position(message: Any) -> dict[str, float]:
    """pyais's values in our terms: its 'not available' numbers taken away."""
    kind = message.msg_type
    speed_na, course_na = {27: (63, 360), 9: (1023, 360)}.get(kind, (102.3, 360))
    lat, lon = message.lat, message.lon
    there = abs(lat) <= 90 and abs(lon) <= 180 and (abs(lat), abs(lon)) not in ((90, 180), (0, 0))
    out = {"lat_deg": lat if there else math.nan, "lon_deg": lon if there else math.nan}
    if hasattr(message, "speed"):
        out["speed_kn"] = message.speed if message.speed < speed_na else math.nan
        out["course_deg"] = message.course if message.course < course_na else math.nan
    if hasattr(message, "heading"):
        out["heading_deg"] = message.heading if message.heading < 360 else math.nan
    if hasattr(message, "second"):
        out["utc_second"] = message.second if message.second < 60 else 255
    if hasattr(message, "status"):
        out["nav_status"] = int(message.status)
    if hasattr(message, "turn"):
        turn = float(message.turn)
        out["turn_degmin"] = math.nan if turn == -128 else math.copysign(720, turn) if abs(turn) == 127 else turn
    if kind == 9:
        out["altitude_ft"] = message.alt / 0.3048 if message.alt < 4095 else math.nan
    out["nic"] = int(message.accuracy)
    return out


def pyais_static(message: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    names = {"shipname": "name", "name": "name", "callsign": "call_sign", "destination": "destination"}
    for theirs, ours in names.items():
        if hasattr(message, theirs):
            out[ours] = getattr(message, theirs).encode()
    sizes = [getattr(message, side, 0) for side in ("to_bow", "to_stern", "to_port", "to_starboard")]
    for side, size in zip(("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"), sizes, strict=True):
        out[side] = size if any(sizes) else math.nan
    if message.msg_type == 5:
        out["imo"] = message.imo or -1
        out["draught_m"] = message.draught or math.nan
        out["eta_month"] = message.month if 1 <= message.month <= 12 else 255
        out["eta_day"] = message.day or 255
        out["eta_hour"] = message.hour if message.hour < 24 else 255
        out["eta_minute"] = message.minute if message.minute < 60 else 255
    return out


TOLERANCE = {"lat_deg": 6e-7, "lon_deg": 6e-7, "turn_degmin": 0.51, "altitude_ft": 0.01}
"""pyais rounds positions to six decimals and rates of turn to whole degrees; floats of 32 bits otherwise."""


def compare_with_pyais(kind: int, number: int, seed: int) -> int:
    """Fields compared; raises at the first that differs."""
    _, lines = messages(kind, number, seed)
    decoded, _ = decode([line for some in lines for line in some])
    theirs = [pyais.decode(*some) for some in lines]
    assert decoded.positions.craft.tolist() == [mmsi_craft(int(m.mmsi)) for m in theirs]
    compared = 0
    tables = [(decoded.positions, pyais_position)] if kind not in (5, 24) else []
    if kind in (5, 19, 21, 24):
        tables.append((decoded.statics, pyais_static))
    for batch, fields in tables:
        rows = [fields(m) for m in theirs]
        for name in sorted(set().union(*rows)):
            at = [i for i, row in enumerate(rows) if name in row]
            ours = getattr(batch, name)[at]
            wanted = np.array([rows[i][name] for i in at])
            compared += len(at)
            if ours.dtype.kind == "f":
                limit = TOLERANCE.get(name, 1e-4)
                assert np.array_equal(np.isnan(ours), np.isnan(wanted)), name
                assert not (np.abs(ours - wanted) > limit).any(), name
            else:
                assert ours.tolist() == wanted.tolist(), name
    return compared


@pytest.mark.parametrize("kind", KINDS)
def test_fields_equal_pyais(kind: int) -> None:
    assert compare_with_pyais(kind, 2000, seed=2) > 2000


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_fields_equal_pyais_on_many_more_messages(kind: int) -> None:
    assert sum(compare_with_pyais(kind, 5000, seed) for seed in range(3, 7)) > 20_000


def test_raw_codes_of_ship_types_are_kept() -> None:
    bits = list(ais_bits.random_bits(5, random.Random(1)))
    bits[232:240] = f"{66:08b}"
    decoded, _ = decode(ais_bits.sentences("".join(bits)))
    assert decoded.statics.ship_type.tolist() == [66]


def test_the_repeat_indicator_does_not_change_the_fingerprint() -> None:
    bits = ais_bits.random_bits(1, random.Random(3))
    repeats = [bits[:6] + f"{n:02b}" + bits[8:] for n in range(4)]
    other = bits[:100] + ("0" if bits[100] == "1" else "1") + bits[101:]
    decoded, _ = decode([line for b in [*repeats, other] for line in ais_bits.sentences(b)])
    prints = decoded.positions.fingerprint
    assert (prints[:4] == prints[0]).all()
    assert prints[4] != prints[0]
    assert (prints > 0).all()


def test_a_fingerprint_is_the_same_however_the_message_was_cut_into_sentences() -> None:
    bits = ais_bits.random_bits(5, random.Random(4))
    cuts = (71, 60, 33, 20)
    decoded, _ = decode([line for n in cuts for line in ais_bits.sentences(bits, characters=n)])
    assert len(set(decoded.positions.fingerprint.tolist())) == 1
    assert len(decoded.statics) == len(cuts)


def test_an_impossible_position_is_heard_and_counted() -> None:
    bits = list(ais_bits.random_bits(1, random.Random(5)))
    bits[61:89] = f"{10 * 600_000:028b}"
    bits[89:116] = f"{95 * 600_000:027b}"
    decoded, decoder = decode(ais_bits.sentences("".join(bits)))
    assert np.isnan(decoded.positions.lat_deg).all()
    assert np.isnan(decoded.positions.lon_deg).all()
    assert decoder.counts.messages["ais impossible position"] == 1
    assert decoder.counts.units_decoded == 1


def test_messages_without_columns_are_heard_and_handed_over() -> None:
    bits = f"{8:06b}00{123456789:030b}" + "01" * 40
    (line,) = ais_bits.sentences(bits)
    decoder = AisDecoder(0)
    decoded = decoder.decode(f"\\s:north,c:1500000000*{ais_bits.checksum('s:north,c:1500000000')}\\{line}\n".encode())
    assert decoded.positions.message_type.tolist() == [8]
    assert np.isnan(decoded.positions.lat_deg).all()
    (other,) = decoder.take_others()
    assert (other.time_us, other.mmsi, other.message_type, other.station) == (NOW_US, 123456789, 8, "north")
    assert ais_bits.bits_of(other.payload.decode(), other.fill_bits) == bits
    assert decoder.take_others() == []
