"""Subscriptions, the outbox, deliveries, escalations that were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_sending"
down_revision = "0007_retention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this layout."""
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False, comment="in small letters: mails are counted by it"),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("is_taken", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True, comment="of HTTP or SMTP"),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("messages", sa.JSON(), nullable=False, comment="their ids"),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
        comment="Attempts to send, and what came of each.",
    )
    op.create_index("deliveries_subscription", "deliveries", ["subscription_id", "at_us"], unique=False)
    op.create_index("deliveries_target", "deliveries", ["target", "at_us"], unique=False)
    op.create_table(
        "escalations_told",
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("annunciated_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "subscription_id", "alert_id", "clock", "annunciated_us", name=op.f("pk_escalations_told")
        ),
        comment="Clocks that ran out and were put into the outbox: once for each alert, clock and subscription.",
    )
    op.create_index("escalations_told_alert", "escalations_told", ["alert_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="in the order of commits; told to nobody",
        ),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=True, comment="null of a test"),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("end", sa.Text(), nullable=True, comment="sent, given_up, withheld, withdrawn"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
        comment="What is to be sent, kept in the transaction of what it tells of; ids alone, for it is written when it is sent.",
    )
    op.create_index("outbox_alert", "outbox", ["alert_id"], unique=False)
    op.create_index("outbox_subscription", "outbox", ["subscription_id", "ended_us"], unique=False)
    op.create_index("outbox_waiting", "outbox", ["ended_us", "due_us"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False, comment="webhook or mail"),
        sa.Column("target", sa.Text(), nullable=False, comment="https:// address, or address of mail"),
        sa.Column("unit_id", sa.Text(), nullable=True, comment="whose it is; null: the room's"),
        sa.Column("wants", sa.JSON(), nullable=False, comment="band, kinds, rules, areas, units, causes"),
        sa.Column("compartments", sa.JSON(), nullable=False, comment="for which it is cleared"),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False, comment="of its secret"),
        sa.Column(
            "rotated_us", sa.BigInteger(), nullable=True, comment="the secret before holds for a while from there"
        ),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, comment="one after another, until now"),
        sa.Column("failing_since_us", sa.BigInteger(), nullable=True),
        sa.Column("not_before_us", sa.BigInteger(), nullable=False, comment="nothing is sent before that"),
        sa.Column("last_sent_us", sa.BigInteger(), nullable=True),
        sa.Column("last_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_subscriptions")),
        comment="Whom to tell of what, by webhook or mail.",
    )
