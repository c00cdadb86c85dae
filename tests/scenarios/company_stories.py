"""Forty stories of company and of waiting at sea and in the air, each after what analysts, mariners and pilots report, and what should be told of them.

Who is not named in ``meetings``, ``waits`` or ``queues`` is nobody's business. Names of ships are made up; the places are where it happens.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from models.geodesy import destination
from tests.scenarios.company import Craft, Spot, lane

HOUR: Final = 60.0
STORIES: Final[dict[str, Callable[[], Story]]] = {}
AIR: Final[list[str]] = []
"""Stories of aircraft."""


@dataclass
class Story:
    """Craft, and what should be told: pairs that met, who waited, how many queues; ``alerts`` is the most that may be put before a person."""

    crafts: list[Craft]
    meetings: set[frozenset[str]] = field(default_factory=set)
    waits: set[str] = field(default_factory=set)
    queues: int = 0
    alerts: int = 0
    least: int = 0
    """At least so many alerts."""
    in_alert: tuple[str, ...] = ()
    """Words that stand in an explanation."""
    recorded: set[str] = field(default_factory=set)
    """Who may be recorded as waiting, without being put before anybody."""
    regular: set[frozenset[str]] = field(default_factory=set)
    """Pairs whose work it is to meet: recorded, each time anew."""
    other_kinds: set[str] = field(default_factory=set)
    """Other kinds of events that are right, too."""


def story(make: Callable[[], Story]) -> Callable[[], Story]:
    """Register a story by the name of its function."""
    STORIES[make.__name__] = make
    return make


def flown(make: Callable[[], Story]) -> Callable[[], Story]:
    """Register a story of aircraft."""
    AIR.append(make.__name__)
    return story(make)


def pair(one: str, two: str) -> frozenset[str]:
    return frozenset((one, two))


def off(spot: Spot, toward: float, km: float) -> Spot:
    lat, lon = destination(*spot, toward, km)
    return float(lat), float(lon)


def idlers(first: int, spot: Spot, count: int, km: float, end: float, ship_type: int = 80) -> list[Craft]:
    """Ships at anchor around a spot all the time."""
    return [
        Craft(first + n, f"IDLER {n}", ship_type, 180.0 + 12 * n).at(off(spot, 25.0 + n * 360.0 / count, km * (1 + 0.25 * (n % 3)))).anchor(end)
        for n in range(count)
    ]  # fmt: skip


# ---- ships that meet


@story
def laconian_gulf() -> Story:
    """Lloyd's List, Kpler and Greek navigational warnings 2022-24: Russian crude changes hulls in the Laconian Gulf, where others wait for their turn."""
    spot, end = (36.42, 22.72), 42 * HOUR
    mother = Craft(538010001, "AEGEAN MOTHER", 80, 274.0, draughts=((0.0, 8.4), (30 * HOUR, 15.6)))
    mother.at(off(spot, 200.0, 60.0)).sail(spot, 11.0).drift(27 * HOUR, 0.3, 150.0).until(end, 12.0, 250.0)
    daughter = Craft(351010002, "BALTIC DAUGHTER", 80, 244.0, draughts=((0.0, 14.9), (31 * HOUR, 8.0)))
    daughter.at(off(spot, 240.0, 160.0)).meet(mother, 10 * HOUR, 11.0, 65.0).beside(mother, 18 * HOUR, 65.0)
    daughter.run(20.0, 3.0, 90.0).until(end, 12.0, 190.0)
    passers = lane(240010100, (36.1, 21.8), (36.15, 23.4), 42.0)
    return Story([mother, daughter, *idlers(229010010, spot, 6, 1.6, end), *passers], {pair("AEGEAN MOTHER", "BALTIC DAUGHTER")},
                 alerts=1, least=1, in_alert=("from 8.4 to 15.6 m", "from 14.9 to 8.0 m"))  # fmt: skip


@story
def ceuta() -> Story:
    """Bloomberg and TankerTrackers 2022: Aframaxes from the Baltic fill a VLCC off Ceuta, two of them after one another."""
    spot, end = (35.90, -5.08), 60 * HOUR
    mother = Craft(477010001, "WIDE VLCC", 80, 333.0, draughts=((0.0, 9.8), (22 * HOUR, 14.5), (48 * HOUR, 20.4)))
    mother.at(off(spot, 80.0, 80.0)).sail(spot, 10.0).drift(46 * HOUR, 0.4, 70.0).until(end, 13.0, 90.0)
    ships = [mother]
    for n, (name, begins) in enumerate((("AFRA ONE", 8.0), ("AFRA TWO", 29.0))):
        ship = Craft(636010010 + n, name, 80, 249.0, draughts=((0.0, 14.8), ((begins + 15) * HOUR, 8.1)))
        ship.at(off(spot, 70.0 + 5 * n, 50.0)).meet(mother, begins * HOUR, 9.0, 60.0, 270.0).beside(
            mother, 15 * HOUR, 60.0, 270.0
        )
        ships.append(ship.run(20.0, 3.0, 20.0).until(end, 12.0, 80.0))
    passers = lane(224010100, (36.0, -4.2), (35.98, -5.4), 60.0, ships=60)
    meetings = {pair("WIDE VLCC", "AFRA ONE"), pair("WIDE VLCC", "AFRA TWO")}
    return Story(
        [*ships, *passers],
        meetings,
        alerts=1,
        least=1,
        in_alert=("from 14.8 to 8.1 m",),
        recorded={"AFRA TWO", "WIDE VLCC"},
    )


@story
def malaysia_eopl() -> Story:
    """TankerTrackers, Reuters 2023-25: storage VLCCs lie for months east of Johor, and shuttles come alongside three of them at once."""
    spot, end = (2.3, 104.9), 50 * HOUR
    ships, meetings = [], set()
    for n in range(3):
        place = off(spot, 120.0 * n, 2.2)
        host = Craft(572010001 + n, f"STORE {n}", 80, 330.0).at(place).anchor(end)
        guest = Craft(613010011 + n, f"SHUTTLE {n}", 80, 250.0, every_min=6.0, draughts=((0.0, 13.0), (40 * HOUR, 8.2)))
        guest.at(off(place, 300.0 + 20 * n, 70.0)).meet(host, (6 + 3 * n) * HOUR, 10.0, 70.0).beside(
            host, 26 * HOUR, 70.0
        )
        guest.run(20.0, 3.0, 100.0).until(end, 11.0, 30.0 + 20 * n)
        ships += [host, guest]
        meetings.add(pair(f"STORE {n}", f"SHUTTLE {n}"))
    passers = lane(563010100, (1.6, 105.2), (3.3, 105.0), 50.0)
    return Story([*ships, *idlers(312010020, spot, 5, 3.4, end), *passers], meetings, alerts=3, least=3)


@story
def nakhodka() -> Story:
    """Reports on ESPO crude off Nakhodka: tankers adrift together, heard by satellites only, a pass now and then."""
    spot, end = (42.35, 133.25), 40 * HOUR
    one = Craft(273010001, "KOZMINO STAR", 80, 250.0, draughts=((0.0, 14.6), (26 * HOUR, 8.0)))
    one.at(off(spot, 20.0, 90.0)).sail(spot, 10.0).drift(24 * HOUR, 0.5, 200.0).until(end, 12.0, 30.0)
    two = Craft(518010002, "PACIFIC GHOST", 80, 244.0, draughts=((0.0, 7.9), (27 * HOUR, 14.1)))
    two.at(off(spot, 150.0, 110.0)).meet(one, 7 * HOUR, 10.0, 60.0).beside(one, 20 * HOUR, 60.0).run(
        20.0, 3.0, 110.0
    ).until(end, 12.0, 160.0)
    for n, ship in enumerate((one, two)):  # passes of ten minutes, every 70 to 110 minutes
        marks = [-20.0]
        while marks[-1] < end:
            marks.append(marks[-1] + 70.0 + 40.0 * float(ship.rng.random()))
        ship.silences = [(a + 10.0 + n, b) for a, b in itertools.pairwise(marks)]
        ship.every_min = 2.0
    return Story(
        [one, two], {pair("KOZMINO STAR", "PACIFIC GHOST")}, alerts=1, least=1, in_alert=("from 14.6 to 8.0 m",)
    )


@story
def transfer_under_way() -> Story:
    """OCIMF STS guide and the Gulf of Mexico's lightering areas: two tankers at 5 kn for eleven hours, who turn about when the area ends."""
    spot, end = (28.3, -93.9), 24 * HOUR
    mother = Craft(538011001, "UNDER WAY VLCC", 80, 330.0, draughts=((0.0, 20.0), (18 * HOUR, 16.5)))
    mother.at(off(spot, 200.0, 40.0)).sail(spot, 8.0)
    for _ in range(2):
        mother.run(2.6 * HOUR, 5.0, 120.0)
        for course in range(130, 301, 10):
            mother.run(3.0, 5.0, float(course))
        mother.run(2.6 * HOUR, 5.0, 300.0)
        for course in range(310, 481, 10):
            mother.run(3.0, 5.0, float(course % 360))
    mother.until(end, 12.0, 180.0)
    daughter = Craft(636011002, "LIGHTER AFRA", 80, 245.0, draughts=((0.0, 7.5), (18 * HOUR, 13.0)))
    daughter.at(off(spot, 330.0, 40.0)).meet(mother, 4 * HOUR, 9.0, 90.0).beside(mother, 10 * HOUR, 90.0).run(
        20.0, 6.0, 20.0
    ).until(end, 11.0, 340.0)
    return Story(
        [mother, daughter, *lane(366011100, (27.8, -95.0), (28.9, -93.2), 24.0)],
        {pair("UNDER WAY VLCC", "LIGHTER AFRA")},
        alerts=1,
        least=1,
    )


@story
def offshore_bunkering() -> Story:
    """MarineTraffic on bunkering off Lome: a small tanker goes from ship to ship that stopped for her."""
    spot, end = (5.6, 1.35), 34 * HOUR
    barge = Craft(671012001, "BUNKER QUEEN", 80, 98.0, draughts=((0.0, 6.2),)).at(off(spot, 10.0, 20.0))
    ships, meetings = [], set()
    for n in range(3):
        place = off(spot, 90.0 * n, 7.0)
        begins = (4 + 9 * n) * HOUR
        ship = Craft(636012010 + n, f"THIRSTY {n}", 70 + 4 * (n == 1), 225.0)
        far = off(place, 200.0 + 30 * n, 12.0 * KM * (begins / 60.0 - 1.0))
        ship.at(far).sail(place, 12.0).drift(6 * HOUR, 0.4, 80.0)
        barge.meet(ship, begins, 8.0, 30.0).beside(ship, 4 * HOUR, 30.0)
        ships.append(ship.until(end, 12.0, 150.0))
        meetings.add(pair("BUNKER QUEEN", f"THIRSTY {n}"))
    barge.run(15.0, 3.0, 0.0).sail(off(spot, 10.0, 20.0), 8.0).until(end, 7.0, 0.0)
    passers = lane(671012100, (5.2, 0.2), (5.3, 2.6), 34.0)
    return Story([barge, *ships, *passers], meetings, alerts=1, least=1)


KM: Final = 1.852


@story
def reefer_and_jiggers() -> Story:
    """Global Fishing Watch and Oceana 2021 on the squid fleet off Argentina: a reefer among a dozen jiggers, four of which come alongside in turn."""
    spot, end = (-45.5, -60.4), 40 * HOUR
    reefer = Craft(351013001, "COLD CARRIER", 70, 150.0, draughts=((0.0, 5.5), (36 * HOUR, 7.2)))
    reefer.at(off(spot, 60.0, 80.0)).sail(spot, 12.0).drift(27 * HOUR, 0.4, 60.0).until(end, 13.0, 40.0)
    fleet, meetings = [], set()
    for n in range(12):
        place = off(spot, 30.0 * n, 1.5 + 0.4 * (n % 4))
        jigger = Craft(412013010 + n, f"LU QING {n}", 30, 65.0, every_min=5.0)
        if n < 4:
            begins = (6 + 6 * n) * HOUR
            jigger.at(off(place, 30.0 * n, 4.0)).meet(reefer, begins, 3.0, 25.0, 90.0 + 180.0 * (n % 2))
            jigger.beside(reefer, 4.5 * HOUR, 25.0, 90.0 + 180.0 * (n % 2)).run(40.0, 4.0, 30.0 * n).drift(
                end - jigger.now, 0.4, 60.0
            )
            meetings.add(pair("COLD CARRIER", f"LU QING {n}"))
        else:
            jigger.at(place).drift(end, 0.4, 60.0)
        fleet.append(jigger)
    return Story([reefer, *fleet], meetings, alerts=1, least=1)


@story
def longliner_and_reefer() -> Story:
    """Miller et al. 2018: a longliner and a reefer at high sea, nobody else near."""
    spot, end = (-6.2, -98.4), 20 * HOUR
    reefer = (
        Craft(372014001, "TUNA REEFER", 79, 140.0)
        .at(off(spot, 100.0, 60.0))
        .sail(spot, 12.0)
        .drift(11 * HOUR, 0.5, 270.0)
        .until(end, 12.0, 280.0)
    )
    liner = Craft(416014002, "LONG LINER 8", 30, 50.0).at(off(spot, 300.0, 30.0)).meet(reefer, 5 * HOUR, 7.0, 25.0)
    liner.beside(reefer, 7 * HOUR, 25.0).until(end, 8.0, 200.0)
    return Story([reefer, liner], {pair("TUNA REEFER", "LONG LINER 8")}, alerts=1, least=1)


@flown
def tanker_refuels_fighters() -> Story:
    """Open reports of tanker tracks: a tanker on a racetrack at FL250, two fighters join for fifteen minutes each."""
    spot = (52.4, 4.9)
    tanker = Craft(0x43C101, "LAGR223", step_min=0.05, height_ft=25_000.0, every_min=0.15, category="A5").at(
        off(spot, 270.0, 120.0)
    )
    for _ in range(4):
        tanker.run(14.0, 290.0, 90.0)
        for course in range(105, 286, 15):
            tanker.run(0.25, 290.0, float(course))
        tanker.run(14.0, 290.0, 270.0)
        for course in range(285, 466, 15):
            tanker.run(0.25, 290.0, float(course % 360))
    fighters, meetings = [], set()
    for n, (begins, away) in enumerate(((25.0, 40.0), (70.0, 45.0))):
        jet = Craft(
            0x43C110 + n,
            f"VIPER{n}1",
            step_min=0.05,
            height_ft=24_000.0,
            every_min=0.15,
            category="A6",
            from_min=begins - 12.0,
        )
        jet.at(off(tanker.place(begins)[0], 330.0, 85.0)).sail(off(tanker.place(begins - 3.0)[0], 330.0, 2.0), 370.0)
        start = jet.now
        jet.sail(off(tanker.place(start + 2.0)[0], 200.0, 0.3), 330.0)
        jet.beside(tanker, 18.0, away, 200.0)
        jet.height_ft = 24_000.0
        jet.run(25.0, 380.0, 340.0)
        fighters.append(jet)
        meetings.add(pair("LAGR223", f"VIPER{n}1"))
    return Story([tanker, *fighters], meetings, alerts=1, least=1, other_kinds={"circling"})


@flown
def formation_take_off() -> Story:
    """Two jets take off together from Volkel and fly away side by side."""
    field = (51.657, 5.708)
    lead = Craft(0x480201, "ORCA1", step_min=0.05, height_ft=200.0, every_min=0.1, category="A6").at(field)
    for feet in range(1000, 17_001, 1000):
        lead.height_ft = float(feet)
        lead.run(0.5, 180.0 + feet / 85.0, 60.0 if feet < 4000 else 20.0)
    lead.run(35.0, 420.0, 20.0)
    wing = Craft(0x480202, "ORCA2", step_min=0.05, height_ft=200.0, every_min=0.1, category="A6").at(
        off(field, 330.0, 0.15)
    )
    wing.beside(lead, lead.now - 0.5, 250.0, 120.0)
    return Story([lead, wing], {pair("ORCA1", "ORCA2")}, alerts=1, least=1)


# ---- company that is no meeting


@story
def pilot_boards() -> Story:
    """Every arrival: a launch lies at the ship's side for some minutes, and goes to the next; the launch says it is something else."""
    spot, end = (54.02, 7.85), 16 * HOUR
    launch = Craft(211015001, "PILOT HANSE", 90, 25.0, every_min=1.0).at(off(spot, 120.0, 6.0))
    ships = []
    for n in range(6):
        ship = Craft(255015010 + n, f"INBOUND {n}", 70 + n % 3, 200.0, every_min=1.0)
        begins = (2 + 2.1 * n) * HOUR
        ship.at(off(spot, 300.0, 14.0 * KM * begins / 60.0)).sail(off(spot, 300.0, 1.0), 14.0).run(15.0, 7.0, 110.0)
        launch.meet(ship, ship.now - 13.0, 15.0, 15.0).beside(ship, 12.0, 15.0).run(25.0, 10.0, 120.0)
        ships.append(ship.until(end, 10.0, 110.0) if n % 2 else ship.sail((53.9, 8.6), 12.0))
    return Story([launch, *ships], recorded={"PILOT HANSE"})


@story
def towed_barge() -> Story:
    """A tug with a barge that has its own transmitter: side by side to sea, then on a long line, then adrift together waiting for a berth."""
    spot, end = (36.6, -9.9), 30 * HOUR
    tug = (
        Craft(263016001, "MIGHTY TUG", 52, 40.0)
        .at(off(spot, 0.0, 150.0))
        .sail(spot, 6.0)
        .drift(8 * HOUR, 0.6, 170.0)
        .until(end, 6.0, 180.0)
    )
    barge = Craft(263016002, "BARGE 404", 0, 90.0, every_min=6.0).at(off(tug.spots[0], 0.0, 0.4))
    for _ in range(6):
        barge.beside(tug, 5 * HOUR - 1e-6, 400.0 if barge.now < 12 * HOUR else 120.0, 180.0)
    return Story([tug, barge, *lane(255016100, (38.0, -9.95), (35.9, -9.85), 30.0)], recorded={"BARGE 404"})


@story
def barge_towed_by_who_does_not_say() -> Story:
    """The same with a tug whose type nobody set: it came with the barge, and goes with it."""
    made = towed_barge()
    made.crafts[0].ship_type, made.crafts[0].name = 0, "NORTHERN POWER"
    made.recorded = {"NORTHERN POWER", "BARGE 404"}
    return made


@story
def rig_and_supply() -> Story:
    """A drilling rig in the North Sea, its standby vessel round and round, supply boats alongside for hours every second day."""
    spot, end = (58.35, 1.15), 120 * HOUR
    rig = Craft(257017001, "DEEP DRILLER", 90, 100.0, every_min=10.0).at(spot).lie(end, 0)
    standby = Craft(235017002, "SAFE GUARD", 90, 50.0, every_min=10.0).at(off(spot, 30.0, 1.0))
    while standby.now < end:
        standby.run(30.0, 1.5, (standby.now * 2.4) % 360.0)
        if standby.now % 180.0 < 31.0:
            standby.sail(off(spot, standby.now % 360.0, 1.0), 3.0)
    boats = []
    for n in range(2):
        boat = Craft(257017010 + n, f"SUPPLIER {n}", 90 - 20 * n, 85.0, every_min=6.0).at(
            off(spot, 100.0 + 60 * n, 150.0)
        )
        for visit in range(3):
            begins = (20 + 38 * visit + 15 * n) * HOUR
            if begins + 8 * HOUR > end:
                break
            boat.meet(rig, begins, 11.0, 60.0, 90.0 + 180 * n).beside(rig, 5 * HOUR, 60.0, 90.0 + 180 * n).sail(
                off(spot, 100.0 + 60 * n, 60.0), 11.0
            )
        boats.append(boat.until(end, 9.0, 100.0))
    pairs = {pair("DEEP DRILLER", f"SUPPLIER {n}") for n in range(2)}
    return Story(
        [rig, standby, *boats, *lane(259017100, (57.6, 0.2), (59.2, 0.4), 120.0, 4.0)],
        alerts=2,
        regular={*pairs, pair("DEEP DRILLER", "SAFE GUARD")},
        recorded={"SAFE GUARD"},
    )


@story
def suez_convoy() -> Story:
    """Ships in line through the canal, and at anchor in the Bitter Lakes until the other convoy has passed."""
    way: list[Spot] = [
        (31.60, 32.42),
        (31.28, 32.33),
        (30.93, 32.31),
        (30.55, 32.32),
        (30.42, 32.36),
        (30.32, 32.38),
        (30.02, 32.58),
        (29.70, 32.56),
    ]
    ships = []
    for n in range(7):
        ship = Craft(538018001 + n, f"CONVOY {n}", 70 + 10 * (n % 2), 290.0, from_min=10.0 + 12.0 * n).at(
            off(way[0], 20.0, 5.0 + 2 * n)
        )
        for k, spot in enumerate(way[1:]):
            ship.sail(spot if k != 4 else off(spot, 60.0 * n, 0.5), 8.0 if k < 6 else 11.0)
            if k == 4:
                ship.anchor(4 * HOUR, 90.0)
        ships.append(ship.run(120.0, 13.0, 160.0))
    return Story(ships)


@story
def ferries_side_by_side() -> Story:
    """Two ferries at neighbouring berths in Puttgarden, over and over."""
    end, home, over = 24 * HOUR, (54.503, 11.226), (54.655, 11.350)
    ferries = []
    for n in range(2):
        ferry = (
            Craft(219019001 + n, f"FERRY {n}", 60, 140.0, every_min=2.0)
            .at(off(home, 90.0, 0.08 * n), 30.0)
            .lie(20.0 + 40 * n)
        )
        while ferry.now < end:
            ferry.sail(off(over, 90.0, 0.08 * n), 15.0).lie(25.0).sail(off(home, 90.0, 0.08 * n), 15.0).lie(60.0)
        ferries.append(ferry)
    return Story(ferries)


@story
def moored_alongside_in_port() -> Story:
    """A bunker barge at a container ship in Rotterdam, and two coasters moored two abreast."""
    berth, end = (51.955, 4.05), 24 * HOUR
    ship = Craft(477020001, "BOX SHIP", 71, 350.0).at(berth).lie(end)
    barge = (
        Craft(244020002, "BUNKER 5", 80, 80.0)
        .at((51.96, 4.12))
        .meet(ship, 3 * HOUR, 5.0, 30.0)
        .beside(ship, 6 * HOUR, 30.0, 90.0, 5)
    )
    barge.sail((51.96, 4.12), 5.0).lie(end - barge.now)
    coasters = [
        Craft(245020010 + n, f"COASTER {n}", 70, 88.0).at(off((51.90, 4.36), 90.0, 0.02 * n)).lie(end) for n in range(2)
    ]
    return Story([ship, barge, *coasters])


@story
def icebreaker_convoy() -> Story:
    """The Gulf of Finland in March: three ships in an icebreaker's channel, beset for five hours, broken out one after the other."""
    spot, end = (59.95, 26.3), 30 * HOUR
    breaker = (
        Craft(230021001, "OTSO", 90, 99.0, every_min=2.0).at(off(spot, 270.0, 80.0)).sail(off(spot, 270.0, 0.6), 8.0)
    )
    ships = [
        Craft(305021010 + n, f"ICE TRADER {n}", 70 + 10 * (n == 2), 140.0, every_min=3.0).at(off(spot, 270.0, 81.0 + 0.6 * n)).sail(off(spot, 270.0, 1.0 + 0.45 * n), 8.0)
        for n in range(3)
    ]  # fmt: skip
    for n, ship in enumerate(ships):
        ship.drift((5 + 0.3 * n) * HOUR, 0.3, 250.0, wander=4.0).until(end, 8.0, 85.0)
        breaker.meet(ship, breaker.now + 50.0, 4.0, 120.0, 60.0).run(25.0, 3.0, 120.0)
    breaker.until(end, 8.0, 85.0)
    return Story([breaker, *ships], recorded={"OTSO"}, waits={f"ICE TRADER {n}" for n in range(3)}, alerts=3)


@story
def anchored_close() -> Story:
    """Off Ras Laffan, 35 km out: gas carriers at anchor for days, 400 m between two of them at times as they swing."""
    spot, end = (26.0, 51.88), 60 * HOUR
    ships = [
        Craft(538022001 + n, f"GAS ROAD {n}", 80, 290.0).at(off(off(spot, 90.0 * n, (0.25, 0.25, 3.0)[n]), 45.0, 30.0), 225.0).sail(off(spot, 90.0 * n, (0.25, 0.25, 3.0)[n]), 9.0 + n).anchor(42 * HOUR + 90.0 * n).until(end, 12.0, 60.0)
        for n in range(3)
    ]  # fmt: skip
    return Story(
        [*ships, *lane(466022100, (26.4, 51.3), (26.1, 53.0), 60.0)], recorded={f"GAS ROAD {n}" for n in range(3)}
    )


@story
def patrol_beside_suspect() -> Story:
    """A navy patrol ship stops a coaster south of Sicily, its boat goes over; it stays 250 m off for three hours."""
    spot, end = (36.2, 12.9), 14 * HOUR
    suspect = (
        Craft(616023001, "OLD COASTER", 70, 90.0)
        .at(off(spot, 250.0, 70.0))
        .sail(spot, 10.0)
        .drift(3.2 * HOUR, 0.7, 120.0)
        .until(end, 10.0, 60.0)
    )
    patrol = Craft(247023002, "NAVE COMETE", 35, 89.0).at(off(spot, 340.0, 60.0)).meet(suspect, 4.1 * HOUR, 18.0, 250.0)
    patrol.beside(suspect, 2.9 * HOUR, 250.0).until(end, 15.0, 330.0)
    return Story([suspect, patrol], waits={"OLD COASTER"}, alerts=1)


@story
def dredger_and_hoppers() -> Story:
    """A cutter dredger off Zeeland fills hopper barges that lie alongside for two hours each."""
    spot, end = (51.80, 3.15), 30 * HOUR
    dredger = Craft(244024001, "CUTTER", 33, 110.0).at(spot).mow(end, 0.4, 0.5, 0.02, 40.0)
    barges = []
    for n in range(2):
        barge = Craft(244024010 + n, f"HOPPER {n}", 0, 75.0).at(off(spot, 300.0, 15.0))
        while barge.now + 7 * HOUR < end:
            barge.meet(dredger, barge.now + 110.0 + 130.0 * n * (barge.now < 60), 8.0, 40.0, 90.0 + 180.0 * n).beside(
                dredger, 2 * HOUR, 40.0, 90.0 + 180.0 * n
            )
            barge.sail(off(spot, 300.0, 15.0), 8.0).run(15.0, 1.0, 300.0)
        barges.append(barge.until(end, 1.0, 300.0))
    return Story([dredger, *barges], recorded={f"HOPPER {n}" for n in range(2)})


@story
def pair_trawlers() -> Story:
    """Celtic Sea pair teams: two trawlers tow one net 300 m apart for four hours, haul alongside, shoot again, for days; one set no type, but says it fishes."""
    spot, end = (49.2, -8.5), 60 * HOUR
    lead = Craft(227025001, "PAIR A", 30, 24.0).at(spot, status=7)
    while lead.now < end - 6 * HOUR:
        lead.run(4 * HOUR, 3.1, (lead.now * 1.7) % 360.0, 7).drift(75.0, 0.7, 80.0, 7)
    lead.until(end, 9.0, 60.0)
    mate = Craft(227025002, "PAIR B", 0, 23.0).at(off(spot, 200.0, 6.0), status=7).meet(lead, 70.0, 6.0, 290.0)
    while mate.now < end - 6 * HOUR:
        mate.beside(lead, 200.0, 290.0, 90.0, 7).beside(lead, 60.0, 60.0, 90.0, 7)
    mate.beside(lead, end - mate.now - 1.0, 200.0, 90.0, 0)
    return Story([lead, mate], recorded={"PAIR A", "PAIR B"})


@story
def naval_exercise() -> Story:
    """Joint Warrior off the Hebrides: six warships screen, replenish side by side at 12 kn, and stop for a boarding drill."""
    spot, end = (57.9, -8.6), 20 * HOUR
    oiler = (
        Craft(232026001, "FLEET OILER", 35, 200.0)
        .at(off(spot, 180.0, 60.0))
        .sail(spot, 12.0)
        .run(4 * HOUR, 12.0, 330.0)
        .drift(5 * HOUR, 0.8, 60.0)
        .until(end, 12.0, 200.0)
    )
    ships = [oiler]
    for n in range(5):
        ship = Craft(232026010 + n, f"WARSHIP {n}", 35, 130.0).at(off(oiler.spots[0], 60.0 * n, 3.0 + n))
        ship.meet(oiler, (3.1 + 0.9 * (n % 3)) * HOUR, 16.0, 50.0, 90.0 + 180.0 * (n % 2)).beside(
            oiler, 45.0, 50.0, 90.0 + 180.0 * (n % 2)
        )
        ship.run(60.0, 15.0, 60.0 * n).meet(oiler, (8.2 + 0.3 * n) * HOUR, 20.0, 300.0 + 60 * n, 70.0 * n).beside(
            oiler, 3 * HOUR, 300.0 + 60 * n, 70.0 * n
        )
        ships.append(ship.until(end, 14.0, 72.0 * n))
    return Story(ships, recorded={"FLEET OILER", *(f"WARSHIP {n}" for n in range(5))})


@story
def racing_yachts() -> Story:
    """A fleet of twenty yachts in a calm off Ushant, class B, half of them without a type."""
    start, end = (48.4, -6.2), 30 * HOUR
    yachts = []
    for n in range(20):
        yacht = Craft(228027001 + n, f"RACER {n}", 36 if n % 2 else 0, 14.0, every_min=4.0, class_b=True).at(
            off(start, 18.0 * n, 0.2 + 0.05 * n)
        )
        yacht.run(5 * HOUR, 6.0 + 0.06 * n, 230.0).drift(8 * HOUR, 0.7, 120.0, wander=8.0).until(
            end, 7.0 + 0.05 * n, 230.0
        )
        yachts.append(yacht)
    return Story(yachts, recorded={f"RACER {n}" for n in range(20)})


@story
def rescue_of_a_yacht() -> Story:
    """A lifeboat stands by a yacht without a mast and goes with her."""
    spot, end = (46.9, -4.4), 12 * HOUR
    yacht = (
        Craft(227028001, "DISMASTED", 36, 15.0, class_b=True)
        .at(off(spot, 200.0, 12.0))
        .sail(spot, 5.0)
        .drift(4 * HOUR, 1.0, 100.0)
        .run(5.2 * HOUR, 6.0, 70.0)
    )
    rescue = (
        Craft(227028002, "SNS 144", 51, 18.0)
        .at(off(spot, 80.0, 60.0))
        .meet(yacht, 4.5 * HOUR, 18.0, 80.0)
        .beside(yacht, 75.0, 80.0)
    )
    rescue.beside(yacht, end - rescue.now - 60.0, 150.0, 0.0)
    return Story([yacht, rescue], recorded={"DISMASTED"})


# ---- waiting


@story
def waiting_for_orders() -> Story:
    """Reports on the Gulf of Guinea: tankers drift 100 to 200 km off Nigeria with engines stopped, far from each other."""
    end, ships = 40 * HOUR, []
    for n, spot in enumerate(((2.9, 3.2), (2.2, 5.1), (3.3, 1.4))):
        ship = (
            Craft(636029001 + n, f"NO ORDERS {n}", 80, 274.0)
            .at(off(spot, 200.0, 80.0))
            .sail(spot, 12.0)
            .drift((18 + 3 * n) * HOUR, 0.9, 80.0)
        )
        ships.append(ship.until(end, 12.0, 250.0))
    return Story(ships, waits={f"NO ORDERS {n}" for n in range(3)}, alerts=3, least=3)


@story
def many_waiting_for_orders() -> Story:
    """The same within sight of each other: seven are one event."""
    end, ships, spot = 44 * HOUR, [], (2.9, 3.2)
    for n in range(7):
        place = off(spot, 51.0 * n, 6.0 + 2.0 * n)
        ship = (
            Craft(538030001 + n, f"IDLE TANKER {n}", 80, 250.0)
            .at(off(place, 180.0, 12.0 * KM * (2 + 1.5 * n)))
            .sail(place, 12.0)
        )
        ships.append(ship.drift((20 + n) * HOUR, 0.8, 75.0, wander=10.0).until(end, 12.0, 250.0))
    return Story(ships, queues=1, alerts=1, least=1)


@story
def closed_canal() -> Story:
    """Suez, 23 to 29 March 2021: the roads off Port Said, a handful a day before, fill while nothing moves, and empty within two days."""
    roads, ships = (31.47, 32.42), list[Craft]()
    shut, opens = 2.5 * 24 * HOUR, 5.5 * 24 * HOUR
    for n in range(22):
        came = n * 6.0 * HOUR + 20.0
        if came > opens - 5 * HOUR:
            break
        passes = came + 9 * HOUR if came + 9 * HOUR < shut else opens + 40.0 * max(0, n - 8)
        place = off(roads, 137.5 * n, 0.9 * (1 + n) ** 0.75)
        ship = Craft(477031001 + n, f"SOUTHBOUND {n}", 70 + n % 19, 250.0, every_min=9.0, from_min=came - 5 * HOUR)
        ship.at(off(place, 330.0, 5 * 13.0 * KM)).sail(place, 13.0).anchor(passes - ship.now).sail(
            (31.28, 32.33), 8.0
        ).sail((30.9, 32.31), 8.0)
        ships.append(ship.sail((30.55, 32.32), 8.0))
    more = [
        Craft(
            477031060 + n, f"LATER {n}", 70 + n % 19, 250.0, every_min=9.0, from_min=shut + 90.0 + 100.0 * n - 5 * HOUR
        )
        for n in range(24)
    ]
    for n, ship in enumerate(more):
        place = off(roads, 137.5 * n + 60.0, 1.1 * (1 + n) ** 0.75)
        ship.at(off(place, 330.0, 5 * 13.0 * KM)).sail(place, 13.0).anchor(opens + 45.0 * n + 20.0 - ship.now)
        ships.append(ship.sail((31.28, 32.33), 8.0).sail((30.9, 32.31), 8.0).sail((30.55, 32.32), 8.0))
    return Story(ships, queues=1, alerts=1, least=1)


@story
def hove_to() -> Story:
    """A gale west of Ireland: nine ships steam slowly into the sea at 1 to 2 kn for twenty hours, within 150 km."""
    spot, end, ships = (52.3, -14.0), 44 * HOUR, []
    for n in range(9):
        place = off(spot, 40.0 * n, 10.0 + 7.0 * (n % 4))
        ship = (
            Craft(219032001 + n, f"HOVE TO {n}", 70 + n % 10, 180.0)
            .at(off(place, 250.0, 9.0 * KM * (9 + 0.4 * n)), 70.0)
            .sail(place, 9.0)
        )
        ship.run((19 + 0.5 * n) * HOUR, 1.1 + 0.08 * n, 265.0 + 2.0 * n)
        ships.append(ship.until(end, 11.0, 70.0))
    return Story(ships, queues=1, alerts=1, least=1)


@story
def drift_boxes() -> Story:
    """Los Angeles, autumn 2021: twelve ships each in a box of its own off the coast, who drift across it and sail back, for three days."""
    spot, end, ships = (33.10, -118.35), 96 * HOUR, []
    for n in range(12):
        place = off(off(spot, 90.0, 9.0 * (n % 4) - 14.0), 180.0, 9.0 * (n // 4))
        ship = (
            Craft(477033001 + n, f"BOX {n}", 71, 330.0, every_min=6.0, from_min=n * 2.2 * HOUR)
            .at(off(place, 250.0, 90.0))
            .sail(place, 14.0)
        )
        ships.append(ship.box(64 * HOUR, 5.0, 0.9, 115.0, 6.0).until(end, 12.0, 250.0))
    return Story(ships, queues=1, alerts=1, least=1)


@story
def breakdown() -> Story:
    """A bulk carrier off Finisterre without an engine: not under command for nine hours, a tug by no name one knows comes, and tows it away."""
    spot, end = (43.6, -10.6), 26 * HOUR
    ship = (
        Craft(538034001, "BLACK OUT", 70, 225.0)
        .at(off(spot, 190.0, 90.0))
        .sail(spot, 12.0)
        .drift(9 * HOUR, 1.3, 60.0, 2)
        .until(end, 5.0, 110.0)
    )
    tug = (
        Craft(224034002, "DON INDA", 90, 80.0)
        .at(off(spot, 110.0, 120.0))
        .meet(ship, 9 * HOUR, 15.0, 300.0)
        .beside(ship, 4.5 * HOUR, 300.0, 20.0)
    )
    tug.beside(ship, end - tug.now - 1.0, 600.0, 0.0)
    passers = lane(255034100, (42.8, -10.3), (44.6, -10.3), 26.0)
    return Story([ship, tug, *passers], waits={"BLACK OUT"}, alerts=1, least=1, in_alert=("not under command",))


@story
def cable_layer_and_surveyor() -> Story:
    """A cable layer at 0.8 kn for two days, restricted in its ability to manoeuvre, and a survey ship that mows the sea at 4 kn."""
    end = 48 * HOUR
    layer = Craft(228035001, "CABLE LAYER", 90, 140.0).at((37.6, -11.2)).run(end, 0.8, 265.0, 3)
    mower = Craft(228035002, "SURVEYOR", 90, 80.0).at((38.2, -11.6)).mow(end, 4.0, 8.0, 0.3, 10.0)
    slow = Craft(257035003, "GEO SLOW", 90, 70.0).at((37.1, -10.8)).mow(end, 1.6, 2.0, 0.1, 80.0)
    return Story([layer, mower, slow], recorded={"CABLE LAYER", "SURVEYOR", "GEO SLOW"})


@story
def research_station() -> Story:
    """A research ship stays on station for thirty hours, sampling, a passenger ship's type set; beside it a float with a class B set."""
    spot, end = (40.8, -14.2), 44 * HOUR
    ship = (
        Craft(211036001, "METEOR", 90, 98.0)
        .at(off(spot, 90.0, 60.0))
        .sail(spot, 11.0)
        .drift(30 * HOUR, 0.3, 200.0, 3)
        .until(end, 11.0, 270.0)
    )
    buoy = (
        Craft(211036002, "METEOR DRIFT 1", 0, 2.0, every_min=6.0, class_b=True, from_min=5 * HOUR)
        .at(off(spot, 150.0, 0.2))
        .drift(25 * HOUR, 0.4, 210.0)
    )
    buoy.silences = []
    return Story([ship, buoy], recorded={"METEOR", "METEOR DRIFT 1"})


@story
def trawlers_at_work() -> Story:
    """Six trawlers on one bank, three of them without a type, towing to and fro at 2.8 kn for two days."""
    spot, end = (55.9, 4.6), 48 * HOUR
    ships = [
        Craft(244037001 + n, f"BEAMER {n}", 30 if n % 2 else 0, 35.0, every_min=4.0).at(off(spot, 60.0 * n, 2.0 + n), status=7).mow(end, 2.2 + 0.25 * n, 9.0, 0.4, 40.0 * n, 7 if n else 0)
        for n in range(6)
    ]  # fmt: skip
    return Story(ships, recorded={f"BEAMER {n}" for n in range(0, 6, 2)})


@story
def pilot_station() -> Story:
    """The station ship at the Maas cruises in rounds for days, and a ferry waits off its port for two hours."""
    spot, end = (52.03, 3.60), 40 * HOUR
    cruiser = Craft(245038001, "STATION SHIP", 50, 80.0).at(spot)
    while cruiser.now < end:
        cruiser.run(40.0, 1.8, (cruiser.now * 1.5) % 360.0)
        if cruiser.now % 240.0 < 41.0:
            cruiser.sail(spot, 4.0)
    ferry = (
        Craft(244038002, "NIGHT FERRY", 60, 200.0)
        .at((52.0, 2.4))
        .sail((52.02, 3.92), 18.0)
        .drift(2 * HOUR, 0.7, 30.0)
        .sail((51.98, 4.08), 10.0)
    )
    ferry.lie(end - ferry.now)
    return Story([cruiser, ferry])


@story
def weather_buoys() -> Story:
    """Drifting buoys with class B sets and ordinary MMSIs, and a wave rider at its mooring."""
    end = 50 * HOUR
    floats = [
        Craft(232039001 + n, name, 0, 2.0, every_min=8.0, class_b=True, from_min=n * 2 * HOUR).at((49.5, -9.5 - 0.3 * n)).drift(end - n * 2 * HOUR, 0.5, 60.0)
        for n, name in enumerate(("SPOTTER 214", "ODAS 61001", "WX 0032"))
    ]  # fmt: skip
    return Story(floats, recorded={craft.name for craft in floats})


# ---- in the air: nothing


@flown
def holding_stack() -> Story:
    """Lambourne on a busy evening: six airliners at 1,000 ft steps, all in the same racetrack."""
    spot, flights = (51.646, 0.152), []
    for n in range(6):
        flight = Craft(
            0x400601 + n, f"BAW{70 + n}", step_min=0.05, height_ft=8000.0 + 1000.0 * n, every_min=0.15, from_min=2.0 * n
        ).at(off(spot, 30.0, 120.0))
        flight.sail(spot, 250.0)
        for _ in range(5):
            for course in (*range(280, 451, 10), None, *range(100, 271, 10), None):
                flight.run(
                    1.0 if course is None else 1.0 / 18.0,
                    220.0,
                    flight.headings[-1] if course is None else float(course % 360),
                )
        flight.height_ft = 6000.0
        flights.append(flight.sail((51.5, -0.2), 220.0))
    return Story(flights, other_kinds={"circling"})


@flown
def parallel_approaches() -> Story:
    """Two streams to the parallel runways of Munich, 2.3 km apart, side by side for minutes."""
    flights = []
    for n in range(8):
        end_of = ((48.362, 11.86), (48.341, 11.88))[n % 2]
        flight = Craft(
            0x3C0701 + n, f"DLH{700 + n}", step_min=0.05, height_ft=9000.0, every_min=0.1, from_min=2.2 * (n // 2)
        ).at(off(end_of, 82.0, 75.0))
        for km in range(70, 0, -5):
            flight.height_ft = max(1500.0, min(9000.0, 1500.0 + km * 172.0))
            flight.sail(off(end_of, 82.0, float(km)), 230.0 if km > 30 else 165.0)
        flights.append(flight)
    return Story(flights)


@flown
def gliders_in_a_thermal() -> Story:
    """Five gliders climb in one thermal over the Alps foreland at 45 to 55 kn, and go on."""
    spot, gliders = (47.75, 10.3), []
    for n in range(5):
        glider = (
            Craft(
                0x3DD801 + n,
                f"D{8000 + n}",
                step_min=0.05,
                height_ft=4000.0 + 150.0 * n,
                every_min=0.1,
                category="B1",
                from_min=1.5 * n,
            )
            .at(off(spot, 70.0 * n, 15.0))
            .sail(off(spot, 30.0 * n, 0.2), 60.0)
        )
        for turn in range(30):
            glider.height_ft += 130.0
            for course in range(turn * 360, turn * 360 + 360, 30):
                glider.run(25.0 / 60.0 / 12.0, 48.0 + n, float(course % 360))
        gliders.append(glider.run(30.0, 65.0, 100.0 + 30.0 * n))
    return Story(gliders, other_kinds={"circling"})


@flown
def airway_traffic() -> Story:
    """One airway: a thousand feet above each other for an hour, and a faster one that overtakes 5 nm aside."""
    start = (49.0, 2.0)
    flights = [
        Craft(0x390901 + n, f"AFR{900 + n}", step_min=0.05, height_ft=33_000.0 + 1000.0 * (n % 3), every_min=0.15).at(off(start, 0.0, (0.1, 0.2, 9.3, 9.4)[n])).run(60.0, 440.0 + 8.0 * (n > 1), 95.0)
        for n in range(4)
    ]  # fmt: skip
    return Story(flights)
