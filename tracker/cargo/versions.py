"""The versions of papers, each with the time from which and until which it was the newest known.

What is asked *as known at* an instant is answered from the versions that stood then. A version that was replaced is kept as long as somebody may ask so far back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

import pyarrow as pa

from tracker.cargo.legs import legs_of
from tracker.cargo.links import Leg
from tracker.cargo.manifest import Manifest
from tracker.voyages.itinerary import Conveyance

ALWAYS_US: Final = -(1 << 62)
"""When papers became known that were there before anything was heard."""
_TYPES: Final = {"manifest_id": pa.string(), "version": pa.int64(), "known_us": pa.int64(), "until_us": pa.int64()}


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """One version of a manifest: the newest from ``known_us`` until ``until_us`` (None: it still is)."""

    manifest: Manifest
    legs: tuple[Leg, ...]
    known_us: int
    until_us: int | None = None
    paper: Manifest | None = None
    """The manifest as it came, where other papers say more of its ship and calls (``tracker.cargo.joining``)."""

    is_first: bool = True
    """Whether it is the first form of that version; others came as it was joined anew."""

    @property
    def as_it_came(self) -> Manifest:
        """The manifest without what others say."""
        return self.paper or self.manifest

    def stands(self, known_us: int) -> bool:
        """Whether it was the newest at an instant."""
        return self.known_us <= known_us and (self.until_us is None or known_us < self.until_us)


class Versions:
    """All versions that are kept, by manifest and by conveyance."""

    def __init__(self) -> None:
        self._of: dict[str, list[Version]] = {}
        self._by_conveyance: dict[Conveyance, dict[str, list[Version]]] = defaultdict(dict)

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))

    def take(
        self, manifests: Iterable[Manifest], known_us: int, as_they_came: Mapping[str, Manifest] | None = None
    ) -> list[Version]:
        """Versions newer than what is known of their manifests, known from an instant on; those that are none are passed over."""
        taken = []
        for manifest in self.newer(manifests):
            before = self._of.get(manifest.manifest_id, ())
            # where two versions come at one instant nobody could have asked for the first
            known = known_us if not before else max(known_us, before[-1].known_us)
            paper = (as_they_came or {}).get(manifest.manifest_id)
            version = Version(manifest, tuple(legs_of(manifest)), known, None, paper)
            if before:
                self._put(manifest.manifest_id, [*before[:-1], replace(before[-1], until_us=known)])
            self._put(manifest.manifest_id, [*self._of.get(manifest.manifest_id, ()), version])
            taken.append(version)
        return taken

    def newer(self, manifests: Iterable[Manifest]) -> list[Manifest]:
        """Those of some papers that are newer than what is known, in order."""
        newest: dict[str, int] = {}
        found = []
        for manifest in manifests:
            name, before = manifest.manifest_id, self._of.get(manifest.manifest_id)
            known = newest.get(name, before[-1].manifest.version if before else manifest.version - 1)
            if manifest.version > known:
                newest[name] = manifest.version
                found.append(manifest)
        return found

    def rejoin(self, manifests: Iterable[Manifest], known_us: int) -> list[Version]:
        """The newest versions of some manifests as other papers say more, or less, of them from an instant on."""
        taken = []
        for manifest in manifests:
            *before, last = self._of[manifest.manifest_id]
            known = max(known_us, last.known_us)
            is_first = known == last.known_us and last.is_first
            version = Version(manifest, tuple(legs_of(manifest)), known, None, last.as_it_came, is_first)
            kept = before if known == last.known_us else [*before, replace(last, until_us=known)]
            self._put(manifest.manifest_id, [*kept, version])
            taken.append(version)
        return taken

    def _put(self, manifest_id: str, versions: list[Version]) -> None:
        for version in self._of.get(manifest_id, ()):
            self._by_conveyance[version.manifest.conveyance].pop(manifest_id, None)
        self._of[manifest_id] = versions
        for version in versions:
            self._by_conveyance[version.manifest.conveyance].setdefault(manifest_id, []).append(version)
        if not versions:
            del self._of[manifest_id]

    def of(self, conveyance: Conveyance, known_us: int) -> list[Version]:
        """The versions of a conveyance that stood at an instant, in the order of their ids."""
        held = self._by_conveyance.get(conveyance)
        if not held:
            return []
        return [version for manifest_id in sorted(held) for version in held[manifest_id] if version.stands(known_us)]

    def conveyances(self, manifest_ids: Iterable[str]) -> set[Conveyance]:
        """How any kept version of some manifests names its craft."""
        return {version.manifest.conveyance for name in manifest_ids for version in self._of.get(name, ())}

    def all(self) -> list[Version]:
        """Every version kept, those of a manifest in order."""
        return [version for versions in self._of.values() for version in versions]

    def newest(self) -> list[Manifest]:
        """The newest version of every manifest, as other papers complete it, in the order in which they first came."""
        return [version.manifest for version in self.newest_versions()]

    def newest_versions(self) -> list[Version]:
        """The newest version of every manifest, in the order in which they first came."""
        return [versions[-1] for versions in self._of.values()]

    def forget(self, before_us: int) -> list[Version]:
        """Drop versions that were replaced, or whose last declared time was, before an instant; those dropped. Papers without times stay until they are replaced."""
        dropped = []
        for manifest_id, versions in list(self._of.items()):
            old = [version for version in versions if _is_over(version, before_us)]
            if old:
                dropped += old
                self._put(manifest_id, [version for version in versions if version not in old])
        return dropped

    def table(self) -> pa.Table:
        """Which versions are kept, for a snapshot; what they say stands in the papers themselves."""
        rows = [(v.manifest.manifest_id, v.manifest.version, v.known_us, v.until_us) for v in self.all()]
        columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(_TYPES)
        arrays = [pa.array(list(values), kind) for values, kind in zip(columns, _TYPES.values(), strict=True)]
        return pa.table(arrays, names=list(_TYPES))

    @staticmethod
    def in_order(table: pa.Table, papers: Mapping[tuple[str, int], Manifest]) -> Iterator[tuple[int, list[Manifest]]]:
        """What :meth:`table` names, as it was taken: the papers of each instant, in order; those that are no longer among the papers are left out."""
        rows = sorted(table.to_pylist(), key=lambda row: row["known_us"])
        for known_us, group in groupby(rows, key=lambda row: row["known_us"]):
            found = [papers.get((row["manifest_id"], row["version"])) for row in group]
            yield known_us, [manifest for manifest in found if manifest is not None]


def _is_over(version: Version, before_us: int) -> bool:
    if version.until_us is not None:
        return version.until_us < before_us
    nodes = version.manifest.itinerary.nodes if version.manifest.itinerary else ()
    times = [t for node in nodes for t in (node.arrive_us, node.depart_us, node.depart_until_us) if t is not None]
    return bool(times) and max(*times, version.known_us) < before_us
