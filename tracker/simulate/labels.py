"""Labels: the truth about a scenario, one JSON line for everything seeded and for everything that only looks like it.

``docs/labels.md`` is made from ``LABEL_FIELDS``. ``known_earliest`` is the first instant at which a watcher who knew the rule
and received everything could have stated the fact; delays are measured from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tracker.errors import InputError
from tracker.events import finite
from tracker.units import iso_time, parse_time

NEGATIVE: Final = "negative"
SCENARIO_FILE: Final = "scenario.json"
"""Beside the labels: how large the scenario is."""

LABEL_FIELDS: Final = (
    ("label_id", "Number of the label in its scenario, `L0001` upward."),
    ("kind", "Kind of the event that must be found, or `negative` for something that must not become an alert."),
    ("detail", "The kind narrowed: `silent`, `under_way`, `undeclared_call`, ..., `anchorage`, `station_outage`."),
    (
        "story",
        "The story it belongs to, which results are counted by: the detail, unless one story has labels of several.",
    ),
    ("craft", "The craft (or `source:NAME`); null where every craft is meant."),
    ("other_craft", "The second craft of an encounter."),
    ("start", "When it begins, UTC."),
    ("end", "When it ends, UTC."),
    ("lat_deg", "Where it begins, latitude."),
    ("lon_deg", "Where it begins, longitude."),
    ("must_alert", "True where flagged cargo makes it an alert."),
    ("known_earliest", "The first instant at which the data allow the fact to be stated; null for negatives."),
    ("forbids", "Kinds of event that must not be raised for this craft in this time (negatives only)."),
    (
        "also",
        "Kinds of event that are true of the same craft and time as a consequence: neither asked for nor held against anyone.",
    ),
    ("what", "One sentence for people."),
)


@dataclass(frozen=True, slots=True)
class Label:
    """One fact about a scenario; see ``LABEL_FIELDS``."""

    label_id: str
    kind: str
    detail: str
    craft: str | None
    other_craft: str | None
    start_us: int
    end_us: int
    lat_deg: float
    lon_deg: float
    must_alert: bool
    known_earliest_us: int | None
    forbids: tuple[str, ...]
    also: tuple[str, ...]
    what: str
    story: str = ""

    def to_json(self) -> dict[str, Any]:
        """The label as a JSON object, keys in the order of ``LABEL_FIELDS``."""
        return {
            "label_id": self.label_id,
            "kind": self.kind,
            "detail": self.detail,
            "story": self.story or self.detail,
            "craft": self.craft,
            "other_craft": self.other_craft,
            "start": iso_time(self.start_us),
            "end": iso_time(self.end_us),
            "lat_deg": finite(self.lat_deg, 5),
            "lon_deg": finite(self.lon_deg, 5),
            "must_alert": self.must_alert,
            "known_earliest": None if self.known_earliest_us is None else iso_time(self.known_earliest_us),
            "forbids": list(self.forbids),
            "also": list(self.also),
            "what": self.what,
        }


def write_labels(path: Path, labels: Iterable[Label]) -> None:
    """One JSON line per label."""
    lines = [json.dumps(label.to_json(), ensure_ascii=False, separators=(",", ":")) for label in labels]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def read_labels(path: Path) -> list[Label]:
    """The inverse of :func:`write_labels`; a bad line is named."""
    labels = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            known = row.get("known_earliest")
            labels.append(
                Label(
                    label_id=row["label_id"],
                    kind=row["kind"],
                    detail=row["detail"],
                    craft=row["craft"],
                    other_craft=row.get("other_craft"),
                    start_us=parse_time(row["start"]),
                    end_us=parse_time(row["end"]),
                    lat_deg=float("nan") if row["lat_deg"] is None else float(row["lat_deg"]),
                    lon_deg=float("nan") if row["lon_deg"] is None else float(row["lon_deg"]),
                    must_alert=bool(row["must_alert"]),
                    known_earliest_us=None if known is None else parse_time(known),
                    forbids=tuple(row.get("forbids", ())),
                    also=tuple(row.get("also", ())),
                    what=row["what"],
                    story=row.get("story", row["detail"]),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise InputError(f"not a label ({exc})", f"{path}, line {number}", "see docs/labels.md") from exc
    return labels
