"""Searches of many in one store: the index is made by the first, brought up to date by those that follow, and asked by two at a time.

One thread makes and advances the index, with less of the processor than everything else; searches do not wait for it but for a moment, and are told how old the state is that
answers. An index that nobody asks stands still, and costs nothing but its memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from tracker.door.questions import AT_ONCE, MOST_WAITING, DoorError
from tracker.errors import InputError, StoreError
from tracker.store.asking import yield_to_others
from tracker.store.search.answering import DEFAULT_LIMIT, MOST_LIMIT, TYPES
from tracker.store.search.dossiers import KINDS
from tracker.store.search.hiding import MOST_RULES, WHATS, Hidden
from tracker.store.search.reading import Asked, read_question
from tracker.store.search.searcher import Searcher

FRESH_S: Final = 1.0
"""An index this old is brought up to date before it is asked."""
_WAIT_S: Final = 0.02
"""So long a search waits for that, and is answered from what there is otherwise."""
_STALE_S: Final = 5.0
_STALE_WAIT_S: Final = 0.2
"""So long where the state is older, because nobody has searched meanwhile."""
MOST_AGE_S: Final = 60.0
"""Of an older state nothing is told: what was flagged meanwhile, and is to be hidden, is not known in it."""
_FIRST_WAIT_S: Final = 2.0
"""So long a search waits for the index to be made, or to be no longer too old."""
_ANSWER_S: Final = 20.0
_MOST_VALUE: Final = 300
_MOST_ID: Final = 500


@dataclass(frozen=True, slots=True)
class SearchAsked:
    """A search as it came."""

    asked: Asked
    types: tuple[str, ...]
    limit: int
    hidden: Hidden

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> SearchAsked:
        """Read options as they came, as text or as JSON.

        Raises
        ------
        DoorError
            one of them is wrong: which, and how it is written.
        """
        unknown = given.keys() - {"q", "types", "limit", "hidden"}
        if unknown:
            raise DoorError(400, "there is an option that is not known; there are q, types, limit and hidden")
        q = given.get("q")
        if not isinstance(q, str) or not q.strip():
            raise DoorError(400, "nothing is asked; write q=CSQU3054383")
        try:
            asked = read_question(q)
        except InputError as exc:
            raise DoorError(400, f"{exc.what}; {exc.mend}") from exc
        return cls(asked, _types(given.get("types")), _limit(given.get("limit")), _hidden(given.get("hidden")))


class Searching:
    """The searches of a door. Used in one event loop.

    Parameters
    ----------
    lend:
        A cursor of the open store, as ``Database.lend``; raises ``StoreError`` while there is none.
    """

    def __init__(self, lend: Callable[[], AbstractContextManager[Any]]) -> None:
        self.searcher = Searcher(lend)
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="search-index", initializer=yield_to_others)
        self._askers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="search")
        self._waiting = 0
        self._advancing: asyncio.Future[None] | None = None
        self._begun_s = self._as_of_s = float("-inf")
        self._why = ""

    async def answer(self, search: SearchAsked) -> dict[str, Any]:
        """What is found, by type.

        Raises
        ------
        DoorError
            it cannot be answered now.
        """
        return await self._asked(lambda: self.searcher.find(search.asked, search.types, search.limit, search.hidden))

    async def dossier(self, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """All that is known of one thing.

        Raises
        ------
        DoorError
            404 for what is hidden and what is not there alike; it cannot be answered now.
        """
        if kind not in KINDS:
            raise DoorError(404, f"there are no such dossiers; there are {', '.join(KINDS)}")
        name, unknown = given.get("id"), given.keys() - {"id", "hidden"}
        if unknown or not isinstance(name, str) or not 0 < len(name) <= _MOST_ID:
            raise DoorError(
                400,
                f"nothing is named; write the id of a hit, of at most {_MOST_ID} characters, as id, and what is hidden as hidden",
            )
        hidden = _hidden(given.get("hidden"))
        name = name.encode(errors="replace").decode()
        found = await self._asked(lambda: {"dossier": self.searcher.dossier(kind, name, hidden)})
        if found["dossier"] is None:
            raise DoorError(404, "there is nothing of this id")
        return found

    async def _asked(self, find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if self._waiting >= MOST_WAITING:
            raise DoorError(503, "many search already and others wait; search again soon", 2)
        self._waiting += 1
        loop = asyncio.get_running_loop()
        try:
            await self._freshen()
            age_s = loop.time() - self._as_of_s
            async with asyncio.timeout(_ANSWER_S):
                found = await loop.run_in_executor(self._askers, find)
        except TimeoutError:
            raise DoorError(504, f"took longer than {_ANSWER_S:g} s; search again, for more of the word", 5) from None
        except StoreError as exc:
            raise DoorError(503, "the store is not open now, or needs its memory for what comes in", 2) from exc
        finally:
            self._waiting -= 1
        return {"ok": True, "age_s": round(max(age_s, 0.0), 3), **found}

    def close(self) -> None:
        """End it: what is being read ends with the store."""
        self._maker.shutdown(wait=False, cancel_futures=True)
        self._askers.shutdown(wait=False, cancel_futures=True)

    async def _freshen(self) -> None:
        """Have the index as new as it can be had soon."""
        loop = asyncio.get_running_loop()
        running = self._advancing
        if running is None and loop.time() - self._begun_s > FRESH_S:
            self._begun_s = loop.time()
            running = self._advancing = asyncio.ensure_future(self._advance())
        if running is not None:
            age_s = loop.time() - self._as_of_s
            wait_s = _FIRST_WAIT_S if age_s > MOST_AGE_S else _STALE_WAIT_S if age_s > _STALE_S else _WAIT_S
            await asyncio.wait({running}, timeout=wait_s)
        if not self.searcher.is_ready or loop.time() - self._as_of_s > MOST_AGE_S:
            why = "the search is being brought up to date: it reads what the store holds; search again soon"
            raise DoorError(503, self._why or why, 3)

    async def _advance(self) -> None:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        try:
            await loop.run_in_executor(self._maker, self.searcher.read_on)
            self._as_of_s, self._why = begun_s, ""
        except StoreError:
            self._why = "the search cannot read the store now; search again soon"
        except Exception as exc:  # whatever it is, it is said to whoever searches, and tried again
            self._why = f"the search failed in reading the store ({type(exc).__name__}); tell whoever runs the engine"
        finally:
            self._advancing = None


def _types(given: Any) -> tuple[str, ...]:
    if given is None or given == "":
        return TYPES
    names = given.split(",") if isinstance(given, str) else given
    if not isinstance(names, Sequence) or not all(isinstance(name, str) and name in TYPES for name in names):
        raise DoorError(400, f"types names something that is not searched; there are {', '.join(TYPES)}")
    return tuple(names)


def _limit(given: Any) -> int:
    if given is None or given == "":
        return DEFAULT_LIMIT
    text = str(given)
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_LIMIT)) and 1 <= int(text) <= MOST_LIMIT):
        raise DoorError(400, f"limit is no number from 1 to {MOST_LIMIT}")
    return int(text)


def _hidden(given: Any) -> Hidden:
    if given is None:
        return Hidden()
    wrong = DoorError(400, f'hidden is no list of {{"what", "value"}}; what is one of {", ".join(WHATS)}')
    if not isinstance(given, list) or len(given) > MOST_RULES:
        raise wrong
    rules: list[tuple[str, str]] = []
    for one in given:
        what, value = (one.get("what"), one.get("value")) if isinstance(one, dict) else (None, None)
        if what not in WHATS or not isinstance(value, str) or len(value) > _MOST_VALUE:
            raise wrong
        rules.append((what, value))
    return Hidden.of(rules)
