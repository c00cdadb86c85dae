"""Calls at the door that are answered with JSON, for a process that loads neither the store nor the engine.

::

    calls = DoorCalls(DoorAddress.of("live.duckdb"))
    calls.status()
    calls.decide([{"decision_id": ..., ...}])
    calls.command("flag", {...})

Every call is a connection of its own. ``DoorAwayError`` means that it is not known what became of it: send the same again.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from socket import socket
from typing import Any, Final
from urllib.parse import urlencode

from tracker.door.address import CONNECT_S, DoorAddress
from tracker.errors import InputError

_ANSWER_S: Final = 45.0
"""Commands are answered within half a minute, status at once."""
_PAPERS_S: Final = 900.0
_SEARCH_S: Final = 8.0
"""A search is answered in some milliseconds; one that is not yet possible is refused after two seconds."""


class DoorAwayError(InputError):
    """Nobody opens, or whoever did is gone: come again later."""


class DoorRefusedError(InputError):
    """The engine refused; ``status`` is that of HTTP, ``retry_s`` when to ask again, ``told`` the whole answer, where it said so."""

    def __init__(
        self, status: int, error: str, retry_s: float | None = None, told: Mapping[str, Any] | None = None
    ) -> None:
        self.status, self.retry_s, self.told = status, retry_s, told or {}
        super().__init__(error, "", "")


class DoorConnection(http.client.HTTPConnection):
    """One request to a door."""

    def __init__(self, door: DoorAddress, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._door = door

    def connect(self) -> None:
        """Connect to wherever the door is."""
        self.sock: socket = self._door.connect(CONNECT_S)
        self.sock.settimeout(self.timeout)


class DoorCalls:
    """What can be told to an engine, and asked of it."""

    def __init__(self, door: DoorAddress) -> None:
        self.door = door

    def status(self) -> dict[str, Any]:
        """How the engine does (docs/door.md)."""
        return self.call("GET", "/v1/status")

    def decide(self, decisions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Tell what people decided; what became of each, once it is durable. One that came before with another content raises
        :class:`DoorRefusedError` of status 409, whose ``told["answers"]`` says of each what became of it."""
        answers: list[dict[str, Any]] = self.call("POST", "/v1/decisions", _json({"decisions": list(decisions)}))[
            "answers"
        ]
        return answers

    def command(self, kind: str, document: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Hand over a ``flag`` or an ``order``; what the engine answers once it is durable."""
        answers: list[dict[str, Any]] = self.call("POST", f"/v1/command/{kind}", _json(document))["answers"]
        return answers

    def add_papers(self, name: str, content: bytes) -> dict[str, Any]:
        """Hand over a document of papers; what became of it once that is durable."""
        return self.call("POST", f"/v1/papers?{urlencode({'name': name}, errors='replace')}", content, _PAPERS_S)

    def search(
        self, q: str, types: Sequence[str] = (), limit: int | None = None, hidden: Sequence[Mapping[str, str]] = ()
    ) -> dict[str, Any]:
        """What has an identifier or a name (docs/door.md, Search), without what rules of compartments hide: ``{"what": "flag", "value": ...}``."""
        asked = {"q": q, "types": list(types) or None, "limit": limit, "hidden": list(hidden)}
        return self.call("POST", "/v1/search", _json(asked), _SEARCH_S)

    def dossier(self, kind: str, name: str, hidden: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
        """All that is known of one thing (docs/door.md, Dossiers); refused with 404 where it is hidden or not there."""
        return self.call("POST", f"/v1/dossier/{kind}", _json({"id": name, "hidden": list(hidden)}), _SEARCH_S)

    def rows(self, sql: str, params: Any = None, time_s: float = 30.0) -> list[dict[str, Any]]:
        """The rows of one statement that only reads, at most as many as fit in memory."""
        body = _json({"sql": sql, "params": params, "format": "jsonl", "time_s": time_s})
        return [json.loads(line) for line in self.bytes("POST", "/v1/sql", body, time_s + _ANSWER_S).splitlines()]

    def call(self, method: str, path: str, body: bytes | None = None, timeout_s: float = _ANSWER_S) -> dict[str, Any]:
        """Any call that is answered with a JSON object.

        Raises
        ------
        DoorRefusedError
            refused: why.
        DoorAwayError
            the engine is away, or went away in answering.
        """
        content = self.bytes(method, path, body, timeout_s)
        try:
            told: dict[str, Any] = json.loads(content)
        except ValueError as exc:
            raise away(self.door, exc) from exc
        return told

    def bytes(self, method: str, path: str, body: bytes | None = None, timeout_s: float = _ANSWER_S) -> bytes:
        """As :meth:`call`, whatever the answer is."""
        connection = DoorConnection(self.door, timeout_s)
        try:
            sent = headers(self.door, "application/json" if body is not None else None)
            with suppress(
                BrokenPipeError, ConnectionResetError
            ):  # refused before it was all sent: the reason may be there
                connection.request(method, path, body, sent)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as exc:
            raise away(self.door, exc) from exc
        finally:
            connection.close()
        if response.status != 200:
            raise refused(response.status, content, response.headers.get("retry-after"))
        return content


def headers(door: DoorAddress, content_type: str | None = None) -> dict[str, str]:
    """What every request has."""
    made = {"Host": "localhost", "Authorization": f"Bearer {door.read_token()}", "Connection": "close"}
    return made if content_type is None else {**made, "Content-Type": content_type}


def refused(status: int, body: bytes, retry: str | None) -> DoorRefusedError:
    """The engine's refusal as an error."""
    try:
        told = json.loads(body)
        error = str(told["error"])
    except (ValueError, KeyError, TypeError):
        told, error = {}, f"the engine answered {status} without a reason"
    return DoorRefusedError(status, error, float(retry) if retry is not None and retry.isdigit() else None, told)


def away(door: DoorAddress, exc: BaseException) -> DoorAwayError:
    """Why nobody answers, as it looks from here."""
    if isinstance(exc, TimeoutError):
        return DoorAwayError("the engine is silent", door.where, "see whether it hangs: its /healthz tells")
    if isinstance(exc, PermissionError):
        return DoorAwayError("the door is not ours to open", door.where, "run as the user that runs 'tidewaiter watch'")
    what = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
    return DoorAwayError(f"the engine is away ({what})", door.where, "it is looked for again")


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, default=str).encode(errors="surrogatepass")
