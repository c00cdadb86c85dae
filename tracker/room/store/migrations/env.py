"""What Alembic runs: the migrations, over the connection and in the transaction of :mod:`tracker.room.store.opening`."""

from __future__ import annotations

from alembic import context

from tracker.room.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
