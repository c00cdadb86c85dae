"""A room with a desk for tests: callers by name, alerts as an engine tells them, an engine that is a list."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from tests.tracker.room.conftest import StandingClock
from tracker.config.room import RoomConfig
from tracker.door.following import AlertTold, DoorAwayError, Item
from tracker.room.alerts.alert_routes import alert_routes
from tracker.room.alerts.deciding import send_due
from tracker.room.alerts.desk import Anchors, DeskRun, DeskSettings
from tracker.room.alerts.desk_routes import desk_routes
from tracker.room.alerts.following import EngineDoor
from tracker.room.alerts.taking import take
from tracker.room.audit.audit_routes import audit_routes
from tracker.room.audit.log import AuditLog
from tracker.room.desk.clocks import ClockSettings
from tracker.room.rights import Caller, Right, Role
from tracker.room.search.dossier_routes import dossier_routes
from tracker.room.search.search_routes import search_routes
from tracker.room.sending.sender import Sender
from tracker.room.sending.sending_routes import sending_routes
from tracker.room.shell.app import make_app
from tracker.room.shell.logs import NoLog
from tracker.room.shell.parts import RoomParts
from tracker.room.store.opening import RoomStore
from tracker.room.upkeep.upkeep_routes import upkeep_routes

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ENGINE = "harbour"


def person(name: str, *roles: Role, compartments: Sequence[str] = ()) -> Caller:
    return Caller(name, name.title(), frozenset(roles), None, frozenset(compartments), session_id=f"s-{name}")


PEOPLE = {
    "olga": person("olga", Role.OFFICER),
    "otto": person("otto", Role.OFFICER),
    "vera": person("vera", Role.VIEWER),
    "sam": person("sam", Role.SUPERVISOR),
    "ada": person("ada", Role.ADMINISTRATOR),
    "audrey": person("audrey", Role.AUDITOR),
    "cleo": person("cleo", Role.SUPERVISOR, compartments=["arms"]),
    "clara": person("clara", Role.OFFICER, compartments=["arms"]),
    "reader": Caller(
        "t1",
        "reader",
        frozenset({Role.SERVICE}),
        token_id="t1",
        is_service=True,
        scopes=frozenset({Right.SEE_ALERTS, Right.SEE_DOSSIERS}),
    ),
}


class Names:
    """The token is the name."""

    def __init__(self) -> None:
        self.people = dict(PEOPLE)

    def of_session(self, secret: str) -> Caller | None:
        return None

    def of_token(self, secret: str) -> Caller | None:
        return self.people.get(secret)

    def may_renew(self, secret: str) -> bool:
        return False

    def assignee(self, word: str) -> str | None:
        return word if word in self.people else None

    def unit(self, word: str) -> str | None:
        return None if word.startswith("no ") else word

    def again(self, caller: Caller) -> Caller | None:
        return next((one for one in self.people.values() if one.person_id == caller.person_id), None)


def consignment(number: str, *flags: str, consignee: str = "Van Dam Fruit, BV") -> dict[str, Any]:
    return {
        "consignment_id": number,
        "document_type": "bill_of_lading",
        "document_number": number,
        "manifest_id": "m1",
        "craft": "mmsi:219001234",
        "consignee": {"name": consignee, "country": "NL"},
        "goods": [{"description": f"goods of {number}"}],
        "flags": [{"flag": flag, "severity": 0.9} for flag in flags],
        "severity": 0.9 if flags else 0.0,
        "status": "loaded",
    }


def alert(
    alert_id: str,
    revision: int = 1,
    type_: str = "raised",
    *,
    priority: int = 40,
    craft: str = "mmsi:219001234",
    kind: str = "dark_period",
    rule: str | None = None,
    consignments: Sequence[Mapping[str, Any]] = (),
    lead_time_h: float | None = None,
    state: str = "open",
    part_of: str | None = None,
    time: str = "2026-03-01T00:00:00Z",
) -> dict[str, Any]:
    band = next(
        name for name, least in (("critical", 75), ("high", 50), ("medium", 25), ("low", 0)) if priority >= least
    )
    flagged = 20 if any(one["flags"] for one in consignments) else 0
    return {
        "specversion": "1.0",
        "id": f"{alert_id}.{revision}",
        "type": f"tidewaiter.alert.{type_}",
        "source": "tidewaiter",
        "subject": craft,
        "time": time,
        "data": {
            "alert_id": alert_id,
            "revision": revision,
            "priority": priority,
            "priority_band": band,
            "priority_terms": [
                {"name": "kind", "points": priority - flagged, "sentence": "a dark period"},
                *([{"name": "flags", "points": flagged, "sentence": "goods are flagged"}] if flagged else []),
            ],
            "link": "linked" if consignments else "unlinked",
            "event": {
                "event_id": f"e{alert_id}", "revision": revision, "state": state, "kind": kind, "detail": "", "craft": craft, "other_craft": None,
                "start": "2026-03-01T00:00:00Z", "end": None, "lat_deg": 51.9, "lon_deg": 3.2, "cause": "silent_in_coverage", "confidence": 0.9,
                "explanation": f"{craft} was silent.", "evidence": {"known": time}, "rule": {"name": rule or kind, "version": "1", "thresholds": {}},
            },
            "consignments": list(consignments),
            "consignments_aboard": len(consignments),
            "possible_consignments": [],
            "consignments_possible": 0,
            "itinerary": {},
            "lead_time_h": lead_time_h,
            "explanation": f"{craft} was silent; {len(consignments)} consignments are aboard.",
            **({"part_of": part_of} if part_of else {}),
        },
    }  # fmt: skip


class ListedEngine:
    """An engine that tells a list, then whatever is added, until it goes away."""

    def __init__(self) -> None:
        self.told: list[Item] = []
        self.decisions: list[Mapping[str, Any]] = []
        self.asked: list[tuple[int, str | None]] = []
        self.is_away = False
        self.changed = threading.Condition()

    def tell(self, *items: Item) -> None:
        with self.changed:
            self.told.extend(items)
            self.changed.notify_all()

    def go_away(self, is_away: bool = True) -> None:
        with self.changed:
            self.is_away = is_away
            self.changed.notify_all()

    @contextmanager
    def follow(self, after: int, store_id: str | None) -> Iterator[Any]:
        self.asked.append((after, store_id))
        if self.is_away:
            raise DoorAwayError("nobody opens", "door.sock", "start it")
        following = _Following(self, after)
        try:
            yield following
        finally:
            following.close()

    def rows(self, sql: str, params: Sequence[Any]) -> list[dict[str, Any]]:
        return []

    def search(self, q: str, types: Sequence[str], limit: int, hidden: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        if self.is_away:
            raise DoorAwayError("nobody opens", "door.sock", "start it")
        return {"age_s": 0.0, "read_as": [], "types": {name: {"hits": [], "more": False} for name in types}}

    def dossier(self, kind: str, name: str, hidden: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        raise DoorAwayError("nobody opens", "door.sock", "start it")

    def send(self, decisions: Sequence[Mapping[str, Any]]) -> None:
        if self.is_away:
            raise DoorAwayError("nobody opens", "door.sock", "start it")
        known = {one["decision_id"] for one in self.decisions}
        self.decisions.extend(one for one in decisions if one["decision_id"] not in known)


class _Following:
    def __init__(self, engine: ListedEngine, after: int) -> None:
        self._engine, self._after, self._is_closed = engine, after, False

    def __iter__(self) -> Iterator[Item]:
        at = 0
        while True:
            with self._engine.changed:
                while at >= len(self._engine.told) and not self._engine.is_away and not self._is_closed:
                    self._engine.changed.wait()
                if self._is_closed or self._engine.is_away:
                    raise DoorAwayError("it went away", "door.sock", "it is looked for again")
                item = self._engine.told[at]
            at += 1
            if not isinstance(item, AlertTold) or item.sequence > self._after:
                yield item

    def close(self) -> None:
        with self._engine.changed:
            self._is_closed = True
            self._engine.changed.notify_all()


class Room:
    """A room with its desk, asked without a socket."""

    def __init__(
        self,
        store: RoomStore,
        clock: StandingClock,
        folder: Path,
        engine: ListedEngine | None = None,
        doors: Mapping[str, EngineDoor] | None = None,
        settings: RoomConfig | None = None,
    ) -> None:
        self.store, self.clock = store, clock
        self.engine = engine or ListedEngine()
        self.audit = AuditLog(clock, KEY)
        self.names = Names()
        self.anchors = Anchors(folder / "anchors.jsonl")
        self.run = DeskRun(
            store,
            clock,
            self.audit,
            {ENGINE: self.engine} if doors is None else doors,
            KEY,
            self.anchors,
            DeskSettings(clocks=ClockSettings(), shift_h=12.0),
            NoLog(),
        )
        settings = settings or RoomConfig()
        parts = RoomParts(store, clock, self.audit, self.names, settings)
        self.sender = Sender(store, clock, self.audit, KEY, self.run.open_alerts, settings, NoLog())
        self.app = make_app(
            parts,
            lambda parts: alert_routes(self.run, parts),
            lambda parts: desk_routes(self.run, parts),
            upkeep_routes,
            lambda parts: audit_routes(parts, self.run.sign_head, self.anchors.lines),
            lambda parts: search_routes(self.run, parts),
            lambda parts: dossier_routes(self.run, parts),
            lambda parts: sending_routes(self.sender, parts),
        )
        self.client = TestClient(self.app, raise_server_exceptions=True)
        self._sequence = 0

    def tell(self, *events: Mapping[str, Any], engine: str = ENGINE) -> None:
        """What an engine tells is taken in at once."""
        numbered = []
        for event in events:
            self._sequence += 1
            numbered.append((self._sequence, event))
        take(self.store, engine, numbered, self.clock(), self.audit)

    def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {who}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.request(method, f"/api/v1{path}", json=body, headers=given)

    def get(self, who: str, path: str) -> Any:
        answer = self.ask(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, who: str, alert_id: str, act: str, etag: str | None = None, **more: Any) -> Any:
        """Act on an alert with the version that it has now, or the one given."""
        tag = etag or self.ask(who, "GET", f"/alerts/{alert_id}").headers.get("etag", '"d1-f1"')
        return self.ask(who, "PATCH", f"/alerts/{alert_id}", {"act": act, **more}, If_Match=tag)

    def did(self, who: str, alert_id: str, act: str, **more: Any) -> Any:
        answer = self.act(who, alert_id, act, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, who: str, query: str = "") -> list[str]:
        return [row["alert_id"] for row in self.get(who, f"/alerts{query}")["alerts"]]

    def sent(self) -> list[Mapping[str, Any]]:
        """What the engine has been told of verdicts, after what is due was sent."""
        send_due(self.store, ENGINE, self.engine, self.clock(), NoLog())
        return self.engine.decisions

    def close(self) -> None:
        self.sender.close()
        self.run.close()
        self.client.close()
