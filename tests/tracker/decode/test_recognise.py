"""Inputs are recognised by what they hold, also when they begin in the middle of something."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.files import peek
from tracker.decode.formats import FORMATS
from tracker.decode.layouts import GENERIC
from tracker.decode.recognise import PEEK_BYTES, InputKind, make_decoder, recognise
from tracker.errors import UnknownFormatError

AIS = b"!AIVDM,1,1,,B,13P>Hn?P00PD<wpNe1h>4?v00<0u,0*5A\r\n"
FRAME = b"\x1a3" + bytes(6) + b"\x20" + bytes.fromhex("8D4840D6202CC371C32CE0576098")
EXAMPLES = {
    InputKind.NMEA: [
        AIS,
        b"\\s:rORBCOMM,c:1426032000*4F\\" + AIS,
        b"1496360000.123 " + AIS,
        b"2016-03-31 22:00:01, " + AIS,
        b"0u,0*5A\r\n\r\n" + AIS,
        b"$GPGGA,1,2\n" + AIS,
        b"\xef\xbb\xbf# a comment\n" + AIS,
    ],
    InputKind.NMEA_JSON: [
        b'{"class":"AIS","rxuxtime":1496360000.1,"nmea":["' + AIS.strip() + b'"]}\n',
        b'Sep 05 12:59:52 pi aiscatcher[1]: {"rxtime":"20230905165952","nmea":["' + AIS.strip() + b'"],"mmsi":1}\n',
    ],
    InputKind.BEAST: [FRAME * 3, FRAME[9:] + FRAME * 5, FRAME + b"\x1a2" + bytes(7) + bytes(5)],
    InputKind.AVR: [
        b"*8D4840D6202CC371C32CE0576098;\n",
        b"371C32CE0576098;\n@016CE3671AA88D00199A8BB80030A8000628F400;\n",
    ],
    InputKind.SBS1: [
        b"MSG,3,111,11111,4CA2D6,111111,2009/06/11,16:07:09.123,2009/06/11,16:07:09.500,,37000,,,51.5,-0.1,,,0,0,0,0\r\n"
    ],
    InputKind.JET1090: [
        b'{"timestamp":1.5,"frame":"8c34","df":"17"}\n',
        b'0,"df":"4"}\n{"timestamp":1,"frame":"02"}\n',
    ],
    InputKind.READSB_TRACE: [b'{"icao":"ac671b",\n"timestamp": 1738703622.6,\n"trace":[\n[0.0,1.0,2.0'],
    InputKind.OPENSKY_STATES: [b'{"time":1,"states":[["4b1812","SWR1    "', b'{"time":1,"states":null}'],
    InputKind.READSB_JSON: [
        b'{ "now" : 1.0,\n "messages" : 1,\n "aircraft" : [\n',
        b'\n\n{"now": 1, "hex": "a19702"}\n',
        b'{"flight": "N/A", "now": 1}\n{"now": 1, "hex": "a19702"}\n',
    ],
    InputKind.TRACK_JSON: [b'[{"altitude":1.0,"icao24":"0101de","latitude":48.4,"longitude":3.8}'],
    InputKind.POSITIONS_CSV: [
        b"mmsi,timestamp,lon,lat\n",
        b"\xef\xbb\xbf\r\nMMSI;BaseDateTime;LAT;LON\r\n",
        b"# Timestamp,Type of mobile,MMSI,Latitude,Longitude\n",
        b"# made by hand\nicao24\ttime\tlat\tlng\n",
    ],
    InputKind.POSITIONS_PARQUET: [b"PAR1\x15\x04"],
}


@pytest.mark.parametrize("kind", list(InputKind))
def test_a_kind_is_recognised_by_its_content(kind: InputKind) -> None:
    for example in EXAMPLES[kind]:
        assert recognise(example) == kind, example


@pytest.mark.parametrize("junk", [b"", b" \r\n", b"hello\n", bytes(range(1, 64)), b"a,b\n1,2\n"])
def test_what_nobody_can_read_is_told_with_what_can_be(junk: bytes) -> None:
    with pytest.raises(UnknownFormatError, match=r"^june\.log: .*accepted are NMEA AIS, Beast"):
        recognise(junk, "june.log")


@pytest.mark.parametrize("kind", [kind for kind in InputKind if kind != InputKind.POSITIONS_PARQUET])
def test_every_kind_has_a_decoder_that_takes_its_example(kind: InputKind) -> None:
    decoder = make_decoder(kind, 1)
    decoder.decode(EXAMPLES[kind][0])
    decoder.flush()
    assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total


def test_every_kind_stands_in_the_table_of_formats_once_and_something_gives_it_away() -> None:
    assert set(FORMATS) == set(InputKind)
    for one in FORMATS.values():
        assert sum(map(bool, (one.magic, one.whole, one.line, one.json, one.header))) == 1, one.kind


def test_parquet_is_not_decoded_from_blocks() -> None:
    with pytest.raises(ValueError, match="decode_parquet"):
        make_decoder(InputKind.POSITIONS_PARQUET, 0)


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("ais/*.gz", InputKind.NMEA),
        ("ais/malformed/*.nmea", InputKind.NMEA),
        ("ais/truth/gpsd/*.aivdm", InputKind.NMEA),
        ("ais/truth/libais/*.aivdm", InputKind.NMEA),
        ("ais/truth/libais/*.nmea", InputKind.NMEA),
        ("adsb/*.beast.gz", InputKind.BEAST),
        ("adsb/*.avr.gz", InputKind.AVR),
        ("adsb/toulouse_jet1090.jsonl.gz", InputKind.JET1090),
        ("adsb/readsb_snapshots_1h.jsonl", InputKind.READSB_JSON),
        ("adsb/readsb_trace*.gz", InputKind.READSB_TRACE),
        ("adsb/quickstart_states.json.gz", InputKind.TRACK_JSON),
        ("adsb/tracks/*.gz", InputKind.TRACK_JSON),
        ("positions/*.csv*", InputKind.POSITIONS_CSV),
    ],
)
def test_every_recorded_file_is_recognised(real_data: Path, pattern: str, kind: InputKind) -> None:
    files = sorted(real_data.glob(pattern))
    assert files
    for file in files:
        assert recognise(peek(file, PEEK_BYTES), file.name) == kind, file.name


def test_every_kind_and_column_name_stands_in_the_documents() -> None:
    page = (Path(__file__).parents[3] / "docs" / "inputs.md").read_text()
    for name in (*InputKind, *GENERIC):
        assert f"`{name}`" in page, name
