"""The route of search."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from tracker.room.alerts.desk import DeskRun
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.rights import Caller, Right
from tracker.room.search.asking import TYPES, QuestionRefusedError, ask_all, merged
from tracker.room.search.linked_alerts import add_alerts, alerts_of_id, hidden_rules
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem

MOST_LIMIT: Final = 100
_MOST_CHARS: Final = 200
_MOST_OBJECTS: Final = 50
_EXACT: Final = 2
"""Ranks up to this one: the number itself, or all words."""
_NO_IDS: Final = ("parties", "places")
"""The one would be names in the audit, the other tells of nobody."""


class SearchType(StrEnum):
    """What is searched."""

    CRAFT = "craft"
    CONSIGNMENTS = "consignments"
    CONTAINERS = "containers"
    PARTIES = "parties"
    PAPERS = "papers"
    PLACES = "places"
    EVENTS = "events"
    ALERTS = "alerts"


def search_routes(run: DeskRun, parts: RoomParts) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["search"])

    @router.get("/search", summary="Search by any identifier", openapi_extra=audited(Act.SEARCHED))
    def search(
        caller: Annotated[Caller, Depends(needs(Right.SEARCH))],
        q: Annotated[
            str, Query(min_length=1, max_length=_MOST_CHARS, description="A number or name as people write it.")
        ],
        types: Annotated[list[SearchType] | None, Query(max_length=len(TYPES))] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LIMIT, description="Hits of each type.")] = 20,
    ) -> Response:
        """Craft, consignments, containers, parties, papers, places, events and alerts by any identifier or name, over all engines.

        ``read_as`` says as what the question was read. Each hit names its engine, and ``alerts`` on it that the caller may see; ``engines`` says which did not answer.
        """
        chosen = tuple(name for name in TYPES if types is None or name in types)
        asked = tuple(name for name in chosen if name != "alerts")
        with parts.store.read() as connection:
            hidden = hidden_rules(connection, caller.compartments)
        try:
            answers = ask_all(run.doors, q, asked, limit, hidden) if asked else []
        except QuestionRefusedError as exc:
            _write(run, parts, caller, q, [], {}, is_refused=True)
            raise Problem(400, f"q: {exc}") from exc
        told = merged(answers, asked, limit)
        with parts.store.read() as connection:
            linked = [
                hit for name in ("craft", "consignments", "events") for hit in told.get(name, {"hits": ()})["hits"]
            ]
            add_alerts(connection, linked, caller.compartments)
            if "alerts" in chosen:
                told["alerts"] = alerts_of_id(connection, q, limit, caller.compartments)
        read_as: list[dict[str, str]] = next(
            (answer.found["read_as"] for answer in answers if answer.found is not None), []
        )
        shown = sum(len(one["hits"]) for one in told.values())
        terms = {"forms": [one["form"] for one in read_as], "shown": shown}
        _write(run, parts, caller, q, _objects(told), terms)
        return Response(
            orjson.dumps({"read_as": read_as, "types": told, "engines": [answer.to_json() for answer in answers]}),
            media_type="application/json",
        )

    return router


def _objects(told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What was found by its own number or name, as the audit names it."""
    exact = [
        f"{name}:{hit['id']}"
        for name, one in told.items()
        if name not in _NO_IDS
        for hit in one["hits"]
        if hit.get("rank", _EXACT + 1) <= _EXACT
    ]
    return exact[:_MOST_OBJECTS]


def _write(
    run: DeskRun,
    parts: RoomParts,
    caller: Caller,
    q: str,
    objects: list[str],
    terms: Mapping[str, Any],
    *,
    is_refused: bool = False,
) -> None:
    """A search is in the audit before it is answered: what it was for by a digest alone."""
    words = run.audit.digest_of(" ".join(q.casefold().split()))
    with parts.store.write() as connection:
        parts.audit.write(
            connection, caller, Act.SEARCHED, objects, is_refused=is_refused, terms={"words": words, **terms}
        )
