"""What is kept of each craft and each place, and what the kernels of silence are handed: records, columns and limits by name.

A cell key is ``layer << 48 | cell``: layer 0 ships; 1-4 aircraft below 3,000, 10,000, 20,000 ft and above.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.cells import NO_CELL
from streams.records import state_columns

SHIP: Final = 0
AIRCRAFT: Final = 1
OTHER: Final = 2
BASE: Final = 3
"""Kinds of transmitter: only ships and aircraft make gaps; all are heartbeats of a feed and witnesses."""
NEW: Final = 255
"""The kind of one that is not told yet."""
NEVER_US: Final = -1
NO_CHECK_US: Final = 1 << 62
LAYER_SHIFT: Final = 48
BANDS_FT: Final = np.array([3_000.0, 10_000.0, 20_000.0])
LOSS_S: Final = (1800.0, 480.0, 1800.0, 1800.0)
"""Silences this long, by kind, are losses of a place, and do not stretch what is usual of a craft."""


class Craft:
    """What is remembered of one craft. What every pass over the rows looks at comes first, so that it lies on one line of memory."""

    kind: Annotated[int, "u1"] = NEW
    opened: Annotated[int, "u1"] = 0
    on_ground: Annotated[int, "i1"] = -1
    nav_status: Annotated[int, "u1"] = 255
    booked: Annotated[int, "u1"] = 0
    """1 for a loss of the place alone, or one of those ``memory`` names."""
    inside: Annotated[int, "u1"] = 0
    shared: Annotated[int, "u1"] = 0
    ashore: Annotated[int, "u1"] = 0
    heard_us: int = NEVER_US
    altitude_ft: float = math.nan
    since_us: int = NEVER_US
    pos_us: int = NEVER_US
    lat_deg: float = math.nan
    lon_deg: float = math.nan
    speed_kn: float = math.nan
    course_deg: float = math.nan
    climb_ftmin: float = math.nan
    source: int = -1
    station: int = -1
    interval_s: float = math.nan
    best_s: float = math.nan
    usual_s: float = math.nan
    latest_s: float = math.nan
    longest_s: float = 0.0
    schedule_s: float = 10.0
    got: float = 0.0
    owed: float = 0.0
    beats: int = 0
    cell: int = NO_CELL
    cell_us: int = NEVER_US
    entered_us: int = NEVER_US
    next_us: int = NO_CHECK_US
    place_km: float = math.nan
    blind_from_us: int = NEVER_US
    blind_to_us: int = NEVER_US
    steady_us: int = NEVER_US


class Place:
    """What is remembered of one cell, in one layer."""

    last_us: int = NEVER_US
    spells: int = 0
    stamp_us: int = NEVER_US
    pace_s: float = math.nan
    received: float = 0.0
    expected: float = 0.0
    passages: float = 0.0
    losses: float = 0.0


CRAFT_COLUMNS: Final = state_columns(Craft)
PLACE_COLUMNS: Final = state_columns(Place)


class Rows(NamedTuple):
    """Columns of ``PositionBatch`` that are learned, in time order."""

    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    altitude_ft: NDArray[np.float32]
    vertical_rate_ftmin: NDArray[np.float32]
    on_ground: NDArray[np.int8]
    nav_status: NDArray[np.uint8]
    source: NDArray[np.int16]
    message_type: NDArray[np.uint8]


class Found(NamedTuple):
    """Where the state of some rows is: slots of their craft, keys and slots of their cells, and the keys of their stations; each shape (n,)."""

    craft: NDArray[np.int32]
    cell: NDArray[np.int32]
    cell_key: NDArray[np.int64]
    station: NDArray[np.int64]


class Left(NamedTuple):
    """Stays that ended well: keys of their cells, and the kinds of craft."""

    cell_key: NDArray[np.int64]
    kind: NDArray[np.uint8]


class Grid(NamedTuple):
    """How cells lie."""

    origin_lon_deg: float
    ship_deg: float
    air_deg: float


class Limits(NamedTuple):
    """Thresholds of ``SilenceConfig`` that learning needs."""

    first_us: NDArray[np.float64]
    """The shortest silence that is looked at, of ships and of aircraft."""
    moored_kn: float
    low_ft: float
    tau_us: float
    """In this time what is known of a place fades to a third."""
