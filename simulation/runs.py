"""The two questions a scenario is asked: the forecast, and one replication's event log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from simulation.progress import Interrupted, Progress

if TYPE_CHECKING:
    import pandas as pd
    from distributed import Client

    from simulation.engine.ledger import RunResult
    from simulation.engine.simpy_engine import UserProcess
    from simulation.experiment.store import Store
    from simulation.forecast import Forecast
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["ENGINES", "Engine", "events", "run", "todays_members"]

MAX_REPLICATIONS = 10_000
"""Where a run for precision stops even so."""
Engine = Literal["compiled", "simpy"]
ENGINES: tuple[str, ...] = get_args(Engine)


def run(
    scenario: Scenario | str | Path,
    *,
    replications: int | Sequence[int] = 200,
    seed: int = 1,
    engine: Engine = "compiled",
    workers: int | None = None,
    progress: Progress | None = None,
    quarantine: bool = False,
    book: Book | None = None,
    kept: Forecast | None = None,
    store: Store | None = None,
    precision: float | None = None,
    measure: str = "arr",
    max_replications: int = MAX_REPLICATIONS,
    label: str = "",
    processes: Sequence[UserProcess] = (),
    cluster: str | Client | None = None,
) -> Forecast:
    """Simulate a scenario many times and return the distribution of what happens.

    Parameters
    ----------
    scenario
        A scenario, or the path of its file.
    replications
        Number of simulated futures, at least 1, or their numbers (0, 1, ... by default). Replications 2i and
        2i+1 share a draw of the assumptions, so an even number is the better choice.
    seed
        0 <= seed < 2**32. The same scenario, seed and replication give the same future on every machine.
    engine
        "compiled" (fast) or "simpy" (readable reference); they agree bit for bit.
    workers
        Threads; None uses every core. The result does not depend on it.
    progress
        Called with (replications done, replications in all).
    quarantine
        Leave bad rows of the book out instead of refusing to run.
    book
        Today's members, when they are loaded already; by default the book that the scenario names.
    kept
        A forecast of the same scenario, book and seed with some of the replications: only the others are
        simulated. So an interrupted run goes on, and a finished one is extended.
    store
        Where finished replications are kept: those that are there are read, only the others are simulated,
        and they are kept there as they finish. None keeps nothing.
    precision
        Add replications until the 95% interval of the mean of `measure` over the horizon is this narrow: half
        its width over the mean, such as 0.01 (`simulation.experiment.precision`). `replications` is then the
        fewest.
    measure, max_replications
        What `precision` is about, and where it stops even so.
    label
        What to call this run, such as "Budget"; it is kept with the forecast.
    processes
        Your own SimPy processes, each a generator function (env, population); with the engine "simpy" only, and
        never stored, for what they do cannot be told from the scenario. See `Population` and notebook 5.
    cluster
        Address of the scheduler of a Dask cluster, or its client: the replications run there instead of in threads,
        with the same result. `simulation.on_cluster` does so for every analysis run inside it.

    Returns
    -------
    Forecast

    Raises
    ------
    ScenarioError
        When the scenario or its book is wrong; `.problems` lists every problem.
    ValueError
        When an argument is out of its range or names no measure, or `kept` is of another scenario, book or seed.
    Interrupted
        On Ctrl-C (a KeyboardInterrupt); `.forecast` is made of the replications finished by then, if any.
    ClusterError
        When a cluster cannot be used, or is gone.
    """
    wanted = range(replications) if isinstance(replications, int) else list(replications)
    from simulation.engine.cluster import on_cluster

    _check(replications=len(wanted), replication=min(wanted, default=0), seed=seed, engine=engine, workers=workers)
    if processes:
        _check_processes(engine, stored=kept is not None or store is not None or precision is not None)
    plan = _loaded(scenario)
    members = todays_members(plan, quarantine=quarantine) if book is None else book
    asked = (plan.digest(), seed, "" if members is None else members.content)
    if kept is not None and (kept.facts.digest, kept.seed, kept.facts.book) != asked:
        raise ValueError("kept is a forecast of another scenario, book or seed")

    simulated = partial(
        _simulated, plan, members, seed=seed, engine=engine, workers=workers, store=store, label=label,
        processes=processes,
    )  # fmt: skip
    with nullcontext() if cluster is None else on_cluster(cluster):
        if precision is None:
            return simulated(wanted, kept=kept, progress=progress)
        return _precise(simulated, kept, progress, precision, measure, replications, max_replications)


def _simulated(
    plan: Scenario,
    members: Book | None,
    wanted: Sequence[int],
    *,
    seed: int,
    engine: Engine,
    workers: int | None,
    progress: Progress | None,
    kept: Forecast | None,
    store: Store | None,
    label: str,
    processes: Sequence[UserProcess],
) -> Forecast:
    """The forecast of these replications: those that are there, and the others, which are simulated."""
    from simulation.engine.replicate import run_replications

    content = "" if members is None else members.content
    there = set() if kept is None else set(kept.result.replications)
    missing = [number for number in wanted if number not in there]
    if kept is not None and not missing and kept.label == label:
        return kept
    parts = [] if kept is None else [kept.result]
    shelf = None if store is None else store.shelf(plan, members, seed)
    if shelf is not None and (found := shelf.read(missing)) is not None:
        parts.append(found)
        missing = sorted(set(missing).difference(found.replications))
    try:
        with nullcontext() if shelf is None else shelf.writing(missing) as each:
            if missing:
                result = run_replications(
                    plan,
                    book=members,
                    replications=missing,
                    seed=seed,
                    engine=engine,
                    workers=workers,
                    progress=progress,
                    each=each,
                    processes=processes,
                )
                parts.append(result)
    except Interrupted as stop:
        parts += [] if stop.result is None else [stop.result]
        stop.forecast = _forecast(parts, plan, label, content, processes) if parts else None
        raise
    return _forecast(parts, plan, label, content, processes)


def _forecast(
    parts: Sequence[RunResult], plan: Scenario, label: str, content: str, processes: Sequence[UserProcess]
) -> Forecast:
    from simulation.engine.ledger import RunResult
    from simulation.forecast import Forecast

    forecast = Forecast.from_result(RunResult.together(parts), plan, label, content)
    if processes:  # it is no forecast of the scenario alone, and must not pass for one
        names = "+".join(getattr(one, "__name__", type(one).__name__) for one in processes)
        facts = replace(forecast.facts, digest=f"{forecast.facts.digest}+{names}")
        forecast = Forecast(forecast.result, facts, forecast.version, label)
    return forecast


def _precise(
    simulated: Callable[..., Forecast],
    kept: Forecast | None,
    progress: Progress | None,
    precision: float,
    measure: str,
    least: int | Sequence[int],
    most: int,
) -> Forecast:
    """Add replications until the interval of a measure is narrow enough, or there are `most`."""
    from simulation.experiment.precision import Rule, pair_means, until
    from simulation.forecast import Forecast
    from simulation.forecast.measures import measure_named

    if not isinstance(least, int):
        raise ValueError("with precision, replications is the fewest: a number")
    if most < max(least, 4):
        raise ValueError(f"max_replications must be {max(least, 4)} or more, got {most}")
    measure_named(measure)
    forecast = kept

    def first(pairs: int) -> Forecast:
        assert forecast is not None
        result = forecast.result.select(range(2 * pairs))
        return (
            forecast
            if result is forecast.result
            else Forecast(result, forecast.facts, forecast.version, forecast.label)
        )

    def extend(pairs: int, expected: int) -> list[float]:
        nonlocal forecast

        def watch(done: int, total: int) -> None:
            if progress is not None:
                progress(2 * pairs - total + done, 2 * expected)

        forecast = simulated(range(2 * pairs), kept=forecast, progress=watch)
        series: list[float] = pair_means(first(pairs).measure(measure).to_numpy()).tolist()
        return series

    enough = until(Rule(precision, minimum=max(least // 2, 2)), extend, most // 2)
    return first(most // 2 if enough is None else enough)


def events(
    scenario: Scenario | str | Path,
    *,
    replication: int = 0,
    seed: int = 1,
    engine: Engine = "simpy",
    book: Book | None = None,
    processes: Sequence[UserProcess] = (),
) -> pd.DataFrame:
    """Event log of one replication, in time order.

    Parameters
    ----------
    scenario
        A scenario, or the path of its file.
    replication
        Number of the replication, from 0. It reruns alone exactly as it ran in the forecast.
    seed, engine, book, processes
        As in `run`.

    Returns
    -------
    pandas.DataFrame
        One row an event: time (days since the start), date, member (a pseudonym, never an id), segment, kind,
        name (of the milestone or intervention), and what is true of the member after it: direction (degrees),
        magnitude, progress (pace-months since the last milestone) and arr (currency units per year).

    Raises
    ------
    ScenarioError, ValueError
        As in `run`.
    """
    _check(replication=replication, seed=seed, engine=engine)
    if processes:
        _check_processes(engine)
    plan = _loaded(scenario)
    from simulation.engine.events import event_log

    members = todays_members(plan) if book is None else book
    return event_log(plan, book=members, replication=replication, seed=seed, engine=engine, processes=processes)


def todays_members(scenario: Scenario, *, quarantine: bool = False) -> Book | None:
    """Read the book that a scenario names; None when it names none.

    Raises
    ------
    ScenarioError
        With every fault of every row; with `quarantine` such rows are left out instead.
    """
    if scenario.book is None:
        return None
    from simulation.scenario.book import load_book

    return load_book(scenario.book.file, scenario, quarantine=quarantine)


def _loaded(scenario: Scenario | str | Path) -> Scenario:
    if isinstance(scenario, str | Path):
        from simulation.scenario import load

        return load(scenario)
    return scenario


def _check(
    *,
    seed: int,
    engine: str,
    replications: int = 1,
    replication: int = 0,
    workers: int | None = None,
) -> None:
    if replications < 1:
        raise ValueError(f"replications must be 1 or more, got {replications}")
    if replication < 0:
        raise ValueError(f"replication must be 0 or more, got {replication}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be 0 or more and below 2**32, got {seed}")
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be 1 or more, got {workers}")


def _check_processes(engine: str, *, stored: bool = False) -> None:
    if engine != "simpy":
        raise ValueError('processes need engine="simpy"')
    if stored:
        raise ValueError("a run with processes takes no store, no kept forecast and no precision")
