"""Routes of accounts for administrators: persons, units, tokens, sessions of others, openings of compartments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from sqlalchemy import Row, and_, select, update

from tracker.room.accounts import account_shapes as shapes
from tracker.room.accounts.account_tables import SESSIONS
from tracker.room.accounts.attempts import account_key, forget
from tracker.room.accounts.openings import list_openings, note_seen
from tracker.room.accounts.persons import (
    Person,
    change_person,
    find_unit,
    list_persons,
    list_units,
    make_person,
    put_unit,
    set_password,
)
from tracker.room.accounts.secrets import new_password
from tracker.room.accounts.session_routes import told
from tracker.room.accounts.signing_in import SigningIn, person_now
from tracker.room.accounts.tokens import list_tokens, living_token, make_token, revoke_token, rotate_token
from tracker.room.audited import Act
from tracker.room.callers import audited, needs
from tracker.room.rights import Caller, Right, Role
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem, not_found
from tracker.units import US_PER_DAY, iso_time

Reader = Annotated[Caller, Depends(needs(Right.SEE_PERSONS))]
Manager = Annotated[Caller, Depends(needs(Right.MANAGE_PERSONS))]
TokenManager = Annotated[Caller, Depends(needs(Right.MANAGE_TOKENS))]
IfMatch = Annotated[str | None, Header(alias="If-Match", description="The version last seen, as in ETag.")]


def person_routes(parts: RoomParts, signing_in: SigningIn) -> APIRouter:
    """Persons."""
    router = APIRouter(prefix="/persons", tags=["persons"])

    @router.get("", openapi_extra=audited(Act.PERSONS_READ))
    def read_persons(
        caller: Reader, after: shapes.Id | None = None, limit: Annotated[int, Query(ge=1, le=shapes.MOST_LISTED)] = 100
    ) -> shapes.Persons:
        """Persons in the order of their ids; ``next`` is what to send as ``after`` for the page that follows."""
        with parts.store.write() as connection:
            found = list_persons(connection, after or "", limit + 1)
            parts.audit.write(connection, caller, Act.PERSONS_READ, [one.person_id for one in found[:limit]])
        after_it = found[limit - 1].person_id if len(found) > limit else None
        return shapes.Persons(persons=[_shown(one) for one in found[:limit]], next=after_it)

    @router.post("", status_code=201, openapi_extra=audited(Act.PERSON_MADE))
    def make(body: shapes.NewPerson, caller: Manager) -> shapes.PersonMade:
        """Make a person. The answer has its password for once, which is told nowhere else and must be changed at the first sign-in."""
        _check_person(caller, body.roles)
        password = new_password()
        with told():
            hashed, until_us = signing_in.hash_for_once(password)
            with parts.store.write() as connection:
                person = make_person(connection, body.model_dump(), hashed, until_us, parts.now_us())
                parts.audit.write(connection, caller, Act.PERSON_MADE, (person.person_id,), terms=_terms(body))
        return _made(person, password, until_us)

    @router.get("/{person_id}", openapi_extra=audited(Act.PERSONS_READ))
    def read(person_id: shapes.Id, caller: Reader, response: Response) -> shapes.PersonShown:
        """One person; its version stands in ``ETag``."""
        with told(), parts.store.write() as connection:
            person = person_now(connection, person_id)
            parts.audit.write(connection, caller, Act.PERSONS_READ, (person_id,))
        response.headers["ETag"] = f'"{person.version}"'
        return _shown(person)

    @router.patch("/{person_id}", openapi_extra=audited(Act.PERSON_CHANGED))
    def change(
        person_id: shapes.Id, body: shapes.PersonChanges, caller: Manager, response: Response, if_match: IfMatch = None
    ) -> shapes.PersonShown:
        """Change a person. Who loses a role or a compartment, or is blocked, is signed out at once."""
        changes = body.model_dump(exclude_unset=True)
        _check_person(caller, changes.get("roles") or ())
        _check_nulls(changes, "unit_id")
        with told(), parts.store.write() as connection:
            person = person_now(connection, person_id)
            check_version(if_match, person.version)
            changed = change_person(connection, person, changes, parts.now_us()) if changes else person
            parts.audit.write(connection, caller, Act.PERSON_CHANGED, (person_id,), terms=_terms(body))
        response.headers["ETag"] = f'"{changed.version}"'
        return _shown(changed)

    @router.post("/{person_id}/password", openapi_extra=audited(Act.PASSWORD_GIVEN))
    def give_password(person_id: shapes.Id, caller: Manager) -> shapes.PersonMade:
        """Give a person a password for once, told in the answer alone. Its sessions end, and what was tried on its account is forgotten."""
        password = new_password()
        with told():
            hashed, until_us = signing_in.hash_for_once(password)
            with parts.store.write() as connection:
                person = person_now(connection, person_id)
                set_password(connection, person, hashed, until_us, parts.now_us())
                forget(connection, account_key(person.login))
                parts.audit.write(connection, caller, Act.PASSWORD_GIVEN, (person_id,))
                person = person_now(connection, person_id)
        return _made(person, password, until_us)

    return router


def unit_routes(parts: RoomParts) -> APIRouter:
    """Units."""
    router = APIRouter(prefix="/units", tags=["units"])

    @router.get("", openapi_extra=audited(Act.UNITS_READ))
    def read_units(caller: Annotated[Caller, Depends(needs(Right.SEE_ALERTS))]) -> shapes.Units:
        """All units, with what is their own: ports, areas, kinds of craft, feeds."""
        with parts.store.write() as connection:
            found = list_units(connection)
            parts.audit.write(connection, caller, Act.UNITS_READ)
        return shapes.Units(units=[shapes.UnitShown(**one) for one in found])

    @router.post("", status_code=201, openapi_extra=audited(Act.UNIT_MADE))
    def make(body: shapes.NewUnit, caller: Manager) -> shapes.UnitShown:
        """Make a unit. Alerts that come from then on are given to it where its rule fits."""
        with told(), parts.store.write() as connection:
            unit = put_unit(connection, body.model_dump())
            parts.audit.write(connection, caller, Act.UNIT_MADE, (unit["unit_id"],))
        return shapes.UnitShown(**unit)

    @router.patch("/{unit_id}", openapi_extra=audited(Act.UNIT_CHANGED))
    def change(
        unit_id: shapes.Id, body: shapes.UnitChanges, caller: Manager, if_match: IfMatch = None
    ) -> shapes.UnitShown:
        """Change a unit. Alerts that are there stay with the unit that has them."""
        changes = body.model_dump(exclude_unset=True)
        _check_nulls(changes, "area")
        with told(), parts.store.write() as connection:
            unit = find_unit(connection, unit_id)
            if unit is None:
                raise not_found()
            check_version(if_match, unit["version"])
            changed = put_unit(connection, changes, unit) if changes else unit
            parts.audit.write(connection, caller, Act.UNIT_CHANGED, (unit_id,))
        return shapes.UnitShown(**changed)

    return router


def token_routes(parts: RoomParts) -> APIRouter:
    """Tokens of services."""
    router = APIRouter(prefix="/tokens", tags=["tokens"])

    @router.get("", openapi_extra=audited(Act.TOKENS_READ))
    def read_tokens(caller: Reader) -> shapes.Tokens:
        """All tokens, without their secrets."""
        with parts.store.write() as connection:
            found = list_tokens(connection)
            parts.audit.write(connection, caller, Act.TOKENS_READ, [row.token_id for row in found])
        return shapes.Tokens(tokens=[_token(row) for row in found])

    @router.post("", status_code=201, openapi_extra=audited(Act.TOKEN_MADE))
    def make(body: shapes.NewToken, caller: TokenManager) -> shapes.TokenMade:
        """Make a token with scopes and an end. Its secret is in this answer and nowhere else."""
        now_us = parts.now_us()
        until_us = now_us + int(min(body.days, parts.settings.token_most_d) * US_PER_DAY)
        with told(), parts.store.write() as connection:
            token_id, secret = make_token(connection, caller, body.model_dump(), until_us, now_us)
            terms = {"scopes": _joined(body.scopes), "compartments": _joined(body.compartments)}
            parts.audit.write(connection, caller, Act.TOKEN_MADE, (token_id,), terms=terms)
        return shapes.TokenMade(token_id=token_id, token=secret, until=iso_time(until_us))

    @router.post("/{token_id}/rotate", openapi_extra=audited(Act.TOKEN_ROTATED))
    def rotate(token_id: shapes.Id, caller: TokenManager) -> shapes.TokenMade:
        """Give a token a new secret; the old one holds for the overlap of the settings."""
        now_us, overlap_us = parts.now_us(), int(parts.settings.token_overlap_h * 3600e6)
        with told(), parts.store.write() as connection:
            secret = rotate_token(connection, token_id, overlap_us, now_us)
            until_us = living_token(connection, token_id, now_us).until_us
            parts.audit.write(connection, caller, Act.TOKEN_ROTATED, (token_id,))
        old_us = min(now_us + overlap_us, until_us)
        return shapes.TokenMade(token_id=token_id, token=secret, until=iso_time(until_us), old_until=iso_time(old_us))

    @router.delete("/{token_id}", status_code=204, openapi_extra=audited(Act.TOKEN_REVOKED))
    def revoke(token_id: shapes.Id, caller: TokenManager) -> None:
        """Revoke a token at once, with all its secrets."""
        with told(), parts.store.write() as connection:
            revoke_token(connection, token_id, parts.now_us())
            parts.audit.write(connection, caller, Act.TOKEN_REVOKED, (token_id,))

    return router


def others_routes(parts: RoomParts, signing_in: SigningIn) -> APIRouter:
    """Sessions of others and openings of compartments."""
    router = APIRouter(tags=["sessions"])

    @router.get("/sessions", openapi_extra=audited(Act.SESSIONS_READ))
    def read_sessions(caller: Manager) -> shapes.Sessions:
        """Who is signed in, or could take up a session again."""
        now_us, known = parts.now_us(), signing_in.known
        with parts.store.write() as connection:
            rows = connection.execute(
                select(SESSIONS).where(SESSIONS.c.ended_us.is_(None)).order_by(SESSIONS.c.seen_us.desc())
            ).all()
            parts.audit.write(connection, caller, Act.SESSIONS_READ)
        shown = [
            shapes.SessionShown(
                session_id=row.session_id, person_id=row.person_id, way=row.way, address=row.address,
                begun_at=iso_time(row.begun_us), seen_at=iso_time(row.seen_us), is_live=known.is_live(row, now_us),
            )
            for row in rows if known.is_renewable(row, now_us)
        ]  # fmt: skip
        return shapes.Sessions(sessions=shown)

    @router.delete("/sessions/{session_id}", status_code=204, openapi_extra=audited(Act.SESSION_ENDED))
    def end_session(session_id: shapes.Id, caller: Manager) -> None:
        """End a session of anybody, at once."""
        with told(), parts.store.write() as connection:
            chosen = and_(SESSIONS.c.session_id == session_id, SESSIONS.c.ended_us.is_(None))
            values = {"ended_us": parts.now_us(), "ended_why": "ended by an administrator"}
            if connection.execute(update(SESSIONS).where(chosen).values(**values)).rowcount == 0:
                raise not_found()
            parts.audit.write(connection, caller, Act.SESSION_ENDED, (session_id,))

    @router.get("/openings", openapi_extra=audited(Act.OPENINGS_READ))
    def read_openings(
        caller: Annotated[Caller, Depends(needs(Right.SEE_OPENINGS))],
        limit: Annotated[int, Query(ge=1, le=shapes.MOST_LISTED)] = 100,
    ) -> shapes.Openings:
        """Compartments opened in need, newest first. That a supervisor has looked is noted."""
        with parts.store.write() as connection:
            if Role.SUPERVISOR in caller.roles:
                note_seen(connection, caller)
            rows = list_openings(connection, limit)
            parts.audit.write(connection, caller, Act.OPENINGS_READ, [row.opening_id for row in rows])
        return shapes.Openings(openings=[_opening(row) for row in rows])

    return router


def _check_person(caller: Caller, roles: Any) -> None:
    if Role.SERVICE in roles:
        raise Problem(422, "roles: a person is no service; make a token at /api/v1/tokens")


def _check_nulls(changes: dict[str, Any], may_be_null: str) -> None:
    for name, value in changes.items():
        if value is None and name != may_be_null:
            raise Problem(422, f"{name}: may not be null; leave it out to keep it as it is")


def check_version(if_match: str | None, version: int) -> None:
    """What is changed has to be what was seen."""
    if if_match is None:
        raise Problem(
            428,
            "send If-Match with the version you saw, as its ETag says, so that nobody's change is overwritten unseen",
        )
    if if_match.strip().removeprefix("W/") not in (f'"{version}"', "*"):
        raise Problem(412, "somebody has changed it since you looked; read it again", version=version)


def _terms(body: shapes.NewPerson | shapes.PersonChanges) -> dict[str, Any]:
    """What the audit has of a change: roles, compartments, unit and standing, and no names."""
    given = body.model_dump(mode="json", exclude_unset=True)
    kept: dict[str, Any] = {name: given[name] for name in ("unit_id", "is_active") if name in given}
    kept |= {name: _joined(given[name]) for name in ("roles", "compartments") if name in given}
    return kept | ({"name": "changed"} if "name" in given else {})


def _joined(words: Iterable[str]) -> str:
    """Words as one term of the audit, which takes ids and no lists."""
    return "+".join(sorted(words))


def _shown(person: Person) -> shapes.PersonShown:
    return shapes.PersonShown(**_facts(person))


def _made(person: Person, password: str, until_us: int) -> shapes.PersonMade:
    return shapes.PersonMade(**_facts(person), password_for_once=password, password_until=iso_time(until_us))


def _facts(person: Person) -> dict[str, Any]:
    return {
        "person_id": person.person_id, "login": person.login, "name": person.name, "roles": sorted(person.roles),
        "unit_id": person.unit_id, "compartments": sorted(person.compartments), "is_active": person.is_active,
        "must_change_password": person.must_change_password, "version": person.version,
    }  # fmt: skip


def _token(row: Row[Any]) -> shapes.TokenShown:
    return shapes.TokenShown(
        token_id=row.token_id, name=row.name, scopes=row.scopes, compartments=row.compartments, unit_id=row.unit_id,
        made_by=row.made_by, made_at=iso_time(row.made_us), until=iso_time(row.until_us),
        used_at=None if row.used_us is None else iso_time(row.used_us),
        revoked_at=None if row.revoked_us is None else iso_time(row.revoked_us),
    )  # fmt: skip


def _opening(row: Row[Any]) -> shapes.OpeningShown:
    return shapes.OpeningShown(
        opening_id=row.opening_id, person_id=row.person_id, compartment=row.compartment, reason=row.reason,
        opened_at=iso_time(row.opened_us), until=iso_time(row.until_us), seen_by=row.seen_by,
    )  # fmt: skip
