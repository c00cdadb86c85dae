"""The text of the metrics holds what the table says, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

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
        assert rule["annotations"]["summary"]


def test_the_dashboard_names_metrics_of_the_table() -> None:
    board = json.loads((DEPLOY / "dashboards" / "tidewaiter.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel["targets"]:
            named = set(re.findall(r"tidewaiter_[a-z_]+", target["expr"]))
            assert named, panel["title"]
            assert named <= BY_NAME.keys(), panel["title"]
