"""Loading papers and holding them for linking: ``python deploy/bench/load_papers.py FOLDER [STORE]``.

Adds every file of a folder (``make_papers.py``) to a new store as ``tidewaiter papers add`` does, then takes all papers in force out of it and into a linker, and prints seconds and the
resident memory of the process at each step.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from tracker.cargo.book import CargoBook
from tracker.cargo.link import CargoLinker
from tracker.commands.folders import cache_folder, reference_folder
from tracker.geography.places import WorldPlaces
from tracker.papers.document import Document
from tracker.papers.receive import receive
from tracker.store.database import Database
from tracker.store.papers import PaperStore

NOW_US = 1_800_000_000_000_000


def resident_mb() -> tuple[float, float]:
    """Of this process, in MB: now, and at its most."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Load, hold and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("store", type=Path, nargs="?", help="a new file; without it one that is thrown away")
    args = parser.parse_args()
    folder, store = args.folder, args.store or Path(tempfile.mkdtemp()) / "papers.duckdb"
    locate = WorldPlaces.load(reference_folder(), cache_folder()).resolve_location
    database = Database(store)
    papers = PaperStore(database)
    begun, reading_s, count, refused = time.perf_counter(), 0.0, 0, 0
    for path in sorted(folder.iterdir()):
        at = time.perf_counter()
        received = receive(Document(path.read_bytes(), "file", path.name, NOW_US), locate)
        reading_s += time.perf_counter() - at
        change = papers.take(received, NOW_US)
        database.commit()
        count += sum(len(one.consignments) for one in change.versions)
        refused += received.account.rejects.total
        del received, change
    whole_s = time.perf_counter() - begun
    print(
        f"loaded {count:,} consignments ({refused:,} rows refused) in {whole_s:.1f} s, {reading_s:.1f} s of it reading: {count / whole_s:,.0f} a second"
    )
    print(
        "resident after loading: {:,.0f} MB, at most {:,.0f} MB; store {:,.0f} MB".format(
            *resident_mb(), store.stat().st_size / 1e6
        )
    )
    at = time.perf_counter()
    manifests = papers.latest()
    linker = CargoLinker(CargoBook(manifests), locate)
    held = sum(len(one.consignments) for one in linker.papers)
    print(f"{len(manifests):,} manifests with {held:,} consignments in a linker after {time.perf_counter() - at:.1f} s")
    print("resident while held: {:,.0f} MB, at most {:,.0f} MB".format(*resident_mb()))
    database.close()


if __name__ == "__main__":
    main()
