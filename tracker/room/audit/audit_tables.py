"""The tables of the audit."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from tracker.room.store.metadata import METADATA

AUDIT_ENTRIES: Final = Table(
    "audit_entries",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("act", String(40), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("session", String(100), nullable=False),
    Column("objects", Text, nullable=False),
    Column("is_refused", Boolean, nullable=False),
    Column("terms", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_entries_at", "at_us"),
    Index("audit_entries_actor", "actor", "sequence"),
)
"""The chain; ``objects`` and ``terms`` are JSON."""

AUDIT_OBJECTS: Final = Table(
    "audit_objects",
    METADATA,
    Column("object", String(250), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
)
"""Which entries tell of a thing: made from the chain, for asking; it proves nothing."""

AUDIT_TIP: Final = Table(
    "audit_tip",
    METADATA,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row: where the chain ends. Whoever appends holds it until their transaction ends, so the chain has no fork."""

AUDIT_HEADS: Final = Table(
    "audit_heads",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("key", String(100), nullable=False),
    Column("signature", String(200), nullable=False),
)
"""Heads signed so far. Those kept elsewhere are the anchors; these here are only a copy."""
