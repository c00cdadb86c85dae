"""Names that resemble those on papers: which are suggestions, and which are other ships."""

from __future__ import annotations

import pytest

from tests.tracker.alerts.story import SHIP_A, SHIP_B, static
from tracker.voyages.itinerary import Conveyance, Mode
from tracker.voyages.resemblance import Resemblance, Resemblances

NINETH = "2026-04-09"


def found(said: str, *papers: Conveyance, **more: object) -> list[Resemblance]:
    known = Resemblances()
    known.learn(papers)
    return known.judge(static(SHIP_A, NINETH, name=said, **more))


def named(name: str, **more: object) -> Conveyance:
    return Conveyance(Mode.SEA, name=name, **more)


MISSPELT = named("GREY HERRON")


@pytest.mark.parametrize(
    ("on_papers", "sent", "edits"),
    [
        ("GREY HERRON", "GREY HERON", 1), ("MV GREY HERN V.207S", "GREY HERON", 1), ("MSC OSLAV", "MSC OSLAW", 1), ("GREY HEORN", "GREY HERON", 1),
        ("TIMBER BRlDGE", "TIMBER BRIDGE", 0), ("C0RDELIA", "CORDELIA", 0), ("ALEXANDER VON HUNBOLTD", "ALEXANDER VON HUMBOL", 1), ("GREY HEREM", "GREY HERON", 2),
        ("OCEAN PIONER", "OCEAN PIONEER", 1), ("KESTREL II", "KESTREI 2", 0),
    ],
)  # fmt: skip
def test_a_name_a_few_letters_off_is_a_suggestion(on_papers: str, sent: str, edits: int) -> None:
    assert [one.edits for one in found(sent, named(on_papers))] == [edits]


@pytest.mark.parametrize(
    ("on_papers", "sent"),
    [
        ("GREY HERON", "GREY HERON"), ("KESTREL 2", "KESTREL 3"), ("KESTREL A", "KESTREL B"), ("MSC ANA", "MSC INA"), ("TARN", "TERNE"), ("GREY HERON", "GREY HAREM"),
        ("OCEAN", "OCEAM"), ("GREY HERON 2", "GREY HERON"),
    ],
)  # fmt: skip
def test_the_same_name_sisters_and_short_names_are_none(on_papers: str, sent: str) -> None:
    assert found(sent, named(on_papers)) == []


def test_who_says_another_imo_number_resembles_nobody() -> None:
    assert found("GREY HERON", named("GREY HERRON", imo=9074729), imo=9178393) == []
    assert len(found("GREY HERON", named("GREY HERRON", imo=9074729))) == 1


def test_other_papers_with_exactly_the_name_that_a_ship_says_are_known_whenever_they_come() -> None:
    """Whether it is another ship then, or one that a carrier misspelt, is decided where calls are known (``tests/tracker/cargo/test_resembling.py``)."""
    known, other = Resemblances(), named("GREY HERON")
    known.learn([MISSPELT])
    (one,) = known.judge(static(SHIP_A, NINETH, name="GREY HERON"))
    assert known.named(one) == set()
    known.learn([other])
    assert known.between(MISSPELT, SHIP_A, one.time_us) == one
    assert known.named(one) == {other}


def test_the_name_under_another_mmsi_than_on_the_papers_is_a_suggestion() -> None:
    (one,) = found("GREY HERON", named("GREY HERON", mmsi=538000001))
    assert "another MMSI" in one.words
    assert found("GREY HERON", named("GREY HERON", mmsi=219001234)) == []


@pytest.mark.parametrize(
    ("papers", "said"),
    [
        (named("GREY HERRON", call_sign="OXAB2"), {"call_sign": "OXAB3"}),
        (named("GREY HERRON", imo=9074728), {"imo": 9074729}),
    ],
)
def test_a_number_one_sign_off_is_the_second_witness(papers: Conveyance, said: dict[str, object]) -> None:
    (one,) = found("GREY HERON", papers, **said)
    assert one.witness


def test_what_is_told_twice_is_a_suggestion_once_and_a_restored_one_knows_it() -> None:
    known = Resemblances()
    known.learn([MISSPELT])
    first = known.judge(static(SHIP_A, NINETH, name="GREY HERON"))
    assert known.judge(static(SHIP_A, "2026-04-10", name="GREY HERON")) == []
    again = Resemblances()
    again.learn([named("OTHER NAME"), MISSPELT])
    again.restore(known.table())
    assert [one.time_us for one in again.of(MISSPELT, first[0].time_us)] == [first[0].time_us]
    assert again.crafts(MISSPELT) == {SHIP_A}
    assert again.crafts(named("OTHER NAME")) == set()
    assert again.judge(static(SHIP_B, NINETH, name="KESTREL")) == []
