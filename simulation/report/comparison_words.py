"""The answer of a comparison in sentences: what changes, what it is worth, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from simulation.forecast.measures import measure_named
from simulation.report.words import UNITS, at_end, listed, name, number, path_words

if TYPE_CHECKING:
    from simulation.experiment.best import Best
    from simulation.experiment.comparison import Comparison
    from simulation.experiment.pairs import Difference, Pairing
    from simulation.experiment.payback import Payback

__all__ = [
    "Verdict", "amount", "change", "decided", "factor", "interval", "lower_first", "turning", "verdict",
    "whole_futures",
]  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """The first paragraph: a headline, further sentences, which assumption decides, and the objectives."""

    headline: str
    points: tuple[str, ...]
    decided: tuple[str, ...]
    objectives: tuple[str, ...]


def verdict(comparison: Comparison, measure: str, results: Mapping[str, Payback], best: Best | None) -> Verdict:
    """Say what a comparison found, the decision first.

    Parameters
    ----------
    measure
        What is decided by.
    results
        Payback of each alternative.
    best
        Which scenario is best by that measure; None when too few futures say so.
    """
    names = list(comparison.alternatives)
    headline = _difference(comparison, names[0], measure) if len(names) == 1 else _leader(comparison, best, measure)
    points = [] if len(names) == 1 else [_difference(comparison, one, measure) for one in names]
    for one in names:
        if measure != "arr":
            points.append(_difference(comparison, one, "arr"))
        points += turning(comparison, one)
        points.append(_money(one, results[one], comparison.base.frame.currency))
        points += _hours(comparison, one)
    points.append(_pairing(comparison))
    deciding = tuple(text for one in names for text in decided(comparison, one, measure))
    return Verdict(headline, tuple(points), deciding, tuple(_wishes(comparison)))


def amount(value: float, unit: str, currency: str, spread: float = math.nan, *, sign: bool = True) -> str:
    """Return a difference, such as +$1,200 or −0.4 points: the unit of a difference of shares is points."""
    text = number(value, unit, currency, spread)
    text = f"{text.removesuffix('%')} points" if unit == "share" and text.endswith("%") else text
    return f"+{text}" if sign and value > 0 and text != amount(0.0, unit, currency, spread) else text


def change(value: float, unit: str, currency: str, spread: float = math.nan) -> str:
    """Return "$1,200 higher", "0.4 points lower" or "the same"."""
    text = amount(abs(value), unit, currency, spread, sign=False)
    if text == amount(0.0, unit, currency, spread):
        return "the same"
    return f"{text} {'higher' if value > 0 else 'lower'}"


def interval(low: float, high: float, unit: str, currency: str) -> str:
    """Return both ends of an interval of a difference, with signs."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "too few futures for an interval"
    spread = high - low if high > low else math.nan
    left, right = (amount(one, unit, currency, spread, sign=False) for one in (low, high))
    suffix = " points" if unit == "share" else UNITS.get(unit, "")
    return f"{left.removesuffix(suffix) if suffix else left} to {right}"


def factor(one: Pairing) -> str:
    """Return how much smaller pairing made the variance, such as 69 times."""
    if math.isnan(one.factor):
        return "–"
    if math.isinf(one.factor) or one.factor >= 1e6:
        return "exact"
    return f"{one.factor:,.0f} times" if one.factor >= 10 else f"{one.factor:.1f} times"


def whole_futures(value: float) -> str:
    """Return a number of futures with no more than two digits."""
    digits = max(0, math.floor(math.log10(value)) - 1) if value >= 1 else 0
    return f"{math.ceil(value / 10**digits) * 10**digits:,.0f}"


def _difference(comparison: Comparison, alternative: str, measure: str) -> str:
    what, frame = measure_named(measure), comparison.base.frame
    one = comparison.describe(measure, alternative)
    end = frame.start + timedelta(days=frame.days)
    when = at_end(end) if what.nature == "stock" else "over the whole horizon"
    subject = f"With {name(alternative)}, {lower_first(what.title)} {when}"
    if one.futures == 0:
        return f"{subject} is undefined in every future."
    if one.equal == 1.0:
        return f"{subject} is the same in every single future."
    moved = change(one.mean, what.unit, frame.currency, one.high - one.low)
    ends = interval(one.low, one.high, what.unit, frame.currency)
    text = f"{subject} is {moved} on average (95% interval of the difference {ends})"
    if what.better:
        worse = max(0.0, 1 - one.better.value - one.equal)
        share = one.better.value if (one.mean > 0) == (what.better > 0) else worse
        text += f", and {'higher' if one.mean > 0 else 'lower'} in {share:.0%} of the futures"
    return f"{text}.{_unsettled(one)}"


def turning(comparison: Comparison, alternative: str, measures: Sequence[str] = ("arr", "contribution")) -> list[str]:
    """Say of which measures an alternative first wins and later loses, or the reverse, and when."""
    sentences = []
    for measure in measures:
        what = measure_named(measure)
        leads = comparison.leads(measure, alternative)
        changes = (leads["lead"] != leads["lead"].shift()).cumsum()
        lasting = leads["lead"].groupby(changes).transform("size") > 1  # a single period may be noise
        established = leads[(leads["lead"] != 0) & lasting]["lead"]
        runs = established[established != established.shift()]
        if len(runs) not in (2, 3):
            continue  # one side all along, or a tie that noise breaks to and fro
        parts = []
        for start, side in runs.items():
            same = established.loc[start:]
            last = same[(same != side).cumsum() == 0].index[-1]
            until = "the end" if last == leads.index[-1] else last
            parts.append(f"{'ahead' if side > 0 else 'behind'} from {start} to {until}")
        from simulation.report.fans import period_word  # Matplotlib is not for those who only need words

        flow = "" if what.nature == "stock" else f" of the {period_word(comparison.base)}"
        sentences.append(f"{what.title}{flow} with {name(alternative)} is {listed(parts)}, each at 95%.")
    return sentences


def _unsettled(one: Difference) -> str:
    if one.settled or not math.isfinite(one.low):
        return ""
    if math.isnan(one.further):
        return " The interval includes zero, and how many futures would settle the sign cannot be said from these."
    return (
        f" The interval includes zero: about {whole_futures(one.further)} further futures of each scenario would "
        "settle the sign, if the difference is what it seems."
    )


def _leader(comparison: Comparison, best: Best | None, measure: str) -> str:
    what = measure_named(measure)
    count = len(comparison.forecasts)
    by = f"By {lower_first(what.title)} over the whole horizon,"
    if best is None:
        return f"{by} no scenario can be called the best: too few futures, or none, have it in all {count} scenarios."
    leader = "the base" if best.leader == "base" else name(best.leader)
    if best.established:
        return f"{by} {leader} is the best of the {count} scenarios, at 95% for all comparisons together."
    rivals = listed(["the base" if one == "base" else name(one) for one in best.rivals])
    more = (
        "How many futures would tell them apart cannot be said from these."
        if math.isnan(best.further)
        else f"About {whole_futures(best.further)} further futures of each scenario would settle it, if the means are "
        "what they seem."
    )
    return f"{by} no scenario is established as the best: {leader} leads, and {rivals} may be as good. {more}"


def _money(alternative: str, one: Payback, currency: str) -> str:
    subject = name(alternative)
    subject = subject[0].upper() + subject[1:]
    cost = number(abs(one.cost.mean), "money", currency, one.cost.high - one.cost.low)
    if one.cost.equal == 1.0 and one.contribution.equal == 1.0:
        return f"{subject} costs and brings neither more nor less."
    if one.cost.equal == 1.0:
        return f"{subject} costs as much as the base."
    if one.cost.mean <= 0:
        return f"{subject} costs {cost} less over the whole horizon."
    text = f"{subject} costs {cost} more over the whole horizon"
    if math.isfinite(one.roi):
        unit, back, low, high = (number(each, "money", currency) for each in _back(one))
        ends = f" ({low} to {high})" if math.isfinite(one.roi_low) else ""
        text += f", and for each {unit} of it {back}{ends} of revenue and fees come in"
    late = 1 - one.within.value
    if one.median is not None:
        text += f"; it is paid back for good by the end of {one.median} in half of the futures"
    return f"{text}; in {late:.0%} of the futures it is not paid back within the horizon." if late else f"{text}."


def _back(one: Payback) -> list[float]:
    """One, and what comes in for each one that is spent, with its interval."""
    return [
        1.0,
        *(round(1 + each, 2) if math.isfinite(each) else each for each in (one.roi, one.roi_low, one.roi_high)),
    ]


def _hours(comparison: Comparison, alternative: str, most: int = 3) -> list[str]:
    """Say where team hours move to, and where from."""
    work = comparison.work()
    if work.empty:
        return []
    table = work.loc[alternative].drop("", level="team", errors="ignore").droplevel("team")
    sure = table[(table["hours_low"] > 0) | (table["hours_high"] < 0)]["hours_more"]
    sure = sure[sure.abs() >= 1].sort_values(key=abs, ascending=False).head(most)
    if sure.empty:
        return []
    parts = [f"{amount(float(more), 'hours', '')} of {name(str(what))}" for what, more in sure.items()]
    return [f"Team hours with {name(alternative)}: {listed(parts)}."]


def decided(comparison: Comparison, alternative: str, measure: str) -> list[str]:
    """Say which assumption decides, where one is known to."""
    from simulation.experiment.deciding import deciding

    table = deciding(comparison, alternative, measure)
    if table.empty:
        return []
    path, first = str(table.index[0]), table.iloc[0]
    known = first["low"] > 0 or first["high"] < 0  # NaN is neither
    low, high = float(first["lowest_better"]), float(first["highest_better"])
    if not known or not abs(high - low) >= 0.1:  # it moves the difference, but hardly decides its sign
        return []
    title = lower_first(measure_named(measure).title)
    return [
        f"What decides {name(alternative)} by {title} is most of all “{path_words(path)}”: better in "
        f"{low:.0%} of the futures in the lowest third of its range, in {high:.0%} in the highest."
    ]


def _pairing(comparison: Comparison) -> str:
    parts = []
    for one in comparison.alternatives:
        pairing = comparison.describe("arr", one).pairing
        if math.isfinite(pairing.factor):
            ends = f" ({pairing.low:,.0f} to {pairing.high:,.0f})" if math.isfinite(pairing.low) else ""
            parts.append(f"{factor(pairing)}{ends} for {name(one)}")
    if not parts:
        return "The futures are paired: same people, same luck, same draws of the assumptions."
    return (
        "The futures are paired: same people, same luck, same draws of the assumptions. That makes the variance of the "
        f"difference in ARR smaller than with as many unpaired futures: {listed(parts)}."
    )


def _wishes(comparison: Comparison) -> Sequence[str]:
    table = comparison.objectives()
    sentences = []
    for wish in dict.fromkeys(table.index.get_level_values("objective")):
        base = table.loc[("base", wish)]
        parts = []
        for one in comparison.alternatives:
            row = table.loc[(one, wish)]
            if not row["futures"]:
                parts.append(f"with {name(one)} there is no future in which both can be judged")
                continue
            gap = f"{round(row['difference'] * 100):+d} points".replace("-", "−")
            ends = ""
            if np.isfinite(row["difference_low"]) and row["difference_high"] > row["difference_low"]:
                low, high = (f"{round(row[key] * 100):+d}" for key in ("difference_low", "difference_high"))
                ends = f", {low} to {high}".replace("-", "−")
            same = row["futures"] == base["futures"]
            judged = f"in the {row['futures']:,.0f} futures in which both can be judged"
            of = "" if same else f" against {row['base']:.0%} {judged}"
            parts.append(f"{row['probability']:.0%} with {name(one)}{of} ({gap}{ends})")
        before = f"{base['probability']:.0%} in the base" if base["futures"] else "unknown in the base"
        partly = base["futures"] and base["futures"] < comparison.replications
        before += f" (in the {base['futures']:,.0f} futures in which that can be judged)" if partly else ""
        sentences.append(f"Chance to meet “{name(wish)}”: {before}, {listed(parts)}.")
    return sentences


def lower_first(text: str) -> str:
    """A title within a sentence: its first letter is small, unless it is an abbreviation."""
    return text if text[:2].isupper() else text[0].lower() + text[1:]
