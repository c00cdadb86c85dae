"""The key that signs heads of the audit: made at the first start, in a file that its owner alone can read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tracker.errors import InputError
from tracker.room.audit.heads import public_key_of

KEY_FILE = "audit.key"
"""In the folder of the room: 32 bytes as hexadecimal text, mode 0600."""
PUBLIC_FILE = "audit.pub"
"""The public key as base64, for whoever verifies elsewhere."""


def open_key(folder: Path) -> Ed25519PrivateKey:
    """The key in a folder, made where there is none.

    Raises
    ------
    InputError
        it cannot be read, others can read it, or it is damaged.
    """
    path = folder / KEY_FILE
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        try:
            _keep(path, key.private_bytes_raw().hex() + "\n", 0o600)
            _keep(folder / PUBLIC_FILE, public_key_of(key) + "\n", 0o644)
        except OSError as exc:
            raise InputError(
                f"the key of the audit cannot be made ({exc.strerror})", str(path), "give a folder that may be written"
            ) from exc
    return _read(path)


def _keep(path: Path, text: str, mode: int) -> None:
    """Write a file whole or not at all; one that another process made meanwhile stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as exc:
        raise InputError(
            "the key of the audit cannot be read", str(path), "give the user that runs the room the right to"
        ) from exc
    if mode & 0o077:
        raise InputError("others than its owner can read the key of the audit", str(path), f"chmod 600 {path}")
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except ValueError as exc:
        raise InputError(
            "the key of the audit is damaged",
            str(path),
            "restore it from a backup, or move it away: then a new one is made, and its first head says so",
        ) from exc
