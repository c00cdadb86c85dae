"""All tables of the room: importing this puts every part's on :data:`~tracker.room.store.metadata.METADATA`."""

from __future__ import annotations

from tracker.room.audit import audit_tables
from tracker.room.store.metadata import METADATA

__all__ = ["METADATA", "audit_tables"]
