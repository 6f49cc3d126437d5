"""Cards and pictures of decisions: what an answer depends on, what must be true, what to buy, whom to see first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulation.report.amounts import amount
from simulation.report.cells.card import Card
from simulation.report.words import day, listed, name, number, path_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simulation.evidence.worklist import Worklist
    from simulation.experiment.budget import Budget
    from simulation.experiment.must_be_true import MustBeTrue
    from simulation.experiment.sensitivity import Sensitivity


def _sensitivity(found: Sensitivity) -> Card:
    from simulation.report.sensitivity import answer, points

    what, currency = found.question.what, found.base.frame.currency
    rows = []
    for factor, one in found.tornado.iterrows():
        value, swing = found.ends(str(factor)), float(one["swing"])
        cells = [path_words(str(factor))]
        for end in ("low", "high"):
            cells.append(amount(float(value[end]), str(value["kind"]), currency))
            cells.append(number(float(one["base"] + one[f"at_{end}"]), what.unit, currency, swing))
        rows.append(cells)
    heads = ("assumption", "its P10", what.title, "its P90", what.title)
    note = "One assumption at a time, all others at their medians, on the same futures."
    return Card(f"What {what.title} depends on", [answer(found), *points(found)], heads, rows, note)


def _sensitivity_picture(found: Sensitivity, view: str) -> Figure | None:
    from simulation.report import sensitivity_figures as figures

    title = found.question.what.title
    match view:
        case "tornado":
            return figures.tornado(found)
        case "spread":
            return figures.sobol(found.now.table(), f"What the spread of {title} comes from")
        case "over time":
            return figures.shares_over_time(found)
        case "information":
            return figures.information(found)
    raise ValueError(f"unknown view {view!r}; there are tornado, spread, over time and information")


def _must_be_true(found: MustBeTrue) -> Card:
    from simulation.report.conditions import answer, failures, in_words, signal

    currency = found.forecast.frame.currency
    sets = found.requirements.sets or ((found.requirements.best,) if found.requirements.best is not None else ())
    rows = []
    for place, one in enumerate(sets, 1):
        for condition in one.conditions:
            evidence = found.evidence[condition.path]
            rows.append([
                str(place),
                in_words(condition, evidence, currency),
                evidence.evidence or "not stated",
                evidence.owner or "",
                signal(found.indicators[condition], currency),
                f"{found.likely[condition]:.0%}",
                f"{one.chance.value:.0%}",
            ])  # fmt: skip
    heads = ("set", "must be true", "evidence", "owner", "early reading", "likely today", "chance then")
    said = [answer(found), *failures(found)]
    return Card(f"What must be true: {name(str(found.objective['name']))}", said, heads, rows, words=5)


def _chances(found: MustBeTrue) -> Figure | None:
    from simulation.report.conditions_figures import chances

    return chances(found, list(found.likely))


def _budget(found: Budget) -> Card:
    from simulation.report.budget_words import amount as gained
    from simulation.report.budget_words import answer, between, bought, money, points

    rows = [
        [
            money(found, cap),
            bought(found, plan.levels),
            money(found, plan.spend.mean),
            gained(found, plan.gain.mean, plan.gain),
            between(found, plan.gain),
        ]
        for cap, plan in found.answer.frontier
    ]
    heads = ("at most", "best plan", "spends", "gains", "95% interval")
    note = f"{found.criterion.title}, above that of nothing bought; {found.answer.futures:,} futures simulated."
    return Card("How to spend it", [answer(found), *points(found)], heads, rows, note, words=2)


def _budget_picture(found: Budget, view: str) -> Figure | None:
    from simulation.report import budget_figures as figures

    views = {"frontier": figures.frontier, "next steps": figures.next_steps, "contenders": figures.contenders}
    if view not in views:
        raise ValueError(f"unknown view {view!r}; there are {listed(list(views))}")
    return views[view](found)


def _worklist(found: Worklist) -> Card:
    from simulation.evidence.worklist import LABEL
    from simulation.report.worklist import SUMMARY_COLUMNS, summary_rows

    note = f"By gain per hour of the team, until {day(found.until)}; {LABEL}. Member by member: .table."
    return Card("Whom to see first", (), SUMMARY_COLUMNS, summary_rows(found), note)


CARDS: dict[str, Any] = {
    "Sensitivity": _sensitivity, "MustBeTrue": _must_be_true, "Budget": _budget, "Worklist": _worklist,
}  # fmt: skip
PICTURES: dict[str, Any] = {
    "Sensitivity": _sensitivity_picture, "MustBeTrue": _chances, "Budget": _budget_picture,
}  # fmt: skip
