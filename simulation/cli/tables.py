"""The rows of the tables that commands print."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from simulation.report.keyfigures import KeyFigure

__all__ = [
    "HEADLINE_COLUMNS", "MILESTONE_COLUMNS", "OBJECTIVE_COLUMNS", "STATED_COLUMNS",
    "headline", "milestones", "objectives", "records", "stated",
]  # fmt: skip

HEADLINE_COLUMNS = ("", "P10", "P50", "P90")
HEADLINES = frozenset({
    "members", "arr", "nrr", "grr", "renewal_rate", "expansion", "churn",
    "utilisation", "wait", "cost", "contribution",
})  # fmt: skip
MILESTONE_COLUMNS = ("segment", "milestone", "members", "offered", "stated take", "take rate", "expansion")
OBJECTIVE_COLUMNS = ("objective", "measure", "until", "at least", "at most", "chance", "P10", "P90")
STATED_COLUMNS = ("segment", "quantity", "stated", "simulated", "95% interval", "outcomes", "as known?")
Row = tuple[str, ...]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain mappings, the index included."""
    return [{str(key): value for key, value in row.items()} for row in table.reset_index().to_dict("records")]


def headline(figures: Sequence[KeyFigure], currency: str) -> list[Row]:
    """The key figures that answer first, each under the heading that names its window.

    Rates stand there over the last 12 months where the horizon is longer than that.
    """
    from simulation.report.words import number

    rows: list[Row] = []
    groups: set[str] = set()
    seen: set[str] = set()
    for one in figures:
        if one.name.partition(": ")[0] not in HEADLINES or one.name in seen:
            continue
        seen.add(one.name)
        if one.group not in groups:
            groups.add(one.group)
            rows.append((one.group, "", "", ""))
        values = (number(value, one.unit, currency, one.high - one.low) for value in (one.low, one.middle, one.high))
        rows.append((f"  {one.label}", *values))
    return rows


def milestones(table: pd.DataFrame, currency: str) -> list[Row]:
    """Rows of `Forecast.milestones` in `MILESTONE_COLUMNS`: means over the futures."""
    from simulation.report.words import number

    units = {
        "members": "members", "offered": "count", "stated_take": "share", "take_rate": "share", "expansion": "money",
    }  # fmt: skip
    return [
        (row["segment"], row["milestone"], *(number(row[name], unit, currency) for name, unit in units.items()))
        for row in records(table)
    ]


def stated(table: pd.DataFrame) -> list[Row]:
    """Rows of `Forecast.stated_beside_simulated` in `STATED_COLUMNS`."""
    from simulation.report.words import MISSING, number, span

    rows: list[Row] = []
    for row in records(table):
        unit, low, high = row["unit"], row["stated_low"], row["stated_high"]
        ranged = math.isfinite(low) and math.isfinite(high) and low < high
        said = span(low, high, unit) if ranged else number(low if math.isfinite(low) else row["stated"], unit)
        interval = span(row["low"], row["high"], unit) if math.isfinite(row["low"] + row["high"]) else MISSING
        simulated = number(row["simulated"], unit)
        # The same rate may stand there twice: as stated for a typical member, and as known of all.
        known = row["note"].startswith("known")
        typical = ", typical member" if row["note"].startswith("stated") else ""
        quantity = row["quantity"] + (", known" if known else typical)
        verdict = _as_known(row) if known else ""
        rows.append((row["segment"], quantity, said, simulated, interval, f"{int(row['outcomes']):,}", verdict))
    return rows


def _as_known(row: Mapping[str, Any]) -> str:
    """Whether the interval of what is simulated meets the range that is known."""
    low, high = (row["stated_low"], row["stated_high"]) if math.isfinite(row["stated_low"]) else (row["stated"],) * 2
    if not math.isfinite(row["low"] + row["high"]):
        return ""
    return "above" if row["low"] > high else "below" if row["high"] < low else "yes"


def objectives(table: pd.DataFrame, currency: str) -> list[Row]:
    """Rows of `Forecast.objectives` in `OBJECTIVE_COLUMNS`."""
    from simulation.forecast.measures import MEASURES
    from simulation.report.words import number

    rows: list[Row] = []
    for row in records(table):
        measure = MEASURES.get(row["measure"])
        unit = "ratio" if measure is None else measure.unit
        limits = (number(row[name], unit, currency) for name in ("at_least", "at_most"))
        spread = (number(row[name], unit, currency, row["P90"] - row["P10"]) for name in ("P10", "P90"))
        words = " of ".join(filter(None, (row["measure"], row["selection"])))
        chance = row["note"] or number(row["probability"], "share")
        rows.append((row["objective"], words, str(row["until"]), *limits, chance, *spread))
    return rows
