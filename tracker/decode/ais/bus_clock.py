"""The clock of an input whose sentences carry no time: RMC and ZDA of the same bus, else base stations (AIS 4 and 11).

::

    RMC, ZDA        the receiver's own GPS: sets the clock, exactly, back too. A step of more than ``STEP_US`` is taken at once where it is
                    the first, or forward by the same talker (a log that slept); else the next sentence must agree, and meanwhile
                    nothing is known. Two receivers that go on disagreeing make the clock doubtful until a base station agrees
                    with one of them.
    base station    moves the clock forward by up to ``STEP_US``. Every other time, either way, must be told by a second, different
                    station too; and where the bus has a clock of its own, only after that has been silent for as long.
    1,024 weeks     GPS counts weeks modulo 1,024 (IS-GPS-200, 20.3.3.3.1.1): a receiver that missed a rollover is behind by
                    exactly so much. Of two such times the later is right, and the other, corrected, agrees with it. Who was
                    believed first and had lost them is remembered: whoever reads all of a file again is right from its beginning.

A clock in doubt tells no time. It comes into doubt when the station that told it last tells another time twice, or when some
clock that is not believed (one wrong station alone, an RMC whose status is V) has gone on for ``STEP_US`` while none confirmed it.

Dates before 2001 are what receivers say that have no date (1980-01-06, 1999-08-22, 2000-01-01); AIS came later (SOLAS V/19: 2002).
"""

from __future__ import annotations

from typing import Final

from numba import njit

from tracker.decode.ais import layout as at
from tracker.decode.ais.layout import State
from tracker.rollover import ROLLOVER_US

STEP_US: Final = 600_000_000
"""Ten minutes: base stations are heard seldom at the edge of their range, and wrong ones are wrong by hours and more."""
_LEAD_US: Final = 120_000_000
"""A base station so far ahead of the bus's own clock, which comes every second or minute, is wrong, or that clock has died."""
_FIRST_US: Final = 978_307_200_000_000
"""2001-01-01."""
_OWN: Final = 1 << 40
"""Talkers are told from MMSI by it."""


@njit(cache=True, nogil=True, error_model="numpy")
def _set(time_us: int, teller: int, own: int, state: State) -> None:
    state.clock_us = time_us
    state.clock_from = teller
    state.clock_is_own = own
    state.candidate_us = at.NO_TIME
    state.doubt = 0
    state.watched_us = at.NO_TIME


@njit(cache=True, nogil=True, error_model="numpy")
def _suppose(time_us: int, teller: int, own: int, state: State) -> None:
    """A time that is not believed yet."""
    state.candidate_us = time_us
    state.candidate_from = teller
    state.candidate_first_us = time_us
    state.candidate_is_own = own
    state.candidate_times = 1


@njit(cache=True, nogil=True, error_model="numpy")
def _at_first(time_us: int, teller: int, state: State) -> int:
    """A first time, with the weeks that its teller is known to have lost."""
    for k in range(state.lost_weeks):
        if state.lost[k, at.LOST_TELLER] == teller:
            return time_us + state.lost[k, at.LOST_US]
    return time_us


@njit(cache=True, nogil=True, error_model="numpy")
def _corrected(time_us: int, clock_us: int, state: State) -> int:
    """A time whose weeks are lost, with them; where it is the clock that lost them, the clock is corrected."""
    step_us = time_us - clock_us
    rollovers = (abs(step_us) + ROLLOVER_US // 2) // ROLLOVER_US
    if rollovers == 0 or abs(abs(step_us) - rollovers * ROLLOVER_US) > STEP_US:
        return time_us
    if step_us < 0:
        return time_us + rollovers * ROLLOVER_US
    known = state.lost_weeks
    if known < at.MOST_LOST:
        state.lost[known, at.LOST_TELLER] = state.clock_from
        state.lost[known, at.LOST_US] = rollovers * ROLLOVER_US
        state.lost_weeks = known + 1
    state.clock_us = time_us
    return time_us


@njit(cache=True, nogil=True, error_model="numpy")
def base_time(time_us: int, mmsi: int, state: State) -> None:
    """A base station tells its UTC."""
    if time_us < _FIRST_US:
        return
    if state.clock_us < 0:
        _set(_at_first(time_us, mmsi, state), mmsi, 0, state)
        return
    time_us = _corrected(time_us, state.clock_us, state)
    step_us = time_us - state.clock_us
    follows = state.candidate_us >= 0 and 0 <= time_us - state.candidate_us <= STEP_US
    if abs(step_us) <= STEP_US and (not state.clock_is_own or step_us <= _LEAD_US):
        if state.rivalry == 2:
            state.rivalry = 3
        if step_us > 0:
            state.clock_us = time_us
        state.clock_from = mmsi
        state.doubt = 0
        state.watched_us = at.NO_TIME
        if not state.candidate_is_own:
            state.candidate_us = at.NO_TIME
    elif state.rivalry == 2 and abs(time_us - state.candidate_us) <= STEP_US:
        _set(max(time_us, state.candidate_us), mmsi, 1, state)
        state.rivalry = 3
    elif state.rivalry == 2:
        return
    elif follows and not state.candidate_is_own:
        slept_us = time_us - state.candidate_first_us
        if state.candidate_from != mmsi and (not state.clock_is_own or slept_us > STEP_US):
            _set(time_us, mmsi, 0, state)
            state.rivalry = 0
            return
        state.candidate_us = time_us
        state.candidate_times += 1
        if (state.clock_from == mmsi and not state.clock_is_own) or slept_us > STEP_US:
            state.doubt = 1
    else:
        _suppose(time_us, mmsi, 0, state)


@njit(cache=True, nogil=True, error_model="numpy")
def own_time(time_us: int, talker: int, vouched: bool, has_status: bool, state: State) -> None:
    """RMC (which has a status) or ZDA tells the bus's UTC."""
    teller = _OWN + talker
    if has_status:
        if not vouched:
            state.void_from = teller
        elif state.void_from == teller:
            state.void_from = at.NO_TIME
    if time_us < _FIRST_US:
        return
    clock_us = state.clock_us
    if not vouched or state.void_from == teller:
        if clock_us < 0:
            return
        if state.watched_us < 0:
            state.watched_us = time_us
        elif time_us - state.watched_us > STEP_US:
            state.doubt = 1
        return
    if clock_us < 0:
        _set(_at_first(time_us, teller, state), teller, 1, state)
        return
    time_us = _corrected(time_us, clock_us, state)
    step_us = time_us - state.clock_us
    if abs(step_us) <= STEP_US:
        state.clock_us = time_us
        state.clock_from = teller
        state.clock_is_own = 1
        state.watched_us = at.NO_TIME
        if state.rivalry != 2:
            state.doubt = 0
            if state.candidate_us >= 0 and state.candidate_is_own:
                state.rivalry = max(state.rivalry, 1)
            else:
                state.candidate_us = at.NO_TIME
        return
    if state.rivalry >= 2:
        if state.rivalry == 2 and 0 <= time_us - state.candidate_us <= STEP_US:
            state.candidate_us = time_us
        return
    same_goes_on = step_us > 0 and state.clock_from == teller and state.rivalry == 0
    if not state.clock_is_own or same_goes_on:
        _set(time_us, teller, 1, state)
        return
    follows = state.candidate_us >= 0 and state.candidate_is_own and 0 <= time_us - state.candidate_us <= STEP_US
    if follows and state.rivalry == 1:
        state.rivalry = 2
        state.candidate_us = time_us
        state.doubt = 1
    elif follows:
        _set(time_us, teller, 1, state)
    else:
        _suppose(time_us, teller, 1, state)
        state.rivalry = 0
        state.doubt = 1
