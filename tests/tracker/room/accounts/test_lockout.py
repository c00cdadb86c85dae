"""Lock-out slows down who guesses, and nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from starlette.testclient import TestClient

from tests.tracker.room.conftest import PASSWORD, Room


def tries(client: TestClient, password: str, login: str = "administrator") -> int:
    return client.post("/api/v1/session", json={"login": login, "password": password}).status_code


def test_guesses_from_one_place_wait_longer_and_longer(room: Room) -> None:
    room.administrator()
    stranger = room.client("198.51.100.7")
    assert [tries(stranger, "wrong") for _ in range(5)] == [401] * 5
    refused = stranger.post("/api/v1/session", json={"login": "administrator", "password": PASSWORD})
    assert (refused.status_code, int(refused.headers["Retry-After"]) >= 1) == (429, True)
    waits = []
    for _ in range(12):
        wait_s = int(
            stranger.post("/api/v1/session", json={"login": "administrator", "password": "x"}).headers["Retry-After"]
        )
        waits.append(wait_s)
        room.clock.pass_s(wait_s)
        assert tries(stranger, "wrong") == 401
    assert waits == sorted(waits)
    assert waits[-1] > 500


def test_the_person_comes_in_where_it_was_before_however_many_strangers_try(room: Room) -> None:
    own = room.administrator()
    for number in range(60):
        tries(room.client(f"198.51.100.{number}"), "wrong")
    for _ in range(6):
        tries(room.client("192.0.2.1"), "wrong")  # from the same office
    assert tries(room.client("192.0.2.1"), PASSWORD) == 429
    assert tries(own, PASSWORD) == 201
    assert own.get("/api/v1/me").status_code == 200


def test_who_is_signed_in_is_not_thrown_out(room: Room) -> None:
    own = room.administrator()
    for _ in range(20):
        tries(room.client("192.0.2.1"), "wrong")
    assert own.get("/api/v1/me").status_code == 200
    assert own.post("/api/v1/session/renew", json={"password": PASSWORD}).status_code == 200


def test_a_colleague_behind_the_same_address_comes_in(room: Room) -> None:
    administrator = room.administrator()
    made = administrator.post("/api/v1/persons", json={"login": "ola", "name": "Ola", "roles": ["officer"]}).json()
    for _ in range(10):
        tries(room.client(), "wrong")
    assert tries(room.client(), made["password_for_once"], "ola") == 201


def test_many_names_from_one_address_are_one_guesser(room: Room) -> None:
    stranger = room.client("198.51.100.7")
    answers = [tries(stranger, "wrong", f"name{number}") for number in range(40)]
    assert answers[:29] == [401] * 29
    assert answers[-1] == 429


def test_a_v6_network_is_one_address(room: Room) -> None:
    answers = [tries(room.client(f"2001:db8:0:1::{number:x}"), "wrong", f"n{number}") for number in range(40)]
    assert answers[-1] == 429


def test_a_name_that_does_not_exist_is_locked_out_alike(room: Room) -> None:
    known, unknown = room.client("198.51.100.7"), room.client("198.51.100.8")
    assert [tries(known, "wrong") for _ in range(7)] == [tries(unknown, "wrong", "nobody") for _ in range(7)]


def test_a_hundred_at_once_are_not_a_hundred_guesses(room: Room) -> None:
    def guess(number: int) -> int:
        return tries(room.client("198.51.100.7"), f"wrong{number}")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(40)))
    assert answers.count(401) <= 5
    assert set(answers) <= {401, 429, 503}


def test_what_failed_is_forgotten_after_a_day_and_with_a_password_for_once(room: Room) -> None:
    stranger = room.client("198.51.100.7")
    for _ in range(6):
        tries(stranger, "wrong")
    room.clock.pass_s(25 * 3600)
    assert [tries(stranger, "wrong") for _ in range(5)] == [401] * 5
