"""What every detector must hold when memory is short (``Detector.forget``), checked for each in ``DETECTORS``, and for the timeline that tells them.

Adding a detector to the table buys these tests; there is no list of exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest

from streams.snapshot import table_bytes
from tests.contracts.fleet import MIN_US, context, fleet
from tests.contracts.scenes import Scene, scene
from tests.contracts.test_detectors import SINGLE_ENTRIES, build, drive, lines, scene_of
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.detectors import DETECTORS, DetectorEntry
from tracker.detectors.encounter import EncounterConfig, OneSided
from tracker.engine.feeds import Feeds
from tracker.engine.timeline import Timeline
from tracker.events import Event, EventState, event_order
from tracker.geography.places import WorldPlaces
from tracker.identity import CRAFT_MASK, craft_text, icao24_craft, mmsi_craft
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.tracks.builder import TrackBuilder
from tracker.tracks.register import OVER_BUDGET, CraftRegister, RegisterConfig
from tracker.voyages.port_calls import PortCallConfig, PortCalls

ROWS, STATICS = fleet()
WHOLE = Scene(ROWS, STATICS)
FIRST_US, END_US = int(ROWS.time_us[0]), int(ROWS.time_us[-1])
EVERYBODY = np.unique(ROWS.craft)


def named_in(snapshot: bytes, craft: Iterable[int]) -> set[int]:
    """Craft of which a snapshot still holds something, as a number or in a text."""
    keys = np.array(sorted(craft), dtype=np.int64)
    texts = {craft_text(key).encode(): key for key in keys.tolist()}
    found: set[int] = set()
    for table in tables_of(snapshot):
        for column in table.columns:
            flat = column.combine_chunks()
            while pa.types.is_fixed_size_list(flat.type) or pa.types.is_list(flat.type):
                flat = flat.flatten()
            if pa.types.is_integer(flat.type):
                values = flat.drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
                found |= set(keys[np.isin(keys, values & CRAFT_MASK)].tolist())
            elif pa.types.is_binary(flat.type) or pa.types.is_string(flat.type):
                for value in filter(None, flat.to_pylist()):
                    raw = value if isinstance(value, bytes) else value.encode()
                    found |= {texts[name] for name in re.findall(rb"(?:mmsi|icao24):[0-9a-f~]+", raw) if name in texts}
    return found


def tables_of(data: bytes) -> Iterator[pa.Table]:
    """All tables of a snapshot, and of the snapshots in it."""
    try:
        table = pa.ipc.open_stream(data).read_all()
    except (pa.ArrowInvalid, OSError):
        return
    yield table
    for column in table.columns:
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            for value in column.to_pylist():
                yield from tables_of(value)


OF_AREAS = ("degraded_navigation", "mass_displacement", "repeated_reports", "queue")
"""Events of an area or a feed name craft, but stand by themselves: they end when the area does."""


def strangers_in(shown: Scene) -> np.ndarray:
    """All craft of a scene but those that its papers name by number: they are never forgotten (``tracker.tracks.register``)."""
    conveyances = [one.conveyance for one in shown.itineraries]
    numbers = [int(mmsi_craft(one.mmsi)) for one in conveyances if one.mmsi is not None]
    numbers += [int(icao24_craft(one.icao24)) for one in conveyances if one.icao24 is not None]
    return np.setdiff1d(np.unique(shown.rows.craft), numbers)


def named_of(events: Iterable[Event]) -> set[str]:
    """Texts of the craft that some events name."""
    return {name for event in events for name in re.findall(r"(?:mmsi|icao24):[0-9a-f~]+", event.to_json_line())}


@pytest.mark.parametrize("entry", SINGLE_ENTRIES)
def test_who_is_forgotten_leaves_nothing_behind(entry: DetectorEntry) -> None:
    """In the middle of everything, all are forgotten: nothing of them is kept, and nothing told of them stays open."""
    shown = scene_of(entry)
    gone = strangers_in(shown)
    names = {craft_text(key) for key in gone.tolist()}
    before: set[int] = set()
    for part in (0.09, 0.3, 0.56, 0.8):
        at_us = shown.first_us + int(part * (shown.end_us - shown.first_us))
        detector = build(entry)
        told = drive(detector, shown, [*(mark for mark in shown.marks_every(97) if mark < at_us), at_us])
        before |= named_in(detector.snapshot(), gone.tolist())
        last = detector.forget(gone, at_us)
        standing = {event.event_id: event for event in (*told, *last)}
        of_areas = named_of(event for event in standing.values() if event.detail in OF_AREAS)
        kept = {craft_text(key) for key in named_in(detector.snapshot(), gone.tolist())}
        assert kept <= of_areas, "of whom something is kept"
        for event in standing.values():
            assert event.state is not EventState.OPEN or event.craft not in names or event.detail in OF_AREAS, event
        for event in last:
            assert event.known_us == at_us
            assert event.explanation.endswith(".")
    assert before, "there was something to forget"


@pytest.mark.parametrize("entry", SINGLE_ENTRIES)
def test_who_was_forgotten_and_comes_back_is_new(entry: DetectorEntry) -> None:
    """All forgotten in the middle of the scene, the rest goes on, is restored on the way, and revisions count up."""
    detector, shown = build(entry), scene_of(entry)
    marks = shown.marks_every(97)
    half = len(marks) // 2
    told = drive(detector, shown, marks[:half])
    told += detector.forget(strangers_in(shown), marks[half - 1])
    again = build(entry)
    again.restore(detector.snapshot())
    assert again.snapshot() == detector.snapshot()
    rest = Scene(
        shown.rows.take(shown.rows.time_us > marks[half - 1]),
        shown.statics.take(shown.statics.time_us > marks[half - 1]),
    )
    further = drive(detector, rest, marks[half:])
    assert lines(drive(again, rest, marks[half:], cuts=3)) == lines(further)
    seen: dict[str, int] = {}
    for event in (*told, *further):
        assert event.revision == seen.get(event.event_id, 0) + 1
        seen[event.event_id] = event.revision


def test_who_is_forgotten_meets_nobody_afterwards() -> None:
    """Waits, silences and meetings that one-sided encounters are made of go with the craft."""
    shown, one_sided = scene("joined"), OneSided(EncounterConfig())
    detectors = [build(entry) for entry in DETECTORS if entry.name in ("silence", "loitering", "encounter")]
    told = [event for detector in detectors for event in drive(detector, shown, [shown.end_us])]
    one_sided.extend(sorted(told, key=event_order))
    everybody = np.unique(shown.rows.craft)
    assert named_in(table_bytes(one_sided.table()), everybody.tolist())
    one_sided.forget(everybody)
    assert not named_in(table_bytes(one_sided.table()), everybody.tolist())
    assert not len(one_sided)


def strangers(count: int, seed: int = 6) -> PositionBatch:
    """Invented ships of one to three reports each, over the whole time of the fleet, in another sea."""
    rng = np.random.default_rng(seed)
    craft = np.repeat(mmsi_craft(538_000_000 + np.arange(count)), rng.integers(1, 4, count))
    n = len(craft)
    first_us = np.repeat(rng.integers(FIRST_US, END_US, count), np.unique(craft, return_counts=True)[1])
    time_us = first_us + rng.integers(0, 3 * MIN_US, n)
    rows = PositionBatch.of(
        time_us, craft, rng.uniform(-40.0, -20.0, n), rng.uniform(60.0, 90.0, n), speed_kn=rng.uniform(0.0, 20.0, n),
        course_deg=rng.uniform(0.0, 360.0, n), message_type=1, source=1, fingerprint=rng.integers(1, 1 << 60, n),
    )  # fmt: skip
    return rows.take(rows.time_us <= END_US)


PLACES = WorldPlaces()


def timeline(most_craft: int) -> Timeline:
    """A timeline with every detector over the fleet's world."""
    detectors = {entry.name: entry.build(entry.config(), context()) for entry in DETECTORS}
    return Timeline(
        TrackBuilder(), detectors, CargoLinker(CargoBook()), PortCalls(PortCallConfig(), PLACES), OneSided(EncounterConfig()),
        Feeds(["air", "sea"]), register=CraftRegister(RegisterConfig(most_craft=most_craft)),
    )  # fmt: skip


def run(
    one: Timeline,
    rows: PositionBatch,
    statics: StaticBatch,
    marks: Sequence[int],
    restart_at: int | None = None,
    budget: int = 0,
) -> tuple[list[Event], np.ndarray, Timeline]:
    """Drive a timeline; what it told, the fate of every row, and the timeline at the end."""
    told: list[Event] = []
    fates = []
    previous_us = -(1 << 62)
    for k, mark in enumerate(marks):
        given = one.advance(
            rows.take((rows.time_us > previous_us) & (rows.time_us <= mark)),
            statics.take((statics.time_us > previous_us) & (statics.time_us <= mark)), mark,
        )  # fmt: skip
        told += given.events
        fates.append(given.fate)
        previous_us = mark
        if k == restart_at:
            again = timeline(budget)
            again.restore(one.snapshot())
            assert again.snapshot() == one.snapshot()
            one = again
    return told, np.concatenate(fates), one


FLOODED = PositionBatch.concat([ROWS, strangers(3000)]).in_time_order()
BUDGET = 400


def test_the_fleet_is_judged_as_before_while_strangers_by_the_thousand_come_and_go() -> None:
    alone, _, _ = run(timeline(100_000), ROWS, STATICS, [END_US])
    told, fate, one = run(timeline(BUDGET), FLOODED, STATICS, [END_US])
    fleet_names = {craft_text(key) for key in EVERYBODY.tolist()} | {f"source:source-{k}" for k in range(1)}
    ours = [event for event in told if event.craft in fleet_names]
    assert lines(ours) == lines(alone)
    away = FLOODED.craft[fate == OVER_BUDGET]
    assert len(away) and not np.isin(away, EVERYBODY).any()
    assert len(one.register) <= BUDGET
    assert one.register.forgotten > 100
    standing = {event.event_id: event for event in told}
    kept = set(one.register.admitted().tolist())
    for event in standing.values():
        if event.state is EventState.OPEN and event.craft not in fleet_names and event.craft.startswith("mmsi"):
            assert int(mmsi_craft(int(event.craft[5:]))) in kept, "open, and nobody is left to close it"


@pytest.mark.slow
def test_neither_cuts_nor_restarts_change_who_is_forgotten() -> None:
    whole, fate, one = run(timeline(BUDGET), FLOODED, STATICS, [END_US])
    rng = np.random.default_rng(8)
    for count, restart_at in ((37, 11), (160, 80)):
        marks = sorted({*rng.integers(FIRST_US, END_US, count).tolist(), END_US})
        again, same_fate, other = run(timeline(BUDGET), FLOODED, STATICS, marks, restart_at, BUDGET)
        assert lines(again) == lines(whole)
        np.testing.assert_array_equal(same_fate, fate)
        assert other.register.snapshot() == one.register.snapshot()


def test_forgotten_strangers_leave_nothing_in_any_part() -> None:
    _, _, one = run(timeline(BUDGET), FLOODED, STATICS, WHOLE.marks_every(97))
    invented = np.unique(FLOODED.craft[FLOODED.craft >= mmsi_craft(538_000_000)])
    invented = invented[invented < mmsi_craft(539_000_000)]
    gone = set(invented.tolist()) - set(one.register.admitted().tolist())
    assert len(gone) > 2000
    for name, later in one.capture().items():
        if name != "register":
            assert not named_in(later(), gone), name
