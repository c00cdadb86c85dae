"""Whether the live program sees: clocks that are off, a watermark that cannot be, and rows of which none is judged. Plain values and sentences.

What is said here is a reason not to be ready. Each sentence tells what is wrong, where, what is done about it and how to mend it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from streams.clocks import Off
from streams.time import US_PER_S, SteadyClock
from tracker.rollover import lost_rollovers
from tracker.units import US_PER_DAY, US_PER_H, US_PER_MIN, iso_time
from tracker.watch.life import Life
from tracker.watch.lines import Line

WINDOW_US: Final = 300 * US_PER_S
"""The judged share is that of so much time."""
FEWEST_ROWS: Final = 50
LEAST_SHARE: Final = 0.1
"""Where less than this of the rows is judged in time, the program is as good as blind, whatever the cause."""
AGREE_US: Final = SteadyClock.AGREE_US
_SPANS: Final = (
    (366 * US_PER_DAY, 365.25 * US_PER_DAY, "years"),
    (2 * US_PER_DAY, US_PER_DAY, "days"),
    (90 * US_PER_MIN, US_PER_H, "h"),
    (2 * US_PER_MIN, US_PER_MIN, "min"),
)


def span_words(span_us: int) -> str:
    """A span of time as people say it: ``2.5 h``."""
    us = abs(span_us)
    for least_us, unit_us, name in _SPANS:
        if us >= least_us:
            return f"{us / unit_us:.1f} {name}".replace(".0 ", " ")
    return f"{us / US_PER_S:.0f} s"


def line_sentence(line: Line, *, is_apart: bool) -> str:
    """What is off with the clock of a line; empty where nothing is."""
    offset_us, off = line.clock.offset_us, line.clock.off
    if off is Off.NOT or offset_us is None:
        return ""
    weeks = 1024 * lost_rollovers(offset_us)
    why = f", {weeks:,} weeks as by a GPS receiver that lost a rollover:" if weeks else ":"
    who = f"source {line.source}" if line.name == line.source else f"source {line.source} ({line.name})"
    how_far = span_words(offset_us)
    if off is Off.AHEAD:
        return (
            f"the clock of {who} is {how_far} ahead of ours{why} its reports are stored as broken_clock and judge nothing; set it right, or write "
            f"clock_offset_s = {offset_us / US_PER_S:.0f} in [sources.{line.source}]"
        )
    if off is Off.PAST:
        done = (
            "they are stored and judge nothing, read recordings with tidewaiter replay"
            if is_apart
            else "they are judged as they come, and nothing judged is of now"
        )
        if weeks:
            return (
                f"{who} plays the past, or its clock is {weeks:,} weeks behind, as by a GPS receiver that lost a rollover: {done}; if it is the clock, write "
                f"clock_offset_s = {offset_us / US_PER_S:.0f} in [sources.{line.source}]"
            )
        return f"{who} plays the past, reports of {how_far} ago: {done}"
    done = "others do not wait for it, and it is settled as late" if is_apart else "nothing newer is judged"
    return (
        f"{who} is {how_far} behind: {done}; if it is its clock and not its delivery, set that right or write "
        f"clock_offset_s = {offset_us / US_PER_S:.0f} in [sources.{line.source}]"
    )


def life_sentences(life: Life, now_us: int, heard: set[int]) -> Iterator[str]:
    """What is off in a life: its lines, the machine's clock by their witness, the watermark. ``heard`` are the lines that are not silent."""
    for line in life.lines.values():
        is_apart = life.stands_apart(line, lambda other: other.number in heard)
        if not life.shift_us and (said := line_sentence(line, is_apart=is_apart)):
            yield said
    if life.shift_us:
        feeds = sorted({line.source for line in life.lines.values() if line.clock.offset_us is not None})
        yield (
            f"the clock of this machine is {span_words(life.shift_us)} behind what {', '.join(feeds)} say alike: set it right; until then "
            "reports without a time of their own are stored as broken_clock"
        )
    mark_us = life.engine.watermark_us
    if mark_us > 0 and mark_us > now_us + life.shift_us + AGREE_US:
        yield (
            f"what is judged is {span_words(mark_us - now_us)} ahead of the clock of this machine: set the clock right; if it is right, restart, "
            "and what was believed is taken back"
        )


def clock_sentences(clock: SteadyClock) -> Iterator[str]:
    """What is off with the machine's clock by itself."""
    now_us = clock.now_us()
    if clock.is_unset:
        yield "the clock of this machine was never set: set it, and switch time synchronisation on"
    elif clock.is_away:
        where = "ahead of" if clock.offset_us > 0 else "behind"
        yield (
            f"the clock of this machine is {span_words(clock.offset_us)} {where} the time that goes by our own receipts ({iso_time(now_us)}): it is believed "
            "when it has held for ten minutes and no source denies it; check time synchronisation"
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    at_us: int
    rows: int
    judged: int


class Judging:
    """How much of what comes is judged in time, over the last five minutes: a guard that asks for no cause.

    Rows of lines for which nobody waits are not counted as coming: they are late by nature, or something else is said of them already.
    """

    def __init__(self) -> None:
        self._seen: deque[_Seen] = deque()
        self._life: Life | None = None

    def look(self, life: Life | None, now_us: int, waited_for: set[int]) -> None:
        """Take note of what has come and what was judged; ``waited_for`` are the numbers of lines that hold the watermark."""
        if life is None or life is not self._life or life.is_catching_up:
            self._life = life
            self._seen.clear()
            if life is None or life.is_catching_up:
                return
        rows = sum(line.progress.rows for line in life.lines.values() if line.number in waited_for)
        if self._seen and rows < self._seen[-1].rows:  # another set of lines is waited for
            self._seen.clear()
        self._seen.append(_Seen(now_us, rows, life.engine.counts.reports))
        while now_us - self._seen[0].at_us > WINDOW_US and now_us - self._seen[1].at_us >= WINDOW_US:
            self._seen.popleft()

    @property
    def rows(self) -> int:
        """Rows that came in the window."""
        return self._seen[-1].rows - self._seen[0].rows if self._seen else 0

    @property
    def share(self) -> float | None:
        """Judged of what came; None while too little came, or the window is not full."""
        if not self._seen or self.rows < FEWEST_ROWS or self._seen[-1].at_us - self._seen[0].at_us < WINDOW_US:
            return None
        return min(1.0, (self._seen[-1].judged - self._seen[0].judged) / self.rows)

    def sentences(self) -> Iterator[str]:
        """Why nothing is to be relied on, if so."""
        share = self.share
        if share is not None and share < LEAST_SHARE:
            yield (
                f"{self.rows} reports came in the last five minutes and {share:.0%} of them were judged: the others are late, have a broken clock or "
                "wait for a source that is behind; look at the clock offsets of the sources and at tidewaiter_late_rows_total"
            )
