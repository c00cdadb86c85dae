"""Surface position squitter, type codes 5-8 (RTCA DO-260B 2.2.3.2.4; BDS 0,6).

=======  =====  ==========================================
ME bits  width  field
=======  =====  ==========================================
1-5      5      type code
6-12     7      movement: ground speed, not linear (below)
13       1      ground track valid
14-20    7      ground track, 360/128 degrees
21       1      time synchronised to UTC (TIS-B, ADS-R: IMF)
22       1      CPR format, 0 even, 1 odd
23-39    17     CPR latitude
40-56    17     CPR longitude
=======  =====  ==========================================

Movement: 0 none, 1 stopped, then the lower edge of each step: 2-8 from 0.125 kn by 0.125; 9-12 from 1 kn by 0.25;
13-38 from 2 kn by 0.5; 39-93 from 15 kn by 1; 94-108 from 70 kn by 2; 109-123 from 100 kn by 5; 124 is 175 kn or more.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def movement_kn(me: int) -> float:
    """Ground speed of the movement field; NaN where none is given."""
    code = (me >> 44) & 0x7F
    if code == 0 or code > 124:
        return np.nan
    if code == 1:
        return 0.0
    if code <= 8:
        return 0.125 * (code - 1)
    if code <= 12:
        return 1.0 + 0.25 * (code - 9)
    if code <= 38:
        return 2.0 + 0.5 * (code - 13)
    if code <= 93:
        return 15.0 + (code - 39)
    if code <= 108:
        return 70.0 + 2.0 * (code - 94)
    if code <= 123:
        return 100.0 + 5.0 * (code - 109)
    return 175.0


@njit(cache=True, nogil=True)
def ground_track_deg(me: int) -> float:
    """Ground track of a surface position; NaN where it is not valid."""
    return ((me >> 36) & 0x7F) * 360.0 / 128.0 if (me >> 43) & 1 else np.nan
