"""Single position frames near a receiver whose place is known: only where there is no second place it could hear."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.geodesy import destination, distance_km
from tests.naive import adsb_encode as enc
from tests.tracker.decode.adsb.test_positions import A, decode, taxi
from tracker.decode.adsb import ModeSDecoder
from tracker.decode.input_times import receiver_place
from tracker.errors import InputError
from tracker.inputs import open_input
from tracker.inputs.sidecar import TimesSaid
from tracker.positions import PositionBatch

SITE = (23.8, 90.4, 30.0)
KM_PER_NM = 1.852
SITES = {"dhaka": "23.83614,90.41637", "chittagong": "22.35443,91.83391", "khulna": "22.82405,89.55238"}
"""Where the three receivers stand: durjoi-asl/mlat-server, TcpClient/receiversInfo.json."""


def cruise(
    km: float, bearing: float, *, ft: float = 35_000.0, odd: bool = False, course: float = 0.0
) -> tuple[PositionBatch, float]:
    """Twenty frames of one parity, a second apart, from there on at 450 kn; how far the worst of the placed ones is off, in km."""
    seconds = np.arange(20)
    start = destination(*SITE[:2], bearing, km)
    lat, lon = destination(*start, course, seconds * 450.0 * KM_PER_NM / 3600.0)
    timed = [(s * 1_000_000, enc.squitter(A, enc.airborne(lat[s], lon[s], odd, ft))) for s in seconds]
    rows = decode(ModeSDecoder(0, receiver=SITE), timed).positions
    placed = np.flatnonzero(rows.has_position)
    at = (rows.time_us[placed] - rows.time_us[0]) // 1_000_000
    off: NDArray[np.float64] = distance_km(lat[at], lon[at], rows.lat_deg[placed], rows.lon_deg[placed])
    return rows, float(off.max(initial=0.0))


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("bearing", [0.0, 77.0, 135.0, 180.0, 270.0, 315.0])
def test_frames_of_one_parity_are_placed_near_the_receiver(bearing: float, odd: bool) -> None:
    rows, off_km = cruise(140.0, bearing, odd=odd)
    assert len(np.unique(rows.time_us[rows.has_position])) == 20
    assert off_km < 0.02


def test_without_the_receiver_they_are_not() -> None:
    frames = [(s * 1_000_000, enc.squitter(A, enc.airborne(24.0, 90.0, False))) for s in range(20)]
    assert not decode(ModeSDecoder(0), frames).positions.has_position.any()


@pytest.mark.parametrize("km", [200.0, 240.0, 280.0, 330.0, 400.0, 440.0])
@pytest.mark.parametrize("bearing", [0.0, 20.0, 45.0, 90.0, 135.0, 180.0, 200.0, 270.0, 300.0])
def test_no_frame_is_placed_falsely_however_far_off(km: float, bearing: float) -> None:
    for course in (bearing, bearing + 180.0):
        assert cruise(km, bearing, course=course)[1] < 0.02


def test_a_low_aircraft_is_placed_farther_out_than_one_with_a_second_place() -> None:
    assert cruise(250.0, 0.0, ft=12_000.0)[0].has_position.any()
    assert not cruise(250.0, 0.0, ft=39_000.0)[0].has_position.any()
    high = ModeSDecoder(0, receiver=(*SITE[:2], 1_500.0))
    lat, lon = destination(*SITE[:2], 0.0, 250.0)
    frames = [(s * 1_000_000, enc.squitter(A, enc.airborne(float(lat), float(lon), False, 12_000.0))) for s in range(9)]
    assert not decode(high, frames).positions.has_position.any()


def test_who_comes_from_near_keeps_its_place_as_far_as_it_can_be_heard() -> None:
    seconds = np.arange(0, 1_880, 5)
    lat, lon = destination(*SITE[:2], 0.0, 50.0 + seconds * 450.0 * KM_PER_NM / 3600.0)
    timed = [
        (int(s) * 1_000_000, enc.squitter(A, enc.airborne(a, o, False)))
        for s, a, o in zip(seconds, lat, lon, strict=True)
    ]
    rows = decode(ModeSDecoder(0, receiver=SITE), timed).positions
    km = distance_km(*SITE[:2], rows.lat_deg, rows.lon_deg)
    assert np.nanmax(km) > 480.0
    placed = np.unique(rows.time_us[rows.has_position])
    assert len(placed) == len(seconds)


def test_a_taxiing_aircraft_of_one_parity_is_placed() -> None:
    one = [step for step in taxi(20, lat=23.84, lon=90.40) if step[0] % 2_000_000 == 0]
    rows = decode(ModeSDecoder(0, receiver=SITE), one).positions
    assert rows.has_position[2:].all()
    assert rows.lat_deg[-1] == pytest.approx(23.84018, abs=1e-5)


def test_a_frame_of_the_other_parity_decides_before_the_receiver_does() -> None:
    """A position that is transmitted is given out as it is, however far it is from who hears it: that is for others to judge."""
    steps = [(t, f) for t, f, place in enc.flight(A, 33.82, 35.49, 20) if place]
    rows = decode(ModeSDecoder(0, receiver=SITE), steps).positions
    assert rows.lat_deg[rows.has_position] == pytest.approx(33.82, abs=0.1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("53.63,9.99", (53.63, 9.99, 30.0)),
        ("-33.95, 151.18, 300", (-33.95, 151.18, 300.0)),
        ("0 9.99", (0.0, 9.99, 30.0)),
        (" ", None),
    ],
)
def test_a_written_place(text: str, place: tuple[float, float, float] | None) -> None:
    assert receiver_place(text) == place


@pytest.mark.parametrize("text", ["53.63", "EDDH", "91,9", "53,181", "0,0", "1,2,3,4", "nan,9", "53.63,9.99,9000"])
def test_what_is_no_place_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InputError):
        receiver_place(text)


def test_three_receivers_place_the_frames_they_share_alike(real_data: Path) -> None:
    """Airborne frames of these receivers are all even: without their places none has a position."""
    placed: dict[int, dict[tuple[int, int], tuple[float, float]]] = {}
    shares = {}
    for number, (name, site) in enumerate(SITES.items()):
        path = real_data / "adsb" / "bangladesh" / f"{name}_b.jsonl.gz"
        blocks = open_input(path, number, TimesSaid(receiver=site)).decoded(1 << 20)
        rows = PositionBatch.concat([block.positions for block in blocks])
        rows = rows.take(rows.has_position)
        shares[name] = len(np.unique(rows.fingerprint))
        places = zip(rows.lat_deg.tolist(), rows.lon_deg.tolist(), strict=True)
        keys = zip(rows.fingerprint.tolist(), (rows.time_us // 60_000_000).tolist(), strict=True)
        placed[number] = dict(zip(keys, places, strict=True))
    common = [(a, b, key) for a in range(3) for b in range(a) for key in placed[a].keys() & placed[b].keys()]
    assert len(common) > 30_000
    assert all(placed[a][key] == pytest.approx(placed[b][key], abs=1e-9) for a, b, key in common)
    assert min(shares.values()) > 30_000
