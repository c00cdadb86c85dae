"""What becomes durable together, and from where the next life begins.

What commits together, in one transaction: rows, events, alerts, outbox, the flags and orders taken in, and the row ``committed`` of
``watch_state``: the watermark, how far every line is, and which snapshot goes with it. A snapshot is written beside the loop and named by the next
commit; only once that is durable are older ones forgotten, and sources told how far they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Final

import pyarrow as pa

from streams.journal_index import JournalHead
from streams.snapshot import bundle, bytes_table, table_bytes, unbundle
from tracker.engine.engine import Engine
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.store import append, watch_state
from tracker.store.database import Database
from tracker.store.papers import not_known_after
from tracker.store.watch_state import Committed, Progress
from tracker.units import US_PER_DAY
from tracker.watch.cargo_aboard import CargoAboard
from tracker.watch.commands import Commands
from tracker.watch.line_book import LineBook
from tracker.watch.line_clocks import LineClocks
from tracker.watch.record import StoreRecorder
from tracker.watch.shelf import EMPTY_TIMELINE_US, Shelf
from tracker.watch.world import World

_CLOCKS: Final = "clocks"
_LAYOUT: Final = 3


class Durability:
    """Commits and snapshots of one life."""

    def __init__(
        self,
        world: World,
        store: Database,
        shelf: Shelf,
        book: LineBook,
        clocks: LineClocks,
        commands: Commands,
        engine: Engine,
        recorder: StoreRecorder,
    ) -> None:
        self._keep_statements_us = int(world.config.keep_statements_d * US_PER_DAY)
        self._keep_statements_d = world.config.keep_statements_d
        self._store, self._shelf, self._book, self._clocks = store, shelf, book, clocks
        self._commands, self._engine, self._recorder = commands, engine, recorder
        self.journal_heads: Callable[[], Mapping[str, JournalHead]] = dict
        """What the journals are now, by source; kept with every commit, so that what is missing of them later is found out."""
        self.on_news: Callable[[], object] = lambda: None
        """Called in the writer's thread once something published is durable: it must not wait."""
        self.snapshot_bytes = 0
        self.snapshot_error = ""
        self.safe_positions: dict[str, dict[str, str]] = {}
        """Positions behind which no life will ever ask again: those of the snapshot that a durable commit names.

        A source told any earlier forgets what a life killed before that commit would have to read again.
        """
        self._cargo_aboard = CargoAboard()
        self._writing: tuple[int, Future[int]] | None = None
        self._snapshot_us: int | None = None
        self._snapshot_lines: dict[str, Progress] = {}
        self._next_lines: dict[str, Progress] = {}
        self._next_decoders: dict[str, bytes] = {}
        self._next_held: tuple[PositionBatch, StaticBatch] = PositionBatch.empty(), StaticBatch.empty()
        self._named_positions: dict[str, dict[str, str]] = {}
        self._durable_snapshot_us: int | None = None
        self._forgotten_us: int | None = None
        self._settled = 0
        self._earlier_received_us: int | None = None

    def begin(self, committed: Committed) -> None:
        """Go on from a commit."""
        self._shelf.begin(committed.generation)
        self._recorder.next_seq = committed.next_seq

    def resume(self, committed: Committed) -> None:
        """The snapshot in force is that of the commit."""
        self._snapshot_us, self._snapshot_lines = committed.snapshot_us, dict(committed.snapshot_lines)
        self._earlier_received_us = committed.received_us

    @property
    def snapshot_us(self) -> int | None:
        """Instant of the snapshot that the next commit names."""
        return self._snapshot_us

    @property
    def received_us(self) -> int | None:
        """Latest receive time of any line that our own clock stamps, or of an earlier life."""
        return max(self._book.received_us, self._earlier_received_us or 0) or None

    # -- commits -----------------------------------------------------------------------------------------------------------

    def commit(self, *, wait: bool = False, then: Callable[[], None] | None = None) -> None:
        """Everything so far becomes durable, in one transaction; ``then`` is called in the writer's thread once it is."""
        if self._writing is not None and self._writing[1].done():
            self._is_written(*self._writing)
        self._commands.flush()
        self._recorder.flush()
        is_rewritten = self._shelf.has_rewritten
        committed = Committed(
            self._engine.watermark_us, self._snapshot_us, self._recorder.next_seq, self._book.progress(), self._snapshot_lines,
            self._shelf.generation + is_rewritten, self.received_us, self._lateness_us(),
        )  # fmt: skip
        texts = {"committed": committed.to_text(), **self._commands.texts()}
        if heads := self.journal_heads():
            texts[watch_state.JOURNAL_HEADS] = json.dumps({name: head.to_json() for name, head in heads.items()})
        self._store.write(lambda connection: watch_state.write_texts(connection, texts))
        on_news = self.on_news if self._recorder.has_news else None
        self._recorder.is_committed()
        self._store.commit(wait=wait or is_rewritten)
        if is_rewritten:
            self._shelf.adopt()
        safe, named_us = self._named_positions, self._snapshot_us

        def is_durable() -> None:
            self.safe_positions, self._durable_snapshot_us = safe, named_us
            if on_news is not None:
                on_news()
            if then is not None:
                then()

        self._store.call(is_durable)
        durable_us = self._durable_snapshot_us
        if durable_us is not None and durable_us != self._forgotten_us and self._writing is None:
            # only now: what a commit on its way names instead may never get there
            self._forgotten_us = durable_us
            self._shelf.forget(durable_us)

    def _lateness_us(self) -> dict[str, int]:
        """How long rows of each line are waited for now, by name."""
        return {line.name: self._engine.lateness_us(line.number) for line in self._book.lines.values()}

    def settle_again(self) -> None:
        """What was taken back is to be done once: the next step makes a snapshot of it, as of a settlement."""
        self._settled = -1

    def is_settled(self) -> None:
        """What was driven again so far needs no snapshot of its own."""
        self._settled = self._engine.counts.recomputations

    def make_settling_durable(self) -> None:
        """A recomputation is committed together with a snapshot after it.

        It read from the store what had arrived by then. A later life could not do it again with the same rows; so none ever has to.
        """
        if self._engine.counts.recomputations == self._settled:
            return
        self.is_settled()
        if self._writing is not None:
            self._shelf.wait()
            self._is_written(*self._writing)
        self.take_snapshot()
        self._shelf.wait()
        self.commit()

    def make_reload_durable(self, *, is_cut: bool) -> None:
        """A reload is committed together with a snapshot after it.

        ``is_cut``: a detector began anew with it, so no timeline from before it can be driven again: late rows from before it judge nothing any more.
        """
        self.is_settled()
        if self._writing is not None:
            self._shelf.wait()
            self._is_written(*self._writing)
        self.take_snapshot(anew=True)
        self._shelf.wait()
        self.commit(wait=True)
        if is_cut and not self.snapshot_error:
            self._shelf.cut(self._engine.watermark_us)

    # -- snapshots ---------------------------------------------------------------------------------------------------------

    def take_snapshot(self, *, anew: bool = False) -> Future[int] | None:
        """Snapshot everything; put together and written in another thread (done when it is), valid with the commit after that.

        None where one is on its way, or the one in force is of this instant, unless it is to be made ``anew``.
        """
        if self._writing is not None:
            return None
        mark_us = self._engine.watermark_us
        if mark_us == self._snapshot_us and not (anew or self._shelf.has_rewritten):
            return None
        self._tell_views()
        timeline = self._engine.capture_timeline()
        states = self._clocks.states()
        clocks = pa.table({"line": list(states), "state": pa.array(list(states.values()), pa.list_(pa.int64()))})
        self._next_decoders = {line.name: line.snapshot() for line in self._book.lines.values()}
        lines = {f"line.{name}": kept for name, kept in self._next_decoders.items()}
        parts = {"engine": self._engine.rest_snapshot(), _CLOCKS: table_bytes(clocks), **lines}
        written = self._shelf.keep_soon(mark_us, timeline, bundle("watch", _LAYOUT, parts))
        self._writing = mark_us, written
        self._next_lines = self._book.progress()
        self._next_held = self._engine.held()
        return written

    def restore(self, snapshot_us: int) -> None:
        """Take over a snapshot into an engine, lines and clocks that have seen nothing yet."""
        parts = unbundle("watch", _LAYOUT, self._shelf.rest(snapshot_us))
        self._engine.restore(self._shelf.timeline(snapshot_us), parts["engine"])
        self._clocks.restore({row["line"]: row["state"] for row in bytes_table(parts[_CLOCKS]).to_pylist()})
        for line in self._book.lines.values():
            if (part := parts.get(f"line.{line.name}")) is not None:
                line.restore(part)

    def _is_written(self, mark_us: int, written: Future[int]) -> None:
        """A snapshot is on the disk: the next commit names it. One that could not be written is told, and the one before stays."""
        self._writing = None
        error = written.exception()
        self.snapshot_error = "" if error is None else f"{type(error).__name__}: {error}"
        if error is not None:
            return
        self.snapshot_bytes = written.result()
        self._snapshot_us = mark_us
        self._snapshot_lines = self._next_lines
        self._named_positions = self._book.positions(self._snapshot_lines)
        keep_d = self._keep_statements_d
        self._recorder.task(lambda connection: watch_state.forget_statements(connection, mark_us, keep_d))
        self._recorder.task(append.held(*self._next_held, self._book.name_of))
        self._recorder.task(watch_state.keep_decoders(self._next_decoders))
        self._next_decoders = {}
        self._engine.revisions.forget(mark_us - self._keep_statements_us)
        self._engine.papers.forget(mark_us - self._keep_statements_us)

    def _tell_views(self) -> None:
        """The account of every line into the views ``sources`` and ``rejects``, port calls and what is aboard into theirs."""
        sources, rejects = self._book.account()
        names = [line.name for line in self._book.lines.values()]
        self._recorder.task(lambda connection: watch_state.forget_ledger(connection, names))
        self._recorder.task(append.ledger(sources, rejects))
        self._recorder.task(append.port_calls(self._engine.timeline.port_calls.rows()))
        self._cargo_aboard.tell(self._engine.desk.linker, self._engine.watermark_us, self._recorder)

    # -- wrong clocks ------------------------------------------------------------------------------------------------------

    def not_received_after(self, now_us: int) -> None:
        """Our clock was set back to an instant: no earlier life received anything after it."""
        if self._earlier_received_us is not None:
            self._earlier_received_us = min(self._earlier_received_us, now_us)

    def take_back_judged(self, bound_us: int) -> None:
        """What this life has judged beyond an instant is taken back; the life is over."""
        self._recorder.flush()
        self._store.write(append.held(*self._engine.held(), self._book.name_of))
        self._store.write(watch_state.keep_decoders({line.name: line.snapshot() for line in self._book.lines.values()}))
        progress, next_seq = self._book.progress(), self._recorder.next_seq
        self._take_back(bound_us, self._engine.watermark_us, progress, next_seq, self._lateness_us())

    def take_back_committed(self, bound_us: int, committed: Committed) -> Committed:
        """What earlier lives have judged beyond an instant is taken back; how far the store is then."""
        self._store.write(append.held(PositionBatch.empty(), StaticBatch.empty(), self._book.name_of))
        self._store.write(watch_state.keep_decoders({}))  # those kept are of an earlier place in their lines
        return self._take_back(
            bound_us, committed.watermark_us, committed.lines, committed.next_seq, committed.lateness_us
        )

    def _take_back(
        self,
        beyond_us: int,
        watermark_us: int,
        lines: Mapping[str, Progress],
        next_seq: int,
        lateness_us: Mapping[str, int],
    ) -> Committed:
        """Make it durable that nothing beyond an instant is believed: rows are marked, and the watermark is that of the rows left."""
        names, max_ahead_us = list(self._book.number_of), self._clocks.max_ahead_us
        self._store.write(lambda connection: watch_state.disbelieve(connection, beyond_us, max_ahead_us, names))
        latest_us = self._store.ask(lambda connection: watch_state.latest_believed_us(connection, names))
        mark_us = EMPTY_TIMELINE_US if latest_us is None else min(watermark_us, latest_us)
        self._store.write(lambda connection: not_known_after(connection, mark_us))
        self._engine.papers.not_after(max(mark_us, 0))
        generation, received_us = self._shelf.generation, beyond_us - max_ahead_us
        set_back = watch_state.SET_BACK_US
        taken_back = Committed(
            mark_us, set_back, next_seq, dict(lines), dict(lines), generation, received_us, dict(lateness_us)
        )
        texts = {"committed": taken_back.to_text(), **self._commands.texts()}
        self._store.write(lambda connection: watch_state.write_texts(connection, texts))
        self._store.commit()
        return taken_back
