"""Tables of positions: delimited text under a line of column names that name a craft, a time and a position; and Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tracker.decode.formats.base import DecoderOptions, InputFormat, InputKind
from tracker.decode.tables.header import header_of

if TYPE_CHECKING:
    from tracker.decode.base import Decoder


def _decoder(source: int, options: DecoderOptions) -> Decoder:
    from tracker.decode.tables.positions_csv import PositionsCsvDecoder

    return PositionsCsvDecoder(source, times=options.times, reading=options.reading)


CSV: Final = InputFormat(
    InputKind.POSITIONS_CSV,
    "a table of positions (delimited text)",
    _decoder,
    header=lambda line, reading: bool(header_of(line, reading)),
    units="rows",
    holds_words=True,
    is_table=True,
)
PARQUET: Final = InputFormat(
    InputKind.POSITIONS_PARQUET,
    "a table of positions (Parquet)",
    None,
    magic=b"PAR1",
    units="rows",
    place="row",
    holds_words=True,
    is_table=True,
)
