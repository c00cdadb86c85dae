"""Airborne velocity squitter, type code 19 (RTCA DO-260B 2.2.3.2.6; BDS 0,9).

=======  =====  ==============================================================================
ME bits  width  field
=======  =====  ==============================================================================
1-5      5      type code 19
6-8      3      subtype: 1 ground speed, 2 the same in 4-kn steps, 3 airspeed, 4 the same in 4-kn steps
9        1      intent change (TIS-B, ADS-R: IMF)
14       1      1, 2: to the west;    3, 4: heading valid
15-24    10     1, 2: east-west n;    3, 4: heading, 360/1024 degrees
25       1      1, 2: to the south;   3, 4: true (1) or indicated (0) airspeed
26-35    10     1, 2: north-south n;  3, 4: airspeed n
36       1      vertical rate is barometric (1) or geometric (0)
37       1      descending
38-46    9      vertical rate n, 64 (n - 1) ft/min
49       1      geometric height below barometric altitude
50-56    7      difference n, 25 (n - 1) ft (the last two are not read)
=======  =====  ==============================================================================

``n = 0`` is "none", else the speed is ``n - 1`` kn (or 4 (n - 1)). Airspeed is no speed over ground and is not stored; the
heading goes to ``heading_deg`` as transmitted, which is magnetic with most avionics (aircraft that send subtype 3 and 4 have
lost their ground speed, there is nothing better).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def ground_speed_course(me: int) -> tuple[float, float]:
    """Speed over ground in knots and course in degrees; NaN, NaN where either component is missing."""
    step = 4.0 if (me >> 48) & 7 == 2 else 1.0
    east, north = (me >> 32) & 0x3FF, (me >> 21) & 0x3FF
    if east == 0 or north == 0:
        return np.nan, np.nan
    to_east = step * (east - 1) * (-1.0 if (me >> 42) & 1 else 1.0)
    to_north = step * (north - 1) * (-1.0 if (me >> 31) & 1 else 1.0)
    speed = math.sqrt(to_east * to_east + to_north * to_north)
    if speed == 0.0:
        return 0.0, np.nan
    course = math.degrees(math.atan2(to_east, to_north))
    return speed, course if course >= 0.0 else course + 360.0


@njit(cache=True, nogil=True)
def heading_deg(me: int) -> float:
    """Heading of subtypes 3 and 4; NaN where it is not valid."""
    return ((me >> 32) & 0x3FF) * 360.0 / 1024.0 if (me >> 42) & 1 else np.nan


@njit(cache=True, nogil=True)
def vertical_rate_ftmin(me: int) -> float:
    """Vertical rate, any subtype; NaN where none is given."""
    n = (me >> 10) & 0x1FF
    if n == 0:
        return np.nan
    return (-64.0 if (me >> 19) & 1 else 64.0) * (n - 1)
