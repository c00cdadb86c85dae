"""Aerodromes, runways and strips below an aircraft; users' files about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.errors import ReferenceDataError
from tracker.geography.airports import Airport, AirportTable
from tracker.geography.ground import LARGE_KM, UNKNOWN_GROUND, Ground
from tracker.geography.places import WorldPlaces
from tracker.geography.reference import import_reference, read_elevation, read_runways, read_strips
from tracker.geography.strips import Runway, RunwayTable

SMALL, BIG = Airport("SMAL", "", "Small", "BE", 50.0, 5.0, 0.0), Airport("BIGG", "BIG", "Big", "BE", 50.0, 5.1, 0.0)


def test_the_nearest_edge_counts_not_the_nearest_point() -> None:
    near = Ground(AirportTable([SMALL, BIG])).aerodrome(50.0, 5.045)
    assert near.airport is BIG
    assert near.edge_km == 0.0
    assert near.point_km < LARGE_KM


def test_a_runway_nearer_than_the_edge_counts() -> None:
    runway = Runway("SMAL", 50.05, 5.0, 50.07, 5.0)
    place = (50.06, 5.01)
    assert Ground(AirportTable([SMALL])).aerodrome(*place).edge_km > 6.0
    near = Ground(AirportTable([SMALL]), runways=RunwayTable([runway])).aerodrome(*place)
    assert near.edge_km == pytest.approx(0.72, abs=0.05)
    assert near.airport is SMALL


def test_an_aerodrome_ahead_is_one_within_the_angle_and_the_reach() -> None:
    ground = Ground(AirportTable([SMALL]))
    assert ground.ahead(50.0, 4.9, 90.0, 10.0, 60.0) is SMALL
    assert ground.ahead(50.0, 4.9, 270.0, 10.0, 60.0) is None
    assert ground.ahead(50.0, 4.9, float("nan"), 10.0, 60.0) is SMALL, "without a course any direction"
    assert ground.ahead(50.0, 4.9, 90.0, 5.0, 60.0) is None


def test_an_unknown_ground_answers_too() -> None:
    assert UNKNOWN_GROUND.aerodrome(0.0, 0.0).airport is None
    assert UNKNOWN_GROUND.strip(0.0, 0.0)[0] is None
    assert UNKNOWN_GROUND.ahead(0.0, 0.0, 0.0, 100.0, 180.0) is None


@pytest.mark.parametrize("text", [
    "name,lat,lon,remark\nQuarry,49.6,5.0,old\nNowhere,95,5.0,\n",
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "Quarry", "remark": "old"}, '
    '"geometry": {"type": "Point", "coordinates": [5.0, 49.6]}}, {"type": "Feature", "geometry": null}]}',
], ids=["csv", "geojson"])  # fmt: skip
def test_a_register_of_suspected_strips_is_imported(text: str, tmp_path: Path) -> None:
    (tmp_path / "strips").write_text(text)
    report = import_reference(tmp_path / "strips", tmp_path / "ref", "now")
    assert (report.kind, report.rows, report.bad_rows) == ("suspected_strips", 1, 1)
    (strip,) = read_strips(tmp_path / "ref")
    assert (strip.name, strip.lat_deg, strip.lon_deg, strip.remark) == ("Quarry", 49.6, 5.0, "old")
    assert WorldPlaces(tmp_path / "ref").ground.strip(49.6, 5.01)[0] == strip


def test_a_grid_of_heights_is_imported(tmp_path: Path) -> None:
    (tmp_path / "g.asc").write_text(
        "ncols 2\nnrows 2\nxllcorner 5\nyllcorner 50\ncellsize 1\nNODATA_value -9999\n0 100\n200 -9999\n"
    )
    report = import_reference(tmp_path / "g.asc", tmp_path / "ref", "now")
    assert (report.kind, report.rows) == ("elevation", 2)
    grid = read_elevation(tmp_path / "ref")
    assert grid is not None
    assert (grid.north_deg, grid.west_deg, grid.heights_m.shape) == (51.5, 5.5, (2, 2))


@pytest.mark.parametrize(("text", "says"), [
    ("ncols 2\nnrows 2\ncellsize 1\n0 0\n0 0\n", "lacks"),
    ("ncols 2\nnrows 2\nxllcorner 5\nyllcorner 50\ncellsize 1\n0 0\n0\n", "3 heights"),
    ("ncols 2\nnrows 2\nxllcorner 5\nyllcorner 50\ncellsize 1\n0 0\n0 high\n", "no number"),
    ("ncols 2\nnrows 2\nxllcorner 400000\nyllcorner 5000000\ncellsize 25\n0 0\n0 0\n", "no part of the earth"),
    ("ncols 90000\nnrows 90000\nxllcorner 5\nyllcorner 50\ncellsize 0.0001\n0\n", "too many"),
])  # fmt: skip
def test_a_grid_that_is_none_is_refused_in_a_sentence(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "g.asc").write_text(text)
    with pytest.raises(ReferenceDataError, match=says):
        import_reference(tmp_path / "g.asc", tmp_path / "ref", "now")


def test_runways_that_are_closed_or_have_no_ends_are_left_out(tmp_path: Path) -> None:
    head = "airport_ident,length_ft,width_ft,surface,closed,le_ident,le_latitude_deg,le_longitude_deg,le_elevation_ft,le_heading_degT,"
    head += "he_ident,he_latitude_deg,he_longitude_deg,he_elevation_ft,he_heading_degT\n"
    good, closed, endless = (
        "AA,1,1,G,0,09,50,5,,,27,50,5.1,,\n",
        "BB,1,1,G,1,09,50,5,,,27,50,5.1,,\n",
        "CC,1,1,G,0,09,,,,,27,,,,\n",
    )
    (tmp_path / "r.csv").write_text(head + good + closed + endless)
    import_reference(tmp_path / "r.csv", tmp_path / "ref", "now")
    assert [runway.airport for runway in read_runways(tmp_path / "ref")] == ["AA"]
