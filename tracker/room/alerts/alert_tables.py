"""The tables of alerts, of the desk's work on them, and of what goes back to engines. Times are microseconds since 1970 UTC."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text

from tracker.room.store.metadata import METADATA

ENGINES: Final = Table(
    "engines",
    METADATA,
    Column("engine", String(100), primary_key=True),
    Column("store_id", String(100)),
    Column("sequence", BigInteger, nullable=False),
    Column(
        "caught_up_us",
        BigInteger,
        comment="when all was read that there was before the room first met it; null until then",
    ),
    comment="How far each engine has been followed: everything up to the number is in this store.",
)
ALERTS: Final = Table(
    "alerts",
    METADATA,
    Column("alert_id", String(64), primary_key=True),
    Column("engine", String(100), nullable=False),
    Column("craft", String(200), nullable=False),
    Column("other_craft", String(200)),
    Column("kind", String(40), nullable=False),
    Column("detail", String(60), nullable=False),
    Column("rule", String(60), nullable=False),
    Column("area", String(100), nullable=False),
    Column("feed", String(200), nullable=False),
    Column("confidence", Float),
    Column("revision", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("band", String(10), nullable=False),
    Column("lead_until_us", BigInteger),
    Column("first_us", BigInteger, nullable=False),
    Column("changed_us", BigInteger, nullable=False),
    Column("facts", Text, nullable=False),
    Column("needs", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Column("desk_version", Integer, nullable=False),
    Column("is_finished", Boolean, nullable=False),
    Column("shelf_until_us", BigInteger),
    Column("person", String(100)),
    Column("unit", String(100)),
    Column("outcome", String(40)),
    Column("erased_us", BigInteger, comment="when what it told was erased, its time being over"),
    Index("alerts_finished", "is_finished", "changed_us"),
    Index("alerts_craft", "craft"),
    Index("alerts_shelf", "shelf_until_us"),
    Index("alerts_outcome", "outcome"),
    comment="Every alert once: the latest facts (data of the CloudEvent), the desk's standing, and what is asked for by both.",
)
ALERT_REVISIONS: Final = Table(
    "alert_revisions",
    METADATA,
    Column("alert_id", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("engine", String(100), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    comment="Every revision as it was received: the CloudEvent.",
)
DESK_ACTS: Final = Table(
    "desk_acts",
    METADATA,
    Column("act_id", String(40), primary_key=True),
    Column("alert_id", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("by", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("needs", Text, nullable=False),
    Column("undone_us", BigInteger),
    Index("desk_acts_alert", "alert_id", "version"),
    Index("desk_acts_at", "at_us"),
    comment="What people did to alerts, and how each stood before.",
)
DESK_STREAM: Final = Table(
    "desk_stream",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("alert_id", String(64), nullable=False),
    Column("cause", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    comment="What changed, in the order of commits: the durable sequence of the stream to browsers.",
)
DESK_TURN: Final = Table(
    "desk_turn",
    METADATA,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    comment="One row: the last number of the stream. Whoever changes alerts holds it until the end of the transaction.",
)
DESK_CALLS: Final = Table(
    "desk_calls",
    METADATA,
    Column("alert_id", String(64), primary_key=True),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("unit", String(100)),
    Index("desk_calls_at", "at_us"),
    comment="When alerts began to call: what the load of a desk is counted from.",
)
DESK_KEYS: Final = Table(
    "desk_keys",
    METADATA,
    Column("caller", String(100), primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Index("desk_keys_at", "at_us"),
    comment="Answers to requests that carried an Idempotency-Key: a repetition is answered the same and done once.",
)
DECISIONS: Final = Table(
    "decisions",
    METADATA,
    Column("decision_id", String(40), primary_key=True),
    Column("engine", String(100), nullable=False),
    Column("alert_id", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("not_before_us", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("sent_us", BigInteger),
    Column("withdrawn_us", BigInteger),
    Index("decisions_waiting", "engine", "sent_us", "not_before_us"),
    comment="What goes back to engines: kept until an engine has said that it is durable there.",
)
SUPPRESSIONS: Final = Table(
    "suppressions",
    METADATA,
    Column("rule_id", String(40), primary_key=True),
    Column("is_service", Boolean, nullable=False),
    Column("match", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String(100), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("lifted_us", BigInteger),
    comment="What people suppressed by design or took out of service, why and until when.",
)
COMPARTMENT_RULES: Final = Table(
    "compartment_rules",
    METADATA,
    Column("rule_id", String(40), primary_key=True),
    Column("compartment", String(100), nullable=False),
    Column("what", String(20), nullable=False),
    Column("value", String(300), nullable=False),
    comment="Which flags, parties, craft and rules belong to which compartment.",
)
HANDOVERS: Final = Table(
    "handovers",
    METADATA,
    Column("sheet_id", String(40), primary_key=True),
    Column("unit", String(100)),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("anchor", String(100), nullable=False),
    Column("written_by", String(100), nullable=False),
    Column("written_us", BigInteger, nullable=False),
    Column("signed_by", String(100)),
    Column("signed_us", BigInteger),
    Index("handovers_unit", "unit", "written_us"),
    comment="Sheets of hand-overs as they were written; the next shift signs them.",
)
