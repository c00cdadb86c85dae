"""Which of the ships whose names merely resemble that of papers is meant: the one that something else speaks for, while nobody fits.

A resemblance (``tracker.voyages.resemblance``) is a suggestion. It counts as a match where the ship's own words hold a second witness: a number like the papers', or that it is bound for the port of discharge of some goods in the declared time; or where
it was seen at their port of loading in time (``tracker.cargo.loading``); and only while no craft that fits the papers was heard. Of several such ships those spelt nearest share it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.cargo.following import Following
from tracker.cargo.links import Leg
from tracker.cargo.loading import Declared, LoadingJudge
from tracker.geography.destinations import shared_destinations
from tracker.geography.ports import bundled_ports
from tracker.statics import StaticBatch
from tracker.units import US_PER_DAY, US_PER_H
from tracker.voyages.conveyance import Match
from tracker.voyages.itinerary import Conveyance
from tracker.voyages.resemblance import Resemblance, Resemblances
from tracker.voyages.ship_names import letters_of

RESEMBLES: Final = 0.5
"""How sure a ship is meant that was seen at the port of loading in time (ours)."""
RESEMBLES_TWICE: Final = 0.6
"""And one whose call sign or IMO number resembles the papers', too (ours)."""

_MOST_BOUND: Final = 16
_EARLY_US: Final = 12 * US_PER_H
"""A destination is typed so long before the declared departure, at most (ours)."""
_LATE_US: Final = 7 * US_PER_DAY
"""And a ship is late by so much, at most (ours)."""


class Resembling:
    """Asks of suggestions what else speaks for them.

    Parameters
    ----------
    matches_of:
        The matches of every craft that fits a conveyance.
    legs_of:
        The ways of goods under a conveyance, as known at an instant.
    """

    def __init__(
        self,
        judge: LoadingJudge,
        following: Following,
        matches_of: Callable[[Conveyance], Mapping[int, list[Match]]],
        legs_of: Callable[[Conveyance, int], Iterable[Leg]],
        is_same_port: Callable[[str, str], bool],
    ) -> None:
        self.known = Resemblances()
        self._bound: dict[int, list[tuple[int, str]]] = defaultdict(list)
        """Since when each craft that resembles papers has typed which destination, the last ``_MOST_BOUND`` of them."""
        self._is_same_port = is_same_port
        self._judge, self._following = judge, following
        self._matches_of, self._legs_of = matches_of, legs_of

    def hear(self, statics: StaticBatch) -> None:
        """Static reports, in event-time order: where those that resemble papers say that they are bound for."""
        crafts = self.known.all_crafts()
        if not crafts or not len(statics):
            return
        mine = (statics.destination != b"") & np.isin(statics.craft, np.array(sorted(crafts), dtype=np.int64))
        for row in np.flatnonzero(mine).tolist():
            said, text = (
                self._bound[int(statics.craft[row])],
                bytes(statics.destination[row]).decode("ascii", "replace"),
            )
            if not said or said[-1][1] != text:
                said.append((int(statics.time_us[row]), text))
                del said[:-_MOST_BOUND]

    def forget(self, craft: NDArray[np.int64]) -> None:
        """Keep nothing of some craft."""
        self.known.forget(craft)
        for one in craft.tolist():
            self._bound.pop(one, None)

    def tables(self) -> dict[str, pa.Table]:
        """For a snapshot."""
        rows = [(craft, *one) for craft, said in sorted(self._bound.items()) for one in said]
        columns = list(zip(*rows, strict=True)) or [(), (), ()]
        types = pa.int64(), pa.int64(), pa.string()
        arrays = [pa.array(list(values), kind) for values, kind in zip(columns, types, strict=True)]
        return {"resembling": self.known.table(), "bound": pa.table(arrays, names=["craft", "time_us", "text"])}

    def restore(self, tables: Mapping[str, pa.Table], conveyances: Iterable[Conveyance]) -> None:
        """The inverse of :meth:`tables`, of conveyances that the present papers still name."""
        self.known = Resemblances()
        self.known.learn(conveyances)
        self.known.restore(tables["resembling"])
        self._bound = defaultdict(list)
        for row in tables["bound"].to_pylist():
            self._bound[row["craft"]].append((row["time_us"], row["text"]))

    def match(
        self, index: int, conveyance: Conveyance, craft: int, at_us: int, known_us: int
    ) -> tuple[Match, int] | None:
        """The match of a craft with a conveyance, numbered ``index``, and among how many it is shared; None where it stays a suggestion."""
        mine = self.known.between(conveyance, craft, known_us)
        if mine is None or self._is_heard(conveyance, known_us) or not self._is_witnessed(mine, at_us, known_us):
            return None
        near = [
            _distance(one) for one in self.known.of(conveyance, known_us) if self._is_witnessed(one, at_us, known_us)
        ]
        if _distance(mine) > min(near):
            return None
        reason = ", ".join(filter(None, (mine.words, self._witness(mine, at_us, known_us))))
        match = Match(mine.time_us, craft, index, reason, RESEMBLES_TWICE if mine.witness else RESEMBLES)
        return match, near.count(min(near))

    def suggestion(self, conveyance: Conveyance, craft: int, known_us: int) -> Resemblance | None:
        """The suggestion that a craft is a conveyance, where nothing else speaks for it."""
        mine = self.known.between(conveyance, craft, known_us)
        if mine is None or self._is_heard(conveyance, known_us) or self._is_witnessed(mine, known_us, known_us):
            return None
        return mine

    def _is_heard(self, conveyance: Conveyance, known_us: int) -> bool:
        """Whether a craft that fits a conveyance was heard by an instant."""
        return any(
            match.time_us <= known_us
            and (match.time_us > 0 or self._following.followed_since(craft, known_us) is not None)
            for craft, matches in self._matches_of(conveyance).items()
            for match in matches[:1]
        )

    def _is_witnessed(self, found: Resemblance, at_us: int, known_us: int) -> bool:
        return self._witness(found, at_us, known_us) is not None

    def _witness(self, found: Resemblance, at_us: int, known_us: int) -> str | None:
        """What speaks for a craft beside its name, in words; empty where it was seen at a port of loading (its link says so), None where nothing does."""
        if found.witness:
            return found.witness
        legs = list(self._legs_of(found.conveyance, known_us))
        if any(self._judge.judge([found.craft], leg.declared, None, at_us, known_us).is_seen for leg in legs):
            return ""
        said = [one for one in self._bound.get(found.craft, ()) if one[0] <= known_us]
        if not said:
            return None
        since_us, text = said[-1]
        bound = {port.code for port in shared_destinations(bundled_ports()).named(text)}
        bound.add(letters_of(text.rpartition(">")[2]))
        for leg in legs:
            if _is_in_time(leg.declared, since_us) and any(
                self._is_same_port(leg.declared.discharge.code, code) for code in bound
            ):
                return f"bound for {leg.declared.discharge.code}"
        return None


def _is_in_time(declared: Declared, since_us: int) -> bool:
    """Whether a ship that said so at an instant may have been on a declared way."""
    first_us = declared.departs_us if declared.departs_from_us is None else declared.departs_from_us
    return first_us is None or first_us - _EARLY_US <= since_us <= (declared.arrives_us or first_us) + _LATE_US


def _distance(found: Resemblance) -> tuple[bool, int]:
    return not found.witness, found.edits
