"""What every detector must hold (docs/architecture.md, "What must always hold"), checked for each in ``DETECTORS``.

Adding a detector to the table buys all of these tests; there is no list of exceptions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contracts import counts
from tests.contracts.fleet import MIN_US, context
from tests.contracts.joined import JOINED
from tests.contracts.scenes import DETAILS, Scene, scene
from tests.contracts.voyages import world
from tracker.detectors import DETECTORS, DetectorEntry
from tracker.detectors.base import Detector, Parts
from tracker.events import Event, EventKind, event_order
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_S

PAGES = Path(__file__).resolve().parents[2] / "docs" / "events"
GFW = [replace(entry, name=f"{entry.name}-gfw", config=lambda gfw=entry.gfw: gfw) for entry in DETECTORS if entry.gfw]
"""The same detectors with the thresholds of profile ``gfw``, some of which take ways of their own."""


def in_parts(entry: DetectorEntry) -> DetectorEntry:
    """The same detector, for which two reports in five seconds are a crowd."""

    def make(*given: Any) -> Detector:
        detector: Any = entry.make(*given)
        detector._buffer.parts = Parts(5 * US_PER_S, 2)
        return detector

    return replace(entry, name=f"{entry.name}-in-parts", make=make)


PARTS = [in_parts(entry) for entry in (*DETECTORS, *GFW) if entry.name in ("silence", "silence-gfw", "integrity")]
SINGLE = [*DETECTORS, *GFW, *PARTS]
ALL = [*SINGLE, JOINED]
ENTRIES = [pytest.param(entry, id=entry.name) for entry in ALL]
SINGLE_ENTRIES = [pytest.param(entry, id=entry.name) for entry in SINGLE]
"""Without what the timeline carries: that is no detector by itself, and is told by the timeline whom to forget."""


def scene_of(entry: DetectorEntry, turn_deg: float = 0.0) -> Scene:
    """What an entry is shown."""
    return scene(entry.name.removesuffix("-in-parts").removesuffix("-gfw"), turn_deg)


def build(entry: DetectorEntry, turn_deg: float = 0.0) -> Detector:
    """The detector of an entry, that has seen nothing yet, over the world turned."""
    around, shown = context(turn_deg), scene_of(entry, turn_deg)
    if shown.itineraries:
        around = replace(around, places=world(turn_deg))
    return entry.build(entry.config(), around, shown.itineraries)


def drive(
    detector: Detector,
    shown: Scene,
    marks: Sequence[int],
    cuts: int = 1,
    between: Callable[[Detector], Detector] | None = None,
) -> list[Event]:
    """Feed rows up to each mark in ``cuts`` pieces, advance to the mark; everything published, in order of publication."""
    rows, statics = shown.rows, shown.statics
    published: list[Event] = []
    start_p = start_s = 0
    previous = -(1 << 62)
    for mark in marks:
        stop_p = int(np.searchsorted(rows.time_us, mark, side="right"))
        stop_s = int(np.searchsorted(statics.time_us, mark, side="right"))
        found: list[Event] = []
        edges = np.linspace(start_p, stop_p, cuts + 1).astype(int)
        for k in range(cuts):
            some = statics.take(slice(start_s, stop_s)) if k == 0 else StaticBatch.empty()
            found += detector.process_batch(rows.take(slice(int(edges[k]), int(edges[k + 1]))), some)
        found += detector.advance_watermark(mark)
        for event in found:
            assert previous < event.known_us <= mark, "a revision is known between the last watermark and this one"
        published += sorted(found, key=event_order)
        start_p, start_s, previous = stop_p, stop_s, mark
        if between is not None:
            detector = between(detector)
    return published


def lines(events: Sequence[Event]) -> list[str]:
    return [event.to_json_line() for event in events]


def all_told(entry: DetectorEntry) -> list[Event]:
    """Everything that is told of the scene of an entry, given in one batch."""
    return drive(build(entry), scene_of(entry), [scene_of(entry).end_us])


class InOneBatch(dict[str, list[Event]]):
    """What each entry tells, worked out when first asked: who tries one detector waits for no other."""

    def __missing__(self, name: str) -> list[Event]:
        self[name] = all_told(next(entry for entry in ALL if entry.name == name))
        return self[name]


@pytest.fixture(scope="module")
def in_one_batch() -> dict[str, list[Event]]:
    return InOneBatch()


@pytest.mark.parametrize("entry", ENTRIES)
def test_cutting_the_rows_changes_no_event(entry: DetectorEntry, in_one_batch: dict[str, list[Event]]) -> None:
    shown = scene_of(entry)
    assert lines(drive(build(entry), shown, shown.marks_every(97), cuts=7)) == lines(in_one_batch[entry.name])


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_cadence_of_the_watermark_changes_no_event(
    entry: DetectorEntry, in_one_batch: dict[str, list[Event]]
) -> None:
    rng, shown = np.random.default_rng(4), scene_of(entry)
    uneven = sorted({*(int(t) for t in rng.choice(shown.rows.time_us, 200)), shown.end_us})
    assert lines(drive(build(entry), shown, uneven)) == lines(in_one_batch[entry.name])


@pytest.mark.parametrize("entry", ENTRIES)
def test_stopping_and_restoring_is_as_if_never_stopped(
    entry: DetectorEntry, in_one_batch: dict[str, list[Event]]
) -> None:
    def restart(detector: Detector) -> Detector:
        again = build(entry)
        again.restore(detector.snapshot())
        assert again.snapshot() == detector.snapshot()
        return again

    shown = scene_of(entry)
    told = drive(build(entry), shown, shown.marks_every(170), between=restart)
    assert lines(told) == lines(in_one_batch[entry.name])


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_second_run_publishes_the_same_bytes(entry: DetectorEntry, in_one_batch: dict[str, list[Event]]) -> None:
    again = drive(build(entry), scene_of(entry), [scene_of(entry).end_us])
    assert lines(again) == lines(in_one_batch[entry.name])


@pytest.mark.parametrize("turn_deg", [177.0, -123.4])
@pytest.mark.parametrize("entry", ENTRIES)
def test_turning_the_earth_changes_only_longitudes(
    entry: DetectorEntry, turn_deg: float, in_one_batch: dict[str, list[Event]]
) -> None:
    shown = scene_of(entry, turn_deg)
    turned = drive(build(entry, turn_deg), shown, [shown.end_us])

    def said(events: list[Event]) -> list[tuple[object, ...]]:
        """What no longitude goes into: a place that several craft give is named by its coordinate, so is its event."""
        return [
            (e.event_id if e.detail != "shared_place" else "", e.revision, e.state, e.kind, e.detail, e.cause, e.start_us, e.end_us)
            for e in events
        ]  # fmt: skip

    assert said(turned) == said(in_one_batch[entry.name])
    for there, here in zip(turned, in_one_batch[entry.name], strict=True):
        if np.isfinite(here.lon_deg):
            assert (there.lon_deg - here.lon_deg - turn_deg + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-4)
            assert there.lat_deg == pytest.approx(here.lat_deg, abs=1e-4)


@pytest.mark.parametrize("entry", ENTRIES)
def test_inputs_are_left_as_they_were(entry: DetectorEntry) -> None:
    shown = scene_of(entry)
    rows = shown.rows.with_columns(**{c.name: getattr(shown.rows, c.name).copy() for c in shown.rows.COLUMNS})
    statics = shown.statics.with_columns(**{c.name: getattr(shown.statics, c.name).copy() for c in StaticBatch.COLUMNS})
    for batch in (rows, statics):
        for column in batch.COLUMNS:
            getattr(batch, column.name).setflags(write=False)
    drive(build(entry), replace(shown, rows=rows, statics=statics), shown.marks_every(300))
    for given, batch in ((shown.rows, rows), (shown.statics, statics)):
        for column in batch.COLUMNS:
            np.testing.assert_array_equal(getattr(batch, column.name), getattr(given, column.name))


@pytest.mark.parametrize("entry", ENTRIES)
def test_revisions_count_up_and_ids_are_unique_to_a_story(
    entry: DetectorEntry, in_one_batch: dict[str, list[Event]]
) -> None:
    seen: dict[str, int] = {}
    for event in in_one_batch[entry.name]:
        assert event.kind in build(entry).kinds
        assert event.revision == seen.get(event.event_id, 0) + 1
        seen[event.event_id] = event.revision
        assert 0.0 <= event.confidence <= 1.0
        assert event.explanation.endswith(".")
        assert event.rule.thresholds
        assert event.end_us is None or event.end_us >= event.start_us


@pytest.mark.slow
@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in ALL if entry not in PARTS])
def test_state_is_a_function_of_craft_alive_not_of_rows_seen(entry: DetectorEntry) -> None:
    """The same scene played three times over, a month apart each: the state must not grow with it."""
    detector, shown = build(entry), scene_of(entry)
    sizes = []
    for lap in range(3):
        shift = lap * 30 * 24 * 60 * MIN_US
        rows = shown.rows.with_columns(time_us=shown.rows.time_us + shift, received_us=shown.rows.received_us + shift)
        statics = shown.statics.with_columns(
            time_us=shown.statics.time_us + shift, received_us=shown.statics.received_us + shift
        )
        detector.process_batch(rows, statics)
        detector.advance_watermark(shown.end_us + shift)
        detector.advance_watermark(shown.end_us + shift + 25 * 24 * 60 * MIN_US)
        sizes.append(len(detector.snapshot()))
    assert sizes[-1] <= 1.05 * sizes[1] + 500, sizes


@pytest.mark.parametrize("entry", ENTRIES)
def test_poles_and_missing_values_crash_nothing(entry: DetectorEntry) -> None:
    rng, shown = np.random.default_rng(5), scene_of(entry)
    n = 400
    lat = rng.choice([90.0, -90.0, 89.9999, 0.0, np.nan], n)
    rows = PositionBatch.of(
        np.sort(rng.integers(0, 10**11, n)) + shown.first_us, rng.choice(shown.rows.craft, n), lat,
        np.where(np.isnan(lat), np.nan, rng.choice([180.0, -180.0, 0.0, 179.9999], n)),
    ).in_time_order()  # fmt: skip
    drive(build(entry), Scene(rows, StaticBatch.empty(), shown.itineraries), [int(rows.time_us[-1])])


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in (*DETECTORS, JOINED)])
def test_every_detail_that_a_detector_may_tell_is_found(
    entry: DetectorEntry, in_one_batch: dict[str, list[Event]]
) -> None:
    told = Counter((str(event.kind), event.detail) for event in in_one_batch[entry.name])
    wanted = {(kind, detail) for kind, details in DETAILS[entry.name].items() for detail in details}
    print({f"{kind} {detail}": count for (kind, detail), count in sorted(told.items())})
    assert wanted - set(told) == set(), "promises kept where nothing is found are kept by nobody"
    if entry is not JOINED:
        assert set(told) - wanted == set(), "a detail that tests/contracts/scenes.py does not know"


def test_the_page_of_tests_says_what_was_found(in_one_batch: dict[str, list[Event]]) -> None:
    page = counts.PAGE.read_text(encoding="utf-8")
    assert page == counts.with_table(page, counts.table(in_one_batch)), "run python -m tests.contracts.counts"


def test_the_details_of_all_detectors_and_kinds_are_known() -> None:
    assert set(DETAILS) == {entry.name for entry in (*DETECTORS, JOINED)}
    kinds = {str(kind) for entry in DETECTORS for kind in entry.build(entry.config(), context()).kinds}
    assert {kind for details in DETAILS.values() for kind in details} == kinds == {str(kind) for kind in EventKind}


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in GFW])
def test_the_other_profile_finds_something_too(entry: DetectorEntry, in_one_batch: dict[str, list[Event]]) -> None:
    assert in_one_batch[entry.name]


@pytest.mark.parametrize("kind", sorted({kind for details in DETAILS.values() for kind in details}))
def test_every_detail_in_the_table_of_a_page_is_one_that_is_told(kind: str) -> None:
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    written = {
        detail
        for table in re.findall(r"^\| detail \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", page, re.MULTILINE)
        for detail in re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    }
    told = frozenset().union(*(details.get(kind, frozenset()) for details in DETAILS.values()))
    assert written <= told
    assert all(f"`{detail}`" in page for detail in told), "a page that does not tell a detail"
