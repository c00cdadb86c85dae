"""Inputs as users of receivers and archives reported them, kept beside the recorded data: each gives what its ``expect.txt`` says.

One function for each case. Most decode the file alone; those about events replay it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tracker.decode.base import Decoded
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts.mapping import mapping_of
from tracker.decode.recognise import PEEK_BYTES, make_decoder, recognise
from tracker.decode.rejects import RejectCause
from tracker.errors import UnknownFormatError
from tracker.identity import number
from tracker.inputs import open_input
from tracker.inputs.sidecar import TimesSaid
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

NOON_US = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000
DMY, MDY = InputTimes(date_order="dmy"), InputTimes(date_order="mdy")


@pytest.fixture(scope="session")
def cases(real_data: Path) -> Path:
    """Folder of the reported inputs."""
    return real_data.parent / "cases" / "inputs"


def decoded(path: Path, times: InputTimes = NOTHING_SAID) -> tuple[PositionBatch, StaticBatch, Counter[RejectCause]]:
    """Rows, statics and rejects of a file read alone; the ledger balances."""
    data = path.read_bytes()
    decoder = make_decoder(recognise(data[:PEEK_BYTES], path.name), 0, times=times)
    parts: list[Decoded] = [decoder.decode(data), decoder.flush()]
    counts = decoder.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total
    return (
        PositionBatch.concat(part.positions for part in parts),
        StaticBatch.concat(part.statics for part in parts),
        counts.rejects.counts,
    )


def after_noon_s(rows: PositionBatch) -> list[float]:
    """Seconds after noon of 2026-03-01, in the order of the input."""
    times: list[float] = ((rows.time_us - NOON_US) / 1e6).tolist()
    return times


def replayed(path: Path, folder: Path, *options: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The summary of a replay of a file, and its events."""
    events = folder / "events.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "tracker", "replay", "--json", "--events", str(events), *options, str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), [json.loads(line) for line in events.read_text().splitlines()]


def test_n01_a_stray_time_pins_no_clock(cases: Path) -> None:
    rows, _, rejects = decoded(cases / "N01_stray_suffix_pins_clock" / "bus.nmea")
    assert rejects == {}
    stray = rows.time_us < NOON_US
    assert stray.sum() == 1
    assert rows.time_us[stray].tolist() == [1_264_100_667_000_000]
    others = rows.time_us[~stray]
    assert (np.diff(others) >= 0).all()
    assert others[[0, -1]].tolist() == [NOON_US, NOON_US + 29 * 60_000_000]


def test_n02_rmc_is_the_clock(cases: Path) -> None:
    rows, _, rejects = decoded(cases / "N02_rmc_is_the_only_clock" / "yacht.nmea")
    assert rejects == {}
    assert after_noon_s(rows) == [60 * minute for minute in range(30)]


@pytest.mark.parametrize("file", ["shore.nmea", "shore_gap.nmea"])
def test_n03_a_base_station_of_another_epoch_moves_nothing(cases: Path, file: str) -> None:
    rows, _, rejects = decoded(cases / "N03_base_station_week_rollover" / file)
    assert rejects == {}
    seconds = after_noon_s(rows)
    assert (seconds[0], seconds[-1]) == (0, 590)
    assert seconds == sorted(seconds)


@pytest.mark.parametrize(
    ("file", "times", "stations", "refused"),
    [
        ("aisdb85.nmea", ["2024-08-02T18:02:43.484"], [b"my-station"], {}),
        ("libais235.nmea", ["2021-08-04T17:20:00.000"], [b"AS-SAM-BWBANK"], {}),
        ("libais238.nmea", ["2021-09-24T20:30:01.000"], [b"AS-LRP-OHMNTGMR"], {}),
        ("aislib103.nmea", ["2023-11-04T15:54:20.000"], [b"47450"], {}),
        ("orbcomm_q.nmea", ["2015-01-01T00:58:18.000"], [b"rORBCOMM004"], {}),
        ("pyais177.nmea", ["2025-05-21T09:00:25.000"] * 2, [b"blah"] * 2, {"unknown_sentence": 1}),
        ("pyais28.nmea", ["2021-03-25T07:04:44.000", "2021-03-25T07:04:50.000"], [b""] * 2, {"bad_checksum": 1}),
        ("pyais49_seq10.nmea", ["2026-03-01T12:00:00.000"], [b""], {}),
        ("pyais49_seqempty.nmea", ["2026-03-01T12:00:00.000"], [b""], {}),
        ("pyais49_seqA.nmea", [], [], {"unknown_sentence": 2}),
        ("udpbc_450.nmea", [f"2026-03-01T12:00:0{s}.000" for s in range(4)], [b"AI0001"] * 4, {}),
        ("uscg_vsi.nmea", ["2015-06-18T00:00:18.000"], [b"r17"], {"unknown_sentence": 3}),
        ("aiscatcher523_pyais75.nmea", ["2026-03-01T12:00:00.000", "2026-03-01T12:00:03.000"], [b""] * 2, {}),
    ],
)
def test_n04_tag_blocks_as_they_are_sent(
    cases: Path, file: str, times: list[str], stations: list[bytes], refused: dict[str, int]
) -> None:
    rows, statics, rejects = decoded(cases / "N04_tag_blocks_multi" / file)
    told = [
        datetime.fromtimestamp(time / 1e6, UTC).isoformat(timespec="milliseconds")[:23]
        for time in rows.time_us.tolist()
    ]
    assert told == times
    assert rows.station.tolist() == stations
    assert rejects == refused
    assert len(statics) == (len(times) if file.startswith(("pyais49", "aiscatcher")) else len(statics))


@pytest.mark.parametrize(
    ("file", "seconds"),
    [
        *((f"{name}.nmea", [0, 0]) for name in ("brackets", "compact14", "compact14comma", "compactT", "date_dot")),
        *((f"{name}.nmea", [0, 0]) for name in ("iso_minute", "vdr_csv")),
        ("epoch_ns.nmea", [0.123456] * 2),
        ("iso_nano.nmea", [0.123456] * 2),
        ("iso_comma_ms.nmea", [0.25] * 2),
        ("signalk_ms.nmea", [0.363] * 2),
        ("signalk_old.nmea", [0.363] * 2),
        ("suffix_comma_iso.nmea", [0, 1]),
        ("suffix_trail_time.nmea", [0, 1]),
        ("vdr_csv_header.nmea", [0, 1, 2, 3]),
    ],
)
def test_n05_the_time_is_what_stands_on_the_line(cases: Path, file: str, seconds: list[float]) -> None:
    rows, _, rejects = decoded(cases / "N05_prefixes_multi" / file)
    assert after_noon_s(rows) == seconds
    assert set(rejects) <= {RejectCause.UNKNOWN_SENTENCE}


@pytest.mark.parametrize(
    ("file", "cause"),
    [
        ("clock_only.nmea", RejectCause.NO_TIME),
        ("syslog.nmea", RejectCause.NO_TIME),
        ("daymonth.nmea", RejectCause.AMBIGUOUS_DATE),
        ("us_ampm.nmea", RejectCause.AMBIGUOUS_DATE),
        ("neg.nmea", RejectCause.BAD_TIME),
    ],
)
def test_n05_what_is_no_whole_time_is_refused(cases: Path, file: str, cause: RejectCause) -> None:
    rows, _, rejects = decoded(cases / "N05_prefixes_multi" / file)
    assert len(rows) == 0
    assert rejects == {cause: 2}


def test_n05_what_the_user_says_completes_them(cases: Path) -> None:
    folder = cases / "N05_prefixes_multi"
    assert after_noon_s(decoded(folder / "daymonth.nmea", DMY)[0]) == [0, 0]
    assert after_noon_s(decoded(folder / "us_ampm.nmea", MDY)[0]) == [0, 0]
    said = InputTimes(undated_us=NOON_US - 600_000_000)
    assert after_noon_s(decoded(folder / "clock_only.nmea", said)[0]) == [0, 0]
    assert after_noon_s(decoded(folder / "syslog.nmea", said)[0]) == [0, 0]
    rows, _, _ = decoded(folder / "iso_leap.nmea")
    assert set(rows.time_us.tolist()) == {int(datetime(2017, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000}


def test_n06_special_stations(cases: Path, tmp_path: Path) -> None:
    path = cases / "N06_special_stations" / "special.nmea"
    rows, statics, rejects = decoded(path)
    assert rejects == {RejectCause.UNKNOWN_MESSAGE: 1}
    aircraft = number(rows.craft) == 111_232_506
    assert set(np.round(rows.altitude_ft[aircraft]).tolist()) == {1181.0}
    daughter = number(statics.craft) == 982_320_123
    for column in ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"):
        assert np.isnan(getattr(statics, column)[daughter]).all()
    _, events = replayed(path, tmp_path)
    last = {event["event_id"]: event for event in events}.values()
    assert sorted((event["craft"], event["kind"], event["detail"]) for event in last) == [
        (f"mmsi:{device}23456", "integrity", "emergency") for device in (9701, 9721, 9741)
    ]


def test_n07_coarse_positions_between_fine_ones_are_no_jump(cases: Path, tmp_path: Path) -> None:
    summary, events = replayed(cases / "N07_type27_between_type1" / "mixed27.nmea", tmp_path)
    assert summary["reports"] == 140
    assert summary["implausible"] == 0
    assert events == []


def test_l01_aiscatcher_json_lines(cases: Path) -> None:
    rows, _, rejects = decoded(cases / "L01_aiscatcher_json" / "aiscatcher.jsonl")
    assert rejects == {}
    assert after_noon_s(rows) == [60 * minute for minute in range(10)]


def test_l02_aiscatcher_screen(cases: Path) -> None:
    path = cases / "L02_aiscatcher_print" / "aiscatcher.txt"
    for times in (NOTHING_SAID, InputTimes(zone="Asia/Tokyo")):
        rows, _, rejects = decoded(path, times)
        assert rejects == {}
        assert after_noon_s(rows) == [60 * minute for minute in range(10)]


def table(path: Path) -> tuple[PositionBatch, StaticBatch]:
    """Rows and static reports of a table opened as replay opens it, none refused."""
    one = open_input(path, 0)
    parts = list(one.decoded(1 << 20))
    assert one.counts.rejects.total == 0 and one.counts.units_in == one.counts.units_decoded
    return PositionBatch.concat(part.positions for part in parts), StaticBatch.concat(part.statics for part in parts)


def test_a05_a_row_that_repeats_a_position_says_heard(cases: Path) -> None:
    rows, _ = table(cases / "A05_opensky_trino_csv" / "state_vectors.csv")
    assert rows.has_position.tolist() == [True] * 5 + [False] * 4
    assert after_noon_s(rows) == [-0.4, 9.6, 19.6, 29.6, 39.6, 49.9, 59.9, 69.9, 79.9]
    assert rows.altitude_ft[0] == pytest.approx(9_000.0)
    assert rows.speed_kn[0] == pytest.approx(250.0, abs=0.1)


def test_a06_geoaltitude_of_traffic_is_in_feet(cases: Path) -> None:
    rows, _ = table(cases / "A06_traffic_csv_geoaltitude_ft" / "traffic.csv")
    assert rows.altitude_ft.tolist() == [9_000.0, 9_000.0, 9_200.0, 9_200.0, 47_000.0]
    assert rows.vertical_rate_ftmin.tolist() == [-960.0] * 5


def test_a07_a_flight_without_a_craft_is_refused_with_what_is_missing(cases: Path) -> None:
    path = cases / "A07_fr24_csv" / "JL516_33a1b2c3.csv"
    with pytest.raises(
        UnknownFormatError, match=r"craft identity \(mmsi or icao24\); its position is one column, Position"
    ):
        recognise(path.read_bytes(), path.name)
    mapping = mapping_of({"fixed": {"icao24": "86e4a2"}})
    parts = list(open_input(path, 0, mapping=mapping).decoded(1 << 20))
    rows = PositionBatch.concat(part.positions for part in parts)
    assert rows.lat_deg.tolist() == [35.50, 35.51, 35.52, 35.53, 35.54]
    assert set(rows.lon_deg.tolist()) == {139.7}


def test_l06_class_b_is_told_apart_in_the_layout_of_2025(cases: Path) -> None:
    rows, statics = table(cases / "L06_marinecadastre_2025" / "ais-2025-01-01.csv")
    assert rows.message_type.tolist() == [120] * 4 + [18]
    assert (statics.name[0], statics.imo[0]) == (b"SAN JOSE", 9307839)


def test_l07_devices_of_distress_and_marks_are_rows_too(cases: Path) -> None:
    rows, statics = table(cases / "L07_dma_csv" / "aisdk-2026-03-01.csv")
    assert len(rows) == 8
    assert str(np.datetime64(int(rows.time_us[0]), "us")) == "2026-03-01T00:00:00.000000"
    status = dict(zip(number(rows.craft).tolist(), rows.nav_status.tolist(), strict=True))
    assert (status[970123456], status[972123456]) == (14, 14)
    assert b"BUOY 7" in statics.name.tolist()


def test_l09_the_time_is_that_of_the_position_and_static_rows_are_kept(cases: Path) -> None:
    rows, statics = table(cases / "L09_spire_csv" / "spire.csv")
    assert after_noon_s(rows) == [0, 60, 120, 180, 240, 300]
    assert (statics.name[0], statics.destination[0], statics.ship_type[0]) == (b"EXAMPLE ONE", b"PLYMOUTH", 70)


def test_l10_speed_of_marinetraffic_is_in_tenths_of_a_knot(cases: Path) -> None:
    rows, _ = table(cases / "L10_marinetraffic_csv" / "ps07.csv")
    assert len(rows) == 8
    assert (rows.speed_kn.min(), rows.speed_kn.max()) == (pytest.approx(7.4), pytest.approx(13.0))


def test_l11_the_time_of_nari_dynamic_is_t(cases: Path) -> None:
    rows, _ = table(cases / "L11_brest_nari_dynamic" / "nari_dynamic.csv")
    times = [str(np.datetime64(int(time_us), "us"))[:19] for time_us in rows.time_us]
    assert times == [f"2015-09-30T22:0{minute}:02" for minute in range(5)]
    assert set(rows.turn_degmin.tolist()) == {-720.0}


def test_l17_a_table_in_utf_16_is_read(cases: Path) -> None:
    rows, _ = table(cases / "L17_utf16_csv" / "AIS_unicode.csv")
    assert len(rows) > 0


def test_l18_positions_come_from_the_geometry(cases: Path) -> None:
    rows, statics = table(cases / "L18_geoparquet" / "ais-2024-01-01.parquet")
    assert rows.lat_deg.tolist() == pytest.approx([43.07917, 43.08117, 43.08317, 43.08517, 43.08717])
    assert set(rows.lon_deg.tolist()) == {-70.75733}
    assert statics.name[0] == b"SAN JOSE"


def test_l22_a_table_gives_the_statics_of_its_ships(cases: Path) -> None:
    rows, statics = table(cases / "L22_track_json_ship_statics" / "same_as_table.csv")
    assert set(rows.message_type.tolist()) == {120}
    assert (statics.name[0], statics.imo[0], statics.ship_type[0]) == (b"EXAMPLE ONE", 9074729, 70)
    assert (statics.to_stern_m[0], statics.to_starboard_m[0], statics.draught_m[0]) == (120.0, 20.0, 6.5)
    assert (statics.destination[0], statics.eta_month[0], statics.eta_day[0], statics.eta_hour[0]) == (
        b"PLYMOUTH",
        3,
        2,
        6,
    )


@pytest.mark.parametrize("name", ["A05*", "A06*", "L06*", "L07*", "L09*", "L10*", "L11*", "L18*", "L22*"])
def test_what_is_read_of_a_table_agrees_with_its_positions(cases: Path, name: str) -> None:
    for path in sorted(cases.glob(f"{name}/*")):
        if path.suffix in (".csv", ".parquet"):
            one = open_input(path, 0)
            list(one.decoded(1 << 20))
            assert one.unit_doubts() == [], path


def test_a01_the_v2_api_of_adsb_services(cases: Path) -> None:
    folder = cases / "A01_adsbx_v2_api"
    rows, statics, rejects = decoded(folder / "v2.jsonl")
    assert len(rows) == 10 and rejects == {}
    assert rows.on_ground.tolist() == [0, 1] * 5 and after_noon_s(rows)[:3] == [-0.5, -1.0, 9.5]
    assert statics.registration[0] == b"N292AK"
    rows, _, rejects = decoded(folder / "v2_single.json")
    assert len(rows) == 2 and rejects == {}


def test_a02_dump1090_mutability_climbs_in_feet_per_minute(cases: Path) -> None:
    folder = cases / "A02_dump1090_mutability"
    rows, _, rejects = decoded(folder / "aircraft.jsonl")
    assert rejects == {} and set(rows.vertical_rate_ftmin.tolist()) == {-960.0, 0.0}
    assert rows.on_ground.tolist() == [0, 1] * 5 and set(rows.speed_kn.tolist()) == {250.0, 12.0}
    rows, _, rejects = decoded(folder / "uat2json_aircraft.json")
    assert rejects == {} and rows.vertical_rate_ftmin.tolist() == [-640.0]


def test_a03_dump978_fa(cases: Path) -> None:
    rows, _, rejects = decoded(cases / "A03_dump978_fa_json" / "978.jsonl")
    assert rejects == {} and after_noon_s(rows) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert set(rows.altitude_ft.tolist()) == {3400.0} and rows.has_position.all()


def test_l03_aisstream_is_at_its_own_time(cases: Path) -> None:
    rows, _, rejects = decoded(cases / "L03_aisstream_json" / "aisstream.jsonl")
    assert rejects == {} and set(number(rows.craft).tolist()) == {232001234}
    assert after_noon_s(rows) == [60 * n + 0.318353 for n in range(10)] and rows.has_position.all()


def test_l04_aishub_behind_its_header(cases: Path) -> None:
    rows, statics, rejects = decoded(cases / "L04_aishub_json" / "aishub.json")
    assert rejects == {} and after_noon_s(rows) == [60.0 * n for n in range(5)]
    assert statics.name.tolist() == [b"EXAMPLE ONE"] * 5
    assert (statics.to_bow_m[0], statics.to_starboard_m[0], statics.draught_m[0]) == (100.0, 10.0, 5.5)


def test_l13_digitraffic_geojson(cases: Path) -> None:
    rows, _, rejects = decoded(cases / "L13_digitraffic_geojson" / "locations.json")
    assert rejects == {} and after_noon_s(rows) == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert rows.lat_deg.round(1).tolist() == [59.0, 59.1, 59.2, 59.3, 59.4] and set(rows.lon_deg.tolist()) == {20.85}


def test_l19_gpsd_has_no_time(cases: Path) -> None:
    rows, _, rejects = decoded(cases / "L19_gpsd_json" / "gpsd.jsonl")
    assert len(rows) == 0 and rejects == {RejectCause.NO_TIME: 5}


def test_l22_json_gives_the_statics_that_the_same_table_gives(cases: Path) -> None:
    folder = cases / "L22_track_json_ship_statics"
    rows, statics, rejects = decoded(folder / "ships.jsonl")
    of_table, statics_of_table, _ = decoded(folder / "same_as_table.csv")
    assert rejects == {} and set(rows.message_type.tolist()) == {120}
    assert statics.to_arrow().equals(statics_of_table.to_arrow()) and statics.destination.tolist() == [b"PLYMOUTH"]
    assert rows.to_arrow().equals(of_table.to_arrow())


def test_l23_marinetraffic_in_upper_case_with_numbers_as_text(cases: Path) -> None:
    rows, _, rejects = decoded(cases / "L23_uppercase_json" / "mt_ps07.json")
    assert rejects == {} and after_noon_s(rows) == [360.0 * n for n in range(5)]
    assert set(rows.speed_kn.tolist()) == {7.5}


def test_a09_rows_of_multilateration_in_sbs(cases: Path) -> None:
    rows, _, rejects = decoded(cases / "A09_sbs_mlat_lines" / "sbs.txt")
    assert rejects == {}
    assert len(rows) == 10
    assert rows.has_position.all()
    assert sorted(set(rows.rebroadcast[rows.craft == rows.craft[1]].tolist())) == [3]
    assert 3 not in rows.rebroadcast[rows.craft == rows.craft[0]]


@pytest.mark.parametrize(
    ("file", "said", "clock"),
    [
        ("radarcape.beast", "2016-03-14T00:00:00Z", "gps"),
        ("radarcape.beast", "2016-03-14", "gps"),
        ("control_12mhz.beast", "2016-03-14T23:00:00Z", "12mhz"),
    ],
)
def test_a10_the_gps_clock_of_a_radarcape(cases: Path, file: str, said: str, clock: str) -> None:
    one = open_input(cases / "A10_radarcape_beast_gps" / file, 0, TimesSaid(undated=said))
    assert one.times.beast_clock == clock
    rows = PositionBatch.concat(block.positions for block in one.decoded(1 << 20))
    begin = int(datetime(2016, 3, 14, 23, tzinfo=UTC).timestamp()) * 1_000_000
    assert (rows.time_us.min(), rows.time_us.max()) == (begin, begin + 730_050_000)


def test_dhaka_by_its_own_gps_clock_spans_less_than_five_hours(real_data: Path) -> None:
    one = open_input(
        real_data / "adsb" / "bangladesh" / "dhaka_b_gps_clock.beast.gz", 0, TimesSaid(undated="2022-01-01")
    )
    times = np.concatenate([block.positions.time_us for block in one.decoded(1 << 20)])
    assert (times.max() - times.min()) / 3.6e9 == pytest.approx(4.66, abs=0.01)


def test_n08_null_island_is_no_place(cases: Path, tmp_path: Path) -> None:
    path = cases / "N08_null_island_no_fix" / "null_island.nmea"
    rows, _, rejects = decoded(path)
    assert rejects == {}
    assert sorted(Counter(rows.craft[rows.has_position].tolist()).values()) == [240]
    assert len(set(rows.craft.tolist())) == 5
    _, events = replayed(path, tmp_path)
    assert not {"encounter", "loitering"} & {event["kind"] for event in events}


def replay_alone(path: Path) -> subprocess.CompletedProcess[str]:
    """The command itself."""
    command = [sys.executable, "-m", "tracker", "replay", "--json", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.real_data
def test_a04_raw_frames_of_uat_are_named(cases: Path) -> None:
    done = replay_alone(cases / "A04_dump978_raw" / "978.raw")
    assert done.returncode == 2
    assert "raw UAT frames" in done.stderr


@pytest.mark.real_data
def test_l08_a_danish_day_as_it_is_downloaded(cases: Path) -> None:
    done = replay_alone(cases / "L08_dma_zip")
    assert done.returncode == 3, "expect.txt in the folder is no recording"
    (one,) = json.loads(done.stdout)["files"]
    assert (one["kind"], one["rows"] >= 8, one["rejects"]) == ("positions_csv", True, {})
    assert ".zip!" in one["input"]
    assert replay_alone(cases / "L08_dma_zip" / "aisdk-2026-03-01.zip").returncode == 0


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "units"), [("AIS_unicode.csv", 5), ("AIS_unicode_nmea.txt", 9)])
def test_l17_text_in_utf_16(cases: Path, name: str, units: int) -> None:
    done = replay_alone(cases / "L17_utf16_csv" / name)
    assert done.returncode == 0
    summary = json.loads(done.stdout)
    assert (summary["units_decoded"], summary["rejects"]) == (units, {})


@pytest.mark.real_data
def test_l19_json_without_a_time_ends_with_3_and_says_how_to_give_one(cases: Path) -> None:
    done = replay_alone(cases / "L19_gpsd_json" / "gpsd.jsonl")
    assert done.returncode == 3
    assert "no_time" in done.stderr
    assert "--undated" in done.stderr
