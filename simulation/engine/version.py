"""What made a number: the version of the program and of the packages that its numbers depend on."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

__all__ = ["model_version", "program_version"]

PARTS = ("scenario", "model", "engine")
"""Packages whose code makes the numbers."""


@cache
def model_version() -> str:
    """What the numbers were made by: versions of membersim and its numeric packages, and a hash of the sources."""
    return _version(PARTS)


@cache
def program_version() -> str:
    """The same with a hash of all sources: what two machines must share to work on one thing."""
    return _version((".",))


def _version(parts: tuple[str, ...]) -> str:
    from importlib.metadata import version

    from simulation import __version__

    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for part in parts:
        for path in sorted((package / part).rglob("*.py")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(package).as_posix()}\x1f{len(content)}\x1f".encode())
            digest.update(content)
    packages = [f"{name} {version(name)}" for name in ("numba", "numpy", "scipy")]
    return " ".join(["membersim", __version__, *packages, digest.hexdigest()])
