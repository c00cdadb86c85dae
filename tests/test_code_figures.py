"""Figures of the code count what they say."""

from __future__ import annotations

from tests.code_figures import figures

KERNEL = """
from numba import njit
@njit(cache=True)
def quick(a: Any, b, /, c, *, d):
    def inner(x): ...
"""
PLAIN = "class One:\n    def slow(self, a, b: Any, c, d) -> Any: ...\n"


def test_files_parameters_and_any_are_counted() -> None:
    found = figures({"a.py": KERNEL, "b.py": PLAIN})
    assert (found.files, found.lines) == (2, 7)
    assert (found.longest_lines, found.longest) == (5, "a.py")
    assert (found.most_parameters, found.most) == (5, "b.py: slow")
    assert (found.most_kernel_parameters, found.most_kernel) == (3, "a.py: quick")
    assert found.any_count == 3
