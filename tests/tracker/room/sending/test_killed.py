"""The room as a process: killed while it sends, it sends again under the same id; what it sends stands in no log."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx2

from tests.tracker.room.sending.receivers import Hook, answer
from tests.tracker.room.test_running import API, running
from tests.waiting import eventually

CONFIG = 'webhook_networks = ["127.0.0.0/8"]\n'


def test_a_room_killed_while_it_sends_sends_again(tmp_path: Path) -> None:
    hook, release = Hook(), threading.Event()

    def stall(handler: BaseHTTPRequestHandler) -> None:
        release.wait()
        handler.close_connection = True

    hook.answering = stall
    with running(tmp_path, config=CONFIG) as room, httpx2.Client(base_url=room.address) as client:
        client.headers["Origin"] = room.address
        assert room.process.stdout is not None
        said = room.process.stdout.readline()
        password = str(re.search(r"with the password (\S+);", said)[1])
        assert client.post(f"{API}/session", json={"login": "administrator", "password": password}).status_code == 201
        sent = {"password": password, "new_password": "a long enough sentence"}
        assert client.post(f"{API}/session/password", json=sent).status_code == 204
        body = {"name": "duty", "way": "webhook", "target": hook.url}
        made = client.post(f"{API}/subscriptions", json=body).json()
        message = client.post(f"{API}/subscriptions/{made['subscription_id']}/test").json()["message_id"]
        eventually(lambda: hook.got)
        os.kill(room.process.pid, signal.SIGKILL)
        room.process.wait()
    hook.answering = answer(204)
    release.set()
    with running(tmp_path, config=CONFIG) as room:
        eventually(lambda: len(hook.got) > 1)
        with httpx2.Client(base_url=room.address) as client:
            client.headers["Origin"] = room.address
            client.post(f"{API}/session", json={"login": "administrator", "password": "a long enough sentence"})
            eventually(lambda: client.get(f"{API}/subscriptions").json()["subscriptions"][0]["sending"]["last_sent"])
        room.end()
    assert {event["id"] for event in hook.events()} == {message}
    for word in ("secret-in-url", made["secret"], "127.0.0.1:" + str(hook.port)):
        assert word not in json.dumps(room.log)
    hook.close()
