"""The door of an engine as the room uses it: its stream of alerts, and decisions handed over."""

from __future__ import annotations

import http.client
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import orjson

from tracker.door.address import CONNECT_S, DoorAddress
from tracker.door.following import AlertFollower, DoorAwayError, DoorRefusedError, Item

_ANSWER_S: Final = 30.0
_PATH: Final = "/v1/decisions"


class AddressedDoor:
    """The door at an address."""

    def __init__(self, address: DoorAddress) -> None:
        self.address = address

    def follow(self, after: int, store_id: str | None) -> AbstractContextManager[Iterable[Item]]:
        """Open the stream of alerts behind a number of a store."""
        return AlertFollower(self.address, after, store_id)

    def send(self, decisions: Sequence[Mapping[str, Any]]) -> None:
        """Hand over decisions; returns when they are durable.

        Raises
        ------
        DoorAwayError, DoorRefusedError
            they are not, or nobody knows.
        """
        connection = _Connection(self.address)
        body = orjson.dumps({"decisions": list(decisions)})
        try:
            headers = {
                "Authorization": f"Bearer {self.address.read_token()}",
                "Content-Type": "application/json",
                "Connection": "close",
            }
            connection.request("POST", _PATH, body, headers)
            response = connection.getresponse()
            answer = response.read(1 << 20)
        except (OSError, http.client.HTTPException) as exc:
            raise DoorAwayError(
                f"the engine took no decisions ({getattr(exc, 'strerror', None) or type(exc).__name__})",
                self.address.where,
                "they are sent again",
            ) from exc
        finally:
            connection.close()
        if response.status != 200:
            raise DoorRefusedError(response.status, _error_of(answer, response.status))


class _Connection(http.client.HTTPConnection):
    def __init__(self, address: DoorAddress) -> None:
        super().__init__("localhost", timeout=_ANSWER_S)
        self._address = address

    def connect(self) -> None:
        self.sock = self._address.connect(CONNECT_S)
        self.sock.settimeout(self.timeout)


def _error_of(answer: bytes, status: int) -> str:
    try:
        return str(orjson.loads(answer)["error"])
    except (ValueError, KeyError, TypeError):
        return f"the engine answered {status} without a reason"
