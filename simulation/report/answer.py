"""The answer first: what is likely, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.forecast.measures import MEASURES
from simulation.report.keyfigures import KeyFigure, figure_of, last_year
from simulation.report.page import Tile
from simulation.report.words import MISSING, at_end, between, day, name, number, short, step_of

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["Answer", "Wish", "answer", "wishes"]

FEW = 100
"""Below so many futures, percentiles are rough."""


@dataclass(frozen=True)
class Wish:
    """An objective and its chance.

    Attributes
    ----------
    key
        Its name in the scenario.
    title, target
        Its name in words, and what is wanted by when.
    chance, low, high
        Probability with its 95% interval; NaN when it cannot be read, for the reason in `note`.
    expected, likely
        Mean, and P10 to P90, as text.
    """

    key: str
    title: str
    target: str
    chance: float
    low: float
    high: float
    expected: str
    likely: str
    note: str = ""

    @property
    def sentence(self) -> str:
        """The chance in a sentence."""
        if np.isnan(self.chance):
            return f"Objective “{self.title}” ({self.target}) cannot be read: {self.note or 'it is undefined'}."
        return (
            f"The chance to meet “{self.title}” ({self.target}) is {self.chance:.0%} "
            f"(95% interval {self.low:.0%} to {self.high:.0%})."
        )


@dataclass(frozen=True)
class Answer:
    """The first paragraph of a report: a headline with its uncertainty, the main figures, and what to beware of."""

    headline: str
    tiles: tuple[Tile, ...]
    caution: str


def answer(forecast: Forecast) -> Answer:
    """Return what is likely to happen, in plain sentences with their uncertainty."""
    frame, currency = forecast.frame, forecast.frame.currency
    when = at_end(frame.start + timedelta(days=frame.days))
    arr = figure_of(forecast.measure("arr").to_numpy(), "money")
    before = figure_of(forecast.measure("arr_open").to_numpy(), "money")
    share = "" if arr.futures < 2 or not arr.high > arr.low else " (80%)"
    headline = f"ARR {when} will be {_likely(arr, currency, share)}{_today(before, arr, currency)}"
    headline += _chance(forecast) + "."
    tiles = [_tile(f"ARR {when}", arr, currency, before)]
    members = figure_of(forecast.measure("members").to_numpy(), "members")
    opening = figure_of(forecast.measure("members_open").to_numpy(), "members")
    tiles.append(_tile(f"Members {when}", members, "", opening))
    year = last_year(forecast)
    where: Any = {} if year is None else {"window": year}
    span = "last 12 months" if year is not None else "whole horizon"
    rate = figure_of(forecast.measure("nrr", **where).to_numpy(), "share")
    if rate.futures:
        tiles.append(_tile(f"Net revenue retention, {span}", rate, ""))
    contribution = figure_of(forecast.measure("contribution").to_numpy(), "money")
    tiles.append(_tile("Contribution, whole horizon", contribution, currency))
    return Answer(headline, tuple(tiles), _caution(forecast))


def _chance(forecast: Forecast) -> str:
    """Return the chance of the objective on ARR, or else which objective is the least likely."""
    known = [one for one in wishes(forecast) if not np.isnan(one.chance)]
    if not known:
        return ""
    on_arr = {str(title) for title, row in forecast.objectives().iterrows() if row["measure"] == "arr"}
    for one in known:
        if one.key in on_arr:
            return f"; {one.chance:.0%} chance to meet the objective “{one.title}” ({one.target})"
    least = min(known, key=lambda one: one.chance)
    if len(known) == 1:
        return f"; {least.chance:.0%} chance to meet the objective “{least.title}” ({least.target})"
    return f"; the least likely of {len(known)} objectives is “{least.title}”, with a chance of {least.chance:.0%}"


def wishes(forecast: Forecast) -> list[Wish]:
    """Return the objectives with their chances, in words."""
    table = forecast.objectives()
    return [_wish(str(title), row, forecast.frame.currency) for title, row in table.iterrows()]


def _wish(title: str, row: Any, currency: str) -> Wish:
    what = MEASURES[row["measure"]]
    spread = float(row["P90"]) - float(row["P10"])
    limits = [
        f"{words} {number(float(row[key]), what.unit, currency)}"
        for key, words in (("at_least", "at least"), ("at_most", "at most"))
        if not np.isnan(row[key])
    ]
    of = f" of {', '.join(name(one) for one in row['selection'].split(', '))}" if row["selection"] else ""
    until: date = row["until"]
    target = f"{what.title}{of} {' and '.join(limits)} before {day(until)}"
    note = str(row["note"])
    ends = between(float(row["P10"]), float(row["P90"]), what.unit, currency, "to") if spread == spread else ""
    return Wish(
        key=title,
        title=name(title),
        target=target,
        chance=float(row["probability"]),
        low=float(row["low"]),
        high=float(row["high"]),
        expected=number(float(row["mean"]), what.unit, currency, spread),
        likely=ends,
        note=note,
    )


def _likely(figure: KeyFigure, currency: str, share: str = "") -> str:
    """Return "between $4.1M and $4.6M, with $4.3M in the middle": P10, P90 and P50."""
    if figure.futures == 0:
        return "undefined in every simulated future"
    if figure.futures == 1:
        return f"{number(figure.middle, figure.unit, currency)} in the one simulated future"
    if not figure.high > figure.low:
        every = "every" if figure.same else "nearly every"
        return f"{number(figure.middle, figure.unit, currency)} in {every} simulated future"
    ends = between(figure.low, figure.high, figure.unit, currency)
    return f"between {ends}{share}"


def _tile(title: str, figure: KeyFigure, currency: str, before: KeyFigure | None = None) -> Tile:
    """A main figure: its middle, P10 to P90, and what it is at the start."""
    if figure.futures == 0:
        return Tile(title, MISSING, "undefined in every future")
    unit = figure.unit
    spread = figure.high - figure.low
    step = step_of(spread, 5) if spread > 0 else 0.0
    size = max(abs(figure.low), abs(figure.high))
    likely = between(figure.low, figure.high, unit, currency, "to") if spread > 0 else "in every future"
    if figure.futures == 1:
        likely = "in the one future"
    known = before is not None and before.futures and not before.high > before.low
    today = f"today {short(before.middle, unit, currency, step, size)}" if before is not None and known else ""
    return Tile(title, short(figure.middle, unit, currency, step, size), likely, today)


def _today(before: KeyFigure, after: KeyFigure, currency: str) -> str:
    """Return what it is at the start, where that is the same in every future."""
    if before.futures == 0 or before.high > before.low:
        return ""
    spread = after.high - after.low if after.futures else float("nan")
    step = step_of(spread, 5)
    text = short(before.middle, before.unit, currency, step, max(abs(after.low), abs(after.high), 0))
    return f", today it is {text}"


def _caution(forecast: Forecast) -> str:
    if forecast.replications == 1:
        return "This is one simulated future: it says nothing about how uncertain it is. Simulate more."
    if forecast.replications < FEW:
        return f"Only {forecast.replications} futures were simulated: the ends of every range are rough."
    return ""
