"""The stream of positions: where craft are now, a frame a second, for a map. Nobody gets a history of it: that is what the store is asked for.

The engine hands over the batches that it judges, as they are: one append to a list, and only while somebody follows. A thread of the door's makes of them
the latest position of each craft. A frame has the craft whose position changed since the frame before; a client that was not ready for some frames gets in the
next everything that changed since its last, each craft once. So a slow client skips frames and misses no craft, and nothing waits in a queue for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.door.alert_stream import StalledError, StreamCounts, StreamLimits
from tracker.identity import craft_texts
from tracker.positions import POSITION_COLUMNS, PositionBatch
from tracker.schema import Column, to_arrow_array

_BY_NAME: Final = {column.name: column for column in POSITION_COLUMNS}
SHOWN: Final = tuple(
    _BY_NAME[name] for name in ("time_us", "lat_deg", "lon_deg", "speed_kn", "course_deg", "heading_deg", "altitude_ft")
)
CRAFT: Final = Column("craft", "S16", "Craft as text: mmsi:219001234, icao24:4b1812.", nullable=False)
SCHEMA: Final = pa.schema(
    [pa.field("time", pa.timestamp("us", "UTC"), nullable=False), pa.field("craft", pa.string(), nullable=False)]
    + [pa.field(column.name, column.arrow_type, nullable=column.nullable) for column in SHOWN[1:]]
)
END: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""The mark of the end of an Arrow stream."""
MOST_CRAFT: Final = 300_000
"""Beyond, those longest not heard are forgotten."""
_MOST_ROWS: Final = 1_000_000
"""Handed over and not looked at yet; beyond, the oldest are let go of."""
_PIECE_ROWS: Final = 8_192
_OK: Final = 0


@dataclass(frozen=True, slots=True)
class Box:
    """An area: degrees; ``west`` greater than ``east`` crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which positions lie in it."""
        after, before = lon_deg >= self.west, lon_deg <= self.east
        beside = after & before if self.west <= self.east else after | before
        return np.asarray((lat_deg >= self.south) & (lat_deg <= self.north) & beside, dtype=np.bool_)


class Latest:
    """The latest position of each craft, and the number of the frame in which it changed last. Columns, ordered by craft."""

    def __init__(self, most: int = MOST_CRAFT) -> None:
        self._most = most
        self.craft = np.empty(0, dtype=np.int64)
        self.frame = np.empty(0, dtype=np.int64)
        self.columns = {column.name: np.empty(0, dtype=np.dtype(column.dtype)) for column in SHOWN}

    def take(self, rows: PositionBatch, fate: NDArray[np.uint8], frame: int) -> None:
        """Take in rows that were judged; those of a position that is not believed are left out."""
        good = np.flatnonzero((fate == _OK) & np.isfinite(rows.lat_deg))
        order = good[np.lexsort((rows.time_us[good], rows.craft[good]))]
        craft = rows.craft[order]
        if not len(craft):
            return
        last = order[np.append(craft[1:] != craft[:-1], True)]
        craft = rows.craft[last]
        at = np.searchsorted(self.craft, craft)
        is_known = at < len(self.craft)
        is_known[is_known] = self.craft[at[is_known]] == craft[is_known]
        to, row = at[is_known], last[is_known]
        newer = rows.time_us[row] >= self.columns["time_us"][to]
        to, row = to[newer], row[newer]
        self.frame[to] = frame
        for name, values in self.columns.items():
            values[to] = getattr(rows, name)[row]
        if not is_known.all():
            self._add(at[~is_known], last[~is_known], rows, frame)

    def _add(self, at: NDArray[np.int64], row: NDArray[np.int64], rows: PositionBatch, frame: int) -> None:
        self.craft = np.insert(self.craft, at, rows.craft[row])
        self.frame = np.insert(self.frame, at, frame)
        self.columns = {name: np.insert(values, at, getattr(rows, name)[row]) for name, values in self.columns.items()}
        if len(self.craft) > self._most:
            times = self.columns["time_us"]
            kept = np.sort(np.argpartition(times, len(times) - self._most)[len(times) - self._most :])
            self.craft, self.frame = self.craft[kept], self.frame[kept]
            self.columns = {name: values[kept] for name, values in self.columns.items()}

    def changed(self, after_frame: int, box: Box | None) -> NDArray[np.int64]:
        """Craft whose position changed after a frame, of those in an area."""
        is_meant = self.frame > after_frame
        if box is not None:
            is_meant &= box.holds(self.columns["lat_deg"], self.columns["lon_deg"])
        return self.craft[is_meant]

    def batch(self, craft: NDArray[np.int64]) -> bytes:
        """Some craft as they are now, as one message of an Arrow stream; one that was forgotten meanwhile is left out."""
        at = np.searchsorted(self.craft, craft)
        at = at[at < len(self.craft)]
        at = at[np.isin(self.craft[at], craft)]
        time, *rest = SHOWN
        times = pa.array(self.columns[time.name][at]).cast(SCHEMA.field("time").type)
        arrays = [times, pa.array(craft_texts(self.craft[at]), pa.string())]
        arrays += [to_arrow_array(self.columns[column.name][at], column) for column in rest]
        return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA).serialize().to_pybytes()


class PositionStream:
    """Used in the door's loop, but for :meth:`offer`."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._clients: set[asyncio.Event] = set()
        self._ticker: asyncio.Task[None] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="positions")
        self._given: list[tuple[PositionBatch, NDArray[np.uint8]]] = []
        self._given_rows = 0
        self._is_wanted = self._is_closed = False
        self._latest, self._frame, self._shared = Latest(), 0, b""
        self.counts = StreamCounts()

    @property
    def clients(self) -> int:
        """How many follow."""
        return len(self._clients)

    def offer(self, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        """Rows the engine has judged. Called in its thread: nothing is copied, nothing is waited for."""
        if self._is_wanted and self._given_rows < _MOST_ROWS:
            self._given.append((rows, fate))
            self._given_rows += len(rows)

    def close(self) -> None:
        """End all streams."""
        self._is_closed, self._is_wanted = True, False
        self._tell_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def serve(
        self, box: Box | None, send: Callable[[bytes], Awaitable[None]], is_gone: asyncio.Future[Any]
    ) -> None:
        """Send until the client has gone or the door is shut.

        Raises
        ------
        StalledError
            it takes nothing.
        """
        bell = asyncio.Event()
        is_gone.add_done_callback(lambda _: bell.set())
        self._clients.add(bell)
        self._is_wanted = True
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.get_running_loop().create_task(self._tick())
        pieces = self._pieces(box, bell)
        try:
            async for piece in pieces:
                if is_gone.done():
                    break
                try:
                    async with asyncio.timeout(self._limits.stall_s):
                        await send(piece)
                except TimeoutError:
                    self.counts.stalled += 1
                    raise StalledError from None
                self.counts.sent_bytes += len(piece)
        finally:
            await pieces.aclose()
            self._clients.discard(bell)

    async def _pieces(self, box: Box | None, bell: asyncio.Event) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        yield SCHEMA.serialize().to_pybytes()
        seen, said_s = -1, loop.time()
        while not self._is_closed:
            bell.clear()
            frame, is_next = self._frame, seen == self._frame - 1 and box is None
            if frame > seen:
                if is_next and self._shared:
                    yield self._shared
                    said_s = loop.time()
                elif not is_next:
                    craft = await self._do(partial(self._changed, seen, box))
                    for begin in range(0, len(craft), _PIECE_ROWS):
                        part = craft[begin : begin + _PIECE_ROWS]
                        yield await self._do(partial(self._batch, part))
                        said_s = loop.time()
                seen = frame
            if loop.time() - said_s >= self._limits.beat_s:
                said_s = loop.time()
                yield Latest().batch(np.empty(0, dtype=np.int64))  # nothing changed, and the connection lives
            await bell.wait()
        yield END

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while self._clients and not self._is_closed:
            next_s = max(next_s + self._limits.frame_s, loop.time())
            await asyncio.sleep(next_s - loop.time())
            given, self._given, self._given_rows = self._given, [], 0
            try:
                self._shared = await self._do(partial(self._merge, given, self._frame + 1))
            except Exception:  # a fault of ours, or the door is being shut, costs this frame and ends no stream
                self._shared = b""
            self._frame += 1
            self._tell_all()
        self._is_wanted = False
        self._given, self._latest, self._shared = [], Latest(), b""

    def _merge(self, given: list[tuple[PositionBatch, NDArray[np.uint8]]], frame: int) -> bytes:
        """Take in what came, and the frame of it."""
        if given:
            rows = PositionBatch.concat(rows for rows, _ in given)
            self._latest.take(rows, np.concatenate([fate for _, fate in given]), frame)
        craft = self._latest.changed(frame - 1, None)
        parts = range(0, len(craft), _PIECE_ROWS)
        return b"".join(self._latest.batch(craft[begin : begin + _PIECE_ROWS]) for begin in parts)

    def _changed(self, after_frame: int, box: Box | None) -> NDArray[np.int64]:
        return self._latest.changed(after_frame, box)

    def _batch(self, craft: NDArray[np.int64]) -> bytes:
        return self._latest.batch(craft)

    async def _do(self, work: Callable[[], Any]) -> Any:
        if self._is_closed:
            raise RuntimeError("the door is shut")
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _tell_all(self) -> None:
        for bell in self._clients:
            bell.set()
