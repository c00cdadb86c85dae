"""``tidewaiter room audit``: verify the chain of the audit against anchors kept elsewhere, and take it away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.commands.folders import data_folder
from tracker.commands.options import ConfigOption
from tracker.terminal import err, out

if TYPE_CHECKING:
    from tracker.room.assembling import AssembledRoom

audit_app = typer.Typer(
    name="audit", no_args_is_help=True, add_completion=False, help="The audit of a room: verify its chain, take it away (docs/room.md).",
)  # fmt: skip
DataOption = Annotated[str | None, typer.Option("--data", help="Folder of the room's store, or URL of its database.")]


@audit_app.command("verify")
def verify_command(
    data: DataOption = None,
    export: Annotated[Path | None, typer.Option("--export", help="An export (JSON lines) instead of a store.")] = None,
    anchors: Annotated[
        list[Path] | None,
        typer.Option("--anchors", help="File of signed heads that was kept elsewhere; may be given again."),
    ] = None,
    anchor: Annotated[
        list[str] | None, typer.Option("--anchor", help="NUMBER:HASH off a printed sheet; may be given again.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="The public key (audit.pub) that must have signed the heads.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
    config: ConfigOption = None,
) -> None:
    """Go through the chain: edits, gaps, reorder, a cut tail, a full rewrite. Exit code 0 where it holds, 1 where it does not."""
    from tracker.errors import InputError
    from tracker.room.audit.heads import read_anchors
    from tracker.room.audit.verifying import verify_lines, verify_store

    lines = [line for path in anchors or () for line in _lines(path)]
    told = read_anchors(lines, anchor or (), key)
    if (data is None) == (export is None):
        raise InputError("give either --data or --export", "tidewaiter room audit verify", "see its --help")
    if export is not None:
        finding = verify_lines(_lines(export), told)
    else:
        assert data is not None
        room = _room(data, config)
        try:
            with room.parts.store.read() as connection:
                finding = verify_store(connection, told)
        finally:
            room.parts.store.close()
    if as_json:
        out.say(json.dumps(finding.to_json()))
    else:
        out.say(finding.sentence())
        for problem in finding.problems:
            out.say(f"  {problem.fault}: {problem.sentence}")
    if not finding.holds:
        raise typer.Exit(1)


@audit_app.command("export")
def export_command(
    to: Annotated[Path, typer.Argument(help="File to write; one that is there is not overwritten.")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the chain as JSON lines, with a head signed for it: the head is said, and appended to the file of anchors."""
    import os

    from streams.private import private_handle
    from tracker.errors import InputError
    from tracker.room.audit.log import entries

    if data is None:
        raise InputError("give --data", "tidewaiter room audit export", "see its --help")
    room = _room(data, config)
    try:
        head = room.desk.sign_head()
        try:
            handle = private_handle(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            with os.fdopen(handle, "w", encoding="utf-8") as file, room.parts.store.read() as connection:
                for entry in entries(connection):
                    if entry.sequence > head.sequence:
                        break
                    file.write(json.dumps(entry.to_json()) + "\n")
        except OSError as exc:
            raise InputError(
                f"cannot be written ({exc.strerror})", str(to), "name a new file in a folder that can be written"
            ) from exc
    finally:
        room.parts.store.close()
    err.say("the head of the audit, for a sheet or another machine:")
    out.say(head.word)


def _room(data: str, config: Path | None) -> AssembledRoom:
    import os

    from tracker.errors import InputError
    from tracker.room.assembling import assemble, key_folder
    from tracker.settings import load_settings

    if "://" not in data and not Path(data).is_dir():
        raise InputError("there is no room", data, "give --data the folder that the room was started with")
    settings = load_settings(config, None, os.environ).room
    return assemble(data, settings, key_folder(data, settings, data_folder() / "room"))


def _lines(path: Path) -> list[str]:
    from tracker.errors import InputError

    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as exc:
        raise InputError(f"cannot be read ({exc.strerror})", str(path), "name a file that can be read") from exc
