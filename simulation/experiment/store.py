"""The store of finished replications: what has been simulated once is not simulated again.

A replication depends on nothing but the scenario, its book, the seed, its number and the program. Of all but
the number a key is made, so that the right replications are found by content, whatever the file was called. Both
engines agree bit for bit and have the same key. Blocks of replications are written while a run goes on: a run
that is killed loses at most the blocks that were open.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.engine.version import model_version
from simulation.experiment.blocks import DamagedError, read_file, write_file
from simulation.experiment.shelf import FILES, Shelf

if TYPE_CHECKING:
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["Store", "Usage"]

LIMIT = 4 * 2**30
"""Bytes that a store may take, unless it is told otherwise."""
SHARE = 100
"""The store is tidied up each time this part of its limit was written."""
STALE = 86_400.0
"""Seconds after which a draft belongs to nobody: its writer was killed."""
_KEY = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(rf"({FILES})(\.[0-9a-f]{{32}}\.part)?")


@dataclass(frozen=True)
class Usage:
    """How much a store holds.

    Attributes
    ----------
    runs
        Scenarios, each with its seed, book and version of the program.
    files, size
        Number of files, and their bytes.
    """

    runs: int
    files: int
    size: int


class Store:
    """Finished replications in a folder; several processes may use it at once.

    Parameters
    ----------
    folder
        Where it is; made when it is needed.
    limit
        Bytes that it may take; beyond that, what has not been used for the longest time is removed.
    tell
        Called with a sentence when something is wrong with the store. Nothing that happens to it stops a run.
    """

    def __init__(self, folder: str | Path, *, limit: int = LIMIT, tell: Callable[[str], None] | None = None) -> None:
        self.folder = Path(folder)
        self.limit = limit
        self.tell = tell or (lambda text: warnings.warn(text, RuntimeWarning, stacklevel=2))
        self._broken, self._lock = False, threading.Lock()
        self._unchecked = self.limit // SHARE  # so that the first to write also looks what others have left
        self._told: set[Path] = set()

    @classmethod
    def default(cls, *, tell: Callable[[str], None] | None = None) -> Store:
        """The store of this user: in the cache folder of the platform, or where MEMBERSIM_STORE says.

        MEMBERSIM_STORE_LIMIT is its size limit in megabytes.
        """
        given = os.environ.get("MEMBERSIM_STORE")
        megabytes = os.environ.get("MEMBERSIM_STORE_LIMIT", "")
        limit = int(megabytes) * 2**20 if megabytes.isdecimal() else LIMIT
        if given:
            return cls(given, limit=limit, tell=tell)
        from platformdirs import user_cache_path

        try:
            folder = user_cache_path("membersim", appauthor=False) / "store"
        except RuntimeError:  # the user has no home directory
            folder = Path(tempfile.gettempdir(), "membersim-store")
        return cls(folder, limit=limit, tell=tell)

    def shelf(self, scenario: Scenario, book: Book | None, seed: int) -> Shelf:
        """The place of one run: of a scenario with its book, and a seed."""
        parts = [scenario.digest(), book.content if book is not None else "", seed, model_version()]
        return Shelf(self, hashlib.sha256(json.dumps(parts).encode()).hexdigest(), scenario, seed)

    def usage(self) -> Usage:
        """Count what is there."""
        found = list(self._files())
        return Usage(len({path.parent for path, _ in found}), len(found), sum(info.st_size for _, info in found))

    def clear(self) -> Usage:
        """Remove every file of the store, and nothing else in its folder; return what was removed."""
        before = self.usage()
        for path, _ in list(self._files()):
            _remove(path)
        return before

    def tidy(self) -> None:
        """Remove what a killed process left, and the oldest files while the store is above its limit."""
        now, kept = time.time(), []
        for path, info in self._files():
            if path.suffix == ".part" and now - info.st_mtime > STALE:
                _remove(path)
            else:
                kept.append((info.st_mtime, info.st_size, path))
        size = sum(one for _, one, _ in kept)
        for _, one, path in sorted(kept, key=lambda entry: entry[0]):
            if size <= self.limit:
                return
            _remove(path)
            size -= one

    def read(self, path: Path) -> bytes | None:
        """The body of a file of the store; None, after saying so once, where it is damaged or cannot be read."""
        try:
            body = read_file(path)
        except FileNotFoundError:
            return None
        except (OSError, DamagedError) as error:
            self.ignore(path, error)
            return None
        with suppress(OSError):
            os.utime(path)  # it was used now
        return body

    def ignore(self, path: Path, error: Exception) -> None:
        """Say once that a file is left out."""
        if path not in self._told:
            self._told.add(path)
            self.tell(f"{path} in the store is ignored: {error}")

    def write(self, path: Path, body: bytes) -> None:
        """Write a file; when that fails, write no more, and say so once."""
        if self._broken:
            return
        try:
            write_file(path, body)
        except OSError as error:
            with self._lock:
                first, self._broken = not self._broken, True
            if first:
                reason = error.strerror or error
                self.tell(f"The store at {self.folder} cannot be written ({reason}); going on without it.")
            return
        self._unchecked += len(body)

    def settle(self) -> None:
        """Tidy up when enough was written since the last time: looking at every file takes a while."""
        if self._unchecked >= self.limit // SHARE and not self._broken:
            self._unchecked = 0
            self.tidy()

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Every file of ours with its facts; whatever else lies in the folder is none of our business."""
        for path in self.folder.glob("??/*/*"):
            if _KEY.fullmatch(path.parent.name) and _FILE.fullmatch(path.name):
                with suppress(OSError):  # another process may have removed it
                    yield path, path.stat()


def _remove(path: Path) -> None:
    """Remove a file, and its folders when they are empty then."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()
        path.parent.parent.rmdir()
