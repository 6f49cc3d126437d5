"""How much a budget's answer may cost to find, and the answer itself."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.experiment.contenders import Contender
from simulation.experiment.levers import Levels
from simulation.experiment.plans import Plan, Step
from simulation.experiment.search import Point
from simulation.experiment.selection import Selection

__all__ = ["Answer", "Effort"]


@dataclass(frozen=True)
class Effort:
    """How much is simulated.

    Attributes
    ----------
    allocations
        Allocations that the search tries, at most.
    screening
        Futures of each of them.
    choosing
        Futures of each contender, at most; never fewer than 40 (120 for a chance, 240 for the worst futures).
    measuring
        Futures on which the chosen one is measured. Odd numbers of futures are rounded up.
    """

    allocations: int = 60
    screening: int = 40
    choosing: int = 400
    measuring: int = 200

    def __post_init__(self) -> None:
        """Check and round."""
        if min(self.allocations, self.screening, self.choosing, self.measuring) < 2:
            raise ValueError("at least 2 allocations, and at least 2 futures of each, are needed")
        for name in ("screening", "choosing", "measuring"):
            object.__setattr__(self, name, getattr(self, name) + getattr(self, name) % 2)


@dataclass(frozen=True, eq=False)
class Answer:
    """The best allocation, by steps of the levers.

    Attributes
    ----------
    recommended, nothing
        The chosen allocation, and nothing bought.
    others
        More allocations that were measured, by name.
    steps
        One step more of each lever.
    frontier
        The best allocation found for each cap, after that cap.
    contenders
        Those that were sampled anew, the chosen one first; none when the search left no doubt.
    selection
        How the choice went; None when there was nothing to choose or it was interrupted.
    zone, level
        The smallest difference that matters, and the promised probability of the choice.
    tried
        Every allocation of the search: mean score and spend there.
    futures
        Number of futures simulated over all allocations.
    fresh
        Whether all was measured on futures that had no part in a choice; False after an interruption.
    """

    recommended: Plan
    nothing: Plan
    others: dict[str, Plan]
    steps: list[Step]
    frontier: list[tuple[float, Plan]]
    contenders: list[Contender]
    selection: Selection | None
    zone: float
    level: float
    tried: dict[Levels, Point]
    futures: int
    fresh: bool
