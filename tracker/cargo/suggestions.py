"""Papers that may mean a craft because its name resembles theirs, and nothing else: what a person is shown of them, and what would decide.

Never a link: no consignment of such papers is aboard the craft for any alert, priority or sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tracker.cargo.links import Leg
from tracker.identity import craft_text
from tracker.voyages.itinerary import Conveyance

_MOST_PORTS: Final = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """From ``time_us`` on, ``craft`` may be the ship of a manifest: ``said`` and ``on_papers`` are the names, ``reason`` says in how far they are alike."""

    time_us: int
    craft: int
    manifest_id: str
    said: str
    on_papers: str
    reason: str
    would_decide: str


def would_decide(papers: Conveyance, legs: Iterable[Leg]) -> str:
    """What would make a match of a resemblance, in words: a number of its own, a call where the goods load, or where it says it is bound for."""
    legs = list(legs)
    told = [f"IMO number {papers.imo}"] if papers.imo is not None else []
    told += [f"call sign {papers.call_sign}"] if papers.call_sign else []
    others = "an IMO number, MMSI or call sign" if papers.mmsi is None else "an IMO number or call sign"
    ways = [f"{' or '.join(told)} in its own reports" if told else f"{others} on the papers"]
    loading = _ports(leg.declared.loading.code for leg in legs)
    discharge = _ports(leg.declared.discharge.code for leg in legs)
    ways += [f"a call at {loading} in the time declared"] if loading else []
    ways += [f"{discharge} as its destination in that time"] if discharge else []
    return "; or ".join(ways)


def suggestion_table(suggestions: Sequence[Suggestion], known_us: int) -> pa.Table:
    """Rows of the view ``cargo_suggestions``, as known at an instant."""
    instant = pa.timestamp("us", tz="UTC")
    return pa.table(
        {
            "craft": pa.array([craft_text(one.craft) for one in suggestions], pa.string()),
            "manifest_id": pa.array([one.manifest_id for one in suggestions], pa.string()),
            "name": pa.array([one.said for one in suggestions], pa.string()),
            "name_on_papers": pa.array([one.on_papers for one in suggestions], pa.string()),
            "reason": pa.array([one.reason for one in suggestions], pa.string()),
            "would_decide": pa.array([one.would_decide for one in suggestions], pa.string()),
            "since_time": pa.array([one.time_us for one in suggestions], pa.int64()).cast(instant),
            "known_time": pa.array([known_us] * len(suggestions), pa.int64()).cast(instant),
        }
    )


def _ports(codes: Iterable[str]) -> str:
    distinct = sorted(set(codes))
    more = f" or {len(distinct) - _MOST_PORTS} more" if len(distinct) > _MOST_PORTS else ""
    return " or ".join(distinct[:_MOST_PORTS]) + more
