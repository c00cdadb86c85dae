"""A kernel whose callee has changed is compiled anew."""

from __future__ import annotations

import os

import pytest

from tracker.stale_kernels import forget_stale_kernels

FILES = {
    "models/angle.py": "import numba\n\nFULL_DEG = 360.0\n\n\n@numba.njit(cache=True)\ndef turn(a):\n    return a % FULL_DEG\n",
    "models/far.py": "import numba\nfrom models.angle import turn\n\n\n@numba.njit(cache=True)\ndef far(a):\n    return turn(a)\n",
    "models/words.py": "def say(a):\n    return str(a)\n",
    "tracker/rule.py": (
        "import numba\nfrom models.far import (\n    far,  # a kernel\n)\nfrom models.words import say\n\n\n"
        "@numba.njit(cache=True)\ndef follow(a):\n    return far(a)\n"
    ),
    "tracker/alone.py": "import numba\n\n\n@numba.njit(cache=True)\ndef lone(a):\n    return a\n",
}


@pytest.fixture
def kernels(tmp_path):
    """Sources of the second 100, compiled in the second 200."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (100, 100))
        if "njit" in text:
            index = path.parent / "__pycache__" / f"{path.stem}.kernel-7.py311.nbi"
            index.parent.mkdir(exist_ok=True)
            index.touch()
            os.utime(index, (200, 200))
    return tmp_path


def names(root, stale):
    return [path.relative_to(root).as_posix() for path in stale]


def test_nothing_is_forgotten_where_nothing_has_changed(kernels):
    assert not forget_stale_kernels(kernels)
    assert len(list(kernels.rglob("*.nbi"))) == 4


@pytest.mark.parametrize(("changed", "forgotten"), [
    ("models/angle.py", ["models/far.py", "tracker/rule.py"]), ("models/far.py", ["tracker/rule.py"]), ("models/words.py", []), ("tracker/alone.py", []),
])  # fmt: skip
def test_kernels_that_call_what_has_changed_are_forgotten_and_no_others(kernels, changed, forgotten):
    os.utime(kernels / changed, (300, 300))
    assert names(kernels, forget_stale_kernels(kernels)) == forgotten
    assert len(list(kernels.rglob("*.nbi"))) == 4 - len(forgotten)
    assert not forget_stale_kernels(kernels)


def test_what_is_compiled_after_the_change_is_kept(kernels):
    os.utime(kernels / "models/angle.py", (300, 300))
    for index in kernels.rglob("*.nbi"):
        os.utime(index, (400, 400))
    assert not forget_stale_kernels(kernels)
