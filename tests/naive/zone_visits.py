"""Visits of one craft to one rectangle, told from the whole track at once: for each instant look back over what was heard until then."""

from __future__ import annotations

from collections.abc import Sequence

Visit = tuple[int, int | None, int, int | None]
"""Start, end, when the start was known, when the end was."""


def visits(
    time_us: Sequence[int], inside: Sequence[bool], off_km: Sequence[float], *, outside: bool, confirm: int, leave_km: float,
    edge_us: int, silence_us: int, until_us: int,
) -> list[Visit]:  # fmt: skip
    """All visits begun; an end of None is one still going on at ``until_us``."""
    found: list[Visit] = []
    for piece in _pieces(time_us, silence_us):
        found += _of_piece(piece, time_us, inside, off_km, outside, confirm, leave_km, edge_us, silence_us, until_us)
    return found


def _pieces(time_us: Sequence[int], silence_us: int) -> list[list[int]]:
    """Rows between silences."""
    pieces: list[list[int]] = []
    for row, now in enumerate(time_us):
        if not pieces or now - time_us[row - 1] > silence_us:
            pieces.append([])
        pieces[-1].append(row)
    return pieces


def _of_piece(piece, time_us, inside, off_km, outside, confirm, leave_km, edge_us, silence_us, until_us):
    settled_inside = False
    ever_inside = False
    settled_since = 0
    found = []
    start = None
    for at, row in enumerate(piece):
        if inside[row] == settled_inside:
            continue
        first = at
        while first > settled_since and inside[piece[first - 1]] != settled_inside:
            first -= 1
        run = at - first + 1
        sure = inside[row] or off_km[row] > leave_km
        if not ((run >= confirm and sure) or time_us[row] - time_us[piece[first]] >= edge_us):
            continue
        settled_inside = bool(inside[row])
        settled_since = at + 1
        ever_inside |= settled_inside
        looks_on = ever_inside and settled_inside != outside
        if looks_on:
            start = (time_us[piece[first]], time_us[row])
        elif start is not None:
            last_on = [r for r in piece[: at + 1] if inside[r] != outside][-1]
            found.append((start[0], time_us[last_on], start[1], time_us[row]))
            start = None
    if start is not None:
        last_on = [r for r in piece if inside[r] != outside][-1]
        over_us = time_us[piece[-1]] + silence_us
        over = over_us <= until_us
        found.append((start[0], time_us[last_on] if over else None, start[1], over_us if over else None))
    return found
