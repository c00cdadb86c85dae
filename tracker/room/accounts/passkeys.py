"""Passkeys (W3C Web Authentication): a person adds one with its password, and comes in with it alone.

The authenticator must have verified the person (finger, face, PIN), so a passkey is two factors. Keys are made for the host by which the room is asked for;
no other site's page can use them. Attestation is not asked for: any authenticator will do.
"""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import Request
from sqlalchemy import Connection, and_, delete, insert, select, update
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tracker.room.accounts.account_tables import PASSKEYS, PERSONS
from tracker.room.accounts.pending import Pending
from tracker.room.accounts.persons import AccountError
from tracker.room.accounts.secrets import new_id
from tracker.room.accounts.session_routes import address_of
from tracker.room.accounts.signing_in import Entered, SigningIn
from tracker.room.audited import Act
from tracker.room.rights import Caller
from tracker.room.shell.guard import host_name

MOST_PASSKEYS: Final = 20
_REFUSED: Final = "this passkey is not known here, or its answer does not hold; sign in otherwise"


class Passkeys:
    """Registers and checks passkeys. ``""`` among the pending is a sign-in, else the person that adds one."""

    def __init__(self, signing_in: SigningIn) -> None:
        self._signing_in = signing_in
        self._pending: Pending[str] = Pending(signing_in.now_us)

    def begin_adding(self, request: Request, caller: Caller) -> dict[str, Any]:
        """What the browser hands to its authenticator to make a key."""
        with self._signing_in.store.read() as connection:
            login = connection.execute(
                select(PERSONS.c.login).where(PERSONS.c.person_id == caller.person_id)
            ).scalar_one()
            known = [row.credential_id for row in passkeys_of(connection, caller)]
        if len(known) >= MOST_PASSKEYS:
            raise AccountError(409, f"there are {MOST_PASSKEYS} passkeys already; remove one first")
        options = generate_registration_options(
            rp_id=host_name(request.headers["host"]), rp_name="Tidewaiter", user_name=login,
            user_id=caller.person_id.encode(), user_display_name=caller.name,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known],
        )  # fmt: skip
        return self._kept(options, options.challenge, caller.person_id)

    def add(self, request: Request, caller: Caller, name: str, credential: dict[str, Any]) -> str:
        """Keep a key that was made; its id.

        Raises
        ------
        AccountError
            422 where what came does not hold, 409 where it is known already.
        """
        challenge = _challenge_of(credential)
        if self._pending.take(challenge) != caller.person_id:
            raise AccountError(422, "credential: nobody asked for it, or too long ago; begin again")
        try:
            made = verify_registration_response(
                credential=credential, expected_challenge=base64url_to_bytes(challenge), require_user_verification=True,
                expected_rp_id=host_name(request.headers["host"]), expected_origin=_origin(request),
            )  # fmt: skip
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise AccountError(422, "credential: does not hold; begin again") from None
        passkey_id = new_id("k")
        store, audit = self._signing_in.store, self._signing_in.audit
        with store.write() as connection:
            credential_id = bytes_to_base64url(made.credential_id)
            if connection.execute(select(PASSKEYS).where(PASSKEYS.c.credential_id == credential_id)).first():
                raise AccountError(409, "credential: is known already")
            connection.execute(
                insert(PASSKEYS).values(
                    passkey_id=passkey_id, credential_id=credential_id, person_id=caller.person_id, name=name,
                    public_key=bytes_to_base64url(made.credential_public_key), sign_count=made.sign_count,
                    made_us=self._signing_in.now_us(),
                )
            )  # fmt: skip
            audit.write(connection, caller, Act.PASSKEY_MADE, (passkey_id,))
        return passkey_id

    def begin_entering(self, request: Request) -> dict[str, Any]:
        """What the browser hands to its authenticator to sign; nobody has to say who it is."""
        options = generate_authentication_options(
            rp_id=host_name(request.headers["host"]), user_verification=UserVerificationRequirement.REQUIRED
        )
        return self._kept(options, options.challenge, "")

    def enter(self, request: Request, credential: dict[str, Any]) -> Entered:
        """A new session.

        Raises
        ------
        AccountError
            401, the same whatever was wrong.
        """
        person_id = self._person_of(request, credential)
        entered = None
        if person_id is not None:
            entered = self._signing_in.enter_as(PERSONS.c.person_id == person_id, "passkey", address_of(request))
        if entered is None:
            raise AccountError(401, _REFUSED)
        return entered

    def _person_of(self, request: Request, credential: dict[str, Any]) -> str | None:
        challenge = _challenge_of(credential)
        if self._pending.take(challenge) != "":
            return None
        store = self._signing_in.store
        with store.read() as connection:
            asked = select(PASSKEYS).where(PASSKEYS.c.credential_id == _plain(credential.get("id")))
            row = connection.execute(asked).one_or_none()
        if row is None:
            return None
        try:
            done = verify_authentication_response(
                credential=credential, expected_challenge=base64url_to_bytes(challenge), require_user_verification=True,
                expected_rp_id=host_name(request.headers["host"]), expected_origin=_origin(request),
                credential_public_key=base64url_to_bytes(row.public_key), credential_current_sign_count=row.sign_count,
            )  # fmt: skip
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return None
        with store.write() as connection:
            connection.execute(
                update(PASSKEYS).where(PASSKEYS.c.passkey_id == row.passkey_id).values(
                    sign_count=done.new_sign_count, used_us=self._signing_in.now_us()
                )
            )  # fmt: skip
        return str(row.person_id)

    def _kept(self, options: Any, challenge: bytes, whose: str) -> dict[str, Any]:
        self._pending.put(bytes_to_base64url(challenge), whose)
        made: dict[str, Any] = json.loads(options_to_json(options))
        return made


def passkeys_of(connection: Connection, caller: Caller) -> list[Any]:
    """A person's, oldest first."""
    mine = PASSKEYS.c.person_id == caller.person_id
    return list(connection.execute(select(PASSKEYS).where(mine).order_by(PASSKEYS.c.made_us, PASSKEYS.c.passkey_id)))


def remove_passkey(connection: Connection, caller: Caller, passkey_id: str) -> None:
    """Forget one of one's own.

    Raises
    ------
    AccountError
        it is not one's own.
    """
    mine = and_(PASSKEYS.c.passkey_id == passkey_id, PASSKEYS.c.person_id == caller.person_id)
    if connection.execute(delete(PASSKEYS).where(mine)).rowcount == 0:
        raise AccountError(404, "there is nothing here that you may see; check the address")


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers['host'].lower()}"


def _plain(text: Any) -> str:
    """Text that any database takes; what is none finds nothing."""
    return text if isinstance(text, str) and text.isascii() and text.isprintable() else ""


def _challenge_of(credential: dict[str, Any]) -> str:
    """The challenge that an answer is to, as base64url; empty where there is none to be read."""
    try:
        data = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return str(data["challenge"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
