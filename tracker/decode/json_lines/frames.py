"""jet1090 JSON lines: the raw frames, their time and receiver; what else a line says of the frame is not believed.

``{"timestamp": 1717664319.147975, "frame": "8c3461ce...", "df": "17", "metadata": [{"name": "roof", "serial": 1}], ...}``

The frame is 14 or 28 hexadecimal digits (some writers pad short frames to 28: the Mode S decoder takes them as what they
are). A receiver is named by the first entry of ``metadata``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tracker.decode.adsb import ModeSDecoder
from tracker.decode.base import MAX_TIME_US, MIN_TIME_US, Decoded
from tracker.decode.json_lines.items import Item
from tracker.decode.json_lines.values import time_column
from tracker.decode.plain_text import plain_text
from tracker.decode.rejects import RejectCause
from tracker.units import Micros


def is_frame(item: Item) -> bool:
    """Whether an item is a line of jet1090."""
    return item.plan is not None and item.plan.names_frame and isinstance(item.value["frame"], str)


def decode_frame_items(decoder: ModeSDecoder, items: list[Item], received_us: Micros | None) -> Decoded:
    """Decode lines of jet1090; the decoder's counts are their ledger."""
    counts = decoder.counts
    times = time_column(tuple(item.value.get("timestamp") for item in items))
    payload, good, is_long = [], [], []
    for row, item in enumerate(items):
        digits = item.value["frame"]
        if received_us is not None and item.value.get("timestamp") is None:
            times[row] = received_us
        cause = None
        if not MIN_TIME_US <= times[row] < MAX_TIME_US:
            cause = RejectCause.BAD_TIME
        try:
            frame = bytes.fromhex(digits)
        except ValueError:
            frame = b""
        if len(frame) not in (7, 14) or len(digits) != 2 * len(frame):
            cause = RejectCause.BAD_ROW
        if cause is not None:
            counts.units_in += 1
            counts.rejects.add(cause, item.at, digits)
            continue
        payload.append(frame.ljust(14, b"\0"))
        good.append(row)
        is_long.append(len(frame) == 14)
    if not good:
        return Decoded()
    times = times[good]
    return decoder.decode_frames(
        times,
        times if received_us is None else np.full(len(good), received_us, dtype=np.int64),
        np.frombuffer(b"".join(payload), dtype=np.uint8).reshape(-1, 14),
        np.array(is_long),
        np.array([_station(items[row].value) for row in good], dtype="S16"),
        np.array([items[row].at for row in good], dtype=np.int64),
    )


def _station(line: dict[str, Any]) -> bytes:
    """Name or serial number of the receiver that heard the frame first."""
    metadata = line.get("metadata")
    first = metadata[0] if isinstance(metadata, list) and metadata else None
    if not isinstance(first, dict):
        return b""
    name = first.get("name") or first.get("serial") or ""
    return plain_text(str(name), 16) if isinstance(name, (str, int)) else b""
