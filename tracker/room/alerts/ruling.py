"""Rules that people set on many alerts at once: suppressions and compartments, and what they change on the alerts that are there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from tracker.room.alerts.alert_tables import ALERTS, COMPARTMENT_RULES, SUPPRESSIONS
from tracker.room.alerts.keeping import CLOCK, Turn, compartment_rules, desk_turn, kept_of, revisions, unfinished
from tracker.room.alerts.suppressing import applied_to, in_force, properties_of
from tracker.room.alerts.visibility import Needs, needs_of
from tracker.room.store.opening import RoomStore


def suppress(turn: Turn, match: Mapping[str, str], reason: str, by: str, until_us: int, *, is_service: bool) -> str:
    """Set a suppression; its id. Alerts on which work is left obey at once."""
    rule_id = uuid.uuid4().hex
    turn.connection.execute(
        insert(SUPPRESSIONS).values(
            rule_id=rule_id,
            is_service=is_service,
            match=orjson.dumps(dict(match)).decode(),
            reason=reason,
            by=by,
            at_us=turn.now_us,
            until_us=until_us,
        )
    )
    _apply(turn)
    return rule_id


def lift(turn: Turn, rule_id: str) -> bool:
    """Lift a suppression; whether there was one in force."""
    lifted = turn.connection.execute(
        update(SUPPRESSIONS)
        .where(
            SUPPRESSIONS.c.rule_id == rule_id, SUPPRESSIONS.c.lifted_us.is_(None), SUPPRESSIONS.c.until_us > turn.now_us
        )
        .values(lifted_us=turn.now_us)
    )
    if lifted.rowcount:
        _apply(turn)
    return bool(lifted.rowcount)


def lift_ended(store: RoomStore, now_us: int) -> bool:
    """What was suppressed until now calls again; whether anything changed."""
    ended = select(SUPPRESSIONS.c.rule_id).where(SUPPRESSIONS.c.lifted_us.is_(None), SUPPRESSIONS.c.until_us <= now_us)
    with store.read() as connection:
        if connection.execute(ended.limit(1)).one_or_none() is None:
            return False
    with store.write() as connection, desk_turn(connection, now_us) as turn:
        connection.execute(
            update(SUPPRESSIONS)
            .where(SUPPRESSIONS.c.lifted_us.is_(None), SUPPRESSIONS.c.until_us <= now_us)
            .values(lifted_us=now_us)
        )
        _apply(turn)
    return turn.has_told


def _apply(turn: Turn) -> None:
    rules = in_force(turn.connection, turn.now_us)
    for row in turn.connection.execute(unfinished()).all():
        kept = kept_of(row)
        standing = applied_to(kept.standing, properties_of(row, row.engine), rules, turn.now_us)
        if standing is not kept.standing:
            turn.change_standing(kept, standing, CLOCK)


def add_compartment_rule(turn: Turn, compartment: str, what: str, value: str) -> str:
    """Say that things of this name belong to a compartment; the id of the rule. Every alert is looked at anew."""
    rule_id = uuid.uuid4().hex
    turn.connection.execute(
        insert(COMPARTMENT_RULES).values(rule_id=rule_id, compartment=compartment, what=what, value=value)
    )
    _look_again(turn)
    return rule_id


def drop_compartment_rule(turn: Turn, rule_id: str) -> bool:
    """Take such a rule away; whether it was there."""
    gone = turn.connection.execute(delete(COMPARTMENT_RULES).where(COMPARTMENT_RULES.c.rule_id == rule_id))
    if gone.rowcount:
        _look_again(turn)
    return bool(gone.rowcount)


def list_compartment_rules(connection: Connection) -> list[dict[str, Any]]:
    """All rules of compartments."""
    asked = select(COMPARTMENT_RULES).order_by(
        COMPARTMENT_RULES.c.compartment, COMPARTMENT_RULES.c.what, COMPARTMENT_RULES.c.value
    )
    return [dict(row) for row in connection.execute(asked).mappings()]


def _look_again(turn: Turn) -> None:
    rules = compartment_rules(turn.connection)
    for row in turn.connection.execute(select(ALERTS)).all():
        kept = kept_of(row)
        needs = Needs()
        for told in revisions(turn.connection, kept.alert_id, kept.standing.facts.revision):
            needs = needs.joined(needs_of(told.data, rules))
        if needs != kept.needs:
            turn.change_needs(kept, needs)
