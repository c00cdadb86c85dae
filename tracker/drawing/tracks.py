"""The way of a craft: before, during and after the event, solid where she was heard and dashed where she was silent.

A *leg* joins two positions in a row of one transmitter; a change of transmitter is a jump and joins nothing. Legs of one look in a row are
one path, cut at the edge of the chart and thinned to what can be seen.

The colours are those of Okabe and Ito (2008), told apart with any kind of colour blindness; width, dashes and arrowheads tell them apart
without any colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from tracker.drawing.case import SILENCES, Track, end_of
from tracker.drawing.chart import Chart
from tracker.drawing.svg import element, line_path
from tracker.events import Event
from tracker.units import US_PER_MIN

BEFORE: Final = 0
DURING: Final = 1
AFTER: Final = 2
SECTION_CLASSES: Final = ("b", "d", "a")
"""Classes of the style sheet, by section."""

_SILENT_SEA_US: Final = 10 * US_PER_MIN
"""Three times the longest interval of a class A ship (3 min at rest, ITU-R M.1371-5), and some lost ones."""
_SILENT_AIR_US: Final = 2 * US_PER_MIN
_SILENT_INTERVALS: Final = 5.0
"""And so many of her own usual intervals, so that a feed of one report an hour is a line and not all dashes."""
_SEEN_PX: Final = 0.35
"""Corners that move a line by less cannot be seen."""
_MOST_CORNERS: Final = 1200
"""Of one path; beyond that it is thinned more."""
_BEYOND_PX: Final = 12.0
_ARROW_EVERY_PX: Final = 130.0
_ARROW_PX: Final = 5.0
_STRAIGHT_FRAC: Final = 0.6
"""Arrowheads stand on a path that gets somewhere: its ends so far apart, over its length."""


@dataclass(frozen=True, slots=True)
class Path:
    """Legs of one look in a row."""

    section: int
    silent: bool
    points_px: NDArray[np.float64]


def silent_us(track: Track, event: Event) -> float:
    """Longer than this between two positions she counts as silent; the silence an event tells of always does."""
    least = float(_SILENT_AIR_US if track.is_aircraft else _SILENT_SEA_US)
    steps = np.diff(track.time_us)
    usual = max(least, _SILENT_INTERVALS * float(np.median(steps))) if len(steps) else least
    return min(usual, 0.9 * (end_of(event) - event.start_us)) if event.kind in SILENCES else usual


def paths(track: Track, event: Event, chart: Chart) -> Iterator[Path]:
    """The paths of a track, transmitter by transmitter."""
    start_us, end_us, silence_us = event.start_us, end_of(event), silent_us(track, event)
    for segment in np.unique(track.segment):
        one = track.where(track.segment == segment)
        points = chart.place_line(one.lat_deg, one.lon_deg)
        if len(one) == 1:
            section = BEFORE if one.time_us[0] < start_us else AFTER if one.time_us[0] > end_us else DURING
            yield Path(section, False, points)
            continue
        begins, ends = one.time_us[:-1], one.time_us[1:]
        middle = (begins + ends) // 2
        section_of = np.where(middle < start_us, BEFORE, np.where(middle > end_us, AFTER, DURING))
        silent = (ends - begins) > silence_us
        look = section_of * 2 + silent
        turns = np.flatnonzero(np.diff(look)) + 1
        for first, last in zip([0, *turns], [*turns, len(look)], strict=True):
            yield Path(int(section_of[first]), bool(silent[first]), points[first : last + 1])


def on_chart(points_px: NDArray[np.float64], chart: Chart) -> list[NDArray[np.float64]]:
    """A line cut at the edge of the chart and thinned: its pieces, each of shape (n, 2)."""
    if np.ptp(points_px, axis=0).max() < _SEEN_PX:
        return [points_px[:1]] if chart.holds(points_px[:1])[0] else []
    line = shapely.clip_by_rect(
        shapely.linestrings(points_px),
        -_BEYOND_PX,
        -_BEYOND_PX,
        chart.width_px + _BEYOND_PX,
        chart.height_px + _BEYOND_PX,
    )
    return [
        thinned(shapely.get_coordinates(part)) for part in shapely.get_parts(line) if shapely.get_num_points(part) > 1
    ]


def thinned(points_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of a line that can be seen (Douglas and Peucker 1973), at most some thousand."""
    cells = np.rint(points_px / _SEEN_PX)
    moved = np.concatenate([[True], (np.diff(cells, axis=0) != 0).any(axis=1)])
    moved[-1] = True
    line: Any = shapely.linestrings(points_px[moved] if moved.sum() > 1 else points_px[[0, -1]])
    tolerance = _SEEN_PX
    kept = line.simplify(tolerance, preserve_topology=False)
    while shapely.get_num_points(kept) > _MOST_CORNERS:
        tolerance *= 1.5
        kept = kept.simplify(tolerance, preserve_topology=False)
    coordinates: NDArray[np.float64] = shapely.get_coordinates(kept)
    return coordinates


def path_markup(path: Path, chart: Chart, classes: str) -> str:
    """A path with its arrowheads."""
    pieces = on_chart(path.points_px, chart)
    data = "".join(line_path(piece) for piece in pieces)
    if not data:
        return ""
    drawn = element("path", d=data, class_=classes + (" s" if path.silent else ""))
    heads = "".join(_arrowheads(piece, chart) for piece in pieces if len(piece) > 1)
    return drawn + (element("path", d=heads, class_="f" + classes) if heads else "")


def _arrowheads(points_px: NDArray[np.float64], chart: Chart) -> str:
    """Path data of triangles along a line, pointing where she went."""
    steps = np.hypot(*np.diff(points_px, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    length = along[-1]
    if length < 40.0 or np.hypot(*(points_px[-1] - points_px[0])) < _STRAIGHT_FRAC * length:
        return ""
    data = ""
    count = max(1, round(length / _ARROW_EVERY_PX))
    for at in (np.arange(count) + 0.5) * length / count:
        x, y = (np.interp([at - 3.0, at, at + 3.0], along, points_px[:, axis]) for axis in (0, 1))
        tip, ahead = np.array([x[1], y[1]]), np.array([x[2] - x[0], y[2] - y[0]])
        if not chart.holds(tip, 8.0) or np.hypot(*ahead) < 1e-6:
            continue
        ahead = ahead / np.hypot(*ahead)
        aside = np.array([-ahead[1], ahead[0]])
        corners = [
            tip + _ARROW_PX * ahead,
            tip - _ARROW_PX * (ahead - 0.8 * aside),
            tip - _ARROW_PX * (ahead + 0.8 * aside),
        ]
        data += line_path(np.array(corners), closed=True)
    return data
