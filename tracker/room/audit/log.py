"""The audit in the store: entries are appended in the transaction of what they tell of.

::

    with store.begin() as connection:
        ...                                         # the act itself
        audit.write(connection, caller, Act.ALERT_ACTED, ("alert:6f1c",), terms={"kind": "close"})

If the transaction fails, neither happened; if it is committed, both did. A read is written in a transaction of its own, committed before the answer is sent.
Write last in a transaction: from then on every other writer waits for its end.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row, insert, select, update

from tracker.room.audit.audit_tables import AUDIT_ENTRIES, AUDIT_HEADS, AUDIT_OBJECTS, AUDIT_TIP
from tracker.room.audit.chain import GENESIS, Entry, Term, sealed
from tracker.room.audit.heads import Head, search_key, signed
from tracker.room.audited import Act, note_written

_ID: Final = re.compile(r"[A-Za-z0-9_:.,@+/=~*-]{0,200}")
"""Ids, numbers and instants; a sentence, or most names of people, have a space and are no id."""
_ROWS: Final = 1_000
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Actor(Protocol):
    """Whoever acts, as far as the audit tells (``tracker.room.rights.Caller``)."""

    @property
    def person_id(self) -> str:
        """Id of the person or service."""
        ...

    @property
    def session_id(self) -> str | None:
        """The session that acts, if it is one."""
        ...

    @property
    def token_id(self) -> str | None:
        """The token that acts, if it is one."""
        ...

    @property
    def is_service(self) -> bool:
        """Whether a program acts."""
        ...


def actor_of(caller: Actor | None) -> str:
    """How an actor is written: ``person:ID``, ``service:ID``, or ``nobody`` before anybody signed in."""
    if caller is None or not (caller.person_id or caller.token_id):
        return "nobody"
    return f"{'service' if caller.is_service else 'person'}:{caller.person_id or caller.token_id}"


class AuditLog:
    """Appends to the chain, and signs its heads.

    Parameters
    ----------
    now_us:
        The clock.
    key:
        Signs heads (``tracker.room.audit.keys``); digests of searches are made with a key that is made from it.
    """

    def __init__(self, now_us: Callable[[], int], key: Ed25519PrivateKey) -> None:
        self._now_us = now_us
        self._key = key
        self._search_key = search_key(key)

    def write(
        self,
        connection: Connection,
        caller: Actor | None,
        act: Act,
        objects: Sequence[str] = (),
        *,
        is_refused: bool = False,
        terms: Mapping[str, Any] = NOTHING,
    ) -> Entry:
        """Append an entry in the transaction of ``connection``; the entry as it stands then.

        Objects and words in terms are ids: what is none is written as a digest, so that no name and no sentence gets in.
        """
        sequence, tip = self._tip(connection)
        session = "" if caller is None else (caller.session_id or caller.token_id or "")
        entry = sealed(
            sequence + 1,
            tip,
            at_us=self._now_us(),
            act=str(act),
            actor=self._as_id(actor_of(caller)),
            session=self._as_id(session),
            objects=[self._as_id(name) for name in objects],
            is_refused=is_refused,
            terms={name: self._as_term(value) for name, value in terms.items()},
        )
        connection.execute(insert(AUDIT_ENTRIES).values(**_row_of(entry)))
        told = [{"object": name, "sequence": entry.sequence} for name in dict.fromkeys(entry.objects)]
        if told:
            connection.execute(insert(AUDIT_OBJECTS), told)
        connection.execute(update(AUDIT_TIP).values(sequence=entry.sequence, hash=entry.hash))
        note_written(entry.act)
        return entry

    def digest_of(self, words: str) -> str:
        """A keyed digest of what somebody searched for: equal words are equal, and nobody without the key can try words."""
        return hmac.new(self._search_key, words.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def sign_head(self, connection: Connection, caller: Actor | None = None) -> Head:
        """Sign the chain as it ends now, with an entry that says so as its last; the head, for publishing once the transaction is committed."""
        entry = self.write(connection, caller, Act.AUDIT_HEAD_SIGNED)
        head = signed(self._key, entry.sequence, entry.hash, entry.at_us)
        connection.execute(
            insert(AUDIT_HEADS).values(
                sequence=head.sequence, hash=head.hash, at_us=head.at_us, key=head.key, signature=head.signature
            )
        )
        return head

    def _as_id(self, text: str) -> str:
        """An id as it may stand in the audit; what is none (a feed whose name has a space) by a digest that nobody without the key can try names against."""
        return text if _ID.fullmatch(text) else f"digest:{self.digest_of(text)}"

    def _as_term(self, value: Any) -> Term:
        if value is None or isinstance(value, bool):
            return value
        return value if isinstance(value, int) and abs(value) < 1 << 53 else self._as_id(str(value))

    def _tip(self, connection: Connection) -> tuple[int, str]:
        """Number and hash of the last entry, held for this transaction alone (SQLite has one writer at a time anyway)."""
        asked = select(AUDIT_TIP.c.sequence, AUDIT_TIP.c.hash).with_for_update()
        tip = connection.execute(asked).one_or_none()
        if tip is not None:
            return tip.sequence, tip.hash
        connection.execute(insert(AUDIT_TIP).values(only=1, sequence=0, hash=GENESIS))
        return 0, GENESIS


def _row_of(entry: Entry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "at_us": entry.at_us,
        "act": entry.act,
        "actor": entry.actor,
        "session": entry.session,
        "objects": json.dumps(list(entry.objects)),
        "is_refused": entry.is_refused,
        "terms": json.dumps(dict(entry.terms), sort_keys=True),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def entry_of(row: Row[Any]) -> Entry:
    """The entry of a row, however damaged: what cannot be read makes an entry whose hash does not hold."""
    return Entry(
        sequence=_number(row.sequence),
        at_us=_number(row.at_us),
        act=row.act,
        actor=row.actor,
        session=row.session,
        objects=tuple(_read(row.objects, list, ["damaged"])),
        is_refused=row.is_refused,
        terms=_read(row.terms, dict, {"damaged": row.terms}),
        previous=row.previous,
        hash=row.hash,
    )


def _number(value: Any) -> int:
    """SQLite keeps a text in a column of numbers, if somebody puts one there."""
    return value if isinstance(value, int) else 0


def _read(text: Any, kind: type, instead: Any) -> Any:
    try:
        read = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return instead
    return read if isinstance(read, kind) else instead


def entries(connection: Connection, after: int = 0) -> Iterator[Entry]:
    """The chain in its order, read in pieces: as it stood when the transaction of ``connection`` began, where that isolates so."""
    while True:
        rows = connection.execute(
            select(AUDIT_ENTRIES)
            .where(AUDIT_ENTRIES.c.sequence > after)
            .order_by(AUDIT_ENTRIES.c.sequence)
            .limit(_ROWS)
        ).all()
        for row in rows:
            yield entry_of(row)
        if len(rows) < _ROWS:
            return
        after = rows[-1].sequence


def heads(connection: Connection) -> Iterator[Head]:
    """Heads signed so far, oldest first."""
    for row in connection.execute(select(AUDIT_HEADS).order_by(AUDIT_HEADS.c.sequence)):
        yield Head(sequence=row.sequence, hash=row.hash, at_us=row.at_us, key=row.key, signature=row.signature)
