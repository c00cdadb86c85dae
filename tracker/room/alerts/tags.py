"""The ETag of an alert: ``"d7-f3"``, the seventh version of the desk's work on the third revision of the facts. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TAG: Final = re.compile(r'(?:W/)?"d([0-9]{1,9})-f([0-9]{1,9})"')


@dataclass(frozen=True, slots=True)
class Versions:
    """What somebody has seen of an alert."""

    desk: int
    facts: int

    @property
    def tag(self) -> str:
        """As the header has it."""
        return f'"d{self.desk}-f{self.facts}"'


ANY: Final = "*"


def read_if_match(header: str) -> tuple[Versions, ...] | None:
    """The versions in an If-Match header; an empty tuple for ``*``, None where it is no such header."""
    if header.strip() == ANY:
        return ()
    parts = [_TAG.fullmatch(part.strip()) for part in header.split(",")]
    found = tuple(Versions(int(part[1]), int(part[2])) for part in parts if part is not None)
    return found if found and len(found) == len(parts) else None
