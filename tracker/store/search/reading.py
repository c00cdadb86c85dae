"""What a question looks like: identifiers recognised by their form, each with a sentence that says as what it was read. Pure.

============================  ==============================================  ==========================
form                          is read as                                      check digit
============================  ==============================================  ==========================
9 digits                      MMSI                                            none
7 digits                      IMO number                                      weights 7 to 2, modulo 10
6 of 0-9 A-F                  ICAO 24-bit address                             none
4 letters, 6 or 7 digits      container (ISO 6346)                            modulo 11
11 digits                     air waybill (IATA resolution 600a)              serial modulo 7
24 of 0-9 a-f                 id of an event or an alert                      none
============================  ==============================================  ==========================

The form only says what is said of it and comes first: every text is looked up everywhere all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tracker.cargo.codes import container_check_digit
from tracker.errors import InputError
from tracker.identity import imo_check_digit_ok
from tracker.store.search.wording import MOST_WORDS, number_of, words_in

MOST_CHARS: Final = 200
LEAST_PREFIX: Final = 2
_NAMED: Final = re.compile(r"\s*(mmsi|imo|icao24|awb|b/?l)\s*[:#.]?\s*(?=\S)", re.IGNORECASE)
_CONTAINER: Final = re.compile(r"[A-Z]{4}\d{6,7}")


@dataclass(frozen=True, slots=True)
class Reading:
    """As what a question was read."""

    form: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is looked up."""

    number: str
    """As a number; empty where there is nothing of one."""
    words: tuple[str, ...]
    readings: tuple[Reading, ...] = ()
    also: tuple[str, ...] = ()
    """Numbers that begin as what is meant: a container without its check digit."""


def read_question(text: str) -> Asked:
    """A question as it is looked up.

    Raises
    ------
    InputError
        too long, or nothing that could be looked up.
    """
    if len(text) > MOST_CHARS:
        raise InputError(f"the question is longer than {MOST_CHARS} characters", "q", "ask for one number or name")
    text = text.encode(errors="replace").decode()
    bare = _NAMED.sub("", text, count=1) if any(sign.isdigit() for sign in text) else text
    number, words = number_of(bare), tuple(words_in(bare))
    if not any(sign.isalnum() for sign in number) and not words:
        raise InputError("there is no letter or digit in the question", "q", "ask for a number or a name")
    if len(words) > MOST_WORDS:
        raise InputError(f"there are more than {MOST_WORDS} words in the question", "q", "ask for those that tell most")
    if len(number) < LEAST_PREFIX and max(map(len, words), default=0) < LEAST_PREFIX and number.isascii():
        raise InputError("one letter or digit is the beginning of too much", "q", "write at least two")
    readings, also = _readings(number)
    return Asked(number, words, tuple(readings), also)


def _readings(number: str) -> tuple[list[Reading], tuple[str, ...]]:
    found: list[Reading] = []
    also: tuple[str, ...] = ()
    if re.fullmatch(r"\d{9}", number):
        found.append(Reading("mmsi", "read as an MMSI"))
    if re.fullmatch(r"\d{7}", number):
        found.append(Reading("imo", f"read as an IMO number; {_imo(number)}"))
    if re.fullmatch(r"[0-9A-F]{6}", number):
        found.append(Reading("icao24", "read as an ICAO 24-bit address"))
    if _CONTAINER.fullmatch(number):
        said, also = _container(number)
        found.append(Reading("container", f"read as a container number; {said}"))
    if re.fullmatch(r"\d{11}", number):
        right = int(number[3:10]) % 7
        is_right = right == int(number[10])
        said = "its check digit is right" if is_right else f"its check digit is wrong, {right} would be right"
        found.append(Reading("air_waybill", f"read as the number of an air waybill; {said}"))
    if re.fullmatch(r"[0-9A-F]{24}", number):
        found.append(Reading("id", "read as the id of an event or an alert"))
    return found, also


def _imo(number: str) -> str:
    if imo_check_digit_ok(int(number)):
        return "its check digit is right"
    right = sum(weight * int(digit) for weight, digit in zip(range(7, 1, -1), number, strict=False)) % 10
    return f"its check digit is wrong, {right} would be right"


def _container(number: str) -> tuple[str, tuple[str, ...]]:
    right = container_check_digit(number[:10])
    if len(number) == len("CSQU305438"):
        return f"its check digit is not given, it is {right}", ()
    if number[3] not in "UJZ":
        return "its fourth letter is neither U, J nor Z", ()
    if int(number[10]) == right:
        return "its check digit is right", ()
    return f"its check digit is wrong, {right} would be right", (number[:10],)
