"""Check digits of the numbers on transport documents. Pure functions; None where the text has another form altogether.

Container (ISO 6346): four letters, of which the last is U, J or Z, six digits, one check digit. Letters count 10 to 38 without the
multiples of 11 (A=10, B=12 .. K=21, L=23 .. U=32, V=34 .. Z=38); character i (from 0) is weighted 2**i; the sum modulo 11, and 10 as 0,
is the check digit.

Air waybill (IATA resolution 600a): three digits of the carrier, seven of the serial, one check digit = serial modulo 7.
"""

from __future__ import annotations

import re
from typing import Final

_CONTAINER: Final = re.compile(r"[A-Z]{3}[UJZ]\d{7}")
_UNIT_LOAD_DEVICE: Final = re.compile(r"[A-Z][A-Z0-9]{2}\d{4,5}[A-Z0-9]{2}")
_AIR_WAYBILL: Final = re.compile(r"\d{11}")


def _letter_values() -> dict[str, int]:
    values = (value for value in range(10, 39) if value % 11)
    letters = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", values, strict=True))
    return letters | {str(digit): digit for digit in range(10)}


_VALUES: Final = _letter_values()


_NOT_COMPACT: Final = re.compile("[^A-Z0-9]+")


def compact(text: str) -> str:
    """A number without the spaces, hyphens and dots that people put into it."""
    return _NOT_COMPACT.sub("", text.upper())


def container_check_digit(first_ten: str) -> int:
    """Check digit of the first ten characters of a container number.

    >>> container_check_digit("CSQU305438")
    3
    """
    return sum(_VALUES[c] << i for i, c in enumerate(first_ten)) % 11 % 10


def container_ok(text: str) -> bool | None:
    """Whether a container number's check digit is right; None where it has not the form of one."""
    number = compact(text)
    if not _CONTAINER.fullmatch(number):
        return None
    return container_check_digit(number[:10]) == int(number[10])


def is_unit_load_device(text: str) -> bool:
    """Whether a text has the form of an air container or pallet: type, four or five digits, owner (``PMC01473R7``)."""
    return _UNIT_LOAD_DEVICE.fullmatch(compact(text)) is not None


def air_waybill_ok(text: str) -> bool | None:
    """Whether an air waybill's check digit is right; None where it has not the form of one.

    >>> air_waybill_ok("057-76215436"), air_waybill_ok("057-76215437"), air_waybill_ok("HAWB1")
    (True, False, None)
    """
    number = compact(text)
    if not _AIR_WAYBILL.fullmatch(number):
        return None
    return int(number[3:10]) % 7 == int(number[10])
