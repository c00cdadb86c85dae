"""The list of alerts: work that is left, by what waiting costs; what is finished, newest first. Pages by cursors that tell nothing but the place."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, or_, select

from tracker.room.alerts.alert_tables import ALERTS
from tracker.room.alerts.keeping import Kept, kept_of, unfinished, visible
from tracker.room.alerts.showing import order_of, row_of
from tracker.room.alerts.visibility import redacted
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

    def takes(self, kept: Kept, compartments: frozenset[str], now_us: int) -> bool:
        """Whether an alert as somebody sees it is meant."""
        data = redacted(kept.data, kept.needs, compartments)
        event, standing = data["event"], kept.standing
        crafts = (event["craft"], event.get("other_craft"))
        return (
            (not self.states or standing.state(now_us) in self.states)
            and (not self.bands or data["priority_band"] in self.bands)
            and (not self.kinds or event["kind"] in self.kinds)
            and (not self.crafts or any(craft in self.crafts for craft in crafts))
            and (not self.persons or standing.person in self.persons)
            and (not self.units or standing.unit in self.units)
            and (not self.engines or kept.engine in self.engines)
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
    connection: Connection,
    chosen: Filter,
    compartments: frozenset[str],
    now_us: int,
    clocks: ClockSettings,
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
    if chosen.is_of_finished:
        return _finished(connection, chosen, compartments, now_us, clocks, limit, cursor)
    return _open(connection, chosen, compartments, now_us, clocks, limit, cursor)


def _open(
    connection: Connection,
    chosen: Filter,
    compartments: frozenset[str],
    now_us: int,
    clocks: ClockSettings,
    limit: int,
    cursor: str | None,
) -> Page:
    """The order is that of one instant, which the cursor carries, so that pages fit together while clocks run on."""
    as_of_us, after = (now_us, None) if cursor is None else _open_cursor(cursor)
    found: list[tuple[int, str, Kept]] = []
    counts: dict[str, int] = {}
    asked = unfinished()
    if any(state in FINISHED for state in chosen.states):
        asked = select(ALERTS)
    for kept in visible(connection, asked, compartments):
        if chosen.takes(kept, compartments, now_us):
            points, _, _ = order_of(kept, compartments, as_of_us, clocks)
            found.append((-points, kept.alert_id, kept))
            state = str(kept.standing.state(now_us))
            counts[state] = counts.get(state, 0) + 1
    found.sort(key=lambda one: one[:2])
    rest = [one for one in found if after is None or one[:2] > after]
    rows = [row_of(connection, kept, compartments, now_us, clocks) for _, _, kept in rest[:limit]]
    following = _cursor({"t": as_of_us, "k": list(rest[limit - 1][:2])}) if len(rest) > limit else None
    return Page(rows=rows, next_cursor=following, as_of_us=as_of_us, counts=counts)


def _finished(
    connection: Connection,
    chosen: Filter,
    compartments: frozenset[str],
    now_us: int,
    clocks: ClockSettings,
    limit: int,
    cursor: str | None,
) -> Page:
    after = None if cursor is None else _finished_cursor(cursor)
    found: list[Kept] = []
    while len(found) <= limit:
        asked = (
            select(ALERTS)
            .where(ALERTS.c.is_finished)
            .order_by(ALERTS.c.changed_us.desc(), ALERTS.c.alert_id)
            .limit(_PIECE)
        )
        if after is not None:
            at_us, alert_id = after
            asked = asked.where(
                or_(ALERTS.c.changed_us < at_us, (ALERTS.c.changed_us == at_us) & (ALERTS.c.alert_id > alert_id))
            )
        rows = connection.execute(asked).all()
        kept = [kept_of(row) for row in rows]
        found += [
            one for one in kept if not one.needs.hides_all(compartments) and chosen.takes(one, compartments, now_us)
        ]
        if len(rows) < _PIECE:
            break
        after = (rows[-1].changed_us, rows[-1].alert_id)
    shown = found[:limit]
    following = _cursor({"t": shown[-1].changed_us, "k": shown[-1].alert_id}) if len(found) > limit else None
    return Page(
        rows=[row_of(connection, one, compartments, now_us, clocks) for one in shown],
        next_cursor=following,
        as_of_us=now_us,
        counts={},
    )


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
