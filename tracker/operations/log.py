"""JSON lines on stderr: one object a line with ``time``, ``level``, ``event`` and the fields of the event.

A warning that repeats is said once in ``REPEAT_S``, with ``repeats``, how often it was held back since. Only the program's own events carry
fields; other libraries speak at WARNING and above, five lines a minute each, and the Kafka client never at DEBUG, where it writes what messages contain.

Nobody waits for whoever reads the log: a pipe that is full, or a terminal stopped by Ctrl-S, holds up the lines and not the program.
"""

from __future__ import annotations

import logging
import os
import select
import sys
from collections import deque
from datetime import UTC, datetime
from typing import Final, TextIO

from streams.time import US_PER_S, Clock, MonotonicClock
from tracker.printable import json_text

LIBRARY_LINES: Final = 5
"""Ours: the Kafka client writes some ten lines a second while a broker is away."""
REPEAT_S: Final = 60
"""Ours: whoever reads a log sees what lasts once a minute."""
_MOST_REMEMBERED: Final = 1024
_MOST_HELD: Final = 1024
"""Lines that wait for a reader."""
_PIECE_BYTES: Final = 512
"""A pipe that can be written to takes so much at once without waiting, by POSIX (``_POSIX_PIPE_BUF``); Linux takes 4,096."""
_NAME: Final = "tidewaiter"


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        about = {"time": at, "level": record.levelname.lower()}
        fields: dict[str, object] | None = getattr(record, "fields", None)
        if fields is None:
            about |= {"event": "library", "logger": record.name, "message": record.getMessage()}
            if record.exc_info and record.exc_info[0] is not None:
                about["error"] = f"{record.exc_info[0].__name__}: {record.exc_info[1]}"
            if repeats := getattr(record, "repeats", ""):
                about["repeats"] = repeats
            return json_text(about, default=str)
        rest = {name: value for name, value in fields.items() if name not in ("time", "level", "event")}
        return json_text({**about, "event": record.getMessage(), **rest}, default=str)


class Sparing(logging.Filter):
    """Of each library so many lines a minute; the first after that says how many were held back. The program's own lines pass."""

    def __init__(self, monotonic: Clock) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._said: dict[str, tuple[int, int, int]] = {}  # library -> minute began, lines since, held back

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if getattr(record, "fields", None) is not None:
            return True
        name, now_us = record.name.partition(".")[0], self._monotonic.now_us()
        began_us, lines, held = self._said.get(name, (now_us, 0, 0))
        if now_us - began_us >= REPEAT_S * US_PER_S:
            began_us, lines = now_us, 0
        if lines >= LIBRARY_LINES:
            self._said[name] = began_us, lines, held + 1
            return False
        if held:
            record.repeats = f"{held:,} lines of {name} were held back"
        if len(self._said) >= _MOST_REMEMBERED:
            self._said.clear()
        self._said[name] = began_us, lines + 1, 0
        return True


class Unhurried(logging.StreamHandler[TextIO]):
    """Writes lines as fast as they are taken and never waits: what is not taken yet is held, and goes before the next line. Of what is too much to
    hold the newest is left out, and how many lines that were is said in a line of its own (``log_lost``)."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._held: deque[bytes] = deque()
        self._lost = 0
        self._poll: select.poll | None = None
        try:
            self._handle = stream.fileno()
        except (OSError, ValueError):
            return  # it is no file: it takes everything
        self._poll = select.poll()
        self._poll.register(self._handle, select.POLLOUT)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, or hold it."""
        if self._poll is None:
            super().emit(record)
            return
        try:
            self._write_held()
            if self._lost and len(self._held) < _MOST_HELD // 2:
                told = logging.LogRecord(_NAME, logging.WARNING, "", 0, "log_lost", None, None)
                told.__dict__["fields"] = {"lines": self._lost}
                self._lost = 0
                self._held.append(self.format(told).encode() + b"\n")
            if len(self._held) < _MOST_HELD:
                self._held.append(self.format(record).encode() + b"\n")
            else:
                self._lost += 1
            self._write_held()
        except OSError:  # nobody reads any more: a closed pipe, a full disk
            self._lost += len(self._held)
            self._held.clear()
        except Exception:
            self.handleError(record)

    def _write_held(self) -> None:
        while self._held and self._poll is not None and any(found & select.POLLOUT for _, found in self._poll.poll(0)):
            line = self._held.popleft()
            if rest := line[os.write(self._handle, line[:_PIECE_BYTES]) :]:
                self._held.appendleft(rest)


class JsonLog:
    """The ``Log`` of ``tracker.watch.loop``."""

    def __init__(self, logger: logging.Logger, monotonic: Clock | None = None) -> None:
        self._logger, self._monotonic = logger, monotonic or MonotonicClock()
        self._said: dict[tuple[str, str], tuple[int, int]] = {}  # event, source or part -> last said, held back since

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing; always said."""
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: object) -> None:
        """Something a person should look at; a repeat within a minute is counted instead."""
        about = fields.get("source") or fields.get("part") or ""
        key, now_us = (event, str(about)), self._monotonic.now_us()
        said_us, held = self._said.get(key, (None, 0))
        if said_us is not None and now_us - said_us < REPEAT_S * US_PER_S:
            self._said[key] = said_us, held + 1
            return
        if len(self._said) >= _MOST_REMEMBERED:
            self._said.clear()
        self._said[key] = now_us, 0
        repeats = {"repeats": f"said {held:,} times more"} if held else {}
        self._logger.warning(event, extra={"fields": {**fields, **repeats}})


def log_to(stream: TextIO | None = None, monotonic: Clock | None = None) -> JsonLog:
    """Send everything the process logs to a stream (stderr by default) and return the program's own log."""
    handler = Unhurried(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Sparing(monotonic or MonotonicClock()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("kafka").setLevel(logging.WARNING)
    own = logging.getLogger(_NAME)
    own.setLevel(logging.INFO)
    return JsonLog(own, monotonic)
