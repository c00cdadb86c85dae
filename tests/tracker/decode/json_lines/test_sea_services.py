"""Feeds of ships, each in the shape its service gives: units, times, statics, and what is refused with what is missing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.tracker.decode.json_lines.services import NOW_S, known, lines, read
from tracker.decode.input_times import InputTimes
from tracker.decode.recognise import InputKind, make_decoder, recognise
from tracker.errors import UnknownFormatError
from tracker.units import Micros

SHIP = {
    "imo": 9074729, "name": b"EXAMPLE ONE", "call_sign": b"ABCD", "ship_type": 70, "to_bow_m": 100.0, "to_stern_m": 20.0,
    "to_port_m": 10.0, "to_starboard_m": 10.0, "draught_m": 5.5, "destination": b"PLYMOUTH", "eta_month": 3, "eta_day": 2, "eta_hour": 6,
    "eta_minute": 0,
}  # fmt: skip
"""What every service below says of the same ship."""
SIDES = {"A": 100, "B": 20, "C": 10, "D": 10}


def aisstream(message: str, body: dict[str, Any], mmsi: int = 232001234) -> dict[str, Any]:
    about = {"MMSI": mmsi, "MMSI_String": mmsi, "ShipName": "EXAMPLE ONE         ", "latitude": 1.0, "longitude": 2.0,
             "time_utc": "2026-03-01 12:00:00.318353711 +0000 UTC"}  # fmt: skip
    return {"Message": {message: body}, "MessageType": message, "MetaData": about}


def test_aisstream_messages_of_every_type() -> None:
    place = {"Latitude": 50.1, "Longitude": -4.1, "Sog": 10.5, "Cog": 20.5, "TrueHeading": 511, "Valid": True}
    found = read(
        lines(
            aisstream("PositionReport", place | {"NavigationalStatus": 5, "RateOfTurn": 4, "Timestamp": 7}),
            aisstream("StandardClassBPositionReport", place | {"Sog": 102.3, "Cog": 360}),
            aisstream("ExtendedClassBPositionReport", place | {"Name": "YACHT", "Type": 37, "Dimension": SIDES}),
            aisstream("LongRangeAisBroadcastMessage", place | {"NavigationalStatus": 0}),
            aisstream("BaseStationReport", {"Latitude": 50.0, "Longitude": -4.0, "UtcYear": 2026}, 2_320_001),
            aisstream("StandardSearchAndRescueAircraftReport", place | {"Altitude": 300, "Sog": 120}, 111_232_001),
            aisstream(
                "AidsToNavigationReport", {"Latitude": 50.0, "Longitude": -4.0, "Name": "BUOY", "Type": 30}, 992_321_234
            ),
            aisstream("SafetyBroadcastMessage", {"Text": "HELLO"}),
        )
    )
    assert found.kind is InputKind.TRACK_JSON and not found.refused
    assert found.rows.message_type.tolist() == [1, 18, 19, 27, 4, 9, 21, 120]
    assert set(found.ages_s()) == {0.318}
    assert np.isnan(found.rows.lat_deg).tolist() == [False] * 7 + [True]
    assert known(found.rows, 0) == {
        "lat_deg": 50.1, "lon_deg": -4.1, "speed_kn": 10.5, "course_deg": 20.5, "turn_degmin": 0.71, "nav_status": 5,
    }  # fmt: skip
    assert known(found.rows, 1) == {"lat_deg": 50.1, "lon_deg": -4.1}
    assert known(found.rows, 5)["altitude_ft"] == pytest.approx(984.25)


def test_aisstream_statics_are_told_once_though_other_messages_say_less() -> None:
    static = {"CallSign": "ABCD", "Destination": "PLYMOUTH            ", "Dimension": SIDES, "Eta": {"Day": 2, "Hour": 6, "Minute": 0, "Month": 3},
              "ImoNumber": 9074729, "MaximumStaticDraught": 5.5, "Name": "EXAMPLE ONE         ", "Type": 70}  # fmt: skip
    place = {"Latitude": 50.1, "Longitude": -4.1, "Sog": 10.5, "Cog": 20.5, "TrueHeading": 511}
    part_b = {
        "PartNumber": True,
        "ReportA": {"Name": "", "Valid": False},
        "ReportB": {"CallSign": "XY", "ShipType": 36, "Dimension": SIDES},
    }
    messages = [aisstream("PositionReport", place), aisstream("ShipStaticData", static)] * 5
    found = read(lines(*messages, aisstream("StaticDataReport", part_b)))
    assert len(found.statics) == 3
    assert known(found.statics, 1) == SHIP
    assert known(found.statics, 2)["call_sign"] == b"XY"


AISHUB = {"MMSI": 232001234, "TIME": NOW_S, "LONGITUDE": -4.0, "LATITUDE": 50.0, "COG": 224.4, "SOG": 12.3, "HEADING": 11, "ROT": 0, "NAVSTAT": 0,
          "IMO": 9074729, "NAME": "EXAMPLE ONE", "CALLSIGN": "ABCD", "TYPE": 70, "A": 100, "B": 20, "C": 10, "D": 10, "DRAUGHT": 5.5,
          "DEST": "PLYMOUTH", "ETA": "03-02 06:00"}  # fmt: skip
AISHUB_CODES = AISHUB | {"LONGITUDE": -2_400_000, "LATITUDE": 30_000_000, "COG": 2244, "SOG": 123, "DRAUGHT": 55}


@pytest.mark.parametrize("record", [AISHUB, AISHUB_CODES], ids=["human", "ais"])
@pytest.mark.parametrize("count", [1, 400])
def test_aishub_in_both_of_its_units_behind_its_header(record: dict[str, Any], count: int) -> None:
    header = {"ERROR": False, "USERNAME": "AH_0000", "FORMAT": "HUMAN", "LATITUDE_MIN": 20, "RECORDS": count}
    for block_bytes in (1 << 20, 3_000):
        found = read([header, [record] * count], block_bytes)
        assert found.decoder.counts.units_in == count and not found.refused
        said = known(found.rows, 0)
        assert (said["lat_deg"], said["lon_deg"], said["speed_kn"], said["course_deg"]) == (50.0, -4.0, 12.3, 224.4)
        assert known(found.statics, 0) == SHIP and len(found.statics) == 1


def digitraffic(**more: Any) -> dict[str, Any]:
    said = {
        "mmsi": 230001230,
        "sog": 10.1,
        "cog": 346.5,
        "navStat": 0,
        "rot": 4,
        "posAcc": True,
        "raim": False,
        "heading": 345,
        "timestamp": 59,
    }
    return {
        "mmsi": 230001230,
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [20.85, 59.1]},
        "properties": said | more,
    }


def test_digitraffic_geojson_has_its_time_outside_and_the_longitude_first() -> None:
    features = [digitraffic(timestampExternal=NOW_S * 1000 + n * 500) for n in range(1_000)]
    for block_bytes in (1 << 20, 5_000):
        found = read(
            {"type": "FeatureCollection", "dataUpdatedTime": "2026-03-01T12:00:40Z", "features": features}, block_bytes
        )
        assert len(found.rows) == 1_000 and found.ages_s()[:3] == [0.0, 0.5, 1.0]
        said = known(found.rows, 0)
        assert (said["lat_deg"], said["lon_deg"], said["turn_degmin"]) == (59.1, 20.85, 0.71)


def test_digitraffic_vessels_and_messages_under_topics() -> None:
    told = {"name": "ARUNA", "timestamp": NOW_S * 1000, "callSign": "V7WW8", "imo": 9543756, "draught": 68, "eta": (3 << 16) + (2 << 11) + (6 << 6),
            "posType": 15, "destination": "UST LUGA"}  # fmt: skip
    sides = {"referencePointA": 160, "referencePointB": 33, "referencePointC": 20, "referencePointD": 12}
    found = read([told | sides | {"mmsi": 230000001, "shipType": 70}])
    said = known(found.statics, 0)
    assert (said["draught_m"], said["to_bow_m"], said["ship_type"]) == (6.8, 160.0, 70)
    assert [said[f"eta_{part}"] for part in ("month", "day", "hour", "minute")] == [3, 2, 6, 0]
    location = {
        "time": NOW_S,
        "sog": 10.7,
        "cog": 326.6,
        "navStat": 0,
        "rot": 0,
        "posAcc": True,
        "raim": False,
        "heading": 325,
        "lon": 20.3,
        "lat": 60.1,
    }
    topics = (
        b"vessels-v2/230000001/location "
        + lines(location)
        + b"vessels-v2/230000001/metadata "
        + lines(told | {"refA": 160, "refB": 33, "type": 70})
    )
    found = read(topics)
    assert found.craft == ["mmsi:230000001"] * 2 and known(found.statics, 0)["name"] == b"ARUNA"
    with pytest.raises(UnknownFormatError, match="a craft is named by none of them"):
        recognise(lines(location))


BARENTSWATCH = {"courseOverGround": 224.5, "latitude": 60.1, "longitude": 5.1, "name": "EXAMPLE ONE", "rateOfTurn": 0, "shipType": 70,
                "speedOverGround": 7.1, "trueHeading": 511, "navigationalStatus": 5, "mmsi": 257000001, "msgtime": "2026-03-01T12:00:00+00:00",
                "imoNumber": 9074729, "callSign": "ABCD", "destination": "PLYMOUTH", "eta": "03020600", "draught": 55, "dimensionA": 100,
                "dimensionB": 20, "dimensionC": 10, "dimensionD": 10}  # fmt: skip


def test_barentswatch_flat_and_as_geojson() -> None:
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [5.1, 60.1]}, "properties": BARENTSWATCH}
    for document in ([BARENTSWATCH], feature, lines(BARENTSWATCH)):
        found = read(document)
        assert found.ages_s() == [0.0] and known(found.rows, 0)["lat_deg"] == 60.1
        assert known(found.statics, 0) == SHIP


MARINETRAFFIC = {"MMSI": "232001234", "IMO": "9074729", "SHIP_ID": "371681", "LAT": "50.0000", "LON": "-4.00000", "SPEED": "75", "HEADING": "511",
                 "COURSE": "10", "STATUS": "99", "TIMESTAMP": "2026-03-01T12:00:00", "DSRC": "TER"}  # fmt: skip


@pytest.mark.parametrize(
    "document", [[MARINETRAFFIC], {"DATA": [MARINETRAFFIC], "METADATA": {"TOTAL_RESULTS": 1}}, lines(MARINETRAFFIC)]
)
def test_marinetraffic_speed_is_tenths_of_knots_in_text(document: Any) -> None:
    found = read(document)
    assert known(found.rows, 0) == {"lat_deg": 50.0, "lon_deg": -4.0, "speed_kn": 7.5, "course_deg": 10.0}
    assert found.ages_s() == [0.0] and known(found.statics, 0) == {"imo": 9074729}


def test_vesselfinder_records_lie_under_ais() -> None:
    record = {"MMSI": 228335600, "TIMESTAMP": "2026-03-01 12:00:00 UTC", "LATITUDE": 50, "LONGITUDE": -4, "COURSE": 40.4, "SPEED": 14.1,
              "HEADING": 40, "NAVSTAT": 0, "IMO": 9074729, "NAME": "EXAMPLE ONE", "CALLSIGN": "ABCD", "TYPE": 70, "A": 100, "B": 20, "C": 10,
              "D": 10, "DRAUGHT": 5.5, "DESTINATION": "PLYMOUTH", "LOCODE": "GBPLY", "ETA_AIS": "03-02 06:00", "ETA": "2026-03-02 06:00:00",
              "SRC": "TER", "ZONE": "Channel"}  # fmt: skip
    found = read([{"AIS": record}, {"AIS": record | {"MMSI": 228335601}}])
    assert found.craft == ["mmsi:228335600", "mmsi:228335601"] and known(found.rows, 0)["speed_kn"] == 14.1
    assert known(found.statics, 0) == SHIP


def test_spire_vessels_messages_and_the_older_api() -> None:
    place = {"timestamp": "2026-03-01T12:00:00Z", "updateTimestamp": "2026-03-01T12:09:00Z", "latitude": 50, "longitude": -4, "speed": 10.1,
             "course": 40, "heading": 41, "navigationalStatus": "AT_ANCHOR"}  # fmt: skip
    static = {"mmsi": 232001234, "imo": 9074729, "name": "EXAMPLE ONE", "callsign": "ABCD", "shipType": "CARGO", "aisClass": "A",
              "timestamp": "2026-02-01T00:00:00Z", "dimensions": {"a": 100, "b": 20, "c": 10, "d": 10}}  # fmt: skip
    voyage = {
        "destination": "PLYMOUTH",
        "draught": 5.5,
        "eta": "2026-03-02T06:00:00Z",
        "timestamp": "2026-02-02T00:00:00Z",
    }
    node = {
        "id": "x",
        "updateTimestamp": "2026-03-01T12:05:00Z",
        "staticData": static,
        "lastPositionUpdate": place,
        "currentVoyage": voyage,
    }
    found = read({"data": {"vessels": {"pageInfo": {"hasNextPage": False}, "nodes": [node]}}})
    assert found.ages_s() == [0.0] and known(found.rows, 0)["nav_status"] == 1
    assert known(found.statics, 0) == SHIP
    point = {"type": "Point", "coordinates": [-4.0, 50.0]}
    message = {"id": "a", "mmsi": 232001234, "msg_type": 1, "created_at": "2026-03-01T12:05:00Z", "timestamp": "2026-03-01T12:00:00Z",
               "position": point, "speed": 10.1}  # fmt: skip
    older = {"id": "a", "mmsi": 232001234, "created_at": "2020-01-01T00:00:00Z", "updated_at": "2026-03-01T12:05:00Z",
             "last_known_position": {"timestamp": "2026-03-01T12:00:00+00:00", "geometry": point, "speed": 10.1}}  # fmt: skip
    for record in (message, older):
        found = read({"data": [record], "paging": {"limit": 1}})
        assert found.ages_s() == [0.0]
        assert known(found.rows, 0) == {"lat_deg": 50.0, "lon_deg": -4.0, "speed_kn": 10.1}


def test_signal_k_is_in_si_units_and_radians() -> None:
    values = [
        {"path": "navigation.position", "value": {"latitude": 60.0, "longitude": 20.0}},
        {"path": "navigation.speedOverGround", "value": 5.144444},
        {"path": "navigation.courseOverGroundTrue", "value": 1.5707963},
        {"path": "navigation.state", "value": "anchored"},
        {"path": "", "value": {"name": "EXAMPLE ONE"}},
        {"path": "", "value": {"communication": {"callsignVhf": "ABCD"}}},
        {"path": "design.aisShipType", "value": {"id": 70, "name": "Cargo"}},
        {"path": "design.length", "value": {"overall": 30}},
    ]
    heading = {
        "timestamp": "2026-03-01T12:00:05.000Z",
        "values": [{"path": "navigation.headingTrue", "value": 1.5707963}],
    }
    updates = [{"$source": "ais", "timestamp": "2026-03-01T12:00:00.000Z", "values": values}, heading]
    found = read(lines({"context": "vessels.urn:mrn:imo:mmsi:230099999", "updates": updates}))
    assert found.craft == ["mmsi:230099999"] * 2 and found.ages_s() == [0.0, 5.0]
    assert known(found.rows, 0) == {
        "lat_deg": 60.0,
        "lon_deg": 20.0,
        "speed_kn": 10.0,
        "course_deg": 90.0,
        "nav_status": 1,
    }
    assert known(found.rows, 1) == {"heading_deg": 90.0}
    assert known(found.statics, 0) == {
        "name": b"EXAMPLE ONE",
        "call_sign": b"ABCD",
        "ship_type": 70,
        "to_bow_m": 0.0,
        "to_stern_m": 30.0,
    }


def test_signal_k_full_model_holds_vessels_under_their_names() -> None:
    position = {"value": {"latitude": 60.0, "longitude": 20.0}, "timestamp": "2026-03-01T12:00:00Z"}
    vessel = {
        "mmsi": "230099999",
        "name": "X",
        "navigation": {"position": position, "speedOverGround": {"value": 5.144444}},
    }
    vessels = {"urn:mrn:imo:mmsi:230099999": vessel, "urn:mrn:imo:mmsi:230099998": vessel | {"mmsi": "230099998"}}
    found = read({"version": "1.7.0", "self": "x", "vessels": vessels})
    assert found.craft == ["mmsi:230099999", "mmsi:230099998"] and found.rows.speed_kn.round(2).tolist() == [10.0, 10.0]


GPSD = {"class": "AIS", "device": "stdin", "type": 1, "repeat": 0, "mmsi": 371798000, "scaled": True, "status": 0, "status_text": "Under way",
        "turn": "fastleft", "speed": 12.3, "lon": -123.4, "lat": 48.4, "course": 224.0, "heading": 215, "second": 33}  # fmt: skip


def test_gpsd_has_no_time_and_is_read_with_one() -> None:
    found = read(lines(GPSD, GPSD))
    assert found.refused == {"no_time": 2} and not len(found.rows)
    unscaled = GPSD | {"scaled": False, "speed": 123, "lon": -74_040_000, "lat": 29_040_000, "course": 2240, "turn": 0}
    found = read(lines(GPSD, unscaled), times=InputTimes(undated_us=Micros(NOW_S * 1_000_000)))
    assert found.ages_s() == [0.0, 0.0]
    assert known(found.rows, 0) == known(found.rows, 1) | {"turn_degmin": -720.0}


def test_ais_catcher_without_nmea_tells_its_own_time() -> None:
    place = GPSD | {"rxtime": "20260301120000", "rxuxtime": NOW_S + 0.5}
    static = {"class": "AIS", "rxuxtime": NOW_S, "scaled": True, "type": 5, "mmsi": 371798000, "imo": 9074729, "callsign": "ABCD",
              "shipname": "EXAMPLE ONE", "shiptype": 70, "to_bow": 100, "to_stern": 20, "to_port": 10, "to_starboard": 10, "eta": "03-02T06:00Z",
              "draught": 5.5, "destination": "PLYMOUTH"}  # fmt: skip
    found = read(lines(place, static))
    assert found.ages_s() == [0.5, 0.0] and found.rows.message_type.tolist() == [1, 5]
    assert known(found.statics, 0) == SHIP


@pytest.mark.parametrize(
    "document",
    [
        [{"Vessel": {"MMSI": "232001234"}, "Position": {"Latitude_degrees": 50, "Longitude_degrees": -4, "Time": "2026-03-01T12:00:00Z", "SOG_knots": 10}}],
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [-4.0, 50.0, 0]},
                                                    "properties": {"MMSI": 232001234, "timestamp": NOW_S, "speed": 10}}]},
        {"mmsi": 232001234, "positions": [{"lat": 50, "lon": -4, "time": NOW_S, "sog": 10}]},
        {"232001234": {"mmsi": 232001234, "lat": 50, "lon": -4, "time": NOW_S, "sog": 10}},
        {"page": 1, "result": {"hits": [{"_source": {"mmsi": 232001234, "location": {"lat": 50, "lon": -4}, "@timestamp": "2026-03-01T12:00:00Z", "sog": 10}}]}},
        {"craft": "mmsi:232001234", "time": NOW_S, "position": [50, -4], "speed_kn": 10},
        b"\x1e" + lines({"mmsi": "232001234", "lat": "50,0", "lon": "-4,0", "time": str(NOW_S), "sog": "10"}),
    ],
    ids=["nested", "geojson", "track", "by id", "deep", "craft", "text sequence"],
)  # fmt: skip
def test_records_that_nobody_described_are_read_by_their_names_however_deep(document: Any) -> None:
    found = read(document)
    assert found.craft == ["mmsi:232001234"] and found.ages_s() == [0.0]
    assert known(found.rows, 0) == {"lat_deg": 50.0, "lon_deg": -4.0, "speed_kn": 10.0}


@pytest.mark.parametrize(
    ("document", "missing"),
    [
        ([{"lat": 50, "lon": -4, "timestamp": NOW_S}], "a craft is named by none"),
        ([{"mmsi": 232001234, "timestamp": NOW_S}], "a position is named by none"),
        ({"name": "x", "version": "1.0.0", "dependencies": {"a": "1"}}, "a craft, a time and a position"),
    ],
)
def test_a_refusal_says_what_the_records_name_and_what_is_missing(document: Any, missing: str) -> None:
    with pytest.raises(UnknownFormatError, match=missing):
        recognise(json.dumps(document).encode(), "x.json")


def test_ships_of_a_json_table_say_the_same_as_those_of_the_csv() -> None:
    record = {"mmsi": 232001234, "timestamp": "2026-03-01T12:00:00Z", "lat": 50.0, "lon": -4.0, "sog": 10.0, "cog": 0.5, "rot": 2.5, "nav_status": 0,
              "name": "EXAMPLE ONE", "imo": 9074729, "callsign": "ABCD", "ship_type": 70, "length": 120, "width": 20, "draught": 6.5,
              "destination": "PLYMOUTH", "eta": "2026-03-02T06:00:00Z"}  # fmt: skip
    found = read(lines(*[record] * 3))
    table = (",".join(record) + "\n" + ",".join(map(str, record.values()))).encode()
    decoder = make_decoder(recognise(table), 1)
    parts = [decoder.decode(table), decoder.flush()]
    statics = next(part.statics for part in parts if len(part.statics))
    positions = next(part.positions for part in parts if len(part.positions))
    assert found.statics.to_arrow().equals(statics.to_arrow())
    assert known(found.rows, 0) == known(positions, 0) and found.rows.message_type.tolist() == [120] * 3


def test_times_are_in_the_zone_and_order_that_the_user_says() -> None:
    record = {"mmsi": 232001234, "lat": 50, "lon": -4}
    hour_ahead = InputTimes(zone="Europe/Paris")
    assert read(lines(record | {"time": "2026-03-01 13:00:00"}), times=hour_ahead).ages_s() == [0.0]
    assert read(lines(record | {"time": "2026-03-01T12:00:00Z"}), times=hour_ahead).ages_s() == [0.0]
    undecided = lines(record | {"time": "01/03/2026 12:00:00"})
    assert read(undecided).refused == {"ambiguous_date": 1}
    assert read(undecided, times=InputTimes(date_order="dmy")).ages_s() == [0.0]


@pytest.mark.parametrize(
    "time",
    [
        NOW_S,
        NOW_S * 1000,
        NOW_S * 10**6,
        NOW_S * 10**9,
        str(NOW_S),
        f"/Date({NOW_S}000)/",
        "20260301120000",
        20260301120000,
        float(NOW_S),
    ],
)
def test_a_time_is_the_same_however_it_is_written(time: Any) -> None:
    assert read(lines({"mmsi": 232001234, "lat": 50, "lon": -4, "time": time})).ages_s() == [0.0]


@pytest.mark.parametrize("time", [True, [], {}, "soon", 1e400, -(10**30), "", None, "99999999999999999999"])
def test_what_is_no_time_is_refused(time: Any) -> None:
    found = read(lines(*[{"mmsi": 232001234, "lat": 50, "lon": -4, "time": time}] * 2))
    assert not len(found.rows) and set(found.refused) <= {"no_time", "bad_time"}


def test_aprs_fi_is_in_kilometres_per_hour_at_the_latest_time() -> None:
    entry = {"class": "i", "name": "EXAMPLE ONE", "type": "a", "time": str(NOW_S - 900), "lasttime": str(NOW_S), "lat": "60.1", "lng": "5.1",
             "course": 90, "speed": 18.52, "srccall": "LAAA", "mmsi": "257000001", "imo": "9074729", "vesselclass": "70"}  # fmt: skip
    found = read({"command": "get", "result": "ok", "found": 1, "entries": [entry]})
    assert found.ages_s() == [0.0]
    assert known(found.rows, 0) == {"lat_deg": 60.1, "lon_deg": 5.1, "speed_kn": 10.0, "course_deg": 90.0}


@pytest.mark.parametrize(
    "document",
    [
        {"error": "Too frequent requests!"},
        [{"ERROR": True, "USERNAME": "AH_0000", "FORMAT": "HUMAN", "ERROR_MESSAGE": "Too frequent requests!"}],
        {"error": {"code": 429, "message": "Too frequent requests!"}},
    ],
)
def test_the_answer_of_a_server_that_gave_nothing_is_told(document: Any) -> None:
    with pytest.raises(UnknownFormatError, match="a server that says 'Too frequent requests!'"):
        recognise(json.dumps(document).encode(), "x.json")


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-03-01T12:00:00Z ",
        "2026-03-01 12:00:00 ",
        "[2026-03-01 12:00:00] ",
        f"{NOW_S} ",
        f"{NOW_S},",
        "2026-03-01T12:00:00,000\t",
    ],
)
def test_a_time_before_the_json_of_a_line_is_that_of_a_record_without_one(prefix: str) -> None:
    line = prefix.encode() + lines(GPSD)
    assert read(line * 3).ages_s() == [0.0] * 3
    own = prefix.encode() + lines(GPSD | {"rxuxtime": NOW_S + 7})
    assert read(own * 3).ages_s() == [7.0] * 3


def test_words_before_the_json_of_a_line_tell_no_time() -> None:
    assert read((b"INFO: " + lines(GPSD)) * 3).refused == {"no_time": 3}
