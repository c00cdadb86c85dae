"""Tables of positions: delimited text and Parquet."""

from tracker.decode.tables.positions_csv import PositionsCsvDecoder
from tracker.decode.tables.positions_parquet import decode_parquet

__all__ = ["PositionsCsvDecoder", "decode_parquet"]
