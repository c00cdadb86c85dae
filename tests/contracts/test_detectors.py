"""What every detector must hold (docs/architecture.md, "What must always hold"), checked for each in ``DETECTORS``.

Adding a detector to the table buys all of these tests; there is no list of exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.contracts.fleet import MIN_US, context, fleet
from tracker.detectors import DETECTORS, DetectorEntry
from tracker.detectors.base import Parts
from tracker.events import Event, event_order
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_S

GFW = [replace(entry, name=f"{entry.name}-gfw", config=lambda gfw=entry.gfw: gfw) for entry in DETECTORS if entry.gfw]
"""The same detectors with the thresholds of profile ``gfw``, some of which take ways of their own."""


def in_parts(entry: DetectorEntry) -> DetectorEntry:
    """The same detector, for which two reports in five seconds are a crowd."""

    def make(*given):  # type: ignore[no-untyped-def]
        detector = entry.make(*given)
        detector._buffer.parts = Parts(5 * US_PER_S, 2)
        return detector

    return replace(entry, name=f"{entry.name}-in-parts", make=make)


PARTS = [in_parts(entry) for entry in (*DETECTORS, *GFW) if entry.name in ("silence", "silence-gfw", "integrity")]
ALL = [*DETECTORS, *GFW, *PARTS]
ENTRIES = [pytest.param(entry, id=entry.name) for entry in ALL]
ROWS, STATICS = fleet()
END_US = int(ROWS.time_us[-1])


def build(entry: DetectorEntry, turn_deg: float = 0.0):  # type: ignore[no-untyped-def]
    return entry.build(entry.config(), context(turn_deg))


def drive(
    detector,
    rows: PositionBatch,
    statics: StaticBatch,
    marks: Sequence[int],
    cuts: int = 1,  # type: ignore[no-untyped-def]
    between: Callable[[object], object] | None = None,
) -> list[Event]:
    """Feed rows up to each mark in ``cuts`` pieces, advance to the mark; everything published, in order of publication."""
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


def marks_every(minutes: float) -> list[int]:
    first = int(ROWS.time_us[0])
    marks = list(range(first, END_US, int(minutes * MIN_US)))
    return [*marks, END_US]


def lines(events: Sequence[Event]) -> list[str]:
    return [event.to_json_line() for event in events]


@pytest.fixture(scope="module")
def in_one_batch() -> dict[str, list[Event]]:
    return {entry.name: drive(build(entry), ROWS, STATICS, [END_US]) for entry in ALL}


@pytest.mark.parametrize("entry", ENTRIES)
def test_cutting_the_rows_changes_no_event(entry: DetectorEntry, in_one_batch: dict[str, list[Event]]) -> None:
    assert lines(drive(build(entry), ROWS, STATICS, marks_every(97), cuts=7)) == lines(in_one_batch[entry.name])


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_cadence_of_the_watermark_changes_no_event(
    entry: DetectorEntry, in_one_batch: dict[str, list[Event]]
) -> None:
    rng = np.random.default_rng(4)
    uneven = sorted({*(int(t) for t in rng.choice(ROWS.time_us, 200)), END_US})
    assert lines(drive(build(entry), ROWS, STATICS, uneven)) == lines(in_one_batch[entry.name])


@pytest.mark.parametrize("entry", ENTRIES)
def test_stopping_and_restoring_is_as_if_never_stopped(
    entry: DetectorEntry, in_one_batch: dict[str, list[Event]]
) -> None:
    def restart(detector):  # type: ignore[no-untyped-def]
        again = build(entry)
        again.restore(detector.snapshot())
        assert again.snapshot() == detector.snapshot()
        return again

    assert lines(drive(build(entry), ROWS, STATICS, marks_every(170), between=restart)) == lines(
        in_one_batch[entry.name]
    )


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_second_run_publishes_the_same_bytes(entry: DetectorEntry, in_one_batch: dict[str, list[Event]]) -> None:
    assert lines(drive(build(entry), ROWS, STATICS, [END_US])) == lines(in_one_batch[entry.name])


@pytest.mark.parametrize("turn_deg", [177.0, -123.4])
@pytest.mark.parametrize("entry", ENTRIES)
def test_turning_the_earth_changes_only_longitudes(
    entry: DetectorEntry, turn_deg: float, in_one_batch: dict[str, list[Event]]
) -> None:
    rows, statics = fleet(turn_deg)
    turned = drive(build(entry, turn_deg), rows, statics, [END_US])
    assert [(e.event_id, e.revision, e.state, e.kind, e.detail, e.cause, e.start_us, e.end_us) for e in turned] == [
        (e.event_id, e.revision, e.state, e.kind, e.detail, e.cause, e.start_us, e.end_us)
        for e in in_one_batch[entry.name]
    ]
    for there, here in zip(turned, in_one_batch[entry.name], strict=True):
        if np.isfinite(here.lon_deg):
            assert (there.lon_deg - here.lon_deg - turn_deg + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-4)
            assert there.lat_deg == pytest.approx(here.lat_deg, abs=1e-4)


@pytest.mark.parametrize("entry", ENTRIES)
def test_inputs_are_left_as_they_were(entry: DetectorEntry) -> None:
    rows = ROWS.take(slice(None)).with_columns(**{c.name: getattr(ROWS, c.name).copy() for c in ROWS.COLUMNS})
    for column in rows.COLUMNS:
        getattr(rows, column.name).setflags(write=False)
    drive(build(entry), rows, STATICS, marks_every(300))
    for column in rows.COLUMNS:
        np.testing.assert_array_equal(getattr(rows, column.name), getattr(ROWS, column.name))


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
@pytest.mark.parametrize("entry", ENTRIES)
def test_state_is_a_function_of_craft_alive_not_of_rows_seen(entry: DetectorEntry) -> None:
    """The same fleet played five times over, a month apart each: the state must not grow with it."""
    detector = build(entry)
    sizes = []
    for lap in range(5):
        shift = lap * 30 * 24 * 60 * MIN_US
        rows = ROWS.with_columns(time_us=ROWS.time_us + shift, received_us=ROWS.received_us + shift)
        for mark in (END_US + shift, END_US + shift + 29 * 24 * 60 * MIN_US):
            detector.process_batch(rows if mark == END_US + shift else PositionBatch.empty(), StaticBatch.empty())
            detector.advance_watermark(mark)
        sizes.append(len(detector.snapshot()))
    assert sizes[-1] <= 1.2 * sizes[1] + 2000


@pytest.mark.parametrize("entry", ENTRIES)
def test_poles_and_missing_values_crash_nothing(entry: DetectorEntry) -> None:
    rng = np.random.default_rng(5)
    n = 400
    lat = rng.choice([90.0, -90.0, 89.9999, 0.0, np.nan], n)
    rows = PositionBatch.of(
        np.sort(rng.integers(0, 10**11, n)) + int(ROWS.time_us[0]), rng.choice(ROWS.craft, n), lat,
        np.where(np.isnan(lat), np.nan, rng.choice([180.0, -180.0, 0.0, 179.9999], n)),
    )  # fmt: skip
    drive(build(entry), rows.in_time_order(), StaticBatch.empty(), [int(rows.time_us[-1])])


def test_the_fleet_gives_every_detector_something_to_find(in_one_batch: dict[str, list[Event]]) -> None:
    kinds = {str(event.kind) for events in in_one_batch.values() for event in events}
    assert {"gap", "dark_period", "loitering", "encounter", "circling", "off_aerodrome_landing", "integrity"} <= kinds
    details = {event.detail for event in in_one_batch["circling"]}
    assert {"orbit", "holding", "survey"} <= details
    lies = {event.detail for event in in_one_batch["integrity"]}
    assert lies == {"frozen_position", "circle_pattern", "shared_identity", "identity_change", "emergency"}
