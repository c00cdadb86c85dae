"""One question put to all engines at their doors, and their answers made one. An engine that does not answer is said, and nothing waits for it longer than for a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tracker.door.following import DoorAwayError, DoorRefusedError
from tracker.errors import InputError

TYPES: Final = ("craft", "consignments", "containers", "parties", "papers", "places", "events", "alerts")
_BAD_QUESTION: Final = 400
_NO_SUCH: Final = 404
_AT_ONCE: Final = 16


class SearchDoor(Protocol):
    """The door of an engine, as far as a search uses it."""

    def search(self, q: str, types: Sequence[str], limit: int, hidden: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """What has an identifier or a name, without what rules hide (docs/door.md)."""
        ...

    def dossier(self, kind: str, name: str, hidden: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """All that is known of one thing, without what rules hide; refused with 404 where it is hidden or not there."""
        ...


class QuestionRefusedError(ValueError):
    """The question cannot be asked; the sentence says why, and does not repeat it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAnswer:
    """What one engine answered; ``found`` is None, with the reason, where it did not."""

    engine: str
    found: Mapping[str, Any] | None = None
    why: str = ""
    status: int | None = None
    """Of HTTP, where it refused."""

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

    def ask(door: SearchDoor) -> dict[str, Any]:
        found = door.search(q, types, limit, hidden)
        return {"age_s": found["age_s"], "read_as": found["read_as"], "types": {**found["types"]}}

    answers = _of_all(doors, ask)
    for answer in answers:
        if answer.status == _BAD_QUESTION:
            raise QuestionRefusedError(answer.why)
    return answers


def dossiers_of(
    doors: Mapping[str, SearchDoor], kind: str, name: str, hidden: Sequence[Mapping[str, str]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The dossiers that engines have of one thing, each with the name of its engine, and which engines answered."""

    def ask(door: SearchDoor) -> dict[str, Any]:
        found = door.dossier(kind, name, hidden)
        return {"age_s": found["age_s"], "dossier": {**found["dossier"]}}

    answers = _of_all(doors, ask)
    found = [{**one.found["dossier"], "engine": one.engine} for one in answers if one.found is not None]
    # one that has nothing of it has answered, and says no more than that
    told = [
        {**one.to_json(), "is_answered": True, "why": ""} if one.status in (_NO_SUCH, _BAD_QUESTION) else one.to_json()
        for one in answers
    ]
    return found, told


def _of_all(doors: Mapping[str, SearchDoor], ask: Callable[[SearchDoor], dict[str, Any]]) -> list[EngineAnswer]:
    """What every engine answers, asked at once."""
    if len(doors) <= 1:
        return [_answer(name, door, ask) for name, door in doors.items()]
    with ThreadPoolExecutor(min(len(doors), _AT_ONCE), thread_name_prefix="search") as pool:
        return list(pool.map(lambda one: _answer(one[0], one[1], ask), doors.items()))


def _answer(name: str, door: SearchDoor, ask: Callable[[SearchDoor], dict[str, Any]]) -> EngineAnswer:
    try:
        return EngineAnswer(engine=name, found=ask(door))
    except DoorRefusedError as exc:
        return EngineAnswer(engine=name, why=str(exc), status=exc.status)
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
