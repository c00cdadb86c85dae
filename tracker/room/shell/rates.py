"""How many requests may come: a bucket of tokens for each address, and one for each session or token that was found to hold.

What a caller claims to be is not believed before somebody has looked: whoever sends a new cookie with every request would have a new bucket each time. So a
claim counts only once it was seen to hold (:meth:`Rates.believe`); until then the address counts. An office behind one address has its officers apart.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from streams.time import US_PER_S
from tracker.room.accounts.attempts import network_of
from tracker.room.accounts.secrets import digest

_MOST_REMEMBERED: Final = 20_000
_BURST_S: Final = 10
"""So many seconds' worth may come at once."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at_us: int


class Rates:
    """Buckets; those not used longest are forgotten first. Called from the event loop alone, but for :meth:`believe`."""

    def __init__(self, per_s: float, monotonic_us: Callable[[], int]) -> None:
        self._per_s, self._now_us = per_s, monotonic_us
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._believed: OrderedDict[str, None] = OrderedDict()

    def take(self, address: str, claim: str | None) -> float | None:
        """One request; None where it may go on, else seconds to wait."""
        known = None if claim is None else digest(claim)
        key = known if known is not None and known in self._believed else f"address:{network_of(address)}"
        now_us = self._now_us()
        most = self._per_s * _BURST_S
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(most, now_us)
            if len(self._buckets) > _MOST_REMEMBERED:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.left = min(most, bucket.left + self._per_s * (now_us - bucket.at_us) / US_PER_S)
        bucket.at_us = now_us
        if bucket.left < 1.0:
            return (1.0 - bucket.left) / self._per_s
        bucket.left -= 1.0
        return None

    def believe(self, claim: str) -> None:
        """This session or token was found to hold: it has a bucket of its own from now on."""
        self._believed[digest(claim)] = None
        if len(self._believed) > _MOST_REMEMBERED:
            self._believed.popitem(last=False)
