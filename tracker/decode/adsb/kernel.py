"""The loop over the frames of a block: parity, address, fields, position, one row for every accepted frame.

A frame is (ICAO Annex 10 vol. IV, 3.1.2)::

    head, 32 bits                                          ME or MB, 56 bits    parity, 24 bits
    DF 5 | ...                                             (DF 16 and above)

====  =========================  ==========================================================================
DF    what                       head after DF                                                   address
====  =========================  ==========================================================================
0     air-air surveillance       VS 1 (1 = on ground), ..., AC 13                                 in parity
4     altitude reply             FS 3, DR 5, UM 6, AC 13                                         in parity
5     identity reply             FS 3, DR 5, UM 6, ID 13                                         in parity
11    all-call reply             CA 3, AA 24                                                     open
16    long air-air surveillance  as DF 0                                                         in parity
17    extended squitter          CA 3, AA 24                                                     open
18    the same, no transponder   CF 3, AA 24                                                     open
20    Comm-B, altitude           as DF 4                                                         in parity
21    Comm-B, identity           as DF 5                                                         in parity
24    Comm-D (two bits of DF)    ...                                                             in parity
====  =========================  ==========================================================================

FS: 0, 2 airborne; 1, 3 on ground. CA: 4 on ground, 5 airborne. CF of DF 18: 0 ICAO address, 1 other address (OTHER), 2 fine
TIS-B, 3 coarse TIS-B (another format: heard only), 4 management (names no aircraft: no row), 5 fine TIS-B with other
address, 6 ADS-R, 7 reserved; in 2, 3 and 6 the IMF bit says whether the address is ICAO's.

An address in the parity cannot be told from bit errors, so such a frame counts only when its address was proved by a clean
DF 11, 17 or 18 in the last ``TRUST_US``. A DF 11 answering an interrogator (non-zero code in its parity) likewise.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from streams.borrowed import borrowed
from streams.records import record_dtype
from tracker.decode.adsb import aircraft as ac
from tracker.decode.adsb import unplaced as un
from tracker.decode.adsb.airborne_position import altitude_code, integrity_category
from tracker.decode.adsb.altitude import altitude_ac12_ft, altitude_ac13_ft, squawk_of_ac13
from tracker.decode.adsb.fix import FRESH_SPEED_US, fix_position
from tracker.decode.adsb.identification import NAME_MASK, emitter_category, flight_name, write_name
from tracker.decode.adsb.near_receiver import Receiver
from tracker.decode.adsb.parity import MAX_INTERROGATOR_CODE, syndrome
from tracker.decode.adsb.status import (
    me_bits,
    not_icao_bit,
    selected_altitude_ft,
    selected_bits,
    selected_heading_deg,
)
from tracker.decode.adsb.surface_position import ground_track_deg, movement_kn
from tracker.decode.adsb.unplaced import Waiting
from tracker.decode.adsb.velocity import ground_speed_course, heading_deg, vertical_rate_ftmin
from tracker.identity import DOMAIN_ICAO24, DOMAIN_OTHER24
from tracker.positions import (
    MESSAGE_TYPE_AIRBORNE,
    MESSAGE_TYPE_MODE_S,
    MESSAGE_TYPE_SURFACE,
    MESSAGE_TYPE_VELOCITY,
)
from tracker.schema import NO_CODE_U8
from tracker.units import US_PER_MIN, US_PER_S

TRUST_US: Final = 2 * US_PER_MIN
"""readsb keeps proved addresses in two generations of a minute each; this is the longer of its two ends."""
FRESH_US: Final = 10 * US_PER_S
"""A position row carries speed, course, vertical rate and altitude of its aircraft not older than this."""
SAY_AGAIN_US: Final = US_PER_MIN
"""An unchanged flight name, squawk, version or selection is said again after this."""
STATUS_FRESH_US: Final = US_PER_MIN
"""Rows carry NACp, SIL and emergency state of their aircraft not older than this (readsb track.h, ``TRACK_EXPIRE``: 60 s). They
are transmitted every 0.8 to 5 s (DO-260B 2.2.3.3)."""
HIGHEST_FT: Final = 80_000.0
"""Nothing with a transponder flies higher; a reply that says so is another aircraft's, with bit errors that fit."""

OK: Final = 0
OK_NO_ROW: Final = 1
BAD_PARITY: Final = 2
UNKNOWN_ADDRESS: Final = 3
UNKNOWN_MESSAGE: Final = 4
TOO_SHORT: Final = 5
BAD_IDENTITY: Final = 6
IMPOSSIBLE_VALUE: Final = 7

OWN, TIS_B, ADS_R = 0, 1, 2


class Frames(NamedTuple):
    """Frames cut out of a stream, in the order of arrival."""

    time_us: NDArray[np.int64]
    received_us: NDArray[np.int64]
    bytes: NDArray[np.uint8]
    """``[n, 14]``; a short frame fills the first seven, whatever follows them."""
    is_long: NDArray[np.bool_]
    station: NDArray[np.int64]
    """``[n, 2]``: the 16 bytes of its name."""


# rows of the matrices of ``Out``: columns of one type share one, because a small block pays for every array it hands over
TIME, RECEIVED, CRAFT, FINGERPRINT = 0, 1, 2, 3
LAT, LON = 0, 1
SPEED, COURSE, HEADING, ALTITUDE, RATE = 0, 1, 2, 3, 4
TYPE, GROUND, NIC, NAC_P, SIL, EMERGENCY, REBROADCAST = 0, 1, 2, 3, 4, 5, 6
SAID_FRAME, SAID_CRAFT = 0, 1
SAID_ALTITUDE, SAID_HEADING = 0, 1


class Count:
    """How many rows were written."""

    positions: int
    statics: int


class Out(NamedTuple):
    """What :func:`decode_block` fills: what became of each frame, and columns of positions and statics."""

    outcome: NDArray[np.uint8]
    """By frame."""
    decoded: NDArray[np.int64]
    """Frames decoded, by DF."""
    counted: NDArray[np.void]
    """One record of ``Count``."""
    whole: NDArray[np.int64]
    place_deg: NDArray[np.float64]
    real: NDArray[np.float32]
    """In kn, degrees, ft, ft/min."""
    code: NDArray[np.uint8]
    station: NDArray[np.int64]
    """``[n, 2]``"""
    said_whole: NDArray[np.int64]
    said_real: NDArray[np.float32]
    said_version: NDArray[np.uint8]
    said_text: NDArray[np.uint8]
    """``[n, 14]``: flight name (8), squawk (4), emitter category (2)."""


COUNT: Final = record_dtype(Count)


@njit(cache=True, nogil=True)
def _mix(value: np.uint64) -> np.uint64:
    value ^= value >> np.uint64(30)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    value ^= value >> np.uint64(27)
    value *= np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True)
def fingerprint(head: int, me: int, parity: int) -> int:
    """63-bit hash of a frame's bits, never 0."""
    first = np.uint64(head) << np.uint64(32) | np.uint64(me >> 24)
    rest = np.uint64((me & 0xFFFFFF) << 24 | parity)
    value: Any = np.int64(_mix(first ^ _mix(rest + np.uint64(0x9E3779B97F4A7C15))) >> np.uint64(1))
    return value if value else 1


@njit(cache=True, nogil=True)
def new_static(frame: int, craft: int, count: Count, out: Out) -> int:
    """A static row that says nothing yet."""
    out = borrowed(out)
    row = count.statics
    count.statics += 1
    out.said_whole[SAID_FRAME, row], out.said_whole[SAID_CRAFT, row] = frame, craft
    out.said_real[SAID_ALTITUDE, row] = out.said_real[SAID_HEADING, row] = np.nan
    out.said_version[row] = NO_CODE_U8
    out.said_text[row] = 0
    return row


@njit(cache=True, nogil=True)
def is_news(known: int, said_us: int, value: int, time_us: int) -> bool:
    """Whether ``value`` is another one than is known, or was not said within the last minute."""
    return value != known or abs(time_us - said_us) >= SAY_AGAIN_US


@njit(cache=True, nogil=True)
def write_squawk(squawk: int, static_text: NDArray[np.uint8], row: int) -> None:
    """Four octal digits into a static row."""
    for digit in range(4):
        static_text[row, 8 + digit] = 48 + ((squawk >> (9 - 3 * digit)) & 7)


@njit(cache=True, nogil=True)
def rebroadcast_of(df: int, head: int) -> int:
    """Who transmits: the aircraft, or a ground station by DF 18's CF (2, 3, 5 TIS-B; 6 ADS-R)."""
    if df != 18:
        return OWN
    kind = (head >> 24) & 7
    return ADS_R if kind == 6 else (TIS_B if kind in (2, 3, 5) else OWN)


@njit(cache=True, nogil=True)
def write_placed(frame: Waiting, lat_deg: float, lon_deg: float, craft: int, row: int, out: Out) -> None:
    """The row of a frame that got its place after the fact."""
    out = borrowed(out)
    out.whole[TIME, row], out.whole[RECEIVED, row] = frame.time_us, frame.received_us
    out.whole[CRAFT, row] = craft
    out.whole[FINGERPRINT, row] = frame.fingerprint
    out.place_deg[LAT, row], out.place_deg[LON, row] = lat_deg, lon_deg
    out.real[SPEED, row], out.real[COURSE, row] = frame.speed_kn, frame.course_deg
    out.real[HEADING, row] = np.nan
    out.real[ALTITUDE, row], out.real[RATE, row] = frame.altitude_ft, frame.rate_ftmin
    codes = frame.codes
    out.code[TYPE, row] = codes & 0xFF
    out.code[GROUND, row] = (codes & 0xFF) == MESSAGE_TYPE_SURFACE
    out.code[NIC, row] = codes >> 8 & 0xFF
    out.code[NAC_P, row] = codes >> 16 & 0xFF
    out.code[SIL, row] = codes >> 24 & 0xFF
    out.code[EMERGENCY, row] = codes >> 32 & 0xFF
    out.code[REBROADCAST, row] = codes >> 40 & 0xFF
    out.station[row, 0], out.station[row, 1] = frame.station[0], frame.station[1]


@njit(cache=True, nogil=True)
def is_defined(df: int) -> bool:
    """Downlink formats this decoder knows; 24 stands for 24-31."""
    return df in (0, 4, 5, 11, 16, 17, 18, 20, 21, 24)


@njit(cache=True, nogil=True)
def key_of_squitter(df: int, head: int, me: int) -> int:
    """Key of a DF 17 or 18 in the aircraft table; -1 reserved format, -2 a message about no aircraft."""
    address = head & 0xFFFFFF
    format_18 = (head >> 24) & 7
    if df == 17 or format_18 == 0:
        return address
    if format_18 == 1:
        return address | ac.OTHER
    if format_18 == 4:
        return -2
    if format_18 == 7:
        return -1
    if format_18 == 5:
        other = 1
    elif format_18 == 3:
        other = me >> 55
    else:
        other = not_icao_bit(me, me >> 51)
    return address | ac.REBROADCAST | (ac.OTHER if other else 0)


@njit(cache=True, nogil=True)
def decode_block(
    start: int, frames: Frames, table: ac.Table, unplaced: un.Ring, receiver: Receiver, aerodromes: NDArray[np.float64], out: Out
) -> int:  # fmt: skip
    """Decode frames from ``start``; returns where it stopped: at the end, or at a frame before which the table wants tidying or the
    output more room: a frame may give ``GIVE_OUT_MOST`` rows besides its own."""
    frames, table, unplaced, out = borrowed(frames), borrowed(table), borrowed(unplaced), borrowed(out)
    aerodromes = borrowed(aerodromes)
    data, outcome = frames.bytes, out.outcome
    count: Count = out.counted[0]
    most = np.int64(un.GIVE_OUT_MOST)
    late = un.Found(np.empty(most, np.int64), np.empty(most, np.float64), np.empty(most, np.float64))
    room = len(out.station) - un.GIVE_OUT_MOST
    for i in range(start, len(frames.time_us)):
        t = frames.time_us[i]
        if count.positions >= room or ac.must_tidy(table, t):
            return i
        df = min(np.int64(data[i, 0] >> 3), np.int64(24))
        if not is_defined(df):
            outcome[i] = UNKNOWN_MESSAGE
            continue
        if df >= 16 and not frames.is_long[i]:
            outcome[i] = TOO_SHORT
            continue
        overlay = syndrome(data, i, 14 if df >= 16 else 7)
        head: Any = np.int64(0)
        me: Any = np.int64(0)
        parity: Any = np.int64(0)
        for k in range(4):
            head = head << 8 | np.int64(data[i, k])
        if df >= 16:
            for k in range(4, 11):
                me = me << 8 | np.int64(data[i, k])
            for k in range(11, 14):
                parity = parity << 8 | np.int64(data[i, k])
        else:
            for k in range(4, 7):
                parity = parity << 8 | np.int64(data[i, k])

        # whose is it
        clean = False
        squitter = df in (17, 18)
        if squitter or df == 11:
            clean = overlay == 0
            if (squitter and not clean) or overlay > MAX_INTERROGATOR_CODE:
                outcome[i] = BAD_PARITY
                continue
            key = key_of_squitter(df, head, me) if squitter else head & 0xFFFFFF
            if key < 0:
                if key == -2:
                    outcome[i] = OK_NO_ROW
                    out.decoded[df] += 1
                else:
                    outcome[i] = UNKNOWN_MESSAGE
                continue
            if key & 0xFFFFFF == 0 or key & 0xFFFFFF == 0xFFFFFF:
                outcome[i] = BAD_IDENTITY
                continue
        else:
            key = overlay
        if not clean and not ac.is_trusted(table, key, t, TRUST_US):
            outcome[i] = UNKNOWN_ADDRESS
            continue
        if df in (0, 4, 16, 20) and altitude_ac13_ft(head & 0x1FFF) > HIGHEST_FT:
            outcome[i] = IMPOSSIBLE_VALUE
            continue
        outcome[i] = OK
        out.decoded[df] += 1
        one: ac.Aircraft = table.aircraft[ac.enter(table, key, t)]
        if clean:
            one.trust_us = t
        craft = ((DOMAIN_OTHER24 if key & ac.OTHER else DOMAIN_ICAO24) << 32) | (key & 0xFFFFFF)

        # what does it say
        lat, lon, speed, course, heading, altitude, rate = np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan
        message_type, nic = MESSAGE_TYPE_MODE_S, 255
        on_ground: Any = 255
        squawk: Any = -1
        name: Any = 0
        version: Any = -1
        selected: Any = -1
        if df in (0, 4, 16, 20):
            altitude = altitude_ac13_ft(head & 0x1FFF)
            if not np.isnan(altitude):
                one.altitude_ft = altitude
                one.altitude_us = t
        elif df in (5, 21):
            squawk = squawk_of_ac13(head & 0x1FFF)
        if df in (0, 16):
            on_ground = (head >> 26) & 1
        elif df in (4, 5, 20, 21):
            flight_status = (head >> 24) & 7
            on_ground = flight_status & 1 if flight_status < 4 else 255
        elif df in (11, 17):
            capability = (head >> 24) & 7
            on_ground = 1 if capability == 4 else (0 if capability == 5 else 255)
        if df >= 20 and df <= 21 and me >> 48 == 0x20 and one.own_name != 1:
            name = flight_name(me & NAME_MASK)

        coarse = df == 18 and (head >> 24) & 7 == 3
        type_code = me >> 51 if squitter and not coarse else -1
        if 1 <= type_code <= 4:
            one.own_name = 1
            name = flight_name(me & NAME_MASK) | emitter_category(me) << 48
        elif 5 <= type_code <= 8:
            message_type, on_ground = MESSAGE_TYPE_SURFACE, 1
            speed, course = movement_kn(me), ground_track_deg(me)
            if not np.isnan(speed):
                one.speed_kn, one.course_deg = speed, course
                one.speed_us = t
            nic = integrity_category(type_code, one.version, one.nic_a, 0, one.nic_c)
        elif 9 <= type_code <= 18 or 20 <= type_code <= 22:
            message_type, on_ground = MESSAGE_TYPE_AIRBORNE, 0
            altitude = altitude_ac12_ft(altitude_code(me))
            if type_code <= 18 and not np.isnan(altitude):
                one.altitude_ft = altitude
                one.altitude_us = t
            elif abs(t - one.altitude_us) <= FRESH_US:
                altitude = one.altitude_ft
            nic = integrity_category(type_code, one.version, one.nic_a, (me >> 48) & 1, 0)
        elif type_code == 19:
            message_type = MESSAGE_TYPE_VELOCITY
            rate = vertical_rate_ftmin(me)
            if not np.isnan(rate):
                one.rate_ftmin = rate
                one.rate_us = t
            subtype = (me >> 48) & 7
            if subtype in (1, 2):
                speed, course = ground_speed_course(me)
                if not np.isnan(speed):
                    one.speed_kn, one.course_deg = speed, course
                    one.speed_us = t
            elif subtype in (3, 4):
                heading = heading_deg(me)
        elif type_code == 28 and (me >> 48) & 7 == 1:
            one.emergency = me_bits(me, 9, 3)
            one.emergency_us = t
            identity = me_bits(me, 12, 13)
            if identity != 0:
                squawk = squawk_of_ac13(identity)
        elif type_code == 29 and me_bits(me, 6, 2) == 1:
            one.nac_p = me_bits(me, 40, 4)
            one.sil = me_bits(me, 45, 2)
            one.quality_us = t
            selected = selected_bits(me)
        elif type_code == 31 and me_bits(me, 6, 3) <= 1:
            version = me_bits(me, 41, 3)
            one.nic_a = me_bits(me, 44, 1)
            one.nac_p = me_bits(me, 45, 4)
            one.sil = me_bits(me, 51, 2)
            one.quality_us = t
            if me_bits(me, 6, 3) == 1:
                one.nic_c = me_bits(me, 20, 1)
        fresh = abs(t - one.quality_us) <= STATUS_FRESH_US
        nac_p = one.nac_p if fresh else 255
        sil = one.sil if fresh else 255
        emergency = one.emergency if abs(t - one.emergency_us) <= STATUS_FRESH_US else 255
        sender = rebroadcast_of(df, head)
        bits = fingerprint(head, me, parity)
        if message_type in (MESSAGE_TYPE_SURFACE, MESSAGE_TYPE_AIRBORNE):
            surface = message_type == MESSAGE_TYPE_SURFACE
            lat, lon, confirmed = fix_position(one, t, me, surface, altitude, receiver, aerodromes)
            if confirmed:
                speed_kn = one.speed_kn if abs(t - one.speed_us) <= FRESH_SPEED_US else np.nan
                for k in range(un.place(unplaced, key, t, lat, lon, speed_kn, late) - 1, -1, -1):
                    write_placed(
                        unplaced.waiting[late.at[k]], late.lat_deg[k], late.lon_deg[k], craft, count.positions, out
                    )
                    count.positions += 1
            fresh_speed, fresh_course, fresh_rate = speed, course, rate
            if not surface and abs(t - one.speed_us) <= FRESH_US:
                fresh_speed, fresh_course = one.speed_kn, one.course_deg
            if not surface and abs(t - one.rate_us) <= FRESH_US:
                fresh_rate = one.rate_ftmin
            if np.isnan(lat):
                waiting: Waiting = unplaced.waiting[unplaced.next[0] % un.MOST]
                unplaced.next[0] += 1
                waiting.key, waiting.time_us, waiting.received_us = key, t, frames.received_us[i]
                waiting.fingerprint, waiting.me = bits, me
                waiting.codes = message_type | nic << 8 | nac_p << 16 | sil << 24 | emergency << 32 | sender << 40
                waiting.station[0], waiting.station[1] = frames.station[i, 0], frames.station[i, 1]
                waiting.speed_kn, waiting.course_deg = fresh_speed, fresh_course
                waiting.altitude_ft, waiting.rate_ftmin = altitude, fresh_rate
            if np.isnan(lat):
                message_type = MESSAGE_TYPE_MODE_S
            else:
                speed, course, rate = fresh_speed, fresh_course, fresh_rate
        if name != 0 and is_news(one.name, one.name_said_us, name, t):
            one.name, one.name_said_us = name, t
            said = new_static(i, craft, count, out)
            write_name(name & NAME_MASK, out.said_text, said)
            out.said_text[said, 12] = name >> 56
            out.said_text[said, 13] = (name >> 48) & 0xFF
        if squawk >= 0 and is_news(one.squawk, one.squawk_said_us, squawk, t):
            one.squawk, one.squawk_said_us = squawk, t
            write_squawk(squawk, out.said_text, new_static(i, craft, count, out))
        if version >= 0 and is_news(one.version, one.version_said_us, version, t):
            one.version, one.version_said_us = version, t
            out.said_version[new_static(i, craft, count, out)] = version
        if selected >= 0 and is_news(one.selected, one.selected_said_us, selected, t):
            one.selected, one.selected_said_us = selected, t
            if selected != 0:
                said = new_static(i, craft, count, out)
                out.said_real[SAID_ALTITUDE, said] = selected_altitude_ft(selected)
                out.said_real[SAID_HEADING, said] = selected_heading_deg(selected)

        row = count.positions
        count.positions += 1
        out.whole[TIME, row], out.whole[RECEIVED, row] = t, frames.received_us[i]
        out.whole[CRAFT, row] = craft
        out.whole[FINGERPRINT, row] = bits
        out.place_deg[LAT, row], out.place_deg[LON, row] = lat, lon
        out.real[SPEED, row], out.real[COURSE, row], out.real[HEADING, row] = speed, course, heading
        out.real[ALTITUDE, row], out.real[RATE, row] = altitude, rate
        out.code[TYPE, row], out.code[GROUND, row] = message_type, on_ground
        out.code[NIC, row], out.code[NAC_P, row], out.code[SIL, row] = nic, nac_p, sil
        out.code[EMERGENCY, row], out.code[REBROADCAST, row] = emergency, sender
        out.station[row, 0], out.station[row, 1] = frames.station[i, 0], frames.station[i, 1]
    return len(frames.time_us)
