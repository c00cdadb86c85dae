"""Ships' names as papers write them, and as the ships send them."""

from __future__ import annotations

import pytest

from tests.tracker.alerts.story import SHIP_A, static
from tracker.voyages.conveyance import ConveyanceIndex
from tracker.voyages.itinerary import Conveyance, Mode


def is_found(on_papers: str, sent: str) -> bool:
    index = ConveyanceIndex([Conveyance(Mode.SEA, name=on_papers)])
    return bool(index.observe(static(SHIP_A, "2026-04-15", name=sent)))


@pytest.mark.parametrize(
    ("on_papers", "sent"),
    [
        ("M.V. SEA STAR", "SEA STAR"), ("M/T Sea Star", "SEA STAR"), ("MOTOR VESSEL GREY HERON", "GREY HERON"),
        ("MV. GREY HERON V.207S", "GREY HERON"), ("GREY HERON (EX OLD HERON)", "GREY HERON"), ("Grey Heron ex Old Heron", "GREY HERON"),
        ("SJØFRAKT", "SJOFRAKT"), ("Étoile de Mer", "ETOILE DE MER"), ("GREY HERON II", "GREY HERON 2"), ("GREY HERON 2", "GREY HERON II"),
        ("MOTOR VESSEL ALEXANDER VON HUMBOLDT", "ALEXANDER VON HUMBOL"), ("MV VICTORIA", "VICTORIA"), ("VESSEL: ", "VESSEL"),
    ],
)  # fmt: skip
def test_one_ship_however_written(on_papers: str, sent: str) -> None:
    assert is_found(on_papers, sent)


@pytest.mark.parametrize(
    ("on_papers", "sent"),
    [("GREY HERON", "GREY HERON II"), ("SEA STAR", "SEASTAR I"), ("EX GREY HERON", "OLD HERON"), ("MV", "MT"), ("GREY HERON (EX OLD HERON)", "OLD HERON")],
)  # fmt: skip
def test_other_ships(on_papers: str, sent: str) -> None:
    assert not is_found(on_papers, sent)
