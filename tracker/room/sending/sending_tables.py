"""Tables of what goes out by itself. Times are microseconds since 1970 UTC. No secret stands in them: those of webhooks are made from the key of the room."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, Table, Text

from tracker.room.store.metadata import METADATA

WAYS: Final = ("webhook", "mail")

SUBSCRIPTIONS: Final = Table(
    "subscriptions",
    METADATA,
    Column("subscription_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("way", Text, nullable=False, comment="webhook or mail"),
    Column("target", Text, nullable=False, comment="https:// address, or address of mail"),
    Column("unit_id", Text, comment="whose it is; null: the room's"),
    Column("wants", JSON, nullable=False, comment="band, kinds, rules, areas, units, causes"),
    Column("compartments", JSON, nullable=False, comment="for which it is cleared"),
    Column("is_paused", Boolean, nullable=False),
    Column("generation", Integer, nullable=False, comment="of its secret"),
    Column("rotated_us", BigInteger, comment="the secret before holds for a while from there"),
    Column("made_by", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("failures", Integer, nullable=False, comment="one after another, until now"),
    Column("failing_since_us", BigInteger),
    Column("not_before_us", BigInteger, nullable=False, comment="nothing is sent before that"),
    Column("last_sent_us", BigInteger),
    Column("last_why", Text),
    comment="Whom to tell of what, by webhook or mail.",
)
OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        comment="in the order of commits; told to nobody",
    ),
    Column("message_id", Text, nullable=False, unique=True),
    Column("subscription_id", Text, nullable=False),
    Column("alert_id", Text, comment="null of a test"),
    Column("cause", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ended_us", BigInteger),
    Column("end", Text, comment="sent, given_up, withheld, withdrawn"),
    Index("outbox_waiting", "ended_us", "due_us"),
    Index("outbox_subscription", "subscription_id", "ended_us"),
    Index("outbox_alert", "alert_id"),
    comment="What is to be sent, kept in the transaction of what it tells of; ids alone, for it is written when it is sent.",
)
DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    Column("delivery_id", Text, primary_key=True),
    Column("subscription_id", Text, nullable=False),
    Column("target", Text, nullable=False, comment="in small letters: mails are counted by it"),
    Column("at_us", BigInteger, nullable=False),
    Column("is_taken", Boolean, nullable=False),
    Column("status", Integer, comment="of HTTP or SMTP"),
    Column("why", Text, nullable=False),
    Column("messages", JSON, nullable=False, comment="their ids"),
    Index("deliveries_subscription", "subscription_id", "at_us"),
    Index("deliveries_target", "target", "at_us"),
    comment="Attempts to send, and what came of each.",
)
ESCALATIONS_TOLD: Final = Table(
    "escalations_told",
    METADATA,
    Column("subscription_id", Text, primary_key=True),
    Column("alert_id", Text, primary_key=True),
    Column("clock", Text, primary_key=True),
    Column("annunciated_us", BigInteger, primary_key=True, autoincrement=False),
    Index("escalations_told_alert", "alert_id"),
    comment="Clocks that ran out and were put into the outbox: once for each alert, clock and subscription.",
)
