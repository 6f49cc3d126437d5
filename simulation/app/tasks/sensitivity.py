"""Sensitivity: which assumption the answer hangs on, and what would decide between scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.plan import plan_of, store_of
from simulation.app.tasks.told import told

if TYPE_CHECKING:
    import pandas as pd

    from simulation.experiment.sensitivity import Sensitivity

__all__ = ["FIRST", "picture_of", "work"]

FIRST = 16
"""Base samples of the first picture; then four times as many each time."""


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Ask what `measure` (arr by default) of the scenario depends on, with `points` base samples.

    With `alternatives`, each a mapping with name, scenario and overlay, also what the choice between them depends on.

    Raises
    ------
    ValueError
        When the scenario states no assumptions, or the package for it is missing.
    """
    from simulation.experiment.compare import books_of
    from simulation.experiment.question import Question
    from simulation.experiment.sensitivity import sensitivity

    base = plan_of(request)
    others = {str(one["name"]): plan_of(one) for one in request.get("alternatives", ())}
    plans = {"base": base} | others
    if not any(plan.assumptions for plan in plans.values()):
        raise ValueError("this scenario states no assumptions, so all of its spread is luck; state some first")
    asked, wanted = Question(str(request.get("measure") or "arr")), int(request["points"])
    books = books_of(plans)
    target = min(FIRST, wanted)
    while True:
        try:
            found = sensitivity(
                base, others, question=asked, points=target, seed=int(request.get("seed", 1)), books=books,
                store=store_of(), progress=tell.progress,
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
        with their ends) and layers (`report.sensitivity_figures.layers_over_time`, or None); and choice, None without
        alternatives: favourite in words, options (index option in words; mean, best, best_low, best_high, favourite),
        lead (as sobol, of the lead of the favourite) and information (`report.sensitivity_figures.worth_knowing`).
    """
    from simulation.experiment.sensitivity import LEAD
    from simulation.report.album import Album
    from simulation.report.sensitivity import answer, points, sensitivity_page, sensitivity_tables, swings
    from simulation.report.sensitivity_figures import layers_over_time, worth_knowing

    what = found.question.what
    said = told(sensitivity_page(found, Album())) if whole else {"headline": answer(found), "points": points(found)}
    tables, choice = sensitivity_tables(found), None
    if found.choice is not None:
        choice = {
            "favourite": _option(found.choice.favourite),
            "options": tables["options"].set_axis([_option(str(one)) for one in tables["options"].index]),
            "lead": _in_words(found.choice.indices.table(found.choice.indices.labels.index(LEAD))),
            "information": worth_knowing(found),
        }
    return said | {
        "title": what.title,
        "unit": what.unit,
        "currency": found.base.frame.currency,
        "samples": found.points,
        "tornado": swings(found),
        "sobol": _in_words(found.now.table()),
        "layers": layers_over_time(found),
        "choice": choice,
    }


def _option(key: str) -> str:
    from simulation.report.words import name

    return "as it is (the base)" if key == "base" else name(key)


def _in_words(table: pd.DataFrame) -> pd.DataFrame:
    """A table with its factors in words."""
    from simulation.report.words import path_words

    return table.set_axis([path_words(str(factor)) for factor in table.index])
