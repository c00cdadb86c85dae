"""Which kind of input these bytes are, judged by content alone, and the decoder for it.

======================  ===========================================================================================
kind                    what gives it away in the first bytes
======================  ===========================================================================================
``positions_parquet``   ``PAR1``
``beast``               frames that begin with ``1A`` and have the length of their type, over half of the bytes
``jet1090``             JSON with ``"frame"`` beside ``"df"``, ``"timestamp"`` or ``"icao24"``
``readsb_trace``        JSON with ``"trace": [``
``opensky_states``      JSON with ``"states": [``
``readsb_json``         JSON with ``"aircraft": [``, ``"ac": [`` or ``"hex"``
``track_json``          any other JSON whose records, however deep, name a craft and a position (``tracker.decode.layouts``)
``nmea_json``           JSON lines with a sentence ``!..VDM`` in a text
``nmea``                lines with ``!..VDM``, ``!..VDO`` or other NMEA 0183 sentences
``avr``                 lines of hexadecimal digits between ``*``, ``@``, ``<`` or ``%`` and ``;``
``sbs1``                lines that begin with MSG, MLAT, SEL, ID, AIR, STA or CLK and have at least ten fields
``positions_csv``       a line of column names that name a craft, a time and a position
======================  ===========================================================================================

A recording may begin in the middle of a line, with a byte order mark, blank lines or comments: every line at hand has a
vote, and the kind with most votes wins. Decoders are loaded when one is made: a refusal needs none of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.json_lines.sight import holds_records
from tracker.decode.layouts import AS_IT_STANDS, Reading
from tracker.decode.refusals import refusal_of, signature_of
from tracker.decode.tables.header import HEADER_LINES, header_of
from tracker.errors import OtherFileError, UnknownFormatError

if TYPE_CHECKING:
    from tracker.decode.base import Decoder

PEEK_BYTES: Final = 1 << 16
"""How much of the beginning of an input is worth handing to ``recognise``."""


class InputKind(StrEnum):
    """The kinds of input that can be read."""

    NMEA = "nmea"
    NMEA_JSON = "nmea_json"
    BEAST = "beast"
    AVR = "avr"
    SBS1 = "sbs1"
    READSB_JSON = "readsb_json"
    READSB_TRACE = "readsb_trace"
    JET1090 = "jet1090"
    OPENSKY_STATES = "opensky_states"
    TRACK_JSON = "track_json"
    POSITIONS_CSV = "positions_csv"
    POSITIONS_PARQUET = "positions_parquet"


ACCEPTED: Final = (
    "NMEA AIS, Beast, AVR, SBS-1, readsb JSON and traces, jet1090 JSON lines, OpenSky states, track JSON, JSON lines with AIS "
    "sentences, and CSV or Parquet tables with columns named mmsi or icao24, timestamp, lat and lon; each plain, packed or in an archive"
)

_MEND: Final = f"accepted are {ACCEPTED} (docs/inputs.md)"
_SENTENCE = re.compile(rb"[!$][A-Z]{2}[A-Z]{3},")
_AIS_SENTENCE = re.compile(rb"![A-Z]{2}VD[MO],\d")
_SENTENCE_IN_JSON = re.compile(rb'"(?:\\\\[^"\\]{0,200}\\\\)?![A-Z]{2}VD[MO],\d')
_AVR_LINE = re.compile(
    rb"^\s*(\*([0-9A-Fa-f]{4}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{28})|[@%][0-9A-Fa-f]{16,40}|<[0-9A-Fa-f]{18,42});"
)
_SBS_LINE = re.compile(rb"^(MSG|MLAT|SEL|ID|AIR|STA|CLK),([^,]*,){8}")
_BEAST_BYTES: Final = {0x31: 11, 0x32: 16, 0x33: 23, 0x34: 23, 0x35: 23, 0xE3: 10, 0xE4: 18}
"""Length of a Beast frame by its type, with the 1A before it and escapes undone."""
_JSON_KINDS: Final = (
    (InputKind.JET1090, re.compile(rb'"frame"\s*:\s*"'), re.compile(rb'"(df|timestamp|icao24)"\s*:')),
    (InputKind.READSB_TRACE, re.compile(rb'"trace"\s*:\s*\['), re.compile(rb"")),
    (InputKind.OPENSKY_STATES, re.compile(rb'"states"\s*:\s*(\[|null)'), re.compile(rb"")),
    (InputKind.READSB_JSON, re.compile(rb'"(aircraft|ac)"\s*:\s*\[|"hex"\s*:\s*"'), re.compile(rb"")),
)
"""Shapes that are plain to see. What else is JSON is opened and looked at: ``tracker.decode.json_lines.sight``."""
_JSON_BEGINNING = re.compile(rb"\A\W{0,64}[\[{]|\n\s*[\[{]|\A[^\n{]{1,300}\{\s*\"")


def recognise(first_bytes: bytes, name_hint: str = "", reading: Reading = AS_IT_STANDS) -> InputKind:
    """The kind of an input from its first (decompressed) bytes.

    Parameters
    ----------
    first_bytes:
        The beginning, best ``PEEK_BYTES`` of it.
    name_hint:
        Name of the file or feed, for the error message only.
    reading:
        What a user says of the columns of a table.

    Raises
    ------
    UnknownFormatError
        when nothing that is accepted begins like this.
    """
    if not first_bytes.strip():
        raise UnknownFormatError("the input is empty", name_hint, _MEND)
    if first_bytes.startswith(b"PAR1"):
        return InputKind.POSITIONS_PARQUET
    if (signed := signature_of(first_bytes)) is not None:
        raise (OtherFileError if signed.is_other else UnknownFormatError)(signed.what, name_hint, signed.mend or _MEND)
    if _beast_share(first_bytes) > 0.5:
        return InputKind.BEAST
    votes = _line_votes(first_bytes, reading)
    if votes[InputKind.NMEA_JSON]:
        return InputKind.NMEA_JSON
    if not votes[InputKind.NMEA] and _JSON_BEGINNING.search(first_bytes):
        kind = _json_kind(first_bytes)
        if kind is not None:
            return kind
    if votes:
        return max(votes, key=lambda candidate: votes[candidate])
    refusal = refusal_of(first_bytes, reading)
    raise (OtherFileError if refusal.is_other else UnknownFormatError)(refusal.what, name_hint, refusal.mend or _MEND)


def _line_votes(first_bytes: bytes, reading: Reading) -> Counter[InputKind]:
    """How many lines look like each kind of text."""
    votes: Counter[InputKind] = Counter()
    lines = first_bytes.removeprefix(b"\xef\xbb\xbf").splitlines()
    for line in lines[:2_000]:
        quoted = _SENTENCE_IN_JSON.search(line)
        if quoted and 0 <= line.find(b"{") < quoted.start():
            votes[InputKind.NMEA_JSON] += 1
        elif _SENTENCE.search(line):
            votes[InputKind.NMEA] += 1 + bool(_AIS_SENTENCE.search(line))
        elif _AVR_LINE.match(line):
            votes[InputKind.AVR] += 1
        elif _SBS_LINE.match(line):
            votes[InputKind.SBS1] += 1
    if not votes and any(header_of(line, reading) for line in lines[:HEADER_LINES]):
        votes[InputKind.POSITIONS_CSV] += 1
    return votes


def _json_kind(first_bytes: bytes) -> InputKind | None:
    """The kind of JSON, by the names of its members; None where it is no record of a craft."""
    for kind, has, beside in _JSON_KINDS:
        if has.search(first_bytes) and beside.search(first_bytes):
            return kind
    return InputKind.TRACK_JSON if holds_records(first_bytes) else None


def _beast_share(first_bytes: bytes) -> float:
    """The share of the bytes that are well-formed Beast frames."""
    covered, at, size = 0, first_bytes.find(b"\x1a"), len(first_bytes)
    while 0 <= at < size - 1:
        length = _BEAST_BYTES.get(first_bytes[at + 1])
        end = at + 2
        if length is not None:
            left = length - 2  # the length counts the escape byte and the type
            while left and end < size:
                end += 2 if first_bytes[end : end + 2] == b"\x1a\x1a" else 1
                left -= 1
            if end >= size or first_bytes[end] == 0x1A:
                covered += min(end, size) - at
                at = end
                continue
        at = first_bytes.find(b"\x1a", at + 1)
    return covered / size


def clock_of(kind: InputKind, blocks: Iterable[bytes]) -> str:
    """What stamps the frames of a recording, ``12mhz`` or ``gps``; ``auto`` where its kind has no such stamps."""
    if kind not in (InputKind.BEAST, InputKind.AVR):
        return "auto"
    from tracker.decode.adsb import AvrDecoder, BeastDecoder
    from tracker.decode.adsb.stream import settled_clock

    return settled_clock(BeastDecoder(0) if kind is InputKind.BEAST else AvrDecoder(0), blocks)


def make_decoder(
    kind: InputKind,
    source: int,
    *,
    times: InputTimes = NOTHING_SAID,
    aerodromes_deg: Any = None,
    reading: Reading = AS_IT_STANDS,
) -> Decoder:
    """The decoder of a kind of input.

    Parameters
    ----------
    times:
        What a user says of the times in it.
    reading:
        What a user says of the columns of a table, and units decided from its rows.
    aerodromes_deg:
        Latitudes and longitudes ``[n, 2]`` of all aerodromes: the surface positions of aircraft that have not flown yet
        need a place to start from.

    Raises
    ------
    ValueError
        for Parquet, which is read from a path: ``tracker.decode.tables.decode_parquet``.
    """
    match kind:
        case InputKind.NMEA:
            from tracker.decode.ais import AisDecoder

            return AisDecoder(source, times=times)
        case InputKind.NMEA_JSON:
            from tracker.decode.ais import NmeaJsonDecoder

            return NmeaJsonDecoder(source, times=times)
        case InputKind.BEAST:
            from tracker.decode.adsb import BeastDecoder

            return BeastDecoder(source, times=times, aerodromes_deg=aerodromes_deg)
        case InputKind.AVR:
            from tracker.decode.adsb import AvrDecoder

            return AvrDecoder(source, times=times, aerodromes_deg=aerodromes_deg)
        case InputKind.SBS1:
            from tracker.decode.adsb import Sbs1Decoder

            return Sbs1Decoder(source, times=times)
        case InputKind.POSITIONS_CSV:
            from tracker.decode.tables.positions_csv import PositionsCsvDecoder

            return PositionsCsvDecoder(source, times=times, reading=reading)
        case InputKind.POSITIONS_PARQUET:
            raise ValueError("Parquet is read from a path: use tracker.decode.tables.decode_parquet")
        case _:
            from tracker.decode.json_lines.decoder import JsonDecoder

            return JsonDecoder(source, times=times, aerodromes_deg=aerodromes_deg)
