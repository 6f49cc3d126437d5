"""Who changed what in a plan and why, as Git has it: every number that differs between two versions of its files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

__all__ = ["Change", "changes_of"]

MOST = 500
"""Versions of a file that are looked at, the latest."""
NOT_YET = "not committed yet"


@dataclass(frozen=True)
class Change:
    """One value of a plan that was changed.

    Attributes
    ----------
    file
        Name of the file.
    path
        Dotted path of the value in it.
    before, after
        As written; "" where there was, or is, none.
    on
        When the version was committed; None: it is not committed yet.
    by, why
        Author of the version, and the first line of what the author said.
    version
        Short name of the commit; "" when not committed yet.
    """

    file: str
    path: str
    before: str
    after: str
    on: datetime | None
    by: str
    why: str
    version: str


def changes_of(files: Sequence[Path]) -> list[Change] | None:
    """What was changed in these files, the latest first; None where there is no Git, or it knows none of them.

    The first version of a file is no change.
    """
    found: list[Change] = []
    known = False
    for file in files:
        mine = _changes(file.resolve())
        if mine is not None:
            known = True
            found += mine
    moment = datetime.max.timestamp
    return sorted(found, key=lambda one: -(one.on.timestamp() if one.on else moment())) if known else None


def _changes(file: Path) -> list[Change] | None:
    # -z: names as they are, not quoted, and no line break of a subject or a name parts anything.
    form = "--format=%x1e%H%x1f%an%x1f%aI%x1f%s"
    log = _git(file.parent, "log", f"-{MOST}", "--follow", "--name-only", "-z", form, "--", f"./{file.name}")
    if not log or not log.strip():
        return None
    versions = []
    for entry in log.split("\x1e")[1:]:
        head, *names = [part.removeprefix("\n") for part in entry.split("\0") if part.strip()]
        commit, author, when, subject = head.split("\x1f", 3)
        if names:
            text = _git(file.parent, "show", f"{commit}:{names[0]}")
            versions.append((_leaves(text or ""), datetime.fromisoformat(when), author, subject, commit[:10]))
    now = file.read_text("utf-8", errors="replace") if file.is_file() else ""
    newest: list[Any] = [(_leaves(now), None, "", NOT_YET, ""), *versions]
    found = []
    for (after, when, author, subject, commit), (before, *_) in zip(newest, newest[1:], strict=False):
        found += [
            Change(file.name, path, before.get(path, ""), after.get(path, ""), when, author, subject, commit)
            for path in dict.fromkeys([*before, *after])
            if before.get(path) != after.get(path)
        ]
    return found


def _leaves(text: str) -> dict[str, str]:
    """Every value of a YAML text by its dotted path; nothing of a text that is none."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        tree = YAML(typ="safe", pure=True).load(text)
        return dict(_walk(tree, ""))
    except (YAMLError, ValueError, RecursionError):
        return {}


def _walk(node: Any, path: str) -> Iterator[tuple[str, str]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if items is None:
        yield path, "" if node is None else str(node)
        return
    for key, child in items:
        yield from _walk(child, f"{path}.{key}" if path else str(key))


def _git(folder: Path, *words: str) -> str | None:
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
