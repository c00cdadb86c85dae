"""Tables and views of the DuckDB file, made from the same ``Column`` tables as the batches.

Names for SQL users are views (the contract); tables underneath end in ``_rows`` or ``_revisions`` and may change with the layout.

- ``positions statics other_messages rejects port_calls sources`` show their rows under public names: ``time`` for ``time_us``, text for codes.
- ``events`` and ``alerts`` show the latest revision of each id; ``event_revisions`` and ``alert_revisions`` hold all of them.
- ``flags`` and ``orders`` show what was told and what became of it (``tracker.store.control_views``).
- ``voyages`` pairs consecutive port calls of a craft.
"""

from __future__ import annotations

from typing import Final

from tracker.cargo.columns import CONSIGNMENT_COLUMNS, ITINERARY_COLUMNS
from tracker.positions import POSITION_COLUMNS
from tracker.schema import Column
from tracker.statics import STATIC_COLUMNS
from tracker.store.control_views import FLAGS_VIEW, ORDERS_VIEW

LAYOUT: Final = 6
"""Number of the present layout; a change of any table below is a new number and a migration."""

_SQL_TYPES: Final = {"i8": "BIGINT", "i4": "INTEGER", "i1": "TINYINT", "u1": "UTINYINT", "f8": "DOUBLE", "f4": "FLOAT"}

CRAFT_COLUMN: Final = Column("craft", "S16", "Craft as text: mmsi:219001234, icao24:4b1812.", nullable=False)
SOURCE_COLUMN: Final = Column("source", "S64", "Name of the feed or file.", nullable=False)
SEGMENT_COLUMN: Final = Column("segment", "i4", "Which transmitter under a shared identity: 0 the first, 1 the next.")
QUALITY_COLUMN: Final = Column(
    "quality",
    "S24",
    "ok; duplicate, implausible_jump, too_many_transmitters, late or broken_clock: kept here, not shown to detectors.",
)


def _public(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Stored columns of a batch: codes as text, hash left out."""
    shown = {"craft": CRAFT_COLUMN, "source": SOURCE_COLUMN, "segment": SEGMENT_COLUMN}
    return tuple(shown.get(column.name, column) for column in columns if column.name != "fingerprint")


POSITION_ROWS: Final = (*_public(POSITION_COLUMNS), QUALITY_COLUMN)
FINGERPRINT_COLUMN: Final = Column(
    "fingerprint", "i8", "Hash of the transmitted bits; kept by the live program to judge late data."
)
STORED_POSITION_ROWS: Final = (*POSITION_ROWS, FINGERPRINT_COLUMN)
STATIC_ROWS: Final = _public(STATIC_COLUMNS)

OTHER_COLUMNS: Final = (
    Column("time_us", "i8", "When it was transmitted.", nullable=False),
    CRAFT_COLUMN,
    SOURCE_COLUMN,
    Column("station", "S16", "Station that received it, as the feed names it."),
    Column("message_type", "u1", "AIS message type, 6 to 28.", nullable=False),
    Column("payload", "S0", "Armoured six-bit characters as received, all fragments joined.", nullable=False),
    Column("fill_bits", "u1", "Bits at the end of the payload that belong to no field.", nullable=False),
    Column("fields", "JSON", "What pyais reads in it: codes as numbers, binary data as hex; NULL where it cannot."),
)
EVENT_COLUMNS: Final = (
    Column("event_id", "S24", "Stable id: the same facts give the same id in every replay.", nullable=False),
    Column("revision", "i4", "1, 2, ...: a newer statement of the same event.", nullable=False),
    Column("state", "S16", "open, closed or retracted.", nullable=False),
    Column("kind", "S32", "Kind of event.", nullable=False),
    Column("detail", "S32", "Narrows the kind, for example under_way or undeclared_call."),
    CRAFT_COLUMN,
    Column("other_craft", "S16", "The other craft of an encounter."),
    Column("start_us", "i8", "When it began (event time).", nullable=False),
    Column("end_us", "i8", "When it ended; missing while it is open."),
    Column("lat_deg", "f8", "Where, latitude.", "deg"),
    Column("lon_deg", "f8", "Where, longitude.", "deg"),
    Column("cause", "S32", "Cause of a gap: silent_in_coverage, left_coverage, feed_outage, in_port, unknown."),
    Column("confidence", "f8", "0 to 1: how sure the rule is."),
    Column("explanation", "S0", "The reason in plain words.", nullable=False),
    Column("evidence", "JSON", "What the rule saw.", nullable=False),
    Column("rule", "JSON", "Name, version and thresholds of the rule that spoke.", nullable=False),
    Column("known_us", "i8", "When the data first allowed this revision to be stated.", nullable=False),
)
ALERT_COLUMNS: Final = (
    Column("alert_id", "S24", "Stable id of the alert.", nullable=False),
    Column("revision", "i4", "1, 2, ...: a newer statement of the same alert.", nullable=False),
    Column("type", "S48", "tidewaiter.alert.raised, updated, retracted or closed.", nullable=False),
    Column("time_us", "i8", "Event time at which this revision was known.", nullable=False),
    CRAFT_COLUMN,
    Column("kind", "S32", "Kind of the event behind it.", nullable=False),
    Column("event_id", "S24", "The event behind it.", nullable=False),
    Column("priority", "i4", "0 to 100."),
    Column("lead_time_h", "f8", "Hours left until the expected arrival.", "h"),
    Column("explanation", "S0", "Why this matters, in plain words.", nullable=False),
    Column(
        "data", "JSON", "The whole CloudEvent data: event, consignments, itinerary, priority terms.", nullable=False
    ),
)
PORT_CALL_COLUMNS: Final = (
    CRAFT_COLUMN,
    Column("location", "S16", "UN/LOCODE of the port, ICAO code of the airport."),
    Column("name", "S64", "Name of the port or airport."),
    Column("arrive_us", "i8", "Entry.", nullable=False),
    Column("depart_us", "i8", "Departure; missing while still there."),
    Column("stopped", "i1", "1 when she stopped there, 0 when she only passed."),
    Column("confidence", "f8", "0 to 1."),
)
VOYAGE_COLUMNS: Final = (
    CRAFT_COLUMN,
    Column("from_location", "S16", "Port or airport of departure."),
    Column("from_name", "S64", "Its name."),
    Column("depart_us", "i8", "Departure."),
    Column("to_location", "S16", "Port or airport of arrival; missing while she is on her way."),
    Column("to_name", "S64", "Its name."),
    Column("arrive_us", "i8", "Arrival; missing while she is on her way."),
)
REJECT_COLUMNS: Final = (
    SOURCE_COLUMN,
    Column("cause", "S32", "Why it was refused.", nullable=False),
    Column("count", "i8", "How many units of this source were refused for this cause.", nullable=False),
    Column("line_or_offset", "i8", "Line (from 1) or byte offset (from 0) of this sample."),
    Column("sample", "S0", "The beginning of the refused unit."),
    Column("note", "S0", "What exactly is wrong, where more can be said than the cause."),
    Column("sentence", "S0", "What the cause means."),
)
SOURCE_COLUMNS: Final = (
    SOURCE_COLUMN,
    Column("input", "S0", "File or address it was read from.", nullable=False),
    Column("kind", "S24", "Recognised format.", nullable=False),
    Column("sha256", "S64", "Digest of the file as read."),
    Column("units_in", "i8", "Lines, frames or rows read.", nullable=False),
    Column("units_decoded", "i8", "Of these decoded; the rest are in rejects.", nullable=False),
    Column(
        "clock_offset_s",
        "f8",
        "How far a live source's clock was ahead of the receive clock when last measured, negative if behind.",
        "s",
    ),
    Column(
        "clock_correction_s",
        "f8",
        "What was subtracted from the times a live source brought (setting clock_offset_s).",
        "s",
    ),
)

PUBLIC_VIEWS: Final = (
    "positions", "statics", "other_messages", "events", "alerts", "consignments", "itineraries", "port_calls", "voyages", "rejects", "sources",
    "flags", "orders",
)  # fmt: skip


def public_name(column: Column) -> str:
    """Name in views: ``time_us`` is a TIMESTAMPTZ called ``time``, ``received_us`` is ``received_time``."""
    renamed = {"time_us": "time", "received_us": "received_time", "start_us": "start", "end_us": "end"}
    if column.name in renamed:
        return renamed[column.name]
    return column.name.removesuffix("_us") + "_time" if column.name.endswith("_us") else column.name


def sql_type(column: Column) -> str:
    """SQL type of a column."""
    if column.name.endswith("_us"):
        return "TIMESTAMPTZ"
    if column.dtype == "JSON":
        return "JSON"
    return "VARCHAR" if column.dtype.startswith("S") else _SQL_TYPES[column.dtype]


def create_table(name: str, columns: tuple[Column, ...], key: str = "") -> str:
    """``CREATE TABLE`` from columns; ``key`` is an optional primary key list."""
    lines = [f'  "{public_name(c)}" {sql_type(c)}{"" if c.nullable else " NOT NULL"}' for c in columns]
    if key:
        lines.append(f"  PRIMARY KEY ({key})")
    return f"CREATE TABLE IF NOT EXISTS {name} (\n" + ",\n".join(lines) + "\n)"


WATCH_TABLES: Final = {
    "watch_state": "CREATE TABLE IF NOT EXISTS watch_state (name VARCHAR NOT NULL, content VARCHAR NOT NULL)",
    "watch_statements": """CREATE TABLE IF NOT EXISTS watch_statements (
  event_id VARCHAR NOT NULL, digest VARCHAR NOT NULL, known_us BIGINT NOT NULL, content VARCHAR NOT NULL)""",
    "watch_control": """CREATE TABLE IF NOT EXISTS watch_control (
  seq BIGINT NOT NULL, applied_us BIGINT NOT NULL, kind VARCHAR NOT NULL, content VARCHAR NOT NULL,
  received_us BIGINT, said_us BIGINT, command_key VARCHAR, origin VARCHAR)""",
    "outbox": """CREATE TABLE IF NOT EXISTS outbox (
  seq BIGINT NOT NULL, topic VARCHAR NOT NULL, key VARCHAR, headers VARCHAR NOT NULL, value BLOB)""",
}
HELD_TABLES: Final = {
    "watch_held_positions": create_table("watch_held_positions", STORED_POSITION_ROWS),
    "watch_held_statics": create_table("watch_held_statics", STATIC_ROWS),
}
"""Rows that waited for the watermark at the last snapshot: what a program that cannot read that snapshot would not have."""
"""What the live program keeps for itself (``tracker.watch``): how far it is, what it stated, what it was told, what is still to be sent."""

TABLES: Final = {
    "position_rows": create_table("position_rows", STORED_POSITION_ROWS),
    "static_rows": create_table("static_rows", STATIC_ROWS),
    "other_message_rows": create_table("other_message_rows", OTHER_COLUMNS),
    "event_revisions": create_table("event_revisions", EVENT_COLUMNS, "event_id, revision"),
    "alert_revisions": create_table("alert_revisions", ALERT_COLUMNS, "alert_id, revision"),
    "port_call_rows": create_table("port_call_rows", PORT_CALL_COLUMNS, "craft, location, arrive_time"),
    "reject_rows": create_table("reject_rows", REJECT_COLUMNS),
    "source_rows": create_table("source_rows", SOURCE_COLUMNS),
    "consignments": create_table("consignments", CONSIGNMENT_COLUMNS),
    "itineraries": create_table("itineraries", ITINERARY_COLUMNS),
    **WATCH_TABLES,
    **HELD_TABLES,
    "about": "CREATE TABLE IF NOT EXISTS about (layout INTEGER NOT NULL, written_by VARCHAR NOT NULL)",
}

VIEWS: Final = {
    "positions": "SELECT * EXCLUDE (fingerprint) FROM position_rows WHERE lat_deg IS NOT NULL",
    "heard": "SELECT time, received_time, craft, source, station, message_type FROM position_rows",
    "statics": "SELECT * FROM static_rows",
    "other_messages": "SELECT * FROM other_message_rows",
    "events": "SELECT * FROM event_revisions QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY revision DESC) = 1",
    "alerts": "SELECT * FROM alert_revisions QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY revision DESC) = 1",
    "port_calls": "SELECT * FROM port_call_rows",
    "voyages": """
        SELECT craft, location AS from_location, name AS from_name, depart_time AS depart_time,
               lead(location) OVER craft_order AS to_location, lead(name) OVER craft_order AS to_name,
               lead(arrive_time) OVER craft_order AS arrive_time
        FROM port_call_rows WHERE stopped = 1
        WINDOW craft_order AS (PARTITION BY craft ORDER BY arrive_time)
        QUALIFY depart_time IS NOT NULL""",
    "rejects": "SELECT * FROM reject_rows",
    "sources": "SELECT * FROM source_rows",
    "flags": FLAGS_VIEW,
    "orders": ORDERS_VIEW,
}
