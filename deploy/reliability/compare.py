"""Are two sets of events, and of alerts, the same? What the reliability tests and measurements hold runs against.

An event is compared by everything it says but its revision number and when it became known: late data and corrections change those two and
nothing else. A retracted event is as good as none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb


def final_events(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The last statement of every event that stands, as canonical text, by id."""
    latest: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if row["event_id"] not in latest or row["revision"] > latest[row["event_id"]]["revision"]:
            latest[row["event_id"]] = row
    return {key: _statement(row) for key, row in latest.items() if row["state"] != "retracted"}


def final_alerts(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The last revision of every alert that stands, from CloudEvents in structured JSON, by id."""
    latest: dict[str, Mapping[str, Any]] = {}
    for event in events:
        data = event["data"]
        if data["alert_id"] not in latest or data["revision"] > latest[data["alert_id"]]["data"]["revision"]:
            latest[data["alert_id"]] = event
    return {
        key: json.dumps(
            [
                event["type"],
                event["data"]["priority"],
                event["data"]["consignments"],
                _statement(event["data"]["event"]),
            ]
        )
        for key, event in latest.items()
        if not event["type"].endswith("retracted")
    }


def final_alerts_told_at_any_time(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The event each standing alert is about, by id of the alert.

    Whether an alert was raised at once or became what it is by updates, its priority by the hours left, and the cargo known to be aboard
    are facts of the moment it was told at; late data moves that moment.
    """
    return {key: json.dumps(json.loads(text)[-1]) for key, text in final_alerts(events).items()}


def events_of_store(path: Path) -> list[dict[str, Any]]:
    """All published revisions in a store."""
    columns = (
        "event_id, revision, state, kind, detail, craft, other_craft, lat_deg, lon_deg, cause, confidence, explanation"
    )
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            f'SELECT {columns}, epoch_us("start"), epoch_us("end"), evidence, rule FROM event_revisions'
        ).fetchall()
    names = [*columns.split(", "), "start", "end", "evidence", "rule"]
    rows = [dict(zip(names, row, strict=True)) for row in found]
    for row in rows:
        row["evidence"], row["rule"] = json.loads(row["evidence"]), json.loads(row["rule"])
    return rows


def alerts_of_store(path: Path) -> list[dict[str, Any]]:
    """All published revisions of alerts in a store, as far as :func:`final_alerts` looks at them."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute("SELECT type, data FROM alert_revisions").fetchall()
    return [{"type": kind, "data": json.loads(data)} for kind, data in found]


def json_lines(path: Path) -> list[dict[str, Any]]:
    """A file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def difference(expected: Mapping[str, str], found: Mapping[str, str]) -> dict[str, list[str]]:
    """Ids that are missing, too many, or say something else."""
    return {
        "missing": sorted(expected.keys() - found.keys()),
        "too many": sorted(found.keys() - expected.keys()),
        "other words": sorted(key for key in expected.keys() & found.keys() if expected[key] != found[key]),
    }


def differences(
    expected: Mapping[str, Mapping[str, str]], found: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, list[str]]]:
    """:func:`difference` of several sets by name, those that differ."""
    wrong = {
        name: {what: ids for what, ids in difference(wanted, found[name]).items() if ids}
        for name, wanted in expected.items()
    }
    return {name: what for name, what in wrong.items() if what}


def _statement(row: Mapping[str, Any]) -> str:
    stated = {key: value for key, value in row.items() if key not in ("revision", "known", "known_time")}
    stated["evidence"] = {key: value for key, value in row["evidence"].items() if key != "known"}
    for key in ("start", "end"):
        stated[key] = _us(row[key])
    return json.dumps(stated, sort_keys=True, ensure_ascii=False)


def _us(instant: Any) -> Any:
    """An instant as text or number, as a number."""
    if not isinstance(instant, str):
        return instant
    return (datetime.fromisoformat(instant) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
