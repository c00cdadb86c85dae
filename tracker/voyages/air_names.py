"""Other names of flights and aircraft: which number a codeshare is flown under, and which 24-bit address a registration has.

Papers carry the marketing carrier's number as often as the operating one's: ``DL9431`` is flown as ``KL1009``. That no rule can say; it stands in a table of the user's (``tidewaiter reference import``).
So do the addresses of registrations, but for the United States, whose addresses are counted off in the order of their registrations from A00001 (N1) to ADF7C7 (N99999).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.voyages.airlines import FlightNumber, parse_flight
from tracker.voyages.ship_names import letters_of

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of US registrations: I and O are not used."""
_FIRST_US: Final = 0xA00000
_SUFFIXES: Final = 1 + len(_LETTERS) * (1 + len(_LETTERS))
"""Registrations that end here: none, one or two letters more."""
_BLOCK_4: Final = 1 + len(_LETTERS) + 10
_BLOCK_3: Final = 10 * _BLOCK_4 + _SUFFIXES
_BLOCK_2: Final = 10 * _BLOCK_3 + _SUFFIXES
_BLOCK_1: Final = 10 * _BLOCK_2 + _SUFFIXES
_LONGEST: Final = 5


class AirTables(Protocol):
    """The user's tables (``tracker.geography.places``)."""

    @property
    def codeshares(self) -> Sequence[tuple[str, str]]:
        """Marketing and operating number, as written."""
        ...

    @property
    def registrations(self) -> tuple[NDArray[np.bytes_], NDArray[np.int64]]:
        """Registrations in order, letters and digits alone, and the address of each."""
        ...


class AirNames:
    """Numbers that flights are flown under, by the numbers they are sold under, and addresses by registration; of none where no table is given."""

    def __init__(self, tables: AirTables | None = None) -> None:
        self._operating: dict[FlightNumber, tuple[FlightNumber, ...]] = {}
        self._registrations, self._addresses = np.empty(0, dtype="S1"), np.empty(0, dtype=np.int64)
        if tables is None:
            return
        self._registrations, self._addresses = tables.registrations
        for sold, flown in tables.codeshares:
            marketing, number = parse_flight(sold), parse_flight(flown)
            if marketing is not None and number is not None and number not in self.operating(marketing):
                self._operating[marketing] = (*self.operating(marketing), number)

    def operating(self, marketing: FlightNumber) -> tuple[FlightNumber, ...]:
        """The numbers that a flight is flown under beside its own."""
        return self._operating.get(marketing, ())

    def address_of(self, registration: str) -> int | None:
        """The 24-bit address of a registration; None where nobody can tell."""
        key = letters_of(registration)
        at = int(np.searchsorted(self._registrations, key.encode()))
        if at < len(self._registrations) and self._registrations[at] == key.encode():
            return int(self._addresses[at])
        return us_address(key)


NO_NAMES: Final = AirNames()


def us_address(registration: str) -> int | None:
    """The address of a US registration; None of any other.

    >>> [f"{us_address(n):06X}" for n in ("N1", "N1A", "N12345", "N99999")], us_address("PHBFA")
    (['A00001', 'A00002', 'A061D9', 'ADF7C7'], None)
    """
    text = registration[1:]
    if registration[:1] != "N" or not 1 <= len(text) <= _LONGEST or not "1" <= text[0] <= "9":
        return None
    digits = text.rstrip(_LETTERS)
    letters = text[len(digits) :]
    if not digits.isdecimal() or len(letters) > 2:
        return None
    count = 1 + (int(digits[0]) - 1) * _BLOCK_1
    for block, digit in zip((_BLOCK_2, _BLOCK_3, _BLOCK_4), digits[1:4], strict=False):
        count += _SUFFIXES + int(digit) * block
    if len(digits) == _LONGEST:
        return _FIRST_US + count + len(_LETTERS) + 1 + int(digits[4])
    if len(digits) == _LONGEST - 1:
        return _FIRST_US + count + (_LETTERS.index(letters) + 1 if letters else 0)
    if letters:
        count += 1 + (len(_LETTERS) + 1) * _LETTERS.index(letters[0])
    if len(letters) == 2:
        count += 1 + _LETTERS.index(letters[1])
    return _FIRST_US + count
