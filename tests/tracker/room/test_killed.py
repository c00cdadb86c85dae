"""Engine and room killed in a burst, and the network cut, while officers act: the trial of deploy/reliability/room.py, in short."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.reliability.room import KINDS, run


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_by_kills_and_cuts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.reliability.room.KINDS", ("both", "network"))
    report = run(tmp_path, runs=2, burst=40, seed=3)
    assert (report["failed"], report["at_the_end"]) == (0, "every decision once")
    assert report["revisions"] > 20
    assert report["acts"] > 0
    assert report["shown"] > 20
    assert report["came_again"] > 0, "the follower lost its stream, and went on"
    assert set(KINDS) == {"engine", "room", "both", "network"}
