"""``tidewaiter papers``: documents into a store, and what the store knows by them, now or as known at an instant."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tracker.commands.given import places_of, settings_of, time_of
from tracker.commands.options import CargoMappingOption, ConfigOption, ReferenceOption
from tracker.commands.papers_inspect import papers_inspect
from tracker.errors import GaveNothingError, InputError
from tracker.terminal import err, out, steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.store.asking import Reader

_SAID: Final = 5
"""Rows of one document that are told of at the terminal; ``--json`` and the view ``documents`` have more."""
_LISTED: Final = "SELECT received_time, name, source, format, rows_in, rows_refused, warnings, is_incomplete, refusal, bytes, sha256 FROM documents"
_MANIFEST: Final = """
    SELECT manifest_id, version, mode, imo, mmsi, craft_name, call_sign, voyage_number, registration, flight, flight_date, received_time, known_time,
           is_incomplete, sha256 FROM paper_versions v"""
_SUGGESTED: Final = """
    SELECT craft, name, name_on_papers, reason, would_decide, since_time, known_time FROM cargo_suggestions WHERE manifest_id = $name ORDER BY craft"""
_IN_FORCE: Final = {
    "now": "v.is_latest = 1",
    "then": "coalesce(v.known_time <= $instant, true) AND coalesce(v.superseded_time > $instant, v.is_latest = 1) AND v.is_late = 0",
}

PapersStoreOption = Annotated[Path, typer.Option("--db", help="Store written by watch, replay or papers add.")]
FormatOption = Annotated[str, typer.Option("--format", help="As of query: table, lines, csv, json.")]
PapersJsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a document on stdout.")]


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    group = typer.Typer(no_args_is_help=True, help="Papers of a store: add documents, and ask what is known by them.")
    group.command("add")(papers_add)
    group.command("list")(papers_list)
    group.command("show")(papers_show)
    group.command("refused")(papers_refused)
    group.command("inspect")(papers_inspect)
    app.add_typer(group, name="papers")


def papers_add(
    files: Annotated[list[Path], typer.Argument(help="Files of papers, or folders of them (docs/cargo.md).")],
    db: PapersStoreOption,
    cargo_mapping: CargoMappingOption = None,
    config: ConfigOption = None,
    reference: ReferenceOption = None,
    as_json: PapersJsonOption = False,
) -> None:
    """Add documents to a store: each is kept as its bytes and read; the same again changes nothing, other content is the next version."""
    from tracker.cargo.read import cargo_paths
    from tracker.door.client import Door

    settings = settings_of(config, None, cargo_mapping)
    paths = [path for path, _ in cargo_paths(files)]
    most_bytes = int(settings.cargo.most_mb * 1e6)
    for path in paths:
        if path.stat().st_size > most_bytes:
            raise InputError("is larger than [cargo] most_mb", str(path), "raise it, or divide the file")
    is_refused = False
    with steps("papers") as tell:
        door = Door.of_store(db)
        added = _at_rest(db, paths, settings.cargo, reference, tell) if door is None else _by_door(door, paths, tell)
        for told in added:
            is_refused = is_refused or told["state"] == "refused"
            if as_json:
                sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
            else:
                say_added(told)
    if is_refused:
        raise typer.Exit(GaveNothingError.exit_code)


def _by_door(door: Any, paths: Sequence[Path], tell: Callable[[str, float], None]) -> Iterator[dict[str, Any]]:
    """What became of each file in a store that a program has open (``tracker.door.client.Door``): it reads them, and answers once they are durable."""
    for number, path in enumerate(paths):
        tell(f"handing over {path.name}", number / len(paths))
        yield {**door.add_papers(path.name, _content(path)), "name": str(path)}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise InputError(f"cannot be read ({exc.strerror})", str(path), "check its permissions") from exc


def _at_rest(
    db: Path, paths: Sequence[Path], limits: Any, reference: Path | None, tell: Callable[[str, float], None]
) -> Iterator[dict[str, Any]]:
    """What became of each file in a store that no program has open; each is durable before it is told of."""
    from streams.time import SystemClock
    from tracker.papers.document import Document
    from tracker.papers.receive import receive
    from tracker.store.database import Database
    from tracker.store.papers import PaperStore

    locate = places_of(reference).resolve_location
    database, clock = Database(db), SystemClock()
    try:
        for number, path in enumerate(paths):
            tell(f"reading {path.name}", number / len(paths))
            content = _content(path)
            now_us = int(clock.now_us())
            received = receive(Document(content, "file", path.name, now_us), locate, limits)
            tell(f"storing {path.name}", (number + 0.6) / len(paths))
            change = PaperStore(database).take(received, now_us)
            database.commit()
            yield {"name": str(path), **change.to_json()}
    finally:
        database.close()


def say_added(told: Mapping[str, Any]) -> None:
    """What became of a document, in sentences on stderr; ``told`` is of ``PaperChange.to_json`` with its name."""
    name = told["name"]
    if told["refusal"]:
        err.say(f"refused: {told['refusal']}", "red")
        return
    if told["state"] == "repeated":
        err.say(f"{name}: is here already, nothing was done", "dim")
        return
    changed = told["manifests_changed"]
    parts = [f"{changed:,} manifest{'' if changed == 1 else 's'} new or changed"]
    parts += [f"{told['manifests_said_before']:,} said nothing new"] if told["manifests_said_before"] else []
    parts += (
        [f"{told['manifests_not_judged']:,} of a lower version than is here"] if told["manifests_not_judged"] else []
    )
    boxes = told["box_events"]
    parts += [f"{boxes:,} event{'' if boxes == 1 else 's'} of boxes"] if boxes else []
    parts += [f"{told['rows_refused']:,} of {told['rows_in']:,} rows refused"] if told["rows_refused"] else []
    err.say(f"{name}: {'; '.join(parts)}", "green" if not told["rows_refused"] else "yellow")
    if told["is_incomplete"]:
        err.say(f"{name}: is incomplete; what it brought is marked so", "yellow")
    for one in told["told"][:_SAID]:
        err.say(f"  row {one['at']}: {one['note']}", "yellow")
    if len(told["told"]) > _SAID:
        err.say(f"  and more; tidewaiter papers show {told['sha256'][:12]} has them", "yellow")


def papers_list(db: PapersStoreOption, form: FormatOption = "lines") -> None:
    """Documents of a store in the order of their receipt: source, format, rows, and whether they are complete."""
    _list(db, f"{_LISTED} ORDER BY received_time, name", form)


def papers_refused(db: PapersStoreOption, form: FormatOption = "lines") -> None:
    """Documents of which nothing could be read, and why; their bytes are kept."""
    _list(db, f"{_LISTED} WHERE refusal IS NOT NULL ORDER BY received_time, name", form)


def _list(db: Path, sql: str, form: str) -> None:
    from tracker.door.opening import open_to_read
    from tracker.store.query import Question, run_query

    with open_to_read(db) as reader:
        run_query(reader, Question(sql, form, most=100_000), out, err)


def papers_show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Manifest, document (the beginning of its SHA-256), bill, waybill or container."
        ),
    ],
    db: PapersStoreOption,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="As the papers known at this time had it (ISO 8601). Default: now.")
    ] = None,
) -> None:
    """What papers say, as JSON: of a manifest, of everything with a number of bill, waybill or container, or of a document."""
    from tracker.door.opening import open_to_read

    instant = None if as_of is None else int(time_of(as_of, "--as-of"))
    with open_to_read(db) as reader:
        found = shown(reader, name, instant)
    if found is None:
        when = "" if as_of is None else f" as known at {as_of}"
        raise InputError(
            f"holds no manifest, document, bill or container {name!r}{when}",
            str(db),
            "'tidewaiter papers list' names the documents",
        )
    json.dump(found, sys.stdout, ensure_ascii=False, indent=1, default=_plain)
    sys.stdout.write("\n")


def shown(reader: Reader, name: str, instant_us: int | None) -> dict[str, Any] | None:
    """What a store says of a number; None where it has none of it."""
    from tracker.cargo.codes import compact

    given: dict[str, Any] = {"name": name}
    in_force = _IN_FORCE["now"]
    rows_of = {view: f"(SELECT * FROM {view} WHERE is_latest = 1)" for view in ("consignments", "itineraries")}
    if instant_us is not None:
        in_force = _IN_FORCE["then"].replace("$instant", f"make_timestamptz({instant_us:d})")
        rows_of = {view: f"{view}_as_known_at(make_timestamptz({instant_us:d}))" for view in rows_of}
    manifests = _rows(reader, f"{_MANIFEST} WHERE v.manifest_id = $name AND {in_force}", given)
    if manifests:
        calls = _rows(reader, f"SELECT node, location, name, arrive_time, depart_time, version FROM {rows_of['itineraries']} WHERE manifest_id = $name ORDER BY node", given)  # fmt: skip
        items = _rows(
            reader, f"SELECT * FROM {rows_of['consignments']} WHERE manifest_id = $name ORDER BY consignment_id", given
        )
        versions = _rows(reader, "SELECT version, received_time, superseded_time, is_late, is_incomplete, sha256 FROM paper_versions WHERE manifest_id = $name ORDER BY version", given)  # fmt: skip
        found = {
            "manifest": manifests[-1],
            "calls": calls,
            "consignments": list(map(_consignment, items)),
            "versions": versions,
        }
        suggested = [] if instant_us is not None else _rows(reader, _SUGGESTED, given)
        return found | ({"suggestions": suggested} if suggested else {})
    if len(name) >= 8 and name.isalnum():
        documents = _rows(reader, "SELECT * FROM documents WHERE starts_with(sha256, lower($name))", given)
        if documents:
            brought = _rows(reader, "SELECT manifest_id, version FROM paper_versions WHERE starts_with(sha256, lower($name)) ORDER BY ALL LIMIT 1000", given)  # fmt: skip
            document = documents[0] | {"account": json.loads(documents[0]["account"])}
            return {"document": document, "versions": brought}
    number = "regexp_replace(upper({}), '[^A-Z0-9 ]', '', 'g')"
    items = _rows(
        reader,
        f"SELECT * FROM {rows_of['consignments']} WHERE replace({number.format('document_number')}, ' ', '') = $name"
        f" OR replace({number.format('master_document_number')}, ' ', '') = $name OR list_contains(string_split({number.format('equipment_ids')}, ' '), $name)"
        " ORDER BY manifest_id, consignment_id LIMIT 1000",
        {"name": compact(name)},
    )
    return {"consignments": list(map(_consignment, items))} if items and compact(name) else None


def _consignment(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the view with what is missing left out, and lists as lists."""
    return {
        key: json.loads(value) if key in ("goods", "equipment", "flags") else value
        for key, value in row.items()
        if value is not None and value != ""
    }


def _rows(reader: Reader, sql: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reader.execute(sql, dict(given)).to_arrow_table().to_pylist()
    return rows


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
