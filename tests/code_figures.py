"""Figures of the code, for docs/tests.md: ``python -m tests.code_figures``.

Parameters counted are those that may be given by position, ``self`` among them; ``Any`` is counted as a word of the text, imports and prose included, as it was before.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ("tracker", "streams", "models")
_KERNEL: Final = re.compile(r"\b(n?jit|vectorize|guvectorize)\b")


class Figures(NamedTuple):
    """What is counted of some files; a place is ``file`` or ``file: function``."""

    files: int
    lines: int
    longest_lines: int
    longest: str
    most_parameters: int
    most: str
    most_kernel_parameters: int
    most_kernel: str
    any_count: int


def figures(texts: dict[str, str]) -> Figures:
    """Figures of files given by name."""
    lines = {name: text.count("\n") for name, text in texts.items()}
    counted = [(k, where, is_kernel) for name, text in texts.items() for k, where, is_kernel in _parameters(name, text)]
    longest = max(lines, key=lambda name: (lines[name], name), default="")
    most = max(((k, where) for k, where, _ in counted), default=(0, ""))
    kernel = max(((k, where) for k, where, is_kernel in counted if is_kernel), default=(0, ""))
    any_count = sum(len(re.findall(r"\bAny\b", text)) for text in texts.values())
    return Figures(len(texts), sum(lines.values()), lines.get(longest, 0), longest, *most, *kernel, any_count)


def _parameters(name: str, text: str) -> Iterator[tuple[int, str, bool]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            is_kernel = any(_KERNEL.search(ast.unparse(one)) for one in node.decorator_list)
            yield len(node.args.posonlyargs) + len(node.args.args), f"{name}: {node.name}", is_kernel


def of_the_code() -> Figures:
    """Figures of the three packages."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return figures({str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths})


if __name__ == "__main__":
    for field, value in of_the_code()._asdict().items():
        print(f"{field:24} {value}")
