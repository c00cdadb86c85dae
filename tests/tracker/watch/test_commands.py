"""Flags and orders told to a life: answered once, in the transaction in which they take effect, by topic or by the door."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.kafka_config import InRecord
from streams.memory import ManualClock
from tracker.cargo.book import CargoBook
from tracker.cargo.consignment import Consignment, DocumentType, Location
from tracker.cargo.manifest import Manifest
from tracker.config.watch import SourceConfig
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.voyages.itinerary import Conveyance, Mode
from tracker.watch.control import FLAGS, ORDERS
from tracker.watch.life import Life
from tracker.watch.world import World

NOW_US = 1_776_240_000_000_000
PORT = Location("NLRTM", "Rotterdam", 51.9, 4.1)
GOODS = tuple(Consignment(f"c{n}", DocumentType.BILL_OF_LADING, f"MEDU{n}", PORT, PORT) for n in range(3))
FLAG = {
    "flag_id": "F1", "action": "flag", "flag": "p", "by": "desk", "time": "2026-04-15T08:00:00Z",
    "target": {"consignment": {"document_number": "MEDU1"}},
}  # fmt: skip
ORDER = {
    "order_id": "O1",
    "action": "start",
    "craft": {"imo": 9074729},
    "reason": "r",
    "by": "desk",
    "time": FLAG["time"],
}


@pytest.fixture(scope="module")
def places() -> WorldPlaces:
    return WorldPlaces.load()


class Place:
    """Lives over one store, one after the other."""

    def __init__(self, folder: Path, places: WorldPlaces, **changes: Any) -> None:
        self.folder = folder
        papers = (Manifest("m", 1, Conveyance(Mode.SEA, mmsi=219001234), None, GOODS),)
        sources = {"net": SourceConfig(kind="file", path="made up", format="nmea")}
        given: dict[str, Any] = {"clock": ManualClock(NOW_US), **changes}
        self.world = World(
            load_settings(), CargoBook(papers), places, NO_ZONES, sources, lambda _: (), "tidewaiter.dead-letters", **given
        )  # fmt: skip
        self.begin()

    def begin(self) -> None:
        self.store = Database(self.folder / "store.duckdb")
        self.life = Life(self.world, self.store, self.folder / "snapshots")
        self.life.begin()

    def kill(self) -> None:
        self.life.close()
        self.store.abandon()

    def tell(self, kind: str, message: Any, offset: int = 0, **about: Any) -> None:
        value = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.life.take_control(
            InRecord(f"tidewaiter.{kind}", 0, offset, NOW_US, None, value, **{"headers": (), **about}), kind
        )

    def commit(self) -> None:
        self.life.step()
        self.life.commit(wait=True)

    def sent(self, topic: str) -> list[tuple[dict[str, str], bytes]]:
        found = self.store.ask(
            lambda connection: connection.execute(
                "SELECT headers, value FROM outbox WHERE topic = ? ORDER BY seq", [topic]
            ).fetchall()
        )
        return [(dict(json.loads(headers)), bytes(value)) for headers, value in found]

    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(value) for _, value in self.sent("tidewaiter.answers")]


@pytest.fixture
def place(tmp_path: Path, places: WorldPlaces) -> Any:
    made = Place(tmp_path, places)
    yield made
    made.kill()


def test_each_message_is_answered_with_what_it_matched_and_what_became_of_it(place: Place) -> None:
    place.tell(FLAGS, FLAG, 0)
    place.tell(FLAGS, FLAG, 1)
    place.tell(FLAGS, {**FLAG, "action": "clear"}, 2)
    place.tell(FLAGS, {**FLAG, "flag_id": "none", "action": "clear", "target": None}, 3)
    place.tell(
        FLAGS, {**FLAG, "flag_id": "F2", "target": {"party": {"name": "nobody"}}, "time": "2026-04-15T10:00:00Z"}, 4
    )
    place.tell(ORDERS, ORDER, 0, headers=(("correlation_id", b"case 7"),))
    assert place.answers() == []  # nothing is said before it is durable
    place.commit()
    found = place.answers()
    assert [answer["result"] for answer in found] == [
        "in_force",
        "unchanged",
        "cleared",
        "refused",
        "in_force",
        "in_force",
    ]
    assert found[0]["consignments"] == [{"manifest_id": "m", "consignment_id": "c1", "document_number": "MEDU1"}]
    assert found[0]["crafts"] == ["mmsi:219001234"]
    assert "matches no consignment" in found[4]["sentence"]
    assert "dated 2 hours ahead" in found[4]["warnings"][0]
    assert (found[5]["correlation_id"], found[5]["origin"]) == (
        "case 7",
        {"topic": "tidewaiter.orders", "partition": 0, "offset": 0},
    )
    assert "No craft has given this number yet" in found[5]["sentence"]
    headers = [headers for headers, _ in place.sent("tidewaiter.answers")]
    assert [h["ce_id"] for h in headers] == [answer["answer_id"] for answer in found]
    assert len({h["ce_id"] for h in headers}) == 6
    assert headers[5]["correlation_id"] == "case 7"
    ((letter, _),) = place.sent("tidewaiter.dead-letters")
    assert letter["origin_offset"] == "3"


def test_killed_before_the_commit_the_same_message_has_the_same_answer_once(place: Place) -> None:
    place.tell(FLAGS, FLAG, 0)
    lost = place.life.commands._answers[0]
    place.kill()
    place.begin()
    assert place.life.control_positions == {}
    place.tell(FLAGS, FLAG, 0)
    place.commit()
    ((headers, value),) = place.sent("tidewaiter.answers")
    assert (headers["ce_id"].encode(), value) == (dict(lost.headers)["ce_id"], lost.value)


def test_a_command_of_the_door_is_answered_there_and_on_the_topic_and_survives(place: Place) -> None:
    (answer,) = place.life.take_command("flag", json.dumps(FLAG).encode())
    (refused,) = place.life.take_command("order", b"{")
    (again,) = place.life.take_command("flag", json.dumps(FLAG).encode())
    assert (answer["result"], refused["result"], again["result"]) == ("in_force", "refused", "unchanged")
    assert (answer["origin"], answer["received"]) == (None, "2026-04-15T08:00:00.000Z")
    with pytest.raises(ValueError, match="no command 'flags'"):
        place.life.take_command("flags", b"{}")
    place.commit()
    assert place.answers() == [answer, refused, again]
    assert place.sent("tidewaiter.dead-letters") == []
    place.kill()
    place.begin()
    assert len(place.life.control.flags) == 1
    (later,) = place.life.take_command("flag", json.dumps({**FLAG, "action": "clear"}).encode())
    assert later["result"] == "cleared"
    assert later["answer_id"] not in {answer["answer_id"], refused["answer_id"], again["answer_id"]}


def test_what_could_not_be_read_is_a_dead_letter_with_where_it_stood(place: Place) -> None:
    bad = {"unreadable": "offsets 5 to 8 cannot be read: its checksum is wrong", "next_offset": 9, "topic_id": "ab"}
    place.tell(FLAGS, b"\x00\x01", 5, **bad)
    place.life.take_unreadable([InRecord("ais.raw", 2, 5, NOW_US, None, b"\x02", (), **bad)])
    place.commit()
    letters = place.sent("tidewaiter.dead-letters")
    assert [value for _, value in letters] == [b"\x00\x01", b"\x02"]
    assert {h["cause"] for h, _ in letters} == {"unreadable_record"}
    assert [(h["origin_topic"], h["origin_offset"], h["origin_last_offset"]) for h, _ in letters] == [
        ("tidewaiter.flags", "5", "8"), ("ais.raw", "5", "8")
    ]  # fmt: skip
    (answer,) = place.answers()
    assert (answer["result"], answer["command_id"], answer["cause"]) == ("refused", None, "unreadable_record")
    assert place.life.control_positions == {"tidewaiter.flags/0": "9@ab"}


def test_a_message_that_the_program_falls_over_is_refused_and_told_and_the_next_is_taken(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = place.life.control.take

    def fall(kind: str, content: bytes | None) -> Any:
        if content and b"F2" in content:
            raise OverflowError("too much")
        return take(kind, content)

    monkeypatch.setattr(place.life.control, "take", fall)
    place.tell(FLAGS, {**FLAG, "flag_id": "F2"}, 0)
    place.tell(FLAGS, FLAG, 1)
    assert place.life.take_command("flag", json.dumps({**FLAG, "flag_id": "F2"}).encode())[0]["result"] == "refused"
    place.commit()
    assert [(one["result"], one["cause"]) for one in place.answers()][:2] == [
        ("refused", "program_fault"),
        ("in_force", None),
    ]
    assert [(fault.part, fault.error) for _, fault in place.life.faults] == [("control", "OverflowError: too much")] * 2
    (letter,) = place.sent("tidewaiter.dead-letters")
    assert letter[0]["cause"] == "program_fault"


def test_where_nobody_takes_messages_none_are_queued(tmp_path: Path, places: WorldPlaces) -> None:
    place = Place(tmp_path, places, sends=False)
    assert place.life.take_command("flag", json.dumps(FLAG).encode())[0]["result"] == "in_force"
    place.commit()
    assert place.answers() == []
    assert place.store.ask(lambda c: c.execute("SELECT flag_id, is_in_force, origin FROM flags").fetchall()) == [
        ("F1", 1, "door")
    ]
    place.kill()
