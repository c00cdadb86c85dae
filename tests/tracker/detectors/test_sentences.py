"""Every sentence of a simulated day has a subject and a clock time, tells nothing twice, and calls no aircraft "she"."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.behaviour.told import Told, told
from tests.tracker.alerts.story import event
from tests.tracker.detectors.sentences import all_faults, faults_of
from tracker.geography.places import WorldPlaces
from tracker.simulate import simulate
from tracker.simulate.scenario import AIR_FILE, AIS_FILE, CARGO_FILE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("sentences")
    simulate(folder, seed=5, vessels=60, flights=20, hours=30.0)
    return told([folder / AIS_FILE, folder / AIR_FILE], [folder / CARGO_FILE], WorldPlaces())


def test_every_sentence_of_a_day_is_whole(day: Told) -> None:
    assert {e.kind for e in day.every_event} >= {
        "gap",
        "dark_period",
        "loitering",
        "encounter",
        "diversion",
        "integrity",
    }
    assert all_faults(day.every_event, day.every_alert) == {}


def test_open_events_say_since_when_and_closed_ones_until_when(day: Told) -> None:
    for one in day.every_event:
        if (
            one.kind in ("gap", "dark_period", "loitering", "encounter")
            and one.state == "closed"
            and "one_sided" not in one.detail
        ):
            assert "from " in one.explanation, one.explanation
        if one.kind in ("gap", "dark_period", "loitering", "encounter") and one.state == "open":
            assert "since " in one.explanation, one.explanation


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("Silent for 12 min.", "it has no subject"),
        ("mmsi:219001234 waits.", "it has no clock time"),
        ("mmsi:219001234 waits since 1 Mar 07:05 UTC. She waits. She waits.", "a sentence is told twice"),
        ("mmsi:219001234 makes nan kn since 1 Mar 07:05 UTC.", "a value is missing"),
    ],
)
def test_the_check_finds_faults(sentence: str, fault: str) -> None:
    assert fault in faults_of(replace(event(), explanation=sentence))
