"""Passwords: argon2id, a few at a time, and a wrong one costs what an unknown name costs.

Hashing takes 64 MB and a quarter of a processor second, so who could ask for a thousand at once could stop the machine: :class:`Passwords` lets
:data:`AT_ONCE` through, a few wait, and the rest is told to come back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tracker.room.accounts.secrets import new_secret

AT_ONCE: Final = 2
_MOST_WAITING: Final = 16
_WAIT_S: Final = 10.0
MOST_CHARS: Final = 200
"""Longer ones are refused before they are hashed."""
_LEAST_DIFFERENT: Final = 5


class TooBusy(Exception):
    """Too many passwords are being checked; come back soon."""


class Passwords:
    """Hashes and checks. Its methods block; they are called in threads, from any.

    Parameters
    ----------
    hasher:
        argon2id; by default with the second choice of RFC 9106, section 4 (3 passes, 64 MiB, 4 lanes).
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._waiting = threading.BoundedSemaphore(AT_ONCE + _MOST_WAITING)
        self._nobodys = self._hasher.hash(new_secret())

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        with self._in_turn():
            return self._hasher.hash(password)

    def is_right(self, password: str, kept: str | None) -> bool:
        """Whether this is the password; without anything kept it takes as long and is not."""
        with self._in_turn():
            try:
                return self._hasher.verify(kept or self._nobodys, password) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, kept: str) -> bool:
        """Whether it was hashed with less work than is asked today."""
        return self._hasher.check_needs_rehash(kept)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._waiting.acquire(blocking=False):
            raise TooBusy
        try:
            if not self._turn.acquire(timeout=_WAIT_S):
                raise TooBusy
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._waiting.release()


def why_weak(password: str, login: str, least_chars: int) -> str | None:
    """Why this may not be a password; None where it may. Length counts, not kinds of signs (NIST SP 800-63B 3.1.1.2).

    >>> why_weak("aaaaaaaaaaaaaaaaaaaa", "jo", 12)
    'has fewer than 5 different signs'
    """
    if len(password) < least_chars:
        return f"is shorter than {least_chars} signs"
    if len(password) > MOST_CHARS:
        return f"is longer than {MOST_CHARS} signs"
    if len(set(password)) < _LEAST_DIFFERENT:
        return f"has fewer than {_LEAST_DIFFERENT} different signs"
    if login.lower() in password.lower():
        return "has the name of the account in it"
    return None
