"""Asking the program that has a store: the other side of the door, for commands and for other programs.

::

    door = Door.of_store(Path("live.duckdb"))      # None where no program has it
    door.status()
    door.sql("SELECT count(*) FROM alerts").fetchall()
    door.command("flag", {...})

Every call is a connection of its own; the token is read anew each time, so a door outlives restarts of the program behind it.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pyarrow as pa

from tracker.door.address import CONNECT_S, DoorAddress
from tracker.door.calling import DoorConnection, DoorRefusedError, headers
from tracker.door.place import DoorPlace, connect, place_of
from tracker.errors import InputError
from tracker.store.answers import Params
from tracker.store.asking import Answer, QuestionError

__all__ = ["Door", "DoorReader", "DoorRefusedError"]

_ANSWER_S: Final = 45.0
"""Commands are answered within half a minute, status at once."""
_BACKUP_S: Final = 6 * 3600.0
"""A large store on a slow disk."""
_RELOAD_S: Final = 900.0
"""Papers of a million consignments take a minute to read, and a program that catches up comes to it afterwards."""
_SLACK_S: Final = 30.0
"""A question waits for its turn, and is let go of, within so long beside its own time."""


class Door:
    """The door of a store that a program has open."""

    def __init__(self, store: Path) -> None:
        self._address = DoorAddress(store)
        self.place = place_of(store)

    @classmethod
    def of_store(cls, store: Path) -> Door | None:
        """The door of the program that has a store; None where none has it.

        Raises
        ------
        InputError
            there is a door, and it is not ours to open: why.
        """
        place = place_of(store)
        try:
            connect(place, CONNECT_S).close()
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return None
        except PermissionError as exc:
            raise _not_ours(place) from exc
        except OSError as exc:
            raise InputError(
                f"the program that has this store does not open ({exc.strerror or exc})",
                str(place.socket),
                "see whether it hangs: its /healthz tells",
            ) from exc
        return cls(store)

    def sql(self, sql: str, params: Params = None, *, time_s: float | None = None) -> Answer:
        """The answer to one statement that only reads.

        Raises
        ------
        InputError
            it may not be asked, or cannot be answered; also on the way, where an answer is cut off.
        """
        asked: dict[str, Any] = {"sql": sql, "params": params, "format": "arrow"}
        if time_s is not None:
            asked["time_s"] = time_s
        body = json.dumps(asked, default=str).encode()
        connection, response = self._ask("POST", "/v1/sql", body, (time_s or _SLACK_S) + _SLACK_S)
        number = response.headers.get("tidewaiter-question", "")
        try:
            reader = pa.ipc.open_stream(pa.PythonFile(response, mode="r"))
        except (pa.ArrowException, OSError, http.client.HTTPException) as exc:
            connection.close()
            raise self._why(number, exc) from exc

        def next_batch() -> pa.RecordBatch | None:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                # the mark of the end may be missing: then the connection has more to say than HTTP has given
                rest = _rest_of(response)
                if rest is not None:
                    raise self._why(number, rest) from rest
                return None
            except (pa.ArrowException, OSError, http.client.HTTPException) as exc:
                raise self._why(number, exc) from exc
            return batch

        return Answer(reader.schema, next_batch, connection.close)

    def status(self) -> dict[str, Any]:
        """How the program does (docs/door.md)."""
        return self._json("GET", "/v1/status", None)

    def command(self, kind: str, document: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Hand over a flag or an order (``flag``, ``order``); what the program answers once it is durable, as on the topic of answers."""
        body = json.dumps(document, ensure_ascii=False).encode(errors="surrogatepass")
        answers: list[dict[str, Any]] = self._json("POST", f"/v1/command/{kind}", body)["answers"]
        return answers

    def backup(self, folder: Path) -> dict[str, Any]:
        """Have the program make a backup of its store in a new folder; what it made.

        Raises
        ------
        InputError
            it could not; why.
        """
        body = json.dumps({"to": str(folder.absolute())}).encode(errors="surrogatepass")
        return self._json("POST", "/v1/backup", body, _BACKUP_S)

    def add_papers(self, name: str, content: bytes) -> dict[str, Any]:
        """Hand over a document of papers; what became of it once that is durable (``PaperChange.to_json``, with its name)."""
        path = f"/v1/papers?{urlencode({'name': name}, errors='replace')}"
        return self._json("POST", path, content, _RELOAD_S)

    def reload(self) -> dict[str, Any]:
        """Have the program read again what it was started with; what became of it.

        Raises
        ------
        InputError
            refused, and the old stays in force: why.
        """
        return self._json("POST", "/v1/reload", b"{}", _RELOAD_S)

    def _json(self, method: str, path: str, body: bytes | None, timeout_s: float = _ANSWER_S) -> dict[str, Any]:
        connection, response = self._ask(method, path, body, timeout_s)
        try:
            content: dict[str, Any] = json.loads(response.read())
        except (OSError, ValueError, http.client.HTTPException) as exc:
            raise self._why("", exc) from exc
        finally:
            connection.close()
        return content

    def _ask(
        self, method: str, path: str, body: bytes | None, timeout_s: float
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = DoorConnection(self._address, timeout_s)
        try:
            sent = headers(self._address, "application/json" if body is not None else None)
            with suppress(
                BrokenPipeError, ConnectionResetError
            ):  # refused before it was all sent: the reason may be there
                connection.request(method, path, body, sent)
            response = connection.getresponse()
        except PermissionError as exc:
            connection.close()
            raise _not_ours(self.place) from exc
        except (OSError, http.client.HTTPException) as exc:
            connection.close()
            raise self._why("", exc) from exc
        if response.status != 200:
            content = response.read(1 << 20)
            connection.close()
            try:
                error = str(json.loads(content)["error"])
            except (ValueError, KeyError, TypeError):
                error = f"the program answered {response.status} without a reason"
            if path == "/v1/sql" and response.status in (400, 413, 504):
                raise QuestionError(error.removeprefix("query: "), "")
            raise DoorRefusedError(response.status, error)
        return connection, response

    def _why(self, number: str, exc: BaseException) -> InputError:
        """Why the answer broke off, as the program tells it afterwards, or as it looks from here."""
        if number:
            try:
                told = self._json("GET", f"/v1/sql/{number}", None)
                return QuestionError(str(told["error"]).removeprefix("query: "), "")
            except InputError:
                pass
        if isinstance(exc, TimeoutError):
            return InputError(
                "the program that has this store does not answer in time",
                str(self.place.socket),
                "see whether it hangs: its /healthz tells",
            )
        return InputError(
            f"the program that had this store went away while answering ({exc or type(exc).__name__})",
            str(self.place.socket),
            "ask again",
        )


class DoorReader:
    """A store that a running program has open; the twin of ``tracker.store.asking.FileReader``."""

    def __init__(self, door: Door, time_s: float | None = None) -> None:
        self._door, self._time_s = door, time_s

    def execute(self, sql: str, params: Params = None) -> Answer:
        """The answer to one statement that only reads."""
        return self._door.sql(sql, params, time_s=self._time_s)

    def close(self) -> None:
        """Nothing is held between questions."""


def _rest_of(response: http.client.HTTPResponse) -> BaseException | None:
    """What is wrong with the end of an answer; None where it is whole."""
    try:
        while response.read(1 << 16):
            pass
    except (OSError, http.client.HTTPException) as exc:
        return exc
    return None


def _not_ours(place: DoorPlace) -> InputError:
    return InputError(
        "belongs to the program of another user",
        str(place.socket),
        "ask as the user that runs 'tidewaiter watch' (sudo -u NAME ...), or from inside its container",
    )
