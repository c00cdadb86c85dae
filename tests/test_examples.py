"""Examples in docstrings of the two libraries below the tracker are run: what they show is what comes out."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import models
import streams

MODULES = [
    f"{package.__name__}.{module.name}"
    for package in (models, streams)
    for module in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_to_run() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert {test.name.split(".")[0] for test in examples} == {"models", "streams"}
