"""Metrics of the live program: one table, from which the text, the documents, the dashboard and the alert rules are made.

The text is the Prometheus exposition format 0.0.4: ``# HELP``, ``# TYPE``, then a line a value. A value whose name or labels are not in the table is
a mistake of the program and raises ``KeyError``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

PREFIX: Final = "tidewaiter_"
COUNTER: Final = "counter"
GAUGE: Final = "gauge"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; the unit stands in the name, as Prometheus wants it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a metric, its labels in the order of the table."""

    name: str
    labels: tuple[str, ...]
    number: float


def _table(*metrics: Metric) -> Mapping[str, Metric]:
    return MappingProxyType({metric.name: metric for metric in metrics})


METRICS: Final = _table(
    Metric("source_bytes_total", COUNTER, ("source",), "Bytes received from a source."),
    Metric("source_chunks_total", COUNTER, ("source",), "Chunks received from a source."),
    Metric("source_connects_total", COUNTER, ("source",), "How often a source was connected; above one it was lost in between."),
    Metric("source_dropped_total", COUNTER, ("source",), "Units of a source that could not be taken: lost datagrams, records deleted before they were read."),
    Metric("source_up", GAUGE, ("source",), "1 while a source is connected."),
    Metric("source_silent_seconds", GAUGE, ("source",), "Time since the last bytes of a source."),
    Metric("source_lag", GAUGE, ("source",), "Bytes or records that wait to be read, where the source can tell."),
    Metric("journal_bytes", GAUGE, ("source",), "Size of the journal of a source without memory."),
    Metric("units_total", COUNTER, ("line",), "Sentences, frames or lines read."),
    Metric("units_decoded_total", COUNTER, ("line",), "Of these decoded."),
    Metric("rejects_total", COUNTER, ("line", "cause"), "Of these refused, by cause."),
    Metric("reports_total", COUNTER, (), "Position reports judged since the program went live."),
    Metric("statics_total", COUNTER, (), "Static reports judged."),
    Metric("late_rows_total", COUNTER, (), "Reports behind the watermark; they are settled by recomputation."),
    Metric("too_late_rows_total", COUNTER, (), "Reports beyond the horizon: stored, and judging nothing."),
    Metric("broken_clock_rows_total", COUNTER, (), "Reports with a time nobody can believe."),
    Metric("recomputations_total", COUNTER, (), "How often late reports were settled."),
    Metric("recomputed_rows_total", COUNTER, (), "Reports driven again for that."),
    Metric("corrections_total", COUNTER, (), "Public revisions that late reports gave rise to."),
    Metric("watermark_delay_seconds", GAUGE, (), "How far the watermark is behind the clock of reception."),
    Metric("events_total", COUNTER, ("kind", "state"), "Published revisions of events."),
    Metric("alerts_total", COUNTER, ("kind", "type"), "Published revisions of alerts."),
    Metric("outbox_messages", GAUGE, (), "Durable messages that are not sent yet."),
    Metric("outbox_sent_total", COUNTER, (), "Messages sent."),
    Metric("outbox_refused_total", COUNTER, (), "Messages a broker will never take; they are dead letters."),
    Metric("broker_away", GAUGE, (), "1 while messages cannot be delivered."),
    Metric("control_messages_total", COUNTER, ("kind",), "Flags and orders taken in, and messages refused."),
    Metric("commits_total", COUNTER, (), "Transactions."),
    Metric("lives_total", COUNTER, (), "How often the store was opened; above one it was lost in between."),
    Metric("snapshots_total", COUNTER, (), "Snapshots taken."),
    Metric("snapshot_seconds", GAUGE, (), "How long the last snapshot held up the loop."),
    Metric("snapshot_bytes", GAUGE, (), "Size of the state at the last snapshot."),
    Metric("snapshot_age_seconds", GAUGE, (), "Time since the last snapshot."),
    Metric("snapshots_stored_bytes", GAUGE, (), "Size of all snapshots on the disk."),
    Metric("clock_jumps_total", COUNTER, (), "How often the wall clock jumped."),
    Metric("clock_offset_seconds", GAUGE, (), "Wall clock minus the steady clock of receive stamps."),
    Metric("resident_bytes", GAUGE, (), "Memory of the process."),
    Metric("live", GAUGE, (), "1 while caught up and judging."),
)  # fmt: skip
"""Name without prefix -> metric."""


def exposition(values: Iterable[Value]) -> str:
    """Values as Prometheus text, in the order of the table."""
    found: dict[str, list[str]] = {}
    for value in values:
        metric = METRICS[value.name]
        if len(value.labels) != len(metric.labels):
            raise KeyError(f"{value.name} has the labels {metric.labels}, not {value.labels}")
        pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in zip(metric.labels, value.labels, strict=True))
        found.setdefault(value.name, []).append(
            f"{PREFIX}{value.name}{'{' + pairs + '}' if pairs else ''} {_number(value.number)}"
        )
    parts = []
    for name, metric in METRICS.items():
        if name in found:
            parts.append(f"# HELP {PREFIX}{name} {metric.sentence}\n# TYPE {PREFIX}{name} {metric.kind}\n")
            parts.append("\n".join(found[name]) + "\n")
    return "".join(parts)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
