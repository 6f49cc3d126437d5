"""A proposal of how exports are read: its questions, and what is known while it is made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulation.intake.cells import dates
from simulation.intake.mapping import Mapping, of_tree
from simulation.intake.people import keyed
from simulation.intake.profile import Column
from simulation.intake.sheet import Sheet
from simulation.scenario.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from simulation.scenario import Scenario

__all__ = ["Draft", "Path", "Proposal", "Question"]

SAID = "as you say"
Path = tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A proposal to confirm, or a question that only a person can answer.

    Attributes
    ----------
    path
        Where the answer goes in the mapping.
    text
        The question.
    options
        What can be answered: value and what it means. Empty: any text.
    proposal
        What stands there now; None: it must be answered.
    why
        The evidence for the proposal, or why there is none.
    """

    path: Path
    text: str
    options: tuple[tuple[Any, str], ...]
    proposal: Any
    why: str


@dataclass(eq=False)
class Proposal:
    """How some exports might be read.

    Attributes
    ----------
    tree
        The mapping as plain values.
    questions
        All that can be confirmed, in the order of asking.
    sheets
        The exports by the name that they have in the mapping.
    notes
        What deserves a look.
    given
        Answers so far, by the path of their question.
    """

    tree: dict[str, Any]
    questions: list[Question]
    sheets: dict[str, Sheet]
    notes: list[str]
    given: dict[Path, Any]
    _again: Callable[[dict[Path, Any]], Proposal] = field(repr=False)

    @property
    def open(self) -> list[Question]:
        """Questions that must be answered: there is nothing to guess by."""
        return [one for one in self.questions if one.proposal is None]

    def answer(self, question: Question, value: Any) -> None:
        """Answer a question; what follows from the answer is proposed anew.

        Parameters
        ----------
        value
            What goes into the mapping; blank for a column: there is none.
        """
        self.given[question.path] = value
        new = self._again(self.given)
        self.tree, self.questions, self.notes = new.tree, new.questions, new.notes

    def mapping(self) -> Mapping:
        """The mapping as it stands.

        Raises
        ------
        ScenarioError
            A question is still open.
        """
        if self.open:
            raise ScenarioError([Problem("", None, None, ".".join(one.path), one.text) for one in self.open])
        return of_tree(self.tree)


def _put(tree: dict[str, Any], path: Path, value: Any) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = value


class Draft:
    """A proposal in the making: what is known of the exports, and the questions so far.

    Attributes
    ----------
    sheets, columns_by
        The exports and their columns, by plain name.
    kinds
        What each export holds.
    given
        Answers that are certain, by the path of their question.
    tree, questions, notes
        As those of a `Proposal`.
    members
        Ids of the members, in capitals, with and without leading zeros.
    """

    def __init__(
        self, sheets: dict[str, Sheet], columns: dict[str, list[Column]], scenario: Scenario | None, exported: dt.date,
        given: dict[Path, Any],
    ) -> None:  # fmt: skip
        self.sheets, self.columns_by, self.scenario, self.exported = sheets, columns, scenario, exported
        self.given = given
        self.kinds = {path[1]: str(value) for path, value in given.items() if path[-1] == "holds"}
        currency = scenario.currency if scenario is not None else self._currency()
        self.tree: dict[str, Any] = {"version": 1, "currency": currency, "files": {}}
        self.questions: list[Question] = []
        self.notes: list[str] = []
        self.members: set[str] = set()

    def ask(self, path: Path, text: str, proposal: Any, why: str, options: Sequence[tuple[Any, str]] = ()) -> None:
        """Note a question; its proposal, or the answer that is given already, is put into the mapping."""
        if path in self.given:
            proposal, why = self.given[path], SAID
        self.questions.append(Question(path, text, tuple(options), proposal, why))
        if proposal is not None:
            _put(self.tree, path, proposal)

    def _currency(self) -> str:
        signs = {"€": "EUR", "£": "GBP", "¥": "JPY", "$": "USD", "EUR": "EUR", "GBP": "GBP", "CHF": "CHF", "USD": "USD"}
        found: dict[str, int] = {}
        for columns in self.columns_by.values():
            for column in columns:
                for word, count in column.words.items():
                    for sign, currency in signs.items():
                        if sign in word[:40] and any(letter.isdigit() for letter in word[:40]):
                            found[currency] = found.get(currency, 0) + count
        return max(found, key=lambda one: found[one]) if found else "USD"

    def field(self, name: str, key: str) -> Column | None:
        """The column of an export that is proposed for a field."""
        place = self.tree["files"].get(name, {}).get("columns", {}).get(key)
        if not place or not place.get("column"):
            return None
        return next(column for column in self.columns_by[name] if column.name == place["column"])

    def rows(self, name: str) -> list[tuple[str, dt.date | None]]:
        """The member and the day of each row of an export; none where it lacks one of the columns."""
        who, column = self.field(name, "member_id"), self.field(name, "date")
        if who is None or column is None:
            return []
        bare = self.tree.get("ids") == "without leading zeros"
        days, _ = dates(column.cells, self.tree["files"][name]["columns"]["date"].get("day_first"))
        return [(keyed(word, bare=bare), day) for word, day in zip(who.cells, days, strict=True)]

    def days(self, name: str, key: str) -> dict[str, dt.date]:
        """A day of every member, from the list of members."""
        who, column = self.field(name, "member_id"), self.field(name, key)
        if who is None or column is None:
            return {}
        bare = self.tree.get("ids") == "without leading zeros"
        days, _ = dates(column.cells, self.tree["files"][name]["columns"][key].get("day_first"))
        return {keyed(word, bare=bare): day for word, day in zip(who.cells, days, strict=True) if day is not None}
