"""Lies told on the air: what integrity must find, and what only looks like one.

Put into honest voyages afterwards, by a generator of their own. Of ships, where they are
well heard and under way for the whole time (``silence.window``):

- frozen: the position stays the same, speed and course go on;
- circle: positions run round a ring far away, at a speed that is not the reported one, which goes on;
- on land: positions lie far inland, as a jammed receiver's do, and come back afterwards;
- name change: another name and call sign from an hour on, for good;
- traps: single positions flung away (glitches), old positions sent again under a later time (a satellite feed with the wrong clock), a typing mistake corrected,
  circles turned at her true speed, a new name alongside, a distress device under test.

Two honest ships that share an MMSI (``scenario``) are a lie where both were heard for long at once. In the air: emergency squawks; a stream of flights of which
all within a circle lose their integrity category for a while; a flight that never had a good one (trap).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import destination, distance_km
from tracker.simulate import air, world
from tracker.simulate.radio import GRID_S, Silence, Span, motion
from tracker.simulate.silence import window
from tracker.simulate.stories.seed import Seed
from tracker.simulate.tracks import HOUR_S, Track
from tracker.simulate.traffic import Registry, Ship
from tracker.units import KM_PER_NM

Floats = NDArray[np.float64]

GLITCHES: Final = 0.01
LATE_SHARE: Final = 8
INLAND_KM: Final = 24.0
DISTRESS_STATUS: Final = 14
TEST_STATUS: Final = 15
_CONSEQUENCES: Final = ("dark_period", "gap", "loitering", "encounter", "diversion", "zone")
SHARED_H: Final = 2.75
SHARED_KM: Final = 15.0


@dataclass(slots=True)
class Lie:
    """What one ship's transmitter says instead of the truth from ``begin_s`` to ``end_s`` of the scenario."""

    what: str
    begin_s: float
    end_s: float
    lat_deg: float = 0.0
    lon_deg: float = 0.0
    radius_km: float = 0.0
    lap_s: float = 0.0
    seed: int = 0
    share: float = 1.0
    """Of a flicker: how many of the reports are false."""
    still: bool = False
    """Of a flicker: whether the false reports tell no speed."""
    block_s: float = 0.0
    """Of a flicker: true and false come in turns of this length; 0: report by report."""

    def is_false(self, time_s: Floats) -> NDArray[np.bool_]:
        """Which reports of a flicker are false."""
        inside = (time_s >= self.begin_s) & (time_s < self.end_s)
        rng = np.random.default_rng(self.seed)
        if self.block_s:
            turns = rng.random(int((self.end_s - self.begin_s) / self.block_s) + 1) < self.share
            turns[0] = True
            return inside & turns[np.clip((time_s - self.begin_s) / self.block_s, 0, len(turns) - 1).astype(np.int64)]
        return inside & (rng.random(len(time_s)) < self.share)


def spoken(ship: Ship | air.Flight, time_s: Floats, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """The positions as she sends them."""
    for lie in ship.lies:
        inside = (time_s >= lie.begin_s) & (time_s < lie.end_s)
        if not inside.any():
            continue
        lat, lon = lat.copy(), lon.copy()
        rng = np.random.default_rng(lie.seed)
        if lie.what == "frozen":
            first = int(np.flatnonzero(inside)[0])
            lat[inside], lon[inside] = lat[first], lon[first]
        elif lie.what == "circle":
            around = 360.0 * (time_s[inside] - lie.begin_s) / lie.lap_s
            lat[inside], lon[inside] = destination(lie.lat_deg, lie.lon_deg, around, lie.radius_km)
        elif lie.what == "on_land":
            spread = np.abs(rng.normal(0.0, 0.03, int(inside.sum())))
            lat[inside], lon[inside] = destination(lie.lat_deg, lie.lon_deg, rng.uniform(0, 360, len(spread)), spread)
        elif lie.what == "flicker":
            flung = lie.is_false(time_s)
            spread = np.abs(rng.normal(0.0, 0.02, int(flung.sum())))
            centre = lie.lat_deg, lie.lon_deg
            if lie.lap_s:
                around = 360.0 * (time_s[flung] - lie.begin_s) / lie.lap_s
                centre = destination(lie.lat_deg, lie.lon_deg, around, lie.radius_km)
            lat[flung], lon[flung] = destination(*centre, rng.uniform(0, 360, len(spread)), spread)
        elif lie.what == "glitches":
            flung = inside & (rng.random(len(time_s)) < GLITCHES)
            far = rng.uniform(5.0, 600.0, int(flung.sum()))
            lat[flung], lon[flung] = destination(lat[flung], lon[flung], rng.uniform(0, 360, len(far)), far)
    return lat, lon


def spoken_kn(ship: Ship, time_s: Floats, speed_kn: Floats) -> Floats:
    """The speeds as it sends them: a receiver that is held at a place gives none."""
    for lie in ship.lies:
        if lie.still:
            speed_kn = np.where(lie.is_false(time_s), np.minimum(speed_kn, 0.2), speed_kn)
    return speed_kn


def draughts(ship: Ship, time_s: Floats) -> Floats:
    """Draught in metres as told at some instants."""
    draught = np.full(len(time_s), ship.draught_m)
    for begin_s, metres in ship.loads:
        draught[time_s >= begin_s] = metres
    return draught


def names(ship: Ship, time_s: Floats) -> tuple[NDArray[np.bytes_], NDArray[np.bytes_]]:
    """Name and call sign as told at some instants."""
    name = np.full(len(time_s), ship.name.encode(), dtype="S20")
    call = np.full(len(time_s), ship.call_sign.encode(), dtype="S7")
    for begin_s, new_name, new_call in ship.renamed:
        name[time_s >= begin_s], call[time_s >= begin_s] = new_name.encode(), new_call.encode()
    return name, call


def repeat_late(ship: Ship, rows: dict[str, list[Any]], lost: Silence) -> None:
    """One in eight of the rows added last is sent again under a later time: a feed that stamps on arrival.

    Nothing comes later than the end, nor while a feed or station is off.
    """
    for lie in ship.lies:
        if lie.what != "late_clock":
            continue
        time_s = rows["time_s"][-1]
        late_s = time_s + lie.lap_s
        heard = (late_s >= lie.begin_s) & (late_s < lie.end_s)
        for begin, end in (*lost.feed, *lost.stations.values()):
            heard &= ~((late_s >= begin) & (late_s < end))
        some = np.flatnonzero(heard)[::LATE_SHARE]
        if len(some):
            for parts in rows.values():
                parts.append(parts[-1][some])
            rows["time_s"][-1] = rows["time_s"][-1] + lie.lap_s


def tell(
    rng: np.random.Generator,
    registry: Registry,
    fleet: list[Ship],
    lat: Floats,
    lon: Floats,
    chance: NDArray[np.float32],
    lost: Silence,
    wanted: int,
) -> list[Seed]:
    """Lies of ``wanted`` ships each, and the traps; honest lane ships become liars, nothing else changes."""
    seeds: list[Seed] = []
    free = [k for k in rng.permutation(len(fleet)).tolist() if fleet[k].role == "lane" and not fleet[k].story]
    end_s = (lat.shape[1] - 1) * GRID_S
    longest_h = min(4.0, end_s / HOUR_S - 2.5)
    for what in ("frozen", "circle", "on_land", "identity_change", "glitches", "late_clock", "typing_mistake"):
        told = 0
        while free and told < wanted and longest_h > 1.5:
            number = free.pop()
            hours = float(rng.uniform(1.5, longest_h))
            row = window(rng, lat[number], lon[number], chance[number], lost, hours)
            if row is None:
                continue
            told += 1
            begin_s = row * GRID_S
            seeds.append(_put(rng, registry, what, fleet[number], begin_s, begin_s + hours * HOUR_S, lat[number, row:], lon[number, row:], end_s))  # fmt: skip
    return seeds


def honest_oddities(
    rng: np.random.Generator, registry: Registry, fleet: list[Ship], lat: Floats, lon: Floats, chance: NDArray[np.float32], lost: Silence
) -> list[Seed]:  # fmt: skip
    """Traps in which nobody lies: a ship turning circles at her true speed (the rest of her track is later by that), a ship renamed alongside."""
    seeds: list[Seed] = []
    end_s = (lat.shape[1] - 1) * GRID_S
    free = [k for k in rng.permutation(len(fleet)).tolist() if fleet[k].role == "lane" and not fleet[k].story]
    while free:
        number = free.pop()
        row = window(rng, lat[number], lon[number], chance[number], lost, 1.5)
        if row is None:
            continue
        ship, here = fleet[number], (float(lat[number, row]), float(lon[number, row]))
        knots, radius_km = (
            float(motion(lat[number, row : row + 20], lon[number, row : row + 20])[0].mean()),
            float(rng.uniform(0.5, 1.0)),
        )
        lap_s = 2.0 * np.pi * radius_km / (knots * KM_PER_NM) * HOUR_S
        rows = int(3.0 * lap_s / GRID_S)
        start_deg = float(rng.uniform(0, 360))
        centre = destination(*here, start_deg + 180.0, radius_km)
        around = start_deg + 360.0 * np.arange(rows) * GRID_S / lap_s
        for values, ring in zip((lat[number], lon[number]), destination(*centre, around, radius_km), strict=True):
            values[row + rows :] = values[row : len(values) - rows].copy()
            values[row : row + rows] = ring
        ship.role, ship.story = "trial", "turning_trials"
        what = f"{ship.name} turns three circles of {radius_km:.1f} km at {knots:.0f} kn."
        seeds.append(Seed("negative", "turning_trials", ship, 0.0, end_s, *here, None, what, must_alert=False, forbids=("integrity",)))  # fmt: skip
        break
    for number, ship in enumerate(fleet):
        if ship.role == "idle" and not ship.renamed:
            ship.renamed = [(0.4 * end_s, registry.another_name(), ship.call_sign)]
            here = float(lat[number, 0]), float(lon[number, 0])
            what = f"{ship.name} is renamed {ship.renamed[0][1]} alongside."
            seeds.append(Seed("negative", "renamed_in_port", ship, 0.0, end_s, *here, None, what, must_alert=False, forbids=("integrity",)))  # fmt: skip
            break
    return seeds


def _put(
    rng: np.random.Generator, registry: Registry, what: str, ship: Ship, begin_s: float, end_s: float, lat: Floats, lon: Floats,
    last_s: float,
) -> Seed:  # fmt: skip
    """One lie of one ship, with its label."""
    here = float(lat[0]), float(lon[0])
    rows = int((end_s - begin_s) / GRID_S)
    speed_kn = motion(lat[: rows + 2], lon[: rows + 2])[0]
    hours = (end_s - begin_s) / HOUR_S
    ship.story = what
    lie = Lie(what, begin_s, end_s, *here, seed=int(rng.integers(1 << 31)))
    trap, known_s = False, begin_s
    also: tuple[str, ...] = _CONSEQUENCES
    if what == "frozen":
        run_km = np.cumsum(speed_kn) * GRID_S / HOUR_S * KM_PER_NM
        known_s = begin_s + float(np.argmax(run_km >= 5.0)) * GRID_S
        says, detail = f"gives the same position for {hours:.1f} h under way", "frozen_position"
    elif what == "circle":
        lie.radius_km = float(rng.uniform(0.9, 2.2))
        ring_kn = float(np.median(speed_kn)) * float(rng.choice([0.5, 1.9, 2.2]))
        lie.radius_km = min(
            lie.radius_km, ring_kn * KM_PER_NM * hours / (2.0 * np.pi * 2.5)
        )  # two laps and a half at least
        lie.lap_s = 2.0 * np.pi * lie.radius_km / (ring_kn * KM_PER_NM) * HOUR_S
        for _ in range(200):
            far = destination(*here, rng.uniform(0, 360), rng.uniform(120.0, 900.0))
            lie.lat_deg, lie.lon_deg = float(far[0]), float(far[1])
            if world.open_water(*far, 10.0)[0]:
                break
        known_s = begin_s + 2.0 * lie.lap_s
        says, detail = f"goes round a circle of {lie.radius_km:.1f} km far away for {hours:.1f} h", "circle_pattern"
    elif what == "on_land":
        lie.lat_deg, lie.lon_deg = inland(rng)
        known_s = begin_s + 0.5 * HOUR_S
        says, detail = f"gives a position far inland for {hours:.1f} h", "on_land"
        also = (*also, "integrity")  # standing still there while her speed goes on is true, too
    elif what == "identity_change":
        known_s, end_s = begin_s + 900.0, last_s
        new_call = f"{''.join(chr(65 + int(k)) for k in rng.integers(0, 26, 4))}{int(rng.integers(0, 9))}"
        ship.renamed.append((begin_s, registry.another_name(), new_call))
        says, detail, also = f"calls herself {ship.renamed[0][1]} from then on", "identity_change", ()
    else:
        trap, detail = True, what
        lie.begin_s, lie.end_s = 0.0, last_s
        lie.lap_s = float(rng.uniform(0.3, 1.0)) * HOUR_S
        says = {
            "glitches": "has one position in a hundred flung away",
            "late_clock": "is also heard through a feed that stamps old positions with a later time",
            "typing_mistake": "has a typing mistake in her name corrected",
        }[what]
        if what == "typing_mistake":
            at = int(rng.integers(1, len(ship.name) - 1))
            ship.renamed = [(begin_s, ship.name, ship.call_sign)]
            ship.name = ship.name[:at] + ship.name[at + 1 :]
    if what in ("identity_change", "typing_mistake"):
        end_s = last_s
    else:
        ship.lies.append(lie)
    if trap:
        return Seed("negative", detail, ship, 0.0, last_s, *here, None, f"{ship.name} {says}.", must_alert=False, forbids=("integrity",))  # fmt: skip
    return Seed("integrity", detail, ship, begin_s, end_s, *here, known_s, f"{ship.name} {says}.", must_alert=False, also=also)  # fmt: skip


def inland(rng: np.random.Generator) -> tuple[float, float]:
    """A place in Europe with no water of the mask within ``INLAND_KM``."""
    rings = np.arange(INLAND_KM, 0.0, -2.0)
    bearings = np.arange(0.0, 360.0, 10.0)
    for _ in range(2000):
        lat, lon = float(rng.uniform(47.0, 52.0)), float(rng.uniform(3.0, 24.0))
        around = destination(lat, lon, bearings[None, :], rings[:, None])
        if world.is_land(lat, lon).all() and world.is_land(*around).all():
            return lat, lon
    return 50.2, 20.4


def shared(fleet: list[Ship], lat: Floats, lon: Floats, chance: NDArray[np.float32]) -> list[Seed]:
    """Pairs under one MMSI that were well heard at once for long, and far apart: true findings."""
    seeds = []
    doubles = [k for k, ship in enumerate(fleet) if ship.role == "shared_mmsi"]
    for one in doubles:
        for two in doubles:
            if one >= two or fleet[one].mmsi != fleet[two].mmsi:
                continue
            both = (chance[one] > 0.5) & (chance[two] > 0.5)
            both &= distance_km(lat[one], lon[one], lat[two], lon[two]) > SHARED_KM
            heard_h = np.cumsum(both) * GRID_S / HOUR_S
            if heard_h[-1] < SHARED_H:
                continue
            first, last = (int(k) for k in np.flatnonzero(both)[[0, -1]])
            known = int(np.argmax(heard_h >= 2.0))
            what = f"{fleet[one].name} and {fleet[two].name} share an MMSI and are heard at once."
            seeds.append(
                Seed(
                    "integrity", "shared_identity", fleet[one], first * GRID_S, last * GRID_S, float(lat[one, first]),
                    float(lon[one, first]), known * GRID_S, what, must_alert=False,
                )
            )  # fmt: skip
    return seeds


def distress(
    rng: np.random.Generator, ship: Ship, kind: int, place: tuple[float, float], begin_s: float, *, test: bool
) -> Seed:
    """A distress device adrift; under test for a quarter of an hour, it is none. ``ship`` becomes it."""
    hours = 0.25 if test else float(rng.uniform(1.5, 4.0))
    ship.role, ship.story = "distress", "distress"
    ship.mmsi = kind * 1_000_000 + int(rng.integers(100_000, 999_999))
    ship.track = Track(begin_s)
    ship.track.add(np.array([begin_s - 1.0, begin_s]), np.full(2, place[0]), np.full(2, place[1]), 0)
    ship.track.drift(hours, 0.8, float(rng.uniform(0, 360)), rng)
    for status in ship.track.statuses:
        status[:] = TEST_STATUS if test else DISTRESS_STATUS
    end_s = float(ship.track.times[-1][-1])
    ship.off_air = [(-1e9, begin_s), (end_s, 1e9)]
    if test:
        return Seed("negative", "distress_test", ship, begin_s, end_s, *place, None, "A distress device is tested.", must_alert=False, forbids=("integrity",))  # fmt: skip
    return Seed("integrity", "emergency", ship, begin_s, end_s, *place, begin_s + 60.0, "A distress device is active.", must_alert=False, story="distress_device")  # fmt: skip


def in_distress(
    rng: np.random.Generator, fleet: list[Ship], lat: Floats, lon: Floats, chance: NDArray[np.float32], lost: Silence
) -> list[Seed]:
    """One ship of the fleet is an active distress device instead, one a device under test."""
    seeds: list[Seed] = []
    end_s = (lat.shape[1] - 1) * GRID_S
    if end_s < 8.0 * HOUR_S:
        return []
    free = [k for k in rng.permutation(len(fleet)).tolist() if fleet[k].role == "lane" and not fleet[k].story]
    for kind, test in ((970, False), (972, True)):
        while free:
            number = free.pop()
            row = window(rng, lat[number], lon[number], chance[number], lost, 1.5)
            if row is None or row * GRID_S > end_s - 5.0 * HOUR_S:
                continue
            ship, place = fleet[number], (float(lat[number, row]), float(lon[number, row]))
            seeds.append(distress(rng, ship, kind, place, row * GRID_S, test=test))
            lat[number], lon[number] = ship.track.at(np.arange(lat.shape[1]) * GRID_S)
            chance[number] = chance[number, row]
            break
    return seeds


def tell_air(
    rng: np.random.Generator, flights: list[air.Flight], hours: float, wanted: int, feed_off: tuple[Span, ...]
) -> list[Seed]:
    """Emergencies of honest flights while the feed is there, and one flight without a good integrity category."""
    seeds: list[Seed] = []
    free = [k for k in rng.permutation(len(flights)).tolist() if not flights[k].story]
    for count in range(wanted + 1):
        while free:
            flight = flights[free.pop()]
            level = np.flatnonzero(flight.altitude_ft > flight.altitude_ft.max() - 500.0)
            coverage = air.AirCoverage().any_receiver(flight.lat, flight.lon, flight.altitude_ft)
            length = int(rng.uniform(10.0, 25.0) * 60.0 / air.STEP_S)
            if len(level) < length + 60 or flight.time_s[0] < 0.0:
                continue
            first = int(level[0] + rng.integers(20, len(level) - length - 20))
            if coverage[first : first + length].min() < 0.85:
                continue
            begin_s, end_s = float(flight.time_s[first]), float(flight.time_s[first + length])
            if any(a < end_s and begin_s < b for a, b in feed_off):
                continue
            here = float(flight.lat[first]), float(flight.lon[first])
            if count == wanted:
                flight.story, flight.poor = "old_transponder", [(-1e9, 1e9)]
                seeds.append(Seed("negative", "old_transponder", None, 0.0, hours * HOUR_S, *here, None, f"{flight.call_sign} never has a good integrity category.", must_alert=False, forbids=("integrity",), craft=flight.craft))  # fmt: skip
            else:
                code = (7700, 7500, 7600)[count % 3]
                flight.story, flight.squawks = "emergency", [(begin_s, end_s, code)]
                seeds.append(Seed("integrity", "emergency", None, begin_s, end_s, *here, begin_s + 120.0, f"{flight.call_sign} squawks {code}.", must_alert=False, craft=flight.craft, story="squawk"))  # fmt: skip
            break
    return seeds


def jammed_area(rng: np.random.Generator, flights: list[air.Flight], hours: float) -> list[Seed]:
    """Twelve more flights one behind the other; all within 130 km of a place on their way lose their integrity for half an hour."""
    if hours < 8.0 or len(flights) < 10:
        return []
    origin, goal = world.AIR_ROUTES[int(rng.integers(len(world.AIR_ROUTES)))]
    depart_s = float(rng.uniform(1.0, hours - 5.0)) * HOUR_S
    stream: list[air.Flight] = []
    for k in range(12):
        stream.append(air.fly(rng, 900 + k, origin, goal, depart_s + 75.0 * k + float(rng.uniform(0, 20))))
        air.keep_apart(stream[-1], [*flights, *stream[:-1]])
    for k, flight in enumerate(stream):
        flight.story, flight.address = "stream", flight.address & ~0xF | k
    middle = stream[6]
    at = int(0.55 * len(middle.time_s))
    place, at_s = (float(middle.lat[at]), float(middle.lon[at])), float(middle.time_s[at])
    span = (at_s - 900.0, at_s + 900.0)
    hit = 0
    for flight in [*flights, *stream]:
        inside = distance_km(flight.lat, flight.lon, *place) < 130.0
        inside &= (flight.time_s > span[0]) & (flight.time_s < span[1]) & ~flight.on_ground
        if inside.any() and flight.story in ("", "stream", "silent"):
            rows = np.flatnonzero(inside)
            flight.poor.append((float(flight.time_s[rows[0]]), float(flight.time_s[rows[-1]])))
            hit += 1
    flights.extend(stream)
    what = f"{hit} aircraft lose the integrity of their positions in one area."
    return [Seed("integrity", "degraded_navigation", None, *span, *place, span[0] + 600.0, what, must_alert=False)]
