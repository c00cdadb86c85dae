"""Who may do what at the door: tokens by name, each with its scopes, in a file beside the store.

::

    STORE.state/door.clients    {"clients": [{"name": "room", "may": ["read", "stream"], "sha256": "...", "made": "2026-11-30T10:00:00Z"}]}, mode 0600

The file has no token, only the SHA-256 of each (256 random bits: nothing can be guessed of it). It is looked at with every request, so a token is
good, or no longer, at once. ``door.token``, for the owner of the store, may do everything.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final

from streams.private import make_private_folder, private_handle, replace_private
from tracker.door.place import DoorPlace
from tracker.errors import InputError

SCOPES: Final = {
    "read": "SQL that only reads, and the status",
    "stream": "the streams of alerts and of positions",
    "papers": "documents of papers in",
    "flags": "flags on consignments and parties",
    "orders": "orders to track craft",
    "decisions": "what people decided on alerts",
    "reload": "zones, papers and thresholds read again",
    "backup": "backups into a folder of this machine",
}
"""What a token may do, and what that is."""
OWNER: Final = "owner"
"""Whoever has ``door.token``."""
MOST_CLIENTS: Final = 200
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Client:
    """One that may come in."""

    name: str
    may: tuple[str, ...]
    sha256: str
    made: str = ""


class Clients:
    """Those of a door, as the file has them now."""

    def __init__(self, place: DoorPlace, token: str) -> None:
        self._file = file_of(place)
        self._owner = Client(OWNER, tuple(SCOPES), _digest(token.encode()))
        self._seen: tuple[int, ...] | None = None
        self._found: tuple[Client, ...] = ()
        self.why = ""
        """Why the file cannot be read; empty where it can."""

    def find(self, token: bytes) -> Client | None:
        """Whose token it is. It takes the same time whoever's it is, and if nobody's: digests are compared, all of them."""
        given = _digest(token)
        found: Client | None = None
        for client in (self._owner, *self._now()):
            if compare_digest(given, client.sha256):
                found = client
        return found

    def is_welcome(self, client: Client) -> bool:
        """Whether one that came in may still be there."""
        return client == self._owner or client in self._now()

    def _now(self) -> tuple[Client, ...]:
        try:
            about = self._file.stat()
            seen: tuple[int, ...] | None = (about.st_mtime_ns, about.st_ino, about.st_size)
        except OSError:
            seen = None
        if seen != self._seen:
            self._seen, self.why = seen, ""
            try:
                self._found = read_clients(self._file)
            except InputError as exc:
                self._found, self.why = (), str(exc)
        return self._found


def file_of(place: DoorPlace) -> Path:
    """Where the clients of a door stand."""
    return place.folder / "door.clients"


def read_clients(path: Path) -> tuple[Client, ...]:
    """Those of a file, none where there is none.

    Raises
    ------
    InputError
        it is none of ours: why.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(
            f"cannot be read ({exc})", str(path), "mend it, or remove it and make the tokens anew"
        ) from exc
    try:
        return tuple(_client(one) for one in json.loads(text)["clients"])
    except (ValueError, KeyError, TypeError) as exc:
        raise InputError(
            "is no list of clients of a door", str(path), "mend it, or remove it and make the tokens anew"
        ) from exc


def add_client(place: DoorPlace, name: str, may: Sequence[str], made: str) -> str:
    """Let another in: its token, which stands nowhere else from now on.

    Raises
    ------
    InputError
        the name is taken or none, a scope is unknown, or the file cannot be written.
    """
    if _NAME.fullmatch(name) is None or name == OWNER:
        raise InputError("is no name of a client", name[:80], "write 1 to 64 letters, digits, dots or dashes")
    unknown = [scope for scope in may if scope not in SCOPES]
    if unknown or not may:
        what = f"there is no scope {unknown[0][:40]!r}" if unknown else "no scope is named"
        raise InputError(what, "--may", f"name some of {', '.join(SCOPES)}")
    token = secrets.token_urlsafe(32)
    with _changing(place) as (path, clients):
        if any(client.name == name for client in clients):
            raise InputError("has a token already", name, "remove it first, or take another name")
        if len(clients) >= MOST_CLIENTS:
            raise InputError(f"there are {MOST_CLIENTS} clients already", str(path), "remove one")
        given = tuple(scope for scope in SCOPES if scope in may)
        _write(path, [*clients, Client(name, given, _digest(token.encode()), made)])
    return token


def remove_client(place: DoorPlace, name: str) -> None:
    """Let one in no more; a stream of its ends within seconds.

    Raises
    ------
    InputError
        there is none of that name, or the file cannot be written.
    """
    with _changing(place) as (path, clients):
        left = [client for client in clients if client.name != name]
        if len(left) == len(clients):
            raise InputError("is no client of this door", name[:80], "'tidewaiter door list' names them")
        _write(path, left)


@contextmanager
def _changing(place: DoorPlace) -> Iterator[tuple[Path, tuple[Client, ...]]]:
    """One at a time."""
    path = file_of(place)
    try:
        make_private_folder(place.folder)
        lock = private_handle(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield path, read_clients(path)
        finally:
            os.close(lock)
    except OSError as exc:
        raise InputError(f"cannot be written ({exc.strerror})", str(path), "run as the user that runs watch") from exc


def _write(path: Path, clients: Sequence[Client]) -> None:
    told = {"clients": [asdict(client) for client in clients]}
    replace_private(path, json.dumps(told, indent=1) + "\n")


def _client(raw: Any) -> Client:
    may = raw["may"]
    if not isinstance(may, list) or not all(isinstance(scope, str) for scope in may):
        raise TypeError("may is no list of scopes")
    return Client(str(raw["name"]), tuple(may), str(raw["sha256"]), str(raw.get("made", "")))


def _digest(token: bytes) -> str:
    return hashlib.sha256(token).hexdigest()
