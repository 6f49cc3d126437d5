"""What the model says that a pilot of an intervention would see, and what the intervention is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulation.engine.ledger import IV, MS, OPEN
from simulation.evidence.attribution.observed import of_forecast
from simulation.evidence.variants import without_intervention
from simulation.forecast import Forecast
from simulation.forecast.spans import edge
from simulation.forecast.statistics import Float
from simulation.progress import Progress

if TYPE_CHECKING:
    from simulation.scenario import Scenario
    from simulation.scenario.book import Book

__all__ = ["Contrast", "contrasts", "shared"]


@dataclass(frozen=True, eq=False)
class Contrast:
    """A plan with an intervention less the plan without, in paired futures.

    Attributes
    ----------
    intervention
        Which.
    segments
        Where it is delivered: whose members a pilot can draw from.
    members
        Mean number of them, those who join during the pilot included.
    days
        Length of the pilot.
    rate, rate_without
        Milestones reached by a member during the pilot, on average.
    effect
        float64[R]: their difference in each future.
    gain
        float64[R]: difference in contribution over the horizon, currency units.
    kept, expanded
        Mean difference in ARR at the end because fewer leave or contract, and through expansion; currency units.
    effects
        Path of each assumption about the intervention -> float64[R].
    points
        Assumption point of each future.
    """

    intervention: str
    segments: tuple[str, ...]
    members: float
    days: int
    rate: float
    rate_without: float
    effect: Float
    gain: Float
    kept: float
    expanded: float
    effects: dict[str, Float]
    points: list[int]

    def variance(self, one: Float, other: Float) -> float:
        """Covariance between assumption points of two series, free of luck: across the two futures of each point."""
        return shared(one, other, self.points)

    @property
    def on_renewal(self) -> float:
        """Share of the gain in ARR that comes by way of renewals, from 0 to 1; NaN when neither way gains."""
        kept, expanded = max(self.kept, 0.0), max(self.expanded, 0.0)
        return kept / (kept + expanded) if kept + expanded > 0 else float("nan")


def shared(one: Float, other: Float, points: list[int]) -> float:
    """Covariance of two series that is due to what futures of a point share.

    The mean over pairs of futures of one assumption point of (one - mean)(other - mean), each from another future;
    luck is independent between them, so its part cancels in expectation. A point with a single future is left out.
    """
    numbers = np.asarray(points)
    first, count = np.unique(numbers, return_counts=True)
    pairs = [np.flatnonzero(numbers == point)[:2] for point in first[count >= 2]]
    if len(pairs) < 2:
        return 0.0
    a, b = np.array(pairs).T
    x, y = one - one[np.concatenate([a, b])].mean(), other - other[np.concatenate([a, b])].mean()
    return float((x[a] * y[b] + x[b] * y[a]).sum() / (2 * (len(pairs) - 1)))


def contrasts(
    scenario: Scenario,
    *,
    interventions: list[str] | None = None,
    days: int = 90,
    book: Book | None = None,
    replications: int = 200,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Contrast]:
    """Run the plan with and without each intervention.

    Raises
    ------
    ValueError
        For an unknown intervention, one that cannot be taken out, or days that the run does not count apart.
    """
    from simulation.runs import run

    names = list(scenario.interventions) if interventions is None else interventions
    plans = [scenario, *(without_intervention(scenario, name) for name in names)]

    def simulated(place: int) -> Forecast:
        def watch(done: int, total: int) -> None:
            if progress is not None:
                progress(place * total + done, len(plans) * total)

        return run(plans[place], replications=replications, seed=seed, workers=workers, book=book, progress=watch)

    whole = simulated(0)
    edge(whole.frame, days)
    return [_contrast(whole, simulated(place), name, days) for place, name in enumerate(names, 1)]


def _contrast(whole: Forecast, without: Forecast, name: str, days: int) -> Contrast:
    frame = whole.frame
    delivered = whole.ledger.interventions[:, frame.interventions.index(name)].sum(axis=(0, 2))[
        :, IV.index("delivered")
    ]
    segments = [place for place, number in enumerate(delivered) if number > 0]
    milestones = [place for place, key in enumerate(frame.milestones) if frame.segments.index(key[0]) in segments]
    cells = edge(frame, days)
    reached = [
        one.ledger.milestones[:, :, :cells, MS.index("reached")].sum(axis=2)[:, milestones].sum(axis=1).astype(float)
        for one in (whole, without)
    ]
    started = whole.ledger.opening[:, segments, OPEN.index("members")].sum(axis=1)
    joined = of_forecast(whole, days).flow("joined")[:, segments].sum(axis=1)
    members = float((started + joined).mean())
    each = max(members, 1.0)
    ends = [of_forecast(one, frame.days) for one in (whole, without)]
    steps = {
        step: float((ends[0].flow(step) - ends[1].flow(step)).sum(axis=1).mean()) / 100
        for step in ("expansion", "churn", "contraction")
    }
    gain = whole.measure("contribution").to_numpy() - without.measure("contribution").to_numpy()
    prefix = f"interventions.{name}."
    return Contrast(
        name,
        tuple(frame.segments[place] for place in segments),
        members,
        days,
        float(reached[0].mean()) / each,
        float(reached[1].mean()) / each,
        (reached[0] - reached[1]) / each,
        gain,
        -steps["churn"] - steps["contraction"],
        steps["expansion"],
        {path: values for path, values in whole.assumption_values.items() if path.startswith(prefix)},
        list(whole.points),
    )
