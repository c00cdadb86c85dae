"""What ends the program again and again is set aside: a chunk, a step of the watermark, a settlement of late rows.

::

    work begins  -> its place is noted in the file ``in_hand`` (not synced: the file outlives the process, not the machine)
    work is done -> the note is taken back
    an exception nobody expects, or a crash whose stack is that of the work -> a death, in ``quarantine.json``
    the third death of late at the same place -> that place is set aside, and told

A place is the same in every life: a chunk has its position in the journal, a step and a settlement their span of event time. Lives cut event time
differently, so of deaths in steps the span is set aside that all of them share.

=============  =======================================================================================================
chunk           its bytes are not decoded; they stay in the journal, and count as one reject (``program_fault``)
step            positions of its span are stored as ``program_fault`` and judge nothing; static reports are kept in the journal only
settlement      nothing before its end is settled any more: late rows from there are stored and judge nothing
=============  =======================================================================================================

Only what the program does to itself is a death. Whoever kills it from outside (``kill -9``, a power loss, want of memory) leaves no stack in the file
``crash`` (``faulthandler``), and one who is killed a thousand times sets nothing aside.
"""

from __future__ import annotations

import faulthandler
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

from streams.private import make_private_folder, open_private, private_handle, replace_private
from tracker.engine.work import CHUNK, SETTLEMENT, STEP, Place
from tracker.faults import fault_of
from tracker.printable import brief
from tracker.units import NEVER_US

DEATHS: Final = 3
"""So many deaths at one place set it aside: the first may be an accident of the machine, the second of a start too early."""
_REMEMBERED: Final = 10
"""Deaths remembered: places that kill in turn are all found."""
_MOST_ASIDE: Final = 200
_NOTE_BYTES: Final = 1024
_OF_THE_WORK: Final = ("tracker/watch/life.py", "tracker/engine/")
"""One of these is on the stack of whoever works on what is in hand; a question at the door or the writer of the store may crash meanwhile."""


@dataclass(frozen=True, slots=True)
class Death:
    """A life that ended at its work: where, and how many did there so far. ``is_aside``: the place is set aside from now on."""

    place: Place | None
    error: str
    times: int = 0
    is_aside: bool = False


class Quarantine:
    """What is in hand and what is set aside, in the folder of the program's state; without a folder nothing outlives this object."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._hand: list[Place] = []
        self._handle: int | None = None
        self._deaths: list[Place] = []
        self.aside: list[Place] = []
        """Places set aside, the latest last."""
        self._chunks: dict[tuple[str, str], Place] = {}
        self._load()

    # -- work --------------------------------------------------------------------------------------------------------------

    @contextmanager
    def holding(self, place: Place) -> Iterator[None]:
        """Work at a place. What raises leaves the note: :meth:`died` or :meth:`clear` follows."""
        self._hand.append(place)
        self._note(place)
        yield
        self._hand.pop()
        self._note(self._hand[-1] if self._hand else None)

    def chunk_aside(self, line: str, position: str) -> Place | None:
        """The place, where a chunk is set aside."""
        return self._chunks.get((line, position)) if self._chunks else None

    def steps_aside(self, after_us: int, up_to_us: int) -> list[Place]:
        """The steps set aside that reach into a span of event time."""
        span = Place(STEP, after_us=after_us, up_to_us=up_to_us)
        return [place for place in self.aside if place.shared_with(span) is not None]

    @property
    def settled_to_us(self) -> int:
        """Nothing up to here is settled any more."""
        return max((place.up_to_us for place in self.aside if place.kind == SETTLEMENT), default=NEVER_US)

    # -- deaths ------------------------------------------------------------------------------------------------------------

    def clear(self) -> Death | None:
        """A life ended for a reason that has nothing to do with what was in hand: that is no death."""
        self._hand.clear()
        self._note(None)
        return None

    def died(self, exc: BaseException) -> Death | None:
        """A life ended by an exception nobody expected; None where nothing was in hand."""
        place = self._hand[-1] if self._hand else None
        self.clear()
        return None if place is None else self._died(place, fault_of(exc, "").note())

    def crashed(self, stack: str) -> Death | None:
        """What the process before died of, by the stack it left (:func:`note_crashes`); None where it left none."""
        place = self._left_in_hand()
        self.clear()
        if not stack:
            return None
        error = _error_of(stack)
        if place is None or not any(file in stack for file in _OF_THE_WORK):
            return Death(None, error)
        return self._died(place, error)

    def _died(self, place: Place, error: str) -> Death:
        shared, times = place, 1
        for earlier in reversed(self._deaths):
            if (again := shared.shared_with(earlier)) is not None:
                shared, times = again, times + 1
        self._deaths = [*self._deaths, replace(place, error=error)][-_REMEMBERED:]
        is_aside = times >= DEATHS
        if is_aside:
            self.aside = [*self.aside, replace(shared, error=error)][-_MOST_ASIDE:]
            self._deaths = [one for one in self._deaths if shared.shared_with(one) is None]
        self._store()
        return Death(shared if is_aside else place, error, times, is_aside)

    # -- files -------------------------------------------------------------------------------------------------------------

    def _note(self, place: Place | None) -> None:
        if self._folder is None:
            return
        content = b"" if place is None else json.dumps(asdict(place)).encode()[:_NOTE_BYTES]
        with suppress(OSError):  # a disk that is full costs the memory of one death
            if self._handle is None:
                make_private_folder(self._folder)
                self._handle = private_handle(self._folder / "in_hand", os.O_RDWR | os.O_CREAT)
            os.pwrite(self._handle, content.ljust(_NOTE_BYTES), 0)

    def _left_in_hand(self) -> Place | None:
        if self._folder is None:
            return None
        with suppress(OSError, ValueError, TypeError):
            return Place(**json.loads((self._folder / "in_hand").read_bytes()[:_NOTE_BYTES]))
        return None

    def _load(self) -> None:
        if self._folder is None:
            return
        with suppress(OSError, ValueError, TypeError, KeyError):
            kept = json.loads((self._folder / "quarantine.json").read_bytes())
            self._deaths = [Place(**one) for one in kept["deaths"]]
            self.aside = [Place(**one) for one in kept["aside"]]
        self._chunks = {(one.line, one.position): one for one in self.aside if one.kind == CHUNK}

    def _store(self) -> None:
        self._chunks = {(one.line, one.position): one for one in self.aside if one.kind == CHUNK}
        if self._folder is None:
            return
        kept = {"deaths": [asdict(one) for one in self._deaths], "aside": [asdict(one) for one in self.aside]}
        with suppress(OSError):  # then this process remembers, and the next one begins to count anew
            replace_private(self._folder / "quarantine.json", json.dumps(kept, indent=1))


def note_crashes(path: Path) -> str:
    """Have a crash of this process leave its stack in a file; gives the stack that the process before left there, empty if none."""
    stack = ""
    with suppress(OSError):
        stack = path.read_text(encoding="utf-8", errors="replace").strip()
    with suppress(OSError):
        make_private_folder(path.parent)
        file: IO[Any] = open_private(path, "wb")
        faulthandler.enable(file, all_threads=False)
        _KEPT_OPEN.append(file)
    return stack


_KEPT_OPEN: Final[list[IO[Any]]] = []
"""Files of crashes: ``faulthandler`` writes into them for as long as the process lives."""


def _error_of(stack: str) -> str:
    """The first line of a stack, and where it was."""
    lines = stack.splitlines()
    where = next((line.strip() for line in lines if line.lstrip().startswith("File ")), "")
    return brief(f"{lines[0]} at {where.removeprefix('File ') or 'unknown'}", 300)
