"""What craft said is found by craft and by the letters of names as a walk through all of it would find it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tracker.identity import mmsi_craft
from tracker.statics import StaticBatch
from tracker.voyages import heard as module
from tracker.voyages.conveyance import heard_keys
from tracker.voyages.heard import Heard

SHIPS = np.array([mmsi_craft(201_000_000 + i) for i in range(40)], dtype=np.int64)
NAMES = [
    b"SEA STAR",
    b"SEA STORM",
    b"NORTHERN LIGHT",
    b"NORTHERN LIGTH",
    b"MSC ANNA",
    b"MAERSK ANNA",
    b"ANNA",
    b"",
    b"ZIM QINGDAO",
]


def statements(random: np.random.Generator, count: int, start_us: int) -> StaticBatch:
    return StaticBatch.from_columns(
        count,
        time_us=start_us + np.arange(count, dtype=np.int64),
        craft=random.choice(SHIPS, count),
        imo=random.integers(0, 4, count).astype(np.int32) * 1_000_001,
        name=random.choice(np.array(NAMES, dtype="S20"), count),
        call_sign=random.choice(np.array([b"", b"PABC", b"PXYZ"], dtype="S8"), count),
    )


def said(batch: StaticBatch) -> list[tuple[Any, ...]]:
    return list(zip(batch.time_us.tolist(), batch.craft.tolist(), batch.imo.tolist(), batch.name.tolist(), batch.call_sign.tolist(), strict=True))  # fmt: skip


@pytest.mark.parametrize("most_unsorted", [0, 30, 4096])
def test_what_a_craft_said_is_found_whatever_was_dropped_and_came_since(
    monkeypatch: pytest.MonkeyPatch, most_unsorted: int
) -> None:
    monkeypatch.setattr(module, "_MOST_UNSORTED", most_unsorted)
    random, heard = np.random.default_rng(3), Heard(heard_keys)
    found = 0
    for turn in range(12):
        heard.note(statements(random, 50, turn * 1_000))
        if turn % 3 == 2:
            heard.forget((turn - 1) * 1_000 + 25)
            heard.forget_craft(random.choice(SHIPS, 2))
        everything = said(heard._rows(np.flatnonzero(heard._said.alive_mask)))
        for craft in SHIPS.tolist():
            own = said(heard.of_craft(craft))
            assert own == [row for row in everything if row[1] == craft]
            found += len(own)
        for keys in ({"SEASTAR"}, {"MSCANNA", "ANNA"}, {"NOBODY"}):
            named = [row for row in everything if heard_keys(row[1], row[3], row[4])[0] in keys]
            crafts, first_us = heard.who_said(keys)
            firsts = {craft: min(row[0] for row in named if row[1] == craft) for craft in {row[1] for row in named}}
            assert dict(zip(crafts.tolist(), first_us.tolist(), strict=True)) == firsts
            assert first_us.tolist() == sorted(first_us.tolist())
            numbered = {row[1] for row in everything if row[2] == 2_000_002}
            assert heard.who_gave(SHIPS, 2_000_002, turn * 1_000 + 60) == numbered
            asked = {row[1] for row in named} | numbered | {row[1] for row in everything if row[4] == b"PXYZ"}
            assert said(heard.of_papers({2_000_002}, keys, {"PXYZ"})) == [row for row in everything if row[1] in asked]
    assert found > 500


def test_names_of_nearly_the_same_letters_are_found_also_after_a_restart() -> None:
    random, heard = np.random.default_rng(4), Heard(heard_keys)
    heard.note(statements(random, 400, 0))
    heard.forget(200)
    again = Heard(heard_keys)
    again.restore(heard.capture()())
    for one in (heard, again):
        names = {row[3] for row in said(one.alike(["SEASTAR", "N0RTHERNLIGHT"]))}
        assert {b"SEA STAR", b"NORTHERN LIGHT", b"NORTHERN LIGTH"} <= names
        assert b"ZIM QINGDAO" not in names
        assert not len(one.alike([]))
    empty = Heard(heard_keys)
    empty.restore(Heard(heard_keys).capture()())
    assert not len(empty.alike(["SEASTAR"]))
