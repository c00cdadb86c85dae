"""Keyed state agrees with a plain dict, and a snapshot is the state."""

from __future__ import annotations

import numpy as np

from streams.keyed_state import KeyedState


def state() -> KeyedState:
    return KeyedState({"value": ("i8", -5), "row": ("f4", np.nan, 3)})


def test_it_agrees_with_a_dict_through_entering_and_forgetting() -> None:
    rng = np.random.default_rng(1)
    keyed, plain = state(), {}
    for turn in range(200):
        keys = rng.integers(-(1 << 40), 1 << 40, size=150) % 4001
        slots = keyed.slots(keys)
        keyed["value"][slots] = keys * 2
        plain.update({int(key): int(key) * 2 for key in keys})
        if turn % 3 == 0:
            gone = np.unique(rng.choice(sorted(plain), 80))
            keyed.forget(keyed.find(gone))
            for key in gone:
                plain.pop(int(key))
        alive = keyed.alive()
        assert keyed.keys[alive].tolist() == sorted(plain)
        assert keyed["value"][alive].tolist() == [plain[key] for key in sorted(plain)]


def test_a_crowd_of_new_keys_is_entered_once_each_however_often_they_come() -> None:
    rng = np.random.default_rng(5)
    keys = rng.integers(0, 70_000, size=200_000)
    keyed = state()
    slots = keyed.slots(keys)
    assert (keyed.keys[slots] == keys).all()
    assert keyed.keys[keyed.alive()].tolist() == np.unique(keys).tolist()
    assert len(keyed) == len(np.unique(keys))


def test_unknown_keys_are_not_found_and_new_ones_hold_the_defaults() -> None:
    keyed = state()
    assert keyed.find(np.array([7])).tolist() == [-1]
    slot = keyed.slots(np.array([7, 7]))
    assert slot[0] == slot[1]
    assert keyed["value"][slot[0]] == -5
    assert np.isnan(keyed["row"][slot[0]]).all()


def test_a_forgotten_key_comes_back_clean() -> None:
    keyed = state()
    slot = keyed.slots(np.array([9]))
    keyed["value"][slot] = 1
    keyed.forget(slot)
    assert keyed["value"][keyed.slots(np.array([9]))].tolist() == [-5]
    assert len(keyed) == 1


def test_memory_follows_keys_alive_not_keys_seen() -> None:
    keyed = state()
    for start in range(0, 200_000, 500):
        keyed.forget(keyed.slots(np.arange(start, start + 500)))
    assert len(keyed) == 0
    assert keyed.nbytes < 1_000_000


def test_a_restored_state_equals_the_one_saved() -> None:
    keyed = state()
    slots = keyed.slots(np.array([5, -3, 900]))
    keyed["value"][slots] = [1, 2, 3]
    keyed["row"][slots] = np.arange(9, dtype=np.float32).reshape(3, 3)
    again = state()
    again.restore_arrow(keyed.to_arrow())
    assert again.to_arrow().equals(keyed.to_arrow())
    assert again["row"][again.find(np.array([900]))].tolist() == [[6, 7, 8]]


def test_a_capture_is_of_its_instant_whatever_is_entered_or_forgotten_after() -> None:
    state = KeyedState({"at": ("i8", -1), "path": ("f8", 0.0, 3)})
    slots = state.slots(np.array([30, 10, 20]))
    state["at"][slots], state["path"][slots] = slots + 7, 1.5
    before, later = state.to_arrow(), state.capture()
    state["at"][slots], state["path"][slots] = 0, 0.0
    state.slots(np.arange(100, 5_000))
    state.forget(state.find(np.array([10])))
    assert later().equals(before)
    assert not state.to_arrow().equals(before)
