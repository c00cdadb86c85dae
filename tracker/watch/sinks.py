"""Where messages of the outbox go besides Kafka: a file of JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from streams.errors import SinkAwayError
from streams.kafka_config import OutRecord
from streams.line_file import append_lines
from tracker.printable import json_text

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
        """A folder that is not there, or not ours, is told before there is an alert to write."""
        folder = self._path.parent
        if not folder.is_dir():
            raise SinkAwayError(f"{self._path} cannot be written (there is no folder {folder})")
        if not os.access(self._path if self._path.exists() else folder, os.W_OK):
            raise SinkAwayError(f"{self._path} may not be written")

    def close(self) -> None:
        """Nothing is held open."""


def _line(record: OutRecord) -> str:
    headers = {name: value.decode() for name, value in record.headers}
    envelope = {name: headers[f"ce_{name}"] for name in ("specversion", "id", "source", "type", "subject", "time")}
    data = json.loads(record.value or b"null")
    event = {**envelope, "datacontenttype": headers["content-type"], "data": data}
    return json_text(event, separators=(",", ":")) + "\n"
