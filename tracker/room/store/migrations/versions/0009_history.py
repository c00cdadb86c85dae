"""When all was read that an engine had before the room first met it; of engines that are known it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_history"
down_revision = "0008_sending"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this layout."""
    comment = "when all was read that there was before the room first met it; null until then"
    op.add_column("engines", sa.Column("caught_up_us", sa.BigInteger(), comment=comment))
    op.execute("UPDATE engines SET caught_up_us = 0")
