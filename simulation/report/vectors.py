"""Where the members stand, as a page, figures and tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from simulation.report.csvfile import write_bytes, write_csv
from simulation.report.page import Page, Picture, Section, Table, Text, rendered
from simulation.report.reliability import HEADS, reliability_curves, reliability_rows, reliable
from simulation.report.style import BLUE, GREEN, MUTED, ORANGE, RED, drawn, new_figure, png, svg, title
from simulation.report.words import day, name

if TYPE_CHECKING:
    from simulation.evidence.filter import Reliability, Vectors

__all__ = ["COURSES", "chance_counts", "course_shares", "courses", "next_milestones", "vectors_page", "write_vectors"]

COURSES = (("on_track", "on track", GREEN), ("drifting", "drifting", ORANGE), ("away", "away", RED))


def write_vectors(found: Vectors, folder: Path, checked: Reliability | None = None) -> None:
    """Write vectors.csv, book.parquet, report.html and the figures; of a check reliability.csv and its figure."""
    write_csv(folder / "vectors.csv", found.table)
    found.book_table().to_parquet(folder / "book.parquet", index=False)
    write_bytes(folder / "courses.png", png(courses(found)))
    write_bytes(folder / "next_milestones.png", png(next_milestones(found)))
    if checked is not None:
        write_csv(folder / "reliability.csv", checked.table)
        write_bytes(folder / "reliability.png", png(reliability_curves(checked)))
    write_bytes(folder / "report.html", rendered(vectors_page(found, checked)).encode())


@drawn
def courses(found: Vectors) -> Figure:
    """Draw the share of each segment that is on track, drifting and away, by milestone ahead."""
    table = course_shares(found)
    figure = new_figure(1.1 + 0.42 * len(table))
    ax = figure.subplots()
    for place, row in enumerate(table.to_dict("records")):
        left = 0.0
        for column, label, colour in COURSES:
            share = float(row[column])
            ax.barh(place, share, left=left, color=colour, height=0.66, label=label if place == 0 else None)
            if share >= 0.08:
                ax.text(left + share / 2, place, f"{share:.0%}", ha="center", va="center", color="white", fontsize=9)
            left += share
    ax.set_yticks(range(len(table)), [f"{row['label']} ({row['members']:,})" for row in table.to_dict("records")])
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_xlabel("share of members")
    ax.grid(visible=False)
    figure.legend(loc="outside lower center", ncols=3)
    title(figure, "Course, by the last milestone reached")
    return figure


def course_shares(found: Vectors) -> pd.DataFrame:
    """Share of the members on each course, by segment and last milestone reached, in the order of the journeys.

    Returns
    -------
    DataFrame
        label, segment, milestone ("" where it is not known, "none" before the first), members, and a column for each
        of `COURSES`.
    """
    parts = {
        (str(segment), str(milestone)): rows
        for (segment, milestone), rows in found.table.groupby(["segment", "milestone"], observed=True)
    }
    several = found.table["segment"].nunique() > 1
    rows = []
    for segment, names in found.journeys.items():
        for milestone in ("", "none", *names):
            part = parts.get((segment, milestone))
            if part is not None:
                words = {"none": "none yet", "": "not known"}.get(milestone, milestone.replace("_", " "))
                shares = {column: float(part[column].mean()) for column, _, _ in COURSES}
                label = f"{name(segment)}: {words}" if several else words
                rows.append(
                    {"label": label, "segment": segment, "milestone": milestone, "members": len(part), **shares}
                )
    return pd.DataFrame(rows)


def chance_counts(found: Vectors) -> pd.DataFrame:
    """How many members have which chance, in tenths: columns low, next_90 and renews."""
    edges = np.linspace(0, 1, 11)
    counts = {name: np.histogram(found.table[name].dropna(), edges)[0] for name in ("next_90", "renews")}
    return pd.DataFrame({"low": edges[:-1], **counts})


@drawn
def next_milestones(found: Vectors) -> Figure:
    """Draw how many members have which chance to reach their next milestone within 90 days, and to renew."""
    figure = new_figure(2.9)
    left, right = figure.subplots(1, 2, sharey=True)
    bins = np.linspace(0, 1, 11)
    for ax, column, colour, label in (
        (left, "next_90", BLUE, "next milestone\nwithin 90 days"),
        (right, "renews", GREEN, "renewing at the\nnext renewal"),
    ):
        ax.hist(found.table[column].dropna(), bins=list(bins), color=colour, edgecolor="white", linewidth=0.6)
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        ax.set_xlabel(f"chance of {label}")
        ax.grid(axis="x", visible=False)
        ax.axvline(float(found.table[column].mean()), color=MUTED, linewidth=1.2)
    left.set_ylabel("members")
    title(figure, "Chances, member by member (line: mean)")
    return figure


def vectors_page(found: Vectors, checked: Reliability | None = None) -> Page:
    """The page on where the members stand, and how reliable that is: no ids, those are in the table."""
    table = found.table
    shares = {column: float(table[column].mean()) for column, _, _ in COURSES}
    soon = float(table["next_90"].sum())
    points = [
        f"About {soon:,.0f} of {int(table['next_90'].notna().sum()):,} members reach their next milestone within "
        "90 days.",
        f"On average a member renews with a chance of {float(table['renews'].mean()):.0%} at its next renewal.",
    ]
    notices = []
    if len(found.unexplained):
        notices.append(
            f"{len(found.unexplained):,} members have something in their history that the scenario holds impossible."
        )
    rows = [_row(str(segment), part) for segment, part in table.groupby("segment", observed=True)]
    sections = [
        Section("courses", "Course", [
            Picture(Markup(svg(courses(found), "courses")), "Shares of each course by last milestone reached."),
            Picture(Markup(svg(next_milestones(found), "next")), "How members spread over both chances."),
            Table(("segment", "members", "on track", "drifting", "away", "next milestone in 90 days", "renew"), rows),
        ]),
        *_reliability(checked),
        Section("method", "How this was found", [
            Text(
                "Nobody sees a member's direction and pace. They are inferred from what happened: when milestones were "
                "reached or are still ahead, renewals, setbacks, what was delivered, and usage where the history has "
                f"it. {found.particles:,} weighted copies of each member live by the scenario's own rules (a particle "
                "filter); those that explain its history count more. On track: less than 45 degrees off its Desired "
                "Outcome; away: 90 degrees or more. The chances hold as far as the scenario does; what the scenario "
                "does for members goes on in them."
            ),
            Text(
                f"Effective number of copies: median {float(table['ess'].median()):,.0f}, least "
                f"{float(table['ess'].min()):,.0f}. Few means that the history is surprising for the scenario."
            ),
        ]),
    ]  # fmt: skip
    return Page(
        title="Where the members stand",
        description="",
        subtitle=f"{len(table):,} members on {day(found.as_of)}",
        headline=f"{shares['on_track']:.0%} of {len(table):,} members are on track, {shares['drifting']:.0%} are "
        f"drifting and {shares['away']:.0%} head away.",
        points=points,
        objectives=(),
        hint="Shares are means of each member's probability.",
        notices=notices,
        sections=sections,
        footer="Member by member: vectors.csv.",
        kind="Members",
    )


def _reliability(checked: Reliability | None) -> list[Section]:
    if checked is None:
        return []
    figure = Markup(svg(reliability_curves(checked), "reliability"))
    return [
        Section("reliability", "Do stated chances come true?", [
            Text(reliable(checked)),
            Picture(figure, "On the line: what was stated. Each point is a tenth of the members."),
            Table(HEADS, reliability_rows(checked)),
        ])
    ]  # fmt: skip


def _row(segment: str, part: pd.DataFrame) -> list[str]:
    return [
        segment,
        f"{len(part):,}",
        *(f"{float(part[column].mean()):.0%}" for column, _, _ in COURSES),
        f"{float(part['next_90'].sum()):,.0f}",
        f"{float(part['renews'].mean()):.0%}",
    ]
