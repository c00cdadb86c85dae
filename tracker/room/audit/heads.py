"""Heads: the last hash of the chain, signed (Ed25519), and kept where the administrator of this machine cannot write.

A head is an *anchor* for whoever verifies: the chain must still have this hash at this number. Cutting the tail off, or writing the whole chain anew,
contradicts every anchor kept elsewhere, even for somebody who has the disk and the key; the signature shows that nobody without the key made an anchor up.

A head as one word, for a printed sheet, is ``SEQUENCE:HASH``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tracker.room.audit.chain import Fault, Problem

_WORD: Final = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The chain up to an entry: its number, its hash, when that was signed and by which key. Keys and signatures are base64."""

    sequence: int
    hash: str
    at_us: int
    key: str
    signature: str

    def to_json(self) -> dict[str, Any]:
        """The head as a line of a file of anchors."""
        return {**_signed_part(self.sequence, self.hash, self.at_us, self.key), "signature": self.signature}

    @property
    def word(self) -> str:
        """The head as it is printed on a sheet."""
        return f"{self.sequence}:{self.hash}"


def _signed_part(sequence: int, hash_: str, at_us: int, key: str) -> dict[str, Any]:
    return {
        "what": "head of the audit of a tidewaiter room",
        "sequence": sequence,
        "hash": hash_,
        "at_us": str(at_us),
        "key": key,
    }


def public_key_of(key: Ed25519PrivateKey) -> str:
    """The public key as text, which goes to whoever verifies."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def signed(key: Ed25519PrivateKey, sequence: int, hash_: str, at_us: int) -> Head:
    """The head of a chain that ends at ``sequence`` with ``hash_``."""
    public = public_key_of(key)
    signature = key.sign(rfc8785.dumps(_signed_part(sequence, hash_, at_us, public)))
    return Head(sequence=sequence, hash=hash_, at_us=at_us, key=public, signature=base64.b64encode(signature).decode())


def is_genuine(head: Head) -> bool:
    """Whether the key that a head names has signed it."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(head.key, validate=True))
        signature = base64.b64decode(head.signature, validate=True)
        key.verify(signature, rfc8785.dumps(_signed_part(head.sequence, head.hash, head.at_us, head.key)))
    except (ValueError, InvalidSignature):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Anchors:
    """What files of anchors and printed words tell: number -> hash, the keys that signed, and what was wrong with them."""

    hashes: Mapping[int, str]
    keys: frozenset[str]
    problems: tuple[Problem, ...]


def read_anchors(lines: Iterable[str], words: Iterable[str] = (), trusted_key: str | None = None) -> Anchors:
    """Anchors of the lines of a file, and of words off printed sheets; a bad one is a problem and never an error.

    Parameters
    ----------
    trusted_key:
        The public key that must have signed them; any, where it is None. Words off a sheet carry no signature: whoever types them trusts the paper.
    """
    hashes: dict[int, str] = {}
    keys: set[str] = set()
    problems: list[Problem] = []

    def add(sequence: int, hash_: str) -> None:
        known = hashes.setdefault(sequence, hash_)
        if known != hash_:
            problems.append(
                Problem(
                    Fault.REWRITTEN,
                    sequence,
                    f"two anchors tell of two different entries {sequence}; the chain was written anew between them",
                )
            )

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        head = _head_of(line)
        if head is None:
            problems.append(Problem(Fault.UNREADABLE, 0, f"line {number} of the anchors is no signed head"))
        elif not is_genuine(head):
            problems.append(
                Problem(
                    Fault.FORGED, head.sequence, f"the signature of the anchor of entry {head.sequence} does not hold"
                )
            )
        elif trusted_key is not None and head.key != trusted_key:
            problems.append(
                Problem(
                    Fault.FORGED,
                    head.sequence,
                    f"the anchor of entry {head.sequence} was signed by another key than the one trusted",
                )
            )
        else:
            keys.add(head.key)
            add(head.sequence, head.hash)
    for word in words:
        match = _WORD.fullmatch(word.strip().lower())
        if match is None:
            problems.append(
                Problem(
                    Fault.UNREADABLE, 0, "an anchor given is not of the form NUMBER:HASH with 64 hexadecimal digits"
                )
            )
        else:
            add(int(match[1]), match[2])
    return Anchors(hashes, frozenset(keys), tuple(problems))


def _head_of(line: str) -> Head | None:
    try:
        read = json.loads(line)
        return Head(
            sequence=int(read["sequence"]), hash=str(read["hash"]), at_us=int(read["at_us"]), key=str(read["key"]), signature=str(read["signature"])
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def search_key(key: Ed25519PrivateKey) -> bytes:
    """The key of digests of what people searched for: whoever has the audit but not the key cannot try words."""
    return hashlib.sha256(b"tidewaiter: words of searches\0" + key.private_bytes_raw()).digest()
