"""Routes of the desk as a whole: engines, load, figures of verdicts, suppressions, hand-overs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from tracker.room.alerts import handover
from tracker.room.alerts.bodies import CompartmentRuleBody, HandoverBody, SuppressionBody, micros
from tracker.room.alerts.counting import judged_visible, loads_visible
from tracker.room.alerts.desk import DeskRun
from tracker.room.alerts.facts import iso
from tracker.room.alerts.keeping import compartment_rules, desk_turn
from tracker.room.alerts.ruling import (
    add_compartment_rule,
    drop_compartment_rule,
    lift,
    list_compartment_rules,
    suppress,
)
from tracker.room.alerts.suppressing import MOST_SUPPRESSION_US, in_force
from tracker.room.alerts.visibility import What, plain
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.desk.verdicts import FEWEST, GROUPS, calibration, offers, precision_by
from tracker.room.rights import Caller, Right
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem, not_found
from tracker.units import US_PER_DAY, US_PER_S


def desk_routes(run: DeskRun, parts: RoomParts) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["desk"])

    def written(
        caller: Caller, act: Act, objects: list[str] | None = None, terms: Mapping[str, Any] | None = None
    ) -> None:
        with parts.store.write() as connection:
            parts.audit.write(connection, caller, act, objects or [], terms=terms or {})

    @router.get("/engines", summary="The engines that are followed", openapi_extra=audited(Act.ENGINES_READ))
    def read_engines(caller: Annotated[Caller, Depends(needs(Right.SEE_ALERTS))]) -> dict[str, Any]:
        """Whether each is connected, since when, how old the last word of it is, and how far event time is there: whether quiet is true."""
        now_us = parts.now_us()
        written(caller, Act.ENGINES_READ)
        return {
            "at": iso(now_us),
            "engines": [
                {**told, "age_s": None if state.heard_us is None else round((now_us - state.heard_us) / 1e6, 1)}
                for state, told in zip(run.engines(), run.engines_told(), strict=True)
            ],
        }

    @router.get("/load", summary="The load of the desks", openapi_extra=audited(Act.LOAD_READ))
    def read_load(caller: Annotated[Caller, Depends(needs(Right.SEE_LOAD))]) -> dict[str, Any]:
        """How many alerts began to call in the last ten minutes, hour and shift, for each unit and for all, and whether that is a flood."""
        now_us = parts.now_us()
        with parts.store.read() as connection:
            loads = loads_visible(connection, caller.compartments, now_us, run.settings.shift_us)
        written(caller, Act.LOAD_READ)
        return {
            "at": iso(now_us),
            "desks": [
                {
                    "unit": unit,
                    "last_10_min": load.last_10_min,
                    "last_hour": load.last_hour,
                    "last_shift": load.last_shift,
                    "shift_h": load.shift_h,
                    "is_flood": load.flood_since_us is not None,
                    "flood_since": iso(load.flood_since_us),
                    "floods": load.floods,
                    "sentence": load.sentence,
                }
                for unit, load in loads
            ],
        }

    @router.get("/verdicts/figures", summary="What verdicts say of the rules", openapi_extra=audited(Act.FIGURES_READ))
    def read_figures(
        caller: Annotated[Caller, Depends(needs(Right.SEE_QUALITY))], days: Annotated[int, Query(ge=1, le=3_650)] = 365
    ) -> dict[str, Any]:
        """Precision by kind, rule, area and feed with its 95 % interval, calibration of confidence, and rules offered for suppression. Too few verdicts give no figure."""
        now_us = parts.now_us()
        with parts.store.read() as connection:
            judged = judged_visible(connection, caller.compartments, now_us - days * US_PER_DAY)
        written(caller, Act.FIGURES_READ, terms={"days": days})
        return {
            "at": iso(now_us),
            "days": days,
            "fewest": FEWEST,
            "precision": {
                group: [asdict(one) | {"is_too_few": one.is_too_few} for one in precision_by(judged, group)]
                for group in GROUPS
            },
            "calibration": [
                {("from" if name == "from_" else name): value for name, value in asdict(one).items()}
                for one in calibration(judged)
            ],
            "offers": [asdict(one) for one in offers(judged)],
        }

    @router.get("/suppressions", summary="What is suppressed by design", openapi_extra=audited(Act.SUPPRESSIONS_READ))
    def read_suppressions(caller: Annotated[Caller, Depends(needs(Right.SEE_LOAD))]) -> dict[str, Any]:
        """Suppressions in force, with reason, who set them, and the time that is left."""
        now_us = parts.now_us()
        with parts.store.read() as connection:
            rules = in_force(connection, now_us)
        written(caller, Act.SUPPRESSIONS_READ)
        hidden = _hidden(parts, caller)
        return {
            "suppressions": [
                {
                    "rule_id": one.rule_id, "is_service": one.is_service, "match": dict(one.match), "reason": one.reason, "by": one.by,
                    "at": iso(one.at_us), "until": iso(one.until_us), "left_s": (one.until_us - now_us) // US_PER_S,
                }
                for one in rules
                if not hidden(one.match)
            ]
        }  # fmt: skip

    @router.post(
        "/suppressions", status_code=201, summary="Suppress by design", openapi_extra=audited(Act.SUPPRESSION_MADE)
    )
    def make_suppression(
        body: SuppressionBody, caller: Annotated[Caller, Depends(needs(Right.SUPPRESS_RULES))]
    ) -> dict[str, Any]:
        """Keep alerts quiet of which all that is named agrees, until an instant; they are kept and listed as suppressed, or out of service."""
        until_us = micros(body.until)
        now_us = parts.now_us()
        if not now_us < until_us <= now_us + MOST_SUPPRESSION_US:
            raise Problem(422, "body.until: a suppression ends within 90 days, and not in the past; give such an end")
        with parts.store.write() as connection, desk_turn(connection, now_us) as turn:
            rule_id = suppress(
                turn,
                {str(name): value for name, value in body.match.items()},
                body.reason,
                caller.person_id,
                until_us,
                is_service=body.is_service,
            )
            parts.audit.write(
                connection,
                caller,
                Act.SUPPRESSION_MADE,
                [f"suppression:{rule_id}"],
                terms={"is_service": body.is_service},
            )
        run.hub.ring()
        return {"rule_id": rule_id, "until": iso(until_us)}

    @router.delete(
        "/suppressions/{rule_id}", summary="Lift a suppression", openapi_extra=audited(Act.SUPPRESSION_LIFTED)
    )
    def lift_suppression(
        rule_id: Annotated[str, Path(max_length=40)], caller: Annotated[Caller, Depends(needs(Right.SUPPRESS_RULES))]
    ) -> dict[str, Any]:
        """What it kept quiet calls again, unless somebody had acknowledged it."""
        with parts.store.write() as connection, desk_turn(connection, parts.now_us()) as turn:
            was_there = lift(turn, rule_id)
            parts.audit.write(
                connection, caller, Act.SUPPRESSION_LIFTED, [f"suppression:{rule_id}"], is_refused=not was_there
            )
        run.hub.ring()
        if not was_there:
            raise not_found()
        return {"rule_id": rule_id, "lifted": iso(turn.now_us)}

    @router.get(
        "/compartments/rules",
        summary="What belongs to which compartment",
        openapi_extra=audited(Act.COMPARTMENT_RULES_READ),
    )
    def read_compartment_rules(caller: Annotated[Caller, Depends(needs(Right.MANAGE_COMPARTMENTS))]) -> dict[str, Any]:
        """Which flags, parties, craft and rules belong to which compartment. A rule on a craft or rule hides the whole alert, one on a flag or party the consignments."""
        with parts.store.read() as connection:
            rules = list_compartment_rules(connection)
        written(caller, Act.COMPARTMENT_RULES_READ)
        return {"rules": rules}

    @router.post(
        "/compartments/rules",
        status_code=201,
        summary="Put something into a compartment",
        openapi_extra=audited(Act.COMPARTMENT_RULE_MADE),
    )
    def make_compartment_rule(
        body: CompartmentRuleBody, caller: Annotated[Caller, Depends(needs(Right.MANAGE_COMPARTMENTS))]
    ) -> dict[str, Any]:
        """From now on only who has the compartment sees it; every stream is told to fetch its list again."""
        with parts.store.write() as connection, desk_turn(connection, parts.now_us()) as turn:
            rule_id = add_compartment_rule(turn, body.compartment, body.what, body.value)
            parts.audit.write(
                connection,
                caller,
                Act.COMPARTMENT_RULE_MADE,
                [f"compartment_rule:{rule_id}"],
                terms={"what": body.what},
            )
        run.hub.ring()
        return {"rule_id": rule_id}

    @router.delete(
        "/compartments/rules/{rule_id}",
        summary="Take something out of a compartment",
        openapi_extra=audited(Act.COMPARTMENT_RULE_ENDED),
    )
    def end_compartment_rule(
        rule_id: Annotated[str, Path(max_length=40)],
        caller: Annotated[Caller, Depends(needs(Right.MANAGE_COMPARTMENTS))],
    ) -> dict[str, Any]:
        """Who lacks the compartment sees it again."""
        with parts.store.write() as connection, desk_turn(connection, parts.now_us()) as turn:
            was_there = drop_compartment_rule(turn, rule_id)
            parts.audit.write(
                connection,
                caller,
                Act.COMPARTMENT_RULE_ENDED,
                [f"compartment_rule:{rule_id}"],
                is_refused=not was_there,
            )
        run.hub.ring()
        if not was_there:
            raise not_found()
        return {"rule_id": rule_id}

    @router.get("/handover", summary="The sheet of a hand-over, as it is now", openapi_extra=audited(Act.HANDOVER_READ))
    def read_handover(
        caller: Annotated[Caller, Depends(needs(Right.SIGN_HANDOVER))],
        unit: Annotated[str | None, Query(max_length=100)] = None,
    ) -> dict[str, Any]:
        """Open, shelved, promised (assigned), closed in the shift; engines, load, the head of the audit; the sheets written last."""
        now_us = parts.now_us()
        with parts.store.read() as connection:
            told = handover.sheet_of(connection, run, caller.compartments, unit, now_us - run.settings.shift_us, now_us)
            written_before = handover.sheets(connection, unit, caller.compartments)
        written(caller, Act.HANDOVER_READ)
        return {"sheet": told, "written": written_before}

    @router.post("/handover", status_code=201, summary="Hand a shift over", openapi_extra=audited(Act.HANDOVER_WRITTEN))
    def write_handover(
        body: HandoverBody, caller: Annotated[Caller, Depends(needs(Right.SIGN_HANDOVER))]
    ) -> dict[str, Any]:
        """The sheet stands as it is now, with a signed head of the audit on it; the next shift signs it."""
        now_us = parts.now_us()
        since_us = now_us - run.settings.shift_us if body.since is None else micros(body.since)
        if not now_us - 31 * US_PER_DAY <= since_us < now_us:
            raise Problem(
                422, "body.since: a shift began before now, and within the last 31 days; give such an instant"
            )
        head = run.sign_head()
        with parts.store.write() as connection:
            sheet = handover.sheet_of(connection, run, caller.compartments, body.unit, since_us, now_us)
            kept = handover.write(
                connection, sheet, body.unit, since_us, now_us, body.remarks, caller.person_id, head.word
            )
            parts.audit.write(
                connection,
                caller,
                Act.HANDOVER_WRITTEN,
                [f"sheet:{kept['sheet_id']}"],
                terms={"digest": kept["digest"]},
            )
        return kept

    @router.post("/handover/{sheet_id}/sign", summary="Take a shift over", openapi_extra=audited(Act.HANDOVER_SIGNED))
    def sign_handover(
        sheet_id: Annotated[str, Path(max_length=40)], caller: Annotated[Caller, Depends(needs(Right.SIGN_HANDOVER))]
    ) -> dict[str, Any]:
        """The next shift has read the sheet. Whoever wrote it cannot sign it, and it is signed once."""
        with parts.store.write() as connection:
            came = handover.sign(connection, sheet_id, caller.person_id, parts.now_us(), caller.compartments)
            parts.audit.write(
                connection, caller, Act.HANDOVER_SIGNED, [f"sheet:{sheet_id}"], is_refused=isinstance(came, str)
            )
        if came == "":
            raise not_found()
        if isinstance(came, str):
            raise Problem(409, came)
        return came

    return router


def _hidden(parts: RoomParts, caller: Caller) -> Any:
    """Whether a suppression names something that the caller may not know of."""
    with parts.store.read() as connection:
        rules = compartment_rules(connection)
    closed = {(rule.what, plain(rule.value)) for rule in rules if rule.compartment not in caller.compartments}
    return lambda match: any((what, plain(match.get(str(what), ""))) in closed for what in (What.CRAFT, What.RULE))
