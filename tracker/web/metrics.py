"""The metrics of the live program: one table, and the text Prometheus reads.

Source of the format: Prometheus text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). ``docs/operations.md``,
the dashboard and the alert rules use names of this table only; tests check that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name, with the unit in it, whether it only grows, its labels and its meaning."""

    name: str
    kind: Literal["counter", "gauge"]
    labels: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of a metric; ``labels`` in the order of the table."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


_S: Final = ("source",)
_L: Final = ("source", "line")
METRICS: Final = (
    Metric("tidewaiter_phase", "gauge", ("phase",), "1 for the present phase of the program, 0 for the others."),
    Metric("tidewaiter_ready", "gauge", (), "1 while /readyz answers 200 at this instant, 0 while it has reasons not to."),
    Metric("tidewaiter_turn_age_seconds", "gauge", (), "How long ago the loop turned last; what else is here is as old. None before the first turn."),
    Metric("tidewaiter_source_bytes_total", "counter", _S, "Bytes received."),
    Metric("tidewaiter_source_chunks_total", "counter", _S, "Chunks received."),
    Metric("tidewaiter_source_connects_total", "counter", _S, "Connections made; above 1 it was lost in between."),
    Metric("tidewaiter_source_dropped_total", "counter", _S, "Units that could not be taken: clients turned away, datagrams lost."),
    Metric("tidewaiter_source_clients", "gauge", _S, "Who sends now, where others connect or send to us."),
    Metric("tidewaiter_source_let_go_total", "counter", _S, "Clients that had to leave: idle, or nothing could be decoded of what they sent."),
    Metric("tidewaiter_source_lag", "gauge", _S, "Bytes or records that wait to be read, where the source can tell."),
    Metric("tidewaiter_source_last_heard_seconds", "gauge", _S, "Receive time now minus that of the last bytes."),
    Metric("tidewaiter_source_state", "gauge", ("source", "state"), "1 for the present state of the source, 0 for the others."),
    Metric("tidewaiter_line_units_total", "counter", _L, "Sentences or frames that came in, since the line began."),
    Metric("tidewaiter_line_units_decoded_total", "counter", _L, "Sentences or frames that were decoded, since the line began."),
    Metric("tidewaiter_line_rejects_total", "counter", (*_L, "cause"), "Units that could not be read, by cause."),
    Metric("tidewaiter_line_rows_total", "counter", _L, "Position reports handed on, since the line began."),
    Metric("tidewaiter_quarantined_total", "counter", ("part",), "Units, rows and events set aside because this part of the program failed on them."),
    Metric("tidewaiter_decoders_lost_total", "counter", (), "Lines whose decoders began anew after no snapshot could be read, or a wrong clock was taken back: of each a message that was half there is lost."),
    Metric("tidewaiter_source_clock_offset_seconds", "gauge", _L, "How far the line's own clock is ahead of the receive clock, negative if behind (median of its latest reports); none where it brings no time."),
    Metric("tidewaiter_reports_total", "counter", (), "Position reports judged in this life."),
    Metric("tidewaiter_statics_total", "counter", (), "Static reports judged in this life."),
    Metric("tidewaiter_late_rows_total", "counter", (), "Rows behind the watermark in this life; they are settled."),
    Metric("tidewaiter_too_late_rows_total", "counter", (), "Rows beyond horizon_h in this life: stored, not judged."),
    Metric("tidewaiter_broken_clock_rows_total", "counter", (), "Rows with a time nobody can believe in this life."),
    Metric("tidewaiter_craft_remembered", "gauge", (), "Craft for which state is kept."),
    Metric("tidewaiter_craft_most", "gauge", (), "Craft for which state may be kept (`[memory] most_craft`)."),
    Metric("tidewaiter_craft_waiting", "gauge", (), "Craft counted and not judged, because memory is short."),
    Metric("tidewaiter_craft_forgotten_total", "counter", (), "Craft forgotten to make room."),
    Metric("tidewaiter_craft_pressed", "gauge", (), "1 while memory for craft is short and newcomers have to prove themselves."),
    Metric("tidewaiter_over_budget_rows_total", "counter", (), "Positions stored and not judged, because memory for craft is short."),
    Metric("tidewaiter_recomputations_total", "counter", (), "Settlements of late rows in this life."),
    Metric("tidewaiter_recomputed_rows_total", "counter", (), "Rows driven again by settlements in this life."),
    Metric("tidewaiter_corrections_total", "counter", (), "Events changed or retracted by late rows in this life."),
    Metric("tidewaiter_judged_share", "gauge", (), "Share of the reports of the last five minutes that were judged in time; none while fewer than 50 came."),
    Metric("tidewaiter_watermark_delay_seconds", "gauge", (), "Receive clock (steady wall time) now minus the watermark (event time)."),
    Metric("tidewaiter_events_total", "counter", ("kind", "state"), "Published revisions of events in this life."),
    Metric("tidewaiter_alerts_total", "counter", ("kind", "type"), "Published revisions of alerts in this life."),
    Metric("tidewaiter_alerts_open", "gauge", ("band",), "Alerts that stand, by priority band; counted every five seconds."),
    Metric("tidewaiter_delay_seconds", "gauge", ("share",), "From the bytes to the durable alert or event, of the last 200 turns that published something: p50, p99 and the longest."),
    Metric("tidewaiter_store_bytes", "gauge", (), "Size of the store's file."),
    Metric("tidewaiter_disk_free_bytes", "gauge", (), "Room left for us on the disk of the store."),
    Metric("tidewaiter_outbox_depth", "gauge", (), "Committed messages that are not sent yet."),
    Metric("tidewaiter_outbox_sent_total", "counter", (), "Messages sent in this life."),
    Metric("tidewaiter_outbox_refused_total", "counter", (), "Messages the broker will never take, in this life."),
    Metric("tidewaiter_broker_away", "gauge", (), "1 while messages cannot be sent."),
    Metric("tidewaiter_commits_total", "counter", (), "Transactions since the start of the process."),
    Metric("tidewaiter_slow_total", "counter", ("part",), "Times since the start of the process that reading, judging, committing, a snapshot or the disk held alerts up for more than a second."),
    Metric("tidewaiter_lives_total", "counter", (), "Times the store was opened since the start of the process."),
    Metric("tidewaiter_snapshots_total", "counter", (), "Snapshots begun since the start of the process."),
    Metric("tidewaiter_snapshot_age_seconds", "gauge", (), "Time since the last snapshot was begun."),
    Metric("tidewaiter_snapshot_seconds", "gauge", (), "How long the last snapshot held up the loop."),
    Metric("tidewaiter_snapshot_bytes", "gauge", (), "Size of the last snapshot before compression."),
    Metric("tidewaiter_journal_bytes", "gauge", _S, "Bytes of the source's journal on the disk."),
    Metric("tidewaiter_clock_jumps_total", "counter", (), "Times the wall clock jumped away."),
    Metric("tidewaiter_clock_offset_seconds", "gauge", (), "Wall clock minus steady clock."),
    Metric("tidewaiter_memory_resident_bytes", "gauge", (), "Resident memory of the process, where the system can tell."),
    Metric("tidewaiter_control_total", "counter", ("kind",), "Messages taken in this life: flags, orders, and rejected ones."),
    Metric("tidewaiter_papers_documents_total", "counter", ("way", "state"), "Documents of papers durable since the start of the process, by the way they came (inbox, topic, door) and what became of them (taken, repeated, refused)."),
    Metric("tidewaiter_papers_refused_total", "counter", ("cause",), "Documents refused since the start of the process: unreadable, too_large, program_fault."),
    Metric("tidewaiter_papers_rows_refused_total", "counter", (), "Rows of documents that could not be read, since the start of the process."),
    Metric("tidewaiter_papers_consignments_total", "counter", (), "Consignments read in documents, since the start of the process; those said before are among them."),
    Metric("tidewaiter_papers_seconds_total", "counter", ("part",), "Seconds since the start of the process that documents were read, beside the loop, and taken over by it."),
    Metric("tidewaiter_papers_waiting", "gauge", (), "Documents that were brought and are not durable yet."),
    Metric("tidewaiter_door_stream_clients", "gauge", ("stream",), "Who follows a stream of the door: alerts, positions."),
    Metric("tidewaiter_door_stream_behind", "gauge", (), "Revisions of alerts that the follower furthest behind has not got yet."),
    Metric("tidewaiter_door_stream_resets_total", "counter", (), "Followers of alerts who asked for a number that is none of this store, since the start of the process."),
    Metric("tidewaiter_door_stream_stalled_total", "counter", ("stream",), "Followers cut off because their connection took nothing, since the start of the process."),
    Metric("tidewaiter_door_stream_bytes_total", "counter", ("stream",), "Bytes sent to followers since the start of the process."),
    Metric("tidewaiter_room_requests_total", "counter", ("route", "method", "status"), "The room's answers since its start, by route, method and class of status (2xx); `none` is no route."),
    Metric("tidewaiter_room_request_seconds", "gauge", ("share",), "Until an answer of the room began, of the last 1,000: p50, p99 and the longest."),
    Metric("tidewaiter_room_sign_ins_refused_total", "counter", (), "Sign-ins that the room refused since its start."),
    Metric("tidewaiter_room_sessions", "gauge", (), "Sessions of persons that are live."),
    Metric("tidewaiter_room_stream_clients", "gauge", (), "Who follows the room's stream of alerts."),
    Metric("tidewaiter_room_stream_behind", "gauge", (), "Changes that the follower of the room furthest behind has not got yet."),
    Metric("tidewaiter_room_stream_resets_total", "counter", (), "Times since its start that the room told a follower to fetch the list again."),
    Metric("tidewaiter_room_alerts", "gauge", ("state", "band"), "Alerts on which work is left, by state and band of priority."),
    Metric("tidewaiter_room_overdue", "gauge", ("clock",), "Alerts whose clock has run out: acknowledge, respond."),
    Metric("tidewaiter_room_engine_connected", "gauge", ("engine",), "1 while the room hears an engine that it follows, 0 while that is away."),
    Metric("tidewaiter_room_engine_age_seconds", "gauge", ("engine",), "Since the engine said anything; none before it first did."),
    Metric("tidewaiter_room_engine_behind", "gauge", ("engine",), "Revisions that the engine has and the room has not, by the engine's last heartbeat."),
    Metric("tidewaiter_room_decisions_waiting", "gauge", ("engine",), "Verdicts that the engine has not got yet; those that can still be undone are among them."),
    Metric("tidewaiter_room_outbox_waiting", "gauge", ("way",), "Messages that wait to be sent, by webhook or mail."),
    Metric("tidewaiter_room_receivers_failing", "gauge", ("way",), "Receivers of webhooks or mail that did not take what was sent last; those paused by a person are not among them."),
    Metric("tidewaiter_room_heads_waiting", "gauge", (), "Signed heads of the audit that the topic has not got yet; none where no topic is set."),
    Metric("tidewaiter_room_audit_entries", "gauge", (), "Entries in the chain of the audit."),
    Metric("tidewaiter_room_audit_head_age_seconds", "gauge", (), "Since a head of the audit was signed last; one is due every hour."),
    Metric("tidewaiter_papers_stuck", "gauge", (), "Files of the inbox that cannot be read or moved; none without an inbox."),
)  # fmt: skip
BY_NAME: Final[Mapping[str, Metric]] = {metric.name: metric for metric in METRICS}


def render(samples: Iterable[Sample]) -> str:
    """The text, in the order of the table.

    Raises
    ------
    ValueError
        a name that is not in the table, labels that do not fit, or the same series twice.
    """
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for sample in samples:
        metric = BY_NAME.get(sample.name)
        if metric is None:
            raise ValueError(f"metric {sample.name} is not in METRICS")
        if len(sample.labels) != len(metric.labels):
            raise ValueError(f"metric {sample.name} has the labels {metric.labels}, not {sample.labels}")
        series = found.setdefault(sample.name, {})
        if sample.labels in series:
            raise ValueError(f"metric {sample.name} has {sample.labels} twice")
        series[sample.labels] = sample.value
    lines: list[str] = []
    for metric in METRICS:
        if metric.name not in found:
            continue
        lines += [f"# HELP {metric.name} {metric.sentence}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in found[metric.name].items():
            inside = ",".join(f'{n}="{_escaped(v)}"' for n, v in zip(metric.labels, labels, strict=True))
            lines.append(f"{metric.name}{'{' + inside + '}' if inside else ''} {_number(value)}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
