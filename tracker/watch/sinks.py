"""Where messages of the outbox go besides Kafka: a file of JSON lines, or several places at once."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from streams.errors import SinkAwayError
from streams.kafka_config import OutRecord
from tracker.printable import json_text
from tracker.watch.outbox import Sink


class AlertLines:
    """Alerts appended to a file as CloudEvents in structured JSON, one a line, as ``tidewaiter replay --alerts`` writes them.

    A line is safe before ``send`` returns. After a kill the last ones may stand twice, with the same id.
    """

    def __init__(self, path: Path, topic: str) -> None:
        self._path, self._topic = path, topic

    def send(self, records: Sequence[OutRecord]) -> None:
        """Append those of the topic of alerts."""
        lines = [_line(record) for record in records if record.topic == self._topic]
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as exc:
            raise SinkAwayError(f"{self._path} cannot be written ({exc.strerror})") from exc

    def close(self) -> None:
        """Nothing is held open."""


class Both:
    """Several sinks as one; a message is sent when all have it."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)

    def send(self, records: Sequence[OutRecord]) -> None:
        """To each in turn."""
        for sink in self._sinks:
            sink.send(records)

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
