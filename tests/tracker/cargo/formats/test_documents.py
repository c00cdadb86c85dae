"""docs/schedules.md names every message that is read, and its example is read."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tracker.cargo.formats.samples import read
from tracker.cargo.formats.edifact_papers import MESSAGES
from tracker.cargo.formats.schedule_csv import COLUMNS
from tracker.cargo.formats.table import READERS
from tracker.cargo.formats.x12_papers import SETS

PAGE = (Path(__file__).parents[4] / "docs" / "schedules.md").read_text("utf-8")


def test_every_message_that_is_read_is_in_the_documents() -> None:
    assert [name for name in (*MESSAGES, *SETS) if not re.search(rf"\b{name}\b", PAGE)] == []
    assert {"edifact": "EDIFACT", "x12": "X12", "dcsa": "DCSA", "schedules": "schedules"}.keys() == {
        one.kind for one in READERS
    }
    assert {"status", "remark"} <= set(COLUMNS)


def test_the_example_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (found,) = read(tmp_path, example).manifests
    assert found.itinerary is not None
    assert [node.location for node in found.itinerary.nodes] == ["BRSSZ", "NLRTM"]
    assert [(change.code, change.remark) for change in found.itinerary.changes] == [("OMIT", "congestion")]
