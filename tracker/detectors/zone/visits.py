"""Visits: the row-by-row state machine of one transmitter and one zone.

``on`` says whether a report lies where the zone's sense looks: inside the outline, or for sense ``outside`` out of it. A report is ``sure`` when it
lies inside, or so far out that no noise put it there. A *crossing* is ``confirm_reports`` reports in a row on the other side of which the
last is sure, or any run of them lasting ``edge_us``.

State machine::

    sense inside                                 sense outside
    NONE --crossing in--> ON                     NONE --crossing in--> OFF
    ON   --crossing out or silence--> NONE       OFF  --crossing out--> ON
                                                 ON   --crossing in--> OFF      OFF, ON --silence--> NONE

Becoming ON gives the record OPEN, known at the report that confirms; ceasing to be ON gives LEFT, known at the report that confirms or,
in silence, SILENT, known at the end of the longest silence allowed.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from tracker.detectors.records import Left, Reached, leave

OPEN: Final = 0
LEFT: Final = 1
SILENT: Final = 2

NONE: Final = 0
OFF: Final = 1
ON: Final = 2


class Visit:
    """What is kept of one transmitter and one zone. ``run_`` are the reports in a row on the other side, and where they began; ``before_us`` is when it was
    heard before it came; ``start_`` is the first and ``on_`` the last report of the visit; ``deep_`` is where it was farthest from the edge. Instants are
    microseconds, exact in doubles; NaN is never."""

    last_us: float = math.nan
    phase: int = NONE
    run: int = 0
    run_us: float = math.nan
    run_lat_deg: float = math.nan
    run_lon_deg: float = math.nan
    segment: int = 0
    zone: int = 0
    before_us: float = math.nan
    start_us: float = math.nan
    start_lat_deg: float = math.nan
    start_lon_deg: float = math.nan
    start_kn: float = math.nan
    start_course_deg: float = math.nan
    start_ft: float = math.nan
    on_us: float = math.nan
    on_lat_deg: float = math.nan
    on_lon_deg: float = math.nan
    reports: int = 0
    slowest_kn: float = math.nan
    deep_km: float = math.nan
    deep_lat_deg: float = math.nan
    deep_lon_deg: float = math.nan
    deep_us: float = math.nan


class Reports(NamedTuple):
    """Position reports of moving craft, each shape (n,); ``before_us`` is when the same transmitter gave its position before, NaN after a silence or never."""

    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    altitude_ft: NDArray[np.float32]
    before_us: NDArray[np.float64]


class Pairs(NamedTuple):
    """A report and a zone it matters to, in time order per visit, each shape (n,).

    ``report`` picks the report; ``key`` is that of the visit; ``holds``: the zone holds it; ``outside``: the zone is of that sense; ``silence_us``: longest
    silence allowed.
    """

    report: NDArray[np.int64]
    key: NDArray[np.int64]
    holds: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    edge_km: NDArray[np.float64]
    outside: NDArray[np.bool_]
    silence_us: NDArray[np.float64]


class Limits(NamedTuple):
    """What a crossing is."""

    confirm_reports: int
    edge_us: float


@numba.njit(cache=True, nogil=True)
def _begin(s: Visit, reports: Reports, row: int) -> None:
    """A visit may begin at this report."""
    s.before_us, s.start_us = reports.before_us[row], float(reports.time_us[row])
    s.start_lat_deg, s.start_lon_deg = reports.lat_deg[row], reports.lon_deg[row]
    s.start_kn, s.start_course_deg, s.start_ft = (
        reports.speed_kn[row],
        reports.course_deg[row],
        reports.altitude_ft[row],
    )
    s.reports = 0
    s.slowest_kn = s.deep_km = math.nan


@numba.njit(cache=True, nogil=True)
def _stay(s: Visit, reports: Reports, row: int, deep_km: float) -> None:
    """One more report of a visit."""
    now_us, lat_deg, lon_deg = float(reports.time_us[row]), reports.lat_deg[row], reports.lon_deg[row]
    s.on_us, s.on_lat_deg, s.on_lon_deg = now_us, lat_deg, lon_deg
    s.reports += 1
    speed_kn = float(reports.speed_kn[row])
    if not s.slowest_kn <= speed_kn and not math.isnan(speed_kn):
        s.slowest_kn = speed_kn
    if not s.deep_km >= deep_km and not math.isnan(deep_km):
        s.deep_km, s.deep_lat_deg, s.deep_lon_deg, s.deep_us = deep_km, lat_deg, lon_deg, now_us


@numba.njit(cache=True, nogil=True)
def follow(
    first: int,
    slots: NDArray[np.int32],
    pairs: Pairs,
    reports: Reports,
    state: NDArray[np.void],
    limits: Limits,
    left: Left,
) -> Reached:
    """Carry the pairs from ``first`` on through; ``slots`` are those of their visits."""
    count = 0
    for i in range(first, len(slots)):
        if count + 2 > len(left.key):
            return Reached(i, count)
        s: Visit = state[slots[i]]
        row, key = pairs.report[i], pairs.key[i]
        now_us = float(reports.time_us[row])
        if (s.phase != NONE or s.run > 0) and now_us - s.last_us > pairs.silence_us[i]:
            if s.phase == ON:
                count = leave(left, count, SILENT, key, int(s.last_us + pairs.silence_us[i]), s)
            s.phase, s.run = NONE, 0
        s.last_us = now_us
        on = pairs.holds[i] != pairs.outside[i]
        if s.phase == ON:
            crossing = not on
        elif s.phase == OFF:
            crossing = on
        else:
            crossing = pairs.holds[i]
        if s.phase == ON and on:
            _stay(s, reports, row, pairs.edge_km[i])
        if not crossing:
            s.run = 0
            continue
        if s.run == 0:
            s.run_us, s.run_lat_deg, s.run_lon_deg = now_us, reports.lat_deg[row], reports.lon_deg[row]
            if s.phase != ON:
                _begin(s, reports, row)
        s.run += 1
        if s.phase != ON:
            _stay(s, reports, row, pairs.edge_km[i])
        if not ((s.run >= limits.confirm_reports and pairs.sure[i]) or now_us - s.run_us >= limits.edge_us):
            continue
        was_on = s.phase == ON
        becomes_on = s.phase == OFF or (s.phase == NONE and not pairs.outside[i])
        s.run = 0
        if was_on or becomes_on:
            count = leave(left, count, LEFT if was_on else OPEN, key, reports.time_us[row], s)
        if becomes_on:
            s.phase = ON
        else:
            s.phase = OFF if pairs.outside[i] else NONE
    return Reached(len(slots), count)


@numba.njit(cache=True, nogil=True)
def before(
    slots: NDArray[np.int32], time_us: NDArray[np.int64], last_us: NDArray[np.int64], out_us: NDArray[np.float64]
) -> None:
    """When each report's transmitter gave its position before (NaN: never); ``last_us`` is carried on."""
    for i in range(len(slots)):
        last = last_us[slots[i]]
        out_us[i] = math.nan if last < 0 else float(last)
        last_us[slots[i]] = time_us[i]
