"""Layouts of the room's store, one after the other (Alembic). A released one is never changed: what changes is one more file in ``versions``."""
