"""Lies are on the air as their labels say, and the traps are what they seem."""

from __future__ import annotations

import numpy as np
import pytest

from models.geodesy import distance_km
from tests.tracker.simulate.conftest import Written
from tracker.decode.rejects import RejectCause, RejectTally
from tracker.identity import parse_craft
from tracker.simulate.labels import Label
from tracker.units import US_PER_S


@pytest.fixture
def scenario(great_scenario: Written) -> Written:
    return great_scenario


def lies(scenario: Written, detail: str) -> list[Label]:
    found = [label for label in scenario.labels if label.detail == detail]
    assert found, detail
    return found


def heard(scenario: Written, label: Label):
    """What was heard within a label; recordings cut times to whole seconds, so that the first report after it may be stamped before its end."""
    rows = scenario.ships if (label.craft or "").startswith("mmsi") else scenario.aircraft
    mine = (rows.craft == parse_craft(label.craft or "")) & rows.has_position
    rows = rows.take(mine & (rows.time_us > label.start_us) & (rows.time_us < label.end_us - US_PER_S))
    return rows.take(np.unique(rows.time_us, return_index=True)[1])


def test_a_frozen_ship_says_one_position_at_speed(scenario: Written) -> None:
    for label in lies(scenario, "frozen_position"):
        rows = heard(scenario, label)
        assert distance_km(rows.lat_deg, rows.lon_deg, rows.lat_deg[0], rows.lon_deg[0]).max() < 0.01
        assert np.median(rows.speed_kn) > 5.0


def test_a_ring_is_round_and_not_run_at_the_reported_speed(scenario: Written) -> None:
    for label in lies(scenario, "circle_pattern"):
        rows = heard(scenario, label)
        middle = (rows.lat_deg.min() + rows.lat_deg.max()) / 2, (rows.lon_deg.min() + rows.lon_deg.max()) / 2
        away = distance_km(rows.lat_deg, rows.lon_deg, *middle)
        assert away.std() / away.mean() < 0.1
        step = distance_km(rows.lat_deg[:-1], rows.lon_deg[:-1], rows.lat_deg[1:], rows.lon_deg[1:])
        run_kn = np.median(step / (np.diff(rows.time_us) / US_PER_S / 3600.0) / 1.852)
        assert not 0.7 < run_kn / np.median(rows.speed_kn) < 1.45


def test_a_ship_on_land_is_far_from_where_she_was(scenario: Written) -> None:
    for label in lies(scenario, "on_land"):
        rows = heard(scenario, label)
        assert distance_km(rows.lat_deg, rows.lon_deg, label.lat_deg, label.lon_deg).min() > 50.0


def test_a_new_name_is_said_from_its_instant_on(scenario: Written) -> None:
    for label in lies(scenario, "identity_change"):
        mine = scenario.ship_statics.craft == parse_craft(label.craft or "")
        names, times = scenario.ship_statics.name[mine], scenario.ship_statics.time_us[mine]
        said = names != b""
        before, after = names[said & (times < label.start_us)], names[said & (times > label.start_us + 2 * US_PER_S)]
        assert len(set(before)) == len(set(after)) == 1
        assert set(before) != set(after)


def test_positions_lose_their_integrity_together_and_nowhere_else(scenario: Written) -> None:
    (label,) = lies(scenario, "degraded_navigation")
    rows = scenario.aircraft.take(scenario.aircraft.has_position & (scenario.aircraft.on_ground == 0))
    inside = (rows.time_us > label.start_us) & (rows.time_us < label.end_us)
    near = distance_km(rows.lat_deg, rows.lon_deg, label.lat_deg, label.lon_deg) < 128.0
    assert len(set(rows.craft[inside & near & (rows.nic == 0)].tolist())) >= 8
    old = [parse_craft(one.craft or "") for one in scenario.labels if one.detail == "old_transponder"]
    elsewhere = ~near & ~np.isin(rows.craft, old) & (rows.nic == 0)
    assert elsewhere.sum() < 0.05 * (inside & near).sum()


def test_a_distress_device_is_active_for_hours_and_a_test_is_short(scenario: Written) -> None:
    device = next(one for one in lies(scenario, "emergency") if (one.craft or "").startswith("mmsi:97"))
    assert set(heard(scenario, device).nav_status.tolist()) == {14}
    for test in lies(scenario, "distress_test"):
        assert set(heard(scenario, test).nav_status.tolist()) <= {15}


@pytest.mark.parametrize("detail", ["glitches", "late_clock", "typing_mistake", "turning_trials"])
def test_traps_forbid_integrity(scenario: Written, detail: str) -> None:
    assert all(label.forbids == ("integrity",) for label in lies(scenario, detail))


def test_a_ship_of_glitches_is_flung_seldom_and_far(scenario: Written) -> None:
    (label,) = lies(scenario, "glitches")[:1]
    rows = heard(scenario, label)
    step = distance_km(rows.lat_deg[:-1], rows.lon_deg[:-1], rows.lat_deg[1:], rows.lon_deg[1:])
    assert 0 < (step > 4.9).mean() < 0.1


def test_late_copies_repeat_positions_given_before(scenario: Written) -> None:
    (label,) = lies(scenario, "late_clock")[:1]
    rows = heard(scenario, label)
    _, first, count = np.unique(np.stack([rows.lat_deg, rows.lon_deg]), axis=1, return_index=True, return_counts=True)
    assert (count > 1).mean() > 0.05
    assert len(first) < len(rows)


def test_nothing_of_it_is_rejected(scenario: Written) -> None:
    assert isinstance(scenario.air_counts.rejects, RejectTally)
    rejects = scenario.air_counts.rejects
    assert scenario.air_counts.units_decoded + rejects.total == scenario.air_counts.units_in
    assert set(rejects.counts) <= {RejectCause.UNKNOWN_ADDRESS}, (
        "a reply of one just back from silence proves no address"
    )
    assert rejects.total <= 5
