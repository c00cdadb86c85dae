"""The truth of the cargo: for every consignment when it really is aboard, and what makes its papers hard to lay over the radio.

``aboard.jsonl`` has one JSON line for each consignment on the newest version of some papers. Goods come aboard while the craft lies at the port of loading, and leave it while it lies at
the port of discharge; so there are four instants, of which any may lie before or after the scenario::

    from     it arrives where they are loaded: from here on nobody can say that they are not aboard
    loaded   it leaves: from here on they are
    arrives  it comes to where they are discharged: until here they are
    gone     it leaves again: from here on they are not

A craft that does not come there keeps them. A hull that goes on under another number keeps them, too: they are aboard the old number until then, and the new one from then on. A second hull that only says
the number or the name of the first has nothing of them. Which call of several at one port is meant is what papers mean (``tracker.cargo.manifest.call_indices``).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tracker.cargo.manifest import Manifest, call_indices
from tracker.errors import InputError
from tracker.simulate.air import Flight
from tracker.simulate.traffic import Call, Ship
from tracker.units import US_PER_S

ABOARD_FILE: Final = "aboard.jsonl"
PLAIN: Final = "plain"
"""Papers that name the craft by its number and say when."""
NEVER_US: Final = 1 << 62
"""Goods that are never loaded."""
_Times = tuple[float | None, float | None, float | None, float | None]
_FLIGHT_ABOARD_S: Final = 3 * 3600.0
"""Goods of a flight are aboard so long before it takes off, at most."""


@dataclass(frozen=True, slots=True)
class Aboard:
    """When a consignment is aboard which craft; None: before, or after, the scenario."""

    craft: str
    is_disguised: bool
    """The craft says numbers of others for a while: goods told of another number may be right."""
    manifest_id: str
    consignment_id: str
    from_us: int | None
    loaded_us: int | None
    arrives_us: int | None
    gone_us: int | None
    difficulties: tuple[str, ...]
    later: tuple[tuple[int, str], ...] = ()
    """From when the hull goes on under which other number."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The craft that the hull calls itself, one after the other."""
        return (self.craft, *(craft for _, craft in self.later))

    def is_called(self, craft: str, from_us: int, until_us: int) -> bool:
        """Whether the hull calls itself so at some instant of a span, both ends included."""
        begins = [(-NEVER_US, self.craft), *self.later]
        ends = [since_us for since_us, _ in self.later] + [NEVER_US]
        return any(
            name == craft and since_us <= until_us and from_us <= end_us
            for (since_us, name), end_us in zip(begins, ends, strict=True)
        )

    def is_surely(self, at_us: int) -> bool:
        """Whether it is aboard beyond doubt at an instant."""
        return (self.loaded_us is None or self.loaded_us <= at_us) and (
            self.arrives_us is None or at_us < self.arrives_us
        )

    def may_be(self, from_us: int, until_us: int, unloading_us: int) -> bool:
        """Whether it is, or may be, aboard at some instant of a span; a ship that came has so long to unload."""
        ends_us = None if self.gone_us is None else max(self.gone_us, (self.arrives_us or 0) + unloading_us)
        return (self.from_us is None or self.from_us <= until_us) and (ends_us is None or from_us <= ends_us)


def aboard_of(
    manifests: Iterable[Manifest],
    carriers: Mapping[str, Ship | Flight],
    hard: Mapping[str, tuple[str, ...]],
    begin_us: int,
) -> list[Aboard]:
    """The truth of the newest version of every manifest.

    Parameters
    ----------
    carriers:
        The craft of each manifest, by its id.
    hard:
        What makes a manifest hard, by its id.
    """
    newest = {manifest.manifest_id: manifest for manifest in sorted(manifests, key=lambda one: one.version)}
    found = []
    for name, manifest in newest.items():
        carrier, why = carriers[name], hard.get(name, (PLAIN,))
        later = _later(carrier, begin_us)
        for item in manifest.consignments:
            times: _Times
            if isinstance(carrier, Flight):
                off_s, on_s = float(carrier.time_s[0]), float(carrier.time_s[-1])
                times = off_s - _FLIGHT_ABOARD_S, off_s, on_s, None
            else:
                declared = manifest.itinerary.nodes if manifest.itinerary else ()
                codes = [node.location for node in declared] or [call.port for call in carrier.calls]
                times = _of_ship(carrier.calls, call_indices(codes, item.loading.code, item.discharge.code), codes)
            first, loaded, arrives, gone = (_instant(begin_us, time_s) for time_s in times)
            truth = Aboard(
                carrier.craft, bool(carrier.lies), name, item.consignment_id, first, loaded, arrives, gone, why, later
            )
            found.append(truth)
    return found


def _later(carrier: Ship | Flight, begin_us: int) -> tuple[tuple[int, str], ...]:
    """The numbers under which a hull goes on."""
    later: list[tuple[int, str]] = []
    while isinstance(carrier, Ship) and carrier.goes_on is not None:
        since_s, carrier = carrier.goes_on
        later.append((begin_us + round(since_s * US_PER_S), carrier.craft))
    return tuple(later)


def _instant(begin_us: int, time_s: float | None) -> int | None:
    if time_s is None:
        return None
    return begin_us + round(time_s * US_PER_S) if math.isfinite(time_s) else NEVER_US


def _of_ship(calls: list[Call], ends: tuple[int | None, int | None], codes: list[str]) -> _Times:
    """The four instants of goods, from the calls as they happen; declared calls that do not happen are looked for by their ports."""
    first, last = ends
    ports = [call.port for call in calls]
    if codes != ports:
        first = ports.index(codes[first]) if first is not None and codes[first] in ports else None
        later = [
            k
            for k, port in enumerate(ports)
            if first is not None and k > first and last is not None and port == codes[last]
        ]
        last = later[0] if later else None
        if first is None:
            return math.inf, math.inf, math.inf, math.inf
    assert first is not None
    loading, landing = calls[first], None if last is None else calls[last]
    loaded = loading.depart_s
    return (
        loading.arrive_s, loaded if loaded is not None else math.inf, None if landing is None else landing.arrive_s,
        None if landing is None else landing.depart_s,
    )  # fmt: skip


def write_aboard(path: Path, rows: Iterable[Aboard]) -> None:
    """One JSON line for each consignment."""
    path.write_text("".join(json.dumps(asdict(row), separators=(",", ":")) + "\n" for row in rows), encoding="utf-8")


def read_aboard(path: Path) -> list[Aboard]:
    """The inverse of :func:`write_aboard`; a bad line is named."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            later = tuple((since_us, craft) for since_us, craft in row.pop("later", ()))
            rows.append(Aboard(**{**row, "difficulties": tuple(row["difficulties"]), "later": later}))
        except (ValueError, KeyError, TypeError) as exc:
            raise InputError(
                f"not the truth of a consignment ({exc})", f"{path}, line {number}", "see docs/simulator.md"
            ) from exc
    return rows
