"""Everything that ``replay`` reads, containers and encodings included: opened, unpacked, recognised, decoded and accounted for, as it does it.

``python -m tests.fuzz.readers SECONDS|COUNTx [CORPUS_FOLDER]``, started by ``deploy/fuzz readers``; ``5000000x`` ends after so many inputs. Inputs are mutations
of small pieces of the seeds and of the files of the folder that ``TIDEWAITER_FUZZ_INPUTS`` names, plain or in up to two containers, which are damaged too.
Each recording is one input: a member of an archive is one. What must hold:

1. It ends as the command would: with exit code 0, 2 or 3, which are an input read, refused in a sentence, or read and told to give nothing. No exception else.
2. Nothing is set aside for a fault of the program; units in = decoded + rejected.
3. Every text of a row, a reject and a sentence is printable.
4. Memory stays below ``MOST_BYTES`` beyond what it was after the first inputs.

A failing input is written to the corpus folder; ``python -m tests.fuzz.readers --repeat FILE`` does it again.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import re
import resource
import sys
import tarfile
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import zstandard

from streams.archives import Spool
from tests.fuzz import seeds
from tests.fuzz.mutate import mutated, units_of, with_checksums
from tests.fuzz.targets import TARGETS
from tests.fuzz.whole import HOSTILE, fresh
from tracker.decode.base import Decoded
from tracker.decode.rejects import RejectCause
from tracker.errors import InputError
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.inputs.gave import Gave
from tracker.inputs.opening import open_recordings
from tracker.inputs.sidecar import TimesSaid
from tracker.printable import printable
from tracker.schema import ColumnBatch

MOST_BYTES: Final = 1 << 30
_PIECE_BYTES: Final = 700
_FILE_BYTES: Final = 3_000
_WARM_INPUTS: Final = 2_000
_LINES: Final = re.compile(rb"(?<=\n)")
_TOKENS: Final = re.compile(rb'(?<=[,:{}\[\]"\s])')
_TIMES: Final = (
    TimesSaid(), TimesSaid(), TimesSaid(undated="2023-11-14T22:13:20Z"), TimesSaid(undated="mtime", date_order="dmy"),
    TimesSaid(date_order="mdy", zone="Europe/Copenhagen"), TimesSaid(undated="2023-11-14T22:13:20Z", clock="gps"),
)  # fmt: skip
_PAGE_BYTES: Final = resource.getpagesize()

Member = tuple[str, bytes]


class Reader:
    """Reads inputs as ``replay`` does."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "input"
        self._aerodromes_deg = WorldPlaces.load().airports.positions_deg
        self.inputs = self.rows = self.units = 0
        self.codes: Counter[int] = Counter()
        self.kinds: Counter[str] = Counter()
        self._at_first_bytes = 0

    def read(self, data: bytes, seed: int = 0) -> int:
        """All that must hold; the exit code."""
        self._path.write_bytes(data)
        with Spool() as spool:
            try:
                opened = open_recordings([self._path], spool)
                gave = [self._input(one, seed + number) for number, one in enumerate(opened.recordings)]
            except InputError as exc:
                assert printable(str(exc)) == str(exc), exc
                self.inputs += 1
                self.codes[2] += 1
                return 2
        code = 3 if any(one.nothing for one in gave) or opened.refused else 0
        self.inputs += len(gave) + len(opened.refused)
        self.codes[code] += 1
        if self.inputs >= _WARM_INPUTS and not self._at_first_bytes:
            self._at_first_bytes = resident_bytes()
        if self._at_first_bytes and gave and not seed % 64:
            beyond = resident_bytes() - self._at_first_bytes
            assert beyond < MOST_BYTES, f"{beyond:,} bytes beyond the start"
        return code

    def _input(self, recognised: Any, seed: int) -> Gave:
        one = open_input(recognised, 0, _TIMES[seed % len(_TIMES)], self._aerodromes_deg)
        for decoded in one.decoded(1 << 20, with_others=True):
            self._check_texts(decoded)
            self.rows += len(decoded.positions)
        counts = one.counts
        faults = [sample.note for sample in counts.rejects.samples if sample.cause is RejectCause.PROGRAM_FAULT]
        assert not faults, faults
        assert counts.units_in == counts.units_decoded + counts.rejects.total, (one.kind, counts)
        assert all(sample.text.isprintable() for sample in counts.rejects.samples)
        self.units += counts.units_in
        self.kinds[str(one.kind)] += 1
        return Gave.of(one)

    def _check_texts(self, decoded: Decoded) -> None:
        for batch in (decoded.positions, decoded.statics):
            for column in batch.COLUMNS:
                if column.dtype.startswith("S"):
                    check_text(batch, column.name)
        for other in decoded.others:
            assert other.station.isascii() and other.station.isprintable(), other.station


def check_text(batch: ColumnBatch, name: str) -> None:
    """Texts of a column are printable ASCII."""
    values = getattr(batch, name)
    for value in set(values.tolist()) if len(values) else ():
        text = value.decode("ascii")
        assert text.isprintable(), (name, value)


def resident_bytes() -> int:
    """Memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES


def zipped(members: Sequence[Member], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name twice is meant
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def tarred(members: Sequence[Member], form: int = tarfile.USTAR_FORMAT) -> bytes:
    """A tar."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form, bufsize=1024) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


_PACKERS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    partial(gzip.compress, compresslevel=1), partial(gzip.compress, compresslevel=1), bz2.compress, zstandard.ZstdCompressor(level=1).compress,
    zstandard.ZstdCompressor(level=1).compress, partial(lzma.compress, preset=0),
)  # fmt: skip
_CONTAINERS: Final[tuple[Callable[[Sequence[Member]], bytes], ...]] = (
    zipped, zipped, partial(zipped, method=zipfile.ZIP_DEFLATED), tarred, partial(tarred, form=tarfile.PAX_FORMAT), partial(tarred, form=tarfile.GNU_FORMAT),
)  # fmt: skip
_NAMES: Final = (
    "a.csv",
    "b.nmea",
    "d/c.json",
    "e.csv.gz",
    "e.csv.gz.json",
    "README",
    "../f",
    ".g",
    "é.txt",
    "h" * 90,
    "\x1b[2J",
    "/i",
)
_SLOW: Final = (".csv", ".json", ".jsonl", ".parquet")
_TABLES_SHARE: Final = 0.12
"""Of tables and JSON, whose readers take milliseconds for the smallest input where the others take a tenth of that."""
_ENCODINGS: Final = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig")


class Mill:
    """Makes inputs."""

    def __init__(self, rng: random.Random, folder: Path | None) -> None:
        self._rng = rng
        self.pieces: list[tuple[str | None, bytes]] = []
        self.tables: list[tuple[str | None, bytes]] = []
        for name, target in TARGETS.items():
            units = units_of(target.seed(), target.separator)
            head = units[:1] if name == "csv" else []
            some = [(name, b"".join(head + units[at : at + 5])) for at in range(0, len(units), 5)]
            (self.tables if name in ("csv", "json") else self.pieces).extend(some)
        for path in sorted(folder.rglob("*")) if folder is not None else ():
            if path.is_file() and path.suffix != ".args" and path.name != "expect.txt":
                piece = (None, path.read_bytes()[:_FILE_BYTES])
                (self.tables if path.suffix in _SLOW else self.pieces).append(piece)

    def input(self) -> bytes:
        """One file."""
        rng = self._rng
        how = rng.random()
        if how < 0.25:
            return self.recording()
        if how < 0.35:
            return self.damaged(rng.choice(_PACKERS)(self.recording()))
        if how < 0.40:
            return self.recording().decode("latin-1").encode(rng.choice(_ENCODINGS))
        members = [(rng.choice(_NAMES), self.recording()) for _ in range(rng.randint(4, 12))]
        if rng.random() < 0.1:
            name, content = members[0]
            members[0] = (name, rng.choice(_PACKERS)(content))
        data = self.damaged(rng.choice(_CONTAINERS)(members))
        if how > 0.95:
            data = self.damaged(rng.choice(_CONTAINERS)([(rng.choice(_NAMES), data), *members[:1]]))
        if how > 0.90:
            data = self.damaged(rng.choice(_PACKERS)(data))
        return data

    def recording(self) -> bytes:
        """One mutated piece."""
        rng = self._rng
        name, data = rng.choice(self.tables if rng.random() < _TABLES_SHARE else self.pieces)
        separator = TARGETS[name].separator if name and rng.random() < 0.6 else rng.choice([_LINES, _TOKENS])
        unit = partial(fresh, name) if name else seeds.csv_unit
        most = _PIECE_BYTES if name else _FILE_BYTES
        out = mutated(data, rng, separator, unit, HOSTILE, most)
        return with_checksums(out) if name in ("ais", None) and rng.random() < 0.4 else out

    def damaged(self, data: bytes) -> bytes:
        """A container with or without some bytes changed, cut or put in."""
        rng = self._rng
        if rng.random() < 0.6 or not data:
            return data
        broken = bytearray(data)
        for _ in range(rng.choice([1, 1, 2, 5])):
            at = rng.randrange(len(broken)) if broken else 0
            kind = rng.randrange(5)
            if kind <= 1 and broken:
                broken[at] = rng.randrange(256)
            elif kind == 2:
                broken[at : at + rng.randint(1, 30)] = rng.randbytes(rng.randint(0, 30))
            elif kind == 3:
                broken[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"])
            else:
                del broken[at:]
        return bytes(broken)


def main() -> None:
    """Go on until the time is over or so many inputs were read; every failure is written down, and ends the run with 1."""
    warnings.simplefilter("ignore", RuntimeWarning)  # numpy's own, of columns with damaged numbers
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as work:
        reader = Reader(Path(work))
        if sys.argv[1] == "--repeat":
            path = Path(sys.argv[2])
            sys.stderr.write(f"exit code {reader.read(path.read_bytes(), int(path.name.rpartition('-')[2]))}\n")
            return
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("fuzz-corpus") / "readers"
        folder.mkdir(parents=True, exist_ok=True)
        named = os.environ.get("TIDEWAITER_FUZZ_INPUTS")
        seed = int(os.environ.get("TIDEWAITER_FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
        mill = Mill(random.Random(seed), None if named is None else Path(named))
        sys.exit(1 if run(mill, reader, sys.argv[1], folder, seed) else 0)


def run(mill: Mill, reader: Reader, how_long: str, folder: Path, seed: int) -> int:
    """How many failures there were."""
    failures = files = 0
    known: set[str] = set()
    most = int(how_long.removesuffix("x")) if how_long.endswith("x") else 1 << 62
    began, end = time.monotonic(), float("inf") if how_long.endswith("x") else time.monotonic() + float(how_long)
    cpu_s = time.process_time()
    while reader.inputs < most and time.monotonic() < end:
        data = mill.input()
        files += 1
        try:
            reader.read(data, files)
        except Exception:
            failures += 1
            reader.inputs += 1
            told = traceback.format_exc()
            if told not in known and len(known) < 100:
                known.add(told)
                path = folder / f"crash-{seed}-{files}"
                path.write_bytes(data)
                sys.stderr.write(f"{path}\n{told}\n")
        if not files % 20_000:
            sys.stderr.write(f"{reader.inputs:,} inputs, {failures} failures\n")
    cpu_s = time.process_time() - cpu_s
    about = {
        "seed": seed, "inputs": reader.inputs, "files": files, "units": reader.units, "rows": reader.rows, "failures": failures,
        "exit_codes": dict(sorted(reader.codes.items())), "kinds": dict(sorted(reader.kinds.items())), "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(cpu_s, 1), "inputs_per_cpu_second": round(reader.inputs / max(cpu_s, 1e-9)), "resident_mb": resident_bytes() >> 20,
    }  # fmt: skip
    sys.stderr.write(json.dumps(about) + "\n")
    return failures


if __name__ == "__main__":
    main()
