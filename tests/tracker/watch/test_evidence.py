"""The journal for investigators: listed, verified, and taken out byte for byte between two times; mistakes are one sentence."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from streams.journal import Journal, JournalConfig
from streams.journal_index import JournalHead, read_index
from streams.journal_segments import sealed_path
from streams.source import Chunk
from tests.tracker.test_cli import assert_one_sentence, run
from tests.waiting import eventually
from tracker.store import watch_state
from tracker.store.database import Database
from tracker.units import iso_time
from tracker.watch.files import state_folder

T0_US = 1_772_323_200_000_000
MIN_US = 60_000_000
LINES = [b"line %d of the feed\n" % number for number in range(40)]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store's name with the journal of one source beside it: a line a minute, in several segments."""
    path = tmp_path / "live.duckdb"
    journal = Journal(state_folder(path) / "journal" / "quay", JournalConfig(segment_bytes=400, fsync_s=0))
    for number, line in enumerate(LINES):
        journal.append(Chunk("0", line, T0_US + number * MIN_US, ""))
        journal.append(Chunk("0", b"", T0_US + number * MIN_US + 1, ""))
    # segments are sealed in a thread
    eventually(lambda: len(read_index(state_folder(path) / "journal" / "quay")) >= 3)
    journal.close()
    return path


def at(minute: int) -> str:
    return iso_time(T0_US + minute * MIN_US)


def test_segments_are_listed_with_their_times_and_digests(store: Path) -> None:
    rows = [json.loads(line) for line in run("journal", "list", "--db", store).stdout.splitlines()]
    assert len(rows) > 3
    assert {row["source"] for row in rows} == {"quay"}
    folder = state_folder(store) / "journal" / "quay"
    sealed = [row for row in rows if row["sha256"]]
    assert sealed
    for row in sealed:
        assert row["sha256"] == hashlib.sha256((folder / row["file"]).read_bytes()).hexdigest()
    assert sealed[0]["first_received"] == at(0)


@pytest.mark.parametrize(
    ("span", "lines"),
    [((), LINES), (("--from", at(5)), LINES[5:]), (("--to", at(9)), LINES[:9]), (("--from", at(3), "--to", at(31)), LINES[3:31])],
    ids=["all", "from", "to", "between"],
)  # fmt: skip
def test_the_bytes_of_a_span_come_out_as_they_came_in(
    store: Path, tmp_path: Path, span: tuple[str, ...], lines: list[bytes]
) -> None:
    out = tmp_path / "evidence.nmea"
    done = run("journal", "export", "quay", out, "--db", store, *span)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == b"".join(lines)
    assert hashlib.sha256(b"".join(lines)).hexdigest() in done.stderr


def test_a_whole_journal_is_whole_and_a_changed_byte_is_told(store: Path) -> None:
    done = run("journal", "verify", "--db", store)
    assert (done.returncode, done.stdout) == (0, "quay: whole\n")
    victim = sorted((state_folder(store) / "journal" / "quay").glob("*.journal.zst"))[1]
    damaged = bytearray(victim.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    victim.write_bytes(damaged)
    done = run("journal", "verify", "--db", store)
    assert done.returncode == 1
    assert victim.name in done.stdout
    assert "Traceback" not in done.stderr


def test_mistakes_are_told_in_one_sentence(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "evidence.nmea"
    assert_one_sentence(run("journal", "export", "key", out, "--db", store), "'key'", "quay")
    assert_one_sentence(run("journal", "export", "quay", out, "--db", store, "--from", "noon"), "--from", "noon")
    assert_one_sentence(run("journal", "list", "--db", tmp_path / "other.duckdb"), "has no journal")
    out.write_bytes(b"mine")
    assert_one_sentence(run("journal", "export", "quay", out, "--db", store), "exists already")
    assert out.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("client", "lines"), [("192.0.2.1:7", [0, 3]), ("192.0.2.1", [0, 1, 3]), ("2001:db8::1", [2]), ("192.0.2.9", [])]
)
def test_the_bytes_of_one_sender_come_out_alone(tmp_path: Path, client: str, lines: list[int]) -> None:
    store = tmp_path / "live.duckdb"
    journal = Journal(state_folder(store) / "journal" / "roof", JournalConfig(fsync_s=0))
    voices = ("a.1@192.0.2.1:7", "a.2@192.0.2.1:8", "a.3@[2001:db8::1]:7", "b.1@192.0.2.1:7")
    for number, voice in enumerate(voices):
        journal.append(Chunk("0", LINES[number], T0_US, "", voice))
    journal.close()
    out = tmp_path / "evidence.nmea"
    assert run("journal", "export", "roof", out, "--db", store, "--client", client).returncode == 0
    assert out.read_bytes() == b"".join(LINES[number] for number in lines)


def kept_in_store(store: Path, heads: dict[str, JournalHead]) -> None:
    texts = {watch_state.JOURNAL_HEADS: json.dumps({name: head.to_json() for name, head in heads.items()})}
    opened = Database(store)
    opened.write(lambda connection: watch_state.write_texts(connection, texts))
    opened.commit(wait=True)
    opened.close()


@pytest.mark.slow
def test_what_the_store_and_the_log_know_of_a_journal_is_missed_when_it_is_gone(store: Path) -> None:
    folder = state_folder(store) / "journal" / "quay"
    journal = Journal(folder, JournalConfig(segment_bytes=400, fsync_s=0))
    head = journal.head
    journal.close()
    kept_in_store(store, {"quay": head})
    assert run("journal", "verify", "--db", store).stdout == "quay: whole\n"
    index = folder / "index.jsonl"
    content = index.read_bytes()
    lines = content.splitlines(keepends=True)
    last = json.loads(lines[-1])["segment"]
    stolen = sealed_path(folder, last).read_bytes()
    index.write_bytes(b"".join(lines[:-1]))
    sealed_path(folder, last).unlink()
    done = run("journal", "verify", "--db", store)
    assert done.returncode == 1
    assert "lines were removed from its end" in done.stdout
    kept_in_store(store, {})
    assert run("journal", "verify", "--db", store).returncode == 0
    logged = json.dumps({"time": "x", "event": "journal_head", "source": "quay", **head.to_json()})
    done = run("journal", "verify", "--db", store, "--head", logged)
    assert "lines were removed from its end" in done.stdout
    index.write_bytes(content)
    sealed_path(folder, last).write_bytes(stolen)
    assert run("journal", "verify", "--db", store, "--head", logged).returncode == 0
    assert_one_sentence(run("journal", "verify", "--db", store, "--head", "{}"), "journal_head")


def test_a_journal_that_is_gone_altogether_is_missed(store: Path) -> None:
    folder = state_folder(store) / "journal"
    journal = Journal(folder / "quay")
    kept_in_store(store, {"quay": journal.head})
    journal.close()
    shutil.rmtree(folder)
    done = run("journal", "verify", "--db", store)
    assert (done.returncode, done.stdout) == (1, "quay: its journal is known, and it is gone\n")
