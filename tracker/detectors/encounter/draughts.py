"""Draughts before, during and after a meeting: where both are known, a change is evidence that cargo was moved.

*Before* is what a craft had said when the meeting began; where it changed within three hours before that, the value before the change: they may have been
together unheard. While they are together a change of twice ``draught_m`` against what was told last is told by a revision, and ``draught_h`` after, or
until a craft is in port or meets another, each of a tenth of a metre.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.snapshot import LaterTable
from tracker.detectors.base import Places
from tracker.detectors.encounter.config import EncounterConfig
from tracker.detectors.encounter.fleet import Fleet
from tracker.detectors.encounter.runs import Run, RunKey, runs_from_arrow, runs_to_arrow
from tracker.identity import CRAFT_MASK
from tracker.tracks.ship_types import ShipTypes
from tracker.units import US_PER_H

_JUST_BEFORE_US: Final = 3 * US_PER_H
_LEAST_M: Final = 0.1
"""AIS tells tenths of a metre (ITU-R M.1371-5, message 5)."""
_MOST_REVISIONS: Final = 24


class Draughts:
    """Draughts of the pairs that were reported, and of those whose meeting is over since lately."""

    def __init__(self, config: EncounterConfig, ships: ShipTypes, places: Places) -> None:
        self._config, self._ships, self._places = config, ships, places
        self._after: dict[RunKey, Run] = {}

    def begin(
        self, runs: list[Run], a: NDArray[np.int64], b: NDArray[np.int64], instant_us: int, known_us: int
    ) -> None:
        """The draughts with which some runs begin."""
        for n, craft in enumerate((a, b)):
            for run, metres in zip(
                runs, self._ships.draughts_at(craft, known_us, instant_us - _JUST_BEFORE_US).tolist(), strict=True
            ):
                run.draughts[n] = run.draughts[n + 2] = metres

    def look(
        self, reported: Mapping[RunKey, Run], fleet: Fleet, instant_us: int, known_us: int
    ) -> list[tuple[RunKey, Run, bool]]:
        """Meetings whose draughts have changed since they were told last, with whether they are open."""
        for key in [
            k for k, run in self._after.items() if instant_us - run.last_us > self._config.draught_h * US_PER_H
        ]:
            del self._after[key]
        watched = [(key, run, True) for key, run in reported.items()]
        watched += [(key, run, False) for key, run in self._after.items()]
        if not watched:
            return []
        keys = np.array([key[:2] for key, _, _ in watched], dtype=np.int64)
        metres = self._ships.draughts_at((keys & CRAFT_MASK).ravel(), known_us).reshape(keys.shape)
        told = np.array([run.draughts[2:] for _, run, _ in watched])
        least = np.where([is_open for _, _, is_open in watched], 2.0 * self._config.draught_m, _LEAST_M) - 1e-3
        changed = (np.abs(metres - told) >= least[:, None]).any(axis=1)
        found = []
        for n in np.flatnonzero(changed).tolist():
            key, run, is_open = watched[n]
            if not is_open and self._is_in_port(keys[n], fleet):
                del self._after[key]
            elif run.revision < _MOST_REVISIONS:
                run.draughts[2:] = [
                    old if math.isnan(new) else new
                    for new, old in zip(metres[n].tolist(), told[n].tolist(), strict=True)
                ]
                found.append((key, run, is_open))
        return sorted(found, key=lambda item: item[0])

    def tell(self, run: Run, a: int, b: int, known_us: int) -> None:
        """The draughts that a revision known at an instant tells."""
        now = self._ships.draughts_at(np.array([a, b], dtype=np.int64), known_us).tolist()
        run.draughts[2:] = [old if math.isnan(new) else new for new, old in zip(now, run.draughts[2:], strict=True)]

    def follow(self, key: RunKey, run: Run) -> None:
        """Watch the draughts of a meeting that is over."""
        if not all(map(math.isnan, run.draughts[:2])):
            self._after[key] = run

    def met(self, a: int, b: int, key: RunKey) -> None:
        """Two craft meet: what their draughts do from now on is not of their meetings before."""
        for other in [k for k in self._after if {k[0] & CRAFT_MASK, k[1] & CRAFT_MASK} & {a, b} and k != key]:
            del self._after[other]

    def forget(self, gone: set[int]) -> None:
        """Keep nothing of some craft."""
        for key in [k for k in self._after if {k[0] & CRAFT_MASK, k[1] & CRAFT_MASK} & gone]:
            del self._after[key]

    def capture(self) -> LaterTable:
        """The meetings that are over, for a snapshot."""
        table = runs_to_arrow(self._after.items())
        return lambda: table

    def restore(self, table: pa.Table) -> None:
        """The inverse of :meth:`capture`."""
        self._after = runs_from_arrow(table)

    def _is_in_port(self, keys: NDArray[np.int64], fleet: Fleet) -> bool:
        """Whether one of two is near a port now."""
        rows = np.minimum(np.searchsorted(fleet.key, keys), len(fleet.key) - 1)
        rows = rows[fleet.key[rows] == keys]
        return bool((self._places.port_distance_km(fleet.lat[rows], fleet.lon[rows]) < self._config.port_km).any())
