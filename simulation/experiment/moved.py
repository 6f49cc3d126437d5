"""How a forecast of ARR moved between two finished runs, by the flows of ARR: read from both, nothing is simulated.

It says what moved, and `experiment.bridge` says why: that one runs the steps between the two plans.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.experiment.bridge import ALL, Bridge, Row, common_day
from simulation.forecast.measures import measure_named
from simulation.forecast.statistics import Float, means

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["changes", "moved"]

FLOWS = (
    ("new", 1, "new members"), ("returned_arr", 1, "returned members"), ("expansion", 1, "expansion"),
    ("uplift", 1, "price uplift"), ("contraction", -1, "contraction"), ("churn", -1, "churn"),
)  # fmt: skip
"""Measure, sign in the identity of ARR, and what to call it."""
IGNORED = frozenset({"source", "evidence", "owner", "review_by", "comment", "sha256", "name", "description"})


def moved(old: Forecast, new: Forecast) -> Bridge | None:
    """Share a change of the ARR forecast out to today's ARR and to the flows since.

    Parameters
    ----------
    old, new
        Two runs; the new one starts no earlier.

    Returns
    -------
    Bridge or None
        Rows add up to the cent. None where the two cannot be compared: other currency, a start that the old run does
        not count apart, no common day, fewer than two common futures.

    Notes
    -----
    ARR at the common day = ARR at the new start + new + returned + expansion + uplift - contraction - churn since
    then, in every future; so the difference of the two forecasts is the sum of these differences. Futures of equal
    number are subtracted; the interval is the t interval of the means over assumption points.
    """
    since, start = (new.frame.start - old.frame.start).days, new.frame.start
    numbers = sorted(set(old.result.replications) & set(new.result.replications))
    edges = {int(edge) for edge in old.frame.cell_edges}
    if old.frame.currency != new.frame.currency or since not in edges or len(numbers) < 2:
        return None
    try:
        until = common_day(old, new)
    except ValueError:
        return None
    before = _Read(old, since, (until - old.frame.start).days, numbers)
    after = _Read(new, 0, (until - start).days, numbers)
    steps = [("ARR at the start" if since == 0 else f"ARR on {start}", after.opening - before.opening)]
    for measure, sign, name in FLOWS:
        gap = sign * (after.flow(measure) - before.flow(measure))
        if after.flow(measure).any() or before.flow(measure).any():
            steps.append((name, gap))
    levels = [before.closing]
    for _, gap in steps:
        levels.append(levels[-1] + gap)
    cents = [round(float(level.mean())) for level in levels]
    groups = np.array(numbers) // 2
    rows = []
    for place, (name, gap) in enumerate(steps):
        _, low, high, _ = means(gap[:, None] / 100, groups)
        rows.append(Row(name, {ALL: cents[place + 1] - cents[place]}, float(low[0]), float(high[0])))
    names = [one.label or f"{one.facts.name}, {one.frame.start}" for one in (old, new)]
    if names[0] == names[1]:
        names = ["before", "now"]
    return Bridge(
        names[0], names[1], new.frame.currency, measure_named("arr"), start, until,
        {ALL: cents[0]}, {ALL: cents[-1]}, tuple(rows), len(numbers),
    )  # fmt: skip


def changes(old: Forecast, new: Forecast) -> list[tuple[str, str, str]]:
    """What was written differently in the two plans: path, old and new text; "" where there was nothing."""
    before, after = (dict(_leaves(_tree(one.facts.yaml))) for one in (old, new))
    paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    return [(path, before.get(path, ""), after.get(path, "")) for path in paths]


class _Read:
    """ARR and its flows from one day to another, in cents, of some futures."""

    def __init__(self, forecast: Forecast, since: int, until: int, numbers: list[int]) -> None:
        place = {number: at for at, number in enumerate(forecast.result.replications)}
        self.forecast, self.since, self.until = forecast, since, until
        self.rows = [place[number] for number in numbers]
        self.opening = self._value("arr", since) if since else self._value("arr_open", None)
        self.closing = self._value("arr", until)

    def flow(self, measure: str) -> Float:
        """A flow from one day to the other."""
        whole = self._value(measure, self.until)
        return whole - self._value(measure, self.since) if self.since else whole

    def _value(self, measure: str, day: int | None) -> Float:
        where: dict[str, Any] = {} if day is None else {"within": day}
        values = self.forecast.measure(measure, **where).to_numpy()
        return np.asarray(np.rint(values[self.rows] * 100), np.float64)


def _tree(yaml: str) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(yaml)


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if items is None:
        keys = path[:-1] if path[-1] == "value" else path
        yield ".".join(keys), node.isoformat() if isinstance(node, dt.date) else str(node)
        return
    for key, value in items:
        if key not in IGNORED:
            yield from _leaves(value, (*path, str(key)))
