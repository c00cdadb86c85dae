"""docs/room.md from the first start to a closed alert: its lines, as they stand there, are answered by a room."""

from __future__ import annotations

import json
import re
import shlex
from argparse import ArgumentParser
from pathlib import Path

import pytest

from tests.tracker.room.alerts.rooms import alert, consignment
from tests.tracker.room.conftest import Room
from tracker.room.alerts.taking import take

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "room.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8079"
CURL = ArgumentParser()
for flag in ("-b", "-c", "-X", "-d"):
    CURL.add_argument(flag)
CURL.add_argument("-H", action="append", default=[])
CURL.add_argument("url")


def test_the_lines_of_the_example_do_what_they_say(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # heads of the audit are published there
    events = [
        alert("a1"),
        alert("a2", priority=80, consignments=[consignment("C1", "drugs")]),
    ]
    take(room.store, "live", list(enumerate(events, 1)), room.clock(), room.audit)
    browsers = {name: room.client() for name in ("admin", "olga", "sam", "")}
    told = {"FIRST_PASSWORD": room.first}
    answers = []
    part = PAGE[PAGE.index("## From the first start") : PAGE.index("## Engine and room on one machine")]
    lines = [line for block in re.findall(r"```sh\n(.*?)```", part, re.DOTALL) for line in block.splitlines()]
    for written in lines:
        line = written
        for word in sorted(told, key=len, reverse=True):
            line = line.replace(word, told[word])
        program, *words = shlex.split(line)
        asked = CURL.parse_args(words)
        assert program == "curl"
        assert asked.url.startswith(ADDRESS)
        headers = dict(header.split(": ", 1) for header in asked.H)
        method = asked.X or ("GET" if asked.d is None else "POST")
        is_changing = method != "GET" and asked.b is not None
        assert ("Origin" in headers) == is_changing, line
        headers = {name: value.replace(ADDRESS, "https://room.example") for name, value in headers.items()}
        came = browsers[asked.b or asked.c or ""].request(
            method, asked.url.removeprefix(ADDRESS), content=asked.d, headers=headers
        )
        assert came.status_code in (200, 201, 204), (line, came.text)
        said = came.json() if came.content else {}
        answers.append(said)
        told |= {name.upper(): said[name] for name in ("password_for_once", "sheet_id", "token") if name in said}
        shown = said["alerts"][0] if said.get("alerts") else said
        told |= {name.upper(): shown[name] for name in ("alert_id", "etag") if name in shown}
    (closed,) = next(
        said["alerts"] for said in answers if said.get("alerts") and said["alerts"][0]["state"] == "closed"
    )
    assert (closed["alert_id"], closed["outcome"], closed["notes"]) == ("a2", "inconclusive", 1)
    assert json.dumps([said.get("signed_by") for said in answers]).count("p-") == 1
