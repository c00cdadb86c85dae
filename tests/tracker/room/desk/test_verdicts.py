"""Figures from verdicts: a rule answers for its own faults only, and few verdicts give no figure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.room.desk.outcomes import Outcome
from tracker.room.desk.verdicts import FEWEST, GROUPS, Judged, calibration, offers, precision_by, wilson


def judged(outcome: Outcome, count: int = 1, **more) -> list[Judged]:
    told = {"kind": "gap", "rule": "gap", "area": "a1", "feed": "f1", "confidence": 0.95} | more
    return [Judged(alert_id=f"{outcome}{k}", outcome=outcome, **told) for k in range(count)]


def test_wilson_is_that_of_the_literature() -> None:
    low, high = wilson(81, 263)
    assert (low, high) == (
        pytest.approx(0.2553, abs=5e-5),
        pytest.approx(0.3662, abs=5e-5),
    )  # Newcombe 1998, table I, method 3


def test_only_faults_of_the_rule_count_against_a_rule() -> None:
    told = judged(Outcome.SEIZED, 6) + judged(Outcome.EXPLAINED, 2) + judged(Outcome.WRONG_RULE, 2)
    told += judged(Outcome.WRONG_DATA, 5) + judged(Outcome.INCONCLUSIVE, 4) + judged(Outcome.NOT_INSPECTED, 3)
    (rule,) = precision_by(told, "rule")
    assert (rule.right, rule.wrong, rule.not_counted, rule.precision) == (8, 2, 12, 0.8)
    (feed,) = precision_by(told, "feed")
    assert (feed.right, feed.wrong, feed.not_counted) == (8, 5, 9)


def test_few_verdicts_give_no_figure() -> None:
    (rule,) = precision_by(judged(Outcome.SEIZED, FEWEST - 1), "rule")
    assert rule.is_too_few
    assert (rule.precision, rule.low, rule.high) == (None, None, None)


def test_each_group_has_its_members() -> None:
    told = judged(Outcome.SEIZED, 10) + judged(
        Outcome.WRONG_RULE, 10, kind="encounter", rule="meeting", area="a2", feed="f2"
    )
    for group in GROUPS:
        assert [p.precision for p in precision_by(told, group) if p.wrong == 0] == (
            [1.0, None] if group == "feed" else [1.0]
        )
        assert len(precision_by(told, group)) == 2


def test_confidence_is_held_against_what_was_right() -> None:
    told = judged(Outcome.CONFIRMED, 9) + judged(Outcome.WRONG_RULE, 3) + judged(Outcome.SEIZED, 3, confidence=0.55)
    told += judged(Outcome.SEIZED, 5, confidence=None) + judged(Outcome.SEIZED, 2, confidence=1.0)
    bins = {(b.from_, b.to): b for b in calibration(told)}
    top = bins[(0.9, 1.0)]
    assert (top.judged, top.right) == (14, 11 / 14)
    assert top.stated == pytest.approx((12 * 0.95 + 2) / 14)
    assert (bins[(0.5, 0.6)].judged, bins[(0.5, 0.6)].right) == (3, None)


def test_a_rule_wrong_again_and_again_in_an_area_is_offered_there_alone() -> None:
    told = judged(Outcome.WRONG_RULE, 20) + judged(Outcome.CONFIRMED, 1) + judged(Outcome.CONFIRMED, 20, area="a2")
    (offer,) = offers(told)
    assert (offer.rule, offer.area, offer.wrong, offer.right) == ("gap", "a1", 20, 1)
    assert len(offer.alert_ids) == 20


def test_nothing_is_offered_on_few_cases_or_where_something_was_found() -> None:
    assert offers(judged(Outcome.WRONG_RULE, FEWEST - 1)) == ()
    assert offers(judged(Outcome.WRONG_RULE, 50) + judged(Outcome.SEIZED)) == ()
    assert offers(judged(Outcome.WRONG_DATA, 50)) == ()


@given(st.integers(0, 200), st.integers(0, 200))
def test_the_interval_holds_the_share(right, wrong) -> None:
    if right + wrong:
        low, high = wilson(right, right + wrong)
        assert 0 <= low <= right / (right + wrong) + 1e-12
        assert right / (right + wrong) - 1e-12 <= high <= 1
