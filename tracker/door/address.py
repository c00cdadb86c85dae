"""Where the door of an engine is, for whoever is not the engine: a store's file, or an address of this machine with a token.

Imports neither the store nor the engine: a process that follows an engine loads nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from socket import create_connection, socket
from typing import Final
from urllib.parse import urlsplit

from tracker.door.place import connect, place_of, read_token
from tracker.errors import InputError

CONNECT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class DoorAddress:
    """One door.

    Attributes
    ----------
    store:
        The store whose socket is used; None where it is reached by ``host`` and ``port``.
    token:
        What is sent; None: what stands beside the store, read anew each time, so a restart of the engine is outlived.
    """

    store: Path | None
    host: str = ""
    port: int = 0
    token: str | None = None

    @classmethod
    def of(cls, engine: str | Path, token: str | None = None) -> DoorAddress:
        """The door of ``live.duckdb``, or of ``http://127.0.0.1:8078`` (which needs a token).

        Raises
        ------
        InputError
            it is neither.
        """
        text = str(engine)
        if "://" not in text:
            return cls(Path(text), token=token)
        try:
            parts = urlsplit(text)
            port, host = parts.port, parts.hostname or ""
            is_door = parts.scheme == "http" and not parts.path.strip("/")
            is_door = is_door and (host == "localhost" or ip_address(host).is_loopback)
        except ValueError:
            port, host, is_door = None, "", False
        if port is None or not is_door:
            raise InputError(
                "is no address of a door", text, "write http://127.0.0.1:PORT, or the file of the engine's store"
            )
        if not token:
            raise InputError(
                "needs a token", text, "make one with 'tidewaiter door add', or name the engine's store instead"
            )
        return cls(None, host, port, token)

    @property
    def where(self) -> str:
        """For sentences."""
        return str(place_of(self.store).socket) if self.store is not None else f"http://{self.host}:{self.port}"

    def read_token(self) -> str:
        """The token as it is now; ``OSError`` where it cannot be read."""
        if self.token is not None:
            return self.token
        assert self.store is not None
        return read_token(place_of(self.store))

    def connect(self, timeout_s: float = CONNECT_S) -> socket:
        """A connection; ``OSError`` where nobody opens."""
        if self.store is not None:
            return connect(place_of(self.store), timeout_s)
        return create_connection((self.host, self.port), timeout_s)
