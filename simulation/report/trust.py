"""The sections on trust: stated beside simulated, luck or not knowing, assumptions and sources, the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.report.definitions import DEFINITIONS
from simulation.report.evidence import evidence_table
from simulation.report.gallery import Gallery
from simulation.report.page import Block, Cell, Facts, Section, Table, Text
from simulation.report.words import MINUS, MISSING, day, name, number, path_words, span

if TYPE_CHECKING:
    from simulation.forecast import Forecast
    from simulation.forecast.stated import Stated

__all__ = ["assumptions", "luck", "method", "stated"]

MOST = 40
"""Sources on the page; the file of the table has all."""
COMPARED = ("stated", "stated_low", "stated_high", "simulated", "low", "high")
ORIGIN = {"evidence": "Evidence", "source": "Source", "owner": "Owner", "review_by": "Review by", "comment": "Comment"}
"""Key -> heading of what is told about where a number comes from."""


def stated(forecast: Forecast) -> Section | str:
    """What the scenario states beside what the simulation gives."""
    table = forecast.stated_beside_simulated()
    if table.empty:
        return "Stated beside simulated: the scenario states no rate to compare."
    currency = forecast.frame.currency
    rows: list[list[Cell | str]] = []
    for _, row in table.iterrows():
        unit = str(row["unit"])
        value, low, high, simulated, least, most = (float(row[key]) for key in COMPARED)
        said = number(value, unit, currency)
        about = span(low, high, unit, currency) if high > low else ""
        if np.isnan(value) and about:
            said, about = about, ""
        interval = span(least, most, unit, currency) if most >= least else ""
        where = "all segments" if row["segment"] == "all" else name(str(row["segment"]))
        notes = "; ".join(part for part in (str(row["note"]), row["source"] and f"source: {row['source']}") if part)
        rows.append(
            [
                Cell(str(row["quantity"]).replace("_", " "), where),
                Cell(said, about),
                Cell(number(simulated, unit, currency), interval),
                _difference(row, unit),
                number(float(row["outcomes"]), "count"),
                notes,
            ]
        )
    text = Text(
        "A stated rate holds for a member of typical direction and pace. The simulated one is what the members who "
        "really come up for renewal, or reach the milestone, do in the simulated futures: a difference is no error "
        "by itself."
    )
    columns = ["What", "Stated", "Simulated (95% interval)", "Difference", "Outcomes", "Remark"]
    return Section("stated", "Stated beside simulated", [text, Table(columns, rows, words=(0, 5))])


def luck(forecast: Forecast, gallery: Gallery) -> Section:
    """How much of the spread is luck, and which assumption makes up the rest."""
    title = "Luck, or what we do not know"
    if not forecast.has_assumptions:
        text = (
            "The scenario states no assumptions, so all of the spread shown here is luck: what happens to differ from "
            "one future to the next. Its numbers are taken as exactly known. Stating those that are not as "
            "assumptions shows how much wider the truth may be."
        )
        return Section("luck", title, [Text(text)])
    spread = forecast.luck_and_ignorance("arr")
    if np.isnan(spread.ignorance_share):
        text = spread.note
    else:
        share = spread.ignorance_share
        ends = f" (95% interval {spread.share_low:.0%} to {spread.share_high:.0%})" if spread.share_low >= 0 else ""
        text = (
            f"About {share:.0%}{ends} of the spread (variance) of ARR at the end comes from assumptions that we do not "
            f"know exactly; better evidence can narrow it. The other {1 - share:.0%} is luck, which no evidence "
            "removes."
        )
        strongest = _strongest(forecast)
        if strongest and share > 0.05:
            text += f" What moves ARR most is {strongest}."
    blocks: list[Block] = [Text(text)]
    blocks += gallery.picture(
        "luck_and_ignorance", "Bars: which part of the variance of each measure is luck and which is not knowing."
    )
    blocks += gallery.picture(
        "assumption_effects",
        "Rank correlation of each assumption with ARR at the end, with intervals.",
        "Right of zero: more of it, more ARR. The farther from zero, the more the answer depends on it.",
    )
    return Section("luck", title, blocks)


def assumptions(forecast: Forecast) -> Section:
    """The assumptions with their sources, and on what the answer rests."""
    facts = forecast.facts
    stated = {one.path: one for one in facts.stated}
    blocks: list[Block] = [*_evidence(forecast)]
    if facts.assumptions:
        said = [str(one.get("distribution") or MISSING) for one in facts.assumptions]
        blocks.append(_origins("Assumptions", facts.assumptions, "What we think", said))
    else:
        blocks.append(Text("The scenario states no assumptions."))
    blocks += _sources(facts.provenance)
    if facts.known:
        said = [_range(one, stated.get(one["path"]), forecast.frame.currency) for one in facts.known]
        blocks.append(_origins("What is known, to compare with", facts.known, "Value", said))
    return Section("assumptions", "Assumptions and evidence", blocks)


def method(forecast: Forecast, book: Mapping[str, Any] | None, left_out: Sequence[str]) -> Section:
    """The appendix: how it was made, and what every measure means."""
    frame = forecast.frame
    points = len(set(forecast.points))
    run = [
        *([("Label", forecast.label)] if forecast.label else []),
        ("Scenario", f"{forecast.facts.name}, SHA-256 of the resolved scenario {forecast.facts.digest}"),
        ("Program", f"membersim {forecast.version}"),
        ("Seed", str(forecast.seed)),
        ("Replications", f"{forecast.replications:,} simulated futures, {int(forecast.ledger.events.sum()):,} events"),
        (
            "Assumption points",
            f"{points:,}; replications 2i and 2i+1 share a draw of the assumptions and differ in luck"
            if forecast.has_assumptions
            else "none: every number is taken as known",
        ),
        ("Horizon", f"{day(frame.start)} to {day(frame.start + timedelta(days=frame.days - 1))}, {frame.days:,} days"),
        ("Money", f"{frame.currency}; ARR is money per year"),
    ]
    if book is not None:
        run.append(("Book", f"{book['members']:,} members; SHA-256 of the file {book['sha256']}"))
    blocks: list[Block] = [Facts(run)]
    if left_out:
        blocks += [Text("Left out of this report, because there is nothing to show: " + " ".join(left_out))]
    blocks.append(Facts(list(DEFINITIONS.items()), caption="What the words and measures mean"))
    return Section("method", "Method", blocks)


def _difference(row: Any, unit: str) -> str:
    """Return simulated less stated, in points; nothing when it lies within the stated range."""
    low, high = (
        float(row[key]) if np.isfinite(row[key]) else float(row["stated"]) for key in ("stated_low", "stated_high")
    )
    simulated = float(row["simulated"])
    if np.isnan(simulated) or np.isnan(low):
        return MISSING
    off = simulated - high if simulated > high else simulated - low if simulated < low else 0.0
    sign = MINUS if off < 0 else "+"
    if unit == "share":
        return f"{sign}{abs(off) * 100:.1f} points" if abs(off) >= 0.0005 else "none"
    return f"{sign}{number(abs(off), unit)}" if abs(off) >= 0.05 else "none"


def _strongest(forecast: Forecast) -> str:
    table = forecast.assumption_effects("arr")
    paths = [str(path) for path in table.index[:1] if np.isfinite(table.loc[path, "rank_correlation"])]
    return f"“{path_words(paths[0])}”" if paths else ""


def _sources(entries: Sequence[dict[str, Any]]) -> list[Block]:
    """Return the table of numbers with a source: measured ones first, and not every prior."""
    found = [one for one in entries if one.get("evidence") in ("own", "published")]
    rest = [one for one in entries if one not in found]
    found += [one for one in rest if (one.get("source") or "prior").strip().lower() != "prior"]
    shown = found[:MOST]
    blocks: list[Block] = [_origins("Numbers with a source", shown)] if shown else []
    if len(entries) > len(shown):
        also = "also " if shown else ""
        few = f"The scenario {also}marks {len(entries) - len(shown):,} numbers as priors or without more than a remark"
        blocks.append(Text(f"{few}; the file tables/sources.csv lists them all."))
    return blocks


def _origins(caption: str, entries: Sequence[dict[str, Any]], title: str = "", said: Sequence[str] = ()) -> Table:
    """Return a table of paths with where they come from; columns that nobody filled in are left out."""
    # "prior" as the source of a prior says nothing more.
    entries = [{**one, "source": ""} if one.get("source") == one.get("evidence") else one for one in entries]
    used = [key for key in ORIGIN if any(one.get(key) for one in entries)]
    rows: list[list[Cell | str]] = []
    for place, one in enumerate(entries):
        words: list[Cell | str] = [Cell(path_words(one["path"]), one["path"])]
        words += [said[place]] if title else []
        rows.append([*words, *(str(one.get(key) or MISSING) for key in used)])
    columns = ["Number", *([title] if title else []), *(ORIGIN[key] for key in used)]
    return Table(columns, rows, words=range(len(columns)), caption=caption)


def _range(one: dict[str, Any], stated: Stated | None, currency: str) -> str:
    if stated is None or stated.low is None or stated.high is None:
        low, high, unit = float(one["low"]), float(one["high"]), "ratio"
    else:
        low, high, unit = stated.low, stated.high, stated.unit
    return span(low, high, unit, currency) if high > low else number(low, unit, currency)


def _evidence(forecast: Forecast) -> list[Block]:
    table = evidence_table(forecast)
    total = int(table["numbers"].sum())
    rows: list[list[Cell | str]] = []
    counts = {str(kind): int(count) for kind, count in table["numbers"].items()}
    for kind, count in counts.items():
        some = Cell(f"{count:,}", "", count / total) if total else Cell(MISSING)
        explained = float(table["explained"][kind])
        moved = Cell(f"{explained:.0%}", "", min(explained, 1.0)) if np.isfinite(explained) else Cell(MISSING)
        rows.append([kind, some, str(table["assumptions"][kind]), moved])
    text = (
        f"Of the {total:,} numbers that drive this forecast (defaults included), {counts['own']:,} "
        f"rest on own data, {counts['published']:,} on published figures and "
        f"{counts['prior']:,} on priors, that is on judgement; for "
        f"{counts['not stated']:,} the scenario names no evidence."
    )
    columns = ["Evidence", "Numbers", "Assumptions", "Part of what moves ARR"]
    if not total:
        text = "The scenario's numbers cannot be counted by evidence."
    return [Text(text), Table(columns, rows, caption="On what the answer rests", narrow=True)]
