"""Every recipe of docs/recipes.md is run on the store it speaks of, and gives rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.cargo.read import read_cargo
from tracker.door.opening import open_to_read
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.inputs.sidecar import NOTHING_WRITTEN
from tracker.replay import replay
from tracker.settings import load_settings
from tracker.simulate.scenario import AIR_FILE, AIS_FILE, CARGO_FILE, simulate
from tracker.store.database import Database

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "recipes.md").read_text(encoding="utf-8")
RECIPES = re.findall(
    r"^## (\d+)\. ([^\n]+)\n\n```sql\n(.*?)```\n\n(\S.*?)\n\n", PAGE + "\n\n", re.DOTALL | re.MULTILINE
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("demo")
    places = WorldPlaces.load(folder, tmp_path_factory.mktemp("cache"))
    simulate(folder, seed=1, vessels=60, flights=12, hours=24)
    aerodromes_deg = places.airports.positions_deg
    inputs = [
        open_input(folder / name, number, NOTHING_WRITTEN, aerodromes_deg)
        for number, name in enumerate(sorted([AIR_FILE, AIS_FILE]))
    ]
    store = Database(folder / "demo.duckdb")
    book = read_cargo([folder / CARGO_FILE], places.resolve_location)
    replay(inputs, load_settings(), book=book, places=places, store=store)
    store.close()
    reader = Database(folder / "demo.duckdb", read_only=True)
    yield reader
    reader.close()


def test_there_are_twenty() -> None:
    assert [int(number) for number, *_ in RECIPES] == list(range(1, 21))


def test_every_recipe_gives_rows(demo: Database) -> None:
    assert demo.path is not None
    with open_to_read(demo.path) as reader:
        counts = {
            f"{number}. {title}": reader.execute(sql).to_arrow_table().num_rows for number, title, sql, _ in RECIPES
        }
    assert [title for title, count in counts.items() if not count] == []


def test_all_links_are_told_not_only_those_of_alerts(demo: Database) -> None:
    cursor = demo.cursor()
    (beyond,) = cursor.execute(
        "SELECT count(*) FROM cargo_aboard WHERE (manifest_id, consignment_id) NOT IN (SELECT (manifest_id, consignment_id) FROM alert_consignments)"
    ).fetchall()
    assert beyond[0] > 10
    statuses = {row[0] for row in cursor.execute("SELECT DISTINCT status FROM cargo_aboard").fetchall()}
    assert {"loaded", "discharged"} <= statuses <= {"loaded", "expected", "possible", "discharged"}
