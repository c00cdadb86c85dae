"""The seas, and an undisturbed life on each, are made once per process of pytest.

``TIDEWAITER_LITTLE_SEA`` names a folder in which the little one and its life are kept from run to run: a run of mutations holds every fault against what the
code without a fault made of it.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.watch import sea
from tests.tracker.watch.story import Story, texts, world_of


@pytest.fixture(scope="session")
def small_sea(tmp_path_factory: pytest.TempPathFactory) -> sea.SmallSea:
    return sea.make(tmp_path_factory.mktemp("sea"))


@pytest.fixture(scope="session")
def undisturbed(small_sea: sea.SmallSea, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """What the store holds after a life that nothing disturbed."""
    story = Story(world_of(small_sea), tmp_path_factory.mktemp("undisturbed") / "life", small_sea.content)
    assert story.live(random.Random(1), None)
    return story.left()


@pytest.fixture(scope="session")
def little_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = os.environ.get("TIDEWAITER_LITTLE_SEA")
    return Path(kept) if kept else tmp_path_factory.mktemp("little")


@pytest.fixture(scope="session")
def little_sea(little_folder: Path) -> sea.SmallSea:
    return sea.little(little_folder)


@pytest.fixture(scope="session")
def little_undisturbed(
    little_sea: sea.SmallSea, little_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """What the store holds after a life on the little sea that nothing disturbed, each row as text."""
    told = little_folder / "undisturbed.json"
    if not told.exists():
        story = Story(world_of(little_sea), tmp_path_factory.mktemp("undisturbed") / "life", little_sea.content)
        assert story.live(random.Random(1), None)
        told.write_text(json.dumps(texts(story.left())))
    found: dict[str, list[str]] = json.loads(told.read_text())
    return found
