"""Builds the status of a watch (``tracker.watch.status``) from its facts, once a second in the loop's thread; remembers a minute for the rates."""

from __future__ import annotations

import os
import shutil
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from streams.journaled import JournaledSource
from streams.source import Source, SourceHealth
from streams.time import BEFORE_ALL_US, US_PER_S, Clock
from tracker.config.watch import SourceConfig
from tracker.units import iso_time
from tracker.watch.loop import Watch
from tracker.watch.status import DelayStatus, PapersStatus, SendingStatus, SourceStatus, Status, StoreStatus, quantile

_MOST_STUCK: Final = 100
_MINUTE_US: Final = 60 * US_PER_S


@dataclass(frozen=True, slots=True)
class _Mark:
    """Counts at an instant."""

    at_us: int
    bytes_in: dict[str, int]
    rows: dict[str, int]


class StatusBook:
    """``clock`` stamps receipts, so what is told of them is told by it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = iso_time(clock.now_us())
        self._phase, self._since = "", self._started
        self._marks: deque[_Mark] = deque()

    def status(
        self,
        watch: Watch,
        healths: Mapping[str, SourceHealth],
        now_us: int,
        not_ready: tuple[str, ...],
        standing: Mapping[str, int],
    ) -> Status:
        """The status now; ``now_us`` is steady."""
        facts, life, wall_us = watch.facts, watch.life, self._clock.now_us()
        at = iso_time(wall_us)
        if facts.phase != self._phase:
            self._phase, self._since = facts.phase, at
        counts = None if life is None else life.engine.counts
        mark_us = BEFORE_ALL_US if life is None else life.engine.watermark_us
        has_mark = mark_us > 0
        return Status(
            phase=facts.phase, phase_since=self._since, started=self._started, at=at, process=os.getpid(),
            is_ready=not not_ready, not_ready=not_ready, driven=facts.driven,
            sources=tuple(self._sources(watch, healths, now_us, wall_us)),
            sending=_sending(watch), papers=_papers(watch), alerts_open=dict(standing), store=_store(watch, now_us), delay=_delay(watch),
            watermark=iso_time(mark_us) if has_mark else None,
            watermark_delay_s=_rounded((wall_us - mark_us) / US_PER_S) if has_mark else None,
            memory_bytes=resident_bytes(), clock_offset_s=round(getattr(self._clock, "offset_us", 0) / US_PER_S, 3),
            slow={part: count for part, count in facts.slow.items() if count},
            reports=0 if counts is None else counts.reports,
            events=0 if counts is None else sum(counts.events.values()),
            alerts=0 if counts is None else sum(counts.alerts.values()),
        )  # fmt: skip

    def _sources(
        self, watch: Watch, healths: Mapping[str, SourceHealth], now_us: int, wall_us: int
    ) -> Iterator[SourceStatus]:
        rows: Counter[str] = Counter()
        rejects: dict[str, Counter[str]] = {}
        offsets_s: dict[str, float] = {}
        if watch.life is not None:
            for line in watch.life.lines.values():
                rows[line.source] += line.progress.rows
                if (offset_s := line.clock_offset_s) is not None and abs(offset_s) >= abs(
                    offsets_s.get(line.source, 0)
                ):
                    offsets_s[line.source] = offset_s
                rejects.setdefault(line.source, Counter()).update(
                    {str(cause): count for cause, count in line.counts.rejects.counts.items()}
                )
        before = self._minute_ago(
            _Mark(now_us, {name: health.bytes_in for name, health in healths.items()}, dict(rows))
        )
        for name, health in healths.items():
            gone_s = (now_us - before.at_us) / US_PER_S
            source, config = watch.sources.get(name), watch.world.sources.get(name)
            heard_us = health.last_heard_us
            yield SourceStatus(
                name=name, kind="kafka" if config is None else config.kind, address=_address(config), state=health.state,
                why=_why(source, health), connects=health.connects,
                rate_bytes_per_s=_rate(health.bytes_in, before.bytes_in.get(name), gone_s),
                rows_per_s=_rate(rows[name], before.rows.get(name), gone_s),
                last_heard_s=None if heard_us is None else _rounded((wall_us - heard_us) / US_PER_S),
                lag=health.lag, clock_offset_s=_rounded(offsets_s.get(name)), dropped=health.dropped, rejects=dict(rejects.get(name, {})),
                journal_bytes=source.journal_status.stored_bytes if isinstance(source, JournaledSource) else None,
            )  # fmt: skip

    def _minute_ago(self, mark: _Mark) -> _Mark:
        """The counts a minute ago, or the oldest there are."""
        self._marks.append(mark)
        while len(self._marks) > 1 and mark.at_us - self._marks[1].at_us >= _MINUTE_US:
            self._marks.popleft()
        return self._marks[0]


def resident_bytes() -> int | None:
    """Second field of /proc/self/statm, in pages (proc(5)); None where there is none."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _why(source: Source | None, health: SourceHealth) -> str:
    """Why a source is not connected, or what holds it up."""
    if isinstance(source, JournaledSource) and source.held_up_by:
        return source.held_up_by
    return "" if health.state == "connected" else health.last_error


def _sending(watch: Watch) -> SendingStatus | None:
    if watch.outbox is None:
        return None
    status, broker = watch.outbox.status, watch.world.settings.kafka
    names = (
        (broker.alerts, broker.state, broker.dead_letters, broker.flags, broker.papers, broker.orders)
        if broker.bootstrap
        else ()
    )
    return SendingStatus(
        status.is_away, status.last_error if status.is_away else "", status.depth, status.sent, status.refused, names
    )


def _papers(watch: Watch) -> PapersStatus | None:
    if (papers := watch.papers) is None:
        return None
    inbox, counts = papers.inbox, papers.counts
    return PapersStatus(
        papers.receiving.waiting, counts["taken"], counts["repeated"], counts["refused"],
        watch.world.settings.papers.inbox, "" if inbox is None else inbox.error,
        {} if inbox is None else dict(islice(inbox.stuck.items(), _MOST_STUCK)),
    )  # fmt: skip


def _store(watch: Watch, now_us: int) -> StoreStatus:
    path, facts, life = watch.store_path, watch.facts, watch.life
    try:
        free: int | None = shutil.disk_usage(path.parent).free
    except OSError:
        free = None
    return StoreStatus(
        path=str(path), bytes=_size(path), log_bytes=_size(path.with_name(path.name + ".wal")), disk_free_bytes=free,
        snapshots=facts.snapshots,
        snapshot_age_s=None if facts.snapshot_at_us is None else _rounded((now_us - facts.snapshot_at_us) / US_PER_S),
        snapshot_bytes=0 if life is None else life.snapshot_bytes,
        snapshot_error="" if life is None else life.snapshot_error, commits=facts.commits,
    )  # fmt: skip


def _delay(watch: Watch) -> DelayStatus:
    delays_s = list(watch.facts.delays_s)
    return DelayStatus(
        len(delays_s), _rounded(quantile(delays_s, 0.5)), _rounded(quantile(delays_s, 0.99)),
        _rounded(max(delays_s, default=None)),
    )  # fmt: skip


def _address(config: SourceConfig | None) -> str:
    return "" if config is None else config.address or config.path or ",".join(config.topics)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _rate(now: int, before: int | None, gone_s: float) -> float:
    """Per second; a count that began anew with a life gives none."""
    return 0.0 if before is None or gone_s <= 0 or now < before else round((now - before) / gone_s, 1)


def _rounded(value: Any) -> Any:
    return None if value is None else round(value, 3)
