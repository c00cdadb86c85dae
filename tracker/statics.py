"""Static reports as columns: who the craft says she is (AIS 5, 19, 24; ADS-B identification; columns of tables)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from tracker.schema import Column, ColumnBatch

STATIC_COLUMNS: Final = (
    Column("time_us", "i8", "Event time of the report.", nullable=False),
    Column("received_us", "i8", "When it was received.", nullable=False),
    Column("craft", "i8", "Craft key.", nullable=False),
    Column("source", "i4", "Number of the feed or file it came from.", nullable=False),
    Column(
        "message_type",
        "u1",
        "AIS message number, 101 for messages of aircraft, 120 for rows of a table.",
        nullable=False,
    ),
    Column("imo", "i4", "IMO number as transmitted; the check digit is not demanded."),
    Column("name", "S20", "Ship's name as transmitted."),
    Column("call_sign", "S8", "Radio call sign of a ship; flight identification of an aircraft."),
    Column("squawk", "S4", "Mode A code of an aircraft, four octal digits."),
    Column("ship_type", "u1", "AIS type of ship and cargo 0-99 as transmitted, unknown codes kept."),
    Column("registration", "S10", "Registration of an aircraft, where a feed tells it."),
    Column("aircraft_type", "S4", "ICAO type designator of an aircraft, where a feed tells it (B738)."),
    Column("emitter_category", "S2", "ADS-B emitter category, A1 to D7."),
    Column("adsb_version", "u1", "Version of ADS-B an aircraft transmits: 0 DO-260, 1 DO-260A, 2 DO-260B."),
    Column("selected_altitude_ft", "f4", "Altitude set in the autopilot or flight management system.", "ft"),
    Column("selected_heading_deg", "f4", "Heading set in the autopilot, 0 to 360; usually magnetic.", "deg"),
    Column("to_bow_m", "f4", "Distance from the antenna to the bow.", "m"),
    Column("to_stern_m", "f4", "Distance from the antenna to the stern.", "m"),
    Column("to_port_m", "f4", "Distance from the antenna to the port side.", "m"),
    Column("to_starboard_m", "f4", "Distance from the antenna to the starboard side.", "m"),
    Column("draught_m", "f4", "Draught as set by the crew.", "m"),
    Column("destination", "S20", "Destination as typed by the crew."),
    Column("eta_month", "u1", "Month of the crew's ETA, 1-12."),
    Column("eta_day", "u1", "Day of the crew's ETA, 1-31."),
    Column("eta_hour", "u1", "Hour (UTC) of the crew's ETA, 0-23."),
    Column("eta_minute", "u1", "Minute of the crew's ETA, 0-59."),
)

_TIE_BREAKERS: Final = (
    "source", "received_us", "eta_minute", "eta_hour", "eta_day", "eta_month", "to_starboard_m", "to_port_m", "to_stern_m",
    "to_bow_m", "selected_heading_deg", "selected_altitude_ft", "adsb_version", "emitter_category", "draught_m", "ship_type", "imo",
    "registration", "aircraft_type", "squawk", "call_sign", "destination", "name", "message_type", "craft", "time_us",
)  # fmt: skip
"""Keys of the order, the least important first, as ``numpy.lexsort`` takes them; see ``tracker.positions``."""


@dataclass(frozen=True, slots=True)
class StaticBatch(ColumnBatch):
    """Static reports; see ``STATIC_COLUMNS`` for every column. A part of AIS 24 fills only its own columns."""

    COLUMNS: ClassVar[tuple[Column, ...]] = STATIC_COLUMNS

    time_us: NDArray[np.int64]
    received_us: NDArray[np.int64]
    craft: NDArray[np.int64]
    source: NDArray[np.int32]
    message_type: NDArray[np.uint8]
    imo: NDArray[np.int32]
    name: NDArray[np.bytes_]
    call_sign: NDArray[np.bytes_]
    squawk: NDArray[np.bytes_]
    ship_type: NDArray[np.uint8]
    registration: NDArray[np.bytes_]
    aircraft_type: NDArray[np.bytes_]
    emitter_category: NDArray[np.bytes_]
    adsb_version: NDArray[np.uint8]
    selected_altitude_ft: NDArray[np.float32]
    selected_heading_deg: NDArray[np.float32]
    to_bow_m: NDArray[np.float32]
    to_stern_m: NDArray[np.float32]
    to_port_m: NDArray[np.float32]
    to_starboard_m: NDArray[np.float32]
    draught_m: NDArray[np.float32]
    destination: NDArray[np.bytes_]
    eta_month: NDArray[np.uint8]
    eta_day: NDArray[np.uint8]
    eta_hour: NDArray[np.uint8]
    eta_minute: NDArray[np.uint8]

    def in_time_order(self) -> StaticBatch:
        """The same rows sorted by event time, ties broken by content, and by the source only where all of it is the same."""
        return self.in_total_order(_TIE_BREAKERS)

    def without_repeats(self) -> StaticBatch:
        """Of rows in time order those that are not the one before once more, heard by another receiver or through another connection."""
        same = (self.time_us[1:] == self.time_us[:-1]) & (self.craft[1:] == self.craft[:-1])
        again = np.flatnonzero(same) + 1
        for column in self.COLUMNS:
            if not len(again):
                return self
            if column.name not in ("source", "received_us"):
                values = getattr(self, column.name)
                this, before = values[again], values[again - 1]
                same = this == before
                if values.dtype.kind == "f":
                    same |= np.isnan(this) & np.isnan(before)
                again = again[same]
        kept = np.ones(len(self), dtype=np.bool_)
        kept[again] = False
        return self.take(kept)
