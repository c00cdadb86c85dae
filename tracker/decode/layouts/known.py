"""All known layouts. A layout of a table stands in ``ship_tables`` or ``aircraft_tables``, one of a JSON feed in a file of its own."""

from __future__ import annotations

from typing import Final

from tracker.decode.layouts.aircraft_json import AIRCRAFT_JSON
from tracker.decode.layouts.aircraft_tables import AIRCRAFT_TABLES
from tracker.decode.layouts.layout import Layout
from tracker.decode.layouts.ship_tables import SHIP_TABLES
from tracker.decode.layouts.ships_json import SHIPS_JSON

KNOWN_LAYOUTS: Final[tuple[Layout, ...]] = (*SHIP_TABLES, *AIRCRAFT_TABLES, *SHIPS_JSON, *AIRCRAFT_JSON)
