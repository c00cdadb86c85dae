"""Names of fishing gear: buoys on nets and lines that transmit like ships.

Their makers put the charge of the battery into the name (``NC10-88%``, ``BUOY 7 12.1V``), or the name says what it is. Many have an MMSI that no ship
has (``tracker.tracks.kinds``), others an ordinary one of their fleet's flag: Global Fishing Watch and Skylight take events away once a participant is
found to be gear.
"""

from __future__ import annotations

import re
from typing import Final

_GEAR: Final = re.compile(r"\d{1,3} ?%|\b\d{1,2}[.,]\d{1,2} ?V\b|\bBUOYS?\b ?[-#]?\d*$|\bNET ?(MARK|BUOY)", re.ASCII)


def is_gear_name(name: str) -> bool:
    """Whether a transmitted name is that of a buoy on fishing gear.

    >>> [is_gear_name(name) for name in ("NC10-88%", "NET MARK 3", "XH-3 12.4V", "BUOY 12", "SEA TRADER", "VOLTA 12")]
    [True, True, True, True, False, False]
    """
    return _GEAR.search(name.upper()) is not None
