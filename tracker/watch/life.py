"""One life of the live program over an open store: it begins by being what it was at the last commit, and goes on from there.

What commits together, in one transaction: rows, events, alerts, outbox, the flags and orders taken in, and the row ``committed`` of
``watch_state``: the watermark, how far every line is, and which snapshot goes with it. So at any instant a kill leaves the store as of some
commit ``C`` and snapshots of some instant ``S`` before it. A new life

1. restores engine and lines from ``S``, and starts the sources at their positions of ``S``;
2. feeds the rows from there to ``C`` again with the recorder muted: row numbers of the lines tell which they are, and the watermark stops at that of ``C``;
3. takes what was published from the store, as the truth, and publishes what the timeline states otherwise.

Then it is the life that was killed, and unmutes. Nothing was written twice: rows up to ``C`` were muted, later ones were never stored.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.clocks import ClockLimits, LineClock, Off, believed, shift_of
from streams.errors import SnapshotError
from streams.frontier import FrontierConfig
from streams.journal_index import JournalHead
from streams.kafka_config import InRecord, OutRecord
from streams.pump import ONLY_PART
from streams.snapshot import bundle, bytes_table, table_bytes, unbundle
from streams.source import Chunk
from streams.time import NOT_BEFORE_US, US_PER_S, Clock
from tracker.alerts.alert import Alert
from tracker.alerts.desk import AlertDesk
from tracker.answers import Answer, Origin, Result
from tracker.cargo.book import CargoBook
from tracker.cargo.flagging import CargoIndex, FlagBook, FlagMessage
from tracker.cargo.link import CargoLinker, Link, link_table
from tracker.decode.base import Decoded
from tracker.decode.rejects import RejectCause
from tracker.events import Event, EventState
from tracker.faults import Fault, fault_of
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import ZoneSet
from tracker.identity import craft_text
from tracker.positions import PositionBatch
from tracker.replay import build_timeline, reject_rows
from tracker.statics import StaticBatch
from tracker.store import append, recent, watch_state
from tracker.store.database import Database
from tracker.store.watch_state import Committed, LineRow, Progress
from tracker.timeline import InTurn, Timeline, one_by_one
from tracker.topics import TOPICS, Order, Reject, answer_record, dead_letter_of
from tracker.units import US_PER_DAY, US_PER_H
from tracker.watch.config import SourceConfig, WatchConfig
from tracker.watch.control import KINDS, MOST_PAIRS, Control, Taken
from tracker.watch.engine import NO_LIMIT_US, Engine
from tracker.watch.ledger import standing_of
from tracker.watch.lines import Line, later_than, split
from tracker.watch.quarantine import CHUNK, Place, Quarantine
from tracker.watch.record import StorePast, StoreRecorder
from tracker.watch.shelf import EMPTY_TIMELINE_US, Shelf

_CLOCKS: Final = "clocks"
TAKEN_BACK: Final = (
    "what was judged lies ahead of every receive time: a wrong clock was believed, and that is taken back"
)
_LATELY_US: Final = 300 * US_PER_S
"""A line that gave nothing for so long says nothing of our clock."""
_LAYOUT: Final = 3
_RECONSIDER_D: Final = 7
"""Alerts closed so many days ago are still told anew when their cargo is flagged."""
_MOST_LINKS: Final = 5_000
"""Consignments told anew with a snapshot, about 40 ms of the loop; the others have their turn with the next ones."""


class ClockSetBackError(Exception):
    """The life is over: what it judged was of a wrong clock, the store says so, and the next one begins before it."""


@dataclass(frozen=True, slots=True)
class World:
    """What a life is given: everything that does not change while it lasts."""

    settings: Any
    book: CargoBook
    places: WorldPlaces
    zones: ZoneSet
    sources: Mapping[str, SourceConfig]
    messages_of: Callable[[Alert], Sequence[OutRecord]]
    dead_letters: str
    run: InTurn = one_by_one
    """How the detectors take their turns."""
    answers: str = TOPICS["answers"].name
    sends: bool = True
    """Whether anybody takes messages; where nobody does none are queued."""
    clock: Clock | None = None
    """Says when a command of the door was received; nothing that is published of craft depends on it."""

    @property
    def config(self) -> WatchConfig:
        """Section [watch]."""
        config: WatchConfig = self.settings["watch"]
        return config

    def timeline(self, feeds: Sequence[str], feed_of: NDArray[np.int32], flags: FlagBook | None = None) -> Timeline:
        """A timeline that has seen nothing yet."""
        linker = CargoLinker(self.book, self.places.resolve_location, flags=flags)
        return build_timeline(self.settings, linker, self.book, self.places, self.zones, feeds, feed_of, self.run)


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
        self._quarantine = quarantine or Quarantine()
        self._on_driving_anew, self._on_way = on_driving_anew, on_way
        config = world.config
        self._horizon_us = int(config.horizon_h * US_PER_H)
        self.shelf = Shelf(state_folder, self._horizon_us)
        self.lines: dict[tuple[str, str], Line] = {}
        self.control = Control()
        self._cargo: CargoIndex | None = None
        self._told: list[watch_state.ControlRow] = []
        self._answers: list[OutRecord] = []
        self._touched: set[int] = set()
        """Craft whose alerts flags or orders may have changed since the last look."""
        self.control_positions: dict[str, str] = {}
        self.journal_heads: Callable[[], Mapping[str, JournalHead]] = dict
        """What the journals are now, by source; kept with every commit, so that what is missing of them later is found out."""
        self.snapshot_bytes = 0
        self.snapshot_error = ""
        self.faults: list[tuple[str, Fault]] = []
        """What the program fell over and set aside, with the name of its line, until somebody has told it."""
        self.is_catching_up = False
        self._feeds: list[str] = []
        self._feed_of: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        self._number_of: dict[str, int] = {}
        self._names: list[str] = []
        self._to_reach: dict[tuple[str, str], Progress] = {}
        self._held: list[tuple[Line, Decoded]] = []
        self._snapshot: tuple[int, Future[int]] | None = None
        self._settled = 0
        self._snapshot_us: int | None = None
        self._durable_snapshot_us: int | None = None
        self._forgotten_us: int | None = None
        self._driven_to_us: int | None = None
        """How far the timeline was driven over the store, where no snapshot could be read: rows up to there were judged."""
        self._committed: Committed | None = None
        self.shift_us = 0
        """How far our clock is proven to be behind, by feeds that agree with each other and not with it."""
        self._went_back_to_us: int | None = None
        self._bound_us: int | None = None
        """No time after it can have been, as far as was known when this life began."""
        self._max_ahead_us = int(max((one.max_ahead_s for one in world.sources.values()), default=300.0) * US_PER_S)
        self._spread_us = int(config.lateness_s * US_PER_S) // 2
        """How far reports of one line may be ahead of its median and still lead: the others are then as far behind again at the most."""
        self._cargo_changed: set[int] = set()
        """Craft of which something became known that was not told yet."""
        self._cargo_told_to = -1
        """Craft up to which, in order, it was last told what is aboard."""
        self._safe_positions: dict[str, dict[str, str]] = {}
        self._durable_positions: dict[str, dict[str, str]] = {}
        self._snapshot_lines: dict[str, Progress] = {}
        self._next_snapshot_lines: dict[str, Progress] = {}
        self._next_held: tuple[PositionBatch, StaticBatch] = PositionBatch.empty(), StaticBatch.empty()
        self._aerodromes_deg = world.places.airports.positions_deg
        if world.book.files:
            store.write(append.papers(world.book.tables(), None))
        self._recorder = StoreRecorder(store, self._names.__getitem__, world.messages_of)
        self.engine = self._new_engine()

    # -- beginning ---------------------------------------------------------------------------------------------------------

    def begin(self, now_us: int | None = None) -> dict[str, dict[str, str]]:
        """Restore what there is; positions to start each source at, by source and part.

        ``now_us``: the receive clock, where it is known. A watermark that neither it nor any receipt in the store can account for is of an older version,
        which believed it, or of a wrong clock: it is taken back.
        """
        self._committed = committed = self.store.ask(watch_state.read_committed)
        self.control.restore(
            self.store.ask(watch_state.read_control), self.store.ask(partial(watch_state.imo_pairs, most=MOST_PAIRS))
        )
        self.control.seq = self.store.ask(watch_state.last_control_seq)
        self.control.commands = int(
            self.store.ask(lambda connection: watch_state.read_text(connection, "commands")) or "0"
        )
        text = self.store.ask(lambda connection: watch_state.read_text(connection, "control"))
        self.control_positions = json.loads(text) if text else {}
        if committed is None:
            self.shelf.clear()
            self.shelf.keep(EMPTY_TIMELINE_US, self.engine.timeline_snapshot())
            return {}
        self.shelf.begin(committed.generation)
        self._recorder.next_seq = committed.next_seq
        for row in self.store.ask(watch_state.read_lines):
            self._add_line(row)
        self._committed = committed = self._within_bounds(committed, now_us)
        snapshot_us = committed.snapshot_us
        self._recorder.is_muted = self.is_catching_up = True
        self.engine.touched = set()
        self.engine.limit_us = committed.watermark_us
        if snapshot_us == watch_state.SET_BACK_US:
            self._on_driving_anew(TAKEN_BACK)
            self._start_afresh()
        elif snapshot_us is not None:
            try:
                self._restore(snapshot_us)
            except SnapshotError as exc:
                self._on_driving_anew(str(exc))
                self._start_afresh()
        else:
            # killed before the first snapshot: everything is read again from the beginning
            self.shelf.clear()
            self.shelf.keep(EMPTY_TIMELINE_US, self.engine.timeline_snapshot())
        self._snapshot_us, self._snapshot_lines = snapshot_us, dict(committed.snapshot_lines)
        by_name = {line.name: key for key, line in self.lines.items()}
        self._to_reach = {
            by_name[name]: progress
            for name, progress in committed.lines.items()
            if name in by_name and not self.lines[by_name[name]].progress.has_reached(progress)
        }
        positions = self._positions({line.name: replace(line.progress) for line in self.lines.values()})
        if not self._to_reach:
            self._catch_up_ends()
        return positions

    @property
    def waits_for(self) -> list[str]:
        """Lines that have not given again yet what the store has of them."""
        return sorted(self.lines[key].name for key in self._to_reach)

    def give_up_catching_up(self) -> None:
        """What the store has cannot be had again (a journal lost, a topic cut off): go on with what there is."""
        self._to_reach = {}
        self._catch_up_ends()

    # -- rows --------------------------------------------------------------------------------------------------------------

    def line_of(self, source: str, part: str) -> Line:
        """The line of a part; a new one is opened at its first chunk."""
        line = self.lines.get((source, part))
        return line if line is not None else self._open_line(source, part)

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
        if line.clock.receive(chunk.received_us) and line.is_stamped_by_us:
            self._went_back_to_us = chunk.received_us
        decoded = line.decode(chunk)
        faults = line.take_faults()
        if not self.is_catching_up:
            self.faults.extend((line.name, fault) for fault in faults)
            self._feed(line, decoded)
            self._make_settling_durable()
            self._heed_receive_clock()
            return
        goal = self._to_reach.get((source, chunk.part))
        if goal is not None and _is_of_another_topic(goal.position, chunk.position):
            # what the store has of it cannot be had again: these rows are others, none of them was stored
            del self._to_reach[source, chunk.part]
            goal = None
            if not self._to_reach:
                self._hold(line, decoded)
                self._catch_up_ends()
                return
        if goal is None:
            self._hold(line, decoded)
            return
        done = line.progress
        head, tail = split(decoded, goal.rows - done.rows, goal.statics - done.statics, goal.others - done.others)
        self._feed(line, head)
        self._hold(line, tail)
        # of a chunk that is set aside there are fewer rows than there were: a journal's position tells as well
        if done.has_reached(goal) or (line.has_journal and chunk.position == goal.position):
            del self._to_reach[source, chunk.part]
            if not self._to_reach:
                self._catch_up_ends()

    def step(self) -> None:
        """Judge what the watermark allows."""
        self.engine.step()
        self._reconsider()
        self._make_settling_durable()
        self.faults += self.store.take_faults()
        recorded, self._recorder.faults = self._recorder.faults, []
        self.faults += [("", fault) for fault in (*self.engine.take_faults(), *recorded)]

    def _make_settling_durable(self) -> None:
        """A recomputation is committed together with a snapshot after it.

        It read from the store what had arrived by then. A later life could not do it again with the same rows; so none ever has to.
        """
        if self.engine.counts.recomputations == self._settled or self.is_catching_up:
            return
        self._settled = self.engine.counts.recomputations
        if self._snapshot is not None:
            self.shelf.wait()
            self._snapshot_is_written(*self._snapshot)
        self.take_snapshot()
        self.shelf.wait()
        self.commit()

    def _feed(self, line: Line, decoded: Decoded) -> None:
        waiting = decoded if self._driven_to_us is None else later_than(decoded, self._driven_to_us)
        if len(waiting.positions) or len(waiting.statics):
            self._judge_clocks(line, waiting)
        if len(waiting.statics):
            self._touched.update(self.control.note(waiting.statics))
        if decoded.others:
            self._recorder.others(decoded.others, line.name)
        line.take(decoded)

    # -- clocks ------------------------------------------------------------------------------------------------------------------

    def _judge_clocks(self, line: Line, decoded: Decoded) -> None:
        """Hand on the rows of a time that can be, and note what their times say of the line's clock and of ours."""
        positions, statics = decoded.positions, decoded.statics
        if len(positions):
            if line.has_own_clock:
                line.clock.observe(positions.time_us, positions.received_us, self.shift_us)
            else:
                line.clock.observe_ours(int(positions.received_us[-1]))
            self._note_shift()
        positions, statics, broken, others = believed(
            positions,
            statics,
            line.clock.limits.max_ahead_us,
            self.shift_us,
            NOT_BEFORE_US if line.is_stamped_by_us else 0,
        )
        self.engine.reject(broken, others)
        if len(positions) or len(statics):
            self._bound_lead(line, positions)
            self.engine.feed(line.number, Decoded(positions, statics))

    def _bound_lead(self, line: Line, positions: PositionBatch) -> None:
        """One of several senders whose clock is ahead of the others' takes the line along no further than the others are waited for anyway.

        That is measured from the line's median, but never from before the receipt: where most of it comes minutes late, by satellite, the rest does not wait.
        """
        is_bounded = line.has_own_clock and len(positions) and int(positions.received_us.min()) >= NOT_BEFORE_US
        if is_bounded:
            ahead_us = max(line.clock.offset_us or 0, self.shift_us, -self._spread_us)
            self.engine.most_lead_us[line.number] = ahead_us + self._spread_us
        elif len(positions):
            self.engine.most_lead_us.pop(line.number, None)

    def _note_shift(self) -> None:
        """Whether feeds with clocks of their own prove that ours is behind, and by how much."""
        lines = self.lines.values()
        if not self.shift_us and sum(line.clock.off is Off.AHEAD for line in lines) < 2:
            return
        newest_us = max(line.clock.received_us or 0 for line in lines)
        lately = [line for line in lines if (line.clock.received_us or 0) >= newest_us - _LATELY_US]
        found = [(line.feed, offset_us) for line in lately if (offset_us := line.clock.offset_us) is not None]
        self.shift_us = shift_of(found, self._max_ahead_us)

    def stands_apart(self, line: Line, heard: Callable[[Line], bool]) -> bool:
        """Whether others need not wait for a line: it is ahead of anything that can be, or far behind while others are of now."""
        if line.clock.off in (Off.NOT, Off.AHEAD):
            return line.clock.off is Off.AHEAD
        return any(other.clock.is_live and heard(other) for other in self.lines.values() if other is not line)

    def _heed_receive_clock(self) -> None:
        """Our clock was set back: what was believed of the time before is taken back.

        Raises
        ------
        ClockSetBackError
            what was judged is of a time that has not come; the store says so now, and a new life is to begin.
        """
        if self._went_back_to_us is None or self.is_catching_up:
            return
        now_us, self._went_back_to_us = self._went_back_to_us, None
        for line in self.lines.values():
            line.clock.set_back(now_us)
        if self._committed is not None and self._committed.received_us is not None:
            self._committed = replace(self._committed, received_us=min(self._committed.received_us, now_us))
        bound_us, watermark_us = now_us + self._max_ahead_us, self.engine.watermark_us
        self.engine.set_back(bound_us)
        if watermark_us <= bound_us:
            return
        self._recorder.flush()
        lines = {line.name: replace(line.progress) for line in self.lines.values()}
        self.store.write(append.held(*self.engine.reorder.held(), self._names.__getitem__))
        self._take_back(bound_us, watermark_us, lines, self._recorder.next_seq)
        raise ClockSetBackError(TAKEN_BACK)

    def _within_bounds(self, committed: Committed, now_us: int | None) -> Committed:
        """How far the store is, or how far it is once a watermark beyond any clock is taken back."""
        received_us = committed.received_us
        if received_us is None:
            names = list(self._number_of)
            received_us = self.store.ask(lambda connection: watch_state.latest_received_us(connection, names))
        if committed.snapshot_us == watch_state.SET_BACK_US or (received_us is None and now_us is None):
            return committed
        bound_us = max(received_us or 0, now_us or 0) + self._max_ahead_us
        self._bound_us = bound_us
        if committed.watermark_us <= bound_us:
            return committed
        self.store.write(append.held(PositionBatch.empty(), StaticBatch.empty(), self._names.__getitem__))
        return self._take_back(bound_us, committed.watermark_us, committed.lines, committed.next_seq)

    def _take_back(self, beyond_us: int, watermark_us: int, lines: Mapping[str, Progress], next_seq: int) -> Committed:
        """Make it durable that nothing beyond an instant is believed: rows are marked, and the watermark is that of the rows left."""
        names, max_ahead_us = list(self._number_of), self._max_ahead_us
        self.store.write(lambda connection: watch_state.disbelieve(connection, beyond_us, max_ahead_us, names))
        latest_us = self.store.ask(lambda connection: watch_state.latest_believed_us(connection, names))
        mark_us = EMPTY_TIMELINE_US if latest_us is None else min(watermark_us, latest_us)
        taken_back = Committed(
            mark_us,
            watch_state.SET_BACK_US,
            next_seq,
            dict(lines),
            dict(lines),
            self.shelf.generation,
            beyond_us - max_ahead_us,
        )
        texts = {"committed": taken_back.to_text(), **self._control_texts()}
        self.store.write(lambda connection: watch_state.write_texts(connection, texts))
        self.store.commit()
        return taken_back

    def _hold(self, line: Line, decoded: Decoded) -> None:
        """Rows behind what the store has wait until all lines are there."""
        if len(decoded.positions) or len(decoded.statics) or decoded.others:
            self._held.append((line, decoded))

    def _catch_up_ends(self) -> None:
        committed = self._committed
        assert committed is not None
        engine, touched = self.engine, self.engine.touched or set()
        engine.step()
        engine.force(committed.watermark_us)
        engine.limit_us = NO_LIMIT_US
        since_us = EMPTY_TIMELINE_US if self._snapshot_us is None else self._snapshot_us
        is_set_back = committed.snapshot_us == watch_state.SET_BACK_US
        if (driven_to_us := self._driven_to_us) is not None:
            since_us = min(since_us, driven_to_us - self._horizon_us)
            if is_set_back:
                since_us = driven_to_us - int(self.world.config.keep_statements_d * US_PER_DAY)
            self._driven_to_us = None
        truth = self.store.ask(lambda connection: watch_state.published_since(connection, since_us, sorted(touched)))
        ids = touched | {event.event_id for event in truth}
        told = self.store.ask(lambda connection: watch_state.alerts_since(connection, since_us, sorted(ids)))
        for event_id in ids:
            engine.ledger.public.pop(event_id, None)
        for event in truth:
            engine.ledger.public[event.event_id] = standing_of(event)
        engine.desk.adopt(ids, truth, told)
        engine.touched = None
        # what was taken back is to be done once: the next step makes a snapshot of it, as of a settlement
        self._settled = -1 if is_set_back else engine.counts.recomputations
        self._recorder.is_muted = self.is_catching_up = False
        if driven_to_us is not None:
            # another version may word what is long over otherwise: that is no news
            standings = engine.ledger.timeline | engine.ledger.public
            found = {key: standings[key] for key in ids & standings.keys()}
            ids = {key for key, kept in found.items() if kept.known_us >= since_us or not kept.is_settled}
        engine.correct(ids)
        if self._bound_us is not None:
            engine.set_back(self._bound_us)
        held, self._held = self._held, []
        for line, decoded in held:
            self._feed(line, decoded)
        self._heed_receive_clock()

    # -- flags and orders ----------------------------------------------------------------------------------------------------

    def take_control(self, record: InRecord, kind: str) -> None:
        """A record of the topics of flags and orders: taken in and answered; a dead letter with the reason where it is refused."""
        self.control_positions[record.part] = record.position
        headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
        origin = Origin(record.topic, record.partition, record.offset, record.topic_id)
        received_us = max(record.timestamp_us, 0)
        if record.unreadable:
            refused = Reject(RejectCause.UNREADABLE_RECORD, record.unreadable)
            self.control.counts["rejected"] += 1
            answer = Answer(KINDS[kind], refused, Result.REFUSED, origin, received_us)
            self._queue_answer(answer)
        else:
            answer = self._take(kind, record.value, origin, received_us, headers.get("correlation_id", "")[:200])
        if isinstance(answer.message, Reject):
            self._answers.append(dead_letter_of(record, answer.message, self.world.dead_letters))

    def take_unreadable(self, records: Sequence[InRecord]) -> None:
        """Records of raw feeds that could not be read: dead letters, with what commits next."""
        for record in records:
            reject = Reject(RejectCause.UNREADABLE_RECORD, record.unreadable)
            self._answers.append(dead_letter_of(record, reject, self.world.dead_letters))
        self._recorder.is_dirty = True

    def take_command(self, kind: str, content: bytes) -> Sequence[dict[str, Any]]:
        """A flag or an order that came by the door: the answers, valid once the next commit is durable.

        Raises ``ValueError`` where ``kind`` is neither ``flag`` nor ``order``.
        """
        names = {name: stored for stored, name in KINDS.items()}
        if kind not in names:
            raise ValueError(f"there is no command {kind!r}; send flag or order")
        self.control.commands += 1
        received_us = self.engine.watermark_us if self.world.clock is None else self.world.clock.now_us()
        answer = self._take(names[kind], content, Origin(None, 0, self.control.commands), max(received_us, 0))
        return [answer.to_json()]

    def _take(
        self, kind: str, content: bytes | None, origin: Origin, received_us: int, correlation_id: str = ""
    ) -> Answer:
        try:
            taken = self.control.take(kind, content)
        except Exception as exc:  # a fault of ours costs this message: a topic would give it again to every life
            fault = fault_of(exc, "control", (content or b"").decode("utf-8", "replace"))
            self.faults.append(("", fault))
            self.control.counts["rejected"] += 1
            taken = Reject(RejectCause.PROGRAM_FAULT, f"{KINDS[kind]} refused: the program itself failed on it")
        message = taken if isinstance(taken, Reject) else taken.message
        if correlation_id and message.correlation_id is None:
            message = replace(message, correlation_id=correlation_id)
        if isinstance(taken, Reject):
            answer = Answer(KINDS[kind], message, Result.REFUSED, origin, received_us)
        else:
            cargo, crafts = self._meant_by(taken.message)
            answer = Answer(KINDS[kind], message, taken.result, origin, received_us, cargo, sorted(crafts))
        if isinstance(taken, Taken) and taken.changes:
            self._touched |= crafts
            if taken.before is not None:
                self._touched |= self._meant_by(taken.before)[1]
            row = watch_state.ControlRow(
                self.control.seq, self.engine.watermark_us, kind, (content or b"").decode(), received_us,
                taken.message.time_us, taken.command_key, str(origin),
            )  # fmt: skip
            self._told.append(row)
        self._queue_answer(answer)
        return answer

    def _queue_answer(self, answer: Answer) -> None:
        self._answers.append(answer_record(answer, self.world.answers))
        self._recorder.has_news = self._recorder.is_dirty = True

    def _meant_by(self, message: FlagMessage | Order) -> tuple[list[tuple[str, str, str]], set[int]]:
        """Consignments (manifest, consignment, document number) and craft that a message means now."""
        if isinstance(message, Order):
            return [], set(self.control.crafts_of(message))
        if message.target is None:
            return [], set()
        if self._cargo is None:
            self._cargo = CargoIndex(self.world.book.latest)
        found = self._cargo.meant_by(message.target)
        crafts = self.engine.desk.linker.crafts_meant(manifest for manifest, _ in found)
        return [(manifest, item.consignment_id, item.document_number) for manifest, item in found], crafts

    def _reconsider(self) -> None:
        """Tell anew of what flags or orders have changed: standing alerts, and open events of tracked craft.

        Once a turn for all messages of it, and only for the craft they mean, with those whom these met.
        """
        if not self._touched or self.is_catching_up:
            return
        engine, mark_us = self.engine, self.engine.watermark_us
        crafts, self._touched = {craft_text(craft) for craft in self._touched}, set()
        standing = engine.desk.standing(mark_us - _RECONSIDER_D * US_PER_DAY)
        standing_ids, tracked = set(standing), engine.desk.tracked
        events: list[Event] = []
        for _ in range(2):  # the alert on whom a craft met may be part of another now
            events = self.store.ask(
                partial(watch_state.events_to_reconsider, event_ids=standing, crafts=sorted(crafts))
            )
            met = {name for event in events for name in (event.craft, event.other_craft) if name}
            if met <= crafts:
                break
            crafts |= met
        alerts = []
        for event in events:
            is_tracked = event.craft in tracked or event.other_craft in tracked
            if event.event_id not in standing_ids and not (is_tracked and event.state is EventState.OPEN):
                continue
            try:
                alert = engine.desk.reconsider(event, mark_us)
            except Exception as exc:  # else a topic would give the message that asks for it to every life again
                self.faults.append(("", fault_of(exc, "desk", f"{event.event_id} {event.kind} {event.craft}")))
                continue
            if alert is not None:
                alerts.append(alert)
        engine.tell([], alerts)

    def _flush_control(self) -> None:
        """What was told since the last commit, and the answers, into the transaction."""
        self._reconsider()
        if self._told:
            self._recorder.task(watch_state.add_control(self._told))
        if self._answers and self.world.sends:
            self._recorder.queue(self._answers)
        self._told, self._answers = [], []

    # -- durability ----------------------------------------------------------------------------------------------------------

    def commit(self, *, wait: bool = False, then: Callable[[], None] | None = None) -> None:
        """Everything so far becomes durable, in one transaction; ``then`` is called in the writer's thread once it is."""
        if self.is_catching_up:
            return
        if self._snapshot is not None and self._snapshot[1].done():
            self._snapshot_is_written(*self._snapshot)
        self._flush_control()
        self._recorder.flush()
        lines = {line.name: replace(line.progress) for line in self.lines.values()}
        is_rewritten = self.shelf.has_rewritten
        committed = Committed(
            self.engine.watermark_us, self._snapshot_us, self._recorder.next_seq, lines, self._snapshot_lines,
            self.shelf.generation + is_rewritten, self.received_us,
        )  # fmt: skip
        texts = {"committed": committed.to_text(), **self._control_texts()}
        if heads := self.journal_heads():
            texts[watch_state.JOURNAL_HEADS] = json.dumps({name: head.to_json() for name, head in heads.items()})
        self.store.write(lambda connection: watch_state.write_texts(connection, texts))
        self._recorder.has_news = self._recorder.is_dirty = False
        self.store.commit(wait=wait or is_rewritten)
        if is_rewritten:
            self.shelf.adopt()
        safe, named_us = self._safe_positions, self._snapshot_us

        def is_durable() -> None:
            self._durable_positions, self._durable_snapshot_us = safe, named_us
            if then is not None:
                then()

        self.store.call(is_durable)
        is_news = self._durable_snapshot_us is not None and self._durable_snapshot_us != self._forgotten_us
        if is_news and self._durable_snapshot_us is not None and self._snapshot is None:
            # only now: what a commit on its way names instead may never get there
            self._forgotten_us = self._durable_snapshot_us
            self.shelf.forget(self._forgotten_us)

    def _control_texts(self) -> dict[str, str]:
        """How far flags and orders were taken in."""
        return {"control": json.dumps(self.control_positions), "commands": str(self.control.commands)}

    def _snapshot_is_written(self, mark_us: int, written: Future[int]) -> None:
        """A snapshot is on the disk: the next commit names it. One that could not be written is told, and the one before stays."""
        self._snapshot = None
        error = written.exception()
        self.snapshot_error = "" if error is None else f"{type(error).__name__}: {error}"
        if error is not None:
            return
        self.snapshot_bytes = written.result()
        self._snapshot_us = mark_us
        self._snapshot_lines = self._next_snapshot_lines
        self._safe_positions = self._positions(self._snapshot_lines)
        keep_d = self.world.config.keep_statements_d
        self._recorder.task(lambda connection: watch_state.forget_statements(connection, mark_us, keep_d))
        self._recorder.task(append.held(*self._next_held, self._names.__getitem__))
        self.engine.ledger.forget(mark_us - int(keep_d * US_PER_DAY))

    @property
    def received_us(self) -> int | None:
        """Latest receive time of any line that our own clock stamps, or of an earlier life."""
        ours = [line.clock.received_us or 0 for line in self.lines.values() if line.is_stamped_by_us]
        before_us = None if self._committed is None else self._committed.received_us
        return max([*ours, before_us or 0]) or None

    @property
    def has_news(self) -> bool:
        """Something was published that is not committed yet."""
        return self._recorder.has_news

    @property
    def is_dirty(self) -> bool:
        """Something was recorded that is not committed yet."""
        return self._recorder.is_dirty

    @property
    def safe_positions(self) -> dict[str, dict[str, str]]:
        """Positions behind which no life will ever ask again: those of the snapshot that a durable commit names.

        A source told any earlier forgets what a life killed before that commit would have to read again.
        """
        return self._durable_positions

    def take_snapshot(self) -> Future[int] | None:
        """Snapshot everything; put together and written in another thread (done when it is), valid with the commit after that.

        None where one is on its way, or the one in force is of this instant.
        """
        if self._snapshot is not None or self.is_catching_up:
            return None
        if self.engine.watermark_us == self._snapshot_us and not self.shelf.has_rewritten:
            return None
        self._store_ledger()
        mark_us = self.engine.watermark_us
        timeline = self.engine.capture_timeline()
        lines = {f"line.{line.name}": line.snapshot() for line in self.lines.values()}
        rest = bundle("watch", _LAYOUT, {"engine": self.engine.rest_snapshot(), _CLOCKS: self._clocks_table(), **lines})
        written = self.shelf.keep_soon(mark_us, timeline, rest)
        self._snapshot = mark_us, written
        self._next_snapshot_lines = {line.name: replace(line.progress) for line in self.lines.values()}
        self._next_held = self.engine.reorder.held()
        return written

    def close(self) -> None:
        """Release what this life holds; the store stays open."""
        self.shelf.close()

    def _positions(self, progress: Mapping[str, Progress]) -> dict[str, dict[str, str]]:
        """Positions by source and part."""
        positions: dict[str, dict[str, str]] = {}
        for (source, part), line in self.lines.items():
            if line.name in progress and progress[line.name].position:
                positions.setdefault(source, {})[part] = progress[line.name].position
        return positions

    # -- inside --------------------------------------------------------------------------------------------------------------

    def _new_engine(self) -> Engine:
        config = self.world.config
        frontier = FrontierConfig(
            lateness_us=int(config.lateness_s * 1e6),
            max_step_us=int(config.max_step_s * 1e6),
            least_lateness_us=int(config.least_lateness_s * 1e6),
        )
        past = StorePast(self.store, self.shelf, self._number_of, self._recorder)
        desk = AlertDesk(CargoLinker(self.world.book), self.world.settings["alerts"])
        desk.tracked = self.control.tracked
        engine = Engine(self._build, desk, frontier, int(config.settle_s * 1e6), self._recorder, past, self._horizon_us)
        engine.quarantine = self._quarantine
        return engine

    def _build(self) -> Timeline:
        return self.world.timeline(self._feeds, self._feed_of, self.control.flags)

    def _open_line(self, source: str, part: str) -> Line:
        name = source if part in ("", ONLY_PART) else f"{source}/{part}"
        feed = self.world.sources[source].feed or source
        row = LineRow(len(self._names), name, feed, source, part)
        self.store.write(lambda connection: watch_state.add_line(connection, row))
        return self._add_line(row)

    def _add_line(self, row: LineRow) -> Line:
        config = self.world.sources.get(row.source) or SourceConfig(kind="file", path="no longer configured")
        if row.feed not in self._feeds:
            self._feeds.append(row.feed)
        self._names.append(row.name)
        self._number_of[row.name] = row.number
        self._feed_of = np.append(self._feed_of, np.int32(self._feeds.index(row.feed)))
        self.engine.timeline.feed_of = self._feed_of
        self.engine.reorder.open(row.number)
        line = Line(
            row.number, row.source, row.part, row.name, row.feed, config.format, config.times(),
            self._aerodromes_deg, config.is_socket,
            clock_offset_us=int(config.clock_offset_s * US_PER_S), is_stamped_by_us=config.kind != "kafka",
            clock=LineClock(_clock_limits(config, self.world.config)),
        )  # fmt: skip
        self.lines[row.source, row.part] = line
        return line

    def _restore(self, snapshot_us: int) -> None:
        try:
            self._restore_all(snapshot_us)
        except SnapshotError:
            raise
        except (
            Exception
        ) as exc:  # damaged in a way that no checksum tells, or a fault of ours: the rows are in the store
            raise SnapshotError(f"a snapshot cannot be read ({type(exc).__name__}: {exc})") from exc

    def _restore_all(self, snapshot_us: int) -> None:
        parts = unbundle("watch", _LAYOUT, self.shelf.rest(snapshot_us))
        self.engine.restore(self.shelf.timeline(snapshot_us), parts["engine"])
        clocks = {row["line"]: row["state"] for row in bytes_table(parts[_CLOCKS]).to_pylist()}
        (self.shift_us,) = clocks.pop("")
        for line in self.lines.values():
            if line.name in clocks:
                line.clock.set_state(clocks[line.name])
        for line in self.lines.values():
            if (part := parts.get(f"line.{line.name}")) is not None:
                line.restore(part)

    def _clocks_table(self) -> bytes:
        """What is known of every line's clock, and under no name of ours."""
        states = {line.name: line.clock.state() for line in self.lines.values()} | {"": [self.shift_us]}
        return table_bytes(
            pa.table({"line": list(states), "state": pa.array(list(states.values()), pa.list_(pa.int64()))})
        )

    def _start_afresh(self) -> None:
        """Snapshots of another version, or damaged: the timeline is driven anew over what the store holds.

        Rows that waited for the watermark at the snapshot are in the store, too; those between it and the commit are read again.
        """
        committed = self._committed
        assert committed is not None
        for line in self.lines.values():
            line.progress = replace(committed.snapshot_lines.get(line.name, Progress()))
        self.engine = self._new_engine()
        for line in self.lines.values():
            self.engine.reorder.open(line.number)
        begin_us, timeline = EMPTY_TIMELINE_US, None
        if committed.snapshot_us == watch_state.SET_BACK_US:
            begin_us, timeline = self._timeline_before(committed.watermark_us)
        self.shelf.clear(after_us=None if timeline is None else begin_us)
        if timeline is None:
            self.shelf.keep(EMPTY_TIMELINE_US, self.engine.timeline_snapshot())
        self.engine.touched, self.engine.limit_us = set(), committed.watermark_us
        oldest_us = committed.watermark_us - self._horizon_us
        hours = range(-(-oldest_us // US_PER_H), committed.watermark_us // US_PER_H + 1)
        first_us = self.store.ask(recent.first_time_us) or 0
        whole_us = max(committed.watermark_us - first_us, 1)
        self.engine.drive_again(
            begin_us,
            committed.watermark_us,
            timeline,
            keep_us=[hour * US_PER_H for hour in hours],
            on_way=lambda at_us: self._on_way(max(at_us - first_us, 0) / whole_us),
        )
        self._driven_to_us = committed.watermark_us
        self.engine.force(committed.watermark_us)
        positions, statics = self.store.ask(
            lambda connection: recent.rows_held(connection, committed.watermark_us, self._number_of)
        )
        for number in (line.number for line in self.lines.values()):
            mine = Decoded(positions.take(positions.source == number), statics.take(statics.source == number))
            self.engine.most_lead_us[number] = self._spread_us
            self.engine.feed(number, mine)

    def _timeline_before(self, watermark_us: int) -> tuple[int, bytes | None]:
        """The latest timeline kept that no row recorded as late, and so none judged wrongly, is before."""
        late_us = self.store.ask(lambda c: watch_state.earliest_late_us(c, watermark_us - self._horizon_us))
        mark = self.shelf.before(watermark_us if late_us is None else min(late_us, watermark_us))
        try:
            return (EMPTY_TIMELINE_US, None) if mark is None else (mark, self.shelf.timeline(mark))
        except SnapshotError:
            return EMPTY_TIMELINE_US, None

    def _store_ledger(self) -> None:
        """The account of every line into the views ``sources`` and ``rejects``, port calls into theirs."""
        sources: list[dict[str, Any]] = []
        rejects: list[dict[str, Any]] = []
        for line in self.lines.values():
            counts = line.counts
            sources.append(
                {"source": line.name, "input": self._address(line), "kind": ", ".join(sorted(line.kinds)) or "unknown", "sha256": None,
                 "units_in": counts.units_in, "units_decoded": counts.units_decoded,
                 "clock_offset_s": line.clock_offset_s, "clock_correction_s": line.clock_offset_us / US_PER_S}
            )  # fmt: skip
            rejects.extend(reject_rows(line.name, counts.rejects))
        names = [line.name for line in self.lines.values()]

        self._recorder.task(lambda connection: watch_state.forget_ledger(connection, names))
        self._recorder.task(append.ledger(sources, rejects))
        self._recorder.task(append.port_calls(self.engine.timeline.port_calls.rows()))
        self._store_cargo()

    def _store_cargo(self) -> None:
        """What is aboard, into the view ``cargo_aboard``: craft of which something became known, then the others in turn, a part each time."""
        linker, known_us = self.engine.desk.linker, self.engine.watermark_us
        if known_us <= 0:
            return  # nothing was heard yet
        self._cargo_changed |= linker.take_changed()
        changed = sorted(self._cargo_changed)
        others = linker.crafts
        start = bisect_right(others, self._cargo_told_to)
        links: list[Link] = []
        told: list[int] = []
        for craft in dict.fromkeys([*changed, *others[start:], *others[:start]]):
            told.append(craft)
            links += linker.all_links(known_us, [craft])
            if craft in self._cargo_changed:
                self._cargo_changed.discard(craft)
            else:
                self._cargo_told_to = craft
            if len(links) >= _MOST_LINKS:
                break
        if told:
            crafts = [craft_text(craft) for craft in told]
            self._recorder.task(append.cargo_links(link_table(links, known_us), crafts=crafts))

    def _address(self, line: Line) -> str:
        config = self.world.sources.get(line.source)
        return (config.address or config.path or ",".join(config.topics)) if config else line.source


def _clock_limits(config: SourceConfig, watch: WatchConfig) -> ClockLimits:
    return ClockLimits(
        max_ahead_us=int(config.max_ahead_s * US_PER_S),
        max_offset_us=int(config.max_offset_s * US_PER_S),
        past_us=int(watch.horizon_h * US_PER_H),
        lasts_us=int(watch.idle_s * US_PER_S),
    )


def _is_of_another_topic(position: str, other: str) -> bool:
    """Whether two positions (``OFFSET@TOPIC_ID``) are of topics that only share the name."""
    then, now = position.partition("@")[2], other.partition("@")[2]
    return bool(then and now) and then != now
