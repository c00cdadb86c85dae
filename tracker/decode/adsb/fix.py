"""From CPR frames to positions one can believe: pairing, reference, speed check, confirmation.

A position frame of an aircraft goes through this, the limits being those of readsb (track.c) unless said otherwise:

1. *Heard twice*: the same bits as its newest frame of that parity, within 1 s, are a copy from another receiver. It gets
   the position of the first and changes nothing.
2. *Global* decode with the newest frame of the other parity, when both are airborne or both on the surface and
   not further apart than: airborne 10 s without a fresh ground speed, else 19 s at 500 kn, longer when slower, 30 s
   at most; surface 50 s up to 25 kn, else 25 s. On the surface the reference is the aircraft's last good position,
   else the receiver if its place is known; a result more than 450 km from the reference is none. With neither, the
   one aerodrome it can be at (``aerodromes.py``, not in readsb): a guess, and so is all that is decoded on the ground
   near it. An airborne decode owes nothing to a guess: it is global only, and ends it.
3. Else *local* decode against the last good position, not older than 10 min; more than 100 NM away is none, nor is one further from a receiver whose
   place is known than it can hear. Where there is no such place, or it
   fails the speed check, and no frame of the other parity is at hand, local decode against the receiver, if its place is known
   (``near_receiver.py``): that owes nothing to what was believed of the aircraft, and counts as a global one from here on.
4. *Speed check* against the last good position (at most 60 min old): the distance may not exceed
   ``30 m (surface 10 m) + (elapsed + 0.2 s) x v``, v = 4/3 x (the larger of present ground speed and ground speed
   then, + 3 kn per second of its age); without a ground speed 900 kn (surface 120 kn) x 4/3; 200 kn (surface 20 kn)
   at least, 2000 kn at most.

States of an aircraft's position::

    none --global decode--> held --next global decode agrees with it (speed check)--> good
                             ^ |
                             +-+  disagrees: the newer one is held
    good --passes the speed check--> good, moved
    good --a global decode fails it--> good stays; the failed one is held; three more in a row that agree
                                       with one another replace the good position: she is where she says she is
                                       (a guessed one is replaced by the first that agrees with the held)
    good --60 min without--> none

Only a good position is given out; the frame whose decode is held goes out as "heard". A wrong first position (a pair
straddling two aircraft, a phantom) is therefore never seen. When the held position is confirmed, or a guess by flying, the frames before
are placed after all (``unplaced.py``).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tracker.decode.adsb.aerodromes import only_aerodrome
from tracker.decode.adsb.airborne_position import cpr_lat, cpr_lon, is_odd
from tracker.decode.adsb.aircraft import NEVER_US, Aircraft
from tracker.decode.adsb.cpr import distance_m, global_position, local_position
from tracker.decode.adsb.near_receiver import Receiver, earshot_m, near_receiver
from tracker.units import M_PER_NM, US_PER_MIN, US_PER_S

SAME_MESSAGE_US: Final = US_PER_S
LOCAL_US: Final = 10 * US_PER_MIN
LOCAL_RANGE_M: Final = 100.0 * M_PER_NM
GOOD_US: Final = 60 * US_PER_MIN
SURFACE_RANGE_M: Final = 450_000.0
FRESH_SPEED_US: Final = 60 * US_PER_S
CONFIRM_FIRST: Final = 1
CONFIRM_JUMP: Final = 3
M_S_PER_KN: Final = M_PER_NM / 3600.0


@njit(cache=True, nogil=True)
def pair_window_us(surface: bool, speed_kn: float) -> float:
    """How far apart an even and an odd frame may be; ``speed_kn`` is NaN where no fresh one is known."""
    if surface:
        return 25e6 if speed_kn > 25.0 else 50e6
    if np.isnan(speed_kn):
        return 10e6
    return min(30e6, 19e6 * 500.0 / max(speed_kn, 1.0))


@njit(cache=True, nogil=True)
def reach_m(surface: bool, elapsed_s: float, speed_kn: float, speed_then_kn: float, speed_age_s: float) -> float:
    """How far an aircraft can have come; ``speed_kn`` is NaN where no fresh one is known."""
    if np.isnan(speed_kn):
        v = 120.0 if surface else 900.0
    else:
        v = speed_kn if np.isnan(speed_then_kn) else max(speed_kn, speed_then_kn)
        v += 3.0 * speed_age_s
    v = min(max(v * 4.0 / 3.0, 20.0 if surface else 200.0), 2000.0)
    return (10.0 if surface else 30.0) + (elapsed_s + 0.2) * v * M_S_PER_KN


@njit(cache=True, nogil=True)
def fix_position(
    one: Aircraft, time_us: int, me: int, surface: bool, altitude_ft: float, receiver: Receiver, aerodromes: NDArray[np.float64]
) -> tuple[float, float, bool]:  # fmt: skip
    """The position of this frame, NaN where it gives none one can believe, and whether it has confirmed a held one; ``one``, the
    aircraft's record of the table, is brought up to date."""
    odd = is_odd(me)
    mine, others = (1, 0) if odd else (0, 1)
    if one.frame_me[mine] == me and abs(time_us - one.frame_us[mine]) <= SAME_MESSAGE_US:
        return one.frame_deg[2 * mine], one.frame_deg[2 * mine + 1], False

    speed_age_us = abs(time_us - one.speed_us)
    speed_kn = one.speed_kn if speed_age_us <= FRESH_SPEED_US else np.nan
    since_good_us = abs(time_us - one.position_us)
    has_good = since_good_us <= GOOD_US
    guessed = has_good and one.guessed == 1

    lat, lon = np.nan, np.nan
    is_global = False
    other = one.frame_me[others]
    pairs = abs(time_us - one.frame_us[others]) <= pair_window_us(surface, speed_kn)
    pairs = pairs and (5 <= other >> 51 <= 8) == surface
    if pairs:
        even_me, odd_me = (other, me) if odd else (me, other)
        ref_lat, ref_lon = (one.lat_deg, one.lon_deg) if has_good else (receiver.lat_deg, receiver.lon_deg)
        anywhere = surface and np.isnan(ref_lat)
        if not anywhere or len(aerodromes) > 0:
            even_lat, even_lon = cpr_lat(even_me), cpr_lon(even_me)
            odd_lat, odd_lon = cpr_lat(odd_me), cpr_lon(odd_me)
            if anywhere:
                lat, lon = only_aerodrome(aerodromes, even_lat, even_lon, odd_lat, odd_lon, odd)
            else:
                span = 90.0 if surface else 360.0
                lat, lon = global_position(even_lat, even_lon, odd_lat, odd_lon, odd, span, ref_lat, ref_lon)
            if surface and not anywhere and not distance_m(lat, lon, ref_lat, ref_lon) <= SURFACE_RANGE_M:
                lat, lon = np.nan, np.nan
            is_global = not np.isnan(lat)
    if not is_global and since_good_us <= LOCAL_US and (surface or not guessed):
        ref_lat, ref_lon = one.lat_deg, one.lon_deg
        lat, lon = local_position(cpr_lat(me), cpr_lon(me), odd, 90.0 if surface else 360.0, ref_lat, ref_lon)
        unheard = not surface and distance_m(lat, lon, receiver.lat_deg, receiver.lon_deg) > earshot_m(
            receiver, altitude_ft
        )
        if unheard or not distance_m(lat, lon, ref_lat, ref_lon) <= LOCAL_RANGE_M:
            lat, lon = np.nan, np.nan

    then_kn = one.speed_at_position_kn
    good_m = reach_m(surface, since_good_us * 1e-6, speed_kn, then_kn, speed_age_us * 1e-6) if has_good else -1.0
    good = has_good and distance_m(lat, lon, one.lat_deg, one.lon_deg) <= good_m
    confirmed = False
    if not (good or is_global or pairs):
        lat, lon = near_receiver(cpr_lat(me), cpr_lon(me), odd, surface, receiver, altitude_ft)
        is_global = not np.isnan(lat)
        good = has_good and distance_m(lat, lon, one.lat_deg, one.lon_deg) <= good_m
    if not np.isnan(lat):
        if not good and is_global:
            since_held_us = abs(time_us - one.held_us)
            agrees = False
            if since_held_us <= LOCAL_US:
                far = distance_m(lat, lon, one.held_lat_deg, one.held_lon_deg)
                agrees = far <= reach_m(surface, since_held_us * 1e-6, speed_kn, speed_kn, speed_age_us * 1e-6)
            count = one.held_count + 1 if agrees else 0
            good = count >= (CONFIRM_JUMP if has_good and not (guessed and not surface) else CONFIRM_FIRST)
            one.held_count = count
            one.held_us = time_us
            one.held_lat_deg, one.held_lon_deg = lat, lon
            confirmed = good
        if good:
            if not surface:
                confirmed |= guessed
                one.guessed = 0
            elif not has_good:
                one.guessed = 1 if np.isnan(receiver.lat_deg) else 0
            one.position_us = time_us
            one.held_us = NEVER_US
            one.lat_deg, one.lon_deg = lat, lon
            one.speed_at_position_kn = speed_kn
    if not good:
        lat, lon = np.nan, np.nan
    one.frame_us[mine] = time_us
    one.frame_me[mine] = me
    one.frame_deg[2 * mine], one.frame_deg[2 * mine + 1] = lat, lon
    return lat, lon, confirmed
