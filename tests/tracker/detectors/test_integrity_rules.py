"""The parts of the integrity detector: kernels against slow twins, names, the book, papers, areas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.cells import cell_of, cells_around
from tests.naive import integrity as naive
from tests.scenarios.sea import HOUR_US, MIN_US, ONE, START_US, Sea, context, legs
from tracker.alerts.config import SHOWN_WHEN_SURE_DETAILS
from tracker.detectors.integrity import IntegrityConfig, IntegrityDetector, motion
from tracker.detectors.integrity.area import Areas, _gathered
from tracker.detectors.integrity.config import DETAILS
from tracker.detectors.integrity.finding import Finding
from tracker.detectors.integrity.inland import far_inland
from tracker.detectors.integrity.knowledge import Knowledge
from tracker.detectors.integrity.open_findings import OpenFindings
from tracker.events import EventState, Rule
from tracker.statics import StaticBatch
from tracker.voyages.name_variants import is_variant, says_nothing
from tracker.voyages.ship_names import edits

TEXT = st.text(alphabet="ABC 1", max_size=9)


@given(TEXT, TEXT)
def test_edits_agree_with_the_definition(one, two):
    assert edits(one, two) == edits(two, one) == naive.edits(one, two)


@pytest.mark.parametrize(("one", "two", "same"), [
    ("MSC ISABELLA", "MSC ISABELA", True), ("MV OCEAN PEARL", "OCEAN PEARL", True), ("PEARL OCEAN", "OCEAN PEARL", True),
    ("CORONA SEAWAYS", "CORONA SEA", True), ("EVER GIVEN", "EVRE GIVEN", True), ("STENA-LINE", "STENA LINE", True),
    ("OCEAN PEARL", "BALTIC STAR", False), ("PILOT 1", "PILOT 2", False), ("ANNA", "ELSA", False), ("SEA", "SEAGULL", False),
])  # fmt: skip
def test_spelling_is_told_from_renaming(one, two, same):
    assert is_variant(one, two) is is_variant(two, one) is same


@pytest.mark.parametrize("name", ["", "NONE", "no name", "XXXXXX", "------", "Unknown"])
def test_defaults_say_nothing(name):
    assert says_nothing(name)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0.2, 15.0), st.integers(8, 200), st.floats(0.0, 0.03))
def test_the_running_circle_fit_agrees_with_least_squares(seed, radius_km, points, noise):
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 4 * np.pi, points))
    x = 3.0 + radius_km * np.cos(angle) + rng.normal(0, noise * radius_km, points)
    y = -1.0 + radius_km * np.sin(angle) + rng.normal(0, noise * radius_km, points)
    state = np.zeros(motion.WIDTH)
    z = x * x + y * y
    state[motion.C_N] = points
    for name, value in (
        ("SX", x),
        ("SY", y),
        ("SXX", x * x),
        ("SYY", y * y),
        ("SXY", x * y),
        ("SXZ", x * z),
        ("SYZ", y * z),
        ("SZ", z),
        ("SZZ", z * z),
    ):
        state[getattr(motion, name)] = value.sum()
    fitted, slow = motion._fit(state), naive.circle(x, y)
    assert fitted[0] == pytest.approx(slow[0], rel=1e-3)
    assert fitted[1] == pytest.approx(slow[1], abs=2e-3)
    assert fitted[2:] == pytest.approx(slow[2:], rel=1e-2, abs=1e-2)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 100_000))
def test_the_frozen_rule_speaks_exactly_when_the_slow_one_does(seed):
    """Near the equator a degree is a degree; records come at most every ten minutes, so rows are eleven minutes apart."""
    rng = np.random.default_rng(seed)
    count = 40
    time_us = np.cumsum(rng.integers(660, 700, count)) * 1_000_000
    moves = rng.random(count) < 0.12
    x = np.cumsum(np.where(moves, rng.uniform(0.5, 3.0, count), 0.0)) + rng.uniform(-0.02, 0.02, count)
    knots = np.where(rng.random(count) < 0.06, 1.0, rng.uniform(3.0, 9.0, count))
    rows = [(int(t), float(a), 0.0, float(v)) for t, a, v in zip(time_us, x, knots, strict=True)]
    expected = naive.frozen_us(rows, 0.1, 2.0, 5.0, 4)
    limits = motion.Limits(0.1, 2.0, 5.0, 40.0, 4.0, 2.0, 0.1, 20.0, 3.0, 0.08, 1.6, 7.0, 8.0)
    state, out = np.full((1, motion.WIDTH), np.nan), motion.no_records(count)
    kilometre = 1.0 / 111.19492664455873
    codes, grounds = np.full(count, 255, np.uint8), np.full(count, -1, np.int8)
    reports = motion.Reports(
        np.zeros(count, np.int32), time_us, np.zeros(count), x * kilometre, knots.astype(np.float32), np.full(count, np.nan, np.float32),
        codes, codes, grounds, np.zeros(count, np.int8),
    )  # fmt: skip
    found = motion.follow(reports, state, limits, out)
    assert [int(record["now_us"]) for record in out[:found] if record["what"] == motion.FROZEN] == expected


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_sums_over_neighbours_agree_with_the_slow_ones_poles_included(seed):
    rng = np.random.default_rng(seed)
    lat, lon = (
        rng.choice([89.9, 89.0, -89.95, 10.0, 10.6, 11.1], 60) + rng.uniform(-0.05, 0.05, 60),
        rng.uniform(-180, 180, 60),
    )
    lon[:30] = rng.uniform(4, 6, 30)
    cells, first = np.unique(cell_of(lat, lon, 0.75), return_index=True)
    around = cells_around(lat[first], lon[first], 0.75)
    values = rng.integers(0, 9, len(cells))
    assert _gathered(cells, around, values).tolist() == naive.gathered(cells.tolist(), around.tolist(), values.tolist())


# The book.


def finding(seen_min, confidence=0.6, **more):
    seen_us = START_US + int(seen_min * MIN_US)
    return Finding(
        "frozen_position",
        ONE,
        START_US,
        seen_us,
        55.0,
        3.0,
        confidence,
        f"She stood still at {seen_min}.",
        {"run_km": seen_min},
        **more,
    )


def empty_book() -> OpenFindings:
    return OpenFindings(Rule("integrity", "1", {}), {"": HOUR_US}, 24 * HOUR_US)


def test_a_condition_said_often_is_told_once_and_closed_when_it_was_last_said():
    book = empty_book()
    (opened,) = book.enter(finding(1), START_US + MIN_US)
    assert all(book.enter(finding(k), START_US + k * MIN_US) == [] for k in range(2, 60))
    assert book.close_quiet(START_US + 100 * MIN_US) == []
    (closed,) = book.close_quiet(START_US + 119 * MIN_US)
    assert (opened.state, closed.state, closed.revision) == (EventState.OPEN, EventState.CLOSED, 2)
    assert closed.end_us == START_US + 59 * MIN_US
    assert closed.evidence["run_km"] == 59


def test_it_speaks_again_where_it_is_graver_and_not_where_it_is_milder():
    book = empty_book()
    book.enter(finding(1, 0.6), START_US)
    assert book.enter(finding(2, 0.7), START_US + MIN_US) == []
    assert book.enter(finding(3, 0.3), START_US + 2 * MIN_US) == []
    (graver,) = book.enter(finding(4, 0.8), START_US + 3 * MIN_US)
    assert (graver.revision, graver.confidence) == (2, 0.8)


def test_what_comes_back_within_a_day_is_the_same_event_and_later_another_one():
    book = empty_book()
    (first,) = book.enter(finding(0), START_US)
    book.close_quiet(START_US + 2 * HOUR_US)
    (again,) = book.enter(finding(200), START_US + 200 * MIN_US)
    assert (again.event_id, again.state, again.end_us, again.evidence["times"]) == (
        first.event_id,
        EventState.OPEN,
        None,
        2,
    )
    book.close_quiet(START_US + 400 * MIN_US)
    book.close_quiet(START_US + 40 * HOUR_US)
    (other,) = book.enter(finding(0, subject=""), START_US + 41 * HOUR_US)
    assert other.revision == 1


def test_a_book_comes_back_from_arrow_as_it_was():
    book = empty_book()
    book.enter(finding(1), START_US)
    other = empty_book()
    other.restore(book.to_arrow())
    assert other.to_arrow().equals(book.to_arrow())
    assert other.is_open("frozen_position", ONE)


def test_what_is_withdrawn_is_withdrawn_once():
    book = empty_book()
    book.enter(finding(1), START_US)
    (gone,) = book.retract("frozen_position", ONE, "It moved.", START_US + MIN_US)
    assert (gone.state, gone.revision, gone.explanation) == (EventState.RETRACTED, 2, "It moved.")
    assert book.retract("frozen_position", ONE, "It moved.", START_US + MIN_US) == []


# Land, areas, words.


def test_far_inland_means_water_nowhere_near():
    places = Sea(land=[(50.0, 20.0, 100.0)])
    spots = np.array([[50.0, 20.0], [50.0, 21.0], [50.0, 21.35], [40.0, 3.0]])
    assert far_inland(places, spots[:, 0], spots[:, 1], 20.0).tolist() == [True, True, False, False]


def test_an_area_needs_craft_a_share_and_to_be_rarer_than_usual():
    lat, lon = np.full(40, 50.0), np.linspace(8.0, 8.5, 40)

    def struck(bad, usual_rounds=0, usual_bad=0):
        areas = Areas(0.75, 4, 0.1, 1e-4, 0.02)
        for k in range(usual_rounds):
            areas.judge(lat, lon, np.arange(40) < usual_bad, START_US + k * 10 * MIN_US)
        return areas.judge(lat, lon, np.arange(40) < bad, START_US + usual_rounds * 10 * MIN_US)

    assert struck(3) == []
    assert struck(4) == []
    assert [len(area.degraded) for area in struck(12)] == [12]
    assert len(struck(12, usual_rounds=50, usual_bad=3)) == 1
    assert struck(8, usual_rounds=200, usual_bad=4) == []


def test_every_detail_has_its_section_and_those_shown_are_details():
    page = (Path(__file__).resolve().parents[3] / "docs" / "events" / "integrity.md").read_text()
    for detail in DETAILS:
        assert f"\n## {detail}\n" in page
        assert f"| `{detail}` |" in page
    assert set(SHOWN_WHEN_SURE_DETAILS) < set(DETAILS)
    assert set(Knowledge(IntegrityConfig(), context()).open.rule.thresholds) > {"frozen_km", "area_frac"}


@pytest.mark.parametrize("every_min", [1, 7, 120])
def test_a_draught_is_another_since_it_was_said_first_however_the_minutes_come_together(every_min):
    rows = legs(ONE, (50.0, -20.0), [(110, 12.0, 90.0)])
    minutes = np.arange(0, 110, 3)
    told = StaticBatch.from_columns(
        len(minutes), time_us=START_US + minutes * MIN_US, received_us=START_US + minutes * MIN_US, craft=ONE, source=0,
        name=b"OCEAN PEARL", call_sign=b"OZAB2", imo=9074729, draught_m=np.where(minutes < 60, 9.0, 15.0),
    )  # fmt: skip
    detector = IntegrityDetector(IntegrityConfig(), context())
    before = START_US - 1
    for mark in range(START_US, START_US + 241 * MIN_US, every_min * MIN_US):
        detector.process_batch(*(some.take((some.time_us > before) & (some.time_us <= mark)) for some in (rows, told)))
        assert not detector.advance_watermark(mark)
        before = mark
    held = detector._known.hulls.said
    assert held["draught_us"][held.find(np.array([ONE]))[0]] == START_US + 60 * MIN_US
