"""``tidewaiter room audit``: verify and export, over a room's real files."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracker.cli import app
from tracker.config.room import RoomConfig
from tracker.room.assembling import assemble
from tracker.room.audited import Act
from tracker.room.rights import NOBODY

RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "room"
    room = assemble(str(data), RoomConfig(), data.parent)
    for _ in range(5):
        with room.parts.store.write() as connection:
            room.parts.audit.write(connection, NOBODY, Act.ROOM_BEGUN)
    room.parts.store.close()
    return data


def run(*arguments: object):
    return RUNNER.invoke(app, ["room", "audit", *map(str, arguments)])


def test_export_and_verify_agree_and_tampering_is_found(folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "audit.jsonl"
    made = run("export", export, "--data", folder)
    assert made.exit_code == 0, made.output
    word = made.stdout.strip().splitlines()[-1]
    anchors = folder / "anchors.jsonl"
    assert run("verify", "--data", folder, "--anchors", anchors, "--anchor", word).exit_code == 0
    key = (folder / "audit.pub").read_text().strip()
    told = json.loads(run("verify", "--export", export, "--anchors", anchors, "--key", key, "--json").stdout)
    assert (told["holds"], told["entries"], told["anchors_held"]) == (True, 6, 1)

    with sqlite3.connect(folder / "room.sqlite") as connection:
        connection.execute("UPDATE audit_entries SET actor = 'person:other' WHERE sequence = 3")
    connection.close()
    found = run("verify", "--data", folder, "--anchors", anchors)
    assert found.exit_code == 1
    assert "entry 3 was changed" in found.stdout
    export.write_text("".join(line + "\n" for line in export.read_text().splitlines()[:-2]))
    assert "cut off" in run("verify", "--export", export, "--anchor", word).stdout


def test_mistakes_end_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    for arguments, says in (
        (["verify"], "either --data or --export"),
        (["verify", "--data", tmp_path / "none"], "there is no room"),
        (["verify", "--data", folder, "--anchors", tmp_path / "none"], "cannot be read"),
        (["export", tmp_path / "x"], "give --data"),
        (["export", folder / "room.sqlite", "--data", folder], "cannot be written"),
    ):
        done = run(*arguments)
        assert done.exit_code != 0
        assert says in f"{done.output}{done.exception}"
