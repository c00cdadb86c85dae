"""JSON feeds: each shape's times and units, the ledger, and that cuts and damage cost no more than they must."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tracker.decode.base import Decoded
from tracker.decode.json_lines.decoder import JsonDecoder
from tracker.decode.json_lines.documents import MAX_ELEMENT_CHARS, JsonDocuments
from tracker.decode.json_lines.items import MAX_DOCUMENT_CHARS
from tracker.identity import craft_texts, icao24_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import iso_time


def decode(text: bytes, block_bytes: int = 1 << 20) -> tuple[PositionBatch, StaticBatch, JsonDecoder]:
    decoder = JsonDecoder(3)
    parts: list[Decoded] = [
        decoder.decode(text[start : start + block_bytes]) for start in range(0, len(text), block_bytes)
    ]
    parts.append(decoder.flush())
    counts = decoder.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total
    positions = PositionBatch.concat(part.positions for part in parts)
    return positions, StaticBatch.concat(part.statics for part in parts), decoder


def causes(decoder: JsonDecoder) -> dict[str, int]:
    return {str(cause): count for cause, count in decoder.counts.rejects.counts.items()}


SNAPSHOT: dict[str, Any] = {
    "now": 1700000000.0,
    "messages": 9,
    "aircraft": [
        {"hex": "4b1812", "flight": "SWR1    ", "alt_baro": 30000, "gs": 450.5, "track": 271.0, "baro_rate": -640,
         "true_heading": 270.0, "lat": 47.0, "lon": 8.0, "nic": 8, "seen_pos": 0.5, "seen": 0.1, "squawk": "1000",
         "category": "A3"},
        {"hex": "~2a1b3c", "alt_baro": "ground", "lat": 47.1, "lon": 8.1, "seen_pos": 0.0, "seen": 0.0},
        {"hex": "4b1813", "alt_geom": 1200, "lat": 47.2, "lon": 8.2, "seen_pos": 30.0, "seen": 2.0},
        {"hex": "4b1814", "seen": 3.25},
    ],
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("sort_keys", [False, True])
def test_a_snapshot_gives_positions_at_their_own_age(indent: int | None, sort_keys: bool) -> None:
    rows, statics, decoder = decode(json.dumps(SNAPSHOT, indent=indent, sort_keys=sort_keys).encode())
    assert craft_texts(rows.craft) == [
        "icao24:4b1812",
        "icao24:~2a1b3c",
        "icao24:4b1813",
        "icao24:4b1813",
        "icao24:4b1814",
    ]
    ages_s = (1_700_000_000_000_000 - rows.time_us) / 1e6
    assert ages_s.tolist() == [0.5, 0.0, 30.0, 2.0, 3.25]
    assert np.isnan(rows.lat_deg).tolist() == [False, False, False, True, True]
    assert rows.message_type.tolist() == [101, 102, 101, 104, 104]
    assert rows.on_ground.tolist() == [0, 1, -1, -1, -1]
    assert rows.altitude_ft[[0, 2]].tolist() == [30000.0, 1200.0]
    assert np.isnan(rows.altitude_ft[1])
    assert (rows.speed_kn[0], rows.course_deg[0], rows.heading_deg[0]) == (450.5, 271.0, 270.0)
    assert (rows.vertical_rate_ftmin[0], rows.nic[0], rows.nic[1]) == (-640.0, 8, 255)
    assert (statics.call_sign[0], statics.squawk[0], statics.emitter_category[0]) == (b"SWR1", b"1000", b"A3")
    assert len(statics) == 1
    assert decoder.counts.units_in == 4


def test_what_readsb_says_of_integrity_and_intent_is_kept() -> None:
    said = {"nac_p": 9, "sil": 3, "emergency": "unlawful", "type": "adsr_icao", "version": 2}
    said |= {"nav_altitude_mcp": 7008, "nav_heading": 269.3}
    row = {"hex": "4b1812", "lat": 47.0, "lon": 8.0, "now": 1700000000.0}
    text = "\n".join(json.dumps(row | more) for more in (said, {"type": "tisb_icao"}, {"type": "mlat", "emergency": 9}))
    rows, statics, _ = decode(text.encode())
    assert rows.nac_p.tolist() == [9, 255, 255] and rows.sil.tolist() == [3, 255, 255]
    assert rows.emergency.tolist() == [5, 255, 255]
    assert rows.rebroadcast.tolist() == [2, 1, 3]
    assert statics.adsb_version.tolist() == [2] and statics.selected_altitude_ft.tolist() == [7008.0]
    assert statics.selected_heading_deg[0] == pytest.approx(269.3)


def test_snapshots_and_aircraft_by_lines_are_read_alike() -> None:
    whole, _, _ = decode(json.dumps(SNAPSHOT).encode())
    by_aircraft = "\n".join(json.dumps({"now": SNAPSHOT["now"], **aircraft}) for aircraft in SNAPSHOT["aircraft"])
    by_snapshot = json.dumps(SNAPSHOT) + "\r\n\r\n" + json.dumps({"now": 1, "aircraft": []}) + "\n"
    for text in (by_aircraft, by_snapshot):
        again, _, decoder = decode(text.encode())
        assert again.to_arrow().equals(whole.to_arrow())
        assert decoder.counts.units_in == 4


def test_a_trace_counts_from_its_time_stamp_in_both_lengths_of_row() -> None:
    trace = {
        "icao": "ac671b",
        "timestamp": 1738703622.5,
        "trace": [
            [0.0, 16.7, -88.0, 32000, 478.6, 327.8, 1, 0, None],
            [
                8.96, 16.8, -88.1, "ground", None, None, 0, -64,
                {"flight": "DAL1812 ", "squawk": "4637", "category": "A3", "nic": 8, "true_heading": 3.5},
                "adsb_icao", 33825, 32, 280, 0.0,
            ],
            [9.0, 16.8],
        ],
    }  # fmt: skip
    rows, statics, decoder = decode(json.dumps(trace, indent=2).encode())
    assert [iso_time(t) for t in rows.time_us] == ["2025-02-04T21:13:42.500Z", "2025-02-04T21:13:51.460Z"]
    assert rows.on_ground.tolist() == [0, 1]
    assert rows.heading_deg[1] == 3.5
    assert statics.call_sign.tolist() == [b"DAL1812"]
    assert causes(decoder) == {"bad_json": 1}


def test_opensky_states_are_in_metres_with_longitude_first() -> None:
    state = ["4b1812", "SWR1    ", "Switzerland", 1699999990, 1699999999, 8.0, 47.0, 1000.0, False, 100.0, 271.0, -5.0,
             None, 1100.0, "1000", False, 0, 4]  # fmt: skip
    silent = ["4b1813", "", "Switzerland", None, 1699999998, None, None, None, False, None, None, None, None, None, None,
              False, 0]  # fmt: skip
    text = json.dumps({"time": 1700000000, "states": [state, silent, ["4b1814"]]}).encode()
    rows, statics, decoder = decode(text + b"\n" + json.dumps({"time": 1, "states": None}).encode())
    assert (rows.lat_deg[0], rows.lon_deg[0]) == (47.0, 8.0)
    assert rows.time_us.tolist() == [1699999990_000000, 1699999999_000000, 1699999998_000000]
    assert rows.speed_kn[0] == pytest.approx(194.384, abs=1e-3)
    assert rows.altitude_ft[0] == pytest.approx(3280.84, abs=1e-2)
    assert rows.vertical_rate_ftmin[0] == pytest.approx(-984.25, abs=1e-2)
    assert rows.message_type.tolist() == [101, 104, 104]
    assert statics.emitter_category.tolist() == [b"A3"]
    assert causes(decoder) == {"bad_json": 1}


def test_flat_objects_may_tell_time_in_milliseconds_or_text_and_negative_tracks() -> None:
    rows, statics, _ = decode(
        json.dumps(
            [
                {"timestamp": 1515748470000, "icao24": "39b415", "latitude": 41.8, "longitude": 8.7, "groundspeed": 158,
                 "track": -47, "vertical_rate": 1920, "callsign": "CALIBRA", "altitude": 1000},
                {"timestamp": "2018-01-12T09:14:31Z", "icao24": "39b415", "latitude": 41.8, "longitude": 8.7,
                 "velocity": 100, "onground": True, "callsign": "CALIBRA"},
                {"time": 1515748472, "mmsi": 219001234, "lat": 55.0, "lon": 11.0, "sog": 12.5, "cog": 360},
            ]
        ).encode()
    )  # fmt: skip
    assert [iso_time(t) for t in rows.time_us] == [f"2018-01-12T09:14:3{n}.000Z" for n in range(3)]
    assert rows.course_deg[0] == 313.0
    assert rows.altitude_ft[0] == 1000.0
    assert rows.on_ground.tolist() == [-1, 1, -1]
    assert rows.speed_kn[1] == pytest.approx(194.384, abs=1e-3)
    assert rows.message_type.tolist() == [101, 102, 120]
    assert np.isnan(rows.course_deg[2])
    assert statics.call_sign.tolist() == [b"CALIBRA"]


def test_frames_are_decoded_from_their_bits_and_not_from_what_the_line_says() -> None:
    lines = [
        {"timestamp": 1717664483.25, "frame": "8f4ca216231493b51d6820ac7532", "df": "17", "callsign": "LIE",
         "metadata": [{"serial": 42, "name": "roof"}]},
        {"timestamp": 1717664484, "frame": "8f4ca216231493b51d6820ac7533", "df": "17"},
        {"timestamp": 1717664485, "frame": "8f4ca2", "df": "17"},
        {"frame": "8f4ca216231493b51d6820ac7532"},
    ]  # fmt: skip
    rows, statics, decoder = decode("\n".join(json.dumps(line) for line in lines).encode())
    assert craft_texts(rows.craft) == ["icao24:4ca216"]
    assert rows.time_us.tolist() == [1717664483_250000]
    assert rows.station.tolist() == [b"roof"]
    assert statics.call_sign.tolist() == [b"EIN5GV"]
    assert causes(decoder) == {"bad_parity": 1, "bad_row": 1, "bad_time": 1}


def test_every_refused_line_is_counted_by_cause() -> None:
    text = b"""{"now": 1700000000, "hex": "4b1812", "lat": 47, "lon": 8}
not json
{"now": 1700000000, "flight": "N/A"}
{"now": 1700000000, "hex": "xyz", "lat": 47, "lon": 8}
{"now": 1700000000, "hex": "4b1812", "lat": 147, "lon": 8}
{"now": 1700000000, "hex": "4b1812", "lat": [47], "lon": {}}
{"hex": "4b1812", "lat": 47, "lon": 8}
{"now": 1700000000, "hex": "4b1812", "lat": 1e999, "lon": NaN}
{"now": 1700000000, "hex": "4b1812", "seen": 1}
7
{"now": 1700000000, "hex": "4b18"""
    rows, _, decoder = decode(text)
    assert len(rows) == 3
    assert causes(decoder) == {
        "bad_json": 2,
        "no_position": 1,
        "bad_identity": 1,
        "impossible_value": 1,
        "bad_row": 1,
        "no_time": 1,
        "truncated": 1,
    }
    assert [sample.at for sample in decoder.counts.rejects.samples] == [2, 3, 4, 5, 6, 7, 10, 11]


def test_an_object_without_a_time_takes_the_time_of_receipt() -> None:
    decoder = JsonDecoder(0)
    first = decoder.decode(b'{"hex": "4b1812", "lat": 47, "lon": 8, "seen_pos": 1}\n' * 3_000, 1_700_000_000_000_000)
    assert first.positions.time_us[0] == 1_700_000_000_000_000
    assert first.positions.received_us[0] == 1_700_000_000_000_000


def flat_array(count: int) -> bytes:
    return json.dumps(
        [
            {
                "timestamp": 1515748470000 + 1000 * n,
                "icao24": f"39b{n % 9:03x}",
                "latitude": n % 90,
                "longitude": 8.5,
                "callsign": f"CALL{n // 500}",
            }
            for n in range(count)
        ]
    ).encode()


def pretty_snapshot(count: int) -> bytes:
    rows = ",\n".join(
        json.dumps({"hex": f"{4921362 + n:06x}", "lat": 47.0, "lon": n / 1000, "seen_pos": n % 7, "seen": 0.5})
        for n in range(count)
    )
    return f'{{ "now" : 1700000000.1,\n"aircraft" : [\n{rows}\n], "messages": 7\n}}\n'.encode()


@pytest.mark.parametrize("make", [flat_array, pretty_snapshot])
@pytest.mark.parametrize("count", [20, 2_500])
def test_the_cut_into_blocks_changes_nothing(make: Any, count: int) -> None:
    text = make(count)
    if count > 100:  # one damaged element in the middle, and one at the end
        middle = text.index(b"{", len(text) // 2)
        text = text[:middle] + b'{"unfinished": "' + text[middle + 1 : -400]
    whole, statics, decoder = decode(text)
    assert len(whole) >= count * 0.9
    for block_bytes in (101, 4_096, 65_536):
        again, statics_again, decoder_again = decode(text, block_bytes)
        assert again.to_arrow().equals(whole.to_arrow())
        assert statics_again.to_arrow().equals(statics.to_arrow())
        assert decoder_again.counts == decoder.counts


@pytest.mark.parametrize("make", [flat_array, pretty_snapshot])
def test_one_damaged_byte_costs_a_few_elements_and_not_the_file(make: Any) -> None:
    chance = random.Random(5)
    clean = make(2_000)
    head = clean.index(b"[") + 1
    for _ in range(25):
        text = bytearray(clean)
        text[chance.randrange(head, len(text) - 3)] ^= 1 << chance.randrange(7)
        _, _, decoder = decode(bytes(text))
        lost = 2_000 - decoder.counts.units_decoded
        assert lost <= 3


def test_a_document_cut_anywhere_keeps_its_whole_rows() -> None:
    for text in (flat_array(40), pretty_snapshot(40)):
        for end in range(120, len(text), 97):
            _, _, decoder = decode(text[:end])
            assert decoder.counts.units_decoded >= text[:end].count(b"},") - 1, text[:end]


@pytest.mark.parametrize(
    "hostile",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'[{"hex":' + b"[" * 100_000 + b"]}",
        b"]" * 200_000,
        b'{"now":1,"aircraft":[' + b'"' * 200_001,
        b"[" + b"1," * 100_000,
        b'[{"hex":"4b1812","lat":' + b"9" * 5_000 + b"}]",
        b'{"hex":"4b1812","now":' + b"9" * 300 + b"}\n" + b'{"hex":"4b1812","now":-1e308,"seen":1e308}\n',
        b'{"trace":[[1]],"icao":[],"timestamp":{}}',
        b'{"aircraft":{"hex":"4b1812"},"states":7}\n' * 3,
        b"\xff\xfe\x00\x80" * 10_000,
        b'{"timestamp":"x","frame":"zz"}\n{"timestamp":1e300,"frame":"8f4ca216231493b51d6820ac7532"}\n',
        b'{"now":1700000000,"hex":"4b1812","flight":["x"],"squawk":{},"category":7,"lat":1,"lon":2}\n',
    ],
)
def test_hostile_json_is_refused_in_bounded_memory(hostile: bytes) -> None:
    for block_bytes in (4_096, 1 << 20):
        decode(hostile, block_bytes)


def test_a_gigantic_element_is_one_reject_and_is_not_held() -> None:
    decoder = JsonDecoder(0)
    decoder.decode(b'[{"a":"')
    for _ in range(60):
        decoder.decode(b"z" * 100_000)
        assert isinstance(decoder._items._reader, JsonDocuments)
        assert decoder._items._reader._held <= 4 * MAX_ELEMENT_CHARS
    decoder.decode(b'"},{"timestamp":1700000000,"icao24":"4b1812","lat":1,"lon":2}]')
    decoder.flush()
    assert decoder.counts.units_decoded == 1
    assert causes(decoder) == {"too_long": 1}


def test_a_gigantic_line_is_one_reject_and_reading_goes_on_behind_it() -> None:
    good = b'{"now": 1700000000, "hex": "4b1812", "lat": 47, "lon": 8}\n'
    for block_bytes in (1 << 16, 1 << 20):
        rows, _, decoder = decode(good * 9 + b"z" * (MAX_DOCUMENT_CHARS + 1) + b"\n" + good, block_bytes)
        assert len(rows) == 10
        assert causes(decoder) == {"too_long": 1}
        assert decoder.counts.rejects.samples[0].at == 10


@pytest.mark.parametrize("line", [b'{"hex": "4b1812"},\n', b"{x\n", b'{"trace": [\n'])
def test_objects_that_never_end_are_not_read_over_and_over(line: bytes) -> None:
    _, _, decoder = decode(b'{"aircraft": [\n' + line * 3_000, 4_096)
    assert decoder.counts.units_decoded == 0
    assert decoder.counts.units_in > 0


def test_damaged_feeds_never_crash_and_the_ledger_balances() -> None:
    chance = random.Random(13)
    lines = "\n".join(json.dumps({"now": 1700000000, **aircraft}) for aircraft in SNAPSHOT["aircraft"] * 4).encode()
    for clean in (lines, flat_array(20), pretty_snapshot(20), json.dumps(SNAPSHOT).encode() * 3):
        for _ in range(60):
            text = bytearray(clean)
            for _ in range(chance.randrange(1, 8)):
                at = chance.randrange(len(text))
                match chance.randrange(4):
                    case 0:
                        text[at] ^= 1 << chance.randrange(8)
                    case 1:
                        del text[at : at + chance.randrange(80)]
                    case 2:
                        text[at:at] = chance.choice([b"{", b"}", b"[", b"]", b'"', b"\\", b"\n", b",", b"null", b"\0"])
                    case _:
                        text[at:at] = text[at : at + 100]
            decode(bytes(text), chance.choice([512, 1 << 20]))


@pytest.mark.parametrize(
    ("pattern", "rows", "refused"),
    [
        ("quickstart_states.json.gz", 284_505, {}),
        ("readsb_snapshots_1h.jsonl", 5_767, {"no_position": 847}),
        ("readsb_trace_ac671b.json.gz", 2_500, {}),
        ("tracks/ajaccio.json.gz", 2_629, {}),
        ("tracks/belevingsvlucht.json.gz", 16_005, {}),
        ("tracks/dreamliner_boeing.json.gz", 1_630, {}),
        ("tracks/pixair_toulouse.json.gz", 1_819, {}),
    ],
)
def test_every_row_of_the_recorded_files_is_accounted_for(
    real_data: Path, pattern: str, rows: int, refused: dict[str, int]
) -> None:
    raw = (real_data / "adsb" / pattern).read_bytes()
    positions, _, decoder = decode(gzip.decompress(raw) if pattern.endswith(".gz") else raw)
    assert decoder.counts.units_in == rows
    assert causes(decoder) == refused
    assert np.isnan(positions.lat_deg).sum() == 0


def test_frames_of_the_recorded_jet1090_lines_agree_with_their_decoded_fields(real_data: Path) -> None:
    raw = gzip.decompress((real_data / "adsb" / "toulouse_jet1090.jsonl.gz").read_bytes())
    positions, _, decoder = decode(raw)
    assert decoder.counts.units_in == 71_939
    assert decoder.counts.rejects.total < 50
    truth = {}
    for line in raw.splitlines():
        told = json.loads(line)
        if told.get("latitude") is not None:
            truth[round(told["timestamp"] * 1e6), int(icao24_craft(int(told["icao24"], 16)))] = told
    placed = positions.take(positions.has_position)
    near = [
        abs(lat - told["latitude"]) < 1e-4 and abs(lon - told["longitude"]) < 2e-4
        for time_us, craft, lat, lon in zip(
            placed.time_us.tolist(), placed.craft.tolist(), placed.lat_deg, placed.lon_deg, strict=True
        )
        if (told := truth.get((time_us, craft))) is not None
    ]
    assert len(near) > 10_000
    assert np.mean(near) > 0.999
