"""``tidewaiter init``: a settings file to begin with, every line explained, everything that must be decided commented out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.errors import InputError
from tracker.terminal import err


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("init")(init_command)


def init_command(
    target: Annotated[Path, typer.Option("--out", help="File to write; - is stdout.")] = Path("tidewaiter.toml"),
) -> None:
    """Write a settings file to begin with, explained line by line; asks nothing and overwrites nothing."""
    from tracker.commands.beginning import beginning_text

    text = beginning_text()
    if str(target) == "-":
        sys.stdout.write(text)
        return
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as exc:
        raise InputError(
            "is there already, and stays as it is", str(target), "remove it, or write another: --out FILE"
        ) from exc
    except OSError as exc:
        raise InputError(f"cannot be written ({exc.strerror})", str(target), "choose another --out FILE") from exc
    err.say(f"{target} is written. Name your source in it, then: tidewaiter check --config {target}")
