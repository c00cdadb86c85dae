"""Where the words go: each label takes, of eight places around its point, the one that covers least;
one that must be there may also stand farther off.

What may not be covered is told beforehand: boxes (other labels, marks, the scale bar) and points of the tracks. A label that would have to
cover a box is left out, unless it must be there.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracker.drawing.svg import label, text_width_px

_GAP_PX: Final = 7.0
_LINE: Final = 1.25
"""Height of a line over the size of its font."""
_BOX_COST: Final = 1000.0
_PLACES: Final = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))
"""East, west, north, south, and between."""
_DISTANCES: Final = (1.0, 2.4, 4.2)


class Labels:
    """Labels of one chart, placed in the order in which they are asked for."""

    def __init__(self, width_px: float, height_px: float, points_px: NDArray[np.float64]) -> None:
        self._width_px, self._height_px = width_px, height_px
        self._points = points_px
        self._boxes: list[tuple[float, float, float, float]] = []

    def keep_free(self, x0_px: float, y0_px: float, x1_px: float, y1_px: float) -> None:
        """A box no label may cover."""
        self._boxes.append((x0_px, y0_px, x1_px, y1_px))

    def emptiest_corner(self, width_px: float, height_px: float) -> tuple[float, float]:
        """Left and upper edge of a box in the corner where it covers least; the lower right one where all are alike."""
        left, right = 56.0, self._width_px - width_px - 6.0
        upper, lower = 6.0, self._height_px - height_px - 20.0
        corners = [(right, lower), (right, upper), (left, lower), (left, upper)]
        return min(corners, key=lambda at: self._cost(at[0], at[1], at[0] + width_px, at[1] + height_px))

    def is_kept_free(self, x_px: float, y_px: float) -> bool:
        """Does something lie upon a point already?"""
        return any(b[0] < x_px < b[2] and b[1] < y_px < b[3] for b in self._boxes)

    def put(
        self,
        x_px: float,
        y_px: float,
        text: str,
        size_px: float,
        *,
        must: bool = False,
        radius_px: float = 0.0,
        **look: object,
    ) -> str:
        """The label of a point as markup; empty where there is no room for it."""
        width, height = text_width_px(text, size_px), size_px * _LINE
        best, chosen = np.inf, (0.0, 0.0)
        for far in _DISTANCES if must else _DISTANCES[:1]:
            for number, (east, south) in enumerate(_PLACES):
                gap = (_GAP_PX * far + radius_px) * (1.0 if 0 in (east, south) else 0.75)
                x0 = x_px + east * gap + (-width / 2.0 if east == 0 else -width if east < 0 else 0.0)
                y0 = y_px + south * gap + (-height / 2.0 if south == 0 else -height if south < 0 else 0.0)
                cost = self._cost(x0, y0, x0 + width, y0 + height) + 0.1 * number + 3.0 * (far - 1.0)
                if cost < best:
                    best, chosen = cost, (x0, y0)
        if best >= _BOX_COST and not must:
            return ""
        x0, y0 = chosen
        x0 = float(np.clip(x0, 2.0, max(2.0, self._width_px - width - 2.0)))
        y0 = float(np.clip(y0, 2.0, max(2.0, self._height_px - height - 2.0)))
        self.keep_free(x0 - 2.0, y0, x0 + width + 2.0, y0 + height)
        return label(x0, y0 + 0.95 * size_px, text, halo=True, font_size=size_px, **look)

    def _cost(self, x0: float, y0: float, x1: float, y1: float) -> float:
        beyond = x0 < 2.0 or y0 < 2.0 or x1 > self._width_px - 2.0 or y1 > self._height_px - 2.0
        covered = sum(x0 < b[2] and b[0] < x1 and y0 < b[3] and b[1] < y1 for b in self._boxes)
        points = self._points
        crossed = int(np.sum((points[:, 0] > x0) & (points[:, 0] < x1) & (points[:, 1] > y0) & (points[:, 1] < y1)))
        return _BOX_COST * (covered + beyond) + crossed
