"""Tables and views of the DuckDB file, made from the same ``Column`` tables as the batches.

Names for SQL users are views (the contract); tables underneath end in ``_rows`` or ``_revisions`` and may change with the layout.

- ``positions statics other_messages rejects port_calls sources`` show their rows under public names: ``time`` for ``time_us``, text for codes.
- ``events`` and ``alerts`` show the latest revision of each id; ``event_revisions`` and ``alert_revisions`` hold all of them.
- ``flags`` and ``orders`` show what was told and what became of it (``tracker.store.control_views``).
- ``voyages`` pairs consecutive port calls of a craft.
- What several replays in one store state of the same event, alert or papers is shown as the latest of them states it, or the live program, which comes last.

``tracker.store.views`` has the comments of all of them, and the table macros.
"""

from __future__ import annotations

from typing import Final

from tracker.cargo.columns import (
    CALL_COLUMNS,
    CONSIGNMENT_COLUMNS,
    ITINERARY_COLUMNS,
    LEG_COLUMNS,
    STATEMENT_COLUMNS,
    VERSION_COLUMNS,
)
from tracker.positions import POSITION_COLUMNS
from tracker.schema import Column
from tracker.statics import STATIC_COLUMNS
from tracker.store.control_views import FLAGS_VIEW, ORDERS_VIEW

_SQL_TYPES: Final = {
    "i8": "BIGINT",
    "i4": "INTEGER",
    "i1": "TINYINT",
    "u1": "UTINYINT",
    "f8": "DOUBLE",
    "f4": "FLOAT",
    "BLOB": "BLOB",
}

CRAFT_COLUMN: Final = Column("craft", "S16", "Craft as text: mmsi:219001234, icao24:4b1812.", nullable=False)
SOURCE_COLUMN: Final = Column("source", "S64", "Name of the feed or file.", nullable=False)
SEGMENT_COLUMN: Final = Column("segment", "i4", "Which transmitter under a shared identity: 0 the first, 1 the next.")
QUALITY_COLUMN: Final = Column(
    "quality",
    "S24",
    "ok; duplicate, implausible_jump, too_many_transmitters, late, broken_clock, over_budget, program_fault or displaced: kept here, not shown to detectors.",
)


REPLAY_COLUMN: Final = Column(
    "replay", "i4", "Number of the replay it came from (view sources); missing for the live program."
)
STATED_BY_COLUMN: Final = Column(
    "replay", "i4", "Number of the replay that stated it (view sources); 0 is the live program.", nullable=False
)


def _public(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Stored columns of a batch: codes as text; hash and what the tracks work out left out."""
    shown = {"craft": CRAFT_COLUMN, "source": SOURCE_COLUMN, "segment": SEGMENT_COLUMN}
    return tuple(
        shown.get(column.name, column) for column in columns if column.name not in ("fingerprint", "displaced")
    )


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
    STATED_BY_COLUMN,
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
    STATED_BY_COLUMN,
    Column(
        "sequence",
        "i8",
        "Number of this revision in the door's stream of alerts, from 1, without gaps, never used again; missing for what a replay states.",
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
    STATED_BY_COLUMN,
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
    REPLAY_COLUMN,
)
SOURCE_COLUMNS: Final = (
    SOURCE_COLUMN,
    Column("input", "S0", "File or address it was read from.", nullable=False),
    Column("kind", "S24", "Recognised format.", nullable=False),
    Column("sha256", "S64", "Digest of the file as stored, which sha256sum shows; missing for a live feed."),
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
    Column(
        "content_sha256",
        "S64",
        "Digest of the content as read, unpacked: by it the same recording is known again under any name.",
    ),
    Column("feed", "S64", "Feed it belongs to: what goes on transmitting across several files."),
    REPLAY_COLUMN,
)
STATE_COLUMN: Final = Column(
    "state",
    "S16",
    "partial while its replay runs and after one that was broken off, else whole; live for a feed of watch.",
    nullable=False,
)
REPLAY_COLUMNS: Final = (
    Column("replay", "i4", "Number of the replay in this store, from 1.", nullable=False),
    Column("state", "S16", "partial while it runs and after it was broken off; whole.", nullable=False),
    Column("begun_us", "i8", "When it was begun (clock of the machine); missing in stores of older programs."),
    Column("ended_us", "i8", "When it was whole."),
)
CARGO_ABOARD_COLUMNS: Final = (
    CRAFT_COLUMN,
    Column("manifest_id", "S0", "Manifest of the consignment.", nullable=False),
    Column("consignment_id", "S0", "Consignment within its manifest.", nullable=False),
    Column(
        "status", "S16",
        "loaded: the craft was seen at the place of loading, or its declared departure is past and nobody can say that it was not there. possible: aboard or not, the "
        "reason says why. expected: it is to be loaded later. discharged: the craft was seen to stop at the place of discharge.",
        nullable=False,
    ),
    Column("from_us", "i8", "Aboard from; missing where the papers give no time."),
    Column("until_us", "i8", "Aboard until, or at the latest; missing where nothing bounds it."),
    Column("confidence", "f8", "0 to 1: that the papers mean this craft, and that it is aboard then.", nullable=False),
    Column("reason", "S0", "Why this craft, and what was seen of loading and discharge.", nullable=False),
    Column("known_us", "i8", "Event time up to which this was judged.", nullable=False),
    STATED_BY_COLUMN,
)  # fmt: skip
CARGO_SUGGESTION_COLUMNS: Final = (
    CRAFT_COLUMN,
    Column("manifest_id", "S0", "Manifest that may mean it.", nullable=False),
    Column("name", "S0", "Its name, as it says it.", nullable=False),
    Column("name_on_papers", "S0", "The name of the ship on the papers.", nullable=False),
    Column("reason", "S0", "In how far the two are alike.", nullable=False),
    Column("would_decide", "S0", "What would make a match of it: any one of these.", nullable=False),
    Column("since_us", "i8", "Since when the craft is known to say that name.", nullable=False),
    Column("known_us", "i8", "Event time up to which this was judged.", nullable=False),
    STATED_BY_COLUMN,
)
ALERT_CONSIGNMENT_COLUMNS: Final = (
    Column("alert_id", "S24", "Alert.", nullable=False),
    Column("revision", "i4", "Revision of the alert.", nullable=False),
    Column("manifest_id", "S0", "Manifest of the consignment."),
    Column("consignment_id", "S0", "Consignment within its manifest."),
    Column(
        "status",
        "S16",
        "As this revision knew it, as in view cargo_aboard: loaded, or possible.",
    ),
    Column("craft", "S16", "Craft of the alert that carries it."),
    Column("document_number", "S0", "Number of the transport document."),
    Column("flags", "i4", "How many flags it had when this was stated."),
    Column("confidence", "f8", "0 to 1: that it was aboard."),
)
DOCUMENT_COLUMNS: Final = (
    Column("sha256", "S64", "Digest of its bytes as received, which sha256sum shows.", nullable=False),
    Column("name", "S0", "What it was called: the name of its file, or its key in the topic.", nullable=False),
    Column("source", "S0", "The way it came: inbox, topic papers/PARTITION@OFFSET, door, file.", nullable=False),
    Column("received_us", "i8", "When its bytes were first held, by the machine's clock.", nullable=False),
    Column("known_us", "i8", "Event time from which what it says counts.", nullable=False),
    Column("format", "S24", "What it was read as; missing where nothing could be read."),
    Column("reader", "S24", "Version of the program that read it.", nullable=False),
    Column("bytes", "i8", "Its length as received.", nullable=False),
    Column("rows_in", "i8", "Rows in it: rows of CSV, objects of JSON.", nullable=False),
    Column("rows_refused", "i8", "Of these refused, each with its cause in account.", nullable=False),
    Column("warnings", "i8", "Oddities of rows that were kept.", nullable=False),
    Column("is_incomplete", "i1", "1 where it breaks off or does not hold what it says it holds.", nullable=False),
    Column("refusal", "S0", "Why nothing of it could be read; missing where something could."),
    Column(
        "account",
        "JSON",
        "What was refused and what is odd: place, sample, cause and mend, the first of each cause.",
        nullable=False,
    ),
)
BOX_EVENT_COLUMNS: Final = (
    Column("sha256", "S64", "Document that tells it.", nullable=False),
    Column("number", "i4", "Its place in that document, from 1.", nullable=False),
    Column("received_us", "i8", "When that document was received.", nullable=False),
    Column("known_us", "i8", "Event time from which that document counts.", nullable=False),
    Column(
        "equipment_id",
        "S0",
        "Container or unit load device; empty where an earlier event is withdrawn.",
        nullable=False,
    ),
    Column("kind", "S16", "loaded, discharged, stowed, gated_in, gated_out, withdrawn or other.", nullable=False),
    Column("classifier", "S16", "actual, estimated or planned.", nullable=False),
    Column("location", "S16", "Code of the place; empty where none is told.", nullable=False),
    Column("time_us", "i8", "When it happened, at the latest."),
    Column("said", "JSON", "All that is told of it: conveyance, documents, ports.", nullable=False),
)
VERDICT_COLUMNS: Final = (
    Column("alert_id", "S24", "Alert that was judged.", nullable=False),
    Column("revision", "i4", "Revision of the alert that was judged.", nullable=False),
    Column("verdict", "S32", "What was decided.", nullable=False),
    Column("judged_by", "S64", "Who decided."),
    Column("judged_us", "i8", "When (clock of the machine).", nullable=False),
    Column("note", "S0", "Why, in words."),
    Column("decision_id", "S0", "Names the decision: it is taken once."),
    Column("outcome_fields", "JSON", "What else the room tells of the outcome."),
    Column("received_us", "i8", "When it was taken in (clock of the engine)."),
    Column("told_by", "S64", "Whose token at the door it came with."),
    Column("is_known", "i1", "1 where the store had that revision of the alert when it was taken in."),
    Column("digest", "S64", "SHA-256 of all the decision says: under the same id nothing else is taken."),
)
FLAG_BLOCK_COLUMNS: Final = (
    Column("kind", "S8", "mmsi: maritime identification digits; icao24: blocks of 24-bit addresses.", nullable=False),
    Column("first", "i4", "First number of the block.", nullable=False),
    Column("last", "i4", "Last number of the block.", nullable=False),
    Column("flag", "S2", "State (ISO 3166).", nullable=False),
)
CRAFT_VIEW_COLUMNS: Final = (
    CRAFT_COLUMN,
    Column("kind", "S16", "vessel, aircraft or station (shore, aid to navigation, group), by the form of its number."),
    Column("mmsi", "i4", "MMSI of a craft on AIS."),
    Column("icao24", "S8", "24-bit address of an aircraft, hexadecimal."),
    Column(
        "flag",
        "S2",
        "State (ISO 3166) that its number belongs to: by the MID of the MMSI, or the block of the address.",
    ),
    Column("imo", "i4", "IMO number transmitted last."),
    Column("name", "S20", "Name transmitted last."),
    Column("call_sign", "S8", "Call sign or flight transmitted last."),
    Column("former_names", "S20[]", "Other names it transmitted, in order of the first time."),
    Column("former_call_signs", "S8[]", "Other call signs or flights it transmitted, in order of the first time."),
    Column("ship_type", "u1", "AIS type of ship and cargo transmitted last."),
    Column("emitter_category", "S2", "ADS-B emitter category transmitted last."),
    Column("length_m", "f4", "Length by the dimensions transmitted last.", "m"),
    Column("beam_m", "f4", "Beam by the dimensions transmitted last.", "m"),
    Column("first_heard_us", "i8", "First report of any kind, broken clocks apart."),
    Column("last_heard_us", "i8", "Last report of any kind, broken clocks apart."),
    Column("reports", "i8", "Position reports, those without a position among them."),
)
PRESENCE_COLUMNS: Final = (
    Column("time_us", "i8", "Beginning of the ten minutes."),
    Column("lat_deg", "f8", "Latitude of the middle of the cell of 0.05 degrees.", "deg"),
    Column("lon_deg", "f8", "Longitude of the middle of the cell of 0.05 degrees.", "deg"),
    CRAFT_COLUMN,
    Column("reports", "i8", "Position reports of the craft in this cell and time."),
)

DELETION_COLUMNS: Final = (
    Column("deleted_us", "i8", "When it was deleted, by the machine's clock.", nullable=False),
    Column("what", "S32", "Table the rows were in.", nullable=False),
    Column("first_us", "i8", "Event time of the first of them.", nullable=False),
    Column("last_us", "i8", "Event time of the last of them.", nullable=False),
    Column("rows", "i8", "How many there were.", nullable=False),
    Column(
        "digest",
        "S64",
        "SHA-256 over the sorted SHA-256 of each row as JSON: a backup of before can show which they were.",
        nullable=False,
    ),
    Column("why", "S0", "The rule they were deleted by.", nullable=False),
)


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
    if column.dtype.startswith("S"):
        return "VARCHAR[]" if column.dtype.endswith("[]") else "VARCHAR"
    return _SQL_TYPES[column.dtype]


def create_table(name: str, columns: tuple[Column, ...], key: str = "") -> str:
    """``CREATE TABLE`` from columns; ``key`` is an optional primary key list."""
    lines = [f'  "{public_name(c)}" {sql_type(c)}{"" if c.nullable else " NOT NULL"}{_default(c)}' for c in columns]
    if key:
        lines.append(f"  PRIMARY KEY ({key})")
    return f"CREATE TABLE IF NOT EXISTS {name} (\n" + ",\n".join(lines) + "\n)"


def _default(column: Column) -> str:
    return " DEFAULT 0" if column is STATED_BY_COLUMN else ""


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

SOURCE_TABLES: Final = {
    "replays": create_table("replays", REPLAY_COLUMNS, "replay"),
    "cargo_link_rows": create_table("cargo_link_rows", CARGO_ABOARD_COLUMNS),
    "cargo_suggestion_rows": create_table("cargo_suggestion_rows", CARGO_SUGGESTION_COLUMNS),
    "verdicts": create_table("verdicts", VERDICT_COLUMNS),
    "flag_blocks": create_table("flag_blocks", FLAG_BLOCK_COLUMNS),
    "deletions": create_table("deletions", DELETION_COLUMNS),
    "view_digests": "CREATE TABLE IF NOT EXISTS view_digests (digest VARCHAR NOT NULL)",
}
"""Who put what in, what is aboard, what was decided, and what the views are made of."""

PAPER_TABLES: Final = {
    "document_rows": create_table(
        "document_rows",
        (*DOCUMENT_COLUMNS, Column("content", "BLOB", "Its bytes, packed by zstd.", nullable=False)),
        "sha256",
    ),
    "paper_versions": create_table("paper_versions", (*VERSION_COLUMNS, REPLAY_COLUMN)),
    "paper_calls": create_table("paper_calls", (*CALL_COLUMNS, REPLAY_COLUMN)),
    "paper_legs": create_table("paper_legs", (*LEG_COLUMNS, REPLAY_COLUMN)),
    "consignment_rows": create_table("consignment_rows", (*STATEMENT_COLUMNS, REPLAY_COLUMN)),
    "box_event_rows": create_table("box_event_rows", BOX_EVENT_COLUMNS),
}
"""Every document received, and what papers say (``tracker.cargo.columns``)."""

TABLES: Final = {
    "position_rows": create_table("position_rows", STORED_POSITION_ROWS),
    "static_rows": create_table("static_rows", STATIC_ROWS),
    "other_message_rows": create_table("other_message_rows", OTHER_COLUMNS),
    "event_revisions": create_table("event_revisions", EVENT_COLUMNS, "replay, event_id, revision"),
    "alert_revisions": create_table("alert_revisions", ALERT_COLUMNS, "replay, alert_id, revision"),
    "port_call_rows": create_table("port_call_rows", PORT_CALL_COLUMNS, "replay, craft, location, arrive_time"),
    "reject_rows": create_table("reject_rows", REJECT_COLUMNS),
    "source_rows": create_table("source_rows", SOURCE_COLUMNS),
    **PAPER_TABLES,
    **SOURCE_TABLES,
    **WATCH_TABLES,
    **HELD_TABLES,
    "about": "CREATE TABLE IF NOT EXISTS about (layout INTEGER NOT NULL, written_by VARCHAR NOT NULL)",
}

LATEST_FIRST: Final = "replay = 0 DESC, replay DESC"
"""Who stated something last: the live program (0) where it did, for nothing is replayed into its store, else the last replay."""
_LATEST_REPLAY: Final = f"QUALIFY rank() OVER (PARTITION BY {{key}} ORDER BY {LATEST_FIRST}) = 1"
_DIGITS: Final = "lpad(substr(craft, 6), 9, '0')"
_MID: Final = f"""
    CASE WHEN craft NOT LIKE 'mmsi:%' THEN NULL
         WHEN {_DIGITS} LIKE '98%' OR {_DIGITS} LIKE '99%' OR {_DIGITS} LIKE '00%' THEN substr({_DIGITS}, 3, 3)
         WHEN {_DIGITS} LIKE '111%' THEN substr({_DIGITS}, 4, 3)
         WHEN {_DIGITS} LIKE '0%' OR {_DIGITS} LIKE '8%' THEN substr({_DIGITS}, 2, 3)
         ELSE substr({_DIGITS}, 1, 3) END"""
"""Maritime identification digits, where ``tracker.identity.flag_of`` finds them."""

_SAME_PAPERS: Final = "{0}.manifest_id = v.manifest_id AND {0}.replay IS NOT DISTINCT FROM v.replay"
_FROM: Final = {column.name: "c" for column in STATEMENT_COLUMNS} | {
    column.name: "l" for column in LEG_COLUMNS[2:] if column.name not in ("loading", "discharge")
} | {column.name: "v" for column in VERSION_COLUMNS}  # fmt: skip


def consignments_of(versions: str) -> str:
    """One row per consignment and version, of some rows of ``paper_versions``."""
    shown = ", ".join(f'{_FROM[column.name]}."{public_name(column)}"' for column in CONSIGNMENT_COLUMNS)
    return f"""
        SELECT {shown}, v.replay FROM {versions} v
        JOIN consignment_rows c ON {_SAME_PAPERS.format("c")} AND v.version >= c.first_version AND v.version <= coalesce(c.last_version, v.version)
          AND (v.is_late = 0 OR c.first_version = c.last_version)
        LEFT JOIN paper_legs l ON {_SAME_PAPERS.format("l")} AND l.version = v.version AND l.loading = c.loading AND l.discharge = c.discharge"""


def itineraries_of(versions: str) -> str:
    """One row per declared call and version, of some rows of ``paper_versions``."""
    own = {column.name for column in CALL_COLUMNS[2:]}
    shown = ", ".join(f'{"c" if column.name in own else "v"}."{public_name(column)}"' for column in ITINERARY_COLUMNS)
    return f"""
        SELECT {shown}, v.replay FROM {versions} v JOIN paper_calls c ON {_SAME_PAPERS.format("c")} AND c.version = v.version"""


VIEWS: Final = {
    "positions": "SELECT * EXCLUDE (fingerprint) FROM position_rows WHERE lat_deg IS NOT NULL",
    "heard": "SELECT time, received_time, craft, source, station, message_type FROM position_rows",
    "latest_positions": """
        SELECT * EXCLUDE (fingerprint) FROM position_rows
        WHERE rowid IN (SELECT max_by(rowid, time) FROM position_rows WHERE quality = 'ok' AND lat_deg IS NOT NULL GROUP BY craft)""",
    "presence": """
        SELECT time_bucket(INTERVAL 10 MINUTES, time) AS time, round((floor(lat_deg / 0.05) + 0.5) * 0.05, 3) AS lat_deg,
               round((floor(lon_deg / 0.05) + 0.5) * 0.05, 3) AS lon_deg, craft, count(*) AS reports
        FROM position_rows WHERE quality = 'ok' AND lat_deg IS NOT NULL GROUP BY ALL""",
    "craft": f"""
        WITH moved AS (
            SELECT craft, min(time) AS first_time, max(time) AS last_time, count(*) AS reports FROM position_rows
            WHERE quality <> 'broken_clock' GROUP BY craft
        ), said AS (
            SELECT craft, min(time) AS first_time, max(time) AS last_time, arg_max(imo, time) FILTER (imo > 0) AS imo,
                   arg_max(name, time) FILTER (name <> '') AS name, arg_max(call_sign, time) FILTER (call_sign <> '') AS call_sign,
                   arg_max(ship_type, time) FILTER (ship_type IS NOT NULL) AS ship_type,
                   arg_max(emitter_category, time) FILTER (emitter_category <> '') AS emitter_category,
                   arg_max(to_bow_m + to_stern_m, time) FILTER (to_bow_m + to_stern_m > 0) AS length_m,
                   arg_max(to_port_m + to_starboard_m, time) FILTER (to_port_m + to_starboard_m > 0) AS beam_m
            FROM static_rows GROUP BY craft
        ), names AS (
            SELECT craft, list(name ORDER BY since) AS all_names
            FROM (SELECT craft, name, min(time) AS since FROM static_rows WHERE name <> '' GROUP BY ALL) GROUP BY craft
        ), signs AS (
            SELECT craft, list(call_sign ORDER BY since) AS all_signs
            FROM (SELECT craft, call_sign, min(time) AS since FROM static_rows WHERE call_sign <> '' GROUP BY ALL) GROUP BY craft
        ), known AS (
            SELECT craft, CASE WHEN craft LIKE 'mmsi:%' THEN 'mmsi' WHEN craft LIKE 'icao24:~%' THEN '' ELSE 'icao24' END AS numbered,
                   CASE WHEN craft LIKE 'mmsi:%' THEN try_cast({_MID} AS INTEGER)
                        WHEN craft LIKE 'icao24:~%' THEN NULL ELSE try_cast('0x' || substr(craft, 8) AS INTEGER) END AS number,
                   imo, name, call_sign, ship_type, emitter_category, length_m, beam_m, least(m.first_time, s.first_time) AS first_heard_time,
                   greatest(m.last_time, s.last_time) AS last_heard_time, coalesce(reports, 0) AS reports
            FROM moved m FULL JOIN said s USING (craft)
        )
        SELECT craft,
               CASE WHEN numbered <> 'mmsi' OR craft LIKE 'mmsi:111%' THEN 'aircraft'
                    WHEN craft SIMILAR TO 'mmsi:([2-8]|98).*' THEN 'vessel' ELSE 'station' END AS kind,
               CASE WHEN numbered = 'mmsi' THEN try_cast(substr(craft, 6) AS INTEGER) END AS mmsi,
               CASE WHEN numbered <> 'mmsi' THEN substr(craft, 8) END AS icao24, b.flag, imo, name, call_sign,
               coalesce(list_filter(all_names, lambda one: one <> name), []) AS former_names,
               coalesce(list_filter(all_signs, lambda one: one <> call_sign), []) AS former_call_signs,
               ship_type, emitter_category, length_m, beam_m, first_heard_time, last_heard_time, reports
        FROM known k LEFT JOIN names USING (craft) LEFT JOIN signs USING (craft)
        LEFT JOIN flag_blocks b ON b.kind = k.numbered AND k.number BETWEEN b.first AND b.last""",
    "statics": "SELECT * FROM static_rows",
    "other_messages": "SELECT * FROM other_message_rows",
    "events": f"SELECT * FROM event_revisions QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY {LATEST_FIRST}, revision DESC) = 1",
    "alerts": f"SELECT * FROM alert_revisions QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY {LATEST_FIRST}, revision DESC) = 1",
    "alert_consignments": f"""
        SELECT alert_id, revision, item->>'manifest_id' AS manifest_id, item->>'consignment_id' AS consignment_id,
               coalesce(item->>'status', CASE WHEN item->>'$.link.reason' LIKE '%seen at %' THEN 'loaded' ELSE 'possible' END) AS status,
               item->>'craft' AS craft, item->>'document_number' AS document_number,
               CAST(json_array_length(item->'flags') AS INTEGER) AS flags, CAST(item->>'$.link.confidence' AS DOUBLE) AS confidence
        FROM (SELECT alert_id, revision, unnest(list_concat(data->'$.consignments[*]', data->'$.possible_consignments[*]')) AS item FROM (
            SELECT * FROM alert_revisions QUALIFY rank() OVER (PARTITION BY alert_id ORDER BY {LATEST_FIRST}) = 1))""",
    "cargo_aboard": "SELECT * FROM cargo_link_rows " + _LATEST_REPLAY.format(key="manifest_id"),
    "cargo_suggestions": f"""
        SELECT * FROM cargo_suggestion_rows s WHERE s.replay = 0 OR NOT EXISTS (
            SELECT 1 FROM cargo_link_rows l WHERE l.manifest_id = s.manifest_id AND (l.replay = 0 OR l.replay > s.replay))
        {_LATEST_REPLAY.format(key="manifest_id")}""",
    "port_calls": "SELECT * FROM port_call_rows " + _LATEST_REPLAY.format(key="craft, location, arrive_time"),
    "voyages": """
        SELECT craft, location AS from_location, name AS from_name, depart_time AS depart_time,
               lead(location) OVER craft_order AS to_location, lead(name) OVER craft_order AS to_name,
               lead(arrive_time) OVER craft_order AS arrive_time
        FROM port_calls WHERE stopped = 1
        WINDOW craft_order AS (PARTITION BY craft ORDER BY arrive_time)
        QUALIFY depart_time IS NOT NULL""",
    "rejects": "SELECT * FROM reject_rows",
    "sources": f"""
        SELECT {", ".join(f's."{public_name(column)}"' for column in SOURCE_COLUMNS)}, coalesce(r.state, CASE WHEN s.replay IS NULL THEN 'live' ELSE 'partial' END) AS state
        FROM source_rows s LEFT JOIN replays r USING (replay)""",
    "consignments": consignments_of("paper_versions"),
    "itineraries": itineraries_of("paper_versions"),
    "documents": "SELECT * EXCLUDE (content) FROM document_rows",
    "box_events": "SELECT * FROM box_event_rows",
    "flags": FLAGS_VIEW,
    "orders": ORDERS_VIEW,
}
