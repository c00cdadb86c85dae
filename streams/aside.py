"""Something stands where a file or folder of ours belongs: it is set aside under another name, never deleted, and the program goes on."""

from __future__ import annotations

from pathlib import Path


def set_aside(path: Path) -> str:
    """Rename what is there to ``NAME.aside-N`` beside it; a sentence that says so.

    Raises
    ------
    OSError
        as ``Path.rename``.
    """
    number = 1
    while (other := path.with_name(f"{path.name}.aside-{number}")).exists() or other.is_symlink():
        number += 1
    path.rename(other)
    return f"{path} was none of ours and was set aside as {other.name}"
