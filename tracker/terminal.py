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
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.text import Text

from tracker.errors import InterruptedByUser
from tracker.printable import printable

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
