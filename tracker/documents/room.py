"""Tables of docs/room.md that are made from the code: roles with their rights, acts of the audit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tracker.documents.text import cell
from tracker.room.audited import ACT_SENTENCES
from tracker.room.rights import GRANTABLE, MATRIX, RIGHT_SENTENCES, ROLES_OF_PERSONS, Right, Role

PAGE: Final = "room.md"
_ROLES: Final = [role for role in Role if role in ROLES_OF_PERSONS]


def roles_table() -> str:
    """Rights by role."""
    head = "| right | " + " | ".join(_ROLES) + " | service may have it | |\n|---|" + "---|" * (len(_ROLES) + 2) + "\n"
    return head + "".join(map(_right_row, (right for right in Right if right is not Right.ANYBODY)))


def acts_table() -> str:
    """Acts by their words."""
    rows = (f"| `{act}` | {cell(sentence)} |\n" for act, sentence in ACT_SENTENCES.items())
    return "| act | meaning |\n|---|---|\n" + "".join(rows)


def with_tables(page: str) -> str:
    """The page with its tables as the code has them now."""
    for name, table in (("roles", roles_table()), ("acts", acts_table())):
        between = re.compile(
            f"(<!-- {name}: made by python -m tracker.documents -->\n\n).*?(\n<!-- end -->)", re.DOTALL
        )
        page = between.sub(lambda found, table=table: found[1] + table + found[2], page)  # type: ignore[misc]
    return page


def write(folder: Path) -> Path:
    """Write the tables into the page."""
    path = folder / PAGE
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def _right_row(right: Right) -> str:
    marks = ["x" if right in MATRIX[role] else "" for role in _ROLES]
    marks.append("x" if right in GRANTABLE else "")
    return f"| `{right}` | " + " | ".join(marks) + f" | {cell(RIGHT_SENTENCES[right])} |\n"
