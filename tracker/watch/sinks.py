"""Where messages of the outbox go besides Kafka: a file of JSON lines, or several places at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from streams.errors import RecordRefusedError, SinkAwayError
from streams.kafka_config import OutRecord
from streams.line_file import append_lines
from tracker.printable import json_text
from tracker.watch.outbox import Sink

_BEGIN: Final = b'{"specversion":"'
"""How every line of ours begins."""


class AlertLines:
    """Alerts appended to a file as CloudEvents in structured JSON, one a line, as ``tidewaiter replay --alerts`` writes them.

    A line is safe before ``send`` returns. After a kill the last ones may stand twice, with the same id; a line that the kill tore is cut off
    before anything is appended (``streams.line_file``) and ``on_mended`` is told.
    """

    def __init__(self, path: Path, topic: str, on_mended: Callable[[str], object] = lambda _: None) -> None:
        self._path, self._topic, self._on_mended = path, topic, on_mended

    def send(self, records: Sequence[OutRecord]) -> None:
        """Append those of the topic of alerts."""
        lines = "".join(_line(record) for record in records if record.topic == self._topic)
        if not lines:
            return
        try:
            told = append_lines(self._path, lines.encode(), _BEGIN)
        except OSError as exc:
            raise SinkAwayError(f"{self._path} cannot be written ({exc.strerror})") from exc
        if told:
            self._on_mended(told)

    def prepare(self) -> None:
        """Nothing need be done before the first line."""

    def close(self) -> None:
        """Nothing is held open."""


class Both:
    """Several sinks as one; a message is sent when all have it.

    While one of them is away the same messages come again and again, and those behind them with them: what another has of them it is not given twice.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self._first: OutRecord | None = None
        self._had = [0] * len(self._sinks)
        """How many of the messages from ``_first`` on each sink has."""

    def prepare(self) -> None:
        """Each in turn."""
        for sink in self._sinks:
            sink.prepare()

    def send(self, records: Sequence[OutRecord]) -> None:
        """To each in turn what it has not yet."""
        if not records:
            return
        if records[0] != self._first:
            self._first, self._had = records[0], [0] * len(self._sinks)
        refused: list[tuple[int, str]] = []
        for number, sink in enumerate(self._sinks):
            had = min(self._had[number], len(records))
            try:
                sink.send(records[had:])
            except RecordRefusedError as exc:
                refused += [(had + index, why) for index, why in exc.refused]
            self._had[number] = len(records)
        self._first = None
        if refused:
            raise RecordRefusedError(tuple(refused))

    def close(self) -> None:
        """Close all."""
        for sink in self._sinks:
            sink.close()


def _line(record: OutRecord) -> str:
    headers = {name: value.decode() for name, value in record.headers}
    envelope = {name: headers[f"ce_{name}"] for name in ("specversion", "id", "source", "type", "subject", "time")}
    data = json.loads(record.value or b"null")
    event = {**envelope, "datacontenttype": headers["content-type"], "data": data}
    return json_text(event, separators=(",", ":")) + "\n"
