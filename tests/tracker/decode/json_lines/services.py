"""What the services send: small documents in each one's true shape, and the rows they mean."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from tracker.decode.base import Decoder
from tracker.decode.input_times import NOTHING_SAID, InputTimes
from tracker.decode.recognise import InputKind, make_decoder, recognise
from tracker.identity import craft_texts
from tracker.positions import PositionBatch
from tracker.schema import ColumnBatch
from tracker.statics import StaticBatch

NOW_S = 1_772_366_400
"""2026-03-01 12:00:00."""


class Read(NamedTuple):
    """What an input gave."""

    kind: InputKind
    rows: PositionBatch
    statics: StaticBatch
    decoder: Decoder

    @property
    def refused(self) -> dict[str, int]:
        """Refused units by cause."""
        return {str(cause): count for cause, count in self.decoder.counts.rejects.counts.items()}

    @property
    def craft(self) -> list[str]:
        """Craft of the rows."""
        return craft_texts(self.rows.craft)

    def ages_s(self) -> list[float]:
        """Times of the rows, in seconds after ``NOW_S``."""
        return ((self.rows.time_us - NOW_S * 1_000_000) / 1e6).round(3).tolist()


def read(value: Any, block_bytes: int = 1 << 20, times: InputTimes = NOTHING_SAID) -> Read:
    """Recognise and decode a document (or bytes as they are); the ledger must balance."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    kind = recognise(text, "input")
    decoder = make_decoder(kind, 1, times=times)
    parts = [decoder.decode(text[at : at + block_bytes]) for at in range(0, len(text), block_bytes)]
    parts.append(decoder.flush())
    counts = decoder.counts
    assert counts.units_in == counts.units_decoded + counts.rejects.total
    rows = PositionBatch.concat(part.positions for part in parts)
    return Read(kind, rows, StaticBatch.concat(part.statics for part in parts), decoder)


def lines(*values: Any) -> bytes:
    """Values as JSON lines."""
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def known(batch: ColumnBatch, row: int) -> dict[str, Any]:
    """What a row says: its columns that are not missing, without keys and times."""
    said: dict[str, Any] = {}
    for column in batch.COLUMNS:
        value = getattr(batch, column.name)[row]
        is_missing = np.isnan(value) if column.dtype[0] == "f" else value == column.missing
        if column.nullable and not is_missing:
            said[column.name] = round(float(value), 2) if column.dtype[0] == "f" else value.item()
    return said
