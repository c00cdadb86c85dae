"""Signatures of webhooks by Standard Webhooks 1.0 (symmetric, ``v1``), and the secrets they are made with.

A secret is made from the key of the room, the id of the subscription and the number of the rotation. So it is kept nowhere: whoever has the store alone, or a backup of it, signs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX: Final = "whsec_"


class Secrets:
    """Makes the secrets of a room."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = hashlib.sha256(b"tidewaiter: secrets of webhooks\0" + key.private_bytes_raw()).digest()

    def secret(self, subscription_id: str, generation: int) -> str:
        """The secret as the receiver is told it, ``whsec_`` and 32 bytes in base64."""
        made = hmac.new(self._key, f"{subscription_id}:{generation}".encode(), hashlib.sha256).digest()
        return PREFIX + base64.b64encode(made).decode()


def signature(secrets: Sequence[str], message_id: str, at_s: int, body: bytes) -> str:
    """The head ``webhook-signature``: one ``v1,`` for each secret that holds.

    >>> signature(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    signed = f"{message_id}.{at_s}.".encode() + body
    made = (
        hmac.new(base64.b64decode(secret.removeprefix(PREFIX)), signed, hashlib.sha256).digest() for secret in secrets
    )
    return " ".join("v1," + base64.b64encode(one).decode() for one in made)
