"""Records of many feeds in one file are read as each would be alone, whatever stands beside them in a block."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.tracker.decode.json_lines import test_air_services as air
from tests.tracker.decode.json_lines import test_sea_services as sea
from tests.tracker.decode.json_lines.services import NOW_S, known, read
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


TABLES: list[dict[str, Any]] = [
    {"MMSI": 367000001, "BaseDateTime": "2016-01-01T00:00:00", "LAT": 30.0, "LON": -90.0, "SOG": -28.1, "COG": -140.7, "Heading": 511.0,
     "VesselName": "ORMEN", "VesselType": 1004, "Cargo": 70, "Length": 100.0, "Width": 20.0, "Draft": 5.5},
    {"# Timestamp": "13/02/2026 12:00:00", "Type of mobile": "Class B", "MMSI": 219000001, "Latitude": 55.0, "Longitude": 11.0, "ROT": 2.5, "SOG": 10.0,
     "COG": 90.0, "Heading": 90, "Navigational status": "At anchor", "IMO": "Unknown", "Name": "ORMEN", "Ship type": "Fishing", "Draught": 5.5},
    {"sourcemmsi": 228000001, "navigationalstatus": 0, "rateofturn": 4, "speedoverground": 10.5, "courseoverground": 90.5, "trueheading": 511,
     "lon": -4.5, "lat": 48.5, "t": NOW_S},
    {"time": NOW_S + 5, "icao24": "4b1812", "lat": 47.0, "lon": 8.0, "velocity": 100.5, "heading": 90.0, "vertrate": -5.0, "callsign": "SWR1",
     "onground": False, "baroaltitude": 1000.0, "geoaltitude": 1100.0, "lastposupdate": NOW_S, "lastcontact": NOW_S + 1},
    {"timestamp": "2026-03-01T12:00:00Z", "icao24": "39b415", "latitude": 41.8, "longitude": 8.7, "groundspeed": 158.5, "track": 90.5,
     "vertical_rate": 1920, "altitude": 1000.0, "geoaltitude": 1100.0},
]  # fmt: skip
"""MarineCadastre 2015, Danish, Brest, OpenSky, traffic: names and units of their own."""


@pytest.mark.parametrize("row", TABLES, ids=["marinecadastre", "danish", "brest", "opensky", "traffic"])
def test_a_table_written_as_json_says_what_it_says_as_csv(row: dict[str, Any]) -> None:
    of_json = read((json.dumps(row) + "\n").encode() * 2)
    of_csv = read((",".join(row) + "\n" + (",".join(map(str, row.values())) + "\n") * 2).encode())
    assert not of_csv.refused and not of_json.refused
    assert [known(of_json.rows, n) for n in range(2)] == [known(of_csv.rows, n) for n in range(2)]
    assert of_json.rows.time_us.tolist() == of_csv.rows.time_us.tolist() and of_json.craft == of_csv.craft
    assert of_json.statics.to_arrow().equals(of_csv.statics.to_arrow())


def test_what_mongoexport_writes_is_a_record() -> None:
    document = {"_id": {"$oid": "507f1f77bcf86cd799439011"}, "mmsi": {"$numberLong": "232001234"}, "lat": 50.0, "lon": -4.0,
                "ts": {"$date": {"$numberLong": str(NOW_S * 1000)}}}  # fmt: skip
    found = read([document])
    assert found.craft == ["mmsi:232001234"] and found.ages_s() == [0.0]
