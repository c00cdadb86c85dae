"""Topics as sources: chunks of bytes for raw feeds, whole records for control topics. How they are followed stands in ``streams._kafka_follower``.

**Receive time.** A chunk joins the records of one part whose timestamps fall into the same window of 100 ms, and is received at the start of that
window. So however the broker cuts its answers, the same bytes have the same receive time in every replay; a window may come in
several chunks, which are one stream of bytes all the same. There are no signs of life: only records tell that time has gone on.

A record of text without a newline at its end gets one. A record that begins with 0x1A (Beast) is left as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from streams._kafka_batches import Unreadable
from streams._kafka_follower import Follower
from streams.kafka_config import InRecord, KafkaConfig
from streams.source import Chunk
from streams.time import US_PER_S, Clock

WINDOW_US: Final = 100_000
"""Records this near in time are one chunk."""
MOST_AHEAD_US: Final = 300 * US_PER_S
"""A timestamp further ahead of our clock is no time of receipt; as ``max_ahead_s`` of a source."""
CHUNK_BYTES: Final = 1 << 20
"""A chunk with more bytes than this is given out before its window ends."""
MOST_ASIDE: Final = 100
"""So many records that could not be read wait for whoever asks for them; older ones go first."""
_BEAST: Final = b"\x1a"


@dataclass(slots=True)
class _Window:
    """Records of one part within one window of time, as they gather."""

    start_us: int
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    next_offset: int = 0


class KafkaSource(Follower[Chunk]):
    """Raw topics as one source of chunks; see the module for what a chunk, a part and a position are.

    Parameters
    ----------
    name:
        Name of the source; the consumer group is ``GROUP.NAME``.
    start_at:
        ``earliest`` or ``latest``: where a part begins that has neither a position nor a committed offset.
    queue_bytes:
        So much is read ahead at most, and one fetch on top.
    """

    def __init__(self, name: str, topics: Sequence[str], config: KafkaConfig, clock: Clock, **options: Any) -> None:
        super().__init__(name, topics, config, clock, **options)
        self._windows: dict[str, _Window] = {}
        self._aside: deque[InRecord] = deque(maxlen=MOST_ASIDE)

    def unreadable(self) -> list[InRecord]:
        """What could not be read since the last call, at most ``MOST_ASIDE`` of them; all are counted in ``dropped``."""
        with self._changed:
            found = list(self._aside)
            self._aside.clear()
        return found

    def _take(self, part: str, records: Sequence[Any]) -> None:
        window = self._windows.get(part)
        for record in records:
            if isinstance(record, Unreadable):
                with self._changed:
                    self._aside.append(_set_aside(part, record, self._ids.get(part, "")))
                if window is not None:
                    window.next_offset = record.next_offset
                continue
            value = record.value
            if not value:
                continue
            # a record without a timestamp, from a client before 2016, stays in the window of the one before it
            # and so does one of a producer whose clock is wrong: a receive time bounds what is believed, so it must have been
            stamp_us = record.timestamp * 1000
            can_be = 0 <= stamp_us <= self._clock.now_us() + MOST_AHEAD_US
            start_us = stamp_us // WINDOW_US * WINDOW_US if can_be else None
            if window is not None and (start_us not in (None, window.start_us) or window.size >= CHUNK_BYTES):
                self._close_window(part, window)
                window = None
            if window is None:
                window = _Window(self._clock.now_us() // WINDOW_US * WINDOW_US if start_us is None else start_us)
                self._windows[part] = window
            if not value.startswith(_BEAST) and not value.endswith(b"\n"):
                value += b"\n"
            window.pieces.append(value)
            window.size += len(value)
            window.next_offset = record.offset + 1

    def _settle(self, idle: bool, now_us: int, behind: Iterable[str]) -> None:
        """A window is given out once its time has passed and no record of it is known to wait, or nothing came at all."""
        for part, window in list(self._windows.items()):
            passed = not window.start_us <= now_us < window.start_us + WINDOW_US
            if idle or (passed and part not in behind):
                self._close_window(part, window)

    def _close_window(self, part: str, window: _Window) -> None:
        del self._windows[part]
        chunk = Chunk(part, b"".join(window.pieces), window.start_us, self._position(part, window.next_offset))
        self._give(chunk, part, window.next_offset, window.size, window.start_us)


class KafkaRecords(Follower[InRecord]):
    """Control topics as whole records, in the order of their partition; otherwise as ``KafkaSource``."""

    def _take(self, part: str, records: Sequence[Any]) -> None:
        topic_id = self._ids.get(part, "")
        for record in records:
            if isinstance(record, Unreadable):
                item = _set_aside(part, record, topic_id)
            else:
                item = InRecord(
                    record.topic, record.partition, record.offset, record.timestamp * 1000,
                    record.key, record.value, tuple((name, value or b"") for name, value in record.headers),
                    topic_id=topic_id,
                )  # fmt: skip
            size = len(item.value or b"") + len(item.key or b"")
            self._give(item, part, item.following, size, item.timestamp_us)


def _set_aside(part: str, found: Unreadable, topic_id: str) -> InRecord:
    """What could not be read, as a record of the bytes."""
    topic, _, partition = part.rpartition("/")
    return InRecord(
        topic, int(partition), found.offset, found.timestamp * 1000, None, found.value, (),
        found.sentence, found.next_offset, topic_id,
    )  # fmt: skip
