"""``tidewaiter status``: how the program that has a store does, once or every second.

Exit code 0: ready. 1: running and not ready. 3: not running. ``--watch`` ends with the code of what it showed last.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tracker.errors import InputError
from tracker.terminal import out

if TYPE_CHECKING:
    from rich.console import RenderableType

_READY, _NOT_READY, _NOT_RUNNING = 0, 1, 3
_EVERY_S: Final = 1.0
_GIB: Final = 1 << 30
_OF_PAPERS: Final = ("waiting", "taken", "repeated", "refused")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("status")(status_command)


def status_command(
    db: Annotated[Path, typer.Option("--db", help="Store of the live program.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="The document of docs/door.md; one a line with --watch.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Again every second until Ctrl-C, through restarts too.")
    ] = False,
) -> None:
    """How the running watch does: phase, sources, broker, alerts, delays. Exit code 0 ready, 1 not ready, 3 not running."""
    if not watch:
        told = _told(db)
        _show(told, as_json=as_json)
        raise typer.Exit(_code(told))
    raise typer.Exit(_follow(db, as_json=as_json))


def _follow(db: Path, *, as_json: bool) -> int:
    from rich.live import Live

    told: dict[str, Any] = {"phase": "not running"}
    never = threading.Event()
    try:
        if as_json or not out.is_terminal:
            while True:
                told = _told(db)
                _show(told, as_json=as_json)
                sys.stdout.flush()
                never.wait(_EVERY_S)
        with Live(console=out, auto_refresh=False, screen=False) as live:
            while True:
                told = _told(db)
                live.update(_picture(told), refresh=True)
                never.wait(_EVERY_S)
    except KeyboardInterrupt:
        return _code(told)


def _told(db: Path) -> dict[str, Any]:
    """What the program says, or that there is none, and since when."""
    from tracker.door.client import Door
    from tracker.door.place import place_of

    try:
        door = Door.of_store(db)
        if door is not None:
            return {"running": True, **door.status()}
        why = ""
    except InputError as exc:
        why = str(exc)
    marks = [path for path in (place_of(db).folder / "door.lock", db) if path.exists()]
    if not marks and not why:
        raise InputError("there is no such store", str(db), "give the file that 'tidewaiter watch --db' writes")
    since = max((path.stat().st_mtime for path in marks), default=None)
    ended = None if since is None else datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "running": False,
        "phase": "not running",
        "since": ended,
        "is_ready": False,
        "not_ready": [why or "no program has the store"],
    }


def _code(told: dict[str, Any]) -> int:
    return _NOT_RUNNING if not told.get("running") else _READY if told.get("is_ready") else _NOT_READY


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        out.print(_picture(told))


def _picture(told: dict[str, Any]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if not told.get("running"):
        since = f" since {told['since']} or a little later" if told.get("since") else ""
        return Group(Text(f"not running{since}", style="bold red"), *(Text(f"  {why}") for why in told["not_ready"]))
    state = Text("ready", style="bold green") if told["is_ready"] else Text("not ready", style="bold yellow")
    if told["started"]:
        since = f" since {told['phase_since']}, process {told['process']} started {told['started']}"
    else:  # asked before the first turn
        since = ""
    head = Text.assemble(state, f"  {told['phase']}{since}")
    parts: list[RenderableType] = [head, *(Text(f"  {reason}", style="yellow") for reason in told["not_ready"])]
    sources = Table(box=None, pad_edge=False, header_style="dim")
    for name, justify in (
        ("source", "left"), ("state", "left"), ("reports/s", "right"), ("bytes/s", "right"), ("last heard", "right"), ("lag", "right"),
        ("clock", "right"), ("rejects", "left"), ("why", "left"),
    ):  # fmt: skip
        sources.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for one in told["sources"]:
        rejects = sorted(one["rejects"].items(), key=lambda item: -item[1])
        sources.add_row(
            one["name"], one["state"], f"{one['rows_per_s']:,.1f}", f"{one['rate_bytes_per_s']:,.0f}", _ago(one["last_heard_s"]),
            "" if one["lag"] is None else f"{one['lag']:,}",
            "" if one["clock_offset_s"] is None else f"{one['clock_offset_s']:+.1f} s",
            ", ".join(f"{cause} {count:,}" for cause, count in rejects[:3]), one["why"],
        )  # fmt: skip
    parts += [Text(""), sources, Text("")]
    rest = Table(box=None, show_header=False, pad_edge=False)
    rest.add_column(style="dim", no_wrap=True)
    rest.add_column(overflow="fold")
    for name, line in _lines(told):
        rest.add_row(name, line)
    parts.append(rest)
    return Group(*parts)


def _lines(told: dict[str, Any]) -> list[tuple[str, str]]:
    lines = []
    standing = ", ".join(f"{count:,} {band}" for band, count in told["alerts_open"].items() if count)
    lines.append(("open alerts", standing or ("none" if told["alerts_open"] else "not counted yet")))
    delay = told["delay"]
    if delay and delay["turns"]:
        lines.append(
            (
                "delay",
                f"p50 {_s(delay['p50_s'])}, p99 {_s(delay['p99_s'])}, longest {_s(delay['longest_s'])} (last {delay['turns']} that told something)",
            )
        )
    slow = ", ".join(f"{part} {count:,} times" for part, count in told["slow"].items())
    if slow:
        lines.append(("slow", f"{slow} over a second since the start"))
    if told["watermark"]:
        lines.append(("watermark", f"{told['watermark']}, {_s(told['watermark_delay_s'])} behind"))
    if (sending := told["sending"]) is not None:
        away = f"AWAY: {sending['why']}; " if sending["is_away"] else ""
        topics = f" to {', '.join(sending['topics'])}" if sending["topics"] else ""
        lines.append(("sending", f"{away}{sending['backlog']:,} wait, {sending['sent']:,} sent{topics}"))
    if (store := told["store"]) is not None:
        free = "" if store["disk_free_bytes"] is None else f", {store['disk_free_bytes'] / _GIB:,.1f} GiB free"
        lines.append(("store", f"{store['path']}, {store['bytes'] / _GIB:,.2f} GiB{free}"))
        age = _ago(store["snapshot_age_s"])
        lines.append(
            (
                "snapshots",
                f"{store['snapshots']:,} since the start{', the last ' + age + ' ago' if age else ''}{' FAILED: ' + store['snapshot_error'] if store['snapshot_error'] else ''}",
            )
        )
    if (papers := told.get("papers")) is not None and (papers["inbox"] or sum(papers[name] for name in _OF_PAPERS)):
        counts = ", ".join(f"{papers[name]:,} {name}" for name in _OF_PAPERS)
        stuck = "".join(f"; {name} {why}" for name, why in papers["stuck"].items())
        lines.append(("papers", f"{counts}{'; ' + papers['why'] if papers['why'] else ''}{stuck}"))
    if (reload := told.get("reload")) is not None:
        lines.append(("reload", f"{reload['at']}{' REFUSED' if reload['is_refused'] else ''}: {reload['sentence']}"))
    if told["memory_bytes"]:
        lines.append(("memory", f"{told['memory_bytes'] / _GIB:,.2f} GiB"))
    return lines


def _ago(seconds: float | None) -> str:
    if seconds is None:
        return ""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.1f} s"


def _s(seconds: float | None) -> str:
    return "?" if seconds is None else f"{seconds:,.2f} s" if abs(seconds) < 120 else _ago(seconds)
