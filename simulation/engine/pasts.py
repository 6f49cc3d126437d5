"""Which rows of a book have no past that the scenario allows: the engine's own draws, row by row, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from simulation.engine.replicate import plan_at
from simulation.engine.world import Memory, Room
from simulation.model.people import enter
from simulation.scenario.book import Book
from simulation.scenario.schema import Scenario

__all__ = ["forced_rows"]


def forced_rows(scenario: Scenario, book: Book, seed: int, replications: Iterable[int]) -> npt.NDArray[np.int64]:
    """In how many replications no past life was found that fits a row, so that one was made to stay.

    Parameters
    ----------
    scenario, book
        What is run, and its members of today.
    seed, replications
        Which replications to look at; each takes as long as putting its members at the start does.

    Returns
    -------
    int64[members of the book]
        By row, in the order of the book. Summed over rows it is `Ledger.forced` of these replications, less the
        members of a made-up `population`.
    """
    found = np.zeros(len(book), np.int64)
    for replication in replications:
        plan = plan_at(scenario, book, seed, replication // 2)
        memory = Memory(plan, Room.for_plan(plan, log=False))
        memory.start(seed, replication, log=False)
        before = 0
        for row in range(len(book)):
            enter(memory.world, row)
            after = int(memory.world["n_forced"])
            found[row] += after - before
            before = after
    return found
