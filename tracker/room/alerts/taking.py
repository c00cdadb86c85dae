"""Taking what an engine tells into the store, exactly once: a revision and the number it had in the engine's stream commit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from tracker.room.accounts.persons import unit_rules
from tracker.room.alerts.alert_tables import ALERT_REVISIONS, ALERTS, ENGINES
from tracker.room.alerts.facts import NoAlertError, Told, told_by, wakes_of
from tracker.room.alerts.keeping import CLOCK, FACTS, Turn, compartment_rules, desk_turn, find, kept_of
from tracker.room.alerts.suppressing import Suppression, applied, in_force
from tracker.room.alerts.visibility import Needs, needs_of, redacted
from tracker.room.audited import Act
from tracker.room.desk.routing import Places, places_of, routed
from tracker.room.desk.states import Life, Routing, called_from_history, raised, revised, woken
from tracker.room.rights import NOBODY
from tracker.room.shell.logs import Log, NoLog
from tracker.room.shell.parts import Audit
from tracker.room.store.opening import RoomStore

SILENT = NoLog()


def place_of(connection: Connection, engine: str) -> tuple[int, str | None]:
    """Up to which number of its stream, of which store, an engine has been taken in."""
    row = connection.execute(
        select(ENGINES.c.sequence, ENGINES.c.store_id).where(ENGINES.c.engine == engine)
    ).one_or_none()
    return (0, None) if row is None else (row.sequence, row.store_id)


def set_place(connection: Connection, engine: str, sequence: int, store_id: str | None) -> None:
    """Remember up to where an engine has been taken in."""
    known = connection.execute(select(ENGINES.c.engine).where(ENGINES.c.engine == engine)).one_or_none()
    values = {"sequence": sequence, "store_id": store_id}
    if known is None:
        connection.execute(insert(ENGINES).values(engine=engine, **values))
    else:
        connection.execute(update(ENGINES).where(ENGINES.c.engine == engine).values(**values))


def has_caught_up(connection: Connection, engine: str) -> bool:
    """Whether all has been read that an engine had before the room first met it."""
    return (
        connection.execute(select(ENGINES.c.caught_up_us).where(ENGINES.c.engine == engine)).scalar_one_or_none()
        is not None
    )


def catch_up(store: RoomStore, engine: str, now_us: int) -> bool:
    """All has been read that an engine had before: what is not over calls from now on; whether anything does."""
    with store.write() as connection, desk_turn(connection, now_us) as turn:
        if has_caught_up(connection, engine):
            return False
        at, store_id = place_of(connection, engine)
        set_place(connection, engine, at, store_id)
        connection.execute(update(ENGINES).where(ENGINES.c.engine == engine).values(caught_up_us=now_us))
        for row in connection.execute(select(ALERTS).where(ALERTS.c.engine == engine)):
            kept = kept_of(row)
            if kept.standing.is_history and kept.standing.facts.life is Life.PRESENT:
                turn.change_standing(kept, called_from_history(kept.standing, now_us), CLOCK)
    return turn.has_told


def take(
    store: RoomStore,
    engine: str,
    items: Sequence[tuple[int, Mapping[str, Any]]],
    now_us: int,
    audit: Audit,
    log: Log = SILENT,
    *,
    is_history: bool = False,
) -> bool:
    """Take in revisions (number in the engine's stream, CloudEvent) in one transaction; what was taken before changes nothing.

    A new alert is given to a unit by the units' rules; ``audit`` says so. Whether anything changed on the desk.

    Parameters
    ----------
    is_history:
        The engine told them before this room met it: they call nobody until :func:`catch_up`.
    """
    given: dict[str, list[str]] = {}
    with store.write() as connection, desk_turn(connection, now_us) as turn:
        at, store_id = place_of(connection, engine)
        rules, suppressions = compartment_rules(connection), in_force(connection, now_us)
        units = unit_rules(connection)
        for sequence, event in items:
            if sequence <= at:
                continue
            at = sequence
            try:
                told = told_by(event)
                needs = needs_of(told.data, rules)
                found = routed(_places(told, needs), units) if units else None
            except (NoAlertError, AttributeError, KeyError, TypeError, ValueError) as exc:
                log.warning("room_no_alert", engine=engine, sequence=sequence, why=str(exc) or type(exc).__name__)
                continue
            unit = _take_one(turn, engine, sequence, told, event, needs, suppressions, found, is_history)
            if unit is not None:
                given.setdefault(unit, []).append(told.alert_id)
        set_place(connection, engine, at, store_id)
        for unit, alert_ids in given.items():
            names = [f"unit:{unit}", *(f"alert:{alert_id}" for alert_id in alert_ids)]
            audit.write(connection, NOBODY, Act.ALERT_ROUTED, names)
    return turn.has_told


def _take_one(
    turn: Turn,
    engine: str,
    sequence: int,
    told: Told,
    event: Mapping[str, Any],
    found: Needs,
    suppressions: Sequence[Suppression],
    given: tuple[str, Routing] | None,
    is_history: bool,
) -> str | None:
    """The unit that a new alert was given to."""
    kept = find(turn.connection, told.alert_id)
    if kept is not None and kept.engine != engine:
        return None  # engines that hear the same tell the same alert; the first that told it goes on telling it
    known = select(ALERT_REVISIONS.c.revision).where(
        ALERT_REVISIONS.c.alert_id == told.alert_id, ALERT_REVISIONS.c.revision == told.revision
    )
    if turn.connection.execute(known).one_or_none() is not None:
        return None
    turn.connection.execute(
        insert(ALERT_REVISIONS).values(
            alert_id=told.alert_id,
            revision=told.revision,
            engine=engine,
            sequence=sequence,
            received_us=turn.now_us,
            event=orjson.dumps(event).decode(),
        )
    )
    needs = found if kept is None else kept.needs.joined(found)
    unit = None
    if kept is None:
        standing = raised(told.facts(), turn.now_us)
        if given is not None:
            unit, routing = given
            standing = replace(standing, unit=unit, routing=routing)
        standing = replace(standing, is_history=is_history)
        turn.add(engine, told, needs, applied(standing, told, engine, suppressions, turn.now_us))
    elif told.revision > kept.standing.facts.revision:
        standing = revised(kept.standing, told.facts(), turn.now_us)
        if is_history and kept.standing.is_history:
            standing = replace(standing, is_history=True)
        turn.change_facts(kept, told, needs, applied(standing, told, engine, suppressions, turn.now_us))
    _wake_others(turn, told)
    return unit


def _places(told: Told, needs: Needs) -> Places:
    """What its unit is found by: what everybody may see who may see the alert at all, so that by its unit nobody learns of goods that are hidden."""
    return places_of(redacted(told.data, needs, frozenset(needs.whole)), told.area, told.feed)


def _wake_others(turn: Turn, told: Told) -> None:
    """What a craft does may end shelves of its other alerts."""
    wakes = wakes_of(told)
    if not wakes:
        return
    shelved = select(ALERTS).where(ALERTS.c.shelf_until_us.is_not(None), ALERTS.c.craft == told.craft)
    for row in turn.connection.execute(shelved).all():
        kept = kept_of(row)
        standing = kept.standing
        for wake in wakes:
            standing = woken(standing, wake, turn.now_us)
        if standing is not kept.standing:
            turn.change_standing(kept, standing, FACTS if kept.alert_id == told.alert_id else CLOCK)


def take_ended_shelves(store: RoomStore, now_us: int) -> bool:
    """Write down shelves that have ended, so that the stream tells of them. Whoever reads an alert sees the end without this; whether anything changed."""
    with store.write() as connection, desk_turn(connection, now_us) as turn:
        ended = select(ALERTS).where(ALERTS.c.shelf_until_us <= now_us)
        for row in connection.execute(ended).all():
            kept = kept_of(row)
            turn.change_standing(kept, kept.standing.settled(now_us), CLOCK)
    return turn.has_told
