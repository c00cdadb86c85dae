"""Rows of any table or JSON feed to position reports: the checks that every such row passes.

Causes, the first that applies:

====================  ================================================================================================
``bad_row``           a number of the position that cannot be read
``no_time``           nothing stands for a time, and nobody said when the recording began
``ambiguous_date``    a time that can be read in two ways
``bad_time``          time unreadable or outside 1990-2100
``bad_identity``      MMSI not 1 to 999,999,999; 24-bit address not six hexadecimal digits, all zeros or all ones
``impossible_value``  latitude beyond 90, longitude beyond 180, a negative speed, a ship beyond 102.2 kn, an aircraft
                      beyond 2,500 kn or outside -2,000 to 150,000 ft
====================  ================================================================================================

"Not available" of AIS (latitude 91, longitude 181, speed 102.3, course 360, heading 511; ITU-R M.1371-5 table 48) is missing, not
impossible; so are other values for none (``tracker.decode.unset``) and a course or heading beyond 360, or exactly -1 of a ship (MarineTraffic), which says nothing against the position. A row with only half a position, or
none, says that the craft was heard. Courses and headings from -360 to 0 are turned by 360.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.decode.base import MAX_TIME_US, MIN_TIME_US, DecoderCounts
from tracker.decode.rejects import SAMPLES_PER_CAUSE, RejectCause
from tracker.decode.unset import no_places, without_fillers
from tracker.decode.written_times import AMBIGUOUS_TIME, NO_TIME
from tracker.identity import DOMAIN_MMSI, domain, is_aircraft
from tracker.positions import (
    MESSAGE_TYPE_AIRBORNE,
    MESSAGE_TYPE_MODE_S,
    MESSAGE_TYPE_SURFACE,
    MESSAGE_TYPE_TABLE,
    PositionBatch,
)
from tracker.schema import NO_CODE_U8
from tracker.units import Micros

CAUSES: Final = (
    RejectCause.BAD_ROW,
    RejectCause.BAD_TIME,
    RejectCause.BAD_IDENTITY,
    RejectCause.IMPOSSIBLE_VALUE,
    RejectCause.TOO_LONG,
    RejectCause.TRUNCATED,
    RejectCause.BAD_JSON,
    RejectCause.NO_POSITION,
    RejectCause.NO_TIME,
    RejectCause.AMBIGUOUS_DATE,
)
"""Reject causes by the number that stands for them in columns, from 1; 0 is a good row."""
MAX_SHIP_SPEED_KN: Final = 102.2
MAX_AIRCRAFT_SPEED_KN: Final = 2_500.0
"""Above the fastest aircraft ever flown (1,905 kn) and above the supersonic range of ADS-B in use."""
_AIS_NO_SPEED_KN: Final = 102.3
_AIS_FAST_SPEED_KN: Final = 1022.0
_MOST_RATE: Final = 1e6
"""A rate of climb or turn beyond it is a damaged number: no aircraft climbs a million feet in a minute."""
LOWEST_FT, HIGHEST_FT = -2_000.0, 150_000.0


def code(cause: RejectCause) -> int:
    """The number of a cause in a column of causes."""
    return CAUSES.index(cause) + 1


@dataclass(slots=True)
class Rows:
    """Rows as read, before any check. Float columns hold NaN where nothing was said."""

    time_us: NDArray[np.int64]
    """``NO_TIME`` where missing or unreadable."""
    craft: NDArray[np.int64]
    """Craft keys; 0 where the identity cannot be."""
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    unreadable: NDArray[np.bool_]
    """A number of the row could not be read."""
    more: dict[str, NDArray[Any]] = field(default_factory=dict)
    """Further position columns by name: ``speed_kn``, ``course_deg``, ``nav_status``, ``on_ground`` ..."""
    heard_us: NDArray[np.int64] | None = None
    """When the craft was heard last, where the table says so beside the time of the position."""
    untold: NDArray[np.bool_] | None = None
    """Where nothing stands for a time; None: nowhere."""

    def __len__(self) -> int:
        return len(self.time_us)

    def column(self, name: str) -> NDArray[Any] | None:
        """Any column by its name in a batch of positions, or None where there is none."""
        own = {"time_us": self.time_us, "craft": self.craft, "lat_deg": self.lat_deg, "lon_deg": self.lon_deg}
        return own[name] if name in own else self.more.get(name)

    def get(self, name: str) -> NDArray[np.float64] | None:
        """A further column as floats, or None where the table has no such column."""
        found = self.more.get(name)
        return None if found is None else np.asarray(found, dtype=np.float64)


def check_rows(rows: Rows) -> NDArray[np.uint8]:
    """The cause code of every row, 0 where good. Cleans ``rows`` in place: sentinels to missing, courses to 0..360."""
    craft, lat, lon = rows.craft, rows.lat_deg, rows.lon_deg
    air = is_aircraft(craft)
    ship = ~air
    nowhere = no_places(lat, lon)
    rows.lat_deg = lat = np.where(nowhere, np.nan, lat)
    rows.lon_deg = lon = np.where(nowhere, np.nan, lon)
    wrong = (np.abs(lat) > 90.0) | (np.abs(lon) > 180.0)

    speed = rows.get("speed_kn")
    if speed is not None:
        speed = np.where(ship & (np.abs(speed - _AIS_NO_SPEED_KN) < 0.05), np.nan, speed)
        fast = np.full(len(craft), MAX_SHIP_SPEED_KN + 0.05)
        if air.any():
            on_ais = domain(craft) == DOMAIN_MMSI
            speed = np.where(on_ais & air & (speed > _AIS_FAST_SPEED_KN), np.nan, speed)
            fast[air] = MAX_AIRCRAFT_SPEED_KN
        speed = without_fillers(speed, (speed < 0.0) | (speed > fast))
        wrong |= (speed < 0.0) | (speed > fast)
        rows.more["speed_kn"] = speed
    for name, absent in (("course_deg", 360.0), ("heading_deg", 511.0)):
        angle = rows.get(name)
        if angle is None:
            continue
        angle = np.where((np.abs(angle) > 360.0) | (ship & ((angle == absent) | (angle == -1.0))), np.nan, angle)
        angle = np.where(angle < 0.0, angle + 360.0, angle)
        rows.more[name] = np.where(angle == 360.0, 0.0, angle)
    altitude = rows.get("altitude_ft")
    if altitude is not None:
        rows.more["altitude_ft"] = altitude = without_fillers(
            altitude, (altitude < LOWEST_FT) | (altitude > HIGHEST_FT)
        )
        wrong |= (altitude < LOWEST_FT) | (altitude > HIGHEST_FT)
    for name in ("vertical_rate_ftmin", "turn_degmin"):
        rate = rows.get(name)
        if rate is not None:  # says nothing against the position
            rows.more[name] = np.where(np.abs(rate) > _MOST_RATE, np.nan, rate)

    causes = np.zeros(len(rows), dtype=np.uint8)
    causes[wrong] = code(RejectCause.IMPOSSIBLE_VALUE)
    causes[craft == 0] = code(RejectCause.BAD_IDENTITY)
    causes[(rows.time_us < MIN_TIME_US) | (rows.time_us >= MAX_TIME_US)] = code(RejectCause.BAD_TIME)
    causes[rows.time_us == AMBIGUOUS_TIME] = code(RejectCause.AMBIGUOUS_DATE)
    if rows.untold is not None:
        causes[rows.untold & (rows.time_us == NO_TIME)] = code(RejectCause.NO_TIME)
    causes[rows.unreadable] = code(RejectCause.BAD_ROW)
    return causes


def good_positions(rows: Rows, causes: NDArray[np.uint8], source: int, received_us: Micros | None) -> PositionBatch:
    """The good rows as position reports."""
    good = causes == 0
    count = int(np.count_nonzero(good))
    keep: NDArray[np.bool_] | slice = slice(None) if count == len(rows) else good
    time_us, craft = rows.time_us[keep], rows.craft[keep]
    columns = {name: values[keep] for name, values in rows.more.items()}
    lat = rows.lat_deg[keep]
    if "message_type" not in columns:
        columns["message_type"] = message_types(craft, lat, columns.get("on_ground"))
    return PositionBatch.from_columns(
        count,
        time_us=time_us,
        received_us=time_us if received_us is None else received_us,
        craft=craft,
        segment=craft,
        source=source,
        lat_deg=lat,
        lon_deg=rows.lon_deg[keep],
        fingerprint=0,
        **columns,
    )


def message_types(
    craft: NDArray[np.int64], lat_deg: NDArray[np.float64], on_ground: NDArray[Any] | None
) -> NDArray[np.uint8]:
    """What kind of report each row counts as where the file does not say."""
    surface = np.zeros(len(craft), dtype=bool) if on_ground is None else np.asarray(on_ground) == 1
    aircraft = np.where(surface, MESSAGE_TYPE_SURFACE, MESSAGE_TYPE_AIRBORNE)
    aircraft = np.where(np.isnan(lat_deg), MESSAGE_TYPE_MODE_S, aircraft)
    air = domain(craft) != DOMAIN_MMSI
    return np.where(air, aircraft, MESSAGE_TYPE_TABLE).astype(np.uint8)


def tally(
    counts: DecoderCounts,
    causes: NDArray[np.uint8],
    at: NDArray[np.int64],
    unit: Callable[[int], bytes | str],
    message: str = "row",
) -> None:
    """Enter rows into the ledger: ``causes`` by row, ``at`` their numbers, ``unit(row)`` their text for a sample."""
    rejects = counts.rejects
    good = int(np.count_nonzero(causes == 0))
    counts.units_in += len(causes)
    counts.units_decoded += good
    if good:
        counts.messages[message] += good
    bad = np.flatnonzero(causes)
    if not len(bad):
        return
    first = np.concatenate([bad[causes[bad] == c][:SAMPLES_PER_CAUSE] for c in range(1, len(CAUSES) + 1)])
    for row in np.sort(first):
        cause = CAUSES[causes[row] - 1]
        if rejects.wants_sample(cause):
            rejects.add(cause, int(at[row]), unit(int(row)))
        else:
            rejects.counts[cause] += 1
    for number, cause in enumerate(CAUSES, start=1):
        total = int(np.count_nonzero(causes == number))
        if total > SAMPLES_PER_CAUSE:
            rejects.counts[cause] += total - SAMPLES_PER_CAUSE


def emergency_of_squawk(squawk: NDArray[np.float64], stated: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """Emergency state of rows that give a transponder code each (NaN: none), where they state none: 7500 unlawful interference, 7600 no
    communications, 7700 general (ICAO Doc 4444, 8.5.1; states as in DO-260B 2.2.3.2.7.8.1.1).

    A row says it then as often as it is there, and says as well that it is over: what static reports of a table are too seldom for.
    """
    codes = np.full(len(squawk), NO_CODE_U8, dtype=np.uint8)
    codes[~np.isnan(squawk)] = 0
    for code, state in ((7500, 5), (7600, 4), (7700, 1)):
        codes[squawk == code] = state
    if stated is None:
        return codes
    keeps = ((stated != NO_CODE_U8) & (stated != 0)) | (codes == NO_CODE_U8)
    return np.where(keeps, stated, codes).astype(np.uint8)
