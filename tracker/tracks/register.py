"""Which craft are remembered: a budget, and the rule whom to forget first (docs/decisions/0009-whom-to-forget.md).

Everything behind it (tracks, detectors, port calls, the linker) keeps state by craft, and only of craft admitted here. So what all of them keep is bounded
by ``most_craft``. The rule is a function of the rows in event-time order; whatever is decided for all craft at once is decided at the end of a minute
of event time in which there was a row. Neither cuts nor the cadence of the watermark change anything.

- **Calm**: everybody is admitted at the first report. Where there is room, nothing here is ever noticed.
- **Pressed**, from the end of the minute in which more than 7/8 of the budget are admitted: newcomers are on *probation*, that is counted and stored but not judged,
  until they have given ``proof_reports`` over ``proof_min``. Calm again when those on probation heard within the hour, all admitted at once, would press nobody.
- **Forgetting**, whenever more than 7/8 are admitted, down to 3/4: first who was silent for longer than anything remembers; then strangers, see
  :func:`_order_of_strangers`; then *regulars* silent for a day. A regular has given ``regular_reports`` over ``regular_min``. Who has an open event or is meant by papers
  comes after all others that are strangers, too, and, once a regular, is not forgotten; ``kept_back`` (tracked by an order, named by papers) never.
- **Full**: beyond ``most_craft`` nobody is admitted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from streams.borrowed import borrowed
from streams.cache_lines import ROWS_AHEAD, prefetch
from streams.keyed_state import KeyedState
from streams.records import state_columns
from streams.snapshot import Later, pack_later, scalars, unpack
from tracker.positions import PositionBatch
from tracker.schema import check_thresholds, read_only, threshold
from tracker.statics import StaticBatch
from tracker.units import NEVER_US, US_PER_DAY, US_PER_H, US_PER_MIN

OVER_BUDGET: Final = 6
"""Fate of a row whose craft is not admitted, beside those of ``tracker.tracks.segments``; ``tracker.store.append.QUALITIES`` names it."""
_LAYOUT: Final = 1
_TICK_US: Final = US_PER_MIN
_LONGEST_MEMORY_US: Final = 31 * US_PER_DAY
"""Longer than any detector, port call or static memory keeps a silent craft (30 days)."""
_PASSED_US: Final = US_PER_H
_FEW: Final = 4
"""Reports from which on strangers are told apart by silence alone: invented craft come once or a few times."""
_LONG_SILENT_US: Final = US_PER_DAY
_ABSENT: Final = -1
_MOST_REPORTS: Final = 1_000_000
"""Reports are counted up to here."""


@dataclass(frozen=True, slots=True)
class RegisterConfig:
    """How many craft are remembered, and who counts as known."""

    most_craft: int = threshold(
        600_000, "So many craft are remembered at most; some 3 kB each.",
        "the world's month: 400,000 AIS identities, and 200,000 of the aircraft behind 262,588 flights of a day (podroze.onet.pl, Flightradar24)",
        low=64,
    )  # fmt: skip
    regular_reports: int = threshold(
        10,
        "A craft that gave so many reports is a regular, no stranger.",
        "ours: invented craft come once or a few times",
        low=2,
    )
    regular_min: float = threshold(
        30.0,
        "And over so long a time.",
        "ours: a class A ship at anchor gives ten reports in 27 min (ITU-R M.1371: every 3 min)",
    )
    proof_reports: int = threshold(
        3,
        "While memory is short, a newcomer is admitted after so many reports.",
        "as many as make a second transmitter believable",
        low=1,
    )
    proof_min: float = threshold(
        2.0, "And over so long a time.", "ours: under the 3 min of a ship at anchor, so three of its reports do"
    )

    def __post_init__(self) -> None:
        check_thresholds(self)


class _Craft:
    """What is kept of one craft."""

    last_us: int = NEVER_US
    since_us: int = NEVER_US
    reports: Annotated[int, "i4"] = 0
    """Since then, ``_MOST_REPORTS`` at most."""
    source: Annotated[int, "i4"] = 0
    """That heard it first."""
    admitted: Annotated[int, "i1"] = _ABSENT
    """1 admitted, 0 waiting."""


class _Speakers(NamedTuple):
    """Rows in time order, the slot of whom each is of (-1: there is no room for it), and whether each is of one admitted, to be filled."""

    time_us: NDArray[np.int64]
    slot: NDArray[np.int32]
    source: NDArray[np.int32]
    is_in: NDArray[np.bool_]


class _Limits(NamedTuple):
    """Most craft, reports and time of a proof, and the silence after which a craft starts afresh."""

    most_craft: int
    proof_reports: int
    proof_us: int
    afresh_us: int


@dataclass(frozen=True, slots=True)
class Part:
    """Rows up to ``row`` and ``static`` (excluded), and which of them belong to craft admitted (None: all do).

    ``at_us`` is the end of the minute they end with, where somebody is to be forgotten there; else None, and they are all there are.
    """

    row: int
    static: int
    rows_in: NDArray[np.bool_] | None
    statics_in: NDArray[np.bool_] | None
    at_us: int | None


class CraftRegister:
    """Every craft heard, who of them is admitted, and who is to be forgotten.

    Take rows with :meth:`take`; where it ends a part with an instant, judge that part up to there and call :meth:`forget`.
    """

    def __init__(self, config: RegisterConfig | None = None) -> None:
        self.config = config = config or RegisterConfig()
        self._high = config.most_craft * 7 // 8
        self._low = config.most_craft * 3 // 4
        self._most_waiting = config.most_craft // 4
        self._state = KeyedState(state_columns(_Craft))
        self._limits = _Limits(
            config.most_craft, config.proof_reports, int(config.proof_min * US_PER_MIN), _LONGEST_MEMORY_US
        )
        self._admitted = np.zeros(2, dtype=np.int64)
        """Craft admitted, and how many there were when last as many as could be were forgotten."""
        self._tick_us: int | None = None
        """End of the minute under way; None when it is over."""
        self.is_pressed = False
        self._pressed_us = NEVER_US
        """When somebody was last forgotten to make room."""
        self.turned_away = self.forgotten = 0
        """Rows not judged, and craft forgotten to make room, since the start."""

    def __len__(self) -> int:
        return int(self._admitted[0])

    def admitted(self) -> NDArray[np.int64]:
        """The craft admitted, in order."""
        used = self._state.alive()
        return self._state.keys[used[self._state["admitted"][used] == 1]]

    @property
    def waiting(self) -> int:
        """Craft known but not admitted."""
        return len(self._state) - len(self)

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._state.nbytes

    def take(self, rows: PositionBatch, statics: StaticBatch, row: int, static: int, watermark_us: int) -> Part:
        """Enter the rows from ``row`` and the statics from ``static`` on, in time order, all at or before the watermark."""
        first_row, first_static = row, static
        rows_in = np.empty(len(rows) - row, dtype=np.bool_)
        statics_in = np.empty(len(statics) - static, dtype=np.bool_)
        at_us = None
        while True:
            ahead_us = _next_us(rows, statics, row, static)
            if self._tick_us is not None and (watermark_us if ahead_us is None else ahead_us - 1) >= self._tick_us:
                if self._is_over_full:
                    at_us = self._tick_us
                    break
                self._end_tick()
            if ahead_us is None:
                break
            if self._is_roomy(rows.craft[row:], statics.craft[static:]):
                stop_row, stop_static = len(rows), len(statics)
                self._tick_us = _end_of_tick_us(max(_last_us(rows), _last_us(statics)))
            else:
                self._tick_us = _end_of_tick_us(ahead_us)
                stop_row = int(np.searchsorted(rows.time_us, self._tick_us, side="right"))
                stop_static = int(np.searchsorted(statics.time_us, self._tick_us, side="right"))
            some, told = slice(row, stop_row), slice(static, stop_static)
            row_slots, static_slots = self._slots(rows, some, statics, told)
            follow(
                _Speakers(read_only(rows.time_us[some]), row_slots, read_only(rows.source[some]), rows_in[row - first_row :]),
                _Speakers(
                    read_only(statics.time_us[told]), static_slots, read_only(statics.source[told]), statics_in[static - first_static :]
                ),
                self._state.records, self._limits, self.is_pressed, self._admitted,
            )  # fmt: skip
            row, static = stop_row, stop_static
        rows_in, statics_in = rows_in[: row - first_row], statics_in[: static - first_static]
        away = len(rows_in) - int(np.count_nonzero(rows_in))
        self.turned_away += away
        return Part(row, static, rows_in if away else None, None if statics_in.all() else statics_in, at_us)

    def forget(self, held: Collection[int], kept_back: Collection[int]) -> NDArray[np.int64]:
        """Make room at the end of the minute: the craft to be forgotten by all that keep state, in order.

        ``held`` have an open event or are meant by papers, ``kept_back`` are never forgotten.
        """
        now_us, state = self._tick_us, self._state
        assert now_us is not None
        self.is_pressed, self._pressed_us = True, now_us
        slots = np.flatnonzero(state.alive_mask & (state["admitted"] == 1))
        slots = slots[~np.isin(state.keys[slots], _sorted(kept_back))]
        silent_us = now_us - state["last_us"][slots]
        expired = silent_us > _LONGEST_MEMORY_US
        gone = [slots[expired]]
        slots, silent_us = slots[~expired], silent_us[~expired]
        is_held = np.isin(state.keys[slots], _sorted(held))
        known_us = state["last_us"][slots] - state["since_us"][slots]
        regular = (state["reports"][slots] >= self.config.regular_reports) & (
            known_us >= self.config.regular_min * US_PER_MIN
        )
        excess = int(self._admitted[0]) - self._low - len(gone[0])
        strangers = slots[~regular]
        order, passed = _order_of_strangers(
            strangers, is_held[~regular], silent_us[~regular], state["reports"], state["source"], state.keys
        )
        gone.append(strangers[order[: max(excess, passed, 0)]])
        excess -= len(gone[1])
        if excess > 0:
            quiet = np.flatnonzero(regular & ~is_held & (silent_us > _LONG_SILENT_US))
            quiet = quiet[np.lexsort((state.keys[slots[quiet]], -silent_us[quiet]))]
            gone.append(slots[quiet[:excess]])
        leaving = np.concatenate(gone)
        keys = np.sort(state.keys[leaving])
        state.forget(leaving)
        self._admitted[0] -= len(keys)
        self._admitted[1] = self._admitted[0]
        self.forgotten += len(keys)
        self._end_tick()
        return keys

    def capture(self) -> Later:
        """The whole state of this instant."""
        kept = scalars(
            tick_us=NEVER_US if self._tick_us is None else self._tick_us, is_pressed=int(self.is_pressed), pressed_us=self._pressed_us,
            admitted=int(self._admitted[0]), after_forgetting=int(self._admitted[1]),
            turned_away=self.turned_away, forgotten=self.forgotten,
        )  # fmt: skip
        return pack_later("craft register", _LAYOUT, {"craft": self._state.capture(), "kept": kept})

    def snapshot(self) -> bytes:
        """The whole state as Arrow bytes."""
        return self.capture()()

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot; only on a register that has seen nothing yet."""
        tables = unpack("craft register", _LAYOUT, snapshot)
        self._state.restore_arrow(tables["craft"])
        kept = tables["kept"].to_pylist()[0]
        self._tick_us = None if kept["tick_us"] == NEVER_US else kept["tick_us"]
        self.is_pressed, self._pressed_us = bool(kept["is_pressed"]), kept["pressed_us"]
        self._admitted[:] = kept["admitted"], kept["after_forgetting"]
        self.turned_away, self.forgotten = kept["turned_away"], kept["forgotten"]

    @property
    def _is_over_full(self) -> bool:
        """Whether somebody is to be forgotten; where that was not enough the last time, it is tried again when more have come, and every hour."""
        admitted, after = self._admitted.tolist()
        return admitted > self._high and (admitted > after or (self._tick_us or 0) % US_PER_H == 0)

    def _is_roomy(self, *crafts: NDArray[np.int64]) -> bool:
        """Whether all these rows, if each unknown one were of a craft of its own, would press nobody: then minutes need not be told apart."""
        if self.is_pressed:
            return False
        room = self._high - len(self._state)
        if sum(map(len, crafts)) > room:
            return sum(int(np.count_nonzero(self._state.find(craft) < 0)) for craft in crafts) <= room
        return True

    def _slots(
        self, rows: PositionBatch, some: slice, statics: StaticBatch, told: slice
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Slots of some rows and statics; new ones for craft not known yet, in the order in which they speak, as far as there is room for more, else -1."""
        state, most = self._state, self.config.most_craft + 2 * self._most_waiting
        speakers, said = rows.craft[some], statics.craft[told]
        if len(speakers) + len(said) + len(state) <= most:
            return state.slots(speakers), state.slots(said)
        craft = np.concatenate([speakers, said])
        new = np.flatnonzero(state.find(craft) < 0)
        if len(new):
            time_us = np.concatenate([rows.time_us[some], statics.time_us[told]])[new]
            keys, first = np.unique(craft[new[np.argsort(time_us, kind="stable")]], return_index=True)
            state.slots(keys[np.argsort(first)][: max(most - len(state), 0)])
        return state.find(speakers), state.find(said)

    def _end_tick(self) -> None:
        """The minute is over: calm again where nobody would be pressed by who waits; of too many who wait the strangest go."""
        now_us, self._tick_us = self._tick_us, None
        if now_us is None or not (self.is_pressed or self.waiting):
            return
        state = self._state
        slots = np.flatnonzero(state.alive_mask & (state["admitted"] != 1))
        silent_us = now_us - state["last_us"][slots]
        lately = int(np.count_nonzero(silent_us <= US_PER_H))
        if lately + len(self) <= self._high and now_us - self._pressed_us >= US_PER_H:
            self.is_pressed = False
        if len(slots) > self._most_waiting:
            held = np.zeros(len(slots), dtype=np.bool_)
            order, _ = _order_of_strangers(slots, held, silent_us, state["reports"], state["source"], state.keys)
            state.forget(slots[order[: len(slots) - self._most_waiting // 2]])


@numba.njit(cache=True, nogil=True)
def follow(
    rows: _Speakers,
    statics: _Speakers,
    craft: NDArray[np.void],
    limits: _Limits,
    is_pressed: bool,
    count: NDArray[np.int64],
) -> None:
    """Positions and statics, each in time order, as one stream (at one instant positions first) into the state; who is in of each.

    ``count[0]`` of craft admitted is kept up.
    """
    rows, statics = borrowed(rows), borrowed(statics)
    i, k, n_rows, n_statics = 0, 0, len(rows.time_us), len(statics.time_us)
    while i < n_rows or k < n_statics:
        is_row = k >= n_statics or (i < n_rows and rows.time_us[i] <= statics.time_us[k])
        if is_row:
            if n_rows > ROWS_AHEAD:
                prefetch(craft, max(rows.slot[min(i + ROWS_AHEAD, n_rows - 1)], 0), 0)
            slot, now_us, source = rows.slot[i], rows.time_us[i], rows.source[i]
        else:
            slot, now_us, source = statics.slot[k], statics.time_us[k], statics.source[k]
        is_in = False
        if slot >= 0:
            one: _Craft = craft[slot]
            if one.admitted == _ABSENT or now_us - one.last_us > limits.afresh_us:
                one.since_us = now_us
                one.reports = 0
                one.source = source
                one.admitted = max(one.admitted, 0)
            one.last_us = now_us
            if one.reports < _MOST_REPORTS:
                one.reports += 1
            proven = not is_pressed or (
                one.reports >= limits.proof_reports and now_us - one.since_us >= limits.proof_us
            )
            if one.admitted == 0 and proven and count[0] < limits.most_craft:
                one.admitted = 1
                count[0] += 1
            is_in = one.admitted == 1
        if is_row:
            rows.is_in[i] = is_in
            i += 1
        else:
            statics.is_in[k] = is_in
            k += 1


def _order_of_strangers(
    slots: NDArray[np.int64], is_held: NDArray[np.bool_], silent_us: NDArray[np.int64], reports: NDArray[np.int32],
    source: NDArray[np.int32], keys: NDArray[np.int64],
) -> tuple[NDArray[np.int64], int]:  # fmt: skip
    """Strangers in the order in which they are forgotten, and how many of them have come and gone.

    Come and gone are those not held, heard fewer than ``_FEW`` times and silent for an hour. Then the others not held, then the held ones; of each the ones with fewer reports
    (up to ``_FEW``) first; of those the source that has brought the most gives up its longest silent ones first, so that no source can crowd out
    the newcomers of another.
    """
    few = np.minimum(reports[slots], _FEW)
    passed = ~is_held & (few < _FEW) & (silent_us > _PASSED_US)
    rank = np.where(passed, 0, np.where(is_held, 2 * _FEW + few, _FEW + few))
    by = source[slots]
    newest_first = np.lexsort((keys[slots], silent_us, by, rank))
    first = np.ones(len(slots), dtype=np.bool_)
    first[1:] = (rank[newest_first][1:] != rank[newest_first][:-1]) | (by[newest_first][1:] != by[newest_first][:-1])
    at = np.arange(len(slots))
    place = np.empty(len(slots), dtype=np.int64)
    place[newest_first] = at - np.maximum.accumulate(np.where(first, at, 0))
    order = np.lexsort((keys[slots], -silent_us, -place, rank))
    return order, int(np.count_nonzero(passed))


def _sorted(craft: Collection[int]) -> NDArray[np.int64]:
    return np.array(sorted(craft), dtype=np.int64)


def _end_of_tick_us(instant_us: int) -> int:
    return -(-instant_us // _TICK_US) * _TICK_US


def _next_us(rows: PositionBatch, statics: StaticBatch, row: int, static: int) -> int | None:
    """Time of the first row ahead."""
    ahead = [int(times[at]) for times, at in ((rows.time_us, row), (statics.time_us, static)) if at < len(times)]
    return min(ahead, default=None)


def _last_us(batch: PositionBatch | StaticBatch) -> int:
    return int(batch.time_us[-1]) if len(batch) else NEVER_US
