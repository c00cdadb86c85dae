"""How the program does, built once a second in the loop from its facts: ``/readyz``, ``/metrics``, the door and ``tidewaiter status`` all show this.

Every time is an ISO 8601 text in UTC, every number has its unit in its name; what cannot be told is null.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from tracker.web.operations import STARTING

LAYOUT: Final = 1
"""Of the document; raised when a field changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source (or the control topics, under ``control``)."""

    name: str
    kind: str
    address: str
    state: str
    """As in ``SourceHealth``."""
    why: str
    """Why it is not connected, or what held it up last; empty when nothing does."""
    connects: int
    rate_bytes_per_s: float
    """Over the last minute."""
    rows_per_s: float
    """Position reports over the last minute."""
    last_heard_s: float | None
    """Since the last bytes."""
    lag: int | None
    """Bytes or records that wait to be read."""
    clock_offset_s: float | None
    """How far its clock is ahead of ours, where that is measured; of its lines the one that is off most."""
    dropped: int
    rejects: dict[str, int]
    """By cause."""
    journal_bytes: int | None


@dataclass(frozen=True, slots=True)
class SendingStatus:
    """Broker and files that messages go to; the outbox before them."""

    is_away: bool
    why: str
    backlog: int
    """Committed messages that are not sent yet."""
    sent: int
    refused: int
    topics: tuple[str, ...]
    """The topics of ours; none without a broker."""


@dataclass(frozen=True, slots=True)
class DelayStatus:
    """From the bytes to the durable alert or event, of the last turns of the loop that published something."""

    turns: int
    p50_s: float | None
    p99_s: float | None
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class PapersStatus:
    """Papers that came since the process began, whichever way."""

    waiting: int
    """Documents on their way, not durable yet."""
    taken: int
    repeated: int
    refused: int
    inbox: str
    """The folder they come from; empty where there is none."""
    why: str
    """Why it cannot be looked at; empty where it can."""
    stuck: dict[str, str]
    """Files in it that cannot be read or moved, each with why; the first hundred."""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The store and what stands beside it."""

    path: str
    bytes: int
    log_bytes: int
    """Of its write-ahead log."""
    disk_free_bytes: int | None
    snapshots: int
    """Begun since the start."""
    snapshot_age_s: float | None
    snapshot_bytes: int
    snapshot_error: str
    commits: int


@dataclass(frozen=True, slots=True)
class Status:
    """How the program does."""

    phase: str = "starting"
    phase_since: str = ""
    started: str = ""
    at: str = ""
    """When this was built."""
    process: int = 0
    is_ready: bool = False
    not_ready: tuple[str, ...] = (STARTING,)
    """Why it is not ready, in sentences that say how to mend it."""
    driven: float | None = None
    """How much of the store the detectors were driven over anew, from 0 to 1."""
    sources: tuple[SourceStatus, ...] = ()
    sending: SendingStatus | None = None
    """None where nothing is to be sent."""
    papers: PapersStatus | None = None
    alerts_open: dict[str, int] = field(default_factory=dict)
    """Alerts that stand, by priority band."""
    store: StoreStatus | None = None
    delay: DelayStatus | None = None
    watermark: str | None = None
    watermark_delay_s: float | None = None
    memory_bytes: int | None = None
    clock_offset_s: float = 0.0
    """Wall clock minus the clock that stamps receipts."""
    slow: dict[str, int] = field(default_factory=dict)
    """Times that a part of a turn held alerts up for more than a second."""
    reports: int = 0
    """Position reports judged in this life."""
    events: int = 0
    alerts: int = 0
    """Published revisions in this life."""

    def to_json(self) -> dict[str, Any]:
        """The document of ``/v1/status`` and of ``tidewaiter status --json``."""
        return {"layout": LAYOUT, **asdict(self)}


def quantile(values: list[float], share: float) -> float | None:
    """The value that so large a share of others does not exceed; None of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
