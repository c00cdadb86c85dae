"""What a file is that no decoder takes: named as far as its beginning tells, with what is missing or how to mend it.

Signatures are those of the formats' own documents, as the ``magic`` files of ``file(1)`` list them. ``is_other`` says that it is evidently no
recording at all: in a folder it is passed over and not told as a mistake.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from tracker.decode.layouts import AS_IT_STANDS, Reading, layout_of
from tracker.decode.tables.header import DELIMITERS, HEADER_LINES, refusal_of_header
from tracker.printable import printable

_MOST_NAMES: Final = 8


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was found, and what to do."""

    what: str
    mend: str = ""
    is_other: bool = False


_UNPACK: Final = "unpack it first"
_RAW_UAT: Final = "decode it first (uat2json, or dump978-fa with --json-stdout) and read the JSON"
_SIGNATURES: Final = (
    (0, b"\x89PNG\r\n\x1a\n", Refusal("is a picture (PNG)", "", True)),
    (0, b"\xff\xd8\xff", Refusal("is a picture (JPEG)", "", True)),
    (0, b"GIF8", Refusal("is a picture (GIF)", "", True)),
    (0, b"II*\x00", Refusal("is a picture (TIFF)", "", True)),
    (0, b"MM\x00*", Refusal("is a picture (TIFF)", "", True)),
    (8, b"WEBP", Refusal("is a picture (WebP)", "", True)),
    (8, b"WAVE", Refusal("is a sound recording (WAV); radio samples must be demodulated first", "", True)),
    (8, b"AVI ", Refusal("is a film (AVI)", "", True)),
    (4, b"ftyp", Refusal("is a film or picture (MP4 and the like)", "", True)),
    (0, b"%PDF-", Refusal("is a PDF document", "export the table in it as CSV", True)),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal("is an old Office document (xls, doc)", "save the sheet as CSV", True)),
    (0, b"{\\rtf", Refusal("is an RTF document", "save it as plain text", True)),
    (0, b"\x7fELF", Refusal("is a program", "", True)),
    (0, b"MZ\x90\x00", Refusal("is a program", "", True)),
    (8, b"DUCK", Refusal("is a DuckDB database", "export a table of it as Parquet", True)),
    (0, b"SQLite format 3\x00", Refusal("is an SQLite database", "export the table of positions as CSV: sqlite3 -header -csv FILE 'SELECT ...'")),
    (0, b"7z\xbc\xaf\x27\x1c", Refusal("is a 7-Zip archive", _UNPACK)),
    (0, b"Rar!\x1a\x07", Refusal("is a RAR archive", _UNPACK)),
    (0, b"\x1f\x9d", Refusal("is packed by compress (.Z)", _UNPACK)),
    (0, b"\x04\x22\x4d\x18", Refusal("is packed by LZ4", _UNPACK)),
    (0, b"\xff\x06\x00\x00sNaPpY", Refusal("is packed by Snappy", _UNPACK)),
    (0, b"MSCF", Refusal("is a cabinet archive", _UNPACK)),
    (0, b"\xd4\xc3\xb2\xa1", Refusal("is a capture of network packets (pcap)", "take the payload out: tshark -r FILE -T fields -e data.text")),
    (0, b"\xa1\xb2\xc3\xd4", Refusal("is a capture of network packets (pcap)", "take the payload out: tshark -r FILE -T fields -e data.text")),
    (0, b"\x4d\x3c\xb2\xa1", Refusal("is a capture of network packets (pcap)", "take the payload out: tshark -r FILE -T fields -e data.text")),
    (0, b"\x0a\x0d\x0d\x0a", Refusal("is a capture of network packets (pcapng)", "take the payload out: tshark -r FILE -T fields -e data.text")),
    (0, b"\x89HDF\r\n\x1a\n", Refusal("is an HDF5 or NetCDF file", "export positions as CSV or Parquet")),
    (0, b"CDF\x01", Refusal("is a NetCDF file", "export positions as CSV or Parquet")),
    (0, b"CDF\x02", Refusal("is a NetCDF file", "export positions as CSV or Parquet")),
    (0, b"ARROW1", Refusal("is an Arrow (Feather) file", "write it as Parquet")),
    (0, b"Obj\x01", Refusal("is an Avro file", "write it as Parquet or JSON lines")),
    (0, b"\x93NUMPY", Refusal("is a NumPy array", "write a table with names as CSV or Parquet")),
    (0, b"\x80\x04\x95", Refusal("is a Python pickle", "write a table as CSV or Parquet; pickles are programs and are never opened")),
    (0, b"\x80\x05\x95", Refusal("is a Python pickle", "write a table as CSV or Parquet; pickles are programs and are never opened")),
    (0, b"\x00\x00\x27\x0a", Refusal("is a shapefile of geometry", "export positions with craft and time as CSV")),
    (0, b"GRIB", Refusal("is weather data (GRIB)", "", True)),
    (0, b"fgb\x03", Refusal("is a FlatGeobuf file", "export positions with craft and time as CSV")),
)  # fmt: skip
"""Where, what stands there, what it is."""
_MARKUP: Final = (
    (re.compile(rb"<gpx\b", re.IGNORECASE), Refusal("is a GPX track, which names no craft", "export it as CSV with a column mmsi or icao24")),
    (re.compile(rb"<kml\b", re.IGNORECASE), Refusal("is KML, which names no craft by address or MMSI", "export the positions as CSV with a column mmsi or icao24")),
    (re.compile(rb"<TrainingCenterDatabase\b"), Refusal("is a training log (TCX)", "", True)),
    (re.compile(rb"<svg\b", re.IGNORECASE), Refusal("is a picture (SVG)", "", True)),
    (re.compile(rb"<!doctype html|<html\b|<head\b|<body\b", re.IGNORECASE), Refusal("is an HTML page, such as a server sends in place of a file: a login, a consent or an error", "fetch the recording itself again", True)),
    (re.compile(rb"^\s*<"), Refusal("is XML", "export positions as CSV or JSON with mmsi or icao24, a time, lat and lon")),
)  # fmt: skip
_UAT_LINE: Final = re.compile(rb"^[-+][0-9a-fA-F]{36,1104};(rs=|ss=|rssi=|t=|\s*$)", re.MULTILINE)
"""Downlink frames begin with -, uplink frames with + (dump978's readme): 18 or 34 bytes, 432 bytes."""
_ASTERIX: Final = (1, 2, 3, 10, 11, 19, 20, 21, 23, 30, 34, 48, 62, 63, 65, 240, 247)
_CONTROLS: Final = bytes((*range(9), 11, 12, *range(14, 32), 127))
_BEYOND: Final = bytes(range(128, 256))
_BARE_PAYLOAD: Final = re.compile(rb"^[0-9A-Fa-f]{14}$|^[0-9A-Fa-f]{28}$", re.MULTILINE)
_ERROR_NAME: Final = re.compile(r"error|error_?message|errors|detail|fault|exception", re.IGNORECASE)
_PYTHON_RECORD: Final = re.compile(rb"^\s*\{'")


def refusal_of(first_bytes: bytes, reading: Reading = AS_IT_STANDS) -> Refusal:
    """What a file that begins like this is, or as much as can be said of it."""
    first = first_bytes[:65_536]
    if (signed := signature_of(first)) is not None:
        return signed
    stripped = first.lstrip(b"\xef\xbb\xbf \t\r\n")
    if stripped.startswith(b"<"):
        for pattern, refusal in _MARKUP:
            if pattern.search(stripped[:4096]):
                return refusal
    if _UAT_LINE.search(first):
        return Refusal("holds raw UAT frames of 978 MHz (dump978), which are not read", _RAW_UAT)
    if _is_asterix(first):
        return Refusal(
            "looks like ASTERIX (EUROCONTROL radar data), which is not read", "decode it to CSV or JSON first"
        )
    if _BARE_PAYLOAD.search(first):
        return Refusal(
            "holds Mode S frames in bare hexadecimal digits, without a time",
            "write each as *HEX; (AVR), or as Beast with a clock",
        )
    if stripped[:1] in (b"{", b"[") and (told := _json(stripped)) is not None:
        return told
    if not any(first):
        return Refusal("holds nothing but zeros, as a download or a disk leaves that failed", "fetch it again")
    if _is_binary(first[:4096]):
        return Refusal(f"is binary data of no kind that is known (it begins with {first[:8].hex(' ')})")
    return _table(first, reading) or _text(first)


def signature_of(first_bytes: bytes) -> Refusal | None:
    """What the signature at the beginning says, if there is one."""
    for at, magic, refusal in _SIGNATURES:
        if first_bytes[at : at + len(magic)] == magic:
            return refusal
    return None


def _is_binary(first: bytes) -> bool:
    """Whether bytes are no text of any encoding with letters: NUL, many control characters, or mostly beyond ASCII and no UTF-8."""
    if first.count(0) or len(first.translate(None, _CONTROLS)) < 0.99 * len(first):
        return True
    return len(first.translate(None, _BEYOND)) < 0.6 * len(first) and "\ufffd" in first[:-4].decode("utf-8", "replace")


def _is_asterix(first: bytes) -> bool:
    """Whether the bytes are data blocks of a category and a length, one after the other (EUROCONTROL-SPEC-0149, 4.3)."""
    at = blocks = 0
    while at + 3 <= len(first) and blocks < 20:
        length = int.from_bytes(first[at + 1 : at + 3], "big")
        if first[at] not in _ASTERIX or length < 6:
            return False
        at += length
        blocks += 1
    return blocks >= 2 or (blocks == 1 and at == len(first))


def _json(text: bytes) -> Refusal | None:
    """JSON without what a record needs; None for what only begins like it, a file of settings for instance."""
    if _PYTHON_RECORD.match(text):
        return Refusal("holds Python dictionaries in single quotes, not JSON", "write them with json.dumps")
    first = _first_record(text)
    if first is None and b'"' not in text:
        return None
    if (answer := _answer_in(first)) is not None:
        return Refusal(f"is an answer of a server that says {printable(answer[:200])!r}", "ask it again")
    names = _names_in(first)
    if not names:
        return Refusal("is JSON without records that name a craft and a position", _NEEDED)
    missing = layout_of([name.rpartition(".")[2] for name in names], "json").missing
    return Refusal(f"is JSON with the members {_listed(names)}{_without(missing)}", _NEEDED)


_NEEDED: Final = (
    "a record needs a craft (mmsi or icao24), a time, lat and lon; docs/inputs.md lists the names that are understood"
)


def _first_record(text: bytes) -> Any:
    """The first object, of a line or of a document that was read to its end."""
    decoder = json.JSONDecoder()
    try:
        return decoder.raw_decode(text.decode("utf-8", "replace"))[0]
    except (ValueError, RecursionError):
        inner = re.search(rb"\{[^{}]*\}", text)
        try:
            return decoder.raw_decode(inner[0].decode("utf-8", "replace"))[0] if inner else None
        except ValueError:
            return None


def _answer_in(value: Any) -> str | None:
    """What a service says in place of records, where the first object is no more than an error."""
    while isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict) or any(isinstance(member, list) and member for member in value.values()):
        return None
    for name, member in value.items():
        inner = member.get("message") if isinstance(member, dict) else member
        if _ERROR_NAME.fullmatch(name) and isinstance(inner, str) and inner.strip():
            return inner
    return None


def _names_in(value: Any, before: str = "", depth: int = 4) -> list[str]:
    """Dotted paths of the members of the first record in a document."""
    while isinstance(value, list) and value and isinstance(value[0], (dict, list)):
        value = value[0]
    if not isinstance(value, dict) or not depth:
        return []
    inner = [found for name, item in value.items() if isinstance(item, (dict, list)) for found in _names_in(item, f"{before}{name}.", depth - 1)]  # fmt: skip
    return [f"{before}{name}" for name, item in value.items() if not isinstance(item, (dict, list))] + inner


def _table(first: bytes, reading: Reading) -> Refusal | None:
    """Delimited text whose header lacks something, or that has none."""
    lines = [line for line in first.splitlines()[:HEADER_LINES] if line.strip() and not line.startswith(b"#")]
    if (told := refusal_of_header(lines, reading)) is not None:
        return Refusal(f"is {told[0]}", told[1])
    for delimiter in DELIMITERS:
        mark = delimiter.encode()
        if len(lines) < 2 or lines[0].count(mark) < 2 or lines[0].count(mark) != lines[1].count(mark):
            continue
        names = [name.strip(' "') for name in lines[0].decode("utf-8", "replace").split(delimiter)]
        if any(re.fullmatch(r"[-+]?[\d.]+", name) for name in names):
            return Refusal(
                f"is a table of {len(names)} columns without a line of their names",
                "write one above it: mmsi,timestamp,lat,lon,...",
            )
        missing = layout_of(names, "csv").missing
        return Refusal(
            f"is a table with the columns {_listed(names)}{_without(missing)}",
            "if they are positions of ships or aircraft, rename its columns to mmsi or icao24, timestamp, lat and lon",
        )
    return None


def _text(first: bytes) -> Refusal:
    line = next((line for line in first.splitlines() if line.strip()), b"")[:80]
    return Refusal(
        f"is text of no kind that is known; it begins {printable(line.decode('utf-8', 'replace').strip())!r}",
        "",
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(printable(name[:40]) for name in names[:_MOST_NAMES])
    return f"{shown} and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else shown


def _without(missing: tuple[str, ...]) -> str:
    words = {"craft": "a craft", "time": "a time", "position": "a position"}
    told = [words.get(name, name) for name in missing]
    if not told:
        return ""
    return f"; {' and '.join(told) if len(told) < 3 else 'a craft, a time and a position'} {'is' if len(told) == 1 else 'are'} named by none of them"
