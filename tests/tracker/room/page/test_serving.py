"""The page as files: what is served, under which rules, and what is said where it is not built."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tracker.room.desk.outcomes import OUTCOMES
from tracker.room.page import serving
from tracker.room.page.serving import add_page, read_page
from tracker.room.shell.app import make_app
from tracker.room.shell.guard import PAGE_POLICY, Guard, guarded
from tracker.room.shell.parts import RoomParts

PAGE = Path(serving.__file__).parent


def client_of(folder: Path, parts: RoomParts | None = None) -> TestClient:
    app: Starlette = make_app(parts)
    add_page(app, read_page(folder))
    guard = Guard(frozenset({"room.example"}), 1000.0, 1000, 5.0, lambda *_: None)
    return TestClient(guarded(app, guard, lambda: 0), base_url="https://room.example")


@pytest.fixture
def built(tmp_path: Path) -> TestClient:
    (tmp_path / "index.html").write_text("<!doctype html><title>t</title>")
    (tmp_path / "main-AB.js").write_text("let a = 1;")
    (tmp_path / "main-AB.js.gz").write_bytes(b"packed")
    (tmp_path / ".made-of").write_text("1 2")
    return client_of(tmp_path)


def test_the_page_and_its_files_are_served_with_their_rules(built: TestClient) -> None:
    page = built.get("/")
    assert (page.status_code, page.headers["content-security-policy"]) == (200, PAGE_POLICY)
    assert page.headers["cache-control"] == "no-cache"
    script = built.get("/assets/main-AB.js", headers={"Accept-Encoding": "identity"})
    assert (script.text, script.headers["content-type"]) == ("let a = 1;", "text/javascript; charset=utf-8")
    assert "immutable" in script.headers["cache-control"]
    again = built.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_in_the_page_may_run_but_its_own_files() -> None:
    for rule in (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "form-action 'none'",
        "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'",
    ):  # fmt: skip
        assert rule in PAGE_POLICY.split("; ")
    assert "unsafe" not in PAGE_POLICY


@pytest.mark.parametrize("name", ["index.html", ".made-of", "..%2Fserving.py", "main-AB.js.gz", "nothing.js"])
def test_only_named_files_are_served(built: TestClient, name: str) -> None:
    assert built.get(f"/assets/{name}").status_code == 404


def test_where_it_is_not_built_a_sentence_says_how_and_the_api_goes_on(tmp_path: Path) -> None:
    client = client_of(tmp_path)
    told = client.get("/")
    assert told.status_code == 503
    assert "prepare_page" in told.json()["detail"]
    assert client.get("/assets/main.js").status_code == 404


def test_every_language_has_every_text_with_the_same_values() -> None:
    texts = {path.stem: json.loads(path.read_text()) for path in (PAGE / "texts").glob("*.json")}
    assert len(texts) > 1
    for language, told in texts.items():
        assert list(told) == list(texts["en"]), language
        for name, text in told.items():
            assert text.strip(), f"{language} {name}"
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", texts["en"][name])), (
                f"{language} {name}"
            )


def test_the_outcomes_of_the_page_are_those_of_the_room() -> None:
    source = (PAGE / "src" / "forms.ts").read_text()
    table = source[source.index("OUTCOMES: Record") : source.index("};", source.index("OUTCOMES: Record"))]
    told = {}
    for line in table.splitlines()[1:]:
        name, _, fields = line.strip().partition(": [")
        if line.strip().startswith('"'):
            name, _, fields = line.strip()[1:].partition('": [')
        told[name] = re.findall(r'name: "(\w+)"(, isNeeded: true)?', fields)
    assert told == {
        str(outcome): [(field.name, ", isNeeded: true" if field.is_needed else "") for field in fields]
        for outcome, (_, fields) in OUTCOMES.items()
    }


def test_the_lock_names_no_host_and_the_sources_bring_no_markup() -> None:
    lock = json.loads((PAGE / "package-lock.json").read_text())
    assert not [name for name, told in lock["packages"].items() if "resolved" in told]
    assert all("integrity" in told for name, told in lock["packages"].items() if name)
    for path in (PAGE / "src").rglob("*.ts"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|https?://(?!www\.w3\.org)",
            path.read_text(),
        ), path
