"""What of a static report may name one craft: IMO number, ship's name, call sign, flight number, each as a 64-bit hash.

Placeholders, numbers with a wrong check digit and words too short to follow a ship by name nobody. A flight number is an airline's three letters and a number: registrations, military
call signs and ground vehicles are shared in earnest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.decode.tables.changes import mixed_words
from tracker.identity import DOMAIN_ICAO24, PLACEHOLDER_IMOS, domain, imo_check_digit_ok, is_ship_station
from tracker.statics import StaticBatch
from tracker.voyages.airlines import parse_flight

ATTRIBUTES: Final = ("imo", "name", "call_sign")
FLIGHT: Final = "flight"
_SHORTEST: Final = 4
"""A name or call sign of fewer letters is too common to follow a ship by."""

Values = tuple[str, NDArray[np.int64], NDArray[np.int64]]
"""An attribute, the rows that say something of it, and the hashes of what they say."""


@dataclass(frozen=True, slots=True)
class Said:
    """Some statics, and what of it may name one craft. The hashes are made once, for many minutes and for all who ask."""

    statics: StaticBatch
    values: tuple[Values, ...]

    @classmethod
    def of(cls, statics: StaticBatch) -> Said:
        """Rows in time order."""
        return cls(statics, tuple(_values_of(statics)))

    def part(self, first: int, stop: int) -> Said:
        """Rows ``first`` up to ``stop``."""
        values = []
        for attribute, rows, keys in self.values:
            a, b = np.searchsorted(rows, (first, stop)).tolist()
            if b > a:
                values.append((attribute, rows[a:b] - first, keys[a:b]))
        return Said(self.statics.take(slice(first, stop)), tuple(values))


def _values_of(statics: StaticBatch) -> Iterable[Values]:
    """Attribute, rows and hashes of what is said that may name one craft."""
    ship = np.asarray(is_ship_station(statics.craft))
    imo = statics.imo
    good = ship & (imo > 0)
    for placeholder in PLACEHOLDER_IMOS:
        good &= imo != placeholder
    good[good] = np.asarray(imo_check_digit_ok(imo[good]))
    if good.any():
        rows = np.flatnonzero(good)
        yield "imo", rows, hashes_of("imo", imo[rows])
    for attribute in ("name", "call_sign"):
        values = getattr(statics, attribute)
        rows = np.flatnonzero(ship)
        letters = np.ascontiguousarray(values[rows]).view("S1").reshape(len(rows), values.dtype.itemsize)
        rows = rows[letters[:, _SHORTEST - 1] != b""]
        if len(rows):
            yield attribute, rows, hashes_of(attribute, values[rows])
    air = np.flatnonzero((domain(statics.craft) == DOMAIN_ICAO24) & (statics.call_sign != b""))
    if len(air):
        calls, which = np.unique(statics.call_sign[air], return_inverse=True)
        scheduled = np.array([_is_flight(bytes(call)) for call in calls], dtype=np.bool_)[which]
        rows = air[scheduled]
        if len(rows):
            yield FLIGHT, rows, hashes_of(FLIGHT, statics.call_sign[rows])


@lru_cache(maxsize=1 << 14)
def _is_flight(call: bytes) -> bool:
    """An airline's three letters and a number: everything else (registrations, military, ground vehicles) is shared in earnest."""
    text = call.decode("ascii", "replace").strip()
    return text[:3].isalpha() and parse_flight(text) is not None


def hashes_of(attribute: str, values: NDArray[Any]) -> NDArray[np.int64]:
    """64-bit hashes of values of an attribute, shape (n,)."""
    kind = np.full(len(values), [*ATTRIBUTES, FLIGHT].index(attribute), dtype=np.uint64)
    words = [kind]
    if values.dtype.kind == "S":
        wide = np.ascontiguousarray(values.astype("S24")).view(np.uint64).reshape(len(values), 3)
        words += [wide[:, k] for k in range(3)]
    else:
        words.append(values.astype(np.uint64))
    hashed: NDArray[np.int64] = mixed_words(words, len(values)).view(np.int64)
    return hashed
