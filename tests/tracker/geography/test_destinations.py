"""What crews type, and which ports it may mean."""

from __future__ import annotations

import pytest

from tracker.geography.destinations import SAYS_NOTHING, Destinations, resolve_destination
from tracker.geography.ports import Port, bundled_ports

WORLD = Destinations(bundled_ports())


def codes(text: str) -> set[str]:
    return {port.code for port in WORLD.resolve(text)}


@pytest.mark.parametrize(
    "text",
    [
        "NLRTM", "NL RTM", ">NL RTM", " nl rtm ", "NLRTM@@@@", "ROTTERDAM", "Rotterdam.", "PORT OF ROTTERDAM", "ROTTERDAM VIA DOVER",
        "DE HAM > NL RTM", "DEHAM>NLRTM", "DEHAM->NLRTM", "HAMBURG TO ROTTERDAM", "NLRTM ECT", "ROTTERDAM PILOT", "ROTTERDAM MAASVLAKTE",
        "ROTERDAM", "ROTTERDAN", "ROTTTERDAM", "ROTTEDRAM", "R'DAM",
    ],
)  # fmt: skip
def test_one_port_in_many_spellings(text: str) -> None:
    assert "NLRTM" in codes(text)
    assert not codes(text) & {"DEHAM", "GBDVR"}


@pytest.mark.parametrize(
    "text", ["", "   ", "@@@@", ">", "FOR ORDERS", "SEA", "AT SEA", "FISHING", "AT ANCHOR", "UNKNOWN", "-", "1234", "N/A", "QXZJWK"]
)  # fmt: skip
def test_what_names_no_port_says_nothing(text: str) -> None:
    assert codes(text) == set()


def test_no_word_that_says_nothing_is_read_as_a_port() -> None:
    assert {word: codes(word) for word in SAYS_NOTHING if codes(word)} == {}


def test_several_ports_in_one_text_are_all_candidates() -> None:
    assert {"NLRTM", "BEANR"} <= codes("RTM/ANR")
    assert {"NLRTM", "GBHUL"} <= codes("ROTTERDAM<>HULL")


def test_a_shared_name_gives_every_port_of_it() -> None:
    ports = [Port("GBPTL", "Portland", "GB", 50.6, -2.4), Port("USPDX", "Portland", "US", 45.6, -122.7)]
    assert {port.code for port in Destinations(type(bundled_ports())(ports)).resolve("PORTLAND")} == {"GBPTL", "USPDX"}


def test_short_names_must_be_right() -> None:
    assert "FRBES" in codes("BREST")
    assert "FRBES" not in codes("BRESS")


def test_every_code_of_the_table_is_its_own_port() -> None:
    for port in bundled_ports().ports[::97]:
        assert codes(port.code) == {port.code}
        assert codes(f">{port.code[:2]} {port.code[2:]}") == {port.code}


def test_the_function_is_the_class() -> None:
    assert resolve_destination("NL RTM", bundled_ports()) == WORLD.resolve("NL RTM")


@pytest.mark.parametrize(
    "text", ["DOVER STRAIT", "GIBRALTAR STRAIT", "ENGLISH CHANNEL", "MALACCA STRAIT", "BAY OF BISCAY"]
)
def test_waters_are_no_ports(text: str) -> None:
    assert codes(text) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [("A COR UNA ANCH", "ESLCG"), ("LA CORUNA", "ESLCG"), ("NLRTM-DEHAM", "DEHAM"), ("ST PETERSBURG", "RULED"), ("SUEZ CANAL", "EGSCN")],
)  # fmt: skip
def test_names_the_bundled_table_lacks_or_shares(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ANTWERP", "BEANR"), ("GENOA", "ITGOA"), ("BUSAN", "KRPUS"), ("SEATTLE", "USSEA"), ("SEMARANG", "IDSRG"), ("CEBU", "PHCEB"),
        ("FUNCHAL", "PTFNC"), ("IZMIT", "TRIZT"), ("ODESA", "UAODS"), ("SAIGON", "VNSGN"), ("KOLKATA", "INCCU"),
    ],
)  # fmt: skip
def test_great_ports_by_the_names_crews_use(text: str, code: str) -> None:
    assert code in codes(text)
