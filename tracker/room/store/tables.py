"""All tables of the room: importing this puts every part's on :data:`~tracker.room.store.metadata.METADATA`."""

from __future__ import annotations

from tracker.room.accounts import account_tables
from tracker.room.alerts import alert_tables
from tracker.room.audit import audit_tables
from tracker.room.sending import sending_tables
from tracker.room.store.metadata import METADATA
from tracker.room.upkeep import upkeep_tables

__all__ = ["METADATA", "account_tables", "alert_tables", "audit_tables", "sending_tables", "upkeep_tables"]
