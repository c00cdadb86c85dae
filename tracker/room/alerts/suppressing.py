"""Suppression by design and out of service: rules that a person sets, with a reason and an end; nothing else ever sets one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from tracker.room.alerts.alert_tables import SUPPRESSIONS
from tracker.room.alerts.facts import Told
from tracker.room.desk.states import Standing, suppressed
from tracker.units import US_PER_DAY

MATCHED: Final = ("kind", "rule", "area", "feed", "craft", "engine")
"""By what a rule may choose alerts; all that it names must agree."""
MOST_SUPPRESSION_US: Final = 90 * US_PER_DAY
"""A quarter of a year (ours): then a person looks at it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One rule of a person."""

    rule_id: str
    is_service: bool
    match: Mapping[str, str]
    reason: str
    by: str
    at_us: int
    until_us: int

    def hits(self, told: Mapping[str, str]) -> bool:
        """Whether an alert of these properties is meant."""
        return bool(self.match) and all(told.get(name) == value for name, value in self.match.items())


def in_force(connection: Connection, now_us: int) -> list[Suppression]:
    """The rules in force at an instant, oldest first."""
    asked = (
        select(SUPPRESSIONS)
        .where(SUPPRESSIONS.c.lifted_us.is_(None), SUPPRESSIONS.c.until_us > now_us)
        .order_by(SUPPRESSIONS.c.at_us, SUPPRESSIONS.c.rule_id)
    )
    return [
        Suppression(
            rule_id=row.rule_id,
            is_service=row.is_service,
            match=orjson.loads(row.match),
            reason=row.reason,
            by=row.by,
            at_us=row.at_us,
            until_us=row.until_us,
        )
        for row in connection.execute(asked)
    ]


def applied_to(
    standing: Standing, properties: Mapping[str, str], rules: Sequence[Suppression], now_us: int
) -> Standing:
    """The standing under the rules in force; free of what is in force no longer."""
    for is_service in (False, True):
        hit = next((rule.rule_id for rule in rules if rule.is_service is is_service and rule.hits(properties)), None)
        standing = suppressed(standing, hit, now_us, is_service=is_service)
    return standing


def applied(standing: Standing, told: Told, engine: str, rules: Sequence[Suppression], now_us: int) -> Standing:
    """The same for what an engine has just told."""
    return applied_to(standing, properties_of(told, engine), rules, now_us)


def properties_of(told: Any, engine: str) -> dict[str, str]:
    """What a rule may choose by, of an alert as told or as kept (a row of ``alerts``)."""
    return {
        "kind": told.kind,
        "rule": told.rule,
        "area": told.area,
        "feed": told.feed,
        "craft": told.craft,
        "engine": engine,
    }
