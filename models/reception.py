"""How likely a silence is while the transmitter is on, learned from what is heard.

Two things are learned per cell, both decaying with ``e^(-age/tau)``:

- **beats**: received over expected, where a craft's expected beats follow from its usual interval: reception ``r``;
- **passages** ``n`` and **losses** ``f``: how many stays of craft in the cell ended in being heard further on, and how many in
  silence. At the edge of coverage, behind a hill and off a berth losses are many, in the middle of a network nearly none.

The share of losses of a cell is smoothed towards the share ``g`` of the whole feed with the weight of ``PRIOR`` passages
(an empirical Bayes estimate, as Hammond and Peters 2012 estimate coverage from received transmissions only)::

    loss = (f + PRIOR * g) / (n + f + PRIOR)

A feed cut into trips, a lone receiver where every ship leaves by herself: ``g`` is large, and no silence is ever surprising.

The probability of a silence along one way is a product over the *cells* it crosses, not over beats: beats in one
place share one fate (a hill, a bad antenna, fading), so a thousand missed beats in one cell are one witness::

    P(way) = prod over covered cells of  1 - (1 - loss) * trust(r) * (1 - (1 - r)^beats)
    trust(r) = 0 below POOR, 1 from GOOD on, a straight line between

Where only some of the beats come through, what decides is the exact spot, the antenna and the weather, not chance; such a place
cannot witness anything.


A cell counts only if the next one on the way is covered too: who is lost in the last cell before the edge is lost to the edge.
The last cell of a way not yet finished counts as if the next were what it is itself. The first cell counts on every way if it
counts on the first (straight on): a craft well inside coverage is heard for a while before a turn takes her out of it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

PRIOR: Final = 3.0
"""Weight of the feed's own share of losses, in passages."""
POOR: Final = 0.3
GOOD: Final = 0.65
"""Reception up to which a place says nothing, and from which it is trusted. A craft whose reports are lost at random, one in
six, shows some 0.8 (her usual interval is a median)."""


@numba.njit(cache=True, nogil=True)
def loss_share(passages: float, losses: float, feed_share: float) -> float:
    """Smoothed share of stays in a place that end in silence."""
    return (losses + PRIOR * feed_share) / (passages + losses + PRIOR)


class Fans(NamedTuple):
    """Ways of several craft, each array of shape (craft, ways, steps): see :func:`way_silence`."""

    cell: NDArray[np.int64]
    beats: NDArray[np.float64]
    covered: NDArray[np.bool_]
    loss: NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def way_silence(
    cell: NDArray[np.int64],
    beats: NDArray[np.float64],
    covered: NDArray[np.bool_],
    loss: NDArray[np.float64],
    reception: NDArray[np.float64],
    out_p: NDArray[np.float64],
    out_uncovered: NDArray[np.float64],
) -> None:
    """Probability of silence along each way while the transmitter is on.

    Arrays have shape (ways, steps): the cell of each step, beats expected in it, whether the cell is covered, its share of losses
    and its reception. Consecutive steps in one cell are one stay. ``out_uncovered`` receives the share of steps that were
    not covered.
    """
    ways, steps = cell.shape
    ahead = False
    for w in range(ways):
        p = 1.0
        bare = 0
        k = 0
        while k < steps:
            last = k
            stay_beats = 0.0
            while last < steps and cell[w, last] == cell[w, k]:
                stay_beats += beats[w, last]
                if not covered[w, last]:
                    bare += 1
                last += 1
            inside = covered[w, k] and (last == steps or covered[w, last])
            if k == 0 and w == 0:
                ahead = inside
            elif k == 0:
                inside = inside or (covered[w, k] and ahead)
            if inside and stay_beats > 0.0:
                trust = min(max((reception[w, k] - POOR) / (GOOD - POOR), 0.0), 1.0)
                heard = trust * (1.0 - (1.0 - reception[w, k]) ** stay_beats)
                p *= 1.0 - (1.0 - loss[w, k]) * heard
            k = last
        out_p[w] = p
        out_uncovered[w] = bare / steps


@numba.njit(cache=True, nogil=True)
def fans_silence(
    fans: Fans,
    reception: NDArray[np.float64],
    weights: NDArray[np.float64],
    ahead: int,
    out_p: NDArray[np.float64],
    out_uncovered: NDArray[np.float64],
) -> None:
    """Probability of silence of each of several craft, its ways weighed, and the share not covered of its first ``ahead`` ways.

    ``reception`` is of shape (craft, ways, steps), ``weights`` of shape (craft, ways) with a sum of 1, what is given out of shape (craft,).
    """
    p, uncovered = np.empty(weights.shape[1]), np.empty(weights.shape[1])
    for i in range(len(weights)):
        way_silence(fans.cell[i], fans.beats[i], fans.covered[i], fans.loss[i], reception[i], p, uncovered)
        of, bare = 0.0, 0.0
        out_p[i] = 0.0
        for w in range(len(p)):
            out_p[i] += weights[i, w] * p[w]
            if w < ahead:
                of += weights[i, w]
                bare += weights[i, w] * uncovered[w]
        out_uncovered[i] = bare / of
