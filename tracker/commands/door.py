"""``tidewaiter door``: who may come in at the door of a store, and what each may do there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.time import SystemClock
from tracker.terminal import err, out
from tracker.units import iso_time

StoreOption = Annotated[Path, typer.Option("--db", help="Store of a watch.")]


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    group = typer.Typer(no_args_is_help=True, help="Tokens for the door of a store: who may come in, and for what.")
    group.command("add")(add_command)
    group.command("list")(list_command)
    group.command("remove")(remove_command)
    app.add_typer(group, name="door")


def add_command(
    name: Annotated[str, typer.Argument(help="Who gets it: one name for each program.")],
    may: Annotated[
        str,
        typer.Option(
            "--may", help="Scopes with commas between: read, stream, papers, flags, orders, decisions, reload, backup."
        ),
    ],
    db: StoreOption,
) -> None:
    """Make a token; it is printed once and kept nowhere. A running watch knows it at once."""
    from tracker.door.clients import add_client
    from tracker.door.place import place_of

    scopes = [scope.strip() for scope in may.split(",") if scope.strip()]
    out.say(add_client(place_of(db), name, scopes, iso_time(SystemClock().now_us())))
    err.say(f"{name} may {', '.join(scopes)}; this is the only time that its token is shown")


def list_command(db: StoreOption) -> None:
    """Who has a token, since when, and what each may do."""
    from tracker.door.clients import file_of, read_clients
    from tracker.door.place import place_of

    clients = read_clients(file_of(place_of(db)))
    for client in clients:
        out.say(f"{client.name}  {client.made}  {', '.join(client.may)}")
    if not clients:
        err.say(f"nobody but the owner of {db} has a token")


def remove_command(name: Annotated[str, typer.Argument(help="Whose token.")], db: StoreOption) -> None:
    """Take a token back; a running watch lets it in no more, and ends its streams within seconds."""
    from tracker.door.clients import remove_client
    from tracker.door.place import place_of

    remove_client(place_of(db), name)
    err.say(f"{name} is let in no more")
