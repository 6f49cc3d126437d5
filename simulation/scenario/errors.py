"""What is wrong with a scenario, said once, with its place in the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

Step = str | int
"""One step of a path into a scenario: a key or a position in a list."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place.

    Parameters
    ----------
    file : str
        The file in which the offending text is written; empty when there is none.
    line, column : int or None
        Counted from 1; None when no place is known (a missing file, for example).
    path : str
        The dotted path in the scenario, such as ``segments.individual.renewal.probability``.
    message : str
        What was expected, what was found, and the nearest right word where there is one.
    """

    file: str
    line: int | None
    column: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f":{self.line}" if self.column is None else f":{self.line}:{self.column}"
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ScenarioError(ValueError):
    """A scenario (or its book) that cannot be used; it carries every problem found in one pass.

    Attributes
    ----------
    problems : list of Problem
        In the order of the files and lines. ``str()`` gives one line for each.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class Misfit(ValueError):
    """A value that does not fit its field; raised while validating and turned into a Problem.

    Parameters
    ----------
    message : str
        What was expected and what was found.
    at : sequence of str or int, optional
        Steps from the field being validated down to the offending value.
    key : bool, optional
        True when the key itself is wrong rather than its value.
    """

    def __init__(self, message: str, at: Sequence[Step] = (), *, key: bool = False) -> None:
        super().__init__(message)
        self.parts: list[tuple[tuple[Step, ...], str, bool]] = [(tuple(at), message, key)]

    @classmethod
    def of(cls, parts: Iterable[tuple[tuple[Step, ...], str, bool]]) -> Misfit:
        """Several misfits of one field as one exception."""
        collected = list(parts)
        misfit = cls("; ".join(message for _, message, _ in collected))
        misfit.parts = collected
        return misfit

    def under(self, *steps: Step) -> list[tuple[tuple[Step, ...], str, bool]]:
        """The parts, seen from further up."""
        return [(tuple(steps) + at, message, key) for at, message, key in self.parts]


def shown(value: object, limit: int = 60) -> str:
    """A value as it is quoted in a message, never longer than `limit` characters."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The known word most like `word`, or None when none is like it."""
    known = {candidate.lower()[:200]: candidate for candidate in islice(words, 500)}  # bounded time
    found = difflib.get_close_matches(word.lower()[:200], list(known), n=1, cutoff=0.6)
    return known[found[0]] if found else None


def one_of(words: Iterable[str], word: object = None) -> str:
    """``expected one of a, b or c`` with the nearest to `word` when there is one."""
    listed = list(words)
    if not listed:
        return "there is none to name"
    shortened = listed if len(listed) <= 20 else [*listed[:20], "..."]
    text = "expected " + ("one of " if len(shortened) > 1 else "") + listing(shortened)
    guess = nearest(word, listed) if isinstance(word, str) else None
    return f"{text}; did you mean {guess!r}?" if guess else text


def choice(words: Iterable[str], value: object) -> str:
    """``expected one of a, b or c, not x; did you mean a?``."""
    said, _, hint = one_of(words, value).partition(";")
    return f"{said}, not {shown(value)}" + (f";{hint}" if hint else "")


def listing(words: Sequence[str]) -> str:
    """``a, b or c``."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def dotted(steps: Iterable[Step]) -> str:
    """A path as one text: steps joined by dots."""
    return ".".join(str(step) for step in steps)
