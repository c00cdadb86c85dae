"""Accounts are the same over SQLite and PostgreSQL, many at once too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.tracker.room.conftest import PASSWORD, Room, StandingClock
from tracker.config.room import RoomConfig
from tracker.room.audit.chain import problems_of
from tracker.room.audit.log import AuditLog, entries
from tracker.room.store.opening import RoomStore

API = "/api/v1"


def test_a_life_of_an_account(any_room: Room) -> None:
    administrator = any_room.administrator()
    unit = administrator.post(f"{API}/units", json={"name": "Süd-Røst 港", "ports": ["NOOSL"]}).json()
    officer = any_room.person(administrator, "ola", "officer", compartments=["north"], unit_id=unit["unit_id"])
    assert officer.get(f"{API}/units").json()["units"] == [unit]
    opened = officer.post(f"{API}/compartments/south/openings", json={"reason": "because it is needed"}).json()
    assert officer.get(f"{API}/me").json()["compartments"] == ["north", "south"]
    assert officer.delete(f"{API}/openings/{opened['opening_id']}").status_code == 204
    any_room.clock.pass_s(2 * 3600)
    assert officer.get(f"{API}/me").json()["may_renew"] is True
    assert officer.post(f"{API}/session/renew", json={"password": PASSWORD}).status_code == 200
    administrator.post(f"{API}/session/renew", json={"password": PASSWORD})
    token = administrator.post(f"{API}/tokens", json={"name": "t", "scopes": ["search"]}).json()
    assert administrator.post(f"{API}/tokens/{token['token_id']}/rotate").status_code == 200
    for path in ("persons", "units", "tokens", "sessions", "openings", "me", "session"):
        assert administrator.get(f"{API}/{path}").status_code == 200, path
    one = next(p for p in administrator.get(f"{API}/persons").json()["persons"] if p["login"] == "ola")
    changed = administrator.patch(
        f"{API}/persons/{one['person_id']}", json={"is_active": False}, headers={"If-Match": f'"{one["version"]}"'}
    )
    assert changed.status_code == 200
    assert officer.get(f"{API}/me").status_code == 401


def test_many_guesses_at_once_count_each(any_room: Room) -> None:
    def guess(number: int) -> int:
        sent = {"login": "administrator", "password": f"wrong{number}"}
        return any_room.client("198.51.100.7").post(f"{API}/session", json=sent).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(24)))
    assert answers.count(401) <= 5
    assert set(answers) <= {401, 429, 503}


def test_the_chain_of_the_audit_holds_where_many_write_at_once(any_store: RoomStore, clock: StandingClock) -> None:
    room = Room(any_store, clock, AuditLog(clock, Ed25519PrivateKey.generate()), RoomConfig())
    administrator = room.administrator()
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: administrator.get(f"{API}/me").status_code, range(40)))
    assert set(done) == {200}
    with any_store.read() as connection:
        chain = list(entries(connection))
    assert len(chain) >= 40
    assert list(problems_of(chain)) == []
