"""Forms in which the answer to a query is written."""

from __future__ import annotations

from typing import Final

FORMATS: Final = ("table", "csv", "json")
