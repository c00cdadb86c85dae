"""``--help`` of every command, as far as one can judge it without reading it."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
import typer
from rich.text import Text

from tracker.cli import app
from tracker.simulate.scenario import MAX_HOURS, MIN_HOURS


def _commands(command: click.Command, name: str = "tidewaiter") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    for sub, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, f"{name} {sub}")


def _said() -> Iterator[tuple[str, str]]:
    for name, command in _commands(typer.main.get_command(app)):
        yield name, command.help or ""
        for param in command.params:
            yield f"{name} {param.opts[0]}", getattr(param, "help", None) or ""


def test_everything_that_can_be_given_has_a_word_about_it() -> None:
    assert [what for what, text in _said() if not text] == []


def test_names_of_sections_are_not_taken_for_markup() -> None:
    for what, text in _said():
        assert Text.from_markup(text).plain == text.replace("\\[", "["), what


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_the_hours_that_help_offers_are_those_that_are_taken(command: str) -> None:
    found = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    (hours,) = (one.type for one in found.params if one.name == "hours")
    assert MIN_HOURS <= hours.min < hours.max == MAX_HOURS
