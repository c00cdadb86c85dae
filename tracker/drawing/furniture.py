"""What every chart has: lines of latitude and longitude, a scale bar in nautical miles and kilometres, and north."""

from __future__ import annotations

from typing import Final

import numpy as np

from tracker.drawing.chart import Chart
from tracker.drawing.labels import Labels
from tracker.drawing.svg import element, label, line_path
from tracker.units import KM_PER_NM

_STEPS_DEG: Final = (
    *(s / 3600.0 for s in (1, 2, 5, 10, 15, 30)),
    *(m / 60.0 for m in (1, 2, 5, 10, 15, 30)),
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
)
_LINE_EVERY_PX: Final = 130.0
_LONGEST_BAR_PX: Final = 150.0
_BOX_WIDTH_PX: Final = 206.0
_BOX_HEIGHT_PX: Final = 50.0
_SMALL_PX: Final = 10.5


def grid(chart: Chart, labels: Labels) -> str:
    """Lines of latitude and longitude, each named once at the left or at the bottom edge."""
    edge_lat_deg, _ = chart.position([0.0, 0.0], [0.0, chart.height_px])
    west_deg = chart.middle_lon_deg - chart.width_px / 2.0 / chart.px_per_deg
    wanted_deg = _LINE_EVERY_PX / chart.px_per_deg
    step = min(_STEPS_DEG, key=lambda s: abs(np.log(s / wanted_deg)))
    drawn, named = "", ""
    for k in range(
        int(np.ceil(west_deg / step)), int(np.floor((west_deg + chart.width_px / chart.px_per_deg) / step)) + 1
    ):
        x = (k * step - west_deg) * chart.px_per_deg
        drawn += f"M{x:.1f} 0V{chart.height_px:.0f}"
        if 40.0 < x < chart.width_px - 30.0:
            lon = (k * step + 180.0) % 360.0 - 180.0
            named += label(x, chart.height_px - 5.0, degrees_text(lon, "E", "W"), halo=True, text_anchor="middle")
            labels.keep_free(x - 25.0, chart.height_px - 16.0, x + 25.0, chart.height_px)
    north_deg, south_deg = (float(lat) for lat in edge_lat_deg)
    for k in range(int(np.ceil(south_deg / step)), int(np.floor(north_deg / step)) + 1):
        y = float(chart.place(k * step, chart.middle_lon_deg)[0, 1])
        drawn += f"M0 {y:.1f}H{chart.width_px:.0f}"
        if 14.0 < y < chart.height_px - 20.0:
            named += label(5.0, y - 3.0, degrees_text(k * step, "N", "S"), halo=True)
            labels.keep_free(0.0, y - 14.0, 48.0, y)
    return element("path", d=drawn, class_="g") + element("g", named, font_size=_SMALL_PX, fill="#5a6670")


def degrees_text(value_deg: float, positive: str, negative: str) -> str:
    """``54°20′N``; seconds only where there are some."""
    seconds = round(abs(value_deg) * 3600.0)
    text = f"{seconds // 3600}°"
    if seconds % 3600:
        text += f"{seconds % 3600 // 60:02d}′"
    if seconds % 60:
        text += f"{seconds % 60:02d}″"
    return text + ("" if seconds == 0 else positive if value_deg > 0 else negative)


def scale_bar(chart: Chart, labels: Labels) -> str:
    """The bar in nautical miles over the one in kilometres, with an arrow to the north, in the emptiest corner."""
    x0, y0 = labels.emptiest_corner(_BOX_WIDTH_PX, _BOX_HEIGHT_PX)
    labels.keep_free(x0, y0, x0 + _BOX_WIDTH_PX, y0 + _BOX_HEIGHT_PX)
    parts = [
        element("rect", x=x0, y=y0, width=_BOX_WIDTH_PX, height=_BOX_HEIGHT_PX, rx=4, fill="#fff", fill_opacity=0.85)
    ]
    for row, (unit, km) in enumerate((("nm", KM_PER_NM), ("km", 1.0))):
        px_per_unit = chart.px_per_km * km
        units = nice_below(_LONGEST_BAR_PX / px_per_unit)
        length, y = units * px_per_unit, y0 + 16.0 + 21.0 * row
        bar = np.array([[x0 + 36.0, y - 4.0], [x0 + 36.0, y], [x0 + 36.0 + length, y], [x0 + 36.0 + length, y - 4.0]])
        parts.append(element("path", d=line_path(bar), class_="k"))
        parts.append(label(x0 + 36.0 + length / 2.0, y - 3.0, f"{units:g} {unit}", text_anchor="middle"))
    arrow = np.array([[x0 + 17.0, y0 + 6.0], [x0 + 23.0, y0 + 24.0], [x0 + 17.0, y0 + 20.0], [x0 + 11.0, y0 + 24.0]])
    parts.append(element("path", d=line_path(arrow, closed=True), class_="p"))
    parts.append(label(x0 + 17.0, y0 + 38.0, "N", text_anchor="middle", font_weight="bold"))
    return element("g", "".join(parts), font_size=11)


def nice_below(most: float) -> float:
    """The greatest of 1, 2, 5, 10, 20, ... (and 0.1, 0.2, ...) that is not above ``most``."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(round(max(m for m in (1.0, 2.0, 5.0) if m * power <= most * (1.0 + 1e-9)) * power, 12))
