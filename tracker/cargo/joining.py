"""Papers that mean one voyage are joined: a bill names a ship by name and voyage alone, a schedule or another manifest knows its number and its calls.

A manifest is joined to papers that name the same craft (``agreement.agree``) and voyage, call at a port of it and lie about the same time; and, since carriers of one voyage count
voyages each by itself, to papers of the same name that declare the very same calls, at the same times where both give any. Where those papers are of two ships it is joined to
neither: nobody can say which is meant. From them it takes

- the IMO number (else the MMSI) and the call sign, where it gives no number itself; what it says itself is never replaced;
- of a schedule also the calls, where the schedule has all of its calls that were not taken out, or it has none itself; else its own calls stay, without those that the
  carrier took out (``OMIT``, ``BLNK``) and with the carrier's times. So a published omission, another order, a further call or a delay is what is declared from then on, and nobody strays who keeps to it.

The answer is a function of the newest papers alone, in whatever order they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from tracker.cargo.loading import AT_ABOUT_US
from tracker.cargo.manifest import Manifest
from tracker.identity import imo_check_digit_ok
from tracker.units import US_PER_DAY
from tracker.voyages.agreement import agree, same_voyage
from tracker.voyages.itinerary import Conveyance, Itinerary, ItineraryNode, Mode
from tracker.voyages.ship_names import letters_of, paper_names

_TAKEN_OUT: Final = ("OMIT", "BLNK")
_APART_US: Final = 30 * US_PER_DAY
"""Voyage numbers come again every year; papers of one voyage lie within a month of each other (ours)."""
_MOST_LOOKED_AT: Final = 1_000
"""Consignments whose ports are looked at: a manifest of more names no others behind them (ours)."""
_ROUTE: Final = "route"
_Key = tuple[str, str | int, str]
_Profile = tuple[Conveyance, tuple[str, ...], tuple[int, int] | None, bool]
_Asked = tuple[_Profile, tuple[int | None, ...]]


@dataclass(frozen=True, slots=True)
class _Paper:
    """A manifest as it came, and what is asked of it again and again."""

    manifest: Manifest
    ports: tuple[str, ...]
    span_us: tuple[int, int] | None
    keys: tuple[_Key, ...]

    @property
    def is_schedule(self) -> bool:
        """Whether it brings calls, and no goods."""
        return not self.manifest.consignments and self.manifest.itinerary is not None

    @property
    def times_us(self) -> tuple[int | None, ...]:
        """The declared times of its calls, in their order."""
        return tuple(_times(self.manifest.itinerary)) if self.manifest.itinerary is not None else ()

    @property
    def is_numbered(self) -> bool:
        """Whether it names a ship by a number."""
        return self.manifest.conveyance.imo is not None or self.manifest.conveyance.mmsi is not None

    def profile(self, key: _Key | None = None) -> _Profile:
        """All that papers without a number learn from it, by a key: of papers alike in this one is enough to look at."""
        conveyance = self.manifest.conveyance
        if key is not None and key[0] == _ROUTE:
            conveyance = replace(conveyance, voyage_number=None)
        return conveyance, self.ports, self.span_us, not self.manifest.consignments


class _Fitting(NamedTuple):
    """What the papers that fit a profile tell; nothing where they are of two ships."""

    best: Manifest | None
    """Of those with a number."""
    nearest: Manifest | None
    """Of the schedules."""


class _Alike:
    """Papers of one profile, of which the first by id speaks for all."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.first = ""

    def add(self, name: str) -> bool:
        """One more; whether it speaks for all now."""
        self.names.add(name)
        is_first = not self.first or name < self.first
        if is_first:
            self.first = name
        return is_first

    def discard(self, name: str) -> bool:
        """One less; whether another speaks for them now, or nobody."""
        self.names.discard(name)
        if name != self.first:
            return False
        self.first = min(self.names, default="")
        return True


class _Known:
    """The papers that name one key."""

    def __init__(self) -> None:
        self.schedules: dict[str, None] = {}
        self.numbered: dict[_Profile, _Alike] = {}
        """Papers other than schedules that name a ship by a number."""
        self.askers: dict[bool, dict[str, None]] = {True: {}, False: {}}
        """Papers with goods, by whether they are numbered: those are told nothing but calls."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known any more."""
        return not (self.schedules or self.numbered or any(self.askers.values()))

    def add(self, paper: _Paper, key: _Key) -> bool | None:
        """One more paper; who learns from it: none (None), those without a number (False), all (True)."""
        name = paper.manifest.manifest_id
        if paper.manifest.consignments:
            self.askers[paper.is_numbered][name] = None
        if paper.is_schedule:
            self.schedules[name] = None
            return True
        is_news = paper.is_numbered and self.numbered.setdefault(paper.profile(key), _Alike()).add(name)
        return False if is_news else None

    def discard(self, paper: _Paper, key: _Key) -> bool | None:
        """One less; who learnt from it."""
        name = paper.manifest.manifest_id
        for askers in self.askers.values():
            askers.pop(name, None)
        if name in self.schedules:
            del self.schedules[name]
            return True
        alike = self.numbered.get(paper.profile(key))
        is_news = alike is not None and alike.discard(name)
        if alike is not None and not alike.names:
            del self.numbered[paper.profile(key)]
        return False if is_news else None

    def tellers(self, paper: _Paper) -> Iterator[str]:
        """Papers that may tell another something."""
        yield from self.schedules
        if not paper.is_numbered:
            for alike in self.numbered.values():
                yield alike.first

    def told(self, is_all: bool) -> Iterator[str]:
        """Those who learn: all with goods, or of these those without a number."""
        yield from self.askers[False]
        if is_all:
            yield from self.askers[True]


class PaperJoin:
    """The newest papers by the voyages they name. ``same_port`` says whether two codes are one port."""

    def __init__(self, same_port: Callable[[str, str], bool]) -> None:
        self._same_port = same_port
        self._papers: dict[str, _Paper] = {}
        self._joined: dict[str, Manifest] = {}
        self._known: dict[_Key, _Known] = defaultdict(_Known)

    def take(self, manifests: Sequence[Manifest]) -> list[Manifest]:
        """Newest versions, as they came; the joined forms of them, and of those that are joined otherwise for them."""
        names = dict.fromkeys(manifest.manifest_id for manifest in manifests)
        told: dict[_Key, bool] = {}
        for manifest in manifests:
            self._drop(manifest.manifest_id, told)
            paper = self._papers[manifest.manifest_id] = _paper(manifest)
            for key in paper.keys:
                _note(told, key, self._known[key].add(paper, key))
        names |= dict.fromkeys(
            name for key, is_all in told.items() if key in self._known for name in self._known[key].told(is_all)
        )
        found = []
        fitting: dict[_Asked, _Fitting] = {}
        for name in names:
            joined = self._join(self._papers[name], fitting)
            if self._joined.get(name) != joined:
                self._joined[name] = joined
                found.append(joined)
        return found

    def paper(self, manifest_id: str) -> Manifest:
        """The newest version of a manifest as it came."""
        return self._papers[manifest_id].manifest

    def forget(self, manifest_ids: Iterable[str]) -> None:
        """Papers that are gone; whatever was joined to them stays so until it comes again."""
        for name in manifest_ids:
            self._drop(name, {})
            self._papers.pop(name, None)
            self._joined.pop(name, None)

    def _drop(self, name: str, told: dict[_Key, bool]) -> None:
        """Know a manifest by nothing any more; into ``told`` the keys by which others learnt from it, and whether all did."""
        paper = self._papers.get(name)
        for key in () if paper is None else paper.keys:
            if paper is not None and key in self._known:
                _note(told, key, self._known[key].discard(paper, key))
                if self._known[key].is_empty:
                    del self._known[key]

    def _join(self, paper: _Paper, known: dict[_Asked, _Fitting]) -> Manifest:
        """A manifest as joined; ``known`` are the papers that fit those of a profile and times, as far as they were looked for."""
        manifest = paper.manifest
        if not manifest.consignments:
            return manifest
        asked = paper.profile(), paper.times_us
        if (fitting := known.get(asked)) is None:
            fitting = known[asked] = self._fitting(paper)
        if fitting.best is not None and not paper.is_numbered:
            manifest = replace(manifest, conveyance=_with_number(manifest.conveyance, fitting.best.conveyance))
        if fitting.nearest is not None:
            return replace(manifest, itinerary=self._itinerary(manifest, fitting.nearest))
        if manifest is paper.manifest or manifest.itinerary is None:
            return manifest
        return replace(manifest, itinerary=replace(manifest.itinerary, conveyance=manifest.conveyance))

    def _fitting(self, paper: _Paper) -> _Fitting:
        """The papers that tell something of a manifest with goods; never itself, for it tells nothing to who is numbered as it is."""
        others = dict.fromkeys(
            name for key in paper.keys if key in self._known for name in self._known[key].tellers(paper)
        )
        fitting = [one for name in others if self._fits(paper, one := self._papers[name])]
        numbered = [one.manifest for one in fitting if one.is_numbered]
        if any(agree(one.conveyance, numbered[0].conveyance) is False for one in numbered[1:]):
            return _Fitting(None, None)
        nearest = min(
            (one for one in fitting if one.is_schedule),
            key=lambda one: (-self._common(paper, one), one.manifest.manifest_id),
            default=None,
        )
        return _Fitting(min(numbered, key=_rank, default=None), None if nearest is None else nearest.manifest)

    def _fits(self, paper: _Paper, other: _Paper) -> bool:
        """Whether other papers are of the voyage of a manifest."""
        if agree(paper.manifest.conveyance, other.manifest.conveyance) is not True:
            return False
        voyage = same_voyage(paper.manifest.conveyance, other.manifest.conveyance)
        if voyage is not True and _is_one_route(paper.manifest.itinerary, other.manifest.itinerary):
            return True
        if voyage is False:
            return False
        mine, theirs = paper.span_us, other.span_us
        if mine and theirs and (theirs[0] - _APART_US > mine[1] or mine[0] > theirs[1] + _APART_US):
            return False
        least = 1 if voyage else 2
        return self._common(paper, other) >= least and (voyage is True or (mine is not None and theirs is not None))

    def _common(self, paper: _Paper, other: _Paper) -> int:
        """How many ports of a manifest other papers name."""
        return sum(any(self._same_port(code, theirs) for theirs in other.ports) for code in paper.ports)

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


def _note(told: dict[_Key, bool], key: _Key, is_all: bool | None) -> None:
    """Others learn by a key, all or only those without a number."""
    if is_all is not None:
        told[key] = told.get(key, False) or is_all


def _is_one_route(one: Itinerary | None, other: Itinerary | None) -> bool:
    """Whether two itineraries declare the same calls, two at least, and no time of one of them more than ``AT_ABOUT_US`` apart; one of them may have no times at all."""
    if one is None or other is None or _route(one) != _route(other) or not _route(one):
        return False
    pairs = [(mine, theirs) for mine, theirs in zip(_times(one), _times(other), strict=True)]
    apart = [abs(mine - theirs) for mine, theirs in pairs if mine is not None and theirs is not None]
    if apart:
        return max(apart) <= AT_ABOUT_US
    return all(mine is None for mine, _ in pairs) or all(theirs is None for _, theirs in pairs)


def _route(itinerary: Itinerary | None) -> str:
    """The ports of an itinerary in their order; empty where they are fewer than two."""
    nodes = itinerary.nodes if itinerary is not None else ()
    return ">".join(node.location for node in nodes) if len(nodes) > 1 else ""


def _times(itinerary: Itinerary) -> list[int | None]:
    return [us for node in itinerary.nodes for us in (node.arrive_us, node.depart_us)]


def _keys(conveyance: Conveyance, itinerary: Itinerary | None) -> Iterator[_Key]:
    """What papers of one voyage have in common, one of these at least."""
    if conveyance.mode is not Mode.SEA:
        return
    if route := _route(itinerary):
        for name in sorted(paper_names(conveyance.name or "")):
            yield _ROUTE, name, route
    voyage = letters_of(conveyance.voyage_number or "").lstrip("0")
    for number in ("imo", "mmsi"):
        if (value := getattr(conveyance, number)) is not None:
            yield number, value, ""
    if voyage:
        for name in sorted(paper_names(conveyance.name or "")):
            yield "name", name, voyage
        if conveyance.call_sign:
            yield "call sign", letters_of(conveyance.call_sign), voyage


def _with_number(conveyance: Conveyance, known: Conveyance) -> Conveyance:
    """An IMO number is the hull's for life; an MMSI is taken only where there is none, for it goes stale."""
    imo = known.imo if imo_check_digit_ok(known.imo or 0) else None
    mmsi = known.mmsi if imo is None else None
    return replace(conveyance, imo=imo, mmsi=mmsi, call_sign=conveyance.call_sign or known.call_sign)


def _rank(manifest: Manifest) -> tuple[bool, bool, str]:
    """IMO numbers with a right check digit first, schedules first."""
    return not imo_check_digit_ok(manifest.conveyance.imo or 0), bool(manifest.consignments), manifest.manifest_id


def _paper(manifest: Manifest) -> _Paper:
    nodes = manifest.itinerary.nodes if manifest.itinerary else ()
    changes = manifest.itinerary.changes if manifest.itinerary else ()
    codes = [node.location for node in nodes] + [change.location for change in changes]
    codes += [end.code for item in manifest.consignments[:_MOST_LOOKED_AT] for end in (item.loading, item.discharge)]
    times = [us for node in nodes for us in (node.arrive_us, node.depart_us) if us is not None]
    span_us = (min(times), max(times)) if times else None
    return _Paper(
        manifest,
        tuple(dict.fromkeys(codes)),
        span_us,
        tuple(dict.fromkeys(_keys(manifest.conveyance, manifest.itinerary))),
    )
