"""Following the alerts of an engine: what was missed first, then each as it becomes durable.

::

    at, store_id = 0, None                                     # as remembered
    with AlertFollower(DoorAddress.of("live.duckdb"), at, store_id) as follower:
        for item in follower:                                  # or: async for item in follow(...)
            match item:
                case AlertTold(sequence, event): ...           # remember sequence with what is made of it
                case Heartbeat(): ...                          # the engine lives; every 5 s
                case Reset(first, sequence, store_id): ...     # forget the number; the stream goes on with `first`

The iteration ends by an exception: :class:`DoorAwayError` when the engine went away or was silent for ``silence_s``, so whoever follows decides when
to come again, and from which number; :class:`DoorRefusedError` where it refuses. Imports neither the store nor the engine.
"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from socket import socket
from typing import Any, Final
from urllib.parse import urlencode

from tracker.door.address import DoorAddress
from tracker.door.calling import DoorAwayError, DoorConnection, DoorRefusedError, away, headers, refused
from tracker.errors import InputError

__all__ = [
    "AlertFollower",
    "AlertTold",
    "DoorAwayError",
    "DoorRefusedError",
    "EventLines",
    "Heartbeat",
    "Item",
    "Reset",
    "follow",
]

SILENCE_S: Final = 15.0
"""Three heartbeats that did not come."""
MOST_EVENT_BYTES: Final = 64 << 20
"""A longer event is none."""
_PATH: Final = "/v1/stream/alerts"


@dataclass(frozen=True, slots=True)
class AlertTold:
    """One committed revision of an alert: its number, and its CloudEvent as docs/topics.md has it."""

    sequence: int
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The engine lives. Everything up to ``sequence`` is durable; ``watermark`` is how far event time is (None before the first report), ``at`` its clock."""

    sequence: int
    store_id: str
    watermark: str | None
    at: str
    phase: str
    """As in the status: ``live``, ``catching up``, ..."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The number asked for is not known, or of another store: the stream goes on with ``first``; ``sequence`` is the last there is."""

    first: int
    sequence: int
    store_id: str


Item = AlertTold | Heartbeat | Reset


class EventLines:
    """Server-sent events out of bytes, however they are cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._kind, self._id, self._data = "", "", b""

    def take(self, data: bytes) -> Iterator[Item]:
        """The items that some bytes complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MOST_EVENT_BYTES:
            raise ValueError("an event has no end")
        for line in lines:
            if not line.strip(b"\r"):
                item, self._kind, self._id, self._data = self._item(), "", "", b""
                if item is not None:
                    yield item
                continue
            name, _, value = line.rstrip(b"\r").partition(b":")
            value = value.removeprefix(b" ")
            if name == b"event":
                self._kind = value.decode()
            elif name == b"id":
                self._id = value.decode()
            elif name == b"data":
                self._data = value if not self._data else self._data + b"\n" + value

    def _item(self) -> Item | None:
        if not self._data:
            return None
        told = json.loads(self._data)
        if self._kind == "alert":
            return AlertTold(int(self._id), told)
        if self._kind == "heartbeat":
            return Heartbeat(told["sequence"], told["store_id"], told["watermark"], told["at"], told["phase"])
        if self._kind == "reset":
            return Reset(told["first"], told["sequence"], told["store_id"])
        return None  # of a later version


def path_of(after: int | None, store_id: str | None) -> str:
    """What is asked for: everything after a number of a store; None: what becomes durable from now on."""
    asked = {"after": after, "store_id": store_id}
    given = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{_PATH}?{given}" if given else _PATH


class AlertFollower:
    """Follows in a thread: an iterator of items. :meth:`close`, from any thread, ends it."""

    def __init__(
        self, door: DoorAddress, after: int | None, store_id: str | None = None, *, silence_s: float = SILENCE_S
    ) -> None:
        self._door, self._silence_s = door, silence_s
        self._path = path_of(after, store_id)
        self._socket: socket | None = None
        self._is_closed = False

    def __enter__(self) -> AlertFollower:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it: whoever waits for the next item gets ``DoorAwayError``."""
        self._is_closed = True
        if (held := self._socket) is not None:
            with suppress(OSError):
                held.shutdown(2)

    def __iter__(self) -> Iterator[Item]:
        connection = DoorConnection(self._door, self._silence_s)
        try:
            connection.request("GET", self._path, headers=_headers(self._door))
            self._socket = connection.sock
            response = connection.getresponse()
            if response.status != 200:
                raise refused(response.status, response.read(1 << 20), response.headers.get("retry-after"))
            lines = EventLines()
            while data := response.read1(1 << 16):
                yield from lines.take(data)
            raise DoorAwayError("the engine ended the stream", self._door.where, "come again")
        except (OSError, ValueError, http.client.HTTPException) as exc:
            if isinstance(exc, InputError):
                raise
            raise away(self._door, exc) from exc
        finally:
            self._socket = None
            connection.close()


async def follow(
    door: DoorAddress, after: int | None, store_id: str | None = None, *, silence_s: float = SILENCE_S
) -> AsyncIterator[Item]:
    """The same in an event loop; ends with the task, or where ``aclose`` is called."""
    writer: asyncio.StreamWriter | None = None
    try:
        made = await asyncio.to_thread(door.connect)
        made.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=made, limit=1 << 20)
        lines = [f"GET {path_of(after, store_id)} HTTP/1.1", *(f"{n}: {v}" for n, v in _headers(door).items()), "", ""]
        writer.write("\r\n".join(lines).encode("latin-1"))
        async with asyncio.timeout(silence_s):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        if status != 200:
            async with asyncio.timeout(silence_s):
                body = await reader.read(1 << 20)
            raise refused(status, body, fields.get("retry-after"))
        events = EventLines()
        while True:
            async with asyncio.timeout(silence_s):
                size = int((await reader.readline()).partition(b";")[0], 16)
                data = await reader.readexactly(size + 2)
            if size == 0:
                raise DoorAwayError("the engine ended the stream", door.where, "come again")
            for item in events.take(data[:-2]):
                yield item
    except (OSError, ValueError, IndexError, EOFError) as exc:
        if isinstance(exc, InputError):
            raise
        raise away(door, exc) from exc
    finally:
        if writer is not None:
            writer.close()


def _headers(door: DoorAddress) -> dict[str, str]:
    return {**headers(door), "Accept": "text/event-stream"}
