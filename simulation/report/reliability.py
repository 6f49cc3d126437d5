"""Stated chances beside what came: a figure, a table and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from simulation.report.style import BLUE, GREEN, MUTED, drawn, new_figure, title

if TYPE_CHECKING:
    from simulation.evidence.filter import Reliability

__all__ = ["HEADS", "reliability_curves", "reliability_rows", "reliable"]

TWO_ERRORS = 1.96
SHOWN = (
    ("next_90", "chance of\nthe next milestone\nwithin 90 days", BLUE),
    ("on_track", "chance of\nbeing on track", GREEN),
)
NAMES = {
    "on_track": "on track", "next_30": "next milestone in 30 days", "next_60": "in 60 days", "next_90": "in 90 days",
}  # fmt: skip
HEADS = ("chance", "stated, all", "came true", "stated, top tenth", "came true, top tenth", "error")


@drawn
def reliability_curves(found: Reliability) -> Figure:
    """Draw for ten groups of members the share that came true against the mean stated chance, with 95% bars."""
    figure = new_figure(3.7)
    axes = figure.subplots(1, len(SHOWN), sharey=True)
    for ax, (what, label, colour) in zip(axes, SHOWN, strict=True):
        rows = found.table[(found.table["what"] == what) & (found.table["tenth"] > 0)]
        ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, zorder=1)
        ax.errorbar(
            rows["stated"], rows["came"], yerr=TWO_ERRORS * rows["error"], fmt="o", color=colour, markersize=5,
            elinewidth=1.2, capsize=2.5, zorder=2,
        )  # fmt: skip
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:.0%}")
        ax.set_xlabel(f"stated {label}")
    axes[0].set_ylabel("share that came true\n(tenths of the members, 95% bars)")
    title(figure, "Do stated chances come true?")
    return figure


def reliability_rows(found: Reliability) -> list[list[str]]:
    """One row a chance: all members and the top tenth, the error in standard errors."""
    rows = []
    for what, label in NAMES.items():
        whole, top = found.tenth(what, 0), found.tenth(what, 10)
        shares = [f"{one[key]:.1%}" for one in (whole, top) for key in ("stated", "came")]
        rows.append([label, *shares, f"{top['z']:+.1f} standard errors"])
    return rows


def reliable(found: Reliability) -> str:
    """The answer in a sentence."""
    top = found.tenth("next_90", 10)
    held = "as stated" if abs(top["z"]) <= TWO_ERRORS else "not as stated"
    return (
        f"Of {found.members:,} simulated members the tenth with the best chances reached the next milestone within 90 "
        f"days in {top['came']:.1%} of cases, stated {top['stated']:.1%} (standard error {top['error']:.1%}): {held}."
    )
