"""Which inputs a store holds, by what they contain; what a replay adds to them or replaces; how one is undone.

A source is what it contains, not what its file is called: its digest is of the bytes as read, unpacked. The inputs of one replay are judged
together, so their events stand and fall together: the replay is what is replaced or removed, never a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from tracker.errors import InputError
from tracker.store.database import Write
from tracker.units import Micros, iso_time

WHOLE: Final = "whole"
PARTIAL: Final = "partial"
_BY_SOURCE: Final = ("position_rows", "static_rows", "other_message_rows")
_BY_REPLAY: Final = (
    "event_revisions", "alert_revisions", "port_call_rows", "reject_rows", "cargo_link_rows", "cargo_suggestion_rows",
    "paper_versions", "paper_calls", "paper_legs", "consignment_rows", "source_rows", "replays",
)  # fmt: skip
_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Incoming:
    """An input about to be replayed."""

    name: str
    content_sha256: str
    input: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replay does to a store, before it does it."""

    replay: int
    names: tuple[str, ...]
    """Names under which the inputs are kept, in their order."""
    replaced: Mapping[int, tuple[str, ...]]
    """Replays whose place it takes, with their sources."""
    were_partial: frozenset[int]
    beside: tuple[str, ...]
    """Sources of other replays, which stay as they are."""
    renamed: Mapping[str, str]
    """File names taken by other content, and the names given instead."""

    def sentences(self) -> list[str]:
        """What a person should know before it happens."""
        said = []
        for replay, sources in self.replaced.items():
            why = "was not finished" if replay in self.were_partial else "holds the same content"
            said.append(f"replaces replay {replay} ({', '.join(sources)}), which {why}")
        for name, given in self.renamed.items():
            said.append(
                f"{name} holds other content than the source of its name, which stays; this one is kept as {given}"
            )
        if self.beside:
            said.append(
                f"beside {len(self.beside)} sources of other replays, whose events stay as they are; "
                "to judge all of them together, replay them in one command"
            )
        return said

    def to_json(self) -> dict[str, Any]:
        """For the summary."""
        return {
            "replay": self.replay,
            "sources": list(self.names),
            "replaced": {str(replay): list(sources) for replay, sources in self.replaced.items()},
            "beside": len(self.beside),
        }


def plan_replay(connection: duckdb.DuckDBPyConnection, inputs: Sequence[Incoming], where: str) -> Plan:
    """What replaying some inputs would do.

    Raises
    ------
    InputError
        the store is the live program's, or an input was judged together with others that are not among these.
    """
    refuse_live(connection, where, "replay into a file of its own: --db OTHER.duckdb")
    held = connection.execute(
        "SELECT replay, source, coalesce(content_sha256, sha256), state FROM sources WHERE replay IS NOT NULL ORDER BY replay, source"
    ).fetchall()
    mine = {one.content_sha256: one for one in inputs}
    replays: dict[int, list[tuple[str, str, str]]] = {}
    for replay, source, digest, state in held:
        replays.setdefault(replay, []).append((source, digest, state))
    replaced: dict[int, tuple[str, ...]] = {}
    partial: set[int] = set()
    for replay, rows in replays.items():
        shared = [mine[digest].input for _, digest, _ in rows if digest in mine]
        if not shared:
            continue
        others = [source for source, digest, _ in rows if digest not in mine]
        if all(state == PARTIAL for *_, state in rows):
            partial.add(replay)
        elif others:
            raise InputError(
                f"is in this store already, judged together with {', '.join(others)} in replay {replay}",
                shared[0],
                f"name all of them in one command, or first: tidewaiter sources remove --replay {replay} --db {where}",
            )
        replaced[replay] = tuple(source for source, *_ in rows)
    beside = tuple(source for replay, source, *_ in held if replay not in replaced)
    names, renamed = _names(inputs, set(beside))
    number = max([0, *replays]) + 1
    return Plan(number, names, replaced, frozenset(partial), beside, renamed)


def _names(inputs: Sequence[Incoming], taken: set[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The file's name, with the beginning of its digest where another source has that name."""
    names: list[str] = []
    renamed: dict[str, str] = {}
    for one in inputs:
        name = one.name
        if name in taken:
            name = renamed[one.input] = f"{one.name}~{one.content_sha256[:_DIGITS]}"
        taken.add(name)
        names.append(name)
    return tuple(names), renamed


def begin_replay(plan: Plan, begun_us: Micros, sources: Sequence[Mapping[str, Any]]) -> Write:
    """Take the place of what is replaced, and enter the replay as partial until :func:`end_replay`."""

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        for replay in plan.replaced:
            forget_replay(connection, replay)
        connection.execute("INSERT INTO replays VALUES (?, ?, ?, NULL)", [plan.replay, PARTIAL, iso_time(begun_us)])
        for row in sources:
            connection.execute(
                "INSERT INTO source_rows (source, input, kind, sha256, content_sha256, feed, replay, units_in, units_decoded) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)",
                [*(row[name] for name in ("source", "input", "kind", "sha256", "content_sha256", "feed")), plan.replay],
            )

    return write


def end_replay(replay: int, ended_us: Micros, units: Mapping[str, tuple[int, int]]) -> Write:
    """The replay is whole; ``units`` are read and decoded by source."""

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        for source, (units_in, units_decoded) in units.items():
            connection.execute(
                "UPDATE source_rows SET units_in = ?, units_decoded = ? WHERE source = ? AND replay = ?",
                [units_in, units_decoded, source, replay],
            )
        connection.execute(
            "UPDATE replays SET state = ?, ended_time = ? WHERE replay = ?", [WHOLE, iso_time(ended_us), replay]
        )

    return write


def forget_replay(connection: duckdb.DuckDBPyConnection, replay: int) -> None:
    """Everything a replay put in: rows of its sources, its events, alerts, port calls and papers."""
    for table in _BY_SOURCE:
        connection.execute(
            f"DELETE FROM {table} WHERE source IN (SELECT source FROM source_rows WHERE replay = ?)", [replay]
        )
    for table in _BY_REPLAY:
        connection.execute(f"DELETE FROM {table} WHERE replay = ?", [replay])


def replays_to_remove(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], replays: Sequence[int], where: str
) -> dict[int, list[str]]:
    """Replays that hold the sources named, with all of their sources.

    Raises
    ------
    InputError
        a source or replay is not there, or was judged together with one that is not named; or the store is the live program's.
    """
    refuse_live(connection, where, "its rows are kept by age: [watch] settings of retention")
    held: dict[int, list[str]] = {}
    for replay, source in connection.execute(
        "SELECT replay, source FROM sources WHERE replay IS NOT NULL ORDER BY ALL"
    ).fetchall():
        held.setdefault(replay, []).append(source)
    known = {source: replay for replay, sources in held.items() for source in sources}
    for name in names:
        if name not in known:
            raise InputError(f"holds no source {name!r}", where, f"its sources are {', '.join(known) or 'none'}")
    for number in replays:
        if number not in held:
            raise InputError(
                f"holds no replay {number}", where, f"its replays are {', '.join(map(str, held)) or 'none'}"
            )
    wanted = dict.fromkeys([*replays, *(known[name] for name in names)])
    for number in wanted:
        others = [source for source in held[number] if source not in names]
        if others and number not in replays:
            raise InputError(
                f"was judged together with {', '.join(others)}, so that their events stand and fall together",
                next(name for name in names if known[name] == number),
                f"name them too, or: --replay {number}",
            )
    return {number: held[number] for number in wanted}


def refuse_live(connection: duckdb.DuckDBPyConnection, where: str, mend: str) -> None:
    """The live program's store is its own."""
    row = connection.execute("SELECT count(*) FROM watch_state WHERE name <> 'store_id'").fetchone()
    if row is not None and row[0]:
        raise InputError("is the store of 'tidewaiter watch'", where, mend)
