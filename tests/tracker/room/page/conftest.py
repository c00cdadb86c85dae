"""A browser and a room for each module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.tracker.room.page.pages import PATIENCE_MS, Desk, ServedRoom, chromium_path

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a screen; WebGL is off, for thin clients have none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-webgl", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedRoom]:
    """A room with an officer (olga), another (otto) and a supervisor (sam)."""
    folder: Path = tmp_path_factory.mktemp("room")
    made = ServedRoom(folder)
    for login, role in (("olga", "officer"), ("otto", "officer"), ("sam", "supervisor")):
        made.person(login, role)
    yield made
    made.close()


@pytest.fixture
def desks(chromium: Browser, served: ServedRoom) -> Iterator[Any]:
    """Opens windows of the page, each in a browser of its own, and closes them."""
    opened: list[Desk] = []

    def open_desk(**options: Any) -> Desk:
        opened.append(Desk(served, chromium, **options))
        return opened[-1]

    yield open_desk
    for desk in opened:
        desk.close()


@pytest.fixture
def desk(desks: Any) -> Desk:
    made: Desk = desks()
    return made
