"""Signing in by an OpenID Connect provider: the code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9700).

The provider says who somebody is, and nothing else: a person has to be made here first, and has the roles it was given here. What the provider's token
says is believed where its signature, issuer, audience, nonce and times hold; the way back is bound to the browser that set out by a cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

import httpx2
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from streams.time import US_PER_S
from tracker.config.room import RoomConfig
from tracker.errors import SettingError
from tracker.room.accounts.account_tables import PERSONS
from tracker.room.accounts.pending import Pending
from tracker.room.accounts.secrets import new_secret
from tracker.room.accounts.signing_in import Entered, SigningIn
from tracker.room.shell.problems import Problem

_TIMEOUT_S: Final = 10.0
_LEEWAY_S: Final = 60
_ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures by a key pair alone: none, and no shared secret."""
_AWAY: Final = "the provider of sign-ins does not answer as it should; sign in with a password, or try again"
_REFUSED: Final = "the provider's word does not let you in here; begin again, or ask an administrator"


@dataclass(frozen=True, slots=True)
class _Way:
    browser: str
    nonce: str
    verifier: str
    back: str


class Provider:
    """One provider. What it says of itself is asked for at the first sign-in, and its keys again when one is not known.

    Raises
    ------
    SettingError
        the room's secret at the provider cannot be read.
    """

    def __init__(self, signing_in: SigningIn, settings: RoomConfig) -> None:
        self._signing_in, self._settings = signing_in, settings
        self._pending: Pending[_Way] = Pending(signing_in.now_us)
        self._lock = Lock()
        self._said: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        try:
            text = Path(settings.oidc_secret_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise SettingError(
                f"{settings.oidc_secret_file} cannot be read", "[room] oidc_secret_file", "correct the path"
            ) from exc
        self._secret = text.splitlines()[0].strip() if text.strip() else ""

    def set_out(self, back: str) -> tuple[str, str]:
        """Where to send the browser, and what it has to bring back in a cookie. ``back``: the address to return to."""
        state, browser = new_secret(), new_secret()
        way = _Way(browser, new_secret(), new_secret(), back)
        with self._client(back) as client:
            address, _ = client.create_authorization_url(
                self._metadata()["authorization_endpoint"], state=state, nonce=way.nonce,
                code_challenge=create_s256_code_challenge(way.verifier), code_challenge_method="S256",
            )  # fmt: skip
        self._pending.put(state, way)
        return address, browser

    def come_back(self, state: str, code: str, browser: str, address: str) -> Entered:
        """A new session.

        Raises
        ------
        Problem
            401 where the provider's word does not hold or names nobody here, 502 where it does not answer.
        """
        way = self._pending.take(state)
        if way is None or way.browser != browser:
            raise Problem(401, _REFUSED)
        claims = self._claims(way, code)
        login = claims.get(self._settings.oidc_claim)
        is_plain = isinstance(login, str) and login.isprintable() and 0 < len(login) <= 64
        entered = None
        if is_plain:
            entered = self._signing_in.enter_as(PERSONS.c.login == str(login).lower(), "oidc", address)
        if entered is None:
            raise Problem(401, _REFUSED)
        return entered

    def _claims(self, way: _Way, code: str) -> dict[str, Any]:
        try:
            with self._client(way.back) as client:
                told = client.fetch_token(
                    self._metadata()["token_endpoint"], code=code, code_verifier=way.verifier,
                    grant_type="authorization_code",
                )  # fmt: skip
            token = self._decoded(str(told["id_token"]))
        except Problem:
            raise
        except (httpx2.HTTPError, KeyError):
            raise Problem(502, _AWAY) from None
        except Exception:  # whatever the provider refused, or says that is no token
            raise Problem(401, _REFUSED) from None
        registry = jwt.JWTClaimsRegistry(
            now=self._signing_in.now_us() // US_PER_S, leeway=_LEEWAY_S,
            iss={"essential": True, "value": self._settings.oidc_issuer},
            aud={"essential": True, "value": self._settings.oidc_client_id},
            nonce={"essential": True, "value": way.nonce}, exp={"essential": True}, iat={"essential": True},
            sub={"essential": True},
        )  # fmt: skip
        try:
            registry.validate(token.claims)
        except JoseError:
            raise Problem(401, _REFUSED) from None
        claims: dict[str, Any] = token.claims
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._settings.oidc_client_id:
            raise Problem(401, _REFUSED)
        return claims

    def _decoded(self, text: str) -> Any:
        """The token by the provider's keys; they are asked for again once, where it is signed by one that is not known."""
        try:
            return jwt.decode(text, self._key_set(is_anew=False), algorithms=list(_ALGORITHMS))
        except (JoseError, ValueError):
            return jwt.decode(text, self._key_set(is_anew=True), algorithms=list(_ALGORITHMS))

    def _key_set(self, is_anew: bool) -> KeySet:
        with self._lock:
            if self._keys is None or is_anew:
                told: Any = _asked(self._metadata_locked()["jwks_uri"])
                self._keys = KeySet.import_key_set(told)
            return self._keys

    def _metadata(self) -> dict[str, Any]:
        with self._lock:
            return self._metadata_locked()

    def _metadata_locked(self) -> dict[str, Any]:
        if self._said is None:
            issuer = self._settings.oidc_issuer
            said = _asked(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if (
                said.get("issuer") != issuer
                or not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= said.keys()
            ):
                raise Problem(502, _AWAY)
            self._said = said
        return self._said

    def _client(self, back: str) -> OAuth2Client:
        return OAuth2Client(
            self._settings.oidc_client_id, self._secret, scope="openid profile", redirect_uri=back, timeout=_TIMEOUT_S,
            trust_env=False,
        )  # fmt: skip


def _asked(address: str) -> dict[str, Any]:
    try:
        answer = httpx2.get(address, timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False)
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
    except (httpx2.HTTPError, ValueError):
        raise Problem(502, _AWAY) from None
    if not isinstance(said, dict):
        raise Problem(502, _AWAY)
    return said
