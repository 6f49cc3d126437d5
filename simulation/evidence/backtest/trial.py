"""The backtest: forecasts as of past days from what was known then, scored against what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.backtest.casts import MODEL, Backtest, Cast
from simulation.evidence.backtest.counted import LEFT_OUT, as_counted
from simulation.evidence.backtest.fitters import DirectFitter, Fitted, Fitter
from simulation.evidence.backtest.observed import MEASURES, is_there, observed
from simulation.evidence.backtest.rivals import by_series, days_before, rivals_of
from simulation.evidence.backtest.scores import score
from simulation.evidence.backtest.spells import next_months
from simulation.progress import Progress

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario

__all__ = ["backtest", "usual_origins", "usual_step", "usual_steps"]

Float = npt.NDArray[np.float64]
MOST_ORIGINS, MOST_STEPS = 4, 4
BY_SEGMENT = ("members", "arr", "joined", "left")
"""Measures that are scored by segment, too."""
WITHIN_A_TERM = ("left", "renewals_won", "returned", "churn")
UNCOUNTED = (
    "the record has one row a term; the model lets a member leave and be back within it, so their number is another"
)


def usual_step(history: History) -> int:
    """Months of a step: a year when everything happens in one month of the year, else a quarter."""
    months = np.unique(history.frame["date"].to_numpy().astype("M8[M]").astype(np.int64) % 12)
    return 12 if len(months) == 1 else 3


def usual_steps(history: History, step: int) -> int:
    """Four steps ahead, or as many as leave two origins, or one."""
    for least in (2, 1):
        for steps in range(MOST_STEPS, 0, -1):
            with suppress(ValueError):
                if len(usual_origins(history, step, steps)) >= least:
                    return steps
    return 1


def usual_origins(history: History, step: int, steps: int) -> tuple[dt.date, ...]:
    """At most four origins, a step apart, the last one as late as the horizon lets it be.

    Raises
    ------
    ValueError
        The history is too short for one: two steps must be past, and the horizon must have come.
    """
    first, end = history.begins, history.exported or history.last_day
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
    steps: int | None = None,
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
        Months of a step (by default `usual_step`), and how many (by default `usual_steps`).
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
    given, scenario = scenario, as_counted(scenario, history)
    said = () if given is scenario else (LEFT_OUT,)
    step = step or usual_step(history)
    steps = steps or (MOST_STEPS if origins else usual_steps(history, step))
    chosen = tuple(sorted(set(origins))) if origins else usual_origins(history, step, steps)
    _check(history, chosen, step, steps)
    measures = [one for one in MEASURES if is_there(history, one)]
    casts: list[Cast] = []
    notes: dict[dt.date, tuple[str, ...]] = {}
    missing: dict[tuple[str, str], str] = {}
    by_cause: list[Cast] = []
    by_segment: list[Cast] = []
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
        notes[origin] = (*said, *fitted.notes)
        days = [next_months(origin, step * at) for at in range(steps + 1)]
        came = observed(history, days, measures).values
        futures = _of_model(forecast, fitted.lapsed, measures, step, steps)
        if fitted.lapsed:
            for measure in WITHIN_A_TERM:
                if futures.pop(measure, None) is not None:
                    missing[MODEL, measure] = UNCOUNTED
        by_cause += _by_cause(history, past, origin, days, futures.get("left"), step, seed)
        by_segment += _by_segment(history, past, scenario, origin, days, forecast, fitted, measures, step, seed)
        rng = np.random.default_rng([seed, origin.toordinal(), 7])
        methods = {MODEL: futures, **rivals_of(past, scenario, origin, step, steps, measures, rng, missing)}
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
        missing, lines, interrupted, tuple(by_cause), tuple(by_segment), history.warnings,
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
    before = days_before(past, origin, step)
    found: list[Cast] = []
    for cause in causes:
        methods = by_series(left_by_cause(past, before, cause), step, len(days) - 1, rng)
        found += _of_part("left", days, own[cause], methods, left_by_cause(history, days, cause), cause=cause)
    return found


def _by_segment(
    history: History, past: History, scenario: Scenario, origin: dt.date, days: list[dt.date], forecast: Forecast,
    fitted: Fitted, measures: Sequence[str], step: int, seed: int,
) -> list[Cast]:  # fmt: skip
    """Scores of the main measures by segment; none when there is one segment."""
    if len(scenario.segments) < 2:
        return []
    rng = np.random.default_rng([seed, origin.toordinal(), 13])
    chosen = [one for one in BY_SEGMENT if one in measures]
    found: list[Cast] = []
    for name in scenario.segments:
        came = observed(_members_of(history, name), days, chosen).values
        steps_before = days_before(past, origin, step)  # its own first member may have come later
        before = observed(_members_of(past, name), steps_before, chosen).values if len(steps_before) > 1 else {}
        own = (name, *(part for part, whole in fitted.parts.items() if whole == name))
        futures = _of_model(forecast, fitted.lapsed, chosen, step, len(days) - 1, own)
        for measure in chosen:
            methods = by_series(before.get(measure, np.zeros(0)), step, len(days) - 1, rng)
            found += _of_part(measure, days, futures[measure], methods, came[measure], segment=name)
    return found


def _members_of(history: History, segment: str) -> History:
    """What is known of the members of a segment."""
    rows = history.by_member()
    named = np.array([*rows.segments, ""], object)[rows.segment] == segment
    return history.of_members(np.array(rows.member_id, object)[named])


def _of_part(
    measure: str, days: list[dt.date], own: Float, methods: Mapping[str, Callable[[], Float]], came: Float, **part: str
) -> list[Cast]:
    """Scores of a part by the model and by the baselines that can be made."""
    samples = {MODEL: own}
    for name, method in methods.items():
        with suppress(ValueError):  # too short a past
            samples[name] = method()
    return [
        Cast(days[0], days[at + 1], at + 1, name, measure, score(sample[:, at], float(came[at])), **part)
        for name, sample in samples.items()
        for at in range(len(days) - 1)
    ]


def _check(history: History, origins: Sequence[dt.date], step: int, steps: int) -> None:
    first, end = history.begins, history.exported or history.last_day
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
    first = history.begins
    assert first is not None
    days = [next_months(last, step * steps)]
    while next_months(days[-1], -step) >= first.replace(day=1):
        days.append(next_months(days[-1], -step))
    return days[::-1]


def _of_model(
    forecast: Forecast,
    lapsed: Sequence[str],
    measures: Sequence[str],
    step: int,
    steps: int,
    segments: Sequence[str] | None = None,
) -> dict[str, Float]:
    """Measures of a forecast by step, of all or some segments; arrivals of former members are returns."""

    def of(measure: str, names: Sequence[str] | None) -> Float:
        if names is None:
            return forecast.measure(measure, by="period").to_numpy().astype(np.float64)
        parts = [forecast.measure(measure, by="period", segment=one).to_numpy().astype(np.float64) for one in names]
        total: Float = np.sum(parts, axis=0)
        return total

    back = [one for one in lapsed if segments is None or one in segments]
    futures: dict[str, Float] = {}
    for measure in measures:
        values = of(measure, segments)
        if back and measure in ("joined", "returned"):
            values = values + (1 if measure == "returned" else -1) * of("joined", back)
        every = values.reshape(len(values), steps, step)
        futures[measure] = every[:, :, -1] if MEASURES[measure].nature == "stock" else every.sum(axis=2)
    return futures
