"""Sensitivity: which assumption the answer hangs on, and what would decide between scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.plan import book_of, plan_of, store_of
from simulation.app.tasks.told import told

if TYPE_CHECKING:
    from simulation.experiment.sensitivity import Sensitivity

__all__ = ["FIRST", "picture_of", "work"]

FIRST = 16
"""Base samples of the first picture; then four times as many each time."""


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Ask what `measure` (arr by default) of the scenario depends on, with `points` base samples.

    Raises
    ------
    ValueError
        When the scenario states no assumptions, or the package for it is missing.
    """
    from simulation.experiment.question import Question
    from simulation.experiment.sensitivity import sensitivity

    plan = plan_of(request)
    if not plan.assumptions:
        raise ValueError("this scenario states no assumptions, so all of its spread is luck; state some first")
    asked, wanted = Question(str(request.get("measure") or "arr")), int(request["points"])
    books = {"base": book_of(plan, request)}
    target = min(FIRST, wanted)
    while True:
        try:
            found = sensitivity(
                plan, question=asked, points=target, seed=int(request.get("seed", 1)), books=books, store=store_of(),
                progress=tell.progress,
            )  # fmt: skip
        except ModuleNotFoundError as error:
            raise ValueError(f"this needs the package {error.name}: pip install 'membersim[decide]'") from None
        if target == wanted:
            break
        tell.picture(picture_of(found))
        target = min(4 * target, wanted)
    tell.picture(picture_of(found))
    return picture_of(found, whole=True)


def picture_of(found: Sensitivity, *, whole: bool = False) -> dict[str, Any]:
    """What the page shows of a sensitivity.

    Returns
    -------
    dict
        headline and points, and with `whole` everything of `told`; title, unit and currency of the measure; points
        (base samples); tornado (`report.sensitivity.swings`), sobol (index the factor in words; first, total and share
        with their ends) and layers (`report.sensitivity_figures.layers_over_time`, or None).
    """
    from simulation.report.album import Album
    from simulation.report.sensitivity import answer, points, sensitivity_page, swings
    from simulation.report.sensitivity_figures import layers_over_time
    from simulation.report.words import path_words

    what = found.question.what
    said = told(sensitivity_page(found, Album())) if whole else {"headline": answer(found), "points": points(found)}
    sobol = found.now.table()
    return said | {
        "title": what.title,
        "unit": what.unit,
        "currency": found.base.frame.currency,
        "samples": found.points,
        "tornado": swings(found),
        "sobol": sobol.set_axis([path_words(str(factor)) for factor in sobol.index]),
        "layers": layers_over_time(found),
    }
