"""All that the store knows of one craft, consignment, container or party, without what somebody may not see. None for what is hidden and what is not there alike.

Declared calls are shown of papers alone of which no consignment is hidden, and box events of a container likewise: they would tell of the hidden ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from tracker.store.search import showing
from tracker.store.search.cargo_part import NUMBER_KINDS, ROLES
from tracker.store.search.choosing import EXACT
from tracker.store.search.hiding import Mask
from tracker.store.search.index import Parts
from tracker.store.search.wording import number_of
from tracker.units import US_PER_DAY, iso_time

MOST_ROWS: Final = 100
"""Consignments, events, calls and statements that are shown, the newest; ``more`` says that there are others."""
_POSITION: Final = ("lat_deg", "lon_deg", "speed_kn", "course_deg", "heading_deg", "altitude_ft", "source")
_LINK: Final = ("manifest_id", "consignment_id", "craft", "status", "confidence", "reason")
_LINK_TIMES: Final = "epoch_us(from_time), epoch_us(until_time)"
_DETAILS: Final = (
    "manifest_id", "first_version", *NUMBER_KINDS, "document_type", "carrier", "loading", "discharge",
    *(f"{role}_{what}" for role in ROLES for what in ("name", "address", "country", "id")), "hs_codes", "packages", "gross_mass_kg", "goods", "equipment", "flags",
)  # fmt: skip
_JSON: Final = ("goods", "equipment", "flags")


@dataclass(frozen=True, slots=True)
class Asking:
    """What a dossier is made of."""

    parts: Parts
    mask: Mask
    cursor: duckdb.DuckDBPyConnection

    def is_seen(self, thing: int) -> bool:
        """Whether a consignment is known and not hidden."""
        rows = self.parts.cargo.rows.of_thing.of(np.uint64(thing))
        rows = rows[rows < len(self.mask.cargo)]
        return len(rows) > 0 and not self.mask.cargo[rows].any()

    def has_hidden(self, rows: NDArray[Any]) -> bool:
        """Whether any of some consignments' rows is hidden."""
        return bool(self.mask.cargo[rows[rows < len(self.mask.cargo)]].any())


def dossier(asking: Asking, kind: str, name: str) -> dict[str, Any] | None:
    """The dossier of one thing of a kind of :data:`KINDS`."""
    return KINDS[kind](asking, name)


def _craft(asking: Asking, name: str) -> dict[str, Any] | None:
    parts, mask = asking.parts, asking.mask
    number = parts.craft.number_of.get(name)
    if number is None or number >= len(mask.crafts) or mask.crafts[number]:
        return None
    said = [
        {"name": one.name or None, "call_sign": one.call_sign or None, "registration": one.registration or None, "imo": one.imo or None,
         "first": iso_time(one.first_us), "last": iso_time(one.last_us)}
        for one in reversed(parts.craft.said(number))
    ]  # fmt: skip
    links = _links(asking, "craft = ?", [name])
    rows = np.unique(parts.events.crafts.exact(name))
    rows = rows[rows < len(mask.events)]
    things = list(dict.fromkeys(mask.rows["events"].things[rows[~mask.events[rows]]].tolist()))[::-1]
    events = showing.events(asking.cursor, mask.rows["events"], things[:MOST_ROWS])
    return {
        **showing.craft(parts, number, EXACT),
        "said": said[:MOST_ROWS],
        "position": _position(asking, name, number),
        "port_calls": _port_calls(asking, name),
        "consignments": links[:MOST_ROWS],
        "itineraries": _itineraries(asking, list(dict.fromkeys(one["manifest_id"] for one in links))),
        "events": [events[thing] for thing in things[:MOST_ROWS] if thing in events],
        "more": {
            "consignments": len(links) > MOST_ROWS,
            "events": len(things) > MOST_ROWS,
            "said": len(said) > MOST_ROWS,
        },
    }


def _consignment(asking: Asking, name: str) -> dict[str, Any] | None:
    for manifest_id, consignment_id in _splits(name):
        thing = asking.cursor.execute("SELECT hash(?, ?)", [manifest_id, consignment_id]).fetchall()[0][0]
        if not asking.is_seen(thing):
            continue
        rows = asking.mask.rows["cargo"]
        found = showing.last_rows(
            asking.cursor, "consignment_rows", "hash(manifest_id, consignment_id)", _DETAILS, rows, [thing]
        )
        if thing not in found:
            continue
        one = found[thing]
        told = {name: json.loads(value) if name in _JSON and value else value for name, value in one.items()}
        return {
            "type": "consignments", "id": f"{manifest_id}/{consignment_id}", **told,
            "craft": _links(asking, "manifest_id = ? AND consignment_id = ?", [manifest_id, consignment_id]),
            "itineraries": _itineraries(asking, [manifest_id]),
            "alert_ids": showing.alerts_of_cargo(asking.parts, thing),
        }  # fmt: skip
    return None


def _container(asking: Asking, name: str) -> dict[str, Any] | None:
    cargo, number = asking.parts.cargo, number_of(name)
    rows = cargo.containers.exact(number)
    seen = showing.seen_rows(asking.mask, rows)
    if not len(seen) and (len(rows) or not len(cargo.told_containers.exact(number))):
        return None
    events = []
    if not asking.has_hidden(rows):
        events = asking.cursor.execute(
            """SELECT kind, classifier, location, epoch_us(time) FROM box_event_rows
            WHERE regexp_replace(upper(equipment_id), '[^A-Z0-9]', '', 'g') = ? ORDER BY time DESC LIMIT ?""",
            [number, MOST_ROWS],
        ).fetchall()
    return {
        "type": "containers", "id": number, **_consignments_on(asking, seen),
        "box_events": [
            {"kind": kind, "classifier": classifier, "location": location, "time": _iso(time_us)}
            for kind, classifier, location, time_us in events
        ],
    }  # fmt: skip


def _party(asking: Asking, name: str) -> dict[str, Any] | None:
    party = asking.parts.cargo.party_of_id(name)
    if party is None or party >= len(asking.mask.parties) or not asking.mask.parties[party]:
        return None
    (told,) = showing.parties(asking.parts, asking.mask, [(party, EXACT)])
    seen = showing.seen_rows(asking.mask, asking.parts.cargo.rows_of_party(party))
    return {**told, **_consignments_on(asking, seen)}


KINDS: Final[Mapping[str, Callable[[Asking, str], dict[str, Any] | None]]] = MappingProxyType(
    {"craft": _craft, "consignments": _consignment, "containers": _container, "parties": _party}
)
"""Kind -> what makes the dossier of one thing of it."""


def _consignments_on(asking: Asking, rows: NDArray[Any]) -> dict[str, Any]:
    """The consignments of some rows, the newest first."""
    things = list(dict.fromkeys(asking.mask.rows["cargo"].things[rows].tolist()))[::-1]
    found = showing.consignments(asking.cursor, asking.mask.rows["cargo"], things[:MOST_ROWS])
    alerts = list(dict.fromkeys(one for thing in things for one in showing.alerts_of_cargo(asking.parts, thing)))
    return {
        "consignments": [found[thing] for thing in things[:MOST_ROWS] if thing in found],
        "more": {"consignments": len(things) > MOST_ROWS},
        "alert_ids": alerts[: showing.MOST_ALERTS],
    }


def _links(asking: Asking, which: str, values: list[str]) -> list[dict[str, Any]]:
    """What is, was or may be aboard, of what is seen, as stated last: the live program before replays, of these the latest."""
    found = asking.cursor.execute(
        f"""SELECT hash(manifest_id, consignment_id), {", ".join(_LINK)}, {_LINK_TIMES} FROM cargo_link_rows WHERE {which}
        QUALIFY row_number() OVER (PARTITION BY craft, manifest_id, consignment_id ORDER BY replay = 0 DESC, replay DESC) = 1
        ORDER BY until_time DESC NULLS FIRST, manifest_id, consignment_id, craft""",
        values,
    ).fetchall()
    return [
        {**dict(zip(_LINK, row[1:-2], strict=True)), "from": _iso(row[-2]), "until": _iso(row[-1])}
        for row in found
        if asking.is_seen(row[0])
    ]


def _itineraries(asking: Asking, manifest_ids: list[str]) -> list[dict[str, Any]]:
    """Declared calls of papers of which nothing is hidden."""
    digests = dict(
        asking.cursor.execute(
            "SELECT one, hash(one) FROM (SELECT unnest(?::VARCHAR[]) AS one)", [manifest_ids]
        ).fetchall()
    )
    cargo = asking.parts.cargo.rows
    whole = [one for one in manifest_ids if not asking.has_hidden(cargo.of_group.of(np.uint64(digests[one])))][
        :MOST_ROWS
    ]
    calls = asking.cursor.execute(
        """SELECT c.manifest_id, c.version, c.location, c.name, epoch_us(c.arrive_time), epoch_us(c.depart_time)
        FROM paper_calls c JOIN paper_versions v ON v.manifest_id = c.manifest_id AND v.version = c.version AND v.replay IS NOT DISTINCT FROM c.replay
        WHERE v.is_latest = 1 AND list_contains(?, c.manifest_id) ORDER BY c.manifest_id, c.node""",
        [whole],
    ).fetchall()
    told: dict[str, dict[str, Any]] = {}
    for manifest_id, version, location, name, arrive_us, depart_us in calls:
        one = told.setdefault(manifest_id, {"manifest_id": manifest_id, "version": version, "calls": []})
        one["calls"].append({"location": location, "name": name, "arrive": _iso(arrive_us), "depart": _iso(depart_us)})
    return [told[one] for one in whole if one in told]


def _position(asking: Asking, name: str, number: int) -> dict[str, Any] | None:
    """The last believed position, not older than a day before the craft last said who it is: what lies before is not read."""
    said = asking.parts.craft.said(number)
    since_us = said[-1].last_us - US_PER_DAY if said else 0
    found = asking.cursor.execute(
        f"""SELECT epoch_us(time), {", ".join(_POSITION)} FROM position_rows
        WHERE craft = ? AND time >= make_timestamptz(?) AND quality = 'ok' AND lat_deg IS NOT NULL ORDER BY time DESC LIMIT 1""",
        [name, since_us],
    ).fetchall()
    return {"time": iso_time(found[0][0]), **dict(zip(_POSITION, found[0][1:], strict=True))} if found else None


def _port_calls(asking: Asking, name: str) -> list[dict[str, Any]]:
    found = asking.cursor.execute(
        """SELECT location, name, epoch_us(arrive_time), epoch_us(depart_time), stopped FROM port_call_rows WHERE craft = ?
        QUALIFY row_number() OVER (PARTITION BY location, arrive_time ORDER BY replay = 0 DESC, replay DESC) = 1 ORDER BY arrive_time DESC LIMIT ?""",
        [name, MOST_ROWS],
    ).fetchall()
    return [
        {
            "location": location,
            "name": place,
            "arrive": _iso(arrive_us),
            "depart": _iso(depart_us),
            "is_stop": bool(stopped),
        }
        for location, place, arrive_us, depart_us, stopped in found
    ]


def _splits(name: str) -> list[tuple[str, str]]:
    """Manifest and consignment of an id; either may have a stroke in it."""
    return [(name[:at], name[at + 1 :]) for at, sign in enumerate(name) if sign == "/"]


def _iso(at_us: int | None) -> str | None:
    return None if at_us is None else iso_time(at_us)
