"""What a user says of the times of one input: of those that are not written, or not written completely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracker.decode.zones import local_steps
from tracker.errors import InputError
from tracker.nearest import meant
from tracker.units import Micros

DATE_ORDERS: Final = ("dmy", "mdy")
BEAST_CLOCKS: Final = ("auto", "12mhz", "gps")


@dataclass(frozen=True, slots=True)
class InputTimes:
    """What a user says of the times of one input.

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


NOTHING_SAID: Final = InputTimes()
"""Nobody said anything: UTC, and no time is made up."""
