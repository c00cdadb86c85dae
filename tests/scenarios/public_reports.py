"""Stories after public reports of false positions and identities, each as a feed would have given it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.geodesy import bearing_deg, destination
from tests.scenarios.feeds import (
    Air,
    Row,
    Said,
    aisstream,
    fly,
    marinecadastre,
    moved,
    neighbours,
    nmea,
    opensky,
    readsb,
    sail,
)


@dataclass(frozen=True)
class Story:
    """A feed, what is to be told of it (kind, detail) beside silences at its ends, and after which report it is made."""

    file: str
    text: Callable[[], str]
    wanted: tuple[tuple[str, str], ...]
    after: str


def imo_number(first: int) -> int:
    """Six digits and their check digit."""
    return first * 10 + sum(int(digit) * weight for digit, weight in zip(str(first), range(7, 1, -1), strict=True)) % 10


def near(place: tuple[float, float], km: float) -> Callable[[object, np.random.Generator], tuple[float, float]]:
    """Anywhere within a radius."""

    def at(_row: object, rng: np.random.Generator) -> tuple[float, float]:
        lat, lon = destination(*place, rng.uniform(0.0, 360.0), km * np.sqrt(rng.random()))
        return float(lat), float(lon)

    return at


def ring(
    place: tuple[float, float], km: float, lap_s: float, begin: float = 0.0
) -> Callable[[object, object], tuple[float, float]]:
    """Round a circle."""

    def at(row: object, _rng: object) -> tuple[float, float]:
        lat, lon = destination(*place, 360.0 * (row.second / lap_s + begin), km)  # type: ignore[attr-defined]
        return float(lat), float(lon)

    return at


def tankers(
    count: int,
    place: tuple[float, float],
    parts: list[tuple[float, float, float]],
    apart_km: float = 9.0,
    every_s: int = 120,
) -> list[list[Row]]:
    names = "AMBER", "CORAL", "DELTA", "EMBER", "FJORD", "GRACE", "HARBOUR", "IVORY", "JUNO", "KITE"
    return [
        sail(
            Said(538_004_000 + k, f"{names[k]} TRADER", imo_number(940_000 + k), f"V7A{k}", 80, 200 + 10 * k),
            tuple(float(v) for v in destination(*place, 70.0 * k, apart_km * (1.0 + 0.5 * k))), parts, every_s, 11 * k)
        for k in range(count)
    ]  # fmt: skip


SMOLENSK, SOCHI, GELENDZHIK, JEDDAH = (54.745, 32.06), (43.45, 39.95), (44.58, 38.01), (21.68, 39.16)


def baltic() -> str:
    """Airliners over the Baltic whose positions stand near Smolensk for a quarter of an hour, each on its own ring, good quality."""
    flights = []
    for k in range(5):
        rows = fly(f"47{k}b1c", f"FIN{80 + k}", (55.0 + 0.35 * k, 17.0), 75.0, 70.0, first_s=60 * k)
        flights += moved(rows, 1500 + 60 * k, 2700 + 30 * k, ring(SMOLENSK, 1.0 + 0.4 * k, 240.0, 0.2 * k), knots=160.0)
    for k in range(6):
        flights += fly(f"3c66a{k}", f"DLH{300 + k}", (52.0 + 0.3 * k, 8.0), 90.0, 70.0, first_s=20 * k)
    return opensky(flights)


def sochi() -> str:
    """Eight ships off Sochi that stand on its airport in turns with their own places (Maritime Executive and C4ADS, Above Us Only Stars, 2019)."""
    rows = neighbours((43.4, 39.3))
    for k, ship in enumerate(tankers(8, (43.3, 39.2), [(600.0, 4.0, 200.0)], 4.0)):
        rows += moved(ship, 7200 + 300 * k, 21600, near(SOCHI, 0.15), 0.5, seed=k + 1)
    return nmea(rows)


def shanghai() -> str:
    """Ships in the Huangpu on rings of 200 m ashore, at 21 to 31 kn and any course (MIT Technology Review and C4ADS, 2019)."""
    place = (31.39, 121.51)
    rows = neighbours((31.2, 122.3))
    for k, ship in enumerate(tankers(4, (31.39, 121.52), [(300.0, 0.1, 30.0), (180.0, 7.0, 330.0)], 0.6, every_s=30)):
        false = moved(ship, 3600, 7200, ring((place[0] + 0.01 * k, place[1]), 0.2, 300.0))
        rows += [
            replace(row, knots=21.0 + 2.0 * k, course=(37.0 * row.second) % 360.0) if 3600 <= row.second < 7200 else row
            for row in false
        ]
    return aisstream(rows)


def point_reyes() -> str:
    """A ship off Norway that the American feed shows circling off Point Reyes: never heard anywhere else by it (SkyTruth, 2020)."""
    rows = neighbours((37.9, -123.4))
    rows += moved(sail(Said(257_100_200, "NORD FJORD", 9_400_019, "LAXX", 70, 140), (38.0, -123.0), [(240.0, 20.0, 0.0)], 60),
                  0, 1e9, ring((38.0, -123.1), 2.5, 1800.0))  # fmt: skip
    return marinecadastre(rows)


def red_sea() -> str:
    """Six ships off Jeddah and Port Sudan, flung to a point ashore for hours (MSC Antonia ran aground so on 10 May 2025; Windward)."""
    rows = neighbours((20.6, 38.2))
    for k, ship in enumerate(tankers(6, (20.3, 38.2), [(600.0, 12.0, 340.0)])):
        rows += [replace(row, accurate=row.accurate and row.second < 7200) for row in
                 moved(ship, 7200, 25200, near(JEDDAH, 0.8), 0.7, seed=k + 1)]  # fmt: skip
    return aisstream(rows)


def hormuz() -> str:
    """Ten tankers in the strait, shown in straight lines far inland in Iran for two hours (Windward, 13 to 18 June 2025)."""
    rows = neighbours((26.4, 56.6))
    for k, ship in enumerate(tankers(10, (26.1, 56.7), [(480.0, 13.0, 330.0)], 5.0)):

        def inland(row: Row, _rng: object) -> tuple[float, float]:
            lat, lon = destination(28.9, 57.6, 45.0, 10.0 * (row.second - 9000) / 3600.0)
            return float(lat), float(lon)

        rows += moved(ship, 9000, 16200, inland, 1.0 if k % 2 else 0.6, seed=k + 1)
    return marinecadastre(rows)


def clone() -> str:
    """One MMSI, name and IMO number in the Gulf of Oman and off Malaysia at once."""
    said = Said(572_469_210, "PACIFIC RUBY", 9_234_563, "T2AB4", 80, 330)
    rows = neighbours((25.0, 58.0)) + sail(said, (25.0, 58.5), [(900.0, 11.0, 130.0)], 180)
    rows += sail(said, (2.0, 104.4), [(900.0, 9.0, 60.0)], 180, first_s=67)
    return aisstream(rows)


def duplicate_hull() -> str:
    """A scrapped ship's IMO number under two MMSI at once, far from each other (zombie vessels: Lloyd's List, 2024 and 2025)."""
    rows = neighbours((4.0, 101.0))
    rows += sail(
        Said(511_101_390, "VARADA BLESSING", 9_105_073, "T8XY1", 80, 332), (3.0, 101.0), [(600.0, 10.0, 140.0)]
    )
    rows += sail(
        Said(620_999_538, "AFRICA ONE", 9_105_073, "D6XY2", 80, 249), (5.5, 98.5), [(600.0, 11.0, 300.0)], first_s=31
    )
    return marinecadastre(rows)


def hops() -> str:
    """Two flags in a day: Cameroon, then Gambia, then Comoros, one IMO number (Lloyd's List on flag hopping, 2024)."""
    rows = neighbours((36.0, -7.5), hours=16.0)
    place = (35.8, -8.5)
    whole = sail(Said(613_003_001, "ANNA", 9_257_137, "TJM01", 80, 274), place, [(900.0, 11.0, 330.0)])
    flags = ((0, Said(613_003_001, "ANNA", 9_257_137, "TJM01", 80, 274)), (18_000, Said(629_009_002, "BELLA", 9_257_137, "C5M02", 80, 274)),
             (36_300, Said(620_800_003, "CARLA", 9_257_137, "D6M03", 80, 274)))  # fmt: skip
    for row in whole:
        if not any(0 <= row.second - begin < 420 for begin, _ in flags[1:]):
            rows.append(
                replace(row, said=max((flag for flag in flags if flag[0] <= row.second), key=lambda flag: flag[0])[1])
            )
    return marinecadastre(rows)


def zombie() -> str:
    """A hulk that was beached at Chittagong three weeks ago, and whose IMO number another hull says off Singapore today."""
    rows = neighbours((1.4, 104.6)) + sail(
        Said(636_012_345, "OLD LADY", imo_number(904_001), "A8BC1", 80, 330),
        (22.0, 91.4),
        [(240.0, 8.0, 20.0)],
        first_s=-1_814_400,
    )
    rows += sail(Said(620_777_001, "GALE", imo_number(904_001), "D6GA1", 80, 330), (1.5, 104.7), [(600.0, 10.0, 60.0)])
    return marinecadastre(rows)


def hop_after_hours() -> str:
    """A flag hop in a silence of two and a half hours."""
    rows = neighbours((36.0, -7.5), hours=16.0)
    old, new = (
        Said(613_003_001, "ANNA", imo_number(925_713), "TJM01", 80, 274),
        Said(352_003_002, "BELLE", imo_number(925_713), "HPM02", 80, 274),
    )
    for row in sail(old, (35.8, -8.5), [(900.0, 11.0, 330.0)]):
        if not 18_000 <= row.second < 27_000:
            rows.append(row if row.second < 18_000 else replace(row, said=new))
    return aisstream(rows)


def silent_swap() -> str:
    """Two tankers twenty km apart, both silent for two hours, that come back as each other (C4ADS: indirect identity swaps)."""
    one, two = (
        Said(511_100_001, "OCEAN PEARL", 9_345_673, "T8A01", 80, 333),
        Said(518_900_002, "HAI FENG 9", 9_123_453, "E5U02", 80, 183),
    )
    rows = neighbours((33.0, -16.0))
    for said, other, place, course, knots in (
        (one, two, (32.6, -16.3), 20.0, 13.0),
        (two, one, (33.2, -15.8), 250.0, 10.5),
    ):
        for row in sail(said, place, [(720.0, knots, course)]):
            if not 14_400 <= row.second < 21_600:
                rows.append(row if row.second < 14_400 else replace(row, said=other))
    return aisstream(rows)


def change_of_places() -> str:
    """Two tankers 15 km apart that change places from one minute to the next, in NMEA."""
    one, two = (
        Said(511_100_001, "OCEAN PEARL", 9_345_673, "T8A01", 80, 333),
        Said(518_900_002, "HAI FENG 9", 9_123_453, "E5U02", 80, 183),
    )
    rows = neighbours((33.0, -16.0))
    for said, other, place, first in ((one, two, (32.6, -16.3), 0), (two, one, (32.6, -16.14), 40)):
        rows += [
            row if row.second < 14_400 else replace(row, said=other)
            for row in sail(said, place, [(720.0, 11.0, 10.0)], first_s=first)
        ]
    return nmea(rows)


def names_swapped() -> str:
    """Two tankers that lie off Fujairah and say each other's name, call sign and IMO number from midnight on."""
    one, two = (
        Said(511_100_001, "OCEAN PEARL", 9_345_673, "T8A01", 80, 333),
        Said(518_900_002, "HAI FENG 9", 9_123_453, "E5U02", 80, 183),
    )
    rows = neighbours((25.4, 57.2))
    for said, other, place, course in ((one, two, (25.2, 57.0), 120.0), (two, one, (25.3, 57.1), 140.0)):
        swapped_said = replace(other, mmsi=said.mmsi)
        rows += [
            row if row.second < 14_400 else replace(row, said=swapped_said)
            for row in sail(said, place, [(600.0, 8.0, course)])
        ]
    return aisstream(rows)


def pair_at_airport() -> str:
    """Two airliners off Cyprus that stand on the airport of Beirut in turns, in snapshots of a receiver."""
    rows = []
    for k in range(2):
        flight = fly(f"4b19{k}0", f"THY{760 + k}", (36.0 - 0.4 * k, 31.5), 130.0, 60.0)
        rows += moved(flight, 1200, 3000, near((33.82, 35.49), 0.3), 0.7, seed=k + 1)
    for k in range(4):
        rows += fly(f"4b2a0{k}", f"AEE{90 + k}", (35.5 + 0.3 * k, 30.0), 95.0, 60.0, first_s=2 * k)
    return readsb(rows)


def one_ring() -> str:
    """Four airliners that show one place to the digit at each instant, and it goes round: one spoofer's signal in all receivers."""
    rows = []
    for k in range(4):
        flight = fly(f"4b18{k}1", f"SWR{10 + k}", (47.0 + 0.4 * k, 9.0), 80.0, 70.0)
        rows += moved(flight, 1500 + 30 * k, 3000, ring((46.0, 14.5), 3.0, 200.0), 0.8, seed=k + 1)
    for k in range(5):
        rows += fly(f"3c66a{k}", f"DLH{300 + k}", (46.0 + 0.6 * k, 8.5), 85.0, 70.0, first_s=k)
    return readsb(rows)


def few_reports() -> str:
    """Five tankers at one false place for half an hour, heard every five minutes: few reports of each, and enough of all."""
    rows = neighbours((40.0, -25.0), every_s=300)
    for k, ship in enumerate(tankers(5, (40.0, -25.0), [(600.0, 11.0, 20.0)], 4.0, 300)):
        rows += moved(ship, 7200, 9000, near((41.5, -24.0), 0.3), 1.0, seed=k + 1)
    return marinecadastre(rows)


def renamed() -> str:
    """Another name and call sign at sea under the same MMSI and IMO number."""
    rows = neighbours((36.0, 24.0))
    for row in sail(Said(636_015_001, "LADY R", 9_161_003, "A8AA1", 70, 150), (35.6, 23.5), [(600.0, 12.0, 120.0)]):
        rows.append(
            row if row.second < 14_400 else replace(row, said=replace(row.said, name="ANGARA", call_sign="UBCD9"))
        )
    return nmea(rows)


def base_station() -> str:
    """A ship whose set was given the MMSI of a coast station."""
    rows = neighbours((54.5, 4.0))
    rows += sail(Said(2_320_001, "NORTH WIND", 0, "", 70, 90), (54.4, 3.5), [(420.0, 11.0, 80.0)])
    return nmea(rows)


def no_fix() -> str:
    """A ship at 0 N 0 E for half an hour, off Nigeria's neighbours too near for comfort."""
    rows = neighbours((4.0, 4.0))
    ship = sail(Said(657_100_001, "LAGOS STAR", 9_400_021, "5NAB", 70, 130), (3.6, 3.4), [(480.0, 12.0, 100.0)])
    return aisstream(rows + moved(ship, 7200, 9600, lambda _row, rng: rng.normal(0.0, 0.0005, 2)))


def unset() -> str:
    """The same where a program writes 0 and 0: no position at all, and no silence."""
    rows = neighbours((4.0, 4.0))
    ship = sail(Said(657_100_001, "LAGOS STAR", 9_400_021, "5NAB", 70, 130), (3.6, 3.4), [(480.0, 12.0, 100.0)])
    return marinecadastre(rows + moved(ship, 7200, 9600, lambda _row, _rng: (0.0, 0.0)))


def swapped() -> str:
    """Latitude and longitude swapped by a program for forty minutes."""
    rows = neighbours((54.5, 8.0))
    ship = sail(Said(211_300_001, "ELBE TRADER", 9_400_033, "DAAB", 70, 130), (54.2, 7.4), [(480.0, 12.0, 20.0)])
    return marinecadastre(rows + moved(ship, 7200, 9600, lambda row, _rng: (row.lon, row.lat)))


def flight_sign() -> str:
    """An airliner over France whose longitude loses its sign for ten minutes."""
    rows = fly("39bd21", "AFR1234", (48.5, -1.2), 260.0, 60.0)
    for k in range(6):
        rows += fly(f"4006a{k}", f"EZY{300 + k}", (47.0 + 0.3 * k, -4.0), 80.0, 60.0, first_s=3 * k)
    return opensky(
        moved(
            rows, 1200, 1800, lambda row, _rng: (row.lat, -row.lon) if row.address == "39bd21" else (row.lat, row.lon)
        )
    )


def drift() -> str:
    """An airliner that flies on inertia through jamming: NIC and NACp 0, sixty km off after an hour, and back with the satellites."""
    rows: list[Air] = []
    for row in fly("4b1812", "SWR86", (40.0, 40.0), 90.0, 150.0, every_s=15):
        off = min(max((row.second - 2400) / 3600.0, 0.0), 1.0) * 60.0 if 2400 <= row.second < 6600 else 0.0
        lat, lon = destination(row.lat, row.lon, 0.0, off)
        rows.append(replace(row, lat=float(lat), lon=float(lon), quality=0 if 2400 <= row.second < 6600 else 8))
    for k in range(5):
        rows += fly(f"4b18a{k}", f"THY{30 + k}", (38.5 + 0.2 * k, 38.0), 85.0, 150.0, every_s=15, first_s=2 * k)
    return readsb(rows)


def one_call_sign() -> str:
    """Two airframes that fly under one number at once for an hour: the crew of one forgot to change it."""
    rows = fly("4ca1a1", "RYR71CD", (51.0, -3.0), 100.0, 80.0) + fly(
        "4ca9f2", "RYR71CD", (53.0, -7.0), 160.0, 80.0, first_s=4
    )
    for k in range(5):
        rows += fly(f"4006b{k}", f"BAW{300 + k}", (52.0 + 0.3 * k, -4.0), 80.0, 80.0, first_s=3 * k)
    return opensky(rows)


def scheduled_call_sign() -> str:
    """The same with a flight number of digits."""
    rows = fly("4ca1a1", "BAW178", (51.0, -3.0), 100.0, 80.0) + fly(
        "4009f2", "BAW178", (53.0, -7.0), 160.0, 80.0, first_s=4
    )
    for k in range(5):
        rows += fly(f"4006b{k}", f"EZY{300 + k}", (52.0 + 0.3 * k, -4.0), 80.0, 80.0, first_s=3 * k)
    return readsb(rows)


def one_address() -> str:
    """A military test address on two airframes at once, far apart."""
    rows = fly("ae0000", "RCH101", (50.5, 8.0), 90.0, 90.0) + fly(
        "ae0000", "NCHO21", (47.0, 12.0), 300.0, 90.0, knots=250.0, feet=18000.0, first_s=5
    )
    for k in range(5):
        rows += fly(f"3c66b{k}", f"DLH{400 + k}", (49.0 + 0.3 * k, 8.0), 80.0, 90.0, first_s=3 * k)
    return readsb(rows)


def squawk_slip() -> str:
    """7700 in a single snapshot on the way to another code, and 7600 for two."""
    rows = []
    for row in fly("3c6444", "DLH9LH", (50.0, 8.0), 90.0, 50.0):
        code = (
            "7700"
            if row.second == 900
            else "7600"
            if row.second in (1500, 1510)
            else "7621"
            if row.second > 1510
            else "1000"
        )
        rows.append(replace(row, squawk=code))
    return readsb(rows + fly("3c6445", "DLH2", (49.0, 8.0), 90.0, 50.0, first_s=3))


def hijack() -> str:
    """7500 for ten minutes, then 7700 for ten, in states."""
    rows = []
    for row in fly("3c6444", "DLH9LH", (50.0, 8.0), 90.0, 60.0):
        code = "7500" if 900 <= row.second < 1500 else "7700" if 1500 <= row.second < 2100 else "1000"
        rows.append(replace(row, squawk=code))
    return opensky(rows + fly("3c6445", "DLH2", (49.0, 8.0), 90.0, 60.0, first_s=3))


def standing_7600() -> str:
    """A table that writes a code where it changes only: 7600 stands from one row on until the aircraft is gone."""
    rows = fly("3c6444", "DLH9LH", (50.0, 8.0), 90.0, 40.0) + fly("3c6445", "DLH2", (49.0, 8.0), 90.0, 40.0, first_s=3)
    text = "icao24,timestamp,lat,lon,altitude,speed,track,callsign,squawk\n"
    for row in sorted(rows, key=lambda one: one.second):
        code = (
            ("1000" if row.second == 0 else "7600" if row.second == 1200 else "") if row.address == "3c6444" else "2000"
        )
        text += f"{row.address},{1_772_323_200 + row.second},{row.lat:.5f},{row.lon:.5f},{row.feet:.0f},{row.knots:.0f},{row.course:.0f},{row.flight},{code}\n"
    return text


def laundering() -> str:
    """Two tankers meet for an hour by night and leave under each other's MMSI, name and IMO number (C4ADS, Unmasked, 2021)."""
    one, two = (
        Said(511_100_001, "OCEAN PEARL", 9_345_673, "T8A01", 80, 333),
        Said(518_900_002, "HAI FENG 9", 9_123_453, "E5U02", 80, 183),
    )
    meet = (38.5, -17.0)
    start = [tuple(float(v) for v in destination(*meet, back, 12.0 * 1.852 * 4.0)) for back in (180.0, 60.0)]
    first = sail(one, start[0], [(240.0, 12.0, 0.0), (70.0, 0.5, 200.0), (290.0, 12.0, 350.0)])
    toward = float(bearing_deg(start[1][0], start[1][1], meet[0], meet[1]))
    second = sail(two, start[1], [(239.7, 12.0, toward), (75.0, 0.5, 200.0), (285.0, 11.0, 250.0)], first_s=40)
    rows = neighbours(meet)
    for row in first + second:
        as_other = two if row.said is one else one
        rows.append(replace(row, said=as_other) if row.second >= 16_800 else row)
    return marinecadastre(rows)


STORIES = {
    "baltic": Story("states.jsonl", baltic, (("integrity", "mass_displacement"),), "GPS spoofing over the Baltic, 2024"),
    "sochi": Story("sochi.nmea", sochi, (("integrity", "mass_displacement"),), "C4ADS, Above Us Only Stars, 2019"),
    "shanghai": Story("shanghai.jsonl", shanghai, (("integrity", "circle_pattern"),) * 4, "MIT Technology Review, 15 November 2019"),
    "point_reyes": Story("reyes.csv", point_reyes, (("integrity", "circle_pattern"),), "SkyTruth, 26 May 2020"),
    "red_sea": Story("redsea.jsonl", red_sea, (("integrity", "mass_displacement"),), "Windward, May 2025"),
    "hormuz": Story("hormuz.csv", hormuz, (("integrity", "mass_displacement"),), "Windward, June 2025"),
    "clone": Story("clone.jsonl", clone, (("integrity", "shared_identity"),), "TankerTrackers on clones"),
    "duplicate_hull": Story("zombie.csv", duplicate_hull, (("integrity", "duplicate_identity"),), "Lloyd's List on zombie vessels, 2024"),
    "hops": Story("hops.csv", hops, (("integrity", "identity_transfer"),) * 2, "Lloyd's List on flag hopping, 2024"),
    "zombie": Story("hulk.csv", zombie, (("integrity", "identity_transfer"),), "Lloyd's List on zombie vessels, 2025"),
    "hop_after_hours": Story("later.jsonl", hop_after_hours, (("integrity", "identity_transfer"),), "Windward on flag hopping"),
    "silent_swap": Story("silent.jsonl", silent_swap, (("integrity", "identity_exchange"),), "C4ADS, Unmasked, 2021"),
    "change_of_places": Story("places.nmea", change_of_places, (("integrity", "identity_exchange"),), "C4ADS, Unmasked, 2021"),
    "names_swapped": Story("names.jsonl", names_swapped, (("integrity", "identity_exchange"),), "UN Panel of Experts, 2024"),
    "pair_at_airport": Story("beirut.jsonl", pair_at_airport, (("integrity", "mass_displacement"),), "OPSGROUP, 2024"),
    "one_ring": Story("ring.jsonl", one_ring, (("integrity", "mass_displacement"),), "OPSGROUP, 2024"),
    "few_reports": Story("few.csv", few_reports, (("integrity", "mass_displacement"),), "Windward, June 2025"),
    "renamed": Story("renamed.nmea", renamed, (("integrity", "identity_change"),), "UN Panel of Experts"),
    "base_station": Story("base.nmea", base_station, (), "IALA on AIS misuse"),
    "no_fix": Story("nofix.jsonl", no_fix, (("integrity", "displaced"),), "SkyTruth, 2016"),
    "unset": Story("unset.csv", unset, (), "aisstream/issues #104"),
    "swapped": Story("swapped.csv", swapped, (("integrity", "displaced"),), "GFW on bad positions"),
    "flight_sign": Story("sign.jsonl", flight_sign, (("integrity", "displaced"),), "OpenSky on decoding errors"),
    "drift": Story("drift.jsonl", drift, (("integrity", "displaced"),), "OPSGROUP, GPS spoofing, 2024"),
    "one_call_sign": Story("calls.jsonl", one_call_sign, (("integrity", "duplicate_identity"),), "call sign left in the transponder"),
    "scheduled_call_sign": Story("numbers.jsonl", scheduled_call_sign, (("integrity", "duplicate_identity"),), "the same"),
    "one_address": Story("address.jsonl", one_address, (("integrity", "shared_identity"),), "duplicates of military addresses"),
    "squawk_slip": Story("slip.jsonl", squawk_slip, (), "codes passed through"),
    "hijack": Story("hijack.jsonl", hijack, (("integrity", "emergency"),), "7500 and 7700"),
    "standing_7600": Story("table.csv", standing_7600, (("integrity", "emergency"),), "a code written where it changes"),
    "laundering": Story("swap.csv", laundering, (("encounter", "stopped"), ("integrity", "identity_exchange")), "C4ADS, Unmasked, 2021"),
}  # fmt: skip
