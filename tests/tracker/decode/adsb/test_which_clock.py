"""What stamps a recording: GPS clocks are known by their bits, and no counter is taken for one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.naive import adsb_encode as enc
from tracker.decode.adsb import AvrDecoder, BeastDecoder
from tracker.decode.adsb.clock import ReceiverClock
from tracker.decode.adsb.stream import FrameStream, settled_clock
from tracker.decode.adsb.which_clock import WhichClock
from tracker.decode.input_times import InputTimes
from tracker.decode.rejects import RejectCause

DAY_US = 86_400_000_000
DATE_US = 20_000 * DAY_US
FRAME = enc.all_call(0x4CA216)


def gps(times_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Stamps of a GPS clock."""
    of_day = times_us % DAY_US
    return (of_day // 1_000_000) << 30 | (of_day % 1_000_000) * 1_000


def counter(times_us: NDArray[np.int64], start: int) -> NDArray[np.int64]:
    """Stamps of a 12 MHz counter."""
    return (start + (times_us - times_us[0]) * 12) & ((1 << 48) - 1)


def traffic(rng: np.random.Generator, per_s: float, seconds: float) -> NDArray[np.int64]:
    count = max(int(per_s * seconds), 2)
    return DATE_US + np.sort(rng.integers(0, int(seconds * 1e6), count))


def settled(stamps: NDArray[np.int64]) -> str:
    judge = WhichClock()
    for some in np.array_split(stamps, 7):
        judge.weigh(some, None)
    return judge.name


@pytest.mark.parametrize(
    ("per_s", "seconds"), [(2_000.0, 10.0), (100.0, 30.0), (10.0, 200.0), (1.0, 400.0), (0.05, 20_000.0)]
)
def test_a_gps_clock_is_known_at_every_rate(per_s: float, seconds: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        times_us = traffic(rng, per_s, seconds) + int(rng.integers(0, DAY_US))
        assert settled(gps(times_us)) == "gps"


@pytest.mark.parametrize(
    ("per_s", "seconds"),
    [
        (2_000.0, 10.0),
        (2_000.0, 100.0),
        (100.0, 600.0),
        (10.0, 3_000.0),
        (1.0, 3_000.0),
        (0.05, 50_000.0),
        (0.002, 90_000.0),
    ],
)
def test_a_counter_is_never_taken_for_a_gps_clock(per_s: float, seconds: float) -> None:
    rng = np.random.default_rng(2)
    for _ in range(30):
        start = int(rng.integers(0, 1 << 48)) if rng.random() < 0.5 else int(rng.integers(0, 1 << 40))
        times_us = traffic(rng, per_s, seconds)
        assert settled(counter(times_us, start)) != "gps"
        pauses = np.cumsum(np.where(rng.random(len(times_us)) < 0.001, rng.integers(0, 600_000_000, len(times_us)), 0))
        assert settled(counter(times_us + pauses, start)) != "gps", "with pauses"
        other = counter(times_us, int(rng.integers(0, 1 << 46)))
        mixed = np.where(rng.random(len(times_us)) < 0.5, other, counter(times_us, start))
        assert settled(mixed) != "gps", "two receivers in one stream"


def test_a_damaged_stamp_in_hundreds_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    stamps = gps(traffic(rng, 100.0, 60.0))
    stamps[::400] = rng.integers(0, 1 << 48, len(stamps[::400]))
    assert settled(stamps) == "gps"


def beast(stamps: NDArray[np.int64], frame: bytes = FRAME) -> bytes:
    return b"".join(enc.beast(frame, int(stamp)) for stamp in stamps)


def status(first: int, third: int, stamp: int) -> bytes:
    """A status message of a Radarcape (type 4)."""
    body = stamp.to_bytes(6, "big") + b"\0" + bytes([first, 1, third, *([0] * 11)])
    return b"\x1a4" + body.replace(b"\x1a", b"\x1a\x1a")


def every_form() -> Iterator[tuple[type[FrameStream], bytes]]:
    stamps = gps(DATE_US + 80_000_000_000 + np.arange(3_000, dtype=np.int64) * 3_333_333)
    yield BeastDecoder, beast(stamps)
    yield AvrDecoder, b"".join(b"@%012x%s;\n" % (int(stamp), FRAME.hex().encode()) for stamp in stamps)


@pytest.mark.parametrize(("form", "data"), list(every_form()), ids=["beast", "avr"])
def test_a_recording_over_midnight_keeps_its_span(form: type[FrameStream], data: bytes) -> None:
    assert settled_clock(form(0), [data[:1_001], data[1_001:]]) == "gps"
    said = InputTimes(undated_us=DATE_US, beast_clock="gps")
    for size in (len(data), 997):
        decoder = form(0, times=said)
        times = np.concatenate(
            [decoder.decode(data[at : at + size]).positions.time_us for at in range(0, len(data), size)]
        )
        assert times[0] == DATE_US + 80_000_000_000, "the date is the one that was written"
        assert times[-1] - times[0] == 2_999 * 3_333_333


def test_a_date_with_a_time_of_day_takes_the_nearest_day() -> None:
    early = np.array([23 * 3_600 << 30], np.int64)
    for start_us, day in ((DATE_US, 0), (DATE_US + 60_000_000, -1), (DATE_US + 22 * 3_600_000_000, 0)):
        clock = ReceiverClock(start_us, "gps")
        got = clock.times(early, np.zeros(1, np.int64), None)
        assert got[0] == DATE_US + day * DAY_US + 23 * 3_600_000_000


def test_one_damaged_stamp_moves_no_day() -> None:
    hours = np.array([1, 1, 14, 1, 1], np.int64)
    clock = ReceiverClock(DATE_US, "gps")
    got = clock.times(hours * 3_600 << 30, np.zeros(5, np.int64), None)
    assert ((got - DATE_US) // 3_600_000_000).tolist() == [1, 1, 1, 1, 1]
    silence = ReceiverClock(DATE_US, "gps").times(
        np.array([1, 9, 9], np.int64) * 3_600 << 30, np.zeros(3, np.int64), None
    )
    assert ((silence - DATE_US) // 3_600_000_000).tolist() == [1, 1, 9], "believed when the next one agrees"


def test_a_status_message_says_it_at_once() -> None:
    stamps = gps(DATE_US + 3_600_000_000 + np.arange(5, dtype=np.int64) * 100_000)
    assert settled_clock(BeastDecoder(0), [status(0x35, 0xFF, int(stamps[0])) + beast(stamps)]) == "gps"
    assert settled_clock(BeastDecoder(0), [status(0x25, 0xFF, int(stamps[0])) + beast(stamps)]) == "12mhz"
    old = BeastDecoder(0, times=InputTimes(undated_us=DATE_US, beast_clock="gps"))
    rows = old.decode(status(0x35, 0x7F, int(stamps[0])) + beast(stamps)).positions
    assert rows.time_us[0] == DATE_US + 3_599_000_000, "older firmware is a second ahead of UTC"


@pytest.mark.parametrize("clock", ["gps", "12mhz"])
def test_live_the_pace_settles_it(clock: str) -> None:
    rng = np.random.default_rng(5)
    times_us = traffic(rng, 50.0, 30.0) + 40_000_000_000
    stamps = gps(times_us) if clock == "gps" else counter(times_us, 77 << 30)
    decoder = BeastDecoder(0)
    worst_us = 0
    for at in range(0, len(stamps), 25):
        received_us = int(times_us[min(at + 24, len(times_us) - 1)]) + 20_000
        rows = decoder.decode(beast(stamps[at : at + 25]), received_us=received_us).positions
        if at > 250:
            worst_us = max(worst_us, int(np.abs(rows.time_us - times_us[at : at + 25]).max()))
    assert worst_us < 100_000
    again = BeastDecoder(0)
    again.restore(decoder.snapshot())
    assert again._clock.which.name == clock


def test_without_a_date_every_frame_is_refused() -> None:
    decoder = BeastDecoder(0)
    decoder.decode(beast(gps(DATE_US + np.arange(30, dtype=np.int64) * 1_000_000)))
    decoder.flush()
    assert decoder.counts.rejects.counts == {RejectCause.NO_TIME: 30}
    assert decoder.counts.units_in == 30
