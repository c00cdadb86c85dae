"""Records of many feeds in one file are read as each would be alone, whatever stands beside them in a block."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.tracker.decode.json_lines import test_air_services as air
from tests.tracker.decode.json_lines import test_sea_services as sea
from tests.tracker.decode.json_lines.services import NOW_S, read
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

DIGITRAFFIC_VESSEL = {
    "name": "ARUNA", "timestamp": NOW_S * 1000, "mmsi": 230000002, "callSign": "V7", "imo": 9543756, "draught": 68, "eta": (3 << 16) + (2 << 11),
    "posType": 15, "referencePointA": 160, "destination": "UST LUGA",
}  # fmt: skip
RECORDS: list[Any] = [
    air.V2,
    {"acList": [air.VRS_ROW | {"Icao": "A2FCA1"}], "stm": NOW_S * 1000},
    air.TRAFFIC,
    air.UAT | {"address": "a2fcb1"},
    air.STRATUX,
    {"icao24": "4b1812", "path": [[NOW_S, 47.0, 8.0, 1000, 90, False]]},
    [sea.AISHUB | {"MMSI": 232001001}, sea.AISHUB_CODES | {"MMSI": 232001002}],
    sea.digitraffic(timestampExternal=NOW_S * 1000),
    DIGITRAFFIC_VESSEL,
    sea.BARENTSWATCH,
    sea.MARINETRAFFIC | {"MMSI": "232001003"},
    sea.GPSD | {"rxuxtime": NOW_S},
    {"mmsi": 232001004, "time": NOW_S, "lat": 1, "lon": 2, "eta": "03-02 06:00", "draught": 5},
]


def test_what_stands_beside_a_record_changes_nothing_of_it() -> None:
    alone = [read(json.dumps(record).encode() + b"\n") for record in RECORDS]
    assert all(not found.refused for found in alone)
    chance = random.Random(4)
    for _ in range(6):
        order = chance.sample(range(len(RECORDS)), len(RECORDS))
        mixed = read(b"".join(json.dumps(RECORDS[at]).encode() + b"\n" for at in order))
        assert mixed.rows.to_arrow().equals(PositionBatch.concat(alone[at].rows for at in order).to_arrow())
        assert mixed.statics.to_arrow().equals(StaticBatch.concat(alone[at].statics for at in order).to_arrow())
