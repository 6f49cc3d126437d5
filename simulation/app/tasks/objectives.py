"""Objectives: the chance of each, and what to expect within 30, 60 and 90 days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.plan import plan_of
from simulation.app.tasks.refining import refined
from simulation.app.tasks.told import told

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["picture_of", "work"]


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Simulate the scenario of a request, and show what it may be managed against.

    Raises
    ------
    ValueError
        When it ends before the first window does.
    """
    from simulation.evidence.objectives import DAYS

    plan = plan_of(request)
    if plan.days < DAYS[0]:
        raise ValueError(f"this scenario ends after {plan.days} days, before the first window of {DAYS[0]} days")
    return picture_of(refined(plan, request, tell, picture_of))


def picture_of(forecast: Forecast) -> dict[str, Any]:
    """What the page shows of the objectives.

    Returns
    -------
    dict
        Everything of `told`; replications and currency; wishes, each with title, target, chance, low, high, expected
        and likely; and table, the result of `milestone_objectives` with its index as columns.
    """
    from dataclasses import asdict

    from simulation.evidence.objectives import DAYS, milestone_objectives
    from simulation.report.answer import wishes
    from simulation.report.objectives import objectives_page

    days = [one for one in DAYS if one <= forecast.frame.days]
    table = milestone_objectives(forecast, days)
    return told(objectives_page(forecast, table)) | {
        "replications": forecast.replications,
        "currency": forecast.frame.currency,
        "wishes": [asdict(one) for one in wishes(forecast)],
        "table": table.reset_index(),
    }
