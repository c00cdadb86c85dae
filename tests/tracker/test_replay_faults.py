"""Replay, as watch, is stopped by nothing that comes in: what the program itself falls over is set aside, and summary and exit code say so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts import fleet
from tracker import replay
from tracker.cargo.book import CargoBook
from tracker.decode.ais import AisDecoder
from tracker.decode.base import Decoded
from tracker.detectors.integrity import detector as integrity
from tracker.geography.places import WorldPlaces
from tracker.inputs import open_input
from tracker.inputs.sidecar import TimesSaid
from tracker.settings import load_settings
from tracker.store.database import Database
from tracker.units import Micros, iso_time

ROOT = Path(__file__).resolve().parents[2]
GOOD = '{"mmsi":219000002,"timestamp":"2024-06-06T08:58:39","lat":54.0,"lon":8.0}\n'
POISON = '{"mmsi":219000001,"timestamp":"\\ud800","lat":54,"lon":8}\n'
SENTENCE = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n"


def test_half_a_surrogate_pair_is_an_ordinary_reject(tmp_path: Path) -> None:
    feed = tmp_path / "feed.json"
    feed.write_text(GOOD * 12 + POISON + GOOD)
    command = [sys.executable, "-m", "tracker", "replay", "--json", str(feed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["units_in"], told["units_decoded"], told["rejects"], told["faults"]) == (14, 13, {"bad_time": 1}, {})


def test_what_decoder_detector_and_desk_fall_over_is_counted_and_the_rest_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = AisDecoder.decode

    def touchy(self: AisDecoder, block: bytes, received_us: Micros | None = None) -> Decoded:
        if b"POISON" in self._carry + block and b"\n" in (self._carry + block).partition(b"POISON")[2]:
            raise ZeroDivisionError("decoder")
        return decode(self, block, received_us)

    def broken(self: object, *_: object) -> list[object]:
        raise IndexError("detector")

    monkeypatch.setattr(AisDecoder, "decode", touchy)
    monkeypatch.setattr(integrity.IntegrityDetector, "process_batch", broken)
    feed = tmp_path / "feed.nmea"
    feed.write_bytes(SENTENCE * 5 + b"!AIVDM,1,1,,A,POISON,0*00\n" + SENTENCE * 5)
    store = Database(None)
    summary = replay.replay(
        [open_input(feed, 0, TimesSaid(undated=iso_time(fleet.START_US)))], load_settings(), book=CargoBook(), places=WorldPlaces.load(), store=store
    )  # fmt: skip
    assert summary.units_in == summary.units_decoded + 1 == 11
    assert summary.faults["decoder"] == 1
    assert summary.faults["detector integrity"] > 0
    assert any(note.startswith("decoder: ZeroDivisionError: decoder at ") for note in summary.fault_notes)
    told = store.ask(lambda c: c.execute("SELECT cause, count FROM rejects").fetchall())
    assert told == [("program_fault", 1)]
    store.close()
