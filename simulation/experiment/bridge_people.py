"""The row of time and the book, person by person: who has left, who has come, who stands otherwise than expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simulation.engine.replicate import Replications, points_of

if TYPE_CHECKING:
    import pandas as pd

    from simulation.engine.plan import Plan
    from simulation.engine.world import Memory
    from simulation.experiment.bridge import Row
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["GROUPS", "People", "people_of"]

Int = npt.NDArray[np.int64]
STAYED, LEFT, CAME, FUTURE = "in both books", "left since", "came since", "not yet members"
GROUPS = (STAYED, LEFT, CAME, FUTURE)


@dataclass(frozen=True)
class People:
    """Who makes up the row.

    Attributes
    ----------
    table
        One row a person of either book, the largest change first: member (a pseudonym), segment, group, arr_old and
        arr_new (in the books), expected_old and expected_new (mean ARR on the common day, of those who are members
        then), change (expected_new less expected_old). Money in currency units, whole cents.
    groups
        Sum of the changes in cents by group and segment; "not yet members" is the rest of the row: people who
        had not joined by the day of the book. The whole adds up to the row exactly.
    """

    table: pd.DataFrame
    groups: dict[tuple[str, str], int]


def people_of(
    old: tuple[Scenario, Book],
    new: tuple[Scenario, Book],
    seed: int,
    numbers: Sequence[int],
    until: dt.date,
    row: Row,
    workers: int | None = None,
) -> People:
    """Share the row of time and the book out by person.

    Parameters
    ----------
    old, new
        The scenario before and after the step, each with its book.
    seed, numbers
        Futures to look at.
    until
        The day on which ARR is read.
    row
        The row of the step.
    """
    import pandas as pd

    from simulation.engine.pseudonym import pseudonyms

    sides = []
    for scenario, book in (old, new):
        sides.append(
            pd.DataFrame(
                {
                    "segment": [list(scenario.segments)[place] for place in book.segment],
                    "arr": book.arr,
                    "expected": _expected(scenario, book, seed, numbers, until, workers),
                },
                index=book.key,
            )
        )
    before, after = sides
    keys = before.index.union(after.index)
    one, other = before.reindex(keys), after.reindex(keys)
    stayed, left = one["arr"].notna() & other["arr"].notna(), other["arr"].isna()
    expected_old, expected_new = (side["expected"].fillna(0).astype(np.int64) for side in (one, other))
    change = expected_new - expected_old
    table = pd.DataFrame(
        {
            "member": pseudonyms(keys.to_numpy()),
            "segment": other["segment"].fillna(one["segment"]).to_numpy(),
            "group": np.select([stayed, left], [STAYED, LEFT], CAME),
            "arr_old": one["arr"].to_numpy() / 100,
            "arr_new": other["arr"].to_numpy() / 100,
            "expected_old": expected_old.to_numpy() / 100,
            "expected_new": expected_new.to_numpy() / 100,
            "change": change.to_numpy() / 100,
        }
    )
    groups: dict[tuple[str, str], int] = {}
    for (group, segment), cents in zip(zip(table["group"], table["segment"], strict=True), change, strict=True):
        groups[group, segment] = groups.get((group, segment), 0) + int(cents)
    for segment in [name for name in row.cents if name != "all"] or ["all"]:
        known = sum(cents for (_, there), cents in groups.items() if segment in ("all", there))
        groups[FUTURE, segment] = row.cents[segment] - known
    order = np.lexsort((table["member"], -np.abs(table["change"])))
    return People(table.iloc[order].reset_index(drop=True), groups)


def _expected(
    scenario: Scenario, book: Book, seed: int, numbers: Sequence[int], until: dt.date, workers: int | None
) -> Int:
    """Mean ARR of each row of a book on a day, cents; 0 in the futures in which the person is no member then."""
    crew = Standing(_ending(scenario, until), book, seed, "compiled")
    total = np.zeros(len(book.key), np.int64)

    def done(part: list[tuple[int, Int]]) -> None:
        for _, arr in part:
            total[:] += arr

    crew.share_out(points_of(scenario, numbers).items(), done, workers=workers)
    return np.rint(total / len(numbers)).astype(np.int64)


class Standing(Replications[Int]):
    """Keeps the ARR of each row of the book at the end, cents; 0 where the person is no member then."""

    def seen(self, memory: Memory, plan: Plan) -> Int:
        """ARR by row of the book."""
        assert self.book is not None
        order = np.argsort(self.book.key)
        keys = self.book.key[order]
        members: Any = memory.arrays["member"][: int(memory.world["n_members"])]
        here = members["present"].astype(bool)
        place = np.minimum(np.searchsorted(keys, members["key"][here]), len(keys) - 1)
        known = keys[place] == members["key"][here]
        arr = np.zeros(len(keys), np.int64)
        np.add.at(arr, order[place[known]], members["arr"][here][known])
        return arr


def _ending(scenario: Scenario, until: dt.date) -> Scenario:
    """The scenario up to a day; what lies beyond it has no part in what happens before."""
    if scenario.end == until:
        return scenario
    from simulation.scenario.schema.scenario import Horizon

    return scenario.model_copy(
        update={"horizon": Horizon.model_validate(f"{(until - scenario.start).days} days"), "objectives": {}}
    )
