"""The route of positions: where craft are now, and then what moved, as columns. A look is written into the audit when it begins; what goes on from it is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Annotated, Any, Final

import numpy as np
import orjson
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from tracker.room.alerts.facts import iso
from tracker.room.alerts.keeping import compartment_rules
from tracker.room.alerts.visibility import What, plain
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.positions.fleet import Moved
from tracker.room.positions.following import FleetRun
from tracker.room.rights import Caller, Right
from tracker.room.shell.parts import RoomParts
from tracker.units import US_PER_H

SHOWN_H: Final = 6.0
"""A craft not heard for longer is on no map."""
_DIGITS: Final = {"lat_deg": 5, "lon_deg": 5, "speed_kn": 1, "course_deg": 0, "heading_deg": 0, "altitude_ft": 0}


class Places:
    """Where a look stands, as callers hold it: the frame, enciphered, bound to the person and to what it may see. None can be made up or lent, and two of them do
    not tell how much happened between them."""

    def __init__(self) -> None:
        self._key = os.urandom(32)

    def word(self, frame: int, caller: Caller, hidden: frozenset[str]) -> str:
        """The word for a place."""
        once = os.urandom(8)
        sealed = once + self._covered(once, frame.to_bytes(8))
        return base64.urlsafe_b64encode(sealed + self._mark(sealed, caller, hidden)).decode()

    def frame(self, word: str, caller: Caller, hidden: frozenset[str]) -> int | None:
        """The frame of a place; None where it is another's, of another life of the room, or of when it saw more or less."""
        try:
            read = base64.urlsafe_b64decode(word)
        except ValueError:
            return None
        sealed, mark = read[:16], read[16:]
        if len(read) != 32 or not hmac.compare_digest(mark, self._mark(sealed, caller, hidden)):
            return None
        return int.from_bytes(self._covered(sealed[:8], sealed[8:]))

    def _covered(self, once: bytes, number: bytes) -> bytes:
        cover = hmac.digest(self._key, b"cover" + once, hashlib.sha256)
        return bytes(one ^ other for one, other in zip(number, cover, strict=False))

    def _mark(self, sealed: bytes, caller: Caller, hidden: frozenset[str]) -> bytes:
        told = orjson.dumps([sealed.hex(), caller.person_id, sorted(hidden)])
        return hmac.digest(self._key, told, hashlib.sha256)[:16]


def position_routes(run: FleetRun, parts: RoomParts) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["map"])
    places = Places()

    @router.get("/positions", summary="Where craft are now", openapi_extra=audited(Act.POSITIONS_READ))
    def read_positions(
        caller: Annotated[Caller, Depends(needs(Right.SEE_ALERTS))],
        since: Annotated[str | None, Query(max_length=100, description="``since`` of the answer before.")] = None,
    ) -> Response:
        """Each craft heard in the last six hours; with ``since`` those that moved after that answer. ``is_whole`` says that all are told anew: forget what you have. ``newest_s`` is the time of the newest position.

        Columns: ``craft``, ``time_s`` (since 1970 UTC), ``lat_deg``, ``lon_deg``, ``speed_kn``, ``course_deg``, ``heading_deg``, ``altitude_ft``; null where it is not said.
        Craft of compartments that the caller has not are left out. Ask again every second or two; engines are followed while somebody asks.
        """
        with parts.store.read() as connection:
            rules = compartment_rules(connection)
        hidden = frozenset(
            plain(rule.value)
            for rule in rules
            if rule.what is What.CRAFT and rule.compartment not in caller.compartments
        )
        frame = None if since is None else places.frame(since, caller, hidden)
        if frame is None:
            with parts.store.write() as connection:
                parts.audit.write(connection, caller, Act.POSITIONS_READ)
        run.look()
        now_us = parts.now_us()
        newest_us = min(run.fleet.newest_us, now_us)  # a feed may be played late; then what is new there counts as new
        moved = run.fleet.since(
            -1 if frame is None else frame,
            (lambda craft: plain(craft) in hidden) if hidden else None,
            newest_us - int(SHOWN_H * US_PER_H),
        )
        told = {
            "at": iso(now_us),
            "since": places.word(moved.frame, caller, hidden),
            "is_whole": frame is None,
            "newest_s": newest_us // 1_000_000,
        }
        return Response(
            orjson.dumps({**told, **columns_of(moved)}, option=orjson.OPT_SERIALIZE_NUMPY),
            media_type="application/json",
        )

    return router


def columns_of(moved: Moved) -> dict[str, Any]:
    """Columns as JSON has them."""
    return {
        "craft": moved.craft,
        "time_s": moved.time_us // 1_000_000,
        **{name: np.round(moved.columns[name], digits) for name, digits in _DIGITS.items()},
    }
