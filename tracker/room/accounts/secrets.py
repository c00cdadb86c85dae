"""Secrets and ids of accounts: made at random, kept as a digest, compared by the digest."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

_SECRET_BYTES: Final = 32
"""256 bits: nobody guesses it, so a plain SHA-256 of it keeps it (OWASP session management asks for 64 bits at least)."""
_ID_BYTES: Final = 8
_FOR_ONCE_WORDS: Final = 5
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody confuses when reading aloud."""
TOKEN_PREFIX: Final = "tidewaiter_"
"""Scanners for leaked secrets find a token by it."""


def new_secret() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_token() -> str:
    """What a service sends."""
    return TOKEN_PREFIX + new_secret()


def new_id(kind: str) -> str:
    """An id that tells nothing but its kind: ``p-`` person, ``u-`` unit, ``s-`` session, ``t-`` token, ``o-`` opening."""
    return f"{kind}-{secrets.token_hex(_ID_BYTES)}"


def new_password() -> str:
    """A password for once: 25 letters in five groups, 124 bits, easily read aloud."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(_FOR_ONCE_WORDS))


def digest(secret: str) -> str:
    """What is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
