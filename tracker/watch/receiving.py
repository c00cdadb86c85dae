"""Papers on their way in, whichever way they come: read in a thread of their own, taken over by the loop in portions, told once they are durable.

::

    inbox ----.
    topic -----> document -> read (thread) -> portions -> the loop, between two turns -> commit -> told to where they came from
    door -----'

A document is one whole to whoever sent it: what becomes of it is told with its last portion. Cut off between two portions, it is read again from its beginning; what was
taken of it by then says nothing new.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from streams.time import US_PER_S, MonotonicClock
from tracker.cargo.ledger import CargoFile
from tracker.cargo.manifest import Manifest
from tracker.errors import StoreError
from tracker.faults import Fault, fault_of, panics_as_errors
from tracker.papers.document import Document
from tracker.papers.receive import Received
from tracker.store.papers import PaperChange

_MOST_WAITING: Final = 8
"""Documents that wait to be read; whoever brings more waits, or is told to come again."""
_MOST_READY: Final = 4
"""Portions that wait for the loop: what is read ahead of it lies in memory."""
_LOOK_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document: all that its portions changed."""

    document: Document
    change: PaperChange

    @property
    def notes(self) -> list[str]:
        """What is wrong with rows, the first of each cause: place, cause and mend."""
        return [f"row {one['at']}: {one['note']}" for one in self.change.to_json()["told"]]

    def to_json(self) -> dict[str, Any]:
        """For the door, as of a store at rest (``PaperChange.to_json``)."""
        return {"name": self.document.name, **self.change.to_json()}


@dataclass(slots=True)
class Bringing:
    """A document and whoever brought it: ``tell`` is called once it is durable, ``fail`` where it was not taken and should come again. From any thread."""

    document: Document
    tell: Callable[[Outcome], object]
    fail: Callable[[BaseException], object]
    place: Any = None
    """Where it stood, for whoever takes it over (a record of a topic)."""
    refusal: str | None = None
    """Why it holds nothing that could be read, where that is known before."""
    is_fault: bool = False
    """Whether the program itself failed on it."""
    generation: int = 0
    changes: list[PaperChange] = field(default_factory=list)
    """What its portions changed so far."""


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of what a document says."""

    bringing: Bringing
    received: Received
    is_last: bool

    def outcome(self) -> Outcome:
        """What became of the whole document; asked with its last portion."""
        changes = self.bringing.changes
        whole = replace(
            changes[-1],
            versions=tuple(version for change in changes for version in change.versions),
            said_before=sum(change.said_before for change in changes),
            not_judged=sum(change.not_judged for change in changes),
        )
        return Outcome(self.bringing.document, whole)


def portions(received: Received, most: int) -> Iterator[tuple[Received, bool]]:
    """A document cut between manifests, so that each part has at most so many consignments (or one manifest); and which is the last."""
    part: list[Manifest] = []
    size = 0
    cut: list[tuple[Manifest, ...]] = []
    for manifest in received.manifests:
        if part and size + len(manifest.consignments) > most:
            cut.append(tuple(part))
            part, size = [], 0
        part.append(manifest)
        size += len(manifest.consignments)
    for some in cut:
        yield replace(received, manifests=some, flags=(), box_events=()), False
    yield replace(received, manifests=tuple(part)), True


class Receiving:
    """Reads documents in a thread of its own, in the order in which they came; from construction until :meth:`close`.

    Parameters
    ----------
    read:
        Reads a document (``tracker.papers.receive.receive``).
    portion:
        Consignments the loop takes at a time.
    """

    def __init__(self, read: Callable[[Document], Received], portion: int) -> None:
        self._read, self._portion, self._monotonic = read, portion, MonotonicClock()
        self.faults: deque[Fault] = deque(maxlen=_MOST_WAITING)
        """What a reader fell over, until somebody has told it."""
        self._brought: queue.Queue[Bringing] = queue.Queue(maxsize=_MOST_WAITING)
        self._ready: queue.Queue[Portion] = queue.Queue(maxsize=_MOST_READY)
        self.read_s = 0.0
        """How long documents were read, all together."""
        self._generation = 0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pending: dict[int, Bringing] = {}
        """Whatever was brought and is not told of yet, by its identity."""
        self._thread = threading.Thread(target=self._run, name="papers", daemon=True)
        self._thread.start()

    @property
    def has_room(self) -> bool:
        """Whether another document would be taken now."""
        return not self._brought.full()

    @property
    def waiting(self) -> int:
        """Documents that are not durable yet."""
        return len(self._pending)

    def put(self, bringing: Bringing) -> bool:
        """Bring a document; False where too many wait."""
        with self._lock:
            bringing.generation = self._generation
            self._pending[id(bringing)] = bringing
        try:
            self._brought.put_nowait(bringing)
        except queue.Full:
            self.forget(bringing)
            return False
        if self._stop.is_set():
            self.drop(StoreError("the program is ending; send it again once it runs"))
        return True

    def take(self) -> Portion | None:
        """The next portion, for the loop."""
        while True:
            try:
                portion = self._ready.get_nowait()
            except queue.Empty:
                return None
            if portion.bringing.generation == self._generation:
                return portion

    def forget(self, bringing: Bringing) -> None:
        """It is told of."""
        with self._lock:
            self._pending.pop(id(bringing), None)

    def drop(self, error: BaseException) -> None:
        """The life that was to take them is over: whoever brought anything that is not durable is told so."""
        with self._lock:
            self._generation += 1
            pending, self._pending = list(self._pending.values()), {}
        for one in pending:
            with suppress(Exception):
                one.fail(error)

    def close(self) -> None:
        """Read no more."""
        self._stop.set()
        self.drop(StoreError("the program is ending; send it again once it runs"))

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                bringing = self._brought.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if bringing.generation != self._generation:
                continue
            begin_us = self._monotonic.now_us()
            received = self._received(bringing)
            self.read_s += (self._monotonic.now_us() - begin_us) / US_PER_S
            for part, is_last in portions(received, self._portion):
                self._hand_over(Portion(bringing, part, is_last))

    def _received(self, bringing: Bringing) -> Received:
        document, refusal = bringing.document, bringing.refusal
        if refusal is None:
            try:
                with panics_as_errors():
                    return self._read(document)
            except Exception as exc:  # a reader that falls over costs its document and nothing else
                fault = fault_of(exc, "papers", document.name)
                self.faults.append(fault)
                bringing.is_fault = True
                refusal = f"{document.name}: the program itself failed on it ({fault.error}); report it"
        return Received(document, "", (), CargoFile(document.name), refusal=refusal)

    def _hand_over(self, portion: Portion) -> None:
        while not self._stop.is_set() and portion.bringing.generation == self._generation:
            with suppress(queue.Full):
                self._ready.put(portion, timeout=_LOOK_S)
                return
