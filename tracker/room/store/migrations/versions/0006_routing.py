"""What is a unit's own besides ports and an area on the map: areas by name, kinds of craft, feeds; the default unit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_routing"
down_revision = "0005_passkeys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this layout."""
    for name, comment in (
        ("areas", "areas by the names that alerts have"),
        ("crafts", "kinds of craft: ship, aircraft"),
        ("feeds", None),
    ):
        op.add_column("units", sa.Column(name, sa.JSON(), nullable=False, server_default="[]", comment=comment))
    is_not = sa.false()
    op.add_column(
        "units",
        sa.Column(
            "is_default", sa.Boolean(), nullable=False, server_default=is_not, comment="has what no rule of a unit fits; one at most"
        ),
    )  # fmt: skip
