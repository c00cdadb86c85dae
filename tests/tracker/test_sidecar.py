"""What is said of the times of recordings: on the command line, in sidecars; a wrong word ends in one sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from streams.files import Stored
from tests.naive import adsb_encode as enc
from tracker.decode.rejects import RejectCause
from tracker.errors import InputError
from tracker.inputs import open_input
from tracker.inputs.sidecar import TimesSaid
from tracker.positions import PositionBatch

MARCH_US = 1_772_323_200_000_000


def recording(folder: Path, **sidecar: str) -> Path:
    path = folder / "adsb.beast"
    path.write_bytes(b"".join(enc.beast(enc.all_call(0x4CA216), 12_000_000 * second) for second in range(1, 9)))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    if sidecar:
        (folder / "adsb.beast.json").write_text(json.dumps(sidecar))
    return path


def times_of(path: Path, said: TimesSaid) -> tuple[list[int], dict[RejectCause, int]]:
    one = open_input(path, 0, said)
    rows = PositionBatch.concat([block.positions for block in one.decoded(1 << 16)])
    return rows.time_us.tolist(), dict(one.counts.rejects.counts)


def test_nobody_asks_the_file_for_its_age(tmp_path: Path) -> None:
    assert times_of(recording(tmp_path), TimesSaid()) == ([], {RejectCause.NO_TIME: 8})
    assert times_of(recording(tmp_path), TimesSaid(undated="mtime"))[0][0] == 1_700_000_000_000_000


def test_what_comes_through_a_pipe_has_no_time_of_its_own(tmp_path: Path) -> None:
    kept = Stored(recording(tmp_path), "stdin", packing="zstd")
    with pytest.raises(InputError, match="no time of its own"):
        TimesSaid(undated="mtime").of(kept)
    member = Stored(tmp_path / "unpacked for us", f"{tmp_path}/adsb.beast!inside.beast")
    assert TimesSaid(undated="mtime").of(member).undated_us == 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("said", "sidecar", "first_us"),
    [
        (TimesSaid(undated="2026-03-01T00:00:00Z"), {}, MARCH_US),
        (TimesSaid(undated="2026-03-01"), {}, MARCH_US),
        (TimesSaid(undated="1772323200"), {}, MARCH_US),
        (TimesSaid(undated="2026-03-01 01:00", zone="Europe/Paris"), {}, MARCH_US),
        (TimesSaid(), {"start_time": "2026-03-01T00:00:00Z"}, MARCH_US),
        (TimesSaid(), {"start_time": "2026-03-01T01:00:00", "zone": "Europe/Paris"}, MARCH_US),
        (TimesSaid(zone="Europe/Paris"), {"start_time": "2026-03-01T01:00:00"}, MARCH_US),
        (TimesSaid(undated="mtime"), {"start_time": "2026-03-01T00:00:00Z"}, MARCH_US),
        (TimesSaid(undated="2025-01-01"), {"start_time": "2026-03-01T00:00:00Z", "clock": "12mhz"}, MARCH_US),
        (TimesSaid(undated="2026-03-01T00:00:00Z"), {"zone": "+05:30"}, MARCH_US),
    ],
)
def test_what_is_said_of_one_file_goes_before_what_is_said_of_all(
    tmp_path: Path, said: TimesSaid, sidecar: dict[str, str], first_us: int
) -> None:
    times, rejects = times_of(recording(tmp_path, **sidecar), said)
    assert times[0] == first_us
    assert times[-1] - times[0] == 7_000_000
    assert not rejects


@pytest.mark.parametrize(
    ("words", "where", "mend"),
    [
        ({"undated": "mtim"}, "--undated", "did you mean mtime"),
        ({"undated": "yesterday"}, "--undated", "2026-03-01T00:00:00Z"),
        ({"undated": "01/02/2026 12:00"}, "--undated", "two ways"),
        ({"undated": "2026-10-25 02:30", "zone": "Europe/Paris"}, "--undated", "two ways"),
        ({"date_order": "ymd"}, "--date-order", "dmy"),
        ({"zone": "Pariss"}, "--zone", "Europe/Paris"),
        ({"clock": "gsp"}, "--clock", "gps"),
        ({"receiver": "153.63,9.99"}, "--receiver", "latitude comes first"),
        ({"receiver": "Hamburg"}, "--receiver", "53.63,9.99"),
    ],
)
def test_a_wrong_word_names_the_option_and_the_right_one(words: dict[str, str], where: str, mend: str) -> None:
    with pytest.raises(InputError, match=where) as told:
        TimesSaid(**words)
    assert mend in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("[]", "start_time"),
        ("{}", "start_time"),
        ("not JSON", "start_time"),
        ('{"start": "2026-03-01"}', "start_time"),
        ('{"start_time": 5}', "no text"),
        ('{"zone": "Pariss"}', "Europe/Paris"),
        ('{"start_time": "soon"}', "is no time"),
        ('{"receiver": "here"}', "53.63,9.99"),
    ],
)
def test_a_wrong_sidecar_is_named(tmp_path: Path, text: str, mend: str) -> None:
    path = recording(tmp_path, zone="UTC")
    (tmp_path / "adsb.beast.json").write_text(text)
    with pytest.raises(InputError, match=r"adsb\.beast") as told:
        TimesSaid().of(Stored.at(path))
    assert mend in str(told.value)


def table(folder: Path, *dates: str) -> Path:
    path = folder / "positions.csv"
    rows = "".join(f"219000001,{date},55.0,{3 + number / 100}\n" for number, date in enumerate(dates))
    path.write_text(f"mmsi,timestamp,lat,lon\n{rows}")
    return path


@pytest.mark.parametrize("shown_first", [True, False])
def test_one_date_of_a_file_proves_the_order_of_all(tmp_path: Path, shown_first: bool) -> None:
    dates = ["01/03/2026 12:00:00", "02/03/2026 12:00:00", "13/03/2026 12:00:00"]
    path = table(tmp_path, *(dates[::-1] if shown_first else dates))
    one = open_input(path, 0)
    from streams.frontier import FrontierConfig

    one.measured_frontier(FrontierConfig(lateness_us=1), 1 << 10)
    rows = PositionBatch.concat([block.positions for block in one.decoded(1 << 10)])
    assert sorted(rows.time_us.tolist()) == [MARCH_US + (day * 24 + 12) * 3_600_000_000 for day in (0, 1, 12)]
    assert not one.counts.rejects.total


def test_dates_without_proof_or_with_two_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "01/03/2026 12:00:00", "02/03/2026 12:00:00")
    assert times_of(path, TimesSaid()) == ([], {RejectCause.AMBIGUOUS_DATE: 2})
    assert times_of(path, TimesSaid(date_order="dmy"))[0][0] == MARCH_US + 12 * 3_600_000_000
    both = table(tmp_path, "01/03/2026 12:00:00", "13/03/2026 12:00:00", "03/13/2026 12:00:00")
    one = open_input(both, 0)
    from streams.frontier import FrontierConfig

    one.measured_frontier(FrontierConfig(lateness_us=1), 1 << 10)
    assert len(PositionBatch.concat([block.positions for block in one.decoded(1 << 10)])) == 2
    assert one.counts.rejects.counts == {RejectCause.AMBIGUOUS_DATE: 1}


def test_rows_without_a_time_are_told_from_unreadable_ones(tmp_path: Path) -> None:
    path = table(tmp_path, "2026-03-01 00:00:00", "", "n/a", "soon")
    times, rejects = times_of(path, TimesSaid())
    assert (times, rejects) == ([MARCH_US], {RejectCause.NO_TIME: 2, RejectCause.BAD_TIME: 1})
    times, rejects = times_of(path, TimesSaid(undated="2026-03-02"))
    assert len(times) == 3
    assert rejects == {RejectCause.BAD_TIME: 1}


def test_where_a_receiver_stands_is_said_of_all_or_of_one(tmp_path: Path) -> None:
    path = recording(tmp_path, receiver="53.63,9.99")
    assert TimesSaid(receiver="23.8,90.4,50").of(Stored.at(path)).receiver == (53.63, 9.99, 30.0)
    (tmp_path / "adsb.beast.json").unlink()
    assert TimesSaid(receiver="23.8,90.4,50").of(Stored.at(path)).receiver == (23.8, 90.4, 50.0)
    assert TimesSaid().of(Stored.at(path)).receiver is None
