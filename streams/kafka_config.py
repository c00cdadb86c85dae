"""How to reach a Kafka cluster, and what a topic and a record are, as plain values: no Kafka client is imported here.

Names of the client's settings are those of kafka-python 3 (Apache-2.0). A password is never a field: ``sasl_password_env`` or
``sasl_password_file`` say where it stands, and it is read at the moment of connecting, so no repr, log or settings page can show it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
MAX_RECORD_BYTES: Final = 1_048_576
"""A broker takes records up to this size unless told otherwise (``message.max.bytes`` of Apache Kafka 4.3: 1 MiB and some overhead)."""
_SERVER: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,/@]+):(\d{1,5})")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True, slots=True)
class OutRecord:
    """One record to be written. ``value`` None is a tombstone: a compacted topic forgets the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class InRecord:
    """One record as read; ``position`` is that after it, under ``part``."""

    topic: str
    partition: int
    offset: int
    timestamp_us: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    unreadable: str = ""
    """Why this is no record but a batch that could not be read, as its bytes; empty for every other."""
    next_offset: int = -1
    """What follows a batch that could not be read; -1 for a record, whose next is one further."""
    topic_id: str = ""
    """Tells a topic from one made anew under its name; empty where the broker has no ids (before Kafka 2.8)."""

    @property
    def part(self) -> str:
        """``topic/partition``, the key under which positions are kept."""
        return f"{self.topic}/{self.partition}"

    @property
    def position(self) -> str:
        """The offset to go on from, as text, with the topic's id where there is one."""
        return f"{self.following}@{self.topic_id}" if self.topic_id else str(self.following)

    @property
    def following(self) -> int:
        """The offset to go on from."""
        return self.offset + 1 if self.next_offset < 0 else self.next_offset


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic to be created where it is missing; ``settings`` are topic settings of Apache Kafka (``cleanup.policy`` and so on)."""

    name: str
    partitions: int = 1
    replication: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """How to reach the cluster. Raises ``ValueError`` with a sentence where values cannot be or do not fit together."""

    bootstrap: str = "127.0.0.1:9092"
    """One or more ``host:port``, separated by commas."""
    group: str = "tidewaiter"
    """Consumer group; each source reads under ``GROUP.NAME``."""
    instance: str = "1"
    """Who we are within the group. A program started anew under the same instance goes on at once where the killed one stopped; two that run
    side by side need two."""
    security_protocol: str = "PLAINTEXT"
    ssl_cafile: str = ""
    ssl_certfile: str = ""
    ssl_keyfile: str = ""
    sasl_mechanism: str = ""
    sasl_user: str = ""
    sasl_password_env: str = ""
    """Name of the environment variable that holds the password."""
    sasl_password_file: str = ""
    """File whose first line is the password."""
    request_timeout_s: float = 10.0
    """A request unanswered so long has failed."""
    send_timeout_s: float = 30.0
    """Records not acknowledged so long were not sent, and ``KafkaSink.send`` says so."""
    max_record_bytes: int = MAX_RECORD_BYTES - 4096
    """Larger records are refused before they are sent; 4 KiB are left for what surrounds a record in a request."""

    def __post_init__(self) -> None:
        if not self.servers:
            raise ValueError("bootstrap names no broker; write host:port, several separated by commas")
        for server in self.servers:
            match = _SERVER.fullmatch(server)
            if match is None or not 0 < int(match[2]) < 65536:
                raise ValueError(f"bootstrap {server!r} is no address; write host:port")
        for name in ("group", "instance"):
            if not _NAME.fullmatch(getattr(self, name)):
                raise ValueError(
                    f"{name} {getattr(self, name)!r} is no name; use letters, digits, dot, dash, underscore"
                )
        if self.security_protocol not in PROTOCOLS:
            raise ValueError(f"security_protocol {self.security_protocol!r} is none of {', '.join(PROTOCOLS)}")
        if bool(self.ssl_certfile) != bool(self.ssl_keyfile):
            raise ValueError("ssl_certfile and ssl_keyfile go together; name both or none")
        if not self.uses_tls and (self.ssl_cafile or self.ssl_certfile):
            raise ValueError(
                f"ssl files are named but security_protocol is {self.security_protocol}; use SSL or SASL_SSL"
            )
        self._check_sasl()
        for name, low, high in (("request_timeout_s", 1.0, 300.0), ("send_timeout_s", 1.0, 3600.0)):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} {getattr(self, name):g} is outside {low:g} to {high:g}")
        if not 1024 <= self.max_record_bytes <= 64 << 20:
            raise ValueError(f"max_record_bytes {self.max_record_bytes} is outside 1024 to {64 << 20}")

    def _check_sasl(self) -> None:
        given = [self.sasl_mechanism, self.sasl_user, self.sasl_password_env or self.sasl_password_file]
        if not self.security_protocol.startswith("SASL"):
            if any(given):
                raise ValueError(
                    f"sasl settings are given but security_protocol is {self.security_protocol}; use SASL_SSL"
                )
            return
        if self.sasl_mechanism not in MECHANISMS:
            raise ValueError(f"sasl_mechanism {self.sasl_mechanism!r} is none of {', '.join(MECHANISMS)}")
        if not self.sasl_user:
            raise ValueError("sasl_user is missing; name the user")
        if bool(self.sasl_password_env) == bool(self.sasl_password_file):
            raise ValueError("the password must stand in one place; set sasl_password_env or sasl_password_file")

    @property
    def servers(self) -> tuple[str, ...]:
        """The addresses of ``bootstrap``."""
        return tuple(part.strip() for part in self.bootstrap.split(",") if part.strip())

    @property
    def uses_tls(self) -> bool:
        """Whether what is sent is encrypted."""
        return self.security_protocol in ("SSL", "SASL_SSL")

    def client_settings(self, environment: Mapping[str, str]) -> dict[str, Any]:
        """Settings of the client that reader, writer and administrator share; holds the password, so it is never shown.

        Raises ``ValueError`` with a sentence where the password cannot be had.
        """
        settings: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "client_id": f"tidewaiter-{self.instance}",
            "security_protocol": self.security_protocol,
            "request_timeout_ms": int(self.request_timeout_s * 1000),
            "bootstrap_timeout_ms": int(self.request_timeout_s * 1000),
            "reconnect_backoff_max_ms": 1000,
        }
        if self.uses_tls:
            settings["ssl_check_hostname"] = True
            names = ("ssl_cafile", "ssl_certfile", "ssl_keyfile")
            settings |= {name: getattr(self, name) for name in names if getattr(self, name)}
        if self.sasl_mechanism:
            settings["sasl_mechanism"] = self.sasl_mechanism
            settings["sasl_plain_username"] = self.sasl_user
            settings["sasl_plain_password"] = self._password(environment)
        return settings

    def _password(self, environment: Mapping[str, str]) -> str:
        if self.sasl_password_env:
            password = environment.get(self.sasl_password_env, "")
            where = f"the environment variable {self.sasl_password_env}"
        else:
            where = f"the first line of {self.sasl_password_file}"
            try:
                password = Path(self.sasl_password_file).read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
            except (OSError, UnicodeDecodeError) as exc:
                raise ValueError(f"the password of Kafka cannot be read from {where}: {type(exc).__name__}") from None
        if not password:
            raise ValueError(f"the password of Kafka is missing; write it into {where}")
        return password
