"""The table of legal holds: what retention leaves alone. Times are microseconds since 1970 UTC."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, String, Table, Text

from tracker.room.store.metadata import METADATA

HOLDS: Final = Table(
    "holds",
    METADATA,
    Column("alert_id", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("by", String(100), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    comment="Alerts that are kept whole, whatever their age: legal holds.",
)
