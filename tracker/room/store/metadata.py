"""The one MetaData on which every part of the room puts its tables (``*_tables.py`` beside the part).

Names of constraints follow one convention, so that a migration can name what it changes on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, MetaData, Table, Text

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ROOM_FACTS: Final = Table(
    "room_facts",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    comment="What the store knows of itself: which room it is, when it was made.",
)
