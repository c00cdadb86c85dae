"""A column in the wrong unit is told as what it is, and one in the right unit is left alone."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tracker.decode.layouts.plausible import ENOUGH_STEPS, UnitEvidence
from tracker.inputs import open_input

START_S = 1_772_366_400


def ships(factor: float, *, craft: int = 5, rows: int = 40, noise: float = 0.03, unit_column: str = "speed") -> str:
    rng = np.random.default_rng(7)
    lines = [f"mmsi,time,lat,lon,{unit_column}"]
    for row in range(rows):
        for one in range(craft):
            knots = 6.0 + 3 * one
            said = knots * factor * (1 + noise * rng.standard_normal())
            lines.append(f"{219000001 + one},{START_S + row * 60},{50 + knots * row / 3600:.5f},{one - 4.0},{said:.2f}")
    return "\n".join(lines) + "\n"


def columns(factor: float, climb_factor: float = 1.0, altitude_factor: float = 1.0) -> dict[str, np.ndarray[Any, Any]]:
    """Twenty aircraft that climb 1,500 ft/min at 240 kn, a row every ten seconds."""
    row, one = (values.ravel() for values in np.meshgrid(np.arange(30), np.arange(20)))
    return {
        "time_us": START_S * 1_000_000 + row * 10_000_000,
        "craft": 1 + one,
        "lat_deg": 50 + 240 * row * 10 / 3600 / 60,
        "lon_deg": one.astype(float),
        "speed_kn": np.full(len(row), 240.0 * factor),
        "altitude_ft": (5_000 + 1_500 * row / 6) * altitude_factor,
        "vertical_rate_ftmin": np.full(len(row), 1_500.0 * climb_factor),
    }


@pytest.mark.parametrize(("factor", "unit"), [(10.0, "kn x 10"), (1.852, "km/h"), (0.5144, "m/s")])
def test_a_speed_in_another_unit_is_told_with_its_factor_and_how_to_mend_it(
    tmp_path: Path, factor: float, unit: str
) -> None:
    path = tmp_path / "ships.csv"
    path.write_text(ships(factor, craft=2, unit_column="SOG_knots"))
    one = open_input(path, 0)
    assert sum(len(part.positions) for part in one.decoded(1 << 20)) == 80
    (told,) = one.unit_doubts()
    assert f"looks like {unit}" in told and "SOG_knots (speed_kn) is" in told and f'unit = "{unit}"' in told


@pytest.mark.parametrize(("factor", "unit"), [(10.0, "kn x 10"), (1.852, "km/h"), (0.5144, "m/s")])
def test_where_nothing_says_the_unit_the_positions_decide(tmp_path: Path, factor: float, unit: str) -> None:
    path = tmp_path / "ships.csv"
    path.write_text(ships(factor))
    one = open_input(path, 0)
    assert one.reading.units == (("speed_kn", unit),)
    (part, _) = one.decoded(1 << 20)
    assert one.counts.rejects.total == 0
    assert part.positions.speed_kn.max() < 21
    (told,) = one.unit_doubts()
    assert f"rows show {unit}" in told


def test_a_right_speed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ships.csv"
    path.write_text(ships(1.0, noise=0.1))
    one = open_input(path, 0)
    list(one.decoded(1 << 20))
    assert (one.reading.units, one.unit_doubts()) == ((), [])


def test_craft_that_lie_still_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ships.csv"
    path.write_text(
        "mmsi,time,lat,lon,speed\n" + "".join(f"219000001,{START_S + n * 60},55.0,12.0,3.0\n" for n in range(50))
    )
    one = open_input(path, 0)
    list(one.decoded(1 << 20))
    assert (one.units.steps, one.unit_doubts()) == (0, [])


@pytest.mark.parametrize(
    ("climb", "altitude", "told"),
    [
        (1.0, 1.0, []),
        (1 / 196.85, 1.0, [("vertical_rate_ftmin", "m/s")]),
        (1.0, 0.3048, [("altitude_ft", "m")]),
        (1 / 196.85, 0.3048, [("vertical_rate_ftmin", "m/s"), ("altitude_ft", "m")]),
    ],
)
def test_climb_is_held_against_altitude(climb: float, altitude: float, told: list[tuple[str, str]]) -> None:
    evidence = UnitEvidence()
    evidence.add(columns(1.0, climb, altitude).get)
    assert [(doubt.field, doubt.likely_unit) for doubt in evidence.doubts()] == told


def test_cutting_the_rows_elsewhere_changes_nothing() -> None:
    whole, parts = UnitEvidence(), UnitEvidence()
    rows = columns(10.0)
    order = np.argsort(rows["time_us"], kind="stable")
    rows = {name: values[order] for name, values in rows.items()}
    whole.add(rows.get)
    for cut in np.array_split(np.arange(len(order)), 7):
        parts.add({name: values[cut] for name, values in rows.items()}.get)
    assert (
        [doubt.likely_unit for doubt in parts.doubts()]
        == [doubt.likely_unit for doubt in whole.doubts()]
        == ["kn x 10"]
    )
    assert abs(parts.steps - whole.steps) <= 20 * 7


def test_what_is_kept_is_bounded() -> None:
    evidence = UnitEvidence()
    for _ in range(200):
        evidence.add(columns(1.0).get)
    assert evidence.steps <= ENOUGH_STEPS + 600


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("order", ["by time", "by craft", "shuffled"])
def test_the_order_of_the_rows_changes_nothing_of_what_is_decided(tmp_path: Path, form: str, order: str) -> None:
    head, *rows = ships(10.0, craft=900, rows=12, noise=0.0).splitlines()
    if order == "by craft":
        rows.sort()
    if order == "shuffled":
        np.random.default_rng(3).shuffle(rows)
    path = tmp_path / f"ships.{form}"
    text = "\n".join([head, *rows]) + "\n"
    if form == "csv":
        path.write_text(text)
    else:
        pl.read_csv(io.StringIO(text)).write_parquet(path)
    one = open_input(path, 0)
    (speeds,) = {tuple(sorted(set(np.concatenate([p.positions.speed_kn for p in one.decoded(1 << 20)]).tolist())))[:2]}
    read = one.read_layout()
    assert read is not None
    assert (read.decided, speeds[0]) == ((("speed_kn", "kn x 10"),), pytest.approx(6.0))


def test_whole_numbers_that_no_ship_goes_are_tenths_of_a_knot(tmp_path: Path) -> None:
    path = tmp_path / "ships.csv"
    said = [0, 4, 29, 157, 132, 7, 104, 50]
    rows = [f"{219000001 + n},1.{n}4,103.7,{speed},180,0,2013-11-20T16:09:00" for n, speed in enumerate(said)]
    path.write_text("\n".join(["MMSI,LAT,LON,SPEED,COURSE,STATUS,TIMESTAMP", *rows]) + "\n")
    one = open_input(path, 0)
    (part, _) = one.decoded(1 << 20)
    assert one.counts.rejects.total == 0
    assert part.positions.speed_kn.tolist() == pytest.approx([speed / 10 for speed in said])


def test_a_few_speeds_that_cannot_be_among_broken_numbers_decide_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ships.csv"
    rows = [
        f"{219000001 + n},1.{n}4,103.7,{speed},180,0,2013-11-20T16:09:00" for n, speed in enumerate([10.5, 157, 132, 7])
    ]
    path.write_text("\n".join(["MMSI,LAT,LON,SPEED,COURSE,STATUS,TIMESTAMP", *rows]) + "\n")
    assert open_input(path, 0).reading.units == ()
