"""What a carrier publishes of its calls explains a diversion before it is one; what it does not publish, or only afterwards, does not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenarios.diversion_tracks import HOUR_US, MMSI, START_US, Track, node, voyage, world
from tracker.cargo.book import CargoBook
from tracker.cargo.consignment import Consignment, DocumentType, Location
from tracker.cargo.link import CargoLinker
from tracker.cargo.manifest import Manifest
from tracker.detectors.base import Context
from tracker.detectors.diversion import DiversionConfig, DiversionDetector
from tracker.events import Event
from tracker.statics import StaticBatch
from tracker.voyages.itinerary import DeclaredChange, Itinerary, ItineraryNode

PAPERS = voyage(
    node("NLRTM", depart_h=0), node("GBFXT", arrive_h=10, depart_h=20), node("SEGOT", arrive_h=75), mmsi=MMSI, voyage_number="114N"
)  # fmt: skip
ROWS = Track("NLRTM", every_min=5).wait(1).sail("SEGOT").wait(6).rows()
END_US = int(ROWS.time_us[-1])
OMITTED = (DeclaredChange("OMIT", "GBFXT", "congestion"),)


def manifest() -> Manifest:
    def place(one: ItineraryNode) -> Location:
        return Location(one.location, one.name, one.lat_deg, one.lon_deg)

    goods = Consignment("C1", DocumentType.BILL_OF_LADING, "B1", place(PAPERS.nodes[0]), place(PAPERS.nodes[2]))
    return Manifest("M1", 1, PAPERS.conveyance, Itinerary("M1", 1, PAPERS.conveyance, PAPERS.nodes), (goods,))


def schedule(version: int, *nodes: ItineraryNode, changes: tuple[DeclaredChange, ...] = ()) -> Manifest:
    return Manifest("S1", version, PAPERS.conveyance, Itinerary("S1", version, PAPERS.conveyance, nodes, changes), ())


def told(*published: tuple[float, Manifest]) -> list[Event]:
    """What is told of the ship; each schedule comes so many hours after the beginning."""
    linker = CargoLinker(CargoBook((manifest(),)))
    linker.take_joined()
    detector = DiversionDetector(DiversionConfig(), Context(world()), linker.itineraries(), world())
    events, done = [], 0
    for after_h, one in [*published, (1e6, None)]:
        mark_us = min(START_US + int(after_h * HOUR_US), END_US)
        stop = int(np.searchsorted(ROWS.time_us, mark_us, side="right"))
        detector.process_batch(ROWS.take(slice(done, stop)), StaticBatch.empty())
        events += detector.advance_watermark(mark_us)
        done = stop
        if one is not None:
            linker.take([one], mark_us)
            joined = [paper.itinerary for paper in linker.take_joined() if paper.itinerary is not None]
            events += detector.declare(joined, mark_us, StaticBatch.empty())
    return events


SHORT = PAPERS.nodes[0], PAPERS.nodes[2]


def test_an_unpublished_omission_is_told() -> None:
    details = {event.detail for event in told()}
    assert details & {"skipped_call", "off_route", "wrong_way"}
    assert details & {event.detail for event in told((0.1, schedule(1, *PAPERS.nodes)))}, (
        "the schedule says it calls there"
    )


@pytest.mark.parametrize("after_h", [0.0, 0.5])
def test_an_omission_that_was_published_before_explains_it(after_h: float) -> None:
    assert told((after_h, schedule(1, *SHORT, changes=OMITTED))) == []
    assert told((0.0, schedule(1, *PAPERS.nodes)), (after_h, schedule(2, *SHORT, changes=OMITTED))) == []


def test_an_omission_published_afterwards_does_not_unsay_it() -> None:
    events = told((200.0, schedule(1, *SHORT, changes=OMITTED)))
    assert {str(event.state) for event in events} <= {"open", "closed"}
    assert {event.event_id for event in events} == {event.event_id for event in told()}


def test_a_cancelled_voyage_is_followed_no_longer() -> None:
    gone = tuple(DeclaredChange("BLNK", one.location) for one in PAPERS.nodes)
    assert told((0.0, schedule(1, *PAPERS.nodes)), (0.5, schedule(2, changes=gone))) == []


def test_a_delay_that_was_published_is_no_delay() -> None:
    soon = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=20), mmsi=MMSI, voyage_number="114N")
    late = voyage(node("NLRTM", depart_h=0), node("SEGOT", arrive_h=60))
    declared = Manifest(
        "M1", 1, soon.conveyance, Itinerary("M1", 1, soon.conveyance, soon.nodes), manifest().consignments
    )
    published = schedule(1, *late.nodes, changes=(DeclaredChange("DELAY", "SEGOT", "weather"),))

    def details(*papers: Manifest) -> set[str]:
        linker = CargoLinker(CargoBook((declared, *papers)))
        detector = DiversionDetector(DiversionConfig(), Context(world()), linker.itineraries(), world())
        detector.process_batch(ROWS, StaticBatch.empty())
        return {event.detail for event in detector.advance_watermark(END_US)}

    assert details() & {"late", "unreachable_in_time"}
    assert details(published) == set()
