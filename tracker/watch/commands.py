"""Flags and orders as they come: taken in, answered, and alerts told anew of what they changed.

Each is answered with what it meant or why it is refused; flags, orders and answers commit with everything else, so a command is answered once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from functools import partial
from typing import Any, Final

from streams.kafka_config import InRecord, OutRecord
from tracker.alerts.alert import Alert
from tracker.cargo.flagging import CargoIndex, FlagMessage
from tracker.cargo.manifest import Manifest
from tracker.decode.rejects import RejectCause
from tracker.engine.engine import Engine
from tracker.events import Event, EventState
from tracker.faults import Fault, fault_of
from tracker.identity import craft_text
from tracker.statics import StaticBatch
from tracker.store import watch_state
from tracker.store.database import Database
from tracker.store.papers import PaperChange
from tracker.topics.answers import Answer, Origin, Result
from tracker.topics.outgoing import Order, Reject, answer_record, dead_letter_of
from tracker.units import US_PER_DAY
from tracker.watch.control import KINDS, MOST_PAIRS, Control, Taken
from tracker.watch.receiving import Portion
from tracker.watch.record import StoreRecorder
from tracker.watch.world import World

_RECONSIDER_D: Final = 7
"""Alerts closed so many days ago are still told anew when their cargo is flagged."""


class Commands:
    """What risk engines have said of one store, and what is still to be told of it."""

    def __init__(
        self, world: World, store: Database, control: Control, engine: Engine, recorder: StoreRecorder
    ) -> None:
        self._world, self._store, self._engine, self._recorder = world, store, engine, recorder
        self.control = control
        self.positions: dict[str, str] = {}
        """How far the topics of flags and orders were taken in, by part."""
        self.paper_positions: dict[str, str] = {}
        """The same of the topic of papers."""
        self._cargo: CargoIndex | None = None
        self._told: list[watch_state.ControlRow] = []
        self._answers: list[OutRecord] = []
        self._touched: set[int] = set()
        """Craft whose alerts papers, flags or orders may have changed since the last look."""
        self._faults: list[Fault] = []

    def begin(self) -> None:
        """Take up what the store has of them."""
        control, ask = self.control, self._store.ask
        control.restore(ask(watch_state.read_control), ask(partial(watch_state.imo_pairs, most=MOST_PAIRS)))
        control.seq = ask(watch_state.last_control_seq)
        control.commands = int(ask(lambda connection: watch_state.read_text(connection, "commands")) or "0")
        text = ask(lambda connection: watch_state.read_text(connection, "control"))
        self.positions = json.loads(text) if text else {}
        text = ask(lambda connection: watch_state.read_text(connection, "papers"))
        self.paper_positions = json.loads(text) if text else {}

    def go_on_by(self, world: World, crafts: Set[int]) -> None:
        """The papers are others now; alerts on some craft are to be told anew."""
        self._world, self._cargo = world, None
        self._touched |= crafts
        self.reconsider()

    def note(self, statics: StaticBatch) -> None:
        """Who craft are: an order by IMO number may mean one of them."""
        if len(statics):
            self._touched.update(self.control.note(statics))

    def take_record(self, record: InRecord, kind: str) -> None:
        """A record of the topics of flags and orders: taken in and answered; a dead letter with the reason where it is refused."""
        self.positions[record.part] = record.position
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
            self._answers.append(dead_letter_of(record, answer.message, self._world.dead_letters))

    def take_unreadable(self, records: Sequence[InRecord]) -> None:
        """Records of raw feeds that could not be read: dead letters, with what commits next."""
        for record in records:
            reject = Reject(RejectCause.UNREADABLE_RECORD, record.unreadable)
            self._answers.append(dead_letter_of(record, reject, self._world.dead_letters))
        self._recorder.note_dirty()

    def take_command(self, kind: str, content: bytes) -> Sequence[dict[str, Any]]:
        """A flag or an order that came by the door: the answers, valid once the next commit is durable.

        Raises ``ValueError`` where ``kind`` is neither ``flag`` nor ``order``.
        """
        names = {name: stored for stored, name in KINDS.items()}
        if kind not in names:
            raise ValueError(f"there is no command {kind!r}; send flag or order")
        self.control.commands += 1
        clock = self._world.clock
        received_us = self._engine.watermark_us if clock is None else clock.now_us()
        answer = self._take(names[kind], content, Origin(None, 0, self.control.commands), max(received_us, 0))
        return [answer.to_json()]

    def note_portion(self, portion: Portion, change: PaperChange) -> None:
        """A document of the topic of papers was taken in, or cannot be read: its place goes with the commit, and where it is refused a dead letter."""
        record = portion.bringing.place
        if isinstance(record, InRecord) and portion.is_last:
            self.paper_positions[record.part] = record.position
            if change.refusal is not None:
                cause = RejectCause.UNREADABLE_RECORD if record.unreadable else RejectCause.BAD_CARGO
                letter = dead_letter_of(record, Reject(cause, change.refusal), self._world.dead_letters)
                self._answers.append(letter)
        self._recorder.note_dirty()

    def _take(
        self, kind: str, content: bytes | None, origin: Origin, received_us: int, correlation_id: str = ""
    ) -> Answer:
        try:
            taken = self.control.take(kind, content)
        except Exception as exc:  # a fault of ours costs this message: a topic would give it again to every life
            self._faults.append(fault_of(exc, "control", (content or b"").decode("utf-8", "replace")))
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
                self.control.seq, self._engine.watermark_us, kind, (content or b"").decode(), received_us,
                taken.message.time_us, taken.command_key, str(origin),
            )  # fmt: skip
            self._told.append(row)
        self._queue_answer(answer)
        return answer

    def _queue_answer(self, answer: Answer) -> None:
        self._answers.append(answer_record(answer, self._world.answers))
        self._recorder.note_news()

    def _meant_by(self, message: FlagMessage | Order) -> tuple[list[tuple[str, str, str]], set[int]]:
        """Consignments (manifest, consignment, document number) and craft that a message means now."""
        if isinstance(message, Order):
            return [], set(self.control.crafts_of(message))
        if message.target is None:
            return [], set()
        if self._cargo is None:
            self._cargo = CargoIndex(self._engine.desk.linker.papers)
        found = self._cargo.meant_by(message.target)
        crafts = self._engine.desk.linker.crafts_meant(manifest for manifest, _ in found)
        return [(manifest, item.consignment_id, item.document_number) for manifest, item in found], crafts

    def note_papers(self, manifests: Iterable[Manifest]) -> None:
        """Papers that came: flags mean their consignments, too."""
        if self._cargo is not None:
            for manifest in manifests:
                self._cargo.take(manifest)

    def reconsider(self) -> None:
        """Tell anew of what papers, flags or orders have changed: standing alerts, and open events of tracked craft.

        Once a turn for all messages of it, and only for the craft they mean, with those whom these met.
        """
        engine, mark_us = self._engine, self._engine.watermark_us
        meant = engine.take_meant()
        self._touched |= meant
        if not self._touched:
            return
        crafts, self._touched = {craft_text(craft) for craft in self._touched}, set()
        on_papers = {craft_text(craft) for craft in meant}
        since_us = mark_us - _RECONSIDER_D * US_PER_DAY
        standing = engine.desk.standing(since_us)
        standing_ids, tracked = set(standing), engine.desk.tracked
        events: list[Event] = []
        for _ in range(2):  # the alert on whom a craft met may be part of another now
            events = self._store.ask(
                partial(
                    watch_state.events_to_reconsider,
                    event_ids=standing,
                    crafts=sorted(crafts),
                    since_us=since_us if meant else None,
                )
            )
            met = {name for event in events for name in (event.craft, event.other_craft) if name}
            if met <= crafts:
                break
            crafts |= met
        alerts: list[Alert] = []
        for event in events:
            concerned = {event.craft, event.other_craft}
            is_open = event.state is EventState.OPEN
            # with papers what nobody need have read of may be of cargo
            is_news = bool(concerned & on_papers) and (is_open or event.known_us >= since_us)
            if event.event_id not in standing_ids and not is_news and not (is_open and concerned & tracked.keys()):
                continue
            try:
                alert = engine.desk.reconsider(event, mark_us)
            except Exception as exc:  # else a topic would give the message that asks for it to every life again
                self._faults.append(fault_of(exc, "desk", f"{event.event_id} {event.kind} {event.craft}"))
                continue
            if alert is not None:
                alerts.append(alert)
        engine.tell([], alerts)

    def flush(self) -> None:
        """What was told since the last commit, and the answers, into the transaction."""
        self.reconsider()
        if self._told:
            self._recorder.task(watch_state.add_control(self._told))
        if self._answers and self._world.sends:
            self._recorder.queue(self._answers)
        self._told, self._answers = [], []

    def texts(self) -> dict[str, str]:
        """How far flags and orders were taken in, for ``watch_state``."""
        return {
            "control": json.dumps(self.positions), "papers": json.dumps(self.paper_positions),
            "commands": str(self.control.commands),
        }  # fmt: skip

    def take_faults(self) -> list[Fault]:
        """What flags and orders made the program fall over since this was asked last."""
        faults, self._faults = self._faults, []
        return faults
