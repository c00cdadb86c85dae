"""Terms of the store and of a question are made alike."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tracker.store.search.wording import name_key, number_of, numbers_of, words_in


@given(st.text(max_size=30))
def test_the_number_of_a_text_is_the_same_one_by_one_and_in_columns(text: str) -> None:
    text = text.encode(errors="replace").decode()
    assert number_of(text) == numbers_of(pa.array([text]))[0].as_py()


@given(st.text(max_size=30))
def test_words_of_a_text_are_words(text: str) -> None:
    for word in words_in(text):
        assert word
        assert words_in(word) == [word]


def test_spellings_of_one_name_have_one_key() -> None:
    same = ["Müller & Söhne G.m.b.H.", "SÖHNE, MULLER", "müller   sohne", "MÜLLER-SÖHNE"]
    assert len({name_key(words_in(name)) for name in same}) == 1
    assert name_key(words_in("Weiß Łódź AB")) == name_key(words_in("LODZ weiss"))
    assert name_key(words_in("Σοφός")) == name_key(words_in("ΣΟΦΟΣ"))
    assert name_key(words_in("Co Ltd")) == "co ltd"
