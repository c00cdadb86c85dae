"""Slow, obvious twins of the silence kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from models.reception import GOOD, POOR


def cell(lat_deg: float, lon_deg: float, size_deg: float) -> int:
    """``models.cells.cell_of`` for one point, written down as its docstring says it."""
    rows = math.ceil(180.0 / size_deg)
    row = min(max(math.floor((lat_deg + 90.0) / size_deg), 0), rows - 1)
    columns = max(1, round(360.0 / size_deg * math.cos(math.radians((row + 0.5) * size_deg - 90.0))))
    turned = (lon_deg + 180.0) % 360.0
    return row * 2**24 + min(math.floor(turned / 360.0 * columns), columns - 1)


def way_silence(ways: Sequence[Sequence[dict[str, Any]]]) -> list[float]:
    """``models.reception.way_silence`` on lists of steps (cell, beats, covered, loss, reception)."""
    answers: list[float] = []
    straight_on_counts = False
    for number, way in enumerate(ways):
        stays: list[list[dict[str, Any]]] = []
        for step in way:
            if stays and stays[-1][0]["cell"] == step["cell"]:
                stays[-1].append(step)
            else:
                stays.append([step])
        silent = 1.0
        for place, stay in enumerate(stays):
            here = stay[0]
            follows = place + 1 == len(stays) or stays[place + 1][0]["covered"]
            counts = here["covered"] and follows
            if place == 0 and number == 0:
                straight_on_counts = counts
            elif place == 0:
                counts = here["covered"] and (follows or straight_on_counts)
            beats = sum(step["beats"] for step in stay)
            if counts and beats > 0:
                trust = min(max((here["reception"] - POOR) / (GOOD - POOR), 0.0), 1.0)
                heard = trust * (1.0 - (1.0 - here["reception"]) ** beats)
                silent *= 1.0 - (1.0 - here["loss"]) * heard
        answers.append(silent)
    return answers
