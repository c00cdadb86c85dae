"""SVG as text: numbers short, everything written by others escaped.

Names come from radio, from files and from people. What XML 1.0 forbids, or steers the text around it, is shown as an escape
(``tracker.printable``); what is markup is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from tracker.printable import printable

FONT: Final = "font-family=\"Helvetica,Arial,'Liberation Sans',sans-serif\""
_WIDTH_FRAC: Final = 0.54
"""Mean width of a letter over the size of the font, for Helvetica and its likes; names in capitals are wider."""
_CAPITAL_FRAC: Final = 0.68


def short(text: str, most: int) -> str:
    """At most ``most`` characters, the last one an ellipsis where some are left out."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def number(value: float) -> str:
    """A coordinate with one decimal at most: ``12``, ``-3.5``."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def text_width_px(text: str, size_px: float) -> float:
    """About how wide a text comes out."""
    return size_px * sum(_CAPITAL_FRAC if sign.isupper() else _WIDTH_FRAC for sign in text)


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """``<name a="1">content</name>``; ``stroke_width`` is written ``stroke-width``, floats as coordinates. ``content`` is markup."""
    parts = [name]
    for key, value in attributes.items():
        shown = number(value) if isinstance(value, float) else str(value)
        parts.append(f"{key.rstrip('_').replace('_', '-')}={quoteattr(printable(shown))}")
    head = " ".join(parts)
    return f"<{head}>{content}</{name}>" if content else f"<{head}/>"


def words(text: str) -> str:
    """Text as content of an element."""
    return escape(printable(text))


def label(x_px: float, y_px: float, text: str, /, *, halo: bool = False, **attributes: object) -> str:
    """A line of text; with a halo it stays readable over lines."""
    if halo:
        attributes = {"class_": "h", **attributes}
    return element("text", words(text), x=float(x_px), y=float(y_px), **attributes)


def line_path(points_px: NDArray[np.float64], *, closed: bool = False) -> str:
    """Points of shape (n, 2) as path data: whole tenths of a pixel, each step relative to the one before."""
    tenths = np.rint(np.asarray(points_px) * 10.0).astype(np.int64)
    kept = np.concatenate([[True], (np.diff(tenths, axis=0) != 0).any(axis=1)])
    tenths = tenths[kept]
    if len(tenths) == 1:
        tenths = np.concatenate([tenths, tenths])  # a single point is drawn as a dot by its round ends
    first, steps = tenths[0], np.diff(tenths, axis=0)
    text = f"M{number(first[0] / 10)} {number(first[1] / 10)}l" + _joined(number(v / 10) for v in steps.ravel())
    return text + "z" if closed else text


def _joined(numbers: Iterable[str]) -> str:
    """Numbers of a path; a minus sign separates as well as a blank does."""
    return " ".join(numbers).replace(" -", "-")
