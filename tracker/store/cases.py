"""An event with the tracks around it, a craft or an area between two times, read back from the store for drawing.

Positions are those the detectors saw (``ok``), and late ones. An event is named by its id, by that of its alert, or as the first of its kind;
retracted ones count only by id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracker.drawing.case import MOST_COMPANY, Case, Rate, Track, company_of, window_us
from tracker.errors import InputError
from tracker.events import Event, EventKind, EventState, Rule
from tracker.store.asking import Reader
from tracker.store.recent import public_events
from tracker.units import US_PER_MIN, Micros

_SEEN: Final = "quality IN ('ok', 'late') AND lat_deg IS NOT NULL"
_BETWEEN: Final = "time BETWEEN make_timestamptz(?) AND make_timestamptz(?)"


def read_case(reader: Reader, where: str, what: str, detail: str | None, feed_of: Callable[[str], str]) -> Case:
    """The case of an event of a store.

    Parameters
    ----------
    where:
        The store's name, for what is said of it.
    what:
        The id of an event or of an alert, or a kind: the first one of it, of a detail or cause where one is given; closed ones come before open ones.
    feed_of:
        The feed that a source of the store (a file of a replay) belongs to; feed outages are told of feeds.

    Raises
    ------
    InputError
        The event is not in the store, or no position is left to draw.
    """
    event = _event(reader, what, detail, where)
    case = _outage(reader, event, feed_of) if event.kind is EventKind.FEED_OUTAGE else _case(reader, event)
    if not len(case.track) and not any(len(track) for track in case.company):
        raise InputError(
            f"holds no position of {event.craft} around the event", where, "draw it from the store of its replay"
        )
    return case


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, microseconds of event time; None is the first or last report there is."""

    begin_us: int | None = None
    end_us: int | None = None


def craft_named(text: str) -> str | None:
    """The craft that a person names: ``mmsi:219001234``, ``219001234``, ``icao24:4b1812`` or ``4b1812``; None where it is no craft."""
    plain = text.strip().lower()
    for given in (plain, f"mmsi:{plain}", f"icao24:{plain}"):
        if re.fullmatch(r"mmsi:[0-9]{9}|icao24:~?[0-9a-f]{6}", given):
            return given
    return None


def read_craft(reader: Reader, where: str, craft: str, span: Span) -> Case:
    """A craft between two times.

    Raises
    ------
    InputError
        The craft has no position in that time.
    """
    window = _window(reader, span, "craft = ?", [craft], f"{where}: {craft}")
    track = _tracks(reader, [craft], window)[craft]
    said = f"{track.who} ({craft}): {len(track):,} positions." if track.name else f"{craft}: {len(track):,} positions."
    return Case(_between(craft, (int(track.time_us[0]), int(track.time_us[-1])), said), track, title="Track")


def read_area(reader: Reader, where: str, area_deg: tuple[float, float, float, float], span: Span) -> Case:
    """Whoever was in an area (south, west, north, east in degrees) between two times, those heard there most often first.

    Raises
    ------
    InputError
        Nobody was there in that time.
    """
    south, west, north, east = area_deg
    lon = "lon_deg BETWEEN ? AND ?" if west <= east else "(lon_deg >= ? OR lon_deg <= ?)"
    inside, corners = f"lat_deg BETWEEN ? AND ? AND {lon}", [south, north, west, east]
    window = _window(reader, span, inside, corners, f"{where}: area")
    there = reader.execute(
        f"SELECT craft FROM position_rows WHERE {inside} AND {_BETWEEN} AND {_SEEN} GROUP BY craft ORDER BY count(*) DESC, craft",
        [*corners, *window],
    ).fetchall()
    shown = [row[0] for row in there[:MOST_COMPANY]]
    tracks = _tracks(reader, shown, window)
    left_out = f"; the {MOST_COMPANY} heard there most often are drawn" if len(there) > MOST_COMPANY else ""
    said = f"{len(there):,} craft were heard between {south:g} and {north:g} N, {west:g} and {east:g} E{left_out}."
    return Case(
        _between("area", window, said), _track("area", "", []), None, tuple(tracks[craft] for craft in shown), title="Area", area_deg=area_deg
    )  # fmt: skip


def _window(connection: Reader, span: Span, where: str, params: Sequence[Any], named: str) -> tuple[int, int]:
    """The time asked for, as far as there are positions in it."""
    begin, end = span.begin_us, span.end_us
    found = connection.execute(
        f"SELECT epoch_us(min(time)), epoch_us(max(time)) FROM position_rows WHERE {where} AND {_SEEN}"
        " AND time >= make_timestamptz(?) AND time <= make_timestamptz(?)",
        [*params, -(1 << 53) if begin is None else begin, 1 << 56 if end is None else end],
    ).fetchall()[0]
    if found[0] is None:
        in_time = "" if begin is None and end is None else " in that time"
        raise InputError(
            f"no position{in_time}", named, "ask the view positions of 'tidewaiter query' when there are any"
        )
    return int(found[0]), int(found[1])


def _between(craft: str, window: tuple[int, int], said: str) -> Event:
    """What says from when to when a picture is, where it shows no event."""
    begin_us, end_us = Micros(window[0]), Micros(window[1])
    return Event(
        "", 1, EventState.CLOSED, EventKind.ZONE, "", craft, None, begin_us, end_us, float("nan"), float("nan"), None, 1.0, said, {},
        Rule("", ""), end_us,
    )  # fmt: skip


def _event(connection: Reader, what: str, detail: str | None, where: str) -> Event:
    kinds = [str(kind) for kind in EventKind]
    if what not in kinds:
        found = public_events(connection, "event_id = ?", [what])
        if not found:
            alert = connection.execute("SELECT event_id FROM alerts WHERE alert_id = ?", [what]).fetchall()
            found = public_events(connection, "event_id = ?", [alert[0][0]]) if alert else []
        if not found and what.strip().lower().startswith(("mmsi:", "icao24:")):
            raise InputError(
                f"{what!r} is no craft", where, "write mmsi: and nine digits, or icao24: and six hexadecimal ones"
            )
        if not found:
            raise InputError(
                f"holds no event or alert {what!r}", where,
                f"give an event_id, an alert_id, a craft (mmsi:219001234), or a kind: {', '.join(kinds)}",
            )  # fmt: skip
        return found[0]
    narrowed = "" if detail is None else " AND ? IN (detail, cause)"
    rows = connection.execute(
        f"SELECT event_id FROM events WHERE kind = ? AND state <> 'retracted'{narrowed} ORDER BY state <> 'closed', start, event_id LIMIT 1",
        [what] if detail is None else [what, detail],
    ).fetchall()
    if not rows:
        kind = what if detail is None else f"{what} ({detail})"
        raise InputError(f"holds no event of the kind {kind}", where, "ask 'tidewaiter query' for those in it")
    return public_events(connection, "event_id = ?", [rows[0][0]])[0]


def _case(connection: Reader, event: Event) -> Case:
    """A craft's event: her track, her partner's, those of the craft named in the evidence."""
    window = window_us(event)
    company = company_of(event)
    wanted = [event.craft, *([event.other_craft] if event.other_craft else []), *company]
    is_displaced = event.kind is EventKind.INTEGRITY and event.detail != "shared_identity"
    tracks = _tracks(connection, wanted, window, with_displaced=is_displaced)
    track = tracks[event.craft]
    partner = tracks[event.other_craft] if event.other_craft else None
    if event.kind is EventKind.INTEGRITY and event.detail == "shared_identity" and len(track):
        first = track.segment == track.segment[0]
        track, partner = track.where(first), track.where(~first)
    silent = event.evidence.get("identity_segment")
    if (track.segment == silent).any():
        track = track.where(track.segment == silent)  # who else uses her identity was not silent
    if event.kind is EventKind.ENCOUNTER and partner is not None and not len(partner):
        partner = None
    return Case(event, track, partner, tuple(tracks[craft] for craft in company if len(tracks[craft])))


def _outage(connection: Reader, event: Event, feed_of: Callable[[str], str]) -> Case:
    """A feed's event: what it gave by the minute, and the craft it was hearing most."""
    window = window_us(event)
    feed, station = event.craft.removeprefix("source:"), None
    feeds = dict(connection.execute("SELECT source, feed FROM source_rows WHERE feed IS NOT NULL").fetchall())
    known = [row[0] for row in connection.execute("SELECT DISTINCT source FROM position_rows").fetchall()]
    sources = [source for source in known if feed in (source, feeds.get(source) or feed_of(source))]
    if not sources and "/" in feed:
        feed, station = feed.rsplit("/", 1)
        sources = [source for source in known if feed in (source, feeds.get(source) or feed_of(source))]
    where = f"list_contains(?, source) AND {_BETWEEN}" + ("" if station is None else " AND station = ?")
    params: list[Any] = [sources, *window, *([] if station is None else [station])]
    counted = connection.execute(
        f"SELECT epoch_us(time) // {US_PER_MIN} AS minute, count(*) FROM position_rows WHERE {where} GROUP BY minute ORDER BY minute",
        params,
    ).fetchall()
    first, last = window[0] // US_PER_MIN, window[1] // US_PER_MIN
    rows = np.zeros(last - first + 1, dtype=np.int64)
    for minute, count in counted:
        rows[minute - first] = count
    most = connection.execute(
        f"SELECT craft FROM position_rows WHERE {where} AND {_SEEN} GROUP BY craft ORDER BY count(*) DESC, craft LIMIT {MOST_COMPANY}",
        params,
    ).fetchall()
    company = sorted(row[0] for row in most)
    tracks = _tracks(connection, company, window)
    nobody = _track(event.craft, "", [])
    rate = Rate(np.arange(first, last + 1) * US_PER_MIN, rows)
    return Case(event, nobody, None, tuple(tracks[craft] for craft in company), rate)


def _tracks(
    connection: Reader, craft: Sequence[str], window: tuple[int, int], *, with_displaced: bool = False
) -> dict[str, Track]:
    """Tracks by craft, empty ones included. Displaced reports, which an integrity event is about, are a segment of their own."""
    quality = f"({_SEEN} OR quality = 'displaced' AND lat_deg IS NOT NULL)" if with_displaced else _SEEN
    names = connection.execute(
        "SELECT craft, arg_max(name, time), arg_max(call_sign, time) FROM static_rows"
        " WHERE list_contains(?, craft) AND time <= make_timestamptz(?) GROUP BY craft",
        [list(craft), window[1]],
    ).fetchall()
    called = {who: name or sign or "" for who, name, sign in names}
    found = connection.execute(
        "SELECT craft, epoch_us(time), lat_deg, lon_deg, speed_kn, altitude_ft,"
        " CASE quality WHEN 'displaced' THEN -1 - coalesce(segment, 0) ELSE coalesce(segment, 0) END"
        f" FROM position_rows WHERE list_contains(?, craft) AND {_BETWEEN} AND {quality} ORDER BY craft, time, segment, lat_deg, lon_deg",
        [list(craft), *window],
    ).fetchnumpy()
    keys = np.asarray(found["craft"], dtype=object)
    columns = list(found.values())[1:]
    tracks = {}
    for one in craft:
        rows = np.flatnonzero(keys == one)
        tracks[one] = _track(one, called.get(one, ""), [_plain(column[rows]) for column in columns])
    return tracks


def _plain(column: NDArray[Any]) -> NDArray[Any]:
    """Missing values, which DuckDB masks, as NaN."""
    return np.ma.filled(column, np.nan) if column.dtype.kind == "f" else np.asarray(column)


def _track(craft: str, name: str, columns: Sequence[NDArray[Any]]) -> Track:
    time_us, lat_deg, lon_deg, speed_kn, altitude_ft, segment = columns or [np.empty(0)] * 6
    return Track(
        craft, name.strip(), np.asarray(time_us, dtype=np.int64), np.asarray(lat_deg, dtype=np.float64),
        np.asarray(lon_deg, dtype=np.float64), np.asarray(speed_kn, dtype=np.float64),
        np.asarray(altitude_ft, dtype=np.float64), np.asarray(segment, dtype=np.int64),
    )  # fmt: skip
