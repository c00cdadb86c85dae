"""A transponder code of emergency is found in every format: said on every row, for a minute only, or once and then no other; passed through on the way to another code it is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.behaviour.told import told
from tracker.geography.places import WorldPlaces
from tracker.simulate.beast_encoder import airborne_position, identity_reply

BEGIN_S, END_S, EVERY_S = 600, 1800, 5
T0 = 1_772_323_200
ADDRESS = 0x4B1812
Row = tuple[int, float, float, int | None]


def code_at(second: int, how: str) -> int | None:
    """The code on the row of a second; None where the row gives none."""
    if second < BEGIN_S:
        return 4321
    if how == "long":
        return 7700 if second < 1200 else 4321
    if how == "minute":
        return 7700 if second <= BEGIN_S + 65 else 4321
    if how == "passing":
        return 7700 if second < BEGIN_S + 4 else 7703
    return 7700 if second == BEGIN_S else None


def rows(how: str) -> Iterator[Row]:
    for second in range(0, END_S, EVERY_S):
        yield second, 50.0 + 1e-4 * second, 3.0 + 3e-4 * second, code_at(second, how)


def iso(second: int, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    return datetime.fromtimestamp(T0 + second, UTC).strftime(form)


def table(written: Callable[[int], str]) -> Callable[[str], str]:
    def text(how: str) -> str:
        head = "icao24,timestamp,lat,lon,altitude,speed,track,squawk\n"
        return head + "".join(
            f"4b1812,{iso(at)},{lat:.5f},{lon:.5f},33000,420,80,{'' if code is None else written(code)}\n"
            for at, lat, lon, code in rows(how)
        )

    return text


def aircraft(lat: float, lon: float, code: int | None, **more: Any) -> dict[str, Any]:
    said = {} if code is None else {"squawk": str(code)}
    return {
        "hex": "4b1812", "type": "adsb_icao", "flight": "SWR1    ", "alt_baro": 33000, "gs": 420.0, "track": 80.0, "lat": lat, "lon": lon,
        "seen": 0.1, "seen_pos": 0.2, **said, **more,
    }  # fmt: skip


def lines(make: Callable[[Row], dict[str, Any]]) -> Callable[[str], str]:
    return lambda how: "".join(json.dumps(make(row)) + "\n" for row in rows(how))


def trace(how: str) -> str:
    points = [
        [
            at,
            lat,
            lon,
            33000,
            420.0,
            80.0,
            0,
            0,
            {"flight": "SWR1", **({"squawk": str(code)} if code else {})},
            "adsb_icao",
            33500,
        ]
        for at, lat, lon, code in rows(how)
    ]
    return json.dumps({"icao": "4b1812", "timestamp": T0, "trace": points})


def sbs(how: str) -> str:
    out = []
    for at, lat, lon, code in rows(how):
        stamp = f"{iso(at, '%Y/%m/%d,%H:%M:%S')}.000"
        out.append(f"MSG,3,1,1,4B1812,1,{stamp},{stamp},,33000,,,{lat:.5f},{lon:.5f},,,0,0,0,0")
        stamp = f"{iso(at, '%Y/%m/%d,%H:%M:%S')}.400"
        if code is not None:
            out.append(f"MSG,6,1,1,4B1812,1,{stamp},{stamp},,33000,,,,,,{code:04d},0,0,0,0")
    return "\n".join(out) + "\n"


def sbs_flag(how: str) -> str:
    """No code at all, only the flag that there is an emergency."""
    out = []
    for at, lat, lon, code in rows(how):
        stamp, flag = f"{iso(at, '%Y/%m/%d,%H:%M:%S')}.000", -1 if code == 7700 else 0
        out.append(f"MSG,3,1,1,4B1812,1,{stamp},{stamp},,33000,,,{lat:.5f},{lon:.5f},,,,{flag},0,0")
        stamp = f"{iso(at, '%Y/%m/%d,%H:%M:%S')}.400"
        if code is not None:
            out.append(f"MSG,5,1,1,4B1812,1,{stamp},{stamp},,33000,,,,,,,0,{flag},0,0")
    return "\n".join(out) + "\n"


def frames(how: str) -> Iterator[tuple[float, str]]:
    for k, (at, lat, lon, code) in enumerate(rows(how)):
        for odd in (k % 2, 1 - k % 2):
            yield at + 0.2 * odd, airborne_position([ADDRESS], [lat], [lon], [33000], [odd])[0].tobytes().hex()
        if code is not None:
            yield at + 0.6, identity_reply([ADDRESS], [code])[0].tobytes().hex()


def jet1090(how: str) -> str:
    return "".join(json.dumps({"timestamp": T0 + at, "frame": frame}) + "\n" for at, frame in frames(how))


def opensky(row: Row) -> dict[str, Any]:
    at, lat, lon, code = row
    state = [
        "4b1812",
        "SWR1    ",
        "Switzerland",
        T0 + at,
        T0 + at,
        lon,
        lat,
        10058.0,
        False,
        216.0,
        80.0,
        0.0,
        None,
        10100.0,
    ]
    return {"time": T0 + at, "states": [[*state, None if code is None else str(code), False, 0]]}


FORMATS: dict[str, tuple[str, Callable[[str], str]]] = {
    "table of whole numbers": ("a.csv", table(str)),
    "table of decimals": ("a.csv", table(lambda code: f"{code}.0")),
    "aircraft.json": ("a.jsonl", lines(lambda row: {"now": T0 + row[0], "messages": 1, "aircraft": [aircraft(*row[1:])]})),
    "aircraft of v2": ("a.jsonl", lines(lambda row: {
        "ac": [aircraft(*row[1:], **({"emergency": "none"} if row[3] else {}))], "msg": "No error", "now": (T0 + row[0]) * 1000, "total": 1,
    })),
    "trace": ("trace_full_4b1812.json", trace),
    "SBS-1": ("a.txt", sbs),
    "SBS-1 flag": ("a.txt", sbs_flag),
    "jet1090": ("a.jsonl", jet1090),
    "OpenSky": ("a.jsonl", lines(opensky)),
    "track JSON": ("a.jsonl", lines(lambda row: {
        "icao24": "4b1812", "latitude": row[1], "longitude": row[2], "altitude": 33000, "groundspeed": 420.0, "track": 80.0,
        "squawk": None if row[3] is None else str(row[3]), "timestamp": T0 + row[0],
    })),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("how", ["long", "minute", "once", "passing"])
def test_an_emergency_code_is_found_however_it_is_said(
    tmp_path: Path, places: WorldPlaces, name: str, how: str
) -> None:
    file, written = FORMATS[name]
    (tmp_path / file).write_text(written(how))
    result = told([tmp_path / file], [], places)
    found = [(event.detail, event.cause) for event in result.standing("integrity")]
    assert found == ([] if how == "passing" else [("emergency", "general")])
    assert len(result.alerted()) == len(found)
