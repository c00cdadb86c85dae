"""Mutations that know what a stream is made of: bits flip, units are cut, spliced, repeated, interleaved, hostile pieces come in.

A mutation that breaks every checksum only ever tests the checksum, so some mutations add sound units of random content, and the
AIS target writes the checksums anew behind some of the others.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Sequence

Unit = Callable[[random.Random], bytes]

_SENTENCE = re.compile(rb"([!$\\])([^!$\\*\n]{1,200})\*[0-9A-Fa-f]{2}")


def units_of(data: bytes, separator: re.Pattern[bytes]) -> list[bytes]:
    """The stream cut before every match; joined they are the stream."""
    starts = [0, *(match.start() for match in separator.finditer(data) if match.start()), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(starts) if a < b]


def mutated(
    data: bytes, rng: random.Random, separator: re.Pattern[bytes], fresh: Unit, hostile: Sequence[bytes], most: int
) -> bytes:
    """``data`` after one to eight mutations, at most ``most`` bytes of it."""
    units = units_of(data, separator) or [b""]
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        at, other = rng.randrange(len(units)), rng.randrange(len(units))
        unit = bytearray(units[at])
        kind = rng.randrange(10)
        if kind == 0 and unit:
            for _ in range(rng.randint(1, 3)):
                unit[rng.randrange(len(unit))] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del unit[rng.randrange(len(unit) + 1) :]
        elif kind == 2:
            start = rng.randrange(len(unit) + 1)
            del unit[start : start + rng.randint(1, 12)]
        elif kind == 3:
            unit[rng.randrange(len(unit) + 1) :] = units[other][rng.randrange(len(units[other]) + 1) :]
        elif kind == 4:
            unit *= rng.randint(2, 5)
        elif kind == 5:
            units[at], units[other] = units[other], units[at]
            continue
        elif kind == 6:
            units.insert(at, fresh(rng))
            continue
        elif kind == 7:
            place = rng.randrange(len(unit) + 1)
            unit[place:place] = rng.choice(hostile)
        elif kind == 8:
            length = rng.choice([2, 100, 500, 1030, 5000])
            place = rng.randrange(len(unit) + 1)
            unit[place:place] = rng.choice(hostile)[:1] * length
        else:
            units[at : at + rng.randint(1, 3)] = []
            units = units or [b""]
            continue
        units[at] = bytes(unit)
    return b"".join(units)[:most]


def with_checksums(data: bytes) -> bytes:
    """NMEA sentences and tag blocks with their checksums made right again."""

    def write(match: re.Match[bytes]) -> bytes:
        value = 0
        for byte in match[2]:
            value ^= byte
        return match[1] + match[2] + b"*%02X" % value

    return _SENTENCE.sub(write, data)
