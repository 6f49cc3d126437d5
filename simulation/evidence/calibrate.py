"""Calibration: the assumptions nobody can see, such that a scenario reproduces what planners know.

Each known fact is taken as normal about the middle of its range, and each unknown has its prior. The most likely
unknowns are found by Gauss-Newton steps on means under common random numbers, which makes them smooth; slopes are
differences, brought up to date after each step (Broyden 1965). At the end everything is simulated with other luck.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.unknowns import Unknown, at, joint_middle, latent_of, scenario_at, unknown_at, values
from simulation.progress import Progress

if TYPE_CHECKING:
    from simulation.scenario.book import Book
    from simulation.scenario.quantities import Quantity
    from simulation.scenario.schema import Known, Scenario

__all__ = ["Calibration", "Fact", "Found", "calibrate", "unknowns_for"]

Float = npt.NDArray[np.float64]
STEP = 0.4
"""Standard deviations of the prior over which a slope is taken."""
FARTHEST = 1.5
"""Standard deviations of the prior that one step may go."""
POLISH, LATER = 4, 10_000
"""How many times as many futures the last steps and the check have, and the first future of the check."""
DRAWS = 201
STAYS = 0.9
"""An unknown keeps its prior when this share of its standard deviation is left."""
SHARE_FLOOR, OTHER_FLOOR = 0.005, 0.01
"""Standard deviation at least given to a known: of a share, and relative of anything else."""


@dataclass(frozen=True)
class Fact:
    """A known beside what is simulated, in base units.

    Attributes
    ----------
    path, source
        Of the known.
    low, high
        Its range; equal for a single value, which counts as reproduced within two standard deviations `tolerance`.
    before, after, error
        Simulated at the start; at what was found, with other luck; and the standard error of the latter.
    """

    path: str
    source: str
    low: float
    high: float
    tolerance: float
    before: float
    after: float
    error: float

    @property
    def misfit(self) -> float:
        """How far outside of the range it comes out; 0 within."""
        slack = 2 * self.tolerance if self.low == self.high else 0.0
        return max(self.low - slack - self.after, self.after - self.high - slack, 0.0)

    @property
    def reproduced(self) -> bool:
        """Whether the simulated value lies within the range."""
        return self.misfit == 0.0


@dataclass(frozen=True)
class Found:
    """An unknown: before, what was found and its 90% range (base units), and the share of the prior's spread left."""

    unknown: Unknown
    before: float
    value: float
    low: float
    high: float
    left: float

    @property
    def stays_prior(self) -> bool:
        """Whether the known facts say next to nothing about it."""
        return self.left > STAYS


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was found.

    Attributes
    ----------
    facts, found
        The known facts and the unknowns.
    draws
        float64[D, K]: joint draws of the unknowns, base units; the middle row is the most likely one.
    simulations
        How many futures it took.
    """

    scenario: Scenario
    facts: list[Fact]
    found: list[Found]
    draws: Float
    simulations: int


def unknowns_for(scenario: Scenario, free: Sequence[str] = ()) -> list[Unknown]:
    """The unknowns of a calibration.

    Parameters
    ----------
    free
        Paths; by default every assumption of the scenario, what nobody sees of the segments that a known is about,
        and the take rates that are known.

    Raises
    ------
    ValueError
        When a path has nothing that could vary.
    Misfit
        When a path does not lead to a number.
    """
    if free:
        found = [(path, unknown_at(scenario, path)) for path in free]
        fixed = [path for path, one in found if one is None]
        if fixed:
            raise ValueError(f"{fixed[0]} is 0, or at a limit: state a number to start from")
        return [one for _, one in found if one is not None]
    about = {path.split(".")[1] for path in scenario.known if path.startswith("segments.")}
    everyone = any(not path.startswith("segments.") for path in scenario.known)
    several: list[Unknown | None] = [
        unknown_at(scenario, path) for path, one in scenario.assumptions.items() if one.joint is None
    ]
    for segment in scenario.segments:
        if everyone or segment in about:
            several += latent_of(scenario, segment)
    several += [
        unknown_at(scenario, path.removesuffix("take_rate") + "opportunity.take")
        for path in scenario.known if path.endswith(".take_rate") and ".journey." in path
    ]  # fmt: skip
    unknowns = {one.path: one for one in several if one is not None}
    joint = {path for one in scenario.assumptions.values() if one.joint is not None for path in one.joint.paths}
    return [one for path, one in unknowns.items() if path not in joint]


def calibrate(
    scenario: Scenario,
    *,
    book: Book | None = None,
    free: Sequence[str] = (),
    replications: int = 4,
    rounds: int = 6,
    seed: int = 1,
    workers: int = 2,
    progress: Progress | None = None,
) -> Calibration:
    """Find the unknowns that reproduce what is known.

    Parameters
    ----------
    scenario, book
        With `known`; its numbers are the start, its assumptions the priors.
    free
        Paths of the unknowns; see `unknowns_for`.
    replications
        Futures of each trial; all trials have the same luck.
    rounds
        Steps at most.

    Raises
    ------
    ValueError
        When nothing is known, or a known cannot be computed.
    ScenarioError
        When a trial is impossible.
    """
    if not scenario.known:
        raise ValueError("the scenario has no `known:` to calibrate on")
    unknowns = unknowns_for(scenario, free)
    if not unknowns:
        raise ValueError("nothing is unknown: name what may change with --free")
    paths = list(scenario.known)
    middle = np.array([(one.low + one.high) / 2 for one in scenario.known.values()])
    tolerance = np.array([_tolerance(path, one) for path, one in scenario.known.items()])
    trials = _Trials(
        scenario,
        book,
        unknowns,
        paths,
        seed,
        workers,
        progress,
        (len(unknowns) + rounds + 1 + 3 * POLISH) * replications,
    )
    luck, more = range(replications), range(replications, (1 + POLISH) * replications)

    def residuals(z: Float, luck: range = luck) -> Float:
        found = trials.means(np.atleast_2d(z), luck)
        missing = [path for path, bad in zip(paths, np.isnan(found.sum(axis=0)), strict=True) if bad]
        if missing:
            raise ValueError(f"known.{missing[0]}: the scenario gives no value of this (nobody is counted)")
        return np.asarray((found - middle) / tolerance)

    z = np.zeros(len(unknowns))
    start = residuals(np.vstack([z, STEP * np.eye(len(unknowns))]))
    r, slopes = start[0], (start[1:] - start[0]).T / STEP
    first = r
    for number in range(rounds):
        step = _step(z, r, slopes)
        step *= min(1.0, FARTHEST / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 0.02:
            break
        new = residuals(z + step)[0]
        slopes = slopes + np.outer(new - r - slopes @ step, step) / (step @ step)
        if new @ new + (z + step) @ (z + step) < r @ r + z @ z or number == 0:
            z, r = z + step, new
    for _ in range(2):  # few futures suffice for slopes, but what they give has luck in it
        r = residuals(z, more)[0]
        step = _step(z, r, slopes)
        z = z + step * min(1.0, FARTHEST / max(float(np.abs(step).max()), 1e-12))
    spread = np.linalg.inv(slopes.T @ slopes + np.eye(len(z)))
    after = trials.run(z, range(LATER, LATER + POLISH * max(replications, 2)))
    draws = _draws(z, spread, seed)
    table = values(unknowns, draws)
    ranges = np.quantile(table, [0.05, 0.95], axis=0)
    left = np.sqrt(np.diag(spread))
    own = values(unknowns, z)
    return Calibration(
        scenario,
        [
            Fact(path, known.source or "", known.low, known.high, float(tolerance[k]),
                 float(middle[k] + first[k] * tolerance[k]), float(after[k].mean()),
                 float(after[k].std(ddof=1) / np.sqrt(after.shape[1])))
            for k, (path, known) in enumerate(scenario.known.items())
        ],
        [
            Found(one, float(one.value(0.0)), float(own[k]), float(ranges[0, k]), float(ranges[1, k]), float(left[k]))
            for k, one in enumerate(unknowns)
        ],
        table,
        trials.done,
    )  # fmt: skip


def _tolerance(path: str, known: Known) -> float:
    """Standard deviation of a known: its range holds 95%, but nothing is known to the last digit."""
    from simulation.scenario.quantities import SHARE
    from simulation.scenario.schema.objective import KNOWN_MEASURES

    share = KNOWN_MEASURES[path.rpartition(".")[2]] is SHARE
    floor = SHARE_FLOOR if share else OTHER_FLOOR * max(abs(known.low), abs(known.high), 1e-9)
    return max((known.high - known.low) / 4, floor)


def _step(z: Float, r: Float, slopes: Float) -> Float:
    """The Gauss-Newton step of |r|^2 + |z|^2."""
    from scipy.linalg import solve

    size = len(z)
    return np.asarray(solve(slopes.T @ slopes + np.eye(size), -(slopes.T @ r + z), assume_a="pos"))


def _draws(z: Float, spread: Float, seed: int) -> Float:
    """Draws of the normal about the most likely point, which stands in the middle."""
    random = np.random.default_rng(seed)
    draws = random.multivariate_normal(z, spread, DRAWS - 1, method="eigh")
    half = len(draws) // 2
    return np.vstack([draws[:half], z, draws[half:]])


class _Trials:
    """Simulates trials, and reads what is known off them."""

    def __init__(
        self, scenario: Scenario, book: Book | None, unknowns: list[Unknown], paths: list[str], seed: int,
        workers: int, progress: Progress | None, expected: int,
    ) -> None:  # fmt: skip
        from simulation.forecast.facts import ScenarioFacts
        from simulation.forecast.measures import MEASURES
        from simulation.forecast.stated import FIRST_VALUE, KNOWN_AS

        self.scenario, self.book, self.unknowns, self.seed = scenario, book, unknowns, seed
        self.paths = paths
        self.middle: Mapping[str, Quantity] = joint_middle(scenario)
        self.plain = scenario_at(scenario, {})
        self.facts = ScenarioFacts.of(self.plain)
        names = [KNOWN_AS.get(path.rpartition(".")[2], path.rpartition(".")[2]) for path in paths]
        self.counted = [name in MEASURES or name == FIRST_VALUE for name in names]
        self.workers, self.progress, self.expected = workers, progress, expected
        self.done = 0
        self.lock, self.mine = threading.Lock(), threading.local()

    def means(self, z: Float, luck: range) -> Float:
        """Means over futures, of several points: [P, K]."""
        with ThreadPoolExecutor(self.workers) as pool:
            return np.stack(list(pool.map(lambda one: self.run(one, luck).mean(axis=-1), z)))

    def run(self, z: Float, luck: range) -> Float:
        """The knowns at one point, in each future, base units: [K, R]."""
        from simulation.engine.ledger import LEDGER_ARRAYS, Ledger, RunResult
        from simulation.engine.plan import make_plan
        from simulation.engine.replicate import ledger_rows, make_engine
        from simulation.evidence.observables import lives_of_memory, observables

        trial = scenario_at(self.scenario, at(self.unknowns, values(self.unknowns, z)))
        plan = make_plan(trial, self.book)
        engine = getattr(self.mine, "engine", None)
        if engine is None:
            engine = self.mine.engine = make_engine("compiled", plan, log=not all(self.counted))
        else:
            engine.load(plan)
        columns = []
        for number in luck:
            memory = engine.run(self.seed, number)
            rows = ledger_rows(memory, plan)
            ledger = Ledger(**{name: rows[name][None] for name in LEDGER_ARRAYS})
            found = self._counted(RunResult(plan.frame, ledger, self.seed, [number], [number // 2]))
            if not all(self.counted):
                told = observables(lives_of_memory(memory, plan, trial, usage_seed=number))
                found |= {path: one.value for path, one in told.items() if path not in found}
            columns.append([found.get(path, np.nan) for path in self.paths])
            with self.lock:
                self.done += 1
                if self.progress is not None:
                    self.progress(min(self.done, self.expected), self.expected)
        return np.array(columns).T

    def _counted(self, result: object) -> dict[str, float]:
        """What the ledger tells, exactly as reports show it, base units."""
        from simulation import __version__
        from simulation.engine.ledger import RunResult
        from simulation.forecast import Forecast

        assert isinstance(result, RunResult)
        if not any(self.counted):
            return {}
        from simulation.forecast.stated import MONTH_DAYS

        scale = {"money": 100.0, "months": MONTH_DAYS}
        forecast = Forecast(result, self.facts, __version__)
        rows = forecast.stated_beside_simulated()
        paths = [one.path for one in self.facts.stated]
        return {
            path: float(row["simulated"]) * scale.get(str(row["unit"]), 1.0)
            for path, (_, row) in zip(paths, rows.iterrows(), strict=True)
            if path in self.paths
        }
