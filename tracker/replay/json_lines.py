"""Events and alerts of a replay as files of JSON lines."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from tracker.alerts.alert import Alert
from tracker.alerts.cloudevent import to_json_line
from tracker.errors import InputError
from tracker.events import Event
from tracker.outputs import cannot_write

_TAIL_BYTES: Final = 1 << 16


class JsonLines:
    """Sink of events and alerts as JSON lines, one file each; a file not asked for is not written. Whatever ends it, only whole lines stay."""

    def __init__(self, events: Path | None, alerts: Path | None) -> None:
        self._paths = [path for path in (events, alerts) if path is not None]
        self._files: dict[Path, io.TextIOWrapper] = {}
        try:
            for path in self._paths:
                self._files[path] = path.open("w", encoding="utf-8", newline="\n")
        except OSError as exc:
            self.close()
            raise cannot_write(path, exc) from exc
        self._events = self._files[events] if events is not None else None
        self._alerts = self._files[alerts] if alerts is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()

    def add_events(self, events: Sequence[Event]) -> None:
        """Write events."""
        self._add(self._events, [event.to_json_line() for event in events])

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Write alerts as CloudEvents."""
        self._add(self._alerts, [to_json_line(alert) for alert in alerts])

    def _add(self, file: io.TextIOWrapper | None, lines: Sequence[str]) -> None:
        if file is None or not lines:
            return
        try:
            file.write("".join(line + "\n" for line in lines))
        except OSError as exc:
            raise cannot_write(Path(file.name), exc) from exc

    def close(self) -> None:
        """Finish the files; one that cannot be finished, on a full disk, is cut to its last whole line."""
        failed: InputError | None = None
        while self._files:
            path, file = self._files.popitem()
            try:
                file.close()
            except OSError as exc:
                failed = cannot_write(path, exc)
                _cut_to_whole_lines(path)
        if failed is not None:
            raise failed


def _cut_to_whole_lines(path: Path) -> None:
    """What a full disk has left: the last line may be half."""
    with suppress(OSError), path.open("r+b") as file:
        length = file.seek(0, io.SEEK_END)
        while length:
            start = max(0, length - _TAIL_BYTES)
            file.seek(start)
            end = file.read(length - start).rfind(b"\n")
            if end >= 0:
                length = start + end + 1
                break
            length = start
        file.truncate(length)
