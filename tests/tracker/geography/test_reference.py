"""Import of users' own reference files."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from tracker.errors import ReferenceDataError
from tracker.geography.places import WorldPlaces
from tracker.geography.reference import import_reference, list_reference, read_reference
from tracker.voyages.air_names import AirNames
from tracker.voyages.airlines import parse_flight

WHEN = "2026-03-01T00:00:00Z"
AIRPORTS = "Code,Name,ICAO,IATA,Location,CountryISO2,Latitude,Longitude,AltitudeFeet\n"
ROUTES = "Callsign,Code,Number,AirlineCode,AirportCodes\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_that_cannot_be_read_are_counted_and_the_rest_is_kept(tmp_path: Path) -> None:
    text = (
        AIRPORTS
        + "XAAA,Good Field,XAAA,,,NL,52.0,4.0,7\nXBBB,Bad Field,XBBB,,,NL,99.0,4.0,7\nXCCC,Worse,XCCC,,,NL,north,4.0,\n"
    )
    report = import_reference(write(tmp_path, "mine.csv", text), tmp_path / "ref", WHEN)
    assert (report.kind, report.rows, report.bad_rows) == ("airports", 1, 2)
    assert list_reference(tmp_path / "ref") == [report]
    assert WorldPlaces.load(tmp_path / "ref").resolve_location("XAAA") is not None


def test_a_gzip_file_is_recognised_by_content(tmp_path: Path) -> None:
    path = tmp_path / "routes"
    path.write_bytes(gzip.compress((ROUTES + "AAE124,AAE,124,AAE,VHHH-UACC-EBLG\n").encode()))
    import_reference(path, tmp_path / "ref", WHEN)
    places = WorldPlaces.load(tmp_path / "ref")
    assert places.route_of_call_sign("aae 124") == ("VHHH", "UACC", "EBLG")
    assert places.route_of_call_sign("NONE1") == ()


def test_importing_a_kind_again_replaces_it(tmp_path: Path) -> None:
    for line in ("AAA1,A,1,A,EHAM-EDDF", "BBB2,B,2,B,EHAM-EDDF"):
        import_reference(write(tmp_path, "routes.csv", ROUTES + line + "\n"), tmp_path / "ref", WHEN)
    frame = read_reference(tmp_path / "ref", "flight_routes")
    assert frame is not None
    assert frame["call_sign"].to_list() == ["BBB2"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("odd.csv", "a,b,c\n1,2,3\n", "header of no known"),
        ("empty.csv", "", "header of no known"),
        ("broken.json", "{not json", "not readable JSON"),
        ("nothing.csv", AIRPORTS + ",,,,,,,,\n", "none of its 1 rows"),
    ],
)
def test_a_file_that_is_no_reference_is_told_in_one_sentence(
    tmp_path: Path, name: str, content: str, says: str
) -> None:
    path = write(tmp_path, name, content)
    with pytest.raises(ReferenceDataError, match=says) as caught:
        import_reference(path, tmp_path / "ref", WHEN)
    assert str(path) in str(caught.value)
    assert not (tmp_path / "ref").exists()


def test_a_missing_or_damaged_file_is_told_too(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match="cannot be read"):
        import_reference(tmp_path / "absent.csv", tmp_path / "ref", WHEN)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"abc" * 1000)[:20])
    with pytest.raises(ReferenceDataError, match="damaged"):
        import_reference(tmp_path / "cut.gz", tmp_path / "ref", WHEN)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("world_port_index.csv.gz", "world_port_index"),
        ("ourairports_runways.csv.gz", "runways"),
        ("airports_all.csv.gz", "airports"),
        ("routes_all.csv.gz", "flight_routes"),
        ("code-blocks.csv", "icao_code_blocks"),
        ("mids.json", "mids"),
    ],
)
def test_the_published_files_are_kept_nearly_whole(real_data: Path, tmp_path: Path, name: str, kind: str) -> None:
    report = import_reference(real_data / "reference" / name, tmp_path, WHEN)
    assert report.kind == kind
    assert report.bad_rows <= 0.01 * report.rows
    assert isinstance(read_reference(tmp_path, kind), pl.DataFrame)


def test_codeshares_and_registrations_are_imported_and_bad_rows_counted(tmp_path: Path) -> None:
    (tmp_path / "shares.csv").write_text("marketing,operating\nDL9431,KL1009\ndl9432,kl 1010\nDELTA,KL1009\n,KL1\n")
    report = import_reference(tmp_path / "shares.csv", tmp_path / "ref", "2026-04-17T00:00:00Z")
    assert (report.kind, report.rows, report.bad_rows) == ("codeshares", 2, 2)
    (tmp_path / "aircraft.csv").write_text(
        "icao24,registration,model\n484001,PH-BFA,744\n3c0001,d-abcd,320\nzz,PH-X,1\n"
    )
    assert import_reference(tmp_path / "aircraft.csv", tmp_path / "ref", "2026-04-17T00:00:00Z").rows == 2
    names = AirNames(WorldPlaces.load(tmp_path / "ref"))
    assert [names.address_of(one) for one in ("PHBFA", "D-ABCD", "PH-X")] == [0x484001, 0x3C0001, None]
    flight = parse_flight("DL9431")
    assert flight is not None
    assert names.operating(flight) == (parse_flight("KLM1009"),)
