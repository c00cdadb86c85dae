"""The engine of ``deploy/reliability/room.py``: a real store and a real door, whose alerts are made up at a word; killed and started again as the trial likes.

.venv/bin/python -m deploy.reliability.room_engine STORE PORT

Each line on standard input is a burst: how many revisions to commit, five a transaction. New alerts and newer revisions of old ones come in turn; what a killed burst
had not committed nobody ever tells. Decisions are taken as the watch takes them.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from streams.time import SystemClock
from tests.tracker.alerts.story import event
from tracker.alerts.alert import Alert, AlertType, PriorityTerm
from tracker.door.alert_stream import StreamLimits
from tracker.door.app import DoorLimits
from tracker.door.commands import CommandQueue
from tracker.door.server import DoorServer
from tracker.store import append
from tracker.store.database import Database
from tracker.store.verdicts import TakingDecisions

_AT_ONCE: Final = 5
_PAUSE_S: Final = 0.01


def alert(number: int, revision: int) -> Alert:
    """A revision of a made-up alert."""
    happened = replace(event(), revision=revision, event_id=f"{number:032x}")
    kind = AlertType.RAISED if revision == 1 else AlertType.UPDATED
    terms = (PriorityTerm("kind", 40, "Dark."),)
    return Alert(
        f"{number:024x}", revision, kind, 40, terms, happened, (), 0, (), 0, {}, False, None, f"Silent, the {revision}. word.", happened.known_us,
    )  # fmt: skip


class Burning:
    """The store, its door, and the loop that writes."""

    def __init__(self, path: Path, port: int) -> None:
        self._store = Database(path, memory="256MB", is_confined=True)
        self._commands = CommandQueue()
        self._due = 0
        self._revisions = self._known()
        self._server = DoorServer(
            path, f"127.0.0.1:{port}", self._store.lend, lambda: {"phase": "live", "watermark": None, "at": "", "is_ready": True, "not_ready": []},
            self._commands, DoorLimits(30.0, 30.0, 100_000, streams=StreamLimits(beat_s=0.2)),
        )  # fmt: skip

    def _known(self) -> dict[int, int]:
        found: dict[int, int] = {}

        def ask(connection: Any) -> None:
            rows = connection.execute(
                "SELECT alert_id, max(revision) FROM alert_revisions GROUP BY alert_id"
            ).fetchall()
            found.update({int(str(alert_id), 16): int(revision) for alert_id, revision in rows})

        self._store.ask(ask)
        return found

    def burst(self, count: int) -> None:
        """So many more are to be told. Called in another thread."""
        self._due += count

    def run(self) -> None:
        """For ever."""
        while True:
            for command in self._commands.take():
                taking = TakingDecisions(command.decisions, SystemClock().now_us(), command.told_by)
                self._store.write(taking)
                self._store.commit()
                command.tell(taking.answers)
            if self._due > 0:
                made = [self._next() for _ in range(min(_AT_ONCE, self._due))]
                self._store.write(append.alerts(made))
                self._store.commit()
                self._due -= len(made)
                self._server.wake()
            time.sleep(_PAUSE_S)

    def _next(self) -> Alert:
        """Every third is a newer revision of the one told longest ago."""
        is_new = len(self._revisions) < 3 or sum(self._revisions.values()) % 3
        number = max(self._revisions, default=0) + 1 if is_new else next(iter(self._revisions))
        revision = self._revisions.pop(number, 0) + 1
        self._revisions[number] = revision
        return alert(number, revision)


def main() -> None:
    """Run until killed."""
    burning = Burning(Path(sys.argv[1]), int(sys.argv[2]))

    def listen() -> None:
        for line in sys.stdin:
            burning.burst(int(line))

    threading.Thread(target=listen, daemon=True).start()
    print("live", flush=True)
    burning.run()


if __name__ == "__main__":
    main()
