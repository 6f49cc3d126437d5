"""Gathers the columns of a table that is read in batches, with what is wrong in their cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.evidence.history.columns import Found
from simulation.evidence.history.source import Source
from simulation.scenario.errors import Problem

__all__ = ["Gathered"]

Impossible = Callable[[str, Any, set[int]], list[tuple[int, str]]]
"""Column, its values and the rows that are faulty already: rows of the batch that cannot be, and why."""


class Gathered:
    """What has been read so far; it stays where reading breaks off.

    Attributes
    ----------
    problems
        Every fault of every row, in the order of reading.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._lines: list[npt.NDArray[np.int64]] = []
        self._parts: dict[str, list[Any]] = {}

    def read(
        self, source: Source, found: Found, readers: Mapping[str, Any], impossible: Impossible | None = None
    ) -> None:
        """Read all batches of a source.

        Parameters
        ----------
        found
            Where each column is, or which constant stands for it.
        readers
            By our name; `read` gives the values of some cells, and row, reason and message of each fault.
        """
        for batch in source.batches(list(found.positions.values())):
            self.problems += [Problem(source.shown, fault.line, None, "", fault.message) for fault in batch.faults]
            cells = dict(zip(found.positions, batch.columns, strict=True))
            self._lines.append(batch.lines)
            for name, ref in found.refs.items():
                column = cells[name] if name in cells else [ref.constant or ""] * len(batch.lines)
                values, faults = readers[name].read(column)
                self._parts.setdefault(name, []).append(values)
                wrong = [(row, said) for row, _, said in faults]
                if impossible is not None:
                    wrong += impossible(name, values, {row for row, _ in wrong})
                self.problems += [Problem(source.shown, int(batch.lines[row]), None, name, said) for row, said in wrong]

    @property
    def lines(self) -> npt.NDArray[np.int64]:
        """[rows]: the line of each."""
        return np.concatenate(self._lines) if self._lines else np.zeros(0, np.int64)

    def values(self, name: str) -> Any:
        """[rows]: a column as its reader gives it; None where the table has no such column or no batch."""
        parts = self._parts.get(name)
        return np.concatenate(parts) if parts else None
