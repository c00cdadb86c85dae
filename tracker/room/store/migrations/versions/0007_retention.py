"""Retention: legal holds, and when what an alert told was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_retention"
down_revision = "0006_routing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this layout."""
    op.create_table(
        "holds",
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_holds")),
        comment="Alerts that are kept whole, whatever their age: legal holds.",
    )
    erased = sa.Column(
        "erased_us", sa.BigInteger(), nullable=True, comment="when what it told was erased, its time being over"
    )
    op.add_column("alerts", erased)
