"""What a user says of his columns is believed; what he says wrongly ends in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.decode.layouts import read_mapping
from tracker.errors import InputError
from tracker.inputs import open_input

TABLE = "Vessel No.;Zeit;Breite;Laenge;Fart;Remark\n219000001;2026-03-01 12:00:00;55,5;12,5;18,52;x\n"
MAPPING = """
[columns]
"Vessel No." = "mmsi"
Zeit = "time"
Breite = "lat_deg"
Laenge = "lon_deg"
Fart = { field = "speed_kn", unit = "km/h" }
Remark = ""
"""


def test_a_table_nobody_knows_is_read_by_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "map.toml").write_text(MAPPING)
    one = open_input(tmp_path / "table.csv", 0, mapping=read_mapping(tmp_path / "map.toml"))
    part = next(iter(one.decoded(1 << 20)))
    assert part.positions.speed_kn.tolist() == [10.0]
    assert (part.positions.lat_deg[0], part.positions.lon_deg[0]) == (55.5, 12.5)


def test_a_sidecar_may_name_the_mapping(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "map.toml").write_text(MAPPING)
    (tmp_path / "table.csv.json").write_text('{"mapping": "map.toml", "start_time": "2026-03-01T00:00:00Z"}')
    assert len(next(iter(open_input(tmp_path / "table.csv", 0).decoded(1 << 20))).positions) == 1


def test_what_is_the_same_in_all_rows_may_be_fixed(tmp_path: Path) -> None:
    path = tmp_path / "JL516.csv"
    path.write_text(
        'Timestamp,UTC,Callsign,Position,Altitude,Speed,Direction\n1772366400,2026-03-01T12:00:00Z,JAL516,"35.50,139.7",3000,180,340\n'
    )
    (tmp_path / "map.toml").write_text('[fixed]\nicao24 = "86e4a2"\n')
    part = next(iter(open_input(path, 0, mapping=read_mapping(tmp_path / "map.toml")).decoded(1 << 20)))
    assert (part.positions.lat_deg[0], part.positions.altitude_ft[0], part.positions.speed_kn[0]) == (
        35.5,
        3000.0,
        180.0,
    )
    assert part.statics.call_sign[0] == b"JAL516"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[colums]\na = 'mmsi'\n", r"'colums' is no section; did you mean 'columns'\?"),
        ("[columns]\nFart = 'sped_kn'\n", r"'sped_kn' is no field for 'Fart'; did you mean 'speed_kn'"),
        (
            "[columns]\nFart = { field = 'speed_kn', unit = 'kmh' }\n",
            r"'kmh' is no unit of speed_kn; did you mean 'km/h'",
        ),
        ("[columns]\nFart = { field = 'speed_kn', units = 'km/h' }\n", r"'units' is no key of .*did you mean 'unit'"),
        ("[columns]\nFart = 3\n", r"'Fart' is neither a field nor"),
        ("[time]\norder = 'ymd'\n", r"\[time\]: 'ymd' is no order of day and month; "),
        ("[time]\nzone = 'Europe/Olso'\n", r"Europe/Oslo"),
        ("[fixed]\nicao = '86e4a2'\n", r"'icao' is no field; did you mean 'icao24'"),
        ("columns = 3\n", r"columns is no section"),
        ("[columns\n", r"is no mapping"),
    ],
)
def test_a_mistake_in_a_mapping_ends_in_a_sentence_with_the_nearest_right_word(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_mapping(path)


def test_a_column_that_is_not_there_is_told_with_the_nearest_that_is(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "map.toml").write_text(MAPPING.replace("Breite", "Breit"))
    with pytest.raises(InputError, match=r"names 'Breit', and the table has no such column; did you mean 'Breite'"):
        open_input(tmp_path / "table.csv", 0, mapping=read_mapping(tmp_path / "map.toml"))
