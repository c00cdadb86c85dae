"""Messages without columns (AIS types 6-8, 10, 12-17, 20, 22, 23, 25, 26, 28) as rows of the view ``other_messages``.

The payload is kept as received; ``fields`` is what pyais reads in it, as JSON: codes as numbers, binary data as hex, null
where pyais cannot read it. Units are pyais's (positions of types 17, 22 and 23 are in minutes of arc). The writer thread decodes, so the reader of the feed does not wait, and each distinct
payload once while it is remembered: base stations repeat themselves (three days of the Vernon receiver hold 18,829 such
messages and about a hundred different ones). docs/benchmarks.md has the measurements behind this choice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import duckdb
import pyarrow as pa

from tracker.decode.base import OtherMessage
from tracker.identity import craft_text, mmsi_craft
from tracker.store.append import insert_table
from tracker.store.database import Write
from tracker.store.portions import Portion
from tracker.store.tables import OTHER_COLUMNS, public_name

_REMEMBERED: Final = 1 << 16
"""Payloads whose fields are remembered: about 50 MB at most."""


def other_messages(messages: Sequence[OtherMessage], source_name: str) -> Write:
    """Append messages without columns."""

    def write(connection: duckdb.DuckDBPyConnection, part: slice) -> None:
        some = messages[part]
        values: dict[str, Any] = {
            "time_us": [message.time_us for message in some],
            "craft": [craft_text(int(mmsi_craft(message.mmsi))) for message in some],
            "source": [source_name] * len(some),
            "station": [message.station or None for message in some],
            "message_type": [message.message_type for message in some],
            "payload": [message.payload.decode("ascii") for message in some],
            "fill_bits": [message.fill_bits for message in some],
            "fields": [fields_json(message.message_type, message.payload, message.fill_bits) for message in some],
        }
        arrays = [
            pa.array(values[column.name], pa.string() if column.dtype == "JSON" else column.arrow_type)
            for column in OTHER_COLUMNS
        ]
        insert_table(
            connection, "other_message_rows", pa.table(arrays, names=[public_name(column) for column in OTHER_COLUMNS])
        )

    return Portion("other_message_rows", 0, len(messages), write, lambda row: str(messages[row]), lambda _: source_name)


@lru_cache(maxsize=_REMEMBERED)
def fields_json(message_type: int, payload: bytes, fill_bits: int) -> str | None:
    """What pyais reads in an armoured payload; None where it cannot.

    >>> fields_json(10, b":3@niTPwD9jh", 0)
    '{"msg_type": 10, "repeat": 0, "mmsi": 219001234, "dest_mmsi": 265561900}'
    """
    from pyais import bit_vector  # noqa: PLC0415 (a tenth of a second, for the few recordings that hold such messages)
    from pyais.messages import MSG_CLASS  # noqa: PLC0415

    try:
        fields = MSG_CLASS[message_type].from_vector(bit_vector(payload, fill_bits)).asdict(enum_as_int=True)
        return json.dumps(fields, default=_plain, allow_nan=False)
    except Exception:  # pyais promises no list of errors for damaged bits; the payload is kept all the same
        return None


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, (bytes, bytearray)) else str(value)
