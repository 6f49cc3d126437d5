"""Why a forecast was missed, as a page, a figure and tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from matplotlib.figure import Figure

from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.page import Page, Picture, Section, Table, Text, rendered
from simulation.report.style import BLUE, MUTED, RED, drawn, new_figure, png, svg, title
from simulation.report.words import day, number, span, to_the_cent, two_lines

if TYPE_CHECKING:
    from simulation.evidence.attribution import Attribution

__all__ = ["CAUSES", "answer", "attribution_page", "cause_rows", "causes", "claim", "luck", "write_attribution"]

CAUSES = ("cause", "share of the miss", "in 8 of 10 futures", "below it", "flag")
TITLES = {"arr": "ARR", "expansion": "expansion"}
RULE = (
    "ARR at the end = ARR at the start + new + returned + expansion + other changes - leavers - contraction. Expansion "
    "of a milestone = members x reached by each x offered of those who reached it x taken of those offered x ARR of "
    "each take; new ARR = joiners x ARR of each; ARR lost = leavers x ARR of each. Where factors are multiplied, each "
    "gets its mean effect over all orders in which the factors can change one after another (Shapley 1953), exactly; "
    "rounded to whole cents, the rows add up to the miss. Within 'not reached' the parts add up: what was delivered, "
    "waited for or escalated more or less than expected for so many members, times what one of them does in paired "
    "futures of the model (a mean effect); the rest is pace or direction. Splitting it moves no other row (Owen 1977)."
)


def write_attribution(found: Attribution, name: str, folder: Path) -> None:
    """Write causes.csv, totals.csv, claim.csv, report.html and the figure."""
    for stem, table in (("causes", found.table), ("totals", found.totals), ("claim", found.dominated)):
        write_csv(folder / f"{stem}.csv", table)
    write_bytes(folder / "causes.png", png(causes(found)))
    write_bytes(folder / "report.html", rendered(attribution_page(found, name)).encode())


def cause_rows(found: Attribution) -> list[tuple[str, ...]]:
    """Rows in `CAUSES`, and the sum."""
    rows = []
    for row in found.table.to_dict("records"):
        flag = "" if not row["flag"] else "red flag" if row["amount"] < 0 else "flag, better"
        rows.append((
            str(row["title"]), _money(row["amount"], found), span(row["P10"], row["P90"], "money", found.currency),
            number(row["percentile"], "share"), flag,
        ))  # fmt: skip
    total = _total(found)
    return [
        *rows,
        ("All together", _money(total["miss"], found), "", number(total["percentile"], "share"), ""),
    ]


def _total(found: Attribution) -> dict[Any, float]:
    """The row of ARR."""
    row: dict[Any, float] = found.totals.loc["arr"].to_dict()
    return row


def _money(amount: float, found: Attribution) -> str:
    """To the cent, for the rows add up."""
    return to_the_cent(amount, found.currency)


def answer(found: Attribution) -> str:
    """The answer in a sentence."""
    row = _total(found)
    kind = "below" if row["miss"] < 0 else "above"
    text = (
        f"ARR before {day(found.until)} is {number(abs(row['miss']), 'money', found.currency)} {kind} what was "
        f"expected; {_lower(float(row['percentile']), found.futures)}."
    )
    largest = found.largest["arr"]
    return f"{text} The largest loss: {largest[0].lower()}{largest[1:]}." if largest else text


def _lower(percentile: float, futures: int) -> str:
    """How many of the futures have a lower outcome."""
    if percentile <= 0:
        return f"none of the {futures:,} simulated futures was lower"
    if percentile >= 1:
        return f"all of the {futures:,} simulated futures were lower"
    return f"{number(percentile, 'share')} of the futures were lower"


def luck(found: Attribution) -> str:
    """How many flags luck alone gives."""
    flags = found.flags
    said = (
        f"{flags.found} of the {flags.tested} causes are flagged: they lie further out than luck alone puts one in "
        f"{1 - flags.level:.0%} of the futures."
    )
    if not flags.found:
        return f"None of the {flags.tested} causes lies further out than luck alone puts it."
    often = f"in {flags.as_many:.0%} of the futures" if flags.as_many >= 0.005 else "in hardly any future"
    return f"{said} By luck it would be {flags.expected:.1f} of them on average, and {flags.found} or more {often}."


def claim(found: Attribution) -> list[str]:
    """The field's claim, as the futures of the model have it."""
    lines = []
    for row in found.dominated.reset_index().to_dict("records"):
        if row["futures"] == 0:
            continue
        words = f"In {row['share']:.0%} ({row['low']:.0%} to {row['high']:.0%})"
        lines.append(
            f"{words} of the {int(row['futures']):,} futures with {TITLES[row['measure']]} {row['depth']}, milestones "
            "not reached are the largest loss."
        )
    return lines


@drawn
def causes(found: Attribution) -> Figure:
    """Draw every row beside the range of luck."""
    table = found.table.iloc[::-1]
    figure = new_figure(1.4 + 0.42 * len(table))
    ax = figure.subplots()
    places = range(len(table))
    ax.barh(
        places, table["P90"] - table["P10"], left=table["P10"], color="#d9d9d9", height=0.7,
        label="8 of 10 futures",
    )  # fmt: skip
    for flagged, colour, label in ((False, BLUE, "what happened"), (True, RED, "what happened, flagged")):
        rows = [place for place in places if bool(table["flag"].iloc[place]) is flagged]
        if rows:
            ax.plot(table["amount"].iloc[rows], rows, "o", color=colour, markersize=6, label=label)
    ax.axvline(0, color=MUTED, linewidth=0.8)
    ax.set_yticks(list(places), [two_lines(str(one), 32) for one in table["title"]])
    ax.margins(x=0.06)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.set_xlabel(f"{found.currency} a year")
    ax.grid(axis="y", visible=False)
    figure.legend(loc="outside lower center", ncols=2)
    title(figure, "Causes of the difference, and what luck does to each")
    return figure


def attribution_page(found: Attribution, name: str) -> Page:
    """The page."""
    money: dict[str, Any] = {"unit": "money", "currency": found.currency}
    totals = [
        (
            TITLES[str(measure)], number(row["expected"], **money), span(row["P10"], row["P90"], **money),
            number(row["actual"], **money), _money(float(row["miss"]), found), number(row["percentile"], "share"),
        )
        for measure, row in found.totals.iterrows()
    ]  # fmt: skip
    return Page(
        title=f"Why {name} came out as it did",
        description="",
        subtitle=f"Up to {day(found.until)}; against {found.futures:,} futures of the forecast",
        headline=answer(found),
        points=[luck(found)],
        objectives=(),
        hint="A percentile near 0% or 100% is rare by luck alone.",
        notices=list(found.notes),
        sections=[
            Section("totals", "The miss", [
                Table(("", "expected", "8 of 10 futures", "actual", "difference", "futures below"), totals),
            ]),
            Section("causes", "Its causes", [
                Picture(Markup(svg(causes(found), "causes")), "Every cause with the range of luck."),
                Table(CAUSES, cause_rows(found), words=(0, 4)),
            ]),
            Section("claim", "Does a miss mean milestones not reached?", [
                *(Text(line) for line in claim(found)),
                Text("This is what the model says of misses by luck and assumptions; it is not presumed above."),
            ]),
            Section("method", "How the miss is shared out", [Text(RULE), Text(luck_method(found))]),
        ],
        footer="The same numbers for a program: causes.csv, totals.csv, claim.csv.",
        kind="Attribution",
    )  # fmt: skip


def luck_method(found: Attribution) -> str:
    """How flags are counted."""
    return (
        "Every future of the forecast is attributed in the same way, as if it had happened. A row is flagged when at "
        f"most {found.flags.level:.0%} of the futures are as far out on either side. The flags of luck are counted "
        "over those futures, so it matters not that rows move together; p_all in causes.csv is the share of them in "
        "which any row is as far out (Westfall and Young 1993)."
    )
