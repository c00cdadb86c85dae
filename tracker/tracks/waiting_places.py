"""Where ships wait, learned from the traffic: places at which several craft have lain lately.

Every finished wait (a craft slow and confined for some time, wherever) is remembered as craft, place and instant: the last four places of
each craft, a new wait within 2 km of an old one taking its place. A spot is a waiting place at an instant when enough *other* craft
waited near it within the memory. No grid: distances are true, so cell borders and the antimeridian do not exist. GFW's anchorages
(twenty craft, half a day, within 0.5 km) are a stricter form of the same idea, fit for ten years of the world; ours must
work on the second day of one harbour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.geodesy import distance_km
from streams.keyed_state import KeyedState
from tracker.units import KM_PER_DEG, NEVER_US

PLACES_PER_CRAFT: Final = 4
SAME_PLACE_KM: Final = 2.0


class WaitingPlaces:
    """The waits of the last ``memory_us``."""

    def __init__(self, memory_us: int) -> None:
        self._memory_us = memory_us
        width = PLACES_PER_CRAFT
        self._state = KeyedState(
            {"us": ("i8", NEVER_US, width), "lat": ("f8", math.nan, width), "lon": ("f8", math.nan, width)}
        )

    def add(self, craft: int, lat_deg: float, lon_deg: float, instant_us: int) -> None:
        """Remember one wait; calls come in the order of their instants."""
        slot = int(self._state.slots(np.array([craft], dtype=np.int64))[0])
        us, lat, lon = (self._state[name][slot] for name in ("us", "lat", "lon"))
        near = np.flatnonzero(distance_km(lat, lon, lat_deg, lon_deg) <= SAME_PLACE_KM)
        at = int(near[0]) if len(near) else int(np.argmin(us))
        us[at] = instant_us
        if not len(near):
            lat[at], lon[at] = lat_deg, lon_deg

    def others_near(
        self,
        craft: int,
        lat_deg: float,
        lon_deg: float,
        instant_us: int,
        within_km: float,
        but: Sequence[int] = (),
    ) -> int:
        """How many other craft waited within a distance of a spot, as known at an instant, some left out."""
        us, lat, lon = (self._state[name] for name in ("us", "lat", "lon"))
        near = (np.abs(lat - lat_deg) * KM_PER_DEG <= within_km) & self._state.alive_mask[:, None]
        near &= (instant_us - us <= self._memory_us) & (us <= instant_us)
        own = self._state.find(np.array([craft, *but], dtype=np.int64))
        near[own[own >= 0]] = False
        rows, columns = np.nonzero(near)
        close = distance_km(lat[rows, columns], lon[rows, columns], lat_deg, lon_deg) <= within_km
        return len(np.unique(rows[close]))

    def advance_watermark(self, watermark_us: int) -> None:
        """Forget craft whose last wait is out of memory."""
        gone = self._state.alive_mask & (watermark_us - self._state["us"].max(axis=1) > self._memory_us)
        self._state.forget(np.flatnonzero(gone))

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep no waits of some craft."""
        self._state.forget_keys(craft)

    def table(self) -> pa.Table:
        """The state for a snapshot."""
        return self._state.to_arrow()

    def restore(self, table: Any) -> None:
        """The inverse of :meth:`table`."""
        self._state.restore_arrow(table)
