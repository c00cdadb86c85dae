"""Feeds of aircraft, each in the shape its program or service gives: units, times, what is on the ground, what is no position."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.tracker.decode.json_lines.services import NOW_S, known, lines, read
from tracker.decode.input_times import InputTimes
from tracker.decode.recognise import InputKind
from tracker.units import Micros

V2: dict[str, Any] = {
    "ac": [
        {"hex": "a2fcf2", "type": "adsb_icao", "flight": "ASA541  ", "r": "N292AK", "t": "B739", "alt_baro": 5400, "alt_geom": 5650,
         "gs": 250, "track": 0.69, "baro_rate": 960, "squawk": "7700", "emergency": "general", "category": "A3", "lat": 47.1,
         "lon": -122.3, "nic": 8, "seen_pos": 0.5, "seen": 0.1, "version": 2, "dst": 1.2, "dir": 80.1, "mlat": [], "tisb": []},
        {"hex": "~a2fcf3", "type": "tisb_other", "alt_baro": "ground", "gs": 12, "lat": 47.4, "lon": -122.3, "seen_pos": 1.0, "seen": 0.5},
        {"hex": "a2fcf4", "alt_baro": 100, "seen": 2, "lastPosition": {"lat": 47.5, "lon": -122.1, "nic": 8, "rc": 186, "seen_pos": 120}},
    ],
    "msg": "No error", "now": NOW_S * 1000, "total": 3, "ctime": NOW_S * 1000, "ptime": 14,
}  # fmt: skip


@pytest.mark.parametrize("form", ["one document", "lines", "now in seconds"])
def test_v2_api(form: str) -> None:
    document = V2 | {"now": NOW_S} if form == "now in seconds" else V2
    found = read(lines(document) if form == "lines" else document)
    assert found.kind is InputKind.READSB_JSON and not found.refused
    assert found.craft == ["icao24:a2fcf2", "icao24:~a2fcf3", "icao24:a2fcf4", "icao24:a2fcf4"]
    assert found.ages_s() == [-0.5, -1.0, -120.0, -2.0]
    assert found.rows.on_ground.tolist() == [0, 1, 0, 0] and found.rows.rebroadcast.tolist() == [0, 1, 255, 255]
    assert found.rows.emergency[0] == 1 and found.rows.vertical_rate_ftmin[0] == 960.0
    assert np.isnan(found.rows.lat_deg).tolist() == [False, False, False, True]
    assert known(found.statics, 0) == {
        "call_sign": b"ASA541",
        "squawk": b"7700",
        "registration": b"N292AK",
        "aircraft_type": b"B739",
        "emitter_category": b"A3",
        "adsb_version": 2,
    }


def test_a_v2_document_longer_than_what_is_read_at_once_keeps_the_time_that_stands_behind_its_aircraft() -> None:
    aircraft = [
        {"hex": f"{0xA00000 + n:06x}", "lat": 47.0, "lon": n / 100, "seen_pos": 1, "seen": 0} for n in range(3_000)
    ]
    for block_bytes in (1 << 20, 4_096):
        found = read({"ac": aircraft, "msg": "No error", "now": NOW_S * 1000}, block_bytes)
        assert len(found.rows) == 3_000 and set(found.ages_s()) == {-1.0}


def test_dump1090_mutability_and_uat2json_are_in_feet_per_minute_and_say_ground() -> None:
    air = {
        "hex": "4ca1b2",
        "lat": 53.0,
        "lon": -6.0,
        "seen_pos": 0.2,
        "altitude": 9000,
        "vert_rate": -960,
        "track": 180,
        "speed": 250,
        "seen": 0.1,
    }
    ground = {
        "hex": "~4ca1b3",
        "lat": 53.4,
        "lon": -6.2,
        "seen_pos": 0.2,
        "altitude": "ground",
        "vert_rate": 0,
        "speed": 12,
        "seen": 0.1,
    }
    found = read({"now": NOW_S, "messages": 600, "aircraft": [air, ground]})
    assert found.rows.vertical_rate_ftmin.tolist() == [-960.0, 0.0] and found.rows.speed_kn.tolist() == [250.0, 12.0]
    assert found.rows.on_ground.tolist() == [0, 1] and found.rows.message_type.tolist() == [101, 102]
    assert found.rows.altitude_ft[0] == 9000.0 and np.isnan(found.rows.altitude_ft[1])


def test_data_json_of_malcolm_robb_has_no_time_and_says_which_values_are_valid() -> None:
    row = {"hex": "4ca1b2", "flight": "", "lat": 53.1, "lon": -6.2, "validposition": 1, "altitude": 9000, "vert_rate": -64, "track": 180,
           "validtrack": 1, "speed": 250, "messages": 3, "seen": 2}  # fmt: skip
    nowhere = row | {"hex": "4ca1b3", "lat": 0, "lon": 0, "validposition": 0, "track": 0, "validtrack": 0}
    assert read([row, nowhere]).refused == {"no_time": 2}
    found = read([row, nowhere], times=InputTimes(undated_us=Micros(NOW_S * 1_000_000)))
    assert not found.refused and found.ages_s() == [0.0, 0.0]
    assert np.isnan(found.rows.lat_deg).tolist() == [False, True] and np.isnan(found.rows.course_deg).tolist() == [
        False,
        True,
    ]


VRS_ROW = {"Id": 1, "Rcvr": 1, "TSecs": 3, "CMsgs": 9, "Icao": "A2FCF2", "Reg": "N292AK", "Type": "B739", "Alt": 5400, "GAlt": 5650, "Lat": 47.1,
           "Long": -122.3, "PosTime": NOW_S * 1000 - 1500, "Spd": 250.5, "SpdTyp": 0, "Trak": 90, "TrkH": False, "Vsi": -960, "Sqk": "3766",
           "Call": "ASA541", "Gnd": False, "Help": False, "From": "KSEA", "Species": 1}  # fmt: skip


def test_virtual_radar_server() -> None:
    heard = {
        "Id": 2,
        "TSecs": 3,
        "CMsgs": 9,
        "Icao": "A2FCF3",
        "Spd": 200,
        "SpdTyp": 2,
        "Trak": 80,
        "TrkH": True,
        "Alt": 3000,
    }
    stale = VRS_ROW | {"Icao": "A2FCF4", "PosStale": True}
    found = read({"src": 1, "totalAc": 3, "stm": NOW_S * 1000, "lastDv": "1", "acList": [VRS_ROW, heard, stale]})
    assert found.ages_s() == [-1.5, 0.0, 0.0] and not found.refused
    said = known(found.rows, 0)
    assert (said["speed_kn"], said["course_deg"], said["vertical_rate_ftmin"]) == (250.5, 90.0, -960.0)
    assert known(found.rows, 1) == {"heading_deg": 80.0, "altitude_ft": 3000.0}
    assert np.isnan(found.rows.lat_deg).tolist() == [False, True, True]
    assert known(found.statics, 0)["registration"] == b"N292AK"


def test_v1_api_of_adsb_exchange_writes_all_values_as_text() -> None:
    row = {"postime": str(NOW_S * 1000), "icao": "A2FCF2", "reg": "N292AK", "type": "B739", "spd": "250.1", "altt": "0", "alt": "5400",
           "galt": "5650", "talt": "", "lat": "47.14", "lon": "-122.3", "vsi": "960", "trkh": "1", "trak": "90.5", "sqk": "3766",
           "call": "ASA541", "gnd": "0"}  # fmt: skip
    found = read({"ac": [row], "total": 1, "ctime": NOW_S * 1000})
    said = known(found.rows, 0)
    assert (said["speed_kn"], said["heading_deg"], said["altitude_ft"], said["on_ground"]) == (250.1, 90.5, 5400.0, 0)
    assert "course_deg" not in said and found.ages_s() == [0.0]


def test_opensky_tracks_are_in_metres_under_the_address_of_the_envelope() -> None:
    path = [[NOW_S, 47.0, 8.0, 1000, 90, False], [NOW_S + 60, 47.1, 8.1, None, 91, True]]
    found = read({"icao24": "4b1812", "callsign": "SWR1  ", "startTime": NOW_S, "endTime": NOW_S + 60, "path": path})
    assert found.craft == ["icao24:4b1812"] * 2 and found.ages_s() == [0.0, 60.0]
    assert known(found.rows, 0)["altitude_ft"] == 3280.84 and found.rows.on_ground.tolist() == [0, 1]
    assert found.statics.call_sign.tolist() == [b"SWR1"]


TRAFFIC = {"timestamp": "2026-03-01T12:00:00.000Z", "icao24": "39b415", "latitude": 41.8, "longitude": 8.7, "groundspeed": 158.0,
           "track": 90.0, "vertical_rate": 1920, "altitude": 1000, "geoaltitude": 1100.0, "callsign": "X1", "onground": False}  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [
        [TRAFFIC] * 2,
        {name: {"0": value, "1": value} for name, value in TRAFFIC.items()},
        {name: [value, value] for name, value in TRAFFIC.items()},
        {"columns": list(TRAFFIC), "index": [0, 1], "data": [list(TRAFFIC.values())] * 2},
        {"0": TRAFFIC, "1": TRAFFIC},
        {"schema": {"fields": []}, "data": [TRAFFIC] * 2},
    ],
    ids=["records", "columns", "lists", "split", "index", "table"],
)
def test_every_way_pandas_and_polars_write_a_table_of_traffic(document: Any) -> None:
    found = read(document)
    assert found.ages_s() == [0.0, 0.0] and not found.refused
    said = known(found.rows, 1)
    assert (said["speed_kn"], said["altitude_ft"], said["vertical_rate_ftmin"]) == (158.0, 1000.0, 1920.0)


UAT = {"address": "a2fcf2", "address_qualifier": "adsb_icao", "airground_state": "airborne", "callsign": "N12345", "emitter_category": "A1",
       "flightplan_id": "1200", "ground_speed": 95, "nac_p": 9, "nic": 8, "position": {"lat": 39.94, "lon": -83.05}, "pressure_altitude": 3400,
       "true_track": 6.0, "vertical_velocity_barometric": 64, "metadata": {"errors": 0, "received_at": NOW_S + 0.25}}  # fmt: skip


def test_dump978_fa() -> None:
    other = UAT | {"address": "2af342", "address_qualifier": "tisb_trackfile", "airground_state": "ground"}
    rebroadcast = {"address": "2af343", "address_qualifier": "adsr_other", "metadata": {"received_at": NOW_S}}
    found = read(lines(UAT, other, rebroadcast))
    assert found.craft == ["icao24:a2fcf2", "icao24:~2af342", "icao24:~2af343"] and not found.refused
    assert found.rows.rebroadcast.tolist() == [0, 1, 2] and found.rows.on_ground.tolist() == [0, 1, -1]
    assert found.ages_s() == [0.25, 0.25, 0.0] and found.rows.message_type.tolist() == [101, 102, 104]
    said = known(found.rows, 0)
    assert (said["altitude_ft"], said["speed_kn"], said["vertical_rate_ftmin"]) == (3400.0, 95.0, 64.0)
    assert known(found.statics, 0) == {"call_sign": b"N12345", "squawk": b"1200", "emitter_category": b"A1"}


STRATUX = {"Icao_addr": 0x0011A2, "Reg": "N6340E", "Tail": "N6340E", "Emitter_category": 1, "OnGround": False, "Addr_type": 0, "Squawk": 365,
           "Position_valid": True, "Lat": 30.3, "Lng": -97.7, "Alt": 4300, "NIC": 8, "NACp": 9, "Track": 198, "Speed": 99, "Speed_valid": True,
           "Vvel": 64, "Timestamp": "2026-03-01T12:00:00.777200261Z", "PriorityStatus": 0, "Age": 1, "Last_source": 2,
           "ExtrapolatedPosition": False}  # fmt: skip


def test_stratux_positions_are_real_ones() -> None:
    guessed = STRATUX | {"ExtrapolatedPosition": True}
    nowhere = STRATUX | {
        "Addr_type": 3,
        "Position_valid": False,
        "Lat": 0,
        "Lng": 0,
        "Speed_valid": False,
        "PriorityStatus": 5,
    }
    found = read(lines(STRATUX, guessed, nowhere))
    assert found.craft == ["icao24:0011a2", "icao24:0011a2", "icao24:~0011a2"]
    assert np.isnan(found.rows.lat_deg).tolist() == [False, True, True] and found.ages_s()[0] == 0.777
    assert np.isnan(found.rows.speed_kn).tolist() == [False, False, True] and found.rows.emergency.tolist() == [0, 0, 5]
    assert known(found.statics, 0) == {"call_sign": b"N6340E", "registration": b"N6340E", "squawk": b"0365"}


def test_flightradar24_where_it_has_an_address() -> None:
    row = [
        "4B1812",
        47.0,
        8.0,
        90,
        30000,
        450,
        "1000",
        "F-X",
        "A320",
        "HB-IJA",
        NOW_S,
        "ZRH",
        "LHR",
        "LX1",
        0,
        -64,
        "SWR1",
        0,
        "SWR",
    ]
    feed = {"full_count": 9, "version": 4, "2f1a": row, "2f1b": ["", *row[1:]], "stats": {"total": {"ads-b": 1}}}
    found = read(feed)
    assert found.craft == ["icao24:4b1812"] and found.refused == {"bad_identity": 1}
    assert (found.rows.speed_kn[0], found.rows.vertical_rate_ftmin[0], found.ages_s()) == (450.0, -64.0, [0.0])
    assert (found.statics.registration[0], found.statics.aircraft_type[0]) == (b"HB-IJA", b"A320")


def test_a_trace_tells_registration_and_type_of_its_head() -> None:
    trace = {
        "icao": "4b1812",
        "r": "HB-IJA",
        "t": "A320",
        "timestamp": NOW_S,
        "trace": [[0.0, 47.0, 8.0, 30000, 450, 90, 0, -64, None]],
    }
    found = read(trace)
    assert found.craft == ["icao24:4b1812"]
    assert (found.statics.registration[0], found.statics.aircraft_type[0]) == (b"HB-IJA", b"A320")


def test_flightaware_firehose() -> None:
    found = read(lines({"type": "position", "ident": "SWR1", "lat": "47.0", "lon": "8.0", "clock": str(NOW_S), "air_ground": "A",
                        "hexid": "4B1812", "alt": "5000", "gs": "250", "heading": "90", "squawk": "1000"}))  # fmt: skip
    assert known(found.rows, 0) == {
        "lat_deg": 47.0,
        "lon_deg": 8.0,
        "speed_kn": 250.0,
        "course_deg": 90.0,
        "altitude_ft": 5000.0,
        "on_ground": 0,
        "emergency": 0,
    }


def test_flightradar24_playback_has_its_address_around_the_track_and_units_as_names() -> None:
    point = {"latitude": 47.0, "longitude": 8.0, "altitude": {"feet": 30000, "meters": 9144}, "speed": {"kmh": 833.4, "kts": 450, "mph": 517},
             "verticalSpeed": {"fpm": -64, "ms": 0}, "heading": 90, "timestamp": NOW_S, "squawk": "0"}  # fmt: skip
    about = {
        "identification": {"id": 1, "callsign": "SWR1"},
        "aircraft": {"hex": "4b1812"},
        "track": [point, point | {"timestamp": NOW_S + 9}],
    }
    found = read(
        {"result": {"request": {"format": "json"}, "response": {"timestamp": NOW_S, "data": {"flight": about}}}}
    )
    assert found.craft == ["icao24:4b1812"] * 2 and found.ages_s() == [0.0, 9.0]
    said = known(found.rows, 0)
    assert (said["altitude_ft"], said["speed_kn"], said["course_deg"], said["vertical_rate_ftmin"]) == (
        30000.0,
        450.0,
        90.0,
        -64.0,
    )


@pytest.mark.parametrize(
    "record",
    [
        {"hex": "4B1812", "lat": 47.0, "lng": 8.0, "alt": 9144, "dir": 90, "speed": 833.4, "v_speed": 36, "updated": NOW_S, "flag": "CH"},
        {"aircraft": {"icao24": "4B1812", "icao": "A320"}, "flight": {"icao": "SWR1"},
         "live": {"updated": "2026-03-01T12:00:00+00:00", "latitude": 47.0, "longitude": 8.0, "altitude": 9144, "direction": 90,
                  "speed_horizontal": 833.4, "speed_vertical": 36, "is_ground": False}},
        {"icao24": "4b1812", "position": {"latitude": 47.0, "longitude": 8.0, "time": NOW_S}, "altitude": {"feet": 30000}, "course": 90,
         "speed": {"kts": 450}, "vertical_speed": {"fpm": 1968.5}},
    ],
    ids=["airlabs", "aviationstack", "units as names"],
)  # fmt: skip
def test_services_in_kilometres_per_hour_and_metres(record: dict[str, Any]) -> None:
    found = read({"response": [record]})
    said = known(found.rows, 0)
    assert found.craft == ["icao24:4b1812"] and found.ages_s() == [0.0]
    assert (said["altitude_ft"], said["speed_kn"], said["course_deg"], said["vertical_rate_ftmin"]) == (
        30000.0,
        450.0,
        90.0,
        1968.5,
    )
