"""What of an export does not fit: file, line, column, why, and how much it is."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.scenario.errors import Problem

__all__ = ["Misfit"]


@dataclass(frozen=True)
class Misfit:
    """A row that is not used, or not as it stands.

    Attributes
    ----------
    file, line, column
        Where it is; `column` is its name in the file, blank for the whole row.
    reason
        What kind of thing it is, without anything of its cells.
    message
        What is wrong with this very row.
    member
        The id of a row of the list of members that would have been a member; else blank.
    arr
        Recurring revenue a year of such a row, in units of the currency; NaN when not known.
    segment
        Of such a row.
    """

    file: str
    line: int
    column: str
    reason: str
    message: str
    member: str = ""
    arr: float = float("nan")
    segment: str = ""

    @property
    def problem(self) -> Problem:
        """The same as a problem of a file."""
        return Problem(self.file, self.line, None, self.column, self.message)
