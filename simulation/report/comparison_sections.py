"""The sections of a comparison's page: differences, money, time, segments, work, and what decides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from simulation.experiment.deciding import deciding, luck_of_difference
from simulation.forecast.measures import measure_named
from simulation.report import versus
from simulation.report.album import Album
from simulation.report.comparison_words import amount, factor, interval
from simulation.report.page import Block, Cell, Section, Table, Text
from simulation.report.words import MISSING, name, number, path_words

if TYPE_CHECKING:
    from simulation.experiment.best import Best
    from simulation.experiment.comparison import Comparison
    from simulation.experiment.pairs import Difference
    from simulation.experiment.payback import Payback

__all__ = ["best_section", "decided_by", "differences", "money", "over_time", "segments", "spans", "work"]

MEASURES = (
    "members", "arr", "nrr", "grr", "renewal_rate", "first_renewal_rate", "new", "expansion", "contraction", "churn",
    "revenue", "fees", "cost", "contribution", "on_track_share", "reached", "taken", "take_rate", "setbacks",
    "escalations", "impatient", "delivered", "hours", "utilisation", "wait",
)  # fmt: skip
FOREST = ("members", "arr", "nrr", "renewal_rate", "expansion", "churn", "revenue", "contribution")
ALWAYS = frozenset({*FOREST, "cost"})
"""Shown even where nothing differs."""
BY_SEGMENT = ("members", "arr", "renewal_rate", "expansion", "churn", "on_track_share")
OVER_SPANS = ("contribution", "arr", "expansion", "churn", "members", "revenue", "cost")
FANS = ("arr", "members", "expansion", "churn", "contribution")
MOST = 8
Row = list[Cell | str]


def differences(comparison: Comparison, album: Album) -> Section:
    """Every main measure: base, difference with its interval, percentiles, chance, and what pairing gained."""
    blocks: list[Block] = [
        Text(
            "A difference is taken in each future, between two lives of the same people with the same luck. The mean "
            "stands there with its 95% interval, then P10 to P90 of the single futures. Better: in how many futures "
            "the alternative does better. Pairing: how many times smaller the variance of the mean difference is than "
            "with as many unpaired futures."
        )
    ]
    blocks += album.add(
        "forest",
        versus.forest(comparison, FOREST),
        "Forest plot: mean difference of each measure in percent of the base, with 95% interval and P10 to P90.",
    )
    for alternative in comparison.alternatives:
        rows: list[Row] = []
        for measure in MEASURES:
            one = comparison.describe(measure, alternative)
            if one.futures and not (one.equal == 1.0 and measure not in ALWAYS):
                base = float(comparison.values("base", measure).mean(skipna=True))
                rows.append(_row(measure_named(measure).title, measure, base, one, comparison.base.frame.currency))
        blocks.append(Table(COLUMNS, rows, caption=f"{_title(alternative)} against the base, whole horizon"))
    return Section("differences", "What changes", blocks)


COLUMNS = ("", "Base", "Difference", "P10 to P90", "Better", "Pairing")


def over_time(comparison: Comparison, album: Album) -> Section | str:
    """Fans of the differences."""
    blocks: list[Block] = []
    for measure in FANS:
        what = measure_named(measure).title
        blocks += album.add(
            f"difference_{measure}",
            versus.difference_fan(comparison, measure),
            f"Fan of the difference in {what} over time: median, P25 to P75 and P10 to P90 of the paired futures.",
        )
    if not blocks:
        return "How the difference develops: nothing differs in any future."
    text = Text("Each band holds differences of single futures, so it is narrow where both scenarios share their luck.")
    return Section("time", "How the difference develops", [text, *blocks])


def money(comparison: Comparison, results: Mapping[str, Payback], album: Album) -> Section:
    """What each alternative costs and brings, and when it has paid for itself."""
    currency = comparison.base.frame.currency
    rows: list[Row] = []
    for alternative, one in results.items():
        roi = _percent(one.roi)
        ends = f"{_percent(one.roi_low)} to {_percent(one.roi_high)}" if math.isfinite(one.roi_low) else ""
        futures = f"{_percent(one.roi_p10)} to {_percent(one.roi_p90)}" if one.roi_futures else MISSING
        rows.append(
            [
                _title(alternative),
                _mean(one.cost, currency),
                _mean(one.contribution, currency),
                Cell(roi, ends),
                Cell(futures, f"in {one.roi_futures:,} futures" if one.roi_futures < comparison.replications else ""),
                Cell(one.median or MISSING, f"{1 - one.within.value:.0%} not within the horizon"),
            ]
        )
    columns = ["", "Cost added", "Contribution added", "Return", "Return, P10 to P90", "Paid back, median"]
    blocks: list[Block] = [
        Text(
            "Return is the contribution added for each unit of cost added; contribution is revenue and fees less cost. "
            "A future is paid back at the end of the first period from which on the contribution added so far stays "
            "at zero or above until the horizon ends."
        ),
        Table(columns, rows, caption="Cost and return over the base, whole horizon"),
    ]
    blocks += album.add(
        "gain_and_cost",
        versus.gain_and_cost(comparison, results),
        "Sums since the start of revenue and fees gained, with P10 to P90, and of cost added. They cross at "
        "break-even.",
    )
    blocks += album.add(
        "payback",
        versus.payback_chances(comparison, results),
        "Share of the futures that are paid back for good by the end of each period.",
    )
    return Section("money", "What it costs, what it brings", blocks)


def best_section(comparison: Comparison, best: Best | None, measure: str, album: Album) -> Section | str:
    """Which scenario is best, with joint intervals."""
    if len(comparison.forecasts) < 3:
        return "Best of several: there are two scenarios, and their difference says it."
    if best is None:
        return "Best of several: the measure is defined in too few futures, or none, of all scenarios."
    what, currency = measure_named(measure), comparison.base.frame.currency
    rows: list[Row] = [
        [
            _title(one.name),
            number(one.mean, what.unit, currency, one.high - one.low),
            interval(one.low, one.high, what.unit, currency),
            "yes, established" if best.established and one.name == best.leader else "yes" if one.may_be_best else "no",
        ]
        for one in best.standings
    ]
    text = Text(
        "The interval is that of the mean of each scenario less the best of the others, above zero being better; all "
        "of them hold together at 95% (multiple comparisons with the best under common random numbers, Nelson and "
        "Matejcik 1995). A scenario may be the best as long as its interval reaches above zero, and it is established "
        "as the best when it is the only such one."
    )
    drawn = album.add(
        "best",
        versus.best_of_all(comparison, best, measure),
        f"Joint intervals of {what.title} against the best other.",
    )
    columns = ["", what.title, "Against the best other", "May be the best"]
    return Section("best", "Which is the best", [text, Table(columns, rows, words=(0, 3)), *drawn])


def spans(comparison: Comparison, days: Mapping[str, int], album: Album) -> tuple[Section | str, pd.DataFrame]:
    """Differences after several spans of time, and the table behind them."""
    if not days:
        return "After other spans of time: none was asked for (--at).", pd.DataFrame()
    table = comparison.over(days, OVER_SPANS)
    currency = comparison.base.frame.currency
    blocks: list[Block] = []
    for measure in ("contribution", "arr", "expansion"):
        blocks += album.add(
            f"spans_{measure}",
            versus.over_spans(comparison, table, measure),
            f"Difference of {measure_named(measure).title} after each span: mean, interval, P10 to P90.",
        )
    for alternative in comparison.alternatives:
        rows: list[Row] = []
        for span_name in days:
            rows.append([f"After {span_name}"])
            for measure in OVER_SPANS:
                if (span_name, alternative, measure) in table.index:
                    one = comparison.describe(measure, alternative, within=days[span_name])
                    base = float(table["base"].to_dict()[span_name, alternative, measure])
                    rows.append(_row(measure_named(measure).title, measure, base, one, currency))
        blocks.append(Table(COLUMNS, rows, caption=f"{_title(alternative)} against the base"))
    return Section("spans", f"After {', '.join(days)}", blocks), table


def segments(comparison: Comparison) -> Section | str:
    """Differences by segment."""
    names = list(dict.fromkeys(one for each in comparison.forecasts.values() for one in each.frame.segments))
    if len(names) < 2:
        return "By segment: there is one."
    blocks: list[Block] = []
    for alternative in comparison.alternatives:
        rows: list[Row] = []
        for segment in names:
            rows.append([name(segment)])
            for measure in BY_SEGMENT:
                one = comparison.describe(measure, alternative, segment=segment)
                if one.futures:
                    base = float(comparison.values("base", measure, segment=segment).mean(skipna=True))
                    rows.append(_row(measure_named(measure).title, measure, base, one, comparison.base.frame.currency))
        blocks.append(Table(COLUMNS, rows, caption=f"{_title(alternative)} against the base"))
    return Section("segments", "By segment", blocks)


def work(comparison: Comparison, album: Album) -> tuple[Section | str, pd.DataFrame]:
    """Where the hours of the teams go, and the table behind it."""
    table = comparison.work()
    if table.empty:
        return "Where the hours go: there are no interventions.", table
    blocks: list[Block] = []
    blocks += album.add(
        "hours", versus.hours(comparison, table), "Hours of each intervention that a team delivers, in every scenario."
    )
    of_base = table.loc[["base"]].droplevel(0).to_dict("index")
    for alternative in comparison.alternatives:
        rows: list[Row] = []
        team = None
        for (owner, one), row in table.loc[alternative].iterrows():  # type: ignore[misc]
            base = of_base[owner, one]
            if not (base["delivered"] or row["delivered"]):
                continue
            if owner != team:
                rows.append([name(owner) if owner else "without a team"])
                team = owner
            spread = float(row["hours_high"] - row["hours_low"])
            ends = interval(float(row["hours_low"]), float(row["hours_high"]), "hours", "") if spread > 0 else ""
            rows.append(
                [
                    name(str(one)),
                    _count(base["delivered"], row["delivered"], "count"),
                    _count(base["hours"], row["hours"], "hours"),
                    Cell(amount(float(row["hours_more"]), "hours", ""), ends) if owner else MISSING,
                    _count(base["wait"], row["wait"], "days") if owner else MISSING,
                ]
            )
        columns = ["", "Delivered", "Hours", "Hours more", "Mean wait"]
        blocks.append(Table(columns, rows, caption=f"From the base to {name(alternative)}, means over the futures"))
    return Section("work", "Where the hours go", blocks), table


def decided_by(comparison: Comparison, measure: str) -> tuple[Section | str, pd.DataFrame]:
    """Which assumption decides the difference, and the table behind it."""
    what, currency = measure_named(measure), comparison.base.frame.currency
    blocks: list[Block] = []
    tables = []
    for alternative in comparison.alternatives:
        table = deciding(comparison, alternative, measure)
        if table.empty or table["rank_correlation"].isna().all():
            continue
        tables.append(table.assign(alternative=alternative))
        spread = luck_of_difference(comparison, alternative, measure)
        first = table.iloc[0]
        lead = path_words(str(table.index[0]))
        blocks.append(
            Text(
                f"{_title(alternative)}: {spread.note} What moves its difference in {what.title.lower()} most is "
                f"“{lead}” (rank correlation {_signed(first['rank_correlation'])}): the alternative is better in "
                f"{_share(first['lowest_better'])} of the futures in which it is in its lowest third, and in "
                f"{_share(first['highest_better'])} of those in its highest."
            )
        )
        rows: list[Row] = []
        for path, one in table.head(MOST).iterrows():
            gap = abs(float(one["highest_mean"]) - float(one["lowest_mean"]))
            rows.append(
                [
                    Cell(path_words(str(path)), str(one["evidence"])),
                    Cell(_signed(one["rank_correlation"]), f"{_signed(one['low'])} to {_signed(one['high'])}"),
                    Cell(amount(float(one["lowest_mean"]), what.unit, currency, gap), _better(one["lowest_better"])),
                    Cell(amount(float(one["highest_mean"]), what.unit, currency, gap), _better(one["highest_better"])),
                ]
            )
        columns = ["Assumption", "Rank correlation", "Difference, lowest third", "Difference, highest third"]
        blocks.append(Table(columns, rows, caption=f"What decides {name(alternative)} by {what.title.lower()}"))
    if not blocks:
        return "What decides: there are no assumptions that differ between the futures.", pd.DataFrame()
    return Section("decided", "What decides", blocks), pd.concat(tables).reset_index()


def _row(title: str, measure: str, base: float, one: Difference, currency: str) -> Row:
    what = measure_named(measure)
    width = one.high - one.low if one.high > one.low else math.nan
    return [
        title,
        number(base, what.unit, currency, width),
        Cell(amount(one.mean, what.unit, currency, width), interval(one.low, one.high, what.unit, currency)),
        interval(one.p10, one.p90, what.unit, currency),
        _share(one.better.value),
        factor(one.pairing),
    ]


def _mean(one: Difference, currency: str) -> Cell:
    width = one.high - one.low if one.high > one.low else math.nan
    return Cell(amount(one.mean, "money", currency, width), interval(one.low, one.high, "money", currency))


def _count(before: float, after: float, unit: str) -> Cell:
    return Cell(number(float(after), unit), f"from {number(float(before), unit)}")


def _share(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:.0%}"


def _better(value: float) -> str:
    return "" if math.isnan(value) else f"better in {value:.0%}"


def _percent(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:.0%}".replace("-", "−")


def _signed(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:+.2f}".replace("-", "−")


def _title(text: str) -> str:
    plain = name(text)
    return plain[0].upper() + plain[1:]
