"""Following the positions of engines while somebody looks at them: a thread for each engine, from the first look until none came for ten minutes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol, runtime_checkable

from tracker.door.position_following import PositionFrame
from tracker.errors import InputError
from tracker.room.positions.fleet import Fleet
from tracker.room.shell.logs import Log

LINGER_S: Final = 600.0
_AGAIN_S: Final = 2.0
_AGAIN_MOST_S: Final = 30.0


@runtime_checkable
class PositionDoor(Protocol):
    """The door of an engine, as far as positions go."""

    def positions(self) -> AbstractContextManager[Iterable[PositionFrame]]:
        """Open its stream of positions."""
        ...

    def last_positions(self) -> PositionFrame:
        """Where craft were that were heard before anybody followed."""
        ...


class FleetRun:
    """The fleet, kept while :meth:`look` is called.

    Parameters
    ----------
    doors:
        Of engines by name; those without positions are left out.
    """

    def __init__(self, doors: Mapping[str, Any], log: Log) -> None:
        self.fleet = Fleet()
        self._log = log
        self._doors = {name: door for name, door in doors.items() if isinstance(door, PositionDoor)}
        self._looked = threading.Event()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[str, Any] = {}
        self._threads: list[threading.Thread] = []

    def look(self) -> None:
        """Somebody looks. From any thread."""
        self._looked.set()
        with self._lock:
            if self._threads or self._stop.is_set():
                return
            self._threads = [
                threading.Thread(target=self._follow, args=(name,), name=f"positions {name}", daemon=True)
                for name in self._doors
            ]
            if self._doors:
                self._threads.append(threading.Thread(target=self._rest, name="positions", daemon=True))
            for thread in self._threads:
                thread.start()

    def close(self) -> None:
        """End."""
        self._stop.set()
        self._let_go()
        for thread in self._threads:
            thread.join(timeout=5)

    def _rest(self) -> None:
        """Lets go of the engines when nobody has looked for a while."""
        while not self._stop.wait(LINGER_S):
            if not self._looked.is_set():
                self._let_go()
            self._looked.clear()

    def _let_go(self) -> None:
        with self._lock:
            held = list(self._open.values())
        for one in held:
            one.close()

    def _follow(self, name: str) -> None:
        pause_s, why = _AGAIN_S, ""
        while not self._stop.is_set():
            if not self._looked.wait(timeout=1.0):
                continue
            try:
                self._follow_once(name)
                pause_s = _AGAIN_S
            except Exception as exc:  # whatever an engine does, it is looked for again
                if str(exc) != why and not self._stop.is_set():
                    why = str(exc)
                    self._log.warning("room_positions_away", engine=name, why=type(exc).__name__)
            self._stop.wait(pause_s)
            pause_s = min(pause_s * 2, _AGAIN_MOST_S)

    def _follow_once(self, name: str) -> None:
        door = self._doors[name]
        with door.positions() as opened:
            with self._lock:
                self._open[name] = opened
            try:
                frames = iter(opened)
                self.fleet.take(next(frames))
                self._take_last(name)
                for frame in frames:
                    self.fleet.take(frame)
                    if self._stop.is_set():
                        break
            finally:
                with self._lock:
                    self._open.pop(name, None)

    def _take_last(self, name: str) -> None:
        """Those heard before; without them the map fills as craft are heard."""
        try:
            self.fleet.take(self._doors[name].last_positions())
        except InputError as exc:
            self._log.warning("room_positions_away", engine=name, why=type(exc).__name__)
