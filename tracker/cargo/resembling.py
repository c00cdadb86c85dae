"""Which of the ships whose names merely resemble that of papers is meant: the one that something else speaks for, while nobody fits.

A resemblance (``tracker.voyages.resemblance``) is a suggestion. It counts as a match where the ship's own words hold a second witness, or where it was seen at the port of loading of some goods in time
(``tracker.cargo.loading``), and only while no craft that fits the papers was heard. Of several such ships those spelt nearest share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from tracker.cargo.following import Following
from tracker.cargo.links import Leg
from tracker.cargo.loading import LoadingJudge
from tracker.voyages.conveyance import Match
from tracker.voyages.itinerary import Conveyance
from tracker.voyages.resemblance import Resemblance, Resemblances

RESEMBLES: Final = 0.5
"""How sure a ship is meant that was seen at the port of loading in time (ours)."""
RESEMBLES_TWICE: Final = 0.6
"""And one whose call sign or IMO number resembles the papers', too (ours)."""


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
    ) -> None:
        self.known = Resemblances()
        self._judge, self._following = judge, following
        self._matches_of, self._legs_of = matches_of, legs_of

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
        reason = ", ".join(filter(None, (mine.words, mine.witness)))
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
        return bool(found.witness) or any(
            self._judge.judge([found.craft], leg.declared, None, at_us, known_us).is_seen
            for leg in self._legs_of(found.conveyance, known_us)
        )


def _distance(found: Resemblance) -> tuple[bool, int]:
    return not found.witness, found.edits
