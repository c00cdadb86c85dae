"""Papers on their way in: read in order, in portions, and whoever brought them hears of it or is told to come again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.waiting import eventually
from tracker.cargo.consignment import Consignment, DocumentType, Location
from tracker.cargo.ledger import CargoFile
from tracker.cargo.manifest import Manifest
from tracker.errors import StoreError
from tracker.papers.document import Document
from tracker.papers.receive import Received
from tracker.store.papers import PaperChange
from tracker.voyages.itinerary import Conveyance, Mode
from tracker.watch.receiving import Bringing, Portion, Receiving, portions

PORT = Location("NLRTM", "Rotterdam", 51.9, 4.1)
SHIP = Conveyance(Mode.SEA, mmsi=219001234)


def manifest(name: str, goods: int) -> Manifest:
    items = tuple(Consignment(f"c{n}", DocumentType.BILL_OF_LADING, f"{name}{n}", PORT, PORT) for n in range(goods))
    return Manifest(name, 1, SHIP, None, items)


def received(document: Document, *sizes: int) -> Received:
    made = tuple(manifest(f"m{n}", size) for n, size in enumerate(sizes))
    return Received(document, "json", made, CargoFile(document.name, rows_in=sum(sizes)))


def read(document: Document) -> Received:
    if document.content == b"fall":
        raise OverflowError("too much")
    return received(document, *map(int, document.content.split()))


@pytest.fixture
def receiving() -> Iterator[Receiving]:
    made = Receiving(read, 10)
    yield made
    made.close()


def bring(receiving: Receiving, content: bytes, **about: Any) -> list[Any]:
    """Bring a document; what its bringer is told is in the list."""
    heard: list[Any] = []
    document = Document(content, "door", content.decode(), 1)
    assert receiving.put(Bringing(document, heard.append, heard.append, **about))
    return heard


def taken(receiving: Receiving) -> Portion:
    found = eventually(receiving.take)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("sizes", "cut"), [((), [()]), ((3,), [(3,)]), ((4, 6, 1), [(4, 6), (1,)]), ((30, 1, 30), [(30,), (1,), (30,)])]
)
def test_a_document_is_cut_between_manifests(sizes: tuple[int, ...], cut: list[tuple[int, ...]]) -> None:
    found = list(portions(received(Document(b"", "door", "a", 1), *sizes), 10))
    assert [tuple(len(one.consignments) for one in part.manifests) for part, _ in found] == cut
    assert [is_last for _, is_last in found] == [False] * (len(cut) - 1) + [True]


def test_documents_come_in_their_order_and_the_last_portion_says_what_became_of_all(receiving: Receiving) -> None:
    heard = bring(receiving, b"8 8 8")
    bring(receiving, b"1")
    parts = [taken(receiving) for _ in range(4)]
    assert [one.bringing.document.name for one in parts] == ["8 8 8"] * 3 + ["1"]
    assert receiving.waiting == 2
    for one in parts[:3]:
        change = PaperChange(
            one.bringing.document.sha256, one.received.manifests, account=one.received.account, said_before=1
        )
        one.bringing.changes.append(change)
    told = parts[2].outcome().to_json()
    receiving.forget(parts[2].bringing)
    assert (told["name"], told["state"], told["manifests_changed"], told["manifests_said_before"], told["rows_in"]) == (
        "8 8 8", "taken", 3, 3, 24,
    )  # fmt: skip
    assert (heard, receiving.waiting) == ([], 1)


def test_a_reader_that_falls_over_costs_its_document_alone(receiving: Receiving) -> None:
    bring(receiving, b"fall")
    bring(receiving, b"5")
    first, second = taken(receiving), taken(receiving)
    assert first.received.refusal == "fall: the program itself failed on it (OverflowError: too much); report it"
    assert [fault.error for fault in receiving.faults] == ["OverflowError: too much"]
    assert len(second.received.manifests) == 1


def test_what_holds_no_document_keeps_its_place_among_the_others(receiving: Receiving) -> None:
    bring(receiving, b"5")
    bring(receiving, b"", refusal="papers/0@7 has no value", place=7)
    assert taken(receiving).received.refusal is None
    bad = taken(receiving)
    assert (bad.received.refusal, bad.bringing.place, bad.is_last) == ("papers/0@7 has no value", 7, True)


def test_what_was_not_made_durable_comes_again_and_nothing_of_it_is_taken(receiving: Receiving) -> None:
    heard = bring(receiving, b"8 8 8 8 8 8 8 8 8 8")
    assert not taken(receiving).is_last
    receiving.drop(StoreError("the store is away"))
    assert [str(one) for one in heard] == ["the store is away"]
    bring(receiving, b"3")
    assert taken(receiving).bringing.document.content == b"3"
    assert receiving.waiting == 1


def test_more_than_can_wait_are_sent_away_and_at_the_end_all_are(receiving: Receiving) -> None:
    heard = [bring(receiving, b"30 30 30 30 30 30")]
    eventually(lambda: receiving.waiting and receiving.has_room)
    one = Bringing(Document(b"1", "door", "1", 1), heard.append, heard.append)
    count = 0
    while receiving.put(Bringing(one.document, lambda _: None, lambda _: None)):
        count += 1
        assert count < 20
    receiving.close()
    assert isinstance(heard[0][0], StoreError)
    assert receiving.waiting == 0
    assert receiving.take() is None
