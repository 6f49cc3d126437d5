"""The section on teams: how busy they are, how long members wait, and what the hours go into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.engine.ledger import WAIT_EDGES
from simulation.forecast.measures import measure_named
from simulation.report.gallery import Gallery
from simulation.report.keyfigures import figure_of
from simulation.report.page import Block, Cell, Section, Table, Text
from simulation.report.words import MISSING, between, name, number

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["load", "work"]

WAITS = (1.0, 7.0, 30.0)
"""Days of waiting that the table counts."""


def load(forecast: Forecast, gallery: Gallery) -> Section | str:
    """Load of the teams, their queues and waits."""
    if not forecast.frame.teams:
        return "Teams: the scenario has none, so nobody waits."
    blocks: list[Block] = [Text(" ".join(_sentence(forecast, team) for team in forecast.frame.teams))]
    words = {
        "team_use": "Share of the teams' available time that is used, over time.",
        "team_wait": "Mean wait of the requests that start in each period, in days.",
        "team_queue": "Mean length of each team's queue over time.",
        "intervention_hours": "Hours of work by intervention: median and bands.",
    }
    for key, alt in words.items():
        blocks += gallery.picture(key, alt)
    blocks.append(_waits(forecast))
    return Section("teams", "Team load and queues", blocks)


def work(forecast: Forecast) -> Section | str:
    """What was done for the members: interventions asked for and delivered, and their cost."""
    if not forecast.frame.interventions:
        return "Interventions: the scenario has none."
    currency, facts = forecast.frame.currency, forecast.facts
    rows: list[list[Cell | str]] = []
    for one in forecast.frame.interventions:
        cells: list[Cell | str] = [Cell(name(one), name(facts.team_of.get(one) or "no team"))]
        for measure in ("requested", "delivered", "wait", "work_hours", "intervention_cost"):
            needs_team = measure in ("wait", "work_hours")
            if needs_team and facts.team_of.get(one) is None:
                cells.append(MISSING)
                continue
            cells.append(_cell(forecast, measure, currency, intervention=one))
        rows.append(cells)
    columns = ["Intervention", "Requested", "Delivered", "Mean wait", "Hours of work", "Cost"]
    caption = "Over the whole horizon: P50, and P10 to P90 below it; cost without that of the team"
    return Section("interventions", "Interventions", [Table(columns, rows, caption=caption)])


def _cell(forecast: Forecast, measure: str, currency: str, **where: Any) -> Cell:
    unit = measure_named(measure).unit
    one = figure_of(forecast.measure(measure, **where).to_numpy(), unit)
    spread = one.high - one.low
    ends = between(one.low, one.high, unit, currency, "to") if spread > 0 else ""
    return Cell(number(one.middle, unit, currency, spread), ends)


def _sentence(forecast: Forecast, team: str) -> str:
    use = figure_of(forecast.measure("utilisation", team=team).to_numpy(), "share")
    wait = figure_of(forecast.measure("wait", team=team).to_numpy(), "days")
    if not use.futures:
        return f"Team {name(team)} has no working time in the horizon."
    busy = number(use.middle, "share") if not use.high > use.low else between(use.low, use.high, "share", "", "to")
    text = f"Team {name(team)} uses {busy} of its available time"
    if not wait.futures:
        return f"{text}; nobody asks for it."
    waits = number(wait.middle, "days") if not wait.high > wait.low else between(wait.low, wait.high, "days", "", "to")
    return f"{text}; a request waits {waits} on average (P10 to P90 of the futures)."


def _waits(forecast: Forecast) -> Table:
    """How long requests wait, over all futures; and the longest queue."""
    rows: list[list[Cell | str]] = []
    for place, team in enumerate(forecast.frame.teams):
        counts = forecast.ledger.waits[:, place].sum(axis=0)
        total = int(counts.sum())
        cells: list[Cell | str] = [name(team)]
        cells += [_cell(forecast, one, "", team=team) for one in ("utilisation", "wait", "queue_mean", "hours")]
        edges = np.array(WAIT_EDGES)
        shares = [float(counts[edges > days].sum()) / total if total else np.nan for days in (0.0, *WAITS)]
        rows.append([*cells, *(number(share, "share") for share in shares)])
    over = [f"Wait more than {days:g} day{'s' if days > 1 else ''}" for days in WAITS]
    columns = ["Team", "Use", "Mean wait", "Mean queue", "Hours of work", "Wait at all", *over]
    caption = "Over the whole horizon: P50, and P10 to P90 below it; waits are those of requests whose work started"
    return Table(columns, rows, caption=caption)
