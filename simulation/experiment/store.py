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
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.engine.ledger import LEDGER_ARRAYS, Frame, Ledger, RunResult
from simulation.experiment.blocks import DamagedError, pack, read_file, unpack, write_file

if TYPE_CHECKING:
    from simulation.engine.replicate import Rows
    from simulation.model.quantiles import Tables
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["Shelf", "Store", "Usage", "model_version"]

BLOCK = 16
"""Replications of a block: numbers [16 b, 16 b + 16)."""
LIMIT = 4 * 2**30
"""Bytes that a store may take, unless it is told otherwise."""
PATIENCE = 15.0
"""Seconds after which an open block is written as it is, so that slow replications are not lost either."""
STALE = 86_400.0
"""Seconds after which a draft belongs to nobody: its writer was killed."""
PARTS = ("scenario", "model", "engine")
"""Packages whose code makes the numbers."""
BOOK_ARRAYS = (
    "key", "segment", "arr", "joined", "renews_on", "milestone", "progress", "direction", "magnitude",
    "value_recognised_on", "open_setback", "cycle",
)  # fmt: skip
TABLES = "quantiles"
_KEY = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(rf"(\d{{9}}\.block|{TABLES}\.block)(\.[0-9a-f]{{32}}\.part)?")


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


@cache
def model_version() -> str:
    """What the numbers were made by: versions of membersim and its numeric packages, and a hash of the sources."""
    from importlib.metadata import version

    from simulation import __version__

    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for part in PARTS:
        for path in sorted((package / part).rglob("*.py")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(package).as_posix()}\x1f{len(content)}\x1f".encode())
            digest.update(content)
    packages = [f"{name} {version(name)}" for name in ("numba", "numpy", "scipy")]
    return " ".join(["membersim", __version__, *packages, digest.hexdigest()])


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
        self.broken = False
        """Whether it was given up for writing, after saying why."""

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
        parts = [scenario.digest(), _book_digest(book), seed, model_version()]
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

    def give_up(self, error: OSError) -> None:
        """Write no more, and say so once."""
        if not self.broken:
            self.broken = True
            self.tell(f"The store at {self.folder} cannot be written ({error.strerror or error}); going on without it.")

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Every file of ours with its facts; whatever else lies in the folder is none of our business."""
        for path in self.folder.glob("??/*/*"):
            if _KEY.fullmatch(path.parent.name) and _FILE.fullmatch(path.name):
                with suppress(OSError):  # another process may have removed it
                    yield path, path.stat()


@dataclass
class _Open:
    """A block that is being filled."""

    wanted: set[int]
    rows: dict[int, Rows] = field(default_factory=dict)
    frames: dict[int, Frame] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)


class Shelf:
    """Finished replications of one scenario, book, seed and version of the program."""

    def __init__(self, store: Store, key: str, scenario: Scenario, seed: int) -> None:
        self.store, self.key, self.scenario, self.seed = store, key, scenario, seed
        self.folder = store.folder / key[:2] / key
        self._open: dict[int, _Open] = {}
        self._lock = threading.Lock()
        self._told: set[Path] = set()

    def read(self, numbers: Collection[int]) -> RunResult | None:
        """Those of the replications that are there; None when none is."""
        wanted = set(numbers)
        parts = []
        for block in sorted({number // BLOCK for number in wanted}):
            part = self._block(block)
            if part is not None and not wanted.isdisjoint(part.replications):
                parts.append(part.select(wanted))
        return RunResult.together(parts) if parts else None

    @contextmanager
    def writing(self, numbers: Collection[int]) -> Iterator[Callable[[int, Rows, Frame], None]]:
        """Keep these replications as they finish, block by block; however it ends, what has finished is kept.

        Yields
        ------
        callable
            Takes the number, the rows and the frame of a finished replication, from any thread.
        """
        self._open = {}
        for number in numbers:
            self._open.setdefault(number // BLOCK, _Open(set())).wanted.add(number)
        try:
            yield self._add
        finally:
            for block in sorted(self._open):
                self._write(block, self._open[block])
            self._open = {}
            if not self.store.broken:
                self.store.tidy()

    def tables(self) -> Tables:
        """Quantile tables that runs of this shelf drew from."""
        from simulation.engine.quantile_file import tables_of

        body = self._read(self.folder / f"{TABLES}.block")
        try:
            return {} if body is None else tables_of(body)
        except ValueError:
            return {}

    def keep_tables(self, tables: Tables) -> None:
        """Keep quantile tables, so that a run that is read here has them too."""
        from simulation.engine.quantile_file import bytes_of

        there = self.tables()
        if tables.keys() - there.keys():
            self._write_file(self.folder / f"{TABLES}.block", bytes_of({**tables, **there}))

    def _add(self, number: int, rows: Rows, frame: Frame) -> None:
        block = number // BLOCK
        with self._lock:
            opened = self._open[block]
            opened.rows[number], opened.frames[number] = dict(rows), frame
            whole = opened.rows.keys() == opened.wanted
            if not whole and time.monotonic() - opened.since < PATIENCE:
                return
            if whole:
                del self._open[block]
            opened.since = time.monotonic()
            finished = _Open(opened.wanted, dict(opened.rows), dict(opened.frames))
        self._write(block, finished)

    def _write(self, block: int, opened: _Open) -> None:
        """Write a block together with what is there of it, by this process or another."""
        if self.store.broken or not opened.rows:
            return
        result = self._result(opened)
        there = self._block(block)
        if there is not None:
            others = set(there.replications).difference(result.replications)
            result = RunResult.together([result, there.select(others)]) if others else result
        self._write_file(self._path(block), pack(self.key, result))

    def _result(self, opened: _Open) -> RunResult:
        numbers = sorted(opened.rows)
        points = [number // 2 for number in numbers]
        draws: dict[int, dict[str, float]] = {}
        if self.scenario.assumptions:
            draws = {point: self.scenario.assumption_values(self.seed, point) for point in set(points)}
        return RunResult(
            frame=opened.frames[numbers[0]],
            ledger=Ledger(**{name: np.stack([opened.rows[n][name] for n in numbers]) for name in LEDGER_ARRAYS}),
            seed=self.seed,
            replications=numbers,
            points=points,
            assumption_values={
                path: np.array([draws[point][path] for point in points]) for path in (draws[points[0]] if draws else ())
            },
        )

    def _block(self, block: int) -> RunResult | None:
        path = self._path(block)
        body = self._read(path)
        if body is None:
            return None
        try:
            return unpack(self.key, body)
        except DamagedError as error:
            self._ignore(path, error)
            return None

    def _read(self, path: Path) -> bytes | None:
        try:
            body = read_file(path)
        except FileNotFoundError:
            return None
        except (OSError, DamagedError) as error:
            self._ignore(path, error)
            return None
        with suppress(OSError):
            os.utime(path)  # it was used now
        return body

    def _ignore(self, path: Path, error: Exception) -> None:
        if path not in self._told:
            self._told.add(path)
            self.store.tell(f"{path} in the store is ignored: {error}")

    def _write_file(self, path: Path, body: bytes) -> None:
        if self.store.broken:
            return
        try:
            write_file(path, body)
        except OSError as error:
            self.store.give_up(error)

    def _path(self, block: int) -> Path:
        return self.folder / f"{block:09d}.block"


def _book_digest(book: Book | None) -> str:
    """SHA-256 of what a run reads of a book; quarantined rows are not in it."""
    digest = hashlib.sha256()
    for name in BOOK_ARRAYS if book is not None else ():
        array: np.ndarray[Any, Any] = np.ascontiguousarray(getattr(book, name))
        digest.update(f"{name}\x1f{array.dtype.str}\x1f{array.shape}\x1f".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _remove(path: Path) -> None:
    """Remove a file, and its folders when they are empty then."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()
        path.parent.parent.rmdir()
