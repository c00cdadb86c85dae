"""``tidewaiter replay`` and ``tidewaiter demo``: recorded feeds through everything, and a sea made up to try it on."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.commands.given import cargo_of, places_of, settings_of, zones_of
from tracker.commands.options import (
    CargoMappingOption,
    CargoOption,
    ClockOption,
    ConfigOption,
    DateOrderOption,
    DbOption,
    JsonOption,
    MappingOption,
    ProfileOption,
    ReceiverOption,
    ReferenceOption,
    UndatedOption,
    ZoneOption,
    ZonesOption,
)
from tracker.errors import GaveNothingError, InterruptedByUser
from tracker.terminal import Stop, err, out, reading, steps

if TYPE_CHECKING:
    from tracker.inputs.opening import Opened
    from tracker.inputs.sidecar import TimesSaid
    from tracker.replay import Summary
    from tracker.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("replay")(replay_command)
    app.command("demo")(demo_command)


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
    cargo_mapping: CargoMappingOption = None,
    zones: ZonesOption = None,
    config: ConfigOption = None,
    events: Annotated[Path | None, typer.Option("--events", help="Write events as JSON lines.")] = None,
    alerts: Annotated[Path | None, typer.Option("--alerts", help="Write alerts as CloudEvents JSON lines.")] = None,
    undated: UndatedOption = "",
    date_order: DateOrderOption = "",
    zone: ZoneOption = "",
    clock: ClockOption = "",
    receiver: ReceiverOption = "",
    mapping: MappingOption = None,
    profile: ProfileOption = None,
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
    from tracker.commands.opened import tell_nothing
    from tracker.inputs.sidecar import TimesSaid

    summary, opened = run_replay(
        inputs,
        lambda: settings_of(config, profile, cargo_mapping),
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
    from tracker.commands.show import show_summary

    if as_json:
        sys.stdout.write(json.dumps(summary.to_json()) + "\n")
    else:
        show_summary(err, summary)
    gave_nothing = tell_nothing(opened, summary)
    if summary.faults:
        raise typer.Exit(4)  # done, but report what the program failed on
    if gave_nothing:
        raise typer.Exit(GaveNothingError.exit_code)


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

            from tracker.inputs.recorded import distinct_inputs, open_input
            from tracker.inputs.sidecar import NOTHING_WRITTEN
            from tracker.replay import JsonLines, plan_for, replay
            from tracker.store.database import Database

            settings, places = settings_of(), places_of(reference)
            aerodromes_deg = places.airports.positions_deg
            named = [
                open_input(one, source, said or NOTHING_WRITTEN, aerodromes_deg, columns)
                for source, one in enumerate(found.recordings)
            ]
            opened, same = distinct_inputs(named)
            for name, twin in same.items():
                err.say(f"{name}: holds the same as {twin}; left out", "yellow")
            book = cargo_of(cargo, places, settings)
            areas = zones_of(zones)
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


def demo_command(
    folder: Annotated[Path, typer.Option("--folder", help="Where the scenario and the results are kept.")] = Path(
        "demo"
    ),
    seed: Annotated[int, typer.Option(help="Another seed is another sea.")] = 1,
    vessels: Annotated[int, typer.Option(min=20, max=1500, help="So many ships.")] = 200,
    flights: Annotated[int, typer.Option(min=0, max=2000, help="So many flights; 0: no recording of the air.")] = 40,
    hours: Annotated[float, typer.Option(min=6.0, max=240.0, help="So long.")] = 48.0,
    page: Annotated[
        bool,
        typer.Option(
            "--page/--no-page",
            help="The two days end now, and the page of the room is served on them with a live feed beside, until Ctrl-C.",
        ),
    ] = False,
) -> None:
    """Simulate two days of a sea, replay them and show the alerts with their cargo."""
    from streams.time import SystemClock
    from tracker.commands import show as console
    from tracker.evaluation.comparison import compare_files
    from tracker.settings import load_settings
    from tracker.simulate.scenario import AIS_FILE, CARGO_FILE, DEFAULT_START_US, LABELS_FILE, recordings, simulate

    folder.mkdir(parents=True, exist_ok=True)
    with steps("simulate") as tell:
        start_us = SystemClock().now_us() - int(hours * 3600e6) if page else DEFAULT_START_US
        report = simulate(
            folder, seed=seed, vessels=vessels, flights=flights, hours=hours, start=start_us, progress=tell
        )
    console.show_simulation(err, report)
    kept = console.AlertKeeper()
    store = folder / "demo.duckdb"
    store.unlink(missing_ok=True)
    summary, _ = run_replay(
        recordings(folder), load_settings, db=store, cargo=[folder / CARGO_FILE],
        events=folder / "events.jsonl", alerts=folder / "alerts.jsonl", sinks=[kept],
    )  # fmt: skip
    console.show_summary(err, summary)
    result = compare_files(folder / LABELS_FILE, folder / "events.jsonl", folder / "alerts.jsonl")
    err.print(f"\n{result.sentence()}\n")
    console.show_alerts(out, kept.latest())
    console.show_next_steps(out, folder)
    if page:
        from tracker.commands.demo_page import run_page

        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        run_page(folder, folder / AIS_FILE, folder / CARGO_FILE, out.say, stop)
