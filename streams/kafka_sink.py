"""Records into Kafka, acknowledged; and the topics they go to, created where missing.

``acks=all`` and the idempotent producer (KIP-98, KIP-679), so that the client's own repetitions write nothing twice and a partition keeps
the order of the calls. After a failed call the producer is thrown away with all that it still held: nothing of that call can arrive
behind what is sent later. A caller that sends again may write twice, and consumers drop the double by its id.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final

from kafka import KafkaAdminClient, KafkaProducer
from kafka import errors as kafka_errors

from streams._kafka import connect, words
from streams.errors import RecordRefusedError, SinkAwayError
from streams.kafka_config import KafkaConfig, OutRecord, TopicSpec

_PERMANENT: Final = (
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.RecordListTooLargeError,
    kafka_errors.InvalidRecordError,
    kafka_errors.InvalidTopicError,
)
_STEP_S: Final = 0.2
"""How often a waiting call looks whether it is to end."""
_CLOSE_S: Final = 2.0
"""So long the closing waits for a call under way; one that looks for a broker ends by itself, and throws away what it made."""
_SLACK_S: Final = 5.0
"""So much longer than the client's own limit an answer is awaited."""


class KafkaSink:
    """Writes records and waits for their acknowledgement. One thread sends; ``close`` may come from another and ends a waiting call."""

    def __init__(self, config: KafkaConfig) -> None:
        self.config = config
        self.last_error = ""
        """The last thing that went wrong, in a sentence; empty when nothing did."""
        self.sent = 0
        """Records acknowledged so far."""
        self._producer: Any = None
        self._state = "starting"
        self._closed = threading.Event()
        self._lock = threading.Lock()

    @property
    def state(self) -> str:
        """``starting``, ``connected``, ``waiting`` (the last call failed) or ``closed``, as in ``SourceHealth``."""
        return self._state

    def send(self, records: Sequence[OutRecord]) -> None:
        """Write the records in order; returns when the cluster has all of them.

        Raises
        ------
        SinkAwayError
            Not delivered within ``send_timeout_s``; some may have been. Send the same records again.
        RecordRefusedError
            Some will never be taken (too large, for instance); all others were delivered.
        """
        with self._lock:
            try:
                refused = self._deliver(records)
            except SinkAwayError as exc:
                self._discard()
                self.last_error = str(exc)
                if not self._closed.is_set():
                    self._state = "waiting"
                raise
            self._state = "connected"
            self.sent += len(records) - len(refused)
        if refused:
            self.last_error = refused[0][1]
            raise RecordRefusedError(tuple(refused))

    def close(self) -> None:
        """Let go of the connections; returns within seconds."""
        self._closed.set()
        if self._lock.acquire(timeout=_CLOSE_S):
            try:
                self._discard()
            finally:
                self._lock.release()
        self._state = "closed"

    def _deliver(self, records: Sequence[OutRecord]) -> list[tuple[int, str]]:
        """Send until every record is acknowledged or refused for good; the refused ones.

        A broker that refuses one record refuses the whole batch of the wire that it came in, and its answer does not say reliably which one it
        was. Then all are sent again one by one, those acknowledged as well: a partition must not end with an earlier record behind a later.
        """
        refused: dict[int, str] = {}
        if self._attempt(records, range(len(records)), refused):
            for index in [index for index in range(len(records)) if index not in refused]:
                self._attempt(records, [index], refused)
        return sorted(refused.items())

    def _attempt(self, records: Sequence[OutRecord], indices: Sequence[int], refused: dict[int, str]) -> bool:
        """Send some once; adds to ``refused``. True where one of several was refused, but it is not certain which."""
        producer = self._connected()
        futures: list[tuple[int, Any]] = []
        for index in indices:
            record = records[index]
            if self._closed.is_set():
                raise SinkAwayError("the sink is closed")
            try:
                future = producer.send(record.topic, value=record.value, key=record.key, headers=list(record.headers))
            except _PERMANENT as exc:
                refused[index] = _why_refused(record, exc)
            except kafka_errors.KafkaError as exc:
                raise SinkAwayError(f"Kafka did not take a record for {record.topic}: {words(exc)}") from exc
            except ValueError as exc:  # neither key nor value, or a name no topic can have
                refused[index] = f"a record for {record.topic!r} cannot be sent: {exc}"
            else:
                futures.append((index, future))
        self._await([future for _, future in futures])
        in_doubt = False
        for index, future in futures:
            error = future.exception
            if error is None:
                continue
            if len(indices) > 1 and (isinstance(error, _PERMANENT) or type(error) is kafka_errors.KafkaError):
                in_doubt = (
                    True  # the plain KafkaError is the client's word for "another record of the batch was refused"
                )
            elif isinstance(error, _PERMANENT):
                refused[index] = _why_refused(records[index], error)
                self._discard()  # kafka-python 3.0.12 counts the refused record: all later ones would be refused for the gap
            else:
                raise SinkAwayError(f"Kafka did not acknowledge a record for {records[index].topic}: {words(error)}")
        if in_doubt:
            self._discard()
        return in_doubt

    def _await(self, futures: Sequence[Any]) -> None:
        """Wait until each is acknowledged or failed."""
        open_ones, done = [len(futures)], threading.Event()
        counting = threading.Lock()

        def one_less(_: object) -> None:
            with counting:
                open_ones[0] -= 1
                if open_ones[0] == 0:
                    done.set()

        for future in futures:
            future.add_both(one_less)
        steps = int((self.config.send_timeout_s + _SLACK_S) / _STEP_S)
        for _ in range(steps if futures else 0):
            if done.wait(_STEP_S):
                return
            if self._closed.is_set():
                raise SinkAwayError("the sink is closed before the cluster had acknowledged everything")
        if futures:
            raise SinkAwayError(f"Kafka did not answer within {self.config.send_timeout_s:g} s")

    def _connected(self) -> Any:
        if self._closed.is_set():
            raise SinkAwayError("the sink is closed")
        if self._producer is None:
            self._producer = connect(
                KafkaProducer,
                self.config,
                acks="all",
                enable_idempotence=True,
                linger_ms=5,
                batch_size=64 << 10,
                max_request_size=self.config.max_record_bytes,
                delivery_timeout_ms=int(max(self.config.send_timeout_s, self.config.request_timeout_s + 1) * 1000),
                max_block_ms=int(self.config.request_timeout_s * 1000),
                metrics_enabled=False,
            )
        return self._producer

    def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        sender = producer._sender
        sender.force_close()  # the client's own close(0) raises, and lives on, while records are unsent
        sender.join(_SLACK_S)
        try:
            producer.close(timeout=0)
        except kafka_errors.KafkaError as exc:
            self.last_error = f"the producer did not close cleanly: {words(exc)}"


def create_topics(config: KafkaConfig, topics: Iterable[TopicSpec]) -> list[str]:
    """Create those that are missing and wait until they can be used; existing ones are left as they are. Returns the new ones' names.

    Raises ``SinkAwayError`` where the cluster cannot be reached or refuses.
    """
    wanted = {topic.name: topic for topic in topics}
    admin = connect(KafkaAdminClient, config)
    try:
        missing = {name: wanted[name] for name in sorted(wanted.keys() - set(admin.list_topics()))}
        for name, topic in missing.items():
            shape = {
                "num_partitions": topic.partitions,
                "replication_factor": topic.replication,
                "configs": dict(topic.settings),
            }
            try:
                admin.create_topics({name: shape})
            except kafka_errors.TopicAlreadyExistsError:
                continue  # another program was faster
        if missing:
            admin.wait_for_topics(list(missing), timeout_ms=int(config.request_timeout_s * 1000))
        return list(missing)
    except kafka_errors.KafkaError as exc:
        raise SinkAwayError(f"the topics could not be created at {config.bootstrap}: {words(exc)}") from exc
    finally:
        admin.close()


def missing_topics(config: KafkaConfig, names: Iterable[str]) -> list[str]:
    """Which of these topics are not there. Raises ``SinkAwayError`` where the cluster cannot be reached."""
    admin = connect(KafkaAdminClient, config)
    try:
        return sorted(set(names) - set(admin.list_topics()))
    except kafka_errors.KafkaError as exc:
        raise SinkAwayError(f"the topics at {config.bootstrap} could not be listed: {words(exc)}") from exc
    finally:
        admin.close()


def _why_refused(record: OutRecord, error: BaseException) -> str:
    size = len(record.value or b"")
    if isinstance(error, (kafka_errors.MessageSizeTooLargeError, kafka_errors.RecordListTooLargeError)):
        return f"a record of {size} bytes is too large for {record.topic}; raise its max.message.bytes and max_record_bytes"
    return f"a record of {size} bytes is refused by {record.topic}: {words(error)}"


def topic_names(config: KafkaConfig) -> list[str]:
    """Topics of the cluster; ``SinkAwayError`` where it cannot be reached."""
    admin = connect(KafkaAdminClient, config)
    try:
        return sorted(admin.list_topics())
    except kafka_errors.KafkaError as exc:
        raise SinkAwayError(f"Kafka at {config.bootstrap} does not tell its topics: {words(exc)}") from exc
    finally:
        admin.close()
