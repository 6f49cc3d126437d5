"""Proposes how some exports are read, with the reason of every guess, and asks where there is nothing to guess by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulation.intake.layout import columns, find_kinds, ids
from simulation.intake.meanings import begin, journey, meanings
from simulation.intake.profile import columns_of
from simulation.intake.proposal import Draft, Path, Proposal, Question
from simulation.intake.sheet import Sheet

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["Proposal", "Question", "propose"]


def named(sheets: Sequence[Sheet]) -> dict[str, Sheet]:
    """Exports by plain names; two that share one are numbered."""
    result: dict[str, Sheet] = {}
    for sheet in sheets:
        name, number = sheet.name, 2
        while name in result:
            name, number = f"{sheet.name}_{number}", number + 1
        result[name] = sheet
    return result


def propose(
    sheets: Sequence[Sheet],
    scenario: Scenario | None = None,
    *,
    exported: dt.date,
    given: Mapping[Path, Any] | None = None,
) -> Proposal:
    """Propose how some exports are read.

    Parameters
    ----------
    sheets
        What `read_sheet` read.
    scenario
        Its segments, milestones and interventions are looked for; without one they are proposed too.
    exported
        Day of the export: hardly anything that has happened is later.
    given
        Answers that are certain, by the path of their question.

    Raises
    ------
    ScenarioError
        No export holds the members.
    """
    by_name = named(sheets)
    found = {name: columns_of(sheet) for name, sheet in by_name.items()}

    def again(given: dict[Path, Any]) -> Proposal:
        draft = Draft(by_name, found, scenario, exported, given)
        find_kinds(draft)
        for name in by_name:
            columns(draft, name)
        ids(draft)
        for name in by_name:
            meanings(draft, name)
        journey(draft)
        begin(draft)
        return Proposal(draft.tree, draft.questions, by_name, draft.notes, given, again)

    return again(dict(given or {}))
