"""A place for compiled kernels. Where there is none at all, numba does not compile without one: it ends the program.

numba keeps kernels in ``NUMBA_CACHE_DIR``, else beside the source, else in the user's cache folder; with none of them writable (a service under
``ProtectSystem`` whose user has no home) importing the first kernel is a ``RuntimeError``. Then a folder of this process alone takes their place: it
compiles for minutes at every start, and works.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

_VARIABLE: Final = "NUMBA_CACHE_DIR"


def have_kernel_cache(source: Path) -> bool:
    """See to a place, before numba is imported; False where it is one of this process alone. ``source``: a folder of our code."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "numba"
    named = os.environ.get(_VARIABLE)
    if (named and _is_writable(Path(named))) or _is_writable(source / "__pycache__") or _is_writable(home):
        return True
    folder = tempfile.mkdtemp(prefix="tidewaiter-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[_VARIABLE] = folder
    return False


def _is_writable(folder: Path) -> bool:
    with suppress(OSError, RuntimeError):
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK | os.X_OK)
    return False
