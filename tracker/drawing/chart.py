"""Where on the paper a position falls: Mercator, north up, one scale for both directions.

::

    x = (lon - west) * px_per_deg          y = (north - m(lat)) * px_per_deg          m(lat) = deg(ln tan(45 + lat / 2))

Longitudes run on across the antimeridian from the middle of the chart. Mercator keeps angles, so a circle is a circle; its scale grows
with latitude, and the scale bar is true at the middle of the chart (a tenth off at the edges of a chart 1,000 km high at 55 N).
Latitudes beyond 89 degrees are drawn at 89.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.angles import difference, wrap_longitude

KM_PER_DEG: Final = 111.195
_HIGHEST_DEG: Final = 89.0
_TURN_DEG: Final = 360.0


@dataclass(frozen=True, slots=True)
class Chart:
    """A window on the earth, ``width_px`` by ``height_px``, in the middle of which lies ``(lon_deg, m(lat))``."""

    middle_lon_deg: float
    middle_m_deg: float
    px_per_deg: float
    width_px: float
    height_px: float

    def place(self, lat_deg: Any, lon_deg: Any) -> NDArray[np.float64]:
        """Pixels of positions, shape (n, 2), each on the side of the antimeridian that is nearer to the middle."""
        return self._pixels(lat_deg, difference(np.atleast_1d(lon_deg), self.middle_lon_deg))

    def place_line(self, lat_deg: Any, lon_deg: Any) -> NDArray[np.float64]:
        """Pixels of the corners of a line, shape (n, 2); its longitudes run on, whichever side of the antimeridian they are given on."""
        lon = unrolled(lon_deg)
        turns = np.round((np.median(lon) - self.middle_lon_deg) / _TURN_DEG) if len(lon) else 0.0
        return self._pixels(lat_deg, lon - turns * _TURN_DEG - self.middle_lon_deg)

    def _pixels(self, lat_deg: Any, east_deg: Any) -> NDArray[np.float64]:
        x = self.width_px / 2.0 + np.asarray(east_deg) * self.px_per_deg
        y = self.height_px / 2.0 + (self.middle_m_deg - mercator_deg(np.atleast_1d(lat_deg))) * self.px_per_deg
        return np.stack([x, y], axis=-1)

    def position(self, x_px: Any, y_px: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Latitudes and longitudes of pixels."""
        lon = self.middle_lon_deg + (np.asarray(x_px) - self.width_px / 2.0) / self.px_per_deg
        m_deg = self.middle_m_deg + (self.height_px / 2.0 - np.asarray(y_px)) / self.px_per_deg
        return latitude_deg(m_deg), np.asarray(wrap_longitude(lon))

    @property
    def middle_lat_deg(self) -> float:
        """Latitude at which the scale bar is true."""
        return float(latitude_deg(self.middle_m_deg))

    @property
    def px_per_km(self) -> float:
        """Scale in the middle."""
        return self.px_per_deg / (KM_PER_DEG * float(np.cos(np.radians(self.middle_lat_deg))))

    def holds(self, points_px: NDArray[np.float64], margin_px: float = 0.0) -> NDArray[np.bool_]:
        """True for pixels on the chart, ``margin_px`` from its edge."""
        inside: NDArray[np.bool_] = (
            (points_px >= margin_px).all(axis=-1)
            & (points_px[..., 0] <= self.width_px - margin_px)
            & (points_px[..., 1] <= self.height_px - margin_px)
        )
        return inside


def chart_of(
    focus: tuple[NDArray[np.float64], NDArray[np.float64]],
    context: tuple[NDArray[np.float64], NDArray[np.float64]],
    size_px: tuple[float, float],
    least_km: float,
    most_times: float,
) -> Chart:
    """The chart that shows all of ``focus`` and, where that makes it at most ``most_times`` larger, all of ``context``.

    Parameters
    ----------
    focus, context:
        Latitudes and longitudes; the focus holds at least one position.
    least_km:
        The chart is at least so high, also around a single point.
    """
    width_px, height_px = size_px
    east0 = float(focus[1][0])

    def box(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        east, m_deg = difference(lon_deg, east0), mercator_deg(lat_deg)
        return np.array([east.min(), m_deg.min(), east.max(), m_deg.max()])

    def needed_deg_per_px(edges: NDArray[np.float64]) -> float:
        return max((edges[2] - edges[0]) / (0.78 * width_px), (edges[3] - edges[1]) / (0.72 * height_px))

    inner = box(*focus)
    narrow = float(np.cos(np.radians(latitude_deg((inner[1] + inner[3]) / 2.0))))
    least = least_km / (KM_PER_DEG * narrow) / height_px
    deg_per_px = max(needed_deg_per_px(inner), least)
    chosen = inner
    if len(context[0]):
        outer = np.array([*np.minimum(inner, box(*context))[:2], *np.maximum(inner, box(*context))[2:]])
        most = deg_per_px * most_times
        wanted = needed_deg_per_px(outer)
        if wanted <= most:
            chosen, deg_per_px = outer, max(wanted, deg_per_px)
        else:
            deg_per_px = deg_per_px * min(most_times, 1.3)
    deg_per_px = min(deg_per_px, _TURN_DEG / width_px)
    middle = (chosen[:2] + chosen[2:]) / 2.0
    return Chart(
        float(wrap_longitude(east0 + middle[0])), float(middle[1]), 1.0 / deg_per_px, float(width_px), float(height_px)
    )


def mercator_deg(lat_deg: Any) -> Any:
    """Mercator's northing, in degrees of the equator."""
    lat = np.clip(np.asarray(lat_deg, dtype=np.float64), -_HIGHEST_DEG, _HIGHEST_DEG)
    return np.degrees(np.arctanh(np.sin(np.radians(lat))))


def latitude_deg(m_deg: Any) -> Any:
    """The inverse of :func:`mercator_deg`."""
    return np.degrees(np.arcsin(np.tanh(np.radians(m_deg))))


def unrolled(lon_deg: Any) -> NDArray[np.float64]:
    """Longitudes that run on across the antimeridian."""
    return np.unwrap(np.asarray(lon_deg, dtype=np.float64), period=_TURN_DEG)
