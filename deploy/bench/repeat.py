"""A recording played several times over, each time later, for timing what is too small: ``repeat.py FILE TIMES SHIFT_S > OUT``.

Understands AIS lines with an epoch in front (``1448312100.12 !AIVDM``) or in tag blocks (``\\s:...,c:1448312100*5A\\``, whose checksum is made
anew), and ISO times (``2016-03-31 00:00:01, !AIVDM``). Other lines are repeated as they are.
"""

from __future__ import annotations

import gzip
import re
import sys
from datetime import datetime, timedelta
from functools import reduce
from pathlib import Path

EPOCH = re.compile(rb"^(\d{10})(?=[.\s,])")
ISO = re.compile(rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
TAG_BLOCK = re.compile(rb"\\([^\\]*?c:)(\d{10})([^\\]*?)\*[0-9A-Fa-f]{2}\\")


def shifted(line: bytes, shift_s: int) -> bytes:
    """The line as it would stand so much later."""

    def tag(found: re.Match[bytes]) -> bytes:
        body = found[1] + b"%d" % (int(found[2]) + shift_s) + found[3]
        return b"\\%b*%02X\\" % (body, reduce(lambda a, b: a ^ b, body, 0))

    def iso(found: re.Match[bytes]) -> bytes:
        later = datetime.fromisoformat(found[1].decode()) + timedelta(seconds=shift_s)
        return later.isoformat(sep=" ").encode()

    line = EPOCH.sub(lambda found: b"%d" % (int(found[1]) + shift_s), line)
    return TAG_BLOCK.sub(tag, ISO.sub(iso, line))


def main() -> None:
    """Write all repetitions."""
    path, times, shift_s = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).splitlines(keepends=True)
    for turn in range(times):
        sys.stdout.buffer.writelines(shifted(line, turn * shift_s) for line in lines)


if __name__ == "__main__":
    main()
