"""What a pressure altitude lacks of the height above sea level, learned from landings at aerodromes.

Transponders report altitudes by the standard atmosphere (1013.25 hPa). Where an aircraft touches down at an aerodrome of known height, the altitude she
reported just before is off by the day's pressure: 27 ft for each hPa. The median of the touchdowns within ``pressure_km`` and ``pressure_h`` counts.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

import pyarrow as pa

from models.geodesy import distance_km_scalar
from tracker.detectors.landing.config import LandingConfig
from tracker.units import US_PER_H

_MOST: Final = 5_000
_FLARE_FT: Final = 30.0
"""The last altitude in the air is reported so far above the runway."""


class PressureOffsets:
    """The touchdowns of the last hours."""

    def __init__(self, config: LandingConfig) -> None:
        self._config = config
        self._memory_us = int(config.pressure_h * US_PER_H)
        self._seen: deque[tuple[int, float, float, float]] = deque(maxlen=_MOST)

    def learn(self, instant_us: int, lat_deg: float, lon_deg: float, altitude_ft: float, field_ft: float) -> None:
        """A touchdown at a field of known height; calls come in the order of their instants."""
        offset_ft = altitude_ft - field_ft - _FLARE_FT
        if abs(offset_ft) <= 2.0 * self._config.pressure_ft:
            self._seen.append((instant_us, lat_deg, lon_deg, offset_ft))

    def at(self, lat_deg: float, lon_deg: float, instant_us: int) -> tuple[float, float, int]:
        """What to take off an altitude here and now, its uncertainty, and from how many touchdowns."""
        reach_km, first_us = self._config.pressure_km, instant_us - self._memory_us
        near = [
            offset_ft
            for us, lat, lon, offset_ft in self._seen
            if first_us <= us <= instant_us
            and abs(lat - lat_deg) * 111.0 <= reach_km
            and distance_km_scalar(lat, lon, lat_deg, lon_deg) <= reach_km
        ]
        if not near:
            return 0.0, self._config.pressure_ft, 0
        return float(median(near)), self._config.learned_ft, len(near)

    def advance_watermark(self, watermark_us: int) -> None:
        """Forget what no one will ask for any more."""
        while self._seen and self._seen[0][0] < watermark_us - self._memory_us:
            self._seen.popleft()

    def table(self) -> pa.Table:
        """For a snapshot."""
        us, lat, lon, off = zip(*self._seen, strict=True) if self._seen else ((), (), (), ())
        numbers = {"lat": lat, "lon": lon, "offset_ft": off}
        return pa.table({"us": pa.array(us, pa.int64()), **{k: pa.array(v, pa.float64()) for k, v in numbers.items()}})

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        self._seen.extend(tuple(row.values()) for row in table.to_pylist())
