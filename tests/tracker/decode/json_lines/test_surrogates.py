"""Half a surrogate pair is no character: wherever a JSON feed has one, its unit is decoded without it or refused, and nothing else suffers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tracker.decode.json_lines import columns
from tracker.decode.json_lines.decoder import JsonDecoder
from tracker.decode.rejects import RejectCause

GOOD = {"mmsi": 219000002, "timestamp": "2024-06-06T08:58:39", "lat": 54.0, "lon": 8.0, "callsign": "OWAB2"}
SHIP = {"mmsi": 219000001, "timestamp": 1_700_000_000, "lat": 54, "lon": 8}
PLANE = {"icao24": "4ca21a", "timestamp": 1_700_000_000, "latitude": 54.0, "longitude": 8.0}
FRAME = {
    "timestamp": 1_700_000_000,
    "frame": "8d4ca21a58b50111125 9eb25f37",
    "df": "17",
    "metadata": [{"name": "\ud800"}],
}
BROKEN = [
    {**SHIP, "timestamp": "\ud800"},
    {**SHIP, "timestamp": "2024-06-06T08:58:39\udfff"},
    {**PLANE, "icao24": "\ud8004ca21"},
    {**PLANE, "callsign": "\ud800\ud800"},
    {**PLANE, "squawk": "\udc00", "category": "\udc00", "emergency": "\udc00", "type": "\ud800"},
    {**PLANE, "\ud800": "\ud800"},
    {**SHIP, "mmsi": "\ud800"},
    {**FRAME, "frame": "\ud800" * 14},
    {**FRAME, "timestamp": "\ud800"},
    {**PLANE, "lat": "\ud800"},
    {"now": "\ud800", "aircraft": [{"hex": "4ca21a", "lat": 1, "lon": 2}]},
    {"time": 1_700_000_000, "states": [["\ud800", "\ud800", "\ud800", 1, 1, 1, 1, 1, False, 1, 1, 1, None, 1, "\ud800"]]},
    {"icao": "\ud800", "timestamp": 1_700_000_000, "trace": [[0, 1, 2, "\ud800", "\ud800", 5, 0, 1, {"flight": "\ud800"}]]},
]  # fmt: skip
HUGE = [
    10**300,
    -(10**300),
    10**30,
    2**63,
    2**64,
    -(2**63) - 1,
    float("inf"),
    float("nan"),
    -float("inf"),
    1e308,
    1e-320,
    [],
    {},
    [[[]]],
    True,
]


def lines(*documents: Any) -> bytes:
    return "".join(json.dumps(document) + "\n" for document in documents).encode()


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_a_surrogate_anywhere_is_refused_or_left_out(broken: Any) -> None:
    decoder = JsonDecoder(1)
    decoded = decoder.decode(lines(*[GOOD] * 12, broken, *[GOOD] * 3))
    craft = decoded.positions.craft
    assert np.count_nonzero(craft == craft[0]) == 15
    assert decoder.counts.rejects.counts[RejectCause.PROGRAM_FAULT] == 0
    assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total
    JsonDecoder(1).restore(decoder.snapshot())


@pytest.mark.parametrize(
    "name",
    [
        *SHIP,
        *PLANE,
        "speed",
        "seen",
        "seen_pos",
        "alt_baro",
        "nic",
        "on_ground",
        "version",
        "nav_heading",
        "heading",
        "baro_rate",
        "geom_rate",
        "track",
        "gs",
        "nav_altitude_mcp",
        "alt_geom",
        "squawk",
        "category",
        "emergency",
    ],
)
def test_no_value_of_any_member_is_too_much(name: str) -> None:
    decoder = JsonDecoder(1)
    broken = [{**base, name: value} for base in (SHIP, PLANE) for value in HUGE]
    decoded = decoder.decode(lines(*[GOOD] * 12, *broken, GOOD))
    assert decoder.counts.rejects.counts[RejectCause.PROGRAM_FAULT] == 0
    assert np.isfinite(decoded.positions.time_us.astype(float)).all()
    assert decoder.counts.units_in == 13 + len(broken)
    decoder.snapshot()
    decoded.positions.to_arrow()
    decoded.statics.to_arrow()


def test_a_record_that_raises_is_set_aside_and_the_document_around_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    read = columns.RecordColumns._read

    def touchy(self: columns.RecordColumns, received_us: int | None) -> None:
        if "4ca2ff" in self.table.values("icao24"):
            raise ZeroDivisionError("what nobody thought of")
        read(self, received_us)

    monkeypatch.setattr(columns.RecordColumns, "_read", touchy)
    aircraft = [{"hex": f"4ca2{n:02x}", "lat": 1, "lon": 2} for n in range(246, 256)]
    decoder = JsonDecoder(1)
    decoded = decoder.decode(lines({"now": 1_700_000_000, "aircraft": aircraft}, *[GOOD] * 10))
    assert len(decoded.positions) == 9 + 10
    assert decoder.counts.rejects.counts == {RejectCause.PROGRAM_FAULT: 1}
    note = decoder.counts.rejects.samples[0].note
    assert note.startswith("ZeroDivisionError: what nobody thought of at tracker/decode/json_lines/")
