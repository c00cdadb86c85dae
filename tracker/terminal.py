"""The terminal as this program meets it: every text is data, no markup, and what is unseen is shown (``tracker.printable``).

The escape sequences of a ``Terminal`` are its own colours alone, whoever wrote the text between them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.segment import Segment
from rich.text import Text

from streams.time import US_PER_S, Clock, SystemClock
from tracker.errors import InterruptedByUser
from tracker.printable import printable

LINE_EVERY_S: Final = 30
"""A line of progress in a file or a pipe; seldom enough for a log, often enough to see that it goes on."""
PIPE_WIDTH: Final = 160
"""Columns assumed where the output is a file or a pipe."""


class Terminal(Console):
    """A console as wide as the terminal, or wide enough for tables where there is none."""

    def __init__(self, *, stderr: bool = False, **how: Any) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False, **how)
        if not self.is_terminal and "width" not in how:
            self.width = PIPE_WIDTH

    def render_str(self, text: str, **how: Any) -> Text:
        """A text of a table or a line, before it is measured; its own line ends stay."""
        return super().render_str("\n".join(printable(line) for line in text.split("\n")), **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is drawn in the end, whatever it was made of."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            if control or (text.isascii() and text.isprintable()) or text == "\n":
                yield segment
            else:
                yield Segment("\n".join(printable(line) for line in text.split("\n")), style)

    def say(self, sentence: str, style: str | None = None) -> None:
        """One sentence on one line, however long: a newline in it is shown and not made."""
        self.print(Text(printable(sentence)), style=style, soft_wrap=True)


err = Terminal(stderr=True)
out = Terminal()


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A progress bar on a terminal; nothing where stderr is a file."""
    if not err.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def reading(what: str, clock: Clock | None = None) -> Iterator[Callable[[int, int], None]]:
    """How far the reading of files is: a bar on a terminal, else a line every ``LINE_EVERY_S`` seconds. It is told bytes done, and in all."""
    if err.is_terminal:
        columns = (
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), DownloadColumn(binary_units=False), TransferSpeedColumn(),
            TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    lines = Lines(what, clock or SystemClock())
    yield lines.tell


@contextmanager
def steps(what: str, clock: Clock | None = None) -> Iterator[Callable[[str, float], None]]:
    """How far work in steps is: a bar on a terminal, else a line every ``LINE_EVERY_S`` seconds. It is told the step and the share of all that is done."""
    if err.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task(what, total=1.0)
            yield lambda step, share: bar.update(task, completed=share, description=f"{what}: {step}")
        return
    lines = Lines(what, clock or SystemClock())
    yield lines.tell_step


class Lines:
    """The lines of :func:`reading` and :func:`steps`."""

    def __init__(self, what: str, clock: Clock) -> None:
        self._what, self._clock = what, clock
        self._began_us = self._told_us = clock.now_us()

    def tell(self, done: int, total: int) -> None:
        """Say a line, if it is time."""
        passed_s = self._passed_s()
        if passed_s is not None:
            left_s = passed_s * (total - done) / done if done else 0.0
            err.say(f"{self._what}: {progress_sentence(done, total, passed_s, left_s)}")

    def tell_step(self, step: str, share: float) -> None:
        """The same of work in steps."""
        passed_s = self._passed_s()
        if passed_s is not None:
            left = _left(passed_s * (1.0 - share) / share) if share > 0.0 else "no telling how long it takes"
            err.say(f"{self._what}: {step}, {100.0 * share:.0f} % of all, {left}")

    def _passed_s(self) -> float | None:
        """Seconds since the beginning; None where it is not time for a line."""
        now_us = self._clock.now_us()
        if now_us - self._told_us < LINE_EVERY_S * US_PER_S:
            return None
        self._told_us = now_us
        return max((now_us - self._began_us) / US_PER_S, 1e-3)


def progress_sentence(done: int, total: int, passed_s: float, left_s: float) -> str:
    """How far it is, how fast, and how long it will take.

    >>> progress_sentence(250_000_000, 1_000_000_000, 60.0, 180.0)
    '250.0 MB of 1.0 GB, 25 %, 4.2 MB/s, about 3 min left'
    """
    share = f"{100 * done / total:.0f} %" if total else "all"
    return f"{_size(done)} of {_size(total)}, {share}, {_size(done / passed_s)}/s, {_left(left_s)}"


def _left(left_s: float) -> str:
    return f"about {left_s / 60:,.0f} min left" if left_s >= 90 else f"about {left_s:.0f} s left"


def _size(number: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number:,.0f} bytes"


class Stop:
    """Ctrl-C and SIGTERM as a question that the work asks between its steps; a second signal ends it at once."""

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise ``InterruptedByUser`` once a signal has come."""
        if self.signal_number is not None:
            raise InterruptedByUser(self.signal_number)

    def _note(self, number: int, _frame: object) -> None:
        if self.signal_number is not None:
            raise KeyboardInterrupt
        self.signal_number = number
        err.say("tidewaiter: stopping after this step; once more ends it at once", "yellow")


def hush() -> None:
    """Whoever read our output has gone (``query | head``): nothing more is written, not even at the end of the process."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
