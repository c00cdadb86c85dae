"""Tables of accounts. Secrets stand in none of them: of a password its argon2id hash, of sessions, tokens and browsers the SHA-256 of 256 random bits."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, Table, Text, false

from tracker.room.store.metadata import METADATA

UNITS: Final = Table(
    "units",
    METADATA,
    Column("unit_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("ports", JSON, nullable=False, comment="UN/LOCODEs it is responsible for"),
    Column("area", JSON, comment="GeoJSON polygon it is responsible for; null where it goes by ports alone"),
    Column("version", Integer, nullable=False),
    Column("areas", JSON, nullable=False, server_default="[]", comment="areas by the names that alerts have"),
    Column("crafts", JSON, nullable=False, server_default="[]", comment="kinds of craft: ship, aircraft"),
    Column("feeds", JSON, nullable=False, server_default="[]"),
    Column(
        "is_default",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="has what no rule of a unit fits; one at most",
    ),
    comment="Units of officers, by port or area.",
)
PERSONS: Final = Table(
    "persons",
    METADATA,
    Column("person_id", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("unit_id", Text, ForeignKey("units.unit_id")),
    Column("roles", JSON, nullable=False),
    Column("compartments", JSON, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("password_hash", Text, comment="argon2id; null where this person signs in otherwise"),
    Column("must_change_password", Boolean, nullable=False),
    Column("password_until_us", BigInteger, comment="a password given for once holds until then"),
    Column("made_us", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    comment="Persons who may come in.",
)
SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("session_id", Text, primary_key=True),
    Column("secret_hash", Text, nullable=False, unique=True),
    Column("person_id", Text, ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("way", Text, nullable=False, comment="password, passkey or oidc"),
    Column("address", Text, nullable=False),
    Column("begun_us", BigInteger, nullable=False),
    Column("proven_us", BigInteger, nullable=False, comment="when the password was given last"),
    Column("seen_us", BigInteger, nullable=False, comment="when something was asked last, to the minute"),
    Column("ended_us", BigInteger),
    Column("ended_why", Text),
    comment="Sessions of persons.",
)
BROWSERS: Final = Table(
    "browsers",
    METADATA,
    Column("secret_hash", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("used_us", BigInteger, nullable=False),
    comment="Browsers in which a person has signed in: what strangers try elsewhere does not hold it up there.",
)
ATTEMPTS: Final = Table(
    "sign_in_attempts",
    METADATA,
    Column(
        "key",
        Text,
        primary_key=True,
        comment="digest of account and address, of the address, of the account, or a browser",
    ),
    Column("failures", Integer, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("next_us", BigInteger, nullable=False, comment="nothing is tried before"),
    comment="Sign-ins that failed, by whom and from where.",
)
TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("token_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", JSON, nullable=False, comment="rights by name"),
    Column("compartments", JSON, nullable=False),
    Column("unit_id", Text, ForeignKey("units.unit_id")),
    Column("made_by", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("used_us", BigInteger),
    Column("revoked_us", BigInteger),
    comment="Services that may come in.",
)
TOKEN_SECRETS: Final = Table(
    "token_secrets",
    METADATA,
    Column("secret_hash", Text, primary_key=True),
    Column("token_id", Text, ForeignKey("tokens.token_id"), nullable=False, index=True),
    Column("until_us", BigInteger, comment="an older one holds until then; null: as long as the token"),
    comment="What services send; two at a time while one is rotated.",
)
PASSKEYS: Final = Table(
    "passkeys",
    METADATA,
    Column("passkey_id", Text, primary_key=True),
    Column("credential_id", Text, nullable=False, unique=True, comment="base64url, as the authenticator chose it"),
    Column("person_id", Text, ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("public_key", Text, nullable=False, comment="COSE key, base64url"),
    Column("sign_count", BigInteger, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("used_us", BigInteger),
    comment="Passkeys of persons: public keys alone.",
)
OPENINGS: Final = Table(
    "compartment_openings",
    METADATA,
    Column("opening_id", Text, primary_key=True),
    Column("person_id", Text, ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("compartment", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("seen_by", Text, comment="the first supervisor who looked at it"),
    comment="Compartments opened in need.",
)
