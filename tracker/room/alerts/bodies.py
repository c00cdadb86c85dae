"""What the API takes: bodies of requests on alerts, checked, and made into acts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from tracker.room.desk import acts
from tracker.room.desk.acts import MOST_NOTE, Act
from tracker.room.desk.outcomes import Outcome
from tracker.room.desk.states import Wake
from tracker.room.shell.sent import Sent

_MOST_BULK: Final = 500
Id = Annotated[str, Field(min_length=1, max_length=100)]
Sentence = Annotated[str, Field(min_length=1, max_length=MOST_NOTE)]


class Body(Sent):
    """A body, its texts without the spaces around them."""

    model_config = ConfigDict(str_strip_whitespace=True)


class AcknowledgeBody(Body):
    """I have seen it."""

    act: Literal["acknowledge"]


class SilenceBody(Body):
    """Be quiet for 30 seconds; it still calls."""

    act: Literal["silence"]


class ShelveBody(Body):
    """Put it aside until an instant at the latest, or until its craft does something."""

    act: Literal["shelve"]
    reason: Sentence = Field(description="Why it can wait.")
    until: datetime = Field(
        description="When it calls again at the latest; at most 14 days from now. UTC where no zone is given."
    )
    wakes: list[Wake] = Field(
        default_factory=list, max_length=3, description="What of its craft ends the shelf before."
    )


class UnshelveBody(Body):
    """Take it off the shelf: it calls again."""

    act: Literal["unshelve"]


class AssignBody(Body):
    """Give it to a person (by id or login), a unit (by id or name), both, or (neither) to nobody."""

    act: Literal["assign"]
    person: Id | None = None
    unit: Id | None = None


class HandOverBody(Body):
    """Give what I have to another, with why."""

    act: Literal["hand_over"]
    reason: Sentence
    person: Id | None = None
    unit: Id | None = None


class NoteBody(Body):
    """Note something."""

    act: Literal["note"]
    text: Sentence


class WatchBody(Body):
    """Tell me what becomes of it, or no longer."""

    act: Literal["watch"]
    is_on: bool = True


class CloseBody(Body):
    """Close it with an outcome and its fields (docs/room.md)."""

    act: Literal["close"]
    outcome: Outcome
    fields: dict[str, str | float | int | None] = Field(default_factory=dict, max_length=10)


class ReopenBody(Body):
    """Take a closed one up again, with why."""

    act: Literal["reopen"]
    reason: Sentence


ActBody = Annotated[
    AcknowledgeBody
    | SilenceBody
    | ShelveBody
    | UnshelveBody
    | AssignBody
    | HandOverBody
    | NoteBody
    | WatchBody
    | CloseBody
    | ReopenBody,
    Field(discriminator="act"),
]
"""One act on an alert."""


class BulkItem(Body):
    """One alert, and the version of it that was on the screen."""

    alert_id: Id
    etag: Annotated[str, Field(max_length=40)] = Field(description='As the list has it, for example "d7-f3".')


class BulkBody(Body):
    """One act on several alerts, each as it was on the screen."""

    alerts: list[BulkItem] = Field(min_length=1, max_length=_MOST_BULK)
    act: ActBody


class SuppressionBody(Body):
    """What shall be quiet by design, or is out of service: alerts of which all that is named agrees."""

    match: dict[Literal["kind", "rule", "area", "feed", "craft", "engine"], Id] = Field(min_length=1)
    reason: Sentence
    until: datetime = Field(description="When it ends; at most 90 days from now.")
    is_service: bool = Field(
        default=False, description="Whether a feed or rule is out of service, rather than quiet by design."
    )


class HandoverBody(Body):
    """Which shift is handed over."""

    unit: Id | None = Field(default=None, description="Of which unit; of all where it is left out.")
    since: datetime | None = Field(
        default=None, description="When the shift began; a shift's length ago where it is left out."
    )
    remarks: Annotated[str, Field(max_length=MOST_NOTE)] = ""


class CompartmentRuleBody(Body):
    """What belongs to a compartment."""

    compartment: Id
    what: Literal["flag", "party", "craft", "rule"]
    value: Annotated[str, Field(min_length=1, max_length=300)]


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)


_MAKERS: Final[dict[str, Callable[[Any], Act]]] = {
    "acknowledge": lambda body: acts.Acknowledge(),
    "silence": lambda body: acts.Silence(),
    "shelve": lambda body: acts.Shelve(body.reason, micros(body.until), tuple(sorted(set(body.wakes)))),
    "unshelve": lambda body: acts.Unshelve(),
    "assign": lambda body: acts.Assign(body.person, body.unit),
    "hand_over": lambda body: acts.HandOver(body.reason, body.person, body.unit),
    "note": lambda body: acts.AddNote(uuid.uuid4().hex, body.text),
    "watch": lambda body: acts.Watch(body.is_on),
    "close": lambda body: acts.Close(
        body.outcome, {name: value for name, value in body.fields.items() if value is not None}
    ),
    "reopen": lambda body: acts.Reopen(body.reason),
}


def act_of_body(body: Any) -> Act:
    """The act that a body asks for."""
    return _MAKERS[body.act](body)
