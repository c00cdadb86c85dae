"""Following the positions of an engine: a frame a second of the craft that moved, as columns.

::

    with PositionFollower(DoorAddress.of("live.duckdb")) as follower:
        for frame in follower: ...                       # a frame without craft says that the engine lives

Ends by :class:`tracker.door.calling.DoorAwayError` when the engine goes away or is silent for ``silence_s``. Imports neither the store nor the engine.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.door.address import DoorAddress
from tracker.door.calling import DoorConnection, away, headers, refused
from tracker.errors import InputError

SILENCE_S: Final = 20.0
"""Four empty frames that did not come."""
FLOATS: Final = ("lat_deg", "lon_deg", "speed_kn", "course_deg", "heading_deg", "altitude_ft")
_PATH: Final = "/v1/stream/positions"


@dataclass(frozen=True, slots=True)
class PositionFrame:
    """Craft that moved, each with its latest position: ids as text; microseconds since 1970 UTC; columns by name (docs/door.md), NaN where nothing was said."""

    craft: tuple[str, ...]
    time_us: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.float64]]


class PositionFollower:
    """One connection; :meth:`close` from another thread ends the iteration."""

    def __init__(self, door: DoorAddress, silence_s: float = SILENCE_S) -> None:
        self._door, self._silence_s = door, silence_s
        self._connection: DoorConnection | None = None

    def __enter__(self) -> PositionFollower:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it."""
        held = self._connection
        if held is not None and held.sock is not None:
            with suppress(OSError):
                held.sock.shutdown(2)

    def __iter__(self) -> Iterator[PositionFrame]:
        import pyarrow as pa  # noqa: PLC0415  # heavy, and only who looks at a map needs it

        self._connection = connection = DoorConnection(self._door, self._silence_s)
        try:
            connection.request("GET", _PATH, headers=headers(self._door))
            response = connection.getresponse()
            if response.status != 200:
                raise refused(response.status, response.read(1 << 20), response.headers.get("retry-after"))
            for batch in pa.ipc.open_stream(response):
                yield frame_of(batch)
            raise away(self._door, OSError("the engine ended the stream"))
        except (OSError, ValueError, http.client.HTTPException, pa.ArrowException) as exc:
            if isinstance(exc, InputError):
                raise
            raise away(self._door, exc) from exc
        finally:
            self._connection = None
            connection.close()


def frame_of(batch: Any) -> PositionFrame:
    """A record batch of the door as a frame."""
    columns = {
        name: batch.column(name).cast("float64").fill_null(float("nan")).to_numpy(zero_copy_only=False)
        for name in FLOATS
    }
    times = batch.column("time").cast("int64").to_numpy(zero_copy_only=False)
    return PositionFrame(tuple(batch.column("craft").to_pylist()), times, columns)
