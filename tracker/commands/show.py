"""What people see on a terminal: summaries, the table of alerts, lists of settings. No decisions here."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tracker.alerts.alert import Alert
from tracker.cargo.book import CargoBook
from tracker.config.watch import SourceConfig
from tracker.decode.rejects import REJECT_SENTENCES, RejectCause
from tracker.events import Event
from tracker.inputs.gave import Gave
from tracker.printable import printable
from tracker.replay import Summary, cargo_counts
from tracker.settings import SECTIONS, SettingRow, Settings, setting_rows
from tracker.terminal import Terminal
from tracker.units import iso_time

if TYPE_CHECKING:
    from tracker.evaluation.decoding import BenchRow
    from tracker.geography.reference import ImportReport

_INPUTS_SHOWN: Final = 20
_BAND_STYLE: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}


class AlertKeeper:
    """A sink that keeps the latest revision of every alert, for the table at the end of a demo."""

    def __init__(self) -> None:
        self._latest: dict[str, Alert] = {}

    def add_events(self, events: Sequence[Event]) -> None:
        """Events are not shown."""

    def add_alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep the newest revision."""
        self._latest.update({alert.alert_id: alert for alert in alerts})

    def latest(self) -> list[Alert]:
        """Alerts not retracted, most urgent first."""
        kept = [alert for alert in self._latest.values() if str(alert.event.state) != "retracted"]
        return sorted(kept, key=lambda alert: (-alert.priority, alert.known_us, alert.alert_id))


def show_summary(console: Terminal, summary: Summary) -> None:
    """The replay in a few lines."""
    rate = summary.units_in / summary.seconds if summary.seconds else 0.0
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row("read", f"{summary.units_in:,} lines and frames, {summary.units_decoded:,} decoded")
    table.add_row("messages", _counts(summary.messages))
    if summary.rejects:
        table.add_row("rejects", _counts(summary.rejects))
    for one in _worth_telling(summary.gave):
        table.add_row("", _gave_told(one))
    dropped = [f"{summary.duplicates:,} duplicates"] if summary.duplicates else []
    dropped += [f"{summary.implausible:,} implausible"] if summary.implausible else []
    dropped += [f"{summary.late:,} late"] if summary.late else []
    dropped += [f"{summary.broken_clock:,} with a broken clock"] if summary.broken_clock else []
    more = f"; of these {', '.join(dropped)}" if dropped else ""
    table.add_row("reports", f"{summary.reports:,} of {summary.craft:,} craft{more}")
    cargo = summary.cargo
    if cargo.get("rows_in"):
        held = (
            f"{cargo['consignments']:,} consignments in {cargo['manifests']:,} manifests, {cargo['flagged']:,} flagged"
        )
        refused = f"; {cargo['rows_rejected']:,} rows refused" if cargo["rows_rejected"] else ""
        table.add_row("cargo", held + refused)
    table.add_row("events", (_counts(summary.events) or "none") + _states(summary.event_states))
    table.add_row("alerts", (_counts(summary.alerts) or "none") + _states(summary.alert_states))
    if summary.store:
        table.add_row("store", _store_told(summary.store))
    table.add_row("time", f"{summary.seconds:.1f} s, {rate:,.0f} lines and frames a second")
    console.print(table)
    if summary.faults:
        console.say(
            f"the program itself failed on something and set it aside ({_counts(summary.faults)}); please report it:",
            "red",
        )
        for note in summary.fault_notes:
            console.say(f"  {note}", "red")
    for sentence in summary.unit_doubts:
        console.say(f"units: {sentence}", "yellow")
    for sentence in summary.clock_doubts:
        console.say(f"clock: {sentence}", "yellow")
    for cause in sorted(summary.rejects, key=lambda name: -summary.rejects[name])[:3]:
        console.print(f"  {cause}: {REJECT_SENTENCES[RejectCause(cause)]}", style="dim")


def _worth_telling(gave: Sequence[Gave]) -> list[Gave]:
    """Each of a few inputs; of many those that rejected most."""
    if len(gave) < 2:
        return []
    return list(gave) if len(gave) <= _INPUTS_SHOWN else heapq.nlargest(_INPUTS_SHOWN, gave, key=lambda one: (bool(one.nothing), sum(one.rejects.values())))  # fmt: skip


def _gave_told(one: Gave) -> Text:
    rejects = f"; rejects: {_counts(one.rejects)}" if one.rejects else ""
    told = f"{printable(one.name)} ({one.kind}): {one.units_in:,} read, {one.rows:,} rows{rejects}"
    return Text(told, style="red" if one.nothing else "")


def _states(states: Mapping[str, int]) -> str:
    """How many are over and how many never were: two things that are easily taken for one."""
    words = (("open", "open"), ("closed", "closed (over)"), ("retracted", "retracted (did not happen)"))
    told = [f"{states[state]:,} {word}" for state, word in words if states.get(state)]
    return f"; {', '.join(told)}" if told else ""


def _store_told(done: Mapping[str, Any]) -> str:
    """What a replay did to the sources of its store."""
    said = f"replay {done['replay']}: {printable(', '.join(done['sources']))}"
    for replay, sources in done["replaced"].items():
        said += f"; in place of replay {replay} ({printable(', '.join(sources))})"
    if done["beside"]:
        said += f"; beside {done['beside']} sources judged by themselves"
    return said


def show_alerts(console: Terminal, alerts: Sequence[Alert], most: int = 6) -> None:
    """Alerts as a person wants to read them: most urgent first, each in whole sentences."""
    if not alerts:
        console.print("No alerts.")
        return
    over = sum(str(alert.event.state) == "closed" for alert in alerts)
    shown = f"the {most} most urgent" if len(alerts) > most else "most urgent first"
    heading = f"{len(alerts)} alerts stand, {over} of them over; {shown}:"
    console.print(Text(heading, style="bold"), end="\n\n")
    for alert in alerts[:most]:
        console.print(Text.assemble(_priority_text(alert), "  ", _when(alert), "  ", _what(alert)))
        console.print(Text(printable(alert.explanation)), end="\n\n")


def _priority_text(alert: Alert) -> Text:
    return Text(f"{alert.priority:3d} {alert.band}", style=_BAND_STYLE[str(alert.band)])


def _when(alert: Alert) -> str:
    """Begin and, once known, end of the event."""
    ends = [alert.event.start_us] if alert.event.end_us is None else [alert.event.start_us, alert.event.end_us]
    return " to ".join(iso_time(instant)[:16].replace("T", " ") for instant in ends)


def _what(alert: Alert) -> Text:
    """Kind, detail and craft."""
    event = alert.event
    detail = event.detail.replace("_", " ") if event.detail not in ("", "sea", "air") else ""
    parts = [part for part in (detail, event.craft, event.other_craft) if part]
    return Text.assemble(
        (str(event.kind).replace("_", " "), "bold"), ", ", ", ".join(printable(part) for part in parts)
    )


def show_simulation(console: Terminal, report: Any) -> None:
    """What the simulator wrote."""
    console.print(report.sentence())


def show_next_steps(console: Terminal, folder: Path) -> None:
    """Where to look after the demo."""
    db = folder / "demo.duckdb"
    lines = (
        f"All alerts, with evidence and documents:  {folder}/alerts.jsonl",
        f"Every event, alert or not:                {folder}/events.jsonl",
        f'Ask with SQL:    tidewaiter query --db {db} "SELECT kind, count(*) FROM events GROUP BY ALL"',
        f"See one:         tidewaiter draw --db {db} encounter --out encounter.svg",
        "How well it was found, by kind and story:",
        f"                 tidewaiter evaluate {folder}/labels.jsonl {folder}/events.jsonl --alerts {folder}/alerts.jsonl",
        "Your own feed:   docs/first-feed.md",
        "Everything here is synthetic; docs/simulator.md says how it was made.",
    )
    console.print(Panel(Group(*(Text(line) for line in lines)), box=box.ROUNDED, expand=False))


def show_settings(console: Terminal, settings: Settings) -> None:
    """Every setting with its value, meaning and origin."""
    console.print(f"profile {settings.profile}", style="bold")
    section = ""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("setting", "value", "meaning", "origin"):
        table.add_column(name, overflow="fold")
    configs = _configs(settings)
    for name, config, row in _valued(configs):
        if name != section:
            section = name
            table.add_row(Text(f"[{section}]", style="bold"))
        value = getattr(config, row.name)
        table.add_row(
            row.name,
            Text(str(value), style="yellow" if value != row.default else ""),
            row.sentence,
            Text(row.origin, style="dim"),
        )
    console.print(table)


def show_changed_settings(console: Terminal, settings: Settings) -> None:
    """Settings that differ from the defaults, one a line as in the file; ``check --settings`` lists all."""
    for name, config, row in _valued(_configs(settings)):
        if name == "sources.NAME":
            continue
        value = getattr(config, row.name)
        if value != row.default:
            console.say(f"set    [{name}] {row.name} = {value!r} (default {row.default!r})")


def _configs(settings: Settings) -> dict[str, Any]:
    return {
        **{section: settings[section] for section in SECTIONS},
        **{f"sources.{name}": config for name, config in settings.sources.items()},
    }


def _valued(configs: Mapping[str, Any]) -> Iterator[tuple[str, Any, SettingRow]]:
    """Every setting of every section there is; a source that is not configured is shown by its defaults."""
    rows = list(setting_rows())
    for section, config in configs.items():
        table = "sources.NAME" if section.startswith("sources.") else section
        yield from ((section, config, row) for row in rows if row.section == table)
    if not any(section.startswith("sources.") for section in configs):
        yield from (
            ("sources.NAME", SourceConfig(kind="file", path="..."), row)
            for row in rows
            if row.section == "sources.NAME"
        )


def show_cargo(console: Terminal, book: CargoBook) -> None:
    """Account of the cargo files, every refused row and every warning kept as a sample."""
    console.print(", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in cargo_counts(book).items()))
    for file in book.files:
        for word, tally in (("refused", file.rejects), ("warning", file.warnings)):
            for sample in tally.samples:
                console.say(f"{file.path}: row {sample.at}: {word}: {sample.note}")


def show_reference(console: Terminal, reports: Sequence[ImportReport]) -> None:
    """Imported reference data."""
    if not reports:
        console.print("Nothing imported: ports, airports and sea routes come with the program.")
        return
    table = Table("kind", "file", "rows", "refused", "imported", box=None)
    for report in reports:
        table.add_row(report.kind, report.file_name, f"{report.rows:,}", f"{report.bad_rows:,}", report.imported)
    console.print(table)


def show_bench(console: Terminal, rows: Sequence[BenchRow]) -> None:
    """Decoders side by side; ratios are of CPU time."""
    peers = [row.name for row in rows if row.peer]
    table = Table("decoder", "version", box=None, header_style="dim")
    for heading in ("units/s (wall)", "units/s (CPU)", *(f"x {name}" for name in peers)):
        table.add_column(heading, justify="right")
    for row in rows:
        rates = ("" if rate is None else f"{rate:,.0f}" for rate in (row.wall_rate, row.cpu_rate))
        table.add_row(
            row.name, row.version, *rates, *(f"{row.ratios[name]:.1f}" if name in row.ratios else "" for name in peers)
        )
    console.print(table)


def _counts(counter: Mapping[str, int]) -> str:
    """Counts, largest first."""
    ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ordered if count)
