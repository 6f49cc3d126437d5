"""Cards and pictures of what-ifs: comparisons, twins, two lives of a member, sweeps and bridges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulation.forecast.measures import measure_named
from simulation.report.cells.card import Card
from simulation.report.comparison_words import amount, interval, verdict
from simulation.report.words import MISSING, day, listed, name, number, path_words, span

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simulation.experiment.bridge import Bridge
    from simulation.experiment.comparison import Comparison
    from simulation.experiment.lives import Lives
    from simulation.experiment.sweep import Sweep
    from simulation.experiment.twins import Twins

MEASURES = ("members", "arr", "nrr", "renewal_rate", "expansion", "churn", "cost", "contribution")
DECIDES = "contribution"
BEFORE = 2
"""Events of two lives that are shown before they part."""


def _comparison(comparison: Comparison) -> Card:
    from simulation.experiment.payback import payback

    several = len(comparison.alternatives) > 1
    results = {one: payback(comparison, one) for one in comparison.alternatives}
    said = verdict(comparison, DECIDES, results, comparison.best(DECIDES))
    rows = []
    for alternative in comparison.alternatives:
        for measure in MEASURES:
            row = _difference(comparison, alternative, measure)
            rows += [[name(alternative), *row] if several else row] if row else []
    heads = ["", "base", "difference", "95% interval", "better"]
    note = (
        f"{comparison.replications:,} futures, the same people and luck in each. Better: share of the futures in which "
        "the alternative does better."
    )
    title = f"{listed([name(one) for one in comparison.alternatives])} against {comparison.base.facts.name}"
    return Card(title, [said.headline], ["", *heads] if several else heads, rows, note, words=2 if several else 1)


def _difference(comparison: Comparison, alternative: str, measure: str) -> list[str]:
    """A row of the table; none where it is undefined or the same in every future."""
    one, what, currency = comparison.describe(measure, alternative), measure_named(measure), _currency(comparison)
    if not one.futures or one.equal == 1.0:
        return []
    base = float(comparison.values("base", measure).mean(skipna=True))
    return [
        what.title,
        number(base, what.unit, currency, one.high - one.low),
        amount(one.mean, what.unit, currency, one.high - one.low),
        interval(one.low, one.high, what.unit, currency),
        f"{one.better.value:.0%}" if what.better else MISSING,
    ]


def _differences(comparison: Comparison, measure: str | None, alternative: str | None) -> Figure | None:
    from simulation.report import versus

    names = tuple(comparison.alternatives)
    if alternative is not None and alternative not in names:
        raise ValueError(f"unknown alternative {alternative!r}; there are {', '.join(names)}")
    chosen = names if alternative is None else (alternative,)
    if measure is None:
        return versus.forest(comparison, [one for one in MEASURES if one != "cost"], chosen)
    return versus.difference_fan(comparison, measure, chosen)


def _currency(comparison: Comparison) -> str:
    return comparison.base.frame.currency


def _twins(found: Twins) -> Card:
    from simulation.report.twins import WORDS, who_gains

    rows = []
    for role, row in found.roles().xs("arr", level="outcome").iterrows():
        width, each = float(row["high"] - row["low"]), float(row["each_high"] - row["each_low"])
        rows.append([
            WORDS[str(role)],
            number(float(row["affected"]), "members"),
            amount(float(row["mean"]), "money", found.currency, width),
            interval(float(row["low"]), float(row["high"]), "money", found.currency),
            amount(float(row["each"]), "money", found.currency, each),
        ])  # fmt: skip
    heads = ("", "members", "ARR at the end", "95% interval", "for each")
    note = f"Each member against itself, in {found.replications:,} futures; the rows add up exactly."
    return Card(f"Who gains from {found.name}", who_gains(found, found.currency, found.name), heads, rows, note)


def _benefits(found: Twins) -> Figure | None:
    from simulation.report.twins import benefits

    return benefits(found, found.currency, found.name)


def _lives(found: Lives) -> Card:
    parted = "The two lives are the same." if found.parted is None else found.cause
    rows = [[f"{row['date']:%Y-%m-%d}", str(row["base"]), str(row["alternative"])] for _, row in found.table.iterrows()]
    title = f"Two lives of a member ({name(found.segment)})"
    return Card(title, [parted], ("date", "base", "alternative"), rows, "All events: .table.", words=3)


def _sweep(sweep: Sweep) -> Card:
    table, axes = sweep.table(), [axis.path for axis in sweep.axes]
    rows = []
    for _, cell in table.groupby(axes, sort=False):
        values = [str(cell[path].iloc[0]) for path in axes]
        means = [
            number(float(row["mean"]), str(row["unit"]), sweep.currency, float(row["high"] - row["low"]))
            for _, row in cell.iterrows()
        ]
        rows.append([*values, *means])
    heads = [*(path_words(path) for path in axes), *(measure_named(one).title for one in sweep.measures)]
    note = f"Means over {len(sweep.groups):,} futures, the same ones in every row."
    return Card(f"{sweep.name}: {len(sweep.futures)} of {sweep.cells} settings", (), heads, rows, note, words=len(axes))


def _multiples(sweep: Sweep) -> Figure | None:
    from simulation.report.sweep import multiples

    return multiples(sweep)


def _bridge(bridge: Bridge) -> Card:
    from simulation.report.bridge import what_is_bridged

    unit, currency = bridge.measure.unit, bridge.currency
    old, new = (number(one["all"] / 100, unit, currency) for one in (bridge.old, bridge.new))
    rows = [[bridge.old_name, old, ""]]
    for row in bridge.rows:
        ends = span(row.low, row.high, unit, currency) if row.low < row.high else ""
        rows.append([row.name, amount(row.value, unit, currency), ends])
    rows.append([bridge.new_name, new, ""])
    note = f"{bridge.replications:,} futures, until {day(bridge.until)}; the rows add up exactly."
    return Card(f"Why it moved: {what_is_bridged(bridge)}", (), ("", "", "95% interval"), rows, note)


def _steps(bridge: Bridge) -> Figure:
    from simulation.report.bridge import steps

    return steps(bridge)


CARDS: dict[str, Any] = {
    "Comparison": _comparison, "Twins": _twins, "Lives": _lives, "Sweep": _sweep, "Bridge": _bridge,
}  # fmt: skip
PICTURES: dict[str, Any] = {
    "Comparison": _differences, "Twins": _benefits, "Sweep": _multiples, "Bridge": _steps,
}  # fmt: skip
