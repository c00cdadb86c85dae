"""``tidewaiter feed``: recordings played as a live feed, with today's stamps."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.errors import InputError
from tracker.nearest import meant
from tracker.terminal import err, progress

if TYPE_CHECKING:
    from streams.senders import Sender

_SCHEMES = ("tcp://", "tcp-listen://", "udp://")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("feed")(feed_command)


def feed_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Recordings of NMEA, Beast, AVR, SBS-1 or JSON lines; folders and archives of them too.",
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to", help="tcp://host:port (who listens), tcp-listen://host:port (who connects), or udp://host:port."
        ),
    ],
    speed: Annotated[
        float, typer.Option("--speed", min=0.01, max=100_000.0, help="So many times as fast as recorded.")
    ] = 1.0,
    loop: Annotated[
        int, typer.Option("--loop", min=0, help="Play it so many times, one after the other; 0: without end.")
    ] = 1,
    as_is: Annotated[bool, typer.Option("--as-is", help="Send the stamps as recorded, not moved to today.")] = False,
) -> None:
    """Play recordings as a live feed, stamped as if they were of today (docs/first-feed.md); Ctrl-C ends it."""
    from streams.archives import Spool
    from streams.time import SystemClock
    from tracker.commands.opened import open_and_tell
    from tracker.restamp.play import GATHERED_BYTES, Progress, check, play, shift_us, span_of
    from tracker.restamp.units import UNDATED, Recording
    from tracker.units import iso_time

    scheme, place = _place(to)
    with Spool() as spool:
        recordings = [Recording(one) for one in open_and_tell(files, spool, (), strict=False).recordings]
        check(recordings, speed, loop, as_is=as_is)
        span = span_of(recordings)
        out = _sender(scheme, place, to)
        clock, never = SystemClock(), threading.Event()
        try:
            if scheme == "tcp-listen://":
                err.say(f"waiting for somebody to connect to {place}")
            if span.first_us is None and recordings[0].kind not in UNDATED:
                err.say("there are no times in it: fifty lines a second, stamped by whoever receives them")
            elif span.first_us is not None and not as_is and recordings[0].kind not in UNDATED:
                first = span.first_us + shift_us(span, speed, max(loop, 1), clock.now_us())
                err.say(
                    f"recorded from {iso_time(span.first_us)} on, stamped from about {iso_time(first)} on, {span.length_us * loop / speed / 6e7:,.1f} min to play"
                )
            with progress("feed") as tell:

                def told(how_far: Progress) -> None:
                    if tell is not None:
                        tell(how_far.played_us, span.length_us * loop or None)

                done = play(
                    recordings, span, out, clock, speed=speed, rounds=loop, as_is=as_is,
                    most_bytes=_datagram_bytes() if scheme == "udp://" else GATHERED_BYTES,
                    wait=lambda seconds: not never.wait(seconds), tell=told,
                )  # fmt: skip
        except OSError as exc:
            raise InputError(
                f"takes no more ({exc.strerror or exc})", to, "look at who reads it; then play again"
            ) from exc
        finally:
            out.close()
    err.say(f"played {done.units:,} units, {done.data_bytes:,} bytes")


def _datagram_bytes() -> int:
    from streams.senders import DATAGRAM_BYTES

    return DATAGRAM_BYTES


def _place(to: str) -> tuple[str, str]:
    for scheme in _SCHEMES:
        if to.startswith(scheme):
            return scheme, to.removeprefix(scheme).rstrip("/")
    raise InputError(
        f"{to!r} is no place to play to",
        "--to",
        meant(to.partition("://")[0] + "://", _SCHEMES, "write host:port behind one of"),
    )


def _sender(scheme: str, place: str, to: str) -> Sender:
    from streams.senders import ListeningSender, TcpSender, UdpSender
    from tracker.config.watch import host_and_port

    kinds: dict[str, type[TcpSender] | type[ListeningSender] | type[UdpSender]] = dict(
        zip(_SCHEMES, (TcpSender, ListeningSender, UdpSender), strict=True)
    )
    try:
        return kinds[scheme](*host_and_port(place))
    except ValueError as exc:
        raise InputError(str(exc), "--to", "write it like 127.0.0.1:10110") from exc
    except OSError as exc:
        mend = (
            "start who listens there, or let it connect: --to tcp-listen://"
            if scheme == "tcp://"
            else "choose another address or port"
        )
        raise InputError(f"cannot be used ({exc.strerror or exc})", to, mend) from exc
