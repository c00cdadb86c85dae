"""How one table is to be read beyond what its names say: a user's mapping, and units decided from its own rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracker.decode.layouts.mapping import UserMapping


@dataclass(frozen=True, slots=True)
class Reading:
    """What is said of one table."""

    mapping: UserMapping | None = None
    units: tuple[tuple[str, str], ...] = ()
    """Field and unit, of fields whose name does not tell the unit (``tracker.decode.tables.trial``)."""


AS_IT_STANDS: Final = Reading()
"""Nothing is said: the names tell."""
