"""What a history shows directly: how many join, with which ARR, and how long services take."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.scenario.assumptions import kind_at, value_at
from simulation.scenario.errors import Misfit
from simulation.scenario.quantities import Kind

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.scenario import Scenario

__all__ = ["Direct", "direct_of", "exposure"]

Float = npt.NDArray[np.float64]
HOURS_A_DAY = 12 / 365.25
FEW = 10


@dataclass(frozen=True, eq=False)
class Direct:
    """A number that is seen: draws of it given the history, base units, and how many observations it rests on."""

    path: str
    kind: Kind
    draws: Float = field(repr=False)
    observations: int


def exposure(scenario: Scenario, segment: str, start: dt.date, end: dt.date) -> float:
    """Months from a day to another, each day weighed by season and growth: members joining = per_month x this."""
    arrivals = scenario.segments[segment].arrivals
    days = pd.date_range(start, end, inclusive="left")
    season = np.asarray(arrivals.season, float)[days.month.to_numpy() - 1]
    years = (days - pd.Timestamp(scenario.start)).days.to_numpy() / 365.25
    return float(np.sum(season * (1 + arrivals.growth) ** years) / 30.4375)


def direct_of(
    history: History, scenario: Scenario, start: dt.date, end: dt.date, *, draws: int = 500, seed: int = 1
) -> list[Direct]:
    """Estimate what is seen.

    Parameters
    ----------
    start, end
        The record.

    Notes
    -----
    Members joining are Poisson, so their rate has a gamma posterior (growth and season are those of the scenario;
    those who were referred are left out). The logarithms of ARR and of service times are normal: under the usual
    flat prior their variance is scaled inverse chi-squared and their mean Student t.
    """
    random = np.random.default_rng([seed, 7])
    frame = history.frame
    date = frame["date"].to_numpy()
    inside = (date >= np.datetime64(start)) & (date < np.datetime64(end)) & history.live
    event = frame["event"].astype(object).to_numpy()
    own = _segments(history, scenario)
    found: list[Direct | None] = []
    for place, (name, segment) in enumerate(scenario.segments.items()):
        mine = inside & (own == place)
        joined = mine & (event == "joined")
        referred = int((mine & (event == "referred")).sum()) if segment.advocacy is not None else 0
        count = max(int(joined.sum()) - referred, 0)
        months = exposure(scenario, name, start, end)
        if joined.any():
            rate = random.gamma(count + 0.5, 1 / months, draws)
            found.append(_seen(scenario, f"segments.{name}.arrivals.per_month", rate, count))
        arr = frame["value"].to_numpy()[joined] * 100
        found += _lognormal(scenario, f"segments.{name}.arr", arr[arr > 0], draws, random)
    for name, one in scenario.interventions.items():
        if one.team is not None:
            team = scenario.teams[one.team]
            hours = _service(history, name) * team.hours_per_month * team.available_share * HOURS_A_DAY
            found += _lognormal(scenario, f"interventions.{name}.effort", hours, draws, random)
    return [one for one in found if one is not None]


def _segments(history: History, scenario: Scenario) -> npt.NDArray[np.int64]:
    """Place of every row's segment in the scenario; -1: not there."""
    table = history.by_member_raw
    only = 0 if len(scenario.segments) == 1 else -1
    names = list(scenario.segments)
    places = np.array([*(names.index(one) if one in names else -1 for one in table.segments), only], np.int64)
    return places[table.segment][history.member]


def _seen(scenario: Scenario, path: str, draws: Float, count: int) -> Direct | None:
    try:
        kind = kind_at(path, scenario._tree, set())
    except Misfit:
        return None
    return None if kind is None else Direct(path, kind, draws, count)


def _lognormal(
    scenario: Scenario, path: str, seen: Float, draws: int, random: np.random.Generator
) -> list[Direct | None]:
    """Median and spread of a lognormal, where the scenario has one."""
    raw = value_at(scenario._tree, path.split("."))
    if not isinstance(raw, dict):
        return []
    below = "lognormal." if "lognormal" in raw else ""
    inner = raw.get("lognormal", raw)
    if not isinstance(inner, dict) or set(inner) != {"median", "spread"} or len(seen) < FEW:
        return []
    logs, count = np.log(seen), len(seen)
    spread = np.sqrt(logs.var(ddof=1) * (count - 1) / random.chisquare(count - 1, draws))
    median = np.exp(logs.mean() + spread / np.sqrt(count) * random.standard_normal(draws))
    return [_seen(scenario, f"{path}.{below}median", median, count),
            _seen(scenario, f"{path}.{below}spread", spread, count)]  # fmt: skip


def _service(history: History, intervention: str) -> Float:
    """Days from start to delivery of an intervention; none where the history knows days only."""
    frame = history.frame[history.live]
    frame = frame[(frame["name"].astype(object) == intervention) & frame["event"].isin(["started", "intervention"])]
    dates = frame["date"].to_numpy().astype("M8[us]").astype(np.int64) / 86_400e6
    if not len(dates) or not np.any(dates % 1.0):
        return np.zeros(0)
    member, begins = frame["member_id"].cat.codes.to_numpy(), (frame["event"] == "started").to_numpy()
    pairs = np.flatnonzero((member[1:] == member[:-1]) & begins[:-1] & ~begins[1:])
    spans: Float = dates[pairs + 1] - dates[pairs]
    return spans[spans > 0]
