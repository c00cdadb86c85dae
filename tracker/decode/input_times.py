"""What a user says of one input: of its times that are not written, or not written completely, and of where its receiver stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from tracker.decode.zones import local_steps
from tracker.errors import InputError
from tracker.nearest import meant
from tracker.units import Micros

DATE_ORDERS: Final = ("dmy", "mdy")
BEAST_CLOCKS: Final = ("auto", "12mhz", "gps")
RECEIVER_LIKE: Final = (
    "write latitude,longitude in degrees, as 53.63,9.99, and behind them, if it stands high, its height in metres"
)
_USUAL_HEIGHT_M: Final = 30.0
"""Above what surrounds it, where nobody says: a high roof. What is meant is how far it sees; too low a height takes a far aircraft for a near one."""
_LOWEST_M, _HIGHEST_M = -430.0, 6_000.0
"""The shore of the Dead Sea, and above the highest towns."""


@dataclass(frozen=True, slots=True)
class InputTimes:
    """What a user says of the times of one input, and where it was received.

    Raises
    ------
    InputError
        for a word that is none; the sentence names the nearest right one.
    """

    undated_us: Micros | None = None
    """When a recording without any times began; None: units without a time are refused (``no_time``)."""
    date_order: str = ""
    """``dmy`` or ``mdy``: how dates of numbers alone are written. Empty: the file decides, by a day above 12."""
    zone: str = "UTC"
    """Zone of times written without an offset: an IANA name, or an offset such as ``+05:30``."""
    beast_clock: str = "auto"
    """``12mhz`` or ``gps``: what Beast and AVR stamps count. ``auto``: their bits decide."""
    lost_weeks: tuple[tuple[int, Micros], ...] = ()
    """Base stations and talkers of a bus whose dates are so far behind, learned from the input: GPS counts weeks modulo 1,024."""
    receiver: tuple[float, float, float] | None = None
    """Latitude, longitude and height in metres of the receiver of Mode S frames: single position frames can be placed near it."""

    def __post_init__(self) -> None:
        if self.date_order and self.date_order not in DATE_ORDERS:
            raise InputError(
                f"{self.date_order!r} is no order of day and month", "",
                f"{meant(self.date_order, DATE_ORDERS, 'there are')}: 31/12/2026 is dmy, 12/31/2026 is mdy",
            )  # fmt: skip
        if self.beast_clock not in BEAST_CLOCKS:
            raise InputError(
                f"{self.beast_clock!r} is no receiver clock", "", meant(self.beast_clock, BEAST_CLOCKS, "there are")
            )
        local_steps(self.zone)


def receiver_place(text: str) -> tuple[float, float, float] | None:
    """A written place, ``LAT,LON`` or ``LAT,LON,HEIGHT`` in degrees and metres; None of no text. Raises ``InputError`` with what is wrong."""
    if not text.strip():
        return None
    words = text.replace(",", " ").split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 3) or not all(map(math.isfinite, numbers)):
        raise InputError(f"{text!r} is no place of a receiver", "", RECEIVER_LIKE)
    lat_deg, lon_deg, height_m = (*numbers, _USUAL_HEIGHT_M)[:3]
    if abs(lat_deg) > 90.0 or abs(lon_deg) > 180.0:
        raise InputError(f"{text!r} is no place on Earth", "", f"latitude comes first; {RECEIVER_LIKE}")
    if (lat_deg, lon_deg) == (0.0, 0.0):
        raise InputError(f"{text!r} is what is written where no place is known", "", RECEIVER_LIKE)
    if not _LOWEST_M <= height_m <= _HIGHEST_M:
        raise InputError(
            f"{height_m:g} m is no height of a receiver", "", f"give {_LOWEST_M:g} to {_HIGHEST_M:g} metres"
        )
    return lat_deg, lon_deg, height_m


NOTHING_SAID: Final = InputTimes()
"""Nobody said anything: UTC, and no time is made up."""
