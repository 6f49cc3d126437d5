"""Asks a person at a terminal to confirm proposals, group by group."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulation.cli.screen import BadInput, Screen

if TYPE_CHECKING:
    from simulation.intake import Mapping, Proposal, Question

__all__ = ["asked_totals", "confirmed"]


def confirmed(proposal: Proposal, screen: Screen, read: Callable[[Question, str], Any]) -> Mapping:
    """Show every proposal with its reason, let a person change some, and ask what is open.

    Parameters
    ----------
    read
        Turns what was typed into the value of an answer; raises BadInput.
    """
    done: set[str] = set()
    while True:
        groups = _groups(proposal)
        title = next((one for one in groups if one not in done), None)
        if title is None:
            return proposal.mapping()
        several = groups[title]
        screen.table(title, ("no", "question", "proposal", "why"), _rows(several), text=(1, 2, 3))
        still = [one for one in several if one.proposal is None]
        if still:
            _ask(proposal, still[0], screen, read)
            continue
        typed = _typed("All right? Enter to go on, or the number of one to change: ")
        if not typed:
            done.add(title)
        elif typed.isdigit() and 0 < int(typed) <= len(several):
            _ask(proposal, several[int(typed) - 1], screen, read)
        else:
            screen.show(f"expected a number from 1 to {len(several)}")


def _groups(proposal: Proposal) -> dict[str, list[Question]]:
    """The questions by file; those about all files last."""
    groups: dict[str, list[Question]] = {}
    for one in proposal.questions:
        name = proposal.sheets[one.path[1]].path.name if one.path[0] == "files" else "All files"
        groups.setdefault(name, []).append(one)
    if "All files" in groups:
        groups["All files"] = groups.pop("All files")
    return groups


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
        typed = _typed(f"{question.text} ")
        if not typed:
            continue
        try:
            proposal.answer(question, read(question, typed))
        except BadInput as error:
            screen.show(str(error))
            continue
        return


def asked_totals() -> list[str]:
    """Control totals of all members, as `--total` takes them; what is left out is not checked."""
    members = _typed("How many members should there be? Enter to leave it out: ")
    arr = _typed("How much do they pay a year, all together? Enter to leave it out: ")
    return [f"{name}={text}" for name, text in (("members", members), ("arr", arr)) if text]


def _typed(text: str) -> str:
    try:
        return input(text).strip()
    except EOFError:
        raise BadInput("the import ended before every question was answered; nothing is written") from None
