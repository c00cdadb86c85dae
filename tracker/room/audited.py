"""What is written into the audit: one word for each act, with what it means. docs/room.md has its table from :data:`ACT_SENTENCES`.

Acts are told with ids alone; names and words searched for never stand in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from enum import StrEnum
from types import MappingProxyType
from typing import Final

ACT_KEY: Final = "x-audit-act"
"""In the description of a route: what a call of it is in the audit."""
WRITTEN: Final[ContextVar[list[str] | None]] = ContextVar("written", default=None)
"""Acts that were written for the request that is being answered; None outside of one (``tracker.room.shell.refusals``)."""


def note_written(act: str) -> None:
    """An act was written: nobody has to do it again for this request."""
    written = WRITTEN.get()
    if written is not None:
        written.append(act)


class Act(StrEnum):
    """One thing somebody did, tried or looked at."""

    DESCRIPTION_READ = "description.read"
    HEALTH_READ = "health.read"
    ROUTE_REFUSED = "route.refused"
    SELF_READ = "self.read"
    SESSION_BEGUN = "session.begun"
    SESSION_RENEWED = "session.renewed"
    SESSION_ENDED = "session.ended"
    SESSIONS_READ = "sessions.read"
    PASSKEY_MADE = "passkey.made"
    PASSKEY_REMOVED = "passkey.removed"
    PASSKEYS_READ = "passkeys.read"
    PASSWORD_CHANGED = "password.changed"
    PASSWORD_GIVEN = "password.given"
    PERSON_MADE = "person.made"
    PERSON_CHANGED = "person.changed"
    PERSONS_READ = "persons.read"
    UNIT_MADE = "unit.made"
    UNIT_CHANGED = "unit.changed"
    UNITS_READ = "units.read"
    TOKEN_MADE = "token.made"
    TOKEN_ROTATED = "token.rotated"
    TOKEN_REVOKED = "token.revoked"
    TOKENS_READ = "tokens.read"
    COMPARTMENT_OPENED = "compartment.opened"
    COMPARTMENT_CLOSED = "compartment.closed"
    OPENINGS_READ = "openings.read"
    ROOM_BEGUN = "room.begun"
    ROOM_BACKED_UP = "room.backed_up"
    ROOM_RESTORED = "room.restored"
    RETENTION_READ = "retention.read"
    RETENTION_DONE = "retention.done"
    HOLDS_READ = "holds.read"
    HOLD_MADE = "hold.made"
    HOLD_ENDED = "hold.ended"
    DECISION_RELEARNED = "decision.relearned"
    ALERTS_READ = "alerts.read"
    ALERT_READ = "alert.read"
    ALERT_HISTORY_READ = "alert.history.read"
    ALERT_ROUTED = "alert.routed"
    ALERT_ACTED = "alert.acted"
    ALERT_UNDONE = "alert.undone"
    ALERTS_FOLLOWED = "alerts.followed"
    DESK_READ = "desk.read"
    ENGINES_READ = "engines.read"
    POSITIONS_READ = "positions.read"
    LOAD_READ = "load.read"
    FIGURES_READ = "figures.read"
    SUPPRESSIONS_READ = "suppressions.read"
    SUPPRESSION_MADE = "suppression.made"
    SUPPRESSION_LIFTED = "suppression.lifted"
    HANDOVER_READ = "handover.read"
    HANDOVER_WRITTEN = "handover.written"
    HANDOVER_SIGNED = "handover.signed"
    COMPARTMENT_RULES_READ = "compartment.rules.read"
    COMPARTMENT_RULE_MADE = "compartment.rule.made"
    COMPARTMENT_RULE_ENDED = "compartment.rule.ended"
    SEARCHED = "searched"
    DOSSIER_READ = "dossier.read"
    SUBSCRIPTIONS_READ = "subscriptions.read"
    SUBSCRIPTION_MADE = "subscription.made"
    SUBSCRIPTION_CHANGED = "subscription.changed"
    SUBSCRIPTION_REMOVED = "subscription.removed"
    SUBSCRIPTION_ROTATED = "subscription.rotated"
    SUBSCRIPTION_TESTED = "subscription.tested"
    DELIVERIES_READ = "deliveries.read"
    DELIVERY_ENDED = "delivery.ended"
    AUDIT_READ = "audit.read"
    AUDIT_VERIFIED = "audit.verified"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_HEADS_READ = "audit.heads.read"
    AUDIT_HEAD_SIGNED = "audit.head.signed"


ACT_SENTENCES: Final[Mapping[Act, str]] = MappingProxyType(
    {
        Act.DESCRIPTION_READ: "The description of the API was read; not written, for it is public.",
        Act.HEALTH_READ: "Whether the room is up was asked; not written, for it is public.",
        Act.ROUTE_REFUSED: "A route was asked for without the right, the session or the token.",
        Act.SELF_READ: "Somebody looked who it is here.",
        Act.SESSION_BEGUN: "A sign-in; refused ones too.",
        Act.SESSION_RENEWED: "A session was prolonged with the password, in place.",
        Act.SESSION_ENDED: "A session ended: by its person, an administrator, a changed password or right.",
        Act.SESSIONS_READ: "Who is signed in was looked at.",
        Act.PASSKEY_MADE: "A person added a passkey; asking for it too.",
        Act.PASSKEY_REMOVED: "A person removed a passkey.",
        Act.PASSKEYS_READ: "A person looked at its passkeys.",
        Act.PASSWORD_CHANGED: "A person changed its password.",
        Act.PASSWORD_GIVEN: "An administrator gave a password for once.",
        Act.PERSON_MADE: "A person was made.",
        Act.PERSON_CHANGED: "Roles, compartments, unit, name or standing of a person were changed.",
        Act.PERSONS_READ: "Persons were looked at.",
        Act.UNIT_MADE: "A unit was made.",
        Act.UNIT_CHANGED: "A unit was changed.",
        Act.UNITS_READ: "Units were looked at.",
        Act.TOKEN_MADE: "A token of a service was made.",
        Act.TOKEN_ROTATED: "A token got a new secret; the old one holds for a while.",
        Act.TOKEN_REVOKED: "A token was revoked.",
        Act.TOKENS_READ: "Tokens were looked at, without their secrets.",
        Act.COMPARTMENT_OPENED: "Somebody opened a compartment in need, with a reason.",
        Act.COMPARTMENT_CLOSED: "A compartment opened in need was closed before its time.",
        Act.OPENINGS_READ: "Openings of compartments were looked at.",
        Act.ROOM_BEGUN: "The room started, or was started for the first time.",
        Act.ROOM_BACKED_UP: "A backup of the room's store was made.",
        Act.ROOM_RESTORED: "The room was restored from a backup; entries behind its head are lost.",
        Act.RETENTION_READ: "What is to be erased by its age was looked at.",
        Act.RETENTION_DONE: "Something was erased by its age: which alerts, sheets and persons, and how many sessions.",
        Act.HOLDS_READ: "Legal holds were looked at.",
        Act.HOLD_MADE: "An alert was put under a legal hold: it is kept whole.",
        Act.HOLD_ENDED: "A legal hold ended.",
        Act.DECISION_RELEARNED: "A restored room learned from an engine what was decided since its backup.",
        Act.ALERTS_READ: "The list of alerts was looked at.",
        Act.ALERT_READ: "An alert was looked at with its dossier.",
        Act.ALERT_HISTORY_READ: "Revisions and acts of an alert were looked at.",
        Act.ALERT_ROUTED: "The room itself gave new alerts to a unit, by the unit's rule.",
        Act.ALERT_ACTED: "The desk acted on an alert; refused ones too.",
        Act.ALERT_UNDONE: "An act of the desk was taken back.",
        Act.ALERTS_FOLLOWED: "Somebody began to follow the stream of alerts.",
        Act.DESK_READ: "Names of those who work at the desk were looked at.",
        Act.ENGINES_READ: "The engines that are followed were looked at.",
        Act.POSITIONS_READ: "Somebody began to look at where craft are.",
        Act.LOAD_READ: "The load of the desks was looked at.",
        Act.FIGURES_READ: "Figures of verdicts were looked at.",
        Act.SUPPRESSIONS_READ: "What is suppressed by design was looked at.",
        Act.SUPPRESSION_MADE: "Something was suppressed by design, or taken out of service.",
        Act.SUPPRESSION_LIFTED: "A suppression was lifted before its time.",
        Act.HANDOVER_READ: "The sheet of a hand-over was looked at.",
        Act.HANDOVER_WRITTEN: "A shift was handed over: the sheet stands as it was.",
        Act.HANDOVER_SIGNED: "A shift was taken over: the sheet was signed.",
        Act.COMPARTMENT_RULES_READ: "What belongs to which compartment was looked at.",
        Act.COMPARTMENT_RULE_MADE: "Something was put into a compartment.",
        Act.COMPARTMENT_RULE_ENDED: "Something was taken out of a compartment.",
        Act.SEARCHED: "Somebody searched; what for stands here by a keyed digest alone.",
        Act.DOSSIER_READ: "All that is known of a craft, consignment, container or party was looked at.",
        Act.SUBSCRIPTIONS_READ: "Whom the room tells of what was looked at, without secrets.",
        Act.SUBSCRIPTION_MADE: "A subscription was made: somebody is told of alerts by webhook or mail.",
        Act.SUBSCRIPTION_CHANGED: "A subscription was changed, paused or taken up again.",
        Act.SUBSCRIPTION_REMOVED: "A subscription was removed.",
        Act.SUBSCRIPTION_ROTATED: "A webhook got a new secret; the old one holds for a while.",
        Act.SUBSCRIPTION_TESTED: "A test was asked for.",
        Act.DELIVERIES_READ: "What came of sending was looked at.",
        Act.DELIVERY_ENDED: "Messages came to their end: taken by the receiver, given up, or withheld; refused where they were not taken.",
        Act.AUDIT_READ: "The audit was read.",
        Act.AUDIT_VERIFIED: "The audit was verified.",
        Act.AUDIT_EXPORTED: "The audit was taken away as a file.",
        Act.AUDIT_HEADS_READ: "Heads of the audit, and where they were sent, were looked at.",
        Act.AUDIT_HEAD_SIGNED: "The head of the audit was signed.",
    }
)
"""Act -> what it means."""
