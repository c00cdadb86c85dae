"""What each detector is shown in the contract suite: the fleet, and beside it the stories that the fleet does not tell.

Together they hold every detail that a detector may tell (``DETAILS``): a promise kept where nothing is found is kept by nobody. Stories are those of
``tests/scenarios``, moved to a time and a place of their own, under numbers of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Final

import numpy as np

from models.angles import wrap_longitude
from models.geodesy import destination
from tests.contracts import flights
from tests.contracts.fleet import MIN_US, START_US, fleet
from tests.contracts.voyages import papers, voyages
from tests.scenarios import sea, sky, traffic
from tests.scenarios.test_displacement import jammed, ship
from tests.scenarios.test_encounter_lasting import visits
from tests.scenarios.test_exchange import ONE as FIRST_HULL
from tests.scenarios.test_exchange import TWO as SECOND_HULL
from tests.scenarios.test_exchange import hull, swapped
from tests.scenarios.test_exchange import papers as papers_of_both
from tests.scenarios.test_identities import NEW, OLD, OTHER_IMO, hop, said, sailing
from tests.scenarios.test_integrity import aircraft
from tests.scenarios.test_waiting_together import NAMED, storm
from tracker.detectors.integrity.config import DETAILS as LIES
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import TrackBuilder
from tracker.voyages.itinerary import Itinerary

DETAILS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = MappingProxyType({
    "silence": {"gap": frozenset({"sea", "air"}), "dark_period": frozenset({"sea", "air"}), "feed_outage": frozenset({"silent", "thin"})},
    "loitering": {"loitering": frozenset({"anchored", "drifting", "slow", "queue"})},
    "encounter": {"encounter": frozenset({"stopped", "under_way", "regular"})},
    "formation": {"encounter": frozenset({"formation"})},
    "diversion": {"diversion": frozenset({
        "contradicting_destination", "off_route", "wrong_way", "skipped_call", "reordered_call", "undeclared_call",
        "returned_to_origin", "landed_elsewhere", "unreachable_in_time", "late",
    })},
    "circling": {"circling": frozenset({"orbit", "holding", "survey"})},
    "landing": {"off_aerodrome_landing": frozenset({"landing", "lost_on_approach", "suspected_strip", "helicopter"})},
    "integrity": {"integrity": frozenset(LIES) - {"shared_place", "papers_contradicted"}},
    "zone": {"zone": frozenset({"inside", "found_inside", "outside"})},
    "joined": {"encounter": frozenset({"one_sided"}), "integrity": frozenset({"shared_place", "papers_contradicted"})},
})  # fmt: skip
"""Every detail of every kind, by the detector that tells it; ``joined`` is what the timeline makes of several detectors' events."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Rows and static reports in event-time order, with segments, and the papers."""

    rows: PositionBatch
    statics: StaticBatch
    itineraries: tuple[Itinerary, ...] = ()

    @property
    def first_us(self) -> int:
        """Time of the first row."""
        return int(self.rows.time_us[0])

    @property
    def end_us(self) -> int:
        """Time of the last row."""
        return int(self.rows.time_us[-1])

    def marks_every(self, minutes: float) -> list[int]:
        """Watermarks from the first row to the last."""
        return [*range(self.first_us, self.end_us, int(minutes * MIN_US)), self.end_us]


@cache
def scene(name: str, turn_deg: float = 0.0) -> Scene:
    """What the detector of a name is shown, with all longitudes turned."""
    rows, statics = fleet(turn_deg)
    told = STORIES[name]() if name in STORIES else ([], [])
    extra = [turned(part, turn_deg) for part in told[0]]
    rows = PositionBatch.concat([rows, *extra]).in_time_order()
    rows = rows.with_columns(fingerprint=np.arange(1, len(rows) + 1, dtype=np.int64))
    statics = StaticBatch.concat([statics, *told[1]]).in_time_order()
    return Scene(rows, statics, papers(turn_deg) if name == "diversion" else ())


OWN_IMO: Final = 9074729
OTHER_NAME: Final = "OLD KESTREL"
"""What the papers of the joined scene say of the ship that drifts in it: its number, and the name of another."""
Story = tuple[list[PositionBatch], list[StaticBatch]]


def turned(rows: PositionBatch, turn_deg: float) -> PositionBatch:
    """The same rows with their longitudes turned."""
    return rows.with_columns(lon_deg=np.asarray(wrap_longitude(rows.lon_deg + turn_deg)))


def moved(
    rows: Iterable[PositionBatch], statics: Iterable[StaticBatch] = (), *, began_us: int = sea.START_US, hours: float = 0.0, north_deg: float = 0.0,
    east_deg: float = 0.0, number: int = 0,
) -> Story:  # fmt: skip
    """A story at another time (so many hours after the fleet's begin), another place and under other numbers."""
    later_us = START_US + int(hours * 60 * MIN_US) - began_us
    there = [
        part.with_columns(
            time_us=part.time_us + later_us, received_us=part.time_us + later_us, lat_deg=part.lat_deg + north_deg,
            lon_deg=np.asarray(wrap_longitude(part.lon_deg + east_deg)), craft=part.craft + number, segment=part.segment + number,
        )
        for part in rows
    ]  # fmt: skip
    said_there = [
        part.with_columns(
            time_us=part.time_us + later_us, received_us=part.time_us + later_us, craft=part.craft + number
        )
        for part in statics
    ]
    return there, said_there


def both(*stories: Story) -> Story:
    """Several stories at once."""
    return [part for rows, _ in stories for part in rows], [part for _, statics in stories for part in statics]


def silences() -> Story:
    """A flight silent in cruise amid others, one source silent as a whole and one that grows thin."""
    sky_rows = replace(traffic.AIRWAYS, craft=60, interval_s=(20.0, 40.0)).rows(22)
    sky_rows, _ = traffic.seeded_silences(sky_rows, 4, 22, (0.4, 0.7), 30, amid=2)
    sky_rows = sky_rows.with_columns(source=np.full(len(sky_rows), 5, dtype=np.int32))
    return both(moved([sky_rows], began_us=traffic.START_US, hours=8.0), _outages())


def _outages() -> Story:
    """Six ships of one source all silent for a while, and forty of forty-three of another."""
    from tests.tracker.detectors.test_feed_outage import fleet as ships

    out = [*ships(0, 60), *ships(100, 130)]
    thin = [*ships(0, 240, count=3, first=219_001_001), *ships(0, 120, count=40, first=219_001_101)]
    parts = [
        part.with_columns(source=np.full(len(part), number, dtype=np.int32))
        for number, some in ((7, out), (8, thin))
        for part in some
    ]
    return moved(parts, began_us=traffic.START_US, hours=2.0, north_deg=-14.0, east_deg=-30.0, number=2000)


def waits() -> Story:
    """Nine ships hove to together, one that lies at anchor, one that goes slowly round and round."""
    lying = sea.legs(sea.ONE, (50.0, -10.0), [(60, 12, 90), (420, 0.0, 0), (60, 12, 90)])
    rounds = [(60, 12, 90), *[(20, 1.8, 90.0 * k) for k in range(20)], (60, 12, 90)]
    slow = sea.legs(sea.TWO, (46.0, -10.0), rounds)
    types = sea.said((sea.ONE, 70, b"LYING"), (sea.TWO, 80, b"GOING ROUND"))
    return both(moved(storm(), [NAMED], hours=2.0, number=3000), moved([lying, slow], [types], hours=2.0, number=3100))


def meetings() -> Story:
    """A supply boat that comes again and again."""
    tracks = visits((sea.TWO, 0), (sea.TWO, 7), (sea.TWO, 14), (sea.TWO, 21))
    types = [sea.said((sea.ONE, 80, b"FPSO"), (sea.TWO, 79, b"PSV"))]
    return moved(tracks, types, number=4000)


def landings() -> Story:
    """Lost coming down where others are heard as low, down at a suspected strip, and a helicopter in a field."""
    low_us = sky.START_US + 60 * MIN_US
    field, strip, meadow = (54.6, 2.9), (54.35, 3.4), (54.8, 3.1)
    near = [
        sky.level(sky.ONE + 7, (field[0] + 0.03, field[1] - 0.1), 400.0, sky.START_US, 10),
        sky.level(sky.ONE + 8, (field[0] + 0.2, field[1] - 0.4), 9000.0, sky.START_US, 20),
        flights.flown(
            sky.ONE + 9, (field[0] + 0.1, field[1]), 0.0, 20_000.0, sky.START_US, [(4 * 3600.0, 60.0, 0.3, 0.0)]
        ),
        sky.approach(sky.ONE, field, low_us, ends_ft=300.0),
    ]
    for number, place in ((1, strip), (2, meadow)):
        came = sky.approach(sky.ONE + number, place, low_us)
        near += [came, sky.standing(sky.ONE + number, place, int(came.time_us[-1]) + 20_000_000, 20)]
    return moved(near, [sky.says(sky.ONE + 2, "A7")], began_us=sky.START_US, hours=4.0)


def lies() -> Story:
    """Everything that ``integrity`` tells and the fleet does not do."""
    stories = [
        moved(_jumper(), hours=1.0, number=5000),
        moved([_inland()], hours=1.0, number=5100),
        moved([sailing(mmsi_craft(299_000_001), 0, 300)], hours=1.0),
        moved(*hop(), hours=1.0),
        moved(*_clones(), hours=1.0, north_deg=-20.0, number=5200),
        moved(swapped(hull(FIRST_HULL, 0.0, 13.0, 0.0, 13.0, 0.0), hull(SECOND_HULL, 0.0, 12.0, 0.0, 12.0, 0.0, 14.0), 240.0), papers_of_both(), hours=1.0),
        moved(aircraft(12, 30, 8), hours=6.0),
        moved([jammed(ship(k, 15.0 * k), (56.0, 5.0), 0.8, seed=k + 1) for k in range(3)], hours=1.0, north_deg=-15.0, east_deg=-30.0, number=5300),
        moved([_flung()], hours=1.0, north_deg=-10.0, east_deg=-50.0, number=5400),
        moved(_polled(), hours=1.0, number=5500),
    ]  # fmt: skip
    rows, statics = both(*stories)
    return [TrackBuilder().process_batch(PositionBatch.concat(rows).in_time_order())], statics


def _at(craft: int, minutes: np.ndarray, lat: float, lon: float, speed_kn: float, **more: object) -> PositionBatch:
    time_us = sea.START_US + (minutes * MIN_US).astype(np.int64)
    n = len(minutes)
    return PositionBatch.of(time_us, craft, np.full(n, lat), np.full(n, lon), speed_kn=speed_kn, **more)


def _jumper() -> list[PositionBatch]:
    """There and back again five times, an hour at each place."""
    return [
        _at(sea.ONE, np.arange(k * 60, k * 60 + 58, 2), 40.0 + 3.0 * (k % 2) + 0.5 * k, -33.0 + k, 0.0)
        for k in range(5)
    ]


def _inland() -> PositionBatch:
    at_sea = sea.legs(sea.ONE, (55.0, 6.0), [(120, 12.0, 90.0)])
    return PositionBatch.concat([at_sea, _at(sea.ONE, np.arange(122, 300, 2), 50.0, 20.0, 1.0)])


def _clones() -> Story:
    far = tuple(float(v) for v in destination(45.0, -20.0, 90.0, 300.0))
    rows = [sailing(OLD, 0, 600), sailing(NEW, 30, 600, start=far)]
    return rows, [
        said(craft, range(5 + k, 600, 6), b"SEA JEWEL", b"C3456", OTHER_IMO) for k, craft in enumerate((OLD, NEW))
    ]


def _flung() -> PositionBatch:
    track = ship(0)
    away = (track.time_us > sea.START_US + 2 * sea.HOUR_US) & (track.time_us < sea.START_US + 3 * sea.HOUR_US)
    return track.with_columns(lat_deg=np.where(away, -track.lat_deg, track.lat_deg))


def _polled() -> list[PositionBatch]:
    """A feed of six ships that gives the report of the third hour again and again for two."""
    parts = []
    for k in range(6):
        track = sea.legs(
            mmsi_craft(219_000_001 + k), (30.0 + 0.4 * k, -40.0), [(480, 12.0, 90.0)], heading_deg=90.0, source=9
        )
        minute = (track.time_us - sea.START_US) / MIN_US
        rows = np.where((minute >= 180) & (minute < 300), np.searchsorted(minute, 180.0), np.arange(len(minute)))
        old = track.take(rows)
        parts.append(old.with_columns(time_us=track.time_us, received_us=track.time_us))
    return parts


def together() -> Story:
    """One drifts while another is silent nearby for hours, three ships give one coordinate, and papers give the number of the one and the name of another."""
    out = sea.legs(sea.ONE, (54.72, 2.4), [(560, 6.0, 90.0)])
    back = sea.legs(sea.ONE, (54.72, float(out.lon_deg[-1])), [(600, 6.0, 270.0)])
    back = back.with_columns(time_us=back.time_us + 880 * MIN_US, received_us=back.time_us + 880 * MIN_US)
    lost = [_at(mmsi_craft(219_000_010 + k), np.arange(k, 200 + k, 3), 12.345678, 45.678901, 0.0) for k in range(3)]
    said = [
        StaticBatch.from_columns(1, time_us=sea.START_US + 5 * MIN_US, craft=craft, name=name, imo=imo)
        for craft, name, imo in (
            (int(mmsi_craft(219_000_010)), OTHER_NAME.encode(), -1),
            (int(out.craft[0]), b"GREY HERON", OWN_IMO),
        )
    ]
    return moved([out, back, *lost], said, number=7000)


STORIES: Final[Mapping[str, Callable[[], Story]]] = MappingProxyType({
    "silence": silences, "loitering": waits, "encounter": meetings, "landing": landings, "integrity": lies, "diversion": voyages,
    "joined": together,
})  # fmt: skip
