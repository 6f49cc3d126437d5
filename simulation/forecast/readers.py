"""Readers of the measures: raw exact numbers [replication, span] from the counts, for a selection."""

from __future__ import annotations

import numpy as np

from simulation.forecast.counts import Counts
from simulation.forecast.selection import Numbers, Reader, Selection
from simulation.forecast.spans import Spans


def flow(*names: str) -> Reader:
    """Return sum of flows over the segments."""

    def read(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
        segments = selection.segments(counts)
        parts = [counts.flow(name, spans)[:, segments].sum(axis=1) for name in names]
        total: Numbers = np.sum(parts, axis=0)
        return total

    return read


def level(*names: str, start: bool = False) -> Reader:
    """Return members, ARR or a state at the end (or start) of each span."""

    def read(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
        segments = selection.segments(counts)
        edge = spans.first if start else spans.last
        parts = [counts.levels(name)[:, segments][..., edge].sum(axis=1) for name in names]
        total: Numbers = np.sum(parts, axis=0)
        return total

    return read


def milestone(*names: str) -> Reader:
    """Return sum of columns of the chosen milestones."""

    def read(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
        total: Numbers = counts.milestone(names, spans)[:, selection.milestones(counts)].sum(axis=1)
        return total

    return read


def intervention(name: str) -> Reader:
    """Return sum of a column of the chosen interventions and segments."""

    def read(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
        chosen = counts.intervention(name, spans)[:, selection.interventions(counts)]
        total: Numbers = chosen[:, :, selection.segments(counts)].sum(axis=(1, 2))
        return total

    return read


def team(name: str) -> Reader:
    """Return sum of a column of the chosen teams."""

    def read(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
        total: Numbers = counts.team(name, spans)[:, selection.teams(counts)].sum(axis=1)
        return total

    return read


def cohort(*names: str, minus: str | None = None) -> Reader:
    """Return sum of columns of the closed cohorts, less another."""

    def read(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
        segments = selection.segments(counts)
        parts = [counts.cohort(name, spans)[:, segments].sum(axis=1) for name in names]
        total: Numbers = np.sum(parts, axis=0)
        return total if minus is None else total - counts.cohort(minus, spans)[:, segments].sum(axis=1)

    return read


def revenue(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return recurring revenue, cents."""
    total: Numbers = counts.revenue(spans)[:, selection.segments(counts)].sum(axis=1)
    return total


def expansion(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return expansion, cents: all, or that of a milestone, kind or intervention."""
    if not selection.given().keys() - {"segment"}:
        return flow("expansion")(counts, spans, selection)
    replications = counts.ledger.replications
    total: Numbers = np.zeros((replications, len(spans.labels)), np.int64)
    if selection.intervention is None and selection.kind != "intervention":
        total = total + milestone("expansion", "push_expansion")(counts, spans, selection)
    if selection.milestone is None and selection.kind in (None, "intervention"):
        total = total + intervention("recurring")(counts, spans, selection)
    return total


def cost(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return cost of interventions and teams, cents."""
    total: Numbers = np.zeros((counts.ledger.replications, len(spans.labels)), np.int64)
    if selection.team is None:
        total = total + intervention_cost(counts, spans, selection)
    if selection.intervention is None:
        total = total + team_cost(counts, spans, selection)
    return total


def intervention_cost(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return cost of interventions, cents."""
    total: Numbers = counts.intervention_cost(spans)[:, selection.interventions(counts)].sum(axis=1)
    return total


def team_cost(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return cost of teams, cents."""
    total: Numbers = counts.team_cost(spans)[:, selection.teams(counts)].sum(axis=1)
    return total


def contribution(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return recurring revenue and fees less cost, cents."""
    income = revenue(counts, spans, selection) + flow("fees")(counts, spans, selection)
    return income - cost(counts, spans, selection)


def _wait(of_team: str, counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    if selection.intervention is None and selection.segment is None:
        return team(of_team)(counts, spans, selection)
    places = [place for place in selection.interventions(counts) if counts.team_of[place] is not None]
    if selection.team is not None:
        places = [place for place in places if counts.team_of[place] == selection.team]
    chosen = counts.intervention(of_team, spans)[:, places]
    total: Numbers = chosen[:, :, selection.segments(counts)].sum(axis=(1, 2))
    return total


def waited(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return seconds waited for a team by those started."""
    return _wait("wait_seconds", counts, spans, selection)


def started(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return started by a team."""
    return _wait("started", counts, spans, selection)


def capacity(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return available server-seconds of the teams."""
    total: Numbers = counts.team_seconds(spans)[:, selection.teams(counts)].sum(axis=1)
    return total


def length(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return seconds of each span."""
    return np.broadcast_to(spans.seconds, (counts.ledger.replications, len(spans.seconds)))


def hours(counts: Counts, spans: Spans, selection: Selection) -> Numbers:
    """Return work of the teams, seconds."""
    total: Numbers = counts.team_work(spans)[:, selection.teams(counts)].sum(axis=1)
    return total
