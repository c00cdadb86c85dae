"""What people see of an evaluation: tables of figures, then what was missed and invented."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tracker.evaluation.by_story import HEADS, StoryScore, add_up
from tracker.evaluation.cargo_aboard import CargoResult, add_up_cargo
from tracker.evaluation.comparison import Evaluation
from tracker.evaluation.figures import Benchmark, rows_of

_SHOWN: Final = 12
_SHOWN_OF_BENCHMARK: Final = 20


def evaluation_table(result: Evaluation) -> RenderableType:
    """The figures for people: one table, then what was missed, invented and hit, the first dozen of each."""
    table = Table(title="Synthetic scenario: events against labels")
    for name in (
        "kind",
        "labels",
        "found",
        "missed",
        "claims",
        "false",
        "precision",
        "recall",
        "delay, min",
        "detail right",
    ):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for score in result.kinds:
        figures = (score.labels, score.found, score.missed, score.claims, score.false)
        shares = (_text(score.precision, 3), _text(score.recall, 3), _text(score.median_delay_min, 1))
        table.add_row(
            score.kind, *map(str, figures), *shares, "-" if score.detail_right is None else str(score.detail_right)
        )
    lines = [f"{result.negatives} negatives, {len(result.negatives_hit)} hit"]
    if result.alerts is not None:
        lines.append(
            f"{result.alerts} alerts in {result.craft_hours:,.0f} craft-hours: {_text(result.alerts_per_1000_craft_hours, 2)} per 1,000; "
            f"{result.alerts_right} right; {len(result.must_alert_missed)} of {result.must_alert} that must alert did not"
        )
    lines += _some("missed", [f"{label.kind} {label.label_id}: {label.what}" for label in result.missed])
    lines += _some("false", [f"{claim.kind} {claim.detail}: {claim.explanation}" for claim in result.false_claims])
    lines += _some("negative hit", [f"{claim.kind} though {label.what}" for label, claim in result.negatives_hit])
    lines += _some("cargo", result.cargo.faults)
    return Group(table, by_story_table(result.stories), *_cargo_tables([result.cargo]), Text("\n".join(lines)))


def benchmark_table(benchmark: Benchmark) -> RenderableType:
    """The figures for people, then what was missed and invented."""
    table = Table(title=f"Events against labels, profile {benchmark.profile}; everything labelled is synthetic")
    heads = ("kind", "labels", "found", "false", "precision", "recall", "delay, min", "alerts per 1,000 craft-h")
    for name in heads:
        table.add_column(name, justify="left" if name == "kind" else "right")
    for name, parts in benchmark.groups():
        hours = sum(part.result.craft_hours for part in parts)
        table.add_section()
        table.add_row(Text(f"{name}: {', '.join(part.name for part in parts)}; {hours:,.0f} craft-hours"[:70], "bold"))
        for row in rows_of(parts):
            shares = _text(row.precision, 3), _text(row.recall, 3), _text(row.median_delay_min, 1)
            often = _text(row.alerts_per_1000_craft_hours, 2)
            table.add_row(row.kind, str(row.labels), str(row.found), str(row.false), *shares, often)
    lines = []
    for part in benchmark.parts:
        result = part.result
        lines += [f"missed, {part.name}: {one.kind} {one.label_id}: {one.what}" for one in result.missed]
        lines += [f"false, {part.name}: {one.kind} {one.craft}: {one.explanation}" for one in result.false_claims]
    rest = len(lines) - _SHOWN_OF_BENCHMARK
    more = [f"and {rest} more; --json has them all"] if rest > 0 else []
    stories = by_story_table(add_up(part.result.stories for part in benchmark.parts))
    cargo = _cargo_tables([part.result.cargo for part in benchmark.parts])
    return Group(table, stories, *cargo, Text("\n".join(lines[:_SHOWN_OF_BENCHMARK] + more)))


def by_story_table(stories: Sequence[StoryScore]) -> Table:
    """A row for each story that has something to say, the weak ones marked."""
    table = Table(title="By story; what is weak is marked with *")
    for name in HEADS:
        table.add_column(name, justify="left" if name in ("story", "kind") else "right")
    for score in stories:
        first, *rest = score.to_row()
        if score.labels or score.negatives or score.false:
            table.add_row(f"{first} *" if score.is_weak else first, *rest)
    return table


def _cargo_tables(results: Sequence[CargoResult]) -> list[Table]:
    """What alerts say is aboard, by what makes papers hard; nothing where no alert was held against the truth."""
    scores = add_up_cargo(results)
    if not scores:
        return []
    table = Table(title="Cargo: what alerts say is aboard, against what is")
    for name in ("papers", "alerts on craft with cargo", "right cargo", "share", "stated aboard", "wrong", "in 1,000"):
        table.add_column(name, justify="left" if name == "papers" else "right")
    for score in scores:
        shares = _text(score.right_frac, 4), _text(1000.0 * score.wrong_frac, 2)
        table.add_row(
            score.difficulty,
            str(score.alerts),
            str(score.right),
            shares[0],
            str(score.stated),
            str(score.wrong),
            shares[1],
        )
    return [table]


def _text(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"


def _some(heading: str, sentences: Sequence[str]) -> list[str]:
    rest = len(sentences) - _SHOWN
    return [f"{heading}: {one}" for one in sentences[:_SHOWN]] + ([f"{heading}: and {rest} more"] if rest > 0 else [])
