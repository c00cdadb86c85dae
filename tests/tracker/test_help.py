"""``--help`` of every command, as far as one can judge it without reading it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from rich.text import Text
from typer.testing import CliRunner

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


@pytest.mark.parametrize("hours", [MIN_HOURS - 1, MAX_HOURS + 1])
def test_hours_that_are_not_simulated_are_refused_before_anything_is_written(hours: float, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["simulate", str(tmp_path / "sea"), "--hours", str(hours)])
    assert (done.exit_code, (tmp_path / "sea").exists()) == (2, False)
    assert f"than or equal to {min(max(hours, MIN_HOURS), MAX_HOURS):.0f}" in done.output
