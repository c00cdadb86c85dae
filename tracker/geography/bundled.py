"""Where the reference files carried by the program's dependencies lie, without importing those packages.

``searoute`` brings ports and the network of sea lanes, ``airportsdata`` airports, ``global_land_mask`` a land mask. Their
own loaders build Python objects at import (the land mask unpacks to almost a gigabyte); the files alone load in milliseconds.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tracker.errors import ReferenceDataError


def bundled_file(package: str, *parts: str) -> Path:
    """Path of a data file inside an installed package."""
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent.joinpath(*parts) if spec and spec.origin else None
    if path is None or not path.is_file():
        raise ReferenceDataError(
            f"the reference file {'/'.join(parts)} is missing", package, f"reinstall the package {package}"
        )
    return path
