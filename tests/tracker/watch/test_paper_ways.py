"""Papers that come while the program runs: taken in once, whichever way, with everything else or not at all."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from streams.kafka_config import InRecord
from streams.memory import ManualClock
from tests.tracker.watch.test_run import begin, command, wait_for
from tests.tracker.watch.window import free_port
from tests.waiting import PATIENCE_S, eventually
from tracker.cargo.book import CargoBook
from tracker.config.watch import SourceConfig
from tracker.door.client import Door
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES
from tracker.papers.document import Document
from tracker.papers.receive import receive
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.store.papers import PaperStore, not_known_after
from tracker.units import US_PER_DAY
from tracker.watch.life import Life
from tracker.watch.receiving import Bringing, Portion, portions
from tracker.watch.world import World

NOW_US = 1_776_240_000_000_000


def papers(*names: str, goods: int = 1) -> bytes:
    made = [
        {
            "manifest_id": name,
            "conveyance": {"mode": "sea", "mmsi": 219001234},
            "consignments": [
                {"consignment_id": f"c{n}", "document_type": "bill_of_lading", "document_number": f"{name}{n}", "loading": "NLRTM", "discharge": "SGSIN"}
                for n in range(goods)
            ],
        }
        for name in names
    ]  # fmt: skip
    return json.dumps({"manifests": made}).encode()


@pytest.fixture(scope="module")
def places() -> WorldPlaces:
    return WorldPlaces.load()


class Office:
    """Lives over one store, to which documents are brought."""

    def __init__(self, folder: Path, places: WorldPlaces) -> None:
        self.folder, self.places = folder, places
        sources = {"net": SourceConfig(kind="file", path="made up", format="nmea")}
        self.world = World(
            load_settings(), CargoBook(), places, NO_ZONES, sources, lambda _: (), "tidewaiter.dead-letters", clock=ManualClock(NOW_US)
        )  # fmt: skip
        self.begin()

    def begin(self) -> None:
        self.store = Database(self.folder / "store.duckdb")
        self.life = Life(self.world, self.store, self.folder / "snapshots")
        self.life.begin()

    def kill(self) -> None:
        self.life.close()
        self.store.abandon()

    def bring(
        self, content: bytes, source: str = "inbox", most: int = 1000, offset: int | None = None, **about: Any
    ) -> dict[str, Any]:
        """All portions of a document, as the loop takes them."""
        record = None
        if offset is not None:
            record = InRecord("tidewaiter.papers", 0, offset, NOW_US, b"k", content, **{"headers": (), **about})
        bringing = Bringing(Document(content, source, "a.json", NOW_US), lambda _: None, lambda _: None, record)
        for part, is_last in portions(receive(bringing.document, self.places.resolve_location), most):
            portion = Portion(bringing, part, is_last)
            self.life.take_portion(portion)
        return portion.outcome().to_json()

    def commit(self) -> None:
        self.life.step()
        self.life.commit(wait=True)

    def known(self) -> list[str]:
        return sorted(f"{one.manifest_id}.{one.version}" for one in self.life.engine.desk.linker.papers)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.store.ask(lambda connection: connection.execute(sql).fetchall())


@pytest.fixture
def office(tmp_path: Path, places: WorldPlaces) -> Any:
    made = Office(tmp_path, places)
    yield made
    made.kill()


def test_a_document_in_portions_is_one_and_is_known_to_the_next_life(office: Office) -> None:
    outcome = office.bring(papers("a", "b", "c", goods=3), most=3)
    assert (outcome["state"], outcome["manifests_changed"], office.known()) == ("taken", 3, ["a.1", "b.1", "c.1"])
    office.commit()
    assert office.ask("SELECT count(*) FROM consignments") == [(9,)]
    assert office.ask("SELECT source, name FROM documents") == [("inbox", "a.json")]
    amended = office.bring(papers("b", goods=4))
    assert (amended["manifests_changed"], office.known()) == (1, ["a.1", "b.2", "c.1"])
    office.commit()
    office.kill()
    office.begin()
    assert office.known() == ["a.1", "b.2", "c.1"]


def test_the_same_document_again_changes_nothing_whichever_way_it_comes(office: Office) -> None:
    office.bring(papers("a", "b"), most=1)
    office.commit()
    for source in ("inbox", "door"):
        again = office.bring(papers("a", "b"), source, most=1)
        assert (again["state"], again["manifests_changed"], office.known()) == ("repeated", 0, ["a.1", "b.1"])
    other = office.bring(papers("b", "a"), "door")
    assert (other["state"], other["manifests_changed"], other["manifests_said_before"]) == ("taken", 0, 2)


def test_killed_between_two_portions_it_is_taken_again_and_nothing_is_doubled(office: Office) -> None:
    document = Document(papers("a", "b", "c"), "inbox", "a.json", NOW_US)
    bringing = Bringing(document, lambda _: None, lambda _: None)
    (first, is_last), *_ = portions(receive(document, office.places.resolve_location), 1)
    assert not is_last
    office.life.take_portion(Portion(bringing, first, is_last))
    office.commit()
    office.kill()
    office.begin()
    assert office.known() == ["a.1"]
    assert office.ask("SELECT count(*) FROM documents") == [(0,)]
    again = office.bring(document.content, most=1)
    assert (again["manifests_changed"], again["manifests_said_before"], office.known()) == (2, 1, ["a.1", "b.1", "c.1"])
    office.commit()
    assert office.ask("SELECT count(*), count(DISTINCT manifest_id) FROM consignments") == [(3, 3)]


def test_the_place_in_the_topic_commits_with_what_was_read_and_bad_ones_are_dead_letters(office: Office) -> None:
    office.bring(papers("a"), offset=4, topic_id="ab")
    office.kill()
    office.begin()
    assert (office.life.commands.paper_positions, office.known()) == ({}, [])
    office.bring(papers("a"), offset=4, topic_id="ab")
    bad = office.bring(b"no papers", offset=5, topic_id="ab")
    assert bad["state"] == "refused"
    office.commit()
    ((headers, value),) = office.ask("SELECT headers, value FROM outbox WHERE topic = 'tidewaiter.dead-letters'")
    letter = dict(json.loads(headers))
    assert (letter["cause"], letter["origin_topic"], letter["origin_offset"]) == ("bad_cargo", "tidewaiter.papers", "5")
    assert (letter["sentence"], bytes(value)) == (bad["refusal"], b"no papers")
    office.kill()
    office.begin()
    assert office.life.commands.paper_positions == {"tidewaiter.papers/0": "6@ab"}
    assert office.known() == ["a.1"]


def test_papers_known_at_a_time_of_a_wrong_clock_are_known_from_when_that_is_set_back_to(office: Office) -> None:
    store, ahead_us = PaperStore(office.store), NOW_US + 10 * 365 * US_PER_DAY
    for goods, known_us in ((1, NOW_US - 5), (2, ahead_us)):
        document = Document(papers("a", goods=goods), "inbox", "a.json", NOW_US)
        store.take(receive(document, office.places.resolve_location), known_us)
    office.store.write(lambda connection: not_known_after(connection, NOW_US))
    found = [(known_us, [one.version for one in made]) for known_us, made in store.in_order(0)]
    assert found == [(NOW_US - 5, [1]), (NOW_US, [2])]
    assert [len(one.consignments) for one in store.as_known(NOW_US - 1)] == [1]
    assert [len(one.consignments) for one in store.as_known(NOW_US)] == [2]


@pytest.mark.slow
def test_a_running_watch_takes_papers_by_folder_and_door_and_survives_a_kill(tmp_path: Path) -> None:
    feed, inbox, port = tmp_path / "feed.nmea", tmp_path / "in", free_port()
    feed.write_text("!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n")
    inbox.mkdir()
    db = tmp_path / "w.duckdb"

    def put(name: str, content: bytes) -> None:
        (tmp_path / "new").write_bytes(content)
        (tmp_path / "new").rename(inbox / name)

    def left() -> set[str]:
        return {str(path.relative_to(inbox)).split("/")[-1] for path in inbox.rglob("*.*") if path.parent != inbox}

    put("before.json", papers("before"))
    process = begin(
        tmp_path, port, "--source", f"sea={feed}", TIDEWAITER_PAPERS_INBOX=str(inbox), TIDEWAITER_PAPERS_SETTLE_S="0.1"
    )
    try:
        wait_for(process, port, "/readyz")
        put("bad.csv", b"nonsense")
        eventually(lambda: left() == {"before.json", "bad.csv", "bad.csv.reason.txt"})
        door = Door.of_store(db)
        assert door is not None
        told = door.add_papers("by door\n.json", papers("door"))
        assert (told["state"], told["manifests_changed"], told["name"]) == ("taken", 1, "by door\\n.json")
        assert door.add_papers("again.json", papers("before"))["state"] == "repeated"
        counts = {"taken": 2, "repeated": 1, "refused": 1, "inbox": str(inbox)}
        eventually(lambda: counts.items() <= door.status()["papers"].items())
        put("killed.json", papers("killed"))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)
        process = begin(
            tmp_path,
            port,
            "--source",
            f"sea={feed}",
            TIDEWAITER_PAPERS_INBOX=str(inbox),
            TIDEWAITER_PAPERS_SETTLE_S="0.1",
        )
        eventually(lambda: "killed.json" in left())
        asked = "SELECT manifest_id, count(*) FROM consignments GROUP BY ALL ORDER BY ALL"
        code, said, _ = command("query", "--db", str(db), "--format", "csv", asked)
        assert (code, said.split()[1:]) == (0, ["before,1", "door,1", "killed,1"])
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()
