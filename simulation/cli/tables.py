"""Numbers as people read them, and the rows of the tables that commands print."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from simulation.forecast import Forecast

__all__ = [
    "HEADLINE_COLUMNS", "OBJECTIVE_COLUMNS", "STATED_COLUMNS",
    "headline", "number", "objectives", "records", "stated",
]  # fmt: skip

HEADLINE_COLUMNS = ("over the whole horizon", "P10", "P50", "P90")
HEADLINES = (
    "members", "joined", "left", "arr", "nrr", "grr", "renewal_rate", "first_renewal_rate",
    "expansion", "churn", "utilisation", "wait", "revenue", "cost", "contribution",
)  # fmt: skip
YEARLY = ("nrr", "grr", "renewal_rate")
"""Rates that depend on the length of their window, so the usual one is shown too."""
OBJECTIVE_COLUMNS = ("objective", "measure", "until", "at least", "at most", "chance", "P10", "P90")
STATED_COLUMNS = ("segment", "quantity", "stated", "simulated", "95% interval", "outcomes")
SCALES = {"share": (100, "%", 1), "money": (1, "", 0), "members": (1, "", 0), "count": (1, "", 0)}
"""Unit -> factor, what follows, digits; any other unit shows two digits and its name."""


def number(value: float | None, unit: str) -> str:
    """A number in its unit, such as 81.3%, 1,250 or 2.50 days; "-" when there is none."""
    if value is None or not math.isfinite(value):
        return "-"
    factor, suffix, digits = SCALES.get(unit, (1, "" if unit in ("ratio", "length") else f" {unit}", 2))
    return f"{value * factor:,.{digits}f}{suffix}"


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain mappings, the index included."""
    return [{str(key): value for key, value in row.items()} for row in table.reset_index().to_dict("records")]


def headline(forecast: Forecast, summary: pd.DataFrame) -> list[tuple[str, ...]]:
    """The rows that answer first, over the horizon; rates of a year also over the last 12 months.

    Parameters
    ----------
    summary
        `forecast.summary(by="horizon")`.
    """
    rows = []
    for name in HEADLINES:
        labels = [label for label in map(str, summary.index) if label.partition(": ")[0] == name]
        rows += [_headline(label, summary.loc[label]) for label in labels if not _idle(label, summary.loc[label])]
        if name in YEARLY:
            rows += _last_year(forecast, name)
    return rows


def stated(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Rows of `Forecast.stated_beside_simulated` in `STATED_COLUMNS`."""
    rows: list[tuple[str, ...]] = []
    for row in records(table):
        stated, low, high, simulated, least, most = (
            number(row[name], row["unit"])
            for name in ("stated", "stated_low", "stated_high", "simulated", "low", "high")
        )
        said = stated if "-" in (low, high) else low if low == high else f"{low} to {high}"
        interval = "-" if least == most == "-" else f"{least} to {most}"
        rows.append((row["segment"], row["quantity"], said, simulated, interval, f"{int(row['outcomes']):,}"))
    return rows


def objectives(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Rows of `Forecast.objectives` in `OBJECTIVE_COLUMNS`."""
    from simulation.forecast.measures import MEASURES

    rows = []
    for row in records(table):
        measure = MEASURES.get(row["measure"])
        unit = "ratio" if measure is None else measure.unit
        values = (number(row[name], unit) for name in ("at_least", "at_most"))
        spread = (number(row[name], unit) for name in ("P10", "P90"))
        words = " of ".join(filter(None, (row["measure"], row["selection"])))
        chance = row["note"] or number(row["probability"], "share")
        rows.append((str(row["objective"]), words, str(row["until"]), *values, chance, *spread))
    return rows


def _idle(label: str, row: Any) -> bool:
    """Whether a part of a measure never happens."""
    return ": " in label and all(row[percentile] == 0 for percentile in HEADLINE_COLUMNS[1:])


def _headline(label: str, row: Any, span: str = "") -> tuple[str, ...]:
    from simulation.forecast.measures import measure_named

    name, _, part = label.partition(": ")
    measure = measure_named(name)
    title = ", ".join(piece for piece in (measure.title, part, span) if piece)
    return (title, *(number(row[percentile], measure.unit) for percentile in HEADLINE_COLUMNS[1:]))


def _last_year(forecast: Forecast, name: str) -> list[tuple[str, ...]]:
    """The row of the last 12 months, where the horizon is longer than that and they end with a period."""
    frame = forecast.frame
    window = f"T12:{frame.periods[-1].label}"
    if not any(one.name == window and one.start_day > 0 for one in frame.windows):
        return []
    table = forecast.summary(by="window", measures=[name])
    return [_headline(name, table.loc[(name, window)], "last 12 months")]
