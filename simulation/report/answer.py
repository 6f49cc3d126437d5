"""The answer first: what is likely, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.forecast.measures import MEASURES
from simulation.report.keyfigures import KeyFigure, figure_of, last_year
from simulation.report.words import at_end, between, day, name, number, short, step_of

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
    title, target
        Its name, and what is wanted by when.
    chance, low, high
        Probability with its 95% interval; NaN when it cannot be read, for the reason in `note`.
    expected, likely
        Mean, and P10 to P90, as text.
    """

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
    """The first paragraph of a report: a headline, further figures, the objectives, and what to beware of."""

    headline: str
    points: tuple[str, ...]
    objectives: tuple[str, ...]
    caution: str


def answer(forecast: Forecast) -> Answer:
    """Return what is likely to happen, in plain sentences with their uncertainty."""
    frame, currency = forecast.frame, forecast.frame.currency
    when = at_end(frame.start + timedelta(days=frame.days))
    arr = figure_of(forecast.measure("arr").to_numpy(), "money")
    before = figure_of(forecast.measure("arr_open").to_numpy(), "money")
    share = "" if arr.futures < 2 or not arr.high > arr.low else " in 80% of the simulated futures"
    headline = f"ARR {when} will be {_likely(arr, currency, share)}{_today(before, arr, currency)}."
    points = []
    members = figure_of(forecast.measure("members").to_numpy(), "members")
    opening = figure_of(forecast.measure("members_open").to_numpy(), "members")
    points.append(f"Members: {_likely(members, '')}{_today(opening, members, '')}.")
    year = last_year(forecast)
    where: Any = {} if year is None else {"window": year}
    span = "last 12 months" if year is not None else "whole horizon"
    for measure, words in (("nrr", "Net"), ("grr", "Gross")):
        rate = figure_of(forecast.measure(measure, **where).to_numpy(), "share")
        if rate.futures:
            points.append(f"{words} revenue retention over the {span}: {_likely(rate, '')}.")
    contribution = figure_of(forecast.measure("contribution").to_numpy(), "money")
    points.append(f"Contribution over the whole horizon: {_likely(contribution, currency)}.")
    return Answer(headline, tuple(points), tuple(one.sentence for one in wishes(forecast)), _caution(forecast))


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
    step = step_of(figure.high - figure.low, 5)
    size = max(abs(figure.low), abs(figure.high))
    middle = short(figure.middle, figure.unit, currency, step, size)
    return f"between {ends}{share}, with {middle} in the middle"


def _today(before: KeyFigure, after: KeyFigure, currency: str) -> str:
    """Return what it is at the start, where that is the same in every future."""
    if before.futures == 0 or before.high > before.low:
        return ""
    spread = after.high - after.low if after.futures else float("nan")
    step = step_of(spread, 5)
    text = short(before.middle, before.unit, currency, step, max(abs(after.low), abs(after.high), 0))
    return f"; today it is {text}" if before.unit == "money" else f"; today there are {text}"


def _caution(forecast: Forecast) -> str:
    if forecast.replications == 1:
        return "This is one simulated future: it says nothing about how uncertain it is. Simulate more."
    if forecast.replications < FEW:
        return f"Only {forecast.replications} futures were simulated: the ends of every range are rough."
    return ""
