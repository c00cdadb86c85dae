"""Craft keys and their text forms."""

from __future__ import annotations

import csv
import json
from pathlib import Path

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


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("mmsi:219001234", "DK"), ("mmsi:002191000", "DK"), ("mmsi:111219501", "DK"), ("mmsi:992191234", "DK"),
        ("mmsi:982191234", "DK"), ("mmsi:821912345", "DK"), ("mmsi:636000001", "LR"), ("mmsi:299000001", ""),
        ("mmsi:000000012", ""), ("icao24:4b1812", ""),
    ],
)  # fmt: skip
def test_the_flag_of_a_number_is_that_of_its_mid(text: str, flag: str) -> None:
    assert identity.flag_of(identity.parse_craft(text)) == flag


def test_mids_and_address_blocks_are_somebodys_or_nobodys() -> None:
    ships = identity.mmsi_craft(np.array([219001234, 299001234, 775000000, 776000000, 2191000]))
    assert identity.is_mid_assigned(ships).tolist() == [True, False, True, False, False]
    addresses = np.array([0x4B1812, 0xA00001, 0x000000, 0xFFFFFF, 0xB12345, 0x5F0000])
    assert identity.is_icao24_allocated(addresses).tolist() == [True, True, False, False, False, False]
    assert identity.is_icao24_allocated(0x3C0001) is True
    assert len(identity.MID_FLAGS) == 290


def test_assigned_numbers_agree_with_the_published_tables(real_data: Path) -> None:
    """Every MID of the ITU's list, and no address of a block of any state."""
    mids = json.loads((real_data / "reference" / "mids.json").read_text(encoding="utf-8"))
    assert {int(mid): entry[0] for mid, entry in mids.items()} == identity.MID_FLAGS
    with (real_data / "reference" / "code-blocks.csv").open(encoding="utf-8-sig") as file:
        blocks = [row for row in csv.DictReader(file) if row["CountryISO2"] != "ZZ"]
    edges = np.array([int(row[name], 16) for row in blocks for name in ("Start", "Finish")])
    assert identity.is_icao24_allocated(edges[(edges > 0) & (edges < 0xFFFFFF)]).all()
