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
vote, and the kind with most votes wins. Decoders are loaded when one is made: a refusal needs none of them. What gives a format away, and its decoder,
stand in ``tracker.decode.formats``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from tracker.decode.formats import FORMATS, DecoderOptions, InputKind
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts import AS_IT_STANDS, Reading
from tracker.decode.refusals import refusal_of, signature_of
from tracker.decode.tables.header import HEADER_LINES
from tracker.errors import OtherFileError, UnknownFormatError

if TYPE_CHECKING:
    from tracker.decode.base import Decoder

PEEK_BYTES: Final = 1 << 16
"""How much of the beginning of an input is worth handing to ``recognise``."""
_LINES: Final = 2_000

ACCEPTED: Final = (
    "NMEA AIS, Beast, AVR, SBS-1, readsb JSON and traces, jet1090 JSON lines, OpenSky states, track JSON, JSON lines with AIS "
    "sentences, and CSV or Parquet tables with columns named mmsi or icao24, timestamp, lat and lon; each plain, packed or in an archive"
)

_MEND: Final = f"accepted are {ACCEPTED} (docs/inputs.md)"
_JSON_BEGINNING: Final = re.compile(rb"\A\W{0,64}[\[{]|\n\s*[\[{]|\A[^\n{]{1,300}\{\s*\"")


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
    formats = FORMATS.values()
    for one in formats:
        if one.magic and first_bytes.startswith(one.magic):
            return one.kind
    if (signed := signature_of(first_bytes)) is not None:
        raise (OtherFileError if signed.is_other else UnknownFormatError)(signed.what, name_hint, signed.mend or _MEND)
    for one in formats:
        if one.whole is not None and one.whole(first_bytes):
            return one.kind
    lines = first_bytes.removeprefix(b"\xef\xbb\xbf").splitlines()
    votes = _line_votes(lines)
    for one in formats:
        if one.rules_out_others and votes[one.kind]:
            return one.kind
    if not any(one.rules_out_json and votes[one.kind] for one in formats) and _JSON_BEGINNING.search(first_bytes):
        for one in formats:
            if one.json is not None and one.json(first_bytes):
                return one.kind
    if votes:
        return max(votes, key=lambda candidate: votes[candidate])
    for one in formats:
        if one.header is not None and any(one.header(line, reading) for line in lines[:HEADER_LINES]):
            return one.kind
    refusal = refusal_of(first_bytes, reading)
    raise (OtherFileError if refusal.is_other else UnknownFormatError)(refusal.what, name_hint, refusal.mend or _MEND)


def _line_votes(lines: list[bytes]) -> Counter[InputKind]:
    """How many lines look like each kind of text; a line votes for one kind."""
    votes: Counter[InputKind] = Counter()
    for line in lines[:_LINES]:
        for one in FORMATS.values():
            if one.line is not None and (count := one.line(line)):
                votes[one.kind] += count
                break
    return votes


def clock_of(kind: InputKind, blocks: Iterable[bytes]) -> str:
    """What stamps the frames of a recording, ``12mhz`` or ``gps``; ``auto`` where its kind has no such stamps."""
    frame_clock = FORMATS[kind].frame_clock
    return "auto" if frame_clock is None else frame_clock(blocks)


def make_decoder(
    kind: InputKind,
    source: int,
    *,
    times: InputTimes = NOTHING_SAID,
    aerodromes_deg: Any = None,
    reading: Reading = AS_IT_STANDS,
) -> Decoder:
    """The decoder of a kind of input; the options are those of ``tracker.decode.formats.DecoderOptions``.

    Raises
    ------
    ValueError
        for Parquet, which is read from a path: ``tracker.decode.tables.decode_parquet``.
    """
    make = FORMATS[kind].decoder
    if make is None:
        raise ValueError(f"{kind} is read from a path: use tracker.decode.tables.decode_parquet")
    return make(source, DecoderOptions(times, reading, aerodromes_deg))


__all__ = ["ACCEPTED", "PEEK_BYTES", "InputKind", "clock_of", "make_decoder", "recognise"]
