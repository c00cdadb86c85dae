"""Lock-out that locks nobody else out.

An attempt counts as failed before its password is checked, so that a hundred at once are not a hundred guesses; success takes it back. What counts:

- in a browser where this person has signed in before (its device cookie): that browser's own attempts alone;
- elsewhere: the attempts on this account from this address, all from this address, and all on this account by strangers.

So a stranger who tries a person's account anywhere, from the same office even, slows itself down and not the person. Names that do not exist are counted
alike. The idea is OWASP's "device cookies" (Slow Down Online Guessing Attacks with Device Cookies).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from sqlalchemy import Connection, case, delete, insert, select, update

from streams.time import US_PER_S
from tracker.room.accounts.account_tables import ATTEMPTS

_FORGET_US: Final = 24 * 3600 * US_PER_S
"""Failures are forgotten a day after the last."""
_MOST_WAIT_S: Final = 900.0
_DOUBLINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Key:
    """What attempts are counted by, and how many are free."""

    text: str
    free: int


def delay_s(failures: int, free: int) -> float:
    """How long to wait after so many failures: nothing at first, then 1, 2, 4 seconds and so on up to 15 minutes.

    >>> [delay_s(n, 5) for n in (4, 5, 6, 10, 40)]
    [0.0, 1.0, 2.0, 32.0, 900.0]
    """
    return 0.0 if failures < free else float(min(2.0 ** min(failures - free, _DOUBLINGS), _MOST_WAIT_S))


def keys_of(login: str, address: str, browser_hash: str | None) -> tuple[Key, ...]:
    """What an attempt counts by. ``browser_hash``: of a browser this person is known in."""
    account = account_key(login)
    if browser_hash is not None:
        return (Key(f"browser:{browser_hash}", 5),)
    network = network_of(address)
    return (
        Key(f"pair:{network}:{account}", 5),
        Key(f"address:{network}", 30),  # an office of thirty behind one address, each of whom mistypes once
        Key(account, 50),
    )


def network_of(address: str) -> str:
    """The address; of IPv6 its /64, of which whoever has one address has all.

    >>> network_of("2001:db8::1:2:3:4")
    '2001:db8::/64'
    """
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))


def begin(connection: Connection, keys: Sequence[Key], now_us: int) -> float | None:
    """Count an attempt as failed. None: go on and check; else seconds to wait, and it is not counted."""
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.last_us < now_us - _FORGET_US))
    found = {
        row.key: row
        for row in connection.execute(select(ATTEMPTS).where(ATTEMPTS.c.key.in_([key.text for key in keys])))
    }
    wait_us = max((row.next_us - now_us for row in found.values()), default=0)
    if wait_us > 0:
        return wait_us / US_PER_S
    for key in keys:
        failures = found[key.text].failures + 1 if key.text in found else 1
        values = {
            "failures": failures,
            "last_us": now_us,
            "next_us": now_us + int(delay_s(failures, key.free) * US_PER_S),
        }
        if key.text in found:
            connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.key == key.text).values(**values))
        else:
            connection.execute(insert(ATTEMPTS).values(key=key.text, **values))
    return None


def forget(connection: Connection, key: str) -> None:
    """Nothing was tried by this key."""
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.key == key))


def account_key(login: str) -> str:
    """What all attempts of strangers on an account count by."""
    return f"account:{hashlib.sha256(login.lower().encode('utf-8', 'surrogatepass')).hexdigest()}"


def succeed(connection: Connection, keys: Sequence[Key]) -> None:
    """The attempt was right: take back what was counted. An account's own keys are forgotten, of a shared address one failure only: who has an account
    there could otherwise wipe out what it tried on others."""
    own = [key.text for key in keys if key.text.startswith(("pair:", "browser:"))]
    shared = [key.text for key in keys if key.text not in own]
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.key.in_(own)))
    fewer = case((ATTEMPTS.c.failures > 0, ATTEMPTS.c.failures - 1), else_=0)
    connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.key.in_(shared)).values(failures=fewer, next_us=0))
