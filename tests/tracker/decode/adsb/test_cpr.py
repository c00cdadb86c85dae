"""Compact position reporting: what is encoded anywhere on Earth is decoded there."""

from __future__ import annotations

import math

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.naive import adsb_bits, adsb_encode
from tracker.decode.adsb.cpr import distance_m, global_position, local_position, longitude_zones, wrap_lon_deg

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180, exclude_max=True)
NO_DEADLINE = settings(deadline=None)
"""The first call of a kernel compiles it."""
AIRBORNE_M = 10.0
"""Half a step of latitude is 2.6 m, of longitude at the equator too; near the poles steps are shorter."""


@NO_DEADLINE
@given(LATITUDES)
@example(0.0)
@example(87.0)
@example(-87.0)
@example(10.47047130)
def test_the_number_of_zones_is_that_of_the_formula(lat: float) -> None:
    formula = {adsb_bits.zones(lat + d) for d in (-1e-9, 0.0, 1e-9)}
    assert longitude_zones(lat) in formula


@NO_DEADLINE
@given(LATITUDES, LONGITUDES, st.booleans())
@example(90.0, 0.0, True)
@example(-90.0, 179.9, False)
@example(0.0, -180.0, True)
@example(59.99, 179.9999, False)
@example(86.9999, -179.9999, True)
def test_a_pair_gives_the_place_it_was_made_from(lat: float, lon: float, newest_is_odd: bool) -> None:
    even, odd = adsb_encode.cpr(lat, lon, False), adsb_encode.cpr(lat, lon, True)
    got = global_position(*even, *odd, newest_is_odd, 360.0, math.nan, math.nan)
    if math.isnan(got[0]):  # the two rounded latitudes lie on two sides of a change of NL
        assert any(adsb_bits.zones(lat + d) != adsb_bits.zones(lat) for d in (-1e-4, 1e-4)) or abs(lat) > 89.9
        return
    assert -90.0 <= got[0] <= 90.0
    assert -180.0 <= got[1] < 180.0
    assert distance_m(lat, lon, *got) < AIRBORNE_M


@NO_DEADLINE
@given(LATITUDES, LONGITUDES, st.booleans(), st.floats(-40, 40), st.floats(-40, 40))
def test_a_surface_pair_gives_the_place_nearest_to_the_reference(
    lat: float, lon: float, newest_is_odd: bool, d_lat: float, d_lon: float
) -> None:
    even = adsb_encode.cpr(lat, lon, False, surface=True)
    odd = adsb_encode.cpr(lat, lon, True, surface=True)
    ref = max(-90.0, min(90.0, lat + d_lat)), wrap_lon_deg(lon + d_lon)
    got = global_position(*even, *odd, newest_is_odd, 90.0, *ref)
    if not math.isnan(got[0]):
        assert distance_m(lat, lon, *got) < AIRBORNE_M


@NO_DEADLINE
@given(LATITUDES, LONGITUDES, st.booleans(), st.booleans(), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_one_frame_and_a_place_nearby_give_the_place(
    lat: float, lon: float, odd: bool, surface: bool, d_lat: float, d_lon: float
) -> None:
    frame = adsb_encode.cpr(lat, lon, odd, surface=surface)
    ref = max(-90.0, min(90.0, lat + d_lat)), wrap_lon_deg(lon + d_lon)
    got = local_position(*frame, odd, 90.0 if surface else 360.0, *ref)
    if not math.isnan(got[0]):
        assert distance_m(lat, lon, *got) < AIRBORNE_M


@NO_DEADLINE
@given(st.integers(0, 131071), st.integers(0, 131071), st.integers(0, 131071), st.integers(0, 131071), st.booleans())
def test_no_pair_of_frames_decodes_off_the_globe(a: int, b: int, c: int, d: int, odd: bool) -> None:
    lat, lon = global_position(a, b, c, d, odd, 360.0, math.nan, math.nan)
    assert math.isnan(lat) == math.isnan(lon)
    assert math.isnan(lat) or (abs(lat) <= 90.0 and -180.0 <= lon < 180.0)


def test_the_pair_of_the_text_books_lands_in_the_text_books_place() -> None:
    # 8D40621D58C382D690C8AC2863A7 and 8D40621D58C386435CC412692AD6, the odd one newer
    lat, lon = global_position(93000, 51372, 74158, 50194, False, 360.0, math.nan, math.nan)
    assert (round(lat, 5), round(lon, 5)) == (52.25720, 3.91937)
