"""Acts of the desk in the store: seen by the right versions, done once, kept with how it stood before, and sent to the engine where they judge.

One act is one transaction: the standing, the journal of acts, the stream, what goes back to the engine and the audit commit together or not at all. An act that is
refused changes nothing but the audit.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy import Connection, insert, select, update

from tracker.room.alerts.alert_tables import DESK_ACTS
from tracker.room.alerts.deciding import decide, withdraw
from tracker.room.alerts.facts import iso
from tracker.room.alerts.keeping import DESK, Kept, Turn, find_visible, revision_for, standing_for
from tracker.room.alerts.tags import Versions
from tracker.room.audited import Act as AuditAct
from tracker.room.desk.acts import (
    OVERWRITES_NOTHING,
    SEES_FACTS,
    Acknowledge,
    Act,
    Actor,
    AddNote,
    Assign,
    Close,
    HandOver,
    Refusal,
    Reopen,
    Shelve,
    Silence,
    Unshelve,
    Watch,
    acted,
    undone,
)
from tracker.room.desk.outcomes import Outcome
from tracker.room.desk.states import Standing, Wake, standing_of
from tracker.room.rights import Caller, Right
from tracker.room.shell.parts import Audit

KINDS: Final[dict[str, type]] = {
    "acknowledge": Acknowledge,
    "silence": Silence,
    "shelve": Shelve,
    "unshelve": Unshelve,
    "assign": Assign,
    "hand_over": HandOver,
    "note": AddNote,
    "watch": Watch,
    "close": Close,
    "reopen": Reopen,
}
"""Acts by the word that the API has for them."""
_UNDO: Final = "undo"
_MOST_LOOKED: Final = 200
"""So many acts of an alert are looked back on."""
KIND_OF: Final = {made: kind for kind, made in KINDS.items()}


@dataclass(frozen=True, slots=True)
class NotDone:
    """An act that was not done: status of HTTP, sentence, and what else the answer has."""

    status: int
    sentence: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts, and with what it is written down."""

    audit: Audit
    caller: Caller

    @property
    def actor(self) -> Actor:
        """The caller as the desk's rules see it."""
        return Actor(self.caller.person_id, is_supervisor=self.caller.may(Right.SNOOZE_CRITICAL))


def do(turn: Turn, desk: Desk, alert_id: str, seen: tuple[Versions, ...], act: Act) -> Kept | NotDone:
    """Do an act on an alert in the desk's turn.

    Parameters
    ----------
    seen:
        Versions that the caller has seen; empty for "whatever it is", which only acts that overwrite nothing may say.
    """
    told = {"kind": KIND_OF[type(act)]}
    kept = find_visible(turn.connection, alert_id, desk.caller.compartments)
    if kept is None:
        return _refused(turn, desk, alert_id, told, nothing_there())
    if isinstance(act, Close) and not desk.caller.may(Right.GIVE_VERDICTS):
        return _refused(
            turn,
            desk,
            alert_id,
            told,
            NotDone(
                403, f"this needs the right '{Right.GIVE_VERDICTS}', which you do not have; ask an administrator", {}
            ),
        )
    unseen = _unseen(turn.connection, kept, desk.caller.compartments, seen, act)
    if unseen is not None:
        return _refused(turn, desk, alert_id, told, unseen)
    if isinstance(act, AddNote | Shelve):
        act = replace(act, needs=_needs_of_writer(kept, desk.caller))
    # who may shelve it is judged by what is shown; what is graver than that calls again with the next revision
    standing = standing_for(kept, desk.caller.compartments) if isinstance(act, Shelve) else kept.standing
    after = acted(standing, act, desk.actor, turn.now_us)
    if isinstance(after, Refusal):
        return _refused(turn, desk, alert_id, told, NotDone(409, after.sentence, {}))
    after = replace(after, facts=kept.standing.facts)
    act_id = uuid.uuid4().hex
    _keep_act(turn, desk, kept, act, act_id, after)
    changed = turn.change_standing(kept, after, DESK)
    if isinstance(act, Close):
        decide(turn, kept, act_id, desk.caller.person_id, str(act.outcome), act.fields)
    elif isinstance(act, Reopen):
        withdraw(turn, kept, act_id, desk.caller.person_id)
    desk.audit.write(
        turn.connection,
        desk.caller,
        AuditAct.ALERT_ACTED,
        [f"alert:{alert_id}", f"act:{act_id}"],
        terms=told | {"version": after.version},
    )
    return changed


def undo(turn: Turn, desk: Desk, alert_id: str) -> Kept | NotDone:
    """Take back the caller's last act on an alert."""
    kept = find_visible(turn.connection, alert_id, desk.caller.compartments)
    if kept is None:
        return _refused(turn, desk, alert_id, {"kind": _UNDO}, nothing_there())
    asked = (
        select(DESK_ACTS)
        .where(
            DESK_ACTS.c.alert_id == alert_id,
            DESK_ACTS.c.undone_us.is_(None),
            DESK_ACTS.c.kind.not_in(("silence", "watch")),
        )
        .order_by(DESK_ACTS.c.version.desc())
        .limit(_MOST_LOOKED)
    )
    compartments = desk.caller.compartments
    rows = (row for row in turn.connection.execute(asked) if compartments.issuperset(orjson.loads(row.needs)))
    row = next(rows, None)
    if row is None:
        return _refused(
            turn, desk, alert_id, {"kind": _UNDO}, NotDone(409, "nothing has been done to it that could be undone", {})
        )
    before, did = standing_of(orjson.loads(row.before)), act_of(row.kind, orjson.loads(row.body))
    is_last = kept.standing.version_for(compartments) == before.version_for(compartments) + 1
    version = kept.standing.version if is_last else -1  # what the caller is not shown stands in nobody's way
    after = undone(
        kept.standing,
        before,
        did,
        by=row.by,
        at_us=row.at_us,
        version=version,
        actor=desk.actor,
        now_us=turn.now_us,
    )
    if isinstance(after, Refusal):
        return _refused(turn, desk, alert_id, {"kind": _UNDO}, NotDone(409, after.sentence, {}))
    turn.connection.execute(update(DESK_ACTS).where(DESK_ACTS.c.act_id == row.act_id).values(undone_us=turn.now_us))
    changed = turn.change_standing(kept, after, DESK)
    if isinstance(did, Close | Reopen):
        withdraw(turn, kept, row.act_id, desk.caller.person_id)
    desk.audit.write(
        turn.connection,
        desk.caller,
        AuditAct.ALERT_UNDONE,
        [f"alert:{alert_id}", f"act:{row.act_id}"],
        terms={"version": after.version},
    )
    return changed


def nothing_there() -> NotDone:
    """The same for what is not there and what may not be seen."""
    return NotDone(404, "there is nothing here that you may see; check the address", {})


def versions_for(connection: Connection, kept: Kept, compartments: frozenset[str]) -> Versions:
    """The versions of an alert as somebody with these compartments sees them."""
    return Versions(kept.standing.version_for(compartments), revision_for(connection, kept, compartments))


def act_of(kind: str, body: Mapping[str, Any]) -> Act:
    """The act that the journal has."""
    read = dict(body)
    if "outcome" in read:
        read["outcome"] = Outcome(read["outcome"])
    if "wakes" in read:
        read["wakes"] = tuple(Wake(wake) for wake in read["wakes"])
    if "needs" in read:
        read["needs"] = tuple(read["needs"])
    made: Act = KINDS[kind](**read)
    return made


def changes_since(
    connection: Connection, kept: Kept, seen: Versions, compartments: frozenset[str]
) -> list[dict[str, Any]]:
    """Who changed what since somebody saw an alert: the acts of the desk that he may see, oldest first, then that the facts changed."""
    asked = (
        select(DESK_ACTS)
        .where(DESK_ACTS.c.alert_id == kept.alert_id, DESK_ACTS.c.kind.not_in(("silence", "watch")))
        .order_by(DESK_ACTS.c.version.desc())
        .limit(_MOST_LOOKED)
    )
    acts = [row for row in connection.execute(asked) if compartments.issuperset(orjson.loads(row.needs))]
    now = versions_for(connection, kept, compartments)
    missed = max(now.desk - seen.desk, 0)
    told: list[dict[str, Any]] = [
        {"what": row.kind, "by": row.by, "at": iso(row.at_us), "is_undone": row.undone_us is not None}
        for row in reversed(acts[:missed])
    ]
    if now.facts != seen.facts:
        told.append({"what": "facts", "by": f"engine:{kept.engine}", "at": iso(kept.changed_us), "is_undone": False})
    return told


def _unseen(
    connection: Connection, kept: Kept, compartments: frozenset[str], seen: tuple[Versions, ...], act: Act
) -> NotDone | None:
    """Why an act may not be done by somebody who has seen these versions."""
    now = versions_for(connection, kept, compartments)
    if not seen:
        if isinstance(act, OVERWRITES_NOTHING):
            return None
        return NotDone(
            428,
            "say in If-Match which version you have seen; '*' is enough for silence, watch and note only",
            {"etag": now.tag},
        )
    for versions in seen:
        if versions.desk == now.desk and (versions.facts == now.facts or not isinstance(act, SEES_FACTS)):
            return None
    newest = max(seen, key=lambda one: (one.desk, one.facts))
    return NotDone(
        412,
        "it has changed since you saw it; look at what changed, and do it again if it is still right",
        {"etag": now.tag, "changes": changes_since(connection, kept, newest, compartments)},
    )


def _needs_of_writer(kept: Kept, caller: Caller) -> tuple[str, ...]:
    """Compartments of the consignments that a writer sees: a note, or the reason of a shelf, may speak of them."""
    seen = (names for names in kept.needs.consignments.values() if caller.compartments.issuperset(names))
    return tuple(sorted({name for names in seen for name in names}))


def _keep_act(turn: Turn, desk: Desk, kept: Kept, act: Act, act_id: str, after: Standing) -> None:
    body: Mapping[str, Any] = asdict(act)
    turn.connection.execute(
        insert(DESK_ACTS).values(
            act_id=act_id,
            alert_id=kept.alert_id,
            at_us=turn.now_us,
            by=desk.caller.person_id,
            kind=KIND_OF[type(act)],
            body=orjson.dumps(body).decode(),
            before=orjson.dumps(kept.standing.to_json()).decode(),
            version=after.version,
            revision=after.facts.revision,
            needs=orjson.dumps(list(act.needs) if isinstance(act, AddNote) else []).decode(),
        )
    )


def _refused(turn: Turn, desk: Desk, alert_id: str, told: Mapping[str, Any], why: NotDone) -> NotDone:
    desk.audit.write(
        turn.connection,
        desk.caller,
        AuditAct.ALERT_UNDONE if told["kind"] == _UNDO else AuditAct.ALERT_ACTED,
        [f"alert:{alert_id}"],
        is_refused=True,
        terms={**told, "status": why.status},
    )
    return why
