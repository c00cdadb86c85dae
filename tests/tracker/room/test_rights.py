"""Roles and rights: the matrix as it is meant."""

from __future__ import annotations

from tracker.room.audited import ACT_SENTENCES, Act
from tracker.room.rights import (
    GRANTABLE,
    MATRIX,
    NOBODY,
    RIGHT_SENTENCES,
    Caller,
    Right,
    Role,
    rights_of,
)


def test_every_role_right_and_act_has_its_sentence() -> None:
    assert set(MATRIX) == set(Role)
    assert set(RIGHT_SENTENCES) == set(Right)
    assert set(ACT_SENTENCES) == set(Act)


def test_each_right_but_anybodys_is_somebodys() -> None:
    held = frozenset().union(*MATRIX.values())
    assert set(Right) - held == {Right.ANYBODY}


def test_nobody_may_do_what_anybody_may() -> None:
    assert NOBODY.rights == {Right.ANYBODY}


def test_who_makes_accounts_decides_nothing_at_the_desk() -> None:
    assert not MATRIX[Role.ADMINISTRATOR] & {
        Right.ACT_ON_ALERTS,
        Right.GIVE_VERDICTS,
        Right.GIVE_ORDERS,
        Right.SEE_AUDIT,
    }


def test_an_auditor_sees_no_cargo() -> None:
    assert not MATRIX[Role.AUDITOR] & {Right.SEE_ALERTS, Right.SEE_DOSSIERS, Right.SEARCH, Right.EXPORT}


def test_a_service_gets_no_more_than_may_be_granted() -> None:
    rights = rights_of(frozenset({Role.SERVICE}), frozenset(Right))
    assert rights == GRANTABLE | {Right.ANYBODY, Right.SEE_SELF}


def test_a_password_for_once_opens_ones_own_account_alone() -> None:
    caller = Caller("p1", "A", frozenset({Role.ADMINISTRATOR}), must_change_password=True)
    assert caller.rights == {Right.ANYBODY, Right.SEE_SELF}
