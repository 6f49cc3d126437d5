"""A budget: what to buy for a spend, what other spends would buy, and what the next step of each lever brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Stopped, Tell
from simulation.app.tasks.plan import book_of, plan_of, store_of
from simulation.app.tasks.told import told
from simulation.progress import Progress

if TYPE_CHECKING:
    from simulation.experiment.budget import Budget

__all__ = ["EFFORTS", "picture_of", "work"]

EFFORTS = {"quick": (20, 16, 80, 60), "usual": (60, 40, 400, 200)}
"""Plans that are tried, futures of each, of each that came closest, and of the recommended one."""


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Spend at most `spend` on the levers of the scenario so that `maximise` becomes the most it can.

    The picture has `scenario`, too, and whether it was `changed` by the overlay of the request.

    Raises
    ------
    ValueError
        When the scenario has no levers, or a number is out of its range.
    """
    import simulation as sim
    from simulation.experiment.budget import BudgetInterrupted, Effort

    @contextmanager
    def stage(what: str) -> Iterator[Progress]:
        yield tell.progress

    plan = plan_of(request)
    if not plan.levers:
        raise ValueError("this scenario has no levers, so there is nothing to buy; state what may be bought first")
    worst, asked = request.get("worst"), {"scenario": request["scenario"], "changed": bool(request.get("overlay"))}
    try:
        found = sim.budget(
            plan,
            spend=float(request["spend"]),
            maximise=str(request.get("maximise") or "contribution"),
            tail=None if not worst else float(worst),
            effort=Effort(*EFFORTS[request.get("effort", "usual")]),
            seed=int(request.get("seed", 1)),
            book=book_of(plan, request),
            store=store_of(),
            stage=stage,
        )
    except BudgetInterrupted as stop:
        if stop.budget is not None:
            tell.picture(picture_of(stop.budget) | asked)
        raise Stopped from None
    return picture_of(found) | asked


def picture_of(found: Budget) -> dict[str, Any]:
    """What the page shows of a budget.

    Returns
    -------
    dict
        Everything of `told`; title, unit and currency of what is maximised; spend; per (the spend to which the gain of
        a next step is scaled); overlay, the recommended plan as changes of the scenario; plans: a list of what is
        bought in words and what it costs; and the tables frontier, next_steps and tried of
        `report.budget.budget_tables`, frontier with its plan in words.
    """
    from simulation.report.album import Album
    from simulation.report.budget import budget_page, budget_tables
    from simulation.report.budget_words import bought, per

    result, tables = found.answer, budget_tables(found)
    frontier = tables["frontier"].assign(plan=[bought(found, plan.levels) for _, plan in result.frontier])
    return told(budget_page(found, Album())) | {
        "title": found.criterion.title,
        "unit": found.criterion.unit,
        "currency": found.scenario.currency,
        "spend": found.spend,
        "per": per(found),
        "overlay": found.levers.overlay(result.recommended.levels),
        "plan": bought(found, result.recommended.levels),
        "recommended": {
            "spend": result.recommended.spend.mean,
            "gain": result.recommended.gain.mean,
            "low": result.recommended.gain.low,
            "high": result.recommended.gain.high,
        },
        "frontier": frontier,
        "next_steps": tables["next_steps"],
        "tried": tables["tried"],
    }
