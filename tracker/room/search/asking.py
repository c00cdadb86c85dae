"""One question put to all engines at their doors, and their answers made one. An engine that does not answer is said, and nothing waits for it longer than for a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tracker.door.following import DoorAwayError, DoorRefusedError
from tracker.errors import InputError

TYPES: Final = ("craft", "consignments", "containers", "parties", "papers", "places", "events", "alerts")
_BAD_QUESTION: Final = 400
_NO_ROUTE: Final = 404
_AT_ONCE: Final = 16


class SearchDoor(Protocol):
    """The door of an engine, as far as a search uses it."""

    def search(self, q: str, types: Sequence[str], limit: int, hidden: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """What has an identifier or a name, without what rules hide (docs/door.md)."""
        ...


class QuestionRefusedError(ValueError):
    """The question cannot be asked; the sentence says why, and does not repeat it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAnswer:
    """What one engine answered; ``found`` is None, with the reason, where it did not."""

    engine: str
    found: Mapping[str, Any] | None = None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the API tells it."""
        age_s = None if self.found is None else self.found.get("age_s")
        return {"engine": self.engine, "is_answered": self.found is not None, "age_s": age_s, "why": self.why}


def ask_all(
    doors: Mapping[str, SearchDoor], q: str, types: Sequence[str], limit: int, hidden: Sequence[Mapping[str, str]]
) -> list[EngineAnswer]:
    """Ask every engine, all at once.

    Raises
    ------
    QuestionRefusedError
        an engine says that this is no question.
    """

    def ask(name: str) -> EngineAnswer:
        return _asked(name, doors[name], q, types, limit, hidden)

    if len(doors) <= 1:
        return [ask(name) for name in doors]
    with ThreadPoolExecutor(min(len(doors), _AT_ONCE), thread_name_prefix="search") as pool:
        return list(pool.map(ask, doors))


def _asked(
    name: str, door: SearchDoor, q: str, types: Sequence[str], limit: int, hidden: Sequence[Mapping[str, str]]
) -> EngineAnswer:
    try:
        found = door.search(q, types, limit, hidden)
        return EngineAnswer(
            engine=name, found={"age_s": found["age_s"], "read_as": found["read_as"], "types": {**found["types"]}}
        )
    except DoorRefusedError as exc:
        if exc.status == _BAD_QUESTION:
            raise QuestionRefusedError(str(exc)) from exc
        why = "this engine has no search; it is of an older version" if exc.status == _NO_ROUTE else str(exc)
        return EngineAnswer(engine=name, why=why)
    except (DoorAwayError, InputError, OSError) as exc:
        return EngineAnswer(engine=name, why=str(exc))
    except (KeyError, TypeError, AttributeError) as exc:
        return EngineAnswer(engine=name, why=f"it answers what is not understood ({type(exc).__name__})")


def merged(answers: Sequence[EngineAnswer], types: Sequence[str], limit: int) -> dict[str, dict[str, Any]]:
    """Hits of all engines by type, the best first, each with the name of its engine; a place is the same everywhere."""
    told: dict[str, dict[str, Any]] = {}
    for name in TYPES:
        if name not in types:
            continue
        hits: list[dict[str, Any]] = []
        has_more = False
        for answer in answers:
            found = {} if answer.found is None else answer.found["types"].get(name) or {}
            hits += [{**hit, "engine": answer.engine} for hit in found.get("hits", ())]
            has_more = has_more or bool(found.get("more"))
        if name == "places":
            hits = list({hit["id"]: hit for hit in reversed(hits)}.values())[::-1]
        hits.sort(key=lambda hit: hit.get("rank", len(TYPES)))
        told[name] = {"hits": hits[:limit], "more": has_more or len(hits) > limit}
    return told
