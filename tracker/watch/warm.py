"""Kernels made ready before the first alert: whatever may meet one later meets it here first, over rows and bytes that are made up and thrown away.

Decoders of every format, the lateness of a source, tracks, every detector with something to find, port calls, snapshots and what goes on from them, rows
as the store gives them back. A kernel is compiled for the types of what it is called with: so it is called in the same ways here, and a test compares what
is compiled afterwards with what a life compiles over real rows.

The first run of an installation compiles here (a minute or two); every later one loads what was compiled in some seconds.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from models.confinement import confinement_radius_km
from models.corridor import Path
from models.geodesy import difference_deg_scalar
from models.reception import way_silence
from streams.frontier import FrontierConfig
from streams.reorder import Reorder
from tracker.decode.adsb.which_clock import is_gps_stamp
from tracker.decode.guard import GuardedDecoder
from tracker.decode.input_times import InputTimes
from tracker.decode.recognise import InputKind, make_decoder
from tracker.detectors.silence.ways import Point, ways_between
from tracker.engine.feeds import Feeds
from tracker.geography.zones import zones_from
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch
from tracker.units import US_PER_H, US_PER_MIN, US_PER_S, Micros
from tracker.watch import warm_sea
from tracker.watch.world import World

_ACROSS_SPAIN: Final = (43.6, -2.0), (41.3, 2.3)
"""From one sea to another with land between: the way has corners."""
_RECEIVED_US: Final = Micros(warm_sea.START_US + 10 * US_PER_S)
_STEP_US: Final = 30 * US_PER_MIN
_SENTENCES: Final = b"".join(
    line + b"\r\n"
    for line in (
        rb"\s:a,c:1700000000*3D\!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24",
        b"!AIVDM,2,1,3,A,5dkbLP6<aIUVIdrc=PDBgA<A1j8i5i3?DjNd@marUtI3IF@BbKRQbtlJJAK7,0*24",
        b"!AIVDM,2,2,3,A,CJCqw3ieaML,2*04",
        b"!AIVDM,1,1,,A,HRNd@mjp`Jg=6VTFilnTvOhtKJGG,0*38,r001,1700000001",
        b"2023-11-14 22:13:20, !AIVDM,1,1,,A,4RNd@mnp`Jg=6k81`0kOqP0tKJGG,0*6D",
        b"!AIVDM,1,1,,A,BRNd@mnp`Lj0J0<ovH2TvOhtKJGG,0*0C",
        b"!AIVDM,1,1,,A,KcRQbu6cplJN?JGG,0*22",
        b"!AIVDM,2,1,7,A,5dkbLP6<aIUVIdrc=PDBgA<A1j8i5i3?DjNd@marUtI3IF@BbKRQbtlJJAK7,0*20",
        b"no sentence",
    )
)
"""Sentences of every kind that has a kernel of its own, a refused line, and a message that is never whole."""
_FRAMES: Final = (
    "8d4ca21a58b5011112559eb25f37", "8d4ca21a58b504952053af4a6630", "8d4ca21a99012d19200400c141a0", "8d4ca21a231493b51d6820113241",
    "5d4ca21a6c2fce", "20000c36859b01", "28000597a2d76e", "8d4ca21a39ec044d23d53792d581",
)  # fmt: skip
"""Positions, velocity, identification, replies with altitude and squawk, a position on the ground."""


def warm_kernels(world: World) -> None:
    """Drive a timeline that has seen nothing, and a decoder of each format."""
    _drive(world)
    _reorder()
    for kind, options, content in _streams(world):
        _decode(kind, options, content)
    _rarely(world)


def _rarely(world: World) -> None:
    """What few craft ever come to, of few detectors: called for itself."""
    confinement_radius_km(np.array([10.0, 10.1]), np.array([-30.0, -30.1]))
    path = Path(np.array([10.0, 11.0]), np.array([-30.0, -29.0]))
    path.project(np.array([10.2]), np.array([-29.5]))
    path.project_one(10.2, -29.5)
    difference_deg_scalar(10.0, 350.0)
    share = np.ones((1, 2))
    way_silence(np.zeros((1, 2), dtype=np.int64), share, share > 0.0, share, share, np.empty(1), np.empty(1))
    ways_between(Point(10.0, -30.0), Point(10.1, -29.9), 90.0, 10.0, 2.0)
    is_gps_stamp(1)
    if (way := world.places.sea_routes.open_distances_to(*_ACROSS_SPAIN[1])) is not None:
        way.corners_from(*_ACROSS_SPAIN[0])


def _drive(world: World) -> None:
    """All of the made-up sea: half of it as decoders give rows, half as the store gives them back, with a snapshot in between."""
    west, south = warm_sea.LON_DEG + 0.5, warm_sea.LAT_DEG - 1.0
    east, north = west + 1.0, south + 4.0
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    area = {"type": "Polygon", "coordinates": [corners]}
    world = replace(world, zones=zones_from(area, "warm"))
    feeds = Feeds(["warm"])
    port = world.places.ports[0]
    rows = PositionBatch.concat([warm_sea.rows(), warm_sea.in_port(port.lat_deg, port.lon_deg)]).in_time_order()
    statics = warm_sea.statics()
    timeline = world.timeline(feeds)
    end_us = warm_sea.START_US + warm_sea.HOURS * US_PER_H
    forgotten_us = int((world.settings.port_calls.forget_h + 24) * US_PER_H)
    half_us = warm_sea.START_US + warm_sea.HOURS * US_PER_H // 2
    for mark_us in range(warm_sea.START_US, end_us + 1, _STEP_US):
        some = rows.take((rows.time_us > mark_us - _STEP_US) & (rows.time_us <= mark_us))
        told = statics.take((statics.time_us > mark_us - _STEP_US) & (statics.time_us <= mark_us))
        if mark_us > half_us:
            some, told = PositionBatch.from_arrow(some.to_arrow()), StaticBatch.from_arrow(told.to_arrow())
        timeline.advance(some, told, mark_us)
        if mark_us == half_us:
            kept = timeline.snapshot()
            timeline = world.timeline(feeds)
            timeline.restore(kept)
    timeline.advance(PositionBatch.empty(), StaticBatch.empty(), end_us + forgotten_us)
    timeline.snapshot()


def _reorder() -> None:
    """Rows in time, late ones and one of a broken clock; put away and taken up again."""
    config = FrontierConfig(lateness_us=US_PER_S)
    reorder: Reorder[PositionBatch, StaticBatch] = Reorder(config, PositionBatch.empty(), StaticBatch.empty())
    reorder.open(0)
    rows = warm_sea.rows().take(slice(0, 100))
    for some in (rows, rows.take(slice(0, 5)), rows.with_columns(time_us=rows.time_us + 400 * 24 * US_PER_H)):
        reorder.add(0, some, StaticBatch.empty())
    again: Reorder[PositionBatch, StaticBatch] = Reorder(config, PositionBatch.empty(), StaticBatch.empty())
    again.open(0)
    again.restore(reorder.snapshot())
    again.add(0, rows, warm_sea.statics())
    again.release()


def _streams(world: World) -> list[tuple[InputKind, dict[str, Any], bytes]]:
    """Bytes of every format, with the options of its decoder."""
    beast = b"".join(
        b"\x1a" + (b"3" if len(frame) == 28 else b"2") + (bytes([0, 0, 0, at, 1, 1, 80]) + bytes.fromhex(frame)).replace(b"\x1a", b"\x1a\x1a")
        for at, frame in enumerate(_FRAMES)
    )  # fmt: skip
    avr = b"".join(b"@%012x%s;\n" % (at * 12_000_000, frame.encode()) for at, frame in enumerate(_FRAMES)) + b"*12;\n"
    sbs = b"MSG,3,1,1,4CA21A,1,2023/11/14,22:13:20.000,2023/11/14,22:13:20.000,EIN5GV,35000,450,90,10.5,-30.5,0,0077,0,0,0,0\r\nrubbish\r\n"
    lines = b"".join(
        b'{"timestamp":1700000000.5,"frame":"%s","df":"17"}\n{"icao24":"4ca21a","timestamp":1700000000,"lat":10.5,"lon":-30.5}\n'
        % frame.encode()
        for frame in _FRAMES
    )
    table = b"mmsi,timestamp,lat,lon,name\n219000001,2023-11-14T22:13:20,10.5,-30.5,A\n"
    air = {"aerodromes_deg": world.places.airports.positions_deg}
    clocks: tuple[dict[str, Any], ...] = (
        *({**air, "times": InputTimes(beast_clock=clock)} for clock in ("12mhz", "gps")),
        {},
    )
    return [
        (InputKind.NMEA, {}, _SENTENCES),
        *((InputKind.BEAST, options, beast) for options in clocks),
        *((InputKind.AVR, options, avr) for options in clocks),
        (InputKind.SBS1, {}, sbs),
        (InputKind.JET1090, air, lines),
        (InputKind.POSITIONS_CSV, {}, table),
    ]


def _decode(kind: InputKind, options: dict[str, Any], content: bytes) -> None:
    """With and without a time of receipt, cut in the middle, put away and taken up again."""
    make = partial(make_decoder, kind, 0, **options)
    decoder = GuardedDecoder(make, with_others=True)
    decoder.decode(content, _RECEIVED_US)
    decoder.decode(content)
    decoder.decode(content[: len(content) // 2], _RECEIVED_US)
    again = GuardedDecoder(make, with_others=True)
    again.restore(decoder.snapshot())
    again.decode(content[len(content) // 2 :], _RECEIVED_US)
    again.flush()
