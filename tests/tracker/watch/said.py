"""A log that keeps what it is told."""

from __future__ import annotations

from typing import Any


class Said:
    """The twin of ``tracker.operations.log``."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append(("warning", event, fields))

    def take(self) -> list[tuple[str, str]]:
        taken, self.lines = [line[:2] for line in self.lines], []
        return taken
