"""Bodies of the routes of sending: what may be asked for, and what is answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from tracker.room.accounts.account_shapes import Compartment, Id, Line
from tracker.room.desk.occasions import Cause
from tracker.room.sending.addresses import MOST_CHARS
from tracker.room.shell.sent import Sent

Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Words = Annotated[list[Word], Field(max_length=200)]
Band = Literal["low", "medium", "high", "critical"]
AskedCause = Literal["raised", "graver", "ended", "retracted", "closed", "escalation"]
Causes = Annotated[list[AskedCause], Field(max_length=len(Cause))]
Target = Annotated[str, StringConstraints(min_length=3, max_length=MOST_CHARS)]


class NewSubscription(Sent):
    """Whom to tell, and of what. An empty list means all."""

    name: Line
    way: Literal["webhook", "mail"]
    target: Target = Field(description="https:// address of a webhook, or an address of mail.")
    unit: Word | None = Field(
        default=None, description="Whose it is, by id or name: of this unit's alerts alone, and of its first clock."
    )
    least_band: Band = "low"
    kinds: Words = Field(default_factory=list, description="Kinds of events.")
    rules: Words = Field(default_factory=list, description="Rules of detection.")
    areas: Words = Field(default_factory=list, description="Areas by the names that alerts have.")
    units: Words = Field(default_factory=list, description="Units that have the alert, by id or name.")
    causes: Causes = Field(default_factory=list, description="Of what; all where it is left out.")
    compartments: Annotated[list[Compartment], Field(max_length=100)] = Field(
        default_factory=list, description="For which it is cleared; of others it learns nothing."
    )


class SubscriptionChanges(Sent):
    """What is to be changed; what is left out stays."""

    name: Line | None = None
    target: Target | None = None
    unit: Word | None = None
    least_band: Band | None = None
    kinds: Words | None = None
    rules: Words | None = None
    areas: Words | None = None
    units: Words | None = None
    causes: Causes | None = None
    compartments: Annotated[list[Compartment], Field(max_length=100)] | None = None
    is_paused: bool | None = None


class SendingState(BaseModel):
    """How sending goes."""

    state: Literal["well", "failing", "paused"]
    waiting: int
    given_up: int
    """In the last seven days."""
    last_sent: str | None
    failing_since: str | None
    failures: int
    next_try: str | None
    why: str | None


class SubscriptionShown(BaseModel):
    """A subscription. ``sending`` is null for who lacks a compartment that it is cleared for: its figures would tell."""

    subscription_id: str
    name: str
    way: str
    target: str
    unit: str | None
    wants: dict[str, Any]
    compartments: list[str]
    is_paused: bool
    made_by: str
    made: str
    version: int
    sending: SendingState | None


class Subscriptions(BaseModel):
    """All subscriptions."""

    subscriptions: list[SubscriptionShown]


class SubscriptionMade(SubscriptionShown):
    """A subscription with the secret of its webhook, which is told here and nowhere else; null of mail."""

    secret: str | None


class Tested(BaseModel):
    """A test that waits to be sent."""

    message_id: str


class DeliveryShown(BaseModel):
    """An attempt to send."""

    at: str
    is_taken: bool
    status: int | None
    why: str
    messages: list[str]


class Deliveries(BaseModel):
    """Attempts, newest first."""

    deliveries: list[DeliveryShown]


SubscriptionId = Id
