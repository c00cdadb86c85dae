"""The door of a running program: its place taken, its token made, its sockets served in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.door.app import Backup, Door, DoorLimits, Papers, Reload
from tracker.door.clients import Clients
from tracker.door.commands import CommandQueue
from tracker.door.place import Lock, bind, leave, make_token, place_of
from tracker.errors import SettingError
from tracker.positions import PositionBatch
from tracker.web.metrics import Sample
from tracker.web.operations import listen_on
from tracker.web.serving import Serving, ServingLimits

OFF: Final = "off"
_MOST_ASKING: Final = 64
"""Connections beside those that follow a stream."""


class DoorServer:
    """Open from construction until :meth:`close`.

    Parameters
    ----------
    address:
        Empty: the socket beside the store alone; ``off``: no door; ``host:port``: there, too.

    Raises
    ------
    InputError
        another program has this store, or the address or the folder cannot be used.
    """

    def __init__(
        self,
        store: Path,
        address: str,
        lend: Callable[[], AbstractContextManager[Any]],
        status: Callable[[], dict[str, Any]],
        commands: CommandQueue,
        limits: DoorLimits | None = None,
        backup: Backup | None = None,
        reload: Reload | None = None,
        papers: Papers | None = None,
    ) -> None:
        self._place = place_of(store)
        self._lock = Lock(self._place)
        self.port: int | None = None
        self._serving: Serving | None = None
        self._door: Door | None = None
        try:
            if address == OFF:
                leave(self._place)
                return
            host = ""
            sockets = [bind(self._place)]
            if address:
                try:
                    host, port = loopback_address(address)
                    sockets.append(listen_on(host, port))
                except OSError as exc:
                    sockets[0].close()
                    raise SettingError(
                        f"{address} cannot be had ({exc.strerror})", "[watch] door", "choose another, or end who has it"
                    ) from exc
                self.port = sockets[1].getsockname()[1]
            clients = Clients(self._place, make_token(self._place))
            self._door = Door(clients, host, lend, status, commands, limits, backup, reload, papers)
            most = _MOST_ASKING + (limits or DoorLimits()).streams.most_clients * 2
            self._serving = Serving(sockets, self._door, "door", ServingLimits(most, head_s=5.0))
        except BaseException:
            leave(self._place)
            self._lock.release()
            raise

    def wake(self) -> None:
        """Something was committed; called in any thread."""
        if self._door is not None:
            self._door.alerts.wake()

    def offer(self, rows: PositionBatch, fate: NDArray[np.uint8]) -> None:
        """Rows that were judged; called in any thread."""
        if self._door is not None:
            self._door.positions.offer(rows, fate)

    def samples(self) -> list[Sample]:
        """How its streams do, as metrics; called in any thread. Nothing where it is shut."""
        if self._door is None:
            return []
        alerts, positions = self._door.alerts, self._door.positions
        made = [
            Sample("tidewaiter_door_stream_behind", alerts.most_behind),
            Sample("tidewaiter_door_stream_resets_total", alerts.counts.resets),
        ]
        for name, stream in (("alerts", alerts), ("positions", positions)):
            made += [
                Sample("tidewaiter_door_stream_clients", stream.clients, (name,)),
                Sample("tidewaiter_door_stream_stalled_total", stream.counts.stalled, (name,)),
                Sample("tidewaiter_door_stream_bytes_total", stream.counts.sent_bytes, (name,)),
            ]
        return made

    def close(self) -> None:
        """Shut it; what is being answered is interrupted."""
        if self._serving is not None and self._door is not None:
            if self._serving.loop is not None and self._serving.loop.is_running():
                self._serving.loop.call_soon_threadsafe(self._door.close)
            self._serving.close()
            leave(self._place)
        self._lock.release()


def loopback_address(address: str) -> tuple[str, int]:
    """``host:port`` of this machine alone.

    The door speaks HTTP without encryption, so another machine would send its token in the clear: who comes from there comes by SSH or through a
    proxy with TLS on this machine.

    Raises
    ------
    SettingError
        it is none.
    """
    host, colon, port = address.rpartition(":")
    host = host.strip("[]")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise SettingError(f"{address!r} is no address", "[watch] door", 'write host:port, or "off" for no door')
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise SettingError(
            f"{address} can be reached from other machines, and the door has no encryption",
            "[watch] door",
            "write 127.0.0.1:PORT, and let others come by SSH or through a proxy with TLS on this machine",
        )
    return host, int(port)
