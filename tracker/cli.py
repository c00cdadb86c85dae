"""The command line. It reads arguments, shows progress and prints; everything else is done elsewhere.

Results go to stdout or files, everything said about the work to stderr. Exit codes of ``replay``: 0 done; 2 a person's mistake told in one
sentence, nothing was done; 3 done, but an input gave nothing (others are kept); 4 done, but the program itself failed on something and set it
aside; 130 interrupted. 1 is a failure of the program or the machine.

Each command imports what it does its work with when it is called: all of the program takes seconds to load, and ``query``, ``journal`` and
``--help`` need little of it.
"""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.commands import backup, check, control, draw, feed, init, inspect, query, sources, status
from tracker.errors import InputError, InterruptedByUser, TrackerError
from tracker.folders import cache_folder, reference_folder
from tracker.kernel_cache import have_kernel_cache
from tracker.terminal import Stop, err, hush, out, progress, reading, steps

if TYPE_CHECKING:
    from tracker.cargo.book import CargoBook
    from tracker.geography.places import WorldPlaces
    from tracker.geography.zones import ZoneSet
    from tracker.opening import Opened
    from tracker.replay import Summary
    from tracker.settings import Settings
    from tracker.sidecar import TimesSaid

app = typer.Typer(
    name="tidewaiter", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Watches ships, aircraft and the cargo aboard them.",
)  # fmt: skip
reference_app = typer.Typer(no_args_is_help=True, help="Your own ports, airports and routes.")
app.add_typer(reference_app, name="reference")
bench_app = typer.Typer(no_args_is_help=True, help="Measure on this machine.")
app.add_typer(bench_app, name="bench")
journal_app = typer.Typer(no_args_is_help=True, help="Raw bytes that the live program received: the evidence.")
app.add_typer(journal_app, name="journal")

query.add_to(app)
draw.add_to(app)
status.add_to(app)
check.add_to(app)
backup.add_to(app)
feed.add_to(app)
init.add_to(app)
inspect.add_to(app)
sources.add_to(app)
control.add_to(app)


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


DbOption = Annotated[Path | None, typer.Option("--db", help="DuckDB file to write; without it nothing is kept.")]
CargoOption = Annotated[
    list[Path] | None, typer.Option("--cargo", help="Cargo file or folder (docs/cargo.md); may be repeated.")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="TOML file of settings (docs/settings.md). Default: none.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Summary as JSON on stdout.")]
StoreOption = Annotated[Path, typer.Option("--db", help="Store of the live program; its journals stand beside it.")]
ReferenceOption = Annotated[
    Path | None, typer.Option("--reference", help="Folder of imported reference data. Default: the user's own.")
]


@app.command("replay")
def replay_command(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Recordings, folders, archives or patterns; recognised by content (docs/inputs.md); - is standard input.",
        ),
    ],
    db: DbOption = None,
    cargo: CargoOption = None,
    zones: Annotated[Path | None, typer.Option("--zones", help="Areas of interest as GeoJSON.")] = None,
    config: ConfigOption = None,
    events: Annotated[Path | None, typer.Option("--events", help="Write events as JSON lines.")] = None,
    alerts: Annotated[Path | None, typer.Option("--alerts", help="Write alerts as CloudEvents JSON lines.")] = None,
    undated: Annotated[
        str,
        typer.Option(
            "--undated",
            "--start-time",
            help="When recordings without times began: a time like 2026-03-01T00:00:00Z, or mtime, that of the file. Default: such rows are refused.",
        ),
    ] = "",
    date_order: Annotated[
        str,
        typer.Option(
            "--date-order",
            help="dmy or mdy: what 03/04/2026 means, where no day above 12 in the file shows it.",
        ),
    ] = "",
    zone: Annotated[
        str,
        typer.Option("--zone", help="Zone of times written without an offset: Europe/Paris, +05:30. Default: UTC."),
    ] = "",
    clock: Annotated[
        str,
        typer.Option(
            "--clock", help="What stamps Beast and AVR frames: 12mhz, gps (Radarcape), or auto, by their bits."
        ),
    ] = "",
    receiver: Annotated[
        str,
        typer.Option(
            "--receiver", help="Where the one receiver of Mode S frames stands: LAT,LON or LAT,LON,HEIGHT in metres."
        ),
    ] = "",
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", help="TOML file that says what the columns of a table mean (docs/inputs.md)."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", help="customs, gfw, or one of your settings. Default: as the settings say, else customs."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Do nothing at all if a file is refused, or gives nothing.")
    ] = False,
    reference: ReferenceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay recorded feeds: decode, store, detect, link to cargo, alert.

    Exit codes: 0 done; 2 a mistake, told in one sentence; 3 done, but an input gave nothing (the others are kept); 4 done, but the program failed
    on something and set it aside; 130 interrupted; 1 the program or the machine failed.
    """
    from tracker.commands.opened import NOTHING, tell_nothing
    from tracker.sidecar import TimesSaid

    summary, opened = run_replay(
        inputs,
        lambda: _settings(config, profile),
        db=db,
        cargo=cargo or [],
        zones=zones,
        events=events,
        alerts=alerts,
        said=TimesSaid(undated, date_order, zone, clock, receiver),
        reference=reference,
        mapping=mapping,
        strict=strict,
    )
    from tracker.console import show_summary

    if as_json:
        sys.stdout.write(json.dumps(summary.to_json()) + "\n")
    else:
        show_summary(err, summary)
    gave_nothing = tell_nothing(opened, summary)
    if summary.faults:
        raise typer.Exit(4)  # done, but report what the program failed on
    if gave_nothing:
        raise typer.Exit(NOTHING)


def run_replay(
    paths: list[Path],
    settings_of: Callable[[], Settings],
    *,
    db: Path | None = None,
    cargo: list[Path] | None = None,
    zones: Path | None = None,
    events: Path | None = None,
    alerts: Path | None = None,
    said: TimesSaid | None = None,
    reference: Path | None = None,
    mapping: Path | None = None,
    sinks: list[Any] | None = None,
    strict: bool = False,
) -> tuple[Summary, Opened]:
    """What ``replay`` and ``demo`` share. Inputs are recognised before the rest of the program is loaded: a refusal comes at once."""
    from streams.archives import Spool
    from streams.private import begin_privately
    from tracker.commands.opened import open_and_tell
    from tracker.decode.layouts import read_mapping
    from tracker.outputs import check_outputs

    begin_privately()
    outputs = {"--db": db, "--events": events, "--alerts": alerts}
    check_outputs(outputs, _read_by_replay(paths, cargo or [], zones))
    has_begun = False
    try:
        with ExitStack() as ends:
            stop = ends.enter_context(Stop())
            spool = ends.enter_context(Spool(check=stop.check))
            columns = read_mapping(mapping) if mapping else None
            found = open_and_tell(sorted(set(paths)), spool, list(outputs.values()), strict=strict, mapping=columns)
            check_outputs(outputs, [one.stored.path for one in found.recordings])

            from tracker.inputs import distinct_inputs, open_input
            from tracker.replay import JsonLines, plan_for, replay
            from tracker.sidecar import NOTHING_WRITTEN
            from tracker.store.database import Database

            settings, places = settings_of(), _places(reference)
            aerodromes_deg = places.airports.positions_deg
            named = [
                open_input(one, source, said or NOTHING_WRITTEN, aerodromes_deg, columns)
                for source, one in enumerate(found.recordings)
            ]
            opened, same = distinct_inputs(named)
            for name, twin in same.items():
                err.say(f"{name}: holds the same as {twin}; left out", "yellow")
            book = _cargo(cargo, places, settings)
            areas = _zones(zones)
            for warning in areas.warnings:
                err.say(warning, "yellow")
            store = Database(db) if db is not None else None
            if store is not None:
                ends.callback(store.close)
            plan = None
            if store is not None:
                with reading("looking at the inputs") as told:
                    plan = plan_for(opened, store, stop.check, told)
            for sentence in plan.sentences() if plan is not None else ():
                err.say(f"{db}: {sentence}", "yellow")
            lines = ends.enter_context(JsonLines(events, alerts))
            tell = ends.enter_context(reading("replay"))
            has_begun = True
            summary = replay(
                opened, settings, book=book, places=places, zones=areas, store=store, sinks=[lines, *(sinks or [])], plan=plan,
                progress=tell, check=stop.check, strict=strict,
            )  # fmt: skip
            return summary, found
    except InterruptedByUser as exc:
        kept = _kept(db, events, alerts) if has_begun else _kept(None, None, None)
        raise InterruptedByUser(exc.signal_number, kept) from None


def _read_by_replay(paths: list[Path], cargo: list[Path], zones: Path | None) -> list[Path]:
    """Files that must not be written: inputs and their sidecars, cargo files, zones."""
    papers = [file for path in cargo for file in ([path] if path.is_file() else sorted(path.glob("*")))]
    return [*paths, *(path.with_name(path.name + ".json") for path in paths), *papers, *([zones] if zones else [])]


def _kept(db: Path | None, events: Path | None, alerts: Path | None) -> str:
    """What an interrupted replay leaves behind."""
    said = []
    if db is not None:
        said.append(f"{db} keeps what was judged so far, marked partial: the same replay again takes its place")
    files = [str(path) for path in (events, alerts) if path is not None]
    if files:
        said.append(f"{' and '.join(files)} hold whole lines up to there")
    return "; ".join(said) or "nothing is kept: the same command begins anew"


@app.command("watch")
def watch_command(
    db: Annotated[Path, typer.Option("--db", help="DuckDB file to write; snapshots and journals stand beside it.")],
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            help="NAME=tcp://host:port, tcp-listen://, udp://, kafka://topic or a path; ?format=beast and other settings may follow; besides those of the settings.",
        ),
    ] = None,
    cargo: CargoOption = None,
    zones: Annotated[Path | None, typer.Option("--zones", help="Areas of interest as GeoJSON.")] = None,
    config: ConfigOption = None,
    alerts: Annotated[Path | None, typer.Option("--alerts", help="Append alerts as CloudEvents JSON lines.")] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", help="customs, gfw, or one of your settings. Default: as the settings say, else customs."
        ),
    ] = None,
    reference: ReferenceOption = None,
) -> None:
    """Watch live feeds for months: read, judge, store, alert; SIGTERM ends it cleanly (docs/watch.md)."""
    from tracker.settings import load_settings
    from tracker.watch.ending import AtOnce
    from tracker.watch.files import WatchFiles, state_folder
    from tracker.watch.run import run_watch
    from tracker.watch.source_text import source_of

    settings = load_settings(config, profile, os.environ)
    named: set[str] = set()
    for text in source or []:
        name, made = source_of(text)
        if name in named:
            raise InputError("is given twice", f"--source {name}", "give each source a name of its own")
        named.add(name)
        settings.sources = {**settings.sources, name: made}
    places = _places(reference)
    book = _cargo(cargo, places, settings)
    run_watch(settings, WatchFiles(db, state_folder(db), alerts), book, places, _zones(zones))
    raise AtOnce(0)


LossOption = Annotated[
    float,
    typer.Option("--loss", min=0.0, max=0.3, help="So large a share of the reports is lost at random on the way in."),
]


@app.command("simulate")
def simulate_command(
    folder: Annotated[Path, typer.Argument(help="Folder to write the scenario to.")],
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    vessels: Annotated[int, typer.Option(min=20, max=1500, help="So many ships.")] = 200,
    flights: Annotated[int, typer.Option(min=0, max=2000, help="So many flights; 0: no recording of the air.")] = 40,
    hours: Annotated[float, typer.Option(min=1.0, max=24 * 31, help="So long.")] = 48.0,
    loss: LossOption = 0.0,
    start: Annotated[str, typer.Option(help="First instant (ISO 8601, UTC).")] = "2026-03-01T00:00:00Z",
    until_now: Annotated[
        bool,
        typer.Option(
            "--until-now", help="In place of --start: it ends now, so that its papers fit when feed plays it today."
        ),
    ] = False,
) -> None:
    """Write a labelled scenario: raw AIVDM and Beast bytes, cargo, labels. Everything in it is synthetic."""
    from streams.time import US_PER_S, SystemClock
    from tracker.console import show_simulation
    from tracker.simulate.scenario import simulate

    start_us = SystemClock().now_us() - int(hours * 3600.0 * US_PER_S) if until_now else _time(start)
    with steps("simulate") as tell:
        report = simulate(
            folder, seed=seed, vessels=vessels, flights=flights, hours=hours, loss=loss, start=start_us, progress=tell
        )
    show_simulation(err, report)


@app.command("evaluate")
def evaluate_command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[LABELS EVENTS]", help="Labels of a scenario and events from replay --events."),
    ] = None,
    alerts: Annotated[Path | None, typer.Option("--alerts", help="Alerts as JSON lines, from replay --alerts.")] = None,
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="Scenarios to simulate, for example 101,102; without files only.")
    ] = None,
    background: Annotated[
        list[Path] | None,
        typer.Option("--background", help="Recorded feed to inject events into; further files may follow."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One small scenario instead of three of two days.")] = False,
    loss: LossOption = 0.0,
    config: ConfigOption = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="Profile to be judged. Default: as the settings say, else customs.")
    ] = None,
    reference: ReferenceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Precision, recall and delay per kind: of given events, or of a benchmark run on the spot (docs/benchmarks-events.md)."""
    from dataclasses import replace

    from tracker.benchmark.run import DEFAULT_SEEDS, FULL, QUICK, run_benchmark
    from tracker.settings import load_settings
    from tracker.simulate.evaluate import compare_files

    result: Any
    if files and not background:
        if len(files) != 2 or seeds or quick:
            raise InputError(
                "needs labels and events, or no files at all",
                "evaluate",
                "write: evaluate LABELS EVENTS, or evaluate --seeds 101",
            )
        result = compare_files(files[0], files[1], alerts)
    else:
        numbers = _seeds(seeds) if seeds is not None else DEFAULT_SEEDS[:1] if quick or background else DEFAULT_SEEDS
        with steps("evaluate") as tell:
            result = run_benchmark(
                load_settings(config, profile),
                _places(reference),
                seeds=numbers,
                size=replace(QUICK if quick else FULL, loss=loss),
                backgrounds=[*(background or []), *(files or [])],
                tell=tell,
            )
    if as_json:
        sys.stdout.write(json.dumps(result.to_json()) + "\n")
    else:
        out.print(result.to_table())


@app.command("demo")
def demo_command(
    folder: Annotated[Path, typer.Option("--folder", help="Where the scenario and the results are kept.")] = Path(
        "demo"
    ),
    seed: Annotated[int, typer.Option(help="Another seed is another sea.")] = 1,
    vessels: Annotated[int, typer.Option(min=20, max=1500, help="So many ships.")] = 200,
    flights: Annotated[int, typer.Option(min=0, max=2000, help="So many flights; 0: no recording of the air.")] = 40,
    hours: Annotated[float, typer.Option(min=6.0, max=24 * 31, help="So long.")] = 48.0,
) -> None:
    """Simulate two days of a sea, replay them and show the alerts with their cargo."""
    from tracker import console
    from tracker.settings import load_settings
    from tracker.simulate.evaluate import compare_files
    from tracker.simulate.scenario import CARGO_FILE, LABELS_FILE, recordings, simulate

    folder.mkdir(parents=True, exist_ok=True)
    with steps("simulate") as tell:
        report = simulate(folder, seed=seed, vessels=vessels, flights=flights, hours=hours, progress=tell)
    console.show_simulation(err, report)
    kept = console.AlertKeeper()
    store = folder / "demo.duckdb"
    store.unlink(missing_ok=True)
    summary, _ = run_replay(
        recordings(folder), load_settings, db=store, cargo=[folder / CARGO_FILE],
        events=folder / "events.jsonl", alerts=folder / "alerts.jsonl", sinks=[kept],
    )  # fmt: skip
    console.show_summary(err, summary)
    console.show_alerts(out, kept.latest())
    out.print(compare_files(folder / LABELS_FILE, folder / "events.jsonl", folder / "alerts.jsonl").to_table())
    console.show_next_steps(out, folder)


@journal_app.command("list")
def journal_list(db: StoreOption) -> None:
    """Segments of all journals beside a store, one JSON object a line."""
    from tracker.watch import evidence

    for source, folder in evidence.journal_folders(db).items():
        for segment in evidence.segments(folder):
            sys.stdout.write(json.dumps({"source": source, **segment}) + "\n")


@journal_app.command("verify")
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


@journal_app.command("export")
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

    span = [None if text is None else _time(text, option) for text, option in ((begin, "--from"), (end, "--to"))]
    done = evidence.export(evidence.journal_of(db, source), file, *span, client=client)
    err.say(done.sentence())


@reference_app.command("import")
def reference_import(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="CSV or GeoJSON files (docs/reference-data.md).")
    ],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where imported data is kept. Default: the user's own.")
    ] = None,
) -> None:
    """Import your own ports, airports, runways, routes or identity tables (docs/reference-data.md)."""
    from streams.time import SystemClock
    from tracker.events import iso_time
    from tracker.geography.reference import import_reference

    for file in files:
        report = import_reference(file, folder or reference_folder(), iso_time(SystemClock().now_us()))
        refused = f", {report.bad_rows:,} refused" if report.bad_rows else ""
        err.say(f"{file.name}: {report.rows:,} rows of {report.kind.replace('_', ' ')}{refused}")


@reference_app.command("list")
def reference_list(
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where imported data is kept. Default: the user's own.")
    ] = None,
) -> None:
    """What has been imported, from which files."""
    from tracker.console import show_reference
    from tracker.geography.reference import list_reference

    show_reference(out, list_reference(folder or reference_folder()))


@bench_app.command("decode")
def bench_decode_command(
    file: Annotated[Path, typer.Argument(help="Recorded NMEA AIS or Beast, a table (CSV, Parquet), or JSON lines.")],
    rounds: Annotated[int, typer.Option(min=1, help="Runs of every decoder, alternating.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.0, help="Least time of one run.")] = 2.0,
    peer_python: Annotated[
        Path | None, typer.Option("--peer-python", help="Another environment's Python, with the peers installed.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Our decoders and their peers (pyais, pyModeS, rs1090, Polars) over one file, alternating; docs/benchmarks.md."""
    from tracker.bench import bench_decode
    from tracker.console import show_bench
    from tracker.inputs import open_input

    kind = open_input(file, 0).kind
    with progress("bench") as tell:
        rows = bench_decode(file, kind, rounds, seconds, tell, str(peer_python or sys.executable))
    if as_json:
        sys.stdout.write(json.dumps([row.to_json() for row in rows]) + "\n")
    else:
        show_bench(out, rows)


def main() -> None:
    """Entry point: a person's mistake ends in one sentence and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal of another encoding than UTF-8
    from tracker.watch.ending import AtOnce

    have_kernel_cache(Path(__file__).parent)
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


def _time(text: str, option: str = "--start-time") -> Any:
    from tracker.events import parse_time

    try:
        return parse_time(text)
    except ValueError as exc:
        raise InputError(f"{text!r} is no time", option, "write it like 2026-03-01T00:00:00Z") from exc


def _seeds(text: str) -> list[int]:
    """Seeds written as ``101,102`` or ``101-110``."""
    try:
        spans = [[int(number) for number in part.split("-")] for part in text.split(",")]
        seeds = [seed for span in spans for seed in range(span[0], span[-1] + 1)]
        if not seeds or any(len(span) > 2 for span in spans):
            raise ValueError(text)
    except ValueError as exc:
        raise InputError(f"{text!r} are no seeds", "--seeds", "write them like 101,102 or 101-110") from exc
    return seeds


def _settings(config: Path | None, profile: str | None) -> Settings:
    from tracker.settings import load_settings

    return load_settings(config, profile, os.environ)


def _places(reference: Path | None) -> WorldPlaces:
    from tracker.geography.places import WorldPlaces

    if reference is not None and not reference.is_dir():
        what = "is no folder" if reference.exists() else "there is no such folder"
        raise InputError(what, str(reference), "check the path given to --reference; 'tidewaiter reference' fills one")
    return WorldPlaces.load(reference or reference_folder(), cache_folder())


def _cargo(paths: list[Path] | None, places: WorldPlaces, settings: Settings) -> CargoBook:
    """The papers, with what is wrong in them said; an empty book without paths."""
    from tracker.cargo.book import CargoBook
    from tracker.cargo.read import read_cargo

    book = read_cargo(paths, places.resolve_location, settings["cargo"]) if paths else CargoBook()
    _say_bad_cargo(book)
    return book


def _zones(path: Path | None) -> ZoneSet:
    from tracker.geography.zones import NO_ZONES, read_zones

    return read_zones(path) if path else NO_ZONES


def _say_bad_cargo(book: CargoBook) -> None:
    samples = [(file.path, sample) for file in book.files for sample in file.rejects.samples]
    for path, sample in samples[:10]:
        err.say(f"{path}: row {sample.at}: {sample.note}", "yellow")
    if book.rows_rejected > 10:
        err.say(f"cargo: {book.rows_rejected:,} rows refused in all; 'tidewaiter check --cargo' lists them", "yellow")
