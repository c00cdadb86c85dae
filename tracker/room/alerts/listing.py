"""The list of alerts: work that is left, by what waiting costs; what is finished, newest first. Pages by cursors that tell nothing but the place."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, or_, select

from tracker.room.alerts.alert_tables import ALERTS
from tracker.room.alerts.keeping import chosen as by_ids
from tracker.room.alerts.keeping import kept_of
from tracker.room.alerts.open_alerts import COLUMNS_WITHOUT_FACTS, OpenAlert, OpenAlerts, without_facts
from tracker.room.alerts.showing import row_of
from tracker.room.desk.clocks import ClockSettings
from tracker.room.desk.states import FINISHED, State

MOST_ROWS: Final = 500
_PIECE: Final = 200
_MOST_IN_CURSOR: Final = 1 << 53
"""Larger than any instant or any points: what is beyond is no cursor of ours, and would be beyond what a store can compare."""


class CursorError(ValueError):
    """A cursor that this list did not give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which alerts; an empty tuple means all. Within one property any value will do, between properties all must."""

    states: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    crafts: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()

    @property
    def is_of_finished(self) -> bool:
        """Whether it asks for what has left the list."""
        return bool(self.states) and all(state in FINISHED for state in self.states)

    def takes(self, alert: OpenAlert, compartments: frozenset[str], now_us: int) -> bool:
        """Whether an alert as somebody sees it is meant."""
        standing = alert.standing
        return (
            (not self.states or alert.state(now_us) in self.states)
            and (not self.bands or alert.band_for(compartments) in self.bands)
            and (not self.kinds or alert.kind in self.kinds)
            and (not self.crafts or any(craft in self.crafts for craft in alert.crafts))
            and (not self.persons or standing.person in self.persons)
            and (not self.units or standing.unit in self.units)
            and (not self.engines or alert.engine in self.engines)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of the list: its rows, the cursor of the next part, and when the order was made (microseconds since 1970 UTC)."""

    rows: Sequence[dict[str, Any]]
    next_cursor: str | None
    as_of_us: int
    counts: dict[str, int]
    """State -> how many of all that are meant and may be seen; of the list of what is left only."""


def page_of(
    open_alerts: OpenAlerts,
    chosen: Filter,
    compartments: frozenset[str],
    now_us: int,
    *,
    limit: int,
    cursor: str | None,
) -> Page:
    """A part of the list.

    Raises
    ------
    CursorError
        the cursor is none of this list.
    """
    clocks = open_alerts.clocks
    if chosen.is_of_finished:
        after = None if cursor is None else _finished_cursor(cursor)
        with open_alerts.read() as (connection, _):
            found = _finished(connection, chosen, compartments, now_us, clocks, limit + 1, after)
            shown = found[:limit]
            rows = _rows(connection, shown, compartments, now_us, clocks)
        following = _cursor({"t": shown[-1].changed_us, "k": shown[-1].alert_id}) if len(found) > limit else None
        return Page(rows=rows, next_cursor=following, as_of_us=now_us, counts={})
    as_of_us, behind = (now_us, None) if cursor is None else _open_cursor(cursor)
    with open_alerts.read() as (connection, alerts):
        every: Iterable[OpenAlert] = alerts.values()
        if any(state in FINISHED for state in chosen.states):
            every = without_facts(connection, connection.execute(select(*COLUMNS_WITHOUT_FACTS)), clocks)
        counts: Counter[str] = Counter()
        rest: list[tuple[int, str, OpenAlert]] = []
        for alert in every:
            if alert.needs.hides_all(compartments) or not chosen.takes(alert, compartments, now_us):
                continue
            counts[alert.state(now_us)] += 1
            place = (-alert.points(compartments, as_of_us), alert.alert_id, alert)
            if behind is None or place[:2] > behind:
                rest.append(place)
        rest.sort(key=lambda one: one[:2])
        rows = _rows(connection, [alert for _, _, alert in rest[:limit]], compartments, now_us, clocks)
    following = _cursor({"t": as_of_us, "k": list(rest[limit - 1][:2])}) if len(rest) > limit else None
    told = {str(state): count for state, count in counts.items()}
    return Page(rows=rows, next_cursor=following, as_of_us=as_of_us, counts=told)


def _finished(
    connection: Connection,
    chosen: Filter,
    compartments: frozenset[str],
    now_us: int,
    clocks: ClockSettings,
    most: int,
    after: tuple[int, str] | None,
) -> list[OpenAlert]:
    """Of what is finished the newest that are meant, from a place on."""
    found: list[OpenAlert] = []
    while len(found) < most:
        asked = (
            select(*COLUMNS_WITHOUT_FACTS)
            .where(ALERTS.c.is_finished)
            .order_by(ALERTS.c.changed_us.desc(), ALERTS.c.alert_id)
            .limit(_PIECE)
        )
        if after is not None:
            at_us, alert_id = after
            asked = asked.where(
                or_(ALERTS.c.changed_us < at_us, (ALERTS.c.changed_us == at_us) & (ALERTS.c.alert_id > alert_id))
            )
        piece = without_facts(connection, connection.execute(asked).all(), clocks)
        found += [
            one for one in piece if not one.needs.hides_all(compartments) and chosen.takes(one, compartments, now_us)
        ]
        if len(piece) < _PIECE:
            break
        after = (piece[-1].changed_us, piece[-1].alert_id)
    return found


def _rows(
    connection: Connection,
    shown: Sequence[OpenAlert],
    compartments: frozenset[str],
    now_us: int,
    clocks: ClockSettings,
) -> list[dict[str, Any]]:
    """The rows of a page, with the facts of these alone."""
    kept = {row.alert_id: kept_of(row) for row in connection.execute(by_ids(one.alert_id for one in shown))}
    return [row_of(connection, kept[one.alert_id], compartments, now_us, clocks) for one in shown]


def _cursor(place: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def _read_cursor(cursor: str) -> dict[str, Any]:
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as exc:
        raise CursorError from exc
    if not (isinstance(place, dict) and set(place) == {"t", "k"} and _is_number(place["t"]) and place["t"] >= 0):
        raise CursorError
    return place


def _is_number(value: Any) -> bool:
    return type(value) is int and abs(value) < _MOST_IN_CURSOR


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _open_cursor(cursor: str) -> tuple[int, tuple[int, str]]:
    place = _read_cursor(cursor)
    key = place["k"]
    if not (isinstance(key, list) and len(key) == 2 and _is_number(key[0]) and _is_id(key[1])):
        raise CursorError
    return place["t"], (key[0], key[1])


def _finished_cursor(cursor: str) -> tuple[int, str]:
    place = _read_cursor(cursor)
    if not _is_id(place["k"]):
        raise CursorError
    return place["t"], place["k"]


STATES_LEFT: Final = tuple(str(state) for state in State if state not in FINISHED)
"""States of alerts on which work is left."""
