"""The worklist as a file with the organisation's own ids, and a page without them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simulation.evidence.worklist import LABEL
from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.page import Page, Section, Table, Text, rendered
from simulation.report.words import day, listed, name, number, span

if TYPE_CHECKING:
    from simulation.evidence.worklist import Worklist

__all__ = ["SUMMARY_COLUMNS", "summary_rows", "worklist_page", "write_worklist"]

SUMMARY_COLUMNS = ("intervention", "members", "team hours", "expected gain", "95% interval", "gain for an hour")
GAINS = {"revenue": "recurring revenue", "arr": "ARR at the end"}


def write_worklist(found: Worklist, title: str, folder: Path) -> None:
    """Write worklist.csv (with ids: the user's own file), summary.csv and report.html."""
    write_csv(folder / "worklist.csv", found.table.set_index(["intervention", "rank"]))
    write_csv(folder / "summary.csv", found.summary)
    write_bytes(folder / "report.html", rendered(worklist_page(found, title)).encode())


def summary_rows(found: Worklist) -> list[tuple[str, ...]]:
    """Rows in `SUMMARY_COLUMNS`."""
    money = found.currency
    rows: list[tuple[str, ...]] = []
    for row in found.summary.reset_index().to_dict("records"):
        rows.append((
            name(str(row["intervention"])), f"{int(row['members']):,}", number(row["hours"], "hours"),
            number(row["expected"], "money", money), span(row["low"], row["high"], "money", money),
            number(row["per_hour"], "money", money) if row["hours"] > 0 else "needs no team",
        ))  # fmt: skip
    return rows


def worklist_page(found: Worklist, title: str) -> Page:
    """The page: what the lists are worth, by intervention and by who is on them; no ids."""
    parts = []
    for intervention, table in found.table.groupby("intervention", sort=False):
        rows = []
        for (segment, stage, course), own in table.groupby(["segment", "stage", "course"], sort=False):
            hours = float(own["hours"].sum())
            rows.append((
                name(str(segment)), str(stage), str(course), f"{len(own):,}", number(hours, "hours"),
                number(float(own["expected"].mean()), "money", found.currency),
                number(float(own["expected"].sum()) / hours, "money", found.currency) if hours > 0 else "",
            ))  # fmt: skip
        columns = ("segment", "stage", "course", "members", "team hours", "gain of each", "gain for an hour")
        parts.append(Table(columns, rows, words=(0, 1, 2), caption=name(str(intervention))))
    held = int(found.table.drop_duplicates("member_id")["holdout"].sum())
    people = found.table["member_id"].nunique()
    worth = found.summary[found.summary["low"] > 0].index.tolist()
    headline = (
        f"{listed([name(str(one)) for one in worth])} clearly gain{'s' if len(worth) == 1 else ''} "
        f"{GAINS[found.gain]} for those listed, by the model."
        if worth
        else f"No intervention clearly gains {GAINS[found.gain]} for those listed, by the model."
    )
    return Page(
        title=title,
        description="",
        subtitle=f"Gain in {GAINS[found.gain]} until {day(found.until)}; {found.futures:,} futures with and without",
        headline=headline[0].upper() + headline[1:],
        points=[f"{held:,} of {people:,} members are marked as a random holdout: leave them alone, to test the list."],
        objectives=(),
        hint="",
        notices=[f"Everything here is {LABEL}."],
        sections=[
            Section("summary", "What each list is worth", [Table(SUMMARY_COLUMNS, summary_rows(found))]),
            Section("who", "Who is on it", parts),
            Section("method", "How members are ranked", [
                Text(
                    "By what is gained, not by who is at risk: each member lives every future twice, with the whole "
                    "plan and with the plan less the intervention, with the same luck. Who gains more for an hour of "
                    "the team comes first. A single member's gain is uncertain, and the largest of many uncertain "
                    "numbers is too large: members are ranked by a gain that is drawn toward the mean of like members "
                    "(same segment, stage and course) by its own uncertainty; gain, low and high in the file are not. "
                    "Both the effect and where members stand come from the scenario."
                )
            ]),
        ],
        footer="Member by member: worklist.csv. It has your own ids: treat it as such.",
        kind="Worklist",
    )  # fmt: skip
