"""Position reports as columns, for ships and aircraft alike.

A row whose ``lat_deg`` is NaN says the craft was *heard* without a position (any Mode S frame, an AIS report with
position 91/181). "Heard" and "heard with a position" are different facts: the first ends a silence,
only the second moves a craft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from tracker.schema import NO_CODE_U8, Column, ColumnBatch

MESSAGE_TYPE_AIRBORNE: Final = 101
"""``message_type`` of an airborne position (ADS-B type codes 9-18, 20-22, or a file's aircraft row)."""
MESSAGE_TYPE_SURFACE: Final = 102
"""``message_type`` of a surface position (ADS-B type codes 5-8)."""
MESSAGE_TYPE_VELOCITY: Final = 103
"""Heard: ADS-B airborne velocity (type code 19), no position."""
MESSAGE_TYPE_MODE_S: Final = 104
"""Heard: any other Mode S frame of a known address, no position."""
MESSAGE_TYPE_TABLE: Final = 120
"""A ship position from a table (CSV, Parquet) that does not say which AIS message it was."""

POSITION_COLUMNS: Final = (
    Column("time_us", "i8", "Event time: when the report was transmitted.", nullable=False),
    Column(
        "received_us",
        "i8",
        "When this program or its receiver got it; equal to event time where nobody says.",
        nullable=False,
    ),
    Column("craft", "i8", "Craft key: MMSI or ICAO 24-bit address with its domain.", nullable=False),
    Column("segment", "i8", "Craft key with the number of the transmitter sharing the identity.", nullable=False),
    Column("source", "i4", "Number of the feed or file it came from.", nullable=False),
    Column("station", "S16", "Receiving station, from the tag block's s: field or the receiver id."),
    Column(
        "message_type", "u1", "AIS message number 1-27, or 101.. for aircraft, 120 for rows of a table.", nullable=False
    ),
    Column("lat_deg", "f8", "Latitude, WGS 84; missing means heard without a position.", "deg"),
    Column("lon_deg", "f8", "Longitude, WGS 84, -180 to 180.", "deg"),
    Column("speed_kn", "f4", "Speed over ground.", "kn"),
    Column("course_deg", "f4", "Course over ground (aviation: ground track), 0 to 360.", "deg"),
    Column("heading_deg", "f4", "True heading, 0 to 360.", "deg"),
    Column("altitude_ft", "f4", "Barometric altitude of an aircraft (geometric where only that is known).", "ft"),
    Column("vertical_rate_ftmin", "f4", "Rate of climb, negative when descending.", "ft/min"),
    Column("turn_degmin", "f4", "Rate of turn of a ship, to starboard positive (ITU-R M.1371-5 table 48).", "deg/min"),
    Column("nav_status", "u1", "AIS navigational status 0-15."),
    Column("on_ground", "i1", "1 on the ground, 0 airborne, for aircraft."),
    Column("nic", "u1", "Navigation integrity category of an aircraft; for ships the position accuracy bit."),
    Column("nac_p", "u1", "Navigation accuracy category of an aircraft's position, 0-11, as it last said."),
    Column("sil", "u1", "Source integrity level of an aircraft's position, 0-3, as it last said."),
    Column(
        "emergency",
        "u1",
        "Emergency state of an aircraft as it last said, in tables, JSON and SBS-1 by its squawk too: 0 none, 1 general, 2 medical, 3 fuel, 4 no radio, 5 unlawful "
        "interference, 6 downed, 7 reserved.",
    ),
    Column(
        "rebroadcast",
        "u1",
        "Who said it of an aircraft: 0 itself, 1 a ground station of TIS-B (radar), 2 one of ADS-R (another data link), 3 others, who worked out its position from when they heard it (multilateration).",
    ),
    Column("utc_second", "u1", "Second of the minute the ship says the position is of, 0-59."),
    Column(
        "fingerprint",
        "i8",
        "Hash of the transmitted bits; equal bits within seconds are one message heard twice. 0 = none.",
        nullable=False,
    ),
    Column(
        "displaced",
        "u1",
        "A position that is not believed: number of the transmitter that was heard, 4 nobody's. Missing in all others.",
    ),
)


_TIE_BREAKERS: Final = (
    "displaced", "source", "received_us", "utc_second", "rebroadcast", "emergency", "sil", "nac_p", "nic", "on_ground", "nav_status",
    "turn_degmin", "vertical_rate_ftmin", "altitude_ft", "heading_deg", "course_deg", "speed_kn", "fingerprint", "lon_deg",
    "lat_deg", "message_type", "station", "segment", "craft", "time_us",
)  # fmt: skip
"""Keys of the total order (docs/inputs.md), the least important first, as ``numpy.lexsort`` takes them: every column, so that the place
in a file decides nothing. The source comes last of all: of a message heard twice the same copy is kept whichever connection each of
them came through."""


@dataclass(frozen=True, slots=True)
class PositionBatch(ColumnBatch):
    """Position reports; see ``POSITION_COLUMNS`` for every column."""

    COLUMNS: ClassVar[tuple[Column, ...]] = POSITION_COLUMNS

    time_us: NDArray[np.int64]
    received_us: NDArray[np.int64]
    craft: NDArray[np.int64]
    segment: NDArray[np.int64]
    source: NDArray[np.int32]
    station: NDArray[np.bytes_]
    message_type: NDArray[np.uint8]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    speed_kn: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    heading_deg: NDArray[np.float32]
    altitude_ft: NDArray[np.float32]
    vertical_rate_ftmin: NDArray[np.float32]
    turn_degmin: NDArray[np.float32]
    nav_status: NDArray[np.uint8]
    on_ground: NDArray[np.int8]
    nic: NDArray[np.uint8]
    nac_p: NDArray[np.uint8]
    sil: NDArray[np.uint8]
    emergency: NDArray[np.uint8]
    rebroadcast: NDArray[np.uint8]
    utc_second: NDArray[np.uint8]
    fingerprint: NDArray[np.int64]
    displaced: NDArray[np.uint8]

    @classmethod
    def of(cls, time_us: Any, craft: Any, lat_deg: Any, lon_deg: Any, **more: Any) -> PositionBatch:
        """A batch from the four columns that matter; ``received_us`` and ``segment`` follow from them."""
        length = len(np.atleast_1d(time_us))
        more.setdefault("received_us", time_us)
        more.setdefault("segment", craft)
        more.setdefault("source", 0)
        more.setdefault("message_type", MESSAGE_TYPE_TABLE)
        more.setdefault("fingerprint", 0)
        return cls.from_columns(length, time_us=time_us, craft=craft, lat_deg=lat_deg, lon_deg=lon_deg, **more)

    @property
    def has_position(self) -> NDArray[np.bool_]:
        """Rows that carry a position."""
        return ~np.isnan(self.lat_deg)

    @property
    def is_displaced(self) -> NDArray[np.bool_]:
        """Rows whose position is not where the craft is (``tracker.tracks.segments``): all but the integrity detector see them without one."""
        return self.displaced != NO_CODE_U8

    def in_time_order(self) -> PositionBatch:
        """The same rows sorted by event time, ties broken by content so that arrival order does not show.

        Nearly all ties end at the craft; only rows that agree in time and craft are compared in everything else.
        """
        return self.in_total_order(_TIE_BREAKERS)
