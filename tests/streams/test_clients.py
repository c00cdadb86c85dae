"""Who may stay connected: idle ones make room, one host cannot take all, and nobody of use is put out."""

from __future__ import annotations

import random

import pytest

from streams.clients import Client, ClientLimits, ClientTable, share_of, shown_address

S = 1_000_000


def filled(table: ClientTable, count: int, now_us: int = 0, *, hosts: int = 1_000_000) -> list[Client]:
    made = []
    for number in range(count):
        host = f"198.51.{number % hosts // 250}.{number % hosts % 250 + 1}"
        admission = table.admit(f"{host}:{number}", host, now_us)
        assert admission.client is not None, admission.why
        made.append(admission.client)
    return made


def test_the_most_idle_of_no_use_makes_room_and_nobody_of_use_does() -> None:
    table = ClientTable(ClientLimits(4), "a")
    first, second, third, fourth = filled(table, 4)
    table.heard(first, 5 * S)
    table.judge(second.voice, 0, 6 * S)
    table.heard(third, 1 * S)
    admission = table.admit("192.0.2.1:1", "192.0.2.1", 10 * S)
    assert admission.instead_of is fourth
    assert [table.admit(f"192.0.2.{n}:1", f"192.0.2.{n}", 10 * S).instead_of for n in (2, 3)] == [third, first]
    assert len(table) == 4


def test_where_all_are_of_use_the_newcomer_is_refused_until_one_is_of_use_no_more() -> None:
    table = ClientTable(ClientLimits(2), "a")
    for client in filled(table, 2):
        table.judge(client.voice, 0, 0)
    refused = table.admit("192.0.2.1:1", "192.0.2.1", 30 * S)
    assert refused.client is None
    assert "all of use" in refused.why
    assert table.admit("192.0.2.1:1", "192.0.2.1", 90 * S).client is not None
    assert table.admit("192.0.2.1:2", "192.0.2.1", 90 * S, always=True).client is not None


def test_one_host_takes_its_share_and_then_only_places_of_its_own() -> None:
    table = ClientTable(ClientLimits(8, per_address=3), "a")
    honest = filled(table, 2)
    own = [table.admit(f"192.0.2.9:{port}", "192.0.2.9", port * S) for port in range(40)]
    assert {admission.instead_of for admission in own}.isdisjoint(honest)
    assert sum(client.address.startswith("192.0.2.9:") for client in table.clients.values()) == 3
    assert len(table) == 5


def test_connects_are_bounded_by_address_and_in_all() -> None:
    table = ClientTable(ClientLimits(64, per_address=4), "a")
    taken = sum(table.admit(f"192.0.2.9:{n}", "192.0.2.9", n * 1000).client is not None for n in range(1000))
    assert taken <= 8 + 4 + 1
    many = sum(
        table.admit(f"10.{n // 250}.{n % 250}.1:1", f"10.{n // 250}.{n % 250}.1", S + n * 100).client is not None
        for n in range(10_000)
    )
    assert many <= 128 + 50 + 50


def test_whoever_gives_nothing_whole_or_nothing_of_use_is_let_go() -> None:
    table = ClientTable(ClientLimits(8, idle_s=60.0), "a")
    idle, rubbish, well = filled(table, 3)
    for second in range(59):
        table.heard(rubbish, second * S)
        table.judge(rubbish.voice, 8_000, second * S)
        table.heard(well, second * S)
        table.judge(well.voice, 0 if second % 5 == 0 else 60_000, second * S)
    assert dict(table.to_let_go(60 * S)) == {
        idle: f"{idle.address} let go: it gave nothing whole for 60 s",
        rubbish: f"{rubbish.address} let go: nothing could be decoded of its last 472000 bytes",
    }


def test_a_network_of_ipv6_shares_as_one_address_does() -> None:
    assert share_of("2001:db8:1:2:3::4") == share_of("2001:db8:1:2:ffff::1") != share_of("2001:db8:1:3::1")
    assert share_of("::ffff:192.0.2.1") == share_of("192.0.2.1") == "192.0.2.1"
    assert share_of("fe80::1%eth0") == "fe80::/64"
    assert shown_address(("2001:db8::1", 80, 0, 0)) == ("[2001:db8::1]:80", "2001:db8::1")
    assert shown_address("") == ("unknown", "unknown")


@pytest.mark.parametrize("seed", range(5))
def test_whatever_comes_the_table_stays_bounded_and_its_names_are_new(seed: int) -> None:
    chance, table, seen = random.Random(seed), ClientTable(ClientLimits(6, per_address=3, idle_s=5.0), "a"), set()
    now_us = 0
    for _ in range(3000):
        now_us += chance.randrange(S)
        host = f"192.0.2.{chance.randrange(5)}"
        admission = table.admit(f"{host}:1", host, now_us, always=chance.random() < 0.3)
        if admission.client is not None:
            assert admission.client.voice not in seen
            seen.add(admission.client.voice)
        for client in list(table.clients.values()):
            if chance.random() < 0.2:
                table.heard(client, now_us)
                table.judge(client.voice, chance.choice([0, 100_000]), now_us)
        for client, _why in table.to_let_go(now_us):
            table.remove(client)
        shares = [client.share for client in table.clients.values()]
        assert len(table) <= 6
        assert max((shares.count(share) for share in shares), default=0) <= 3
