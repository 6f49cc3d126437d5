"""Calibration: the assumptions nobody can see, such that a scenario reproduces what planners know.

In rounds. Futures are simulated at draws of the unknowns, each fact becomes a smooth surface over them, and new draws
are taken at which the surfaces say what was stated (`draws`). Each round simulates where the last one led, so the
surfaces are best where it counts. At the end the draws are simulated as a run will, with other luck, and what is
reported is what they gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.calibrate.draws import joint_draws, nearest_point, scores
from simulation.evidence.calibrate.facts import Aim, Calibration, Fact, Found
from simulation.evidence.calibrate.surface import Surface
from simulation.evidence.calibrate.trials import Trials
from simulation.evidence.unknowns import Unknown, differences_of, effects_of, latent_of, unknown_at, values
from simulation.progress import Progress
from simulation.runs import todays_members

if TYPE_CHECKING:
    from simulation.scenario.book import Book
    from simulation.scenario.schema import Scenario

__all__ = ["calibrate", "unknowns_for"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
FARTHEST = 1.5
"""Standard deviations of the prior that a round may go."""
SETTLED, SURE = 0.5, 0.5
"""No further round is needed when one went less far, and the surfaces have less variance in that of a fact."""
ASIDE = 10
"""One in so many futures goes to the start, and to each fact that cannot be reproduced."""
LATER = 10_000
"""The first future of the check."""
FEWEST = 20
BY_TIME = ("first_value_", "reached_", "still_on_track")
"""Shares that are 0 or 1 where members do not differ."""


def unknowns_for(scenario: Scenario, free: Sequence[str] = ()) -> list[Unknown]:
    """The unknowns of a calibration.

    Parameters
    ----------
    free
        Paths; by default every assumption of the scenario, what nobody sees of the segments that a known is about,
        the take rates that are known, the effects of interventions by whose delivery reach is known, and how
        members differ where the scenario does not say and a share by some day is known.

    Raises
    ------
    ValueError
        When a path has nothing that could vary, or is set by joint draws, which must stay together.
    Misfit
        When a path does not lead to a number.
    """
    joint = {path for one in scenario.assumptions.values() if one.joint is not None for path in one.joint.paths}
    if free:
        torn = [path for path in free if path in joint]
        if torn:
            raise ValueError(f"{torn[0]} is set together with other numbers by joint draws: alone it must not change")
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
    by_time = {path.split(".")[1] for path in scenario.known if path.rpartition(".")[2].startswith(BY_TIME)}
    for segment in scenario.segments:
        if segment in by_time:
            several += differences_of(scenario, segment)
    several += [
        unknown_at(scenario, path.removesuffix("take_rate") + "opportunity.take")
        for path in scenario.known if path.endswith(".take_rate") and ".journey." in path
    ]  # fmt: skip
    for intervention in {path.split(".")[5]: None for path in scenario.known if len(path.split(".")) == 7}:
        several += effects_of(scenario, intervention)
    unknowns = {one.path: one for one in several if one is not None}
    return [one for path, one in unknowns.items() if path not in joint]


def calibrate(
    scenario: Scenario,
    *,
    book: Book | None = None,
    free: Sequence[str] = (),
    replications: int = 200,
    rounds: int = 4,
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
        Futures of each round, and of the check of the draws; at least 20.
    rounds
        At most.

    Raises
    ------
    ValueError
        When nothing is known, a known cannot be computed, or the futures are too few.
    ScenarioError
        When a trial is impossible.
    """
    if not scenario.known:
        raise ValueError("the scenario has no `known:` to calibrate on")
    book = todays_members(scenario) if book is None else book
    unknowns = unknowns_for(scenario, free)
    if not unknowns:
        raise ValueError("nothing is unknown: name what may change with --free")
    if replications < FEWEST:
        raise ValueError(f"a round needs at least {FEWEST} futures")
    size = replications // 2 * 2
    trials = Trials(
        scenario, book, unknowns, list(scenario.known), seed, workers, progress,
        (rounds + 1) * size + _aside(size).size,
    )  # fmt: skip
    seen = _Seen(scenario, trials, len(unknowns))
    point = np.zeros(len(unknowns))
    before = np.nanmean(seen.simulate(np.repeat(point[None], len(_aside(size)), axis=0), _aside(size)), axis=0)
    normal = scores(len(unknowns), len(scenario.known), size, seed)
    z = normal[:, : len(unknowns)]
    for _ in range(rounds):
        # Every second trial meets the same luck as the one before, and those of all rounds the same: see `Surface`.
        seen.simulate(z, np.arange(size)[:, None] // 2)
        surfaces = seen.surfaces()
        step = nearest_point(surfaces, len(point)) - point
        point = point + np.clip(step, -FARTHEST, FARTHEST)
        z, origins = joint_draws(surfaces, point, normal, z)
        if np.abs(step).max() < SETTLED and all(one.variance(z).mean() < SURE for one in surfaces):
            break
    checked = _check(trials, z, size)
    facts = _facts(scenario, before, checked)
    unmet = [place for place, one in enumerate(facts) if one.misfit > 2 * one.error]
    for place in unmet:
        best = nearest_point([surfaces[place]], len(point))
        alone = trials.run(np.repeat(best[None], len(_aside(size)), axis=0), LATER + _aside(size))
        facts[place] = replace(facts[place], alone=float(np.nanmean(alone[..., place])))
    table = values(unknowns, np.insert(z, len(z) // 2, point, axis=0))
    low, high = np.quantile(table, [0.05, 0.95], axis=0)
    # Beside where each draw started from, which takes out most of their luck.
    left = z.std(axis=0) / origins.std(axis=0)
    columns = zip(unknowns, values(unknowns, point), low, high, left, strict=True)
    return Calibration(
        scenario,
        facts,
        [Found(one, float(one.value(0.0)), *map(float, numbers)) for one, *numbers in columns],
        table,
        trials.done,
        checked.shape[0] * checked.shape[1],
    )


class _Seen:
    """Trials so far: points, luck, and the facts in spreads from what was stated."""

    def __init__(self, scenario: Scenario, trials: Trials, unknowns: int) -> None:
        self.paths = list(scenario.known)
        self.aims = [Aim.of(path, known) for path, known in scenario.known.items()]
        self.trials = trials
        self.x: Float = np.zeros((0, unknowns))
        self.luck: Int = np.zeros(0, np.int64)
        self.away: Float = np.zeros((0, len(self.aims)))
        self.last: list[Surface | None] = [None] * len(self.aims)

    def simulate(self, z: Float, futures: Int) -> Float:
        """The knowns, base units, at points [P, K] in futures [P, F]: [P * F, facts]; they are kept."""
        found = self.trials.run(z, futures).reshape(-1, len(self.aims))
        missing = [path for path, bad in zip(self.paths, np.isnan(found).mean(axis=0) > 0.5, strict=True) if bad]
        if missing:
            raise ValueError(f"known.{missing[0]}: the scenario gives no value of this (nobody is counted)")
        self.x = np.concatenate([self.x, np.repeat(z, futures.shape[1], axis=0)])
        self.luck = np.concatenate([self.luck, futures.ravel()])
        away = np.stack([aim.away(found[:, place]) for place, aim in enumerate(self.aims)], axis=1)
        self.away = np.concatenate([self.away, away])
        return found

    def surfaces(self) -> list[Surface]:
        """What all trials so far say of each fact."""
        found = []
        for place, last in enumerate(self.last):
            told = ~np.isnan(self.away[:, place])
            one = Surface.fit(self.x[told], self.luck[told], self.away[told, place], last)
            found.append(one.raised(self.aims[place].lifted(one.luck)))
        self.last = list(found)
        return found


def _aside(size: int) -> Int:
    """The futures, in pairs, of what is simulated by the way."""
    return np.arange(2 * max(1, size // ASIDE // 2)).reshape(-1, 2)


def _check(trials: Trials, z: Float, size: int) -> Float:
    """The facts at draws spread over all of them, two futures each, as in a run: [P, 2, facts]."""
    some = z[np.linspace(0, len(z) - 1, min(size // 2, len(z))).astype(int)]
    return trials.run(some, LATER + np.arange(2 * len(some)).reshape(-1, 2))


def _facts(scenario: Scenario, before: Float, checked: Float) -> list[Fact]:
    """What was known beside what the draws gave."""
    from scipy.special import chdtri

    found = []
    for place, (path, known) in enumerate(scenario.known.items()):
        pairs = checked[..., place]
        told = pairs[~np.isnan(pairs)]
        means = np.nanmean(pairs[~np.isnan(pairs).all(axis=1)], axis=1)
        luck = float(np.nanmean((pairs[:, 0] - pairs[:, 1]) ** 2)) / 2
        size, between = len(means) - 1, float(means.var(ddof=1))
        least = between * size / float(chdtri(size, 0.05))
        low, high = np.quantile(told, [0.1, 0.9])
        found.append(
            Fact(path, known.source or "", known.low, known.high, Aim.of(path, known).tolerance, float(before[place]),
                 float(told.mean()), (between / len(means)) ** 0.5, float(low), float(high),
                 *(max(one - luck / 2, 0.0) ** 0.5 for one in (between, least)))
        )  # fmt: skip
    return found
