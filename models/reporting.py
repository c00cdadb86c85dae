"""How often a transmitter should be heard: what the rules say, and what the feed shows.

Nominal intervals, ITU-R M.1371-5 annex 1 tables 1 and 2 (class A; class B "SO" and "CS"), in seconds::

    class A  at anchor, moored or aground, not over 3 kn    180
             ... but over 3 kn                               10
             0-14 kn                                         10     changing course  3 1/3
             14-23 kn                                         6     changing course  2
             over 23 kn                                       2     changing course  2
    class B  not over 2 kn                                  180
             over 2 kn                                       30     (CS; SO: 30 / 15 / 5 by speed)
    class A  long range (message 27)                        180
    base station 10, aid to navigation 180, SAR aircraft 10
    ADS-B    position twice a second, thinned by every receiver and file to 1 s or more

Feeds thin these (aggregators hand on one report in one to five minutes), so the interval that counts is the one learned
from the craft's own reports: a running median on a logarithmic scale. Each report moves it by ``STEP`` of itself towards
the interval just seen, so it follows a ship leaving her berth (180 s to 10 s) within some thirty reports and one
long silence moves it by one step only.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

STEP: Final = 0.1
"""Relative step of the running median: 30 reports for a factor of 18, and a spread of some 5 % once settled."""

BEAT_S: Final = 10.0
"""Reports closer together than this count as one beat: the fastest thinning of the feeds seen is 5 s."""

CLASS_B_S: Final = 30.0
"""Interval of a class B transmitter over 2 kn."""

AT_ANCHOR: Final = 1
NOT_UNDER_COMMAND: Final = 2
MOORED: Final = 5
AGROUND: Final = 6
"""Navigational status codes that matter here (ITU-R M.1371-5 table 46)."""


def nominal_interval_s(message_type: Any, speed_kn: Any, nav_status: Any) -> Any:
    """The interval ITU-R M.1371 prescribes, by AIS message type, speed and status; ADS-B (from 101) 1 s.

    Unknown speed counts as under way below 14 kn. Types not listed (tables without message types) count as class A.
    """
    kind, status = np.asarray(message_type), np.asarray(nav_status)
    speed = np.where(np.isnan(np.asarray(speed_kn, dtype=np.float64)), 10.0, speed_kn)
    stopped = ((status == AT_ANCHOR) | (status == MOORED) | (status == AGROUND)) & (speed <= 3.0)
    class_a = np.where(stopped, 180.0, np.where(speed <= 14.0, 10.0, np.where(speed <= 23.0, 6.0, 2.0)))
    class_b = np.where(speed <= 2.0, 180.0, CLASS_B_S)
    out = np.where((kind == 18) | (kind == 19), class_b, class_a)
    out = np.where((kind == 21) | (kind == 27), 180.0, out)
    out = np.where((kind == 4) | (kind == 9) | (kind == 11), 10.0, out)
    return np.where((kind >= 101) & (kind < 120), 1.0, out)


@numba.njit(cache=True, nogil=True)
def best_interval_scalar(best_s: float, seen_s: float) -> float:
    """A running lower quintile: the interval when nothing is lost, so that a place where half is lost shows it.

    Never under ``BEAT_S``: many receivers hand on bursts, and reports within one burst are one beat.
    """
    if np.isnan(best_s):
        return max(seen_s, BEAT_S)
    if seen_s > best_s:
        return min(best_s * (1.0 + 0.25 * STEP), seen_s)
    return max(best_s / (1.0 + STEP), seen_s, BEAT_S)


@numba.njit(cache=True, nogil=True)
def learned_interval_scalar(interval_s: float, seen_s: float) -> float:
    """The running median after one more interval (NaN before the first), for use in kernels."""
    if np.isnan(interval_s):
        return max(seen_s, 0.5)
    if seen_s > interval_s:
        return min(interval_s * (1.0 + STEP), seen_s)
    return max(interval_s / (1.0 + STEP), seen_s, 0.5)


@numba.njit(cache=True, nogil=True)
def drift_scalar(mean_s: float, seen_s: float, rate: float) -> float:
    """A running mean of intervals (NaN before the first): slow for the usual, fast for the latest."""
    return seen_s if np.isnan(mean_s) else mean_s + rate * (seen_s - mean_s)
