"""Why a forecast was missed: the causes of the difference, each beside what luck does to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.history import day_of, history_of
from simulation.app.tasks.plan import book_of, plan_of
from simulation.app.tasks.refining import refined
from simulation.app.tasks.told import told

if TYPE_CHECKING:
    from simulation.evidence.attribution import Attribution

__all__ = ["picture_of", "work"]

RESPONSES = 40
"""Paired futures in which is found what deliveries and setbacks do to milestones."""


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Compare the forecast of the scenario with what happened (`history_of`), up to the day `until` if given."""
    from simulation.evidence.attribution import attribute, responses
    from simulation.evidence.attribution.attribution import covered

    plan = plan_of(request)
    history, until = history_of(request, plan), day_of(request, "until")
    forecast = refined(plan, request, tell)
    days = None if until is None else (until - forecast.frame.start).days
    last, measured = covered(history, forecast), None
    counted = [int(day) for day in forecast.frame.cell_edges[1:] if day <= last and days in (None, day)]
    if counted:
        measured = responses(
            plan, days=counted[-1], told=frozenset(map(str, history.frame["event"].unique())),
            book=book_of(plan, request), replications=RESPONSES, seed=forecast.seed, progress=tell.progress,
        )  # fmt: skip
    return picture_of(attribute(forecast, history, days=days, responses=measured), plan.name)


def picture_of(found: Attribution, name: str) -> dict[str, Any]:
    """What the page shows of an attribution.

    Returns
    -------
    dict
        Everything of `told`; currency; causes, the table of the attribution (title, amount, P10, P90, percentile,
        flag); total, the row of ARR (expected, actual, miss and the percentiles).
    """
    from simulation.report.attribution import attribution_page

    return told(attribution_page(found, name)) | {
        "currency": found.currency,
        "causes": found.table.reset_index(drop=True),
        "total": {str(key): float(value) for key, value in found.totals.loc["arr"].to_dict().items()},
        "futures": found.futures,
    }
