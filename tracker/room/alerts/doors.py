"""The door of an engine as the room uses it: its stream of alerts, and decisions handed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import numpy as np

from tracker.door.address import DoorAddress
from tracker.door.calling import DoorCalls
from tracker.door.following import AlertFollower, Item
from tracker.door.position_following import FLOATS, PositionFollower, PositionFrame

_LAST_S: Final = 10.0
_LAST: Final = """
SELECT craft, epoch_us(time) AS time_us, lat_deg, lon_deg, speed_kn, course_deg, heading_deg, altitude_ft FROM latest_positions
WHERE time >= (SELECT max(time) FROM latest_positions) - INTERVAL 6 HOUR AND lat_deg IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY craft ORDER BY time DESC) = 1 ORDER BY time DESC LIMIT 100000
"""


class AddressedDoor:
    """The door at an address."""

    def __init__(self, address: DoorAddress) -> None:
        self.address = address

    def follow(self, after: int, store_id: str | None) -> AbstractContextManager[Iterable[Item]]:
        """Open the stream of alerts behind a number of a store."""
        return AlertFollower(self.address, after, store_id)

    def positions(self) -> AbstractContextManager[Iterable[PositionFrame]]:
        """Open the stream of positions."""
        return PositionFollower(self.address)

    def last_positions(self) -> PositionFrame:
        """The last position of each craft that was heard in the last six hours of event time."""
        rows = DoorCalls(self.address).rows(_LAST, time_s=_LAST_S)
        columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in FLOATS}
        times = np.array([row["time_us"] for row in rows], dtype=np.int64)
        return PositionFrame(tuple(row["craft"] for row in rows), times, columns)

    def send(self, decisions: Sequence[Mapping[str, Any]]) -> None:
        """Hand over decisions; returns when they are durable.

        Raises
        ------
        DoorAwayError, DoorRefusedError
            they are not, or nobody knows.
        """
        DoorCalls(self.address).decide(decisions)

    def rows(self, sql: str, params: Sequence[Any]) -> list[dict[str, Any]]:
        """The rows of a statement that only reads.

        Raises
        ------
        DoorAwayError, DoorRefusedError
            the engine is away, or the token may not ask.
        """
        return DoorCalls(self.address).rows(sql, list(params))

    def search(self, q: str, types: Sequence[str], limit: int, hidden: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """What has an identifier or a name, without what rules of compartments hide.

        Raises
        ------
        DoorAwayError, DoorRefusedError
            the engine is away, or refuses: why.
        """
        return DoorCalls(self.address).search(q, types, limit, hidden)

    def dossier(self, kind: str, name: str, hidden: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """All that is known of one thing, without what rules of compartments hide.

        Raises
        ------
        DoorAwayError, DoorRefusedError
            the engine is away, or refuses: with 404 where the thing is hidden or not there.
        """
        return DoorCalls(self.address).dossier(kind, name, hidden)
