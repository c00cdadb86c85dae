"""What an input format is: how its bytes give it away, who decodes it, and what readers have to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.layouts import AS_IT_STANDS, Reading

if TYPE_CHECKING:
    from tracker.decode.base import Decoder


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


@dataclass(frozen=True, slots=True)
class DecoderOptions:
    """What a decoder may be told; each takes what concerns its format."""

    times: InputTimes = NOTHING_SAID
    """What a user says of the times in it."""
    reading: Reading = AS_IT_STANDS
    """What a user says of the columns of a table, and units decided from its rows."""
    aerodromes_deg: NDArray[np.float64] | None = None
    """Latitudes and longitudes ``[n, 2]`` of all aerodromes: the surface positions of aircraft that have not flown yet need a place to start from."""


@dataclass(frozen=True, slots=True)
class InputFormat:
    """One format. What gives it away is one of ``magic``, ``whole``, ``line``, ``json`` and ``header``, tried in this order (``tracker.decode.recognise``)."""

    kind: InputKind
    title: str
    """What it is, for a person."""
    decoder: Callable[[int, DecoderOptions], Decoder] | None
    """Makes the decoder of a source, and loads it only then; None where it is read from a path and not as a stream of bytes."""
    magic: bytes = b""
    """What it begins with, whatever follows."""
    whole: Callable[[bytes], bool] | None = None
    """Whether the first bytes are it, whatever their lines look like."""
    line: Callable[[bytes], int] | None = None
    """Votes of a line for it."""
    rules_out_others: bool = False
    """One vote decides: lines of another format may stand inside its own."""
    rules_out_json: bool = False
    """One vote says that what looks like JSON is none."""
    header: Callable[[bytes, Reading], bool] | None = None
    """Whether a line is the header of such a table, where no line has given a format away."""
    json: Callable[[bytes], bool] | None = None
    """Whether the beginning of JSON is it."""
    setting: str = ""
    """Its name in ``format`` of a source of the live program; empty where it is found by its bytes only."""
    units: str = "records"
    """What its units are, in a sentence."""
    place: str = "line"
    """What the place of a refused unit counts."""
    is_binary: bool = False
    """Frames, and no text."""
    holds_words: bool = False
    """It holds names in a person's own letters; other text is ASCII, and its bytes are counted and summed as they are."""
    is_table: bool = False
    """Its rows stand for themselves, each with its own time: somebody wrote them in the order that suited him, and it says nothing. Its units follow
    from the names of columns or members, not from a standard."""
    has_fragments: bool = False
    """A message may need several of its units, in the order of reception."""
    has_own_clock: bool = False
    """As a live feed it may bring times of its own: those of Mode S receivers count from an instant that our receive clock gives, SBS-1 is stamped by us."""
    frame_clock: Callable[[Iterable[bytes]], str] | None = None
    """What stamps its frames, ``12mhz`` or ``gps``; None where it has no such stamps."""
