"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of recorded third-party data: ``TIDEWAITER_DATA``, else ``../shared/data`` beside the project."""
    given = os.environ.get("TIDEWAITER_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if folder.is_dir():
        return folder
    message = f"recorded data not found at {folder}; set TIDEWAITER_DATA to its folder"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
