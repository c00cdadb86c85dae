"""The command line: all commands (``tracker.commands``, one group a file), and how each ends. They read arguments, show progress and print; everything else is
done elsewhere.

Results go to stdout or files, everything said about the work to stderr. Exit codes of ``replay``: 0 done; 2 a person's mistake told in one
sentence, nothing was done; 3 done, but an input gave nothing (others are kept); 4 done, but the program itself failed on something and set it
aside; 130 interrupted. 1 is a failure of the program or the machine.

Each command imports what it does its work with when it is called: all of the program takes seconds to load, and ``query``, ``journal`` and
``--help`` need little of it.
"""

from __future__ import annotations

import errno
import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.commands import (
    backup,
    bench,
    check,
    control,
    door,
    draw,
    evaluate,
    feed,
    init,
    inspect,
    journal,
    papers,
    query,
    reference,
    replay,
    room,
    sources,
    status,
    up,
    watch,
)
from tracker.errors import InputError, InterruptedByUser, TrackerError
from tracker.kernel_cache import have_kernel_cache
from tracker.stale_kernels import forget_stale_kernels
from tracker.terminal import err, hush

app = typer.Typer(
    name="tidewaiter", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Watches ships, aircraft and the cargo aboard them.",
)  # fmt: skip
for _group in (
    replay, watch, room, up, status, query, draw, inspect, check, init, feed, sources, control, door, backup, evaluate, reference, journal, papers, bench,
):  # fmt: skip
    _group.add_to(app)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"tidewaiter {version('tidewaiter')}\n")
        raise typer.Exit


@app.callback()
def about_all(
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """Watches ships, aircraft and the cargo aboard them."""


def main() -> None:
    """Entry point: a person's mistake ends in one sentence and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal of another encoding than UTF-8
    from tracker.watch.ending import AtOnce

    have_kernel_cache(Path(__file__).parent)
    forget_stale_kernels(Path(__file__).parent.parent)
    try:
        app()
    except AtOnce as exc:
        exc.leave()
    except InputError as exc:
        err.say(f"tidewaiter: {exc}", "red")
        raise SystemExit(exc.exit_code) from None
    except InterruptedByUser as exc:
        err.say(f"tidewaiter: {exc}", "yellow")
        raise SystemExit(128 + exc.signal_number) from None
    except TrackerError as exc:
        err.say(f"tidewaiter: {exc}", "red")
        raise SystemExit(1) from None
    except BrokenPipeError:
        hush()
        raise SystemExit(141) from None  # 128 + SIGPIPE, as of any program whose reader has gone
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        err.say(f"tidewaiter: {exc.filename or 'a file'}: the disk is full; make room and start again", "red")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        err.say("tidewaiter: interrupted")
        raise SystemExit(130) from None
