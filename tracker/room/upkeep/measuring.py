"""How the room does, as metrics: taken from the store and the running parts when somebody asks, at most every few seconds. Ids and names stand in none."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from tracker.room.accounts.account_tables import SESSIONS
from tracker.room.alerts.alert_tables import DECISIONS
from tracker.room.audit.audit_tables import AUDIT_HEADS, AUDIT_TIP
from tracker.room.desk.clocks import clocks_of
from tracker.room.sending.subscriptions import by_way
from tracker.room.shell.meters import RequestMeters
from tracker.units import US_PER_MIN, US_PER_S
from tracker.web.metrics import Sample
from tracker.web.operations import Snapshot

if TYPE_CHECKING:
    from tracker.room.alerts.desk import DeskRun
    from tracker.room.shell.parts import RoomParts

_EVERY_US: Final = 5 * US_PER_S
"""Who asks more often is told the same again: asking is no load."""
_AWAY: Final = "the room's store cannot be read"


class RoomMeasures:
    """Makes the snapshot that is served; called from any thread.

    Parameters
    ----------
    monotonic_us:
        The clock by which a snapshot has its age.
    """

    def __init__(
        self, parts: RoomParts, desk: DeskRun, requests: RequestMeters, monotonic_us: Callable[[], int]
    ) -> None:
        self._parts, self._desk, self._requests, self._monotonic_us = parts, desk, requests, monotonic_us
        self._lock = threading.Lock()
        self._latest = Snapshot()

    def latest(self) -> Snapshot:
        """As the room does now, or did a few seconds ago. Without a store it is not ready, and tells what it can."""
        with self._lock:
            now_us = self._monotonic_us()
            if self._latest.turned_us is None or now_us - self._latest.turned_us >= _EVERY_US:
                samples, why = [*self._of_process()], ""
                try:
                    samples += self._of_store()
                except SQLAlchemyError:
                    why = _AWAY
                self._latest = Snapshot("live", now_us, tuple(samples), (why,) if why else ())
            return self._latest

    def _of_process(self) -> Iterator[Sample]:
        for labels, count in sorted(self._requests.requests().items()):
            yield Sample("tidewaiter_room_requests_total", count, labels)
        for share, took_s in self._requests.latencies_s().items():
            yield Sample("tidewaiter_room_request_seconds", took_s, (share,))
        yield Sample("tidewaiter_room_sign_ins_refused_total", self._requests.sign_ins_refused)
        hub = self._desk.hub
        yield Sample("tidewaiter_room_stream_clients", hub.clients)
        yield Sample("tidewaiter_room_stream_behind", hub.most_behind)
        yield Sample("tidewaiter_room_stream_resets_total", hub.resets)
        now_us = self._parts.now_us()
        for state in self._desk.engines():
            name = (state.engine,)
            yield Sample("tidewaiter_room_engine_connected", float(state.is_connected), name)
            if state.heard_us is not None:
                yield Sample("tidewaiter_room_engine_age_seconds", (now_us - state.heard_us) / US_PER_S, name)
            if state.behind is not None:
                yield Sample("tidewaiter_room_engine_behind", state.behind, name)

    def _of_store(self) -> list[Sample]:
        now_us, settings = self._parts.now_us(), self._parts.settings
        with self._desk.open_alerts.read() as (connection, alerts):
            standing: Counter[tuple[str, str]] = Counter((str(one.state(now_us)), one.band) for one in alerts.values())
            overdue = Counter({"acknowledge": 0, "respond": 0})
            for one in alerts.values():
                told = clocks_of(one.standing, now_us, one.clocks)
                for clock, due_us in (("acknowledge", told.acknowledge_due_us), ("respond", told.respond_due_us)):
                    overdue[clock] += due_us is not None and now_us >= due_us
            idle_us = round(settings.session_idle_min * US_PER_MIN)
            live = (SESSIONS.c.ended_us.is_(None)) & (SESSIONS.c.seen_us > now_us - idle_us)
            is_waiting = DECISIONS.c.sent_us.is_(None) & DECISIONS.c.withdrawn_us.is_(None)
            waiting = connection.execute(select(DECISIONS.c.engine, func.count()).where(is_waiting).group_by(DECISIONS.c.engine))  # fmt: skip
            sending = by_way(connection)
            head_us = _one(connection, select(func.max(AUDIT_HEADS.c.at_us)))
            samples = [
                *(Sample("tidewaiter_room_alerts", count, labels) for labels, count in sorted(standing.items())),
                *(Sample("tidewaiter_room_overdue", count, (clock,)) for clock, count in sorted(overdue.items())),
                Sample("tidewaiter_room_sessions", _one(connection, select(func.count()).select_from(SESSIONS).where(live)) or 0),
                *(Sample("tidewaiter_room_decisions_waiting", count, (engine,)) for engine, count in waiting),
                *(Sample("tidewaiter_room_outbox_waiting", waiting, (way,)) for way, (waiting, _) in sending.items()),
                *(Sample("tidewaiter_room_receivers_failing", failing, (way,)) for way, (_, failing) in sending.items()),
                Sample("tidewaiter_room_audit_entries", _one(connection, select(AUDIT_TIP.c.sequence)) or 0),
            ]  # fmt: skip
        if self._desk.heads_topic is not None:
            samples.append(Sample("tidewaiter_room_heads_waiting", self._desk.heads_topic.state().waiting))
        if head_us is not None:
            samples.append(Sample("tidewaiter_room_audit_head_age_seconds", (now_us - head_us) / US_PER_S))
        return samples


def _one(connection: Connection, asked: object) -> int | None:
    value = connection.execute(asked).scalar()  # type: ignore[call-overload]
    return None if value is None else int(value)
