"""The page about labels says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tracker.simulate.conftest import Written
from tracker.simulate import light, scenario
from tracker.simulate.labels import LABEL_FIELDS, SCENARIO_FILE
from tracker.simulate.stories import feeds, table

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_every_field_of_a_label_is_documented_in_its_words() -> None:
    page = (DOCS / "labels.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page.split("## What is seeded")[0], flags=re.MULTILINE)
    assert rows == list(LABEL_FIELDS)


def test_every_file_of_a_scenario_is_documented() -> None:
    page = (DOCS / "simulator.md").read_text(encoding="utf-8")
    for name in (
        scenario.AIS_FILE,
        scenario.AIR_FILE,
        scenario.CARGO_FILE,
        scenario.LABELS_FILE,
        SCENARIO_FILE,
        scenario.STRIPS_FILE,
        *feeds.FEED_FILES,
    ):
        assert f"`{name}`" in page


def test_every_story_is_documented() -> None:
    page = (DOCS / "labels.md").read_text(encoding="utf-8")
    details = {
        "loitering": "drift",
        "stopped_encounter": "stopped",
        "one_sided_encounter": "one_sided",
        "side_by_side": "under_way",
        "unreachable": "unreachable_in_time",
    }
    details["field_landing"] = "landing"
    told = [story for story, _ in (*table.STORIES, *light.STORIES)]
    for story in (*told, *table.CROWDS):
        assert f"`{details.get(story.__name__, story.__name__)}`" in page


def test_every_story_of_a_scenario_is_documented(great_scenario: Written) -> None:
    page = (DOCS / "labels.md").read_text(encoding="utf-8")
    told = {label.story for label in great_scenario.labels} | {label.detail for label in great_scenario.labels}
    assert [name for name in sorted(told) if f"`{name}`" not in page] == []
