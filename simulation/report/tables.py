"""The tables of a report, tidy: one row an observation, numbers as numbers, money in currency units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulation.forecast.measures import MEASURES
from simulation.forecast.statistics import percentiles
from simulation.report.curves import renewal_terms
from simulation.report.evidence import evidence_table
from simulation.report.keyfigures import key_figures
from simulation.report.words import name

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["summary_tables"]

SHARES = (10, 25, 50, 75, 90)
FUTURES = (
    "members", "arr", "joined", "left", "new", "expansion", "uplift", "contraction", "churn", "nrr", "grr",
    "renewal_rate", "first_renewal_rate", "revenue", "fees", "cost", "contribution",
)  # fmt: skip
SPLIT = ("arr", "members", "nrr", "grr", "expansion", "churn", "contribution")


def summary_tables(forecast: Forecast) -> dict[str, pd.DataFrame]:
    """Return every table of the report by the name of its file; those without rows are left out.

    Returns
    -------
    dict
        key_figures, summary (measures by period), windows, segments, waterfall, percentile_futures, milestones,
        renewal_by_term, first_value, teams, interventions, objectives, stated_beside_simulated, luck_and_ignorance,
        assumption_effects, assumptions, known, sources, evidence, futures (one row a replication) and run.
    """
    tables = {
        "key_figures": _key_figures(forecast),
        "summary": _with_unit(forecast.summary(SHARES, by="period")),
        "windows": _with_unit(forecast.summary(SHARES, by="window")),
        "segments": _segments(forecast),
        "waterfall": _waterfall(forecast),
        "percentile_futures": _percentile_futures(forecast),
        "milestones": _milestones(forecast),
        "renewal_by_term": _renewal(forecast),
        "first_value": forecast.first_value().reset_index(),
        "teams": _teams(forecast),
        "interventions": _interventions(forecast),
        "objectives": forecast.objectives(SHARES).reset_index(),
        "stated_beside_simulated": forecast.stated_beside_simulated(),
        "luck_and_ignorance": _split(forecast),
        "assumption_effects": _effects(forecast),
        "assumptions": pd.DataFrame(forecast.facts.assumptions),
        "known": pd.DataFrame(forecast.facts.known),
        "sources": pd.DataFrame(forecast.facts.provenance),
        "evidence": evidence_table(forecast).reset_index(),
        "futures": _futures(forecast),
        "run": _run(forecast),
    }
    return {key: table for key, table in tables.items() if len(table)}


def _with_unit(table: pd.DataFrame) -> pd.DataFrame:
    """Put the unit of each measure beside its name."""
    plain = table.reset_index()
    units = [MEASURES[label.partition(": ")[0]].unit for label in plain["measure"]]
    plain.insert(1, "unit", units)
    return plain


def _key_figures(forecast: Forecast) -> pd.DataFrame:
    rows = [
        (one.name, one.group, one.label, one.unit, one.mean, one.low, one.middle, one.high, one.futures)
        for one in key_figures(forecast)
    ]
    names = ["measure", "window", "label", "unit", "mean", "P10", "P50", "P90", "futures"]
    return pd.DataFrame(rows, columns=names)


def _segments(forecast: Forecast) -> pd.DataFrame:
    parts = []
    for segment in forecast.frame.segments:
        part = _with_unit(forecast.summary(SHARES, by="horizon", segment=segment))
        part.insert(0, "segment", segment)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _waterfall(forecast: Forecast) -> pd.DataFrame:
    parts = []
    segments = forecast.frame.segments
    for segment in (None, *(segments if len(segments) > 1 else ())):
        part = forecast.waterfall(segment, percentiles=SHARES).reset_index()
        part.insert(0, "segment", segment or "all")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _percentile_futures(forecast: Forecast) -> pd.DataFrame:
    """Futures near P10, P50 and P90 of ARR, by period and over the horizon: rows that add up."""
    parts = [forecast.percentile_futures("arr", by=by).reset_index() for by in ("period", "horizon")]
    return pd.concat(parts, ignore_index=True)


def _milestones(forecast: Forecast) -> pd.DataFrame:
    known = [one.name for one in forecast.frame.windows]
    parts = []
    for window in [*(one for one in ("30 days", "60 days", "90 days") if one in known), "horizon"]:
        part = forecast.milestones(window)
        part.insert(0, "window", window)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _renewal(forecast: Forecast) -> pd.DataFrame:
    known = forecast.renewal_by_term()
    parts = []
    for segment in dict.fromkeys(known.index.get_level_values("segment")):
        found = renewal_terms(forecast, str(segment))
        if found is not None:
            part = found.table.reset_index()
            part.insert(0, "segment", segment)
            parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _teams(forecast: Forecast) -> pd.DataFrame:
    """Measures of each team by period and over the horizon."""
    rows: list[dict[str, Any]] = []
    for team in forecast.frame.teams:
        for measure in ("utilisation", "wait", "queue", "queue_mean", "hours"):
            for by in ("period", "horizon"):
                values = forecast.measure(measure, by=by, team=team)
                labels = values["period"].to_numpy() if by == "period" else ["horizon"]
                futures = values.to_numpy().reshape(forecast.replications, -1)
                ends = percentiles(futures, SHARES)
                for place, label in enumerate(labels):
                    row = {"team": team, "measure": measure, "unit": MEASURES[measure].unit, "period": label}
                    rows.append(row | {f"P{q}": ends[at, place] for at, q in enumerate(SHARES)})
    return pd.DataFrame(rows)


def _interventions(forecast: Forecast) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    measures = ("requested", "refused", "started", "delivered", "withdrawn", "work_hours", "wait")
    for one in forecast.frame.interventions:
        for measure in (*measures, "intervention_cost", "intervention_recurring"):
            values = forecast.measure(measure, intervention=one).to_numpy().astype(np.float64)
            ends = percentiles(values[:, None], SHARES)[:, 0]
            row = {
                "intervention": one,
                "team": forecast.facts.team_of.get(one) or "",
                "measure": measure,
                "unit": MEASURES[measure].unit,
                "mean": values[~np.isnan(values)].mean() if (~np.isnan(values)).any() else np.nan,
            }
            rows.append(row | {f"P{q}": end for q, end in zip(SHARES, ends, strict=True)})
    return pd.DataFrame(rows)


def _split(forecast: Forecast) -> pd.DataFrame:
    parts = [forecast.luck_and_ignorance(one).to_frame().assign(measure=one) for one in SPLIT]
    table = pd.concat(parts, ignore_index=True)
    return table[["measure", *(column for column in table.columns if column != "measure")]]


def _effects(forecast: Forecast) -> pd.DataFrame:
    parts = []
    for measure in SPLIT:
        part = forecast.assumption_effects(measure).reset_index()
        part.insert(0, "measure", measure)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _futures(forecast: Forecast) -> pd.DataFrame:
    columns = {"replication": forecast.result.replications, "point": forecast.points}
    values = {one: forecast.measure(one).to_numpy() for one in FUTURES}
    draws = {f"assumption: {path}": one for path, one in forecast.assumption_values.items()}
    return pd.DataFrame({**columns, **values, **draws})


def _run(forecast: Forecast) -> pd.DataFrame:
    frame = forecast.frame
    facts = {
        "scenario": forecast.facts.name,
        "label": forecast.label,
        "digest": forecast.facts.digest,
        "version": forecast.version,
        "seed": forecast.seed,
        "replications": forecast.replications,
        "assumption points": len(set(forecast.points)) if forecast.has_assumptions else 0,
        "start": frame.start.isoformat(),
        "days": frame.days,
        "currency": frame.currency,
        "segments": ", ".join(name(one) for one in frame.segments),
    }
    return pd.DataFrame({"fact": list(facts), "value": [str(one) for one in facts.values()]})
