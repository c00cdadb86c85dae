"""Bytes in any cut to JSON items, by lines or as documents, whichever the input is.

The choice is made once, from the first ``DECIDE_LINES`` lines or 64 KiB, whichever come first: *lines* when at least half of the
lines are complete JSON values, otherwise *documents*, which follow the brackets.
"""

from __future__ import annotations

import codecs

import pyarrow as pa

from streams.snapshot import scalars
from tracker.decode.json_lines.documents import JsonDocuments
from tracker.decode.json_lines.envelopes import Envelopes
from tracker.decode.json_lines.items import Item
from tracker.decode.json_lines.lines import JsonLines, decidable, is_by_lines


class JsonItems:
    """Cuts an input into items; see the module."""

    def __init__(self) -> None:
        self._envelopes = Envelopes()
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._head = ""
        self._reader: JsonLines | JsonDocuments | None = None

    def feed(self, data: bytes, last: bool = False) -> list[Item]:
        """The items that are complete now; ``last`` says that nothing follows."""
        text = self._utf8.decode(data, last)
        if self._reader is None:
            self._head += text
            text = self._head.removeprefix("\ufeff")
            if not last and not decidable(text):
                return []
            self._reader = self._new_reader(is_by_lines(text))
            self._head = ""
        return self._reader.feed(text, last)

    def skip(self, last: bytes) -> tuple[int, str]:
        """Forget what is not complete, which ``last`` would complete: its number and text."""
        ending = self._utf8.decode(last)
        if self._reader is None:
            text, self._head = self._head + ending, ""
            return 1, text
        return self._reader.skip(ending)

    def tables(self) -> dict[str, pa.Table]:
        """What is kept between calls, for a snapshot."""
        pending, flag = self._utf8.getstate()
        reader = self._reader
        kept = {} if reader is None else reader.state()
        by_lines = None if reader is None else isinstance(reader, JsonLines)
        return {
            "text": scalars(pending=pending, flag=flag, head=self._head, by_lines=by_lines),
            "reader": scalars(**kept) if kept else pa.table({}),
        }

    def restore(self, tables: dict[str, pa.Table]) -> None:
        """The inverse of :meth:`tables`."""
        text = tables["text"].to_pylist()[0]
        self._utf8.setstate((text["pending"], text["flag"]))
        self._head = text["head"]
        self._reader = None
        if text["by_lines"] is not None:
            self._reader = self._new_reader(text["by_lines"])
            self._reader.restore(tables["reader"].to_pylist()[0])

    def _new_reader(self, by_lines: bool) -> JsonLines | JsonDocuments:
        return JsonLines(self._envelopes) if by_lines else JsonDocuments(self._envelopes)
