"""What SQL users find in a store: views with a comment on each column, and table macros for what they often ask.

The views are made anew when their text has changed since the store was last written (``view_digests``), not at every start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from tracker.cargo.columns import CONSIGNMENT_COLUMNS, ITINERARY_COLUMNS
from tracker.identity import ICAO24_FLAGS, MID_FLAGS
from tracker.schema import Column
from tracker.store import tables
from tracker.store.control_views import FLAG_COLUMNS, ORDER_COLUMNS
from tracker.store.tables import LATEST_FIRST, VIEWS, consignments_of, itineraries_of, public_name

VIEW_COLUMNS: Final[dict[str, tuple[str, Sequence[Column]]]] = {
    "positions": (
        "One row per position report, ships and aircraft alike. Filter `quality = 'ok'` for what the detectors saw.",
        tables.POSITION_ROWS,
    ),
    "latest_positions": ("The last position of every craft, of those the detectors saw.", tables.POSITION_ROWS),
    "presence": (
        "How often each craft was heard in each ten minutes and cell of 0.05 degrees. It reads all positions: for a span of time "
        "`presence_between` is faster.",
        tables.PRESENCE_COLUMNS,
    ),
    "craft": ("Every craft heard: its numbers, names now and former, flag, type, size, first and last heard.", tables.CRAFT_VIEW_COLUMNS),
    "statics": ("Who the craft said it was, report by report.", tables.STATIC_ROWS),
    "other_messages": (
        "AIS messages of types without columns of their own, so that nothing is thrown away.",
        tables.OTHER_COLUMNS,
    ),
    "heard": (
        "Every report, those without a position among them.",
        tuple(column for column in tables.POSITION_ROWS if public_name(column) in
              ("time", "received_time", "craft", "source", "station", "message_type")),
    ),
    "events": (
        "Latest revision of every event; `event_revisions` has all of them. An event that several replays state is shown as the latest states it.",
        tables.EVENT_COLUMNS,
    ),
    "alerts": ("Latest revision of every alert; `alert_revisions` has all of them.", tables.ALERT_COLUMNS),
    "alert_consignments": ("Consignments of every alert and revision.", tables.ALERT_CONSIGNMENT_COLUMNS),
    "cargo_aboard": (
        "Which consignments are, were or are to be aboard which craft, as papers, identities and port calls tell; also where nothing happened. "
        "Judged at the end of a replay, and with every snapshot of the live program.",
        tables.CARGO_ABOARD_COLUMNS,
    ),
    "cargo_suggestions": (
        "Craft whose names merely resemble that of the ship on some papers, and nothing else speaks for them: for a person to look at, never counted as cargo aboard. "
        "Judged as cargo_aboard is.",
        tables.CARGO_SUGGESTION_COLUMNS,
    ),
    "consignments": ("One row per consignment and version of its papers.", (*CONSIGNMENT_COLUMNS, tables.REPLAY_COLUMN)),
    "itineraries": ("One row per declared call and version of the papers.", (*ITINERARY_COLUMNS, tables.REPLAY_COLUMN)),
    "documents": ("Every document of papers received, what could be read of it and what not.", tables.DOCUMENT_COLUMNS),
    "box_events": ("What documents tell of containers: loaded, discharged, stowed, gated.", tables.BOX_EVENT_COLUMNS),
    "port_calls": ("Entry and departure of craft at ports and airports.", tables.PORT_CALL_COLUMNS),
    "voyages": ("From one port call with a stop to the next.", tables.VOYAGE_COLUMNS),
    "verdicts": ("What people decided on alerts, as rooms tell it at the door.", tables.VERDICT_COLUMNS),
    "rejects": ("What could not be read: every sample kept, with the count of its cause.", tables.REJECT_COLUMNS),
    "deletions": (
        "Rows deleted by age (`[watch] keep_d`), hour by hour, with proof.",
        tables.DELETION_COLUMNS,
    ),
    "sources": ("The inputs, by what they contain, and the balance of their units.", (*tables.SOURCE_COLUMNS, tables.STATE_COLUMN)),
    "flags": (
        "Every flag that was put on, by message or by the papers, in force or over. `WHERE is_in_force = 1` for the present.",
        FLAG_COLUMNS,
    ),
    "orders": (
        "Every order to track a craft, in force or over. While a craft is tracked, whatever it does is put before an officer, cargo known aboard or not.",
        ORDER_COLUMNS,
    ),
}  # fmt: skip
"""Name -> sentence and columns; ``verdicts`` and ``deletions`` are tables."""


@dataclass(frozen=True, slots=True)
class Macro:
    """A table macro: ``SELECT * FROM name(...)``."""

    name: str
    parameters: str
    sentence: str
    query: str


_KM: Final = (
    "12742.0176 * asin(sqrt(least(1.0, pow(sin(radians(lat_deg - near_lat_deg) / 2), 2)"
    " + cos(radians(lat_deg)) * cos(radians(near_lat_deg)) * pow(sin(radians(lon_deg - near_lon_deg) / 2), 2))))"
)
"""Great circle on a sphere of 6371.0088 km, as ``models.geodesy`` has it."""

_PAPERS_KNOWN: Final = (
    "(SELECT * FROM paper_versions WHERE coalesce(known_time <= instant, true) AND coalesce(superseded_time > instant, true)"
    " AND (is_latest = 1 OR superseded_time IS NOT NULL) AND is_late = 0)"
)

MACROS: Final = (
    Macro(
        "events_as_known_at", "instant",
        "Events as they were known at an instant of event time: later revisions are left out.",
        "SELECT * FROM event_revisions WHERE known_time <= instant"
        f" QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY {LATEST_FIRST}, revision DESC) = 1",
    ),
    Macro(
        "alerts_as_known_at", "instant",
        "Alerts as they were known at an instant of event time.",
        "SELECT * FROM alert_revisions WHERE time <= instant"
        f" QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY {LATEST_FIRST}, revision DESC) = 1",
    ),
    Macro(
        "consignments_as_known_at", "instant",
        "Consignments as the papers that had been received by an instant told them, one version of each manifest.",
        consignments_of(_PAPERS_KNOWN),
    ),
    Macro(
        "itineraries_as_known_at", "instant",
        "Declared calls as the papers that had been received by an instant told them.",
        itineraries_of(_PAPERS_KNOWN),
    ),
    Macro(
        "track", "who, from_time, until_time",
        "Positions of a craft between two instants, those the detectors saw and late ones, in order.",
        "SELECT * FROM positions WHERE craft = who AND time BETWEEN from_time AND until_time AND quality IN ('ok', 'late') ORDER BY time",
    ),
    Macro(
        "near", "near_lat_deg, near_lon_deg, radius_km, from_time, until_time",
        "Positions within a distance of a point between two instants, with distance_km.",
        f"SELECT *, {_KM} AS distance_km FROM positions WHERE time BETWEEN from_time AND until_time AND quality IN ('ok', 'late')"
        f" AND lat_deg BETWEEN near_lat_deg - radius_km / 111.0 AND near_lat_deg + radius_km / 111.0 AND {_KM} <= radius_km",
    ),
    Macro(
        "presence_between", "from_time, until_time",
        "The view presence of a span of time, without reading the rest.",
        VIEWS["presence"].replace("GROUP BY ALL", "AND time BETWEEN from_time AND until_time GROUP BY ALL"),
    ),
    Macro(
        "aboard_at", "who, instant",
        "Consignments loaded or possibly aboard a craft at an instant, with goods and parties of the latest papers.",
        "SELECT a.status, a.confidence, a.reason, a.from_time, a.until_time, c.* EXCLUDE (replay) FROM cargo_aboard a"
        " JOIN consignments c ON c.manifest_id = a.manifest_id AND c.consignment_id = a.consignment_id AND c.is_latest = 1"
        " WHERE a.craft = who AND a.status <> 'expected' AND instant >= coalesce(a.from_time, instant)"
        " AND instant < coalesce(a.until_time, instant + INTERVAL 1 SECOND)",
    ),
    Macro(
        "encounters_of", "who",
        "Encounters of a craft, whichever of the two it is, with the other one as other_craft.",
        "SELECT * REPLACE (who AS craft, CASE WHEN craft = who THEN other_craft ELSE craft END AS other_craft) FROM events"
        " WHERE kind = 'encounter' AND who IN (craft, other_craft) AND state <> 'retracted' ORDER BY start",
    ),
)  # fmt: skip


def make_views(connection: duckdb.DuckDBPyConnection) -> bool:
    """Views, macros and comments of a store that is open for writing; False where they are those of this program already."""
    statements = list(_statements())
    digest = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    if connection.execute("SELECT digest FROM view_digests").fetchall() == [(digest,)]:
        return False
    for statement in statements:
        connection.execute(statement)
    connection.execute("DELETE FROM view_digests")
    connection.execute("INSERT INTO view_digests VALUES (?)", [digest])
    return True


def _statements() -> Iterator[str]:
    yield "DELETE FROM flag_blocks"
    blocks = [("mmsi", mid, mid, flag) for mid, flag in MID_FLAGS.items()]
    blocks += [("icao24", first, last, flag) for first, last, flag in ICAO24_FLAGS]
    yield f"INSERT INTO flag_blocks VALUES {', '.join(map(str, blocks))}"
    for name, query in VIEWS.items():
        yield f"CREATE OR REPLACE VIEW {name} AS {query}"
    for name, (sentence, columns) in VIEW_COLUMNS.items():
        yield f"COMMENT ON {'VIEW' if name in VIEWS else 'TABLE'} {name} IS {_text(sentence)}"
        for column in columns:
            unit = f" [{column.unit}]" if column.unit else ""
            yield f'COMMENT ON COLUMN {name}."{public_name(column)}" IS {_text(column.sentence + unit)}'
    for macro in MACROS:
        yield f"CREATE OR REPLACE MACRO {macro.name}({macro.parameters}) AS TABLE {macro.query}"
        yield f"COMMENT ON MACRO TABLE {macro.name} IS {_text(macro.sentence)}"


def _text(sentence: str) -> str:
    return "'" + sentence.replace("'", "''") + "'"
