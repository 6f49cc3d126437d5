"""What a gain rests on: own data, published figures, priors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulation.experiment.borrowed import CLASSES
from simulation.forecast.measures import measure_named
from simulation.report.comparison_words import amount, interval, lower_first
from simulation.report.page import Block, Cell, Section, Table, Text
from simulation.report.words import MISSING, name, number

if TYPE_CHECKING:
    from simulation.experiment.borrowed import Borrowed

__all__ = ["borrowed_section", "borrowed_sentence", "borrowed_table"]

WORDS = {"prior": "Priors: nobody measured it", "published": "Published figures", "own": "Own data",
         "everything else": "Everything else"}  # fmt: skip


def borrowed_sentence(alternative: str, found: Borrowed, measure: str, currency: str) -> str:
    """How much of a gain rests on priors, and what is left without them, in a sentence."""
    what = measure_named(measure)
    subject = f"difference of {name(alternative)} in {lower_first(what.title)}"
    if not found.parts.loc[list(CLASSES), "numbers"].sum():
        return f"The {subject} rests on no effect of its own: the scenarios differ in costs, prices or hours alone."
    parts = [
        f"{amount(row['mean'], what.unit, currency, row['high'] - row['low'])} rests on {words}"
        for kind, words in (("prior", "priors"), ("published", "published figures"), ("own", "own data"))
        if (row := found.parts.to_dict("index")[kind])["numbers"]
    ]
    without = found.without_priors
    left = amount(without.mean, what.unit, currency, without.high - without.low)
    ends = interval(without.low, without.high, what.unit, currency)
    chances = ""
    if what.better:
        chances = f", better in {without.better.value:.0%} of the futures instead of {found.gain.better.value:.0%}"
    return f"Of the {subject}, {', '.join(parts)}. With prior effects set to zero it is {left} ({ends}){chances}."


def borrowed_section(found: Mapping[str, Borrowed], measure: str, currency: str) -> Section | str:
    """Borrowed shares of each alternative."""
    if not found:
        return "What the gain rests on: not asked for (--borrowed), or interrupted before."
    what = measure_named(measure)
    futures = next(iter(found.values())).futures
    blocks: list[Block] = [
        Text(
            f"The alternatives were run again in {futures:,} futures without the effects that make them different: "
            "without those that rest on priors (no credible figure was found), without published ones, without own "
            "ones, and without two or all of these classes. What is lost by taking a class away, as a mean over all "
            "orders of taking them away (its Shapley value), rests on that class; where effects work together or "
            "replace each other, it is less or more when the class goes first than when it goes last, and both are "
            "shown. What is left comes from costs, prices, hours, and from doing more or less of what the base does "
            "too. The numbers that both scenarios share are not taken away: they are the world in which the difference "
            "is made. The parts of the variance say which kind "
            "of evidence the doubt about the difference comes from."
        )
    ]
    for alternative, one in found.items():
        rows: list[list[Cell | str]] = []
        for kind, row in one.parts.iterrows():
            mean, low, high = (float(row[key]) for key in ("mean", "low", "high"))
            width = high - low if high > low else math.nan
            variance = one.variance.get(str(kind))
            rows.append(
                [
                    Cell(WORDS[str(kind)], f"{int(row['numbers'])} numbers" if row["numbers"] else ""),
                    Cell(amount(mean, what.unit, currency, width), interval(low, high, what.unit, currency)),
                    _share(float(row["share"])),
                    _ends(row.to_dict(), what.unit, currency, width),
                    MISSING if math.isnan(row["better"]) else f"{row['better']:.0%}",
                    MISSING if variance is None else f"{variance:.0%}",
                ]
            )
        for kind in ("not attributed", "luck"):
            if kind in one.variance:
                rows.append([kind.capitalize(), *[MISSING] * 4, f"{one.variance[kind]:.0%}"])
        whole = one.gain
        rows.append(
            [
                "The whole difference",
                Cell(
                    amount(whole.mean, what.unit, currency, whole.high - whole.low),
                    interval(whole.low, whole.high, what.unit, currency),
                ),
                MISSING,
                MISSING,
                f"{whole.better.value:.0%}" if what.better else MISSING,
                MISSING,
            ]
        )
        blocks.append(Text(borrowed_sentence(alternative, one, measure, currency)))
        columns = [
            "Evidence of its effects", what.title, "Share of the gain", "Taken away first, last", "Better without it",
            "Share of its variance",
        ]  # fmt: skip
        blocks.append(Table(columns, rows, caption=f"What {name(alternative)} rests on"))
        if one.inseparable:
            blocks.append(Text(f"Drawn jointly with others, and left as they are: {', '.join(one.inseparable)}."))
    return Section("borrowed", "What it rests on", blocks)


def borrowed_table(found: Mapping[str, Borrowed]) -> pd.DataFrame:
    """Table for files: parts and variance by alternative and evidence."""
    tables = []
    for alternative, one in found.items():
        table = one.parts.join(one.variance.rename("variance_share"), how="outer")
        table = table.rename(columns={"better": "better_without"})
        chances = {"better": one.gain.better.value, "better_without_priors": one.without_priors.better.value}
        tables.append(table.assign(alternative=alternative, **chances).rename_axis("evidence").reset_index())
    return pd.concat(tables).set_index(["alternative", "evidence"]) if tables else pd.DataFrame()


def _ends(row: Mapping[Any, Any], unit: str, currency: str, width: float) -> str:
    """What is lost when a class is taken away first and last."""
    if not row["numbers"]:
        return MISSING
    return ", ".join(amount(float(row[key]), unit, currency, width) for key in ("first", "last"))


def _share(value: float) -> str:
    return MISSING if math.isnan(value) else number(value, "share")
