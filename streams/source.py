"""What a live source is: chunks of bytes with the instant they were received and a position to go on from.

One interface for sockets, growing files, Kafka topics and the journal. A source reads ahead in threads of its own into a bounded
queue; whoever drives it calls ``read`` from one thread. When nobody reads, a source stops taking more (back-pressure): memory is bounded
by ``queue_bytes`` and not by how slow the reader is.

``has_memory`` tells whether the same bytes can be had again from a position. A file and a Kafka topic have memory; a socket has none, so
its chunks pass through the journal (``streams.journal``), which has.

A source may give several *parts* (a Kafka partition each, for instance). Each part is a byte stream of its own with its own decoder;
``Chunk.part`` names it, and positions are kept by part.

A part that many send to (``streams.listeners``) is a single stream of chunks, but each sender's bytes are decoded by themselves: ``Chunk.voice`` names the
sender, ``LIFE.NUMBER@ADDRESS``. A name is given once; LIFE is new whenever the source begins, and then all voices of lives before are over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some bytes of one part of a source, as received.

    ``position`` is opaque text; ``start`` with it gives what came right after this chunk. A chunk of no bytes is a sign of life: the source
    is well, time has gone on, and nothing was to be heard; with a voice it says that this one has ended.
    """

    part: str
    data: bytes
    received_us: int
    position: str
    voice: str = ""
    """Which sender of the part, where there are several; empty where there is but one."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source does, as values for metrics and for people."""

    state: str
    """``starting``, ``connected``, ``waiting`` (nothing there yet, trying again) or ``closed``."""
    last_heard_us: int | None
    """Receive time of the last bytes."""
    bytes_in: int
    chunks_in: int
    connects: int
    """How often a connection was made; above 1 it was lost in between."""
    dropped: int
    """Units that could not be taken: datagrams lost in the kernel's buffer, clients beyond the limit."""
    last_error: str
    """The last thing that went wrong, in a sentence; empty when nothing did."""
    lag: int | None = None
    """Bytes or records that wait to be read, where the source can tell."""
    clients: int | None = None
    """How many send now, where others connect or send to us."""
    let_go: int = 0
    """Clients that had to leave: idle, or nothing could be decoded of what they sent."""


class Source(Protocol):
    """Where bytes come from."""

    name: str

    @property
    def has_memory(self) -> bool:
        """Whether the same bytes can be had again from a position."""
        ...

    def start(self, positions: Mapping[str, str]) -> None:
        """Begin reading: each part after its position, parts without one where the configuration says."""
        ...

    def read(self, timeout_s: float) -> Chunk | None:
        """The next chunk, or None when none came within ``timeout_s``. Called from one thread only."""
        ...

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Everything up to these positions is durable: the source may forget it, or tell others how far we are."""
        ...

    @property
    def health(self) -> SourceHealth:
        """How it does now."""
        ...

    def close(self) -> None:
        """Stop reading and release everything; returns within seconds. Called once."""
        ...


@runtime_checkable
class Judged(Protocol):
    """A source with voices, which wants to hear what came of them."""

    def judge(self, voice: str, wasted_bytes: int) -> None:
        """Something of a voice's chunk was decoded (0), or nothing of so many bytes. From any thread."""
        ...
