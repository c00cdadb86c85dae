"""``tidewaiter papers`` as a person meets it, on a store at rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.tracker.alerts.story import SHIP_A
from tests.tracker.cargo import papers as p
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.cargo.links import link_table
from tracker.cargo.suggestions import Suggestion, suggestion_table
from tracker.cargo.write import write_cargo_csv, write_cargo_json
from tracker.cli import app
from tracker.errors import InputError
from tracker.store import append
from tracker.store.database import Database
from tracker.voyages.itinerary import Conveyance, Mode

RUNNER = CliRunner()


def run(*arguments: object) -> Any:
    return RUNNER.invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)


def shown(*arguments: object) -> Any:
    done = run("papers", "show", *arguments)
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_documents_are_added_listed_and_shown_as_known_at_any_time(tmp_path: Path) -> None:
    db, first, second, scan = (tmp_path / name for name in ("a.duckdb", "one.json", "two.csv", "scan.pdf"))
    first.write_text(write_cargo_json([p.manifest(p.FULL, p.consignment("C2"))]))
    second.write_text(write_cargo_csv([p.manifest(p.consignment("C2", carrier="Maersk"))])["consignments.csv"])
    scan.write_bytes(b"%PDF-1.7 \x00\x00")
    done = run("papers", "add", first, "--db", db, "--json")
    assert done.exit_code == 0, done.exception
    told = json.loads(done.stdout)
    assert (told["state"], told["manifests"]) == ("taken", [{"manifest_id": "M1", "version": 1, "consignments": 2}])
    (document,) = [
        json.loads(line) for line in run("papers", "list", "--db", db, "--format", "json").stdout.splitlines()
    ]
    assert (document["name"], document["sha256"], document["rows_refused"]) == ("one.json", told["sha256"], 0)
    done = run("papers", "add", first, second, scan, "--db", db, "--json")
    assert done.exit_code == 3, "one of them gave nothing"
    assert [json.loads(line)["state"] for line in done.stdout.splitlines()] == ["repeated", "taken", "refused"]
    now, then = shown("M1", "--db", db), shown("M1", "--db", db, "--as-of", document["received_time"])
    assert [(one["consignment_id"], one.get("carrier")) for one in now["consignments"]] == [
        ("C1", "MSC"),
        ("C2", "Maersk"),
    ]
    assert [(one["consignment_id"], one.get("carrier")) for one in then["consignments"]] == [
        ("C1", "MSC"),
        ("C2", None),
    ]
    assert [one["version"] for one in now["versions"]] == [1, 2]
    assert [one["consignment_id"] for one in shown("msku 123456-5", "--db", db)["consignments"]] == ["C1"]
    assert shown(told["sha256"][:12], "--db", db)["versions"] == [{"manifest_id": "M1", "version": 1}]
    (refused,) = [
        json.loads(line) for line in run("papers", "refused", "--db", db, "--format", "json").stdout.splitlines()
    ]
    assert refused["name"] == "scan.pdf"
    assert refused["refusal"]


def test_a_ship_whose_name_resembles_the_papers_is_shown_beside_them_until_a_later_judgement_links_them(
    tmp_path: Path,
) -> None:
    db, papers = tmp_path / "a.duckdb", tmp_path / "one.json"
    papers.write_text(write_cargo_json([p.manifest(p.FULL)]))
    assert run("papers", "add", papers, "--db", db).exit_code == 0
    assert "suggestions" not in shown("M1", "--db", db)
    found = Suggestion(p.us("2026-04-08"), SHIP_A, "M1", "GREY HERON", "GREY HERRON", "GREY HERON resembles GREY HERRON", "a call at BRSSZ")  # fmt: skip
    store = Database(db)
    store.write(append.cargo_suggestions(suggestion_table([found], p.us("2026-04-15")), 1))
    store.close()
    (told,) = shown("M1", "--db", db)["suggestions"]
    assert (told["name"], told["reason"], told["would_decide"]) == ("GREY HERON", found.reason, "a call at BRSSZ")
    assert told["since_time"].startswith("2026-04-08")
    assert "suggestions" not in shown("M1", "--db", db, "--as-of", "2100-01-01T00:00:00Z"), "judged now, not then"
    linked = CargoLinker(CargoBook((p.manifest(p.FULL, conveyance=Conveyance(Mode.SEA, mmsi=219001234)),)))
    store = Database(db)
    store.write(append.cargo_links(link_table(linked.all_links(p.us("2026-04-16")), p.us("2026-04-16")), 2))
    store.close()
    assert "suggestions" not in shown("M1", "--db", db)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "none.csv", "--db", "a.duckdb"), ("none.csv", "no such file")),
        (("show", "M1", "--db", "none.duckdb"), ("none.duckdb", "no such file")),
        (("show", "M1", "--db", "none.duckdb", "--as-of", "yesterday"), ("yesterday", "is no time")),
    ],
)
def test_a_mistake_is_told_in_one_sentence(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    done = run("papers", *arguments)
    assert isinstance(done.exception, InputError)
    assert all(word in str(done.exception) for word in words)
    assert "\n" not in str(done.exception)
