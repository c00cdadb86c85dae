"""Bodies of the routes of accounts: what may be sent, and what is answered. Unknown members are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from tracker.room.desk.routing import KINDS_OF_CRAFT, fault_of_area
from tracker.room.rights import Right, Role
from tracker.room.shell.sent import Sent

Line = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", strip_whitespace=True)
]
"""One line of text for people."""
Login = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")]
Compartment = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Port = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z2-9]{3}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z]-[0-9a-f]{16}$")]
MOST_LISTED = 200


def _area(value: dict[str, Any]) -> dict[str, Any]:
    fault = fault_of_area(value)
    if fault is not None:
        raise ValueError(fault)
    return value


Ports = Annotated[list[Port], Field(max_length=500)]
Areas = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=100)]], Field(max_length=500)]
Crafts = Annotated[list[Literal["ship", "aircraft"]], Field(max_length=len(KINDS_OF_CRAFT))]
Feeds = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=200)]], Field(max_length=100)]
Area = Annotated[dict[str, Any], AfterValidator(_area)]
"""What a unit says is its own."""


class SignIn(Sent):
    """Who comes in."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Secret


class Password(Sent):
    """The password of one's own."""

    password: Secret


class NewPassword(Password):
    """The present one and the next."""

    new_password: Secret


class Reason(Sent):
    """Why."""

    reason: Annotated[
        str, StringConstraints(min_length=10, max_length=500, pattern=r"^[^\x00]+$", strip_whitespace=True)
    ]


class NewPerson(Sent):
    """A person to be made; it gets a password for once."""

    login: Login
    name: Line
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
    unit_id: Id | None = None
    compartments: Annotated[list[Compartment], Field(max_length=100)] = Field(default_factory=list)


class PersonChanges(Sent):
    """What is to be changed of a person; what is left out stays."""

    name: Line | None = None
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))] | None = None
    unit_id: Id | None = None
    compartments: Annotated[list[Compartment], Field(max_length=100)] | None = None
    is_active: bool | None = None


class NewUnit(Sent):
    """A unit to be made, and what is its own: alerts of any of these places, and of these kinds of craft and feeds where they are named."""

    name: Line
    ports: Ports = Field(default_factory=list, description="UN/LOCODEs of discharge, next call, or told by the event.")
    area: Area | None = Field(default=None, description="GeoJSON Polygon or MultiPolygon in which an event lies.")
    areas: Areas = Field(default_factory=list, description="Areas by the names that alerts have.")
    crafts: Crafts = Field(default_factory=list)
    feeds: Feeds = Field(default_factory=list)
    is_default: bool = Field(default=False, description="Has alerts that no unit's rule fits; one unit at most.")


class UnitChanges(Sent):
    """What is to be changed of a unit."""

    name: Line | None = None
    ports: Ports | None = None
    area: Area | None = None
    areas: Areas | None = None
    crafts: Crafts | None = None
    feeds: Feeds | None = None
    is_default: bool | None = None


class NewToken(Sent):
    """A token to be made."""

    name: Line
    scopes: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]
    days: Annotated[float, Field(gt=0, le=3650)] = 90
    unit_id: Id | None = None
    compartments: Annotated[list[Compartment], Field(max_length=100)] = Field(default_factory=list)


class Me(BaseModel):
    """Who calls, and what it may."""

    person_id: str
    name: str
    roles: list[Role]
    rights: list[Right]
    unit_id: str | None
    compartments: list[str]
    is_service: bool
    must_change_password: bool
    session_id: str | None = None
    token_id: str | None = None
    openings_unseen: int | None = None


class Session(Me):
    """A session begun or renewed."""

    cookie: str
    idle_at: str
    ends_at: str


class PersonShown(BaseModel):
    """A person, without any secret."""

    person_id: str
    login: str
    name: str
    roles: list[Role]
    unit_id: str | None
    compartments: list[str]
    is_active: bool
    must_change_password: bool
    version: int


class PersonMade(PersonShown):
    """A person with its password for once, told now and never again."""

    password_for_once: str
    password_until: str


class Persons(BaseModel):
    """A page of persons; ``next`` is the cursor of the page after it."""

    persons: list[PersonShown]
    next: str | None


class UnitShown(BaseModel):
    """A unit."""

    unit_id: str
    name: str
    ports: list[str]
    area: dict[str, Any] | None
    areas: list[str]
    crafts: list[str]
    feeds: list[str]
    is_default: bool
    version: int


class Units(BaseModel):
    """All units."""

    units: list[UnitShown]


class TokenShown(BaseModel):
    """A token, without its secret."""

    token_id: str
    name: str
    scopes: list[Right]
    compartments: list[str]
    unit_id: str | None
    made_by: str
    made_at: str
    until: str
    used_at: str | None
    revoked_at: str | None


class TokenMade(BaseModel):
    """A token's secret, told now and never again."""

    token_id: str
    token: str
    until: str
    old_until: str | None = None


class Tokens(BaseModel):
    """All tokens."""

    tokens: list[TokenShown]


class SessionShown(BaseModel):
    """A session as an administrator sees it."""

    session_id: str
    person_id: str
    way: str
    address: str
    begun_at: str
    seen_at: str
    is_live: bool


class Sessions(BaseModel):
    """Sessions that are not over."""

    sessions: list[SessionShown]


class OpeningShown(BaseModel):
    """A compartment opened in need."""

    opening_id: str
    person_id: str
    compartment: str
    reason: str
    opened_at: str
    until: str
    seen_by: str | None


class Openings(BaseModel):
    """Openings, newest first."""

    openings: list[OpeningShown]


class Opened(BaseModel):
    """An opening just made."""

    opening_id: str
    compartment: str
    until: str
