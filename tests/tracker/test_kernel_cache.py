"""Kernels have a place wherever the program runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracker.kernel_cache import have_kernel_cache


@pytest.mark.parametrize("place", ["named", "beside", "home", "nowhere"])
def test_a_place_is_found_or_made(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("")  # no folder can be made below a file
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" if place == "home" else nowhere / "home"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "named" if place == "named" else nowhere / "named"))
    source = tmp_path if place == "beside" else nowhere / "source"
    named = os.environ["NUMBA_CACHE_DIR"]
    assert have_kernel_cache(source) == (place != "nowhere")
    assert (os.environ["NUMBA_CACHE_DIR"] == named) == (place != "nowhere")
    assert place != "nowhere" or Path(os.environ["NUMBA_CACHE_DIR"]).is_dir()
