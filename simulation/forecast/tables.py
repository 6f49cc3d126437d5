"""The tables of a forecast: summary, waterfall, milestone cohorts, renewal by term, time to first value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulation.engine.ledger import FIRST_VALUE_DAYS, TERMS
from simulation.forecast.counts import KINDS
from simulation.forecast.facts import ScenarioFacts
from simulation.forecast.futures import Futures, headings
from simulation.forecast.measures import measure_named
from simulation.forecast.selection import Selection
from simulation.forecast.spans import Spans, spans_of
from simulation.forecast.statistics import percentiles, ratio, share

STEPS = {
    "open": ("arr_open", 1),
    "new": ("new", 1),
    "returned": ("returned_arr", 1),
    "expansion": ("expansion", 1),
    "uplift": ("uplift", 1),
    "contraction": ("contraction", -1),
    "churn": ("churn", -1),
    "close": ("arr", 1),
}
"""Steps of the waterfall: measure and sign."""
SUMMARY = (
    "members", "joined", "referred", "left", "returned",
    "arr", "new", "returned_arr", "expansion", "uplift", "contraction", "churn",
    "nrr", "grr", "logo_churn", "quick_ratio", "renewals_due", "renewals_won", "renewal_rate",
    "first_renewal_rate", "revenue", "fees", "cost", "contribution", "on_track", "drifting", "away",
    "in_grace", "reached", "offered", "taken", "take_rate", "setbacks", "escalations", "impatient",
    "requested", "delivered", "utilisation", "wait", "queue", "hours",
)  # fmt: skip
TEAM_MEASURES = ("utilisation", "wait", "queue", "hours")


def summary(
    futures: Futures,
    wanted: tuple[float, ...],
    by: str,
    segment: str | None,
    measures: Sequence[str] | None,
) -> pd.DataFrame:
    """Mean and percentiles of every measure; see `Forecast.summary`."""
    frame = futures.counts.frame
    spans = spans_of(frame, by=by)
    rows = _default_rows(futures, segment) if measures is None else [_row(one, segment) for one in measures]
    labels = [label for label, _, _ in rows]
    if by == "horizon":
        index: pd.Index = pd.Index(labels, name="measure")
    else:
        index = pd.MultiIndex.from_product([labels, spans.labels], names=["measure", by])
    values = [futures.values(name, spans, selection) for _, name, selection in rows]
    # All columns at once: a table a measure costs more than its numbers.
    return futures.table(np.concatenate(values, axis=1), index, wanted)


def _row(name: str, segment: str | None) -> tuple[str, str, Selection]:
    return name, name, Selection(segment=segment)


def _default_rows(futures: Futures, segment: str | None) -> list[tuple[str, str, Selection]]:
    """Rows that make sense: narrowed ones only for measures of a segment, team rows only with teams."""
    frame = futures.counts.frame
    present = {kind for _, _, _, kind in frame.milestones} | ({"intervention"} if frame.interventions else set())
    rows = []
    for name in SUMMARY:
        measure = measure_named(name)
        if segment is not None and "segment" not in measure.filters:
            continue
        if name in TEAM_MEASURES and not frame.teams:
            continue
        rows.append(_row(name, segment))
        if name == "expansion":
            kinds = [kind for kind in KINDS if kind in present]
            rows += [(f"{name}: {kind}", name, Selection(segment=segment, kind=kind)) for kind in kinds]
        if name in TEAM_MEASURES and segment is None and len(frame.teams) > 1:
            rows += [(f"{name}: {team}", name, Selection(team=team)) for team in frame.teams]
    return rows


def waterfall(futures: Futures, spans: Spans, selection: Selection, wanted: tuple[float, ...]) -> pd.DataFrame:
    """ARR from open to close; see `Forecast.waterfall`."""
    values = [sign * futures.values(name, spans, selection)[:, 0] for name, sign in STEPS.values()]
    return futures.table(np.stack(values, axis=1), pd.Index(list(STEPS), name="step"), wanted)


def milestones(futures: Futures, facts: ScenarioFacts, spans: Spans, wanted: tuple[float, ...]) -> pd.DataFrame:
    """Milestone cohorts; see `Forecast.milestones`."""
    counts = futures.counts

    def column(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return counts.milestone((name,), spans)[..., 0].astype(np.float64)

    reached, offered, taken = column("reached"), column("offered"), column("taken")
    expansion = column("expansion") / 100
    stated = {(one.segment, one.milestone): one.value for one in facts.stated if one.milestone is not None}
    keys = [(segment, name) for segment, name, _, _ in counts.frame.milestones]
    table = pd.DataFrame(
        {
            "segment": [segment for segment, _, _, _ in counts.frame.milestones],
            "milestone": [name for _, name, _, _ in counts.frame.milestones],
            "stage": [stage for _, _, stage, _ in counts.frame.milestones],
            "kind": [kind or "" for _, _, _, kind in counts.frame.milestones],
            "members": reached.mean(axis=0),
            **dict(zip(headings(wanted, "members_"), percentiles(reached, wanted), strict=True)),
            "offered": offered.mean(axis=0),
            "stated_take": np.array([stated.get(key) for key in keys], np.float64),
            "take_rate": ratio(taken.sum(axis=0), offered.sum(axis=0)),
            "arr_per_take": ratio(expansion.sum(axis=0), taken.sum(axis=0)),
            "expansion": expansion.mean(axis=0),
            **dict(zip(headings(wanted, "expansion_"), percentiles(expansion, wanted), strict=True)),
        }
    )
    table["pushed"] = column("pushed").mean(axis=0)
    table["push_taken"] = column("push_taken").mean(axis=0)
    table["push_expansion"] = (column("push_expansion") / 100).mean(axis=0)
    return table


def renewal_by_term(futures: Futures, segment: str | None) -> pd.DataFrame:
    """Renewal by the number of the term; see `Forecast.renewal_by_term`."""
    frame, terms = futures.counts.frame, futures.counts.ledger.terms
    rows = []
    for name, places in _parts(frame.segments, segment):
        chosen = terms[:, places].sum(axis=1).astype(np.float64)
        for term in range(TERMS):
            won, lost = chosen[:, term, 0], chosen[:, term, 1]
            rate = share(won, won + lost, futures.groups)
            rows.append((name, term + 1, won.mean(), lost.mean(), rate.value, rate.low, rate.high))
    names = ["segment", "term", "won", "lost", "rate", "low", "high"]
    return pd.DataFrame(rows, columns=names).set_index(["segment", "term"])


def first_value(futures: Futures) -> pd.DataFrame:
    """Joiners that complete adoption within some days; see `Forecast.first_value`."""
    frame, counted = futures.counts.frame, futures.counts.ledger.first_value
    rows = []
    for name, places in _parts(frame.segments, None):
        chosen = counted[:, places].sum(axis=1).astype(np.float64)
        for place, days in enumerate(FIRST_VALUE_DAYS):
            observed, reached = chosen[:, place, 0], chosen[:, place, 1]
            part = share(reached, observed, futures.groups)
            rows.append((name, days, observed.mean(), reached.mean(), part.value, part.low, part.high))
    names = ["segment", "days", "observed", "reached", "share", "low", "high"]
    return pd.DataFrame(rows, columns=names).set_index(["segment", "days"])


def _parts(segments: tuple[str, ...], segment: str | None) -> list[tuple[str, list[int]]]:
    """Each segment, and all of them together where there are several; or the one asked for."""
    parts = [(name, [place]) for place, name in enumerate(segments)]
    if segment is not None:
        if segment not in segments:
            raise ValueError(f"unknown segment {segment!r}; there are {', '.join(segments)}")
        return [one for one in parts if one[0] == segment]
    return parts if len(segments) == 1 else [*parts, ("all", list(range(len(segments))))]
