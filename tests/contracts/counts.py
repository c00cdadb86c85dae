"""How many events each detector told in its scene, by detail: ``python -m tests.contracts.counts`` writes the table of docs/tests.md anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.contracts.scenes import DETAILS
from tracker.events import Event

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "tests.md"
_BEGIN: Final = "<!-- Made by python -m tests.contracts.counts; do not edit. -->\n"
_END: Final = "<!-- End of what is made. -->\n"


def table(told: Mapping[str, Sequence[Event]]) -> str:
    """The table in Markdown: a line for each detail of each detector."""
    rows = ["| detector | kind | detail | events | revisions |", "|---|---|---|---|---|"]
    for name, kinds in DETAILS.items():
        each = {(event.event_id, event.detail): event for event in told[name]}
        events, revisions = _counted(each.values()), _counted(told[name])
        for kind in sorted(kinds):
            rows += [
                f"| {name} | `{kind}` | `{detail}` | {events[kind, detail]} | {revisions[kind, detail]} |"
                for detail in sorted(kinds[kind])
            ]
    return "\n".join(rows) + "\n"


def with_table(page: str, made: str) -> str:
    """A page with its table made anew."""
    return re.sub(
        f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: f"{_BEGIN}\n{made}\n{_END}", page, flags=re.DOTALL
    )


def _counted(events: Iterable[Event]) -> Counter[tuple[str, str]]:
    return Counter((str(event.kind), event.detail) for event in events)


def main() -> None:
    """Write the table anew."""
    from tests.contracts.test_detectors import JOINED, all_told
    from tracker.detectors import DETECTORS

    made = table({entry.name: all_told(entry) for entry in (*DETECTORS, JOINED)})
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")


if __name__ == "__main__":
    main()
