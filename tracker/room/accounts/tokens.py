"""Tokens of services: made with scopes and an end, rotated with an overlap, revoked. The secret is told once, when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from tracker.room.accounts.account_tables import TOKEN_SECRETS, TOKENS
from tracker.room.accounts.persons import AccountError, find_unit
from tracker.room.accounts.secrets import digest, new_id, new_token
from tracker.room.rights import GRANTABLE, Caller, Right


def make_token(connection: Connection, maker: Caller, values: Mapping[str, Any], until_us: int, now_us: int) -> tuple[str, str]:  # fmt: skip
    """A new token: its id and its secret.

    Raises
    ------
    AccountError
        a scope that no service may have, or no such unit.
    """
    scopes = frozenset(map(Right, values["scopes"]))
    if refused := scopes - GRANTABLE:
        raise AccountError(422, f"scopes: {', '.join(sorted(refused))} is for persons alone; leave it out")
    if values.get("unit_id") is not None and find_unit(connection, values["unit_id"]) is None:
        raise AccountError(422, "unit_id: there is no such unit; GET /api/v1/units lists them")
    token_id, secret = new_id("t"), new_token()
    connection.execute(
        insert(TOKENS).values(
            token_id=token_id, name=values["name"], scopes=sorted(scopes), unit_id=values.get("unit_id"),
            compartments=sorted(set(values.get("compartments", ()))), made_by=maker.person_id, made_us=now_us,
            until_us=until_us,
        )
    )  # fmt: skip
    connection.execute(insert(TOKEN_SECRETS).values(secret_hash=digest(secret), token_id=token_id))
    return token_id, secret


def rotate_token(connection: Connection, token_id: str, overlap_us: int, now_us: int) -> str:
    """A new secret of a token; the one until now holds for ``overlap_us``, older ones no more.

    Raises
    ------
    AccountError
        there is no such token, or it does not hold any more.
    """
    row = living_token(connection, token_id, now_us)
    secret = new_token()
    of_it = TOKEN_SECRETS.c.token_id == row.token_id
    connection.execute(TOKEN_SECRETS.delete().where(and_(of_it, TOKEN_SECRETS.c.until_us.is_not(None))))
    connection.execute(update(TOKEN_SECRETS).where(of_it).values(until_us=now_us + overlap_us))
    connection.execute(insert(TOKEN_SECRETS).values(secret_hash=digest(secret), token_id=row.token_id))
    return secret


def revoke_token(connection: Connection, token_id: str, now_us: int) -> None:
    """It holds no more, from this instant.

    Raises
    ------
    AccountError
        there is no such token, or it does not hold any more.
    """
    row = living_token(connection, token_id, now_us)
    connection.execute(update(TOKENS).where(TOKENS.c.token_id == row.token_id).values(revoked_us=now_us))
    connection.execute(TOKEN_SECRETS.delete().where(TOKEN_SECRETS.c.token_id == row.token_id))


def list_tokens(connection: Connection) -> list[Row[Any]]:
    """All, newest first, without secrets."""
    return list(connection.execute(select(TOKENS).order_by(TOKENS.c.made_us.desc(), TOKENS.c.token_id)))


def living_token(connection: Connection, token_id: str, now_us: int) -> Row[Any]:
    """A token that holds.

    Raises
    ------
    AccountError
        there is none.
    """
    row = connection.execute(select(TOKENS).where(TOKENS.c.token_id == token_id)).one_or_none()
    if row is None:
        raise AccountError(404, "there is nothing here that you may see; check the address")
    if row.revoked_us is not None or now_us >= row.until_us:
        raise AccountError(409, "this token holds no more; make a new one")
    return row
