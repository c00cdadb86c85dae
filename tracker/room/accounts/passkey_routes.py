"""Routes of passkeys."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tracker.room.accounts import account_shapes as shapes
from tracker.room.accounts.passkeys import Passkeys, passkeys_of, remove_passkey
from tracker.room.accounts.session_routes import Anybody, Oneself, me_of, set_cookies, told
from tracker.room.accounts.signing_in import SigningIn
from tracker.room.audited import Act
from tracker.room.callers import audited
from tracker.room.shell.parts import RoomParts
from tracker.room.shell.problems import Problem
from tracker.room.shell.sent import Sent
from tracker.units import iso_time

Credential = Annotated[dict[str, Any], Field(description="PublicKeyCredential.toJSON() of the browser.")]


class Answer(BaseModel):
    """What the authenticator signed. It is looked at and never kept, so what no store could hold is refused as any wrong answer is, and counted."""

    model_config = ConfigDict(extra="forbid")

    credential: Credential


class NewPasskey(Sent):
    """A passkey that was made."""

    credential: Credential
    name: shapes.Line


class PasskeyMade(BaseModel):
    """Its id."""

    passkey_id: str


class PasskeyShown(PasskeyMade):
    """A passkey."""

    name: str
    made_at: str
    used_at: str | None


class PasskeysShown(BaseModel):
    """All of one's own."""

    passkeys: list[PasskeyShown]


def passkey_routes(parts: RoomParts, signing_in: SigningIn) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/session", tags=["session"])
    passkeys = Passkeys(signing_in)

    @router.get("/passkeys", openapi_extra=audited(Act.PASSKEYS_READ))
    def read_passkeys(caller: Oneself) -> PasskeysShown:
        """One's own passkeys."""
        with parts.store.write() as connection:
            rows = passkeys_of(connection, caller)
            parts.audit.write(connection, caller, Act.PASSKEYS_READ)
        shown = [
            PasskeyShown(
                passkey_id=row.passkey_id, name=row.name, made_at=iso_time(row.made_us),
                used_at=None if row.used_us is None else iso_time(row.used_us),
            )
            for row in rows
        ]  # fmt: skip
        return PasskeysShown(passkeys=shown)

    @router.post("/passkeys/options", openapi_extra=audited(Act.PASSKEY_MADE))
    def begin_adding(body: shapes.Password, request: Request, caller: Oneself) -> dict[str, Any]:
        """Begin to add a passkey, with the password: what navigator.credentials.create takes as publicKey."""
        if caller.session_id is None or caller.must_change_password:
            raise Problem(409, "a passkey is added in a session of a person that has chosen its password")
        with told():
            signing_in.check_own_password(caller, body.password, Act.PASSKEY_MADE)
            return passkeys.begin_adding(request, caller)

    @router.post("/passkeys", status_code=201, openapi_extra=audited(Act.PASSKEY_MADE))
    def add(body: NewPasskey, request: Request, caller: Oneself) -> PasskeyMade:
        """Add the passkey that the authenticator made."""
        with told():
            return PasskeyMade(passkey_id=passkeys.add(request, caller, body.name, body.credential))

    @router.delete("/passkeys/{passkey_id}", status_code=204, openapi_extra=audited(Act.PASSKEY_REMOVED))
    def remove(passkey_id: shapes.Id, caller: Oneself) -> None:
        """Remove a passkey of one's own."""
        with told(), parts.store.write() as connection:
            remove_passkey(connection, caller, passkey_id)
            parts.audit.write(connection, caller, Act.PASSKEY_REMOVED, (passkey_id,))

    @router.post("/passkey/options", openapi_extra=audited(Act.SESSION_BEGUN))
    def begin_entering(request: Request, _: Anybody) -> dict[str, Any]:
        """Begin to sign in with a passkey: what navigator.credentials.get takes as publicKey. It tells nothing of who there is."""
        return passkeys.begin_entering(request)

    @router.post("/passkey", status_code=201, openapi_extra=audited(Act.SESSION_BEGUN))
    def enter(body: Answer, request: Request, response: Response, _: Anybody) -> shapes.Me:
        """Sign in with what the authenticator signed. The session is in the cookie of the answer."""
        with told():
            entered = passkeys.enter(request, body.credential)
        set_cookies(request, response, entered)
        caller = parts.callers.of_session(entered.secret)
        if caller is None:
            raise Problem(401, "the session ended at once; sign in anew")
        return shapes.Me(**me_of(caller))

    return router
