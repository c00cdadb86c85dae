"""check tries what the settings name, init writes settings that pass it, and a wrong word is answered with the nearest right one."""

from __future__ import annotations

import json
import os
import socket
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from tests.tracker.test_cli import LINES, assert_one_sentence, run
from tests.waiting import PATIENCE_S
from tracker.commands.beginning import beginning_text
from tracker.errors import SettingError
from tracker.nearest import meant
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.watch.source_text import source_of
from tracker.watch.trial import Finding, try_all


def findings(sources: dict[str, str], store: Path | None = None, config: Path | None = None) -> dict[str, Finding]:
    settings = load_settings(config)
    settings = settings.with_sources(dict(source_of(f"{name}={address}") for name, address in sources.items()))
    return {finding.what: finding for finding in try_all(settings, store, listen_s=PATIENCE_S)}


@contextmanager
def speaking(said: bytes) -> Iterator[int]:
    """A receiver that says something to whoever connects, and ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(PATIENCE_S)


def test_a_receiver_that_speaks_is_heard_and_its_format_named() -> None:
    with speaking(LINES.encode()) as port:
        found = findings({"quay": f"tcp://127.0.0.1:{port}"})["source quay"]
    assert (found.is_good, "gives nmea" in found.how_it_is) == (True, True)


def test_a_port_that_speaks_something_else_is_wrong_and_one_that_is_silent_is_worth_a_note() -> None:
    with speaking(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        assert findings({"quay": f"tcp://127.0.0.1:{port}"})["source quay"].is_good is False
    with speaking(b"") as port:
        assert findings({"quay": f"tcp://127.0.0.1:{port}"})["source quay"].is_good is None


def test_what_is_not_there_is_wrong_in_one_line_that_says_how_to_mend_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        found = findings(
            {
                "away": f"tcp://127.0.0.1:{nobody.getsockname()[1]}",
                "roof": f"tcp-listen://127.0.0.1:{taken.getsockname()[1]}",
                "gate": "kafka://ais.raw",
                "folder": str(tmp_path),
                "pipe": str(tmp_path / "pipe"),
            },
            tmp_path / "nowhere" / "live.duckdb",
        )
    for what in ("source away", "source roof", "source gate", "source folder", "source pipe", "store"):
        assert found[what].is_good is False, what
        assert found[what].mend, what
        assert "\n" not in found[what].sentence()


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    feed = tmp_path / "feed.nmea"
    assert findings({"log": str(feed)})["source log"].is_good is None
    feed.write_text(LINES)
    assert findings({"log": str(feed)})["source log"].is_good is True


def test_a_store_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    store = tmp_path / "live.duckdb"
    assert findings({}, store)["store"].how_it_is.endswith("will be made")
    assert not store.exists()
    Database(store).close()
    assert findings({}, store)["store"].is_good is True
    with duckdb.connect(str(store)) as connection:
        connection.execute("UPDATE about SET layout = 3")
    found = findings({}, store)["store"]
    assert (found.is_good, "layout 3" in found.how_it_is) == (None, True)
    store.write_bytes(b"something else entirely")
    assert findings({}, store)["store"].is_good is False


def test_a_broker_that_is_away_is_told(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        config = tmp_path / "my.toml"
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        config.write_text(f'[kafka]\nbootstrap = "{address}"\nrequest_timeout_s = 1.0\n')
        found = findings({"gate": "kafka://ais.raw"}, config=config)["kafka"]
    assert found.is_good is False
    assert address in found.how_it_is


@pytest.mark.slow
def test_the_command_shows_what_is_set_and_what_is_there_and_fails_where_something_is_not(tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text("[loitering]\nradius_km = 5.0\n[watch]\nhttp_address = ''\n")
    done = run("check", "--config", config)
    assert done.returncode == 0, done.stderr
    assert "[loitering] radius_km = 5.0 (default 7.5)" in done.stdout
    assert len(done.stdout.splitlines()) < 10
    done = run("check", "--config", config, "--db", tmp_path / "nowhere" / "x.duckdb", "--json")
    assert done.returncode == 1
    assert {json.loads(line)["is"] for line in done.stdout.splitlines()} >= {"ok", "wrong"}
    assert len(run("check", "--settings").stdout.splitlines()) > 100


def test_init_writes_settings_that_change_nothing_and_never_overwrites(tmp_path: Path) -> None:
    target = tmp_path / "mine.toml"
    assert run("init", "--out", target).returncode == 0
    text = target.read_text()
    assert text == beginning_text() == run("init", "--out", "-").stdout
    assert_one_sentence(run("init", "--out", target), "is there already")
    assert target.read_text() == text
    assert_one_sentence(run("init", "--out", tmp_path / "nowhere" / "x.toml"), "cannot be written")
    ours, plain = load_settings(target), load_settings()
    assert (ours["watch"], ours["loitering"], ours.sources) == (plain["watch"], plain["loitering"], {})


def test_every_example_that_init_comments_out_is_accepted(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in beginning_text().splitlines()]
    settings = [line for line in lines if line.startswith("[") or " = " in line.split("#")[0]]
    file = tmp_path / "all.toml"
    file.write_text("\n".join(settings))
    assert set(tomllib.loads(file.read_text())["sources"]) == set(load_settings(file).sources)
    assert len(load_settings(file).sources) == 5


@pytest.mark.parametrize(
    ("toml", "nearest"),
    [
        ("[loitring]\n", "'loitering'"),
        ("[loitering]\nradius = 3\n", "'radius_km'"),
        ("[watch]\nlatenes_s = 3\n", "'lateness_s'"),
        ("profile = 'Custom'\n", "'customs'"),
        ("[sources.a]\nkind = 'tcp_sever'\naddress = 'h:1'\n", "'tcp_server'"),
        ("[sources.a]\nadress = 'h:1'\n", "'address'"),
    ],
)
def test_a_wrong_word_in_the_settings_is_answered_with_the_right_one(toml: str, nearest: str, tmp_path: Path) -> None:
    config = tmp_path / "my.toml"
    config.write_text(toml)
    with pytest.raises(SettingError, match=f"did you mean .*{nearest}"):
        load_settings(config)


def test_a_wrong_word_elsewhere_is_answered_too() -> None:
    with pytest.raises(SettingError, match="did you mean 'TIDEWAITER_WATCH_IDLE_S'"):
        load_settings(environment={"TIDEWAITER_WATCH_IDEL_S": "3"})
    with pytest.raises(SettingError, match="did you mean 'tcp://'"):
        source_of("a=tpc://127.0.0.1:1")
    assert meant("zebra", ["customs", "gfw"], "there are") == "there are customs, gfw"
