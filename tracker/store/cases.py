"""An event with the tracks around it, read back from the store for drawing.

Positions are those the detectors saw (``ok``), and late ones. An event is named by its id, or as the first of its kind; retracted ones
count only by id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from tracker.drawing.case import MOST_COMPANY, Case, Rate, Track, company_of, window_us
from tracker.errors import InputError
from tracker.events import Event, EventKind
from tracker.store.database import Database
from tracker.store.recent import public_events
from tracker.units import US_PER_MIN

_SEEN: Final = "quality IN ('ok', 'late') AND lat_deg IS NOT NULL"
_BETWEEN: Final = "time BETWEEN make_timestamptz(?) AND make_timestamptz(?)"


def read_case(path: Path, what: str, detail: str | None, feed_of: Callable[[str], str]) -> Case:
    """The case of an event of a store.

    Parameters
    ----------
    what:
        The id of an event, or a kind: the first one of it, of a detail or cause where one is given; closed ones come before open ones.
    feed_of:
        The feed that a source of the store (a file of a replay) belongs to; feed outages are told of feeds.

    Raises
    ------
    InputError
        The file is no store, the event is not in it, or no position is left to draw.
    """
    if not path.is_file():
        raise InputError("there is no such file", str(path), "give the file that 'tidewaiter replay --db' wrote")
    store = Database(path, read_only=True)
    try:
        connection = store.cursor()
        event = _event(connection, what, detail, str(path))
        case = _outage(connection, event, feed_of) if event.kind is EventKind.FEED_OUTAGE else _case(connection, event)
    finally:
        store.close()
    if not len(case.track) and not any(len(track) for track in case.company):
        raise InputError(
            f"holds no position of {event.craft} around the event", str(path), "draw it from the store of its replay"
        )
    return case


def _event(connection: duckdb.DuckDBPyConnection, what: str, detail: str | None, where: str) -> Event:
    kinds = [str(kind) for kind in EventKind]
    if what not in kinds:
        found = public_events(connection, "event_id = ?", [what])
        if not found:
            raise InputError(
                f"holds no event {what!r}", where, f"give an event_id of the view events, or a kind: {', '.join(kinds)}"
            )
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


def _case(connection: duckdb.DuckDBPyConnection, event: Event) -> Case:
    """A craft's event: her track, her partner's, those of the craft named in the evidence."""
    window = window_us(event)
    company = company_of(event)
    wanted = [event.craft, *([event.other_craft] if event.other_craft else []), *company]
    tracks = _tracks(connection, wanted, window)
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


def _outage(connection: duckdb.DuckDBPyConnection, event: Event, feed_of: Callable[[str], str]) -> Case:
    """A feed's event: what it gave by the minute, and the craft it was hearing most."""
    window = window_us(event)
    feed, station = event.craft.removeprefix("source:"), None
    known = [row[0] for row in connection.execute("SELECT DISTINCT source FROM position_rows").fetchall()]
    sources = [source for source in known if feed in (source, feed_of(source))]
    if not sources and "/" in feed:
        feed, station = feed.rsplit("/", 1)
        sources = [source for source in known if feed in (source, feed_of(source))]
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


def _tracks(connection: duckdb.DuckDBPyConnection, craft: Sequence[str], window: tuple[int, int]) -> dict[str, Track]:
    """Tracks by craft, empty ones included."""
    names = connection.execute(
        "SELECT craft, arg_max(name, time), arg_max(call_sign, time) FROM static_rows"
        " WHERE list_contains(?, craft) AND time <= make_timestamptz(?) GROUP BY craft",
        [list(craft), window[1]],
    ).fetchall()
    called = {who: name or sign or "" for who, name, sign in names}
    found = connection.execute(
        "SELECT craft, epoch_us(time), lat_deg, lon_deg, speed_kn, altitude_ft, coalesce(segment, 0) FROM position_rows"
        f" WHERE list_contains(?, craft) AND {_BETWEEN} AND {_SEEN} ORDER BY craft, time, segment, lat_deg, lon_deg",
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
