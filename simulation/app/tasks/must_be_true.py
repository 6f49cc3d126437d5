"""What must be true for an objective, how one would notice early that it is not, and where the plan fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulation.app.jobs.job import Picture, Tell
from simulation.app.tasks.plan import plan_of
from simulation.app.tasks.refining import refined
from simulation.app.tasks.told import told

if TYPE_CHECKING:
    from simulation.experiment.must_be_true import MustBeTrue

__all__ = ["picture_of", "work"]


def work(request: Mapping[str, Any], tell: Tell) -> Picture:
    """Find what must be true for `objective` to be met with a `probability`, from `replications` futures.

    Raises
    ------
    ValueError
        When the scenario states no assumptions, or no such objective.
    """
    import simulation as sim

    plan = plan_of(request)
    if not plan.assumptions:
        raise ValueError("this scenario states no assumptions, so there is nothing that could be true or not")
    if not plan.objectives:
        raise ValueError("this scenario states no objectives; state one first")
    forecast = refined(plan, request, tell)
    found = sim.must_be_true(forecast, plan, str(request["objective"]), float(request["probability"]))
    return picture_of(found)


def picture_of(found: MustBeTrue) -> dict[str, Any]:
    """What the page shows of the conditions of an objective.

    Returns
    -------
    dict
        Everything of `told`; probability; today (chance, low and high, as it is); sets, each with suffices, chance,
        low, likely and conditions (text, plan, range, likely, evidence, source, owner, review_by, signal); chances: a
        panel for each assumption that a condition names, with label, table (`chance_by_value`), ends (of the
        condition), span and ticks; and boxes in which the plan fails, with sentence, axes and dots (table).
    """
    from simulation.report.album import Album
    from simulation.report.amounts import amount_ticks
    from simulation.report.conditions import conditions_page, failures, in_words, shown_sets, signal
    from simulation.report.conditions_figures import MOST, chance_by_value, extent, futures_in, holds_within
    from simulation.report.words import path_words

    wanted, currency = found.requirements, found.forecast.frame.currency
    shown = shown_sets(found)
    each = list({condition.path: condition for one in shown for condition in one.conditions}.values())

    def axis(path: str) -> dict[str, Any]:
        span = extent(found, path)
        places, text = amount_ticks(*span, found.evidence[path].kind, currency)
        return {"label": path_words(path), "span": span, "places": places, "text": text}

    chances = []
    for one in each[:MOST]:
        words, table = in_words(one, found.evidence[one.path], currency), chance_by_value(found, one.path)
        chances.append({**axis(one.path), "ends": holds_within(found, one), "words": words, "table": table})
    said, boxes = failures(found), []
    for place, box in enumerate(found.discovery.weaknesses):
        paths, table, limits = futures_in(found, box)
        sides = [axis(path) | {"ends": limits[path]} for path in paths]
        boxes.append({"sentence": said[place], "axes": sides, "dots": table.set_axis(["x", "y", "met"], axis=1)})
    return told(conditions_page(found, Album())) | {
        "objective": str(found.objective["name"]),
        "probability": wanted.probability,
        "today": (wanted.today.value, wanted.today.low, wanted.today.high),
        "suffices": bool(wanted.sets),
        "sets": [
            {
                "chance": one.chance.value,
                "low": one.chance.low,
                "likely": one.likely,
                "conditions": [
                    {
                        "words": in_words(condition, found.evidence[condition.path], currency),
                        "likely": found.likely[condition],
                        "signal": signal(found.indicators[condition], currency),
                        **{
                            key: getattr(found.evidence[condition.path], key) or ""
                            for key in ("plan", "evidence", "source", "owner", "review_by")
                        },
                    }
                    for condition in one.conditions
                ],
            }
            for one in shown
        ],
        "chances": chances,
        "boxes": boxes,
    }
