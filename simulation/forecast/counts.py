"""Exact sums and levels of the ledger over spans of time, in the ledger's own integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.engine.identities import at_edges, net_arr, net_members
from simulation.engine.ledger import (
    COHORT,
    DAY_SECONDS,
    FLOW,
    IV,
    MS,
    OPEN,
    TM,
    YEAR_SECONDS,
    Frame,
    Int,
    Ledger,
)
from simulation.forecast.spans import Spans
from simulation.forecast.statistics import Float

KINDS = ("upsell", "cross_sell", "add_on", "seats", "intervention")
"""Kinds of expansion; "intervention" is the recurring price of interventions."""


def over(cells: Int, spans: Spans) -> Int:
    """Sum the last axis (cells) over each span: [..., C] -> [..., N]. Exact for integers."""
    total = np.concatenate([np.zeros_like(cells[..., :1]), np.cumsum(cells, axis=-1)], axis=-1)
    difference: Int = total[..., spans.last] - total[..., spans.first]
    return difference


@dataclass(frozen=True, eq=False)
class Counts:
    """A ledger with its frame, and which team delivers each intervention (None: tech-touch)."""

    frame: Frame
    ledger: Ledger
    team_of: tuple[str | None, ...]

    def flow(self, name: str, spans: Spans) -> Int:
        """Sum of one flow: [R, S, N]."""
        return over(self.ledger.flows[..., FLOW.index(name)], spans)

    def levels(self, name: str) -> Int:
        """Members, ARR (cents) or the number in one state at every edge: [R, S, C+1]."""
        flows = self.ledger.flows
        changes: dict[str, Callable[[Int], Int]] = {"members": net_members, "arr": net_arr}
        change = changes[name](flows) if name in changes else flows[..., FLOW.index(name)]
        return at_edges(self.ledger.opening[..., OPEN.index(name)], change)

    def revenue(self, spans: Spans) -> Float:
        """Recurring revenue, cents: the integral of ARR over each span, [R, S, N]."""
        seconds = np.diff(self.frame.cell_edges) * DAY_SECONDS
        steady = self.levels("arr")[..., :-1].astype(np.float64) * seconds
        cells: Float = (steady + self.ledger.flows[..., FLOW.index("arr_seconds")]) / YEAR_SECONDS
        total = np.concatenate([np.zeros_like(cells[..., :1]), np.cumsum(cells, axis=-1)], axis=-1)
        difference: Float = total[..., spans.last] - total[..., spans.first]
        return difference

    def milestone(self, names: Sequence[str], spans: Spans) -> Int:
        """Sum of columns of the milestones: [R, M, N]."""
        return over(self.ledger.milestones[..., [MS.index(name) for name in names]].sum(axis=-1), spans)

    def intervention(self, name: str, spans: Spans) -> Int:
        """Sum of a column of the interventions: [R, K, S, N]."""
        return over(self.ledger.interventions[..., IV.index(name)], spans)

    def team(self, name: str, spans: Spans) -> Int:
        """Sum of a column of the teams: [R, T, N]; for "queue" its length at the end of each span."""
        cells = self.ledger.teams[..., TM.index(name)]
        if name == "queue":
            return at_edges(np.zeros_like(cells[..., 0]), cells)[..., spans.last]
        return over(cells, spans)

    def cohort(self, name: str, spans: Spans) -> Int:
        """Sum of a column of the closed cohorts: [R, S, N].

        Raises
        ------
        ValueError
            When a span has no closed cohort.
        """
        for label, place in zip(spans.labels, spans.cohort, strict=True):
            if place < 0:
                raise ValueError(f"no closed cohort was kept for {label!r}")
        column: Int = self.ledger.cohort[:, :, spans.cohort, COHORT.index(name)]
        return column

    def delivery_cost(self, spans: Spans) -> Int:
        """Cost of deliveries, cents: [R, K, S, N]."""
        return self.intervention("delivered", spans) * self.ledger.cost_per_delivery[..., None, None]

    def fixed_cost(self, spans: Spans) -> Int:
        """Monthly and one-off cost of the interventions, cents: [R, K, N]."""
        return over(self.ledger.fixed_cost, spans)

    def intervention_cost(self, spans: Spans) -> Int:
        """Cost of interventions, cents: [R, K, N]."""
        cost: Int = self.delivery_cost(spans).sum(axis=2) + self.fixed_cost(spans)
        return cost

    def team_cost(self, spans: Spans) -> Int:
        """Cost of the teams, loaded, cents: [R, T, N]."""
        return over(self.ledger.team_cost, spans)

    def team_seconds(self, spans: Spans) -> Int:
        """Available capacity, server-seconds: [R, T, N]."""
        return over(self.ledger.team_seconds, spans)

    def team_work(self, spans: Spans) -> Int:
        """Work of the interventions that each team delivers, seconds: [R, T, N]."""
        work = self.intervention("work_seconds", spans).sum(axis=2)
        total = np.zeros((work.shape[0], len(self.frame.teams), work.shape[2]), np.int64)
        for place, team in enumerate(self.team_of):
            if team is not None:
                total[:, self.frame.teams.index(team)] += work[:, place]
        return total

    def expansion_by_kind(self, spans: Spans) -> Int:
        """Expansion, cents, by segment and kind: [R, S, KINDS, N]; pushes count as their milestone's kind."""
        parts = self.milestone(("expansion", "push_expansion"), spans)
        shape = (parts.shape[0], len(self.frame.segments), len(KINDS), parts.shape[2])
        total = np.zeros(shape, np.int64)
        for place, (segment, _, _, kind) in enumerate(self.frame.milestones):
            if kind is not None:
                total[:, self.frame.segments.index(segment), KINDS.index(kind)] += parts[:, place]
        total[:, :, KINDS.index("intervention")] = self.intervention("recurring", spans).sum(axis=1)
        return total
