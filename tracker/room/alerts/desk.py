"""The running desk: the stream to browsers, the followers of engines, and the little that the clock does."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from tracker.config.room import RoomConfig
from tracker.room.alerts.alert_tables import DESK_STREAM
from tracker.room.alerts.facts import iso
from tracker.room.alerts.following import EngineDoor, EngineFollower, EngineState
from tracker.room.alerts.hub import Hub
from tracker.room.alerts.open_alerts import OpenAlerts
from tracker.room.alerts.ruling import lift_ended
from tracker.room.alerts.taking import take_ended_shelves
from tracker.room.audit.heads import Head
from tracker.room.audit.log import AuditLog
from tracker.room.audit.publishing import HeadsTopic
from tracker.room.desk.clocks import ClockSettings
from tracker.room.shell.logs import Log
from tracker.room.store.opening import RoomStore
from tracker.room.upkeep.retention import Retention
from tracker.units import US_PER_DAY, US_PER_H

ANCHORS_FILE: Final = "anchors.jsonl"
_TICK_S: Final = 1.0
_HEAD_US: Final = US_PER_H
"""A head is signed every hour (issue 18)."""
_STREAM_KEPT_US: Final = 7 * US_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """What the desk is run by."""

    clocks: ClockSettings
    shift_h: float = 12.0

    @property
    def shift_us(self) -> int:
        """The length of a shift."""
        return round(self.shift_h * US_PER_H)


def desk_settings(settings: RoomConfig) -> DeskSettings:
    """The desk's part of ``[room]``."""
    clocks = ClockSettings(
        acknowledge_critical_min=settings.acknowledge_critical_min,
        acknowledge_high_min=settings.acknowledge_high_min,
        acknowledge_other_min=settings.acknowledge_min,
        respond_min=settings.respond_min,
    )
    return DeskSettings(clocks=clocks, shift_h=settings.shift_h)


class Anchors:
    """Where signed heads go: a file of JSON lines, which an administrator of another machine collects or which lies on another machine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def publish(self, head: Head) -> None:
        """Append a head."""
        with self._lock, self.path.open("ab") as file:
            file.write(orjson.dumps(head.to_json()) + b"\n")
            file.flush()

    def lines(self) -> list[str]:
        """The heads published so far."""
        return self.path.read_text(encoding="utf-8", errors="replace").splitlines() if self.path.is_file() else []


class DeskRun:
    """Runs from :meth:`start` until :meth:`close`.

    Parameters
    ----------
    doors:
        Name of an engine -> its door.
    key:
        The key of the audit; ids of the stream are made with one made from it.
    retention:
        Erases what is old, once a day; None: nothing is erased.
    """

    def __init__(
        self,
        store: RoomStore,
        now_us: Callable[[], int],
        audit: AuditLog,
        doors: Mapping[str, EngineDoor],
        key: Ed25519PrivateKey,
        anchors: Anchors,
        settings: DeskSettings,
        log: Log,
        retention: Retention | None = None,
    ) -> None:
        self._retention, self._retained_us = retention, 0
        self.heads_topic: HeadsTopic | None = None
        self._log = log
        self.store, self.now_us, self.audit, self.settings, self.anchors = store, now_us, audit, settings, anchors
        stream_key = hashlib.sha256(b"tidewaiter: ids of the stream\0" + key.private_bytes_raw()).digest()[:16]
        self.doors = doors
        self.open_alerts = OpenAlerts(store, settings.clocks)
        self.hub = Hub(store, now_us, settings.clocks, stream_key, lambda: {"engines": self.engines_told()})
        self.followers = tuple(
            EngineFollower(store, name, door, now_us, self.hub.ring, audit, log) for name, door in doors.items()
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)
        self._head_us = 0

    def start(self) -> None:
        """Begin to follow and to keep time."""
        self._thread.start()
        if self.heads_topic is not None:
            self.heads_topic.start()
        for follower in self.followers:
            follower.start()

    def close(self) -> None:
        """End everything."""
        self._stop.set()
        self.hub.close()
        if self.heads_topic is not None:
            self.heads_topic.close()
        for follower in self.followers:
            follower.close()
        if self._thread.ident is not None:
            self._thread.join(timeout=5)

    def engines(self) -> list[EngineState]:
        """What is known of the engines now."""
        return [follower.state() for follower in self.followers]

    def engines_told(self) -> list[dict[str, Any]]:
        """The same for whoever may see alerts."""
        return [
            {
                "engine": state.engine,
                "is_connected": state.is_connected,
                "since": iso(state.since_us),
                "heard": iso(state.heard_us),
                "is_behind": bool(state.behind),
                "watermark": state.watermark,
                "phase": state.phase,
                "why": state.why,
            }
            for state in self.engines()
        ]

    def tick(self) -> None:
        """What the clock does: shelves and suppressions that ended are told, the head of the audit is signed, old numbers of the stream are forgotten."""
        now_us = self.now_us()
        has_changed = take_ended_shelves(self.store, now_us)
        if lift_ended(self.store, now_us) or has_changed:
            self.hub.ring()
        if now_us - self._head_us >= _HEAD_US:
            self.sign_head()
            self._head_us = now_us
            with self.store.write() as connection:
                connection.execute(delete(DESK_STREAM).where(DESK_STREAM.c.at_us < now_us - _STREAM_KEPT_US))

        if self._retention is not None and now_us - self._retained_us >= US_PER_DAY and not self._retention.step():
            self._retention.finish()  # a step each time until nothing is left: no shelf and no head waits for long
            self._retained_us = now_us

    def sign_head(self) -> Head:
        """Sign the head of the audit now, and publish it."""
        with self.store.write() as connection:
            head = self.audit.sign_head(connection)
        if self.heads_topic is not None:
            self.heads_topic.ring()
        self.anchors.publish(head)
        return head

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.tick()
            except (SQLAlchemyError, OSError) as exc:
                self._log.warning("room_desk_waits", why=type(exc).__name__)
            self._stop.wait(_TICK_S)
