"""Sentences inside JSON lines, as AIS-catcher writes them: ``{"rxtime":"20260301120000","rxuxtime":1772366400.1,"nmea":["!AIVDM,..."]}``.

Every line becomes one of plain NMEA, with the record's time before its sentences, and goes to the decoder of those; so all rules of
``walk`` hold, and fragments join. What the record says of the message besides is not read: the sentence is nearer the air.

===========  ==========================================================================================================
sentences    every text, or text in a list, that begins with ``!``, ``$`` or a tag block; in the record or in records inside it (``msgs``)
time         ``rxuxtime`` or ``toa`` (Unix time), ``rxtime`` (UTC; AIS-catcher, github.com/jvde-github/AIS-catcher #509), else ``timestamp``,
             ``time`` and their like, written in any way that ``line_time`` reads; a record inside another that has none takes its
before it    what stands before the first brace (a journal's stamp, ``>>``) and what follows the record (the sentence again) is passed over
===========  ==========================================================================================================

Lines without a brace go on as they are. Refused: ``bad_json``; ``unknown_sentence``, a record without a sentence; ``too_long``, a line
of more than ``MAX_RECORD_BYTES``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

from streams.snapshot import bundle, bytes_table, scalars, table_bytes, unbundle
from tracker.decode.ais import layout as at
from tracker.decode.ais.decoder import AisDecoder
from tracker.decode.base import Decoded, OtherMessage
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.rejects import RejectCause
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import Micros

MAX_RECORD_BYTES: Final = 1 << 18
"""A batch of AIS-catcher's, of some hundred messages, on one line."""
_KIND: Final = "decoder.nmea_json"
_LAYOUT: Final = 1
_SENTENCE: Final = re.compile(r"(?:\\[^\\]*\\)*[!$][A-Za-z0-9]{2,},[ -~]*")
_TIMES: Final = (
    "rxuxtime", "toa", "rxtime", "timestamp", "time", "ts", "datetime", "receivedat", "received", "recvtime", "receivetime",
    "unixtime", "epoch", "tstamp", "timestampms", "date",
)  # fmt: skip
"""Names of members, without case and punctuation, the best first."""
_MOST_DEEP: Final = 4
_MOST_PREFIX: Final = 64
_NO_TIME: Final = ""


class NmeaJsonDecoder:
    """Decoder of JSON lines that hold sentences (``tracker.decode.base.Decoder``)."""

    def __init__(self, source: int, *, times: InputTimes = NOTHING_SAID) -> None:
        self._inner = AisDecoder(source, times=times)
        self.counts = self._inner.counts
        self._carry = b""
        self._skipping = False
        """Inside a line that was refused for its length."""
        self._line = 0
        self._received_us: Micros | None = None
        self._others: list[OtherMessage] = []

    def decode(self, block: bytes, received_us: Micros | None = None) -> Decoded:
        """Decode the next bytes of the feed."""
        self._others = []
        self._received_us = received_us
        *lines, rest = block.split(b"\n")
        parts: list[Decoded] = []
        plain: list[bytes] = []
        for line in lines:
            whole, self._carry = self._carry + line, b""
            self._line += 1
            if self._skipping:
                self._skipping = False
                plain.append(b"")
                continue
            made = self._lines_of(whole)
            plain.append(made[0])
            if len(made) > 1:  # the decoder of sentences counts lines too
                parts.append(self._pass_on([*plain, *made[1:]], received_us))
                self._inner.skip_to_line(self._line)
                plain = []
        if plain:
            parts.append(self._pass_on(plain, received_us))
        if not self._skipping:
            self._carry += rest
            if len(self._carry) > MAX_RECORD_BYTES:
                self._refuse(RejectCause.TOO_LONG, self._line + 1, self._carry)
                self._carry, self._skipping = b"", True
        return _joined(parts)

    def flush(self) -> Decoded:
        """End of input: the last line, and what waits in the decoder of sentences."""
        others: list[OtherMessage] = []
        parts = []
        if self._carry or self._skipping:
            parts.append(self.decode(b"\n", self._received_us))
            others = self._others
        parts.append(self._inner.flush())
        self._others = others + self._inner.take_others()
        return _joined(parts)

    def take_others(self) -> list[OtherMessage]:
        """The messages without columns of the last call, once."""
        others, self._others = self._others, []
        return others

    def skip_unit(self, last: bytes) -> tuple[int, bytes]:
        """Forget the unfinished line."""
        unit, self._carry, self._skipping = self._carry + last, b"", False
        self._line += 1
        self._inner.skip_to_line(self._line)
        return self._line, unit

    def snapshot(self) -> bytes:
        """What spans blocks: the unfinished line, and the decoder of sentences."""
        about = scalars(carry=self._carry, skipping=self._skipping, line=self._line, received_us=self._received_us)
        return bundle(_KIND, _LAYOUT, {"about": table_bytes(about), "sentences": self._inner.snapshot()})

    def restore(self, data: bytes) -> None:
        """Go on from a snapshot."""
        parts = unbundle(_KIND, _LAYOUT, data)
        about = bytes_table(parts["about"]).to_pylist()[0]
        self._inner.restore(parts["sentences"])
        self._carry, self._skipping, self._line = about["carry"], about["skipping"], about["line"]
        self._received_us = about["received_us"]
        self._others = []

    def _pass_on(self, lines: list[bytes], received_us: Micros | None) -> Decoded:
        decoded = self._inner.decode(b"\n".join([*lines, b""]), received_us)
        self._others += self._inner.take_others()
        return decoded

    def _refuse(self, cause: RejectCause, line: int, unit: bytes) -> None:
        self.counts.units_in += 1
        self.counts.rejects.add(cause, line, unit)

    def _lines_of(self, line: bytes) -> list[bytes]:
        """What the decoder of sentences is given for a line: at least one line, perhaps empty."""
        brace = line.find(b"{")
        if brace < 0:
            return [line]
        if len(line) > MAX_RECORD_BYTES:
            self._refuse(RejectCause.TOO_LONG, self._line, line)
            return [b""]
        try:
            value, _ = _DECODER.raw_decode(line[brace:].decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            self._refuse(RejectCause.BAD_JSON, self._line, line)
            return [b""]
        made = [piece for prefix, sentences in _sentences(value, _NO_TIME, 0) for piece in _pieces(prefix, sentences)]
        if not made:
            self._refuse(RejectCause.UNKNOWN_SENTENCE, self._line, line)
        return made or [b""]


_DECODER: Final = json.JSONDecoder()


def _sentences(record: Any, prefix: str, depth: int) -> Iterator[tuple[str, list[str]]]:
    """The sentences of a record and of the records inside it, each with what tells their time."""
    if not isinstance(record, dict) or depth > _MOST_DEEP:
        return
    prefix = _prefix(record) or prefix
    own: list[str] = []
    inside: list[Any] = []
    for value in record.values():
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, str) and _SENTENCE.match(one):
                own.append(one)
            elif isinstance(one, dict):
                inside.append(one)
    if own:
        yield prefix, own
    for one in inside:
        yield from _sentences(one, prefix, depth + 1)


def _prefix(record: dict[str, Any]) -> str:
    """The time of a record as it stands before a sentence; empty where it says none."""
    named = {re.sub(r"[^a-z0-9]", "", name.lower()): value for name, value in record.items()}
    for name in _TIMES:
        value = named.get(name)
        if isinstance(value, str) and value:
            text = re.sub(r"[^ -~]|[!$\\]", "?", value[:_MOST_PREFIX])
            return f"{text}Z " if name == "rxtime" and text.isdecimal() else f"{text} "
        if isinstance(value, int | float) and not isinstance(value, bool):
            return f"{_micros(value)} "
    return _NO_TIME


def _micros(value: float) -> str:
    """A Unix time as text; what is none as one that is refused."""
    if not math.isfinite(value) or value <= 0:
        return "0000000000"
    if isinstance(value, int):
        return f"{value:010d}"[:20]
    for least, factor in ((1e17, 1e-3), (1e14, 1.0), (1e11, 1e3), (0.0, 1e6)):
        if value >= least:
            return f"{round(value * factor):016d}"[:20]
    return "0000000000"


def _pieces(prefix: str, sentences: list[str]) -> Iterator[bytes]:
    """Lines of at most ``MAX_LINE_BYTES`` that hold these sentences."""
    head = prefix.encode()
    line = head
    for sentence in sentences:
        one = sentence.strip().encode("ascii", "replace").replace(b"\n", b" ").replace(b"\r", b" ")
        if line != head and len(line) + len(one) > at.MAX_LINE_BYTES:
            yield line
            line = head
        line += one
    yield line


def _joined(parts: list[Decoded]) -> Decoded:
    if len(parts) == 1:
        return parts[0]
    return Decoded(
        PositionBatch.concat(part.positions for part in parts), StaticBatch.concat(part.statics for part in parts)
    )
