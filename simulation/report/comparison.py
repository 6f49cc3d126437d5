"""Write the report of a comparison: tables, figures and one page that opens anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from simulation.experiment.payback import Payback, payback
from simulation.report import comparison_sections as sections
from simulation.report.album import Album
from simulation.report.background import Background
from simulation.report.borrowed import borrowed_section, borrowed_table
from simulation.report.comparison_board import comparison_board
from simulation.report.comparison_words import verdict
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.definitions import DEFINITIONS
from simulation.report.page import Block, Facts, Page, Section, Text, rendered
from simulation.report.twins import benefits_section, twin_tables
from simulation.report.words import day, name

if TYPE_CHECKING:
    from simulation.experiment.borrowed import Borrowed
    from simulation.experiment.comparison import Comparison
    from simulation.experiment.twins import Twins

__all__ = ["write_comparison"]

FEW = 100
"""Below so many futures the ends of ranges are rough."""


def write_comparison(
    comparison: Comparison,
    folder: Path,
    *,
    measure: str = "contribution",
    spans: Mapping[str, int] | None = None,
    twins: Mapping[str, Twins] | None = None,
    rests_on: Mapping[str, Borrowed] | None = None,
    warnings: Sequence[str] = (),
    background: Background | None = None,
) -> list[Path]:
    """Write report.html, tables/*.csv and figures/*.png; each file appears complete or not at all.

    Parameters
    ----------
    comparison
        What to report.
    folder
        Where to; made when it does not exist.
    measure
        What is decided by.
    spans
        Other spans to compare over, as days from the start by name.
    twins
        Effects on members, of each alternative.
    rests_on
        What the difference of each alternative rests on.
    warnings
        What was noticed about the scenarios.
    background
        What lies beside: the track record.

    Returns
    -------
    list of Path
        The files written, report.html first.
    """
    folder = Path(folder)
    album, currency = Album(), comparison.base.frame.currency
    results = {one: payback(comparison, one) for one in comparison.alternatives}
    best = comparison.best(measure)
    said = verdict(comparison, measure, results, best)
    timed, over = sections.spans(comparison, spans or {}, album)
    working, work = sections.work(comparison, album)
    decided, deciding = sections.decided_by(comparison, measure)
    parts: list[Section | str] = [
        Section("words", "In words", [Text(one) for one in (*said.points, *said.objectives)]),
        sections.differences(comparison, album),
        sections.money(comparison, results, album),
        sections.best_section(comparison, best, measure, album),
        timed,
        sections.over_time(comparison, album),
        sections.segments(comparison),
        benefits_section(twins or {}, currency, album),
        working,
    ]
    checks = [decided, borrowed_section(rests_on or {}, measure, currency)]
    left_out = [part for part in (*parts, *checks) if isinstance(part, str)]
    frame, facts = comparison.base.frame, comparison.base.facts
    others = ", ".join(one.facts.name for one in comparison.alternatives.values())
    page = Page(
        title=facts.name,
        description=f"Compared with: {others}",
        subtitle=f"{day(frame.start)} to {day(frame.start + timedelta(days=frame.days - 1))}, "
        f"{comparison.replications:,} simulated futures of each scenario, money in {frame.currency}",
        headline=said.headline,
        points=(),
        objectives=(),
        hint="Differences are taken between two lives of the same people with the same luck.",
        notices=[*_few(comparison), *warnings],
        sections=[part for part in parts if isinstance(part, Section)],
        footer=f"Made by membersim {comparison.base.version} with seed {comparison.base.seed}. "
        "A comparison says what follows from its assumptions; it does not know the future.",
        kind="Comparison",
        board=comparison_board(comparison, measure, results, said.decided, rests_on or {}, background or Background()),
        appendix=[*(part for part in checks if isinstance(part, Section)), _method(comparison, left_out)],
    )
    files = [folder / "report.html"]
    write_bytes(files[0], rendered(page).encode())
    tables = {
        "differences": comparison.table(),
        "by_segment": comparison.by_part("segment", sections.BY_SEGMENT),
        "objectives": comparison.objectives(),
        "payback": _paybacks(results),
        "work": work,
        "over_spans": over,
        "deciding": deciding,
        "rests_on": borrowed_table(rests_on or {}),
        **twin_tables(twins or {}),
    }
    for key, table in tables.items():
        if not table.empty:
            files.append(folder / "tables" / f"{key}.csv")
            write_csv(files[-1], table)
    return [*files, *album.write(folder / "figures")]


def _few(comparison: Comparison) -> list[str]:
    if comparison.replications >= FEW:
        return []
    return [f"Only {comparison.replications} futures of each scenario were simulated: the ends of ranges are rough."]


def _paybacks(results: Mapping[str, Payback]) -> pd.DataFrame:
    tables = [one.table.assign(alternative=alternative) for alternative, one in results.items()]
    return pd.concat(tables).set_index("alternative", append=True).swaplevel()


def _method(comparison: Comparison, left_out: Sequence[str]) -> Section:
    facts = [
        ("Futures", "Future number i of every scenario has the same random numbers, keyed by person, decision and "
                    "occasion: who is there in both meets the same luck. Futures 2i and 2i + 1 share a draw of the "
                    "assumptions, and an assumption that both scenarios state is drawn alike."),
        ("95% intervals", "Of the mean difference: t interval of the means over draws of the assumptions. Of "
                          "probabilities: Wilson (1927). Of the difference of two chances: at least that of Agresti "
                          "and Min (2005), over the futures in which both can be judged. Of the return: Fieller "
                          "(1954)."),
        ("Pairing", "(variance of the base + variance of the alternative) / variance of the difference, each of the "
                    "means over draws of the assumptions; its interval is a jackknife of its logarithm."),
        ("Best of several", "Intervals against the best other scenario, jointly at 95% (Hsu 1984; Nelson and Matejcik "
                            "1995, with the bound of Clark and Yang that holds for unequal variances)."),
        ("Further futures", "((t + z) s / d)² points for a difference d with standard deviation s, z for a chance of "
                            "80%: an estimate that takes the difference for what it is now."),
    ]  # fmt: skip
    blocks: list[Block] = [
        Facts(facts, caption="How it was computed"),
        Facts(list(DEFINITIONS.items()), caption="Definitions"),
    ]
    if left_out:
        blocks.append(Text("Left out: " + " ".join(left_out)))
    blocks.append(
        Facts([(name(key), f"{one.facts.name}, {one.facts.digest[:12]}") for key, one in comparison.forecasts.items()],
              caption="Scenarios and their digests")
    )  # fmt: skip
    return Section("method", "Method", blocks)
