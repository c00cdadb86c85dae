"""Written times: every form to its instant, and never to another one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.decode.written_times import AMBIGUOUS, NOTHING, ORDERED, WRITTEN, ZONED
from tracker.decode import plain_times, written_times
from tracker.decode.written_times import AMBIGUOUS_TIME, NO_TIME, column_times_us, epoch_times_us, time_us
from tracker.decode.zones import NEVER, TWICE, local_steps, zone_named
from tracker.errors import InputError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def meant(text: str) -> int:
    if text in (NOTHING, AMBIGUOUS):
        return AMBIGUOUS_TIME if text else NO_TIME
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def read(texts: list[str], order: str = "", zone: str = "UTC") -> list[int]:
    return column_times_us(pl.Series(texts, dtype=pl.String), order, zone).tolist()


@pytest.mark.parametrize(("text", "instant"), WRITTEN)
def test_a_text_means_one_instant(text: str, instant: str) -> None:
    assert read([text]) == [meant(instant)]


def test_forms_mixed_in_one_column_mean_the_same() -> None:
    rng = np.random.default_rng(14)
    for _ in range(5):
        table = [WRITTEN[row] for row in rng.permutation(len(WRITTEN))]
        assert read([text for text, _ in table]) == [meant(instant) for _, instant in table]


@pytest.mark.parametrize(("text", "order", "instant"), ORDERED)
def test_a_given_order_decides(text: str, order: str, instant: str) -> None:
    assert read([text], order) == [meant(instant)]
    assert read(["2026-03-01 12:00", text, text], order)[1:] == [meant(instant)] * 2


@pytest.mark.parametrize(("text", "zone", "instant"), ZONED)
def test_a_zone_holds_for_times_without_an_offset(text: str, zone: str, instant: str) -> None:
    assert read([text], zone=zone) == [meant(instant)]
    assert read(["01.03.2026 12:00", text], zone=zone)[1] == meant(instant)


def test_what_dates_prove_is_counted() -> None:
    orders: Counter[str] = Counter()
    texts = pl.Series(["01/02/2026 12:00", "31/01/2026 12:00", "03/03/2026 12:00", "31.01.2026 12:00"])
    column_times_us(texts, orders=orders)
    assert orders == {"dmy": 1, "mdy": 0}


def test_typed_columns() -> None:
    noon = datetime.fromisoformat("2026-07-01T12:00:00")
    naive = pl.Series([noon, None])
    assert column_times_us(naive).tolist() == [meant("2026-07-01T12:00:00"), NO_TIME]
    assert column_times_us(naive, zone="Europe/Paris")[0] == meant("2026-07-01T10:00:00")
    zoned = pl.Series([noon.replace(tzinfo=ZoneInfo("Europe/Paris"))])
    assert column_times_us(zoned, zone="Asia/Kolkata")[0] == meant("2026-07-01T10:00:00")
    assert (
        column_times_us(pl.Series([20260301120000, 202603011200, 1772366400000])).tolist()
        == [meant("2026-03-01T12:00:00")] * 3
    )
    assert column_times_us(pl.Series([1772366400.25, None, float("nan")])).tolist() == [
        meant("2026-03-01T12:00:00.250000"), NO_TIME, NO_TIME,
    ]  # fmt: skip
    assert column_times_us(pl.Series([noon.date()])).tolist() == [NO_TIME], "a day is no instant"
    assert column_times_us(pl.Series(["2026-03-01 12:00:00"], dtype=pl.Categorical)).tolist() == [
        meant("2026-03-01T12:00:00")
    ]
    assert epoch_times_us(np.array([np.nan, 1e9])).tolist() == [NO_TIME, 10**15]


def test_one_text_may_be_a_date_alone() -> None:
    assert time_us("2026-03-01") == time_us("20260301") == meant("2026-03-01T00:00:00")
    assert time_us("2026-03-01", zone="Europe/Paris") == meant("2026-02-28T23:00:00")
    assert time_us("") == NO_TIME


@pytest.mark.parametrize("name", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_steps_of_a_zone_agree_with_the_library(name: str) -> None:
    zone, steps = zone_named(name), local_steps(name)
    rng = np.random.default_rng(3)
    for local_us in rng.integers(meant("1991-01-01T00:00:00"), meant("2037-01-01T00:00:00"), 2_000).tolist():
        local = (EPOCH + timedelta(microseconds=local_us)).replace(tzinfo=None)
        fold = [local.replace(tzinfo=zone, fold=k).astimezone(UTC) for k in (0, 1)]
        there = fold[0].astimezone(zone).replace(tzinfo=None) == local
        offset = steps.offset_us[np.searchsorted(steps.local_from_us, local_us, "right") - 1]
        if not there:
            assert offset == NEVER
        elif fold[0] != fold[1]:
            assert offset == TWICE
        else:
            assert local.replace(tzinfo=UTC) - timedelta(microseconds=int(offset)) == fold[0]


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("Pariss", "Paris"),
        ("Europe/Pariss", "Europe/Paris"),
        ("New York", "America/New_York"),
        ("+25:00", "Europe/Paris"),
    ],
)
def test_a_wrong_zone_names_the_right_ones(name: str, mend: str) -> None:
    with pytest.raises(InputError, match=mend) as told:
        zone_named(name)
    assert "\n" not in str(told.value)


@given(
    st.sampled_from(
        ["2026-03-01T12:00:05", "2026/12/31 23:59:59", "01/03/2026 12:00:05", "31-12-2026 00:00:00", "2024-02-29 07:08:09"]
    ),
    st.sampled_from(["", ".5", ".123456789", ".1234567890123", "Z", ".25Z", "+00:00", "+0000", " UTC", " +0000 UTC", " +0100 UTC", "z", "."]),
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from("0123456789:-/ T.Z+")), max_size=2),
    st.sampled_from(["", "dmy", "mdy"]),
    st.sampled_from(["UTC", "Europe/Paris"]),
)  # fmt: skip
def test_the_quick_way_reads_what_the_other_reads(
    written: str, ending: str, changes: list[tuple[int, str]], order: str, zone: str
) -> None:
    text = written + ending
    for at, letter in changes:
        text = text[:at] + letter + text[at + 1 :]
    column = pl.Series([text, None, text + "x", text])
    quick, _ = plain_times.plain_times_us(column, order, written_times.NO_TIME)
    got = written_times.column_times_us(column, order, zone)
    with pytest.MonkeyPatch.context() as without:
        none = (np.full(4, written_times.NO_TIME), np.zeros(4, dtype=bool))
        without.setattr(written_times, "plain_times_us", lambda *_: none)
        slow = written_times.column_times_us(column, order, zone)
    if quick[0] != written_times.NO_TIME:
        assert got[0] == slow[0], text
    assert got[1] == slow[1] == written_times.NO_TIME
    assert got[3] == got[0]
