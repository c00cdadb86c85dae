"""Whoever connects or sends to us: each is a voice, none locks another out, and what is refused is told."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from streams.clients import ClientLimits
from streams.errors import SourceError
from streams.listeners import TcpServerSource, UdpSource
from streams.pump import PumpedSource
from streams.source import Chunk
from tests.streams.test_framing import beast_frames
from tests.streams.test_sockets import CLOCK, running
from tests.waiting import PATIENCE_S, eventually

HOST = "127.0.0.1"


def tcp(limits: ClientLimits | None = None) -> TcpServerSource:
    return TcpServerSource("feed", HOST, 0, CLOCK, limits=limits)


def chunks(source: PumpedSource, until: Callable[[list[Chunk]], bool]) -> list[Chunk]:
    given: list[Chunk] = []
    end = time.monotonic() + PATIENCE_S
    while not until(given):
        assert time.monotonic() < end, (given, source.health)
        if (chunk := source.read(0.1)) is not None:
            given.append(chunk)
    return given


def by_voice(given: list[Chunk]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for chunk in given:
        if chunk.voice:
            found[chunk.voice] = found.get(chunk.voice, b"") + chunk.data
    return found


def test_each_client_is_a_voice_cut_at_its_own_units_and_its_end_is_told() -> None:
    frames = b"".join(beast_frames(1, 50))
    with running(tcp()) as source:
        assert isinstance(source, TcpServerSource)
        text, beast = (socket.create_connection((HOST, source.port)) for _ in range(2))
        with text, beast:
            for place in range(0, len(frames), 9):
                beast.sendall(frames[place : place + 9])
                text.sendall(b"line %d\n" % place)
            addresses = [f"{HOST}:{sock.getsockname()[1]}" for sock in (text, beast)]
        given = chunks(source, lambda found: sum(bool(c.voice) and not c.data for c in found) == 2)
    found = {name.partition("@")[2]: data for name, data in by_voice(given).items()}
    assert found[addresses[1]] == frames
    assert found[addresses[0]] == b"".join(b"line %d\n" % place for place in range(0, len(frames), 9))
    assert len({chunk.voice.partition(".")[0] for chunk in given if chunk.voice}) == 1


def test_idle_clients_make_room_for_a_receiver_that_speaks() -> None:
    with running(tcp(ClientLimits(4))) as source, ExitStack() as stack:
        assert isinstance(source, TcpServerSource)
        idle = [stack.enter_context(socket.create_connection((HOST, source.port))) for _ in range(4)]
        eventually(lambda: source.health.clients == 4)
        receiver = stack.enter_context(socket.create_connection((HOST, source.port)))
        receiver.sendall(b"heard\n")
        given = chunks(source, lambda found: any(chunk.data for chunk in found))
        assert given[-1].data == b"heard\n"
        source.judge(given[-1].voice, 0)
        for _ in range(6):
            idle.append(stack.enter_context(socket.create_connection((HOST, source.port))))
        eventually(lambda: source.health.let_go == 7)
        receiver.sendall(b"and again\n")
        assert by_voice(chunks(source, lambda found: any(chunk.data for chunk in found))) == {
            given[-1].voice: b"and again\n"
        }
        assert source.health.clients == 4
        assert "let go" in source.health.last_error


def test_who_gives_a_byte_at_a_time_or_nothing_is_let_go_when_its_time_is_over() -> None:
    with running(tcp(ClientLimits(4, idle_s=1.5))) as source:
        assert isinstance(source, TcpServerSource)
        with (
            socket.create_connection((HOST, source.port)) as slow,
            socket.create_connection((HOST, source.port)) as mute,
        ):
            slow.settimeout(0.1)  # not a wait: it looks again
            mute.settimeout(PATIENCE_S)
            assert mute.recv(1) == b""
            end = time.monotonic() + PATIENCE_S
            while True:  # each byte would keep a connection awake that is judged by its bytes
                assert time.monotonic() < end
                try:
                    slow.sendall(b"x")
                    if slow.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
        eventually(lambda: source.health.clients == 0)
        assert source.health.let_go == 2
        assert "gave nothing whole for 1.5 s" in source.health.last_error


def test_a_client_of_which_nothing_can_be_decoded_is_let_go() -> None:
    with running(tcp()) as source:
        assert isinstance(source, TcpServerSource)
        with socket.create_connection((HOST, source.port)) as peer:
            peer.settimeout(0.05)  # not a wait: it looks again
            is_in, sent = True, 0
            while is_in:
                assert sent < 64 << 20
                try:
                    peer.sendall(b"\x07" * 20_000)
                    sent += 20_000
                    is_in = peer.recv(1) != b""
                except TimeoutError:
                    pass
                except OSError:
                    is_in = False
                while (chunk := source.read(0.0)) is not None:
                    if chunk.data:
                        source.judge(chunk.voice, len(chunk.data))
        assert source.health.let_go == 1
        assert "nothing could be decoded" in source.health.last_error


def test_a_flood_of_connections_is_turned_away_and_a_receiver_stays() -> None:
    with running(tcp(ClientLimits(8, per_address=4))) as source:
        assert isinstance(source, TcpServerSource)
        with socket.create_connection((HOST, source.port)) as receiver:
            receiver.sendall(b"one\n")
            given = chunks(source, lambda found: any(chunk.data for chunk in found))
            source.judge(given[-1].voice, 0)
            for _ in range(300):
                socket.create_connection((HOST, source.port)).close()
            receiver.sendall(b"two\n")
            assert b"two\n" in by_voice(chunks(source, lambda f: any(c.data for c in f))).values()
        assert source.health.dropped > 0
        assert "times a second" in source.health.last_error


def test_each_sender_of_datagrams_is_a_voice() -> None:
    with running(UdpSource("feed", HOST, 0, CLOCK)) as source, ExitStack() as stack:
        assert isinstance(source, UdpSource)
        senders = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(3)]
        for turn in range(20):
            for number, sender in enumerate(senders):
                sender.sendto(b"%d:%d" % (number, turn), (HOST, source.port))
        given = by_voice(chunks(source, lambda found: b"".join(c.data for c in found).count(b"\n") == 60))
        assert sorted(given.values()) == [b"".join(b"%d:%d\n" % (n, turn) for turn in range(20)) for n in range(3)]
        assert source.health.clients == 3


def test_senders_without_number_share_voices_and_nothing_of_them_is_lost() -> None:
    with running(UdpSource("feed", HOST, 0, CLOCK, limits=ClientLimits(4, per_address=2))) as source:
        assert isinstance(source, UdpSource)
        for number in range(60):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"!%d" % number if number % 2 else b"\x1a%d" % number, (HOST, source.port))
        given = by_voice(chunks(source, lambda found: b"".join(c.data for c in found).count(b"!") == 30))
        whole = b"".join(given.values())
        assert sum(whole.count(b"!%d\n" % number) for number in range(1, 60, 2)) == 30
        assert source.health.clients == 2
        assert source.health.dropped == 0
        common = {name.partition("@")[2]: data for name, data in given.items() if ".0@" in name}
        assert set(common) == {"21", "1a"}
        assert b"\x1a" not in common["21"]


def test_a_multicast_group_is_joined_and_shared_with_others_of_the_machine() -> None:
    """Bound and not joined it hears nothing, and nobody tells; IEC 61162-450 receivers send so."""
    group = "239.192.0.4"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + bytes(4))
    except OSError:  # no route for groups on this machine: then it must be said at the start
        with pytest.raises(SourceError, match=group):
            UdpSource("feed", group, 0, CLOCK).start({})
        return
    with running(UdpSource("feed", group, 0, CLOCK)) as first:
        assert isinstance(first, UdpSource)
        with (
            running(UdpSource("feed", group, first.port, CLOCK)) as second,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        ):
            sender.sendto(b"line", (group, first.port))
            for source in (first, second):
                given = chunks(source, lambda found: any(chunk.data for chunk in found))
                assert next(chunk.data for chunk in given if chunk.data) == b"line\n"


def test_a_name_of_both_families_is_listened_to_where_receivers_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """``localhost`` is ::1 first on most machines, and a receiver that sends to 127.0.0.1 was refused."""
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, 0)),
    ]
    monkeypatch.setattr("streams.listeners.addresses", lambda *_: found)
    with (
        running(TcpServerSource("feed", "localhost", 0, CLOCK)) as source,
        socket.create_connection((HOST, source.port)) as sock,  # type: ignore[attr-defined]
    ):
        sock.sendall(b"line\n")
        given = chunks(source, lambda seen: any(chunk.data for chunk in seen))
    assert next(chunk.data for chunk in given if chunk.data) == b"line\n"
