"""Reload: zones, papers of the command line and thresholds are read again while the program runs, and take effect together or not at all.

::

    asked (door, SIGHUP) -> files are read in the asking thread -> what differs -> the loop applies it between two turns -> durable -> told
                               | a mistake in them: refused in one sentence, the old stays in force

Settings that are read once, at the start (sources, broker, addresses, where cells begin), are told and wait for the next start. Nothing of a zone or of papers
is written into the log but how many there are.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from threading import Lock
from types import MappingProxyType
from typing import Any, Final, Protocol

from streams.time import Clock
from tracker.cargo.book import CargoBook
from tracker.detectors import DETECTORS
from tracker.errors import InputError, StoreError, TrackerError
from tracker.geography.zones import Zone, ZoneSet
from tracker.settings import SECTIONS, Settings
from tracker.units import iso_time
from tracker.watch.world import World

RELOADABLE: Final = ("cargo", "tracks", "port_calls", *(entry.name for entry in DETECTORS), "alerts")
"""Sections of which a change takes effect; of all others at the next start."""
_OF_NOTHING_LIVE: Final = ("replay",)
_ANSWER_S: Final = 300.0
"""So long whoever asks waits for the loop: it may be catching up."""


class ReloadRefusedError(TrackerError):
    """What is remembered cannot be taken over; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line names, as it reads now."""

    settings: Settings
    book: CargoBook
    zones: ZoneSet


@dataclass(frozen=True, slots=True)
class Change:
    """What a reload changes: the world as it is to be, and what of it differs from the one in force."""

    world: World
    said: tuple[str, ...]
    """What changed, a sentence each."""
    anew: frozenset[str]
    """Detectors whose memory is laid out by what has changed."""
    gone_zones: frozenset[str]
    manifests: tuple[str, ...]
    """Ids of manifests that are new, other or gone."""
    waiting: tuple[str, ...]
    """Settings that take effect at the next start."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What became of a reload."""

    changed: tuple[str, ...]
    begun_anew: Mapping[str, str]
    """Detectors that began with nothing, each with why."""
    waiting: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The same in plain words."""
        told = "Nothing has changed." if not self.changed else f"In force now: {'; '.join(self.changed)}."
        for name, why in sorted(self.begun_anew.items()):
            told += f" The detector {name} begins anew, for {why}; what it had open is closed."
        if self.waiting:
            told += f" At the next start only: {', '.join(self.waiting)}."
        return told

    def to_json(self) -> dict[str, Any]:
        """For the door."""
        return {
            "changed": list(self.changed), "begun_anew": dict(self.begun_anew), "waiting": list(self.waiting),
            "sentence": self.sentence,
        }  # fmt: skip


def change_of(world: World, given: Given) -> Change:
    """What differs between the world in force and what is given."""
    configs, said, anew, waiting = dict(world.settings.configs), [], set(), []
    for section in SECTIONS:
        before, now = world.settings[section], given.settings[section]
        if before == now or section in _OF_NOTHING_LIVE:
            continue
        names = [item for item in fields(before) if getattr(before, item.name) != getattr(now, item.name)]
        if section not in RELOADABLE:
            waiting += [f"[{section}] {item.name}" for item in names]
            continue
        configs[section] = now
        said += [
            f"[{section}] {item.name} = {getattr(now, item.name)!r}, was {getattr(before, item.name)!r}"
            for item in names
        ]
        if any(item.metadata.get("lays_out") for item in names):
            anew.add(section)
    waiting += [
        f"[sources.{name}]"
        for name in sorted({*world.settings.sources, *given.settings.sources})
        if world.settings.sources.get(name) != given.settings.sources.get(name)
    ]
    zones, gone = _zones(world.zones, given.zones)
    manifests = _manifests(world.book, given.book)
    if zones:
        said.append(zones)
    boxes_differ = world.book.box_events != given.book.box_events
    if boxes_differ:
        said.append(f"papers: {len(given.book.box_events):,} events of boxes in all, other ones than before")
    if manifests:
        said.append(f"papers: {len(manifests):,} manifests are new, other or gone; {len(given.book.latest):,} in all")
    settings = replace(world.settings, configs=MappingProxyType(configs))
    made = replace(
        world, settings=settings, zones=given.zones if zones else world.zones,
        book=given.book if manifests or boxes_differ else world.book,
    )  # fmt: skip
    return Change(made, tuple(said), frozenset(anew), gone, manifests, tuple(waiting))


def _zones(before: ZoneSet, now: ZoneSet) -> tuple[str, frozenset[str]]:
    """What changed of the zones, in a sentence that names none; and the ids of those that are gone."""
    old, new = ({zone.zone_id: zone for zone in zones.zones} for zones in (before, now))
    gone = frozenset(old.keys() - new.keys())
    added, other = new.keys() - old.keys(), [key for key in old.keys() & new.keys() if _differ(old[key], new[key])]
    if not (gone or added or other):
        return "", gone
    told = f"zones: {len(added):,} new, {len(other):,} other, {len(gone):,} gone; {len(new):,} in all"
    return told, gone


def _differ(one: Zone, other: Zone) -> bool:
    is_alike = all(
        getattr(one, item.name) == getattr(other, item.name) for item in fields(Zone) if item.name != "outline"
    )
    return not (is_alike and one.outline.polygon.equals_exact(other.outline.polygon, 0.0))


def _manifests(before: CargoBook, now: CargoBook) -> tuple[str, ...]:
    """Ids of manifests of which a version is new, other or gone."""
    old, new = ({(one.manifest_id, one.version): one for one in book.manifests} for book in (before, now))
    differ = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    return tuple(sorted({manifest_id for manifest_id, _ in differ}))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to change, and whoever waits for what becomes of it."""

    change: Change
    answer: Future[Reloaded] = field(default_factory=Future)

    def tell(self, reloaded: Reloaded) -> None:
        """It is durable."""
        with suppress(Exception):
            self.answer.set_result(reloaded)

    def fail(self, error: BaseException) -> None:
        """It did not take effect."""
        with suppress(Exception):
            self.answer.set_exception(error)


class Log(Protocol):
    """Where the program says what happens to it."""

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing."""
        ...

    def warning(self, event: str, **fields: object) -> None:
        """Something a person should look at."""
        ...


class Reloadable(Protocol):
    """What goes on by what was read again (``tracker.watch.life``)."""

    def reload(self, change: Change) -> Reloaded:
        """Durable when it returns; ``ReloadRefusedError`` where nothing has changed."""
        ...


class ReloadQueue:
    """Between whoever asks for a reload and the loop: one at a time."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Asked] = queue.Queue(maxsize=1)

    def put(self, asked: Asked) -> None:
        """Hand one over."""
        self._queue.put_nowait(asked)

    def take(self) -> Asked | None:
        """The one that waits."""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None

    def apply(self, life: Reloadable) -> None:
        """Have a life go on by the one that waits; whoever asked is told once it is durable. Called by the loop."""
        if (asked := self.take()) is None:
            return
        try:
            asked.tell(life.reload(asked.change))
        except ReloadRefusedError as exc:
            asked.fail(exc)
        except BaseException as exc:  # the next life begins with what is in force
            asked.fail(exc)
            raise


class Reloader:
    """Reads again what the command line names, and has the loop take it over.

    Parameters
    ----------
    read:
        Reads it; raises ``InputError`` where something of it is wrong.
    world:
        The world in force; only a reload changes it.
    clock:
        Says when it was, for the status.
    """

    def __init__(
        self, read: Callable[[], Given], world: Callable[[], World], reloads: ReloadQueue, log: Log, clock: Clock
    ) -> None:
        self._read, self._world, self._reloads, self._log, self._clock = read, world, reloads, log, clock
        self._busy = Lock()
        self.last: dict[str, Any] | None = None
        """When the last was, whether it was refused, and what became of it in a sentence: for the status."""

    def reload(self) -> dict[str, Any]:
        """Do it now; what became of it. Called from any thread but the loop's.

        Raises
        ------
        InputError
            refused, in one sentence: what, where, how to mend it. The old stays in force.
        StoreError
            it could not be made durable; the same.
        """
        if not self._busy.acquire(blocking=False):
            raise StoreError("a reload is being made; ask again when it is done")
        try:
            asked = Asked(change_of(self._world(), self._read()))
            self._reloads.put(asked)
            try:
                told = asked.answer.result(_ANSWER_S)
            except TimeoutError:
                self._reloads.take()
                raise StoreError(
                    f"the program did not come to it within {_ANSWER_S:g} s; see its status, and ask again"
                ) from None
        except Exception as exc:
            sentence = str(exc) or type(exc).__name__
            self._note(sentence, is_refused=True)
            self._log.warning("reload_refused", error=sentence)
            if isinstance(exc, InputError | StoreError):
                raise
            raise StoreError(sentence) from exc
        finally:
            self._busy.release()
        self._note(told.sentence, is_refused=False)
        self._log.info(
            "reloaded", changed=list(told.changed), begun_anew=sorted(told.begun_anew), waiting=list(told.waiting)
        )
        return told.to_json()

    def _note(self, sentence: str, *, is_refused: bool) -> None:
        self.last = {"at": iso_time(self._clock.now_us()), "is_refused": is_refused, "sentence": sentence}

    def reload_on_signal(self) -> None:
        """As :meth:`reload`, with nobody to answer: the log says what became of it."""
        with suppress(InputError, StoreError):
            self.reload()
