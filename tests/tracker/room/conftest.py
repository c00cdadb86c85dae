"""A room for tests: a store in a folder, a clock that stands until it is moved, an audit that is kept in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from tracker.config.room import RoomConfig
from tracker.room.accounts.first import first_password
from tracker.room.accounts.joining import account_routers, accounts_of
from tracker.room.alerts.desk import Anchors, DeskRun, desk_settings
from tracker.room.alerts.joining import desk_routers
from tracker.room.audit.log import AuditLog
from tracker.room.audited import Act, note_written
from tracker.room.rights import Caller
from tracker.room.sending.sender import Sender
from tracker.room.sending.sending_routes import sending_routes
from tracker.room.shell.app import make_app
from tracker.room.shell.guard import Guard, guarded
from tracker.room.shell.logs import NoLog
from tracker.room.shell.parts import RoomParts
from tracker.room.store.opening import RoomStore, open_room_store


@dataclass
class KeptAudit:
    """What was written, in order: caller, act, objects, refused, terms."""

    rows: list[tuple[Caller, Act, tuple[str, ...], bool, dict[str, Any]]] = field(default_factory=list)

    def write(
        self,
        connection: object,
        caller: Caller,
        act: Act,
        objects: Sequence[str] = (),
        *,
        is_refused: bool = False,
        terms: Mapping[str, Any] = {},
    ) -> None:
        self.rows.append((caller, act, tuple(objects), is_refused, dict(terms)))
        note_written(str(act))

    def acts(self) -> list[tuple[str, bool]]:
        return [(act.value, is_refused) for _, act, _, is_refused, _ in self.rows]


@dataclass
class StandingClock:
    """A clock that stands until it is moved."""

    us: int = 1_772_323_200_000_000

    def __call__(self) -> int:
        return self.us

    def pass_s(self, seconds: float) -> None:
        self.us += int(seconds * 1e6)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RoomStore]:
    opened = open_room_store(str(tmp_path / "room"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.database)])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RoomStore]:
    """Each of the stores the room can have."""
    data = str(tmp_path / "room") if request.param == "sqlite" else request.getfixturevalue("postgres").database()
    opened = open_room_store(data)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def audit() -> KeptAudit:
    return KeptAudit()


KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""For tests: a password costs a millisecond."""


class Room:
    """A room with its application, asked without sockets. ``client()`` is a browser with its own cookies."""

    def __init__(self, store: RoomStore, clock: StandingClock, audit: KeptAudit, settings: RoomConfig) -> None:
        self.store, self.clock, self.audit, self.settings = store, clock, audit, settings
        self.signing_in = accounts_of(store, clock, audit, settings, CHEAP)
        self.parts = RoomParts(store, clock, audit, self.signing_in.known, settings)
        self.faults: list[tuple[str, str]] = []
        self.monotonic = StandingClock()
        log = AuditLog(clock, KEY)
        desk = DeskRun(
            store,
            clock,
            log,
            {},
            KEY,
            Anchors((store.folder or Path(mkdtemp())) / "anchors.jsonl"),
            desk_settings(settings),
            NoLog(),
        )
        self.sender = Sender(store, clock, log, KEY, desk.open_alerts, settings, NoLog())
        routers = (*account_routers(self.signing_in), *desk_routers(desk))
        self.fast_api = make_app(self.parts, *routers, lambda parts: sending_routes(self.sender, parts))
        guard = Guard(
            frozenset({"room.example"}),
            settings.requests_per_s,
            int(settings.body_mb * 1e6),
            5.0,
            lambda *told: self.faults.append(told),
        )
        self.app = guarded(self.fast_api, guard, self._tick)
        self.is_hurried = False
        """Whether requests come without any time between them."""
        self.first = first_password(self.signing_in)

    def _tick(self) -> int:
        """A request takes as long as it may; ``monotonic`` stands where a test says so."""
        if self.is_hurried:
            return self.monotonic()
        self.monotonic.pass_s(1.0)
        return self.monotonic()

    def client(self, address: str = "192.0.2.1") -> TestClient:
        return TestClient(
            self.app, base_url="https://room.example", client=(address, 50_000), raise_server_exceptions=False,
            headers={"Sec-Fetch-Site": "same-origin"},
        )  # fmt: skip

    def sign_in(self, login: str, password: str, address: str = "192.0.2.1") -> TestClient:
        client = self.client(address)
        done = client.post("/api/v1/session", json={"login": login, "password": password})
        assert done.status_code == 201, done.text
        return client

    def administrator(self) -> TestClient:
        """Signed in, its password chosen."""
        client = self.sign_in("administrator", self.first)
        done = client.post("/api/v1/session/password", json={"password": self.first, "new_password": PASSWORD})
        assert done.status_code == 204, done.text
        return client

    def person(self, administrator: TestClient, login: str, *roles: str, **more: object) -> TestClient:
        """A new person, signed in, its password chosen."""
        sent = {"login": login, "name": login.title(), "roles": list(roles), **more}
        made = administrator.post("/api/v1/persons", json=sent)
        assert made.status_code == 201, made.text
        once = made.json()["password_for_once"]
        client = self.sign_in(login, once)
        done = client.post("/api/v1/session/password", json={"password": once, "new_password": PASSWORD})
        assert done.status_code == 204, done.text
        return client


PASSWORD = "a long enough sentence"


@pytest.fixture
def room(store: RoomStore, clock: StandingClock, audit: KeptAudit) -> Room:
    return Room(store, clock, audit, RoomConfig())


@pytest.fixture
def any_room(any_store: RoomStore, clock: StandingClock, audit: KeptAudit) -> Room:
    """A room over each of them."""
    return Room(any_store, clock, audit, RoomConfig())
