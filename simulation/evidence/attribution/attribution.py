"""Why a forecast was missed: rows that add up to the cent, each against what the forecast held possible."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.attribution.observed import Observed, of_forecast, of_history
from simulation.evidence.attribution.responses import Responses
from simulation.evidence.attribution.rows import ROWS, expected_of, rows_of
from simulation.evidence.attribution.shapley import whole_cents
from simulation.evidence.history import History
from simulation.forecast.statistics import Float, Probability, proportion
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.forecast import Forecast

__all__ = ["LEVEL", "MEASURES", "Attribution", "Flags", "attribute", "compared"]

LEVEL = 0.05
"""A row is flagged when luck alone puts it so far out, on either side, in this share of the futures."""
MEASURES = ("arr", "expansion")


@dataclass(frozen=True)
class Flags:
    """Red flags, beside those of luck.

    Attributes
    ----------
    found
        Rows flagged.
    tested
        Rows that the data can tell and that vary between futures.
    expected
        Flags of a future of the forecast itself, on average: what luck alone gives. It counts that rows move together.
    as_many
        Share of those futures with at least as many flags as found.
    level
        Of each flag.
    """

    found: int
    tested: int
    expected: float
    as_many: float
    level: float


@dataclass(frozen=True, eq=False)
class Attribution(Shown):
    """A miss (or a gain) and its causes.

    Attributes
    ----------
    until
        First day that is not counted.
    table
        Index row (`ROWS`); part, title, amount (currency units; the sum is exactly `miss`), P10 and P90 (of the same
        row in the futures of the forecast), percentile (share of them below, half of those equal), p (two-sided: share
        of the futures as far out), p_all (share of them in which any row is as far out: Westfall & Young 1993, single
        step), flag.
    totals
        Index `MEASURES`: expected, actual, miss (currency units), percentile.
    flags
        How many, beside luck.
    dominated
        Index measure and depth ("below expected", "below P10"): futures (that miss so), share of them in which
        "not reached", all its parts together, is the largest of the losses, with low and high (Wilson).
    largest
        The largest loss here among the causes, "not reached" as one; empty when nothing was lost.
    notes
        What could not be told apart, and why.
    """

    until: dt.date
    currency: str
    futures: int
    table: pd.DataFrame
    totals: pd.DataFrame
    flags: Flags
    dominated: pd.DataFrame
    largest: dict[str, str]
    notes: tuple[str, ...]

    def cents(self) -> dict[str, int]:
        """The rows in whole cents."""
        return {str(row): round(amount * 100) for row, amount in self.table["amount"].items()}

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw what each cause contributes to the miss, beside what luck does.

        Parameters
        ----------
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax)


def attribute(
    forecast: Forecast,
    history: History,
    *,
    days: int | None = None,
    responses: Responses | None = None,
    level: float = LEVEL,
) -> Attribution:
    """Explain the difference between a forecast and what happened.

    Parameters
    ----------
    forecast
        As made.
    history
        What happened since.
    days
        Compare up to this day from the start of the forecast, which must be counted apart in the run. By default the
        last such day that the history covers.
    responses
        What deliveries and setbacks do in the model, from `responses`; None leaves "not reached" whole.
    level
        Of a red flag.

    Raises
    ------
    ValueError
        When the history does not cover the day, or does not fit the forecast.
    """
    last = covered(history, forecast)
    chosen = _last_day(forecast, last) if days is None else days
    if chosen > last:
        end = forecast.frame.start + dt.timedelta(days=last)
        raise ValueError(f"the history is known up to {end}, which is day {last} of the forecast, not to day {chosen}")
    actual = of_history(history, forecast.frame, chosen)
    told = actual.told | (frozenset({"recorded"}) if "recorded" in history.frame else frozenset())
    return compared(forecast, actual, chosen, told=told, responses=responses, level=level)


def covered(history: History, forecast: Forecast) -> int:
    """Days of the forecast that a history covers; it ends at its export, or else with its last row."""
    end = history.exported
    if end is None and history.last_day is not None:
        end = history.last_day + dt.timedelta(days=1)
    return (end - forecast.frame.start).days if end is not None else 0


def _last_day(forecast: Forecast, last: int) -> int:
    edges = [int(day) for day in forecast.frame.cell_edges[1:] if day <= last]
    if not edges:
        raise ValueError(
            f"the history ends before the first day that the run counts apart: {forecast.frame.start} and "
            f"{int(forecast.frame.cell_edges[1])} days; it is known up to day {last}"
        )
    return edges[-1]


def compared(
    forecast: Forecast,
    actual: Observed,
    days: int,
    *,
    told: frozenset[str],
    responses: Responses | None = None,
    level: float = LEVEL,
) -> Attribution:
    """Explain the difference between a forecast and counts of what happened; see `attribute`."""
    frame = forecast.frame
    futures = of_forecast(forecast, days)
    exact = expected_of(futures, exact=True)
    rows = rows_of(exact, actual, frame, told, responses)
    names = list(ROWS)
    parts = [rows[name][0] for name in names]
    expected = {"arr": round(_mean(futures.close())), "expansion": round(_mean(futures.flow("expansion")))}
    happened = {"arr": int(actual.close()[0]), "expansion": int(actual.flow("expansion").sum())}
    miss = happened["arr"] - expected["arr"]
    cents = whole_cents(parts, miss)

    each = rows_of(expected_of(futures, exact=False), futures, frame, told, responses)
    luck = np.stack([each[name] for name in names], axis=1)  # [futures, row], cents
    points = np.asarray(forecast.points, np.int64)
    used = (np.abs(luck) > 0.5).any(axis=0) | (np.array(cents) != 0)
    mine = np.array([float(part) for part in parts])
    p, p_all, flags = _tests(luck[:, used], mine[used], level)
    low, high = np.quantile(luck[:, used], [0.1, 0.9], axis=0)
    kept = [name for name, there in zip(names, used, strict=True) if there]
    chosen = [cents[names.index(name)] for name in kept]
    table = pd.DataFrame(
        {
            "part": [ROWS[name].part for name in kept],
            "title": [ROWS[name].title for name in kept],
            "amount": [cent / 100 for cent in chosen],
            "P10": low / 100,
            "P90": high / 100,
            "percentile": _percentile(luck[:, used], mine[used]),
            "p": p,
            "p_all": p_all,
            "flag": p <= level,
        },
        index=pd.Index(kept, name="row"),
    )
    totals = _totals(futures, expected, happened)
    dominated = _dominated(luck, names, forecast.has_assumptions, points)
    largest = {measure: _largest(mine, names, measure) for measure in MEASURES}
    until = frame.start + dt.timedelta(days=days)
    notes = _notes(told, responses, actual, forecast)
    return Attribution(
        until, frame.currency, futures.futures, table, totals, flags, dominated, largest, notes
    )  # fmt: skip


def _mean(counts: npt.NDArray[np.int64]) -> Fraction:
    """Mean over the futures, without rounding."""
    return Fraction(int(counts.sum()), len(counts))


def _percentile(luck: Float, mine: Float) -> Float:
    """Share of the futures below, and half of those that are equal to half a cent."""
    below: Float = (luck < mine - 0.5).mean(axis=0) + (np.abs(luck - mine) <= 0.5).mean(axis=0) / 2
    return below


def _tests(luck: Float, mine: Float, level: float) -> tuple[Float, Float, Flags]:
    """Two-sided p of every row, that of all rows together, and the flags beside those of luck.

    p counts the actual among the futures, (1 + number as far out) / (1 + futures), so it is never zero and the test
    keeps its level (Davison & Hinkley 1997, 4.2.1).
    """
    size = len(luck)
    p = _p_values(luck, mine[None])[0]
    each = _p_values_within(luck)
    least = each.min(axis=1) if luck.shape[1] else np.ones(size)
    p_all: Float = np.array([(1 + (least <= one + 1e-12).sum()) / (1 + size) for one in p])
    found, counts = int((p <= level).sum()), (each <= level).sum(axis=1)
    flags = Flags(found, luck.shape[1], float(counts.mean()), float((counts >= found).mean()), level)
    return p, p_all, flags


def _p_values(luck: Float, values: Float) -> Float:
    """[N, rows] for values [N, rows] against the futures."""
    ordered = np.sort(luck, axis=0)
    size = len(ordered)
    found = np.empty(values.shape)
    for row in range(luck.shape[1]):
        above = size - np.searchsorted(ordered[:, row], values[:, row] - 0.5, side="left")
        below = np.searchsorted(ordered[:, row], values[:, row] + 0.5, side="right")
        found[:, row] = np.minimum(1.0, 2 * (1 + np.minimum(above, below)) / (1 + size))
    return found


def _p_values_within(luck: Float) -> Float:
    """[futures, rows]: p of each future against the others."""
    size = len(luck)
    ordered = np.sort(luck, axis=0)
    found = np.empty(luck.shape)
    for row in range(luck.shape[1]):
        above = size - np.searchsorted(ordered[:, row], luck[:, row] - 0.5, side="left")
        below = np.searchsorted(ordered[:, row], luck[:, row] + 0.5, side="right")
        found[:, row] = np.minimum(1.0, 2 * np.minimum(above, below) / size)  # itself is the one that is added
    return found


def _totals(futures: Observed, expected: dict[str, int], happened: dict[str, int]) -> pd.DataFrame:
    each = {"arr": futures.close(), "expansion": futures.flow("expansion").sum(axis=1)}
    rows = []
    for measure in MEASURES:
        values = each[measure].astype(np.float64)[:, None]
        place = float(_percentile(values, np.array([float(happened[measure])]))[0])
        low, high = np.quantile(values, [0.1, 0.9]) / 100
        gap = (happened[measure] - expected[measure]) / 100
        rows.append((measure, expected[measure] / 100, low, high, happened[measure] / 100, gap, place))
    columns = ["measure", "expected", "P10", "P90", "actual", "miss", "percentile"]
    return pd.DataFrame(rows, columns=columns).set_index("measure")


def _causes(luck: Float, names: list[str], measure: str) -> tuple[list[str], Float]:
    """Causes of a measure with "not reached" as one, and their amounts [futures, cause]."""
    titles: list[str] = []
    columns: list[Float] = []
    reach = np.zeros(len(luck))
    for place, name in enumerate(names):
        if measure == "expansion" and ROWS[name].part != "expansion":
            continue
        if ROWS[name].reach:
            reach = reach + luck[:, place]
        else:
            titles.append(ROWS[name].title)
            columns.append(luck[:, place])
    return ["Milestones not reached", *titles], np.stack([reach, *columns], axis=1)


def _largest(mine: Float, names: list[str], measure: str) -> str:
    titles, amounts = _causes(mine[None], names, measure)
    place = int(amounts[0].argmin())
    return titles[place] if amounts[0, place] < -0.5 else ""


def _dominated(luck: Float, names: list[str], assumed: bool, points: npt.NDArray[np.int64]) -> pd.DataFrame:
    """In how many of the futures that miss is "not reached" the largest loss: the field's claim, put to the test."""
    groups = points if assumed else np.arange(len(luck), dtype=np.int64)
    rows = []
    for measure in MEASURES:
        _, amounts = _causes(luck, names, measure)
        total = amounts.sum(axis=1)
        for depth, limit in (("below expected", -0.5), ("below P10", float(np.quantile(total, 0.1)))):
            missed = total < min(limit, -0.5)
            first = amounts.argmin(axis=1) == 0
            chance = Probability(np.nan, np.nan, np.nan, 0)
            if missed.any():
                chance = proportion(np.where(missed, 1.0, np.nan), first & missed, groups)
            rows.append((measure, depth, int(missed.sum()), chance.value, chance.low, chance.high))
    columns = ["measure", "depth", "futures", "share", "low", "high"]
    return pd.DataFrame(rows, columns=columns).set_index(["measure", "depth"])


def _notes(told: frozenset[str], responses: Responses | None, actual: Observed, forecast: Forecast) -> tuple[str, ...]:
    """What these data cannot tell apart."""
    notes = ["Pace and direction are one row: nobody sees a direction, and the history alone does not tell them apart."]
    if "milestone" not in told:
        notes.append("The history tells no milestones, so 'not reached' cannot be told from what follows.")
    if "offered" not in told:
        notes.append("The history tells no offers, so 'not ready' and 'not taken' are one row.")
    if responses is None:
        notes.append("What deliveries and setbacks do was not simulated, so they stay within 'pace or direction'.")
        return tuple(notes)
    if "intervention" not in told and forecast.frame.interventions:
        notes.append("The history tells no interventions: a plan not delivered stays within 'pace or direction'.")
    elif "requested" not in told and any(responses.team_of.get(name) for name in forecast.frame.interventions):
        notes.append("The history tells no requests, so waiting for a team is one row with a plan not delivered.")
    if not {"setback", "escalated"} & told and responses.setbacks:
        notes.append("The history tells no setbacks: they stay within 'pace or direction'.")
    return tuple(notes + list(responses.problems))
