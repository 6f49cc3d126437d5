"""The sections on members: the way through the journey, on and off track, renewal by number of terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulation.report.curves import ENOUGH, RenewalTerms, renewal_terms
from simulation.report.gallery import Gallery
from simulation.report.page import Block, Cell, Section, Table, Text
from simulation.report.words import MISSING, name, number, span

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["adoption", "course", "renewal"]

OWN_SCALE = "Each panel has its own scale."
TERMS = (1, 2, 3, 5, 10)
"""Renewals whose rates are printed; the figure and the table's file have all."""


def adoption(forecast: Forecast, gallery: Gallery) -> Section | str:
    """Members by stage over time, and how soon joiners complete adoption."""
    if not forecast.frame.milestones:
        return "Time in adoption: the scenario has no journey."
    blocks: list[Block] = [
        Text(
            "A member is in the stage of the next milestone to reach: adoption until the last adoption milestone is "
            "reached, then value, then growth; complete after the last milestone."
        )
    ]
    blocks += gallery.picture("stages", "Fan charts of the number of members in each stage of the journey.", OWN_SCALE)
    blocks += gallery.picture(
        "first_value",
        "Share of joiners that has completed adoption 30, 60, 90, 180 and 365 days after joining, with intervals.",
        "Of the members who join within the horizon and are observed for so many days. Bars: 95% interval.",
    )
    table = forecast.first_value()
    if "first_value" in gallery:
        rows: list[list[Cell | str]] = []
        for segment in dict.fromkeys(table.index.get_level_values("segment")):
            part = table.loc[segment]
            cells = [
                Cell(number(row["share"], "share"), span(row["low"], row["high"], "share"))
                if row["observed"] > 0
                else Cell(MISSING, "not observed so long")
                for _, row in part.iterrows()
            ]
            rows.append([name(str(segment)), *cells])
        columns = ["Segment", *(f"{days} days" for days in dict.fromkeys(table.index.get_level_values("days")))]
        caption = "Adoption complete within so many days of joining (95% interval)"
        blocks.append(Table(columns, rows, caption=caption, narrow=True))
    else:
        blocks.append(Text("No member joins and is observed long enough to say how soon joiners complete adoption."))
    return Section("adoption", "Time in adoption", blocks)


def course(gallery: Gallery) -> Section | str:
    """Members on track, drifting and away over time."""
    if "courses" not in gallery:
        return "On track, drifting, away: there are no members in any future."
    text = Text(
        "On track: heading less than 45 degrees off the Desired Outcome. Drifting: 45 to 90 degrees, so progress is "
        "slow. Away: 90 degrees or more, the distance grows. Members can be very active and yet drift."
    )
    pictures = gallery.picture("courses", "Fan charts of the number of members on track, drifting and away.", OWN_SCALE)
    return Section("course", "On track, drifting, away", [text, *pictures])


def renewal(forecast: Forecast, gallery: Gallery) -> Section | str:
    """Renewal by number of the term, and the curve that differences between members alone would give."""
    whole = renewal_terms(forecast)
    if whole is None:
        return "Renewal by number of terms: no renewal is decided within the horizon."
    blocks: list[Block] = [Text(_finding(whole))]
    blocks += gallery.picture(
        "renewal_by_term",
        "Renewal rate by number of the renewal with 95% intervals, and the beta-geometric curve beside it.",
        f"Terms with fewer than {ENOUGH} renewals decided in all futures together are not drawn.",
    )
    caption = f"Renewal by number; {number(whole.overall, 'share')} overall"
    columns = ["Renewal", "Simulated (95% interval)", "Decided in a future", "Differences between members alone"]
    blocks.append(Table(columns, _rows(whole), caption=caption, narrow=True))
    if len(forecast.frame.segments) > 1:
        blocks.append(_by_segment(forecast))
    return Section("renewal", "Renewal by number of terms", blocks)


def _rows(found: RenewalTerms) -> list[list[Cell | str]]:
    rows: list[list[Cell | str]] = []
    for term in TERMS:
        simulated, alone, decided = _at(found, term)
        rows.append([f"{term}.", simulated, number(decided, "count"), alone])
    return rows


def _by_segment(forecast: Forecast) -> Table:
    rows: list[list[Cell | str]] = []
    for segment in forecast.frame.segments:
        found = renewal_terms(forecast, segment)
        if found is not None:
            cells = [_at(found, term) for term in TERMS]
            texts = [Cell(rate.text, f"alone: {alone}") for rate, alone, _ in cells]
            rows.append([name(segment), number(found.overall, "share"), *texts])
    caption = "By segment: simulated renewal by its number, and what differences between members alone would give"
    return Table(["Segment", "Overall", *(f"{term}." for term in TERMS)], rows, caption=caption)


def _at(found: RenewalTerms, term: int) -> tuple[Cell, str, float]:
    """Return the simulated rate with its interval, that of the curve, and the renewals decided in a future."""
    alone = MISSING if found.curve is None else number(float(found.curve.rate(term)), "share")
    if term not in found.table.index:
        return Cell(MISSING, "none due"), alone, 0.0
    row = {key: float(found.table[key][term]) for key in ("won", "lost", "rate", "low", "high")}
    interval = span(row["low"], row["high"], "share") if np.isfinite(row["low"]) else ""
    return Cell(number(row["rate"], "share"), interval), alone, row["won"] + row["lost"]


def _finding(found: RenewalTerms) -> str:
    """Say what the figure shows, and why the two differ."""
    steady = found.steady["rate"]
    rates = {term: float(steady[term]) for term in range(1, 11) if term in steady.index}
    if not rates:
        return "Too few renewals are decided to say how renewal depends on the number of terms."
    first, last = min(rates), max(rates)
    text = f"At renewal number {first}, {number(rates[first], 'share')} of the members renew"
    text += f"; at number {last}, {number(rates[last], 'share')}. " if last > first else ". "
    if found.curve is None:
        return f"{text}There is no curve of lasting differences between members to put beside it: {found.why_not}."
    return (
        f"{text}The dashed curve goes through the same first and overall rate (with {found.curve.terms} terms of "
        "steady intake); it shows what lasting differences between members alone would do, as the better ones stay. "
        "Simulated rates also change because new members have not yet completed adoption and have seen no value, "
        "while those who stay have: where the points leave the curve, that is at work, and it can be managed."
    )
