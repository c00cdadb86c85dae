"""Documents are read by their content, packed or not, in bounded memory."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard

from tests.tracker.cargo import papers as p
from tracker.cargo.limits import CargoConfig
from tracker.cargo.write import write_cargo_json
from tracker.papers import receive as module
from tracker.papers.document import Document
from tracker.papers.receive import Received, receive


def received(content: bytes, most_mb: float = 100.0) -> Received:
    return receive(Document(content, "inbox", "a.json", 0), p.PLACES.get, CargoConfig(most_mb=most_mb))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress], ids=["gzip", "zstd"])
def test_a_bomb_packed_twice_is_refused_before_it_fills_the_memory(
    pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SURE_BYTES", 1 << 20)
    bomb = pack(b"".join(gzip.compress(bytes(1 << 22)) for _ in range(25)))
    tracemalloc.start()
    try:
        refusal = received(bomb, most_mb=100.0).refusal
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "more than 100 million bytes, unpacked" in (refusal or "")
    assert peak_bytes < 25_000_000


@pytest.mark.parametrize("sure_bytes", [10, 1 << 20])
def test_what_unpacks_to_much_is_read_whole_and_a_cut_of_it_as_far_as_it_goes(
    sure_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SURE_BYTES", sure_bytes)
    content = write_cargo_json([p.manifest(p.FULL, p.consignment("C2"))]).encode()
    packed = gzip.compress(content)
    plain, whole, cut = received(content), received(packed), received(packed[: len(packed) * 9 // 10])
    assert whole.manifests == plain.manifests != ()
    assert (whole.is_incomplete, cut.is_incomplete) == (False, True)
    assert "is packed, and damaged or cut" in cut.account.incomplete


def test_a_schedule_of_a_carrier_in_windows_1252_says_so_as_every_other_paper_does() -> None:
    schedule = """[{"carrierServiceName": "Café", "vesselSchedules": [{"vesselIMONumber": "9074729", "vesselName": "Béluga",
        "transportCalls": [{"carrierExportVoyageNumber": "114N", "location": {"UNLocationCode": "NLRTM"},
        "timestamps": [{"eventTypeCode": "DEPA", "eventClassifierCode": "PLN", "eventDateTime": "2026-04-09T02:00:00Z"}]}]}]}]"""
    found = received(schedule.encode("cp1252"))
    (manifest,) = found.manifests
    assert manifest.conveyance.name == "Béluga"
    assert any("read as Windows-1252" in sample.note for sample in found.account.warnings.samples)
