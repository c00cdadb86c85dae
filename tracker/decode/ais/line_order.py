"""Lines of a recording that somebody shuffled, sorted or turned round: by the time each carries, before they are decoded.

A message of several sentences becomes whole while its fragments come close to one another, so the lines themselves are put into order; rows
would be too late. A line is of the time of its tag block (``c:``), else of the one behind its sentence, else of the one before it
(``tracker.decode.written_times``). A line without a time belongs to the line before it and stays with it: what follows a clock sentence or
the first fragment. Lines of one instant are in the order of their bytes from the sentence on, so that the place in the file decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from tracker.decode.input_times import InputTimes
from tracker.decode.written_times import AMBIGUOUS_TIME, NO_TIME, column_times_us

_TAG: Final = re.compile(rb"\\[^\\]*\bc:(\d{9,16})[^\\]*\\")
_SUFFIX: Final = re.compile(rb"\*[0-9A-Fa-f]{2},(?:[^,\s]*,)*(\d{9,10})\s*$")
_PREFIX: Final = re.compile(rb"^\s*([^!$\\]*?)[\s,;|]*[!$\\]")
_SENTENCE: Final = re.compile(rb"[!$]")
_LINES: Final = 1 << 12


def lines_in_time_order(blocks: Iterable[bytes], times: InputTimes) -> Iterator[bytes]:
    """The same lines in the order of their times, some thousand at a time; all of them are held."""
    lines = [line + b"\n" for line in b"".join(blocks).split(b"\n") if line.strip()]
    texts = pl.Series([_time_text(line) for line in lines], dtype=pl.String)
    told = column_times_us(texts, times.date_order, times.zone).tolist()
    records: list[tuple[int, bytes, bytes]] = []
    for line, time_us in zip(lines, told, strict=True):
        if time_us in (NO_TIME, AMBIGUOUS_TIME) and records:
            before = records[-1]
            records[-1] = (before[0], before[1], before[2] + line)
        else:
            begin = _SENTENCE.search(line)
            records.append((time_us, line[begin.start() :] if begin else line, line))
    records.sort()
    for start in range(0, len(records), _LINES):
        yield b"".join(line for _, _, line in records[start : start + _LINES])


def _time_text(line: bytes) -> str | None:
    for form in (_TAG, _SUFFIX, _PREFIX):
        if (found := form.search(line)) and found[1]:
            return found[1].decode("ascii", "replace")
    return None
