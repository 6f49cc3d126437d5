"""The backtest: forecasts as of past days from what was known then, scored against what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.backtest.baselines.contracts import MODELS
from simulation.evidence.backtest.baselines.members import Arriving, Present, contract_members, returning_members
from simulation.evidence.backtest.baselines.series import ets, last_value, seasonal_naive
from simulation.evidence.backtest.fitters import DirectFitter, Fitted, Fitter
from simulation.evidence.backtest.observed import MEASURES, is_there, observed
from simulation.evidence.backtest.scores import LEVELS, Score, score
from simulation.evidence.backtest.spells import Spells, next_months, spells_of
from simulation.progress import Progress
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.evidence.history import History
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["BASELINES", "MODEL", "Backtest", "Cast", "backtest", "usual_origins", "usual_step"]

Float = npt.NDArray[np.float64]
MODEL = "membersim"
BASELINES: dict[str, str] = {
    "last_value": "Last value",
    "seasonal_naive": "Seasonal naive",
    "ets": "Exponential smoothing (ETS)",
    **{name: model.title for name, model in MODELS.items()},
    "bgbb": "BG/BB",
}
"""Baselines by name, with their titles."""
FUTURES = 400
"""Futures of a baseline."""
MOST_ORIGINS = 4
WITHIN_A_TERM = ("left", "renewals_won", "returned", "churn")
UNCOUNTED = (
    "the record has one row a term; the model lets a member leave and be back within it, so their number is another"
)


@dataclass(frozen=True)
class Cast:
    """One forecast of one measure at one origin and horizon, and what came.

    Attributes
    ----------
    origin, day
        First day of the forecast, and the day up to which (or on which) it was measured.
    step
        Number of the step, from 1.
    method
        `MODEL` or a key of `BASELINES`.
    measure
        Key of `MEASURES`.
    score
        Against what came.
    cause
        The cause of leaving that alone is counted; empty: all.
    """

    origin: dt.date
    day: dt.date
    step: int
    method: str
    measure: str
    score: Score
    cause: str = ""


@dataclass(frozen=True)
class Backtest(Shown):
    """A finished backtest.

    Attributes
    ----------
    name, currency
        Of the scenario.
    fingerprint
        Of the history.
    origins, step, steps
        Days of the forecasts; months of a step; number of steps.
    casts
        Every score.
    notes
        By origin: what was fitted, and what could not be.
    missing
        Baseline -> measure -> why it gives nothing.
    past
        By measure: days and values of the whole history at steps, for pictures.
    """

    name: str
    currency: str
    fingerprint: str
    fitter: str
    origins: tuple[dt.date, ...]
    step: int
    steps: int
    casts: tuple[Cast, ...]
    notes: dict[dt.date, tuple[str, ...]]
    missing: dict[tuple[str, str], str] = field(default_factory=dict)
    past: dict[str, tuple[tuple[dt.date, ...], Float]] = field(default_factory=dict)
    interrupted: bool = False
    by_cause: tuple[Cast, ...] = ()

    def causes(self) -> pd.DataFrame:
        """Leaving by cause: mean scores of the model and of its best baseline, on the same forecasts.

        Columns cause, values, came, mean, inside_80%, inside_95%, crps, best, best_crps.
        """
        rows = []
        for cause in dict.fromkeys(one.cause for one in self.by_cause):
            own = [one for one in self.by_cause if one.cause == cause]
            ours = [one.score for one in own if one.method == MODEL]
            rivals = {
                name: float(np.mean([one.score.crps for one in own if one.method == name]))
                for name in dict.fromkeys(one.method for one in own)
                if name != MODEL and sum(one.method == name for one in own) == len(ours)
            }
            best = min(rivals, key=lambda name: rivals[name]) if rivals else ""
            inside = np.array([one.inside for one in ours]).sum(axis=0)
            rows.append({
                "cause": cause, "values": len(ours), "came": float(np.mean([one.actual for one in ours])),
                "mean": float(np.mean([one.mean for one in ours])),
                **{f"inside_{level:.0%}": int(hits) for level, hits in zip(LEVELS, inside, strict=True)},
                "crps": float(np.mean([one.crps for one in ours])), "best": best,
                "best_crps": rivals.get(best, np.nan),
            })  # fmt: skip
        return pd.DataFrame(rows)

    @property
    def measures(self) -> tuple[str, ...]:
        """Measures that were scored."""
        there = {cast.measure for cast in self.casts}
        return tuple(one for one in MEASURES if one in there)

    def table(self) -> pd.DataFrame:
        """Every score: a row a measure, origin, step and method."""
        rows = []
        for cast in self.casts:
            one = cast.score
            row = {
                "measure": cast.measure, "origin": cast.origin, "day": cast.day, "step": cast.step,
                "method": cast.method, "actual": one.actual, "mean": one.mean, "median": one.median,
                "crps": one.crps, "wis": one.wis, "bias": one.bias,
            }  # fmt: skip
            for level, low, high, inside in zip(LEVELS, one.low, one.high, one.inside, strict=True):
                row |= {f"low_{level:.0%}": low, f"high_{level:.0%}": high, f"inside_{level:.0%}": inside}
            rows.append({**row, "pit_low": one.pit_low, "pit_high": one.pit_high})
        return pd.DataFrame(rows)

    def plot(self, measure: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw what came, and each origin's forecast as a fan.

        Parameters
        ----------
        measure
            One of `measures`; by default the first.
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax, measure=measure)

    def summary(self) -> pd.DataFrame:
        """Mean scores by measure and method over origins and steps, on the forecasts that all its rivals made.

        Columns n, crps, wis, bias, coverage of each level, and skill: 1 - CRPS / CRPS of the model.
        """
        table = self.table()
        rows = []
        for (measure, method), own in table.groupby(["measure", "method"], sort=False):
            model = table[(table["measure"] == measure) & (table["method"] == MODEL)]
            same = model.merge(own[["origin", "step"]], on=["origin", "step"])
            ours = float(same["crps"].mean()) if len(same) else np.nan
            row = {"measure": measure, "method": method, "n": len(own)}
            row |= {name: float(own[name].mean()) for name in ("crps", "wis", "bias", "actual")}
            row |= {f"inside_{level:.0%}": float(own[f"inside_{level:.0%}"].mean()) for level in LEVELS}
            row["model_crps"] = ours
            rows.append(row)
        return pd.DataFrame(rows)


def usual_step(history: History) -> int:
    """Months of a step: a year when everything happens in one month of the year, else a quarter."""
    months = np.unique(history.frame["date"].to_numpy().astype("M8[M]").astype(np.int64) % 12)
    return 12 if len(months) == 1 else 3


def usual_origins(history: History, step: int, steps: int) -> tuple[dt.date, ...]:
    """At most four origins, a step apart, the last one as late as the horizon lets it be.

    Raises
    ------
    ValueError
        The history is too short for one: two steps must be past, and the horizon must have come.
    """
    first, end = history.first_day, history.exported or history.last_day
    if first is None or end is None:
        raise ValueError("the history is empty")
    last = next_months(end, -steps * step)
    found: list[dt.date] = []
    while len(found) < MOST_ORIGINS and next_months(last, -2 * step) >= first:
        found.append(last)
        last = next_months(last, -step)
    if not found:
        raise ValueError(
            f"the history from {first} to {end} is too short for forecasts of {steps * step} months: two steps of "
            f"{step} months must be past and the horizon must have come; give a shorter --step or --steps"
        )
    return tuple(reversed(found))


def backtest(
    history: History,
    scenario: Scenario,
    *,
    folder: Path | None = None,
    origins: Sequence[dt.date] | None = None,
    step: int | None = None,
    steps: int = 4,
    replications: int = 100,
    seed: int = 1,
    workers: int | None = None,
    fitter: Fitter | None = None,
    progress: Progress | None = None,
    observe: Callable[[dt.date, Fitted, Forecast], None] | None = None,
) -> Backtest:
    """Forecast from past days with what was known then, and score against what came.

    Parameters
    ----------
    history
        Everything that is known by now. A forecast sees `history.as_of(origin)` and nothing else.
    scenario
        The mechanisms; its start, book and goals do not matter.
    folder
        Where the fits keep their draws; by default nowhere.
    origins
        First days of months; by default `usual_origins`.
    step, steps
        Months of a step (by default `usual_step`), and how many.
    replications, seed, workers
        Of the simulation.
    fitter
        How numbers are learnt; `DirectFitter` by default.
    progress
        Called with (origins done, origins).
    observe
        Called with each fit and its forecast.

    Raises
    ------
    ValueError
        An origin is no first day of a month, has no past, or its horizon has not come.
    """
    import simulation as sim
    from simulation.progress import Interrupted

    if folder is None:
        with TemporaryDirectory() as nowhere:
            return backtest(
                history, scenario, folder=Path(nowhere), origins=origins, step=step, steps=steps,
                replications=replications, seed=seed, workers=workers, fitter=fitter, progress=progress,
                observe=observe,
            )  # fmt: skip
    fitter = fitter or DirectFitter()
    step = step or usual_step(history)
    chosen = tuple(sorted(set(origins))) if origins else usual_origins(history, step, steps)
    _check(history, chosen, step, steps)
    measures = [one for one in MEASURES if is_there(history, one)]
    casts: list[Cast] = []
    notes: dict[dt.date, tuple[str, ...]] = {}
    missing: dict[tuple[str, str], str] = {}
    by_cause: list[Cast] = []
    interrupted = False
    for number, origin in enumerate(chosen):
        past = history.as_of(origin)
        own = folder / "fits" / origin.isoformat()
        own.mkdir(parents=True, exist_ok=True)
        try:
            fitted = fitter.fit(past, scenario, origin, step * steps, seed=seed, folder=own)
            forecast = sim.run(fitted.scenario, replications=replications, seed=seed, book=fitted.book, workers=workers)
        except (Interrupted, KeyboardInterrupt):
            interrupted = True
            break
        if observe is not None:
            observe(origin, fitted, forecast)
        notes[origin] = fitted.notes
        days = [next_months(origin, step * at) for at in range(steps + 1)]
        came = observed(history, days, measures).values
        futures = _of_model(forecast, fitted.lapsed, measures, step, steps)
        if fitted.lapsed:
            for measure in WITHIN_A_TERM:
                if futures.pop(measure, None) is not None:
                    missing[MODEL, measure] = UNCOUNTED
        by_cause += _by_cause(history, past, origin, days, futures.get("left"), step, seed)
        rng = np.random.default_rng([seed, origin.toordinal(), 7])
        methods = {MODEL: futures, **_of_baselines(past, scenario, origin, step, steps, measures, rng, missing)}
        for method, values in methods.items():
            for measure, sample in values.items():
                for at in range(steps):
                    scored = score(sample[:, at], float(came[measure][at]))
                    casts.append(Cast(origin, days[at + 1], at + 1, method, measure, scored))
        if progress is not None:
            progress(number + 1, len(chosen))
    shown = _steps_between(history, chosen[-1], step, steps)
    values = observed(history, shown, measures).values
    lines = {one: (tuple(shown[1:]), values[one]) for one in measures}
    done = tuple(one for one in chosen if one in notes)
    return Backtest(
        scenario.name, scenario.currency, history.fingerprint, fitter.name, done, step, steps, tuple(casts), notes,
        missing, lines, interrupted, tuple(by_cause),
    )  # fmt: skip


def _by_cause(
    history: History, past: History, origin: dt.date, days: list[dt.date], left: Float | None, step: int, seed: int
) -> list[Cast]:
    """Scores of leaving by cause; none where the record tells no causes apart."""
    from simulation.evidence.backtest.causes import causes_of, left_by_cause, split_by_cause

    causes = causes_of(past) if left is not None else ()
    if left is None or not causes:
        return []
    rng = np.random.default_rng([seed, origin.toordinal(), 11])
    own = split_by_cause(past, origin, causes, left, step, rng)
    steps, season = len(days) - 1, max(12 // step, 1)
    before = [origin]
    assert past.first_day is not None
    while next_months(before[-1], -step) >= past.first_day.replace(day=1):
        before.append(next_months(before[-1], -step))
    found: list[Cast] = []
    for cause in causes:
        series = left_by_cause(past, before[::-1], cause)
        samples = {MODEL: own[cause]}
        methods: dict[str, Callable[[], Float]] = {
            "last_value": lambda series=series: last_value(series, steps, FUTURES, rng),  # type: ignore[misc]
            "seasonal_naive": lambda series=series: seasonal_naive(series, steps, season, FUTURES, rng),  # type: ignore[misc]
            "ets": lambda series=series: ets(series, steps, season, FUTURES, rng),  # type: ignore[misc]
        }
        for name, method in methods.items():
            with suppress(ValueError):  # too short a past
                samples[name] = method()
        came = left_by_cause(history, days, cause)
        found += [
            Cast(origin, days[at + 1], at + 1, name, "left", score(sample[:, at], float(came[at])), cause)
            for name, sample in samples.items()
            for at in range(steps)
        ]
    return found


def _check(history: History, origins: Sequence[dt.date], step: int, steps: int) -> None:
    first, end = history.first_day, history.exported or history.last_day
    assert first is not None and end is not None
    for origin in origins:
        if origin.day != 1:
            raise ValueError(f"origin {origin}: expected the first day of a month, for months are counted")
        if origin <= first:
            raise ValueError(f"origin {origin}: the history begins on {first}, so nothing is known by then")
        if next_months(origin, step * steps) > end:
            raise ValueError(
                f"origin {origin}: {step * steps} months later is after {end}, up to which the history goes; "
                "choose an earlier origin or fewer --steps"
            )


def _steps_between(history: History, last: dt.date, step: int, steps: int) -> list[dt.date]:
    """Days at steps, from the first whole step of the history to the end of the last horizon."""
    first = history.first_day
    assert first is not None
    days = [next_months(last, step * steps)]
    while next_months(days[-1], -step) >= first.replace(day=1):
        days.append(next_months(days[-1], -step))
    return days[::-1]


def _of_model(
    forecast: Forecast, lapsed: Sequence[str], measures: Sequence[str], step: int, steps: int
) -> dict[str, Float]:
    """Measures of a forecast by step; arrivals of former members are returns."""
    futures: dict[str, Float] = {}
    for measure in measures:
        values = forecast.measure(measure, by="period").to_numpy().astype(np.float64)
        if lapsed and measure in ("joined", "returned"):
            back = sum(forecast.measure("joined", by="period", segment=one).to_numpy() for one in lapsed)
            values = values + (back if measure == "returned" else -back)
        every = values.reshape(len(values), steps, step)
        futures[measure] = every[:, :, -1] if MEASURES[measure].nature == "stock" else every.sum(axis=2)
    return futures


def _of_baselines(
    past: History,
    scenario: Scenario,
    origin: dt.date,
    step: int,
    steps: int,
    measures: Sequence[str],
    rng: np.random.Generator,
    missing: dict[tuple[str, str], str],
) -> dict[str, dict[str, Float]]:
    """Futures of every baseline by measure; why one gives nothing goes into `missing`."""
    days = [origin]
    assert past.first_day is not None
    while next_months(days[-1], -step) >= past.first_day.replace(day=1):
        days.append(next_months(days[-1], -step))
    before = observed(past, days[::-1], measures).values if len(days) > 1 else {one: np.zeros(0) for one in measures}
    season = max(12 // step, 1)
    found: dict[str, dict[str, Float]] = {name: {} for name in BASELINES}
    for measure in measures:
        series = before[measure]
        methods: dict[str, Callable[[], Float]] = {
            "last_value": lambda series=series: last_value(series, steps, FUTURES, rng),  # type: ignore[misc]
            "ets": lambda series=series: ets(series, steps, season, FUTURES, rng),  # type: ignore[misc]
        }
        if season > 1:
            methods["seasonal_naive"] = lambda series=series: seasonal_naive(series, steps, season, FUTURES, rng)  # type: ignore[misc]
        for name, method in methods.items():
            _try(found, missing, name, measure, method)
    spells = spells_of(past, {name: one.term for name, one in scenario.segments.items()}, origin)
    present, arriving = _present(spells, origin), _arriving(spells, past, origin)
    for name in MODELS:
        _try(
            found, missing, name, "members",
            lambda name=name: contract_members(  # type: ignore[misc]
                name, spells.risk_table(), present, arriving, steps, step, FUTURES, rng
            ),
        )  # fmt: skip
    _try(found, missing, "bgbb", "members", lambda: _bgbb(spells, arriving, step, steps, rng))
    return found


def _try(
    found: dict[str, dict[str, Float]],
    missing: dict[tuple[str, str], str],
    name: str,
    measure: str,
    method: Callable[[], Float],
) -> None:
    try:
        found[name][measure] = method()
    except ValueError as error:
        missing[name, measure] = str(error)


def _bgbb(spells: Spells, arriving: Arriving, step: int, steps: int, rng: np.random.Generator) -> Float:
    if (spells.term != step).any():
        raise ValueError(f"needs steps of one term, and terms are {', '.join(map(str, np.unique(spells.term)))} months")
    return returning_members(spells.taken().grouped(), arriving, steps, FUTURES // 2, rng)


def _present(spells: Spells, origin: dt.date) -> Present:
    """Members of the origin in groups."""
    here = spells.of(spells.here)
    won, due = spells.next_due()
    months = (due.astype("M8[M]") - np.datetime64(origin, "M")).astype(np.int64)
    rows, members = np.unique(np.stack([won, np.maximum(months, 0), here.term], axis=1), axis=0, return_counts=True)
    return Present(rows[:, 0], rows[:, 1], rows[:, 2], members.astype(np.int64))


def _arriving(spells: Spells, past: History, origin: dt.date) -> Arriving:
    """Who joined in up to three years before the origin; all joining in the first month is a cohort, not a rate."""
    assert past.first_day is not None
    end, first = np.datetime64(origin, "M"), np.datetime64(past.first_day, "M")
    months = min(36, int((end - first).astype(int)) - 1)
    came = spells.begin[spells.first & spells.begun].astype("M8[M]")
    joined = int(((came >= end - months) & (came > first)).sum())
    return Arriving(joined, float(months), int(np.median(spells.term)) if len(spells) else 12)
