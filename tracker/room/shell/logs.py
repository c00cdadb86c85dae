"""Where the room says what happens to it (``tracker.operations.log``)."""

from __future__ import annotations

from typing import Protocol


class Log(Protocol):
    """What the room needs of a log; the names of events are told in ``tracker.operations.log_events``."""

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing."""
        ...

    def warning(self, event: str, **fields: object) -> None:
        """Something a person should look at."""
        ...


class NoLog:
    """Says nothing."""

    def info(self, event: str, **fields: object) -> None:
        """Nothing."""

    def warning(self, event: str, **fields: object) -> None:
        """Nothing."""
