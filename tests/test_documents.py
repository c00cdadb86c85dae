"""The documents are true: pages made from tables are current, links lead somewhere, every event kind and command is told."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

import pytest

from tests.contracts.fleet import context
from tracker.cli import app
from tracker.detectors import DETECTORS
from tracker.documents.layouts import with_layouts
from tracker.documents.pages import PAGES
from tracker.documents.room import with_tables
from tracker.events import EventKind
from tracker.operations.log_events import LOG_EVENTS
from tracker.settings import load_settings, setting_rows
from tracker.store.tables import VIEWS
from tracker.store.views import VIEW_COLUMNS

ROOT = Path(__file__).resolve().parents[1]
PAGES_OF_PEOPLE = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", sorted(PAGES))
def test_pages_made_from_tables_are_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name](), "run python -m tracker.documents"


def test_no_page_of_a_section_that_is_gone_is_left() -> None:
    assert {f"settings/{path.name}" for path in (ROOT / "docs" / "settings").iterdir()} <= set(PAGES)


def test_every_schema_is_made_from_tables() -> None:
    assert {f"schemas/{path.name}" for path in (ROOT / "docs" / "schemas").iterdir()} <= set(PAGES)


def test_trials_of_reliability_are_there_with_their_runs() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    table = page.partition("## ")[0]
    tried = set(re.findall(r"R/(\w+\.py)", table))
    assert [name for name in tried if not (ROOT / "deploy" / "reliability" / name).is_file()] == []
    with (ROOT / "docs" / "reliability-runs.csv").open(encoding="utf-8", newline="") as file:
        runs = {row["trial"].split()[0] for row in csv.DictReader(file) if row["result"]}
    assert tried == runs


def says_nothing(origin: str) -> bool:
    """Whether it is "ours" alone, and no paper, standard, measurement or what our number was set on."""
    said = re.sub(r"^(ours|own|choice|measured)\b[:,]? *", "", origin)
    return len(said) < 6 or re.match(r"(ours|own|choice)\b(?! *:)", origin) is not None


def test_the_origin_of_every_setting_says_something() -> None:
    assert all(says_nothing(origin) for origin in ("ours", "own choice", "own; GFW uses 20 nm", "choice", "own: ?"))
    assert [(row.section, row.name, row.origin) for row in setting_rows() if says_nothing(row.origin)] == []


def test_the_table_of_layouts_is_current() -> None:
    page = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")
    assert page == with_layouts(page), "run python -m tracker.documents"


def test_the_tables_of_the_room_are_current() -> None:
    page = (ROOT / "docs" / "room.md").read_text(encoding="utf-8")
    assert page == with_tables(page), "run python -m tracker.documents"
    assert "`act_on_alerts`" in page and "`session.begun`" in page


def test_tests_named_for_the_security_of_the_room_are_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    files = set(re.findall(r"`(tests/[\w/]+\.py)`", page))
    assert len(files) > 4
    texts = "".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    named = re.findall(r"`(test_\w+)`", page)
    assert len(named) > 4
    assert [name for name in named if f"def {name}(" not in texts] == []


def test_the_example_of_the_settings_page_is_accepted(tmp_path: Path) -> None:
    example = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example
    for number, text in enumerate(example):
        path = tmp_path / f"{number}.toml"
        path.write_text(text)
        assert load_settings(path, profile="strait")["encounter"].near_km == 0.3


def test_everything_the_program_says_in_its_log_is_told() -> None:
    """Names in calls of ``info`` and ``warning`` on whatever is called log, and in none that is not told."""
    said = set()
    for path in (ROOT / "tracker").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if node.func.attr in ("info", "warning") and ast.unparse(node.func.value).endswith("log"):
                assert isinstance(node.args[0], ast.Constant), (
                    f"{path}:{node.lineno} says a name that cannot be looked up"
                )
                said.add((node.args[0].value, node.func.attr))
    told = {(name, level) for name, (level, _) in LOG_EVENTS.items()}
    assert said == told - {("library", "warning"), ("log_lost", "warning")}  # these the handler of the log says


def test_every_public_view_is_described() -> None:
    assert set(VIEWS) <= set(VIEW_COLUMNS)


@pytest.mark.parametrize(
    "kind", sorted({str(kind) for e in DETECTORS for kind in e.build(e.config(), context()).kinds})
)
def test_every_kind_of_event_has_its_page(kind: str) -> None:
    page = (ROOT / "docs" / "events" / f"{kind}.md").read_text(encoding="utf-8")
    assert len(page) > 1000
    assert f"events/{kind}.md" in (ROOT / "README.md").read_text(encoding="utf-8")


KINDS = sorted(str(kind) for kind in EventKind)
SECTIONS_OF = {"off_aerodrome_landing": "landing"} | dict.fromkeys(("gap", "dark_period", "feed_outage"), "silence")
"""Section of the settings a page tells of, where it has another name."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_is_told_in_five_parts(kind: str) -> None:
    page = (ROOT / "docs" / "events" / f"{kind}.md").read_text(encoding="utf-8")
    for part in ("Meaning", "Rule", "Told apart from", "Limits"):
        assert re.search(rf"^(## |\*\*){part}", page, re.MULTILINE), part
    assert re.search(r"[Oo]rigin|Where the numbers come from", page)
    shown = re.findall(rf"^!\[([^\]]+)\]\(pictures/{kind}\.svg\)\n\n(\w.+)$", page, re.MULTILINE)
    assert len(shown) == 1, "one picture, its alternative text, and a sentence below it"
    picture = (ROOT / "docs" / "events" / "pictures" / f"{kind}.svg").read_text(encoding="utf-8")
    assert len(picture.encode()) < 60_000
    assert "Simulated." in picture
    for instant in re.findall(r"\d\d:\d\d", "".join(shown[0])):
        assert instant in picture, f"{instant} is told of the picture but not in it"


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_beside_a_setting_are_its_default(kind: str) -> None:
    page = (ROOT / "docs" / "events" / f"{kind}.md").read_text(encoding="utf-8")
    defaults = {row.name: row.default for row in setting_rows() if row.section == SECTIONS_OF.get(kind, kind)}
    assert defaults
    for name, number in re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", page, re.MULTILINE):
        assert float(number) == defaults[name], name


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [command.name for command in app.registered_commands] + [group.name for group in app.registered_groups]
    for name in names:
        assert re.search(rf"\b{name}\b", readme), name


@pytest.mark.parametrize("page", PAGES_OF_PEOPLE, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_nothing_names_a_machine() -> None:
    """Paths of somebody's machine do not belong into the project."""
    suspect = re.compile(r"(?<![\w.])/(work|root|home)/")
    for folder in ("tracker", "streams", "models", "tests", "docs", "deploy"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".md", ".sh", ".toml", ".txt", ".json"} and path.name != "test_documents.py":
                assert not suspect.search(path.read_text(encoding="utf-8")), path


def test_recipes_name_files_that_are_there() -> None:
    """Names in capitals stand for what is added."""
    page = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tracker|tests|deploy)/[\w./]+)", page))
    assert len(named) > 30
    assert [name for name in named if not re.search(r"NAME|KIND", name) and not (ROOT / name).exists()] == []
