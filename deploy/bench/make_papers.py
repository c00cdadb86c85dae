"""Papers of a large customs office: ``python deploy/bench/make_papers.py FOLDER [--consignments N] [--json]``.

Writes N consignments (1,000,000) as CSV files of 50,000 in the columns of docs/cargo.md: one ship with 15,000, the others with 500 each on ten ways, with containers, goods and two parties, all of
it made up by a fixed seed. With ``--json`` the same as JSON lines.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracker.cargo.codes import container_check_digit
from tracker.identity import imo_check_digit_ok

PORTS = (
    "CNSHA",
    "CNNGB",
    "SGSIN",
    "MYPKG",
    "LKCMB",
    "AEJEA",
    "EGPSD",
    "GRPIR",
    "ESALG",
    "FRLEH",
    "BEANR",
    "NLRTM",
    "DEHAM",
    "GBFXT",
)
GOODS = (
    "Fresh mangoes",
    "Machine parts",
    "Toys, plastic",
    "Ceramic tiles",
    "Cotton shirts",
    "Steel pipes",
    "Frozen shrimp",
    "Tyres",
    "Paper, coated",
    "Furniture",
)
LARGEST = 15_000
USUAL = 500
FILE_ROWS = 50_000
LARGEST_MMSI = 219_000_001
FIELDS = (
    "manifest_id", "version", "mode", "imo", "mmsi", "craft_name", "call_sign", "voyage_number", "consignment_id", "document_type", "document_number",
    "carrier", "loading", "discharge", "consignor_name", "consignor_country", "consignee_name", "consignee_address", "consignee_country", "consignee_id",
    "description", "hs_code", "packages", "gross_mass_kg", "equipment_id", "size_type", "seals",
)  # fmt: skip


def rows(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """One consignment after another, those of a manifest together."""
    chance = random.Random(seed)
    numbers = (imo for imo in range(9_000_000, 9_999_999) if imo_check_digit_ok(imo))
    firms = [
        f"{chance.choice(('Nord', 'Sud', 'Trans', 'Inter', 'Uni'))}{chance.choice(('trade', 'cargo', 'food', 'steel'))} {i} Ltd"
        for i in range(40_000)
    ]
    made = ship = 0
    while made < count:
        size = min(LARGEST if ship == 0 else USUAL, count - made)
        craft = {
            "manifest_id": f"MAN{ship:06}", "version": 1, "mode": "sea", "imo": next(numbers), "mmsi": LARGEST_MMSI + ship, "craft_name": f"BENCH STAR {ship}",
            "call_sign": f"OX{ship:04}", "voyage_number": f"{ship % 900 + 100}W",
        }  # fmt: skip
        ways = [sorted(chance.sample(range(len(PORTS)), 2)) for _ in range(1 if ship == 0 else 10)]
        for number in range(size):
            loading, discharge = chance.choice(ways)
            box = f"{chance.choice(('MSKU', 'TGHU', 'CMAU', 'HLXU'))}{chance.randrange(1_000_000):06}"
            yield craft | {
                "consignment_id": f"C{number:06}", "document_type": "bill_of_lading", "document_number": f"MEDU{made + number:09}", "carrier": "MSCU",
                "loading": PORTS[loading], "discharge": PORTS[discharge], "consignor_name": chance.choice(firms), "consignor_country": "CN",
                "consignee_name": chance.choice(firms), "consignee_address": f"Kade {number % 300}, Rotterdam", "consignee_country": "NL",
                "consignee_id": f"NL{chance.randrange(10**9):09}", "description": chance.choice(GOODS), "hs_code": f"{chance.randrange(100, 9999):04}{chance.randrange(100):02}",
                "packages": chance.randrange(1, 2000), "gross_mass_kg": chance.randrange(100, 28_000), "equipment_id": f"{box}{container_check_digit(box)}",
                "size_type": "45G1", "seals": f"SL{chance.randrange(10**6)}",
            }  # fmt: skip
        made += size
        ship += 1


def write_csv(folder: Path, count: int) -> None:
    """Files of so many rows each."""
    file: Any = None
    for number, row in enumerate(rows(count)):
        if number % FILE_ROWS == 0:
            if file is not None:
                file.close()
            file = (folder / f"papers-{number // FILE_ROWS:03}.csv").open("w", newline="", encoding="utf-8")
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)
    file.close()


def write_json(folder: Path, count: int) -> None:
    """JSON lines of one manifest each, in files of some 50,000 consignments."""
    held: dict[str, dict[str, Any]] = {}
    for row in rows(count):
        name = row["manifest_id"]
        manifest = held.setdefault(
            name,
            {
                "manifest_id": name, "version": 1,
                "conveyance": {"mode": "sea", "imo": row["imo"], "mmsi": row["mmsi"], "name": row["craft_name"], "call_sign": row["call_sign"], "voyage_number": row["voyage_number"]},
                "consignments": [],
            },
        )  # fmt: skip
        manifest["consignments"].append(
            {key: row[key] for key in ("consignment_id", "document_type", "document_number", "carrier", "loading", "discharge")}
            | {
                "consignor": {"name": row["consignor_name"], "country": row["consignor_country"]},
                "consignee": {key: row[f"consignee_{key}"] for key in ("name", "address", "country", "id")},
                "goods": [{key: row[key] for key in ("description", "hs_code", "packages", "gross_mass_kg")}],
                "equipment": [{"equipment_id": row["equipment_id"], "size_type": row["size_type"], "seals": [row["seals"]]}],
            }
        )  # fmt: skip
    lines = [json.dumps(one) + "\n" for one in held.values()]
    for begin in range(0, len(lines), FILE_ROWS // USUAL):
        (folder / f"papers-{begin:05}.jsonl").write_text(
            "".join(lines[begin : begin + FILE_ROWS // USUAL]), encoding="utf-8"
        )


def main() -> None:
    """Read the arguments and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--consignments", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    (write_json if given.json else write_csv)(given.folder, given.consignments)


if __name__ == "__main__":
    main()
