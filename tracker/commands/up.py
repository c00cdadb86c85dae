"""``tidewaiter up``: engine and room on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.options import ConfigOption
from tracker.commands.room import ROOM_DATA_HELP

_PATIENCE_S = 20.0
"""Beyond what the programs allow themselves: on a busy machine the last commit takes its time, and a kill makes the next start read it all again (ours)."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("up")(up_command)


def up_command(
    db: Annotated[Path, typer.Option("--db", help="DuckDB file of the engine, as of 'tidewaiter watch'.")],
    data: Annotated[
        str | None, typer.Option("--data", help=f"{ROOM_DATA_HELP} Without it: a folder beside the engine's file.")
    ] = None,
    listen: Annotated[str, typer.Option("--listen", help="HOST:PORT of the room.")] = "127.0.0.1:8079",
    config: ConfigOption = None,
    behind_proxy: Annotated[bool, typer.Option("--behind-proxy", help="As of 'tidewaiter room'.")] = False,
    watch: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- WATCH...]", help="After --: further options of 'tidewaiter watch', as --source or --cargo."
        ),
    ] = None,
) -> None:
    """Run the engine and the room together; one that dies is started again, SIGTERM ends both (docs/room.md)."""
    import os
    import signal
    import sys

    from streams.time import MonotonicClock
    from tracker.operations.log import log_to
    from tracker.operations.programs import Programs
    from tracker.room.shell.serving import place_of
    from tracker.settings import load_settings

    settings = load_settings(config, None, os.environ)
    place_of(listen, settings.room, behind_proxy)  # a mistake is told before anything runs
    own = [sys.executable, "-m", "tracker"]
    given = ["--config", str(config)] if config is not None else []
    room = ["room", "--engine", str(db), "--data", data or f"{db}.room", "--listen", listen, *given]
    commands = {
        "watch": [*own, "watch", "--db", str(db), *given, *(watch or [])],
        "room": [*own, *room, *(["--behind-proxy"] if behind_proxy else [])],
    }
    stop_s = max(settings.watch.stop_s, settings.room.stop_s) + _PATIENCE_S
    programs = Programs(dict(commands), MonotonicClock(), log_to(), stop_s)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: programs.stop())
    signal.signal(signal.SIGHUP, lambda *_: programs.hang_up())
    raise SystemExit(programs.run())
