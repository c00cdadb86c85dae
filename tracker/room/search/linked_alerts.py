"""Alerts as a search tells of them: by their ids, and on what was found; those alone that a caller may know of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from tracker.alerts.alert import alert_id as id_of_alert_on
from tracker.room.alerts.alert_tables import ALERTS
from tracker.room.alerts.keeping import compartment_rules
from tracker.room.alerts.visibility import Needs

_IDS: Final = 500
MOST_TOLD: Final = 20
"""Ids of alerts that are told with a hit; the counts are of all."""
_ID: Final = re.compile(r"[a-z0-9:._-]{1,64}")
"""No other text is looked up: PostgreSQL takes no NUL, and no id has a blank."""
_BEGINNING: Final = re.compile(r"[0-9a-f]{6,24}")
"""Of an id; what is shorter begins too many."""
_BEHIND_HEX: Final = "g"
_COLUMNS: Final = (ALERTS.c.alert_id, ALERTS.c.needs, ALERTS.c.is_finished)


def hidden_rules(connection: Connection, compartments: frozenset[str]) -> list[dict[str, str]]:
    """What somebody with these compartments may not see, for the door of an engine."""
    found = {
        (str(rule.what), rule.value) for rule in compartment_rules(connection) if rule.compartment not in compartments
    }
    return [{"what": what, "value": value} for what, value in sorted(found)]


def add_alerts(connection: Connection, hits: Iterable[dict[str, Any]], compartments: frozenset[str]) -> None:
    """Give each hit the alerts on it, in place of the ids that the engine named: how many are open and closed, and the first ids, open ones before."""
    ids_of = [(hit, _named(hit)) for hit in hits]
    known = _seen(connection, sorted({one for _, ids in ids_of for one in ids}), compartments)
    for hit, ids in ids_of:
        seen = [one for one in ids if one in known]
        open_ids = [one for one in seen if not known[one]]
        closed = [one for one in seen if known[one]]
        hit["alerts"] = {"open": len(open_ids), "closed": len(closed), "ids": [*open_ids, *closed][:MOST_TOLD]}


def alerts_of_id(connection: Connection, q: str, limit: int, compartments: frozenset[str]) -> dict[str, Any]:
    """Alerts whose id is, or begins with, what is asked."""
    text = "".join(q.split()).lower().removeprefix("alert:")
    hits: list[dict[str, Any]] = []
    if not _ID.fullmatch(text):
        return {"hits": hits, "more": False}
    # the upper bound holds in every collation, for ids are hexadecimal
    is_prefix = _BEGINNING.fullmatch(text) is not None
    asked = select(*_COLUMNS, ALERTS.c.engine, ALERTS.c.craft, ALERTS.c.kind).order_by(ALERTS.c.alert_id)
    which = (
        (ALERTS.c.alert_id >= text) & (ALERTS.c.alert_id < text + _BEHIND_HEX)
        if is_prefix
        else ALERTS.c.alert_id == text
    )
    for row in connection.execute(asked.where(which)):
        if Needs.from_json(orjson.loads(row.needs)).hides_all(compartments):
            continue
        rank = 1 if row.alert_id == text else 3
        hits.append(
            {"type": "alerts", "id": row.alert_id, "rank": rank, "engine": row.engine, "craft": row.craft, "kind": row.kind,
             "is_finished": bool(row.is_finished)}
        )  # fmt: skip
        if len(hits) > limit:
            break
    return {"hits": hits[:limit], "more": len(hits) > limit}


def _named(hit: dict[str, Any]) -> list[str]:
    """Ids of alerts that the engine knows of, taken out of a hit; of an event that of its own alert."""
    if hit.get("type") == "events":
        return [id_of_alert_on(str(hit["id"]))]
    return [str(one) for one in hit.pop("alert_ids", ())]


def _seen(connection: Connection, ids: Sequence[str], compartments: frozenset[str]) -> dict[str, bool]:
    """Of some alerts those that may be seen: id -> whether it is finished."""
    found: dict[str, bool] = {}
    for piece in _pieces(ids):
        for row in connection.execute(select(*_COLUMNS).where(ALERTS.c.alert_id.in_(piece))):
            if not Needs.from_json(orjson.loads(row.needs)).hides_all(compartments):
                found[row.alert_id] = bool(row.is_finished)
    return found


def _pieces(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[at : at + _IDS] for at in range(0, len(ids), _IDS))
