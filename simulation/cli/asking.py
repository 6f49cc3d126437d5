"""Asks a person at a terminal to confirm proposals, group by group."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulation.cli.screen import BadInput, Screen

if TYPE_CHECKING:
    from simulation.intake import Mapping, Proposal, Question

__all__ = ["confirmed"]


def confirmed(proposal: Proposal, screen: Screen, read: Callable[[Question, str], Any]) -> Mapping:
    """Show every proposal with its reason, let a person change some, and ask what is open.

    Parameters
    ----------
    read
        Turns what was typed into the value of an answer; raises BadInput.
    """
    groups: dict[str, list[Question]] = {}
    for question in proposal.questions:
        groups.setdefault(" ".join(question.path[:2]) if question.path[0] == "files" else "all files", []).append(
            question
        )
    for title, several in groups.items():
        screen.table(title, ("no", "question", "proposal", "why"), _rows(several), text=(1, 2, 3))
        while True:
            still = [one for one in proposal.open if one.path in {each.path for each in several}]
            if still:
                _ask(proposal, still[0], screen, read)
                continue
            typed = _typed(screen, "All right? Enter to go on, or the number of one to change: ")
            if not typed:
                break
            if typed.isdigit() and 0 < int(typed) <= len(several):
                path = several[int(typed) - 1].path
                _ask(proposal, next(one for one in proposal.questions if one.path == path), screen, read)
            else:
                screen.show(f"expected a number from 1 to {len(several)}")
    return proposal.mapping()


def _rows(questions: list[Question]) -> list[tuple[str, str, str, str]]:
    return [
        (str(place), one.text, "?" if one.proposal is None else str(one.proposal) or "not used", one.why)
        for place, one in enumerate(questions, start=1)
    ]


def _ask(proposal: Proposal, question: Question, screen: Screen, read: Callable[[Question, str], Any]) -> None:
    """Ask one question until its answer can be read."""
    for place, (value, meaning) in enumerate(question.options, start=1):
        screen.show(f"  {place}. {meaning or value}")
    while True:
        typed = _typed(screen, f"{question.text} ")
        if not typed:
            continue
        try:
            proposal.answer(question, read(question, typed))
        except BadInput as error:
            screen.show(str(error))
            continue
        return


def _typed(screen: Screen, text: str) -> str:
    try:
        return input(text).strip()
    except EOFError:
        raise BadInput("the import ended before every question was answered; nothing is written") from None
