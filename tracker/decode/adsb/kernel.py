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

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.adsb import aircraft as ac
from tracker.decode.adsb import unplaced as un
from tracker.decode.adsb.airborne_position import altitude_code, integrity_category
from tracker.decode.adsb.altitude import altitude_ac12_ft, altitude_ac13_ft, squawk_of_ac13
from tracker.decode.adsb.fix import FRESH_SPEED_US, fix_position
from tracker.decode.adsb.identification import NAME_MASK, emitter_category, flight_name, write_name
from tracker.decode.adsb.parity import MAX_INTERROGATOR_CODE, syndrome
from tracker.decode.adsb.status import (
    me_bits,
    not_icao_bit,
    selected_altitude_ft,
    selected_bits,
    selected_heading_deg,
)
from tracker.decode.adsb.surface_position import ground_track_deg, movement_kn
from tracker.decode.adsb.velocity import ground_speed_course, heading_deg, vertical_rate_ftmin
from tracker.identity import DOMAIN_ICAO24, DOMAIN_OTHER24
from tracker.positions import (
    MESSAGE_TYPE_AIRBORNE,
    MESSAGE_TYPE_MODE_S,
    MESSAGE_TYPE_SURFACE,
    MESSAGE_TYPE_VELOCITY,
)
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

# rows of the output matrices
TIME, RECEIVED, CRAFT, FINGERPRINT = 0, 1, 2, 3
OUT_LAT, OUT_LON = 0, 1
OUT_SPEED, OUT_COURSE, OUT_HEADING, OUT_ALTITUDE, OUT_RATE = 0, 1, 2, 3, 4
OUT_TYPE, OUT_GROUND, OUT_NIC, OUT_NAC_P, OUT_SIL, OUT_EMERGENCY, OUT_REBROADCAST, OUTCOME = 0, 1, 2, 3, 4, 5, 6, 7
OUT_CODES: Final = 8
SAID_FRAME, SAID_CRAFT = 0, 1
SAID_ALTITUDE, SAID_HEADING = 0, 1
OWN, TIS_B, ADS_R = 0, 1, 2
# cells of ``tally``: 0-31 decoded frames by DF, then
ROWS: Final = 32
STATICS: Final = 33
TALLY: Final = 34


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
def new_static(
    frame: int,
    craft: int,
    tally: NDArray[np.int64],
    static_whole: NDArray[np.int64],
    static_real: NDArray[np.float32],
    static_code: NDArray[np.uint8],
    static_text: NDArray[np.uint8],
) -> int:
    """A static row that says nothing yet."""
    row: int = tally[STATICS]
    tally[STATICS] += 1
    static_whole[SAID_FRAME, row] = frame
    static_whole[SAID_CRAFT, row] = craft
    static_real[SAID_ALTITUDE, row] = static_real[SAID_HEADING, row] = np.nan
    static_code[row] = 255
    static_text[row] = 0
    return row


@njit(cache=True, nogil=True)
def is_said(whole: NDArray[np.int64], what: int, said_us: int, value: int, time_us: int) -> bool:
    """Whether ``value`` of column ``what`` was said within the last minute; if not, it counts as said now."""
    if value == whole[what] and abs(time_us - whole[said_us]) < SAY_AGAIN_US:
        return True
    whole[what] = value
    whole[said_us] = time_us
    return False


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
def write_placed(
    waiting: NDArray[np.int64],
    waiting_real: NDArray[np.float64],
    place: NDArray[np.float64],
    craft: int,
    tally: NDArray[np.int64],
    out_whole: NDArray[np.int64],
    out_place: NDArray[np.float64],
    out_real: NDArray[np.float32],
    out_code: NDArray[np.uint8],
    out_station: NDArray[np.int64],
) -> None:
    """The row of a frame that got its place after the fact."""
    row = tally[ROWS]
    tally[ROWS] += 1
    out_whole[TIME, row] = waiting[un.TIME_US]
    out_whole[RECEIVED, row] = waiting[un.RECEIVED_US]
    out_whole[CRAFT, row] = craft
    out_whole[FINGERPRINT, row] = waiting[un.FINGERPRINT]
    out_place[OUT_LAT, row], out_place[OUT_LON, row] = place[0], place[1]
    out_real[OUT_SPEED, row] = waiting_real[un.SPEED]
    out_real[OUT_COURSE, row] = waiting_real[un.COURSE]
    out_real[OUT_HEADING, row] = np.nan
    out_real[OUT_ALTITUDE, row] = waiting_real[un.ALTITUDE]
    out_real[OUT_RATE, row] = waiting_real[un.RATE]
    codes = waiting[un.CODES]
    out_code[OUT_TYPE, row] = codes & 0xFF
    out_code[OUT_GROUND, row] = (codes & 0xFF) == MESSAGE_TYPE_SURFACE
    out_code[OUT_NIC, row] = codes >> 8 & 0xFF
    out_code[OUT_NAC_P, row] = codes >> 16 & 0xFF
    out_code[OUT_SIL, row] = codes >> 24 & 0xFF
    out_code[OUT_EMERGENCY, row] = codes >> 32 & 0xFF
    out_code[OUT_REBROADCAST, row] = codes >> 40 & 0xFF
    out_station[row, 0], out_station[row, 1] = waiting[un.STATION], waiting[un.STATION + 1]


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
    start: int,
    time_us: NDArray[np.int64],
    received_us: NDArray[np.int64],
    frames: NDArray[np.uint8],
    is_long: NDArray[np.bool_],
    station: NDArray[np.int64],
    keys: NDArray[np.int64],
    whole: NDArray[np.int64],
    real: NDArray[np.float64],
    meta: NDArray[np.int64],
    unplaced_next: NDArray[np.int64],
    unplaced_whole: NDArray[np.int64],
    unplaced_real: NDArray[np.float64],
    receiver: NDArray[np.float64],
    aerodromes: NDArray[np.float64],
    tally: NDArray[np.int64],
    out_whole: NDArray[np.int64],
    out_place: NDArray[np.float64],
    out_real: NDArray[np.float32],
    out_code: NDArray[np.uint8],
    out_station: NDArray[np.int64],
    static_whole: NDArray[np.int64],
    static_real: NDArray[np.float32],
    static_code: NDArray[np.uint8],
    static_text: NDArray[np.uint8],
) -> int:
    """Decode frames from ``start``; returns where it stopped: at the end, or at a frame before which the table wants tidying or the
    output more room: a frame may give ``GIVE_OUT_MOST`` rows besides its own."""
    late_rows = np.empty(un.GIVE_OUT_MOST, np.int64)
    late_places = np.empty((un.GIVE_OUT_MOST, 2), np.float64)
    most = out_whole.shape[1] - un.GIVE_OUT_MOST
    for i in range(start, len(time_us)):
        t = time_us[i]
        if tally[ROWS] >= most or ac.must_tidy(keys, meta, t):
            return i
        df = min(np.int64(frames[i, 0] >> 3), np.int64(24))
        if not is_defined(df):
            out_code[OUTCOME, i] = UNKNOWN_MESSAGE
            continue
        if df >= 16 and not is_long[i]:
            out_code[OUTCOME, i] = TOO_SHORT
            continue
        overlay = syndrome(frames, i, 14 if df >= 16 else 7)
        head: Any = np.int64(0)
        me: Any = np.int64(0)
        parity: Any = np.int64(0)
        for k in range(4):
            head = head << 8 | np.int64(frames[i, k])
        if df >= 16:
            for k in range(4, 11):
                me = me << 8 | np.int64(frames[i, k])
            for k in range(11, 14):
                parity = parity << 8 | np.int64(frames[i, k])
        else:
            for k in range(4, 7):
                parity = parity << 8 | np.int64(frames[i, k])

        # whose is it
        clean = False
        squitter = df in (17, 18)
        if squitter or df == 11:
            clean = overlay == 0
            if (squitter and not clean) or overlay > MAX_INTERROGATOR_CODE:
                out_code[OUTCOME, i] = BAD_PARITY
                continue
            key = key_of_squitter(df, head, me) if squitter else head & 0xFFFFFF
            if key < 0:
                if key == -2:
                    out_code[OUTCOME, i] = OK_NO_ROW
                    tally[df] += 1
                else:
                    out_code[OUTCOME, i] = UNKNOWN_MESSAGE
                continue
            if key & 0xFFFFFF == 0 or key & 0xFFFFFF == 0xFFFFFF:
                out_code[OUTCOME, i] = BAD_IDENTITY
                continue
        else:
            key = overlay
        if not clean and not ac.is_trusted(keys, whole, key, t, TRUST_US):
            out_code[OUTCOME, i] = UNKNOWN_ADDRESS
            continue
        if df in (0, 4, 16, 20) and altitude_ac13_ft(head & 0x1FFF) > HIGHEST_FT:
            out_code[OUTCOME, i] = IMPOSSIBLE_VALUE
            continue
        out_code[OUTCOME, i] = OK
        tally[df] += 1
        slot = ac.enter(keys, whole, real, meta, key, t)
        w, r = whole[slot], real[slot]
        if clean:
            w[ac.TRUST_US] = t
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
                r[ac.ALTITUDE] = altitude
                w[ac.ALTITUDE_US] = t
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
        if df >= 20 and df <= 21 and me >> 48 == 0x20 and w[ac.OWN_NAME] != 1:
            name = flight_name(me & NAME_MASK)

        coarse = df == 18 and (head >> 24) & 7 == 3
        type_code = me >> 51 if squitter and not coarse else -1
        if 1 <= type_code <= 4:
            w[ac.OWN_NAME] = 1
            name = flight_name(me & NAME_MASK) | emitter_category(me) << 48
        elif 5 <= type_code <= 8:
            message_type, on_ground = MESSAGE_TYPE_SURFACE, 1
            speed, course = movement_kn(me), ground_track_deg(me)
            if not np.isnan(speed):
                r[ac.SPEED], r[ac.COURSE] = speed, course
                w[ac.SPEED_US] = t
            nic = integrity_category(type_code, w[ac.VERSION], w[ac.NIC_A], 0, w[ac.NIC_C])
        elif 9 <= type_code <= 18 or 20 <= type_code <= 22:
            message_type, on_ground = MESSAGE_TYPE_AIRBORNE, 0
            altitude = altitude_ac12_ft(altitude_code(me))
            if type_code <= 18 and not np.isnan(altitude):
                r[ac.ALTITUDE] = altitude
                w[ac.ALTITUDE_US] = t
            elif abs(t - w[ac.ALTITUDE_US]) <= FRESH_US:
                altitude = r[ac.ALTITUDE]
            nic = integrity_category(type_code, w[ac.VERSION], w[ac.NIC_A], (me >> 48) & 1, 0)
        elif type_code == 19:
            message_type = MESSAGE_TYPE_VELOCITY
            rate = vertical_rate_ftmin(me)
            if not np.isnan(rate):
                r[ac.RATE] = rate
                w[ac.RATE_US] = t
            subtype = (me >> 48) & 7
            if subtype in (1, 2):
                speed, course = ground_speed_course(me)
                if not np.isnan(speed):
                    r[ac.SPEED], r[ac.COURSE] = speed, course
                    w[ac.SPEED_US] = t
            elif subtype in (3, 4):
                heading = heading_deg(me)
        elif type_code == 28 and (me >> 48) & 7 == 1:
            w[ac.EMERGENCY] = me_bits(me, 9, 3)
            w[ac.EMERGENCY_US] = t
            identity = me_bits(me, 12, 13)
            if identity != 0:
                squawk = squawk_of_ac13(identity)
        elif type_code == 29 and me_bits(me, 6, 2) == 1:
            w[ac.NAC_P] = me_bits(me, 40, 4)
            w[ac.SIL] = me_bits(me, 45, 2)
            w[ac.QUALITY_US] = t
            selected = selected_bits(me)
        elif type_code == 31 and me_bits(me, 6, 3) <= 1:
            version = me_bits(me, 41, 3)
            w[ac.NIC_A] = me_bits(me, 44, 1)
            w[ac.NAC_P] = me_bits(me, 45, 4)
            w[ac.SIL] = me_bits(me, 51, 2)
            w[ac.QUALITY_US] = t
            if me_bits(me, 6, 3) == 1:
                w[ac.NIC_C] = me_bits(me, 20, 1)
        fresh = abs(t - w[ac.QUALITY_US]) <= STATUS_FRESH_US
        nac_p = w[ac.NAC_P] if fresh else 255
        sil = w[ac.SIL] if fresh else 255
        emergency = w[ac.EMERGENCY] if abs(t - w[ac.EMERGENCY_US]) <= STATUS_FRESH_US else 255
        sender = rebroadcast_of(df, head)
        bits = fingerprint(head, me, parity)
        if message_type in (MESSAGE_TYPE_SURFACE, MESSAGE_TYPE_AIRBORNE):
            surface = message_type == MESSAGE_TYPE_SURFACE
            lat, lon, confirmed = fix_position(w, r, t, me, surface, receiver, aerodromes, altitude)
            if confirmed:
                speed_kn = r[ac.SPEED] if abs(t - w[ac.SPEED_US]) <= FRESH_SPEED_US else np.nan
                for late in range(
                    un.place(unplaced_next, unplaced_whole, key, t, lat, lon, speed_kn, late_rows, late_places) - 1,
                    -1,
                    -1,
                ):
                    write_placed(
                        unplaced_whole[late_rows[late]],
                        unplaced_real[late_rows[late]],
                        late_places[late],
                        craft,
                        tally,
                        out_whole,
                        out_place,
                        out_real,
                        out_code,
                        out_station,
                    )
            fresh_speed, fresh_course, fresh_rate = speed, course, rate
            if not surface and abs(t - w[ac.SPEED_US]) <= FRESH_US:
                fresh_speed, fresh_course = r[ac.SPEED], r[ac.COURSE]
            if not surface and abs(t - w[ac.RATE_US]) <= FRESH_US:
                fresh_rate = r[ac.RATE]
            if np.isnan(lat):
                place = unplaced_next[0] % un.MOST
                unplaced_next[0] += 1
                waiting, waiting_real = unplaced_whole[place], unplaced_real[place]
                waiting[un.KEY], waiting[un.TIME_US], waiting[un.RECEIVED_US] = key, t, received_us[i]
                waiting[un.FINGERPRINT], waiting[un.ME] = bits, me
                waiting[un.CODES] = message_type | nic << 8 | nac_p << 16 | sil << 24 | emergency << 32 | sender << 40
                waiting[un.STATION], waiting[un.STATION + 1] = station[i, 0], station[i, 1]
                waiting_real[un.SPEED], waiting_real[un.COURSE] = fresh_speed, fresh_course
                waiting_real[un.ALTITUDE], waiting_real[un.RATE] = altitude, fresh_rate
            if np.isnan(lat):
                message_type = MESSAGE_TYPE_MODE_S
            else:
                speed, course, rate = fresh_speed, fresh_course, fresh_rate
        if name != 0 and not is_said(w, ac.NAME, ac.NAME_SAID_US, name, t):
            said = new_static(i, craft, tally, static_whole, static_real, static_code, static_text)
            write_name(name & NAME_MASK, static_text, said)
            static_text[said, 12] = name >> 56
            static_text[said, 13] = (name >> 48) & 0xFF
        if squawk >= 0 and not is_said(w, ac.SQUAWK, ac.SQUAWK_SAID_US, squawk, t):
            said = new_static(i, craft, tally, static_whole, static_real, static_code, static_text)
            write_squawk(squawk, static_text, said)
        if version >= 0 and not is_said(w, ac.VERSION, ac.VERSION_SAID_US, version, t):
            said = new_static(i, craft, tally, static_whole, static_real, static_code, static_text)
            static_code[said] = version
        if selected >= 0 and not is_said(w, ac.SELECTED, ac.SELECTED_SAID_US, selected, t) and selected != 0:
            said = new_static(i, craft, tally, static_whole, static_real, static_code, static_text)
            static_real[SAID_ALTITUDE, said] = selected_altitude_ft(selected)
            static_real[SAID_HEADING, said] = selected_heading_deg(selected)

        row = tally[ROWS]
        tally[ROWS] += 1
        out_whole[TIME, row] = t
        out_whole[RECEIVED, row] = received_us[i]
        out_whole[CRAFT, row] = craft
        out_whole[FINGERPRINT, row] = bits
        out_place[OUT_LAT, row] = lat
        out_place[OUT_LON, row] = lon
        out_real[OUT_SPEED, row] = speed
        out_real[OUT_COURSE, row] = course
        out_real[OUT_HEADING, row] = heading
        out_real[OUT_ALTITUDE, row] = altitude
        out_real[OUT_RATE, row] = rate
        out_code[OUT_TYPE, row] = message_type
        out_code[OUT_GROUND, row] = on_ground
        out_code[OUT_NIC, row] = nic
        out_code[OUT_NAC_P, row] = nac_p
        out_code[OUT_SIL, row] = sil
        out_code[OUT_EMERGENCY, row] = emergency
        out_code[OUT_REBROADCAST, row] = sender
        out_station[row, 0], out_station[row, 1] = station[i, 0], station[i, 1]
    return len(time_us)
