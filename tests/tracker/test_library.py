"""The program as a library: its page's example runs, and its names are those of the page."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from tests.tracker.test_cli import LINES
from tracker import library
from tracker.errors import InputError

PAGE = Path(__file__).parents[2] / "docs" / "library.md"


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "feed.nmea").write_text(LINES)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    busiest = names["busiest"]
    assert isinstance(busiest, pa.Table)
    found = names["found"]
    assert isinstance(found, library.Found)
    assert names["rows"] == found.summary.reports == sum(busiest["n"].to_pylist()) > 0


def test_the_page_names_what_the_library_gives() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in library.__all__ if f"`{name}" not in text] == []


def test_a_mistake_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.nmea"):
        next(iter(library.decode(tmp_path / "nowhere.nmea")))
    with pytest.raises(InputError, match=r"nowhere\.nmea"):
        library.replay_recordings([tmp_path / "nowhere.nmea"], store=tmp_path / "a.duckdb")
    assert list(tmp_path.iterdir()) == []
