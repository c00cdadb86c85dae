"""The small sea is made once per process of pytest."""

from __future__ import annotations

import pytest

from tests.tracker.watch import sea


@pytest.fixture(scope="session")
def small_sea(tmp_path_factory: pytest.TempPathFactory) -> sea.SmallSea:
    return sea.make(tmp_path_factory.mktemp("sea"))
