"""Who works at the desk: the names behind the ids that alerts, notes and acts have, and to whom an alert can be given."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from tracker.room.accounts.persons import list_persons, list_units
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.rights import Caller, Right, rights_of
from tracker.room.shell.parts import RoomParts

MOST_PEOPLE: Final = 2_000


class Colleague(BaseModel):
    """A person by name; ``may_act``: alerts can be given to it."""

    person_id: str
    name: str
    unit_id: str | None
    may_act: bool


class UnitNamed(BaseModel):
    """A unit by name."""

    unit_id: str
    name: str


class DeskPeople(BaseModel):
    """People and units of the desk."""

    people: list[Colleague]
    units: list[UnitNamed]


def desk_people_routes(parts: RoomParts) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["desk"])

    @router.get("/desk", summary="Who works at the desk", openapi_extra=audited(Act.DESK_READ))
    def read_desk(caller: Annotated[Caller, Depends(needs(Right.SEE_ALERTS))]) -> DeskPeople:
        """Names of persons and units, as alerts, notes and acts name them by id, and who may be given an alert. Logins, roles and compartments are not told."""
        with parts.store.write() as connection:
            people = list_persons(connection, "", MOST_PEOPLE)
            units = list_units(connection)
            parts.audit.write(connection, caller, Act.DESK_READ)
        return DeskPeople(
            people=[
                Colleague(
                    person_id=one.person_id, name=one.name, unit_id=one.unit_id,
                    may_act=one.is_active and Right.ACT_ON_ALERTS in rights_of(one.roles),
                )
                for one in people
            ],
            units=[UnitNamed(unit_id=one["unit_id"], name=one["name"]) for one in units],
        )  # fmt: skip

    return router
