"""Tokens with scopes: each route asks for one, a refusal names it, and what is taken back is good for nothing at once."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tracker.door.conftest import House
from tests.tracker.door.test_following import FAST, Sea
from tests.waiting import PATIENCE_S
from tracker.cli import app
from tracker.door.address import DoorAddress
from tracker.door.calling import DoorCalls
from tracker.door.clients import SCOPES, add_client, file_of, read_clients, remove_client
from tracker.door.following import AlertFollower, DoorAwayError, DoorRefusedError
from tracker.door.place import DoorPlace, place_of
from tracker.door.routes import ROUTES
from tracker.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
ASKED = [(route.method, route.path.format(kind=kind, number="1"), route.scope_of({"kind": kind})) for route in ROUTES for kind in ("flag", "order")]  # fmt: skip
QUICK = [row for row in ASKED if "stream" not in row[2]]


@pytest.fixture(scope="module")
def place(open_house: House) -> Iterator[DoorPlace]:
    place = place_of(open_house.path)
    yield place
    file_of(place).unlink(missing_ok=True)


@pytest.mark.parametrize("missing", [*SCOPES])
def test_a_token_opens_no_route_that_is_not_its_own_and_the_refusal_names_the_scope(
    open_house: House, place: DoorPlace, missing: str
) -> None:
    token = add_client(place, f"all-but-{missing}", [scope for scope in SCOPES if scope != missing], "")
    for method, path, scope in ASKED:
        if scope == missing:
            status, body, _ = open_house.ask(method, path, b"", authorization=f"Bearer {token}")
            assert status == 403, path
            assert f"'{missing}'" in json.loads(body)["error"]


@pytest.mark.parametrize("scope", [*SCOPES])
def test_a_token_opens_the_routes_of_its_scope(open_house: House, place: DoorPlace, scope: str) -> None:
    token = add_client(place, f"only-{scope}", [scope], "")
    assert open_house.ask("GET", "/v1/", authorization=f"Bearer {token}")[0] == 200
    for method, path, needed in QUICK:
        if needed == scope and scope in ("flags", "orders"):
            continue  # they would wait for a loop that takes them in
        status = open_house.ask(method, path, b"{", authorization=f"Bearer {token}")[0]
        if needed == scope:
            assert status not in (401, 403), path
        elif needed in SCOPES:
            assert status == 403, path


def test_every_route_has_one_scope_and_the_document_tells_it() -> None:
    page = (ROOT / "docs" / "door.md").read_text(encoding="utf-8")
    for route in ROUTES:
        scopes = {scope for kind in ("flag", "order") if (scope := route.scope_of({"kind": kind}))}
        row = next(line for line in page.splitlines() if line.startswith(f"| {route.method} | `{route.path}` |"))
        told = set(re.findall(r"`(\w+)`", row.split("|")[3]))
        assert told == scopes, row
        assert scopes <= SCOPES.keys()
    for scope, sentence in SCOPES.items():
        assert f"| `{scope}` | {sentence} |" in page


def test_the_file_is_its_owners_alone_and_holds_no_token(house: House) -> None:
    place = place_of(house.path)
    token = add_client(place, "room", ["stream", "read"], "2026-11-30T10:00:00.000Z")
    assert stat.S_IMODE(file_of(place).stat().st_mode) == 0o600
    assert token not in file_of(place).read_text()
    (client,) = read_clients(file_of(place))
    assert (client.name, client.may, client.made) == ("room", ("read", "stream"), "2026-11-30T10:00:00.000Z")
    assert DoorCalls(DoorAddress(house.path, token=token)).status()["phase"] == "live"


def test_a_token_taken_back_is_good_for_nothing_at_once_and_ends_its_stream(tmp_path: Path) -> None:
    with closing(Sea(tmp_path, FAST)) as sea:
        place = place_of(sea.path)
        door = DoorAddress(sea.path, token=add_client(place, "room", ["read", "stream"], ""))
        with AlertFollower(door, 0, silence_s=PATIENCE_S) as follower:
            items = iter(follower)
            next(items)
            remove_client(place, "room")
            with pytest.raises(DoorRefusedError, match="needs the token"):
                DoorCalls(door).status()
            with pytest.raises(DoorAwayError):
                list(items)


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("", ["read"]),
        ("a b", ["read"]),
        ("owner", ["read"]),
        ("x" * 65, ["read"]),
        ("a", []),
        ("a", ["all"]),
        ("-a", ["read"]),
    ],
)
def test_what_is_no_name_or_no_scope_is_told(tmp_path: Path, name: str, may: list[str]) -> None:
    with pytest.raises(InputError):
        add_client(place_of(tmp_path / "a.duckdb"), name, may, "")


def test_a_file_that_is_none_lets_nobody_in_but_the_owner_and_is_told(house: House) -> None:
    place = place_of(house.path)
    token = add_client(place, "room", ["read"], "")
    file_of(place).write_text('{"clients": [{"name": "x"}]}')
    assert house.door.status()["phase"] == "live"
    with pytest.raises(DoorRefusedError, match="no list of clients"):
        DoorCalls(DoorAddress(house.path, token=token)).status()
    with pytest.raises(InputError, match="no list of clients"):
        add_client(place, "other", ["read"], "")


def test_the_command_makes_lists_and_takes_back(tmp_path: Path) -> None:
    run, db = CliRunner(), str(tmp_path / "live.duckdb")
    made = run.invoke(app, ["door", "add", "room", "--may", "read, stream", "--db", db])
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert len(token) == 43
    listed = run.invoke(app, ["door", "list", "--db", db]).stdout
    assert "room" in listed
    assert "read, stream" in listed
    assert token not in listed
    with pytest.raises(InputError, match="has a token already"):
        run.invoke(app, ["door", "add", "room", "--may", "read", "--db", db], catch_exceptions=False)
    assert run.invoke(app, ["door", "remove", "room", "--db", db]).exit_code == 0
    with pytest.raises(InputError, match="no client of this door"):
        run.invoke(app, ["door", "remove", "room", "--db", db], catch_exceptions=False)
