"""Who may do what: one matrix of roles and rights, and whoever calls.

A person has one or more roles, and may what any of them may. A service has a token with scopes: rights named one by one, of those a service may have
at all (:data:`GRANTABLE`). Rights say *what may be done*; compartments say *what may be seen* while doing it, and no role opens one.

docs/room.md has its table of roles from :data:`MATRIX`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What somebody is in the room."""

    VIEWER = "viewer"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"
    AUDITOR = "auditor"


class Right(StrEnum):
    """One thing that may be done. Every route needs exactly one."""

    ANYBODY = "anybody"
    SEE_SELF = "see_self"
    SEE_ALERTS = "see_alerts"
    SEE_DOSSIERS = "see_dossiers"
    SEARCH = "search"
    EXPORT = "export"
    ACT_ON_ALERTS = "act_on_alerts"
    SNOOZE_CRITICAL = "snooze_critical"
    GIVE_VERDICTS = "give_verdicts"
    GIVE_ORDERS = "give_orders"
    BRING_PAPERS = "bring_papers"
    OPEN_COMPARTMENT = "open_compartment"
    SEE_OPENINGS = "see_openings"
    SEE_LOAD = "see_load"
    SEE_QUALITY = "see_quality"
    SIGN_HANDOVER = "sign_handover"
    SUPPRESS_RULES = "suppress_rules"
    SEE_PERSONS = "see_persons"
    MANAGE_PERSONS = "manage_persons"
    MANAGE_TOKENS = "manage_tokens"
    MANAGE_COMPARTMENTS = "manage_compartments"
    MANAGE_SENDING = "manage_sending"
    MANAGE_ROOM = "manage_room"
    SEE_AUDIT = "see_audit"
    EXPORT_AUDIT = "export_audit"


RIGHT_SENTENCES: Final[Mapping[Right, str]] = MappingProxyType(
    {
        Right.ANYBODY: "Sign in, read the description of the API, ask whether the room is up.",
        Right.SEE_SELF: "See and end one's own session, change one's own password.",
        Right.SEE_ALERTS: "See the queue and its stream.",
        Right.SEE_DOSSIERS: "See all that is known of one alert: event, cargo, documents, history.",
        Right.SEARCH: "Search craft, papers, parties, containers and events.",
        Right.EXPORT: "Take alerts and dossiers away as files.",
        Right.ACT_ON_ALERTS: "Acknowledge, snooze, assign, note, close, undo.",
        Right.SNOOZE_CRITICAL: "Snooze a critical alert.",
        Right.GIVE_VERDICTS: "Say what an inspection found.",
        Right.GIVE_ORDERS: "Start and stop tracking, set and clear flags.",
        Right.BRING_PAPERS: "Hand papers to the engine.",
        Right.OPEN_COMPARTMENT: "Open a compartment for a while with a reason, in need; supervisors and the audit are told.",
        Right.SEE_OPENINGS: "See who opened which compartment, when and why.",
        Right.SEE_LOAD: "See how many alerts each desk has, and floods.",
        Right.SEE_QUALITY: "See how often rules and stated confidences were right.",
        Right.SIGN_HANDOVER: "Hand a shift over, take one over.",
        Right.SUPPRESS_RULES: "Suppress a rule that is judged wrong again and again.",
        Right.SEE_PERSONS: "See persons, units and tokens, without any secret.",
        Right.MANAGE_PERSONS: "Make, change and block persons and units, end sessions, give passwords for once.",
        Right.MANAGE_TOKENS: "Make, rotate and revoke tokens of services.",
        Right.MANAGE_COMPARTMENTS: "Say which things belong to which compartment, and who has it.",
        Right.MANAGE_SENDING: "Webhooks and mail by rule and unit.",
        Right.MANAGE_ROOM: "Retention, backup, the state of the room.",
        Right.SEE_AUDIT: "Read the audit and verify its chain.",
        Right.EXPORT_AUDIT: "Take the audit away as a file.",
    }
)
"""Right -> what it lets one do."""

_VIEWER: Final = frozenset(
    {Right.SEE_SELF, Right.SEE_ALERTS, Right.SEE_DOSSIERS, Right.SEARCH, Right.SEE_LOAD}
)  # fmt: skip
_OFFICER: Final = _VIEWER | {
    Right.ACT_ON_ALERTS,
    Right.GIVE_VERDICTS,
    Right.GIVE_ORDERS,
    Right.BRING_PAPERS,
    Right.OPEN_COMPARTMENT,
    Right.SIGN_HANDOVER,
    Right.SEE_QUALITY,
}
_SUPERVISOR: Final = _OFFICER | {
    Right.SNOOZE_CRITICAL,
    Right.EXPORT,
    Right.SEE_OPENINGS,
    Right.SUPPRESS_RULES,
    Right.SEE_PERSONS,
}

GRANTABLE: Final = frozenset(
    {
        Right.SEE_SELF,
        Right.SEE_ALERTS,
        Right.SEE_DOSSIERS,
        Right.SEARCH,
        Right.EXPORT,
        Right.ACT_ON_ALERTS,
        Right.GIVE_VERDICTS,
        Right.GIVE_ORDERS,
        Right.BRING_PAPERS,
        Right.SEE_LOAD,
        Right.SEE_QUALITY,
        Right.SEE_AUDIT,
        Right.EXPORT_AUDIT,
    }
)
"""What a service may be given: nothing that makes accounts, opens compartments or signs for a person."""

MATRIX: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.VIEWER: _VIEWER,
        Role.OFFICER: _OFFICER,
        Role.SUPERVISOR: _SUPERVISOR,
        Role.ADMINISTRATOR: _VIEWER
        | {
            Right.SEE_OPENINGS,
            Right.SEE_PERSONS,
            Right.MANAGE_PERSONS,
            Right.MANAGE_TOKENS,
            Right.MANAGE_COMPARTMENTS,
            Right.MANAGE_SENDING,
            Right.MANAGE_ROOM,
        },
        Role.SERVICE: frozenset({Right.SEE_SELF}),
        Role.AUDITOR: frozenset(
            {
                Right.SEE_SELF,
                Right.SEE_OPENINGS,
                Right.SEE_QUALITY,
                Right.SEE_PERSONS,
                Right.SEE_AUDIT,
                Right.EXPORT_AUDIT,
            }
        ),
    }
)
"""Role -> its rights. A service has beyond this what its token's scopes name. An auditor sees what was done and no cargo."""

ROLES_OF_PERSONS: Final = frozenset(Role) - {Role.SERVICE}
"""Roles that may be given to a person."""


def rights_of(roles: frozenset[Role], scopes: frozenset[Right] = frozenset()) -> frozenset[Right]:
    """All that these roles and scopes let one do.

    >>> Right.ACT_ON_ALERTS in rights_of(frozenset({Role.VIEWER}))
    False
    """
    granted = frozenset().union(*(MATRIX[role] for role in roles))
    return granted | {Right.ANYBODY} | (scopes & GRANTABLE)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a person with a session, a service with a token, or nobody yet (:data:`NOBODY`).

    ``compartments`` are those in force at this instant, the ones opened in need among them. ``must_change_password``: until that is done this
    person may see and change its own account and nothing else.
    """

    person_id: str
    name: str
    roles: frozenset[Role] = frozenset()
    unit: str | None = None
    compartments: frozenset[str] = frozenset()
    session_id: str | None = None
    token_id: str | None = None
    is_service: bool = False
    scopes: frozenset[Right] = frozenset()
    must_change_password: bool = False

    @property
    def rights(self) -> frozenset[Right]:
        """What this caller may do."""
        if self.must_change_password:
            return frozenset({Right.ANYBODY, Right.SEE_SELF})
        return rights_of(self.roles, self.scopes)

    def may(self, right: Right) -> bool:
        """Whether this caller may do it."""
        return right in self.rights


NOBODY: Final = Caller("", "")
"""Who has not signed in."""
