"""One decoder over one file, timed inside its own process: ``python decoders.py NAME FILE SECONDS``.

Prints one JSON line: units decoded, wall and CPU seconds, version. Imports, reading the file, kernel compilation and one warm-up
pass are not counted. Run by ``tidewaiter bench decode``, which alternates the decoders so that a drifting machine hits all alike.
pyModeS is GPL: it is imported here, in a process of its own, and nowhere in the program.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

US_PER_S = 1_000_000


def content(path: str) -> bytes:
    raw = open(path, "rb").read()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def blocks(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def blocks_of_lines(data: bytes, lines: int) -> list[bytes]:
    rows = data.splitlines(keepends=True)
    return [b"".join(rows[at : at + lines]) for at in range(0, len(rows), lines)]


def ours_ais(cut: Callable[[bytes], list[bytes]]) -> Callable[[bytes], Callable[[], int]]:
    from tracker.decode.ais import AisDecoder
    from tracker.decode.input_times import InputTimes
    from tracker.units import Micros

    def prepare(data: bytes) -> Callable[[], int]:
        pieces = cut(data)

        def once() -> int:
            decoder = AisDecoder(0, times=InputTimes(undated_us=Micros(US_PER_S * 1_500_000_000)))
            for piece in pieces:
                decoder.decode(piece)
            decoder.flush()
            return decoder.counts.units_in

        return once

    return prepare


def pyais_fields(data: bytes) -> Callable[[], int]:
    """pyais as its users run it: stream, is_valid, decode to fields. Prefixes and tag blocks are cut off beforehand."""
    from pyais.stream import IterMessages

    lines = [line[at:].split(b"\r")[0] for line in data.splitlines() if (at := line.find(b"!")) >= 0]

    def once() -> int:
        for message in IterMessages(lines):
            if message.is_valid:
                try:
                    message.decode().asdict()
                except Exception:
                    continue
        return len(lines)

    return once


def ours_beast(cut: Callable[[bytes], list[bytes]]) -> Callable[[bytes], Callable[[], int]]:
    from tracker.decode.adsb import BeastDecoder
    from tracker.decode.input_times import InputTimes
    from tracker.units import Micros

    def prepare(data: bytes) -> Callable[[], int]:
        pieces = cut(data)

        def once() -> int:
            decoder = BeastDecoder(0, times=InputTimes(undated_us=Micros(US_PER_S * 1_700_000_000)))
            for piece in pieces:
                decoder.decode(piece)
            decoder.flush()
            return decoder.counts.units_in

        return once

    return prepare


def beast_frames(data: bytes) -> Iterator[tuple[float, str]]:
    """Frames as seconds and hex, for decoders that take them one by one."""
    at = 0
    while at < len(data) - 1:
        size = {0x32: 7, 0x33: 14}.get(data[at + 1], 0)
        if data[at] != 0x1A or not size:
            at += 1
            continue
        raw, at = bytearray(), at + 2
        while len(raw) < 7 + size and at < len(data):
            raw.append(data[at])
            at += 2 if data[at] == 0x1A else 1
        yield int.from_bytes(raw[:6], "big") / 12e6, raw[7:].hex()


def rs1090_batch(data: bytes) -> Callable[[], int]:
    import rs1090

    frames = list(beast_frames(data))
    times, texts = [t for t, _ in frames], [x for _, x in frames]

    def once() -> int:
        rs1090.decode(texts, times)
        return len(texts)

    return once


def pymodes_pipe(data: bytes) -> Callable[[], int]:
    from pyModeS import PipeDecoder

    frames = list(beast_frames(data))

    def once() -> int:
        pipe = PipeDecoder()
        for seconds, text in frames:
            pipe.decode(text, timestamp=seconds)
        return len(frames)

    return once


def ours_json(data: bytes) -> Callable[[], int]:
    from tracker.decode.json_lines.decoder import JsonDecoder

    pieces = blocks(data, 1 << 20)

    def once() -> int:
        decoder = JsonDecoder(0)
        for piece in pieces:
            decoder.decode(piece)
        decoder.flush()
        return decoder.counts.units_in

    return once


def polars_json(data: bytes) -> Callable[[], int]:
    """Polars, which parses the lines and gives the columns that ours reads: no unit, no check, no craft, no static report."""
    import io

    import polars as pl

    names = set(pl.read_ndjson(io.BytesIO(data), infer_schema_length=None, ignore_errors=True).columns)
    wanted = sorted(names - {"mlat", "tisb", "nav_modes", "rssi", "messages"})

    def once() -> int:
        return pl.read_ndjson(io.BytesIO(data), infer_schema_length=1_000, ignore_errors=True).select(wanted).height

    return once


def ours_csv(data: bytes) -> Callable[[], int]:
    from tracker.decode.tables.positions_csv import PositionsCsvDecoder

    pieces = blocks(data, 1 << 20)

    def once() -> int:
        decoder = PositionsCsvDecoder(0)
        for piece in pieces:
            decoder.decode(piece)
        decoder.flush()
        return decoder.counts.units_in

    return once


def polars_csv(data: bytes) -> Callable[[], int]:
    """The columns that ours reads, as Polars reads them by itself: types found, times parsed; no checks, no rows refused."""
    import polars as pl

    from tracker.decode.tables.header import layout_of_beginning

    read = layout_of_beginning(data[:65_536])
    assert read is not None
    wanted = sorted({index for sources in read.sources.values() for index, _ in sources})
    separator = max(",;\t", key=lambda one: data[:2_000].count(one.encode()))

    def once() -> int:
        return pl.read_csv(
            io.BytesIO(data), columns=wanted, separator=separator, try_parse_dates=True, ignore_errors=True
        ).height

    return once


def ours_parquet(path: str) -> Callable[[], int]:
    from tracker.decode.base import DecoderCounts
    from tracker.decode.tables.positions_parquet import decode_parquet

    def once() -> int:
        counts = DecoderCounts()
        for _ in decode_parquet(path, 0, counts):
            pass
        return counts.units_in

    return once


def polars_parquet(path: str) -> Callable[[], int]:
    """The columns that ours reads, nothing done with them."""
    import polars as pl

    from tracker.decode.tables.positions_parquet import parquet_layout

    read = parquet_layout(path)
    wanted = sorted({read.names[index] for sources in read.sources.values() for index, _ in sources})
    return lambda: pl.read_parquet(path, columns=wanted).height


DECODERS: dict[str, tuple[str, Callable[[], Callable[[Any], Callable[[], int]]]]] = {
    "tidewaiter, 1 MB blocks": ("ais", lambda: ours_ais(lambda data: blocks(data, 1 << 20))),
    "tidewaiter, 20 lines": ("ais", lambda: ours_ais(lambda data: blocks_of_lines(data, 20))),
    "pyais": ("ais", lambda: pyais_fields),
    "tidewaiter beast, 1 MB blocks": ("beast", lambda: ours_beast(lambda data: blocks(data, 1 << 20))),
    "tidewaiter beast, 20 frames": ("beast", lambda: ours_beast(lambda data: blocks(data, 20 * 22))),
    "tidewaiter json lines, 1 MB blocks": ("json", lambda: ours_json),
    "polars json lines": ("json", lambda: polars_json),
    "tidewaiter csv, 1 MB blocks": ("csv", lambda: ours_csv),
    "polars csv": ("csv", lambda: polars_csv),
    "tidewaiter parquet": ("parquet", lambda: ours_parquet),
    "polars parquet": ("parquet", lambda: polars_parquet),
    "rs1090": ("beast", lambda: rs1090_batch),
    "pyModeS": ("beast", lambda: pymodes_pipe),
}
PACKAGES = {
    "pyais": "pyais",
    "rs1090": "rs1090",
    "pyModeS": "pyModeS",
    "polars json lines": "polars",
    "polars csv": "polars",
    "polars parquet": "polars",
}


def main() -> None:
    name, path, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    package = PACKAGES.get(name)
    try:
        kind, decoder = DECODERS[name]
        once = decoder()(path if kind == "parquet" else content(path))
    except ImportError:
        sys.stdout.write(json.dumps({"name": name, "missing": package}) + "\n")
        return
    units = once()
    wall, cpu, passes = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - wall < seconds or passes == 0:
        once()
        passes += 1
    result = {
        "name": name,
        "units": units * passes,
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "version": version(package) if package else version("tidewaiter"),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
