"""Cards and pictures of a scenario and of its forecast."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulation.forecast.measures import measure_named
from simulation.report.amounts import amount
from simulation.report.cells.card import Card
from simulation.report.words import MISSING, day, end_of, listed, name, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simulation.forecast import Forecast
    from simulation.scenario import Scenario
    from simulation.scenario.schema import Segment

HEADLINES = ("members", "arr", "nrr", "grr", "expansion", "churn", "cost", "contribution")


def _scenario(scenario: Scenario) -> Card:
    said = [scenario.description] if scenario.description else []
    book = "" if scenario.book is None else f" Today's members: {scenario.book.file.name}."
    said.append(f"From {day(scenario.start)} to {end_of(scenario.end)}, money in {scenario.currency}.{book}")
    said.append(" ".join(f"{one}." for one in _parts(scenario)))
    heads = ("segment", "wants", "join a month", "ARR of a newcomer", "milestones", "renewal")
    rows = [_segment(key, one, scenario.currency) for key, one in scenario.segments.items()]
    return Card(
        scenario.name, said, heads, rows, "ARR and renewal: the median of members, at the reference velocity.", words=2
    )


def _segment(key: str, one: Segment, currency: str) -> list[str]:
    return [
        name(key),
        one.desired_outcome.required,
        f"{one.arrivals.per_month:g}",
        amount(float(one.arr.ppf(0.5)), "money", currency),
        str(len(one.journey)),
        amount(float(one.renewal.probability.ppf(0.5)), "share"),
    ]


def _parts(scenario: Scenario) -> list[str]:
    """Teams, interventions, assumptions and objectives, a sentence each."""
    said = []
    if scenario.teams:
        sizes = {
            key: f"{one.people:g} {'person' if one.people == 1 else 'people'}" for key, one in scenario.teams.items()
        }
        said.append("Teams: " + listed([f"{name(key)} ({size})" for key, size in sizes.items()]))
    if scenario.interventions:
        said.append("Interventions: " + listed([name(key) for key in scenario.interventions]))
    if scenario.assumptions:
        kinds = [one.evidence or "not stated" for one in scenario.assumptions.values()]
        counts = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(sorted(kinds))]
        said.append(f"Not known exactly: {len(kinds)} numbers, by evidence {listed(counts)}")
    if scenario.objectives:
        said.append("Objectives: " + listed([name(key) for key in scenario.objectives]))
    return said


def _forecast(forecast: Forecast) -> Card:
    from simulation.report.answer import answer

    frame = forecast.frame
    table = forecast.summary(by="horizon", measures=HEADLINES)
    rows = []
    for measure, row in table.iterrows():
        what, spread = measure_named(str(measure)), float(row["P90"] - row["P10"])
        cells = (number(float(row[key]), what.unit, frame.currency, spread) for key in ("P10", "P50", "P90"))
        when = "at the end" if what.nature == "stock" else "whole horizon"
        rows.append([what.title, when, *(MISSING if row["futures"] == 0 else cell for cell in cells)])
    end = end_of(frame.start + timedelta(days=frame.days))
    label = f" ({forecast.label})" if forecast.label else ""
    note = f"{forecast.replications:,} futures from {day(frame.start)} to {end}, seed {forecast.seed}."
    heads = ("", "", "P10", "P50", "P90")
    return Card(f"{forecast.facts.name}{label}", [answer(forecast).headline], heads, rows, note, words=2)


def _journey(scenario: Scenario, segment: str | None) -> Figure | None:
    from simulation.report.milestones import work_ahead

    return work_ahead(scenario, segment)


def _fan(forecast: Forecast, measure: str, **where: Any) -> Figure:
    from simulation.report.fans import fan

    return fan(forecast, measure, **where)


CARDS = {"Scenario": _scenario, "Forecast": _forecast}
PICTURES = {"Scenario": _journey, "Forecast": _fan}
