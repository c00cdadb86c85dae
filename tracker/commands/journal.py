"""``tidewaiter journal``: raw bytes that the live program received, listed, verified and exported."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.given import time_of
from tracker.commands.options import StoreOption
from tracker.terminal import err


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="Raw bytes that the live program received: the evidence.")
    app.add_typer(group, name="journal")
    group.command("list")(journal_list)
    group.command("verify")(journal_verify)
    group.command("export")(journal_export)


def journal_list(db: StoreOption) -> None:
    """Segments of all journals beside a store, one JSON object a line."""
    from tracker.watch import evidence

    for source, folder in evidence.journal_folders(db).items():
        for segment in evidence.segments(folder):
            sys.stdout.write(json.dumps({"source": source, **segment}) + "\n")


def journal_verify(
    db: StoreOption,
    head: Annotated[
        list[str] | None, typer.Option("--head", help="A line journal_head of the log, to compare with; any number.")
    ] = None,
) -> None:
    """Check every record, every sealed segment and the chain of the index, against what the store knows; exit code 1 where something is wrong."""
    from tracker.watch import evidence

    is_wrong = False
    told = [evidence.head_of(line) for line in head or []]
    if why_not := evidence.known_heads(db)[1]:
        err.say(why_not)
    for source, found in evidence.verify(db, told):
        is_wrong = is_wrong or bool(found)
        for sentence in found or ["whole"]:
            sys.stdout.write(f"{source}: {sentence}\n")
    if is_wrong:
        raise typer.Exit(1)


def journal_export(
    source: Annotated[str, typer.Argument(help="Name of the source.")],
    file: Annotated[Path, typer.Argument(help="New file for its bytes.")],
    db: StoreOption,
    begin: Annotated[str | None, typer.Option("--from", help="Received at this time or later (ISO 8601).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Received before this time.")] = None,
    client: Annotated[str | None, typer.Option("--client", help="Only of this sender: host:port, or host.")] = None,
) -> None:
    """Raw bytes of a source as they were received between two times; says how many and their SHA-256."""
    from tracker.watch import evidence

    span = [None if text is None else time_of(text, option) for text, option in ((begin, "--from"), (end, "--to"))]
    done = evidence.export(evidence.journal_of(db, source), file, *span, client=client)
    err.say(done.sentence())
