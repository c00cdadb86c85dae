"""Pages of docs/ that are made from the tables the code uses. ``python -m tracker.documents`` writes them anew.

A test compares the files with what this module makes, so a column, setting, event kind or reject cause cannot be added without
its page.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tracker.decode.rejects import REJECT_SENTENCES
from tracker.documents import alerts, layouts, papers, room, settings, topics
from tracker.documents.text import MADE, cell
from tracker.documents.trouble import trouble_page
from tracker.operations.log_events import LOG_EVENTS
from tracker.store.append import QUALITIES
from tracker.store.tables import public_name, sql_type
from tracker.store.views import MACROS, VIEW_COLUMNS
from tracker.web.metrics import METRICS
from tracker.web.operations import PAGES as PAGES_OF_OPERATIONS

_UNIT: Final = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "tidewaiter.service"


def columns_page() -> str:
    """docs/columns.md."""
    parts = [
        "# Views and columns\n\n", MADE,
        "Times are `TIMESTAMPTZ` in UTC; units stand in the names; a missing value is `NULL`. `craft` is text: `mmsi:219001234`, "
        "`icao24:4b1812`. Ask with `tidewaiter query --db FILE \"SELECT ...\"`, or open the file with DuckDB 2.0 while nothing else has it open. These sentences are in the file too, as comments on views and columns (`SELECT column_name, comment FROM duckdb_columns()`). Examples: [recipes.md](recipes.md).\n\n",
    ]  # fmt: skip
    for view, (sentence, columns) in VIEW_COLUMNS.items():
        parts.append(f"## {view}\n\n{sentence}\n\n| column | type | unit | meaning |\n|---|---|---|---|\n")
        parts.extend(f"| `{public_name(c)}` | {sql_type(c)} | {c.unit} | {c.sentence} |\n" for c in columns)
        parts.append("\n")
    parts.append(
        "## Table macros\n\nAsked like a table: `SELECT * FROM track('mmsi:219001234', TIMESTAMPTZ '2026-03-01', TIMESTAMPTZ '2026-03-02')`.\n\n"
        "| macro | gives |\n|---|---|\n"
    )
    parts.extend(f"| `{macro.name}({macro.parameters})` | {macro.sentence} |\n" for macro in MACROS)
    parts.append("\n## Qualities of a position\n\n" + ", ".join(f"`{quality}`" for quality in QUALITIES) + "\n\n")
    parts.append("## Causes of rejects\n\n| cause | meaning |\n|---|---|\n")
    parts.extend(f"| `{cause}` | {sentence} |\n" for cause, sentence in REJECT_SENTENCES.items())
    return "".join(parts)


def operations_page() -> str:
    """docs/operations.md."""
    parts = [
        "# Operations\n\n", MADE,
        "`tidewaiter watch` serves read-only pages on `[watch] http_address`, by default 127.0.0.1:8077; empty turns them off. "
        "Requests whose `Host` is neither loopback nor that address are refused; where it is `0.0.0.0`, as in a container, name this machine to Prometheus by its number (`10.0.0.7:8077`), not by a name.\n\n"
        "| page | 200 | 503, with reasons |\n|---|---|---|\n",
        *(f"| `{path}` | {page.fine} | {page.ill} |\n".replace('  |', ' |') for path, page in PAGES_OF_OPERATIONS.items()),
        "\n"
        "`tidewaiter room` serves the same pages on `[room] http_address`, empty by default: `/metrics` has its own (`tidewaiter_room_*`, counts of all alerts whatever compartment, and no name or id), `/readyz` answers 503 while its "
        "store cannot be read. They ask for no token, so keep the address on loopback or within reach of Prometheus alone.\n\n"
        "`deploy/alerts.yaml` has rules for Prometheus, `deploy/dashboards` a board for Grafana.\n\n"
        "## Backups\n\nThe engine: `tidewaiter backup --db live.duckdb --to FOLDER` ([watch.md](watch.md)). The room: `tidewaiter room backup --data room/ --to FILE`, beside the running room, and "
        "`tidewaiter room restore FILE --data PLACE` ([room.md](room.md#backup-and-restore)). They need not be of one instant: the room goes on in the engine's stream from the number in its own store, and whatever one of "
        "them has lost the other tells again, by numbers and ids, once. Take the room's more often: what it holds nobody else has. A line of cron, and a copy to another machine:\n\n"
        "```bash\n15 * * * *  tidewaiter room backup --data /var/lib/tidewaiter/room --to /var/backups/room-$(date +\\%Y\\%m\\%dT\\%H\\%M).backup\n```\n\n"
        "## Logs\n\nJSON lines on stderr: `time`, `level`, `event` and fields. A warning that repeats is said once a minute with how often it was "
        "held back. Changes are said once.\n\n| event | level | meaning |\n|---|---|---|\n",
        *(f"| `{name}` | {level} | {cell(meaning)} |\n" for name, (level, meaning) in LOG_EVENTS.items()),
        f"\n## systemd\n\n`deploy/systemd/tidewaiter.service`:\n\n```ini\n{_UNIT.read_text(encoding='utf-8')}```\n\n"
        "Kernels are kept in `NUMBA_CACHE_DIR`. A program that may write neither there nor beside its own code nor in its user's home keeps them for itself in a temporary folder, and compiles for "
        "minutes at every start.\n\n"
        "Containers: `deploy/compose.yaml`.\n\n"
        "## Metrics\n\n| metric | kind | labels | meaning |\n|---|---|---|---|\n",
    ]  # fmt: skip
    parts.extend(f"| `{m.name}` | {m.kind} | {', '.join(m.labels)} | {cell(m.sentence)} |\n" for m in METRICS)
    return "".join(parts)


PAGES: Final = {
    "columns.md": columns_page,
    "operations.md": operations_page,
    "trouble.md": lambda: trouble_page(MADE),
    **settings.PAGES,
    **alerts.PAGES,
    **topics.PAGES,
    **papers.PAGES,
}


def write_pages(folder: Path) -> Iterable[Path]:
    """Write every page that is made from tables."""
    for name, make in PAGES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(make(), encoding="utf-8")
        yield path
    yield layouts.write(folder)
    yield room.write(folder)


def main() -> None:
    """Write them into the docs/ of this checkout."""
    list(write_pages(Path(__file__).resolve().parents[2] / "docs"))
