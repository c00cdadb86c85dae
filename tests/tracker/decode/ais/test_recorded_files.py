"""Recorded files of many receivers: counts by type equal pyais's, truth files field by field.

pyais counts sentences whose checksum is right and whose fragments are all there; prefixes and suffixes it does not read
are taken off for it. ``DIFFERENCES`` are the messages where the two part on purpose (docs/decoding-ais.md says why).
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyais.stream import IterMessages

from tracker.decode.ais import AisDecoder
from tracker.decode.base import Decoded
from tracker.decode.input_times import InputTimes
from tracker.decode.rejects import RejectCause
from tracker.identity import number
from tracker.positions import PositionBatch
from tracker.statics import StaticBatch

_PREFIX = re.compile(rb"^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, |\d+\.\d+ )")
_SUFFIX = re.compile(rb"(\*[0-9A-F]{2})[,'].*$")

FILES = [
    "global_tagblock_5min.nmea.gz",
    "northwest_europe_28s.txt.gz",
    "southern_california_7min.ais.gz",
    "vernon_20160331.log.gz",
    "vernon_20160401.log.gz",
    "vernon_20160404.log.gz",
    "malformed/bad-tagblock-group.nmea",
    "malformed/bad-type5.nmea",
    "malformed/ee-multiline.nmea",
    "malformed/errors.nmea",
    "malformed/mixed_types.nmea",
    "malformed/multi-part.nmea",
    "malformed/sample.nmea",
    "malformed/single-message-type-5.nmea",
    "malformed/spire-test.nmea",
    "malformed/type1-bad-bitcount.nmea",
    "malformed/type8.nmea",
    "truth/gpsd/ais-nmea-type6-fid55.log",
    "truth/gpsd/sample.aivdm",
    "truth/libais/tagblock.nmea",
    "truth/libais/test.aivdm",
    "truth/libais/typeexamples.nmea",
]

# Ours minus pyais's.
DIFFERENCES: dict[str, dict[str, int]] = {
    "malformed/bad-type5.nmea": {"ais 5": 2},  # glued sentences, which pyais does not part
    "truth/libais/test.aivdm": {"ais 23": -1, "ais 27": -7},  # noise of a few bits: too_short
    "truth/gpsd/sample.aivdm": {"ais 21": 1},  # a comment behind the checksum
}


def read(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def decode(data: bytes) -> tuple[Decoded, AisDecoder]:
    decoder = AisDecoder(0, times=InputTimes(undated_us=1_000_000_000_000_000))
    out = [decoder.decode(data), decoder.flush()]
    return (
        Decoded(PositionBatch.concat(o.positions for o in out), StaticBatch.concat(o.statics for o in out)),
        decoder,
    )


def pyais_counts(data: bytes) -> Counter[str]:
    lines = [_SUFFIX.sub(rb"\1", _PREFIX.sub(b"", line.strip())) for line in data.splitlines()]
    counts: Counter[str] = Counter()
    for sentence in IterMessages([line for line in lines if line[:1] in (b"!", b"$", b"\\")]):
        if sentence.is_valid:
            message: Any = sentence.decode()
            if 0 < int(message.mmsi or 0) <= 999_999_999:  # others: bad_identity, or cut off before the MMSI
                counts[f"ais {message.msg_type}"] += 1
    return counts


@pytest.mark.parametrize("file", FILES)
def test_counts_by_type_equal_pyais(real_data: Path, file: str) -> None:
    data = read(real_data / "ais" / file)
    _, decoder = decode(data)
    counts = decoder.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total
    ours = Counter({kind: n for kind, n in counts.messages.items() if kind.removeprefix("ais ").isdecimal()})
    theirs = pyais_counts(data)
    assert {k: ours[k] - theirs[k] for k in ours | theirs if ours[k] != theirs[k]} == DIFFERENCES.get(file, {})


def test_every_line_that_gives_a_time_is_of_that_time(real_data: Path) -> None:
    data = read(real_data / "ais" / "southern_california_7min.ais.gz")
    decoded, _ = decode(data)
    first, last = (round(float(line.split()[0]) * 1e6) for line in (data.splitlines()[0], data.splitlines()[-1]))
    assert (decoded.positions.time_us >= first).all()
    assert (decoded.positions.time_us <= last).all()
    assert np.array_equal(decoded.positions.time_us, decoded.positions.received_us)


def test_gatehouse_lines_give_time_and_station_to_all_fragments(real_data: Path) -> None:
    decoded, decoder = decode(read(real_data / "ais" / "northwest_europe_28s.txt.gz"))
    assert decoder.counts.messages["ais pghp"] == 4051
    span_s = np.ptp(decoded.positions.time_us) / 1e6
    assert span_s < 30
    assert (decoded.positions.station != b"").mean() > 0.5


def same(value: float, theirs: Any, missing: set[Any], tolerance: float) -> bool:
    """Whether our column value says what a truth file says."""
    if theirs is None or theirs in missing:
        return bool(np.isnan(value)) if isinstance(value, float) else value in (255, -1)
    return abs(float(value) - float(theirs)) <= tolerance


def test_the_libais_examples_are_decoded_as_libais_does(real_data: Path) -> None:
    folder = real_data / "ais" / "truth" / "libais"
    compared = 0
    for line, expected in zip(
        (folder / "typeexamples.nmea").read_bytes().splitlines(),
        (folder / "typeexamples.json").read_text().splitlines(),
        strict=True,
    ):
        truth = json.loads(expected)
        decoded, decoder = decode(line + b"\n")
        if not 0 < truth["mmsi"] <= 999_999_999:
            assert decoder.counts.rejects.counts == {RejectCause.BAD_IDENTITY: 1}
            continue
        if truth["type"] == 9:
            truth["speed"] = round(truth["speed"] * 10)  # libais takes the whole knots of type 9 for tenths
        compared += check_against_truth(decoded, truth)
    assert compared > 40


def test_the_gpsd_samples_are_decoded_as_gpsd_does(real_data: Path) -> None:
    folder = real_data / "ais" / "truth" / "gpsd"
    truths = [json.loads(line) for line in (folder / "sample.aivdm.js.chk").read_text().splitlines() if line[:1] == "{"]
    decoded, _ = decode(read(folder / "sample.aivdm"))
    compared = 0
    for truth in truths:
        rows = np.flatnonzero(
            (number(decoded.positions.craft) == truth["mmsi"]) & (decoded.positions.message_type == truth["type"])
        )
        found = 0
        for row in rows:
            one = decoded.positions.take(slice(row, row + 1))
            statics = decoded.statics.take(
                (decoded.statics.craft == one.craft[0]) & (decoded.statics.message_type == truth["type"])
            )
            try:
                found = max(found, check_against_truth(Decoded(one, statics), truth))
            except AssertionError:
                continue
        if rows.size:
            assert found > 0 or truth["type"] not in COLUMNAR, truth
        compared += found
    assert compared > 120


COLUMNAR = {1, 2, 3, 4, 5, 9, 11, 18, 19, 21, 24, 27}


def check_against_truth(decoded: Decoded, truth: dict[str, Any]) -> int:
    """Fields of one message compared with a truth file in libais's and gpsd's words."""
    assert decoded.positions.message_type.tolist() == [truth["type"]]
    assert number(decoded.positions.craft).tolist() == [truth["mmsi"]]
    if truth["type"] not in COLUMNAR:
        return 0
    fields = [
        ("lat", "lat_deg", {91.0}, 0.06 if truth["type"] == 27 else 6e-5),
        ("lon", "lon_deg", {181.0}, 0.06 if truth["type"] == 27 else 6e-5),
        ("speed", "speed_kn", {1023, 102.3, 102.30000305175781, "nan", 63}, 0.01),
        ("course", "course_deg", {360.0, 511}, 0.01),
        ("heading", "heading_deg", set(range(360, 512)), 0.01),
        ("second", "utc_second", {60, 61, 62, 63}, 0),
    ]
    compared = 1
    for theirs, ours, missing, tolerance in fields:
        if theirs in truth and truth[theirs] != "fast":
            value = getattr(decoded.positions, ours).tolist()[0]
            impossible = theirs in ("lat", "lon") and (abs(truth["lat"]) > 90 or abs(truth["lon"]) > 180)
            assert same(value, None if impossible else truth[theirs], missing, tolerance), (theirs, value, truth)
            compared += 1
    if truth["type"] in (5, 19, 24) and "shipname" in truth and len(decoded.statics):
        assert truth["shipname"].strip("@ ").encode() in decoded.statics.name.tolist()
        compared += 1
    if truth["type"] == 5:
        assert decoded.statics.destination.tolist()[0] == truth["destination"].strip("@ ").encode()
        assert same(decoded.statics.imo.tolist()[0], int(truth["imo"]), {0}, 0)
        assert same(decoded.statics.draught_m.tolist()[0], truth["draught"], {0}, 0.01)
        compared += 3
    return compared
