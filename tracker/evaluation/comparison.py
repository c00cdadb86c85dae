"""Results against labels: per kind what was found, missed and invented, how late, and how often a person was disturbed.

A *claim* is an event that says that something is wrong (``claims``).

A claim meets a label of the same kind and craft (both craft for a pair, in either order; one of them for a one-sided encounter)
if they overlap in time, ``SLACK_US`` allowed at both ends. A diversion has consequences (who turned round will also be late), so a
claim may begin any time after the label's. The label of a feed outage is met by any claim of a source of that name.
A claim of a kind in a label's ``also`` is a true consequence (who meets somebody at sea waits there) and counts neither way.

::

    recall     labels met by a claim / labels
    precision  claims that meet a label / claims
    delay      first instant at which a claim that meets the label was known, minus the label's ``known_earliest``

A negative label is hit by a claim of a kind it forbids, for its craft, in its time, that meets no positive label.
The same by story: ``tracker.evaluation.by_story``.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from tracker.errors import InputError
from tracker.evaluation.by_story import StoryScore, score_stories
from tracker.evaluation.cargo_aboard import CargoResult, score_cargo
from tracker.evaluation.claims import FOREVER_US, GROUPED, ONE_OF, Claim, claims_of, rule_of
from tracker.evaluation.score import Score
from tracker.events import EventKind, finite
from tracker.simulate.aboard import ABOARD_FILE, Aboard, read_aboard
from tracker.simulate.labels import NEGATIVE, SCENARIO_FILE, Label, read_labels
from tracker.units import US_PER_MIN

SLACK_US: Final = 45 * US_PER_MIN
NO_CARGO: Final = CargoResult((), ())


@dataclass(frozen=True, slots=True)
class KindScore(Score):
    """Figures of one kind."""

    kind: str
    labels: int
    found: int
    claims: int
    false: int
    detail_right: int | None
    """Of the found: some claim names the same detail as the label; None where labels have details of their own."""
    delays_min: tuple[float, ...]
    alerts: int | None = None
    """Distinct alerts on events of the kind, not retracted; None where no alerts were given."""

    @property
    def missed(self) -> int:
        """Labels no claim meets."""
        return self.labels - self.found

    @property
    def claims_made(self) -> int:
        """All of the kind."""
        return self.claims

    @property
    def claims_right(self) -> int:
        """Those that meet a label."""
        return self.claims - self.false

    @property
    def median_delay_min(self) -> float:
        """Median delay in minutes; NaN where nothing was found."""
        return median(self.delays_min) if self.delays_min else math.nan


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a comparison gave."""

    kinds: tuple[KindScore, ...]
    missed: tuple[Label, ...]
    false_claims: tuple[Claim, ...]
    negatives_hit: tuple[tuple[Label, Claim], ...]
    negatives: int
    alerts: int | None
    """Distinct alerts not retracted; None where no alerts were given."""
    alerts_right: int
    must_alert: int
    must_alert_missed: tuple[Label, ...]
    craft_hours: float
    stories: tuple[StoryScore, ...] = ()
    cargo: CargoResult = NO_CARGO
    """What the alerts say is aboard, against the truth of it, where that is given."""

    @property
    def alerts_per_1000_craft_hours(self) -> float:
        """How often a person is disturbed."""
        if self.alerts is None or not self.craft_hours > 0.0:
            return math.nan
        return 1000.0 * self.alerts / self.craft_hours

    def to_json(self) -> dict[str, Any]:
        """All figures; the same numbers on every machine."""
        return {
            "synthetic": True,
            "kinds": {
                score.kind: {
                    "labels": score.labels,
                    "found": score.found,
                    "missed": score.missed,
                    "claims": score.claims,
                    "false": score.false,
                    "precision": finite(score.precision, 4),
                    "recall": finite(score.recall, 4),
                    "median_delay_min": finite(score.median_delay_min, 2),
                    "detail_right": score.detail_right,
                    "alerts": score.alerts,
                }
                for score in self.kinds
            },
            "stories": {score.story: score.to_json() for score in self.stories},
            "cargo": {score.difficulty: score.to_json() for score in self.cargo.scores},
            "cargo_faults": list(self.cargo.faults),
            "negatives": self.negatives,
            "negatives_hit": [
                {"label_id": label.label_id, "detail": label.detail, "what": label.what, **_claim_json(claim)}
                for label, claim in self.negatives_hit
            ],
            "missed": [label.to_json() for label in self.missed],
            "false": [_claim_json(claim) for claim in self.false_claims],
            "alerts": self.alerts,
            "alerts_right": None if self.alerts is None else self.alerts_right,
            "must_alert": self.must_alert,
            "must_alert_missed": [label.label_id for label in self.must_alert_missed],
            "craft_hours": finite(self.craft_hours, 1),
            "alerts_per_1000_craft_hours": finite(self.alerts_per_1000_craft_hours, 2),
        }

    def sentence(self) -> str:
        """What a person wants to know first."""
        labels, found = sum(score.labels for score in self.kinds), sum(score.found for score in self.kinds)
        return (
            f"Of {labels} things that were made to happen the program found {found}; {len(self.false_claims)} of the {sum(score.claims for score in self.kinds)} things "
            f"that it says are wrong did not happen; {len(self.negatives_hit)} of {self.negatives} innocent look-alikes were taken for one."
        )


@dataclass(slots=True)
class _Met:
    """Which claims meet which labels."""

    by_label: dict[str, list[Claim]] = field(default_factory=dict)
    claims: set[str] = field(default_factory=set)
    explained: set[str] = field(default_factory=set)
    """Claims that are a true consequence of a label of another kind."""


def compare(
    labels: Sequence[Label],
    events: Iterable[Mapping[str, Any]],
    alerts: Iterable[Mapping[str, Any]] | None = None,
    craft_hours: float = math.nan,
    aboard: Sequence[Aboard] = (),
) -> Evaluation:
    """Hold events (all revisions, as in ``Event.to_json``) and alerts (CloudEvents) against labels.

    Parameters
    ----------
    craft_hours:
        Hours under watch, summed over all craft.
    aboard:
        The truth of the cargo, where it is known.
    """
    alerts = None if alerts is None else list(alerts)
    claims = claims_of(events)
    positives = [label for label in labels if label.kind != NEGATIVE]
    met = _match(labels, claims)
    met.explained -= met.claims
    claims = [claim for claim in claims if claim.event_id not in met.explained]
    told = None if alerts is None else _alerted_events(alerts)
    by_kind = Counter(kind for _, kind in (told or {}).values())
    kinds = sorted({label.kind for label in positives} | {claim.kind for claim in claims} | set(by_kind) - {""})
    false = tuple(claim for claim in claims if claim.event_id not in met.claims)
    negatives = [label for label in labels if label.kind == NEGATIVE]
    hit = tuple((label, claim) for label in negatives for claim in false if _hits(label, claim))
    shown = {event_id for event_id, _ in (told or {}).values()}
    must = [label for label in positives if label.must_alert]
    return Evaluation(
        kinds=tuple(_score(kind, positives, claims, met, None if told is None else by_kind[kind]) for kind in kinds),
        missed=tuple(label for label in positives if label.label_id not in met.by_label),
        false_claims=false,
        negatives_hit=hit,
        negatives=len(negatives),
        alerts=None if told is None else len(told),
        alerts_right=sum(event_id in met.claims | met.explained for event_id, _ in (told or {}).values()),
        must_alert=len(must),
        must_alert_missed=()
        if told is None
        else tuple(
            label for label in must if not {claim.event_id for claim in met.by_label.get(label.label_id, ())} & shown
        ),
        craft_hours=craft_hours,
        stories=score_stories(labels, met.by_label, false, hit),
        cargo=score_cargo(aboard, alerts) if aboard and alerts is not None else NO_CARGO,
    )


def compare_files(labels: Path, events: Path, alerts: Path | None = None) -> Evaluation:
    """:func:`compare` on files; the size of the scenario is read from ``scenario.json`` beside the labels, if it is there."""
    for path in (labels, events, *([alerts] if alerts is not None else [])):
        if not path.is_file():
            raise InputError("no such file", str(path), "give the files that simulate and replay have written")
    beside = labels.parent / SCENARIO_FILE
    hours = float(json.loads(beside.read_text(encoding="utf-8"))["craft_hours"]) if beside.is_file() else math.nan
    truth = labels.parent / ABOARD_FILE
    aboard = read_aboard(truth) if truth.is_file() else []
    return compare(read_labels(labels), rows_of(events), None if alerts is None else rows_of(alerts), hours, aboard)


def rows_of(path: Path) -> list[dict[str, Any]]:
    """JSON objects of a file, one a line.

    Raises
    ------
    InputError
        naming the line that is none.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as exc:
            raise InputError(f"not JSON ({exc})", f"{path}, line {number}", "give JSON lines") from exc
        if not isinstance(row, dict):
            raise InputError("not a JSON object", f"{path}, line {number}", "give JSON lines")
        rows.append(row)
    return rows


def _match(labels: Sequence[Label], claims: Sequence[Claim]) -> _Met:
    met = _Met()
    for label in labels:
        for claim in claims:
            if label.kind != NEGATIVE and _meets(label, claim):
                met.by_label.setdefault(label.label_id, []).append(claim)
                met.claims.add(claim.event_id)
            elif claim.kind in label.also and _is_about(label, claim) and _overlap(label, claim):
                met.explained.add(claim.event_id)
    return met


def _meets(label: Label, claim: Claim) -> bool:
    """Same kind, same craft, overlapping in time."""
    if claim.kind != label.kind or (claim.kind == EventKind.INTEGRITY and claim.detail != label.detail):
        return False
    return _same_craft(label, claim) and _overlap(label, claim)


def _same_craft(label: Label, claim: Claim) -> bool:
    if label.kind == EventKind.FEED_OUTAGE:
        name = (label.craft or "").removeprefix("source:").lower()
        return any(name in craft.lower() for craft in claim.crafts)
    if label.craft in claim.crafts and (label.kind == EventKind.LOITERING or label.detail in GROUPED):
        return True  # a queue tells the wait of each of its craft, an area of false positions all that stand there
    if claim.detail == ONE_OF and {label.craft, label.other_craft} <= claim.crafts:
        return True
    return label.craft is None or claim.crafts <= {label.craft, label.other_craft}


def _is_about(label: Label, claim: Claim) -> bool:
    """The label's craft, or of a negative her and anybody else."""
    return label.craft in claim.crafts if label.kind == NEGATIVE else _same_craft(label, claim)


def _overlap(label: Label, claim: Claim) -> bool:
    until_us = FOREVER_US if rule_of(label.kind).runs_on else label.end_us + SLACK_US
    return claim.end_us >= label.start_us - SLACK_US and claim.start_us <= until_us


def _hits(label: Label, claim: Claim) -> bool:
    """A claim of a forbidden kind for the label's craft in its time."""
    same = label.craft is None or label.craft in claim.crafts
    return claim.kind in label.forbids and same and claim.start_us < label.end_us and claim.end_us > label.start_us


def _score(kind: str, labels: Sequence[Label], claims: Sequence[Claim], met: _Met, alerts: int | None) -> KindScore:
    of_kind = [label for label in labels if label.kind == kind]
    claimed = [claim for claim in claims if claim.kind == kind]
    found = [label for label in of_kind if label.label_id in met.by_label]
    delays = [
        (min(claim.known_us for claim in met.by_label[label.label_id]) - label.known_earliest_us) / US_PER_MIN
        for label in found
        if label.known_earliest_us is not None
    ]
    right = sum(any(c.detail == label.detail for c in met.by_label[label.label_id]) for label in found)
    return KindScore(
        kind=kind,
        labels=len(of_kind),
        found=len(found),
        claims=len(claimed),
        false=sum(claim.event_id not in met.claims for claim in claimed),
        detail_right=right if rule_of(kind).narrowed else None,
        delays_min=tuple(delays),
        alerts=alerts,
    )


def _alerted_events(alerts: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Id and kind of the event of every alert that still stands, by alert id."""
    standing: dict[str, tuple[str, str]] = {}
    for alert in alerts:
        data = alert["data"]
        if str(alert.get("type", "")).endswith(".retracted"):
            standing.pop(str(data["alert_id"]), None)
        else:
            standing[str(data["alert_id"])] = str(data["event"]["event_id"]), str(data["event"].get("kind", ""))
    return standing


def _claim_json(claim: Claim) -> dict[str, Any]:
    return {
        "event_id": claim.event_id,
        "kind": claim.kind,
        "event_detail": claim.detail,
        "craft": claim.craft,
        "explanation": claim.explanation,
    }
