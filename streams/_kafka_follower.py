"""One thread that follows topics: what ``KafkaSource`` and ``KafkaRecords`` share.

The thread owns the client and fills a bounded queue; when the queue is full the partitions are paused (the group membership lives on),
so memory is bounded by ``queue_bytes`` and one fetch. A broker that is away is waited for; nothing here raises into the reader.

Where to begin, per partition (a *part*, ``topic/partition``; its *position* is the next offset as text, ``OFFSET@TOPIC_ID`` where the broker has ids): the
position given to ``start``, else the group's committed offset, else ``start_at``. After a rebalance a partition goes on where this source had read to. A position that the
topic no longer has (retention passed it, or it was made anew) goes on at the earliest record there is: counted in ``dropped``, said in ``last_error``.
A topic made anew under its name has another id: it is read from its first record, even where it has grown beyond the position of the one before.

A batch that cannot be read is set aside (``streams._kafka_batches``) and counted in ``dropped``: it holds up nothing behind it.

The reader is a static member of its group (KIP-345): killed and started anew under the same ``instance`` it goes on at once, without waiting
for the session of its dead self to expire. Killed while the group was being formed, it finds itself a member to whom nothing was given, and the
broker gives a static member the same again; so one that has had nothing to read for a while, of topics that are there, asks for a new distribution. A second program under the same instance takes the place of the first, which stops once it
tries to commit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from kafka import KafkaConsumer
from kafka import errors as kafka_errors
from kafka.structs import OffsetAndMetadata

from streams._kafka import Seeker, connect, id_of, part_of, words
from streams._kafka_batches import TolerantRecords, Unreadable
from streams.errors import SinkAwayError
from streams.kafka_config import KafkaConfig
from streams.source import SourceHealth
from streams.time import US_PER_S, Clock

_POLL_MS: Final = 100
_SESSION_MS: Final = 30_000
_RETRY_S: Final = 1.0
_CLOSE_S: Final = 5.0
"""So long the thread may take to commit and to leave its group; while it looks for a broker it has nothing to leave."""
_POLLS_WITHOUT_PARTITION: Final = 50
"""So many polls (five seconds) without a partition, then twice as many each time: where members outnumber partitions, to have none is right."""

Item = TypeVar("Item")


class Follower(Generic[Item]):
    """What both readers of topics share: the thread, the queue, the positions and the health."""

    has_memory = True

    def __init__(
        self,
        name: str,
        topics: Sequence[str],
        config: KafkaConfig,
        clock: Clock,
        *,
        start_at: str = "earliest",
        queue_bytes: int = 32 << 20,
        max_poll_records: int = 2000,
    ) -> None:
        if start_at not in ("earliest", "latest"):
            raise ValueError(f"start_at {start_at!r} is neither earliest nor latest")
        if not topics:
            raise ValueError(f"source {name} names no topic")
        self.name, self.topics, self.config = name, tuple(topics), config
        self._clock, self._start_at = clock, start_at
        self._queue_bytes, self._max_poll_records = queue_bytes, max_poll_records
        self._queue: deque[tuple[Item, str, int, int]] = deque()  # item, part, next offset, bytes
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._stop, self._fenced = threading.Event(), threading.Event()
        self._ids: dict[str, str] = {}  # of the topics that the positions are of, by part
        self._next: dict[str, int] = {}  # the offset that is to come, by part; what is below it was seen
        self._read_to: dict[str, int] = {}
        self._acknowledged: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self._has_client = False
        self._state, self._last_error = "starting", ""
        self._connects = self._dropped = self._bytes_in = self._items_in = 0
        self._last_heard_us: int | None = None
        self._looked_us = 0
        self._idle_polls, self._most_idle_polls = 0, _POLLS_WITHOUT_PARTITION
        self._thread = threading.Thread(target=self._run, name=f"kafka {name}", daemon=True)

    def start(self, positions: Mapping[str, str]) -> None:
        """Begin reading each part after its position. Raises ``ValueError`` where one is no offset."""
        for part, position in positions.items():
            offset, _, topic_id = position.partition("@")
            if not offset.isdecimal():
                raise ValueError(
                    f"source {self.name}: {position!r} is no position of {part}; an offset is a whole number"
                )
            self._next[part] = self._read_to[part] = int(offset)
            if topic_id:
                self._ids[part] = topic_id
        self._thread.start()

    def read(self, timeout_s: float) -> Item | None:
        """The next item, or None when none came within ``timeout_s``."""
        with self._changed:
            if not self._queue and not self._stop.is_set():
                self._changed.wait(timeout_s)
            if not self._queue:
                return None
            item, part, next_offset, size = self._queue.popleft()
            self._waiting_bytes -= size
            self._read_to[part] = next_offset
            return item

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Tell the group how far we are; the positions given to ``start`` win over it."""
        with self._changed:
            for part, position in positions.items():
                offset, _, topic_id = position.partition("@")
                if topic_id in ("", self._ids.get(part, topic_id)):  # else it is of the topic before this one
                    self._acknowledged[part] = int(offset)

    @property
    def health(self) -> SourceHealth:
        """How it does; ``lag`` is in records, as of the last second."""
        with self._changed:
            read_to = self._read_to
            lags = [max(0, end - read_to[part]) for part, end in self._ends.items() if part in read_to]
            return SourceHealth(
                state=self._state,
                last_heard_us=self._last_heard_us,
                bytes_in=self._bytes_in,
                chunks_in=self._items_in,
                connects=self._connects,
                dropped=self._dropped,
                last_error=self._last_error,
                lag=sum(lags) if self._ends else None,
            )

    def close(self) -> None:
        """Stop reading; what was acknowledged is committed, if the broker answers. Does not wait for a broker that is away."""
        with self._changed:
            self._stop.set()
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout=_CLOSE_S if self._has_client else 0.0)
        self._state = "closed"

    # --- the thread

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                consumer = connect(
                    KafkaConsumer,
                    self.config,
                    group_id=f"{self.config.group}.{self.name}",
                    group_instance_id=self.config.instance,
                    enable_auto_commit=False,
                    auto_offset_reset="none",
                    allow_auto_create_topics=False,
                    session_timeout_ms=_SESSION_MS,
                    metadata_max_age_ms=5_000,
                    max_poll_records=self._max_poll_records,
                    fetch_max_bytes=max(1 << 20, min(self._queue_bytes, 32 << 20)),
                    metrics_enabled=False,
                )
            except SinkAwayError as exc:
                self._wait_for(str(exc))
                continue
            self._has_client = True
            consumer._fetcher.PartitionRecords = TolerantRecords
            try:
                self._follow(consumer)
            except kafka_errors.FencedInstanceIdError:
                self._fenced.set()
                self._stop.set()
                self._say(
                    "closed",
                    f"another program reads group {self.config.group}.{self.name} as instance {self.config.instance}; "
                    "this one has stopped: give each its own instance",
                )
            except Exception as exc:  # whatever the client raises, the source goes on from its positions
                self._wait_for(f"reading {', '.join(self.topics)} from {self.config.bootstrap} failed: {words(exc)}")
            finally:
                self._leave(consumer)
                self._has_client = False

    def _wait_for(self, error: str) -> None:
        self._say("waiting", error)
        self._stop.wait(_RETRY_S)

    def _say(self, state: str, error: str) -> None:
        with self._changed:
            self._state, self._last_error = state, error

    def _leave(self, consumer: Any) -> None:
        try:
            if self._stop.is_set() and not self._fenced.is_set():
                self._commit(consumer, wait_ms=2000)
            consumer.close(autocommit=False, timeout_ms=2000)
        except Exception as exc:  # it is given up either way
            if not self._last_error:
                self._say(self._state, f"the connection to {self.config.bootstrap} did not close cleanly: {words(exc)}")

    def _follow(self, consumer: Any) -> None:
        consumer.subscribe(topics=list(self.topics), listener=Seeker(consumer, self._next, self._ids))
        while not self._stop.is_set():
            assigned = consumer.assignment()
            if assigned:
                full = self._waiting_bytes >= self._queue_bytes
                (consumer.pause if full else consumer.resume)(*assigned)
            self._insist_on_partitions(consumer)
            self._compare_topics(consumer, assigned)
            try:
                polled = consumer.poll(timeout_ms=_POLL_MS)
            except kafka_errors.NoOffsetForPartitionError as exc:
                seek = consumer.seek_to_beginning if self._start_at == "earliest" else consumer.seek_to_end
                seek(*exc.args[0])
                continue
            except kafka_errors.OffsetOutOfRangeError as exc:
                self._go_on_elsewhere(consumer, exc.args[0], {})
                continue
            except kafka_errors.LogTruncationError as exc:
                cut = {partition: end.offset for partition, end in exc.divergent_offsets.items() if end is not None}
                self._go_on_elsewhere(consumer, {p: self._next.get(part_of(p), 0) for p in exc.divergent_offsets}, cut)
                continue
            self._compare_topics(consumer, consumer.assignment())
            for partition, records in polled.items():
                self._take_new(part_of(partition), records)
            behind = {p for p in map(part_of, assigned) if self._next.get(p, 0) < self._ends.get(p, 0)}
            self._settle(idle=not polled, now_us=self._clock.now_us(), behind=behind)
            now_us = self._clock.now_us()
            if polled:
                self._is_well()
            if abs(now_us - self._looked_us) >= US_PER_S:
                self._looked_us = now_us
                self._look(consumer, assigned)
                self._commit(consumer)
            if self._fenced.is_set():
                raise kafka_errors.FencedInstanceIdError

    def _insist_on_partitions(self, consumer: Any) -> None:
        """Ask the group for a new distribution after long without a partition to read, of topics that have some.

        A join by the leader under its own member id makes the broker distribute anew. A distribution that a poll's end breaks off leaves the client
        with partitions marked as about to be taken away, which it then never reads. KafkaConsumer has no public call for either (3.0.12).
        """
        mine = consumer.assignment()
        if mine and not any(consumer._subscription.assignment[partition]._pending_revocation for partition in mine):
            self._idle_polls, self._most_idle_polls = 0, _POLLS_WITHOUT_PARTITION
            return
        self._idle_polls += 1
        if self._idle_polls < self._most_idle_polls:
            return
        self._idle_polls, self._most_idle_polls = 0, 2 * self._most_idle_polls
        if any(consumer.partitions_for_topic(topic) for topic in self.topics):
            if not mine:
                self._say(
                    "waiting", f"group {self.config.group}.{self.name} gave no partition; asked for a new distribution"
                )
            consumer._coordinator.request_rejoin()

    def _compare_topics(self, consumer: Any, assigned: Iterable[Any]) -> None:
        """A topic made anew is read from its beginning: whatever stood at the position is gone, and other records may stand there now."""
        for partition in assigned:
            part, now = part_of(partition), id_of(consumer, partition.topic)
            if not now:
                continue
            then = self._ids.setdefault(part, now)
            if then == now:
                continue
            earliest = consumer.beginning_offsets([partition])[partition]
            with self._changed:
                self._dropped += 1
                self._last_error = (
                    f"topic {partition.topic} was made anew since position {self._next.get(part, 0)} of {part} was read; "
                    f"reading begins at its first record, {earliest}"
                )
                self._ids[part] = now
                self._acknowledged.pop(part, None)
                self._read_to[part] = self._next[part] = earliest
            consumer.seek(partition, earliest)

    def _position(self, part: str, offset: int) -> str:
        """An offset as a position."""
        topic_id = self._ids.get(part, "")
        return f"{offset}@{topic_id}" if topic_id else str(offset)

    def _take_new(self, part: str, records: Sequence[Any]) -> None:
        """Records that were not seen before: after a rebalance a fetch may bring some twice."""
        expected = self._next.get(part)
        if expected is not None and records and records[0].offset < expected:
            records = [record for record in records if _end_of(record) > expected]
        if not records:
            return
        if expected is None:
            with self._changed:
                self._read_to.setdefault(part, records[0].offset)
        for record in records:
            if isinstance(record, Unreadable):
                with self._changed:
                    self._dropped += record.next_offset - record.offset
                    self._last_error = record.sentence
        self._take(part, records)
        self._next[part] = _end_of(records[-1])

    def _take(self, part: str, records: Sequence[Any]) -> None:
        raise NotImplementedError

    def _settle(self, idle: bool, now_us: int, behind: Iterable[str]) -> None:
        """After every poll: give out what need not wait longer."""

    def _give(self, item: Item, part: str, next_offset: int, size: int, heard_us: int) -> None:
        with self._changed:
            self._queue.append((item, part, next_offset, size))
            self._waiting_bytes += size
            self._bytes_in += size
            self._items_in += 1
            self._last_heard_us = heard_us
            self._changed.notify()

    def _go_on_elsewhere(self, consumer: Any, wanted: Mapping[Any, int], known: Mapping[Any, int]) -> None:
        """Positions that a topic has no longer: go on where it is ``known`` to be whole, else at the earliest, and say what is missing."""
        for partition, earliest in consumer.beginning_offsets(list(wanted)).items():
            part, position, there = part_of(partition), wanted[partition], known.get(partition, earliest)
            with self._changed:
                if position < there:
                    self._dropped += there - position
                    why = f"{there - position} records of {part} were deleted before they were read (retention)"
                else:
                    self._dropped += 1
                    why = f"{part} ends before position {position}: the topic was made anew or cut off"
                self._last_error = f"{why}; reading goes on at {there}"
                self._read_to[part] = there
            self._next[part] = there
            consumer.seek(partition, there)

    def _is_well(self) -> None:
        with self._changed:
            if self._state != "connected":
                self._state = "connected"
                self._connects += 1

    def _look(self, consumer: Any, assigned: Iterable[Any]) -> None:
        """Once a second: is the broker there, and how much waits?"""
        try:
            ends = consumer.end_offsets(list(assigned), timeout_ms=1000) if assigned else {}
            missing = [] if assigned else [t for t in self.topics if not consumer.partitions_for_topic(t)]
        except kafka_errors.KafkaError as exc:
            self._say("waiting", f"Kafka at {self.config.bootstrap} does not answer: {words(exc)}")
            return
        with self._changed:
            self._ends = {part_of(partition): end for partition, end in ends.items()}
            if missing:
                self._state = "waiting"
                self._last_error = f"there is no topic {', '.join(missing)} at {self.config.bootstrap}; create it"
        if assigned:
            self._is_well()

    def _commit(self, consumer: Any, wait_ms: int | None = None) -> None:
        """Tell the group what is acknowledged, every time anew: the answer is also how a program learns that another took its place, since
        kafka-python 3.0.12 merely stops its heartbeats then, and reads on."""
        with self._changed:
            known = dict(self._acknowledged)
        mine = {part_of(partition): partition for partition in consumer.assignment()}
        offsets = {mine[part]: OffsetAndMetadata(known[part], "", -1) for part in known.keys() & mine.keys()}
        if offsets and wait_ms is None:
            consumer.commit_async(offsets, callback=self._committed)
        elif offsets:
            consumer.commit(offsets, timeout_ms=wait_ms)

    def _committed(self, _: Any, response: Any) -> None:
        if isinstance(response, kafka_errors.FencedInstanceIdError):
            self._fenced.set()


def _end_of(record: Any) -> int:
    """The offset behind a record, or behind what could not be read."""
    return int(record.next_offset if isinstance(record, Unreadable) else record.offset + 1)
