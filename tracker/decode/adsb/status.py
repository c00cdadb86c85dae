"""What an aircraft says about itself: status, target state, operational status (RTCA DO-260B 2.2.3.2.7).

Type code 28, aircraft status, subtype 1:

=======  =====  ==================================================================================================
ME bits  width  field
=======  =====  ==================================================================================================
9-11     3      emergency: 0 none, 1 general, 2 medical, 3 fuel, 4 no radio, 5 unlawful interference, 6 downed, 7 reserved
12-24    13     Mode A identity, in the order of the surveillance replies (``altitude.py``)
=======  =====  ==================================================================================================

Type code 29, target state and status, subtype 1 (bits 6-7 = 1; subtype 0 is of version 1 and has its NACp elsewhere):

=======  =====  ==================================================================================================
10-20    11     selected altitude: 0 none, else (n - 1) x 32 ft; bit 9 says whether autopilot panel or FMS, which is not kept
30       1      1 when the selected heading is valid
31-39    9      selected heading, n x 180/256 deg (the standard calls bit 31 its sign: -90 is 270)
40-43    4      NACp
45-46    2      SIL
=======  =====  ==================================================================================================

Type code 31, operational status, subtype 0 airborne, 1 surface:

=======  =====  ==================================================================================================
20       1      surface, version 2: NIC supplement C
41-43    3      version: 0 (never sent), 1 DO-260A, 2 DO-260B
44       1      NIC supplement A
45-48    4      NACp: 95 % accuracy of the position, 11 best (under 3 m), 0 unknown
51-52    2      SIL: chance that the position is outside its NIC radius unannounced, 3 best
=======  =====  ==================================================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def me_bits(me: int, first: int, width: int) -> int:
    """Bits ``first .. first + width - 1`` of the 56-bit ME field, counted from 1 as the standard does."""
    return (me >> (57 - first - width)) & ((1 << width) - 1)


@njit(cache=True, nogil=True)
def not_icao_bit(me: int, type_code: int) -> int:
    """The IMF bit of a rebroadcast squitter: 1 when its address is a track number and not ICAO's."""
    if 5 <= type_code <= 8:
        return me_bits(me, 21, 1)
    if 9 <= type_code <= 18 or 20 <= type_code <= 22:
        return me_bits(me, 8, 1)
    if type_code == 19:
        return me_bits(me, 9, 1)
    if type_code in (28, 31):
        return me_bits(me, 56, 1)
    if type_code == 29:
        return me_bits(me, 51, 1)
    return 0


@njit(cache=True, nogil=True)
def selected_bits(me: int) -> int:
    """The bits of a target state that say what is selected, alone: equal when the selection is."""
    heading: Any = me_bits(me, 30, 10)
    return me_bits(me, 10, 11) << 10 | (heading if heading >> 9 else 0)


@njit(cache=True, nogil=True)
def selected_altitude_ft(selected: int) -> float:
    """Selected altitude of :func:`selected_bits`, NaN where none is."""
    code = selected >> 10
    return (code - 1) * 32.0 if code else np.nan


@njit(cache=True, nogil=True)
def selected_heading_deg(selected: int) -> float:
    """Selected heading of :func:`selected_bits`, NaN where none is."""
    return (selected & 0x1FF) * (180.0 / 256.0) if selected >> 9 & 1 else np.nan
