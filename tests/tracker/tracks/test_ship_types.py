"""Claims about what is known of a craft at an instant."""

from __future__ import annotations

import numpy as np

from tracker.identity import mmsi_craft
from tracker.statics import StaticBatch
from tracker.tracks.ship_types import Particulars, ShipTypes

SHIP = mmsi_craft(219_001_234)
DAY_US = 86_400_000_000


def said(time_us, ship_type=255, name=b""):
    return StaticBatch.from_columns(
        1, time_us=time_us, received_us=time_us, craft=SHIP, source=0, message_type=5, ship_type=ship_type, name=name
    )


def test_a_later_report_is_not_known_earlier_held_or_not():
    held, settled = ShipTypes(), ShipTypes()
    for ships in (held, settled):
        ships.add(said(10, 70, b"ALPHA"))
        ships.add(said(20, 30))
    settled.advance_watermark(15)
    for ships in (held, settled):
        assert ships.known_at(SHIP, 19) == Particulars(70, "ALPHA")
        assert ships.known_at(SHIP, 20) == Particulars(30, "ALPHA")
    assert held.known_at(SHIP, 9) == Particulars()


def test_a_part_that_says_nothing_of_the_type_takes_nothing_away():
    ships = ShipTypes()
    ships.add(said(10, 80, b"ALPHA"))
    ships.add(said(20))
    ships.advance_watermark(30)
    assert ships.known_at(SHIP, 40) == Particulars(80, "ALPHA")


def test_what_was_said_a_month_ago_is_forgotten():
    ships = ShipTypes()
    ships.add(said(10, 80, b"ALPHA"))
    ships.advance_watermark(20)
    assert ships.known_at(SHIP, 29 * DAY_US).ship_type == 80
    assert ships.known_at(SHIP, 31 * DAY_US) == Particulars()
    ships.advance_watermark(31 * DAY_US)
    assert len(ships.tables()["ships"]) == 0


def test_a_restored_copy_knows_the_same():
    ships, copy = ShipTypes(), ShipTypes()
    ships.add(said(10, 80, b"ALPHA"))
    ships.add(said(50, 30))
    ships.advance_watermark(20)
    copy.restore(ships.tables())
    assert [copy.known_at(SHIP, t) for t in (15, 60)] == [ships.known_at(SHIP, t) for t in (15, 60)]
    assert np.array_equal(copy.tables()["ships"]["us"].to_numpy(), ships.tables()["ships"]["us"].to_numpy())
