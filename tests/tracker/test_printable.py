r"""Text from outside becomes printable at one place: nothing unseen is left, no letter is lost."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest

from tracker.printable import BRIEF, MOST_MARKS, brief, json_text, printable

EVERY = "".join(map(chr, range(sys.maxunicode + 1)))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("EVER GIVEN", "EVER GIVEN"),
        ("[/B]", "[/B]"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x00b\x7f", "a\\x00b\\x7f"),
        ("two\nlines\r\n\tthree", "two\\nlines\\r\\n\\tthree"),
        ("line\u2028end", "line\\u2028end"),
        ("\ud800", "\\ud800"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("blank\u3164\u2800", "blank\\u3164\\u2800"),
        ("\\x1b", "\\x1b"),
        ("Ærø 長榮 ПОБЕДА ورد ✈", "Ærø 長榮 ПОБЕДА ورد ✈"),
        ("\u0301e", "\\u0301e"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_what_is_not_seen_is_shown_as_an_escape(given: str, shown: str) -> None:
    assert printable(given) == shown


def test_every_character_of_unicode_ends_printable_and_letters_stay() -> None:
    shown = printable(EVERY)
    assert not {
        letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    }
    shown.encode("utf-8")
    seen = "".join(letter for letter in EVERY if unicodedata.category(letter)[0] in "LNPS")
    drawn_as_nothing = "\u115f\u1160\u2800\u3164\uffa0"
    assert set(seen) - set(printable(seen)) == set(drawn_as_nothing)


def test_marks_are_not_piled_up() -> None:
    pile = "Z" + "\u0335" * 10_000
    assert printable(pile).count("\u0335") == MOST_MARKS
    assert printable(printable(pile)) == printable(pile)


def test_a_long_text_in_a_sentence_is_cut_and_its_length_told() -> None:
    assert brief("A" * 10_000) == "A" * BRIEF + "... (10,000 characters)"
    assert brief("A\x1b") == "A\\x1b"


def test_json_is_safe_to_look_at_and_exact() -> None:
    for value in ("\x1b\x7f\x9b\u202e\u2028\ud800", "\U000e0041 Ærø 長榮", EVERY.replace("\udc00", " \udc00")):
        text = json_text({"name": value})
        text.encode("utf-8")
        assert json.loads(text) == {"name": value}
        assert not {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert json_text(["a", "b"], indent=1) == '[\n "a",\n "b"\n]'
