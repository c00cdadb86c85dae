"""What a replay did: the summary that the command line prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.cargo.book import CargoBook
from tracker.engine.engine import Engine
from tracker.inputs.gave import Gave
from tracker.inputs.recorded import Input
from tracker.replay.recorder import ReplayRecorder
from tracker.rollover import rollover_in, rollovers_between


@dataclass(slots=True)
class Summary:
    """What a replay did; the command line prints it."""

    inputs: int = 0
    units_in: int = 0
    units_decoded: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    reports: int = 0
    statics: int = 0
    late: int = 0
    broken_clock: int = 0
    duplicates: int = 0
    implausible: int = 0
    craft: int = 0
    events: Counter[str] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    event_states: Counter[str] = field(default_factory=Counter)
    """How many events ended open, closed (over) and retracted (did not happen); they add up to those by kind."""
    alert_states: Counter[str] = field(default_factory=Counter)
    cargo: dict[str, int] = field(default_factory=dict)
    store: dict[str, Any] = field(default_factory=dict)
    """What was done to the sources of the store."""
    faults: Counter[str] = field(default_factory=Counter)
    """Units, rows and events set aside because the program itself failed on them, by the part that did."""
    unit_doubts: list[str] = field(default_factory=list)
    clock_doubts: list[str] = field(default_factory=list)
    """Dates that are 1,024 weeks off, a sentence each."""
    """Columns that look as if they were in another unit than the one they were read in, a sentence each."""
    fault_notes: list[str] = field(default_factory=list)
    """The first of them: part, error and place."""
    gave: list[Gave] = field(default_factory=list)
    """The account of each input."""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, counters ordered by name."""

        def ordered(counter: Counter[str]) -> dict[str, int]:
            return {str(name): counter[name] for name in sorted(counter)}

        return {
            "inputs": self.inputs, "files": [one.to_json() for one in self.gave], "units_in": self.units_in, "units_decoded": self.units_decoded,
            "messages": ordered(self.messages), "rejects": ordered(self.rejects), "reports": self.reports,
            "statics": self.statics, "late": self.late, "broken_clock": self.broken_clock, "duplicates": self.duplicates,
            "implausible": self.implausible, "craft": self.craft, "events": ordered(self.events),
            "alerts": ordered(self.alerts), "event_states": ordered(self.event_states), "alert_states": ordered(self.alert_states), "cargo": self.cargo, "store": self.store, "unit_doubts": self.unit_doubts, "clock_doubts": self.clock_doubts, "faults": ordered(self.faults), "fault_notes": self.fault_notes, "seconds": round(self.seconds, 3),
            "units_per_s": round(self.units_in / self.seconds) if self.seconds else None,
        }  # fmt: skip


def summary_of(inputs: Sequence[Input], engine: Engine, recorder: ReplayRecorder, book: CargoBook) -> Summary:
    """What a replay has done so far."""
    counts, fates = engine.counts, engine.timeline.fates
    summary = Summary(
        inputs=len(inputs), reports=counts.reports, statics=counts.statics, late=counts.late, broken_clock=counts.broken_clock,
        duplicates=fates["duplicates"],
        implausible=fates["implausible_jump"] + fates["too_many_transmitters"], craft=len(recorder.craft), events=recorder.events,
        alerts=recorder.alerts, event_states=Counter(recorder.event_states.values()),
        alert_states=Counter(recorder.alert_states.values()),
        cargo=cargo_counts(book),
    )  # fmt: skip
    for one in inputs:
        summary.gave.append(Gave.of(one))
        summary.units_in += one.counts.units_in
        summary.units_decoded += one.counts.units_decoded
        summary.messages.update(one.counts.messages)
        summary.rejects.update({str(cause): count for cause, count in one.counts.rejects.counts.items()})
        summary.unit_doubts += [f"{one.source_name}: {sentence}" for sentence in one.unit_doubts()]
        if said := rollover_in(one.days):
            summary.clock_doubts.append(f"{one.source_name}: {said}")
    summary.clock_doubts += rollovers_between([(one.source_name, one.days) for one in inputs])
    return summary


def cargo_counts(book: CargoBook) -> dict[str, int]:
    """What the cargo files held, for the summary."""
    consignments = [consignment for manifest in book.latest for consignment in manifest.consignments]
    return {
        "manifests": len(book.latest),
        "consignments": len(consignments),
        "flagged": sum(bool(consignment.flags) for consignment in consignments),
        "rows_in": book.rows_in,
        "rows_rejected": book.rows_rejected,
        "warnings": book.warnings,
    }
