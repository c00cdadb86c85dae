"""A hundred airliners turn round where nobody hears them: what was not seen is not told, and what was is."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.scenarios.diversion_tracks import judge
from tests.scenarios.unseen_sky import Sky, make_sky
from tracker.events import Event

CLIPPED = (45.0, 55.0, -2.0, 16.0)
"""A box as one country's subscription cuts it."""
MOST_FALSE_PER_1000_CRAFT_DAYS = 5.0
SAME = {"late": {"late", "unreachable_in_time"}}


def told_of(sky: Sky) -> dict[str, set[str]]:
    """Facts told, by papers; those that nobody could have seen are left out."""
    told: dict[str, set[str]] = {}
    for event in _last(judge(sky.papers, sky.positions(), statics=sky.statics(), every_h=6)):
        facts = {str(fact["detail"]) for fact in event.evidence["facts"]}
        told.setdefault(event.evidence["itinerary_id"], set()).update(facts)
    return {papers: details for papers, details in told.items() if papers not in sky.unseen}


def _last(events: list[Event]) -> list[Event]:
    return list({event.event_id: event for event in events}.values())


class Measured(NamedTuple):
    """What was told of one sky: facts by papers that have no diversion, and what each diversion that was not found is."""

    sky: Sky
    false: dict[str, set[str]]
    missed: dict[str, str]

    def __str__(self) -> str:
        found = len(self.sky.seeded) - len(self.missed)
        return (
            f"{len(self.sky.papers)} flights under papers, {self.sky.craft_days:.0f} craft-days, "
            f"{found} of {len(self.sky.seeded)} diversions found, {len(self.false)} false"
        )


def measured(seed: int, box: tuple[float, float, float, float] | None = None) -> Measured:
    """One sky of a hundred airliners and what is told of it."""
    sky = make_sky(seed, box=box)
    told = told_of(sky)
    return Measured(
        sky,
        {papers: details for papers, details in told.items() if papers not in sky.seeded},
        {papers: kind for papers, kind in sky.seeded.items() if not told.get(papers, set()) & SAME.get(kind, {kind})},
    )


@pytest.mark.parametrize("box", [None, CLIPPED], ids=["horizons", "box"])
@pytest.mark.parametrize("seed", [31, 32])
def test_turn_rounds_out_of_coverage_are_no_diversions(
    seed: int, box: tuple[float, float, float, float] | None
) -> None:
    sky, false, missed = told = measured(seed, box)
    print(f"seed {seed}: {told}")
    assert not missed
    assert len(false) <= MOST_FALSE_PER_1000_CRAFT_DAYS * sky.craft_days / 1000.0, false
    assert len(sky.papers) >= 90
    assert len(set(sky.seeded.values())) >= (6 if box is None else 4)
