"""Areas of interest: which points lie in them, wherever on the globe they are, and what a bad file is told."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.angles import wrap_longitude
from models.geodesy import distance_km
from tests.naive.zones import inside_ring
from tracker.errors import InputError
from tracker.geography.zones import MAX_VERTICES, ZoneSet, read_zones, zones_from


def feature(coordinates: Any, kind: str = "Polygon", **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": "bank", **properties},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def square(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def zones(*features: dict[str, Any]) -> ZoneSet:
    return zones_from({"type": "FeatureCollection", "features": list(features)}, "zones.geojson")


def holds(area: ZoneSet, *points: tuple[float, float]) -> list[bool]:
    """Whether (longitude, latitude) points lie in any zone."""
    lon, lat = (np.array(column, dtype=np.float64) for column in zip(*points, strict=True))
    inside = np.zeros(len(lat), dtype=np.bool_)
    inside[area.holding(lat, lon)[0]] = True
    return inside.tolist()


def test_a_hole_is_outside_and_the_edge_is_inside() -> None:
    area = zones(feature([square(2, 54, 4, 56), square(2.5, 54.5, 3.5, 55.5)]))
    assert holds(area, (2.2, 55), (3, 55), (2, 55), (4.01, 55), (3, 56)) == [True, False, True, False, True]


def test_parts_of_a_multipolygon_are_one_zone() -> None:
    area = zones(feature([[square(0, 0, 1, 1)], [square(5, 5, 6, 6)]], "MultiPolygon"))
    assert len(area) == 1
    assert holds(area, (0.5, 0.5), (5.5, 5.5), (3, 3)) == [True, True, False]


ACROSS = {
    "cut at the antimeridian": feature([[square(170, 10, 180, 20)], [square(-180, 10, -170, 20)]], "MultiPolygon"),
    "cut, the western part first": feature([[square(-180, 10, -170, 20)], [square(170, 10, 180, 20)]], "MultiPolygon"),
    "longitudes beyond 180": feature([square(170, 10, 190, 20)]),
    "longitudes beyond -180": feature([square(-190, 10, -170, 20)]),
    "a jump from 170 to -170": feature([square(170, 10, -170, 20)]),
}


@pytest.mark.parametrize("given", ACROSS.values(), ids=ACROSS)
def test_a_zone_across_the_antimeridian_is_the_same_however_it_is_written(given: dict[str, Any]) -> None:
    area = zones(given)
    points = [(175, 15), (-175, 15), (180, 15), (-180, 15), (0, 15), (165, 15), (-165, 15), (175, 25)]
    assert holds(area, *points) == [True] * 4 + [False] * 4
    edge_km = area.zones[0].outline.edge_km(np.array([15.0, 15.0]), np.array([179.99, -169.0]))
    np.testing.assert_allclose(edge_km, [556.0, distance_km(15.0, -169.0, 15.0, -170.0)], rtol=0.01)


@pytest.mark.parametrize("pole", [1.0, -1.0])
def test_a_ring_around_the_earth_holds_its_pole(pole: float) -> None:
    ring = [[lon, 70.0 * pole] for lon in (-180, -90, 0, 90, -180)]
    for given in (
        ring,
        [*ring[:-1], [180, 70.0 * pole], ring[0]],
        [[lon + 30.0, lat] for lon, lat in ring],
        ring[::-1],
    ):
        area = zones(feature([given]))
        assert holds(area, (0, 80 * pole), (179, 71 * pole), (-180, 90 * pole), (0, 60 * pole), (10, -80 * pole)) == [
            True, True, True, False, False,
        ]  # fmt: skip
        edge_km = area.zones[0].outline.edge_km(np.array([80.0 * pole]), np.array([179.9]))
        np.testing.assert_allclose(edge_km, [1112.0], rtol=0.01)


def test_a_ring_around_the_pole_may_have_a_hole_around_it() -> None:
    rings = [[[lon, lat] for lon in (-180, -90, 0, 90, -180)] for lat in (60.0, 80.0)]
    assert holds(zones(feature(rings)), (45, 70), (45, 85), (-179.9, 70), (45, 50)) == [True, False, True, False]


def test_a_band_around_the_earth_written_as_a_box_is_that_band() -> None:
    area = zones(feature([square(-180, 60, 180, 90)]))
    assert holds(area, (0, 70), (-180, 70), (180, 70), (0, 90), (0, 50)) == [True, True, True, True, False]


def test_turning_a_zone_and_its_points_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(-30, 30, 4000), rng.uniform(30, 70, 4000)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 40))
    star = np.stack([rng.uniform(3, 20, 40) * np.cos(angles), 50 + rng.uniform(3, 15, 40) * np.sin(angles)], axis=1)
    answers = []
    for turn in (0.0, 177.3, -123.4):
        ring = np.stack([wrap_longitude(star[:, 0] + turn), star[:, 1]], axis=1).tolist()
        area = zones(feature([[*ring, ring[0]]]))
        answers.append(area.holding(lat, np.asarray(wrap_longitude(lon + turn)))[0].tolist())
    assert answers[0] == answers[1] == answers[2]
    assert 100 < len(answers[0]) < 3900


@pytest.mark.slow
@pytest.mark.parametrize("count", [5, 200])
def test_many_zones_agree_with_the_slow_twin(count: int) -> None:
    rng = np.random.default_rng(count)
    features, rings = [], []
    for number in range(count):
        middle = np.array([rng.uniform(-180, 180), rng.uniform(-80, 80)])
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        ring = middle + np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(2, 9, (9, 1))
        ring = np.concatenate([ring, ring[:1]])
        rings.append(ring)
        features.append(feature([ring.tolist()], name=f"zone {number:03d}"))
    lat, lon = rng.uniform(-90, 90, 3000), rng.uniform(-180, 180, 3000)
    points, numbers = zones(*features).holding(lat, lon)
    expected = [
        (p, n) for n in range(count) for p in range(len(lat)) if abs(lat[p] - rings[n][0, 1]) < 20 and inside_ring(lon[p], lat[p], rings[n])
    ]  # fmt: skip
    assert list(zip(points.tolist(), numbers.tolist(), strict=True)) == expected


def test_points_near_many_zones_but_in_none_are_in_none() -> None:
    area = zones(*(feature([square(n / 100, 0, n / 100 + 0.001, 0.001)], name=str(n)) for n in range(40)))
    assert holds(area, (0.005, 0.0005), (0.3, 0.4)) == [False, False]


def test_distances_to_the_edge_are_those_of_the_nearest_of_many_points_on_it() -> None:
    rng = np.random.default_rng(8)
    ring = np.array(square(10, 60, 12, 61))
    steps = np.linspace(0, 1, 2001)
    edge = np.concatenate([a + (b - a) * steps[:, None] for a, b in pairwise(ring)])
    lat, lon = rng.uniform(59.5, 61.5, 50), rng.uniform(9, 13, 50)
    slow = [distance_km(y, x, edge[:, 1], edge[:, 0]).min() for x, y in zip(lon, lat, strict=True)]
    outline = zones(feature([square(10, 60, 12, 61)])).zones[0].outline
    np.testing.assert_allclose(outline.edge_km(lat, lon), slow, rtol=0.01, atol=0.05)


def test_beyond_is_farther_than_the_distance_and_needs_no_exact_outline() -> None:
    rng = np.random.default_rng(9)
    for given in (square(10, 60, 12, 61), [[lon, -70.0] for lon in (-180, -90, 0, 90, -180)]):
        outline = zones(feature([given])).zones[0].outline
        lat, lon = rng.uniform(59.5, 61.5, 400) * np.sign(given[0][1]), rng.uniform(9, 13, 400)
        outside = ~outline.covers(lat, lon)
        lat, lon = lat[outside], lon[outside]
        for km in (0.0, 5.0, 30.0):
            np.testing.assert_array_equal(outline.beyond(lat, lon, km), outline.edge_km(lat, lon) > km)


def test_an_outline_of_very_many_corners_is_simplified_for_distances_only() -> None:
    angles = np.linspace(0, 2 * np.pi, 60_000)
    ring = np.stack([5 * np.cos(angles), 5 * np.sin(angles)], axis=1)
    ring[-1] = ring[0]
    outline = zones(feature([ring.tolist()])).zones[0].outline
    np.testing.assert_allclose(outline.edge_km(np.zeros(2), np.array([0.0, 4.0])), [556.0, 111.2], rtol=0.01)
    assert outline.beyond(np.zeros(2), np.array([5.01, 5.001]), 0.5).tolist() == [True, False]


def test_crossed_edges_are_repaired_and_said() -> None:
    area = zones(feature([[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]))
    assert "cross" in area.warnings[0]
    assert holds(area, (0.3, 1), (1.7, 1), (1, 0.3)) == [True, True, False]


def test_a_bare_geometry_is_named_after_its_file(tmp_path) -> None:
    path = tmp_path / "harbour.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [square(0, 0, 1, 1)]}), encoding="utf-8-sig")
    assert read_zones(path).zones[0].name == "harbour"


def test_properties_are_kept() -> None:
    zone = zones(
        feature([square(0, 0, 1, 1)], zone_id=7, applies_to="air", sense="outside", max_altitude_ft=5000)
    ).zones[0]
    assert (zone.zone_id, zone.applies_to, zone.sense, zone.max_altitude_ft) == ("7", "air", "outside", 5000.0)


BAD = {
    "no name": (feature([square(0, 0, 1, 1)], name=""), "feature 1: has no name"),
    "a point": (feature([1, 2], "Point"), "is Point, not a polygon"),
    "no geometry": ({"type": "Feature", "properties": {"name": "x"}, "geometry": None}, "is nothing, not a polygon"),
    "not closed": (feature([square(0, 0, 1, 1)[:-1]]), "is not closed; repeat its first position"),
    "too short": (feature([[[0, 0], [1, 1], [0, 0]]]), "fewer than four"),
    "swapped": (feature([[[54, 120], [55, 120], [55, 121], [54, 120]]]), "look swapped"),
    "off the globe": (feature([square(0, 0, 999, 1)]), "off the globe"),
    "metres": (feature([square(500000, 6000000, 500100, 6000100)]), "off the globe"),
    "no number": (feature([[[0, 0], ["1", 0], [1, 1], [0, 0]]]), "is no position"),
    "huge number": (feature([[[0, 0], [10**400, 0], [1, 1], [0, 0]]]), "is no position"),
    "not a number": (feature([[[0, 0], [float("nan"), 0], [1, 1], [0, 0]]]), "is no position"),
    "no area": (feature([[[0, 0], [1, 1], [2, 2], [0, 0]]]), "encloses no area"),
    "odd sense": (feature([square(0, 0, 1, 1)], sense="around"), "sense is 'around'; write one of inside, outside"),
    "odd sense type": (feature([square(0, 0, 1, 1)], sense=["inside"]), "write one of inside, outside"),
    "odd altitude": (feature([square(0, 0, 1, 1)], min_altitude_ft="low"), "write a number of feet"),
    "altitudes swapped": (feature([square(0, 0, 1, 1)], min_altitude_ft=9, max_altitude_ft=1), "swap them"),
    "empty coordinates": (feature([]), "a Polygon is a list of rings"),
    "ring of nothing": (feature([None]), "fewer than four"),
    "no feature": ({"type": "Polygon"}, "is not a GeoJSON Feature"),
}


@pytest.mark.parametrize(("given", "said"), BAD.values(), ids=BAD)
def test_a_bad_feature_is_told_in_one_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=r"^zones.geojson, feature 1") as caught:
        zones(given)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_zones_of_one_name_need_ids() -> None:
    one, two = feature([square(0, 0, 1, 1)]), feature([square(2, 0, 3, 1)])
    with pytest.raises(InputError, match="zone_id"):
        zones(one, two)
    two["properties"]["zone_id"] = "bank-2"
    assert len(zones(one, two)) == 2


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "3", '{"type": "Topology"}', '{"type": "FeatureCollection"}', "[" * 100_000]
)
def test_a_file_that_is_no_geojson_is_told_so(tmp_path, text: str) -> None:
    path = tmp_path / "bad.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match="bad"):
        read_zones(path)


def test_a_file_that_is_not_there_is_told_so(tmp_path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_zones(tmp_path / "none.geojson")


def test_a_file_without_zones_or_with_too_many_vertices_is_refused() -> None:
    with pytest.raises(InputError, match="holds no polygon"):
        zones()
    with pytest.raises(InputError, match="simplify"):
        zones(feature([[[0, 0]] * (MAX_VERTICES + 1)]))


def test_the_example_of_the_page_can_be_read() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "zones.md").read_text(encoding="utf-8")
    example = page.split("```json\n")[1].split("```")[0]
    assert [zone.sense for zone in zones_from(json.loads(example), "docs/zones.md").zones] == ["inside", "outside"]


def test_the_page_names_every_property() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "zones.md").read_text(encoding="utf-8")
    for name in ("name", "zone_id", "applies_to", "sense", "min_altitude_ft", "max_altitude_ft"):
        assert f"`{name}`" in page
