"""Compiled kernels whose callees have changed are forgotten: numba does not see that.

numba compiles a kernel anew when its own file has changed. What the kernel calls, and the constants it was compiled with, may come from other files;
the compiled code holds them as they were. So the compiled kernels of a file are deleted here when a file they take kernels, constants or
records from, directly or by way of others, is newer than they are.

Only kernels kept beside their source are looked at. Where nothing is newer (every start of an installed program) this costs the looking at
times, some milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

PACKAGES: Final = ("tracker", "streams", "models")
_IMPORT: Final = re.compile(r"^from ([\w.]+) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
_KERNEL: Final = re.compile(
    r"^@(?:numba\.)?(?:njit|vectorize|guvectorize|intrinsic)\b[^\n]*\n(?:@[^\n]*\n)*def (\w+)", re.MULTILINE
)
_RECORD: Final = re.compile(r"^class (\w+)\(NamedTuple\)", re.MULTILINE)


def forget_stale_kernels(root: Path) -> list[Path]:
    """Delete the compiled kernels that an edited callee has made stale; ``root`` holds our packages. Returns the sources whose kernels were."""
    sources = {path: path.stat().st_mtime_ns for name in PACKAGES for path in (root / name).rglob("*.py")}
    compiled: dict[Path, list[Path]] = {}
    for name in PACKAGES:
        for index in (root / name).rglob("__pycache__/*.nbi"):
            source = index.parent.parent / f"{index.name.partition('.')[0]}.py"
            compiled.setdefault(source, []).append(index)
    made = {source: min(_changed_ns(index) for index in indices) for source, indices in compiled.items()}
    if not made or max(sources.values(), default=0) <= min(made.values()):
        return []
    taken = _taken_from(root, sources)
    stale = [source for source in sorted(made) if any(sources[one] > made[source] for one in _all_of(source, taken))]
    for source in stale:
        for index in compiled[source]:
            with suppress(OSError):
                index.unlink()
    return stale


def _changed_ns(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mtime_ns
    return 0


def _taken_from(root: Path, sources: Iterable[Path]) -> dict[Path, set[Path]]:
    """For each file those it takes kernels, constants (names in capitals) or records of rows from."""
    texts = {path: path.read_text(encoding="utf-8") for path in sources}
    modules = {".".join(path.relative_to(root).with_suffix("").parts): path for path in texts}
    given = {path: {*_KERNEL.findall(text), *_RECORD.findall(text)} for path, text in texts.items()}
    taken: dict[Path, set[Path]] = {}
    for path, text in texts.items():
        some = taken[path] = set()
        for module, names in _IMPORT.findall(text):
            for name in re.findall(r"\w+", re.sub(r"#[^\n]*| as \w+", "", names)):
                if (whole := modules.get(f"{module}.{name}")) is not None:
                    some.add(whole)
                elif (one := modules.get(module)) is not None and (name.isupper() or name in given[one]):
                    some.add(one)
    return taken


def _all_of(source: Path, taken: Mapping[Path, set[Path]]) -> set[Path]:
    """What a file takes from, directly or by way of others, without itself."""
    found: set[Path] = set()
    ahead = list(taken.get(source, ()))
    while ahead:
        if (one := ahead.pop()) not in found:
            found.add(one)
            ahead += taken[one]
    return found - {source}
