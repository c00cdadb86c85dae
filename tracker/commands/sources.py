"""``tidewaiter sources``: which inputs a store holds, and undoing a replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracker.errors import InputError
from tracker.terminal import err, out

_LISTED = """
    SELECT s.replay, s.state, s.source, s.input, s.kind, s.units_in, s.units_decoded, p.reports, p.first_time, p.last_time,
           (SELECT count(DISTINCT event_id) FROM event_revisions e WHERE e.replay = coalesce(s.replay, 0)) AS events_of_replay,
           (SELECT count(DISTINCT alert_id) FROM alert_revisions a WHERE a.replay = coalesce(s.replay, 0)) AS alerts_of_replay,
           s.content_sha256
    FROM sources s LEFT JOIN (
        SELECT source, count(*) AS reports, min(time) FILTER (quality = 'ok') AS first_time, max(time) FILTER (quality = 'ok') AS last_time
        FROM position_rows GROUP BY source) p USING (source)
    ORDER BY s.replay, s.source"""

StoreOption = Annotated[Path, typer.Option("--db", help="Store written by replay.")]


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    group = typer.Typer(no_args_is_help=True, help="What a store holds, by what was replayed into it; undo one.")
    group.command("list")(list_command)
    group.command("remove")(remove_command)
    app.add_typer(group, name="sources")


def list_command(
    db: StoreOption,
    form: Annotated[str, typer.Option("--format", help="As of query: table, lines, csv, json.")] = "lines",
) -> None:
    """Sources of a store: replay, state, name, file, units, reports, times, and how many events and alerts their replay stated."""
    from tracker.door.opening import open_to_read
    from tracker.store.query import Question, run_query

    with open_to_read(db) as reader:
        run_query(reader, Question(_LISTED, form, most=10_000), out, err)


def remove_command(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE...]", help="Names as of sources list.")] = None,
    db: StoreOption = ...,  # type: ignore[assignment]
    replay: Annotated[list[int] | None, typer.Option("--replay", help="Number of a replay; all its sources.")] = None,
) -> None:
    """Undo replays: their rows, events, alerts, port calls and papers. Sources judged together are removed together."""
    from tracker.store.database import Database
    from tracker.store.sources import forget_replay, replays_to_remove

    if not names and not replay:
        raise InputError("needs a source", "sources remove", "name one, or a replay with --replay")
    if not db.is_file():
        raise InputError("there is no such file", str(db), "give the file that 'tidewaiter replay --db' wrote")
    store = Database(db)
    try:
        wanted = replays_to_remove(store.cursor(), names or [], replay or [], str(db))
        for number in wanted:
            store.write(lambda connection, number=number: forget_replay(connection, number))  # type: ignore[misc]
        store.commit()
        for number, sources in wanted.items():
            err.say(f"replay {number} removed: {', '.join(sources)}, with all it stated")
    finally:
        store.close()
