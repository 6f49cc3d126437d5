"""A fit: joint draws of assumptions given a history, and how far the fitted scenario explains it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simulation.evidence.fit.coordinates import Coordinates
from simulation.evidence.fit.design import LARGEST, design_of
from simulation.evidence.fit.direct import direct_of
from simulation.evidence.fit.latent import CHECKS, Latent, Shared, first_round, fit_latent
from simulation.evidence.fit.matter import Matter, matters, unknown_events
from simulation.evidence.fit.pricing import responses
from simulation.evidence.fit.summaries import Summaries
from simulation.evidence.history import History
from simulation.evidence.unknowns import Unknown, latent_of, unknown_at, values
from simulation.progress import Progress
from simulation.scenario.quantities import Kind
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.scenario import Scenario

__all__ = ["Fit", "Quantity", "fit", "unknowns_of"]

Float = npt.NDArray[np.float64]
LEARNED = 0.8
"""A prior is narrowed when less than this share of its standard deviation is left."""
SURPRISE, ODD = 3.5, 0.02
"""Standard deviations beyond which a summary is said not to be explained; and the share of simulated histories as far
from the middle as this one, all summaries together, below which all of it is."""


@dataclass(frozen=True)
class Quantity:
    """A fitted number.

    Attributes
    ----------
    name
        Its dotted path, or what a history identifies, in words.
    kind
        Of its unit; None for what is identified (months, logits).
    how
        "seen": directly; "simulated": told by the history; "prior": hardly told.
    low, median, high
        Median and 90% interval, base units.
    prior_low, prior_high
        90% interval of the prior; NaN where there is none.
    left
        Share of the prior's standard deviation that is left (on the scale of the prior, or of the logarithm).
    """

    name: str
    kind: Kind | None
    how: str
    low: float
    median: float
    high: float
    prior_low: float = float("nan")
    prior_high: float = float("nan")
    left: float = float("nan")


@dataclass(frozen=True, eq=False)
class Fit(Shown):
    """What was fitted.

    Attributes
    ----------
    quantities
        Every assumption that was fitted, by path.
    identified
        What the history tells about each segment.
    columns
        Path and kind of each column of `draws`.
    draws
        float64[D, C], base units: a row sets all numbers together. The middle row is the one nearest to the medians.
    fixed
        Paths set to a value that defines the scale.
    latent
        The simulations.
    joined, present
        Members who joined within the record, and who were there when it began.
    nowhere
        Members who were there, nobody says since when: they are left out.
    share
        Share of the members that was looked at.
    unknown_events
        Events of the history that the scenario has no mechanism for, with their number.
    matters
        What members do after those, and later in the record, beside others in the same place.
    kept
        Responses to the price that stay as they are stated, by path, and why.
    """

    scenario: Scenario = field(repr=False)
    fingerprint: str
    start: dt.date
    end: dt.date
    joined: int
    present: int
    nowhere: int
    share: float
    quantities: list[Quantity]
    identified: list[Quantity]
    columns: dict[str, Kind]
    draws: Float
    fixed: dict[str, Any]
    latent: Latent
    unknown_events: dict[str, int]
    matters: list[Matter]
    kept: dict[str, str]

    @property
    def members(self) -> int:
        """Members of the history that count."""
        return self.joined + self.present

    @property
    def strange(self) -> bool:
        """Whether the fitted scenario fails to explain the history, by more than luck."""
        telling = any(one.telling for one in self.matters)
        return bool(self.surprises or self.unknown_events or telling or self.latent.further <= ODD)

    @property
    def surprises(self) -> list[tuple[str, float]]:
        """Summaries that the fitted scenario does not explain, with their distance in standard deviations."""
        return [(name, z) for name, z in self.latent.surprises() if abs(z) > SURPRISE]

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw how much of each prior's spread the history leaves.

        Parameters
        ----------
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax)


def unknowns_of(scenario: Scenario, members: dict[str, int]) -> list[Unknown]:
    """What is found by simulation: what nobody sees of the segments that have members, and their take rates."""
    found: list[Unknown | None] = []
    for name, segment in scenario.segments.items():
        if members[name]:
            found += latent_of(scenario, name)
            for milestone, one in segment.journey.items():
                if one.opportunity is not None:
                    found.append(unknown_at(scenario, f"segments.{name}.journey.{milestone}.opportunity.take"))
    return [one for one in found if one is not None]


def fit(
    history: History,
    scenario: Scenario,
    *,
    trials: tuple[int, int] = (1024, 600),
    draws: int = 500,
    largest: int = LARGEST,
    seed: int = 1,
    workers: int | None = None,
    shared: Shared | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Fit the assumptions of a scenario to a history.

    Parameters
    ----------
    history
        What happened.
    scenario
        Its journeys and mechanisms; its assumptions are priors, and of what has none the prior is about what it
        states.
    trials
        Histories simulated in the first and the second round.
    draws
        Joint draws to make.
    largest
        Members looked at, at most; of more, a sample by segment and quarter of joining.
    shared
        Round one of an earlier fit with the same design.
    progress
        Called with (simulated, to simulate).

    Raises
    ------
    ValueError
        When the history has too little to fit to.
    ScenarioError
        When the scenario cannot be simulated over the record.
    """
    settled = history.settled()
    design = design_of(settled, scenario, seed=seed, largest=largest)
    priced, kept = responses(design.lives)
    unknowns = [*unknowns_of(scenario, design.members), *priced]
    if not unknowns:
        raise ValueError("the scenario has nothing to fit by simulation: its vectors and renewals do not vary")
    total = (sum(trials) if shared is None else trials[1]) + CHECKS
    before = 0 if shared is not None else trials[0]
    if shared is None:
        reader = Summaries(scenario, usage=len(design.lives.usage) > 0)
        shared = first_round(design.scenario, unknowns, reader, trials[0], book=design.book, seed=seed, workers=workers,
                             progress=_shifted(progress, 0, total))  # fmt: skip
    observed = shared.reader.of(design.lives)
    latent = fit_latent(shared, observed, trials[1], draws=draws, seed=seed, workers=workers,
                        progress=_shifted(progress, before, total))  # fmt: skip
    seen = direct_of(settled, scenario, design.start, design.end, draws=draws, seed=seed)
    table = values(unknowns, latent.draws)
    coordinates = Coordinates(design.scenario, unknowns)
    prior = np.random.default_rng(3).standard_normal((20_000, len(unknowns)))
    quantities = [_seen(one.path, one.kind, one.draws) for one in seen]
    for place, one in enumerate(unknowns):
        left = float(latent.draws[:, place].std())
        ends = (float(end) for end in one.value(np.array([-1.645, 1.645])))
        low, high = sorted(ends)
        quantities.append(_told(one.path, one.kind, table[:, place], low, high, left))
    identified = []
    before_all = coordinates.identified(values(unknowns, prior))
    for name, column in coordinates.identified(table).items():
        low, high = (float(end) for end in np.quantile(before_all[name], [0.05, 0.95]))
        scale = np.log if (before_all[name] > 0).all() and (column > 0).all() else np.asarray
        left = float(scale(column).std() / scale(before_all[name]).std())
        identified.append(_told(name, None, column, low, high, left))
    columns = {one.path: one.kind for one in seen} | {one.path: one.kind for one in unknowns}
    rows = np.column_stack([*(one.draws for one in seen), table])
    return Fit(
        scenario, settled.fingerprint, design.start, design.end, sum(design.joined.values()),
        sum(design.present.values()), design.nowhere, design.share,
        quantities, identified, columns, _middle_first(rows), _fixed(scenario, design.members), latent,
        unknown_events(design.lives), matters(design.lives), kept,
    )  # fmt: skip


def _shifted(progress: Progress | None, done: int, total: int) -> Progress | None:
    return None if progress is None else lambda number, _: progress(done + number, total)


def _seen(name: str, kind: Kind, draws: Float) -> Quantity:
    low, median, high = (float(one) for one in np.quantile(draws, [0.05, 0.5, 0.95]))
    return Quantity(name, kind, "seen", low, median, high)


def _told(name: str, kind: Kind | None, draws: Float, prior_low: float, prior_high: float, left: float) -> Quantity:
    low, median, high = (float(one) for one in np.quantile(draws, [0.05, 0.5, 0.95]))
    how = "simulated" if left < LEARNED else "prior"
    return Quantity(name, kind, how, low, median, high, prior_low, prior_high, left)


def _middle_first(rows: Float) -> Float:
    """The rows with the one nearest to the medians in the middle: that is where a single value is read."""
    spread = rows.std(axis=0) + 1e-300
    nearest = int(np.argmin((((rows - np.median(rows, axis=0)) / spread) ** 2).sum(axis=1)))
    order = np.arange(len(rows))
    order[[len(rows) // 2, nearest]] = order[[nearest, len(rows) // 2]]
    return rows[order]


def _fixed(scenario: Scenario, members: dict[str, int]) -> dict[str, Any]:
    """The typical magnitude of every fitted segment is 1: that defines the scale of the work."""
    return {
        f"segments.{name}.vector.magnitude.typical": 1.0
        for name, segment in scenario.segments.items()
        if members[name] and segment.vector.magnitude.typical != 1.0
    }
