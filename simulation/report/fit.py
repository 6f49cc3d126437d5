"""What a history tells about the assumptions, as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from simulation.evidence.fit.matter import LATER
from simulation.report.page import Page, Picture, Section, Table, Text
from simulation.report.style import BLUE, MUTED, drawn, new_figure, svg, title
from simulation.report.words import day

if TYPE_CHECKING:
    from simulation.evidence.fit import Fit, Quantity

__all__ = ["fit_page", "interval", "narrowing", "shown", "warnings"]


def shown(one: Quantity, value: float) -> str:
    """A value of a fitted number, to three digits in the first unit of its kind."""
    if one.kind is None:
        return f"{value:.3g}"
    if one.kind.name == "money":
        return f"{value / 100:,.2f}"
    unit, size = next(((text, size) for text, size in one.kind.candidates if size > 0), ("", 1.0))
    return f"{value / size:.3g}{unit}" if unit.startswith("%") else f"{value / size:.3g} {unit}".strip()


def interval(one: Quantity) -> str:
    """The 90% interval in words."""
    return _between(one, one.low, one.high)


def _between(one: Quantity, low: float, high: float) -> str:
    """Two values, with their unit once."""
    first, last = shown(one, low), shown(one, high)
    unit = last.lstrip("+-.,e0123456789")
    return f"{first.removesuffix(unit)} to {last}"


TOLD_BY = {"seen": "directly", "simulated": "simulation", "prior": "prior"}
DOES = {"renewals": "renewing", "milestones": "reaching the next milestone within a month"}


def _after(event: str) -> str:
    return f"In the {event} of the record" if event == LATER else f"In the half year after '{event}'"


def warnings(found: Fit) -> list[str]:
    """What the fitted scenario does not explain; nothing where luck suffices."""
    lines = []
    if found.unknown_events:
        words = ", ".join(f"{count:,} x {word}" for word, count in found.unknown_events.items())
        lines.append(f"The history has events that the scenario has no mechanism for: {words}.")
    for one in found.matters:
        if one.telling:
            lines.append(
                f"{_after(one.event)}, the odds of {DOES[one.what]} are {one.ratio:.2g} times those of others in the "
                f"same place ({one.z:+.0f} standard deviations): the scenario cannot explain that."
            )
    if found.surprises or found.latent.further <= 0.02:
        worst = found.latent.surprises()[0][0]
        lines.append(
            f"The fitted scenario does not explain the history: {found.latent.further:.0%} of simulated histories are "
            f"as far from their middle; {len(found.surprises)} of {len(found.latent.names)} summaries are off by more "
            f"than luck, most of all: {worst}."
        )
    if lines:
        lines.append(
            "A mechanism is missing or a number that was not fitted is wrong; the intervals do not count that."
        )
    return lines


@drawn
def narrowing(found: Fit) -> Figure:
    """Draw how much of each prior's spread the history leaves."""
    told = sorted((one for one in (*found.identified, *found.quantities) if np.isfinite(one.left)),
                  key=lambda one: one.left)  # fmt: skip
    figure = new_figure(1.0 + 0.26 * len(told))
    ax = figure.subplots()
    places = range(len(told))
    ax.barh(places, [min(one.left, 1.2) for one in told],
            color=[MUTED if one.how == "prior" else BLUE for one in told], height=0.62)  # fmt: skip
    ax.set_yticks(places, [one.name.removeprefix("segments.") for one in told], fontsize=8)
    ax.invert_yaxis()
    ax.axvline(1.0, color=MUTED, linewidth=1.0)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_xlabel("spread left, of the prior's")
    ax.grid(axis="y", visible=False)
    title(figure, "What the history tells, and what it leaves open")
    return figure


def _matters(found: Fit) -> list[Table | Text]:
    """What members do after events without mechanism and later on, and what cannot be seen at all."""
    rows = [
        [_after(one.event), DOES[one.what], f"{one.ratio:.2f}", f"{one.z:+.1f}", f"{one.seen:,}"]
        for one in found.matters
    ]
    parts: list[Table | Text] = []
    if rows:
        parts.append(Table(("when", "odds of", "beside others", "standard deviations", "cases"), rows, words=(0, 1)))
    parts.append(
        Text(
            "Others in the same place: at the same renewal and as far in adoption, or as long on the way to the same "
            "milestone. Beyond 3 it is no luck. What turns members without leaving a row, such as setbacks that nobody "
            "wrote down or shifts of what members want, looks like a wider spread of directions, and no fit can tell "
            "the two apart."
        )
    )
    return parts


def fit_page(found: Fit) -> Page:
    """The page on a fit."""
    heads = ("number", "fitted", "90% interval", "before", "told by")
    rows = [
        [one.name.removeprefix("segments."), shown(one, one.median), interval(one),
         _between(one, one.prior_low, one.prior_high) if np.isfinite(one.prior_low) else "",
         TOLD_BY[one.how]]
        for one in (*found.quantities, *found.identified)
    ]  # fmt: skip
    worst = [[name, f"{z:+.1f}"] for name, z in found.latent.surprises()[:12]]
    told = sum(one.how != "prior" for one in found.quantities)
    notices = warnings(found)
    if found.share < 1:
        notices.append(f"A stratified sample of {found.share:.0%} of the members was looked at.")
    if found.nowhere:
        notices.append(f"{found.nowhere:,} members were there already, and no row `joined` says since when: left out.")
    notices += [f"{path.removeprefix('segments.')} stays prior: {why}." for path, why in found.kept.items()]
    sections = [
        Section("numbers", "Fitted numbers", [
            Picture(Markup(svg(narrowing(found), "narrowing")), "Share of each prior's spread that is left.",
                    "Blue: told by the history; grey: hardly told."),
            Table(heads, rows, words=(0, 4)),
        ]),
        Section("misfit", "What the fitted scenario explains least", [
            Table(("summary of the history", "standard deviations off"), worst),
            Text("Luck alone puts one in twenty beyond 2, and hardly any beyond 3.5."),
            *_matters(found),
        ]),
        Section("method", "How this was found", [
            Text(
                "What is seen (members joining, ARR, service times) is estimated directly. What nobody sees is found "
                f"by simulation: {found.latent.trials:,} histories like this one were simulated at different "
                "assumptions, first anywhere in the priors, then near the answer, and their summaries (shares that "
                "reached each milestone in time, renewals by year, adoption and recent progress, takes, usage) were "
                "regressed on the assumptions. Intervals of 90% held "
                f"{found.latent.coverage:.0%} of the assumptions of simulated histories that were held out, after "
                f"their spread was scaled by {found.latent.scale:g}."
            ),
            Text(
                "The typical magnitude is 1 and the typical direction lies within 0 and 90 degrees: neither the scale "
                "nor the sign of a vector can be told. tau is the work of a milestone over the mean velocity "
                "(months); CV is the velocity's standard deviation over its mean; D is CV times the square root of "
                "the time (months) over which a velocity lasts. Of members who were there when the record began, what "
                "nobody saw is drawn anew in every simulated history, for a member of that segment, tenure and "
                "milestone who is still there."
            ),
        ]),
    ]  # fmt: skip
    return Page(
        title="What the history tells",
        description=found.scenario.name,
        subtitle=f"{found.members:,} members, {day(found.start)} to {day(found.end)}: {found.joined:,} joined and "
        f"{found.present:,} were there",
        headline=f"The history narrows {told} of {len(found.quantities)} fitted numbers; the others keep about their "
        "priors.",
        points=[],
        objectives=(),
        hint="Intervals hold 90%. The numbers go together: the draws beside this page set them jointly.",
        notices=notices,
        sections=sections,
        footer=f"History: sha256 {found.fingerprint}.",
        kind="Fit",
    )
