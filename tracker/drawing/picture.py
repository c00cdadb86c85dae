"""One event on one sheet: who and when, the chart, what its lines mean, time below it, and the event's own sentence.

The sheet is 800 px wide on a light ground, needs no other file, and has a title and a description for those who do not see it.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.geodesy import distance_km, interpolate
from tracker.detectors.wording import clock_text
from tracker.drawing.case import SILENCES, Case, Track, end_of, window_us
from tracker.drawing.chart import Chart, chart_of, unrolled
from tracker.drawing.coast import land_path
from tracker.drawing.furniture import grid, scale_bar
from tracker.drawing.labels import Labels
from tracker.drawing.marks import Mark, corners, marks_markup, places_markup, ring_markup, zones_markup
from tracker.drawing.strips import Line, Strip, strips_height_px, strips_markup
from tracker.drawing.svg import FONT, element, label, short, text_width_px, words
from tracker.drawing.tracks import BEFORE, DURING, SECTION_CLASSES, Path, path_markup, paths, silent_us
from tracker.events import Event, EventKind
from tracker.geography.places import Located, WorldPlaces
from tracker.geography.zones import ZoneSet
from tracker.printable import printable
from tracker.units import KM_PER_NM, US_PER_H, US_PER_MIN, US_PER_S

WIDTH_PX: Final = 800.0
_EDGE_PX: Final = 12.0
_CHART_PX: Final = (776.0, 430.0)
_LETTERS_A_LINE: Final = 112
_FAR_APART_M: Final = 2000.0
_WHOSE: Final = {"sea": "of a ship", "air": "of an aircraft"}

_STYLE: Final = (
    "path{fill:none;stroke-linejoin:round;stroke-linecap:round}"
    ".h{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}"
    ".b{stroke:#56636d;stroke-width:1.7}.d{stroke:#d55e00;stroke-width:3.4}.a{stroke:#0072b2;stroke-width:2}"
    ".o{stroke:#007a5a;stroke-width:1.8}.od{stroke:#007a5a;stroke-width:3.4}.c{stroke:#8e5a9b;stroke-width:1.3}"
    ".s{stroke-dasharray:3 6}.fb{fill:#56636d}.fd{fill:#d55e00}.fa{fill:#0072b2}.fo,.fod{fill:#007a5a}.fc{fill:#8e5a9b}"
    ".g{stroke:#6d7f8c;stroke-opacity:.28;stroke-width:.8}.k{stroke:#222;stroke-width:1.3}"
    ".l{fill:#ece5d3;stroke:#a3977a;stroke-width:.9;fill-rule:evenodd}"
    ".z{stroke:#5b2a86;stroke-width:1.5;stroke-dasharray:9 3 2 3}.zf{fill:#5b2a86;fill-opacity:.09}"
    ".r{stroke:#d55e00;stroke-width:1.4;stroke-dasharray:2 4;fill:#d55e00;fill-opacity:.06}"
    ".m{fill:#fff;stroke:#a33f00;stroke-width:2.6}.m.n{fill:#d55e00}.m.o{stroke:#007a5a}"
    ".p{fill:#3a3a3a}.e{fill:#d55e00;fill-opacity:.16}.w{stroke:#222;stroke-width:1.5}"
    ".y{stroke:#222;stroke-width:1.6;stroke-dasharray:1 5}.fy{fill:#222}"
)
"""Colours: Okabe and Ito's, the green and the purple darkened for thin lines on a light ground."""


def draw(case: Case, places: WorldPlaces, zones: ZoneSet, note: str = "") -> str:
    """The picture of a case as SVG.

    Parameters
    ----------
    places:
        Asked for land, ports, aerodromes and declared places.
    zones:
        Areas of interest, drawn where they lie on the chart.
    note:
        Words before the caption, such as ``Simulated.``
    """
    event = case.event
    wanted = _places_told(event, places)
    chart = _chart(case, wanted, zones)
    strips = _strips(case, wanted)
    title = case.title or _title(event)
    caption = textwrap.wrap(printable(f"{note} {event.explanation}".strip()), _LETTERS_A_LINE)
    legend, legend_rows = _legend(case)
    chart_top = 58.0
    legend_top = chart_top + _CHART_PX[1] + 6.0
    strips_top = legend_top + 19.0 * legend_rows + 8.0
    caption_top = strips_top + strips_height_px(len(strips)) + 20.0
    height = caption_top + 17.0 * len(caption) + 2.0
    shaded = (event.start_us, case.end_us)
    body = [
        element("title", words(f"{title}: {_who(case)}")),
        element("desc", words(f"{note} {event.explanation} {_described(case)}".strip())),
        element("style", _STYLE),
        element("rect", width=WIDTH_PX, height=height, fill="#fdfdfb"),
        label(_EDGE_PX, 24.0, title, font_size=19, font_weight="bold"),
        label(_EDGE_PX, 46.0, f"{short(_who(case), 70)}, {_when(case)}", font_size=13, fill="#3d474e"),
        _moved(_EDGE_PX, chart_top, _chart_markup(case, chart, wanted, places, zones)),
        _moved(_EDGE_PX, legend_top, legend),
        _moved(_EDGE_PX, strips_top, strips_markup(strips, _shown_us(case), shaded, WIDTH_PX - 2.0 * _EDGE_PX - 8.0, _during_words(case))),
        *(label(_EDGE_PX, caption_top + 17.0 * row, line, font_size=13.5) for row, line in enumerate(caption)),
    ]  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH_PX:.0f} {height:.0f}" width="{WIDTH_PX:.0f}" '
        f'height="{height:.0f}" {FONT} fill="#1d2327">\n' + "\n".join(body) + "\n</svg>\n"
    )


def _moved(x_px: float, y_px: float, markup: str) -> str:
    return element("g", markup, transform=f"translate({x_px:.0f} {y_px:.0f})")


# The chart.


def _chart(case: Case, wanted: list[Located], zones: ZoneSet) -> Chart:
    """Around the event, with what is near it; of a diversion and an outage all there is."""
    event = case.event
    own = [track for track in (case.track, case.partner) if track is not None]
    during = [_within(track, event.start_us, case.end_us) for track in own]
    during = [track for track in during if len(track)] or [track for track in own if len(track)]
    focus = _positions(during)
    context = _positions(own)
    least_km, most_times = (22.0, 2.2) if case.track.is_aircraft else (9.0, 2.2)
    if event.kind is EventKind.FEED_OUTAGE:
        focus = context = _positions(
            [_within(t, event.start_us - US_PER_H, case.end_us + US_PER_H) for t in case.company]
        )
        if not focus.shape[1]:
            focus = context = _positions(list(case.company))
    elif event.kind is EventKind.DIVERSION:
        declared = np.array([[p.lat_deg for p in wanted], [p.lon_deg for p in wanted]])
        focus, context = np.hstack([focus, declared]), np.hstack([context, declared])
        least_km, most_times = 60.0, 1.6
    elif event.kind is EventKind.OFF_AERODROME_LANDING:
        focus = _positions([_within(case.track, event.start_us - 4 * US_PER_MIN, event.start_us + US_PER_MIN)])
    elif event.kind is EventKind.ZONE:
        for zone in zones.zones:
            if zone.zone_id == event.evidence.get("zone_id"):
                context = np.hstack([focus, corners(zone.outline)])
                most_times = 6.0
    elif event.kind in SILENCES:
        least_km = 45.0
    elif event.kind is EventKind.ENCOUNTER and not case.track.is_aircraft:
        least_km = 6.0
    if case.area_deg is not None:
        south, west, north, east = case.area_deg
        focus = context = np.array([[south, north], [west, east if east >= west else east + 360.0]])
        least_km, most_times = 1.0, 1.2
    area = _area(event)
    if area is not None:
        focus = np.hstack([focus, [[area[0]], [area[1]]]])
        least_km = max(least_km, 2.6 * area[2])
    if not focus.shape[1]:
        focus = np.array([[event.lat_deg], [event.lon_deg]]) if np.isfinite(event.lat_deg) else context
    return chart_of((focus[0], focus[1]), (context[0], context[1]), _CHART_PX, least_km, most_times)


def _chart_markup(case: Case, chart: Chart, wanted: list[Located], places: WorldPlaces, zones: ZoneSet) -> str:
    """Everything on the chart, the land lowest."""
    event = case.event
    outage = event.kind is EventKind.FEED_OUTAGE
    drawn = _paths(case, chart)
    corners_px = [path.points_px for path, _ in drawn] or [np.empty((0, 2))]
    labels = Labels(chart.width_px, chart.height_px, _dotted(corners_px, chart))
    bar, lines = scale_bar(chart, labels), grid(chart, labels)
    area = _area(event)
    way = _declared_way(case, wanted, places)
    land = land_path(chart, places.is_land)
    marks = marks_markup(_marks(case), chart, labels)
    struck = event.evidence.get("zone_id") if event.kind is EventKind.ZONE else None
    parts = [
        element("rect", width=chart.width_px, height=chart.height_px, fill="#e8f1f6"),
        element("path", d=land, class_="l") if land else "",
        lines,
        "" if outage else zones_markup(zones, struck, chart, labels),
        "" if area is None else ring_markup(*area, chart),
        "" if case.area_deg is None else _frame(case.area_deg, chart),
        "" if way is None else path_markup(Path(BEFORE, False, chart.place_line(*way)), chart, "y"),
        *(path_markup(path, chart, classes) for path, classes in drawn),
        _dots(case, chart),
        "" if outage else places_markup(places, case.track.is_aircraft, wanted, chart, labels),
        marks,
        _names(case, chart, labels),
        bar,
    ]
    inner = element("svg", "".join(parts), width=chart.width_px, height=chart.height_px)
    return inner + element("rect", width=chart.width_px, height=chart.height_px, fill="none", stroke="#8a949c")


def _frame(area_deg: tuple[float, float, float, float], chart: Chart) -> str:
    """The edge of the area asked for: the chart shows more, for it has one shape."""
    south, west, north, east = area_deg
    ends_px = chart.place_line(np.array([south, north]), np.array([west, east if east >= west else east + 360.0]))
    (left, right), (low, high) = sorted(ends_px[:, 0]), sorted(ends_px[:, 1])
    return element(
        "rect",
        x=float(left),
        y=float(low),
        width=float(right - left),
        height=float(high - low),
        fill="none",
        stroke="#8a949c",
        stroke_dasharray="5 4",
    )


def _paths(case: Case, chart: Chart) -> list[tuple[Path, str]]:
    """All paths with their classes, in the order in which they are drawn: her own over those of others, the event on top."""
    found: list[tuple[int, Path, str]] = []
    outage = case.event.kind is EventKind.FEED_OUTAGE
    for track in case.company:
        found += [
            (0, path, SECTION_CLASSES[path.section] if outage else "c") for path in paths(track, case.event, chart)
        ]
    if case.partner is not None:
        found += [(1, path, "od" if path.section == DURING else "o") for path in paths(case.partner, case.event, chart)]
    found += [
        (3 if path.section == DURING else 2, path, SECTION_CLASSES[path.section])
        for path in paths(case.track, case.event, chart)
    ]
    found = (
        [item for item in found if not (outage and item[1].section == DURING and not item[1].silent)]
        if outage
        else found
    )
    return [(path, classes) for _, path, classes in sorted(found, key=lambda item: item[0])]


def _dotted(corners_px: list[NDArray[np.float64]], chart: Chart) -> NDArray[np.float64]:
    """Points every few pixels along lines, on the chart: what labels should not cover."""
    found = []
    for points in corners_px:
        steps = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.empty(0)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        at = np.linspace(0.0, along[-1], int(min(along[-1] / 6.0, 4000.0)) + 2)
        found.append(np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], axis=-1))
    every = np.concatenate(found)
    return every[chart.holds(every)]


def _marks(case: Case) -> list[Mark]:
    """Where the event began and ended, on her track."""
    event, track = case.event, case.track
    if not len(track):
        return []
    first = int(np.clip(np.searchsorted(track.time_us, event.start_us), 0, len(track) - 1))
    last = int(np.clip(np.searchsorted(track.time_us, case.end_us, side="right") - 1, 0, len(track) - 1))
    if event.kind in SILENCES:  # she was heard without a position at either end, or when the last one was old
        first = max(int(np.searchsorted(track.time_us, event.start_us + US_PER_S, side="left")) - 1, 0)
        last = min(int(np.searchsorted(track.time_us, case.end_us)), len(track) - 1)
    begun, ended = ("last heard", "heard again") if event.kind in SILENCES else ("start", "end")
    if event.kind is EventKind.OFF_AERODROME_LANDING:
        begun, ended = "down", "up again"
    if event.end_us is None:
        ended = "silent still" if event.kind in SILENCES else "known"
    start = Mark(float(track.lat_deg[first]), float(track.lon_deg[first]), f"{begun} {_clock(event.start_us)}", "start")
    end = Mark(float(track.lat_deg[last]), float(track.lon_deg[last]), f"{ended} {_clock(case.end_us)}", "end")
    return [start] if last <= first and event.kind is not EventKind.OFF_AERODROME_LANDING else [end, start]


def _dots(case: Case, chart: Chart) -> str:
    """Where an outage lost each craft."""
    if case.event.kind is not EventKind.FEED_OUTAGE:
        return ""
    dots = []
    for track in case.company:
        before = np.flatnonzero(track.time_us <= case.event.start_us)
        if len(before):
            x, y = (float(v) for v in chart.place(track.lat_deg[before[-1]], track.lon_deg[before[-1]])[0])
            dots.append(element("circle", cx=x, cy=y, r=3.2, fill="#d55e00"))
    return "".join(dots)


def _names(case: Case, chart: Chart, labels: Labels) -> str:
    """Names at the tracks of an encounter's pair and of the company, where there is room."""
    named: list[tuple[Track, str]] = []
    if case.partner is not None and len(case.partner):
        named += [(case.track, "#56636d"), (case.partner, "#00614a")]
    if case.event.kind is not EventKind.FEED_OUTAGE:
        named += [(track, "#6d3f7b") for track in case.company[: None if case.area_deg else 10]]
    drawn = []
    for number, (track, colour) in enumerate(named):
        points = chart.place_line(track.lat_deg, track.lon_deg)
        shown = np.flatnonzero(chart.holds(points, 20.0))
        if len(shown):
            x, y = points[shown[len(shown) // 8]]
            must = number < 2 and case.partner is not None
            drawn.append(labels.put(float(x), float(y), short(printable(track.who), 24), 12.0, must=must, fill=colour))
    return "".join(drawn)


# Words.


def _title(event: Event) -> str:
    kind = str(event.kind).replace("_", " ").capitalize()
    if event.detail in _WHOSE:
        return f"{kind} {_WHOSE[event.detail]}"
    return f"{kind}: {event.detail.replace('_', ' ')}" if event.detail and event.detail not in event.kind else kind


def _who(case: Case) -> str:
    if case.area_deg is not None:
        return f"{len(case.company)} craft"

    def told(track: Track) -> str:
        return f"{track.name} ({track.craft})" if track.name else track.craft

    if case.partner is None or case.partner.craft == case.track.craft:
        return told(case.track)
    return f"{told(case.track)} and {told(case.partner)}"


def _clock(instant_us: int) -> str:
    return clock_text(instant_us).split()[2]


def _when(case: Case) -> str:
    """``1 Mar 2026, 07:10 to 11:27 UTC``; the second day where it is another."""
    event = case.event
    year = 1970 + int(np.datetime64(event.start_us, "us").astype("datetime64[Y]").astype(np.int64))
    day, month, clock, _ = clock_text(event.start_us).split()
    if event.end_us is None:
        return f"{day} {month} {year}, since {clock} UTC"
    end_day, end_month, end_clock, _ = clock_text(case.end_us).split()
    other_day = "" if (day, month) == (end_day, end_month) else f"{end_day} {end_month} "
    return f"{day} {month} {year}, {clock} to {other_day}{end_clock} UTC"


def _during_words(case: Case) -> str:
    if case.title:
        return "time shown"
    if case.event.kind in SILENCES or case.event.kind is EventKind.FEED_OUTAGE:
        return "silent"
    return "the event"


def _described(case: Case) -> str:
    names = ", ".join(track.who for track in case.company[:5])
    company = f" Also drawn: {names}." if names else ""
    if case.title:
        return f"A chart, north up, with tracks, over strips of time.{company}"
    return f"A chart, north up, with her track before, during and after the event, over strips of time.{company}"


def _legend(case: Case) -> tuple[str, int]:
    """What the lines mean, as markup, and in how many rows; only lines that are there."""
    chart = Chart(0.0, 0.0, 1e-9, *_CHART_PX)  # only to know which lines there are
    every = _paths(case, chart)
    looks = {(classes, path.silent) for path, classes in every}
    shown = {classes for classes, silent in looks if not silent}
    silent = case.event.kind in SILENCES or case.event.kind is EventKind.FEED_OUTAGE
    names = {classes for classes, _ in looks}
    shared = case.partner is not None and case.partner.craft == case.track.craft
    declared = case.event.kind is EventKind.DIVERSION
    entries = [
        ("b", "before", "b" in shown),
        ("d", "track" if case.title else "during", "d" in shown and not silent),
        ("a", "after", "a" in shown),
        ("d s", "silent" if case.title else "silent in the event", ("d", True) in looks),
        ("b s", "silent at another time", bool({("b", True), ("a", True)} & looks)),
        ("y", "usual way as declared", declared),
        ("o", "second transmitter" if shared else "the other craft", bool({"o", "od"} & names)),
        ("dot", "last heard", case.event.kind is EventKind.FEED_OUTAGE),
        (
            "c",
            "heard meanwhile" if silent else "craft in the area" if case.area_deg else "other craft struck",
            "c" in names,
        ),
    ]
    x, row, parts = 0.0, 0, []
    for classes, text, there in entries:
        if not there:
            continue
        width = 34.0 + text_width_px(text, 12.5) + 20.0
        if x + width > _CHART_PX[0]:
            x, row = 0.0, row + 1
        y = 12.0 + 19.0 * row
        if classes == "dot":
            parts.append(element("circle", cx=x + 15.0, cy=y - 4.0, r=3.2, fill="#d55e00"))
        else:
            parts.append(element("path", d=f"M{x + 2.0:.0f} {y - 4.0:.0f}h26", class_=classes))
        parts.append(label(x + 34.0, y, text, font_size=12.5))
        x += width
    return "".join(parts), row + 1


# What the evidence says about places.


def _area(event: Event) -> tuple[float, float, float] | None:
    """Latitude, longitude and radius in km of a struck area."""
    area = event.evidence.get("area")
    try:
        told: Any = (float(area["lat_deg"]), float(area["lon_deg"]), float(area["radius_km"]))  # type: ignore[index]
    except (TypeError, KeyError, ValueError):
        return None
    return told if np.isfinite(told).all() else None


def _places_told(event: Event, places: WorldPlaces) -> list[Located]:
    """The declared ports, the one called at, the nearest aerodrome: whatever the evidence names by its code."""
    facts = event.evidence.get("facts")
    last = facts[-1] if isinstance(facts, list) and facts and isinstance(facts[-1], dict) else {}
    codes = [event.evidence.get(key) for key in ("left", "bound_for", "nearest_aerodrome")]
    codes += [last.get("port"), last.get("airport")]
    found: dict[str, Located] = {}
    for code in codes:
        place = places.resolve_location(code) if isinstance(code, str) else None
        if place is not None:
            found.setdefault(place.code, place)
    return list(found.values())


def _declared_way(
    case: Case, wanted: list[Located], places: WorldPlaces
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The usual way between the declared ends of the leg: over the sea lanes, in the air the great circle."""
    by_code = {place.code: place for place in wanted}
    left, bound = (by_code.get(str(case.event.evidence.get(key))) for key in ("left", "bound_for"))
    if left is None or bound is None:
        return None
    ends = left.lat_deg, left.lon_deg, bound.lat_deg, bound.lon_deg
    if case.track.is_aircraft:
        lat, lon = interpolate(*ends, np.linspace(0.0, 1.0, 65))
    else:
        lat, lon = places.sea_routes.customary(*ends).sampled(10.0)
    return np.asarray(lat), np.asarray(lon)


# Time.


def _shown_us(case: Case) -> tuple[int, int]:
    """The time the strips span: the window, less what nobody was heard in."""
    begin, end = window_us(case.event)
    heard = [track.time_us for track in (case.track, case.partner) if track is not None and len(track)]
    if not heard:
        return begin, end
    every = np.concatenate(heard)
    return max(begin, min(int(every.min()), case.event.start_us)), min(end, max(int(every.max()), end_of(case.event)))


def _strips(case: Case, wanted: list[Located]) -> list[Strip]:
    """What is told against time: of an outage the rows, of an encounter the distance, of a diversion the way to go; height and speed."""
    event, track = case.event, case.track
    if case.rate is not None:
        rows = Line(case.rate.minute_us, case.rate.rows.astype(np.float64), "w", np.inf)
        return [Strip("reports of the source per minute", (rows,))]
    if case.area_deg is not None:
        return [Strip("craft heard in ten minutes", (_heard(case),))]
    strips = []
    if event.kind is EventKind.ENCOUNTER and case.partner is not None:
        apart_m = 1000.0 * _apart_km(track, case.partner, event)
        apart_m[apart_m > _FAR_APART_M] = np.nan  # so that the axis shows how near they came, not how far they had been
        strips.append(
            Strip(
                f"distance apart up to {_FAR_APART_M:,.0f} m",
                (Line(track.time_us, apart_m, "d", silent_us(track, event)),),
            )
        )
    bound = next((place for place in wanted if place.code == event.evidence.get("bound_for")), None)
    if event.kind is EventKind.DIVERSION and bound is not None:
        to_go = np.asarray(distance_km(track.lat_deg, track.lon_deg, bound.lat_deg, bound.lon_deg))
        strips.append(
            Strip(
                f"straight distance to {short(printable(bound.name), 40)}, km",
                (Line(track.time_us, to_go, "d", silent_us(track, event)),),
            )
        )
    if track.is_aircraft:
        strips.append(Strip("altitude, ft", (Line(track.time_us, track.altitude_ft, "a", silent_us(track, event)),)))
    sailed = [(one, look) for one, look in ((case.partner, "o"), (track, "w")) if one is not None and len(one)]
    told = [Line(one.time_us, one.speed_kn, look, silent_us(one, event)) for one, look in sailed]
    made_good = [Line(one.time_us, _made_good_kn(one), look, silent_us(one, event)) for one, look in sailed]
    if not any(np.isfinite(line.value).any() for line in told):
        return [*strips, Strip("speed between positions, kn", tuple(made_good))]
    if event.kind is EventKind.INTEGRITY and made_good:
        thick = replace(made_good[-1], look="d")
        return [*strips, Strip("speed, kn: as reported (thin), between positions (thick)", (thick, *told))]
    return [*strips, Strip("speed as reported, kn", tuple(told))]


def _heard(case: Case) -> Line:
    """How many of the craft drawn were heard in each ten minutes."""
    begin, end = _shown_us(case)
    first, last = begin // (10 * US_PER_MIN), end // (10 * US_PER_MIN)
    counts = np.zeros(last - first + 1)
    for track in case.company:
        slots = np.unique(track.time_us // (10 * US_PER_MIN)) - first
        counts[slots[(slots >= 0) & (slots < len(counts))]] += 1
    return Line(np.arange(first, last + 1) * 10 * US_PER_MIN, counts, "w", np.inf)


def _made_good_kn(track: Track) -> NDArray[np.float64]:
    """Speed from a position of the same transmitter a minute or more before; NaN where there is none."""
    speed_kn = np.full(len(track), np.nan)
    for segment in np.unique(track.segment):
        rows = np.flatnonzero(track.segment == segment)
        time_us = track.time_us[rows]
        before = np.searchsorted(time_us, time_us - US_PER_MIN, side="right") - 1
        known = before >= 0
        one, two = rows[before[known]], rows[known]
        km = distance_km(track.lat_deg[one], track.lon_deg[one], track.lat_deg[two], track.lon_deg[two])
        speed_kn[two] = km / KM_PER_NM / ((track.time_us[two] - track.time_us[one]) / US_PER_H)
    return speed_kn


def _apart_km(track: Track, other: Track, event: Event) -> NDArray[np.float64]:
    """How far the other was at each of her positions; NaN while the other was silent."""
    steps = np.searchsorted(other.time_us, track.time_us)
    within = (steps > 0) & (steps < len(other))
    after = np.clip(steps, 1, max(len(other) - 1, 1))
    if len(other) < 2:
        return np.full(len(track), np.nan)
    heard = within & (other.time_us[after] - other.time_us[after - 1] <= silent_us(other, event))
    lat = np.interp(track.time_us, other.time_us, other.lat_deg)
    lon = np.interp(track.time_us, other.time_us, unrolled(other.lon_deg))
    return np.where(heard, distance_km(track.lat_deg, track.lon_deg, lat, lon), np.nan)


def _within(track: Track, begin_us: int, end_us: int) -> Track:
    return track.where((track.time_us >= begin_us) & (track.time_us <= end_us))


def _positions(tracks: list[Track]) -> NDArray[np.float64]:
    """Latitudes and longitudes of all positions, shape (2, n)."""
    return np.hstack([np.empty((2, 0)), *(np.array([track.lat_deg, track.lon_deg]) for track in tracks)])
