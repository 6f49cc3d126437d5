"""What is counted: the arrays of a run, the names of their columns and the facts that give them meaning.

Every array is int64 and has replications first. Money is in cents, waits and work in seconds, so sums do not
depend on their order and every identity holds exactly. Both engines write these arrays; the forecast only
reads them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date

import numpy as np
import numpy.typing as npt

from simulation.engine.cells import Period, Window, make_cells, objective_days
from simulation.model.columns import (
    COHORT,
    FIRST_VALUE,
    FIRST_VALUE_DAYS,
    FLOW,
    IV,
    MS,
    OPEN,
    STATES,
    TERMS,
    TM,
    WAIT_EDGES,
    WON_LOST,
)  # fmt: skip

__all__ = [
    "COHORT", "COURSES", "DAY_SECONDS", "FIRST_VALUE", "FIRST_VALUE_DAYS", "FLOW", "IV", "LEDGER_ARRAYS",
    "MS", "OPEN", "STAGES", "STATES", "TERMS", "TM", "WAIT_EDGES", "WON_LOST", "YEAR_SECONDS",
    "Frame", "Ledger", "MilestoneKey", "Period", "RunResult", "Window", "make_cells", "objective_days",
]  # fmt: skip

Int = npt.NDArray[np.int64]
MilestoneKey = tuple[str, str, str, str | None]
"""(segment, milestone, stage, kind of its opportunity or None)."""

STAGES = STATES[:4]
COURSES = STATES[4:7]
DAY_SECONDS = 86_400
YEAR_SECONDS = 31_557_600
"""Seconds of the mean year of 365.25 days: recurring revenue = ARR x seconds / YEAR_SECONDS."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What the axes of the ledger's arrays mean; the same at every assumption point.

    Attributes
    ----------
    segments, milestones, interventions, teams
        Names along the axes; `milestones` are segment-major `MilestoneKey` tuples, interventions and teams go by name.
    days
        Length of the horizon in whole days from `start`.
    cell_edges
        int64[C+1], days since `start`; the finest time bins.
    """

    name: str
    currency: str
    start: date
    days: int
    segments: tuple[str, ...]
    milestones: tuple[MilestoneKey, ...]
    interventions: tuple[str, ...]
    teams: tuple[str, ...]
    cell_edges: Int
    periods: tuple[Period, ...]
    windows: tuple[Window, ...]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.cell_edges) - 1

    def shapes(self, replications: int) -> dict[str, tuple[int, ...]]:
        """Shape of every ledger array for a number of replications."""
        r, s, c = replications, len(self.segments), self.cells
        k, t = len(self.interventions), len(self.teams)
        return {
            "opening": (r, s, len(OPEN)),
            "flows": (r, s, c, len(FLOW)),
            "milestones": (r, len(self.milestones), c, len(MS)),
            "interventions": (r, k, s, c, len(IV)),
            "teams": (r, t, c, len(TM)),
            "waits": (r, t, len(WAIT_EDGES)),
            "terms": (r, s, TERMS, len(WON_LOST)),
            "first_value": (r, s, len(FIRST_VALUE_DAYS), len(FIRST_VALUE)),
            "cohort": (r, s, len(self.windows), len(COHORT)),
            "team_cost": (r, t, c),
            "team_seconds": (r, t, c),
            "cost_per_delivery": (r, k),
            "fixed_cost": (r, k, c),
            "events": (r,),
            "forced": (r,),
        }


@dataclass(frozen=True, eq=False)
class Ledger(Mapping[str, Int]):
    """The counts and costs of a run, one int64 array a subject, replications first.

    Attributes
    ----------
    opening
        [R, S, OPEN]: the book at the start.
    flows
        [R, S, C, FLOW]: what happened in each cell; ARR and fees in cents (positive), the states as net
        changes.
    milestones
        [R, M, C, MS]: by milestone; `taken` and `expansion` exclude quota pushes.
    interventions
        [R, K, S, C, IV].
    teams
        [R, T, C, TM]: `queue` is the net change of the queue's length, `queue_seconds` its integral.
    waits
        [R, T, WAIT_EDGES]: histogram of waits.
    terms
        [R, S, TERMS, 2]: renewals won and lost by number of the term, 1st to 20th and later.
    first_value
        [R, S, FIRST_VALUE_DAYS, 2]: joiners observed for at least d days; of those, adoption complete within
        d days.
    cohort
        [R, S, W, COHORT]: the closed cohort of each window.
    team_cost
        [R, T, C]: loaded cost of each team, cents. This and the next three follow from the plan alone, so they are
        those of the replication's assumption point.
    team_seconds
        [R, T, C]: available capacity, server-seconds.
    cost_per_delivery
        [R, K]: cents.
    fixed_cost
        [R, K, C]: monthly and one-off cost of each intervention, cents.
    events
        [R]: rows of the event log.
    forced
        [R]: members of the start for whom no past life was found that fits their row, so that one was made to stay.
    """

    opening: Int
    flows: Int
    milestones: Int
    interventions: Int
    teams: Int
    waits: Int
    terms: Int
    first_value: Int
    cohort: Int
    team_cost: Int
    team_seconds: Int
    cost_per_delivery: Int
    fixed_cost: Int
    events: Int
    forced: Int

    def __getitem__(self, name: str) -> Int:
        """Return the array of that name."""
        if name not in LEDGER_ARRAYS:
            raise KeyError(name)
        array: Int = getattr(self, name)
        return array

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the arrays."""
        return iter(LEDGER_ARRAYS)

    def __len__(self) -> int:
        """Return the number of arrays."""
        return len(LEDGER_ARRAYS)

    @classmethod
    def zeros(cls, frame: Frame, replications: int) -> Ledger:
        """Return an empty ledger of the right shape."""
        return cls(**{name: np.zeros(shape, np.int64) for name, shape in frame.shapes(replications).items()})

    @classmethod
    def concatenate(cls, ledgers: Sequence[Ledger]) -> Ledger:
        """Join ledgers of the same frame along replications."""
        return cls(**{name: np.concatenate([one[name] for one in ledgers]) for name in LEDGER_ARRAYS})

    @property
    def replications(self) -> int:
        """Number of replications."""
        return int(self.opening.shape[0])

    def equals(self, other: Ledger) -> bool:
        """Whether every array is equal, shape and value."""
        return all(np.array_equal(self[name], other[name]) for name in LEDGER_ARRAYS)

    def check(self, frame: Frame) -> None:
        """Raise `ValueError`, naming the place, when an identity of the ledger is violated."""
        from simulation.engine.identities import check  # identities needs the names of this file

        check(frame, self)


LEDGER_ARRAYS = tuple(one.name for one in fields(Ledger))


class Gathering:
    """Ledgers of single replications, each written at its place in one ledger as it comes, so none is held twice.

    Parameters
    ----------
    frame
        Their axes.
    numbers
        The replications to come.
    """

    def __init__(self, frame: Frame, numbers: Iterable[int]) -> None:
        self._places = {number: place for place, number in enumerate(sorted(set(numbers)))}
        self._whole = Ledger.zeros(frame, len(self._places))
        self._there = np.zeros(len(self._places), bool)

    def __len__(self) -> int:
        """Return how many are there."""
        return int(self._there.sum())

    def add(self, number: int, rows: Mapping[str, Int]) -> None:
        """Write the arrays of one replication."""
        place = self._places[number]
        for name in LEDGER_ARRAYS:
            self._whole[name][place] = rows[name]
        self._there[place] = True

    def gathered(self) -> tuple[Ledger, list[int]]:
        """The ledger of those that are there, and their numbers in order."""
        numbers = [number for number, place in self._places.items() if self._there[place]]
        if len(numbers) == len(self._places):
            return self._whole, numbers
        return Ledger(**{name: array[self._there] for name, array in self._whole.items()}), numbers


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a run hands to the forecast.

    Attributes
    ----------
    replications
        Number (identity) of each replication, in the order of the ledger's first axis.
    points
        Assumption point of each replication, the same length; replications 2i and 2i+1 share point i.
    assumption_values
        Dotted path -> float64 values in base units, aligned with `replications`; empty without assumptions.
    """

    frame: Frame
    ledger: Ledger
    seed: int
    replications: list[int]
    points: list[int]
    assumption_values: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def together(cls, parts: Sequence[RunResult]) -> RunResult:
        """Join parts of one run that share no replication, in the order of their numbers.

        Raises
        ------
        ValueError
            When they do share one: it would count twice in every mean.
        """
        if len(parts) == 1:
            return parts[0]
        numbers = [number for part in parts for number in part.replications]
        if len(set(numbers)) < len(numbers):
            raise ValueError("parts of a run have replications in common")
        points = [point for part in parts for point in part.points]
        order = sorted(range(len(numbers)), key=numbers.__getitem__)
        return cls(
            frame=parts[0].frame,
            ledger=Ledger(
                **{name: np.concatenate([part.ledger[name] for part in parts])[order] for name in LEDGER_ARRAYS}
            ),
            seed=parts[0].seed,
            replications=[numbers[place] for place in order],
            points=[points[place] for place in order],
            assumption_values={
                path: np.concatenate([part.assumption_values[path] for part in parts])[order]
                for path in parts[0].assumption_values
            },
        )

    def select(self, numbers: Collection[int]) -> RunResult:
        """The part with these replications, those that it has."""
        places = [place for place, number in enumerate(self.replications) if number in numbers]
        if len(places) == len(self.replications):
            return self
        return RunResult(
            frame=self.frame,
            ledger=Ledger(**{name: array[places] for name, array in self.ledger.items()}),
            seed=self.seed,
            replications=[self.replications[place] for place in places],
            points=[self.points[place] for place in places],
            assumption_values={path: values[places] for path, values in self.assumption_values.items()},
        )
