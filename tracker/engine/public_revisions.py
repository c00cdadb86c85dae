"""Public revisions of events: what was stated in public, and what the timeline states. Where the two differ, the public is told.

Detectors number the revisions of an event by themselves; they know of no late data and of no crash. When the timeline is set back and driven
again, it may state other things of events already published, or nothing at all of some. So public revisions are counted here::

    timeline states something new of an event         -> public revision + 1
    after a recomputation it states what is public    -> nothing
    it states something else                          -> public revision + 1, in the words of the timeline
    it does not state the event at all any more       -> public revision + 1, retracted

Statements are compared by ``statement_digest``: everything an event says except its number and when that was known. Digests are kept of
events lately known; their full text is in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from streams.snapshot import pack, unpack
from tracker.events import Event, EventState, statement_digest
from tracker.units import Micros

_LAYOUT: Final = 1
WITHDRAWN: Final = "Withdrawn: with the reports that came in late, this did not happen."


@dataclass(frozen=True, slots=True)
class Standing:
    """The statement of an event that stands, in public or in the timeline."""

    digest: str
    revision: int
    known_us: int
    is_settled: bool
    """Closed or retracted: forgotten once it is old."""


class PublicRevisions:
    """Public revisions of events, and digests of what the timeline states."""

    def __init__(self) -> None:
        self.public: dict[str, Standing] = {}
        self.timeline: dict[str, Standing] = {}

    def publish(self, event: Event) -> Event:
        """The public revision of what the timeline has just stated."""
        digest = self.note(event)
        before = self.public.get(event.event_id)
        told = replace(event, revision=1 if before is None else before.revision + 1)
        self.public[event.event_id] = _standing(told, digest)
        return told

    def note(self, event: Event) -> str:
        """Remember what the timeline states, without publishing it; its digest."""
        digest = statement_digest(event)
        self.timeline[event.event_id] = _standing(event, digest)
        return digest

    def reconcile(
        self,
        event_ids: Iterable[str],
        known_us: int,
        public: Callable[[str], Event],
        stated: Callable[[str, str], Event],
    ) -> list[Event]:
        """The corrections that make the public statement of some events that of the timeline, ordered by id.

        ``public`` gives the last public revision of an event, ``stated`` the event with a digest. What is corrected became known
        at ``known_us``, whenever it would have been known in good order.
        """
        corrections = []
        for event_id in sorted(set(event_ids)):
            before, now = self.public.get(event_id), self.timeline.get(event_id)
            if now is None:
                if before is None:
                    continue
                last = public(event_id)
                if last.state is EventState.RETRACTED:
                    continue
                told = replace(last, state=EventState.RETRACTED, explanation=WITHDRAWN, known_us=Micros(known_us))
                digest = statement_digest(told)
            else:
                if before is not None and before.digest == now.digest:
                    continue
                told, digest = replace(stated(event_id, now.digest), known_us=Micros(known_us)), now.digest
                if before is None and told.state is EventState.RETRACTED:
                    continue
            told = replace(told, revision=1 if before is None else before.revision + 1)
            self.public[event_id] = _standing(told, digest)
            corrections.append(told)
        return corrections

    def agree(self, event_ids: Iterable[str], events: Iterable[Event]) -> None:
        """Of some events these are the last public revisions, whatever was counted here; of those without one nothing is public."""
        for event_id in event_ids:
            self.public.pop(event_id, None)
        for event in events:
            self.public[event.event_id] = _standing(event, statement_digest(event))

    def lately_known(self, event_ids: Iterable[str], since_us: int) -> set[str]:
        """Those of some events that go on, or of which something became known since an instant."""
        standings = self.timeline | self.public
        found = {event_id: standings[event_id] for event_id in event_ids if event_id in standings}
        return {key for key, kept in found.items() if kept.known_us >= since_us or not kept.is_settled}

    def touched_since(self, known_us: int) -> set[str]:
        """Events of which something became public after an instant."""
        return {event_id for event_id, standing in self.public.items() if standing.known_us > known_us}

    def forget(self, before_us: int) -> None:
        """Drop what was settled before an instant."""
        for standings in (self.public, self.timeline):
            for event_id in [k for k, s in standings.items() if s.is_settled and s.known_us < before_us]:
                del standings[event_id]

    def timeline_table(self) -> pa.Table:
        """What the timeline states, for a snapshot."""
        return _table(self.timeline)

    def restore_timeline(self, table: pa.Table) -> None:
        """The inverse of :meth:`timeline_table`."""
        self.timeline = _standings(table)

    def snapshot(self) -> bytes:
        """What is public, as Arrow; what the timeline states goes with its snapshot."""
        return pack("event ledger", _LAYOUT, {"public": _table(self.public)})

    def restore(self, snapshot: bytes) -> None:
        """Take over a snapshot."""
        self.public = _standings(unpack("event ledger", _LAYOUT, snapshot)["public"])


def _standing(event: Event, digest: str) -> Standing:
    return Standing(digest, event.revision, int(event.known_us), event.state is not EventState.OPEN)


def _table(standings: dict[str, Standing]) -> pa.Table:
    rows = sorted(standings.items())
    return pa.table(
        {
            "event_id": pa.array([key for key, _ in rows], pa.string()),
            "digest": pa.array([s.digest for _, s in rows], pa.string()),
            "revision": pa.array([s.revision for _, s in rows], pa.int64()),
            "known_us": pa.array([s.known_us for _, s in rows], pa.int64()),
            "is_settled": pa.array([s.is_settled for _, s in rows], pa.bool_()),
        }
    )


def _standings(table: pa.Table) -> dict[str, Standing]:
    columns = [table.column(name).to_pylist() for name in ("event_id", "digest", "revision", "known_us", "is_settled")]
    return {row[0]: Standing(*row[1:]) for row in zip(*columns, strict=True)}
