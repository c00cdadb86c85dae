"""Check digits against numbers known to be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.cargo.codes import air_waybill_ok, compact, container_check_digit, container_ok, is_unit_load_device


@pytest.mark.parametrize("number", ["CSQU3054383", "MRKU7178024", "csqu 305438-3"])
def test_a_right_container_number_passes(number: str) -> None:
    assert container_ok(number) is True


@given(st.sampled_from(range(11)), st.sampled_from("0123456789"))
def test_one_wrong_digit_or_letter_of_a_container_number_is_noticed_or_changes_its_form(at: int, digit: str) -> None:
    right = "CSQU3054383"
    wrong = right[:at] + digit + right[at + 1 :]
    if wrong != right:
        assert container_ok(wrong) is not True


def test_a_remainder_of_ten_is_written_as_zero() -> None:
    numbers = [f"AAAU{serial:06d}" for serial in range(200)]
    tens = [n for n in numbers if sum(_weights(n)) % 11 == 10]
    assert tens
    assert all(container_check_digit(n) == 0 for n in tens)


def _weights(number: str) -> list[int]:
    """The rule written out: letters skip 11, 22 and 33."""
    letters = [10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34, 35, 36, 37, 38]
    values = [letters[ord(c) - 65] if c.isalpha() else int(c) for c in number]
    return [value * 2**i for i, value in enumerate(values)]


def test_an_air_waybill_is_checked_by_its_serial_modulo_seven() -> None:
    assert air_waybill_ok("057-76215436") is True
    assert air_waybill_ok("057-76215435") is False
    assert air_waybill_ok("074-12345632") is False
    assert air_waybill_ok("HAWB-12") is None


def test_other_forms_have_no_check_digit() -> None:
    assert container_ok("PMC01473R7") is None
    assert is_unit_load_device("PMC01473R7")
    assert is_unit_load_device("AKE 12345 AF")
    assert not is_unit_load_device("CSQU3054383")
    assert compact(" ab-1.2 é") == "AB12"
