"""Digest of what papers say, after reading: the same content in another encoding, order of columns or spelling of times has the same one.

Each consignment has a digest over its columns (``tracker.cargo.columns``), flags apart, for flags add up. A manifest's is over its conveyance, its calls, and
the digests and flags of its consignments in the order of their ids; the number of its version is no part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_SAID: Final = (
    "consignment_id", "document_type", "document_number", "master_document_number", "carrier", "loading", "discharge",
    *(f"{party}_{name}" for party in ("consignor", "consignee", "notify") for name in ("name", "address", "country", "id")),
    "goods", "equipment",
)  # fmt: skip
_BETWEEN: Final = "\x1f"
_MISSING: Final = "\x00"
_BYTES: Final = 16


def statement_digests(statements: pa.Table) -> pa.Array:
    """Digest of each row of consignments, 16 bytes."""
    texts = [pc.fill_null(_plain(statements.column(name)), _MISSING) for name in _SAID]
    joined = pc.binary_join_element_wise(*texts, pa.scalar(_BETWEEN, pa.large_string()))
    return pa.array([_digest(text) for text in joined.to_pylist()], pa.binary())


def manifest_digest(head: str, consignments: Iterable[tuple[str, bytes, str]]) -> str:
    """Digest of a manifest, 32 hexadecimal digits: of its head (``columns.head_text``), and id, digest and flags of each consignment."""
    whole = hashlib.blake2b(head.encode("utf-8", "surrogatepass"), digest_size=_BYTES)
    for name, digest, flags in sorted(consignments):
        whole.update(f"{_BETWEEN}{name}{_BETWEEN}{flags}{_BETWEEN}".encode("utf-8", "surrogatepass"))
        whole.update(digest)
    return whole.hexdigest()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.large_string())


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
