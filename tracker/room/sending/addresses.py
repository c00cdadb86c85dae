"""Where webhooks may go: what an address may look like, and which machines it may lead to.

A name is resolved once, each time something is sent, and what is connected to is the address that was looked at: a name that leads elsewhere a moment later leads nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

MOST_CHARS: Final = 2_000
_TCP: Final = 6
"""Number of the protocol (IANA): names are asked for streams alone."""
_NAT64: Final = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class NotAllowedError(ValueError):
    """It may not be sent there; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address of a webhook in its parts."""

    scheme: str
    host: str
    port: int

    @property
    def literal(self) -> Address | None:
        """The machine, where the host is an address and no name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is allowed."""

    networks: tuple[Network, ...] = ()
    is_plain_allowed: bool = False

    @classmethod
    def of(cls, networks: Iterable[str], is_plain_allowed: bool) -> Policy:
        """The policy of settings."""
        made = tuple(ip_network(one, strict=False) for one in networks)
        return cls(networks=made, is_plain_allowed=is_plain_allowed)

    def check(self, target: Target, machine: Address) -> None:
        """Whether it may be sent to this machine.

        Raises
        ------
        NotAllowedError
            it may not.
        """
        real = real_address(machine)
        if real is None or not (is_public(real) or any(real in net for net in self.networks)):
            raise NotAllowedError(
                "its address is private or special; name the network in [room] webhook_networks if it may be sent there"
            )
        if target.scheme == "http" and not (real.is_loopback or self.is_plain_allowed):
            raise NotAllowedError("it would be sent in clear; write https://, or set [room] webhook_plain")


def target_of(url: str) -> Target:
    """Read the address of a webhook.

    Raises
    ------
    NotAllowedError
        it is none.
    """
    if len(url) > MOST_CHARS or not url.isascii() or any(sign <= " " or sign == "\x7f" for sign in url):
        raise NotAllowedError(f"an address has at most {MOST_CHARS:,} characters of ASCII, and no space")
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        raise NotAllowedError("this is no address; write https://HOST/PATH") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise NotAllowedError("this is no address; write https://HOST/PATH")
    if "@" in parts.netloc or parts.fragment or "\\" in url:
        raise NotAllowedError("an address of a webhook has no name and password, no # and no \\; leave them out")
    return Target(parts.scheme, parts.hostname, port)


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet."""
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def real_address(address: Address) -> Address | None:
    """The machine behind an address that stands for an IPv4 one; None where it may lead to any (6to4, Teredo)."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None if address.sixtofour is not None or address.teredo is not None else address


async def resolved(target: Target, policy: Policy) -> Address:
    """The machine to connect to: the first of its addresses that is allowed.

    Raises
    ------
    NotAllowedError
        none is.
    OSError
        the name has none.
    """
    found: Sequence[Address]
    if target.literal is not None:
        found = [target.literal]
    else:
        told = await asyncio.get_running_loop().getaddrinfo(target.host, target.port, proto=_TCP)
        found = [ip_address(str(one[4][0]).partition("%")[0]) for one in told]
    refused: NotAllowedError | None = None
    for machine in found:
        try:
            policy.check(target, machine)
        except NotAllowedError as exc:
            refused = exc
        else:
            return machine
    raise refused or OSError("the name has no address")
