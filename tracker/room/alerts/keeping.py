"""Alerts in the store: read, and changed in turn.

Whoever changes alerts takes the desk's turn first (one row, held until the transaction ends), then does what it does, then writes the audit last. So every
change has its place in one sequence, which grows in the order of commits, and two writers never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, Select, insert, select, update

from tracker.room.alerts.alert_tables import (
    ALERT_REVISIONS,
    ALERTS,
    COMPARTMENT_RULES,
    DESK_CALLS,
    DESK_STREAM,
    DESK_TURN,
)
from tracker.room.alerts.facts import Told, told_by
from tracker.room.alerts.visibility import CompartmentRule, Needs, What, redacted
from tracker.room.desk.states import FINISHED, Standing, State, standing_of
from tracker.room.sending.outbox import Changed, note_changes

FACTS: Final = "facts"
DESK: Final = "desk"
CLOCK: Final = "clock"
RULES: Final = "rules"
"""Causes of a change: a revision, an act of a person, a shelf that ended, what may be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An alert as the store has it."""

    alert_id: str
    engine: str
    area: str
    rule: str
    feed: str
    first_us: int
    changed_us: int
    lead_until_us: int | None
    data: dict[str, Any]
    needs: Needs
    standing: Standing


def kept_of(row: Row[Any]) -> Kept:
    """The alert of a row of ``alerts``."""
    return Kept(
        alert_id=row.alert_id,
        engine=row.engine,
        area=row.area,
        rule=row.rule,
        feed=row.feed,
        first_us=row.first_us,
        changed_us=row.changed_us,
        lead_until_us=row.lead_until_us,
        data=orjson.loads(row.facts),
        needs=Needs.from_json(orjson.loads(row.needs)),
        standing=standing_of(orjson.loads(row.standing)),
    )


def find(connection: Connection, alert_id: str) -> Kept | None:
    """An alert by its id, whoever may see it."""
    row = connection.execute(select(ALERTS).where(ALERTS.c.alert_id == alert_id)).one_or_none()
    return None if row is None else kept_of(row)


def find_visible(connection: Connection, alert_id: str, compartments: frozenset[str]) -> Kept | None:
    """An alert that somebody with these compartments may see; None for what is hidden and what is not there alike."""
    kept = find(connection, alert_id)
    return None if kept is None or kept.needs.hides_all(compartments) else kept


def visible(connection: Connection, asked: Select[Any], compartments: frozenset[str]) -> Iterator[Kept]:
    """Of the alerts that a question finds those that somebody with these compartments may see."""
    for row in connection.execute(asked):
        kept = kept_of(row)
        if not kept.needs.hides_all(compartments):
            yield kept


def standing_for(kept: Kept, compartments: frozenset[str]) -> Standing:
    """How an alert stands for somebody: as grave as what is shown, so that neither a clock nor a refusal tells of what is not."""
    seen = redacted(kept.data, kept.needs, compartments)
    if seen is kept.data:
        return kept.standing
    return kept.standing.as_grave_as(seen["priority_band"])


def revision_for(connection: Connection, kept: Kept, compartments: frozenset[str], up_to: int | None = None) -> int:
    """The number of the facts' revision as somebody sees it: where consignments are hidden, revisions that differ in nothing that is shown are not counted."""
    last = kept.standing.facts.revision if up_to is None else up_to
    if not kept.needs.hides_some(compartments):
        return last
    shown, count = None, 0
    for told in revisions(connection, kept.alert_id, last):
        seen = (told.life, redacted(told.data, kept.needs, compartments))
        if seen != shown:
            shown, count = seen, count + 1
    return max(count, 1)


def revisions(connection: Connection, alert_id: str, up_to: int) -> Iterator[Told]:
    """The revisions of an alert, oldest first."""
    asked = (
        select(ALERT_REVISIONS.c.event)
        .where(ALERT_REVISIONS.c.alert_id == alert_id, ALERT_REVISIONS.c.revision <= up_to)
        .order_by(ALERT_REVISIONS.c.revision)
    )
    for event in connection.execute(asked).scalars():
        yield told_by(orjson.loads(event))


def compartment_rules(connection: Connection) -> list[CompartmentRule]:
    """The rules in force."""
    rows = connection.execute(
        select(COMPARTMENT_RULES.c.compartment, COMPARTMENT_RULES.c.what, COMPARTMENT_RULES.c.value)
    )
    return [CompartmentRule(row.compartment, What(row.what), row.value) for row in rows]


class Turn:
    """The desk's turn within a transaction: changes alerts and numbers the changes."""

    def __init__(self, connection: Connection, sequence: int, now_us: int) -> None:
        self.connection, self.now_us = connection, now_us
        self._sequence = self._begun = sequence
        self._changed: list[Changed] = []

    @property
    def has_told(self) -> bool:
        """Whether anything changed."""
        return self._sequence > self._begun

    def add(self, engine: str, told: Told, needs: Needs, standing: Standing) -> None:
        """Keep an alert that is new."""
        values = {"alert_id": told.alert_id, "engine": engine, "first_us": self.now_us, **_facts_columns(told, needs)}
        values |= _standing_columns(standing, self.now_us) | {"changed_us": self.now_us}
        self.connection.execute(insert(ALERTS).values(**values))
        self._tell(told.alert_id, FACTS, standing)
        self._count_call(told.alert_id, None, standing)
        self._changed.append(_changed(told, needs, standing, None))

    def change_facts(self, kept: Kept, told: Told, needs: Needs, standing: Standing) -> None:
        """Keep a newer revision, and how the alert stands with it."""
        self._update(kept, standing, _facts_columns(told, needs))
        self._tell(kept.alert_id, FACTS, standing)
        self._changed.append(_changed(told, needs, standing, kept))

    def change_standing(self, kept: Kept, standing: Standing, cause: str) -> Kept:
        """Keep the desk's work on an alert; the alert as it is then."""
        self._update(kept, standing, {})
        self._tell(kept.alert_id, cause, standing)
        after = replace(kept, standing=standing, changed_us=self.now_us)
        self._changed.append(_changed(after, kept.needs, standing, kept))
        return after

    def change_needs(self, kept: Kept, needs: Needs) -> None:
        """Keep which compartments an alert asks for now."""
        self.connection.execute(
            update(ALERTS)
            .where(ALERTS.c.alert_id == kept.alert_id)
            .values(needs=orjson.dumps(needs.to_json()).decode())
        )
        self._tell(kept.alert_id, RULES, kept.standing)

    def finish(self) -> None:
        """Keep the number of the last change, and what goes out because of them."""
        if self._changed:
            note_changes(self.connection, self._changed, self.now_us)
        if self.has_told:
            self.connection.execute(update(DESK_TURN).values(sequence=self._sequence))

    def _update(self, kept: Kept, standing: Standing, more: dict[str, Any]) -> None:
        values = _standing_columns(standing, self.now_us) | more | {"changed_us": self.now_us}
        self.connection.execute(update(ALERTS).where(ALERTS.c.alert_id == kept.alert_id).values(**values))
        self._count_call(kept.alert_id, kept.standing, standing)

    def _tell(self, alert_id: str, cause: str, standing: Standing) -> None:
        self._sequence += 1
        self.connection.execute(
            insert(DESK_STREAM).values(
                sequence=self._sequence,
                at_us=self.now_us,
                alert_id=alert_id,
                cause=cause,
                revision=standing.facts.revision,
                version=standing.version,
            )
        )

    def _count_call(self, alert_id: str, before: Standing | None, standing: Standing) -> None:
        if standing.state(self.now_us) is not State.ANNUNCIATED:
            return
        calls_us = standing.settled(self.now_us).annunciated_us
        if before is not None and before.annunciated_us == calls_us and before.state(self.now_us) is State.ANNUNCIATED:
            return
        known = select(DESK_CALLS.c.at_us).where(DESK_CALLS.c.alert_id == alert_id, DESK_CALLS.c.at_us == calls_us)
        if self.connection.execute(known).one_or_none() is None:
            self.connection.execute(insert(DESK_CALLS).values(alert_id=alert_id, at_us=calls_us, unit=standing.unit))


def _changed(now: Kept | Told, needs: Needs, standing: Standing, before: Kept | None) -> Changed:
    return Changed(
        alert_id=now.alert_id, rule=now.rule, area=now.area, needs=needs, data=now.data, standing=standing,
        data_before=None if before is None else before.data, standing_before=None if before is None else before.standing,
    )  # fmt: skip


@contextmanager
def desk_turn(connection: Connection, now_us: int) -> Iterator[Turn]:
    """The desk's turn, from here to the end of the transaction."""
    asked = select(DESK_TURN.c.sequence).with_for_update()
    sequence = connection.execute(asked).scalar_one_or_none()
    if sequence is None:
        connection.execute(insert(DESK_TURN).values(only=1, sequence=0))
        sequence = 0
    turn = Turn(connection, sequence, now_us)
    yield turn
    turn.finish()


def _facts_columns(told: Told, needs: Needs) -> dict[str, Any]:
    return {
        "craft": told.craft,
        "other_craft": told.other_craft,
        "kind": told.kind,
        "detail": told.detail,
        "rule": told.rule,
        "area": told.area,
        "feed": told.feed,
        "confidence": told.confidence,
        "revision": told.revision,
        "priority": told.priority,
        "band": told.band,
        "lead_until_us": told.lead_until_us,
        "facts": orjson.dumps(told.data).decode(),
        "needs": orjson.dumps(needs.to_json()).decode(),
    }


def _standing_columns(standing: Standing, now_us: int) -> dict[str, Any]:
    return {
        "standing": orjson.dumps(standing.to_json()).decode(),
        "desk_version": standing.version,
        "is_finished": standing.state(now_us) in FINISHED,
        "shelf_until_us": None if standing.shelf is None else standing.shelf.until_us,
        "person": standing.person,
        "unit": standing.unit,
        "outcome": None if standing.closing is None else standing.closing.outcome,
    }


def unfinished() -> Select[Any]:
    """Alerts on which work is left."""
    return select(ALERTS).where(~ALERTS.c.is_finished)


def chosen(alert_ids: Iterable[str]) -> Select[Any]:
    """Alerts by their ids."""
    return select(ALERTS).where(ALERTS.c.alert_id.in_(sorted(alert_ids)))
