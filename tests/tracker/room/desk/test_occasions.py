"""What of a change is worth telling."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tracker.room.desk.acts import Acknowledge, Actor, Close, Shelve, Unshelve, acted
from tracker.room.desk.clocks import ClockSettings, Escalation
from tracker.room.desk.occasions import CAUSES, Cause, Wants, causes_of, ran_out
from tracker.room.desk.outcomes import Outcome
from tracker.room.desk.states import Facts, Life, Standing, raised, revised, suppressed

OLGA, MINUTE_US = Actor("olga"), 60_000_000


def standing(band: str = "medium", life: Life = Life.PRESENT, part_of: str | None = None) -> Standing:
    return raised(Facts(revision=1, band=band, life=life, part_of=part_of), 0)


def after(before: Standing, band: str = "medium", life: Life = Life.PRESENT, part_of: str | None = None) -> Standing:
    return revised(before, Facts(revision=before.facts.revision + 1, band=band, life=life, part_of=part_of), MINUTE_US)


CALLING = standing()
SEEN = acted(CALLING, Acknowledge(), OLGA, 1)
SHELVED = acted(CALLING, Shelve("pilot", 10 * MINUTE_US, ()), OLGA, 1)
CLOSED = acted(CALLING, Close(Outcome.INCONCLUSIVE, {}), OLGA, 1)
QUIET = suppressed(CALLING, "rule", 1)
RETRACTED = after(CALLING, life=Life.RETRACTED)


@pytest.mark.parametrize(
    ("before", "now", "causes"),
    [
        (None, CALLING, [Cause.RAISED]),
        (None, standing(life=Life.CLOSED), [Cause.RAISED]),
        (None, standing(part_of="other"), []),
        (None, QUIET, []),
        (CALLING, after(CALLING), []),
        (CALLING, SEEN, []),
        (CALLING, SHELVED, []),
        (CALLING, QUIET, []),
        (CALLING, after(CALLING, "high"), [Cause.GRAVER]),
        (SEEN, after(SEEN, "high"), [Cause.GRAVER]),
        (SEEN, after(SEEN, "low"), []),
        (CLOSED, after(CLOSED, "high"), [Cause.GRAVER]),
        (CLOSED, after(CLOSED, life=Life.RETRACTED), []),
        (SHELVED, acted(SHELVED, Unshelve(), OLGA, 2), [Cause.RAISED]),
        (SHELVED, SHELVED.settled(11 * MINUTE_US), [Cause.RAISED]),
        (QUIET, suppressed(QUIET, None, 2), [Cause.RAISED]),
        (QUIET, after(QUIET, "critical"), []),
        (QUIET, after(QUIET, life=Life.RETRACTED), []),
        (CALLING, after(CALLING, life=Life.CLOSED), [Cause.ENDED]),
        (CALLING, RETRACTED, [Cause.RETRACTED]),
        (CALLING, after(CALLING, life=Life.RETRACTED, part_of="other"), [Cause.RETRACTED]),
        (RETRACTED, after(RETRACTED), [Cause.RAISED]),
        (SEEN, acted(SEEN, Close(Outcome.SEIZED, {"what": "x"}), OLGA, 2), [Cause.CLOSED]),
        (CLOSED, replace(CLOSED, watchers=("olga",)), []),
    ],
)
def test_causes(before: Standing | None, now: Standing, causes: list[Cause]) -> None:
    assert list(causes_of(before, now, 12 * MINUTE_US)) == causes


def test_every_cause_has_its_sentence() -> None:
    assert set(CAUSES) == set(Cause)


def test_wants_come_back_from_the_store() -> None:
    wants = Wants(least_band="high", kinds=("gap",), units=("u",), causes=(Cause.RAISED, Cause.ESCALATION))
    assert Wants.from_json(wants.to_json()) == wants


def test_clocks_that_ran_out_are_told_one_by_one() -> None:
    told = [
        [(one.clock, one.due_us // MINUTE_US) for one in ran_out(standing("critical"), at * MINUTE_US, ClockSettings())]
        for at in (4, 5, 10, 60)
    ]
    assert told[0] == [] and told[1] == [("acknowledge", 5)]
    assert told[2] == [("acknowledge", 5), ("acknowledge_twice", 10)]
    assert told[3] == [*told[2], ("respond", 60)]
    levels = [one.to for one in ran_out(standing("critical"), 60 * MINUTE_US, ClockSettings())]
    assert levels == [Escalation.SUPERVISOR_OF_UNIT, Escalation.EVERY_SUPERVISOR, Escalation.EVERY_SUPERVISOR]
