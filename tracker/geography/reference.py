"""Users' own reference files: recognised by their header, checked row by row, kept as compact Parquet with their provenance.

=====================  ==============================================  ==========================
kind                   recognised by                                   kept columns
=====================  ==============================================  ==========================
world_port_index       CSV with ``World Port Index Number``            code name country lat lon
airports               CSV with ``ident`` and ``latitude_deg`` (OurAirports), or
                       ``Code`` and ``AltitudeFeet`` (VRS airports)    icao iata name country lat lon elevation
runways                CSV with ``airport_ident`` and ``length_ft``    airport length width surface ends
flight_routes          CSV with ``Callsign`` and ``AirportCodes``      call_sign airports
icao_code_blocks       CSV with ``Start``, ``Finish``, ``Bitmask``     start finish military country
codeshares             CSV with ``marketing`` and ``operating``        marketing operating
registrations          CSV with ``icao24`` and ``registration``
                       (OpenSky's aircraft database)                   icao24 registration
suspected_strips       CSV with ``name``, ``lat``, ``lon``, ``remark``,
                       or GeoJSON points                               name lat lon remark
elevation              ESRI ASCII grid (``ncols`` first), degrees, m    one row of heights each
mids                   JSON object of three-digit keys                 mid country name
=====================  ==============================================  ==========================

Plain or gzip. One Parquet file per kind in the folder, replaced as a whole by the next import of that kind; the provenance (file name,
SHA-256, rows kept and refused, time of import) is metadata of the Parquet file, so that data and origin cannot part.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from streams.errors import TooLargeError, TruncatedError
from streams.files import read_whole
from tracker.errors import ReferenceDataError
from tracker.geography.airports import Airport
from tracker.geography.elevation import ElevationGrid
from tracker.geography.ports import Port
from tracker.geography.reference_ground import grid_rows, strip_features
from tracker.geography.strips import Runway, SuspectedStrip

_METADATA_KEY: Final = b"tidewaiter_provenance"
_MOST_BYTES: Final = 1_000_000_000
"""Of a reference file, unpacked: a grid of heights of a continent at 30 arc seconds has some 200 MB as text."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import kept, and where it came from."""

    kind: str
    file_name: str
    sha256: str
    rows: int
    bad_rows: int
    imported: str


@dataclass(frozen=True, slots=True)
class CallSignRoutes:
    """Airports a call sign usually flies, in order."""

    airports_of: Mapping[str, str]

    def route_of(self, text: str) -> tuple[str, ...]:
        """ICAO codes of a call sign's route; empty where unknown.

        >>> CallSignRoutes({"DLH400": "EDDF-KJFK"}).route_of(" dlh400 ")
        ('EDDF', 'KJFK')
        """
        route = self.airports_of.get("".join(text.split()).upper())
        return tuple(route.split("-")) if route else ()


def import_reference(path: Path, folder: Path, imported: str) -> ImportReport:
    """Import one file into a reference folder.

    Parameters
    ----------
    imported:
        Time of import as ISO text, recorded as given (nothing here reads a clock).
    """
    data, digest = _read(path)
    kind, frame, rows = _recognise(data, path)
    kept = _CLEAN[kind](frame)
    if kept.is_empty():
        raise ReferenceDataError(
            f"none of its {rows} rows can be read as {kind}",
            str(path),
            "check the columns against docs/reference-data.md",
        )
    report = ImportReport(kind, path.name, digest, kept.height, rows - kept.height, imported)
    folder.mkdir(parents=True, exist_ok=True)
    table = kept.to_arrow()
    table = table.replace_schema_metadata({_METADATA_KEY: json.dumps(asdict(report)).encode()})
    target = folder / f"{kind}.parquet"
    partial = target.with_suffix(".partial")
    pq.write_table(table, partial, compression="zstd")
    partial.replace(target)
    return report


def list_reference(folder: Path) -> list[ImportReport]:
    """What a reference folder holds, by kind."""
    reports = []
    for path in sorted(folder.glob("*.parquet")):
        metadata = pq.read_schema(path).metadata or {}
        if _METADATA_KEY in metadata:
            reports.append(ImportReport(**json.loads(metadata[_METADATA_KEY])))
    return reports


def read_reference(folder: Path, kind: str) -> pl.DataFrame | None:
    """The imported table of a kind, or None."""
    path = folder / f"{kind}.parquet"
    return pl.read_parquet(path) if path.is_file() else None


def read_ports(folder: Path) -> list[Port]:
    """The user's ports."""
    frame = read_reference(folder, "world_port_index")
    return [] if frame is None else [Port(*row) for row in frame.iter_rows()]


def read_airports(folder: Path) -> list[Airport]:
    """The user's airports."""
    frame = read_reference(folder, "airports")
    return [] if frame is None else [Airport(*row) for row in frame.iter_rows()]


def read_flight_routes(folder: Path) -> CallSignRoutes:
    """The user's routes by call sign."""
    frame = read_reference(folder, "flight_routes")
    return CallSignRoutes({} if frame is None else dict(frame.iter_rows()))


def read_codeshares(folder: Path) -> list[tuple[str, str]]:
    """Marketing and operating number of the user's codeshares, as written."""
    frame = read_reference(folder, "codeshares")
    return [] if frame is None else list(frame.select("marketing", "operating").iter_rows())


def read_registrations(folder: Path) -> tuple[NDArray[np.bytes_], NDArray[np.int64]]:
    """Registrations of the user's register, letters and digits alone, in order; the 24-bit address of each."""
    frame = read_reference(folder, "registrations")
    if frame is None:
        return np.empty(0, dtype="S1"), np.empty(0, dtype=np.int64)
    frame = frame.select(
        pl.col("registration").str.replace_all("[^A-Z0-9]", ""), pl.col("icao24").str.to_integer(base=16)
    ).sort("registration")
    return np.array(frame["registration"].to_list(), dtype=np.bytes_), frame["icao24"].to_numpy().astype(np.int64)


def read_runways(folder: Path) -> list[Runway]:
    """The user's runways that are open and whose ends are known."""
    frame = read_reference(folder, "runways")
    if frame is None:
        return []
    ends = ("le_lat_deg", "le_lon_deg", "he_lat_deg", "he_lon_deg")
    known = frame.filter(~pl.col("closed")).drop_nulls(ends).select("airport", *ends)
    return [Runway(*row) for row in known.iter_rows()]


def read_strips(folder: Path) -> list[SuspectedStrip]:
    """The user's register of suspected strips."""
    frame = read_reference(folder, "suspected_strips")
    return [] if frame is None else [SuspectedStrip(*row) for row in frame.iter_rows()]


def read_elevation(folder: Path) -> ElevationGrid | None:
    """The user's grid of heights."""
    frame = read_reference(folder, "elevation")
    if frame is None:
        return None
    heights = frame["heights_m"].to_numpy().astype(np.float32, copy=False)
    north, west, step = (float(frame[name][0]) for name in ("lat_deg", "west_deg", "step_deg"))
    return ElevationGrid(heights, north, west, step)


def _read(path: Path) -> tuple[bytes, str]:
    """Content (unzipped) and SHA-256 of the file as it lies on disk."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return read_whole(path, _MOST_BYTES), digest
    except OSError as exc:
        raise ReferenceDataError("the file cannot be read", str(path), "check the path") from exc
    except TooLargeError as exc:
        raise ReferenceDataError(f"the file {exc}", str(path), "give the part that is needed") from exc
    except TruncatedError as exc:
        raise ReferenceDataError("the packed file is damaged", str(path), "fetch it again") from exc


def _recognise(data: bytes, path: Path) -> tuple[str, pl.DataFrame, int]:
    """Kind, raw table of text columns, and rows in the file (those too damaged to split into columns included)."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] == b"{":
        if b'"FeatureCollection"' in data[:4096]:
            return "suspected_strips", *strip_features(data, path)
        return "mids", *_mid_rows(data, path)
    if data.lstrip()[:5].lower() == b"ncols":
        return "elevation", *grid_rows(data, path)
    header = data.split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    columns = {name.strip().strip('"') for name in header.split(",")}
    for kind, needed in _MARKS:
        if needed <= columns:
            frame = pl.read_csv(
                io.BytesIO(data), infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy"
            ).rename(lambda name: name.strip())
            return kind, frame, frame.height
    known = ", ".join(sorted({kind for kind, _ in _MARKS} | {"mids", "elevation"}))
    raise ReferenceDataError(
        f"its first line {header[:60]!r} is the header of no known reference file",
        str(path),
        f"give one of: {known} (docs/reference-data.md shows their columns)",
    )


def _mid_rows(data: bytes, path: Path) -> tuple[pl.DataFrame, int]:
    mend = "give an object of MID to [two letters, three letters, region, name]"
    try:
        table = json.loads(data)
    except ValueError as exc:
        raise ReferenceDataError("the file is not readable JSON", str(path), mend) from exc
    rows = [
        (mid, *(str(part) for part in about[:4]))
        for mid, about in table.items()
        if isinstance(about, list) and len(about) >= 4
    ]
    return pl.DataFrame(rows, schema=["mid", "country", "alpha3", "region", "name"], orient="row"), len(table)


def _text(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().fill_null("")


def _number(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().cast(pl.Float64, strict=False)


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose position can be."""
    return frame.filter(pl.col("lat_deg").is_between(-90.0, 90.0) & pl.col("lon_deg").is_between(-180.0, 180.0))


def _clean_world_port_index(frame: pl.DataFrame) -> pl.DataFrame:
    """Ports with a UN/LOCODE; rows without one get ``WPI`` and their index number, so that they still count as places."""
    code = _text("UN/LOCODE").str.replace_all(r"\s", "").str.to_uppercase()
    own = pl.lit("WPI") + _text("World Port Index Number").str.split(".").list.first()
    kept = frame.select(
        code=pl.when(code.str.len_chars() == 5).then(code).otherwise(own),
        name=_text("Main Port Name"),
        country=_text("Country Code"),
        lat_deg=_number("Latitude"),
        lon_deg=_number("Longitude"),
    )
    return _placed(kept).filter(pl.col("name") != "")


def _clean_airports(frame: pl.DataFrame) -> pl.DataFrame:
    ours = "latitude_deg" in frame.columns
    missing = pl.lit("", dtype=pl.String)
    iata = _text("iata_code" if ours else "IATA") if ("iata_code" if ours else "IATA") in frame.columns else missing
    kept = frame.select(
        icao=_text("ident" if ours else "Code").str.to_uppercase(),
        iata=iata.str.to_uppercase(),
        name=_text("name" if ours else "Name"),
        country=_text("iso_country" if ours else "CountryISO2"),
        lat_deg=_number("latitude_deg" if ours else "Latitude"),
        lon_deg=_number("longitude_deg" if ours else "Longitude"),
        elevation_ft=_number("elevation_ft" if ours else "AltitudeFeet").fill_null(float("nan")),
    )
    return _placed(kept).filter(pl.col("icao") != "")


def _clean_runways(frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.select(
        airport=_text("airport_ident").str.to_uppercase(),
        length_ft=_number("length_ft"),
        width_ft=_number("width_ft"),
        surface=_text("surface"),
        closed=_text("closed") == "1",
        **{
            f"{end}_{what}": _text(f"{end}_ident") if what == "ident" else _number(f"{end}_{column}")
            for end in ("le", "he")
            for what, column in (
                ("ident", "ident"),
                ("lat_deg", "latitude_deg"),
                ("lon_deg", "longitude_deg"),
                ("elevation_ft", "elevation_ft"),
                ("heading_deg", "heading_degT"),
            )
        },
    )
    return kept.filter(pl.col("airport") != "")


def _clean_flight_routes(frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.select(
        call_sign=_text("Callsign").str.to_uppercase(), airports=_text("AirportCodes").str.to_uppercase()
    )
    good = (pl.col("call_sign") != "") & pl.col("airports").str.contains(r"^[A-Z0-9]+(-[A-Z0-9]+)+$")
    return kept.filter(good).unique("call_sign", keep="first", maintain_order=True)


def _clean_codeshares(frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.select(
        marketing=_text("marketing").str.to_uppercase(), operating=_text("operating").str.to_uppercase()
    )
    good = pl.all_horizontal(pl.col("marketing", "operating").str.contains(r"^[A-Z0-9]{2,3} ?[0-9][A-Z0-9]{0,4}$"))
    return kept.filter(good).unique(maintain_order=True)


def _clean_registrations(frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.select(
        icao24=_text("icao24").str.to_lowercase(), registration=_text("registration").str.to_uppercase()
    )
    good = pl.col("icao24").str.contains(r"^[0-9a-f]{6}$") & pl.col("registration").str.contains(r"^[A-Z0-9-]{3,}$")
    return kept.filter(good).unique("registration", keep="last", maintain_order=True)


def _clean_icao_code_blocks(frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.select(
        start=_text("Start").str.to_integer(base=16, strict=False),
        finish=_text("Finish").str.to_integer(base=16, strict=False),
        military=_text("IsMilitary") == "1",
        country=_text("CountryISO2").str.to_uppercase(),
    )
    return kept.filter(pl.col("start").is_between(0, 0xFFFFFF) & (pl.col("finish") >= pl.col("start")))


def _clean_mids(frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.select(mid=pl.col("mid").cast(pl.Int32, strict=False), country=_text("country"), name=_text("name"))
    return kept.filter(pl.col("mid").is_between(200, 799))


def _clean_suspected_strips(frame: pl.DataFrame) -> pl.DataFrame:
    remark = _text("remark") if "remark" in frame.columns else pl.lit("", dtype=pl.String)
    return _placed(frame.select(name=_text("name"), lat_deg=_number("lat"), lon_deg=_number("lon"), remark=remark))


def _clean_elevation(frame: pl.DataFrame) -> pl.DataFrame:
    return frame


_MARKS: Final = (
    ("world_port_index", frozenset({"World Port Index Number", "Main Port Name", "Latitude", "Longitude"})),
    ("runways", frozenset({"airport_ident", "length_ft", "le_ident", "he_ident"})),
    ("airports", frozenset({"ident", "latitude_deg", "longitude_deg"})),
    ("airports", frozenset({"Code", "Latitude", "Longitude", "AltitudeFeet"})),
    ("suspected_strips", frozenset({"name", "lat", "lon"})),
    ("flight_routes", frozenset({"Callsign", "AirportCodes"})),
    ("codeshares", frozenset({"marketing", "operating"})),
    ("registrations", frozenset({"icao24", "registration"})),
    ("icao_code_blocks", frozenset({"Start", "Finish", "Bitmask", "CountryISO2"})),
)
_CLEAN: Final[Mapping[str, Callable[[Any], pl.DataFrame]]] = {
    "world_port_index": _clean_world_port_index,
    "airports": _clean_airports,
    "runways": _clean_runways,
    "flight_routes": _clean_flight_routes,
    "codeshares": _clean_codeshares,
    "registrations": _clean_registrations,
    "icao_code_blocks": _clean_icao_code_blocks,
    "suspected_strips": _clean_suspected_strips,
    "elevation": _clean_elevation,
    "mids": _clean_mids,
}
