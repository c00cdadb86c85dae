"""Accounts: persons, units, sessions, browsers, attempts, tokens, openings of compartments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_accounts"
down_revision = "0002_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this layout."""
    op.create_table(
        "sign_in_attempts",
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="digest of account and address, of the address, of the account, or a browser",
        ),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("next_us", sa.BigInteger(), nullable=False, comment="nothing is tried before"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_attempts")),
        comment="Sign-ins that failed, by whom and from where.",
    )
    op.create_table(
        "units",
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ports", sa.JSON(), nullable=False, comment="UN/LOCODEs it is responsible for"),
        sa.Column(
            "area",
            sa.JSON(),
            nullable=True,
            comment="GeoJSON polygon it is responsible for; null where it goes by ports alone",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_units")),
        sa.UniqueConstraint("name", name=op.f("uq_units_name")),
        comment="Units of officers, by port or area.",
    )
    op.create_table(
        "persons",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("compartments", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "password_hash", sa.Text(), nullable=True, comment="argon2id; null where this person signs in otherwise"
        ),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column(
            "password_until_us", sa.BigInteger(), nullable=True, comment="a password given for once holds until then"
        ),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.unit_id"], name=op.f("fk_persons_unit_id_units")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_persons")),
        sa.UniqueConstraint("login", name=op.f("uq_persons_login")),
        comment="Persons who may come in.",
    )
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False, comment="rights by name"),
        sa.Column("compartments", sa.JSON(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("used_us", sa.BigInteger(), nullable=True),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.unit_id"], name=op.f("fk_tokens_unit_id_units")),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_tokens")),
        comment="Services that may come in.",
    )
    op.create_table(
        "browsers",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("used_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_browsers_person_id_persons")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_browsers")),
        comment="Browsers in which a person has signed in: what strangers try elsewhere does not hold it up there.",
    )
    op.create_index(op.f("ix_browsers_person_id"), "browsers", ["person_id"], unique=False)
    op.create_table(
        "compartment_openings",
        sa.Column("opening_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("compartment", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("seen_by", sa.Text(), nullable=True, comment="the first supervisor who looked at it"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.person_id"], name=op.f("fk_compartment_openings_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("opening_id", name=op.f("pk_compartment_openings")),
        comment="Compartments opened in need.",
    )
    op.create_index(op.f("ix_compartment_openings_person_id"), "compartment_openings", ["person_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False, comment="password, passkey or oidc"),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("begun_us", sa.BigInteger(), nullable=False),
        sa.Column("proven_us", sa.BigInteger(), nullable=False, comment="when the password was given last"),
        sa.Column("seen_us", sa.BigInteger(), nullable=False, comment="when something was asked last, to the minute"),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.person_id"], name=op.f("fk_sessions_person_id_persons")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sessions_secret_hash")),
        comment="Sessions of persons.",
    )
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"], unique=False)
    op.create_table(
        "token_secrets",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column(
            "until_us",
            sa.BigInteger(),
            nullable=True,
            comment="an older one holds until then; null: as long as the token",
        ),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.token_id"], name=op.f("fk_token_secrets_token_id_tokens")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_token_secrets")),
        comment="What services send; two at a time while one is rotated.",
    )
    op.create_index(op.f("ix_token_secrets_token_id"), "token_secrets", ["token_id"], unique=False)
