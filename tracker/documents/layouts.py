"""The part of docs/inputs.md that is made from the table of layouts: between two marks, the page around it is written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tracker.decode.layouts import GENERIC, KNOWN_LAYOUTS, Layout
from tracker.decode.layouts.fields import UNITS
from tracker.decode.layouts.generic import UNIT_WORDS

BEGIN: Final = "<!-- Made by python -m tracker.documents from the table of layouts; do not edit. -->\n"
END: Final = "<!-- End of what is made. -->\n"


def with_layouts(page: str) -> str:
    """A page with what stands between its marks made anew."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + layouts_section() + END + tail


def write(folder: Path) -> Path:
    """Make the section of docs/inputs.md anew."""
    path = folder / "inputs.md"
    path.write_text(with_layouts(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def layouts_section() -> str:
    """Known layouts, generic names, units."""
    parts = [
        "\n| layout | what it is | read from | told by | what it means differently, and its conventions |\n|---|---|---|---|---|\n"
    ]
    parts.extend(_layout_row(layout) for layout in KNOWN_LAYOUTS)
    parts.append(
        "\nWhat no layout names is read by generic names. A unit may stand behind them: "
        + "; ".join(f"{dimension}: {_words(words)}" for dimension, words in UNIT_WORDS.items())
        + ". Without one the field's own unit is meant, or the one given here.\n\n| field | unit | names |\n|---|---|---|\n"
    )
    by_meaning: dict[tuple[str, str], list[str]] = {}
    for name, column in GENERIC.items():
        by_meaning.setdefault((column.field, column.unit), []).append(name)
    parts.extend(
        f"| `{field}` | {unit} | {', '.join(f'`{name}`' for name in names)} |\n"
        for (field, unit), names in by_meaning.items()
    )
    parts.append("\nUnits a layout or a mapping may name: ")
    parts.append(
        "; ".join(f"{dimension}: {', '.join(f'`{unit}`' for unit in units)}" for dimension, units in UNITS.items())
    )
    parts.append(".\n\n")
    return "".join(parts)


def _words(words: dict[str, str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _layout_row(layout: Layout) -> str:
    meanings = [
        f"`{name}` is {f'`{column.field}`' if column.field else 'not read'}{f' in {column.unit}' if column.unit else ''}"
        for name, column in layout.columns.items()
    ]
    conventions = []
    if layout.date_order:
        conventions.append({"dmy": "Dates are day first.", "mdy": "Dates are month first."}[layout.date_order])
    if layout.signed_codes:
        conventions.append("Signed codes.")
    if layout.notes:
        conventions.append(layout.notes)
    said = " ".join((*conventions, ", ".join(meanings) + "." if meanings else ""))
    return (
        f"| `{layout.name}` | [{layout.title}]({layout.origin}) | {', '.join(layout.forms)} | "
        f"{', '.join(f'`{mark}`' for mark in sorted(layout.marks))} | {said.strip()} |\n"
    )
