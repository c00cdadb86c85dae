"""Playing recordings as a live feed: the pace, and the stamps that go with it.

Let a recording last from ``t0`` to ``t1`` and be played at ``speed`` from the wall's ``w0`` on. A unit of ``t`` leaves at ``w0 + (t - t0) / speed``.
Its stamp is ``t`` moved by one shift for all, so that speeds, courses and silences are those of the recording, and never lies ahead of the moment at
which it leaves: a live program refuses what claims to be from the future.

- ``speed`` 1 and below: the first unit is stamped now.
- above 1: the *last* unit is stamped with the moment at which it leaves. Stamps begin ``(t1 - t0) * (1 - 1 / speed)`` in the past and run ``speed``
  times as fast as the wall's clock, which they meet at the end: a day played at speed 60 begins 23 h 36 min ago and is over in 24 min.

Shifts are whole seconds. Rounds of a loop follow each other as if recorded so. Files are merged by the times in them, each file in its own order.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from streams.time import US_PER_S, Clock
from tracker.errors import InputError
from tracker.restamp.units import UNDATED, Recording, Unit

UNTIMED_STEP_US: Final = 20_000
"""Pace of units without any time: fifty a second, as in a busy harbour."""
BETWEEN_ROUNDS_US: Final = US_PER_S
GATHERED_BYTES: Final = 1 << 16
"""So much is given out in one piece, if it is due."""
_BROKEN_US: Final = 366 * 24 * 3600 * US_PER_S
"""A time this far from the middle of the others is a broken clock and neither paces nor anchors anything."""


class Out(Protocol):
    """What is played to (``streams.senders``)."""

    def is_heard(self) -> bool:
        """Whether anybody takes something now."""

    def send(self, data: bytes) -> None:
        """Give units out."""


@dataclass(frozen=True, slots=True)
class Span:
    """First and last time of recordings, both None where they say none; and how many units they have."""

    first_us: int | None
    last_us: int | None
    units: int

    @property
    def length_us(self) -> int:
        """How long it lasts."""
        if self.first_us is None or self.last_us is None:
            return self.units * UNTIMED_STEP_US
        return self.last_us - self.first_us


@dataclass(slots=True)
class Progress:
    """How far the play is."""

    units: int = 0
    data_bytes: int = 0
    played_us: int = 0
    """Of the recording's own time, all rounds together."""


def span_of(recordings: Sequence[Recording]) -> Span:
    """What the recordings hold; reads them once. The middle of the times decides which far ones are broken clocks."""
    times: list[int] = []
    count = 0
    for recording in recordings:
        last: int | None = None
        for unit in recording.units():
            count += 1
            if unit.time_us is not None and unit.time_us != last:
                last = unit.time_us
                times.append(last)
    if not times:
        return Span(None, None, count)
    times.sort()
    middle = times[len(times) // 2]
    near = [instant for instant in times if abs(instant - middle) <= _BROKEN_US]
    return Span(near[0], near[-1], count)


def check(recordings: Sequence[Recording], speed: float, rounds: int, *, as_is: bool) -> None:
    """Refuse what cannot be played so.

    Raises
    ------
    InputError
        kinds that one connection cannot carry together; a speed or an endless loop that would put stamps into the future.
    """
    families = {recording.kind for recording in recordings}
    if len(families) > 1:
        raise InputError(
            f"{', '.join(sorted(families))} do not go over one connection",
            "feed",
            "play each kind to a port of its own",
        )
    if speed > 1 and not as_is and families & set(UNDATED):
        kind = next(iter(families))
        mend = "play it at --speed 1, or with --as-is to look at bytes only"
        raise InputError(
            f"{kind} carries no dates: whoever receives it faster sees craft that fly faster", "--speed", mend
        )
    if speed > 1 and rounds == 0 and not as_is:
        raise InputError(
            "a loop without end would overtake the clock", "--loop", "give a number of rounds, or --speed 1"
        )


def shift_us(span: Span, speed: float, rounds: int, now_us: int) -> int:
    """What is added to every stamp of the first round, in whole seconds."""
    if span.first_us is None or span.last_us is None:
        return 0
    all_us = span.length_us * rounds + BETWEEN_ROUNDS_US * (rounds - 1)
    begin_us = now_us if speed <= 1 else now_us + int(all_us / speed) - all_us
    return (begin_us - span.first_us) // US_PER_S * US_PER_S


def play(
    recordings: Sequence[Recording], span: Span, out: Out, clock: Clock, *,
    speed: float, rounds: int, as_is: bool, most_bytes: int = GATHERED_BYTES, wait: Callable[[float], bool], tell: Callable[[Progress], None],
) -> Progress:  # fmt: skip
    """Play until the end of the last round (``rounds`` 0: never) or until ``wait`` says that somebody wants an end.

    While nobody hears, time stands still: the stamps are behind then, never ahead.
    """
    progress = Progress()
    if not _until_heard(out, wait):
        return progress
    begun_us = clock.now_us()
    undated = any(recording.kind in UNDATED for recording in recordings)
    first_shift_us = 0 if as_is or undated else shift_us(span, speed, max(rounds, 1), begun_us)
    round_us = span.length_us + BETWEEN_ROUNDS_US
    number = 0
    while rounds == 0 or number < rounds:
        moved_us = 0 if as_is or undated else first_shift_us + number * round_us
        for data, passed_us, units in _gathered(_merged(recordings, moved_us), span, most_bytes):
            progress.played_us = number * round_us + passed_us
            due_us = begun_us + int(progress.played_us / speed)
            while (left_us := due_us - clock.now_us()) > 0:
                if not wait(min(left_us / US_PER_S, 0.2)):
                    return progress
            if not out.is_heard():
                silent_us = clock.now_us()
                if not _until_heard(out, wait):
                    return progress
                begun_us += clock.now_us() - silent_us
            out.send(data)
            progress.units += units
            progress.data_bytes += len(data)
            tell(progress)
            if not wait(0.0):
                return progress
        number += 1
    return progress


def _until_heard(out: Out, wait: Callable[[float], bool]) -> bool:
    while not out.is_heard():
        if not wait(0.0):
            return False
    return True


def _merged(recordings: Sequence[Recording], moved_us: int) -> Iterator[Unit]:
    """Units of all files by time; a file's own order is kept, whatever its times."""
    if len(recordings) == 1:
        yield from recordings[0].units(moved_us)
        return

    def keyed(place: int, recording: Recording) -> Iterator[tuple[int, int, int, Unit]]:
        reached = 0
        for number, unit in enumerate(recording.units(moved_us)):
            reached = max(reached, unit.time_us or 0)
            yield reached, place, number, unit

    for *_, unit in heapq.merge(*(keyed(place, recording) for place, recording in enumerate(recordings))):
        yield unit


def _gathered(units: Iterator[Unit], span: Span, most_bytes: int) -> Iterator[tuple[bytes, int, int]]:
    """Units that are due at the same time in one piece: bytes, recorded time passed since the beginning, how many.

    ``time_us`` of a unit is the recorded one; a broken clock's neither goes on nor back.
    """
    held: list[bytes] = []
    size = count = 0
    passed_us = due_us = 0
    for unit in units:
        count += 1
        if span.first_us is None or span.last_us is None:
            due_us = count * UNTIMED_STEP_US
        elif unit.time_us is not None and span.first_us <= unit.time_us <= span.last_us:
            due_us = max(passed_us, unit.time_us - span.first_us)
        if held and (due_us > passed_us or size + len(unit.data) > most_bytes):
            yield b"".join(held), passed_us, len(held)
            held, size = [], 0
        passed_us = due_us
        held.append(unit.data)
        size += len(unit.data)
    if held:
        yield b"".join(held), passed_us, len(held)
