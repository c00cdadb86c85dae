"""Ships that change who they say they are.

- flag_hop: at sea a ship goes on under another MMSI and, mostly, another name and call sign, three minutes after its old number fell silent; its IMO number stays.
  Positive: ``identity_transfer``, known a quarter of an hour later, for static reports come that often; negative: a dark period of the old number.
- clone: a ship far away gives the IMO number and name of another. Positive: ``duplicate_identity``, known when both were well heard for half an hour.
- identity_exchange: two ships that come on ways ``CROSSING_DEG`` apart and more meet and lie ``SWAP_KM`` apart or more (of nearer ones no receiver could tell who is who). Their sets
  fall silent for less than two minutes, and from then on each has the numbers and the name of the other: her number leaves on the other's course. Positive: the
  meeting and ``identity_exchange``, known two hours after they parted.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.angles import difference
from models.geodesy import bearing_deg, distance_km
from tracker.simulate import world
from tracker.simulate.radio import GRID_S, motion
from tracker.simulate.stories.meeting import stopped_encounter
from tracker.simulate.stories.seed import WELL_HEARD, Crowd, Seed, negative
from tracker.simulate.stories.voyage import through
from tracker.simulate.tracks import HOUR_S, Track
from tracker.simulate.traffic import Sea, Ship, lane_ship

_HOP_SILENT_S: Final = 180.0
_STATIC_S: Final = 900.0
_PORT_KM: Final = 30.0
_FAR_KM: Final = 120.0
_BOTH_HEARD_S: Final = 1800.0
_LONG_S: Final = 1e9
CROSSING_DEG: Final = 70.0
_STEADY_DEG: Final = 20.0
_ROADS_KM: Final = 8.0
_PARTED_S: Final = 3.5 * HOUR_S
SWAP_KM: Final = 0.1
_SET_ANEW_S: Final = 50.0
"""Before and after the instant from which a set sends another number it sends nothing."""
_AT_ONCE_S: Final = 0.1
_COLUMNS: Final = ("times", "lats", "lons", "statuses", "headings")


def flag_hop(sea: Sea) -> Crowd | None:
    """A ship changes its flag at sea."""
    old = lane_ship(sea)
    old.role = "seeded"
    grid_s = np.arange(0.0, sea.end_s, GRID_S)
    good = _well_under_way(sea, old, grid_s)
    before, after = int(1.5 * HOUR_S / GRID_S), int(2.5 * HOUR_S / GRID_S)
    count = np.concatenate([[0], np.cumsum(good)])
    starts = np.flatnonzero(count[before + after :] - count[: -before - after] == before + after) + before
    starts = starts[(grid_s[starts] > 6.0 * HOUR_S) & (grid_s[starts] < sea.end_s - 4.0 * HOUR_S)]
    if not len(starts):
        return None
    row = int(sea.rng.choice(starts))
    hop_s, (lat, lon) = float(grid_s[row]), old.track.at(grid_s[row : row + 1])
    new = _double(sea, old, "flag_hop")
    new.imo, new.track, new.calls, new.service_kn = old.imo, old.track, old.calls, old.service_kn
    if sea.rng.random() < 0.25:
        new.name, new.call_sign = old.name, old.call_sign
    old.off_air.append((hop_s, _LONG_S))
    new.off_air.append((-_LONG_S, hop_s + _HOP_SILENT_S))
    old.goes_on = hop_s, new
    place = float(lat[0]), float(lon[0])
    what = f"{old.name} ({old.craft}) goes on as {new.name} ({new.craft}) at sea, with the same IMO number."
    hop = Seed(
        "integrity", "identity_transfer", new, hop_s, hop_s + HOUR_S, *place, hop_s + _STATIC_S, what,
        other=old, also=("diversion",), story="flag_hop",
    )  # fmt: skip
    silent = negative(
        "flag_hop", old, (hop_s, sea.end_s), place, f"{old.name} has another number now.", ("dark_period", "encounter")
    )
    return [old, new], [hop, silent]


def clone(sea: Sea) -> Crowd | None:
    """Somewhere else a second ship says the IMO number and the name of a ship."""
    true = lane_ship(sea)
    true.role = "seeded"
    false = lane_ship(sea)
    false.role, false.imo, false.name = "clone", true.imo, true.name
    grid_s = np.arange(0.0, sea.end_s, GRID_S)
    apart = distance_km(*true.track.at(grid_s), *false.track.at(grid_s)) > _FAR_KM
    heard = apart & _well_heard(sea, true, grid_s) & _well_heard(sea, false, grid_s)
    rows = int(_BOTH_HEARD_S / GRID_S)
    count = np.concatenate([[0], np.cumsum(heard)])
    long = np.flatnonzero(count[rows:] - count[:-rows] == rows)
    sailing = _well_under_way(sea, true, grid_s) & _well_under_way(sea, false, grid_s) & apart
    if not len(long) or grid_s[long[0]] > sea.end_s - 3.0 * HOUR_S or sailing.sum() < rows:
        return None
    known_s = float(grid_s[long[0]]) + _BOTH_HEARD_S
    place = tuple(float(v[0]) for v in true.track.at(np.array([known_s])))
    what = f"{true.name} ({true.craft}) and {false.craft}, far away, give one IMO number and one name."
    seed = Seed(
        "integrity", "duplicate_identity", true, 0.0, sea.end_s, place[0], place[1], known_s, what,
        other=false, story="clone",
    )  # fmt: skip
    return [true, false], [seed]


def identity_exchange(sea: Sea) -> Crowd | None:
    """Two ships lie together, and each leaves as the other."""
    told = stopped_encounter(sea, ways=through)
    if told is None:
        return None
    (first, second), seed = told
    swap_s = seed.end_s - 600.0
    if seed.end_s + _PARTED_S > sea.end_s or not _are_on_ways_of_their_own(first.track, second.track, seed):
        return None
    if distance_km(*(float(v[0]) for ship in (first, second) for v in ship.track.at(np.array([swap_s])))) < SWAP_KM:
        return None
    first.track, second.track = _spliced(first.track, second.track, swap_s), _spliced(second.track, first.track, swap_s)
    first.calls, second.calls = first.calls[:1] + second.calls[1:], second.calls[:1] + first.calls[1:]
    for ship in (first, second):
        ship.role = "exchange"
        ship.off_air.append((swap_s - _SET_ANEW_S, swap_s + _SET_ANEW_S))
    seed.story, seed.must_alert = "identity_exchange", False
    seed.what = f"{first.name} and {second.name} lie together and part with each other's numbers and names."
    seed.also = ("loitering", "diversion", "integrity")
    what = f"{first.name} and {second.name} have exchanged their numbers and names: each leaves on the course of the other."
    swap = Seed(
        "integrity", "identity_exchange", first, seed.start_s, min(seed.end_s + 8.0 * HOUR_S, sea.end_s), seed.lat_deg, seed.lon_deg,
        seed.end_s + 2.0 * HOUR_S, what, other=second, must_alert=False, also=("diversion",),
    )  # fmt: skip
    return [first, second], [seed, swap]


def _are_on_ways_of_their_own(one: Track, other: Track, seed: Seed) -> bool:
    """Whether two come over water on ways far apart, and each goes on as it came: from three hours to one before and after."""
    around_s = np.array(
        [seed.start_s - 3.0 * HOUR_S, seed.start_s - HOUR_S, seed.end_s + HOUR_S, seed.end_s + 3.0 * HOUR_S]
    )
    courses = []
    for track in (one, other):
        lat, lon = track.at(around_s)
        came, left = (float(bearing_deg(lat[k], lon[k], lat[k + 1], lon[k + 1])) for k in (0, 2))
        near_s = np.arange(seed.start_s - 5.0 * HOUR_S, seed.end_s + 5.0 * HOUR_S, 300.0)
        ashore = world.is_land(*track.at(near_s)) & (world.port_distance_km(*track.at(near_s)) > _ROADS_KM)
        if abs(float(difference(came, left))) > _STEADY_DEG or ashore.any():
            return False
        courses.append(came)
    return abs(float(difference(*courses))) > CROSSING_DEG


def _double(sea: Sea, ship: Ship, role: str) -> Ship:
    """The same hull under a new number, name and call sign."""
    return sea.registry.enrol(role, ship.ship_type, ship.length_m, ship.service_kn, ship.track)


def _well_heard(sea: Sea, ship: Ship, grid_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(sea.coverage.any_station(*ship.track.at(grid_s), grid_s) > WELL_HEARD)


def _well_under_way(sea: Sea, ship: Ship, grid_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """When a ship is well heard, under way and off every port."""
    lat, lon = ship.track.at(grid_s)
    moving = _well_heard(sea, ship, grid_s) & (motion(lat, lon)[0] > 6.0)
    moving[moving] = world.port_distance_km(lat[moving], lon[moving]) > _PORT_KM
    return np.asarray(moving)


def _spliced(before: Track, after: Track, at_s: float) -> Track:
    """One track until an instant, another from then on: a number that goes over to another hull is there at once."""
    whole = Track(
        after.now_s, stays=[s for s in before.stays if s.end_s < at_s] + [s for s in after.stays if s.start_s > at_s]
    )
    for track, late in ((before, False), (after, True)):
        columns = [np.concatenate(getattr(track, name)) for name in _COLUMNS]
        mine = columns[0] >= at_s if late else columns[0] < at_s
        edge_s = at_s if late else at_s - _AT_ONCE_S
        lat, lon = track.at(np.array([edge_s]))
        at = 0 if late else int(mine.sum())
        for name, values, edge in zip(_COLUMNS, columns, (edge_s, lat[0], lon[0], None, None), strict=True):
            kept = values[mine]
            value = kept[min(at, len(kept) - 1)] if edge is None else edge
            getattr(whole, name).append(np.insert(kept, at, value))
    return whole
