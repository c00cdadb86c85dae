"""Recorded inputs: feeds named, sidecars read, disorder measured."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from functools import reduce
from operator import xor
from pathlib import Path

import numpy as np
import pytest

from streams.files import Stored
from streams.frontier import FrontierConfig
from streams.reorder import Reorder
from tracker.decode.recognise import InputKind
from tracker.decode.rejects import RejectCause
from tracker.errors import InputError
from tracker.inputs.recorded import Sorting, feed_name, open_input
from tracker.inputs.sidecar import NOTHING_WRITTEN
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

HOUR_US = 3_600_000_000
CONFIG = FrontierConfig(lateness_us=HOUR_US)


def table(path: Path, hours: list[float]) -> Path:
    times = [1_772_323_200 + int(hour * 3600) for hour in hours]
    path.write_text("mmsi,timestamp,lat,lon\n" + "".join(f"219000001,{t},55.0,3.0\n" for t in times))
    return path


@pytest.mark.parametrize(
    ("name", "feed"),
    [
        ("vernon_20160331.log.gz", "vernon"),
        ("vernon_20160401.log.gz", "vernon"),
        ("ais-2026-03-01.nmea", "ais"),
        ("ais.part2.nmea.zst", "ais"),
        ("20160331.log", "20160331"),
        ("adsb.beast", "adsb"),
    ],
)
def test_files_of_one_feed_share_its_name(name: str, feed: str) -> None:
    assert feed_name(Path(name)) == feed


def test_a_sidecar_says_when_a_recording_began(tmp_path: Path) -> None:
    feed = tmp_path / "adsb.beast"
    feed.write_bytes(b"")
    assert NOTHING_WRITTEN.of(Stored.at(feed)).undated_us is None
    (tmp_path / "adsb.beast.json").write_text('{"start_time": "2026-03-01T00:00:00Z"}')
    assert NOTHING_WRITTEN.of(Stored.at(feed)).undated_us == 1_772_323_200_000_000
    (tmp_path / "adsb.beast.json").write_text("[]")
    with pytest.raises(InputError, match="start_time"):
        NOTHING_WRITTEN.of(Stored.at(feed))


def test_a_table_in_order_is_waited_for_not_at_all(tmp_path: Path) -> None:
    one = open_input(table(tmp_path / "a.csv", [0, 1, 2, 3]), 0)
    assert one.kind is InputKind.POSITIONS_CSV
    assert one.measured_frontier(CONFIG, 1 << 20).lateness_us == 1
    assert one.sorting is Sorting.NONE


def test_a_table_nearly_in_order_is_waited_for_as_long_as_it_needs(tmp_path: Path) -> None:
    one = open_input(table(tmp_path / "a.csv", [0, 1, 0.75, 2, 3]), 0)
    assert one.measured_frontier(CONFIG, 1 << 20).lateness_us == HOUR_US // 4 + 1
    assert one.sorting is Sorting.NONE


@pytest.mark.parametrize(("keep_rows", "sorting"), [(6, Sorting.MEMORY), (5, Sorting.DISK)])
def test_a_table_sorted_by_craft_is_put_into_order_before_anybody_sees_it(
    tmp_path: Path, keep_rows: int, sorting: Sorting
) -> None:
    one = open_input(table(tmp_path / "a.csv", [0, 500, 1000, 0, 500, 1000]), 0)
    assert one.measured_frontier(CONFIG, 1 << 20, keep_rows=keep_rows).lateness_us == 1
    assert one.sorting is sorting
    assert one.counts.units_in == 0, "measuring leaves no trace in the ledger"
    hours = [(t / 1e6 - 1_772_323_200) / 3600 for d in one.decoded(16) for t in d.positions.time_us]
    assert hours == [0, 0, 500, 500, 1000, 1000]
    assert one.counts.units_in == one.counts.units_decoded == 6


def test_a_cut_archive_gives_what_can_be_read_and_one_reject(tmp_path: Path) -> None:
    whole = table(tmp_path / "a.csv", list(np.arange(0, 400, 0.5)))
    cut = tmp_path / "a.csv.gz"
    cut.write_bytes(gzip.compress(whole.read_bytes())[:-200])
    one = open_input(cut, 0)
    rows = sum(len(decoded.positions) for decoded in one.decoded(1 << 16))
    assert 0 < rows < 800
    assert one.counts.rejects.counts[RejectCause.TRUNCATED] == 1
    assert one.counts.units_in == one.counts.units_decoded + one.counts.rejects.total


@pytest.mark.parametrize("keep_rows", [0, 3, 1_000])
def test_what_measuring_has_decoded_is_given_out_again_where_it_may_be_kept(tmp_path: Path, keep_rows: int) -> None:
    path = table(tmp_path / "a.csv", list(range(100)))
    measured, plain = open_input(path, 0), open_input(path, 0)
    measured.measured_frontier(CONFIG, 512, keep_rows=keep_rows)
    assert measured.counts.units_in == 0
    assert (measured.kept is None) == (keep_rows < 100)
    read: list[int] = []
    for again in range(2):
        blocks = list(measured.decoded(512, read.append))
        assert [len(b.positions) for b in blocks] == [len(b.positions) for b in plain.decoded(512)], again
        assert measured.counts == plain.counts
    assert read[-1] == path.stat().st_size


def test_what_was_kept_without_the_other_messages_serves_nobody_who_wants_them(tmp_path: Path) -> None:
    path = tmp_path / "a.nmea"
    path.write_text("1700000000 !AIVDM,1,1,,A,:3@niTPwD9jh,0*64\n")
    one = open_input(path, 0)
    one.measured_frontier(CONFIG, 1 << 20, keep_rows=10)
    assert sum(len(decoded.others) for decoded in one.decoded(1 << 20, with_others=True)) == 1
    one.measured_frontier(CONFIG, 1 << 20, keep_rows=10, with_others=True)
    assert sum(len(decoded.others) for decoded in one.decoded(1 << 20, with_others=True)) == 1


def tagged(times_s: Iterable[int]) -> bytes:
    """A sentence for each instant, with it in a tag block."""
    blocks = [b"c:%d" % at_s for at_s in times_s]
    sums = [reduce(xor, block) for block in blocks]
    sentence = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"
    return b"".join(b"\\%s*%02X\\%s\n" % (block, total, sentence) for block, total in zip(blocks, sums, strict=True))


def test_stamps_of_the_future_have_a_broken_clock_however_many_agree_and_the_file_is_measured_without_them(
    tmp_path: Path,
) -> None:
    begin_s = 1_772_323_200
    path = tmp_path / "feed.nmea"
    honest = [begin_s + k for k in range(4000)]
    path.write_bytes(tagged(honest[:2000]) + tagged(range(4_070_908_800, 4_070_908_825)) + tagged(honest[2000:]))
    one = open_input(path, 0)
    measured = one.measured_frontier(CONFIG, 1 << 20)
    assert measured.lateness_us == HOUR_US
    assert measured.latest_us is not None
    assert honest[-1] * 1_000_000 < measured.latest_us < 4_070_908_800_000_000
    reorder = Reorder(CONFIG, PositionBatch.empty(), StaticBatch.empty())
    reorder.open(0, measured)
    late, discarded = 0, 0
    for decoded in one.decoded(512):
        rows, _, broken = reorder.add(0, decoded.positions, decoded.statics)
        late, discarded = late + len(rows), discarded + len(broken)
    assert (late, discarded) == (0, 25)
    assert reorder.frontier_us(0) == honest[-1] * 1_000_000


@pytest.mark.parametrize("later", [40, 4000])
def test_a_recording_that_goes_on_years_later_is_believed(tmp_path: Path, later: int) -> None:
    path = tmp_path / "feed.nmea"
    times_s = [1_600_000_000 + k for k in range(4000)] + [1_772_323_200 + k for k in range(later)]
    path.write_bytes(tagged(times_s))
    assert open_input(path, 0).measured_frontier(CONFIG, 1 << 20).latest_us is None
