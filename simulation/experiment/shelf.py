"""A shelf of the store: the finished replications of one run, in blocks that are written while it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulation.engine.ledger import LEDGER_ARRAYS, Frame, Ledger, RunResult
from simulation.experiment.blocks import DamagedError, pack, unpack

if TYPE_CHECKING:
    from simulation.engine.replicate import Rows
    from simulation.experiment.store import Store
    from simulation.model.quantiles import Tables
    from simulation.scenario import Scenario

__all__ = ["FILES", "Shelf"]

BLOCK = 16
"""Replications of a block: numbers [16 b, 16 b + 16)."""
PATIENCE = 15.0
"""Seconds after which an open block is written as it is, so that slow replications are not lost either."""
TABLES = "quantiles"
FILES = rf"\d{{9}}\.block|{TABLES}\.block"
"""Pattern of the names of its files."""


@dataclass
class _Open:
    """A block that is being filled."""

    wanted: set[int]
    rows: dict[int, Rows] = field(default_factory=dict)
    frame: Frame | None = None
    since: float = field(default_factory=time.monotonic)


class Shelf:
    """Finished replications of one scenario, book, seed and version of the program."""

    def __init__(self, store: Store, key: str, scenario: Scenario, seed: int) -> None:
        self.store, self.key, self.scenario, self.seed = store, key, scenario, seed
        self.folder = store.folder / key[:2] / key
        self._open: dict[int, _Open] = {}
        self._lock = threading.Lock()

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
            self.store.settle()

    def tables(self) -> Tables:
        """Quantile tables that runs of this shelf drew from."""
        from simulation.engine.quantile_file import tables_of

        body = self.store.read(self.folder / f"{TABLES}.block")
        try:
            return {} if body is None else tables_of(body)
        except ValueError:
            return {}

    def keep_tables(self, tables: Tables) -> None:
        """Keep quantile tables, so that a run that is read here has them too."""
        from simulation.engine.quantile_file import bytes_of

        there = self.tables()
        if tables.keys() - there.keys():
            self.store.write(self.folder / f"{TABLES}.block", bytes_of({**tables, **there}))

    def _add(self, number: int, rows: Rows, frame: Frame) -> None:
        block = number // BLOCK
        with self._lock:
            opened = self._open[block]
            opened.rows[number], opened.frame = dict(rows), frame
            whole = opened.rows.keys() == opened.wanted
            if not whole and time.monotonic() - opened.since < PATIENCE:
                return
            if whole:
                del self._open[block]
            opened.since = time.monotonic()
            finished = _Open(opened.wanted, dict(opened.rows), frame)
        self._write(block, finished)

    def _write(self, block: int, opened: _Open) -> None:
        """Write a block together with what is there of it, by this process or another."""
        if opened.frame is None:
            return
        result = self._result(opened.rows, opened.frame)
        there = self._block(block)
        if there is not None:
            others = set(there.replications).difference(result.replications)
            result = RunResult.together([result, there.select(others)]) if others else result
        self.store.write(self._path(block), pack(f"{self.key}/{block}", result))

    def _result(self, found: dict[int, Rows], frame: Frame) -> RunResult:
        numbers = sorted(found)
        points = [number // 2 for number in numbers]
        draws: dict[int, dict[str, float]] = {}
        if self.scenario.assumptions:
            draws = {point: self.scenario.assumption_values(self.seed, point) for point in set(points)}
        return RunResult(
            frame=frame,
            ledger=Ledger(**{name: np.stack([found[n][name] for n in numbers]) for name in LEDGER_ARRAYS}),
            seed=self.seed,
            replications=numbers,
            points=points,
            assumption_values={
                path: np.array([draws[point][path] for point in points]) for path in (draws[points[0]] if draws else ())
            },
        )

    def _block(self, block: int) -> RunResult | None:
        path = self._path(block)
        body = self.store.read(path)
        if body is None:
            return None
        try:
            found = unpack(f"{self.key}/{block}", body)
            self._check(block, found)
            return found
        except DamagedError as error:
            self.store.ignore(path, error)
            return None

    def _check(self, block: int, found: RunResult) -> None:
        """Refuse replications that cannot stand in a block: they would be counted twice, or as others."""
        numbers = found.replications
        if found.seed != self.seed:
            raise DamagedError("it is of another seed")
        if len(set(numbers)) < len(numbers) or any(number // BLOCK != block for number in numbers):
            raise DamagedError("it has replications twice, or of another block")
        if found.points != [number // 2 for number in numbers]:
            raise DamagedError("its replications are of other assumption points")

    def _path(self, block: int) -> Path:
        return self.folder / f"{block:09d}.block"
