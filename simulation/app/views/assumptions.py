"""What the scenario assumes: its story, and what is not known exactly, as ranges with source and owner."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from nicegui import ui

from simulation.app.desk import Desk
from simulation.app.views.words import Cell, about, table
from simulation.report.words import day, name, path_words
from simulation.scenario import Scenario
from simulation.scenario.ranges import Range, ranges

__all__ = ["show"]

EVIDENCE = {"own": "own data", "published": "published", "prior": "judgement"}


def show(desk: Desk) -> None:
    """Build the view."""
    place = ui.column().classes("wide")

    def fill() -> None:
        place.clear()
        with place:
            if desk.scenario is None:
                with ui.column().classes("empty"):
                    ui.icon("fact_check").classes("empty-icon")
                    ui.label("What does the plan rest on?").classes("title")
                    ui.label("Choose a scenario to see what it assumes, on whose word.").classes("muted")
            else:
                _scenario(desk.scenario, set(desk.turned))

    desk.on_change(fill)
    fill()


def _scenario(scenario: Scenario, turned: set[str]) -> None:
    ui.label(scenario.name).classes("headline")
    last = scenario.end - timedelta(days=1)
    ui.label(f"{day(scenario.start)} to {day(last)}, money in {scenario.currency}").classes("muted")
    if scenario.description:
        ui.label(scenario.description).classes("points")
    counted = Counter(str(one.evidence) for one in scenario.provenance.values())
    if counted:
        parts = [f"{counted[key]} {words}" for key, words in EVIDENCE.items() if counted[key]]
        said = ui.label(f"Numbers that say where they come from: {', '.join(parts)}.").classes("muted")
        about(said, "Own data: measured here. Published: somebody else's figure. Judgement: nobody's measurement.")
    with ui.column().classes("card"):
        ui.label("What is not known exactly").classes("title")
        found = ranges(scenario)
        if not found:
            ui.label("This scenario takes every number as certain. Only chance differs between its futures.").classes(
                "muted"
            )
            return
        ui.label("Eight of ten draws are within the range; half of them are above the middle.").classes("muted small")
        head = ("Number", "From", "Middle", "To", "Evidence", "Source", "Owner", "Review by")
        rows = [_row(one, one.path in turned) for one in found]
        ui.html(table(head, rows, "ranges stacks"), sanitize=False).classes("wide")


def _row(one: Range, turned: bool) -> list[Cell | str]:
    notes = [f"Drawn together with others: {name(one.together)}." if one.together else "", one.comment]
    notes += ["You have put one number in its place."] if turned else []
    source = "" if one.source.strip().lower() == one.evidence else one.source
    words = path_words(one.path)
    origin = (EVIDENCE.get(one.evidence, one.evidence), source, one.owner, one.review_by)
    return [
        Cell(words[:1].upper() + words[1:], " ".join(filter(None, notes))),
        *(Cell(text, kind="gone" if turned else "") for text in (one.low, one.middle, one.high)),
        *(Cell(text or "–", kind="words") for text in origin),
    ]
