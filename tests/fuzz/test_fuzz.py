"""A short run of every fuzz target; ``deploy/fuzz TARGET SECONDS`` runs one for long, guided by coverage."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.readers import Mill, Reader
from tests.fuzz.targets import TARGETS, check, run

INPUTS = 250
SLOW_INPUTS = {"nmea json": 80, "sbs1": 200, "json": 100, "csv": 40}
"""A slice of what ``deploy/fuzz`` tries for hours; a smaller one where each costs more."""


@pytest.mark.parametrize("name", TARGETS)
def test_the_seed_itself_gives_rows(name: str) -> None:
    outcome = check(TARGETS[name], TARGETS[name].seed())
    assert len(outcome.rows[0]) >= 10
    assert outcome.counts.units_decoded >= 10


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_mutated_streams_keep_every_promise(name: str) -> None:
    target, rng = TARGETS[name], random.Random(name)
    data = seed = target.seed()
    decoded = 0
    inputs = SLOW_INPUTS.get(name, INPUTS)
    for number in range(inputs):
        data = target.mutated(seed if number % 8 == 0 else data, rng, most=1 << 13)
        decoded += check(target, data).counts.units_decoded
    assert decoded > inputs


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("filler", [b"0", b"\\", b"!", b"\x1a", b"{", b"[", b'"', b",", b"@0"])
def test_a_line_without_an_end_is_not_held(name: str, filler: bytes) -> None:
    target = TARGETS[name]
    block = filler * (40_000 // len(filler))
    run(target, [target.seed(), *([block] * 5), b"\n", target.seed()])


def test_whatever_replay_is_given_is_read_refused_or_told_to_give_nothing(tmp_path: Path) -> None:
    reader, mill = Reader(tmp_path), Mill(random.Random(1), None)
    for number in range(150):
        reader.read(mill.input(), number)
    assert set(reader.codes) == {0, 2, 3}
    assert len(reader.kinds) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("name", ["beast", "avr", "sbs1"])
def test_a_third_of_a_million_mutated_frames_between_them_neither_crash_nor_get_lost(name: str) -> None:
    target, rng, units = TARGETS[name], random.Random(name), 0
    seed = target.seed()
    while units < 110_000:
        data = b"".join(target.mutated(seed, rng, most=1 << 13) for _ in range(400))
        step = rng.randint(500, 100_000)
        units += run(target, (data[at : at + step] for at in range(0, len(data), step))).counts.units_in
