"""Clocks that ran out are put into the outbox, once for each alert, clock and subscription."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from tracker.room.alerts.keeping import Kept, find
from tracker.room.alerts.open_alerts import OpenAlert, OpenAlerts
from tracker.room.desk.clocks import ClockSettings
from tracker.room.desk.occasions import Cause, RanOut, ran_out
from tracker.room.sending.outbox import Changed, Subscription, put, seen_standing, subscriptions, told_of_escalation
from tracker.room.sending.sending_tables import ESCALATIONS_TOLD
from tracker.room.store.opening import RoomStore


class Escalating:
    """Looks which clocks have run out. What was looked at is remembered, so that an alert that waits for days costs nothing."""

    def __init__(self, store: RoomStore, open_alerts: OpenAlerts) -> None:
        self._store, self._open_alerts = store, open_alerts
        self._looked: dict[str, tuple[object, ...]] = {}

    def look(self, now_us: int) -> bool:
        """Put into the outbox what ran out since the last look; whether there was anything."""
        with self._store.read() as connection:
            told = [one for one in subscriptions(connection) if _takes(one)]
        if not told:
            return False
        clocks = self._open_alerts.clocks
        looked: dict[str, tuple[object, ...]] = {}
        changed: list[str] = []
        with self._open_alerts.read() as (_, alerts):
            for alert in alerts.values():
                found = tuple((clock.clock, clock.due_us) for clock in _any_ran_out(alert, now_us, clocks))
                if not found:
                    continue
                looked[alert.alert_id] = (alert.changed_us, *found)
                if self._looked.get(alert.alert_id) != looked[alert.alert_id]:
                    changed.append(alert.alert_id)
        has_put = False
        if changed:
            with self._store.write() as connection:
                told = [one for one in subscriptions(connection) if _takes(one)]
                for alert_id in changed:
                    kept = find(connection, alert_id)
                    has_put |= kept is not None and _put(connection, kept, told, now_us, clocks)
        self._looked = looked
        return has_put


def _takes(one: Subscription) -> bool:
    return not one.wants.causes or Cause.ESCALATION in one.wants.causes


def _any_ran_out(alert: OpenAlert, now_us: int, clocks: ClockSettings) -> tuple[RanOut, ...]:
    """Clocks that have run out for anybody: who sees less may see another band, hence other times."""
    found = ran_out(alert.standing, now_us, clocks)
    if alert.reduced is None:
        return found
    return (*found, *ran_out(alert.standing.as_grave_as(alert.reduced[1]), now_us, clocks))


def _put(connection: Connection, kept: Kept, told: list[Subscription], now_us: int, clocks: ClockSettings) -> bool:
    change = Changed(
        alert_id=kept.alert_id, rule=kept.rule, area=kept.area, needs=kept.needs, data=kept.data, standing=kept.standing
    )
    has_put = False
    for one in told:
        if kept.needs.hides_all(one.compartments):
            continue
        seen = seen_standing(change, one.compartments).settled(now_us)
        for clock in ran_out(seen, now_us, clocks):
            if clock.due_us <= one.made_us or not one.wants.takes_cause(Cause.ESCALATION, None, seen):
                continue
            if not told_of_escalation(told, change, one, clock):
                continue
            key = {
                "subscription_id": one.subscription_id,
                "alert_id": kept.alert_id,
                "clock": clock.clock,
                "annunciated_us": seen.annunciated_us,
            }
            same = (ESCALATIONS_TOLD.c[name] == value for name, value in key.items())
            if connection.execute(select(ESCALATIONS_TOLD.c.clock).where(*same)).one_or_none() is None:
                connection.execute(insert(ESCALATIONS_TOLD).values(**key))
                put(connection, one.subscription_id, kept.alert_id, Cause.ESCALATION, now_us)
                has_put = True
    return has_put
