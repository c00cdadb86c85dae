"""Whether two papers name the same craft: numbers decide, names and call signs only where no number does."""

from __future__ import annotations

from tracker.identity import imo_check_digit_ok
from tracker.voyages.airlines import parse_flight
from tracker.voyages.itinerary import Conveyance, Mode
from tracker.voyages.ship_names import letters_of, paper_names


def agree(one: Conveyance, other: Conveyance) -> bool | None:
    """Whether both name the same craft; None where they say nothing that can be compared.

    Of a flight the carrier and number decide, and the day where both give it; of an aircraft its address or registration.
    """
    if one.mode is not other.mode:
        return False
    if one.mode is Mode.AIR:
        return _same_flight(one, other)
    for number in ("imo", "mmsi"):
        mine, theirs = getattr(one, number), getattr(other, number)
        if (
            mine is not None
            and theirs is not None
            and (number != "imo" or (imo_check_digit_ok(mine) and imo_check_digit_ok(theirs)))
        ):
            return bool(mine == theirs)
    mine, theirs = letters_of(one.call_sign or ""), letters_of(other.call_sign or "")
    if mine and mine == theirs:
        return True
    names, others = paper_names(one.name or ""), paper_names(other.name or "")
    if names and others:
        return bool(names & others)
    return False if mine and theirs else None


def same_voyage(one: Conveyance, other: Conveyance) -> bool | None:
    """Whether two papers of one ship mean the same voyage; None where one gives no number."""
    mine, theirs = letters_of(one.voyage_number or ""), letters_of(other.voyage_number or "")
    return mine.lstrip("0") == theirs.lstrip("0") if mine and theirs else None


def _same_flight(one: Conveyance, other: Conveyance) -> bool | None:
    if one.icao24 is not None and other.icao24 is not None:
        return one.icao24 == other.icao24
    flights = parse_flight(one.flight or ""), parse_flight(other.flight or "")
    if None not in flights:
        days = one.flight_date, other.flight_date
        return flights[0] == flights[1] and (None in days or days[0] == days[1])
    if one.registration and other.registration:
        return letters_of(one.registration) == letters_of(other.registration)
    return None
