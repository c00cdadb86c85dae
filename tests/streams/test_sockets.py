"""Real sockets on this machine: whole units, reconnection, back-pressure, nothing leaked."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import streams.pump
from streams.clients import ClientLimits
from streams.errors import SourceError
from streams.listeners import TcpServerSource, UdpSource
from streams.pump import PumpedSource
from streams.sockets import TcpClientSource
from streams.time import SystemClock
from tests.streams.test_framing import beast_frames
from tests.waiting import PATIENCE_S, eventually, settled

CLOCK = SystemClock()


@contextmanager
def running(source: PumpedSource) -> Iterator[PumpedSource]:
    source.start({})
    try:
        yield source
    finally:
        source.close()


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        yield server


def collect(source: PumpedSource, until: Callable[[bytes], bool]) -> bytes:
    """Data of chunks until it is enough."""
    given = bytearray()

    def enough() -> bool:
        chunk = source.read(0.2)
        given.extend(b"" if chunk is None else chunk.data)
        return until(bytes(given))

    if not until(b""):
        eventually(enough, lambda: (len(given), bytes(given[-200:]), source.health))
    return bytes(given)


def client_of(server: socket.socket, **options: object) -> TcpClientSource:
    return TcpClientSource("feed", "127.0.0.1", server.getsockname()[1], CLOCK, **options)


def test_a_client_gives_whole_lines_and_their_receive_time() -> None:
    with listening() as server, running(client_of(server)) as source:
        peer, _ = server.accept()
        with peer:
            begun_us = CLOCK.now_us()
            peer.sendall(b"first\nsec")
            first = source.read(10.0)
            assert first is not None
            assert first.data == b"first\n"
            assert begun_us <= first.received_us <= CLOCK.now_us()
            peer.sendall(b"ond\n")
            assert collect(source, bool) == b"second\n"
        assert source.health.connects == 1


def test_a_lost_connection_is_made_anew_and_its_half_line_glued_to_nothing() -> None:
    with listening() as server, running(client_of(server)) as source:
        peer, _ = server.accept()
        peer.sendall(b"whole\nhalf")
        peer.close()
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"again\n")
            assert collect(source, lambda given: b"again" in given) == b"whole\nhalf\nagain\n"
        health = source.health
        assert health.connects == 2
        assert "closed the connection" in health.last_error
        assert health.bytes_in == len(b"whole\nhalf\nagain\n")


def test_a_server_that_is_not_there_yet_is_waited_for() -> None:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        with running(TcpClientSource("feed", "127.0.0.1", place.getsockname()[1], CLOCK)) as source:
            eventually(lambda: source.health.last_error != "")
            assert source.health.state == "waiting"
            assert "refused" in source.health.last_error
            place.listen()
            place.settimeout(PATIENCE_S)
            peer, _ = place.accept()
            with peer:
                peer.sendall(b"here\n")
                assert collect(source, bool) == b"here\n"
            assert source.health.connects == 1


def test_a_host_without_address_is_told_by_name() -> None:
    with running(TcpClientSource("feed", "no-such-host.invalid", 1, CLOCK)) as source:
        eventually(lambda: source.health.last_error != "")
        assert "no-such-host.invalid" in source.health.last_error


def test_a_mute_connection_is_given_up_and_made_anew() -> None:
    with listening() as server, running(client_of(server, silence_s=0.3)) as source:
        first, _ = server.accept()
        with first:
            assert first.recv(1) == b""
        eventually(lambda: "said nothing for 0.3 s" in source.health.last_error)

        def heard() -> bool:  # on a slow machine the next one may be given up too, before it has spoken
            peer, _ = server.accept()
            with peer, suppress(OSError):
                peer.sendall(b"there\n")
                return b"there\n" in collect(source, bool)
            return False

        eventually(heard)


def test_signs_of_life_come_while_a_connection_stands_and_is_mute() -> None:
    with listening() as server, running(client_of(server)) as source:
        peer, _ = server.accept()
        with peer:
            chunk = source.read(PATIENCE_S)
            assert chunk is not None
            assert chunk.data == b""
            assert source.health.last_heard_us is None
            assert source.health.chunks_in == 0


def test_no_sign_of_life_comes_without_a_connection() -> None:
    with running(TcpServerSource("feed", "127.0.0.1", 0, CLOCK)) as source:
        assert source.read(1.3) is None
        assert source.health.state == "waiting"


def test_a_client_of_a_full_queue_makes_the_server_wait_and_loses_nothing() -> None:
    total = 12 << 20
    text = b"0123456789abcde\n" * (total // 16)
    with listening() as server, running(client_of(server, queue_bytes=200_000)) as source:
        peer, _ = server.accept()
        sent = 0

        def send() -> None:
            nonlocal sent
            view = memoryview(text)
            while sent < total:
                sent += peer.send(view[sent : sent + 65_536])
            peer.close()

        sender = threading.Thread(target=send)
        sender.start()
        eventually(lambda: source._queue.size_bytes > 100_000)
        settled(lambda: sent)  # until the kernel's buffers are full too
        assert sent < total
        assert source._queue.size_bytes <= 200_000
        given = collect(source, lambda data: len(data) >= total)
        assert given == text
        sender.join()


def test_a_flapping_server_leaks_no_thread_no_socket_and_loses_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.pump, "RETRY_FIRST_S", 0.01)
    rounds = 100
    with listening() as server, running(client_of(server)) as source:
        expected, given = b"", b""
        for number in range(rounds):
            peer, _ = server.accept()
            line = b"round %d\n" % number
            expected += line
            peer.sendall(line)
            peer.close()
            if number == 10:
                threads, handles = threading.active_count(), open_files()
            given += collect(source, lambda data, line=line: line in data)  # type: ignore[misc]
        eventually(lambda: source.health.connects >= rounds)
        assert given == expected
        assert threading.active_count() == threads
        assert open_files() <= handles + 1


def test_closing_is_quick_and_gives_everything_back() -> None:
    threads, handles = threading.active_count(), open_files()
    with listening() as server:
        source = client_of(server)
        source.start({})
        peer, _ = server.accept()
        peer.sendall(b"left over\n")
        eventually(lambda: source.health.bytes_in > 0)
        source.close()
        chunk = source.read(0.0)
        assert chunk is not None
        assert chunk.data == b"left over\n"
        assert source.read(1.0) is None
        peer.close()
    for other in (TcpServerSource("a", "127.0.0.1", 0, CLOCK), UdpSource("b", "127.0.0.1", 0, CLOCK)):
        other.start({})
        other.close()
        assert other.health.state == "closed"
    assert (threading.active_count(), open_files()) == (threads, handles)


def test_lines_of_many_clients_are_joined_and_never_split() -> None:
    clients, lines = 8, 400
    with running(TcpServerSource("feed", "127.0.0.1", 0, CLOCK)) as source:
        assert isinstance(source, TcpServerSource)

        def send(number: int) -> None:
            chance = random.Random(number)
            text = b"".join(b"client %d line %d\n" % (number, line) for line in range(lines))
            with socket.create_connection(("127.0.0.1", source.port)) as sock:
                place = 0
                while place < len(text):
                    size = chance.randrange(1, 60)
                    sock.sendall(text[place : place + size])
                    place += size

        senders = [threading.Thread(target=send, args=(number,)) for number in range(clients)]
        for sender in senders:
            sender.start()
        given = collect(source, lambda data: data.count(b"\n") >= clients * lines)
        for sender in senders:
            sender.join()
        assert sorted(given.splitlines()) == sorted(
            b"client %d line %d" % (number, line) for number in range(clients) for line in range(lines)
        )
        assert source.health.connects == clients
        eventually(lambda: source.health.state == "waiting")


def test_beast_frames_of_two_clients_are_joined_and_never_split() -> None:
    feeds = [beast_frames(seed, 500) for seed in (1, 2)]
    with running(TcpServerSource("feed", "127.0.0.1", 0, CLOCK, framing="beast")) as source:
        assert isinstance(source, TcpServerSource)
        socks = [socket.create_connection(("127.0.0.1", source.port)) for _ in feeds]
        streams_of = [b"".join(frames) for frames in feeds]
        for place in range(0, max(map(len, streams_of)), 17):
            for sock, stream in zip(socks, streams_of, strict=True):
                sock.sendall(stream[place : place + 17])
        for sock in socks:
            sock.close()
        given = collect(source, lambda data: len(data) >= sum(map(len, streams_of)))
    assert (len(feeds[0]), len(feeds[1]), len(given)) in interleavings(given, feeds)


def interleavings(given: bytes, feeds: list[list[bytes]]) -> set[tuple[int, int, int]]:
    """All (frames of the first, frames of the second, bytes) that ``given`` can be read as: two feeds may hold equal frames, so none is taken on
    sight. A receiver's id takes the frame behind it along."""
    reached, front = {(0, 0, 0)}, [(0, 0, 0)]
    while front:
        state = front.pop()
        for feed in range(2):
            first = last = state[feed]
            while last < len(feeds[feed]) and feeds[feed][last][1] == 0xE3:
                last += 1
            unit = b"".join(feeds[feed][first : last + 1])
            after = list(state)
            after[feed] = min(last + 1, len(feeds[feed]))
            after[2] += len(unit)
            if unit and given.startswith(unit, state[2]) and tuple(after) not in reached:
                reached.add(tuple(after))
                front.append(tuple(after))
    return reached


def test_a_client_too_many_is_turned_away_and_counted() -> None:
    with running(TcpServerSource("feed", "127.0.0.1", 0, CLOCK, limits=ClientLimits(1))) as source:
        assert isinstance(source, TcpServerSource)
        with socket.create_connection(("127.0.0.1", source.port)) as first:
            first.sendall(b"one\n")
            chunk = source.read(20.0)
            assert chunk is not None
            assert chunk.data == b"one\n"
            source.judge(chunk.voice, 0)
            with socket.create_connection(("127.0.0.1", source.port)) as second:
                second.settimeout(PATIENCE_S)
                assert second.recv(1) == b""
            eventually(lambda: source.health.dropped == 1)
            assert "turned away" in source.health.last_error
            first.sendall(b"two\n")
            assert b"two\n" in collect(source, lambda data: b"two" in data)


def test_an_address_in_use_is_told_in_a_sentence() -> None:
    with listening() as server:
        source = TcpServerSource("feed", "127.0.0.1", server.getsockname()[1], CLOCK)
        with pytest.raises(SourceError, match=r"source feed: cannot listen on 127\.0\.0\.1:\d+ .*; choose an address"):
            source.start({})
        source.close()


def test_datagrams_come_whole_and_get_the_end_they_lack() -> None:
    with running(UdpSource("feed", "127.0.0.1", 0, CLOCK)) as source, udp() as sender:
        assert isinstance(source, UdpSource)
        for text in (b"!one", b"!two\r\n", b"", b"!three\n"):
            sender.sendto(text, ("127.0.0.1", source.port))
        assert collect(source, lambda data: b"three" in data) == b"!one\n!two\r\n!three\n"
        assert source.health.state == "connected"


def test_every_datagram_lost_is_counted() -> None:
    sent = 30_000
    with running(UdpSource("feed", "127.0.0.1", 0, CLOCK, queue_bytes=5_000)) as source, udp() as sender:
        assert isinstance(source, UdpSource)
        for number in range(sent):
            sender.sendto(b"datagram %06d" % number, ("127.0.0.1", source.port))
        given = collect(source, lambda data: source._queue.size_bytes == 0)
        lines = given.count(b"\n")

        def all_told() -> bool:  # what the kernel lost is told by the next datagram it keeps
            nonlocal sent, lines
            sender.sendto(b"one more", ("127.0.0.1", source.port))
            sent += 1
            while (chunk := source.read(0.05)) is not None:
                lines += chunk.data.count(b"\n")
            return lines + source.health.dropped == sent

        eventually(all_told, lambda: (lines, sent, source.health))
        assert source.health.dropped > 0
        assert source.health.last_error.startswith("datagrams were")


@contextmanager
def udp() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        yield sock


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.is_dir() else 0
