"""The pictures of docs/events are those the program draws today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.documents.pictures import CASES, FOLDER, make_pictures
from tracker.events import EventKind


def test_every_kind_of_event_has_a_picture_and_no_picture_is_left_over() -> None:
    assert set(CASES) == set(EventKind)
    assert {path.name for path in FOLDER.iterdir()} == {f"{kind}.svg" for kind in EventKind}


@pytest.mark.slow
def test_the_pictures_are_what_the_program_draws(tmp_path: Path) -> None:
    drawn = make_pictures(tmp_path)
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    differ = sorted(name for name in drawn if drawn[name] != kept.get(name))
    assert not differ, "run deploy/pictures, look at what changed, and mend the sentences beside it in docs/events"
