"""Papers in the store: documents as they were received, and what they say, version by version.

What a document does to the papers of one number (``manifest_id``)::

    nothing known                              its version, as it declares it
    a higher version than the latest           replaces all that was said, and is the next version
    the same version, and it says the same     nothing; the document is kept
    the same version, and it says otherwise    next version: what was said, with what it says in its place
    a lower version                            kept under its own number, never judged

So parts of one manifest may come as several documents, in any order, and a cut document takes nothing away: one that is incomplete is always added and never replaces.
Flags add up.

Papers are known from ``known_us`` until the next version is (``superseded_us``). Both are instants of event time; where no feed drives the time (a store at rest) they are the
time of receipt.

Everything is written by ``PaperStore.take`` in the caller's transaction, and a pure function of the document and the store: a transaction begun anew does the same again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import zstandard

from tracker.cargo.box_events import BoxEvent
from tracker.cargo.codes import compact
from tracker.cargo.columns import (
    CALL_COLUMNS,
    LEG_COLUMNS,
    VERSION_COLUMNS,
    call_rows,
    head_of,
    head_text,
    leg_rows,
    statement_table,
    table_of,
    version_row,
)
from tracker.cargo.consignment import Flag, Location
from tracker.cargo.ledger import CargoFile
from tracker.cargo.manifest import Manifest
from tracker.cargo.rows import ConsignmentRows, flags_of, flags_text
from tracker.papers.digest import manifest_digest, statement_digests
from tracker.papers.receive import UNNAMED, Received
from tracker.printable import printable
from tracker.store.append import insert_table
from tracker.store.database import Database
from tracker.store.papers_read import OF_DOCUMENTS, content_of, documents_of, in_order, manifests_of
from tracker.store.tables import BOX_EVENT_COLUMNS

Connection: TypeAlias = duckdb.DuckDBPyConnection
READER: Final = "1"
"""Version of the readers as a whole: a document of which nothing could be read is read again by a later one."""
_LEVEL: Final = 3
_KNOWN: Final = {
    "paper_versions": ("known_time", "superseded_time"), "document_rows": ("known_time",), "box_event_rows": ("known_time",),
}  # fmt: skip
"""Instants of event time."""
_MOST_TOLD: Final = 50
"""Manifests of one document that are named one by one in what is told of it."""


@dataclass(frozen=True, slots=True)
class PaperChange:
    """What a document changed."""

    sha256: str
    versions: tuple[Manifest, ...] = ()
    """The newest version of each manifest that is another one now, whole; those whose craft nobody named yet are not among them."""
    is_repeated: bool = False
    """The same bytes were here before; nothing was done."""
    refusal: str | None = None
    """Why nothing could be read; the bytes are kept all the same."""
    is_incomplete: bool = False
    account: CargoFile | None = None
    box_events: tuple[BoxEvent, ...] = ()
    """What it tells of boxes."""
    said_before: int = 0
    """Manifests of which it says nothing new."""
    not_judged: int = 0
    """Manifests of which a higher version was here."""

    def to_json(self) -> dict[str, Any]:
        """What is told of it, at the terminal and at the door."""
        file = self.account
        return {
            "sha256": self.sha256,
            "state": "refused" if self.refusal else "repeated" if self.is_repeated else "taken",
            "refusal": self.refusal,
            "is_incomplete": self.is_incomplete,
            "manifests": [
                {"manifest_id": one.manifest_id, "version": one.version, "consignments": len(one.consignments)}
                for one in self.versions[:_MOST_TOLD]
            ],
            "manifests_changed": len(self.versions),
            "manifests_said_before": self.said_before,
            "manifests_not_judged": self.not_judged,
            "box_events": len(self.box_events),
            "rows_in": 0 if file is None else file.rows_in,
            "rows_refused": 0 if file is None else file.rejects.total,
            "warnings": 0 if file is None else file.warnings.total,
            "told": [] if file is None else [
                {"at": one.at, "note": one.note} for one in (*file.rejects.samples, *file.warnings.samples)
            ],
        }  # fmt: skip


@dataclass(slots=True)
class _Known:
    """The latest version of a manifest in the store."""

    version: int
    declared_version: int
    head: str
    digest: str
    versions: frozenset[int] = frozenset()
    """Numbers that are taken."""
    statements: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """Digest and flags of each consignment."""
    is_incomplete: bool = False


@dataclass(slots=True)
class _Next:
    """A version about to be written. ``rows`` are its new statements, ``ended`` the consignments whose former ones are over."""

    manifest: Manifest
    declared_version: int
    rows: pa.Table
    digest: str
    ended: list[str] = field(default_factory=list)
    ends: int | None = None
    """The version that it takes the place of."""
    is_judged: bool = True


class PaperStore:
    """Papers of one store. All of its questions see what was handed over so far, committed or not."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, received: Received, known_us: int, *, is_last: bool = True) -> PaperChange:
        """Keep a document and what it says, as known from ``known_us`` on; durable with the caller's next commit.

        A large one may be given in portions, cut between manifests: the document itself is kept with the one that ``is_last``.
        """
        return self._database.work(lambda connection: take(connection, received, known_us, is_last=is_last))

    def latest(self, manifest_ids: Sequence[str] | None = None) -> tuple[Manifest, ...]:
        """The version in force of each manifest that documents brought, in the order of their ids; of some of them where they are given."""
        return self._database.ask(lambda connection: manifests_of(connection, "v.is_latest = 1", {}, manifest_ids))

    def as_known(self, known_us: int, manifest_ids: Sequence[str] | None = None) -> tuple[Manifest, ...]:
        """The versions that were in force at an instant."""
        return self._database.ask(
            lambda connection: manifests_of(
                connection,
                "v.known_time <= make_timestamptz($known) AND coalesce(v.superseded_time > make_timestamptz($known), v.is_latest = 1) AND v.is_late = 0",
                {"known": known_us},
                manifest_ids,
            )
        )

    def box_events(self, since_us: int = 0) -> tuple[tuple[BoxEvent, int], ...]:
        """What documents told of boxes, those known at an instant or later, in the order in which they came to be known, each with that time."""
        return self._database.ask(
            lambda connection: tuple(
                (BoxEvent.from_text(text), known_us)
                for text, known_us in connection.execute(
                    "SELECT said, epoch_us(known_time) FROM box_event_rows WHERE known_time >= make_timestamptz(?) ORDER BY known_time, sha256, number",
                    [since_us],
                ).fetchall()
            )
        )

    def in_order(self, since_us: int) -> list[tuple[int, tuple[Manifest, ...]]]:
        """``(known_us, versions)`` in the order in which they became known: all that are in force, or were after an instant."""
        return self._database.ask(lambda connection: in_order(connection, since_us))

    def documents(self) -> list[dict[str, Any]]:
        """All documents, in the order of their receipt, without their bytes."""
        return self._database.ask(lambda connection: documents_of(connection, "true"))

    def refused(self) -> list[dict[str, Any]]:
        """Documents of which nothing could be read."""
        return self._database.ask(lambda connection: documents_of(connection, "refusal IS NOT NULL"))

    def content(self, sha256: str) -> bytes | None:
        """The bytes of a document, exactly as they were received; None where there is none of that digest."""
        return self._database.ask(lambda connection: content_of(connection, sha256))


def take(connection: Connection, received: Received, known_us: int, *, is_last: bool = True) -> PaperChange:
    """As :meth:`PaperStore.take`, on a connection that is in a transaction."""
    document = received.document
    found = connection.execute(
        "SELECT refusal, reader FROM document_rows WHERE sha256 = ?", [document.sha256]
    ).fetchall()
    before = found[0] if found else None
    is_read = before is not None and (received.is_refused or before[0] is None or before[1] == READER)
    if before is not None and is_read and not received.flags:  # flags may be on papers that came since
        return PaperChange(document.sha256, is_repeated=True, refusal=before[0])
    change = PaperChange(
        document.sha256,
        box_events=received.box_events,
        refusal=received.refusal,
        is_incomplete=received.is_incomplete,
        account=received.account,
    )
    changed: dict[str, None] = {}
    said_before = not_judged = 0
    for wave in _waves(received.manifests):
        known = _known(connection, [one.manifest_id for one in wave])
        fit, late = _without_taken_numbers(wave, known, received.account)
        found = [
            _next(one, rows, known.get(one.manifest_id), received.is_incomplete)
            for one, rows in zip(fit, _statements(fit), strict=True)
        ]
        coming = [one for one in found if one is not None]
        said_before += len(found) - len(coming)
        not_judged += late + sum(not one.is_judged for one in coming)
        changed |= dict.fromkeys(one.manifest.manifest_id for one in coming if one.is_judged)
        _write(connection, coming, received, known_us)
    flagged = _flagged(connection, received)
    changed |= dict.fromkeys(one.manifest.manifest_id for one in flagged)
    _write(connection, flagged, received, known_us)
    if is_last:
        insert_document(connection, received, known_us)
        _insert_box_events(connection, received, known_us)
    versions = manifests_of(connection, "v.is_latest = 1", {}, list(changed)) if changed else ()
    return replace(change, versions=versions, said_before=said_before, not_judged=not_judged)


def not_known_after(connection: Connection, instant_us: int) -> None:
    """Papers said to be known later were so at an instant: the watermark was that of a wrong clock, and is set back to it."""
    for table, columns in _KNOWN.items():
        for column in columns:
            connection.execute(
                f"UPDATE {table} SET {column} = make_timestamptz($at) WHERE {column} > make_timestamptz($at)", {"at": max(instant_us, 0)}
            )  # fmt: skip


def _waves(manifests: Sequence[Manifest]) -> Iterable[list[Manifest]]:
    """Manifests in order, none of which has its number twice."""
    wave: dict[str, Manifest] = {}
    for one in manifests:
        if one.manifest_id in wave:
            yield list(wave.values())
            wave = {}
        wave[one.manifest_id] = one
    if wave:
        yield list(wave.values())


def _known(connection: Connection, manifest_ids: Sequence[str]) -> dict[str, _Known]:
    """What the store says of some manifests."""
    names = pa.table({"manifest_id": pa.array(manifest_ids, pa.string())})
    connection.register("asked", names)
    try:
        heads = connection.execute(
            f"""SELECT v.manifest_id, v.version, v.declared_version, v.head, v.digest, v.is_incomplete,
            (SELECT list(o.version) FROM paper_versions o WHERE o.replay IS NULL AND o.manifest_id = v.manifest_id) FROM paper_versions v
            WHERE {OF_DOCUMENTS} AND v.is_latest = 1 AND v.manifest_id IN (SELECT manifest_id FROM asked)"""
        ).fetchall()
        if not heads:
            return {}
        known = {
            row[0]: _Known(row[1], row[2], row[3], row[4], frozenset(row[6]), is_incomplete=bool(row[5]))
            for row in heads
        }
        for name, consignment_id, digest, flags in connection.execute(
            """SELECT manifest_id, consignment_id, digest, flags FROM consignment_rows
            WHERE replay IS NULL AND last_version IS NULL AND digest IS NOT NULL AND manifest_id IN (SELECT manifest_id FROM asked)"""
        ).fetchall():
            if name in known:
                known[name].statements[consignment_id] = digest, flags
        return known
    finally:
        connection.unregister("asked")


def _without_taken_numbers(
    manifests: Sequence[Manifest], known: Mapping[str, _Known], account: CargoFile
) -> tuple[list[Manifest], int]:
    """Those that can be entered, and how many cannot: of a lower version than the latest, under a number that is taken."""
    fit = []
    for one in manifests:
        held = known.get(one.manifest_id)
        if held is None or one.version >= held.declared_version or one.version not in held.versions:
            fit.append(one)
            continue
        note = f"version {held.declared_version} of manifest {one.manifest_id} is here, and version {one.version} too: it is not taken"
        account.warn(1, f"manifest_id={one.manifest_id}; version={one.version}", note)
    return fit, len(manifests) - len(fit)


def _statements(manifests: Sequence[Manifest]) -> list[pa.Table]:
    """The consignments of each manifest as columns, with their digests: slices of one table, for there may be a million."""
    parts = [statement_table(items) for items in ConsignmentRows.joined([one.consignments for one in manifests])]
    whole = pa.concat_tables([*parts, statement_table(())]).combine_chunks()
    whole = whole.append_column("digest", statement_digests(whole))
    ends = np.cumsum([0, *(len(one.consignments) for one in manifests)])
    return [whole.slice(begin, end - begin) for begin, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]


def _next(manifest: Manifest, rows: pa.Table, known: _Known | None, is_incomplete: bool) -> _Next | None:
    """The version that a manifest makes, None where it says nothing new; ``rows`` are its consignments with their digests."""
    said = dict(
        zip(
            rows.column("consignment_id").to_pylist(),
            zip(rows.column("digest").to_pylist(), rows.column("flags").to_pylist(), strict=True),
            strict=True,
        )
    )
    head = head_text(manifest.conveyance, manifest.itinerary)
    declared, is_incomplete = manifest.version, is_incomplete or manifest.is_incomplete
    manifest = replace(manifest, is_incomplete=is_incomplete)
    if known is None:
        return _Next(manifest, declared, rows, _digest(head, said))
    if declared < known.declared_version:
        return _Next(manifest, declared, rows, _digest(head, said), is_judged=False)
    is_whole = declared > known.declared_version and not is_incomplete
    version = max(declared, known.version + 1)
    conveyance, itinerary = head_of(known.head, manifest.manifest_id, version)
    conveyance = conveyance if manifest.conveyance == UNNAMED else manifest.conveyance
    calls = manifest.itinerary if manifest.itinerary is not None or is_whole else itinerary
    itinerary = None if calls is None else replace(calls, version=version, conveyance=conveyance)
    # what an incomplete document alone told, and goes on to count, keeps its mark
    is_incomplete |= known.is_incomplete and not is_whole and not known.statements.keys() <= said.keys()
    merged = replace(manifest, version=version, conveyance=conveyance, itinerary=itinerary, is_incomplete=is_incomplete)
    head = head_text(conveyance, itinerary)
    flags = {
        name: _both_flags(known.statements[name][1], flags)
        for name, (_, flags) in said.items()
        if name in known.statements
    }
    said = {name: (digest, flags.get(name, own)) for name, (digest, own) in said.items()}
    is_new = np.array([known.statements.get(name) != said[name] for name in said], dtype=bool)
    ended = [name for name, new in zip(said, is_new, strict=True) if new and name in known.statements]
    whole = said
    if is_whole:
        ended += [name for name in known.statements if name not in said]
    else:
        whole = known.statements | said
    digest = _digest(head, whole)
    if digest == known.digest and (is_incomplete or not known.is_incomplete):
        return None
    rows = _with_flags(rows, [one for _, one in said.values()]).filter(pa.array(is_new))
    return _Next(merged, declared, rows, digest, ended, known.version)


def _digest(head: str, said: Mapping[str, tuple[bytes, str]]) -> str:
    return manifest_digest(head, ((name, digest, flags) for name, (digest, flags) in said.items()))


def _both_flags(one: str, other: str) -> str:
    """Flags of two statements together, each once, in the order they came."""
    if one == other or other == "[]":
        return one
    both = json.loads(one)
    both += [flag for flag in json.loads(other) if flag not in both]
    return json.dumps(both, ensure_ascii=False)


def _with_flags(rows: pa.Table, flags: Sequence[str]) -> pa.Table:
    """The rows with other flags."""
    severity = [max((flag.severity for flag in flags_of(text)), default=None) for text in flags]
    for name, values, kind in (("flags", flags, pa.string()), ("flag_severity", severity, pa.float64())):
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(values, kind))
    return rows


def _flagged(connection: Connection, received: Received) -> list[_Next]:
    """New versions of the papers that rows of a file of flags speak of."""
    if not received.flags:
        return []
    asked = pa.table(
        {
            name: pa.array([change(str(values.get(name, ""))) for values, _ in received.flags], pa.string())
            for name, change in (("consignment_id", str), ("document_number", compact))
        }
    )
    connection.register("asked", asked)
    number = "regexp_replace(upper(document_number), '[^A-Z0-9]', '', 'g')"
    found = connection.sql(
        f"""SELECT * EXCLUDE (first_version, last_version, replay), {number} AS number FROM consignment_rows
        WHERE replay IS NULL AND last_version IS NULL AND digest IS NOT NULL
        AND (consignment_id IN (SELECT consignment_id FROM asked) OR number IN (SELECT document_number FROM asked WHERE document_number <> ''))"""
    ).to_arrow_table()
    connection.unregister("asked")
    named = found.select(["manifest_id", "consignment_id", "number"]).to_pylist()
    flags: dict[int, list[Flag]] = {}
    for values, origin in received.flags:
        wanted = {
            "manifest_id": values.get("manifest_id"),
            "consignment_id": values.get("consignment_id"),
            "number": compact(values["document_number"]) if values.get("document_number") else None,
        }
        at = [i for i, one in enumerate(named) if all(value in (None, one[key]) for key, value in wanted.items())]
        if not at:
            sample = "; ".join(
                f"{key}={value}"
                for key, value in values.items()
                if key in ("manifest_id", "consignment_id", "document_number")
            )
            origin.reject(
                sample, "no papers here have a consignment of these numbers; add its papers, then these flags once more"
            )
        flag = Flag(
            values["flag"], values.get("severity", 0.5), values.get("reason"), values.get("by"), values.get("at")
        )
        for i in at:
            flags.setdefault(i, []).append(flag)
    by_manifest: dict[str, list[int]] = {}
    for i in sorted(flags):
        by_manifest.setdefault(named[i]["manifest_id"], []).append(i)
    known = _known(connection, list(by_manifest))
    coming = []
    for name, at in by_manifest.items():
        rows = found.take(at).drop_columns(["manifest_id", "number"])
        before = rows.column("flags").to_pylist()
        now = [_both_flags(text, flags_text(flags[i])) for text, i in zip(before, at, strict=True)]
        is_new = [one != other for one, other in zip(before, now, strict=True)]
        if not any(is_new):
            continue
        held = known[name]
        conveyance, itinerary = head_of(held.head, name, held.version + 1)
        rows = _with_flags(rows, now).filter(pa.array(is_new))
        said = zip(rows.column("digest").to_pylist(), rows.column("flags").to_pylist(), strict=True)
        changed = dict(zip(rows.column("consignment_id").to_pylist(), said, strict=True))
        is_incomplete = held.is_incomplete or received.is_incomplete
        manifest = Manifest(name, held.version + 1, conveyance, itinerary, (), is_incomplete)
        digest = _digest(held.head, held.statements | changed)
        coming.append(_Next(manifest, held.declared_version, rows, digest, list(changed), held.version))
    return coming


def _write(connection: Connection, coming: Sequence[_Next], received: Received, known_us: int) -> None:
    """Enter some versions, and end what they take the place of."""
    if not coming:
        return
    document = received.document
    judged = [one for one in coming if one.ends is not None]
    if judged:
        ending = pa.table(
            {
                "manifest_id": pa.array([one.manifest.manifest_id for one in judged], pa.string()),
                "version": pa.array([one.ends for one in judged], pa.int32()),
            }
        )
        connection.register("ending", ending)
        connection.execute(
            """UPDATE paper_versions v SET is_latest = 0, superseded_time = make_timestamptz(?) FROM ending e
            WHERE v.replay IS NULL AND v.is_latest = 1 AND v.manifest_id = e.manifest_id AND v.version = e.version""",
            [known_us],
        )
        connection.unregister("ending")
        ended = [(one.manifest.manifest_id, name, one.ends) for one in judged for name in one.ended]
        if ended:
            columns = list(zip(*ended, strict=True))
            over = pa.table(
                {
                    "manifest_id": pa.array(columns[0], pa.string()),
                    "consignment_id": pa.array(columns[1], pa.string()),
                    "version": pa.array(columns[2], pa.int32()),
                }
            )
            connection.register("ended", over)
            connection.execute(
                """UPDATE consignment_rows c SET last_version = e.version FROM ended e
                WHERE c.replay IS NULL AND c.last_version IS NULL AND c.manifest_id = e.manifest_id AND c.consignment_id = e.consignment_id"""
            )
            connection.unregister("ended")
    came = {
        "sha256": document.sha256,
        "received_us": document.received_us,
        "known_us": known_us,
    }
    versions, calls, legs = [], [], []
    for one in coming:
        manifest = one.manifest
        more = {**came, "superseded_us": None if one.is_judged else known_us, "is_late": int(not one.is_judged)}
        versions.append(
            version_row(
                manifest, is_latest=one.is_judged, declared_version=one.declared_version, digest=one.digest, **more
            )
        )
        calls += call_rows(manifest)
        legs += leg_rows(manifest)
    rows = pa.concat_tables([one.rows for one in coming])
    keys = {
        "manifest_id": ([one.manifest.manifest_id for one in coming], pa.string()),
        "first_version": ([one.manifest.version for one in coming], pa.int32()),
        "last_version": ([None if one.is_judged else one.manifest.version for one in coming], pa.int32()),
    }
    of_rows = pa.array(np.repeat(np.arange(len(coming)), [one.rows.num_rows for one in coming]))
    for name, (values, kind) in keys.items():
        rows = rows.append_column(name, pa.array(values, kind).take(of_rows))
    carried = [one for one in judged if one.is_judged]
    insert_table(connection, "paper_versions", table_of(VERSION_COLUMNS, versions))
    insert_table(connection, "paper_calls", table_of(CALL_COLUMNS, calls))
    insert_table(connection, "consignment_rows", rows)
    legs += _carried_legs(connection, carried, {(row["manifest_id"], row["loading"], row["discharge"]) for row in legs})
    insert_table(connection, "paper_legs", table_of(LEG_COLUMNS, legs))


def _carried_legs(
    connection: Connection, coming: Sequence[_Next], written: set[tuple[str, str, str]]
) -> list[dict[str, Any]]:
    """Ways of goods that a version has from the one before it, with the times of its own calls."""
    legs: list[dict[str, Any]] = []
    for one in coming:
        manifest = one.manifest
        ways = connection.execute(
            """SELECT DISTINCT c.loading, l.loading_name, l.loading_lat_deg, l.loading_lon_deg, c.discharge, l.discharge_name, l.discharge_lat_deg,
            l.discharge_lon_deg FROM consignment_rows c JOIN paper_legs l ON l.manifest_id = c.manifest_id AND l.replay IS NULL AND l.version = $version
            AND l.loading = c.loading AND l.discharge = c.discharge
            WHERE c.manifest_id = $manifest AND c.replay IS NULL AND c.last_version IS NULL""",
            {"version": one.ends, "manifest": manifest.manifest_id},
        ).fetchall()
        ends = [
            (Location(*row[:4]), Location(*row[4:]))
            for row in ways
            if (manifest.manifest_id, row[0], row[4]) not in written
        ]
        legs += leg_rows(manifest, ends)
    return legs


def insert_document(connection: Connection, received: Received, known_us: int) -> None:
    """Keep the bytes and the account of them."""
    document, file = received.document, received.account
    account = {
        name: [{"at": one.at, "sample": one.text, "note": one.note} for one in tally.samples]
        for name, tally in (("refused", file.rejects), ("warnings", file.warnings))
    }
    row = {
        "sha256": document.sha256, "name": printable(document.name), "source": printable(document.source), "received": document.received_us, "known": known_us,
        "format": received.format or None, "reader": READER, "bytes": len(document.content), "rows_in": file.rows_in,
        "rows_refused": file.rejects.total, "warnings": file.warnings.total, "is_incomplete": int(received.is_incomplete),
        "refusal": received.refusal, "account": json.dumps(account, ensure_ascii=False),
        "content": zstandard.ZstdCompressor(level=_LEVEL).compress(document.content),
    }  # fmt: skip
    connection.execute(
        """INSERT INTO document_rows (sha256, name, source, received_time, known_time, format, reader, bytes, rows_in, rows_refused, warnings,
        is_incomplete, refusal, account, content) VALUES ($sha256, $name, $source, make_timestamptz($received), make_timestamptz($known), $format,
        $reader, $bytes, $rows_in, $rows_refused, $warnings, $is_incomplete, $refusal, $account, $content)
        ON CONFLICT (sha256) DO UPDATE SET format = excluded.format, reader = excluded.reader, rows_in = excluded.rows_in, rows_refused = excluded.rows_refused,
        warnings = excluded.warnings, is_incomplete = excluded.is_incomplete, refusal = excluded.refusal, account = excluded.account""",
        row,
    )


def _insert_box_events(connection: Connection, received: Received, known_us: int) -> None:
    document = received.document
    rows = [
        {
            "sha256": document.sha256, "number": number, "received_us": document.received_us, "known_us": known_us, "equipment_id": event.equipment_id,
            "kind": str(event.kind), "classifier": str(event.classifier), "location": event.location, "time_us": event.time_us, "said": event.to_text(),
        }
        for number, event in enumerate(received.box_events, 1)
    ]  # fmt: skip
    if rows:
        connection.execute("DELETE FROM box_event_rows WHERE sha256 = ?", [document.sha256])
        insert_table(connection, "box_event_rows", table_of(BOX_EVENT_COLUMNS, rows))
