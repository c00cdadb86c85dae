"""Accounts as the application takes them: the ways in, and the routes."""

from __future__ import annotations

from collections.abc import Callable

from argon2 import PasswordHasher
from fastapi import APIRouter

from tracker.config.room import RoomConfig
from tracker.room.accounts.account_routes import others_routes, person_routes, token_routes, unit_routes
from tracker.room.accounts.desk_people_routes import desk_people_routes
from tracker.room.accounts.known import KnownCallers
from tracker.room.accounts.oidc_routes import oidc_routes
from tracker.room.accounts.passkey_routes import passkey_routes
from tracker.room.accounts.passwords import Passwords
from tracker.room.accounts.session_routes import session_routes
from tracker.room.accounts.signing_in import SigningIn
from tracker.room.shell.parts import Audit, RoomParts
from tracker.room.store.opening import RoomStore


def accounts_of(
    store: RoomStore,
    now_us: Callable[[], int],
    audit: Audit,
    settings: RoomConfig,
    hasher: PasswordHasher | None = None,
) -> SigningIn:
    """The ways in, over a store."""
    return SigningIn(store, now_us, audit, settings, Passwords(hasher), KnownCallers(store, now_us, settings))


def account_routers(signing_in: SigningIn) -> tuple[Callable[[RoomParts], APIRouter], ...]:
    """What makes the routes of accounts (``make_app``)."""
    return (
        lambda parts: session_routes(parts, signing_in),
        lambda parts: passkey_routes(parts, signing_in),
        lambda parts: oidc_routes(parts, signing_in),
        lambda parts: person_routes(parts, signing_in),
        unit_routes,
        token_routes,
        desk_people_routes,
        lambda parts: others_routes(parts, signing_in),
    )
