"""The small sea, and an undisturbed life on it, are made once per process of pytest."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.tracker.watch import sea
from tests.tracker.watch.story import Story, world_of


@pytest.fixture(scope="session")
def small_sea(tmp_path_factory: pytest.TempPathFactory) -> sea.SmallSea:
    return sea.make(tmp_path_factory.mktemp("sea"))


@pytest.fixture(scope="session")
def undisturbed(small_sea: sea.SmallSea, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """What the store holds after a life that nothing disturbed."""
    story = Story(world_of(small_sea), tmp_path_factory.mktemp("undisturbed") / "life", small_sea.content)
    assert story.live(random.Random(1), None)
    return story.left()
