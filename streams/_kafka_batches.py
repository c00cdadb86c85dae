"""Batches of records out of a fetch, one damaged batch at a time set aside: what kafka-python 3.0 does not, which raises at it for ever.

A batch whose checksum is wrong, that is packed with a codec there is no library for, that does not unpack, or whose records are no records is given as
one :class:`Unreadable` with its bytes as they came, and reading goes on behind it. Records of it that came before the damage are given as usual.
A batch may unpack to ``MOST_UNPACKED_BYTES`` at most: a megabyte of lz4 can hold 250 MB of nothing, one of zstd far more.

Format: Kafka protocol guide, "Record Batch" (kafka.apache.org/documentation/#recordbatch).
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import lz4.frame
import zstandard
from kafka import errors as kafka_errors
from kafka.codec import snappy_decode
from kafka.consumer.fetcher import ConsumerRecord, Fetcher
from kafka.record.default_records import DefaultRecordBatch

from streams._kafka import words

MOST_UNPACKED_BYTES: Final = 64 << 20
"""Sixty-four times what a broker takes as one batch unless told otherwise; real ones pack three to ten times."""
_MOST_RECORDS: Final = 1_000_000
"""A damaged header is not believed to speak of more records than that."""
_XERIAL: Final = b"\x82SNAPPY\x00"
_CODECS: Final = {1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands from ``offset`` to before ``next_offset`` and could not be read; ``timestamp`` in milliseconds, -1 where it says none."""

    offset: int
    next_offset: int
    timestamp: int
    value: bytes
    sentence: str


class TolerantRecords(Fetcher.PartitionRecords):
    """Takes the place of the class of the same task in a consumer's fetcher."""

    next_fetch_offset: int
    fetch_offset: int

    def _unpack_records(self, tp: Any, records: Any, key_deserializer: Any, value_deserializer: Any) -> Iterator[Any]:
        del key_deserializer, value_deserializer  # we read bytes
        while True:
            try:
                batch = records.next_batch()
            except Exception as exc:  # not even a header: whatever else the answer holds cannot be found
                yield self._set_aside(self.next_fetch_offset + 1, b"", -1, exc)
                break
            if batch is None:
                break
            raw, is_new = batch._buffer, batch.magic == 2
            try:
                if not batch.validate_crc():
                    raise kafka_errors.CorruptRecordError("its checksum is wrong")
                if is_new:
                    self.leader_epoch = batch.leader_epoch
                    if not batch.is_control_batch:
                        _unpack(batch)
                        yield from self._records_of(tp, batch)
                    self.next_fetch_offset = batch.next_offset
                else:
                    yield from self._records_of(tp, batch)
            except Exception as exc:
                yield self._set_aside(_end_of(batch, self.next_fetch_offset), bytes(raw), _time_of(batch), exc)
        self.drain()

    def _records_of(self, tp: Any, batch: Any) -> Iterator[Any]:
        for record in batch:
            if not record.validate_crc():
                raise kafka_errors.CorruptRecordError("the checksum of a record is wrong")
            self.records_read += 1
            self.bytes_read += record.size_in_bytes
            self.next_fetch_offset = record.offset + 1
            yield ConsumerRecord(
                tp.topic, tp.partition, self.leader_epoch, record.offset, record.timestamp, record.timestamp_type,
                record.key, record.value, record.headers, record.checksum, -1, -1, -1,
            )  # fmt: skip

    def _set_aside(self, end: int, raw: bytes, timestamp: int, why: BaseException) -> Unreadable:
        first = max(self.next_fetch_offset, self.fetch_offset)
        self.next_fetch_offset = end = max(end, first + 1)
        span = f"offset {first}" if end == first + 1 else f"offsets {first} to {end - 1}"
        return Unreadable(
            first, end, timestamp, raw, f"{span} of {self.topic_partition.topic} cannot be read: {words(why)}"
        )


def _end_of(batch: Any, begin: int) -> int:
    """The offset behind a batch, as far as its header can be believed."""
    try:
        end = int(batch.next_offset if batch.magic == 2 else batch.base_offset + 1)
    except Exception:
        return begin + 1
    return end if begin < end <= begin + _MOST_RECORDS else begin + 1


def _time_of(batch: Any) -> int:
    return int(batch.max_timestamp) if batch.magic == 2 else -1


def _unpack(batch: DefaultRecordBatch) -> None:
    """Put what a batch unpacks to in its place, as the client would, but bounded."""
    codec = _CODECS.get(batch.compression_type)
    if codec is None:
        return
    batch._assert_has_codec(batch.compression_type)
    packed = bytes(memoryview(batch._buffer)[batch._pos :])
    unpacked = _UNPACK[codec](packed)
    if len(unpacked) > MOST_UNPACKED_BYTES:
        raise kafka_errors.CorruptRecordError(f"its {codec} unpacks to more than {MOST_UNPACKED_BYTES >> 20} MiB")
    batch._buffer, batch._pos, batch._decompressed = bytearray(unpacked), 0, True


def _gzip(packed: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        return file.read(MOST_UNPACKED_BYTES + 1)


def _lz4(packed: bytes) -> bytes:
    with lz4.frame.LZ4FrameFile(io.BytesIO(packed)) as file:
        return bytes(file.read(MOST_UNPACKED_BYTES + 1))


def _zstd(packed: bytes) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed), read_across_frames=True) as reader:
        return bytes(reader.read(MOST_UNPACKED_BYTES + 1))


def _snappy(packed: bytes) -> bytes:
    """Each block says first how long it unpacks to (snappy format description, section 1); the blocks of xerial's stream stand behind 16 bytes."""
    if packed.startswith(_XERIAL):
        at, whole = 16, 0
        while at + 4 <= len(packed):
            size = int.from_bytes(packed[at : at + 4], "big")
            whole += _varint(packed[at + 4 : at + 9])
            at += 4 + size
    else:
        whole = _varint(packed[:5])
    if whole > MOST_UNPACKED_BYTES:
        raise kafka_errors.CorruptRecordError(f"its snappy unpacks to more than {MOST_UNPACKED_BYTES >> 20} MiB")
    return bytes(snappy_decode(packed))


def _varint(head: bytes) -> int:
    """A little-endian base-128 number."""
    value = 0
    for place, byte in enumerate(head):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return value


_UNPACK: Final = {"gzip": _gzip, "lz4": _lz4, "snappy": _snappy, "zstd": _zstd}
