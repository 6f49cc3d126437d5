"""Spend a budget well: which of a scenario's levers to buy, and how much of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from simulation.experiment.allocation import AllocationInterrupted, Stage, allocate
from simulation.experiment.answer import Answer, Effort
from simulation.experiment.criterion import Criterion, criterion_of
from simulation.experiment.levers import Levers
from simulation.experiment.trials import simulated
from simulation.progress import Interrupted
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.experiment.store import Store
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["Budget", "BudgetInterrupted", "Effort", "budget"]


@dataclass(frozen=True, eq=False)
class Budget(Shown):
    """How to spend a budget; what `budget` returns.

    Attributes
    ----------
    levers, criterion, spend
        What was asked.
    answer
        What was found, by steps of the levers; `levers` turns them into words, scenarios and overlays.
    seed, effort
        With what.
    """

    levers: Levers
    criterion: Criterion
    spend: float
    answer: Answer
    seed: int
    effort: Effort

    @property
    def scenario(self) -> Scenario:
        """The scenario whose budget it is."""
        return self.levers.scenario

    @property
    def recommended(self) -> Scenario:
        """The scenario with the recommended allocation bought."""
        return self.levers.scenario_at(self.answer.recommended.levels)

    def plot(
        self, view: Literal["frontier", "next steps", "contenders"] = "frontier", *, ax: Axes | None = None
    ) -> Axes:
        """Draw what each spend buys, what the next step of each lever brings, or which plans came closest.

        Parameters
        ----------
        view
            Which picture.
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax, view=view)


class BudgetInterrupted(Interrupted):
    """The work was stopped by its user; `budget` is the best answer so far, or None."""

    def __init__(self, budget: Budget | None = None) -> None:
        super().__init__()
        self.budget = budget


def budget(
    scenario: Scenario | str | Path,
    *,
    spend: float,
    maximise: str = "contribution",
    tail: float | None = None,
    zone: float | None = None,
    level: float = 0.95,
    effort: Effort | None = None,
    seed: int = 1,
    workers: int | None = None,
    quarantine: bool = False,
    book: Book | None = None,
    store: Store | None = None,
    stage: Stage | None = None,
) -> Budget:
    """Find the allocation of a scenario's levers that is best under a cap on what it costs.

    Parameters
    ----------
    scenario
        With `levers`; or the path of its file.
    spend
        The cap, currency units: expected cost over the horizon above that of nothing bought. Teams and
        interventions cost what the scenario says, levers also what they say themselves.
    maximise
        A measure of which more is better ("contribution", "arr", ...), or the name of an objective, whose chance
        is maximised. Contribution is net of what is spent.
    tail
        Maximise the mean of this share of futures, the worst ones, instead of the mean of all.
    zone
        The smallest difference that matters, in the unit of what is maximised. By default 1% of the spend for
        money, one percentage point for shares and chances, and half a percent of the value for anything else.
    level
        Promised probability of choosing the best contender, if it is better by `zone` than the others.
    effort
        How much to simulate.
    seed, workers, quarantine, book, store
        As in `simulation.run`.
    stage
        Shows progress: called with what is done, it returns a context manager that gives a `Progress`.

    Returns
    -------
    Budget

    Raises
    ------
    ScenarioError
        When the scenario is wrong, or an allocation makes an impossible one.
    ValueError
        When it has no levers, or an argument is out of its range.
    BudgetInterrupted
        On Ctrl-C (a KeyboardInterrupt), with the best answer so far.
    """
    from simulation.runs import todays_members
    from simulation.scenario import load

    plan = load(scenario) if isinstance(scenario, str | Path) else scenario
    effort = effort or Effort()
    levers, criterion = Levers(plan), criterion_of(plan, maximise, tail)
    for corner in (levers.nothing, levers.tops):  # what cannot be bought together is said before anything is simulated
        levers.scenario_at(corner)
    members = todays_members(plan, quarantine=quarantine) if book is None else book
    trial = simulated(levers, criterion, seed=seed, workers=workers, book=members, store=store)
    written = levers.as_written
    try:
        answer = allocate(
            trial,
            levers.tops,
            criterion,
            spend,
            zone=zone,
            level=level,
            effort=effort,
            also={} if written in (None, levers.nothing) else {"as written": written},
            stage=stage,
        )
    except AllocationInterrupted as stop:
        found = None if stop.answer is None else Budget(levers, criterion, spend, stop.answer, seed, effort)
        raise BudgetInterrupted(found) from None
    return Budget(levers, criterion, spend, answer, seed, effort)
