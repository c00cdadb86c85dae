"""Claims about the comparison of decoders: alternating runs, medians, ratios, absent peers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tracker.decode.recognise import InputKind
from tracker.errors import InputError
from tracker.evaluation import decoding as bench

AIS = bench.RUNNERS[InputKind.NMEA]


def fake_runs(monkeypatch: pytest.MonkeyPatch, rates: dict[str, list[float]], missing: str = "") -> list[str]:
    """Runs of one second each; every decoder uses up its list of rates."""
    order: list[str] = []

    def run(python: str, name: str, path: Path, seconds: float) -> dict[str, Any]:
        if name == missing:
            return {"name": name, "missing": name}
        order.append(name)
        return {"units": rates[name].pop(0), "wall_s": 1.0, "cpu_s": 0.5, "version": "1"}

    monkeypatch.setattr(bench, "_run", run)
    return order


def test_decoders_alternate_and_the_median_round_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    order = fake_runs(monkeypatch, {AIS[0]: [900.0, 100.0, 800.0], AIS[1]: [90.0] * 3, AIS[2]: [10.0, 9.0, 40.0]})
    rows = bench.bench_decode(Path("feed"), InputKind.NMEA, 3, 0.0)
    assert order == [*AIS] * 3
    assert [row.wall_rate for row in rows] == [800.0, 90.0, 10.0]
    assert [row.cpu_rate for row in rows] == [1600.0, 180.0, 20.0]
    assert [row.ratios for row in rows] == [{"pyais": 80.0}, {"pyais": 9.0}, {}]


def test_a_peer_that_is_not_installed_is_named_and_compared_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_runs(monkeypatch, {AIS[0]: [9.0], AIS[1]: [9.0]}, missing=AIS[2])
    rows = bench.bench_decode(Path("feed"), InputKind.NMEA, 1, 0.0)
    assert [(row.version, row.ratios) for row in rows] == [("1", {}), ("1", {}), ("not installed", {})]
    assert rows[2].to_json()["wall_units_per_s"] is None


def test_a_format_without_peers_is_a_mistake_told_in_a_sentence() -> None:
    with pytest.raises(InputError, match="no peers"):
        bench.bench_decode(Path("feed"), InputKind.SBS1, 1, 0.0)
