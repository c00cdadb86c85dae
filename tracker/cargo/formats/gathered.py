"""What readers make of one file: drafts of papers and of box events, and the account of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from tracker.cargo.box_events import BoxDraft
from tracker.cargo.draft import Drafts, ManifestDraft, NodeDraft, make_conveyance, merge_drafts
from tracker.cargo.fields import fields_of
from tracker.cargo.ledger import CargoFile, Origin, read_fields
from tracker.cargo.paper_time import PaperTime
from tracker.cargo.values import KINDS
from tracker.decode.base import MAX_TIME_US, MIN_TIME_US
from tracker.units import US_PER_DAY
from tracker.voyages.itinerary import Conveyance, DeclaredChange

_DIGITS: Final = re.compile(r"\d+")
_ZONED: Final = re.compile(r"(\d{12})(?:\d\d)?(?:([+-])(\d\d)(\d\d)?|UTC|Z)")
_LENGTHS: Final = {"101": 6, "201": 10, "102": 8, "203": 12, "204": 14}
"""Formats of times (code list 2379), by the number of digits; the first two have a year of two digits."""


@dataclass(slots=True)
class Gathered:
    """One file being read."""

    file: CargoFile
    drafts: Drafts
    boxes: list[BoxDraft] = field(default_factory=list)

    def origin(self, at: int, where: str = "") -> Origin:
        """One more row, which stands at a byte (or line)."""
        self.file.rows_in += 1
        return Origin(self.file, at, where)

    def schedule(
        self,
        conveyance: Conveyance,
        nodes: Sequence[NodeDraft],
        changes: Sequence[DeclaredChange],
        origin: Origin,
        name: str = "",
    ) -> None:
        """A declared itinerary without consignments. One of the same conveyance and voyage that says something else is its next version."""
        manifest_id = name or schedule_id(conveyance)
        draft = ManifestDraft(manifest_id, 1, origin, conveyance, list(nodes), changes=tuple(changes), is_schedule=True)
        merge_drafts(self.drafts, {(manifest_id, 1): draft})

    def conveyance(self, raw: Mapping[str, Any], origin: Origin) -> Conveyance | None:
        """The conveyance of some texts by our names; a field that cannot be read is left out with a warning. None where nothing names a craft."""
        given = {key: value for key, value in raw.items() if value not in (None, "")}
        try:
            values = read_fields(fields_of("conveyance"), given, csv=False, lenient=origin)
            return make_conveyance(values, origin)
        except ValueError:
            return None


def schedule_id(conveyance: Conveyance) -> str:
    """What a schedule goes by: the ship and the voyage."""
    craft = (
        (f"IMO {conveyance.imo}" if conveyance.imo else None)
        or (f"MMSI {conveyance.mmsi}" if conveyance.mmsi else None)
        or conveyance.name
        or conveyance.call_sign
        or conveyance.flight
        or conveyance.registration
    )
    return f"schedule {craft} {conveyance.voyage_number or conveyance.flight_date or ''}".strip()


def place_of(text: str) -> str:
    """A place as written, in the form in which places are looked up; ``ValueError`` with words where it is none."""
    return str(KINDS["location"].parse(text))


def read_dtm(value: str, form: str) -> PaperTime | None:
    """A time of EDIFACT or X12 by its format (code list 2379); None where it is none.

    >>> read_dtm("20260415", "102").said, read_dtm("2604151400", "201").said, read_dtm("202604151400+02", "303").moment.isoformat()
    ('2026-04-15', '2026-04-15T14:00:00', '2026-04-15T14:00:00+02:00')
    """
    value = value.strip()
    zone: timezone | None = None
    if form in ("303", "304", "205") and (found := _ZONED.fullmatch(value)):
        hours = int(found[3] or 0) + int(found[4] or 0) / 60
        zone = timezone(timedelta(hours=-hours if found[2] == "-" else hours))
        value, form = found[1], "203"
    length = _LENGTHS.get(form, 8 if len(value) == 8 else 12)
    if len(value) != length or not _DIGITS.fullmatch(value) or not value.isascii():
        return None
    if length in (6, 10):
        value = ("19" if value[0] == "9" else "20") + value
    try:
        day = int(value[:4]), int(value[4:6]), int(value[6:8])
        clock = [int(value[at : at + 2]) for at in range(8, len(value), 2)]
        if clock[:1] == [24]:
            return None
        said = PaperTime(datetime(*day, *clock, tzinfo=zone), is_day=not clock)  # type: ignore[arg-type, misc]
    except ValueError:
        return None
    return said if within_years(said) else None


def within_years(said: PaperTime) -> bool:
    """Whether a time lies in the years that the program knows."""
    first_us, last_us = said.span_us(None)
    return MIN_TIME_US + US_PER_DAY <= first_us <= last_us <= MAX_TIME_US - US_PER_DAY
