"""One story, one alert: a ship that waits during a meeting waits *for* the meeting.

Two ships that lie together for hours give an encounter and, each of them, a loitering: three true events, one story. The
encounter tells it whole, so a loitering is *part of* an encounter that is put before a person when

- its craft is one of the two,
- their times overlap (an open event lasts until now), and
- they lie within ``same_story_km`` of each other (farther apart the identity is used by two transmitters).

Of several the one that began first, then the smaller id. Meetings are one story, too: one tanker bunkers three ships in turn, three ships lie alongside
one another. A meeting is *part of* the first one of a chain in which each shares a craft with the next, lies within ``same_meeting_km`` of it and begins
within ``same_meeting_h`` of its end. The first one's alert tells of all, with the cargo of all. It does not matter which became known first::

    encounter told, loitering comes     -> the loitering gives no alert
    loitering told, encounter comes     -> the loitering's alert is retracted and points to the encounter's
    the encounter is withdrawn          -> its loiterings, and the meetings that followed, are told after all

Events stay as they are; only alerts are joined. Kept are loiterings that a person would read of, and encounters told: open ones, and settled
ones for the desk's memory, counted between the two events and not from the watermark, so that no cut of the stream shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

import pyarrow as pa

from models.geodesy import distance_km_scalar
from tracker.events import Event, EventKind, EventState, events_from_arrow, events_to_arrow, settled


class Stories:
    """The waits and meetings lately known."""

    def __init__(self, same_story_km: float, memory_us: int, same_meeting_km: float, same_meeting_us: int) -> None:
        self._same_story_km, self._memory_us = same_story_km, memory_us
        self._same_meeting_km, self._same_meeting_us = same_meeting_km, same_meeting_us
        self._waits: dict[str, dict[str, Event]] = {}
        self._meetings: dict[str, dict[str, Event]] = {}

    def keep(self, event: Event, is_told: bool) -> None:
        """Take in the newest revision of an encounter or loitering; one that nobody need read of is dropped."""
        if event.kind not in (EventKind.ENCOUNTER, EventKind.LOITERING) or event.detail == "queue":
            return
        shelf = self._meetings if event.kind is EventKind.ENCOUNTER else self._waits
        kept = settled(event)
        for craft in filter(None, (event.craft, event.other_craft)):
            if is_told:
                shelf.setdefault(craft, {})[event.event_id] = kept
            elif event.event_id in shelf.get(craft, {}):
                del shelf[craft][event.event_id]

    def drop(self, event_ids: Set[str]) -> None:
        """Know nothing of some events."""
        for shelf in (self._waits, self._meetings):
            for kept in shelf.values():
                for event_id in kept.keys() & event_ids:
                    del kept[event_id]

    def meeting_of(self, event: Event) -> str | None:
        """The event id of the encounter that a loitering, or a later encounter, is part of."""
        if event.kind is EventKind.ENCOUNTER:
            first = self._first_of(event)
            return None if first is event else first.event_id
        if event.kind is not EventKind.LOITERING:
            return None
        near = [m for m in self._meetings.get(event.craft, {}).values() if self._is_one_story(event, m)]
        return self._first_of(min(near, key=_begins)).event_id if near else None

    def first_meeting(self, event: Event) -> Event | None:
        """The encounter told whose alert tells of another one as well."""
        first = self._first_of(event) if event.kind is EventKind.ENCOUNTER else event
        return None if first is event else first

    def parts_of(self, meeting: Event) -> list[Event]:
        """The later encounters that an encounter told tells of, in the order in which they began."""
        if meeting.kind is not EventKind.ENCOUNTER:
            return []
        found: dict[str, Event] = {meeting.event_id: meeting}
        ahead = [meeting]
        while ahead:
            for other in self._neighbours(ahead.pop()):
                if other.event_id not in found and self._first_of(other).event_id == meeting.event_id:
                    found[other.event_id] = other
                    ahead.append(other)
        del found[meeting.event_id]
        return sorted(found.values(), key=_begins)

    def followers_of(self, meeting: Event) -> list[Event]:
        """Encounters told whose being part of another may hang on this one, in the order of their ids."""
        return sorted(self._neighbours(meeting), key=lambda other: other.event_id)

    def waits_of(self, meeting: Event) -> list[Event]:
        """The loiterings of both craft of an encounter, in the order of their ids."""
        if meeting.kind is not EventKind.ENCOUNTER:
            return []
        crafts = filter(None, (meeting.craft, meeting.other_craft))
        found = {key: wait for craft in crafts for key, wait in self._waits.get(craft, {}).items()}
        return [found[key] for key in sorted(found)]

    def forget(self, before_us: int) -> None:
        """Drop what was settled before an instant."""
        for shelf in (self._waits, self._meetings):
            for craft in list(shelf):
                shelf[craft] = {
                    key: e for key, e in shelf[craft].items() if e.state is EventState.OPEN or e.known_us >= before_us
                }
                if not shelf[craft]:
                    del shelf[craft]

    def table(self) -> pa.Table:
        """Everything kept, for a snapshot."""
        return events_to_arrow(sorted(self._all(), key=lambda event: event.event_id))

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        for event in events_from_arrow(table):
            self.keep(event, is_told=True)

    def __len__(self) -> int:
        return len(list(self._all()))

    def _all(self) -> Iterator[Event]:
        for shelf in (self._waits, self._meetings):
            yield from {key: event for kept in shelf.values() for key, event in kept.items()}.values()

    def _first_of(self, meeting: Event) -> Event:
        """The first encounter of the chain that an encounter belongs to."""
        first = meeting
        while True:
            earlier = [other for other in self._neighbours(first) if _begins(other) < _begins(first)]
            if not earlier:
                return first
            first = min(earlier, key=_begins)

    def _neighbours(self, meeting: Event) -> list[Event]:
        """Other encounters told of either craft, near one another in time and place."""
        if meeting.kind is not EventKind.ENCOUNTER:
            return []
        crafts = filter(None, (meeting.craft, meeting.other_craft))
        known = {key: other for craft in crafts for key, other in self._meetings.get(craft, {}).items()}
        known.pop(meeting.event_id, None)
        return [other for other in known.values() if self._follow(*sorted((meeting, other), key=_begins))]

    def _follow(self, first: Event, second: Event) -> bool:
        if first.end_us is not None and second.start_us - first.end_us > self._same_meeting_us:
            return False
        apart_km = distance_km_scalar(first.lat_deg, first.lon_deg, second.lat_deg, second.lon_deg)
        return bool(apart_km <= self._same_meeting_km)

    def _is_one_story(self, wait: Event, meeting: Event) -> bool:
        if meeting.end_us is not None and (
            meeting.end_us < wait.start_us or wait.known_us - meeting.known_us > self._memory_us
        ):
            return False
        if wait.end_us is not None and wait.end_us < meeting.start_us:
            return False
        apart_km = distance_km_scalar(wait.lat_deg, wait.lon_deg, meeting.lat_deg, meeting.lon_deg)
        return bool(apart_km <= self._same_story_km)


def _begins(event: Event) -> tuple[int, str]:
    return int(event.start_us), event.event_id
