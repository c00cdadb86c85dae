"""Who works in the room of ``deploy/reliability/room.py``: officers who act and send again until they are answered, and a client that follows the stream."""

from __future__ import annotations

import json
import random
import re
import threading
import time
import uuid
from collections import Counter
from typing import Any, Final

import httpx2

from deploy.reliability.room_sides import Sides

_API: Final = "/api/v1"
_PASSWORD: Final = "the tide waits for nobody"
_PAUSE_S: Final = 0.15
_AGAIN_S: Final = 0.2
_TAG: Final = re.compile(r'"d(\d+)-f(\d+)"')


class Officer(threading.Thread):
    """Acts until :meth:`stop`; what was answered as done is in ``done``: (alert, version of the desk's work that the act made)."""

    def __init__(self, sides: Sides, login: str, seed: int) -> None:
        super().__init__(daemon=True, name=login)
        self._rng = random.Random(seed)
        self.done: list[tuple[str, int]] = []
        self.answers: Counter[int] = Counter()
        self.sent_again = 0
        self.client = signed_in(sides, login)
        self._may_go, self._is_over, self._rests = threading.Event(), False, threading.Event()
        self._may_go.set()

    def pause(self) -> None:
        """Until :meth:`go_on`; returns when nothing of it is on its way."""
        self._may_go.clear()
        self._rests.wait()

    def go_on(self) -> None:
        """Act again."""
        self._rests.clear()
        self._may_go.set()

    def stop(self) -> None:
        """For good."""
        self._is_over = True
        self._may_go.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """Act."""
        while not self._is_over:
            if not self._may_go.is_set():
                self._rests.set()
                self._may_go.wait()
                continue
            self._act()
            time.sleep(_PAUSE_S)

    def _act(self) -> None:
        state = self._rng.choice(("annunciated", "acknowledged", "closed"))
        listed = self._ask("GET", f"/alerts?limit=20&state={state}", None, {})
        if listed is None or not listed.json()["alerts"]:
            return
        row = self._rng.choice(listed.json()["alerts"])
        bodies: dict[str, list[dict[str, Any]]] = {
            "annunciated": [{"act": "acknowledge"}, {"act": "note", "text": "seen"}, {"act": "close", "outcome": "inconclusive"}],
            "acknowledged": [{"act": "note", "text": "asked"}, {"act": "close", "outcome": "confirmed, no irregularity"}],
            "closed": [{"act": "reopen", "reason": "once more"}, {"act": "note", "text": "read"}],
        }  # fmt: skip
        given = {"If-Match": row["etag"], "Idempotency-Key": uuid.uuid4().hex}
        answer = self._ask("PATCH", f"/alerts/{row['alert_id']}", self._rng.choice(bodies[state]), given)
        if answer is None:
            return
        self.answers[answer.status_code] += 1
        if answer.status_code == 200:
            tag = _TAG.fullmatch(answer.headers["etag"])
            assert tag is not None
            self.done.append((row["alert_id"], int(tag[1])))

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx2.Response | None:
        """The answer, however often it has to be asked for; None where nobody answers any more at the end."""
        while True:
            try:
                answer = self.client.request(method, f"{_API}{path}", json=body, headers=headers)
                if answer.status_code < 500:
                    return answer
            except httpx2.HTTPError:
                pass
            if self._is_over and method == "GET":
                return None
            self.sent_again += method != "GET"
            time.sleep(_AGAIN_S)


class Follower(threading.Thread):
    """Follows the stream, coming back where it was; ``older`` has what it was shown older than before."""

    def __init__(self, sides: Sides, client: httpx2.Client) -> None:
        super().__init__(daemon=True, name="follower")
        self._cookies = dict(client.cookies)
        self._address = sides.address
        self._seen: dict[str, tuple[int, int]] = {}
        self._last_id: str | None = None
        self._is_over = False
        self.older: list[str] = []
        self.shown = self.came_again = self.resets = 0
        self.has_begun = threading.Event()
        """Set once it has a place in the stream: from there on it misses nothing."""

    def stop(self) -> None:
        """For good; it ends with the process."""
        self._is_over = True

    def run(self) -> None:
        """Follow."""
        while not self._is_over:
            try:
                self._follow()
            except httpx2.HTTPError:
                self.came_again += 1
            time.sleep(_AGAIN_S)

    def check(self, sides: Sides) -> None:
        """Wait until it was shown the newest revision of every alert; what never comes is told as older."""
        newest: dict[str, int] = {}
        for alert_id, revision in sides.revisions_told():
            newest[alert_id] = max(revision, newest.get(alert_id, 0))
        until = time.monotonic() + 60
        while time.monotonic() < until:
            missing = [one for one, revision in newest.items() if self._seen.get(one, (0, 0))[1] < revision]
            if not missing:
                return
            time.sleep(0.1)
        self.older += [f"{one} was never shown in revision {newest[one]}" for one in missing]

    def _follow(self) -> None:
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        with (
            httpx2.Client(base_url=self._address, cookies=self._cookies, timeout=30) as client,
            client.stream("GET", f"{_API}/stream/alerts", headers=headers) as answer,
        ):
            kind, seen_id = "", ""
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "id":
                    seen_id = value
                elif name == "data":
                    self._take(kind, json.loads(value))
                    self._last_id = seen_id
                    self.has_begun.set()

    def _take(self, kind: str, told: Any) -> None:
        if kind == "reset":
            self.resets += 1
        elif kind == "alert":
            self.shown += 1
            row = told["alert"]
            tag = _TAG.fullmatch(row["etag"])
            assert tag is not None
            now, before = (int(tag[1]), int(tag[2])), self._seen.get(row["alert_id"], (0, 0))
            if now[0] < before[0] or now[1] < before[1]:
                self.older.append(f"{row['alert_id']} as {now} after {before}")
            self._seen[row["alert_id"]] = now


def signed_in(sides: Sides, login: str) -> httpx2.Client:
    """An officer who has chosen a password, made by the administrator at the first call."""
    administrator = _client(sides)
    first = {"login": "administrator", "password": sides.first_password()}
    begun = administrator.post(f"{_API}/session", json=first)
    if begun.status_code != 201:
        begun = administrator.post(f"{_API}/session", json={**first, "password": _PASSWORD})
    else:
        _choose(administrator, first["password"])
    assert begun.status_code == 201, begun.text
    made = administrator.post(f"{_API}/persons", json={"login": login, "name": login.title(), "roles": ["officer"]})
    assert made.status_code == 201, made.text
    once = made.json()["password_for_once"]
    officer = _client(sides)
    assert officer.post(f"{_API}/session", json={"login": login, "password": once}).status_code == 201
    _choose(officer, once)
    administrator.close()
    return officer


def _choose(client: httpx2.Client, password: str) -> None:
    done = client.post(f"{_API}/session/password", json={"password": password, "new_password": _PASSWORD})
    assert done.status_code == 204, done.text


def _client(sides: Sides) -> httpx2.Client:
    return httpx2.Client(base_url=sides.address, headers={"Origin": sides.address}, timeout=30)
