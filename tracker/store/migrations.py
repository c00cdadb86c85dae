"""From one layout of the store to the next: ``MIGRATIONS[n]`` holds the statements that turn layout n into n + 1.

They run in one transaction when an older file is opened for writing; a file of a newer layout is refused.
"""

from __future__ import annotations

from typing import Final

MIGRATIONS: Final[dict[int, tuple[str, ...]]] = {}
