"""Tables of positions: each layout's traps, the ledger, and that cuts and damage change nothing they should not."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import numpy as np
import pytest

from tracker.decode.base import Decoded
from tracker.decode.rejects import RejectCause
from tracker.decode.tables.positions_csv import MAX_LINE_BYTES, PositionsCsvDecoder
from tracker.identity import craft_texts
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import parse_time

MARINE_CADASTRE = (
    b"MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo\n"
)
DMA = (
    b"# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,Name,"
    b"Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,Destination,ETA,Data source type,A,B,C,D\n"
)


def decode(text: bytes, block_bytes: int = 1 << 20) -> tuple[PositionBatch, StaticBatch, PositionsCsvDecoder]:
    decoder = PositionsCsvDecoder(3)
    parts: list[Decoded] = [
        decoder.decode(text[start : start + block_bytes]) for start in range(0, len(text), block_bytes)
    ]
    parts.append(decoder.flush())
    counts = decoder.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total
    positions = PositionBatch.concat(part.positions for part in parts)
    assert len(positions) == counts.units_decoded
    return positions, StaticBatch.concat(part.statics for part in parts), decoder


def causes(decoder: PositionsCsvDecoder) -> dict[str, int]:
    return {str(cause): count for cause, count in decoder.counts.rejects.counts.items()}


def test_the_upper_half_of_old_marine_cadastre_courses_is_undone_by_adding_409_6() -> None:
    rows, statics, _ = decode(
        MARINE_CADASTRE
        + b"366940480,2017-01-04T11:39:36,52.48730,-174.02316,10.0,-140.7,267.0,EARLY DAWN,IMO7821130,WDB7319,1001,"
        + b"under way using engine,32.95,8.82,4.0,31\n"
        + b"366940480,2017-01-04T11:40:45,52.48718,-174.02835,-28.1,-49.6,511,,,,,undefined,,,,\n"
    )
    assert rows.course_deg[0] == pytest.approx(268.9)
    assert np.isnan(rows.course_deg[1])
    assert rows.speed_kn[1] == pytest.approx(74.3)
    assert np.isnan(rows.heading_deg[1])
    assert rows.nav_status.tolist() == [0, 255]
    assert rows.message_type.tolist() == [120, 120]
    assert rows.source.tolist() == [3, 3]
    assert craft_texts(rows.craft) == ["mmsi:366940480"] * 2
    assert statics.name.tolist() == [b"EARLY DAWN"]
    assert statics.imo.tolist() == [7821130]
    assert statics.call_sign.tolist() == [b"WDB7319"]
    assert statics.ship_type.tolist() == [31]
    assert (statics.to_bow_m[0], statics.to_stern_m[0]) == (0.0, pytest.approx(32.95))
    assert (statics.to_port_m[0], statics.to_starboard_m[0]) == (0.0, pytest.approx(8.82))
    assert statics.draught_m[0] == pytest.approx(4.0)


def test_danish_times_put_the_day_first_and_base_stations_and_class_b_are_told_apart() -> None:
    rows, statics, _ = decode(
        DMA
        + b"03/04/2023 00:00:09,Class A,219024336,55.938244,11.866558,Engaged in fishing,0.0,8.4,12.1,15,9187629,OXYZ,"
        + b"HAVKATTEN,Fishing,,5,18,GPS,2.5,ANHOLT,05/04/2023 14:30:00,AIS,10,8,2,3\n"
        + b"03/04/2023 00:00:10,Class B,219024337,55.9,11.8,Unknown value,,,,,Unknown,,,Undefined,,,,GPS,,Unknown,,AIS,,,,\n"
        + b"03/04/2023 00:00:11,Base Station,2190064,56.0,11.0,Unknown value,,,,,Unknown,,,Undefined,,,,GPS,,,,AIS,,,,\n"
        + b"03/04/2023 00:00:12,Class A,219024336,91.000000,0.000000,Moored,,102.3,360.0,511,,,,Undefined,,,,,,,,AIS,,,,\n"
    )
    assert rows.time_us[0] == parse_time("2023-04-03T00:00:09Z")
    assert rows.message_type.tolist() == [120, 18, 4, 120]
    assert rows.nav_status.tolist() == [7, 255, 255, 5]
    assert np.isnan(rows.lat_deg).tolist() == [False, False, False, True]
    assert np.isnan(rows.speed_kn[3])
    assert np.isnan(rows.course_deg[3])
    assert statics.destination[0] == b"ANHOLT"
    assert statics.ship_type[0] == 30
    assert (statics.eta_month[0], statics.eta_day[0], statics.eta_hour[0], statics.eta_minute[0]) == (4, 5, 14, 30)
    assert (statics.to_bow_m[0], statics.to_stern_m[0]) == (10.0, 8.0)


@pytest.mark.parametrize(
    "time",
    [
        "2020-06-30 00:22:12",
        "2020-06-30T00:22:12",
        "2020-06-30T00:22:12Z",
        "2020-06-30 00:22:12 UTC",
        "2020-06-30T00:22:12.000+00:00",
        "2020-06-30 00:22:12+00",
        "2020-06-30T02:22:12+0200",
        "2020/06/30 00:22:12",
        " 2020-06-30 00:22:12.000 ",
        "1593476532",
        "1593476532.0",
        "1593476532000",
        "1593476532000000",
        "1593476532000000000",
    ],
)
def test_a_time_is_understood_in_every_usual_form(time: str) -> None:
    rows, _, _ = decode(f"mmsi,timestamp,lon,lat\n367151850,{time},-86.98504,34.62055\n".encode())
    assert rows.time_us.tolist() == [parse_time("2020-06-30T00:22:12Z")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_names_are_found_in_any_case_order_and_delimiter(delimiter: str) -> None:
    header = delimiter.join(["LONGITUDE", "Icao24", "Time", "Lat", "velocity", "baroAltitude", "heading", "onground"])
    row = delimiter.join(["8.5", "4B1812", "1593476532", "47.5", "100", "1000", "200", "False"])
    rows, _, _ = decode(f"\ufeff{header}\r\n\r\n{row}\r\n".encode())
    assert craft_texts(rows.craft) == ["icao24:4b1812"]
    assert (rows.lat_deg[0], rows.lon_deg[0]) == (47.5, 8.5)
    assert rows.speed_kn[0] == pytest.approx(194.384, abs=1e-3)
    assert rows.altitude_ft[0] == pytest.approx(3280.84, abs=1e-2)
    assert rows.course_deg[0] == 200.0  # OpenSky's heading is the track over ground
    assert rows.message_type[0] == 101
    assert rows.on_ground[0] == 0


def test_our_own_export_is_read_back() -> None:
    rows, _, _ = decode(
        b"time,craft,lat_deg,lon_deg,speed_kn\n2020-06-30 00:00:00+00:00,icao24:~2a1b3c,1,2,3\n"
        b"2020-06-30 00:00:01+00:00,mmsi:219001234,1,2,3\n"
    )
    assert craft_texts(rows.craft) == ["icao24:~2a1b3c", "mmsi:219001234"]


def test_every_bad_row_is_counted_by_cause_with_its_line_and_text() -> None:
    rows, _, decoder = decode(
        b"mmsi,timestamp,lat,lon,sog\n"
        b"219001234,2020-06-30 00:00:00,55,11,5\n"
        b"219001234,2020-06-30 00:00:00,55,11\n"
        b"\n"
        b"219001234,yesterday,55,11,5\n"
        b"219001234,1850-06-30 00:00:00,55,11,5\n"
        b"1054800843,2020-06-30 00:00:00,55,11,5\n"
        b"abc,2020-06-30 00:00:00,55,11,5\n"
        b"219001234,2020-06-30 00:00:00,95,11,5\n"
        b"219001234,2020-06-30 00:00:00,55,11,250\n"
        b"219001234,2020-06-30 00:00:00,fifty,11,5\n"
        b"mmsi,timestamp,lat,lon,sog\n"
        b"219001234,2020-06-30 00:00:00,,,\n" + b"x" * (MAX_LINE_BYTES + 1) + b"\n"
        b"219001234,2020-06-30 00:00:05,55,11,5"
    )
    assert causes(decoder) == {
        "bad_row": 2,
        "bad_time": 2,
        "bad_identity": 2,
        "impossible_value": 2,
        "too_long": 1,
    }
    assert len(rows) == 3
    assert np.isnan(rows.lat_deg).tolist() == [False, True, False]
    first = decoder.counts.rejects.samples[0]
    assert (first.cause, first.at, first.text) == (RejectCause.BAD_ROW, 3, "219001234,2020-06-30 00:00:00,55,11")
    assert [sample.at for sample in decoder.counts.rejects.samples] == [3, 5, 6, 7, 8, 9, 10, 11, 14]


def test_quoted_fields_may_hold_delimiters_and_stray_quotes_harm_nobody() -> None:
    _, statics, decoder = decode(
        b"mmsi,timestamp,lat,lon,name\n"
        b'219001234,"2020-06-30 00:00:00",55,11,"SMITH, JONES"\n'
        b'219001235,2020-06-30 00:00:00,55,11,THE "OLD ONE\n'
        b'219001236,2020-06-30 00:00:00,55,11,MV "A" TWO\n'
        b'"219001237","2020-06-30 00:00:00","55","11","SAID ""NO"""\n'
        b'219001238,2020-06-30 00:00:00,55,11,"A",B"\n'
    )
    assert causes(decoder) == {"bad_row": 1}
    assert statics.name.tolist() == [b"SMITH, JONES", b"THE OLD ONE", b"MV A TWO", b'SAID "NO"']


def test_each_thing_said_of_a_craft_is_told_once_in_six_minutes() -> None:
    line = "219001234,2020-06-30 00:00:{:02d},55,11,{}\n"
    names = ["A", "A", "", "B", "B", "A"]
    text = "mmsi,timestamp,lat,lon,name\n" + "".join(line.format(n, name) for n, name in enumerate(names))
    for block_bytes in (1 << 20, 50, 7):
        _, statics, _ = decode(text.encode(), block_bytes)
        assert statics.name.tolist() == [b"A", b"B"]


def test_lines_before_the_header_are_refused_unless_they_are_comments() -> None:
    rows, _, decoder = decode(b"# made by hand\nreport of june\nmmsi,time,lat,lon\n219001234,1593476532,1,2\n")
    assert len(rows) == 1
    assert causes(decoder) == {"bad_row": 1}


def test_a_row_without_a_time_takes_the_time_of_receipt() -> None:
    decoder = PositionsCsvDecoder(0)
    now = parse_time("2024-01-01T00:00:00Z")
    given = decoder.decode(b"mmsi,time,lat,lon\n219001234,,1,2\n", now)
    assert given.positions.time_us.tolist() == [now]
    assert given.positions.received_us.tolist() == [now]


def sample_table(rows: int) -> bytes:
    lines = [
        f"{219000000 + n % 7},2020-06-30T00:{n // 60:02d}:{n % 60:02d},{50 + n * 0.01:.5f},{n * 0.1:.3f},{n % 120},"
        f"{n - 140}.5,{n},{'NAME ' + str(n // 10)},IMO{9000000 + n % 7},CALL,70,moored,100,20,5.5,70"
        for n in range(rows)
    ]
    return MARINE_CADASTRE + "\r\n".join(lines).encode()


def test_the_cut_into_blocks_changes_nothing() -> None:
    text = sample_table(40) + b'\n\n"x,"\n' + b"y" * 70_000 + b"\n219000000,2020-06-30T00:00:00,,,,,,,,,,,,,,"
    whole, statics, decoder = decode(text)
    for block_bytes in (13, 997, 65_536):
        again, statics_again, decoder_again = decode(text, block_bytes)
        assert again.to_arrow().equals(whole.to_arrow())
        assert statics_again.to_arrow().equals(statics.to_arrow())
        assert decoder_again.counts == decoder.counts


def test_damaged_tables_never_crash_and_the_ledger_balances() -> None:
    chance = random.Random(11)
    clean = sample_table(60)
    for _ in range(150):
        text = bytearray(clean)
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(text))
            match chance.randrange(5):
                case 0:
                    text[at] ^= 1 << chance.randrange(8)
                case 1:
                    del text[at : at + chance.randrange(60)]
                case 2:
                    text[at:at] = bytes(chance.choices(b'",;\t\n\r\0\xff- .eE9', k=chance.randrange(1, 30)))
                case 3:
                    text[at:at] = chance.choice([b"1e999", b"nan", b"-inf", b"\xef\xbb\xbf", b"9" * 400, b"\x1f"])
                case _:
                    text[at:at] = text[at : at + 200]
        decode(bytes(text), chance.choice([1_024, 1 << 20]))


def test_a_gigantic_line_is_one_reject_and_is_not_held() -> None:
    decoder = PositionsCsvDecoder(0)
    decoder.decode(b"mmsi,time,lat,lon\n")
    for _ in range(100):
        decoder.decode(b"z" * 100_000)
    assert len(decoder._open) <= MAX_LINE_BYTES + 1
    decoder.decode(b"\n219001234,1593476532,1,2\n")
    decoder.flush()
    assert decoder.counts.units_decoded == 1
    assert causes(decoder) == {"too_long": 1}


@pytest.mark.parametrize(
    ("name", "rows", "refused"),
    [
        ("us_coast_2020_06_30.csv.gz", 235_967, 0),
        ("virginia_beach_2020_06_04.csv.gz", 39_822, 0),
        ("marinecadastre_aleutians_2017_01.csv.gz", 10_224, 1),
        ("encounter_simple.csv", 28, 0),
    ],
)
def test_every_row_of_the_recorded_tables_is_accounted_for(real_data: Path, name: str, rows: int, refused: int) -> None:
    raw = (real_data / "positions" / name).read_bytes()
    positions, _, decoder = decode(gzip.decompress(raw) if name.endswith(".gz") else raw)
    assert decoder.counts.units_in == rows
    assert decoder.counts.rejects.total == refused
    if name.startswith("marinecadastre"):
        moving = (positions.speed_kn > 3) & ~np.isnan(positions.heading_deg) & ~np.isnan(positions.course_deg)
        turned = (positions.course_deg - positions.heading_deg)[moving] % 360.0
        assert np.median(np.minimum(turned, 360.0 - turned)) < 4.0
    if name == "encounter_simple.csv":
        assert positions.lat_deg[0] == pytest.approx(-1.5032387)


def test_a_table_may_say_how_good_the_positions_of_aircraft_are() -> None:
    text = b"icao24,time,lat,lon,nic,nac_p,sil,emergency\n4b1812,1700000000,47,8,8,9,3,nordo\n4b1812,1700000001,47,8,99,,x,0\n"
    decoder = PositionsCsvDecoder(0)
    rows = decoder.decode(text).positions
    assert [rows.nic.tolist(), rows.nac_p.tolist(), rows.sil.tolist()] == [[8, 255], [9, 255], [3, 255]]
    assert rows.emergency.tolist() == [4, 0]
