"""Logs as JSON lines on stderr: time, level, event, fields. Never a party, a flag's reason or any other word of the papers.

What is said of one event again and again is said once a minute, with how often it was meant (``repeated``). Loggers of libraries are held at
WARNING: a Kafka client at DEBUG would write records, and with them names, into the log.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from streams.time import US_PER_S, Clock, MonotonicClock

_AGAIN_US: Final = 60 * US_PER_S
_FREE: Final = 5
"""So many of one event are said within a minute before it is held back."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record; words of libraries are the event ``library``."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields: dict[str, Any] = getattr(record, "fields", {})
        said = {"time": moment, "level": record.levelname.lower()}
        if record.name == LOGGER:
            said |= {"event": record.getMessage(), **fields}
        else:
            said |= {"event": "library", "logger": record.name, "message": record.getMessage()[:500]}
        return json.dumps(said, ensure_ascii=False, default=str)


LOGGER: Final = "tidewaiter"


class EventLog:
    """Says what happens to the program; repeats are held back."""

    def __init__(self, write: Callable[[int, str, dict[str, Any]], None], monotonic: Clock | None = None) -> None:
        self._write, self._monotonic = write, monotonic or MonotonicClock()
        self._said: dict[str, tuple[int, int, int]] = {}  # event -> begin of the minute, said in it, held back in it

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing."""
        self._say(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something a person should look at."""
        self._say(logging.WARNING, event, fields)

    def _say(self, level: int, event: str, fields: dict[str, Any]) -> None:
        now_us = self._monotonic.now_us()
        begun_us, said, held = self._said.get(event, (now_us, 0, 0))
        if now_us - begun_us >= _AGAIN_US:
            if held:
                fields = {**fields, "repeated": held}
            begun_us, said, held = now_us, 0, 0
        if said >= _FREE:
            self._said[event] = (begun_us, said, held + 1)
            return
        self._said[event] = (begun_us, said + 1, held)
        self._write(level, event, fields)


def event_log() -> EventLog:
    """Set up logging of this process and give its log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.INFO)
    return EventLog(lambda level, event, fields: logger.log(level, event, extra={"fields": fields}))
