"""Forms in which the answer to a query is written (``tracker.store.writers``)."""

from __future__ import annotations

from typing import Final

FORMATS: Final = ("table", "lines", "csv", "json", "geojson", "parquet")
FOR_THE_EYE: Final = ("table", "lines")
BINARY: Final = ("parquet",)
