"""What the live program may be told: how it works, its sources, its broker. Every setting has its default, meaning and origin.

::

    [watch]
    lateness_s = 10.0

    [sources.seine]                      # any name: it stands in the column "source"
    kind = "tcp"                         # tcp, tcp_server, udp, file, kafka
    address = "192.0.2.7:10110"

    [sources.gate]
    kind = "kafka"
    topics = ["ais.raw"]

    [kafka]
    bootstrap = "127.0.0.1:9092"
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tracker.config.papers import PAPERS
from tracker.decode.formats import FORMAT_BY_SETTING
from tracker.decode.input_times import InputTimes, receiver_place
from tracker.nearest import meant
from tracker.schema import check_thresholds, threshold

KINDS: Final = ("tcp", "tcp_server", "udp", "file", "kafka")
SOCKETS: Final = ("tcp", "tcp_server", "udp")
FRAMINGS: Final = ("auto", "lines", "beast")
FORMATS: Final = ("auto", *FORMAT_BY_SETTING)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
"""Apache Kafka, org.apache.kafka.common.internals.Topic."""
CONTROL: Final = "control"
"""Name under which the reader of flags and orders is shown beside the sources."""


_NOW_CALLED: Final = {
    "zone_offset_h": 'zone = "+02:00", or a name such as zone = "Europe/Paris", takes its place',
    "gps_clock": 'clock = "gps" takes its place',
}


def meant_setting(name: str, names: Iterable[str]) -> str:
    """How to mend the name of a setting that is none: what took its place, or the nearest there are."""
    return _NOW_CALLED.get(name) or meant(name, sorted(names), "it has")


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """How the live program works."""

    lateness_s: float = threshold(
        10.0,
        "At most so far behind the latest event time of its source may a report come and still be waited for; what comes later is settled by recomputation.",
        "ours: disorder of a receiver network's own connections is seconds; satellite passes come minutes late and are settled", high=86400.0,
    )  # fmt: skip
    least_lateness_s: float = threshold(
        0.25,
        "An orderly source is waited for this long; how long a disorderly one is, is learned between this and lateness_s.",
        "ours: jitter of a network, far below a second of alert latency", high=3600.0,
    )  # fmt: skip
    max_step_s: float = threshold(
        21600.0, "The longest step ahead in event time believed at once; a longer one needs several reports that agree.",
        "as in [replay]", low=60.0, high=31 * 86400.0,
    )  # fmt: skip
    idle_s: float = threshold(
        30.0, "A source that has given nothing for so long holds up nobody any more; when all are silent, time goes on without them.",
        "three of the 10 s intervals in which a base station speaks (ITU-R M.1371-5)", low=1.0, high=86400.0,
    )  # fmt: skip
    settle_s: float = threshold(
        60.0, "Late reports are gathered for so long of event time and then settled together.",
        "ours: a minute is the grid on which silence is judged", low=1.0, high=86400.0,
    )  # fmt: skip
    horizon_h: float = threshold(
        12.0, "Reports later than this are stored, and judge nothing any more.",
        "ours: two passes of a satellite, twice the six hours that recorded feeds were shuffled by", low=0.1, high=24.0 * 30,
    )  # fmt: skip
    step_s: float = threshold(
        0.1,
        "What has arrived is judged this often.",
        "ours: a tenth of the second an alert may take",
        low=0.005,
        high=60.0,
    )
    commit_s: float = threshold(
        1.0,
        "Results become durable at least this often; alerts at once.",
        "ours: a second of rows a transaction",
        low=0.01,
        high=60.0,
    )
    snapshot_s: float = threshold(
        600.0, "So much event time, and as much work, lies at most between snapshots: a restart reads it again.",
        "ours: a minute of catching up at ten times the rate of the feed", low=1.0, high=86400.0,
    )  # fmt: skip
    keep_statements_d: float = threshold(
        30.0,
        "Wordings of events are kept so long for late corrections.",
        "as remember_d in [alerts]",
        low=1.0,
        high=3650.0,
    )
    journal_keep_h: float = threshold(
        168.0, "The journal of sockets is kept so long, as evidence and to replay.", "ours: a week to notice and ask", high=24.0 * 3650
    )  # fmt: skip
    journal_gb: float = threshold(
        50.0,
        "At most so much of it, the oldest goes first.",
        "ours: a week (journal_keep_h) of 1,000 sentences a second of 80 bytes, before packing",
        low=0.1,
        high=100_000.0,
    )
    journal_fsync_s: float = threshold(
        1.0, "What a power loss may cost of a socket; a killed process costs nothing.", "ours: as commit_s", high=60.0
    )
    keep_d: float = threshold(
        0.0, "Position reports of closed days older than this are deleted, with proof in the view deletions; 0 keeps all. "
        "Events, alerts, papers and craft of which an event is open are kept.",
        "ours: nothing is thrown away unless told; 30 is four weeks to ask and two days to spare", low=0.0, high=36500.0,
    )  # fmt: skip
    http_address: str = threshold(
        "127.0.0.1:8077",
        "Where /metrics, /healthz and /readyz are served; empty: nowhere.",
        "ours: loopback, until told otherwise",
    )
    door: str = threshold(
        "",
        "The door (docs/door.md): empty, the socket beside the store; host:port of this machine, there too; off, none.",
        "ours: whoever may read the store may ask the program that has it",
    )
    door_s: float = threshold(
        30.0, "A question at the door that does not say how long it may take, may take so long.", "ours: a person waits no longer", low=0.1, high=86400.0
    )  # fmt: skip
    door_most_s: float = threshold(
        300.0, "And no question longer: while it is answered, the store cannot let go of old rows.", "ours: ten times door_s", low=0.1, high=86400.0
    )  # fmt: skip
    door_rows: int = threshold(
        10_000_000,
        "Most rows of an answer that does not say.",
        "ours: a bound against SELECT * over a whole store, not measured",
        low=1,
    )
    door_streams: int = threshold(
        256,
        "So many may follow the stream of alerts at a time, and as many that of positions.",
        "ours: a room follows once",
        low=0,
        high=10_000,
    )
    door_frame_s: float = threshold(
        1.0, "Between two frames of the stream of positions.", "ours: a map that moves once a second looks alive", low=0.1, high=3600.0
    )  # fmt: skip
    stop_s: float = threshold(
        8.0, "After SIGTERM what is in hand is finished for so long; the rest is read again at the next start.",
        "ten seconds are what service managers allow", low=0.5, high=600.0,
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_thresholds(self)
        if 0 < self.keep_d < max(2.0, 2 * self.horizon_h / 24):
            raise ValueError(
                "WatchConfig.keep_d is less than two days and twice horizon_h: late rows are judged with those before them"
            )
        if self.door_s > self.door_most_s:
            raise ValueError("WatchConfig.door_s is greater than door_most_s")
        if self.least_lateness_s > self.lateness_s:
            raise ValueError("WatchConfig.least_lateness_s is greater than lateness_s")


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One source of the live program."""

    kind: str = threshold(
        "tcp",
        "tcp (connects), tcp_server (is connected to), udp, file (followed as it grows) or kafka.",
        "choice: most receivers and forwarders (readsb, gpsd, AIS-catcher) wait on TCP to be connected to",
    )
    address: str = threshold("", "host:port of tcp, tcp_server and udp.", "choice: none fits every machine")
    path: str = threshold("", "File to follow.", "choice: none fits every machine")
    topics: tuple[str, ...] = threshold(
        (), "Kafka topics of raw sentences or frames.", "choice: none fits every broker"
    )
    start_at: str = threshold(
        "earliest",
        "Where a topic or file not read before is begun: earliest or latest.",
        "choice: what was kept before the first start is read, too",
    )
    format: str = threshold(
        "auto", f"{', '.join(FORMAT_BY_SETTING)} (jet1090, readsb), or auto: each connection and sender by its own first bytes.", "choice: recognised as recordings are (docs/inputs.md)"
    )  # fmt: skip
    framing: str = threshold(
        "auto",
        "lines, beast, or auto (by the first bytes): what a lost connection may not cut in two.",
        "choice: recognised with the format",
    )
    max_clients: int = threshold(
        64, "So many connections of tcp_server, or senders of udp, at a time; the most idle of those that give nothing of use makes room.",
        "ours: receivers of a coast; each has a decoder", low=1, high=500,
    )  # fmt: skip
    clients_per_address: int = threshold(
        16, "So many of them from one address (IPv6: one /64), so that one host cannot take all.",
        "ours: a quarter of max_clients", low=1, high=500,
    )  # fmt: skip
    client_idle_s: float = threshold(
        600.0, "A client of tcp_server that gave nothing whole for so long is let go; a receiver connects again.",
        "ours: sixty of the 10 s intervals in which a base station speaks (ITU-R M.1371-5)", low=5.0, high=86400.0,
    )  # fmt: skip
    feed: str = threshold(
        "",
        "Sources of one receiver network share a feed: a report heard through another is no silence. Default: the name.",
        "choice: what is not said to be of one network is not taken to be",
    )
    waits: bool = threshold(
        True,
        "Others wait for it; false for a feed that is always late, as by satellite: it is settled.",
        "choice: what is waited for is judged in its order",
    )
    zone: str = threshold(
        "UTC",
        "Zone of the clock that wrote times without an offset: an IANA name such as Europe/Paris, or +05:30.",
        "RFC 5545",
    )
    date_order: str = threshold(
        "",
        "dmy or mdy: which of day and month stands first where neither is above 12. Default: such dates are refused.",
        "choice: a date that can be read in two ways is not guessed",
    )
    clock: str = threshold(
        "auto",
        "What Beast and AVR stamps count: 12mhz, gps (Radarcape), or auto (by their bits).",
        "choice: the bits of the two differ (docs/inputs.md)",
    )
    receiver: str = threshold(
        "", "Where the one receiver of Mode S frames stands: LAT,LON in degrees, or LAT,LON,HEIGHT with its height in metres (30). "
        "Single position frames are placed near it.",
        "RTCA DO-260B, A.1.7.5 and A.1.7.6",
    )  # fmt: skip
    max_ahead_s: float = threshold(
        300.0, "A report so far ahead of its receive time has a broken clock: it is stored as that and judges nothing.",
        "the skew that Kerberos allows between clocks (RFC 4120)", low=1.0, high=86400.0,
    )  # fmt: skip
    max_offset_s: float = threshold(
        300.0, "A source whose clock, or whose delay, is further off than this is told of, and sources that are not wait for it no longer.",
        "as max_ahead_s", low=1.0, high=86400.0,
    )  # fmt: skip
    clock_offset_s: float = threshold(
        0.0, "How far the source's clock is known to be ahead of the true time, negative if behind: subtracted from the times it brings.",
        "choice: a clock is believed until it is known to be off", low=-366.0 * 86400, high=366.0 * 86400,
    )  # fmt: skip
    silence_s: float = threshold(
        120.0,
        "A TCP connection that gave nothing for so long is made anew.",
        "firewalls forget quiet connections",
        low=1.0,
        high=86400.0,
    )

    def times(self) -> InputTimes:
        """What these settings say of the times in it."""
        return InputTimes(None, self.date_order, self.zone, self.clock, receiver=receiver_place(self.receiver))

    def __post_init__(self) -> None:
        check_thresholds(self)
        self.times()
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(KINDS)}{_perhaps(self.kind, KINDS)}")
        if self.format not in FORMATS:
            raise ValueError(f"format {self.format!r} is none of {', '.join(FORMATS)}{_perhaps(self.format, FORMATS)}")
        if self.framing not in FRAMINGS:
            raise ValueError(
                f"framing {self.framing!r} is none of {', '.join(FRAMINGS)}{_perhaps(self.framing, FRAMINGS)}"
            )
        if self.start_at not in ("earliest", "latest"):
            raise ValueError(f"start_at {self.start_at!r} is neither earliest nor latest")
        if self.path and self.kind != "file":
            raise ValueError('path is of files; write kind = "file", too')
        scheme, slashes, rest = self.address.partition("://")
        if slashes:
            kind = {"tcp-listen": "tcp_server"}.get(scheme, scheme)
            raise ValueError(f'address is host:port alone; write kind = "{kind}" and address = "{rest}"')
        if self.is_socket:
            _, port = host_and_port(self.address)
            if self.kind == "tcp" and not port:
                raise ValueError(f"address {self.address!r} has port 0, on which nobody can listen")
        if self.kind == "file" and not self.path:
            raise ValueError("a file needs path")
        if self.kind == "kafka" and not self.topics:
            raise ValueError("kafka needs topics")
        for topic in self.topics:
            if not is_topic_name(topic):
                raise ValueError(f"topic {topic!r} has other signs than letters, digits, dot, dash and underscore")
        if self.feed:
            check_source_name(self.feed, "feed")

    @property
    def is_socket(self) -> bool:
        """Whether it has no memory of its own and is journalled."""
        return self.kind in SOCKETS


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """The Kafka cluster and the topics. Without ``bootstrap`` nothing is sent and no flags are read."""

    bootstrap: str = threshold(
        "",
        "host:port of one or more brokers, separated by commas; empty: no Kafka.",
        "choice: nothing is sent until told where",
    )
    group: str = threshold("tidewaiter", "Prefix of the consumer groups.", "choice: the program's name")
    instance: str = threshold(
        "1",
        "Who this program is within the group; two that run side by side need two.",
        "choice: one program in a group",
    )
    security_protocol: str = threshold("PLAINTEXT", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.", "Apache Kafka")
    ssl_cafile: str = threshold("", "Certificates of the authority.", "Apache Kafka")
    ssl_certfile: str = threshold("", "Own certificate.", "Apache Kafka")
    ssl_keyfile: str = threshold("", "Own key.", "Apache Kafka")
    sasl_mechanism: str = threshold("", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.", "Apache Kafka")
    sasl_user: str = threshold("", "User.", "Apache Kafka")
    sasl_password_env: str = threshold(
        "", "Environment variable that holds the password.", "choice: no password stands in a settings file"
    )
    sasl_password_file: str = threshold(
        "", "File whose first line is the password.", "choice: no password stands in a settings file"
    )
    request_timeout_s: float = threshold(
        10.0,
        "A request unanswered so long has failed.",
        "ours: a third of Apache Kafka's request.timeout.ms, so that a broker that is away is told soon",
        low=1.0,
        high=300.0,
    )
    send_timeout_s: float = threshold(
        30.0,
        "Messages not acknowledged so long are sent again.",
        "Apache Kafka, request.timeout.ms: 30 s",
        low=1.0,
        high=3600.0,
    )
    create_topics: bool = threshold(
        True,
        "Topics that are missing are created.",
        "choice: a first start needs no administrator; deploy/topics.yaml is for those who have one",
    )
    alerts: str = threshold(
        "tidewaiter.alerts", "Topic of alerts.", "choice: one prefix, so that all topics of the program stand together"
    )
    state: str = threshold(
        "tidewaiter.alerts.state", "Compacted topic of alerts that stand.", "choice: one prefix, as alerts"
    )
    answers: str = threshold(
        "tidewaiter.answers", "Topic of the answers to flags and orders.", "choice: one prefix, as alerts"
    )
    dead_letters: str = threshold(
        "tidewaiter.dead-letters", "Topic of what could not be read.", "choice: one prefix, as alerts"
    )
    flags: str = threshold(
        "tidewaiter.flags",
        "Topic on which consignments and parties are flagged and cleared.",
        "choice: one prefix, as alerts",
    )
    papers: str = threshold("tidewaiter.papers", "Topic on which papers come.", "choice: one prefix, as alerts")
    orders: str = threshold(
        "tidewaiter.orders", "Topic on which tracking of a craft is ordered and ended.", "choice: one prefix, as alerts"
    )

    def __post_init__(self) -> None:
        check_thresholds(self)


def _perhaps(word: str, words: tuple[str, ...]) -> str:
    near = meant(word, words, "").strip().removesuffix(", ".join(words)).strip()
    return f"; {near}" if near else ""


def is_topic_name(topic: object) -> bool:
    """Whether Kafka takes it as the name of a topic."""
    return isinstance(topic, str) and topic not in (".", "..") and _TOPIC.fullmatch(topic) is not None


def check_source_name(name: str, what: str = "source") -> None:
    """``ValueError`` with a sentence for a name that is none: it stands in folders, metrics, SQL and sentences."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{what} {name!r} has no usable name: use letters, digits, dot, dash and underscore, at most 40, and begin with a letter or digit"
        )
    if what == "source" and name in (CONTROL, PAPERS):
        read = "flags and orders" if name == CONTROL else "papers"
        raise ValueError(f"source {name!r} has the name of the reader of {read}: choose another")


def host_and_port(address: str) -> tuple[str, int]:
    """``host:port`` taken apart; ``ValueError`` with a sentence where it is none."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535 or "/" in host:
        raise ValueError(f"address {address!r} is no host:port")
    return host.strip("[]"), int(port)
