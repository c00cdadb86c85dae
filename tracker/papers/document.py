"""A document: the bytes of a file, a message or a call of the door, as they were received."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Document:
    """One piece of papers as received.

    Parameters
    ----------
    content:
        The bytes, packed or not, as they came.
    source:
        The way they came: ``inbox``, ``topic papers/PARTITION@OFFSET``, ``door``, ``file``.
    name:
        What it is called there; people are told of it under this name.
    received_us:
        When the bytes were first held, by the machine's clock.
    """

    content: bytes = field(repr=False)
    source: str
    name: str
    received_us: int
    sha256: str = field(init=False)
    """Digest of the content, 64 hexadecimal digits: by it the same document is known again, whatever it is called."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", hashlib.sha256(self.content).hexdigest())
