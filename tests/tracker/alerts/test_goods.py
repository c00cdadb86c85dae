"""How an alert names the goods: what is packed in a container is in one, what flies in a unit load device is not."""

from __future__ import annotations

import pytest

from tests.tracker.cargo.papers import consignment
from tracker.alerts.dossier import _goods
from tracker.cargo.consignment import TransportEquipment


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("MSKU1234565", "container MSKU1234565"),
        ("MSKJ1234565", "container MSKJ1234565"),
        ("AKE12345DL", "unit AKE12345DL"),
        ("PMC", "unit PMC"),
    ],
)
def test_the_fourth_letter_makes_a_unit_a_container(number: str, said: str) -> None:
    assert f", {said}," in _goods(consignment(equipment=(TransportEquipment(number),)))
