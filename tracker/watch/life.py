"""One life of the live program over an open store: it begins by being what it was at the last commit, and goes on from there.

=====================  =====================================================================================
``catch_up``           how it becomes what the program was at the last commit
``line_clocks``        which times of rows can be
``commands``           flags and orders
``durability``         commits, snapshots, and what is taken back of a wrong clock
=====================  =====================================================================================

Each keeps what it knows; the life drives them, and the engine between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from streams.frontier import FrontierConfig
from streams.journal_index import JournalHead
from streams.kafka_config import InRecord
from streams.source import Chunk
from streams.time import US_PER_S
from tracker.alerts.desk import AlertDesk
from tracker.cargo.box_events import BoxEvent
from tracker.cargo.link import CargoLinker
from tracker.cargo.manifest import Manifest
from tracker.cargo.versions import ALWAYS_US
from tracker.decode.base import Decoded
from tracker.engine.engine import Engine
from tracker.engine.looking_back import LookingBack
from tracker.engine.papers import PaperLog
from tracker.engine.timeline import Timeline
from tracker.engine.work import CHUNK, Place
from tracker.faults import Fault
from tracker.store import append, watch_state
from tracker.store.database import Database
from tracker.store.papers import PaperChange, PaperStore
from tracker.store.verdicts import TakingDecisions
from tracker.topics.decisions import Decision
from tracker.units import US_PER_DAY, US_PER_H
from tracker.watch.catch_up import TAKEN_BACK, CatchUp, Parts
from tracker.watch.commands import Commands
from tracker.watch.control import Control
from tracker.watch.durability import Durability
from tracker.watch.line_book import LineBook
from tracker.watch.line_clocks import LineClocks
from tracker.watch.lines import Line
from tracker.watch.quarantine import Quarantine
from tracker.watch.receiving import Portion
from tracker.watch.record import StorePast, StoreRecorder
from tracker.watch.reloading import Change, Reloaded, ReloadRefusedError
from tracker.watch.shelf import Shelf
from tracker.watch.world import World


class ClockSetBackError(Exception):
    """The life is over: what it judged was of a wrong clock, the store says so, and the next one begins before it."""


class Life:
    """Engine, lines and store of one life. Driven by ``tracker.watch.loop``; it reads no clock.

    ``on_driving_anew`` is told why, before the detectors are driven over the whole store; ``on_way`` how much of it is done, from 0 to 1.
    """

    def __init__(
        self,
        world: World,
        store: Database,
        state_folder: Path,
        on_driving_anew: Callable[[str], object] = lambda _: None,
        on_way: Callable[[float], object] = lambda _: None,
        quarantine: Quarantine | None = None,
    ) -> None:
        self.world, self.store = world, store
        self._papers = PaperStore(store)
        self._quarantine = quarantine or Quarantine()
        self.faults: list[tuple[str, Fault]] = []
        """What the program fell over and set aside, with the name of its line, until somebody has told it."""
        if world.book.files:
            store.write(append.papers(world.book.tables(), None))
        self.control = Control()
        self._book = LineBook(world, store)
        self.papers = self._papers_known()
        """Papers with the watermark from which each counts, those of the store among them."""
        self._recorder = StoreRecorder(store, self._book.name_of, world.messages_of)
        self.shelf = Shelf(state_folder, int(world.config.horizon_h * US_PER_H))
        self.engine = self._new_engine()
        self._clocks = LineClocks(world, self._book, self.engine)
        self.commands = Commands(world, store, self.control, self.engine, self._recorder)
        self.engine.on_papers = self.commands.reconsider
        self.durability = Durability(
            world, store, self.shelf, self._book, self._clocks, self.commands, self.engine, self._recorder
        )
        parts = Parts(
            world, store, self.shelf, self._book, self._clocks, self.durability, self.engine, self._recorder, self._feed
        )
        self._catch_up = CatchUp(parts, on_driving_anew, on_way)

    def _papers_known(self) -> PaperLog:
        """What was given at the start, and what came by documents; superseded versions as far back as late rows may be judged by them."""
        committed = self.store.ask(watch_state.read_committed)
        since_us = 0 if committed is None else committed.watermark_us
        since_us = max(since_us - int(self.world.config.keep_statements_d * US_PER_DAY), 0)
        papers = PaperLog()
        papers.rebase(self.world.book.latest, self.world.book.box_events)
        for known_us, manifests in self._papers.in_order(since_us):
            papers.add(manifests, known_us or ALWAYS_US)
        for known_us, told in groupby(self._papers.box_events(), key=itemgetter(1)):
            papers.add((), known_us or ALWAYS_US, [event for event, _ in told])
        return papers

    def _new_engine(self) -> Engine:
        config = self.world.config
        frontier = FrontierConfig(
            lateness_us=int(config.lateness_s * US_PER_S),
            max_step_us=int(config.max_step_s * US_PER_S),
            least_lateness_us=int(config.least_lateness_s * US_PER_S),
        )
        past = StorePast(self.store, self.shelf, self._book.number_of, self._recorder)
        looking_back = LookingBack(
            past, self._recorder, int(config.settle_s * US_PER_S), int(config.horizon_h * US_PER_H)
        )
        return Engine(self._build, self._desk_of, frontier, self._recorder, looking_back, self._quarantine, self.papers)

    def _build(self) -> Timeline:
        return self.world.timeline(self._book.feeds, self.control.flags, self.control.tracked)

    def _desk_of(self, linker: CargoLinker) -> AlertDesk:
        return AlertDesk(linker, self.world.settings.alerts, self.control.tracked)

    # -- beginning ---------------------------------------------------------------------------------------------------------

    def begin(self, now_us: int | None = None) -> dict[str, dict[str, str]]:
        """Restore what there is; positions to start each source at, by source and part. ``now_us``: as of ``CatchUp.begin``."""
        self.commands.begin()
        committed = self.store.ask(watch_state.read_committed)
        if committed is None:
            self._catch_up.begin_empty()
            return {}
        self.durability.begin(committed)
        for row in self.store.ask(watch_state.read_lines):
            self._opened(self._book.add(row))
        positions = self._catch_up.begin(committed, now_us)
        self._heed_receive_clock()
        return positions

    @property
    def is_catching_up(self) -> bool:
        """Whether it is not yet what the program was at the last commit."""
        return self._catch_up.is_going_on

    @property
    def lost_decoders(self) -> Mapping[str, str]:
        """Lines whose decoders began anew, so that a message they had half of is lost, and why."""
        return self._catch_up.lost_decoders

    @property
    def waits_for(self) -> list[str]:
        """Lines that have not given again yet what the store has of them."""
        return self._catch_up.waits_for

    def give_up_catching_up(self) -> None:
        """What the store has cannot be had again (a journal lost, a topic cut off): go on with what there is."""
        self._catch_up.give_up()
        self._heed_receive_clock()

    # -- rows --------------------------------------------------------------------------------------------------------------

    @property
    def lines(self) -> Mapping[tuple[str, str], Line]:
        """Lines by source and part."""
        return self._book.lines

    def line_of(self, source: str, part: str) -> Line:
        """The line of a part; a new one is opened at its first chunk."""
        line = self._book.lines.get((source, part))
        return line if line is not None else self._opened(self._book.open(source, part))

    def _opened(self, line: Line) -> Line:
        self.engine.open_source(line.number)
        return line

    def take(self, source: str, chunk: Chunk) -> None:
        """Decode a chunk and feed what it completes. One that ended earlier lives is set aside instead."""
        line = self.line_of(source, chunk.part)
        aside = self._quarantine.chunk_aside(line.name, chunk.position)
        if aside is not None:
            line.set_aside(chunk, aside.error)
            self.faults.append((line.name, aside.fault()))
            chunk = replace(chunk, data=b"", voice="")
        with self._quarantine.holding(Place(CHUNK, line.name, chunk.position)):
            self._take_in(source, line, chunk)

    def _take_in(self, source: str, line: Line, chunk: Chunk) -> None:
        self._clocks.receive(line, chunk)
        decoded = line.decode(chunk)
        faults = line.take_faults()
        if self.is_catching_up:  # those faults were told by the life before
            self._catch_up.take(source, line, chunk, decoded)
            self._heed_receive_clock()
            return
        self.faults.extend((line.name, fault) for fault in faults)
        self._feed(line, decoded)
        self.durability.make_settling_durable()
        self._heed_receive_clock()

    def _feed(self, line: Line, decoded: Decoded) -> None:
        waiting = self._catch_up.unjudged(decoded)
        if len(waiting.positions) or len(waiting.statics):
            self._clocks.feed(line, waiting)
        self.commands.note(waiting.statics)
        if decoded.others:
            self._recorder.others(decoded.others, line.name)
        line.take(decoded)

    def step(self) -> None:
        """Judge what the watermark allows."""
        self.engine.step()
        if not self.is_catching_up:
            self.commands.reconsider()
            self.durability.make_settling_durable()
        self.faults += self.store.take_faults()
        self._note_faults(*self.engine.take_faults(), *self.commands.take_faults(), *self._recorder.take_faults())

    def _note_faults(self, *faults: Fault) -> None:
        self.faults += [("", fault) for fault in faults]

    # -- clocks ------------------------------------------------------------------------------------------------------------

    @property
    def shift_us(self) -> int:
        """How far our clock is proven to be behind."""
        return self._clocks.shift_us

    def stands_apart(self, line: Line, heard: Callable[[Line], bool]) -> bool:
        """Whether others need not wait for a line (``LineClocks.stands_apart``)."""
        return self._clocks.stands_apart(line, heard)

    def _heed_receive_clock(self) -> None:
        """Our clock was set back: what was believed of the time before is taken back.

        Raises
        ------
        ClockSetBackError
            what was judged is of a time that has not come; the store says so now, and a new life is to begin.
        """
        if self.is_catching_up or (now_us := self._clocks.take_set_back()) is None:
            return
        self.durability.not_received_after(now_us)
        bound_us, watermark_us = now_us + self._clocks.max_ahead_us, self.engine.watermark_us
        self.engine.set_back(bound_us)
        if watermark_us > bound_us:
            self.durability.take_back_judged(bound_us)
            raise ClockSetBackError(TAKEN_BACK)

    # -- flags and orders --------------------------------------------------------------------------------------------------

    @property
    def control_positions(self) -> Mapping[str, str]:
        """How far the topics of flags and orders were taken in, by part."""
        return self.commands.positions

    def take_control(self, record: InRecord, kind: str) -> None:
        """A record of the topics of flags and orders: taken in and answered; a dead letter with the reason where it is refused."""
        self.commands.take_record(record, kind)
        self._note_faults(*self.commands.take_faults())

    def take_unreadable(self, records: Sequence[InRecord]) -> None:
        """Records of raw feeds that could not be read: dead letters, with what commits next."""
        self.commands.take_unreadable(records)

    def take_command(self, kind: str, content: bytes) -> Sequence[dict[str, Any]]:
        """A flag or an order that came by the door (``Commands.take_command``)."""
        answers = self.commands.take_command(kind, content)
        self._note_faults(*self.commands.take_faults())
        return answers

    def take_decisions(self, decisions: Sequence[Decision], told_by: str) -> Sequence[dict[str, Any]]:
        """What people decided on alerts: the answers, there and valid once the next commit is durable."""
        clock = self.world.clock
        received_us = max(self.engine.watermark_us, 0) if clock is None else clock.now_us()
        taking = TakingDecisions(decisions, received_us, told_by)
        self._recorder.task(taking)
        return taking.answers

    # -- papers ------------------------------------------------------------------------------------------------------------

    def take_portion(self, portion: Portion) -> PaperChange:
        """Keep a part of a document, and judge by what it says from the watermark on; durable with the next commit.

        Where it came from a topic, how far that was read goes with it; what could not be read is a dead letter.
        """
        known_us = max(self.engine.watermark_us, 0)
        change = self._papers.take(portion.received, known_us, is_last=portion.is_last)
        portion.bringing.changes.append(change)
        if change.versions or change.box_events:
            self.take_papers(change.versions, change.box_events)
        self.commands.note_portion(portion, change)
        return change

    # -- reload ------------------------------------------------------------------------------------------------------------

    def reload(self, change: Change) -> Reloaded:
        """Go on by other zones, papers and thresholds from the watermark on; durable with the commit that this makes.

        Raises
        ------
        ReloadRefusedError
            it could not take over what is remembered: nothing has changed.
        """
        if not change.said:
            return Reloaded((), {}, change.waiting)
        before, engine = self.world, self.engine
        meant = engine.desk.linker.crafts_meant(change.manifests)
        self.world = change.world
        self.papers.rebase(change.world.book.latest, change.world.book.box_events)
        try:
            begun = engine.build_anew(change.anew, change.gone_zones, change.manifests)
        except Exception as exc:
            self.world = before
            self.papers.rebase(before.book.latest, before.book.box_events)
            raise ReloadRefusedError(
                f"what the program remembers cannot be taken over ({type(exc).__name__}: {exc}); the old stays in force"
            ) from exc
        if change.manifests:
            self._recorder.task(append.papers(change.world.book.tables(), None))
        self.commands.go_on_by(change.world, meant | engine.desk.linker.crafts_meant(change.manifests))
        self.durability.make_reload_durable(is_cut=bool(begun))
        return Reloaded(change.said, begun, change.waiting)

    # -- papers ------------------------------------------------------------------------------------------------------------

    def take_papers(self, manifests: Sequence[Manifest], boxes: Sequence[BoxEvent] = ()) -> int:
        """Papers that came, each the newest version of its ``manifest_id``, and what became of boxes (``Engine.take_papers``); not while catching up.

        Standing alerts of the craft they may mean are judged again before anything behind them, or with the next :meth:`step` or :meth:`commit`.

        Returns
        -------
        The watermark from which they count: to be stored with them in the same transaction, and given again to the next life (:attr:`papers`).
        """
        assert not self.is_catching_up, "the program is not yet what it was: papers wait"
        known_us = self.engine.watermark_us
        self.engine.take_papers(manifests, known_us, boxes)
        self.commands.note_papers(manifests)
        self._recorder.note_news()
        return known_us

    # -- durability --------------------------------------------------------------------------------------------------------

    def commit(self, *, wait: bool = False, then: Callable[[], None] | None = None) -> None:
        """Everything so far becomes durable, in one transaction; ``then`` is called in the writer's thread once it is."""
        if not self.is_catching_up:
            self.durability.commit(wait=wait, then=then)
            self._note_faults(*self.commands.take_faults())

    def take_snapshot(self) -> Future[int] | None:
        """Snapshot everything (``Durability.take_snapshot``); None where none is made now."""
        return None if self.is_catching_up else self.durability.take_snapshot()

    def tell_streams(self, on_news: Callable[[], object], on_positions: Callable[..., object]) -> None:
        """Who is told once something published is durable, and who is given rows as they were judged; neither may wait."""
        self.durability.on_news, self._recorder.on_positions = on_news, on_positions

    def tell_journal_heads(self, heads: Callable[[], Mapping[str, JournalHead]]) -> None:
        """What the journals are, by source, asked at every commit and kept with it."""
        self.durability.journal_heads = heads

    @property
    def snapshot_bytes(self) -> int:
        """Size of the last snapshot's timeline."""
        return self.durability.snapshot_bytes

    @property
    def snapshot_error(self) -> str:
        """Why the last snapshot could not be written; empty where it was."""
        return self.durability.snapshot_error

    @property
    def received_us(self) -> int | None:
        """Latest receive time of any line that our own clock stamps, or of an earlier life."""
        return self.durability.received_us

    @property
    def has_news(self) -> bool:
        """Something was published that is not committed yet."""
        return self._recorder.has_news

    @property
    def is_dirty(self) -> bool:
        """Something was recorded that is not committed yet."""
        return self._recorder.is_dirty

    @property
    def safe_positions(self) -> Mapping[str, Mapping[str, str]]:
        """Positions behind which no life will ever ask again (``Durability.safe_positions``)."""
        return self.durability.safe_positions

    def close(self) -> None:
        """Release what this life holds; the store stays open."""
        self.shelf.close()
