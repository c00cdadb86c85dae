import numpy as np
import pytest

from models.angles import difference
from models.cells import NO_CELL, cell_of, cells_around, centre
from models.geodesy import distance_km
from tests.naive import silence as naive

SIZES = (0.1, 0.5, 1.0, 7.3)


@pytest.mark.parametrize("size", SIZES)
def test_cells_agree_with_their_slow_twin(size):
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(-90, 90, 2000), rng.uniform(-180, 180, 2000)
    lat[:4], lon[:4] = (90.0, -90.0, 0.0, 0.0), (180.0, -180.0, 180.0, -180.0)
    expected = [naive.cell(a, o, size) for a, o in zip(lat.tolist(), lon.tolist(), strict=True)]
    assert cell_of(lat, lon, size).tolist() == expected


@pytest.mark.parametrize("size", SIZES)
def test_a_point_lies_in_the_cell_whose_centre_is_near(size):
    rng = np.random.default_rng(2)
    lat, lon = rng.uniform(-85, 85, 1000), rng.uniform(-180, 180, 1000)
    middle_lat, middle_lon = centre(cell_of(lat, lon, size), size)
    assert np.abs(middle_lat - lat).max() <= size / 2 + 1e-9
    assert distance_km(lat, lon, middle_lat, middle_lon).max() < 111.3 * size
    assert np.abs(difference(middle_lon, lon)).max() < 180.0


def test_the_antimeridian_divides_no_cell_from_its_neighbour():
    east, west = cell_of(10.0, 179.99, 0.1), cell_of(10.0, -179.99, 0.1)
    assert east != west
    assert int(west) in cells_around(10.0, 179.99, 0.1).tolist()
    assert int(east) in cells_around(10.0, -179.99, 0.1).tolist()
    assert cell_of(10.0, 180.0, 0.1) == cell_of(10.0, -180.0, 0.1)


@pytest.mark.parametrize("size", SIZES)
def test_neighbours_hold_every_point_within_half_a_cell(size):
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(-80, 80, 300), rng.uniform(-180, 180, 300)
    near_lat = lat + rng.uniform(-0.5, 0.5, 300) * size
    near_lon = lon + rng.uniform(-0.5, 0.5, 300) * size
    around = cells_around(lat, lon, size)
    assert all(c in row for c, row in zip(cell_of(near_lat, near_lon, size).tolist(), around.tolist(), strict=True))
    assert (around[:, 0] == cell_of(lat, lon, size)).all()


def test_across_a_pole_the_neighbour_is_on_the_other_side():
    around = cells_around(89.95, 0.0, 0.1).tolist()
    assert int(cell_of(89.95, 179.9, 0.1)) in around or int(cell_of(89.95, -179.9, 0.1)) in around


def test_a_missing_position_has_no_cell():
    assert cell_of(np.nan, 1.0, 0.1) == NO_CELL
    assert (cells_around(np.nan, np.nan, 0.1) == NO_CELL).all()
