"""An emergency is found in every format that can say it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.behaviour.told import Told


@pytest.mark.parametrize("form", ["csv", "opensky", "readsb", "readsb_field", "sbs"])
def test_an_emergency_is_alerted_once(story: Callable[..., Told], form: str) -> None:
    told = story(f"emerg_{form}")
    assert len(told.standing("integrity", "emergency")) == 1
    assert [alert.event.detail for alert in told.alerted()] == ["emergency"]
