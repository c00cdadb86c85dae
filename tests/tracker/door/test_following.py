"""The stream of alerts, over real sockets: what was missed, then what comes; who may resume where, and what nobody can do to the others."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.alerts.story import event
from tests.tracker.door.conftest import House
from tests.waiting import PATIENCE_S, eventually
from tracker.alerts.alert import Alert, AlertType, PriorityTerm
from tracker.alerts.cloudevent import cloudevent
from tracker.door.address import DoorAddress
from tracker.door.alert_stream import StreamLimits
from tracker.door.following import (
    AlertFollower,
    AlertTold,
    DoorAwayError,
    DoorRefusedError,
    Heartbeat,
    Item,
    Reset,
    follow,
)
from tracker.errors import InputError
from tracker.store import append
from tracker.store.alert_sequence import read_state

FAST = StreamLimits(beat_s=0.05, ring_frames=50, piece_bytes=4096)


def told(number: int, revision: int = 1) -> Alert:
    """An alert of a made-up sea, by its number."""
    happened = event()
    return Alert(
        f"{number:024x}", revision, AlertType.RAISED, 40, (PriorityTerm("kind", 40, "Dark."),), happened, (), 0, (), 0, {}, False, None,
        "Silent: \u202eÆrø.", happened.known_us,
    )  # fmt: skip


class Sea(House):
    """A house whose store gets alerts."""

    def __init__(self, folder: Path, limits: StreamLimits = FAST, address: str = "") -> None:
        super().__init__(folder, address, limits, is_filled=False)

    def tell(self, *alerts: Alert) -> None:
        assert self.store is not None
        self.store.write(append.alerts(alerts))
        self.store.commit()
        self.server.wake()

    def following(self, after: int | None, store_id: str | None = None) -> AlertFollower:
        return AlertFollower(DoorAddress.of(self.path), after, store_id, silence_s=PATIENCE_S)

    def store_id(self) -> str:
        assert self.store is not None
        return self.store.ask(read_state).store_id


@pytest.fixture
def sea(tmp_path: Path) -> Iterator[Sea]:
    made = Sea(tmp_path)
    yield made
    made.close()


def alerts_of(items: Iterator[Item]) -> Iterator[AlertTold]:
    return (item for item in items if isinstance(item, AlertTold))


def take(follower: AlertFollower, n: int) -> list[AlertTold]:
    """The next alerts."""
    return list(islice(alerts_of(iter(follower)), n))


def test_what_was_missed_comes_first_and_then_what_becomes_durable(sea: Sea) -> None:
    sea.tell(*(told(number) for number in range(1, 4)))
    with sea.following(0) as follower:
        items = alerts_of(iter(follower))
        assert [item.sequence for item in islice(items, 3)] == [1, 2, 3]
        sea.tell(told(4), told(4, 2))
        fourth, fifth = islice(items, 2)
    assert (fourth.sequence, fifth.sequence) == (4, 5)
    assert (fourth.event, fifth.event) == tuple(
        json.loads(json.dumps(cloudevent(one))) for one in (told(4), told(4, 2))
    )


def test_a_revision_that_the_store_has_gets_no_second_number(sea: Sea) -> None:
    sea.tell(told(1), told(1))
    sea.tell(told(1), told(2))
    with sea.following(0) as follower:
        assert [(item.sequence, item.event["id"][-3:]) for item in take(follower, 2)] == [(1, "1.1"), (2, "2.1")]


def test_what_is_not_committed_is_not_sent_and_its_number_goes_to_what_is(sea: Sea) -> None:
    assert sea.store is not None
    sea.tell(told(1))
    with sea.following(0) as follower:
        items = iter(follower)
        assert next(alerts_of(items)).sequence == 1
        sea.store.write(append.alerts([told(2)]))
        sea.server.wake()
        beats = [item for item in islice(items, 4) if isinstance(item, Heartbeat)]
        assert [beat.sequence for beat in beats] == [1] * 4
        sea.store.commit()
        sea.server.wake()
        assert next(alerts_of(items)).sequence == 2


def test_without_a_number_only_what_comes_from_now_on(sea: Sea) -> None:
    sea.tell(told(1))
    with sea.following(None) as follower:
        items = iter(follower)
        first = next(items)
        assert isinstance(first, Heartbeat)
        assert (first.sequence, first.store_id, first.phase) == (1, sea.store_id(), "live")
        sea.tell(told(2))
        assert next(alerts_of(items)).sequence == 2


@pytest.mark.parametrize(("after", "is_ours"), [(7, True), (1, False)])
def test_a_number_that_is_none_of_this_store_is_told_and_the_stream_goes_on_with_the_first(
    sea: Sea, after: int, is_ours: bool
) -> None:
    sea.tell(told(1), told(2))
    with sea.following(after, sea.store_id() if is_ours else "another") as follower:
        items = (item for item in iter(follower) if not isinstance(item, Heartbeat))
        assert next(items) == Reset(1, 2, sea.store_id())
        assert [getattr(item, "sequence", None) for item in islice(items, 2)] == [1, 2]


def test_a_number_older_than_what_is_kept_is_told(sea: Sea) -> None:
    assert sea.store is not None
    sea.tell(*(told(number) for number in range(1, 6)))
    sea.store.ask(lambda connection: connection.execute("DELETE FROM alert_revisions WHERE sequence <= 3"))
    sea.tell()
    with sea.following(1) as follower:
        items = (item for item in iter(follower) if not isinstance(item, Heartbeat))
        assert next(items) == Reset(4, 5, sea.store_id())
        assert [getattr(item, "sequence", None) for item in islice(items, 2)] == [4, 5]
    sea.store.ask(lambda connection: connection.execute("DELETE FROM alert_revisions"))
    sea.tell(told(9))
    with sea.following(5) as follower:
        assert [item.sequence for item in take(follower, 1)] == [6]  # 4 and 5 are never given again


def test_a_browser_that_comes_back_is_believed_rather_than_its_address(sea: Sea) -> None:
    sea.tell(*(told(number) for number in range(1, 4)))
    status, head = open_raw(sea, "/v1/stream/alerts?after=0", {"Last-Event-ID": "2"}, b"id: 3\n")
    assert status.startswith(b"HTTP/1.1 200")
    assert b"id: 1\n" not in head
    assert b"x-accel-buffering: no" in head.lower()


def open_raw(sea: Sea, path: str, headers: dict[str, str], until: bytes) -> tuple[bytes, bytes]:
    """What comes of a request, as bytes, until some of them."""
    door = DoorAddress.of(sea.path)
    with closing(door.connect()) as sock:
        sock.settimeout(PATIENCE_S)
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {door.read_token()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        found = b""
        while until not in found:
            more = sock.recv(1 << 16)
            assert more, found
            found += more
    return found.split(b"\r\n", 1)[0], found


@pytest.mark.parametrize(
    "asked", ["after=x", "after=-1", "after=1.5", "after=" + "9" * 30, "before=1", "after=%E0%A5%A7"]
)
def test_what_is_no_number_is_told(sea: Sea, asked: str) -> None:
    status, body, _ = sea.ask("GET", f"/v1/stream/alerts?{asked}")
    assert (status, json.loads(body)["ok"]) == (400, False)


def test_a_door_that_is_shut_ends_the_streams_and_nobody_waits(tmp_path: Path) -> None:
    sea = Sea(tmp_path)
    with sea.following(None) as follower:
        items = iter(follower)
        next(items)
        sea.close()
        with pytest.raises(DoorAwayError):
            list(items)


def test_while_the_store_is_away_they_wait_and_go_on_where_they_were(sea: Sea) -> None:
    sea.tell(told(1))
    with sea.following(0) as follower:
        items = iter(follower)
        assert next(alerts_of(items)).sequence == 1
        kept, sea.store = sea.store, None
        assert all(isinstance(item, Heartbeat) for item in islice(items, 5))
        with sea.following(1) as late:
            waiting = iter(late)
            next(waiting)
            sea.store = kept
            sea.tell(told(2))
            assert next(alerts_of(waiting)).sequence == 2
        assert next(alerts_of(items)).sequence == 2


def test_over_a_kill_it_goes_on_where_it_was_and_what_was_not_durable_was_never_told(tmp_path: Path) -> None:
    sea = Sea(tmp_path)
    sea.tell(told(1), told(2))
    name = sea.store_id()
    with sea.following(0, name) as follower:
        assert [item.sequence for item in take(follower, 2)] == [1, 2]
    assert sea.store is not None
    sea.store.write(append.alerts([told(3)]))
    sea.server.close()
    sea.store.abandon()
    with closing(Sea(tmp_path)) as again, again.following(2, name) as follower:
        items = alerts_of(iter(follower))
        again.tell(told(4))
        (third,) = islice(items, 1)
    assert (third.sequence, third.event["id"]) == (3, f"{4:024x}.1")


def test_before_the_store_is_open_nobody_is_refused(tmp_path: Path) -> None:
    sea = Sea(tmp_path)
    kept, sea.store = sea.store, None
    try:
        status, found = open_raw(sea, "/v1/stream/alerts?after=0", {}, b": the store is not open yet\n\n")
        assert status.startswith(b"HTTP/1.1 200")
        assert b"event:" not in found
    finally:
        sea.store = kept
        sea.close()


def test_more_than_may_follow_are_told_so(tmp_path: Path) -> None:
    with closing(Sea(tmp_path, replace(FAST, most_clients=1))) as sea:
        with sea.following(None) as one:
            items = iter(one)
            next(items)
            with sea.following(None) as two, pytest.raises(DoorRefusedError, match="as many follow already") as refused:
                next(iter(two))
            assert (refused.value.status, refused.value.retry_s) == (503, 30)
        eventually(lambda: _may_follow(sea))


def _may_follow(sea: Sea) -> bool:
    with sea.following(None) as again:
        try:
            return isinstance(next(iter(again)), Heartbeat)
        except DoorRefusedError:
            return False


def test_in_an_event_loop_it_is_the_same(sea: Sea) -> None:
    sea.tell(told(1), told(2))

    async def run() -> list[Item]:
        found: list[Item] = []
        items = follow(DoorAddress.of(sea.path), 0, silence_s=PATIENCE_S)
        async for item in items:
            found.append(item)
            if isinstance(item, Heartbeat):
                break
        await items.aclose()  # type: ignore[attr-defined]
        return found

    first, second, beat = asyncio.run(run())
    assert isinstance(first, AlertTold) and first.event["data"]["explanation"] == "Silent: \u202eÆrø."
    assert isinstance(second, AlertTold) and second.sequence == 2
    assert isinstance(beat, Heartbeat)


def test_in_an_event_loop_a_refusal_and_an_absence_are_told(sea: Sea) -> None:
    async def first(door: DoorAddress) -> Item:
        return await anext(follow(door, 0, silence_s=PATIENCE_S))

    with pytest.raises(DoorRefusedError, match="needs the token"):
        asyncio.run(first(DoorAddress(sea.path, token="x")))
    with pytest.raises(DoorAwayError):
        asyncio.run(first(DoorAddress(sea.path.with_name("none.duckdb"), token="x")))


@pytest.mark.parametrize(
    "text",
    ["http://10.1.2.3:80", "https://127.0.0.1:1", "http://127.0.0.1", "http://127.0.0.1:1/x", "ftp://x", "http://[::1"],
)
def test_what_is_no_address_of_a_door_is_told(text: str) -> None:
    with pytest.raises(InputError, match="no address of a door"):
        DoorAddress.of(text, "t")
    assert DoorAddress.of("http://127.0.0.1:8078", "t").port == 8078
    with pytest.raises(InputError, match="needs a token"):
        DoorAddress.of("http://127.0.0.1:8078")


# -- who cannot harm the others -------------------------------------------------------------------------------------------


def test_one_that_takes_nothing_is_dropped_and_the_others_hear_everything(tmp_path: Path) -> None:
    with closing(Sea(tmp_path, replace(FAST, stall_s=0.2))) as sea:
        door = DoorAddress.of(sea.path)
        with closing(door.connect()) as stalled, sea.following(0) as follower:
            stalled.sendall(
                f"GET /v1/stream/alerts?after=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {door.read_token()}\r\n\r\n".encode()
            )
            heard: list[int] = []
            items = alerts_of(iter(follower))
            for number in range(0, 3000, 100):
                sea.tell(*(told(number + n) for n in range(100)))
                heard += [item.sequence for item in islice(items, 100)]
            assert heard == list(range(1, 3001))
            # what was sent to it lies in the kernel; then the connection is cut off, without an end
            stalled.settimeout(PATIENCE_S)
            found = b""
            with_end = True
            try:
                eventually(lambda: following(sea) == 1)
                while more := stalled.recv(1 << 16):
                    found += more
                with_end = found.endswith(b"0\r\n\r\n")
            except ConnectionResetError:
                with_end = False
            assert not with_end


def following(sea: Sea) -> int:
    """How many follow."""
    door: Any = sea.server._door
    return int(door.alerts.clients)


def test_one_that_comes_back_after_ten_thousand_gets_all_of_them_in_order(sea: Sea) -> None:
    for begin in range(0, 10_000, 2_500):
        sea.tell(*(told(begin + n) for n in range(2_500)))
    with sea.following(0) as follower:
        assert [item.sequence for item in take(follower, 10_000)] == list(range(1, 10_001))


def test_many_that_come_and_go_hear_each_number_once_and_leave_nothing_behind(sea: Sea) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 5
            sea.tell(*(told(number + n) for n in range(5)))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        at, heard = 0, []
        for _ in range(40):  # each time for a few, from where it was
            with sea.following(at) as follower:
                heard += [item.sequence for item in take(follower, 7)]
            at = heard[-1]
    finally:
        stop.set()
        writer.join()
    assert heard == list(range(1, len(heard) + 1))
    eventually(lambda: following(sea) == 0)


def test_streams_are_measured(tmp_path: Path) -> None:
    """Who follows, who asked for a number that is none, and what was sent."""
    with closing(Sea(tmp_path)) as sea:
        sea.tell(told(1), told(2))
        assert {one.name for one in sea.server.samples() if one.value} == set()
        with AlertFollower(DoorAddress.of(sea.path), 99) as follower:
            items = iter(follower)
            assert isinstance(next(items), Reset)

            def found() -> dict[tuple[str, tuple[str, ...]], float]:
                return {(one.name, one.labels): one.value for one in sea.server.samples()}

            eventually(lambda: found()["tidewaiter_door_stream_bytes_total", ("alerts",)] > 500)
            assert found()["tidewaiter_door_stream_clients", ("alerts",)] == 1
            assert found()["tidewaiter_door_stream_resets_total", ()] == 1
            eventually(lambda: found()["tidewaiter_door_stream_behind", ()] == 0)
            assert found()["tidewaiter_door_stream_bytes_total", ("positions",)] == 0
            items.close()  # type: ignore[attr-defined]
        eventually(lambda: found()["tidewaiter_door_stream_clients", ("alerts",)] == 0)
