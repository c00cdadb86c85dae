"""Who may stay connected: a table of clients, bounded, fair, and told. Pure: it knows no socket and asks no clock.

====================================  ==================================================================================
a client over ``most``                takes the place of the most idle one that is of no use; where all are, it is refused
clients of one address                at most ``per_address``: beyond it they take places of each other only
connects                              at most ``connects_s`` a second of one address, and ``_CONNECTS_S`` of all
nothing whole for ``idle_s``          is let go
bytes of which nothing was decoded    after ``_MOST_WASTE_BYTES`` in a row it is let go
====================================  ==================================================================================

A client is *of use* while something it sent was decoded within ``_USE_S``. Only whoever decodes can tell (:meth:`ClientTable.judge`); a client nobody
has judged is not of use yet, so a flood of idle connections cannot hold places against a receiver that speaks. An address is an IPv4
address or the 64 bits of IPv6 that one network gets.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from streams.time import US_PER_S

_USE_S: Final = 60.0
"""Base stations speak every 10 s (ITU-R M.1371), aircraft twice a second."""
_MOST_WASTE_BYTES: Final = 256 << 10
"""More than any banner or part of a frame; at 9,600 baud four minutes."""
_CONNECTS_S: Final = 50.0
"""New clients a second of all addresses: each costs its decoder a millisecond."""
_MOST_ADDRESSES: Final = 4096


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """How many, and for how long."""

    most: int = 64
    per_address: int = 64
    idle_s: float = 600.0
    connects_s: float = 4.0
    """Connects a second of one address."""

    def __post_init__(self) -> None:
        if min(self.most, self.per_address) < 1 or self.idle_s <= 0 or self.connects_s <= 0:
            raise ValueError(f"{self} lets nobody in")


@dataclass(slots=True, eq=False)
class Client:
    """One who sends."""

    voice: str
    address: str
    share: str
    """Who shares a limit with it."""
    heard_us: int
    """When it last gave something whole, or came."""
    of_use_us: int | None = None
    wasted_bytes: int = 0


@dataclass(slots=True)
class _Bucket:
    """So many at once, and so many a second."""

    left: float
    at_us: int

    def take(self, rate_s: float, most: float, now_us: int) -> bool:
        self.left = min(most, self.left + rate_s * max(now_us - self.at_us, 0) / US_PER_S)
        self.at_us = now_us
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


@dataclass(slots=True)
class Admission:
    """``client`` is None where it was refused, and ``why`` a sentence then; ``instead_of`` has to leave for it."""

    client: Client | None
    instead_of: Client | None = None
    why: str = ""


@dataclass
class ClientTable:
    """Clients by voice. ``life`` begins their names and is new whenever the listener begins."""

    limits: ClientLimits
    life: str
    clients: dict[str, Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._number = 0
        self._all: _Bucket | None = None
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self.clients)

    def admit(self, address: str, host: str, now_us: int, *, always: bool = False) -> Admission:
        """Let one in, or say why not. ``always``: where all places are of use, the most idle is given up nevertheless."""
        limits, share = self.limits, share_of(host)
        bucket = self._bucket(share, now_us)
        if not bucket.take(limits.connects_s, 2.0 * limits.per_address, now_us):
            return Admission(
                None, why=f"{host} turned away: it connects more than {limits.connects_s:g} times a second"
            )
        most = max(2.0 * limits.most, _CONNECTS_S)
        self._all = self._all or _Bucket(most, now_us)
        if not self._all.take(_CONNECTS_S, most, now_us):
            return Admission(None, why=f"{host} turned away: more than {_CONNECTS_S:g} clients a second come")
        victim = None
        own = [client for client in self.clients.values() if client.share == share]
        if len(own) >= limits.per_address:
            victim = self._least(own, now_us, always=always)
            if victim is None:
                return Admission(
                    None, why=f"{host} turned away: {limits.per_address} clients of it are connected already"
                )
        elif len(self.clients) >= limits.most:
            victim = self._least(list(self.clients.values()), now_us, always=always)
            if victim is None:
                return Admission(None, why=f"{host} turned away: {limits.most} are connected already, all of use")
        if victim is not None:
            self.remove(victim)
        self._number += 1
        client = Client(f"{self.life}.{self._number}@{address}", address, share, now_us)
        self.clients[client.voice] = client
        return Admission(client, victim)

    def remove(self, client: Client) -> None:
        """It has left."""
        self.clients.pop(client.voice, None)

    def heard(self, client: Client, now_us: int) -> None:
        """It gave something whole."""
        client.heard_us = now_us

    def judge(self, voice: str, wasted_bytes: int, now_us: int) -> None:
        """Whoever decodes has found something in what a client sent (``wasted_bytes`` 0), or nothing in so many bytes."""
        client = self.clients.get(voice)
        if client is None:
            return
        if wasted_bytes:
            client.wasted_bytes += wasted_bytes
        else:
            client.wasted_bytes, client.of_use_us = 0, now_us

    def to_let_go(self, now_us: int) -> Iterator[tuple[Client, str]]:
        """Who has to leave, and the sentence that says why."""
        for client in list(self.clients.values()):
            if client.wasted_bytes > _MOST_WASTE_BYTES:
                yield (
                    client,
                    f"{client.address} let go: nothing could be decoded of its last {client.wasted_bytes} bytes",
                )
            elif now_us - client.heard_us >= self.limits.idle_s * US_PER_S:
                yield client, f"{client.address} let go: it gave nothing whole for {self.limits.idle_s:g} s"

    def _least(self, among: list[Client], now_us: int, *, always: bool) -> Client | None:
        """Who has to give way: the most idle of those of no use."""
        useless = [c for c in among if c.of_use_us is None or now_us - c.of_use_us > _USE_S * US_PER_S]
        chosen = useless or (among if always else [])
        return min(chosen, key=lambda client: (client.of_use_us is not None, client.heard_us), default=None)

    def _bucket(self, share: str, now_us: int) -> _Bucket:
        bucket = self._buckets.pop(share, None) or _Bucket(2.0 * self.limits.per_address, now_us)
        self._buckets[share] = bucket
        if len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket


def share_of(host: str) -> str:
    """The network whose clients share a limit."""
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped) if ip.ipv4_mapped else str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def shown_address(address: object) -> tuple[str, str]:
    """(``host:port``, host) of a socket's peer."""
    if not isinstance(address, tuple) or len(address) < 2:
        return "unknown", "unknown"
    host, port = str(address[0]), address[1]
    return (f"[{host}]:{port}" if ":" in host else f"{host}:{port}"), host
