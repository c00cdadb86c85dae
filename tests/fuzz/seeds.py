"""Small seed streams and single units for the fuzz targets, all written by the encoders of ``tests.naive``."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

from tests.naive import adsb_encode, ais_bits

START_S = 1_700_000_000
ADDRESS = 0x4CA21A
"""Holds an escape byte of the Beast format."""
TICKS_PER_S = 12_000_000


def checked(body: str) -> str:
    """A tag block with its checksum."""
    return f"\\{body}*{ais_bits.checksum(body)}\\"


def ais_unit(rng: random.Random) -> bytes:
    """One message of any type, sound, as one of several loggers writes it."""
    kind = rng.choice([*ais_bits.LENGTHS, 6, 8, 15, 20, 25])
    if kind in ais_bits.LENGTHS:
        bits = ais_bits.random_bits(kind, rng)
    else:
        length = rng.choice([0, 34, 122, 500, 962])
        bits = f"{kind:06b}00{rng.randint(1, 10**9 - 1):030b}" + f"{rng.getrandbits(1000):01000b}"[:length]
    lines = []
    number, when, style = rng.randrange(10), START_S + rng.randrange(3600), rng.randrange(6)
    some = ais_bits.sentences(bits, number, rng.choice(["A", "B", ""]), rng.choice([20, 60, 80]))
    for part, sentence in enumerate(some, 1):
        tags = checked(f"g:{part}-{len(some)}-{number},s:st{number},c:{when}")
        forms = (
            sentence, f"{when}.250 {sentence}", f"{sentence},r00{number},{when}", tags + sentence,
            f"2023-11-14 22:13:{when % 60:02d}, {sentence}", checked(f"s:r{number},c:{when}500") + sentence,
        )  # fmt: skip
        lines.append(forms[style])
    return "\r\n".join(lines).encode() + b"\n"


def ais() -> bytes:
    """Forty messages and what else stands in logs."""
    rng = random.Random(1)
    pghp = "PGHP,1,2023,11,14,22,13,20,250,244,230,2449219,1,2B"
    junk = [b"# note\n", b"\n", b"$GPGGA,1*00\n", f"${pghp}*{ais_bits.checksum(pghp)}\n".encode(), b"!AIVDM,2,1,3,A,\n"]
    return b"".join(junk + [ais_unit(rng) for _ in range(40)])


TIMES = (
    b"2023-11-14T22:13:20Z ", b"[2023-11-14 22:13:20.5] ", b"2023.11.14 22:13 ", b"14/11/2023 22:13:20,", b"11/12/2023 10:13:20 PM ", b"20231114221320 ",
    b"20231114T221320Z ", b"Nov 14 22:13:20 gw x: ", b"Tue Nov 14 22:13:20 2023: ", b"Tue, 14 Nov 2023 23:13:20 +0100 ", b"22:13:20 ",
    b"1700000000123456789 ", b"-1700000000 ", b"2023:318:22:13:20 ", b"14.11.2023 22:13:20 CET ", b"2016-12-31 23:59:60 ", b"22:13:20 14/11/23 ",
)  # fmt: skip
"""Times as loggers write them, before a sentence."""


def ais_timed_unit(rng: random.Random) -> bytes:
    """A sentence with a time before or behind it, or the clock of a bus."""
    style, when = rng.randrange(8), START_S + rng.randrange(3_600) + rng.choice([0, 0, 0, 86_400, -1024 * 7 * 86_400])
    moment = datetime.fromtimestamp(when, UTC)
    if style == 0:
        body = f"{rng.choice(['GP', 'II'])}RMC,{moment:%H%M%S}.00,{rng.choice('AAAV')},,,,,,,{moment:%d%m%y},,,A"
        return f"${body}*{ais_bits.checksum(body)}\n".encode()
    if style == 1:
        clock = f"{moment.year:014b}{moment.month:04b}{moment.day:05b}{moment.hour:05b}{moment.minute:06b}{moment.second:06b}"
        return (ais_bits.sentences(f"{4:06b}00{rng.randint(1, 4):030b}{clock}" + "0" * 90)[0] + "\n").encode()
    sentence = ais_bits.sentences(ais_bits.random_bits(rng.choice([1, 5, 18]), rng), rng.randrange(10), "A", 60)
    time = rng.choice([*TIMES, b"", b""])
    if style == 2:
        return b"".join(one.encode() + b" " + time.strip() + b"\n" for one in sentence)
    return b"".join(time + one.encode() + b"\n" for one in sentence)


def ais_times() -> bytes:
    """Sixty lines of a bus, some with a time of their own."""
    rng = random.Random(21)
    return b"".join(ais_timed_unit(rng) for _ in range(60))


def nmea_json_unit(rng: random.Random) -> bytes:
    """A record of AIS-catcher's, or a batch of them."""
    sentences = ais_bits.sentences(ais_bits.random_bits(rng.choice([1, 5, 18]), rng), rng.randrange(10), "A", 60)
    when = START_S + rng.random() * 3_600
    record = rng.choice([
        {"class": "AIS", "rxtime": f"{datetime.fromtimestamp(when, UTC):%Y%m%d%H%M%S}", "rxuxtime": when, "nmea": sentences},
        {"timestamp": datetime.fromtimestamp(when, UTC).isoformat(), "sentence": sentences[0]},
        {"time": when, "msgs": [{"nmea": sentences}, {"nmea": sentences, "mmsi": 1}]},
    ])  # fmt: skip
    return json.dumps(record).encode() + b"\n"


def nmea_json() -> bytes:
    """Thirty records, a comment and a plain sentence."""
    rng = random.Random(22)
    plain = ais_bits.sentences(ais_bits.random_bits(1, rng))[0].encode()
    return b"# note\n" + plain + b"\n" + b"".join(nmea_json_unit(rng) for _ in range(30))


def frame(rng: random.Random) -> bytes:
    """One Mode S frame with right parity: half of them of known content, half of random bits."""
    address = ADDRESS + rng.randrange(3)
    lat_deg, lon_deg = rng.uniform(-89, 89), rng.uniform(-180, 180)
    choice = rng.randrange(9)
    if choice == 0:
        return adsb_encode.squitter(address, adsb_encode.airborne(lat_deg, lon_deg, rng.random() < 0.5))
    if choice == 1:
        return adsb_encode.squitter(address, adsb_encode.surface(lat_deg, lon_deg, rng.random() < 0.5))
    if choice == 2:
        return adsb_encode.squitter(address, adsb_encode.velocity(rng.randint(-900, 900), rng.randint(-900, 900)))
    if choice == 3:
        return adsb_encode.squitter(address, adsb_encode.identification("EIN5GV"))
    if choice == 4:
        return adsb_encode.all_call(address)
    if choice == 5:
        kind = rng.choice([0, 4, 5, 16, 20, 21])
        return adsb_encode.reply(kind, address, rng.getrandbits(13), mb=rng.getrandbits(56))
    if choice == 6:
        return adsb_encode.squitter(address, rng.getrandbits(56), df=18, capability=rng.randrange(8))
    return adsb_encode.squitter(address, rng.randrange(32) << 51 | rng.getrandbits(51))


def flight() -> list[tuple[int, bytes]]:
    """Ticks and frames of a few seconds of one aircraft."""
    rng = random.Random(2)
    steps = [(TICKS_PER_S + 12 * t, f) for t, f, _ in adsb_encode.flight(ADDRESS, 43.6, 1.4, 4)]
    return steps + [(TICKS_PER_S * 6 + n, frame(rng)) for n in range(20)]


def beast_unit(rng: random.Random) -> bytes:
    """One Beast message of any kind."""
    ticks = rng.choice([rng.randrange(1 << 48), TICKS_PER_S * 7, 0xFF004D4C4154])
    choice = rng.randrange(8)
    if choice == 0:
        return adsb_encode.receiver_id(rng.getrandbits(64)) + adsb_encode.beast(frame(rng), ticks)
    if choice == 1:
        return adsb_encode.beast(bytes(2), ticks) + b"\x1a4" + bytes(21) + b"\x1aP\x01\x1aW1"
    return adsb_encode.beast(frame(rng), ticks)


def beast() -> bytes:
    """A flight, with rubbish before it and a cut frame behind it."""
    body = b"".join(adsb_encode.beast(f, ticks) for ticks, f in flight())
    return b"rubbish\x1a\x1ax" + body + beast_unit(random.Random(3)) + body[:9]


def avr_unit(rng: random.Random) -> bytes:
    """One AVR line in one of its forms."""
    text, ticks = frame(rng).hex(), rng.randrange(1 << 48)
    forms = (
        f"*{text};",
        f"@{ticks:012x}{text};",
        f"<{ticks:012X}3F{text.upper()};",
        f"%{ticks:012x}{text};",
        f":{text};",
    )
    return rng.choice(forms).encode() + rng.choice([b"\n", b"\r\n", b""])


def avr() -> bytes:
    """A flight and the other forms."""
    rng = random.Random(4)
    lines = b"".join(f"@{ticks:012x}{f.hex()};\n".encode() for ticks, f in flight())
    return lines + b"*7700;\nhello\n*12zz;\n" + b"".join(avr_unit(rng) for _ in range(20))


def sbs1_unit(rng: random.Random) -> bytes:
    """One BaseStation line."""
    second = f"08:58:{rng.randrange(60):02d}.{rng.randrange(1000):03d}"
    row = ["MSG", str(rng.randint(1, 8)), "1", "1", f"{ADDRESS:06X}", "1", "2024/06/06", second, "2024/06/06", second]
    row += [rng.choice(["", "EIN5GV"]), rng.choice(["", "35000"]), rng.choice(["", "450"]), "", "", "", "-64", "0077"]
    row += ["0", "0", "0", rng.choice(["", "0", "-1"])]
    if rng.random() < 0.7:
        row[14:16] = [f"{rng.uniform(-90, 90):.5f}", f"{rng.uniform(-180, 180):.5f}"]
    return ",".join(row).encode() + b"\r\n"


def sbs1() -> bytes:
    """Twenty rows and what else stands between them."""
    rng = random.Random(5)
    return b"STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM\n\nrubbish\n" + b"".join(
        sbs1_unit(rng) for _ in range(20)
    )


def json_unit(rng: random.Random) -> bytes:
    """One JSON document of one of the shapes."""
    now, lat, lon = START_S + rng.randrange(100), rng.uniform(-90, 90), rng.uniform(-180, 180)
    aircraft = {"hex": f"{ADDRESS:06x}", "lat": lat, "lon": lon, "seen": 1, "seen_pos": 2.5, "alt_baro": "ground"}
    shapes = (
        {"now": now, "aircraft": [aircraft, {"hex": "~4ca21b", "seen": 3}]},
        {"timestamp": now, "frame": frame(rng).hex(), "df": "17"},
        {"icao": "4ca21a", "timestamp": now, "trace": [[0, lat, lon, 35000, 450.5, 90.0, 0, 64], [9.5, lat, lon]]},
        {"time": now, "states": [["4ca21a", "EIN5GV ", "Ireland", now, now, lon, lat, 9000, False, 230, 90, 0]]},
        {"icao24": "4ca21a", "timestamp": now * 1000, "latitude": lat, "longitude": lon, "callsign": "EIN5GV"},
        [{"icao24": "4ca21a", "timestamp": now, "latitude": lat, "longitude": lon}] * 2,
        {"ac": [aircraft | {"alt_baro": "ground", "r": "EI-ABC"}], "msg": "No error", "now": now * 1000},
        {
            "Message": {
                "PositionReport": {"Latitude": lat, "Longitude": lon, "Sog": 10.2, "Cog": 360, "RateOfTurn": -128}
            },
            "MessageType": "PositionReport",
            "MetaData": {"MMSI": 219001234, "ShipName": "ORMEN", "time_utc": "2024-06-06 08:58:39 +0000 UTC"},
        },
        [
            {"ERROR": False, "FORMAT": "AIS"},
            [
                {
                    "MMSI": 219001234,
                    "TIME": now,
                    "LATITUDE": lat,
                    "LONGITUDE": lon,
                    "COG": 1,
                    "SOG": 2,
                    "NAVSTAT": 0,
                    "DRAUGHT": 5.5,
                    "ETA": "03-02 06:00",
                }
            ],
        ],
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [lon, lat]},
                    "properties": {"mmsi": 219001234, "timestampExternal": now * 1000, "rot": 4},
                }
            ],
        },
        {
            "context": "vessels.urn:mrn:imo:mmsi:219001234",
            "updates": [
                {
                    "timestamp": "2024-06-06T08:58:39Z",
                    "values": [
                        {"path": "navigation.position", "value": {"latitude": lat, "longitude": lon}},
                        {"path": "", "value": {"name": "ORMEN"}},
                    ],
                }
            ],
        },
        {
            "icao24": {"0": "4ca21a", "1": "4ca21b"},
            "time": {"0": now, "1": now},
            "lat": {"0": lat, "1": lat},
            "lon": {"0": lon, "1": lon},
        },
        {"219001234": {"mmsi": 219001234, "time": now, "lat": lat, "lon": lon, "imo": "9074729"}},
    )
    indent = rng.choice([None, None, None, 1])
    return json.dumps(rng.choice(shapes), indent=indent).encode() + b"\n"


def json_lines() -> bytes:
    """Documents of every shape, one a line."""
    rng = random.Random(6)
    return b"".join(json_unit(rng) for _ in range(45))


def csv_unit(rng: random.Random) -> bytes:
    """One row."""
    when = rng.choice(["2024-06-06T08:58:39", "2024-06-06 08:58:40", str(START_S)])
    name = rng.choice(["", "ORMEN", '"ORMEN, II"', '"ORMEN ""3"""'])
    row = [str(219_001_234), when, f"{rng.uniform(-90, 90):.5f}", f"{rng.uniform(-180, 180):.5f}", "10.5", "270", name]
    return ",".join(row).encode() + b"\n"


def csv() -> bytes:
    """A table with a header, comments before it and a second header in it."""
    rng = random.Random(7)
    head = b"mmsi,timestamp,latitude,longitude,speed,course,name\n"
    rows = [csv_unit(rng) for _ in range(20)]
    return b"# made\n\n" + head + b"".join(rows[:10]) + head + b"".join(rows[10:])
