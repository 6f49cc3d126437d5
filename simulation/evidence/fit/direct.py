"""What a history shows directly: how many join, when, with which ARR, how long services take, rates and shares."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.fit.hazards import hazards_of
from simulation.evidence.observables import lives_of_history
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
GROWTH_DAYS = 540
"""Days of record from which on growth is told, and the season where the scenario has one."""
GROWTH_WIDTH, SEASON_WIDTH = 0.2, 0.3
"""Standard deviations of the priors of the logarithms of a year's growth and of a month's factor."""


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
    Members joining are Poisson (those who were referred are left out): in a record of 18 months or more, level, growth
    and, where the scenario has one, season are those of a Poisson regression on months, with priors about what the
    scenario states (the normal about its mode); in a shorter one the level has a gamma posterior, and growth and
    season are those of the scenario. Rates and shares: see `hazards_of`. The logarithms of ARR and of service times
    are normal: under the usual flat prior their variance is scaled inverse chi-squared and their mean Student t.
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
        if joined.any():
            referred = int((mine & (event == "referred")).sum()) if segment.advocacy is not None else 0
            share = max(int(joined.sum()) - referred, 0.5) / int(joined.sum())
            found += _arrivals(scenario, name, pd.DatetimeIndex(date[joined]), share, start, end, draws, random)
        arr = frame["value"].to_numpy()[joined] * 100
        found += _lognormal(scenario, f"segments.{name}.arr", arr[arr > 0], draws, random)
    for name, one in scenario.interventions.items():
        if one.team is not None:
            team = scenario.teams[one.team]
            hours = _service(history, name) * team.hours_per_month * team.available_share * HOURS_A_DAY
            found += _lognormal(scenario, f"interventions.{name}.effort", hours, draws, random)
    lives = lives_of_history(history, scenario, start, end)
    found += [_seen(scenario, path, values, count) for path, values, count in hazards_of(lives, random, draws)]
    return [one for one in found if one is not None]


def _arrivals(
    scenario: Scenario, name: str, joined: pd.DatetimeIndex, share: float, start: dt.date, end: dt.date, draws: int,
    random: np.random.Generator,
) -> list[Direct | None]:  # fmt: skip
    """Level, growth and season of those who join, of whom `share` are not referred."""
    path, count = f"segments.{name}.arrivals", round(len(joined) * share)
    if (end - start).days < GROWTH_DAYS:
        rate = random.gamma(count + 0.5, 1 / exposure(scenario, name, start, end), draws)
        return [_seen(scenario, f"{path}.per_month", rate, count)]
    days = pd.date_range(start, end, inclusive="left")
    cell = (days.year * 12 + days.month).to_numpy()
    months, first, length = np.unique(cell, return_index=True, return_counts=True)
    middle = days[first] + pd.to_timedelta(length / 2, "D")
    y = np.bincount(np.searchsorted(months, (joined.year * 12 + joined.month).to_numpy()), minlength=len(months))
    arrivals, season = scenario.segments[name].arrivals, _season(scenario, name)
    factor = np.asarray(arrivals.season, float)
    month = middle.month.to_numpy() - 1
    years = (middle - pd.Timestamp(scenario.start)).days.to_numpy() / 365.25
    x = np.column_stack([np.ones(len(months)), years, *((month == one) for one in season)]).astype(float)
    prior = np.array([0.0, np.log1p(arrivals.growth), *(np.log(factor[one]) for one in season)])
    weight = np.array([0.0, GROWTH_WIDTH**-2, *([SEASON_WIDTH**-2] * len(season))])
    given = np.where(np.isin(month, list(season)), 1.0, factor[month])
    mode, cover = _poisson(x, y.astype(float), np.log(length / 30.4375 * given / share), prior, weight)
    drawn = np.exp(random.multivariate_normal(mode, cover, draws, method="eigh"))
    return [
        _seen(scenario, f"{path}.per_month", drawn[:, 0], count),
        _seen(scenario, f"{path}.growth", drawn[:, 1] - 1, count),
        *(_seen(scenario, f"{path}.season.{key}", drawn[:, 2 + place], int(y[month == one].sum()))
          for place, (one, key) in enumerate(season.items())),
    ]  # fmt: skip


def _season(scenario: Scenario, name: str) -> dict[int, str]:
    """Months (0: January) whose factors the scenario states, and the last step of their paths."""
    raw = value_at(scenario._tree, ["segments", name, "arrivals", "season"])
    factor = scenario.segments[name].arrivals.season
    if isinstance(raw, dict):
        names = {word: place for place, word in enumerate(calendar.month_name[1:])}
        stated = {names[str(key)]: str(key) for key in raw if str(key) in names}
    else:
        stated = {place: str(place) for place in range(12)} if isinstance(raw, (list, tuple)) else {}
    return {place: key for place, key in stated.items() if factor[place] > 0}


def _poisson(x: Float, y: Float, offset: Float, prior: Float, weight: Float) -> tuple[Float, Float]:
    """Mode and covariance of a Poisson regression with a normal prior, by Newton steps."""
    at = prior.copy()
    at[0] = np.log((y.sum() + 0.5) / np.exp(offset + x[:, 1:] @ prior[1:]).sum())
    for _ in range(30):
        mean = np.exp(np.clip(offset + x @ at, -30, 30))
        curve = (x * mean[:, None]).T @ x + np.diag(weight + 1e-9)
        step = np.linalg.solve(curve, x.T @ (y - mean) - weight * (at - prior))
        at = at + step
        if np.abs(step).max() < 1e-9:
            break
    return at, np.asarray(np.linalg.inv(curve))


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
