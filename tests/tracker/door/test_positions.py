"""The stream of positions, over real sockets: each craft where it is, slow clients skip frames and miss no craft, nobody waits for anybody."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from tests.tracker.door.test_following import FAST, Sea
from tests.waiting import PATIENCE_S, eventually, settled
from tracker.door.address import DoorAddress
from tracker.door.calling import DoorConnection, headers
from tracker.door.positions import SCHEMA, Box, Latest
from tracker.identity import mmsi_craft
from tracker.positions import PositionBatch

QUICK = replace(FAST, frame_s=0.02, beat_s=0.2)


def rows(mmsis: Any, lat_deg: Any, time_s: Any, lon_deg: Any = 8.0) -> PositionBatch:
    mmsis = np.atleast_1d(mmsis)
    n = len(mmsis)
    craft = np.array([mmsi_craft(int(one)) for one in mmsis], dtype=np.int64)
    return PositionBatch.of(
        np.broadcast_to(np.asarray(time_s, dtype=np.int64) * 1_000_000, n).copy(), craft,
        np.broadcast_to(np.asarray(lat_deg, dtype=float), n).copy(), np.broadcast_to(np.asarray(lon_deg, dtype=float), n).copy(),
        message_type=1, source=0,
    )  # fmt: skip


def ok(batch: PositionBatch) -> NDArray[np.uint8]:
    return np.zeros(len(batch), dtype=np.uint8)


@pytest.fixture
def sea(tmp_path: Path) -> Iterator[Sea]:
    made = Sea(tmp_path, QUICK)
    yield made
    made.close()


@contextmanager
def frames(sea: Sea, query: str = "") -> Iterator[Iterator[pa.RecordBatch]]:
    """Frames that have rows."""
    door = DoorAddress.of(sea.path)
    connection = DoorConnection(door, PATIENCE_S)
    connection.request("GET", f"/v1/stream/positions{query}", headers=headers(door))
    response: http.client.HTTPResponse = connection.getresponse()
    assert response.status == 200
    reader = pa.ipc.open_stream(response)
    assert reader.schema == SCHEMA
    try:
        yield (batch for batch in reader if batch.num_rows)
    finally:
        response.close()
        connection.close()


def offer(sea: Sea, batch: PositionBatch, fate: NDArray[np.uint8] | None = None) -> None:
    sea.server.offer(batch, ok(batch) if fate is None else fate)


def following(sea: Sea) -> int:
    door: Any = sea.server._door
    return int(door.positions.clients)


def test_a_frame_has_the_latest_position_of_each_craft_that_changed(sea: Sea) -> None:
    with frames(sea) as got:
        eventually(lambda: following(sea))
        offer(sea, rows([219_000_001, 219_000_002, 219_000_001], [1.0, 2.0, 3.0], [10, 10, 20]))
        first = next(got).to_pylist()
        assert [(row["craft"], row["lat_deg"], row["time"].timestamp()) for row in first] == [
            ("mmsi:219000001", 3.0, 20.0), ("mmsi:219000002", 2.0, 10.0),
        ]  # fmt: skip
        assert first[0]["speed_kn"] is None
        offer(sea, rows([219_000_002, 219_000_003], 4.0, 30))
        assert [row["craft"] for row in next(got).to_pylist()] == ["mmsi:219000002", "mmsi:219000003"]


def test_what_is_not_believed_or_older_is_not_shown(sea: Sea) -> None:
    with frames(sea) as got:
        eventually(lambda: following(sea))
        offer(sea, rows(219_000_001, 1.0, 100))
        assert next(got).num_rows == 1
        offer(sea, rows(219_000_001, 50.0, 200), np.array([2], dtype=np.uint8))
        offer(sea, rows(219_000_001, 51.0, 50))
        offer(sea, rows(219_000_001, np.nan, 200))
        offer(sea, rows(219_000_002, 2.0, 100))
        assert [row["craft"] for row in next(got).to_pylist()] == ["mmsi:219000002"]


def test_one_that_comes_later_gets_all_there_are_first(sea: Sea) -> None:
    with frames(sea) as first:
        eventually(lambda: following(sea))
        offer(sea, rows(219_000_001, 1.0, 10))
        next(first)
        with frames(sea) as second:
            assert [row["craft"] for row in next(second).to_pylist()] == ["mmsi:219000001"]
    eventually(lambda: following(sea) == 0)


def test_an_area_over_the_antimeridian_shows_what_lies_in_it(sea: Sea) -> None:
    with frames(sea, "?bbox=170,-10,-170,10") as got:
        eventually(lambda: following(sea))
        offer(sea, rows(range(219_000_001, 219_000_005), [0.0, 0.0, 0.0, 20.0], 10, [175.0, -175.0, 0.0, 175.0]))
        assert [row["lon_deg"] for row in next(got).to_pylist()] == [175.0, -175.0]


@pytest.mark.parametrize(
    "query", ["bbox=1,2,3", "bbox=a,b,c,d", "bbox=0,50,10,40", "bbox=0,0,nan,1", "bbox=0,0,400,1", "box=1"]
)
def test_what_is_no_area_is_told(sea: Sea, query: str) -> None:
    status, body, _ = sea.ask("GET", f"/v1/stream/positions?{query}")
    assert (status, json.loads(body)["ok"]) == (400, False)


def test_a_slow_client_skips_frames_and_then_has_every_craft_where_it_is(tmp_path: Path) -> None:
    craft, rounds = 20_000, 30
    mmsis = np.arange(219_000_000, 219_000_000 + craft)
    with closing(Sea(tmp_path, replace(QUICK, stall_s=PATIENCE_S))) as sea, frames(sea) as slow, frames(sea) as quick:
        eventually(lambda: following(sea) == 2)
        sent = 0
        for number in range(rounds):
            offer(sea, rows(mmsis, number / 10, number))
            done = 0
            while done < craft:  # the quick one hears of each round before the next begins
                done += next(quick).num_rows
            sent += done
        offer(sea, rows(mmsis, 89.0, rounds))
        heard, where = 0, {}
        while len(where) < craft or set(where.values()) != {89.0}:
            batch = next(slow)
            heard += batch.num_rows
            where.update(zip(batch["craft"].to_pylist(), batch["lat_deg"].to_pylist(), strict=True))
        assert heard < sent, "it skipped nothing, so what it did not read lay somewhere"


def test_one_that_takes_nothing_is_dropped(tmp_path: Path) -> None:
    with closing(Sea(tmp_path, replace(QUICK, stall_s=0.2))) as sea, frames(sea) as _:
        eventually(lambda: following(sea) == 1)
        mmsis = np.arange(219_000_000, 219_020_000)
        number = 0

        def is_dropped() -> bool:
            nonlocal number
            number += 1
            offer(sea, rows(mmsis, (number % 800) / 10, number))
            return following(sea) == 0

        eventually(is_dropped)
        assert settled(lambda: following(sea)) == 0


def test_the_latest_of_many_batches_is_that_of_one_after_the_other() -> None:
    rng = np.random.default_rng(3)
    latest, naive = Latest(), {}
    for frame in range(1, 30):
        n = int(rng.integers(1, 200))
        batch = rows(rng.integers(219_000_000, 219_000_080, n), rng.uniform(-80, 80, n), rng.integers(0, 500, n))
        fate = (rng.random(n) < 0.2).astype(np.uint8)
        latest.take(batch, fate, frame)
        for row in range(n):
            key, time_us = int(batch.craft[row]), int(batch.time_us[row])
            if fate[row] == 0 and time_us >= naive.get(key, (-1, 0.0))[0]:
                naive[key] = time_us, float(batch.lat_deg[row])
    found = zip(
        latest.craft.tolist(), latest.columns["time_us"].tolist(), latest.columns["lat_deg"].tolist(), strict=True
    )
    assert {key: (time_us, lat) for key, time_us, lat in found} == naive
    assert np.all(np.diff(latest.craft) > 0)


def test_of_more_craft_than_may_be_those_longest_not_heard_are_forgotten() -> None:
    latest = Latest(most=10)
    for number in range(30):
        batch = rows(219_000_000 + (7 * number) % 30, 1.0, number)
        latest.take(batch, ok(batch), number)
    assert len(latest.craft) == 10
    assert sorted(latest.columns["time_us"] // 1_000_000) == list(range(20, 30))
    assert len(latest.changed(25, None)) == 4
    assert len(latest.changed(-1, Box(-180, -90, 7, 90))) == 0
