"""Calibration: the assumptions nobody can see, such that a scenario reproduces what planners know.

Each known fact is taken as normal about the middle of its range, and each unknown has its prior. The most likely
unknowns are found by Gauss-Newton steps on means under common random numbers, which makes them smooth; slopes are
differences, brought up to date after each step (Broyden 1965). At the end everything is simulated with other luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.calibrate.facts import Calibration, Fact, Found, tolerance
from simulation.evidence.calibrate.trials import Trials
from simulation.evidence.unknowns import Unknown, effects_of, latent_of, unknown_at, values
from simulation.progress import Progress
from simulation.runs import todays_members

if TYPE_CHECKING:
    from simulation.scenario.book import Book
    from simulation.scenario.schema import Scenario

__all__ = ["calibrate", "unknowns_for"]

Float = npt.NDArray[np.float64]
STEP = 0.4
"""Standard deviations of the prior over which a slope is taken."""
FARTHEST = 1.5
"""Standard deviations of the prior that one step may go."""
POLISH, LATER = 4, 10_000
"""How many times as many futures the last steps and the check have, and the first future of the check."""
DRAWS = 201


def unknowns_for(scenario: Scenario, free: Sequence[str] = ()) -> list[Unknown]:
    """The unknowns of a calibration.

    Parameters
    ----------
    free
        Paths; by default every assumption of the scenario, what nobody sees of the segments that a known is about,
        the take rates that are known, and the effects of interventions by whose delivery reach is known.

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
    for intervention in {path.split(".")[5]: None for path in scenario.known if len(path.split(".")) == 7}:
        several += effects_of(scenario, intervention)
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
    scenario
        With `known`; its numbers are the start, its assumptions the priors.
    book
        Today's members; by default the book that the scenario names.
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
    book = todays_members(scenario) if book is None else book
    unknowns = unknowns_for(scenario, free)
    if not unknowns:
        raise ValueError("nothing is unknown: name what may change with --free")
    paths = list(scenario.known)
    middle = np.array([(one.low + one.high) / 2 for one in scenario.known.values()])
    sizes = np.array([tolerance(path, one) for path, one in scenario.known.items()])
    trials = Trials(
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
        return np.asarray((found - middle) / sizes)

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
            Fact(path, known.source or "", known.low, known.high, float(sizes[k]),
                 float(middle[k] + first[k] * sizes[k]), float(after[k].mean()),
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
