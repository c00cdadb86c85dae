"""Craft keys and their text forms."""

from __future__ import annotations

import numpy as np
import pytest

from tracker import identity


@pytest.mark.parametrize(
    "text", ["mmsi:219001234", "mmsi:002191000", "icao24:4b1812", "icao24:~2a1b3c", "icao24:000001"]
)
def test_text_and_key_are_inverse(text: str) -> None:
    assert identity.craft_text(identity.parse_craft(text)) == text


@pytest.mark.parametrize("text", ["mmsi:0", "mmsi:1234567890", "imo:9074729", "icao24:xyz123", "219001234", ""])
def test_what_is_no_craft_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="mmsi:219001234"):
        identity.parse_craft(text)


def test_a_segment_is_part_of_the_key_and_not_of_the_text() -> None:
    craft = identity.mmsi_craft(219001234)
    key = identity.with_segment(craft, 3)
    assert key != craft
    assert identity.segment_number(key) == 3
    assert identity.craft_text(key) == "mmsi:219001234"
    assert identity.with_segment(key, 0) == craft


def test_kinds_of_mmsi() -> None:
    keys = identity.mmsi_craft(np.array([219001234, 2191000, 111219501, 992191234, 970000001]))
    assert identity.is_ship_station(keys).tolist() == [True, False, False, False, False]
    assert identity.is_base_station(keys).tolist() == [False, True, False, False, False]
    assert identity.is_aircraft(keys).tolist() == [False, False, True, False, False]


def test_imo_check_digits() -> None:
    assert identity.imo_check_digit_ok(9178393)
    assert not identity.imo_check_digit_ok(9074728)
    assert identity.imo_check_digit_ok(np.array([9074729, 0, 12345678])).tolist() == [True, False, False]
