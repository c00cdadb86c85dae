"""Strips of time under a chart: a value against time, the event's time shaded, holes where nobody was heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracker.detectors.wording import clock_text
from tracker.drawing.svg import element, label, line_path, text_width_px
from tracker.drawing.tracks import thinned
from tracker.units import US_PER_DAY, US_PER_H, US_PER_MIN, US_PER_S

_TITLE_PX: Final = 12
HEIGHT_PX: Final = 66.0
TICKS_PX: Final = 20.0
LEFT_PX: Final = 56.0
"""Room for the numbers of the axis."""
_GAP_PX: Final = 20.0
"""Between two strips, for the title of the lower one."""
_TICKS_US: Final = (
    *(s * US_PER_S for s in (5, 10, 15, 30)), *(m * US_PER_MIN for m in (1, 2, 5, 10, 15, 30)),
    *(h * US_PER_H for h in (1, 2, 3, 6, 12)), *(d * US_PER_DAY for d in (1, 2, 7, 14, 28, 91, 364)),
)  # fmt: skip
_TICK_EVERY_PX: Final = 72.0


@dataclass(frozen=True, slots=True)
class Line:
    """One value against time; ``hole_us`` without one breaks the line. ``look`` is a class of the style sheet."""

    time_us: NDArray[np.int64]
    value: NDArray[np.float64]
    look: str
    hole_us: float


@dataclass(frozen=True, slots=True)
class Strip:
    """Lines over one axis of values."""

    title: str
    lines: tuple[Line, ...]


def strips_height_px(count: int) -> float:
    """Height of so many strips with their titles and the axis of time."""
    return count * (HEIGHT_PX + _GAP_PX) + TICKS_PX


def strips_markup(
    strips: list[Strip], window_us: tuple[int, int], event_us: tuple[int, int], width_px: float, event_title: str
) -> str:
    """All strips, one below the other, their upper left corner at 0, 0."""
    begin, end = window_us
    px_per_us = (width_px - LEFT_PX) / max(end - begin, 1)

    def x_of(time_us: NDArray[np.int64] | int) -> NDArray[np.float64]:
        return LEFT_PX + np.clip(np.asarray(time_us, dtype=np.float64) - begin, 0.0, float(end - begin)) * px_per_us

    x0, x1 = (float(v) for v in x_of(np.array(event_us)))
    step = next((s for s in _TICKS_US if s * px_per_us >= _TICK_EVERY_PX), _TICKS_US[-1])
    ticks = np.arange(-(-begin // step) * step, end + 1, step)
    parts = []
    for row, strip in enumerate(strips):
        top = row * (HEIGHT_PX + _GAP_PX) + _GAP_PX
        parts.append(label(LEFT_PX, top - 5.0, strip.title, font_size=_TITLE_PX))
        parts.append(
            element("rect", x=LEFT_PX, y=top, width=width_px - LEFT_PX, height=HEIGHT_PX, fill="#fff", stroke="#8a949c")
        )
        parts.append(element("rect", x=x0, y=top, width=max(x1 - x0, 1.5), height=HEIGHT_PX, class_="e"))
        parts.append(_values(strip, top, width_px, x_of, begin, end))
    bottom = len(strips) * (HEIGHT_PX + _GAP_PX)
    middle = (x0 + x1) / 2.0
    if x1 - x0 > 46.0 and middle - 30.0 > LEFT_PX + text_width_px(strips[0].title, _TITLE_PX):
        parts.append(label(middle, _GAP_PX - 5.0, event_title, text_anchor="middle", font_size=11, fill="#9a4400"))
    parts += [_tick(int(tick), float(x_of(int(tick))), step, bottom) for tick in ticks]
    return "".join(parts)


def _values(
    strip: Strip,
    top: float,
    width_px: float,
    x_of: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    begin: int,
    end: int,
) -> str:
    """Axis and lines of one strip."""
    shown = [line.value[(line.time_us >= begin) & (line.time_us <= end)] for line in strip.lines]
    known = np.concatenate([values[np.isfinite(values)] for values in shown] or [np.empty(0)])
    if not len(known):
        return label(LEFT_PX + 8.0, top + HEIGHT_PX / 2.0 + 4.0, "not reported", font_size=12, fill="#5a6670")
    step = nice_step(float(known.max()))
    most = step * max(1, int(np.ceil(float(known.max()) / step - 1e-9)))
    least = min(0.0, step * float(np.floor(float(known.min()) / step)))

    def y_of(value: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return top + HEIGHT_PX - (np.asarray(value) - least) / (most - least) * HEIGHT_PX

    parts = []
    for k in range(round((most - least) / step) + 1):
        y = float(y_of(least + k * step))
        parts.append(label(LEFT_PX - 6.0, y + 4.0, f"{least + k * step:,g}", text_anchor="end", font_size=11))
        if 0 < k < round((most - least) / step):
            parts.append(element("path", d=f"M{LEFT_PX:.0f} {y:.1f}H{width_px:.0f}", class_="g"))
    for line in strip.lines:
        rows = np.flatnonzero(np.isfinite(line.value) & (line.time_us >= begin) & (line.time_us <= end))
        if not len(rows):
            continue
        breaks = np.flatnonzero(np.diff(line.time_us[rows]) > line.hole_us) + 1
        data = ""
        for piece in np.split(rows, breaks):
            points = np.stack([x_of(line.time_us[piece]), y_of(line.value[piece])], axis=-1)
            data += line_path(thinned(points) if len(points) > 2 else points)
        parts.append(element("path", d=data, class_=line.look))
    return "".join(parts)


def nice_step(most: float) -> float:
    """A round step of which two to four reach ``most``."""
    if most <= 0.0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(most / 2.0))
    return float(max(m for m in (1.0, 2.0, 2.5, 5.0) if m * power <= most / 2.0 * (1.0 + 1e-9)) * power)


def _tick(tick_us: int, x_px: float, step_us: int, bottom_px: float) -> str:
    day, month, clock, _ = clock_text(tick_us).split()
    text = f"{day} {month}" if tick_us % US_PER_DAY == 0 else clock
    if step_us < US_PER_MIN:
        text += f":{tick_us // US_PER_S % 60:02d}"
    mark = element("path", d=f"M{x_px:.1f} {bottom_px:.0f}v4", class_="k")
    return mark + label(x_px, bottom_px + 16.0, text, text_anchor="middle", font_size=11)
