"""A webhook is posted: to the machine that was looked at, within a time, without following anybody elsewhere, and of the answer only its status counts."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import httpx2

from tracker.room.sending.addresses import NotAllowedError, Policy, resolved, target_of

POST_S: Final = 10.0
"""Name, connection, TLS, sending and answer together (ours; Standard Webhooks advises 15 to 30 s and calls shorter ones fine)."""
_MOST_ANSWER: Final = 16_384
"""So much of an answer is taken, so that an ordinary receiver can end what it says; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending. ``why`` is a sentence of ours, and nothing that the receiver said."""

    is_taken: bool
    status: int | None
    why: str


@cache
def believing(authorities: str) -> ssl.SSLContext:
    """How certificates are looked at, by the authorities of a PEM file; empty: those of this machine. Made once: reading them takes longer than sending."""
    return ssl.create_default_context(cafile=authorities or None)


async def post(url: str, body: bytes, headers: Mapping[str, str], policy: Policy, authorities: str) -> Sent:
    """Post a body; whatever goes wrong is told and not raised.

    Parameters
    ----------
    authorities:
        PEM file of the authorities believed; empty: those of this machine.
    """
    try:
        async with asyncio.timeout(POST_S):
            return await _posted(url, body, headers, policy, believing(authorities))
    except NotAllowedError as exc:
        return Sent(False, None, str(exc))
    except TimeoutError:
        return Sent(False, None, f"it took longer than {POST_S:g} s")
    except ssl.SSLError:
        return Sent(False, None, "its certificate does not hold, or it speaks no TLS")
    except httpx2.ConnectError as exc:
        is_tls = "CERTIFICATE" in str(exc).upper() or "SSL" in str(exc).upper()
        return Sent(False, None, "its certificate does not hold, or it speaks no TLS" if is_tls else "nobody answers")
    except httpx2.HTTPError:
        return Sent(False, None, "it broke off, or what it answers is no HTTP")
    except (httpx2.InvalidURL, ValueError):
        return Sent(False, None, "it cannot be sent to such an address")
    except OSError as exc:
        return Sent(False, None, f"it is not reached ({type(exc).__name__})")


async def _posted(url: str, body: bytes, headers: Mapping[str, str], policy: Policy, context: ssl.SSLContext) -> Sent:
    target = target_of(url)
    machine = await resolved(target, policy)
    given = httpx2.URL(url)
    sent = {**headers, "Host": given.netloc.decode("ascii"), "Connection": "close"}
    async with (
        httpx2.AsyncClient(verify=context, trust_env=False, follow_redirects=False, timeout=POST_S) as client,
        client.stream(
            "POST", given.copy_with(host=str(machine)), content=body, headers=sent, extensions={"sni_hostname": target.host}
        ) as answer,
    ):  # fmt: skip
        taken = 0
        async for piece in answer.aiter_raw():
            taken += len(piece)
            if taken > _MOST_ANSWER:
                break
        return _judged(answer.status_code)


def _judged(status: int) -> Sent:
    if 200 <= status < 300:
        return Sent(True, status, f"it answered {status}")
    if 300 <= status < 400:
        return Sent(
            False,
            status,
            f"it answered {status} and sends elsewhere, which is not followed; give the address it sends to",
        )
    return Sent(False, status, f"it answered {status}")
