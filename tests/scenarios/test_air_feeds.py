"""Aircraft lost at the edge of a feed are none gone dark: a box, the horizon of each receiver, days of ducting, a receiver that ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.scenarios.air_feeds import ALPS, DELTA, DELTA_SITES, SWISS_BOX, boxed
from tests.scenarios.traffic import HOUR_US, START_US, context, run, seeded_silences
from tracker.detectors.silence import SilenceConfig, SilenceDetector
from tracker.events import Event, EventKind, EventState
from tracker.identity import craft_text
from tracker.positions import PositionBatch


def dark(rows: PositionBatch) -> list[Event]:
    events = {event.event_id: event for event in run(SilenceDetector(SilenceConfig(), context()), rows)}
    return [e for e in events.values() if e.kind == EventKind.DARK_PERIOD and e.state is not EventState.RETRACTED]


@pytest.mark.parametrize("seed", [1, 3])
def test_airliners_that_leave_a_box_and_come_back_hours_later_are_not_dark(seed: int) -> None:
    assert not dark(boxed(ALPS.rows(seed), *SWISS_BOX))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_airliners_beyond_the_horizon_of_one_receiver_are_not_dark(number: int) -> None:
    rows = DELTA.rows(2)
    assert not dark(rows.take(DELTA_SITES[number].hears(rows, number)))


def test_an_airliner_that_one_of_three_receivers_hears_is_not_dark() -> None:
    rows = DELTA.rows(1)
    heard = [site.hears(rows, number) for number, site in enumerate(DELTA_SITES)]
    first = np.where(heard[0], 0, np.where(heard[1], 1, 2)).astype(rows.source.dtype)
    assert not dark(replace(rows, source=first).take(heard[0] | heard[1] | heard[2]))


def test_an_airliner_silent_amid_what_one_receiver_hears_is_found() -> None:
    rows = replace(DELTA, craft=140).rows(1)
    near = rows.take(DELTA_SITES[1].hears(rows, 1))
    quiet, made = seeded_silences(near, 20, 1, (0.16, 0.42), 40, amid=3)
    late = {(craft_text(craft), begun_us) for craft, begun_us, _ in made if begun_us > START_US + 3 * HOUR_US}
    found = {(event.craft, event.start_us) for event in dark(quiet)}
    assert len(late) >= 4
    assert len(late & found) >= 0.8 * len(late)
    assert not found - {(craft_text(craft), begun_us) for craft, begun_us, _ in made}


@pytest.mark.slow
def test_a_silence_that_ends_in_a_message_without_a_place_waits_for_the_place() -> None:
    rows = replace(DELTA, craft=140).rows(1)
    near = rows.take(DELTA_SITES[1].hears(rows, 1))
    quiet, made = seeded_silences(near, 20, 1, (0.14, 0.2), 40, amid=3)
    back = quiet.take(np.isin(quiet.craft, [craft for craft, _, _ in made]))
    back = back.take(np.isin(back.time_us, [end_us for _, _, end_us in made]))
    nowhere = np.full(len(back), np.nan)
    first = replace(back, time_us=back.time_us - 1_000_000, lat_deg=nowhere, lon_deg=nowhere)
    plain = {(event.craft, event.start_us): event for event in dark(quiet)}
    waited = {
        (event.craft, event.start_us): event for event in dark(PositionBatch.concat([quiet, first]).in_time_order())
    }
    assert len(plain) >= 4
    assert waited.keys() == plain.keys()
    for key, event in waited.items():
        assert event.end_us == plain[key].end_us or event.end_us == plain[key].end_us - 1_000_000
        assert event.evidence["return_lat_deg"] == plain[key].evidence["return_lat_deg"]
