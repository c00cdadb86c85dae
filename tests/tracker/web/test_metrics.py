"""The text of the metrics holds what the table says, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tracker.config.watch import CONTROL
from tracker.watch.facts import FAULT_PARTS, PARTS, LoopFacts
from tracker.watch.meters import PHASES, STATES
from tracker.web.metrics import BY_NAME, METRICS, Sample, render

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


def test_a_label_is_escaped_and_a_whole_number_written_whole() -> None:
    text = render([Sample("tidewaiter_source_bytes_total", 3.0, ('a"b\\c\nd',))])
    assert 'tidewaiter_source_bytes_total{source="a\\"b\\\\c\\nd"} 3\n' in text
    assert "# TYPE tidewaiter_source_bytes_total counter\n" in text


@pytest.mark.parametrize(
    "samples",
    [
        [Sample("tidewaiter_unheard_of", 1)],
        [Sample("tidewaiter_source_bytes_total", 1)],
        [Sample("tidewaiter_commits_total", 1), Sample("tidewaiter_commits_total", 2)],
    ],
    ids=["name", "labels", "twice"],
)
def test_what_is_not_in_the_table_is_an_error(samples: list[Sample]) -> None:
    with pytest.raises(ValueError, match="tidewaiter_"):
        render(samples)


def test_names_of_the_table_are_unique_and_counters_end_in_total() -> None:
    assert len(BY_NAME) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"tidewaiter_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")


def test_alert_rules_name_metrics_of_the_table() -> None:
    text = (DEPLOY / "alerts.yaml").read_text(encoding="utf-8")
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    assert rules
    for rule in rules:
        named = re.findall(r"tidewaiter_[a-z_]+", rule["expr"])
        assert set(named) <= BY_NAME.keys(), rule["alert"]
        assert named or "up{" in rule["expr"]
        summary = rule["annotations"]["summary"]
        assert summary
        has = {"job"}.union(*(BY_NAME[name].labels for name in named))
        matched = re.findall(r'(\w+)!?="([^"]*)"', rule["expr"])
        grouped = re.findall(r"(?:by|on|ignoring) \((\w+)\)", rule["expr"]) + re.findall(r"\$labels\.(\w+)", summary)
        assert {label for label, _ in matched} | set(grouped) <= has, rule["alert"]
        known = {
            "state": STATES,
            "phase": PHASES,
            "source": [CONTROL],
            "job": ["tidewaiter"],
            "clock": ["acknowledge", "respond"],
        }
        assert all(value in known[label] for label, value in matched), rule["alert"]


def test_a_rule_of_an_increase_sees_the_first_one() -> None:
    """``increase`` knows nothing of a counter before its first sample, so that must be there while nothing has happened yet (prometheus 1673)."""
    text = (DEPLOY / "alerts.yaml").read_text(encoding="utf-8")
    counted = set(re.findall(r"(?:increase|rate)\((tidewaiter_\w+)", text))
    labelled = {name for name in counted if set(BY_NAME[name].labels) - {"source"}}
    assert labelled == {"tidewaiter_quarantined_total", "tidewaiter_slow_total", "tidewaiter_door_stream_stalled_total"}
    facts = LoopFacts()
    assert set(facts.slow) == set(PARTS)
    assert set(facts.faults) == set(FAULT_PARTS)
    assert not any(facts.slow.values()) and not any(facts.faults.values())


def test_whatever_sets_something_aside_is_counted_from_nothing_on() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (DEPLOY.parent / "tracker").rglob("*.py")]
    calls = re.compile(r"""(?:fault_of\(exc, |self\._told\(|Fault\()(f?)"([^"]+)\"""")
    parts = {name for text in sources for is_made, name in calls.findall(text) if not is_made}
    assert parts <= set(FAULT_PARTS)
    assert {"decoder", "store", "papers"} <= parts


def test_the_dashboard_names_metrics_of_the_table() -> None:
    board = json.loads((DEPLOY / "dashboards" / "tidewaiter.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel["targets"]:
            named = set(re.findall(r"tidewaiter_[a-z_]+", target["expr"]))
            assert named, panel["title"]
            assert named <= BY_NAME.keys(), panel["title"]
