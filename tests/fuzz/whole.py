"""Everything that bytes pass through, one after the other: line and decoder, row builder, reorder, detectors, desk, store, snapshots.

``python -m tests.fuzz.whole SECONDS [CORPUS_FOLDER]``, started by ``deploy/fuzz whole``. Inputs are mutations of the seeds, and of the files of the
folder that ``TIDEWAITER_FUZZ_INPUTS`` names, if any. What must hold for each:

1. No exception, and nothing set aside for a fault of the program: quarantine is the net, not the excuse.
2. Whatever the cuts, and with lines put away and taken up again in between: same rows, same counts.
3. Every row is stored; the timeline put away and taken up again goes on.

A failing input is written to the corpus folder; ``python -m tests.fuzz.whole --repeat FILE`` does it again.
"""

from __future__ import annotations

import base64
import json
import os
import random
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from streams.files import peek
from streams.frontier import FrontierConfig
from streams.source import Chunk
from tests.fuzz.mutate import mutated, with_checksums
from tests.fuzz.targets import TARGETS
from tracker.alerts.desk import AlertDesk
from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.decode.base import Decoded, DecoderCounts
from tracker.decode.formats import FORMATS as INPUT_FORMATS
from tracker.decode.formats import InputKind
from tracker.decode.rejects import RejectCause
from tracker.engine.build import build_timeline
from tracker.engine.engine import Engine
from tracker.engine.feeds import Feeds
from tracker.engine.timeline import Timeline
from tracker.errors import TrackerError
from tracker.geography.places import WorldPlaces
from tracker.geography.zones import NO_ZONES
from tracker.inputs import open_input
from tracker.inputs.sidecar import TimesSaid
from tracker.positions import PositionBatch
from tracker.replay.recorder import ReplayRecorder
from tracker.settings import load_settings
from tracker.statics import StaticBatch
from tracker.store import append
from tracker.store.database import Database
from tracker.store.others import other_messages
from tracker.units import iso_time
from tracker.watch.lines import Line

RECEIVED_US: Final = 1_700_000_100_000_000
FORMATS: Final = {
    name: "json" if target.kind is InputKind.READSB_JSON else INPUT_FORMATS[target.kind].setting or "auto"
    for name, target in TARGETS.items()
}
"""What a line is told of each target: its format, or to find out."""
HOSTILE: Final = (
    *sorted({piece for target in TARGETS.values() for piece in target.hostile}),
    b'"\\ud800"', b'"\\udfff\\ud800"', b"1e308", b"-1e308", b"1e-320", b"-0.0", b"9223372036854775807", b"-9223372036854775809",
    b"18446744073709551616", b"1" * 400, b"Infinity", b"-Infinity", b"\r", b"\xc3(", b"\xf0\x9f", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xa8",
    b'{"a":' * 60, b'"lat":1,"lat":2,', b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59Z", b"2024-02-30", b"\x1a", b"\\", b"true", b"[[]]", b'"mmsi":"\\u0000",',
)  # fmt: skip
_LINES: Final = re.compile(rb"(?<=\n)")
_TOKENS: Final = re.compile(rb'(?<=[,:{}\[\]"\s])')
_ALIKE: Final = ("nmea", "sbs1", "json")
"""Formats of which every cut gives the same rows. A receiver's own clock is held against the instant a block was received, and what is recognised of
a piece may be recognised otherwise of the whole: there the same blocks give the same rows, as a journal does."""
_MOST_BYTES: Final = 1 << 14
_INPUTS_A_WORLD: Final = 300


@dataclass(frozen=True)
class Case:
    """One input: the format the line is told, the bytes, and the seed of the cuts."""

    form: str
    """``file`` is a recorded file."""
    data: bytes
    cuts: int

    def to_text(self) -> str:
        """For whoever repeats it."""
        return json.dumps({"form": self.form, "cuts": self.cuts, "data": base64.b64encode(self.data).decode()})

    @classmethod
    def of_text(cls, text: str) -> Case:
        """The inverse of :meth:`to_text`."""
        found = json.loads(text)
        return cls(found["form"], base64.b64decode(found["data"]), found["cuts"])


class World:
    """Detectors and store that inputs go through one after the other."""

    def __init__(self) -> None:
        self._places = WorldPlaces.load()
        self._settings = load_settings()
        self.events: Counter[str] = Counter()
        self.rows = 0
        self._begin()

    def check(self, case: Case) -> DecoderCounts:
        """All that must hold; what was counted."""
        if case.form == "file":
            return self._check_file(case.data)
        rng = random.Random(case.cuts)
        whole, cut = self._line(case.form), self._line(case.form)
        given = [decoded_of(whole, case.data, len(case.data))]
        parts: list[Decoded] = []
        at = 0
        while at < len(case.data):
            size = rng.choice([1, 3, 50, 400, 3_000])
            parts.append(decoded_of(cut, case.data[at : at + size], at + size))
            at += size
            if rng.random() < 0.1:
                kept, cut = cut.snapshot(), self._line(case.form)
                cut.restore(kept)
        for line in (whole, cut):
            counts = line.counts
            faults = [sample.note for sample in counts.rejects.samples if sample.cause is RejectCause.PROGRAM_FAULT]
            assert not faults, faults
        if case.form in _ALIKE:
            same(given, parts)
            assert whole.counts.units_in == cut.counts.units_in
            assert whole.counts.rejects.counts == cut.counts.rejects.counts
            assert whole.progress == cut.progress
        self._use(given[0], rng)
        return whole.counts

    def _check_file(self, data: bytes) -> DecoderCounts:
        """The same bytes as a recorded file."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "input"
            path.write_bytes(data)
            try:
                one = open_input(path, 0, TimesSaid(undated=iso_time(RECEIVED_US)))
                decoded = list(one.decoded(1 << 12, with_others=True))
            except TrackerError:
                return DecoderCounts()  # told in a sentence
            assert not one.counts.rejects.counts[RejectCause.PROGRAM_FAULT], one.counts.rejects.samples
            for some in decoded:
                self._use(some, random.Random(1))
            return one.counts

    def _line(self, form: str) -> Line:
        return Line(0, "net", "0", "net", "feed", form, aerodromes_deg=self._places.airports.positions_deg)

    def _use(self, decoded: Decoded, rng: random.Random) -> None:
        for batch in (decoded.positions, decoded.statics):
            assert len(type(batch).from_arrow(batch.to_arrow())) == len(batch)
        if decoded.others:
            self._store.write(other_messages(decoded.others, "net"))
        self._store.write(append.held(decoded.positions, decoded.statics, lambda _: "net"))
        self._engine.feed(0, decoded)
        self._engine.step()
        if rng.random() < 0.1:
            kept = self._engine.timeline_snapshot(), self._engine.rest_snapshot()
            self._engine.begin_anew()
            self._engine.restore(*kept)
        self._store.commit()
        assert not self._store.take_faults()
        self.rows += len(decoded.positions)
        self._used += 1
        if self._used >= _INPUTS_A_WORLD:
            self._engine.close_source(0)
            self._engine.finish()
            assert not self._store.take_faults()
            self.events.update(self._recorder.events)
            self._store.close()
            self._begin()

    def _begin(self) -> None:
        self._used = 0
        self._store = Database(None)
        self._recorder = ReplayRecorder(self._store, lambda _: "net")
        self._engine = Engine(
            self._new_timeline,
            lambda linker: AlertDesk(linker, self._settings["alerts"]),
            FrontierConfig(lateness_us=60_000_000),
            self._recorder,
        )
        self._engine.open_source(0)

    def _new_timeline(self) -> Timeline:
        book = CargoBook()
        linker = CargoLinker(book, self._places.resolve_location)
        return build_timeline(self._settings, linker, self._places, NO_ZONES, Feeds(["feed"]))


def decoded_of(line: Line, data: bytes, position: int) -> Decoded:
    """What some bytes of the line give."""
    decoded = line.decode(Chunk("0", data, RECEIVED_US, str(position)))
    line.take(decoded)
    # the position of the last piece may be beyond the end
    line.progress.position = ""
    return decoded


def same(one: list[Decoded], other: list[Decoded]) -> None:
    """The same rows."""
    for name, kind in (("positions", PositionBatch), ("statics", StaticBatch)):
        a, b = (kind.concat(getattr(part, name) for part in parts) for parts in (one, other))
        assert len(a) == len(b), f"{len(a)} and {len(b)} {name}"
        for column in kind.COLUMNS:
            left, right = getattr(a, column.name), getattr(b, column.name)
            assert np.array_equal(left, right, equal_nan=left.dtype.kind == "f"), f"{column.name} differs between cuts"


class Mill:
    """Makes cases."""

    def __init__(self, rng: random.Random, folder: Path | None) -> None:
        self._rng = rng
        self.seeds = [(name, target.seed()) for name, target in TARGETS.items()]
        self.files: list[bytes] = []
        for path in sorted(folder.rglob("*")) if folder is not None else ():
            if path.is_file():
                self.files += [path.read_bytes()[:_MOST_BYTES], peek(path, _MOST_BYTES)]

    def case(self) -> Case:
        """A mutation of a seed, of one kept, or of a file."""
        rng = self._rng
        if self.files and rng.random() < 0.3:
            data, form = rng.choice(self.files), rng.choice(["auto", "auto", *FORMATS.values()])
            data = mutated(data, rng, rng.choice([_LINES, _TOKENS]), partial(fresh, None), HOSTILE, _MOST_BYTES)
        else:
            name, data = rng.choice(self.seeds)
            target = TARGETS[name]
            separator = rng.choice([target.separator, _TOKENS])
            hostile = HOSTILE if rng.random() < 0.7 else target.hostile
            data = mutated(data, rng, separator, partial(fresh, name), hostile, _MOST_BYTES)
            form = FORMATS[name] if rng.random() < 0.9 else rng.choice(["auto", *FORMATS.values()])
        if rng.random() < 0.3:
            data = with_checksums(data)
        return Case("file" if rng.random() < 0.2 else form, data, rng.getrandbits(32))


def fresh(name: str | None, rng: random.Random) -> bytes:
    """A sound unit of a format, or of any."""
    return TARGETS[name or rng.choice(list(TARGETS))].fresh(rng)


def main() -> None:
    """Read the arguments and go on until the time is over; every failure is written down, and ends the run with 1."""
    warnings.simplefilter("ignore", RuntimeWarning)  # numpy's own, of columns with damaged numbers
    if sys.argv[1] == "--repeat":
        World().check(Case.of_text(Path(sys.argv[2]).read_text(encoding="ascii")))
        return
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("fuzz-corpus") / "whole"
    folder.mkdir(parents=True, exist_ok=True)
    named = os.environ.get("TIDEWAITER_FUZZ_INPUTS")
    seed = int(os.environ.get("TIDEWAITER_FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    rng = random.Random(seed)
    mill, world = Mill(rng, None if named is None else Path(named)), World()
    inputs = failures = 0
    traits: set[Any] = set()
    known: set[str] = set()
    end = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < end:
        case = mill.case()
        inputs += 1
        try:
            counts = world.check(case)
        except Exception:
            told = traceback.format_exc()
            failures += 1
            if told not in known:
                known.add(told)
                path = folder / f"crash-{seed}-{inputs}"
                path.write_text(case.to_text(), encoding="ascii")
                sys.stderr.write(f"{path}\n{told}\n")
            world._begin()
            continue
        trait = (case.form, frozenset(counts.messages), frozenset(counts.rejects.counts))
        if trait not in traits:
            traits.add(trait)
            name = next((name for name, form in FORMATS.items() if form == case.form), "csv")
            mill.seeds.append((name, case.data))
    sys.stderr.write(
        f"whole, seed {seed}: {inputs:,} inputs, {world.rows:,} rows, {sum(world.events.values()):,} events, {len(mill.seeds)} kept, "
        f"{failures} failures\n"
    )
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
