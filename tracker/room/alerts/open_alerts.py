"""Open alerts in memory, by version: what the order of the list and its filters ask of each. A page of the list then reads the facts of its own rows alone.

Every change of an alert has its number in the stream of the desk. Whoever reads first asks for the number, and only what changed since is read again, in the same view
of the store. So what is in memory is never older or newer than what is read beside it, whichever process of the room changed it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, select

from tracker.room.alerts.alert_tables import ALERTS, DESK_STREAM, DESK_TURN
from tracker.room.alerts.visibility import Needs, redacted
from tracker.room.desk.clocks import ClockSettings, clocks_of
from tracker.room.desk.states import Standing, State, standing_of
from tracker.room.desk.waiting import cost_of_waiting, unchanged_until_us
from tracker.room.store.opening import RoomStore
from tracker.units import US_PER_H

_MOST_BEHIND: Final = 2_000
"""Who is further behind reads everything anew."""
_IDS: Final = 500
"""Ids in one question."""
COLUMNS_WITHOUT_FACTS: Final = tuple(
    ALERTS.c[name]
    for name in ("alert_id", "engine", "craft", "other_craft", "kind", "priority", "band", "lead_until_us", "changed_us", "needs", "standing")
)  # fmt: skip
"""What :func:`without_facts` needs of ``alerts``."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """Points and state, from one instant until before another (microseconds since 1970 UTC)."""

    from_us: int
    until_us: int
    points: int
    state: State


@dataclass(slots=True)
class OpenAlert:
    """What is asked of an alert before its facts are: it does not change, but for what it remembers of its own place."""

    alert_id: str
    engine: str
    crafts: tuple[str, str | None]
    kind: str
    priority: int
    band: str
    lead_until_us: int | None
    changed_us: int
    needs: Needs
    standing: Standing
    clocks: ClockSettings
    reduced: tuple[int, str] | None = None
    """Priority and band for who is not shown all consignments; None where there is nothing to hide."""
    _placed: _Placed | None = field(default=None, repr=False)

    def band_for(self, compartments: frozenset[str]) -> str:
        """The band of the priority as somebody sees it."""
        return self.reduced[1] if self.reduced is not None and self.needs.hides_some(compartments) else self.band

    def state(self, at_us: int) -> State:
        """Where it stands at an instant."""
        return self._place(at_us).state

    def points(self, compartments: frozenset[str], at_us: int) -> int:
        """What an hour of waiting costs as somebody sees it (``showing.order_of`` says why)."""
        if self.reduced is not None and self.needs.hides_some(compartments):
            seen = self.standing.as_grave_as(self.reduced[1])
            told = clocks_of(seen, at_us, self.clocks)
            return cost_of_waiting(seen.state(at_us), self.reduced[0], None, told, at_us)[0]
        return self._place(at_us).points

    def _place(self, at_us: int) -> _Placed:
        placed = self._placed
        if placed is None or not placed.from_us <= at_us < placed.until_us:
            told = clocks_of(self.standing, at_us, self.clocks)
            until_us = unchanged_until_us(self.standing, self.lead_until_us, told, at_us)
            lead_h = None if self.lead_until_us is None else (self.lead_until_us - at_us) / US_PER_H
            state = self.standing.state(at_us)
            new = _Placed(at_us, until_us, cost_of_waiting(state, self.priority, lead_h, told, at_us)[0], state)
            if placed is None or at_us >= placed.from_us:  # a cursor's older instant does not take the place of now
                self._placed = new
            placed = new
        return placed


class OpenAlerts:
    """May be read from any thread. It holds as many alerts as are open, without their facts."""

    def __init__(self, store: RoomStore, clocks: ClockSettings) -> None:
        self._store, self.clocks = store, clocks
        self._lock = threading.Lock()
        self._sequence = -1
        self._alerts: Mapping[str, OpenAlert] = {}

    @contextmanager
    def read(self) -> Iterator[tuple[Connection, Mapping[str, OpenAlert]]]:
        """A view of the store at one instant, and the alerts that are open in it by their ids."""
        with self._store.read() as connection:
            with self._lock:  # the view begins with the first question, which is asked here: no later reader's is older
                alerts = self._advanced(connection)
            yield connection, alerts

    def _advanced(self, connection: Connection) -> Mapping[str, OpenAlert]:
        sequence = connection.execute(select(DESK_TURN.c.sequence)).scalar() or 0
        behind = sequence - self._sequence
        if behind == 0:
            return self._alerts
        changed: list[str] = []
        if self._sequence >= 0 and 0 < behind <= _MOST_BEHIND:
            asked = select(DESK_STREAM.c.alert_id).where(DESK_STREAM.c.sequence > self._sequence)
            changed = list(connection.execute(asked).scalars())
        if len(changed) == behind:
            alerts = dict(self._alerts)
            for alert_id in changed:
                alerts.pop(alert_id, None)
            for ids in _pieces(set(changed)):
                alerts |= self._by_id(connection, ALERTS.c.alert_id.in_(ids) & ~ALERTS.c.is_finished)
        else:  # the first look, or numbers between are kept no longer
            alerts = self._by_id(connection, ~ALERTS.c.is_finished)
        self._alerts, self._sequence = alerts, sequence
        return alerts

    def _by_id(self, connection: Connection, which: ColumnElement[bool]) -> dict[str, OpenAlert]:
        rows = connection.execute(select(*COLUMNS_WITHOUT_FACTS).where(which)).all()
        return {one.alert_id: one for one in without_facts(connection, rows, self.clocks)}


def without_facts(connection: Connection, rows: Iterable[Row[Any]], clocks: ClockSettings) -> list[OpenAlert]:
    """Alerts of rows; the facts are read of those alone that have consignments to hide."""
    made = [
        OpenAlert(
            row.alert_id, row.engine, (row.craft, row.other_craft), row.kind, row.priority, row.band, row.lead_until_us, row.changed_us,
            Needs.from_json(orjson.loads(row.needs)), standing_of(orjson.loads(row.standing)), clocks,
        )
        for row in rows
    ]  # fmt: skip
    hiding = {one.alert_id: one for one in made if one.needs.consignments}
    for ids in _pieces(hiding):
        for alert_id, facts in connection.execute(
            select(ALERTS.c.alert_id, ALERTS.c.facts).where(ALERTS.c.alert_id.in_(ids))
        ):
            one = hiding[alert_id]
            seen = redacted(orjson.loads(facts), one.needs, frozenset())
            one.reduced = (seen["priority"], seen["priority_band"])
    return made


def _pieces(ids: Iterable[str]) -> Iterator[list[str]]:
    """So many ids as a question takes, and the next."""
    every = sorted(ids)
    return (every[at : at + _IDS] for at in range(0, len(every), _IDS))
