"""The loop of the live program: sources are read, what came is judged, results are committed, snapshots are taken.

It alone knows the clock, and only to decide when to do something: nothing that is published depends on it. A source counts as idle by
monotonic time since its last bytes, so a wall clock that jumps moves no watermark.

A store that cannot be written (disk full, for instance) ends the life, not the program: sources go on filling their journals, and
every few seconds a new life is tried. It begins as after a kill. Whenever nobody is ready to read (kernels are compiled, a life begins, a store is
away), a thread of its own moves what sockets give to their journals.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from streams.errors import JournalError, SnapshotError
from streams.journal_index import JournalHead
from streams.journaled import JournaledSource
from streams.kafka_config import InRecord, OutRecord
from streams.kafka_source import KafkaSource
from streams.source import Judged, Source, SourceHealth
from streams.threads import at_once
from streams.time import US_PER_S, Clock, MonotonicClock, SteadyClock
from tracker.config.papers import PAPERS
from tracker.config.watch import CONTROL
from tracker.door.commands import DECISIONS, Answers, Command, CommandQueue
from tracker.errors import StoreError
from tracker.store import watch_state
from tracker.store.database import Database
from tracker.watch.belongs import check_store, expect_store, name_stream
from tracker.watch.coming_papers import ComingPapers, RecordSource
from tracker.watch.facts import LoopFacts
from tracker.watch.files import copies_folder
from tracker.watch.life import ClockSetBackError, Life
from tracker.watch.lines import Line
from tracker.watch.outbox import Outbox, Sink
from tracker.watch.quarantine import Death, Quarantine
from tracker.watch.reloading import ReloadQueue
from tracker.watch.rubbish import look_through_all, old_ones_set_aside
from tracker.watch.warm import warm_kernels
from tracker.watch.world import World
from tracker.web.operations import STARTING

_STORE_MEMORY: Final = "512MB"
"""What DuckDB may keep of the store: writers need little, two questions at the door at most 96 MB each (``tracker.door.questions``), and the state of a
hundred thousand craft needs the rest."""
_MOST_BYTES_A_TURN: Final = 4 << 20
_PAUSE_S: Final = 0.004
_RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_SNAPSHOT_BYTES: Final = 256 << 20
"""So many bytes of the sources lie at most between snapshots, whatever their times say."""
_SNAPSHOT_SHARE: Final = 20
"""Snapshots, until they are on the disk, take at most one part in so many of the time."""
_QUIET_US: Final = 2 * US_PER_S
"""Nothing came for so long and everything is done: said once."""
_FIRST_QUIET_US: Final = 10 * US_PER_S
"""A broker or a server may take so long before it gives anything at all."""
_TELL_US: Final = 10 * US_PER_S
"""How far long work is, is told so often."""
_TOPICS_AGAIN_S: Final = 15
"""So often it is seen to the topics while flags and orders cannot be read."""
_LISTEN_S: Final = 0.02
_TELL_HEADS_US: Final = 24 * 3600 * US_PER_S
_CATCH_UP_US: Final = 60 * US_PER_S
"""A source that gives nothing for so long, while the store waits for what it gave before, has lost it."""


class Log(Protocol):
    """Where the program says what happens to it (``tracker.operations.log``)."""

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing."""
        ...

    def warning(self, event: str, **fields: object) -> None:
        """Something a person should look at."""
        ...


class _StopAskedError(Exception):
    """Told to stop while a life was beginning: there is nothing in hand."""


class Watch:
    """Drives sources through lives.

    Parameters
    ----------
    sources:
        By name, not started. Sockets stay connected from life to life; others are made anew by ``remake``.
    control:
        Records of flags and orders with their kind, or none. Made anew in each life, as after a kill.
    clock:
        The receive clock. It decides nothing but whether what the store says can have been.
    make_sinks:
        Makes where messages go, by name; none where nothing is to be sent.
    """

    def __init__(
        self,
        world: World,
        store_path: Path,
        state_folder: Path,
        sources: Mapping[str, Source],
        remake: Callable[[str], Source],
        make_control: Callable[[], tuple[RecordSource, Callable[[InRecord], str]] | None],
        make_sinks: Callable[[], Mapping[str, Sink]],
        dead_letter: Callable[[OutRecord, str], OutRecord | None],
        log: Log,
        monotonic: Clock | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock
        self.world, self.facts = world, LoopFacts()
        self.quarantine = Quarantine(state_folder.parent)
        self.life: Life | None = None
        self.outbox: Outbox | None = None
        self.store: Database | None = None
        self._missed_us = 0
        self.commands = CommandQueue()
        """Flags and orders that came through the door."""
        self.papers: ComingPapers | None = None
        """Papers that come while it runs; None where none can."""
        self.reloads = ReloadQueue()
        """What was read again, to go on by."""
        self.sources = dict(sources)
        self.heard: set[int] = set()
        """Numbers of the lines that are not silent."""
        self.waited_for: set[int] = set()
        """Numbers of the lines that others wait for."""
        self.is_warming = False
        """Kernels are made ready; nothing is in hand."""
        self.on_turn: Callable[[Watch], None] = lambda _: None
        """Called after every turn, while kernels are made ready and while the store is away; by one thread at a time."""
        self.on_news: Callable[[], object] = lambda: None
        """Called after every commit of something published, in the writer's thread: it must not wait."""
        self.on_positions: Callable[..., object] = lambda rows, fate: None
        """Given rows as they were judged, with their fate: it must not wait."""
        self.store_path, self._state_folder = store_path, state_folder
        self._remake, self._make_control, self._make_sinks, self._dead_letter = (
            remake,
            make_control,
            make_sinks,
            dead_letter,
        )
        self._log = log
        self._monotonic = monotonic or MonotonicClock()
        self._started: set[str] = set()
        self._was_live = False
        self._snapshot_took_us = 0
        self._were_compared = False
        self._heads_told_us: int | None = None
        self._control: tuple[RecordSource, Callable[[InRecord], str]] | None = None

    @property
    def healths(self) -> dict[str, SourceHealth]:
        """How each source does; who reads flags and orders is one of them, called ``control``."""
        healths = {name: source.health for name, source in self.sources.items()}
        if (control := self._control) is not None:
            healths[CONTROL] = control[0].health
        if self.papers is not None and (health := self.papers.health) is not None:
            healths[PAPERS] = health
        return healths

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. Returns when everything in hand is durable, or as much of it as ``stop_s`` allows."""
        self._log.info(
            "warming",
            said="kernels are loaded in some seconds, or compiled in some minutes at the first start of an installation",
        )
        begun_us = self._monotonic.now_us()
        self.on_turn(self)
        try:
            self.is_warming = True
            with self._listening():
                warm_kernels(self.world)
                self.is_warming = False
            self._log.info("warm", took_s=round((self._monotonic.now_us() - begun_us) / US_PER_S, 1))
            with old_ones_set_aside():
                self._live_on(stop)
        finally:
            _together([source.close for source in self.sources.values()])
            self.facts.phase = "stopped"

    def _live_on(self, stop: threading.Event) -> None:
        """Lives, one after the other, until told to stop."""
        failures, wait_s = 0, 0.0
        while not stop.is_set():
            try:
                if wait_s:
                    self._wait(wait_s, stop)
                if not stop.is_set():
                    self._live(stop)
            except _StopAskedError:
                self.quarantine.clear()
                self._log.info("stopped_early")
            except ClockSetBackError as exc:
                self.quarantine.clear()
                wait_s = 0.0
                self._log.warning("clock_set_back", error=str(exc))
            except Exception as exc:
                # once it was live, or at work, nothing a disk, a store or a library may throw ends the program: it is said, and tried again
                is_of_a_disk = isinstance(exc, (StoreError, JournalError, SnapshotError))
                death = self.quarantine.clear() if is_of_a_disk else self.quarantine.died(exc)
                self._tell_death(death)
                if not (self._was_live or is_of_a_disk or death is not None):
                    raise
                self.facts.phase, self.facts.last_error = "store away", str(exc)
                wait_s = _RETRY_S[min(failures, len(_RETRY_S) - 1)]
                failures = 0 if self.facts.turns > 1000 else failures + 1
                self._log.warning("store_away", error=str(exc), retry_s=wait_s)

    def take_crash(self, stack: str) -> None:
        """Take to heart what the process before died of, by the stack it left."""
        self._tell_death(self.quarantine.crashed(stack))

    def _tell_death(self, death: Death | None) -> None:
        if death is not None:
            self._log.warning(
                "died", error=death.error, place=str(death.place or ""), times=death.times, is_set_aside=death.is_aside
            )

    def _wait(self, for_s: float, stop: threading.Event) -> None:
        """Wait, and say so meanwhile: a store that is away is no loop that hangs."""
        until_us = self._monotonic.now_us() + int(for_s * US_PER_S)
        with self._listening():
            while (left_s := (until_us - self._monotonic.now_us()) / US_PER_S) > 0 and not stop.is_set():
                self.on_turn(self)
                stop.wait(min(1.0, left_s))

    @contextmanager
    def lend(self) -> Iterator[Any]:
        """A cursor of the open store, for the door; ``StoreError`` while there is none. Called from its threads."""
        store = self.store
        if store is None:
            raise StoreError(STARTING if self.facts.phase == "starting" else f"the program is {self.facts.phase}")
        with store.lend() as cursor:
            yield cursor

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Meanwhile what sockets give goes to their journals: it may be long before somebody reads them."""
        sources = [source for source in self.sources.values() if isinstance(source, JournaledSource)]
        for source in sources:
            source.listen()
        done = threading.Event()

        def spool() -> None:
            looked_us = self._monotonic.now_us()
            while not done.is_set():
                # the loop's own thread compiles for minutes: whoever asks meanwhile is told how the sources do
                if self.is_warming and self._monotonic.now_us() - looked_us >= US_PER_S:
                    looked_us = self._monotonic.now_us()
                    self.on_turn(self)
                if sum(source.spool() for source in sources) == 0:
                    done.wait(_LISTEN_S)

        with ThreadPoolExecutor(1, thread_name_prefix="listen") as pool:
            spooled = pool.submit(spool)
            try:
                yield
            finally:
                done.set()
            spooled.result()

    def _live(self, stop: threading.Event) -> None:
        self.facts.turns = 0
        store: Database | None = None
        life: Life | None = None
        ended_well = False
        if self.facts.lives:
            look_through_all()  # the life before is over, and may be in cycles
        try:
            with self._listening():
                expect_store(self.store_path, self._state_folder.parent)
                store = self.store = Database(
                    self.store_path, memory=_STORE_MEMORY, is_confined=True, copies=copies_folder(self.store_path)
                )
                check_store(self.store_path, self._state_folder.parent, store.store_id)
                name_stream(store, self._state_folder.parent)
                self.facts.lives += 1
                life = self._new_life(store, stop)
                sinks = self._make_sinks()
                self.outbox = Outbox(store, sinks, self._dead_letter) if sinks else None
                positions = life.begin(None if self._clock is None else self._clock.now_us())
                if isinstance(self._clock, SteadyClock) and life.received_us is not None:
                    self._clock.not_before(life.received_us)
                self._compare_journals(store)
                life.tell_journal_heads(self._journal_heads)
                life.tell_streams(self.on_news, self.on_positions)
            self.life, self.facts.driven = life, None
            for line, error in life.lost_decoders.items():
                self.facts.decoders_lost += 1
                self._log.warning("decoders_lost", line=line, error=error)
            for name in list(self.sources):
                self._start(name, positions.get(name, {}))
            self._control = self._make_control()
            if self._control is not None:
                self._control[0].start(life.control_positions)
            if self.papers is not None:
                self.papers.begin(life)
            self.facts.phase = "catching up" if life.is_catching_up else "live"
            self._log.info("live", waits_for=life.waits_for, watermark_us=life.engine.watermark_us)
            self.on_turn(self)
            self._turns(life, stop)
            self._finish(life)
            ended_well = not life.is_catching_up
        finally:
            self.life = self.store = None
            closing = [] if self._control is None else [self._control[0].close]
            if self.papers is not None:
                closing.append(partial(self.papers.end, self.facts.phase))
            if self.outbox is not None:
                closing.append(self.outbox.close)
            _together(closing)
            self._control = self.outbox = None
            if life is not None:
                life.close()
            # rows without the word how far they reach would be stored a second time by the next life
            if store is not None and ended_well:
                store.close()
            elif store is not None:
                store.abandon()

    def _journaled(self) -> dict[str, JournaledSource]:
        return {name: source for name, source in self.sources.items() if isinstance(source, JournaledSource)}

    def _journal_heads(self) -> dict[str, JournalHead]:
        return {name: source.journal_head for name, source in self._journaled().items()}

    def _compare_journals(self, store: Database) -> None:
        """Once: is there still what the store knows of them?"""
        if self._were_compared:
            return
        self._were_compared = True
        known = store.ask(watch_state.read_journal_heads)
        for name, source in self._journaled().items():
            for sentence in source.journal_wrongs(known[name]) if name in known else []:
                self._log.warning("journal_changed", source=name, error=sentence)

    def _tell_heads(self, now_us: int) -> None:
        """Once a day, and in the beginning and at the end: the log is kept elsewhere."""
        if self._heads_told_us is None or now_us - self._heads_told_us >= _TELL_HEADS_US:
            self._heads_told_us = now_us
            for name, head in self._journal_heads().items():
                self._log.info("journal_head", source=name, **head.to_json())

    def _new_life(self, store: Database, stop: threading.Event) -> Life:
        """A life that tells what it does while it takes long to begin, and ends when told to stop meanwhile."""
        told_us = 0

        def on_driving_anew(why: str) -> None:
            nonlocal told_us
            self.facts.phase, self.facts.driven = "catching up", 0.0
            self._log.warning("driven_anew", error=why)
            told_us = self._monotonic.now_us()

        def on_way(driven: float) -> None:
            nonlocal told_us
            if stop.is_set():
                raise _StopAskedError
            self.facts.driven = driven
            if (now_us := self._monotonic.now_us()) - told_us >= _TELL_US:
                told_us = now_us
                self._log.info("driving_anew", percent=round(100 * driven, 1))
            self.on_turn(self)

        return Life(self.world, store, self._state_folder, on_driving_anew, on_way, self.quarantine)

    def _start(self, name: str, positions: Mapping[str, str]) -> None:
        source = self.sources[name]
        if name in self._started:
            if isinstance(source, JournaledSource):
                source.resume(positions)
                return
            source.close()
            source = self.sources[name] = self._remake(name)
        source.start(positions)
        self._started.add(name)

    def _turns(self, life: Life, stop: threading.Event) -> None:
        config = self.world.config
        now_us = self._monotonic.now_us()
        commit_us = caught_us = looked_us = now_us
        snapshot_us, snapshot_mark_us, snapshot_bytes = now_us, life.engine.watermark_us, 0
        begun_us = heard_us = now_us
        told_quiet = has_heard = False
        while not stop.is_set():
            turn_us = now_us
            with self._timed("read", config.step_s):
                heard = self._read(life, config.step_s)
            snapshot_bytes += heard
            now_us = self._monotonic.now_us()
            told = [] if life.is_catching_up else self._take_commands(life)
            if not life.is_catching_up:
                with self._timed("reload"):
                    self.reloads.apply(life)
                self.world = life.world
            brought: list[Callable[[], None]] = []
            if self.papers is not None and not life.is_catching_up:
                with self._timed("papers"):
                    brought = self.papers.take(life)
            self._mark_idle(life, now_us, begun_us)
            with self._timed("judge"):
                life.step()
            self._tell_faults(life)
            if life.is_catching_up:
                caught_us = now_us if heard else caught_us
                if now_us - caught_us > _CATCH_UP_US:
                    self._log.warning("bytes_lost", lines=life.waits_for)
                    life.give_up_catching_up()
            elif self.facts.phase != "live":
                self.facts.phase = "live"
                self._log.info("caught_up", watermark_us=life.engine.watermark_us)
            if heard:
                heard_us, told_quiet, has_heard = now_us, False, True
            elif (
                now_us - heard_us >= (_QUIET_US if has_heard else _FIRST_QUIET_US)
                and not told_quiet
                and self._is_settled(life)
            ):
                told_quiet = True
                at = {line.name: line.progress.position for line in life.lines.values()}
                self._log.info("idle", watermark_us=life.engine.watermark_us, positions=at)
            due = now_us - commit_us >= config.commit_s * US_PER_S
            struck_off = self.outbox is not None and self.outbox.has_struck_off
            if life.has_news or told or brought or (due and (life.is_dirty or struck_off or heard)):
                with self._timed("commit"):
                    self._commit(life, turn_us if life.has_news else None, told, brought)
                commit_us = now_us
            moved_us = life.engine.watermark_us - snapshot_mark_us
            rested_us = now_us - snapshot_us
            is_due = moved_us >= config.snapshot_s * US_PER_S or snapshot_bytes >= _SNAPSHOT_BYTES
            if is_due and rested_us >= max(US_PER_S, self._snapshot_took_us * _SNAPSHOT_SHARE):
                with self._timed("snapshot"):
                    self._snapshot(life)
                snapshot_us, snapshot_mark_us, snapshot_bytes = now_us, life.engine.watermark_us, 0
            if now_us - looked_us >= US_PER_S:
                looked_us = now_us
                if gone := life.store.gone:
                    raise StoreError(gone)
            self._tell_heads(now_us)
            self._miss_topics(now_us)
            self.facts.turns += 1
            self._was_live = True
            self.on_turn(self)

    def _miss_topics(self, now_us: int) -> None:
        """Flags and orders that cannot be read, for their topics were deleted perhaps: they are made again, though nothing is to be sent."""
        if self.outbox is None or self._control is None or now_us - self._missed_us < _TOPICS_AGAIN_S * US_PER_S:
            return
        if self._control[0].health.state == "waiting":
            self._missed_us = now_us
            self.outbox.prepare_again()

    def _tell_faults(self, life: Life) -> None:
        """What the program fell over goes to the log, a line each."""
        faults, life.faults = life.faults, []
        if faults:
            self.facts.fallen.update(life.engine.timeline.fallen)
        for line, fault in faults:
            self.facts.faults[fault.part] += fault.rows
            self._log.warning(
                "quarantined", line=line, part=fault.part, error=fault.error, place=fault.place, unit=fault.unit, rows=fault.rows
            )  # fmt: skip

    @contextmanager
    def _timed(self, part: str, due_s: float = 0.0) -> Iterator[None]:
        """What a part takes beyond what is its due."""
        before_us = self._monotonic.now_us()
        yield
        self.facts.took(part, (self._monotonic.now_us() - before_us) / US_PER_S - due_s)

    def _read(self, life: Life, for_s: float) -> int:
        """Take what the sources have, for the length of a turn; bytes taken."""
        until_us = self._monotonic.now_us() + int(for_s * US_PER_S)
        heard = 0
        while heard < _MOST_BYTES_A_TURN:
            moved = False
            for name, source in self.sources.items():
                chunk = source.read(0.0)
                if chunk is None:
                    continue
                moved = True
                heard += len(chunk.data)
                life.take(name, chunk)
                if chunk.data:
                    line = life.lines[name, chunk.part]
                    self._note_heard(life, line)
                    if chunk.voice and isinstance(source, Judged):
                        source.judge(chunk.voice, line.wasted_bytes(chunk))
            for source in self.sources.values():
                if isinstance(source, KafkaSource) and (found := source.unreadable()):
                    life.take_unreadable(found)
            if self._control is not None and not life.is_catching_up:
                record = self._control[0].read(0.0)
                if record is not None:
                    moved = True
                    life.take_control(record, self._control[1](record))
            if self.papers is not None and not life.is_catching_up:
                moved = self.papers.bring() or moved
            left_us = until_us - self._monotonic.now_us()
            if left_us <= 0:
                break
            if not moved:
                threading.Event().wait(min(_PAUSE_S, left_us / US_PER_S))
        return heard

    def _note_heard(self, life: Life, line: Line) -> None:
        """A line that gives bytes, but no later time for long, waits for nobody and nobody for it: as if it were silent."""
        line.last_heard_us = self._monotonic.now_us()
        frontier_us = life.engine.frontier_us(line.number)
        if frontier_us != line.frontier_us or line.moved_us is None:
            line.frontier_us, line.moved_us = frontier_us, line.last_heard_us

    def _is_settled(self, life: Life) -> bool:
        """Everything that came is durable and sent."""
        sent = self.outbox is None or self.outbox.is_all_sent
        return not (life.is_catching_up or life.is_dirty or life.has_news) and sent

    def _mark_idle(self, life: Life, now_us: int, begun_us: int) -> None:
        """Which lines hold the watermark no longer."""
        idle_us = int(self.world.config.idle_s * US_PER_S)

        def silent_for_us(line: Line) -> int:
            return now_us - (begun_us if line.moved_us is None else line.moved_us)

        self.heard = {line.number for line in life.lines.values() if silent_for_us(line) <= idle_us}
        self.waited_for = set()
        for line in life.lines.values():
            config = self.world.sources.get(line.source)
            silent_us = silent_for_us(line)
            apart = life.stands_apart(line, lambda other: other.number in self.heard)
            if config is None or not config.waits or apart:
                life.engine.set_idle(line.number, 0)
            else:
                self.waited_for.add(line.number)
                life.engine.set_idle(line.number, silent_us - idle_us if silent_us > idle_us else None)

    def _take_commands(self, life: Life) -> list[tuple[Command, Answers]]:
        """Take in what came through the door; each with what to answer once it is durable."""
        told: list[tuple[Command, Answers]] = []
        for command in self.commands.take():
            try:
                if command.kind == DECISIONS:
                    told.append((command, life.take_decisions(command.decisions, command.told_by)))
                else:
                    told.append((command, life.take_command(command.kind, command.content)))
            except BaseException as exc:
                for waiting, _ in [*told, (command, ())]:
                    waiting.fail(exc)
                raise
        return told

    def _commit(
        self,
        life: Life,
        news_us: int | None = None,
        told: Sequence[tuple[Command, Answers]] = (),
        brought: Sequence[Callable[[], None]] = (),
    ) -> None:
        """Commit; ``news_us`` is when the turn began that published something, ``told`` commands to be answered once it is durable, ``brought`` whom to tell of
        papers then."""
        outbox = self.outbox
        if outbox is not None:
            outbox.has_struck_off = False
        handed_us = self._monotonic.now_us()

        def is_durable() -> None:
            durable_us = self._monotonic.now_us()
            self.facts.took("disk", (durable_us - handed_us) / US_PER_S)
            if news_us is not None:
                self.facts.published((durable_us - news_us) / US_PER_S)
            for command, answers in told:
                command.tell(answers)
            for tell in brought:
                tell()
            if outbox is not None:
                outbox.wake()

        try:
            life.commit(then=is_durable)
        except BaseException as exc:
            for command, _ in told:
                command.fail(exc)
            raise
        self.facts.commits += 1
        for name, positions in life.safe_positions.items():
            self.sources[name].acknowledge(positions)

    def _snapshot(self, life: Life) -> None:
        before_us = self._monotonic.now_us()
        written = life.take_snapshot()
        self.facts.snapshot_s = (self._monotonic.now_us() - before_us) / US_PER_S
        self.facts.snapshot_at_us = before_us
        self.facts.snapshots += 1
        if written is not None:
            written.add_done_callback(lambda _: self._note_written(before_us))
        if life.snapshot_error:
            self._log.warning("snapshot_failed", error=life.snapshot_error)

    def _note_written(self, since_us: int) -> None:
        self._snapshot_took_us = self._monotonic.now_us() - since_us

    def _finish(self, life: Life) -> None:
        """Told to stop: what is in hand becomes durable, with a snapshot, so that the next start has nothing to catch up with."""
        until_us = self._monotonic.now_us() + int(self.world.config.stop_s * US_PER_S)
        if not life.is_catching_up:
            life.step()
            self._snapshot(life)
            if not life.shelf.wait(self.world.config.stop_s / 2):
                life.shelf.is_given_up = True
                self._log.warning("snapshot_given_up")
            life.commit(wait=True, then=None if self.outbox is None else self.outbox.wake)
        left_s = (until_us - self._monotonic.now_us()) / US_PER_S
        if self.outbox is not None and left_s > 0:
            self.outbox.wait_until_sent(left_s)
        self._heads_told_us = None
        self._tell_heads(self._monotonic.now_us())
        counts = life.engine.counts
        self._log.info(
            "stopped", reports=counts.reports, late=counts.late, too_late=counts.too_late,
            recomputations=counts.recomputations, recomputed_rows=counts.recomputed_rows,
            corrections=counts.corrections, commits=self.facts.commits, turns=self.facts.turns,
            snapshots=self.facts.snapshots, unsent=0 if self.outbox is None else self.outbox.status.depth,
        )  # fmt: skip


def _together(tasks: Sequence[Callable[[], object]]) -> None:
    """Close all at once: each may wait seconds for somebody who is away."""
    with ThreadPoolExecutor(max_workers=max(1, len(tasks)), thread_name_prefix="close") as pool:
        at_once(pool, tasks)
