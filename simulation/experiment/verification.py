"""What somebody without the book can verify of a forecast: its arithmetic, and what does not depend on the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from simulation.forecast import Forecast
    from simulation.progress import Progress
    from simulation.scenario import Scenario

__all__ = ["Check", "NOT_WITHOUT_BOOK", "verify_counts", "verify_rerun"]

PLANNED = ("team_cost", "team_seconds", "cost_per_delivery", "fixed_cost")
"""Arrays of the ledger that follow from the plan alone."""
NOT_WITHOUT_BOOK = (
    "What the members of the book did: renewals, milestones, takes, leavings, and with them ARR. Their lives start "
    "from the book, and they share teams with those who join later."
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name, found
        What, and what came of it, in words.
    passed
        Whether it is as it should be.
    """

    name: str
    found: str
    passed: bool


def verify_counts(forecast: Forecast) -> Check:
    """Check every identity of the ledger: ARR to the cent, members, milestones, queues, in every future."""
    name = "ARR and members reconcile, exactly, in every future and period"
    try:
        forecast.ledger.check(forecast.frame)
    except ValueError as error:
        return Check(name, str(error), False)
    return Check(name, f"{forecast.replications:,} futures of {forecast.frame.cells} cells", True)


def verify_rerun(
    forecast: Forecast,
    scenario: Scenario,
    replications: Sequence[int],
    *,
    progress: Progress | None = None,
) -> list[Check]:
    """Simulate some of the futures again without the book, and compare what cannot depend on it.

    Parameters
    ----------
    forecast
        What was shared.
    scenario
        Its plan without the book.
    replications
        Futures to simulate.

    Returns
    -------
    list of Check
        The draws of the assumptions; capacity and cost of teams and the cost of interventions; people who join, future
        by future and cell by cell, but for those whom members refer.
    """
    from simulation.model.columns import FLOW
    from simulation.runs import run

    again = run(scenario, replications=list(replications), seed=forecast.seed, progress=progress).result
    part = forecast.result.select(replications)
    futures = f"{len(replications):,} futures"
    checks = []
    if part.assumption_values:
        draws = again.assumption_values
        equal = draws.keys() == part.assumption_values.keys() and all(
            np.array_equal(draws[path], one) for path, one in part.assumption_values.items()
        )
        checks.append(_check("Draws of the assumptions follow from plan and seed", futures, equal))
    equal = all(np.array_equal(again.ledger[name], part.ledger[name]) for name in PLANNED)
    checks.append(_check("Capacity and cost of teams and interventions follow from the plan", futures, equal))
    joined = FLOW.index("joined")
    equal = np.array_equal(again.ledger.flows[..., joined], part.ledger.flows[..., joined])
    checks.append(_check("People who join unreferred, segment by segment and cell by cell", futures, equal))
    return checks


def _check(name: str, found: str, passed: bool) -> Check:
    return Check(name, f"{found}, identical" if passed else f"{found}: not what the plan gives", passed)
