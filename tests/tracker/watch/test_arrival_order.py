"""The same reports shuffled within an hour, some of them twice, split over three sources a feed: no event or alert is lost or invented.

Their words are not held here: in some events and alerts they still differ (docs/reliability.md). ``deploy/reliability/late.py`` shows which.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.geography.places import WorldPlaces
from tracker.simulate.scenario import simulate

SCRIPTS = Path(__file__).resolve().parents[3] / "deploy" / "reliability"


@pytest.mark.slow
def test_the_order_of_arrival_loses_and_invents_no_event_and_no_alert(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    from arrival import disordered, ordered
    from compare import difference, final_alerts, final_events

    sea = tmp_path / "sea"
    sea.mkdir()
    simulate(sea, seed=5, vessels=30, flights=6, hours=8.0)
    places = WorldPlaces.load()
    expected = ordered(sea, places)
    found, counts = disordered(sea, places, tmp_path, spread_h=1.0, seed=1)

    assert counts.late > 1000
    assert counts.recomputations > 3
    assert counts.too_late == 0
    events = [final_events(event.to_json() for event in told.events) for told in (expected, found)]
    alerts = [final_alerts({"type": a.type_name, "data": a.data()} for a in told.alerts) for told in (expected, found)]
    assert len(events[0]) > 10
    assert len(alerts[0]) > 3
    for kinds in (difference(*events), difference(*alerts)):
        assert kinds["missing"] == []
        assert kinds["too many"] == []
