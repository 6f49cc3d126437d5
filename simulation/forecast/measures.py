"""The measures of a forecast by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from simulation.forecast import readers as of
from simulation.forecast.selection import Measure, hint

__all__ = ["MEASURES", "Measure", "measure_named"]

CENTS, DAY, HOUR = 100, 86_400, 3_600
SEGMENT = frozenset({"segment"})
MILESTONE = frozenset({"segment", "milestone", "kind"})
INTERVENTION = frozenset({"segment", "intervention"})
TEAM = frozenset({"team"})
ALL: frozenset[str] = frozenset()


def _stock(name: str, title: str, *, state: str | None = None, unit: str = "members", start: bool = False) -> Measure:
    scale = CENTS if unit == "money" else 1
    return Measure(name, title, unit, "stock", of.level(state or name, start=start), scale=scale)


def _flow(name: str, title: str, *, column: str | None = None, unit: str = "count") -> Measure:
    return Measure(name, title, unit, "flow", of.flow(column or name), scale=CENTS if unit == "money" else 1)


def _milestone(name: str, title: str, *columns: str, unit: str = "count") -> Measure:
    scale = CENTS if unit == "money" else 1
    top = of.milestone(*columns or (name,))
    return Measure(name, title, unit, "flow", top, scale=scale, filters=MILESTONE)


def _intervention(name: str, title: str, *, column: str | None = None, unit: str = "count") -> Measure:
    scale = {"money": CENTS, "hours": HOUR}.get(unit, 1)
    top = of.intervention(column or name)
    return Measure(name, title, unit, "flow", top, scale=scale, filters=INTERVENTION)


_ALL = (
    _stock("members", "Members"),
    _stock("members_open", "Members at the start", state="members", start=True),
    _flow("joined", "Members joined"),
    _flow("referred", "Members joined by referral"),
    _flow("left", "Members left"),
    _flow("returned", "Members returned"),
    _stock("arr", "ARR", unit="money"),
    _stock("arr_open", "ARR at the start", state="arr", unit="money", start=True),
    _flow("new", "New ARR", column="arr_new", unit="money"),
    _flow("returned_arr", "Returned ARR", column="arr_returned", unit="money"),
    Measure(
        "expansion",
        "Expansion",
        "money",
        "flow",
        of.expansion,
        scale=CENTS,
        filters=MILESTONE | {"intervention"},
    ),
    _flow("uplift", "Price uplift", unit="money"),
    _flow("contraction", "Contraction", unit="money"),
    _flow("churn", "Churned ARR", unit="money"),
    Measure("nrr", "Net revenue retention", "share", "ratio", of.cohort("end_arr"), of.cohort("start_arr")),
    Measure("grr", "Gross revenue retention", "share", "ratio", of.cohort("kept_arr"), of.cohort("start_arr")),
    Measure(
        "logo_churn",
        "Members lost",
        "share",
        "ratio",
        of.cohort("start_members", minus="kept_members"),
        of.cohort("start_members"),
    ),
    Measure(
        "quick_ratio",
        "Quick ratio",
        "ratio",
        "ratio",
        of.flow("arr_new", "expansion"),
        of.flow("churn", "contraction"),
    ),
    _flow("renewals_due", "Renewals due"),
    _flow("renewals_won", "Renewals won"),
    _flow("renewals_lost", "Renewals lost"),
    Measure(
        "renewal_rate",
        "Renewal rate",
        "share",
        "ratio",
        of.flow("renewals_won"),
        of.flow("renewals_won", "renewals_lost"),
    ),
    _flow("first_renewals_won", "First renewals won", column="first_won"),
    _flow("first_renewals_lost", "First renewals lost", column="first_lost"),
    Measure(
        "first_renewal_rate",
        "First renewal rate",
        "share",
        "ratio",
        of.flow("first_won"),
        of.flow("first_won", "first_lost"),
    ),
    Measure("revenue", "Recurring revenue", "money", "flow", of.revenue, scale=CENTS),
    _flow("fees", "Fees", unit="money"),
    Measure("cost", "Cost", "money", "flow", of.cost, scale=CENTS, filters=frozenset({"intervention", "team"})),
    Measure(
        "intervention_cost",
        "Cost of interventions",
        "money",
        "flow",
        of.intervention_cost,
        scale=CENTS,
        filters=frozenset({"intervention"}),
    ),
    Measure("team_cost", "Cost of teams", "money", "flow", of.team_cost, scale=CENTS, filters=TEAM),
    Measure("contribution", "Contribution", "money", "flow", of.contribution, scale=CENTS, filters=ALL),
    _stock("in_adoption", "Members in adoption", state="adoption"),
    _stock("in_value", "Members in value", state="value"),
    _stock("in_growth", "Members in growth", state="growth"),
    _stock("journey_complete", "Members with a complete journey", state="complete"),
    _stock("on_track", "Members on track"),
    _stock("drifting", "Members drifting"),
    _stock("away", "Members away"),
    Measure("on_track_share", "Share on track", "share", "ratio", of.level("on_track"), of.level("members")),
    _stock("in_grace", "Members in grace"),
    _milestone("reached", "Milestones reached"),
    _milestone("offered", "Opportunities offered"),
    _milestone("taken", "Opportunities taken"),
    _milestone("lapsed", "Opportunities lapsed"),
    Measure(
        "take_rate",
        "Take rate",
        "share",
        "ratio",
        of.milestone("taken"),
        of.milestone("offered"),
        filters=MILESTONE,
    ),
    _milestone("pushed", "Opportunities pushed"),
    _milestone("push_taken", "Pushes taken"),
    _milestone("push_expansion", "Expansion from pushes", unit="money"),
    _flow("setbacks", "Setbacks"),
    _flow("escalations", "Escalations"),
    _flow("impatient", "Members turned away by waiting"),
    _flow("shifts", "Outcome shifts"),
    _flow("recognised", "Value recognised"),
    _intervention("requested", "Interventions requested"),
    _intervention("refused", "Interventions refused"),
    _intervention("started", "Interventions started"),
    _intervention("delivered", "Interventions delivered"),
    _intervention("withdrawn", "Interventions withdrawn"),
    _intervention("work_hours", "Hours of interventions", column="work_seconds", unit="hours"),
    _intervention("intervention_recurring", "ARR from interventions", column="recurring", unit="money"),
    Measure("utilisation", "Team use", "share", "ratio", of.team("busy_seconds"), of.capacity, filters=TEAM),
    Measure("wait", "Wait", "days", "ratio", of.waited, of.started, scale=DAY, filters=INTERVENTION | {"team"}),
    Measure("queue", "Queue", "length", "stock", of.team("queue"), filters=TEAM),
    Measure("queue_mean", "Queue on average", "length", "ratio", of.team("queue_seconds"), of.length, filters=TEAM),
    Measure("hours", "Team hours", "hours", "flow", of.hours, scale=HOUR, filters=TEAM),
)
_MORE_IS_BETTER = (
    "members", "joined", "referred", "returned", "arr", "new", "returned_arr", "expansion", "uplift", "nrr", "grr",
    "quick_ratio", "renewals_won", "renewal_rate", "first_renewals_won", "first_renewal_rate", "revenue", "fees",
    "contribution", "in_value", "in_growth", "journey_complete", "on_track", "on_track_share", "reached", "offered",
    "taken", "take_rate", "recognised", "intervention_recurring",
)  # fmt: skip
_LESS_IS_BETTER = (
    "left", "contraction", "churn", "logo_churn", "renewals_lost", "first_renewals_lost", "cost", "intervention_cost",
    "team_cost", "drifting", "away", "in_grace", "lapsed", "setbacks", "escalations", "impatient", "withdrawn", "wait",
    "queue", "queue_mean",
)  # fmt: skip
_BETTER = dict.fromkeys(_MORE_IS_BETTER, 1) | dict.fromkeys(_LESS_IS_BETTER, -1)
MEASURES: Mapping[str, Measure] = MappingProxyType(
    {one.name: replace(one, better=_BETTER.get(one.name, 0)) for one in _ALL}
)
"""Every measure by name."""


def measure_named(name: str) -> Measure:
    """Return the measure of that name.

    Raises
    ------
    ValueError
        When there is none, with the nearest one.
    """
    if name not in MEASURES:
        raise ValueError(f"unknown measure {name!r}{hint(name, tuple(MEASURES))}")
    return MEASURES[name]
