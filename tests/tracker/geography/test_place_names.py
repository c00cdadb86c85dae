"""Places on papers: what is taken, and what is told instead."""

from __future__ import annotations

import pytest

from tracker.geography import ports
from tracker.geography.destinations import shared_destinations
from tracker.geography.place_names import country_code, other_places, shared_place_names
from tracker.geography.places import WorldPlaces
from tracker.geography.ports import bundled_ports

PLACES = WorldPlaces.load(None)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Rotterdam, NL", "NLRTM"), ("ROTTERDAM NETHERLANDS", "NLRTM"), ("Rotterdam (NL)", "NLRTM"), ("NLRTM - Rotterdam", "NLRTM"), ("ROTTERDAM [NL RTM]", "NLRTM"),
        ("ANTWERP", "BEANR"), ("Amberes", "BEANR"), ("Puerto de Amberes, Bélgica", "BEANR"), ("Port of Rotterdam", "NLRTM"), ("Cartagena, España", "ESCAR"), ("CARTAGENA - COLOMBIA", "COCTG"),
        ("Hamburg", "DEHAM"), ("New York, NY", "USNYC"), ("Hong Kong", "HKHKG"), ("CDG", "LFPG"),
    ],
)  # fmt: skip
def test_a_place_is_found_as_offices_write_it(written: str, code: str) -> None:
    found = PLACES.resolve_location(written.upper())
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    ("written", "others"),
    [("Cartagena", {"COCTG", "ESCAR"}), ("Hamburg, France", set()), ("Rotterdm", {"NLRTM"}), ("Pier 7", set())],
)
def test_what_is_not_certain_is_not_taken_but_told(written: str, others: set[str]) -> None:
    named = shared_place_names(shared_destinations(bundled_ports())).named(written)
    assert named.port is None
    assert others <= {port.code for port in named.others}
    assert PLACES.resolve_location(written) is None


def test_countries_by_name_in_several_languages() -> None:
    written = ("United Kingdom", "Reino Unido", "Pays-Bas", "Deutschland", "DEU", "nl", "Czech Republic", "Narnia")
    assert [country_code(text) for text in written] == ["GB", "GB", "NL", "DE", "DE", "NL", "CZ", ""]


def test_the_table_of_ports_is_read_once_however_many_places_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    other_places("Rotterdam")
    monkeypatch.setattr(ports, "bundled_file", None)
    assert {port.code for port in other_places("Cartagena")} == {"COCTG", "ESCAR"}
