"""Sentences inside JSON lines: each at the time of its record."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.naive import ais_bits
from tracker.decode.ais import NmeaJsonDecoder
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.rejects import RejectCause
from tracker.positions import PositionBatch

SENTENCE = "!AIVDM,1,1,,B,33I>hf0PA706QD:L7NC5lT;`011Q,0*22"
T_US = 1_772_366_400_000_000
"""2026-03-01 12:00."""
UNDATED = InputTimes(undated_us=T_US)


def run(
    lines: list[str], received_us: int | None = None, times: InputTimes = NOTHING_SAID
) -> tuple[PositionBatch, NmeaJsonDecoder]:
    decoder = NmeaJsonDecoder(7, times=times)
    parts = [decoder.decode("\n".join(lines).encode(), received_us), decoder.flush()]
    assert decoder.counts.units_in == decoder.counts.units_decoded + decoder.counts.rejects.total
    return PositionBatch.concat(part.positions for part in parts), decoder


@pytest.mark.parametrize(
    ("record", "after_s"),
    [
        ({"rxuxtime": 1772366400.25, "rxtime": "20260301120000"}, 0.25),
        ({"rxuxtime": 1772366400.0}, 0),
        ({"rxuxtime": 1772366400}, 0),
        ({"toa": 1772366400.576705}, 0.576705),
        ({"rxtime": "20260301120000"}, 0),
        ({"timestamp": "2026-03-01T12:00:00.5Z"}, 0.5),
        ({"Timestamp": "2026-03-01 12:00:00 +0000 UTC"}, 0),
        ({"time": 1772366400123}, 0.123),
        ({"@timestamp": "2026-03-01T13:00:00+01:00"}, 0),
        ({"receivedAt": 1772366400123456}, 0.123456),
    ],
)
def test_a_sentence_is_of_the_time_of_its_record(record: dict[str, Any], after_s: float) -> None:
    for nmea in (SENTENCE, [SENTENCE], [SENTENCE + "\r\n"]):
        rows, decoder = run(
            [json.dumps({"class": "AIS", "mmsi": 1, **record, "nmea": nmea})], times=InputTimes(zone="Asia/Tokyo")
        )
        assert rows.time_us.tolist() == [T_US + round(after_s * 1e6)]
        assert decoder.counts.rejects.total == 0


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (json.dumps({"nmea": [SENTENCE]}), RejectCause.NO_TIME),
        (json.dumps({"rxuxtime": -5, "nmea": [SENTENCE]}), RejectCause.BAD_TIME),
        (json.dumps({"rxtime": "20261301120000", "nmea": [SENTENCE]}), RejectCause.BAD_TIME),
        (json.dumps({"time": "01/03/2026 12:00:00", "nmea": [SENTENCE]}), RejectCause.AMBIGUOUS_DATE),
        (json.dumps({"class": "VERSION", "release": "3.25"}), RejectCause.UNKNOWN_SENTENCE),
        ('{"nmea": ["' + SENTENCE, RejectCause.BAD_JSON),
        ("{" + " " * 300_000, RejectCause.TOO_LONG),
        ('{"a":' * 100_000, RejectCause.TOO_LONG),
        ('{"a":' * 10_000, RejectCause.BAD_JSON),
        ("hello", RejectCause.UNKNOWN_SENTENCE),
    ],
)
def test_each_fault_has_its_cause_and_line(line: str, cause: RejectCause) -> None:
    good = json.dumps({"rxuxtime": 1772366400, "nmea": [SENTENCE]})
    many = json.dumps({"msgs": [json.loads(good)] * 40})
    rows, decoder = run([good, many, line, good])
    assert len(rows) == 42
    assert decoder.counts.rejects.counts == {cause: 1}
    assert decoder.counts.rejects.samples[0].at == 3


def test_without_a_time_the_receive_time_or_the_users_holds() -> None:
    line = json.dumps({"nmea": [SENTENCE]})
    assert run([line], received_us=T_US)[0].time_us.tolist() == [T_US]
    assert run([line], times=UNDATED)[0].time_us.tolist() == [T_US]


def test_fragments_of_one_record_or_of_several_join() -> None:
    halves = ais_bits.sentences(ais_bits.random_bits(5, random.Random(3)), 1, "A", 40)
    together = [json.dumps({"rxuxtime": 1772366400, "nmea": halves})]
    apart = [json.dumps({"rxuxtime": 1772366400 + n, "nmea": [half]}) for n, half in enumerate(halves)]
    for lines in (together, apart):
        rows, decoder = run(lines)
        assert rows.time_us.tolist() == [T_US]
        assert decoder.counts.messages == {"ais 5": 1}


def test_what_stands_around_the_record_is_passed_over() -> None:
    record = json.dumps({"toa": 1772366400.5, "nmea": [SENTENCE]})
    lines = [
        f"Sep 05 12:59:52 pi aiscatcher[1029553]: {record}",
        f">> {record}{SENTENCE} ( MSG: 1, REPEAT: 0, MMSI: 367754690, timestamp: 20260301120000)",
    ]
    rows, _ = run(lines)
    assert rows.time_us.tolist() == [T_US + 500_000] * 2
