"""Stories of five kinds through the live program, each from a feed as it comes: what stands in its store in the end, and the alerts it gave out, are those
of the replay.

A process follows a file, connects to a server, or is connected to; what comes over a socket goes through its journal. Tables come as JSON lines, which is
what feeds of positions send. What became known in the last minute of a story may be missing: the live program waits for more.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.reliability.compare import (
    alerts_of_store,
    differences,
    events_of_store,
    final_alerts,
    final_events,
    json_lines,
)
from deploy.reliability.running import Program
from tests.behaviour.told import Told
from tests.tracker.watch.window import free_port
from tests.waiting import PATIENCE_S, eventually
from tracker.alerts.cloudevent import to_json_line

SETTINGS = '[watch]\nhttp_address = ""\nidle_s = 5.0\n'
LAST_US = 60_000_000
_NUMBERS = {"lat": float, "lon": float, "speed": float, "course": float, "heading": float, "draught": float, "length": float,
            "width": float, "mmsi": int, "status": int, "imo": int, "vesseltype": int}  # fmt: skip

STORIES = {
    "flag_hop_nmea": ("file", "identity_transfer"),
    "sts_lowpower": ("tcp", "stopped"),
    "jam_sea_point": ("tcp-listen", "mass_displacement"),
    "goaround_divert_alnum": ("file", "landed_elsewhere"),
    "callsign_leak": ("tcp", "duplicate_identity"),
}
"""Story -> how its feed comes, and the detail of an event that must stand."""


def content_of(path: Path) -> bytes:
    """The bytes that a live feed sends of a story."""
    data = gzip.decompress(path.read_bytes())
    if ".csv" not in path.suffixes:
        return data
    rows = csv.DictReader(io.StringIO(data.decode()))
    lines = [{name: _NUMBERS.get(name, str)(text) for name, text in row.items() if text} for row in rows]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@contextmanager
def fed(how: str, content: bytes, folder: Path) -> Iterator[str]:
    """A feed of some bytes that stays open; what ``--source`` is told of it."""
    if how == "file":
        (folder / "feed").write_bytes(content)
        yield f"story={folder / 'feed'}"
        return
    over = threading.Event()

    def give(reader: socket.socket) -> None:
        with reader:
            reader.sendall(content)
            over.wait(PATIENCE_S)

    def serve(server: socket.socket) -> None:
        with server:
            give(server.accept()[0])

    def connect(port: int) -> None:
        def opened() -> socket.socket | None:
            try:
                return socket.create_connection(("127.0.0.1", port))
            except OSError:
                return None

        reader = eventually(opened)
        assert reader is not None
        give(reader)

    if how == "tcp":
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        feeder = threading.Thread(target=serve, args=(server,), daemon=True)
    else:
        port = free_port()
        feeder = threading.Thread(target=connect, args=(port,), daemon=True)
    feeder.start()
    try:
        yield f"story={how}://127.0.0.1:{port}"
    finally:
        over.set()
        feeder.join(PATIENCE_S)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "how", "detail"), [(name, *more) for name, more in STORIES.items()])
def test_a_story_watched_is_the_story_replayed(
    name: str, how: str, detail: str, real_data: Path, story: Callable[..., Told], tmp_path: Path
) -> None:
    folder = real_data.parent / "cases" / "behaviour" / name
    (path,) = sorted(folder.glob("input.*"))
    cargo = folder / "cargo.json"
    with fed(how, content_of(path), tmp_path) as source:
        arguments = ["--source", source, "--alerts", str(tmp_path / "alerts.jsonl")]
        program = Program(
            tmp_path / "watch", SETTINGS, [*arguments, *(("--cargo", str(cargo)) if cargo.exists() else ())]
        )
        program.start()
        try:
            program.wait_for_idle(PATIENCE_S)
            program.stop(PATIENCE_S)
        finally:
            if program.is_running:
                program.kill()
    wanted = story(name)
    end_us = max(event.known_us for event in wanted.every_event) - LAST_US
    last = {event.event_id for event in wanted.every_event if event.known_us >= end_us}
    expected = {
        "events": final_events(event.to_json() for event in wanted.every_event if event.event_id not in last),
        "alerts": final_alerts(
            json.loads(to_json_line(alert)) for alert in wanted.every_alert if alert.event.event_id not in last
        ),
    }
    events = [row for row in events_of_store(program.store) if row["event_id"] not in last]
    for given in (json_lines(tmp_path / "alerts.jsonl"), alerts_of_store(program.store)):
        alerts = [row for row in given if row["data"]["event"]["event_id"] not in last]
        assert differences(expected, {"events": final_events(events), "alerts": final_alerts(alerts)}) == {}
    assert detail in {json.loads(statement)["detail"] for statement in expected["events"].values()}
    assert expected["alerts"]
