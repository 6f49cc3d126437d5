"""Pseudonyms of members: what stands for a member in everything that is written, in the place of an id."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

__all__ = ["local_key", "pseudonym", "pseudonyms"]

KEY_BYTES = 32
VARIABLE = "MEMBERSIM_KEY"
"""Environment variable with a passphrase that several users share, so that their pseudonyms agree."""


def pseudonym(member: int, key: bytes) -> str:
    """16 hex digits in the place of a member's key; the same ones wherever the local key is the same.

    BLAKE2b with a key (RFC 7693), so that nobody without it can try out ids.
    """
    return hashlib.blake2b(int(member).to_bytes(8, "little"), key=key, digest_size=8).hexdigest()


def pseudonyms(members: Iterable[int], key: bytes | None = None) -> list[str]:
    """Pseudonym of each member key, with the user's local key unless another is given."""
    secret = local_key() if key is None else key
    return [pseudonym(member, secret) for member in members]


def local_key() -> bytes:
    """Key of this user on this machine, made when it is first needed; it never leaves the machine.

    The environment variable MEMBERSIM_KEY goes before it.

    Raises
    ------
    OSError
        When the key's file is damaged, or there is no place for one.
    """
    passphrase = os.environ.get(VARIABLE)
    if passphrase:
        return hashlib.blake2b(passphrase.encode(), digest_size=KEY_BYTES).digest()
    path = _data_folder() / "pseudonym.key"
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        _make(path)
        key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise OSError(f"{path} is damaged: it must hold {KEY_BYTES} bytes; remove it for a new one")
    return key


def _make(path: Path) -> None:
    """Make a key that only the user can read; of several processes that do so at once the first wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _data_folder() -> Path:
    """Where programs keep data of a user."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"), "membersim")
    try:
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share", "membersim")
    except RuntimeError:
        raise OSError(f"there is no home folder for the key of pseudonyms: set {VARIABLE}") from None
