"""Identifiers are recognised by their form, and what cannot be looked up is refused in a sentence."""

from __future__ import annotations

import pytest

from tracker.errors import InputError
from tracker.store.search.reading import read_question

READ = {
    "219001234": ("mmsi", "read as an MMSI"),
    "mmsi:219001234": ("mmsi", "read as an MMSI"),
    "IMO 9321483": ("imo", "read as an IMO number; its check digit is right"),
    "9321484": ("imo", "read as an IMO number; its check digit is wrong, 3 would be right"),
    "4b1812": ("icao24", "read as an ICAO 24-bit address"),
    "CSQU 305438-3": ("container", "read as a container number; its check digit is right"),
    "csqu3054389": ("container", "read as a container number; its check digit is wrong, 3 would be right"),
    "CSQU305438": ("container", "read as a container number; its check digit is not given, it is 3"),
    "CSQA3054383": ("container", "read as a container number; its fourth letter is neither U, J nor Z"),
    "724-1234 5675": ("air_waybill", "read as the number of an air waybill; its check digit is right"),
    "724-12345670": ("air_waybill", "read as the number of an air waybill; its check digit is wrong, 5 would be right"),
    "aaaa00000000000000000001": ("id", "read as the id of an event or an alert"),
}


@pytest.mark.parametrize("text", READ)
def test_an_identifier_is_read_as_what_its_form_says(text: str) -> None:
    assert [(one.form, one.sentence) for one in read_question(text).readings] == [READ[text]]


def test_a_container_with_a_wrong_check_digit_is_looked_for_without_it() -> None:
    assert read_question("CSQU3054389").also == ("CSQU305438",)
    assert read_question("CSQU3054383").also == ()


def test_a_name_is_words_and_a_number_at_once() -> None:
    asked = read_question("  Müller & Söhne GmbH ")
    assert asked.words == ("muller", "sohne", "gmbh")
    assert asked.readings == ()


@pytest.mark.parametrize("text", ["x", "7", " % ", "_", "'", "\0", "-- ;", "\u202e", "%_", "\ud800", "X%"])
def test_too_little_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match=r"write at least two|ask for a number or a name"):
        read_question(text)


def test_too_much_is_refused_with_a_sentence() -> None:
    with pytest.raises(InputError, match="longer than 200"):
        read_question("x" * 201)
    with pytest.raises(InputError, match="more than 8 words"):
        read_question("one two three four five six seven eight nine")


@pytest.mark.parametrize("text", ["東", "أحمد", "ООО Ромашка", "ab\0cd", "a\u202eb", "O'Neill", "x" * 200, "١٢٣٤٥٦٧"])
def test_other_letters_are_read(text: str) -> None:
    assert read_question(text).words
