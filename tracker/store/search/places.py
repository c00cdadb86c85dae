"""Places of the reference that comes with the program, by code and by name: ports by UN/LOCODE, airports by ICAO and IATA code."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from tracker.geography.airports import bundled_airports
from tracker.geography.ports import bundled_ports
from tracker.store.search.choosing import by_number, by_words, first_of
from tracker.store.search.reading import Asked
from tracker.store.search.terms import Terms
from tracker.store.search.wording import words_of


def find_places(asked: Asked, most: int) -> list[dict[str, Any]]:
    """Places of a code or a name."""
    places, codes, words = _known()
    candidates = sorted([*by_number(codes, asked.number), *by_words(words, asked.words)], key=lambda one: one[0])
    chosen = first_of(candidates, most, lambda found: np.ones(len(found), dtype=bool), lambda found: found)
    return [{**places[number], "rank": rank} for rank, _, number in chosen]


def load_places() -> None:
    """Read the reference now: it takes half a second, once."""
    _known()


@lru_cache(maxsize=1)
def _known() -> tuple[list[dict[str, Any]], Terms, Terms]:
    ports = [
        {"type": "places", "id": port.code, "kind": "port", "name": port.name, "country": port.country,
         "lat_deg": port.lat_deg, "lon_deg": port.lon_deg}
        for port in bundled_ports().ports
    ]  # fmt: skip
    airports = [
        {"type": "places", "id": one.icao, "kind": "airport", "iata": one.iata, "name": one.name, "country": one.country,
         "lat_deg": one.lat_deg, "lon_deg": one.lon_deg}
        for one in bundled_airports().airports
    ]  # fmt: skip
    places = [*ports, *airports]
    codes, words = Terms(), Terms()
    for name in ("id", "iata"):
        codes.add(pa.array([place.get(name) for place in places], pa.string()), np.arange(len(places)))
    named = words_of([str(place["name"]) for place in places])
    pairs = [(word, number) for number, found in enumerate(named) for word in found]
    words.add(pa.array([word for word, _ in pairs], pa.string()), np.array([number for _, number in pairs], np.int32))
    codes.settle()
    words.settle()
    return places, codes, words
