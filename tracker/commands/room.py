"""``tidewaiter room``: the program that people work with, and what its owner does beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker.commands import room_audit, room_keeping
from tracker.commands.folders import data_folder
from tracker.commands.options import ConfigOption
from tracker.terminal import err, out

if TYPE_CHECKING:
    from tracker.config.room import RoomConfig
    from tracker.config.watch import BrokerConfig
    from tracker.room.audit.publishing import HeadsSink

ROOM_DATA_HELP = "Folder of the room's store (SQLite), or URL of a database: postgresql://USER@HOST/NAME."
DataOption = Annotated[str, typer.Option("--data", help=ROOM_DATA_HELP)]

room_app = typer.Typer(
    name="room", invoke_without_command=True, no_args_is_help=False, add_completion=False,
    help="The room: what people decide on alerts, served over HTTP; beside an engine (docs/room.md).",
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    room_app.callback()(room_command)
    room_app.command("password")(password_command)
    room_keeping.add_to(room_app)
    room_app.add_typer(room_audit.audit_app, name="audit")
    app.add_typer(room_app, name="room")


def room_command(
    context: typer.Context,
    engine: Annotated[
        list[str] | None,
        typer.Option("--engine", help="Store of the engine to follow, or the address of its door; several by NAME=."),
    ] = None,
    listen: Annotated[
        str, typer.Option("--listen", help="HOST:PORT to serve at; beyond this machine only with TLS.")
    ] = "127.0.0.1:8079",
    data: Annotated[str | None, typer.Option("--data", help=ROOM_DATA_HELP)] = None,
    config: ConfigOption = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy of the settings, which speaks TLS, stands before it.")
    ] = False,
) -> None:
    """Serve the room until SIGTERM; it stays up while the engine is away."""
    if context.invoked_subcommand is not None:
        return
    import os

    from tracker.errors import InputError
    from tracker.operations.log import log_to
    from tracker.room.running import run_room
    from tracker.settings import load_settings

    for name, given in (("--engine", engine), ("--data", data)):
        if not given:
            raise InputError(f"the room needs {name}", "tidewaiter room", "see 'tidewaiter room --help'")
    assert engine and data is not None
    settings = load_settings(config, None, os.environ)
    heads = heads_sink(settings.room, settings.kafka) if settings.room.heads_topic else None
    run_room(engine, listen, data, settings.room, behind_proxy, data_folder() / "room", log_to(), out.say, heads)


def heads_sink(room: RoomConfig, broker: BrokerConfig) -> HeadsSink:
    """The topic of heads of the audit, at the brokers of the settings; it is not asked for before the first head is sent.

    Raises
    ------
    SettingError
        no brokers are named, or they cannot be reached so.
    """
    from streams.kafka_sink import KafkaSink
    from tracker.errors import SettingError
    from tracker.room.audit.publishing import HeadsSink
    from tracker.watch.sources import kafka_config

    kafka = kafka_config(broker)
    if kafka is None:
        raise SettingError("heads_topic needs brokers", "[kafka] bootstrap", "name them, or leave heads_topic out")
    return HeadsSink(room.heads_topic, KafkaSink(kafka))


def password_command(
    login: Annotated[str, typer.Argument(help="Login of the person.")],
    data: DataOption,
    config: ConfigOption = None,
) -> None:
    """Give somebody a password for once, told here alone: for an administrator who lost its own."""
    import os

    from tracker.errors import InputError
    from tracker.room.accounts.first import given_anew
    from tracker.room.assembling import assemble, key_folder
    from tracker.settings import load_settings

    settings = load_settings(config, None, os.environ).room
    room = assemble(data, settings, key_folder(data, settings, data_folder() / "room"))
    try:
        password = given_anew(room.signing_in, login)
    finally:
        room.parts.store.close()
    if password is None:
        raise InputError("there is no such person", login, "the login of the first one is 'administrator'")
    err.say(f"sign in as {login} with this password; it holds for once:")
    out.say(password)
