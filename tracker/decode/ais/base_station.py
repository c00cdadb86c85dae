"""Base station report, AIS 4, and UTC response of a ship, AIS 11 (ITU-R M.1371-5 table 52): the same bits.

==================  ========  =====================================
field               start/w   unit; not available
==================  ========  =====================================
message type        0/6
repeat indicator    6/2       not used
MMSI                8/30
UTC year            38/14     0
UTC month           52/4      0
UTC day             56/5      0
UTC hour            61/5      24
UTC minute          66/6      60
UTC second          72/6      60
position accuracy   78/1      1: better than 10 m
longitude           79/28 s   1/600,000 deg; 181 deg (and what ``tracker.decode.unset`` tells)
latitude            107/27 s  1/600,000 deg; 91 deg
==================  ========  =====================================

The station's UTC is the clock of inputs that carry no time at all (``walk``).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.ais.position_report import ACCURACY, FINE, set_position, set_second
from tracker.decode.ais.sixbit import field, signed_field


@njit(cache=True, nogil=True, error_model="numpy")
def base_station(words: NDArray[np.int64], i: int, f8: NDArray[np.float64], u1: NDArray[np.uint8]) -> int:
    """Types 4 and 11."""
    u1[ACCURACY, i] = field(words, 78, 1)
    set_second(u1, i, field(words, 72, 6))
    return set_position(f8, i, signed_field(words, 79, 28), signed_field(words, 107, 27), FINE)
