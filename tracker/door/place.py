"""Where the door of a store is: a socket, a token and a lock in the folder beside it, all for their owner alone.

::

    STORE.state/door.sock     Unix socket; a stale one of a killed program is replaced, that of a living one never
    STORE.state/door.token    random text of 256 bits, made anew at every start
    STORE.state/door.lock     held by the program that has the door, with its process number in it

The system takes no path of a socket longer than about a hundred bytes. A longer one is reached through a short link in a private temporary
folder, which is removed at once.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Final, TypeVar

from streams.private import PRIVATE_FILE, make_private_folder, open_private, private_handle
from tracker.errors import InputError

_MOST_PATH_BYTES: Final = 100
"""``sun_path`` holds 108 bytes on Linux, 104 elsewhere (unix(7))."""
_BACKLOG: Final = 1024
"""A connection that finds it full is refused at once, not kept waiting (unix(7)): two hundred may come back together."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DoorPlace:
    """The files of a door."""

    folder: Path

    @property
    def socket(self) -> Path:
        """The Unix socket."""
        return self.folder / "door.sock"

    @property
    def token(self) -> Path:
        """Whoever can read this file may ask."""
        return self.folder / "door.token"

    @property
    def lock(self) -> Path:
        """Held by the program that has the door."""
        return self.folder / "door.lock"


def place_of(store: Path) -> DoorPlace:
    """The door of a store is in the folder of its snapshots and journals."""
    return DoorPlace(store.with_name(store.name + ".state"))


class Lock:
    """That nobody else has the door; the system releases it with the process, however that ends.

    Raises
    ------
    InputError
        another program has it, or the folder cannot be used.
    """

    def __init__(self, place: DoorPlace) -> None:
        try:
            make_private_folder(place.folder)
            # a link there would have whatever it leads to cut to nothing
            self._file = private_handle(place.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
        except OSError as exc:
            raise InputError(
                f"the door cannot be made ({exc.strerror})",
                str(place.folder),
                "make the folder writable, or choose another --db",
            ) from exc
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            who = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise InputError(
                f"another 'tidewaiter watch' has this store{f' (process {who})' if who.isdigit() else ''}",
                str(place.folder),
                "end it first; 'tidewaiter status' shows what it does",
            ) from exc
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another have it."""
        os.close(self._file)


def bind(place: DoorPlace) -> socket:
    """The socket of the door, bound and listening, for its owner alone. Call it with the lock held: a socket that is there is stale then.

    Raises
    ------
    InputError
        it cannot be made: why.
    """
    made = socket(AF_UNIX, SOCK_STREAM)
    try:
        with suppress(FileNotFoundError):
            place.socket.unlink()
        _by_short_path(place.socket, made.bind)
        place.socket.chmod(PRIVATE_FILE)
        made.listen(_BACKLOG)
    except OSError as exc:
        made.close()
        raise InputError(
            f"the socket cannot be made ({exc.strerror or exc})",
            str(place.socket),
            'choose a --db on a file system that has sockets, or write door = "off" or an address in [watch]',
        ) from exc
    return made


def connect(place: DoorPlace, timeout_s: float) -> socket:
    """A connection to the door; ``OSError`` where nobody opens."""
    made = socket(AF_UNIX, SOCK_STREAM)
    made.settimeout(timeout_s)
    try:
        _by_short_path(place.socket, made.connect)
    except OSError:
        made.close()
        raise
    return made


def make_token(place: DoorPlace) -> str:
    """A token that nobody knows yet, written for its owner alone."""
    token = secrets.token_urlsafe(32)
    part = place.token.with_name(place.token.name + ".new")
    with suppress(FileNotFoundError):
        part.unlink()
    with open_private(part, "x", encoding="ascii") as out:
        out.write(token + "\n")
    part.replace(place.token)
    return token


def read_token(place: DoorPlace) -> str:
    """The token; ``OSError`` where it cannot be read."""
    return place.token.read_text(encoding="ascii").strip()


def leave(place: DoorPlace) -> None:
    """Take away what tells of a door."""
    for path in (place.socket, place.token):
        with suppress(OSError):
            path.unlink()


def _by_short_path(path: Path, use: Callable[[str], T]) -> T:
    if len(os.fsencode(path)) <= _MOST_PATH_BYTES:
        return use(str(path))
    with tempfile.TemporaryDirectory(prefix="tw") as short:
        link = Path(short) / "d"
        link.symlink_to(path.parent.resolve(), target_is_directory=True)
        return use(str(link / path.name))
