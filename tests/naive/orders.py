"""Craft under order found by asking every order in force of every craft heard: the slow twin of ``tracker.watch.control.Control``."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.topics.incoming import Order


def tracked(orders: Iterable[Order], heard: Iterable[tuple[int, str]]) -> dict[str, str]:
    """Craft -> sentence of the last order on it. ``heard`` are the IMO numbers given, each with the craft that gave it."""
    in_force: dict[str, Order] = {}
    for order in orders:
        name = order.craft or f"imo:{order.imo}"
        if order.action == "stop":
            in_force.pop(name, None)
        elif in_force.get(name) != order:
            in_force.pop(name, None)
            in_force[name] = order
    pairs = list(heard)
    found: dict[str, str] = {}
    for order in in_force.values():
        crafts = [order.craft] if order.craft else [craft for imo, craft in pairs if imo == order.imo]
        for craft in crafts:
            found[craft] = f"Tracking ordered by {order.by}: {order.reason}"
    return found
