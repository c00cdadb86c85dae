"""What stands on a chart besides tracks: zones, areas, places, and where the event began and ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from models.geodesy import destination, distance_km
from tracker.drawing.chart import Chart
from tracker.drawing.labels import Labels
from tracker.drawing.svg import element, line_path, short
from tracker.geography.places import Located, WorldPlaces
from tracker.geography.zones import ZoneSet
from tracker.printable import printable

_MOST_PLACES: Final = 7
_LONGEST_NAME: Final = 28
_NAME_PX: Final = 12.0
_HALF_DIAGONAL: Final = 0.62
"""Of the width of a chart: what lies farther from its middle is not on it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the event with its words; ``look`` is ``start``, ``end`` or ``other``."""

    lat_deg: float
    lon_deg: float
    text: str
    look: str


def marks_markup(marks: Sequence[Mark], chart: Chart, labels: Labels) -> str:
    """A ring where it began, a square where it ended, a diamond for anything else."""
    drawn = []
    for mark in marks:
        x, y = (float(v) for v in chart.place(mark.lat_deg, mark.lon_deg)[0])
        if not chart.holds(np.array([x, y])):
            continue
        labels.keep_free(x - 7.0, y - 7.0, x + 7.0, y + 7.0)
        if mark.look == "start":
            drawn.append(element("circle", cx=x, cy=y, r=5.5, class_="m"))
        elif mark.look == "end":
            drawn.append(element("rect", x=x - 5.0, y=y - 5.0, width=10, height=10, class_="m n"))
        else:
            drawn.append(element("path", d=f"M{x:.1f} {y - 6.0:.1f}l6 6-6 6-6-6z", class_="m o"))
        if mark.text:
            drawn.append(labels.put(x, y, mark.text, 13.0, must=True, radius_px=5.0, font_weight="bold"))
    return "".join(drawn)


def zones_markup(zones: ZoneSet, struck: str | None, chart: Chart, labels: Labels) -> str:
    """Outlines of the zones on a chart with their names; the one of the event is filled."""
    drawn = []
    frame = shapely.box(-20.0, -20.0, chart.width_px + 20.0, chart.height_px + 20.0)
    for zone in zones.zones:
        for part in shapely.get_parts(zone.outline.polygon):
            rings = [chart.place_line(*shapely.get_coordinates(ring).T[::-1]) for ring in shapely.get_rings(part)]
            shape: Any = shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))
            shown = shape.intersection(frame).simplify(0.4)
            if shown.is_empty or shown.area < 1.0:
                continue
            data = "".join(
                line_path(shapely.get_coordinates(r)[:-1], closed=True)
                for p in shapely.get_parts(shown)
                for r in shapely.get_rings(p)
            )
            drawn.append(element("path", d=data, class_="z zf" if zone.zone_id == struck else "z"))
            x, y = shapely.get_coordinates(_top(shown, chart))[0]
            name = short(printable(zone.name), _LONGEST_NAME)
            drawn.append(labels.put(float(x), float(y) + 14.0, name, _NAME_PX, class_="h", fill="#5b2a86"))
    return "".join(drawn)


def _top(shape: Any, chart: Chart) -> Any:
    """A point inside near the upper edge of a shape, where its name does not lie upon the event."""
    west, north, east, _ = shape.intersection(shapely.box(0.0, 0.0, chart.width_px, chart.height_px)).bounds
    return shapely.Point((west + east) / 2.0, max(north, 0.0))


def ring_markup(lat_deg: float, lon_deg: float, radius_km: float, chart: Chart) -> str:
    """A circle of so many kilometres."""
    lat, lon = destination(lat_deg, lon_deg, np.arange(0.0, 360.0, 5.0), radius_km)
    return element("path", d=line_path(chart.place_line(lat, lon), closed=True), class_="r")


def places_markup(places: WorldPlaces, by_air: bool, wanted: Sequence[Located], chart: Chart, labels: Labels) -> str:
    """Ports or aerodromes with their names: those wanted first, then the nearest to the middle for which there is room."""
    lat, lon = (float(v[0]) for v in chart.position([chart.width_px / 2.0], [chart.height_px / 2.0]))
    radius_km = min(_HALF_DIAGONAL * chart.width_px / chart.px_per_km, 5000.0)
    if by_air:
        found = places.airports.within(lat, lon, radius_km)
        near = [(not a.iata, Located(a.icao, a.name, a.lat_deg, a.lon_deg)) for a in found]
    else:
        near = [
            (False, Located(p.code, p.name, p.lat_deg, p.lon_deg)) for p in places.ports.within(lat, lon, radius_km)
        ]
    near.sort(
        key=lambda one: (one[0], round(float(distance_km(lat, lon, one[1].lat_deg, one[1].lon_deg)), 3), one[1].code)
    )
    codes = {place.code for place in wanted}
    drawn, shown = [], 0
    for place, must in [*((p, True) for p in wanted), *((p, False) for _, p in near if p.code not in codes)]:
        x, y = (float(v) for v in chart.place(place.lat_deg, place.lon_deg)[0])
        if not chart.holds(np.array([x, y]), 4.0) or (
            not must and (shown >= _MOST_PLACES or labels.is_kept_free(x, y))
        ):
            continue
        name = labels.put(
            x,
            y,
            short(printable(place.name.removesuffix(" Airport")), _LONGEST_NAME),
            _NAME_PX,
            must=must,
            font_weight="bold" if must else "normal",
            fill="#3a3a3a",
        )
        if name:
            shown += 1
            drawn.append(element("path", d=f"M{x - 3.5:.1f} {y + 3.0:.1f}h7l-3.5-6.5z", class_="p"))
            drawn.append(name)
    return "".join(drawn)


def corners(outline: Any) -> NDArray[np.float64]:
    """Corners of the box around a zone, latitudes and longitudes, shape (2, 4)."""
    return np.array(
        [
            [outline.south_deg, outline.south_deg, outline.north_deg, outline.north_deg],
            [outline.west_deg, outline.east_deg, outline.west_deg, outline.east_deg],
        ]
    )
