"""A ship that goes on under another MMSI is not silent: what was told of the old one's silence is taken back.

No rows are read: events that stand by themselves are laid side by side, an ``identity_transfer`` (``integrity``) and the silences of the craft that it names as the
previous one. Of what becomes known at one instant transfers come first::

    dark period of the previous craft, begun before the new one was heard   -> never told, or withdrawn where it was
    its gap, where the cause is ``silent_in_coverage``                       -> stays with the cause ``unknown`` and the new identity

A dark period once taken back stays so: revisions of it are dropped. Kept are transfers of the last ``_MEMORY_US`` and such silences as are open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from typing import Final

import pyarrow as pa

from tracker.events import Event, EventKind, EventState, GapCause, event_order, events_from_arrow, events_to_arrow
from tracker.identity import craft_text
from tracker.units import US_PER_DAY, US_PER_MIN, Micros

TRANSFER: Final = "identity_transfer"
_MEMORY_US: Final = 30 * US_PER_DAY
_OVERLAP_US: Final = US_PER_MIN
_SILENCES: Final = (EventKind.GAP, EventKind.DARK_PERIOD)


class Successions:
    """Takes silences back that a change of identity explains; feed it every event in the order of publication."""

    def __init__(self) -> None:
        self._transfers: dict[str, Event] = {}
        """By the previous craft."""
        self._open: dict[str, Event] = {}
        """Silences as published last."""
        self._explained: set[str] = set()
        """Ids of the silences among them that are taken back."""

    def extend(self, events: Iterable[Event]) -> list[Event]:
        """The events as they are to be published, in the order of publication."""
        told: list[Event] = []
        for now_us, group in groupby(events, key=lambda event: event.known_us):
            some = list(group)
            mine = [event for event in some if event.kind is EventKind.INTEGRITY and event.detail == TRANSFER]
            for event in mine:
                told += self._transferred(event)
            if mine:
                self._forget(int(now_us))
            told += [kept for event in some for kept in self._pass(event)]
        return sorted(told, key=event_order)

    def forget(self, craft: Iterable[int]) -> None:
        """Keep nothing of some craft."""
        gone = {craft_text(key) for key in craft}
        self._transfers = {before: one for before, one in self._transfers.items() if not gone & {before, one.craft}}
        self._open = {name: event for name, event in self._open.items() if event.craft not in gone}
        self._explained &= self._open.keys()

    def table(self) -> pa.Table:
        """Everything kept, for a snapshot."""
        kept = [*(self._transfers[craft] for craft in sorted(self._transfers))]
        kept += [self._open[name] for name in sorted(self._open)]
        table = events_to_arrow(kept)
        explained = [event.event_id in self._explained for event in kept]
        return table.append_column("is_explained", pa.array(explained, pa.bool_()))

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`table`."""
        for event, explained in zip(
            events_from_arrow(table.drop_columns(["is_explained"])),
            table.column("is_explained").to_pylist(),
            strict=True,
        ):
            if event.kind is EventKind.INTEGRITY:
                self._transfers[event.other_craft or ""] = event
            else:
                self._open[event.event_id] = event
                if explained:
                    self._explained.add(event.event_id)

    def _transferred(self, transfer: Event) -> list[Event]:
        """A transfer became known, or is withdrawn: what it takes back."""
        before = transfer.other_craft or ""
        if transfer.state is EventState.RETRACTED:
            known = self._transfers.get(before)
            if known is not None and known.event_id == transfer.event_id:
                del self._transfers[before]
            return []
        self._transfers[before] = transfer
        told = []
        for name in sorted(self._open):
            event = self._open[name]
            if name not in self._explained and self._explains(transfer, event):
                self._explained.add(name)
                told.append(self._taken_back(event.revised(known_us=transfer.known_us), transfer))
        return told

    def _pass(self, event: Event) -> list[Event]:
        """An event as it is published, if it is."""
        if event.kind not in _SILENCES or not (_is_alarm(event) or event.event_id in self._open):
            return [event]
        before, explained = self._open.get(event.event_id), event.event_id in self._explained
        transfer = self._transfers.get(event.craft)
        if not explained and transfer is not None and event.state is EventState.OPEN:
            explained = self._explains(transfer, event)
            if explained:
                self._explained.add(event.event_id)
        if event.state is not EventState.OPEN:
            self._open.pop(event.event_id, None)
            self._explained.discard(event.event_id)
        if not explained:
            if event.state is EventState.OPEN and _is_alarm(event):
                self._open[event.event_id] = event
            return [event]
        if event.kind is EventKind.DARK_PERIOD:
            if event.state is EventState.OPEN and before is None:
                self._open[event.event_id] = event  # never told; what comes of it is not told either
            return []
        event = replace(event, revision=event.revision if before is None else before.revision + 1)
        if event.state is EventState.OPEN and transfer is not None:
            event = self._taken_back(event, transfer)
        return [event]

    def _taken_back(self, event: Event, transfer: Event) -> Event:
        """A silence that is none, with the reason."""
        why = f"{event.craft} goes on as {transfer.craft}. {transfer.explanation}"
        if event.kind is EventKind.DARK_PERIOD:
            event = replace(event, state=EventState.RETRACTED, end_us=Micros(max(transfer.start_us, event.start_us)))
        event = replace(event, cause=str(GapCause.UNKNOWN), explanation=why)
        self._open[event.event_id] = event
        return event

    def _explains(self, transfer: Event, silence: Event) -> bool:
        """Whether the silence of the previous craft is the one that the new identity began in."""
        return silence.craft == transfer.other_craft and silence.start_us <= transfer.start_us + _OVERLAP_US

    def _forget(self, now_us: int) -> None:
        self._transfers = {key: one for key, one in self._transfers.items() if one.known_us >= now_us - _MEMORY_US}


def _is_alarm(silence: Event) -> bool:
    """A dark period, or a gap that goes with one."""
    return silence.kind is EventKind.DARK_PERIOD or silence.cause == GapCause.SILENT_IN_COVERAGE
