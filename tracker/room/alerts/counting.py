"""Figures from the store, of what a caller may see and nothing else: a count that has the hidden in it would tell."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy import Connection, select

from tracker.room.alerts.alert_tables import ALERTS, DESK_ACTS, DESK_CALLS
from tracker.room.alerts.visibility import Needs
from tracker.room.desk.load import WINDOW_US, Load, load_of
from tracker.room.desk.outcomes import Outcome
from tracker.room.desk.verdicts import Judged


def loads_visible(
    connection: Connection, compartments: frozenset[str], now_us: int, shift_us: int
) -> list[tuple[str | None, Load]]:
    """The load of all desks together (unit None) and of each unit."""
    asked = (
        select(DESK_CALLS.c.at_us, DESK_CALLS.c.unit, ALERTS.c.needs)
        .join(ALERTS, ALERTS.c.alert_id == DESK_CALLS.c.alert_id)
        .where(DESK_CALLS.c.at_us > now_us - shift_us - 6 * WINDOW_US)
        .order_by(DESK_CALLS.c.at_us)
    )
    times: dict[str | None, list[int]] = {None: []}
    for at_us, unit, needs in connection.execute(asked):
        if Needs.from_json(orjson.loads(needs)).hides_all(compartments):
            continue
        times[None].append(at_us)
        if unit is not None:
            times.setdefault(unit, []).append(at_us)
    return [
        (unit, load_of(told, now_us, shift_us)) for unit, told in sorted(times.items(), key=lambda one: one[0] or "")
    ]


def judged_visible(connection: Connection, compartments: frozenset[str], since_us: int) -> Sequence[Judged]:
    """Alerts that stand closed with an outcome, judged since an instant."""
    asked = select(
        ALERTS.c.alert_id,
        ALERTS.c.kind,
        ALERTS.c.rule,
        ALERTS.c.area,
        ALERTS.c.feed,
        ALERTS.c.confidence,
        ALERTS.c.outcome,
        ALERTS.c.needs,
    ).where(
        ALERTS.c.outcome.is_not(None),
        select(DESK_ACTS.c.act_id)
        .where(DESK_ACTS.c.alert_id == ALERTS.c.alert_id, DESK_ACTS.c.kind == "close", DESK_ACTS.c.at_us >= since_us)
        .exists(),
    )
    return [
        Judged(
            alert_id=row.alert_id,
            kind=row.kind,
            rule=row.rule,
            area=row.area,
            feed=row.feed,
            confidence=row.confidence,
            outcome=Outcome(row.outcome),
        )
        for row in connection.execute(asked)
        if not Needs.from_json(orjson.loads(row.needs)).hides_all(compartments)
    ]
