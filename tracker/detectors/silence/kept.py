"""Events that wait for their next revision, as a table of a snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

import pyarrow as pa

from tracker.events import Event, EventKind, EventState, Rule


def events_table(events: Mapping[int, Event]) -> pa.Table:
    """Events by their keys; rules are left out."""
    keys = sorted(events)
    texts = [json.dumps({**asdict(events[key]), "rule": None}, separators=(",", ":")) for key in keys]
    return pa.table({"key": pa.array(keys, pa.int64()), "event": pa.array(texts, pa.string())})


def events_dict(table: pa.Table, rules: Mapping[EventKind, Rule]) -> dict[int, Event]:
    """The inverse of :func:`events_table`."""
    events = {}
    for key, text in zip(table.column("key").to_pylist(), table.column("event").to_pylist(), strict=True):
        given = json.loads(text)
        kind = EventKind(given["kind"])
        events[key] = Event(**{**given, "kind": kind, "state": EventState(given["state"]), "rule": rules[kind]})
    return events
