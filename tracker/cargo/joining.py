"""Papers that mean one voyage are joined: a bill names a ship by name and voyage alone, a schedule or another manifest knows its number and its calls.

A manifest is joined to papers that name the same craft (``agreement.agree``) and voyage, call at a port of it and lie about the same time. Where those papers are of two ships it is joined to
neither: nobody can say which is meant. From them it takes

- the IMO number (else the MMSI) and the call sign, where it gives no number itself; what it says itself is never replaced;
- of a schedule also the calls, where the schedule has all of its calls that were not taken out, or it has none itself; else its own calls stay, without those that the
  carrier took out (``OMIT``, ``BLNK``) and with the carrier's times. So a published omission, another order, a further call or a delay is what is declared from then on, and nobody strays who keeps to it.

The answer is a function of the newest papers alone, in whatever order they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from tracker.cargo.manifest import Manifest
from tracker.units import US_PER_DAY
from tracker.voyages.agreement import agree
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode
from tracker.voyages.ship_names import letters_of, paper_names

_TAKEN_OUT: Final = ("OMIT", "BLNK")
_APART_US: Final = 30 * US_PER_DAY
"""Voyage numbers come again every year; papers of one voyage lie within a month of each other (ours)."""
_Key = tuple[str, str | int, str]


class PaperJoin:
    """The newest papers by the voyages they name. ``same_port`` says whether two codes are one port."""

    def __init__(self, same_port: Callable[[str, str], bool]) -> None:
        self._same_port = same_port
        self._raw: dict[str, Manifest] = {}
        self._joined: dict[str, Manifest] = {}
        self._by_key: dict[_Key, dict[str, None]] = defaultdict(dict)

    def take(self, manifests: Sequence[Manifest]) -> list[Manifest]:
        """Newest versions, as they came; the joined forms of them, and of those that are joined otherwise for them."""
        keys: dict[_Key, None] = {}
        for manifest in manifests:
            before = self._raw.get(manifest.manifest_id)
            for key in () if before is None else _keys(before.conveyance):
                self._by_key[key].pop(manifest.manifest_id, None)
                keys[key] = None
            self._raw[manifest.manifest_id] = manifest
            for key in _keys(manifest.conveyance):
                self._by_key[key][manifest.manifest_id] = None
                keys[key] = None
        names = dict.fromkeys(manifest.manifest_id for manifest in manifests)
        names |= dict.fromkeys(name for key in keys for name in self._by_key[key])
        found = []
        for name in names:
            joined = self._join(self._raw[name])
            if self._joined.get(name) != joined:
                self._joined[name] = joined
                found.append(joined)
        return found

    def forget(self, manifest_ids: Iterable[str]) -> None:
        """Papers that are gone; whatever was joined to them stays so until it comes again."""
        for name in manifest_ids:
            manifest = self._raw.pop(name, None)
            self._joined.pop(name, None)
            for key in () if manifest is None else _keys(manifest.conveyance):
                under = self._by_key[key]
                under.pop(name, None)
                if not under:
                    del self._by_key[key]

    def _join(self, manifest: Manifest) -> Manifest:
        if not manifest.consignments:
            return manifest
        others = dict.fromkeys(name for key in _keys(manifest.conveyance) for name in self._by_key[key])
        fitting = [
            one for name in others if name != manifest.manifest_id and self._fits(manifest, one := self._raw[name])
        ]
        numbered = [one for one in fitting if _is_numbered(one.conveyance)]
        if any(agree(one.conveyance, numbered[0].conveyance) is False for one in numbered[1:]):
            return manifest
        if numbered and not _is_numbered(manifest.conveyance):
            manifest = replace(
                manifest, conveyance=_with_number(manifest.conveyance, sorted(numbered, key=_rank)[0].conveyance)
            )
        schedules = [one for one in fitting if not one.consignments and one.itinerary is not None]
        if schedules:
            best = min(schedules, key=lambda one: (-self._common(manifest, one), one.manifest_id))
            manifest = replace(manifest, itinerary=self._itinerary(manifest, best))
        return (
            manifest
            if manifest.itinerary is None
            else replace(manifest, itinerary=replace(manifest.itinerary, conveyance=manifest.conveyance))
        )

    def _fits(self, manifest: Manifest, other: Manifest) -> bool:
        """Whether other papers are of the voyage of a manifest."""
        if agree(manifest.conveyance, other.conveyance) is not True:
            return False
        if not manifest.conveyance.voyage_number and other.itinerary is None:
            return False
        least = 1 if manifest.conveyance.voyage_number else 2
        if self._common(manifest, other) < least:
            return False
        mine, theirs = _times(manifest), _times(other)
        return not mine or not theirs or (min(theirs) - _APART_US <= max(mine) and min(mine) <= max(theirs) + _APART_US)

    def _common(self, manifest: Manifest, other: Manifest) -> int:
        """How many ports of a manifest other papers name."""
        theirs = _ports(other)
        return sum(any(self._same_port(code, other_code) for other_code in theirs) for code in _ports(manifest))

    def _itinerary(self, manifest: Manifest, schedule: Manifest) -> Itinerary:
        """The calls of a manifest as a schedule has them."""
        assert schedule.itinerary is not None
        published = schedule.itinerary
        own = manifest.itinerary.nodes if manifest.itinerary is not None else ()
        kept = [node for node in own if not self._is_taken_out(node, published)]
        nodes = published.nodes
        if own and any(self._call(node, published) is None for node in kept):
            nodes = tuple(self._retimed(node, published) for node in kept)
        elif own and not kept:
            nodes = ()
        version = manifest.itinerary.version if manifest.itinerary is not None else manifest.version
        return Itinerary(manifest.manifest_id, version, manifest.conveyance, nodes, published.changes)

    def _is_taken_out(self, node: ItineraryNode, published: Itinerary) -> bool:
        gone = any(
            change.code in _TAKEN_OUT and self._same_port(node.location, change.location)
            for change in published.changes
        )
        return gone and self._call(node, published) is None

    def _call(self, node: ItineraryNode, published: Itinerary) -> ItineraryNode | None:
        return next((one for one in published.nodes if self._same_port(node.location, one.location)), None)

    def _retimed(self, node: ItineraryNode, published: Itinerary) -> ItineraryNode:
        """A call with the times that the carrier gives."""
        call = self._call(node, published)
        if call is None:
            return node
        changes: dict[str, Any] = {}
        if call.arrive_us is not None:
            changes |= {
                "arrive_us": call.arrive_us,
                "arrive_from_us": call.arrive_from_us,
                "arrive_said": call.arrive_said,
            }
        if call.depart_us is not None:
            changes |= {
                "depart_us": call.depart_us,
                "depart_until_us": call.depart_until_us,
                "depart_said": call.depart_said,
            }
        return replace(node, **changes)


def _keys(conveyance: Conveyance) -> Iterator[_Key]:
    """What papers of one voyage have in common, one of these at least."""
    if conveyance.mode is not Mode.SEA:
        return
    voyage = letters_of(conveyance.voyage_number or "").lstrip("0")
    for number in ("imo", "mmsi"):
        if (value := getattr(conveyance, number)) is not None:
            yield number, value, ""
    if voyage:
        for name in sorted(paper_names(conveyance.name or "")):
            yield "name", name, voyage
        if conveyance.call_sign:
            yield "call sign", letters_of(conveyance.call_sign), voyage


def _is_numbered(conveyance: Conveyance) -> bool:
    return conveyance.imo is not None or conveyance.mmsi is not None


def _with_number(conveyance: Conveyance, known: Conveyance) -> Conveyance:
    """An IMO number is the hull's for life; an MMSI is taken only where there is none, for it goes stale."""
    mmsi = known.mmsi if known.imo is None else None
    return replace(conveyance, imo=known.imo, mmsi=mmsi, call_sign=conveyance.call_sign or known.call_sign)


def _rank(manifest: Manifest) -> tuple[bool, bool, str]:
    """IMO numbers first, schedules first."""
    return manifest.conveyance.imo is None, bool(manifest.consignments), manifest.manifest_id


def _ports(manifest: Manifest) -> list[str]:
    itinerary = manifest.itinerary
    codes = [node.location for node in itinerary.nodes] if itinerary else []
    codes += [change.location for change in itinerary.changes] if itinerary else []
    codes += [end.code for item in manifest.consignments[:_MOST_LOOKED_AT] for end in (item.loading, item.discharge)]
    return list(dict.fromkeys(codes))


_MOST_LOOKED_AT: Final = 1_000


def _times(manifest: Manifest) -> list[int]:
    nodes = manifest.itinerary.nodes if manifest.itinerary else ()
    return [us for node in nodes for us in (node.arrive_us, node.depart_us) if us is not None]
