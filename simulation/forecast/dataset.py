"""The forecast as an xarray dataset: every measure with its natural dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from simulation.engine.ledger import (
    COURSES,
    DAY_SECONDS,
    FIRST_VALUE_DAYS,
    FLOW,
    STAGES,
    TERMS,
    WAIT_EDGES,
    Frame,
)
from simulation.forecast.counts import KINDS, Counts
from simulation.forecast.measures import MEASURES
from simulation.forecast.selection import Selection
from simulation.forecast.spans import Spans, spans_of
from simulation.forecast.statistics import ratio

RENAMED = {"arr_new": "new", "arr_returned": "returned_arr"} | {
    f"first_{one}": f"first_renewals_{one}" for one in ("won", "lost")
}
SHARED = frozenset({*STAGES, *COURSES, "arr_seconds", "in_grace"})
MONEY = frozenset({"arr_new", "arr_returned", "expansion", "uplift", "contraction", "churn", "fees"})
RATES = ("nrr", "grr", "logo_churn", "quick_ratio", "renewal_rate")
Variable = tuple[tuple[str, ...], Any, dict[str, str]]


def build(counts: Counts, replications: Sequence[int], points: Sequence[int]) -> xr.Dataset:
    """Build the dataset of a run; money in currency units, counts as integers.

    Parameters
    ----------
    counts
        The ledger with its frame.
    replications, points
        Number and assumption point of each replication.
    """
    spans = spans_of(counts.frame, by="period")
    variables: dict[str, Variable] = {}
    for part in (_segments, _milestones, _interventions, _teams, _whole):
        variables |= part(counts, spans)
    data = xr.Dataset(variables, coords=_coords(counts.frame, replications, points))
    for name, variable in data.data_vars.items():
        known = MEASURES.get(str(name).removesuffix("_by_segment"))
        variable.attrs.setdefault("long_name", known.title if known else str(name).replace("_", " "))
    return data


def _coords(frame: Frame, replications: Sequence[int], points: Sequence[int]) -> dict[str, Any]:
    def day(number: int) -> np.datetime64:
        return np.datetime64(frame.start + timedelta(days=number), "ns")

    def days(numbers: list[int]) -> Any:
        return np.array([day(one) for one in numbers], "datetime64[ns]")

    stages = [stage for _, _, stage, _ in frame.milestones]
    return {
        "replication": ("replication", np.asarray(replications, np.int64)),
        "point": ("replication", np.asarray(points, np.int64)),
        "segment": ("segment", _names(frame.segments)),
        "period": ("period", _names([one.label for one in frame.periods])),
        "period_start": ("period", days([one.start_day for one in frame.periods])),
        "period_end": ("period", days([one.end_day for one in frame.periods])),
        "window": ("window", _names([one.name for one in frame.windows])),
        "window_start": ("window", days([one.start_day for one in frame.windows])),
        "window_end": ("window", days([one.end_day for one in frame.windows])),
        "milestone": ("milestone", _names([f"{segment}.{name}" for segment, name, _, _ in frame.milestones])),
        "milestone_segment": ("milestone", _names([segment for segment, _, _, _ in frame.milestones])),
        "milestone_name": ("milestone", _names([name for _, name, _, _ in frame.milestones])),
        "milestone_stage": ("milestone", _names(stages)),
        "milestone_kind": ("milestone", _names([kind or "" for _, _, _, kind in frame.milestones])),
        "kind": ("kind", _names(KINDS)),
        "intervention": ("intervention", _names(frame.interventions)),
        "team": ("team", _names(frame.teams)),
        "term": ("term", np.arange(1, TERMS + 1)),
        "stage": ("stage", _names(STAGES)),
        "course": ("course", _names(COURSES)),
        "days": ("days", np.array(FIRST_VALUE_DAYS, np.int64)),
        "wait_bin": ("wait_bin", np.array(WAIT_EDGES)),
    }


def _names(names: Sequence[str]) -> Any:
    return pd.Index(list(names), dtype=object)


def _segments(counts: Counts, spans: Spans) -> dict[str, Variable]:
    dims = ("replication", "segment", "period")
    out: dict[str, Variable] = {}
    for name, unit, scale in (("members", "members", 1), ("arr", "money", 100)):
        levels: Any = counts.levels(name) if scale == 1 else counts.levels(name) / scale
        out[name] = (dims, levels[..., spans.last], {"unit": unit})
        out[f"{name}_open"] = (dims, levels[..., spans.first], {"unit": unit})
    for column in FLOW:
        if column not in SHARED:
            values = counts.flow(column, spans)
            name = RENAMED.get(column, column)
            if column in MONEY:
                out[name] = (dims, values / 100, {"unit": "money"})
            else:
                out[name] = (dims, values, {"unit": "count"})
    out["in_grace"] = (dims, counts.levels("in_grace")[..., spans.last], {"unit": "members"})
    out["revenue"] = (dims, counts.revenue(spans) / 100, {"unit": "money"})
    for part, states in (("stage", STAGES), ("course", COURSES)):
        levels = np.stack([counts.levels(state)[..., spans.last] for state in states], axis=2)
        title = {"unit": "members", "long_name": f"Members by {part}"}
        out[f"members_by_{part}"] = (("replication", "segment", part, "period"), levels, title)
    kinds = counts.expansion_by_kind(spans) / 100
    title = {"unit": "money", "long_name": "Expansion by kind"}
    out["expansion_by_kind"] = (("replication", "segment", "kind", "period"), kinds, title)
    terms = counts.ledger.terms
    for place, name in enumerate(("term_won", "term_lost")):
        out[name] = (("replication", "segment", "term"), terms[..., place], {"unit": "count"})
    for place, name in enumerate(("first_value_observed", "first_value_reached")):
        values = counts.ledger.first_value[..., place]
        out[name] = (("replication", "segment", "days"), values, {"unit": "count"})
    return out


def _milestones(counts: Counts, spans: Spans) -> dict[str, Variable]:
    dims = ("replication", "milestone", "period")
    names = ("reached", "offered", "taken", "lapsed", "pushed", "push_taken")
    out: dict[str, Variable] = {name: (dims, counts.milestone((name,), spans), {"unit": "count"}) for name in names}
    for column, name in (("expansion", "milestone_expansion"), ("push_expansion", "push_expansion")):
        out[name] = (dims, counts.milestone((column,), spans) / 100, {"unit": "money"})
    return out


def _interventions(counts: Counts, spans: Spans) -> dict[str, Variable]:
    dims = ("replication", "intervention", "segment", "period")
    names = ("requested", "refused", "started", "delivered", "withdrawn")
    out: dict[str, Variable] = {name: (dims, counts.intervention(name, spans), {"unit": "count"}) for name in names}
    wait = ratio(counts.intervention("wait_seconds", spans), out["started"][1]) / DAY_SECONDS
    out["wait"] = (dims, wait, {"unit": "days"})
    out["work_hours"] = (dims, counts.intervention("work_seconds", spans) / 3_600, {"unit": "hours"})
    for column in ("fees", "recurring"):
        values = counts.intervention(column, spans) / 100
        out[f"intervention_{column}"] = (dims, values, {"unit": "money"})
    out["delivery_cost"] = (dims, counts.delivery_cost(spans) / 100, {"unit": "money"})
    out["fixed_cost"] = (("replication", "intervention", "period"), counts.fixed_cost(spans) / 100, {"unit": "money"})
    cost = counts.intervention_cost(spans) / 100
    out["intervention_cost"] = (("replication", "intervention", "period"), cost, {"unit": "money"})
    return out


def _teams(counts: Counts, spans: Spans) -> dict[str, Variable]:
    dims = ("replication", "team", "period")
    started, busy = counts.team("started", spans), counts.team("busy_seconds", spans)
    capacity = counts.team_seconds(spans)
    wait = ratio(counts.team("wait_seconds", spans), started) / DAY_SECONDS
    mean = counts.team("queue_seconds", spans) / spans.seconds
    waits = {"unit": "count", "long_name": "Waits by length"}
    return {
        "team_started": (dims, started, {"unit": "count"}),
        "utilisation": (dims, ratio(busy, capacity), {"unit": "share"}),
        "team_wait": (dims, wait, {"unit": "days", "long_name": "Wait for the team"}),
        "queue": (dims, counts.team("queue", spans), {"unit": "length"}),
        "queue_mean": (dims, mean, {"unit": "length"}),
        "hours": (dims, counts.team_work(spans) / 3_600, {"unit": "hours"}),
        "busy_days": (dims, busy / DAY_SECONDS, {"unit": "days"}),
        "available_days": (dims, capacity / DAY_SECONDS, {"unit": "days"}),
        "team_cost": (dims, counts.team_cost(spans) / 100, {"unit": "money"}),
        "wait_histogram": (("replication", "team", "wait_bin"), counts.ledger.waits, waits),
    }


def _whole(counts: Counts, spans: Spans) -> dict[str, Variable]:
    forced = {"unit": "members", "long_name": "Members at the start without a past that the scenario allows"}
    out: dict[str, Variable] = {
        "events": (("replication",), counts.ledger.events, {"unit": "count"}),
        "forced": (("replication",), counts.ledger.forced, forced),
    }
    for name in ("cost", "contribution"):
        values = MEASURES[name].read(counts, spans, Selection())
        out[name] = (("replication", "period"), values, {"unit": "money"})
    windows = spans_of(counts.frame, by="window")
    for name in RATES:
        measure = MEASURES[name]
        parts = [measure.read(counts, windows, Selection(segment=one)) for one in counts.frame.segments]
        unit = {"unit": measure.unit}
        out[name] = (("replication", "window"), measure.read(counts, windows, Selection()), unit)
        stacked = np.stack(parts, axis=1)
        title = {**unit, "long_name": f"{measure.title} by segment"}
        out[f"{name}_by_segment"] = (("replication", "segment", "window"), stacked, title)
    return out
