"""Terms are found as a plain list finds them, however they came."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.store.search.terms import Links, Terms

WORD = st.text(alphabet="aAbé東", max_size=4)


@settings(max_examples=60)
@given(st.lists(st.lists(WORD, max_size=700), max_size=5), WORD)
def test_terms_are_found_by_the_whole_and_by_their_beginning(batches: list[list[str]], asked: str) -> None:
    terms, every = Terms(), [word for batch in batches for word in batch]
    begin = 0
    for batch in batches:
        terms.add(pa.array(batch, pa.string()), np.arange(begin, begin + len(batch)))
        terms.settle()
        begin += len(batch)
    if asked:
        assert sorted(terms.exact(asked).tolist()) == [n for n, word in enumerate(every) if word == asked]
        assert sorted(terms.under(asked).tolist()) == [n for n, word in enumerate(every) if word.startswith(asked)]
        found = [
            (word, n)
            for words, numbers in terms.terms_under(asked)
            for word, n in zip(words.to_pylist(), numbers.tolist(), strict=True)
        ]
        assert sorted(found) == sorted((word, n) for n, word in enumerate(every) if word.startswith(asked))


def test_a_long_run_is_bisected_right_at_every_place() -> None:
    terms, words = Terms(), [f"W{n:05d}" for n in range(1500)]
    terms.add(pa.array(words), np.arange(1500))
    assert terms.exact("W00000").tolist() == []
    terms.settle()
    assert [terms.exact(word).tolist() for word in words] == [[n] for n in range(1500)]
    assert terms.under("W00").tolist() == list(range(1000))
    assert terms.exact("W").tolist() == terms.exact("W99999").tolist() == terms.under("X").tolist() == []


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), max_size=50), max_size=4),
    st.sets(st.integers(0, 12)),
)
def test_pairs_are_found_by_the_first(batches: list[list[tuple[int, int]]], asked: set[int]) -> None:
    links, every = Links(), [pair for batch in batches for pair in batch]
    for batch in batches:
        links.add(np.array([one for one, _ in batch], np.int32), np.array([two for _, two in batch], np.int32))
        links.settle()
    firsts = np.array(sorted(asked), np.int32)
    found, places = links.of_all(firsts)
    assert sorted(zip(firsts[places].tolist(), found.tolist(), strict=True)) == sorted(
        pair for pair in every if pair[0] in asked
    )
    for one in asked:
        assert sorted(links.of(one).tolist()) == sorted(two for first, two in every if first == one)
    marks = np.arange(100) % 3 == 0
    assert links.firsts_of(marks, 10).tolist() == [
        any(first == n and two % 3 == 0 for first, two in every) for n in range(10)
    ]
