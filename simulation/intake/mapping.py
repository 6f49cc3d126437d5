"""The mapping of an import: what each export is and how it is read. A file that people can read, for next month."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping as Given
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from simulation.scenario.errors import Misfit, Problem, ScenarioError, one_of
from simulation.scenario.schema.base import Day, Name, Part, Text, YesNo

__all__ = [
    "Column", "FileMap", "Mapping", "Milestone", "Seen", "SeenFile", "Total", "of_tree", "read_import", "to_tree",
    "write_import",
]  # fmt: skip

Holds = Literal["members", "invoices", "events", "courses", "logins", "ratings"]


class Column(Part):
    """How one column is read; a text alone is its name in the file.

    Attributes
    ----------
    column : str
        Its name in the file.
    day_first : bool or None
        Of dates such as 03/04/2026; None: such a cell does not fit.
    decimal : "." or ","
        Of numbers.
    values : dict
        Words of the file to ours; blank leaves the row out.
    """

    column: Text = Field(description="Name of the column in the file.")
    day_first: YesNo | None = Field(default=None, description="Whether 03/04/2026 is the third of April.")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark of its numbers.")
    values: dict[Text, Text] = Field(
        default={}, description="Words of the file and what they are here; blank: not used."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: object) -> object:
        return {"column": raw} if isinstance(raw, str) else raw


class FileMap(Part):
    """How one export is read.

    Attributes
    ----------
    holds : str
        The kind of export.
    columns : dict
        Our field to the column of the file.
    happened : dict
        Word of the export (an item, a course, a kind of event) to an event of the history and, after a space, its
        name; blank leaves it out.
    first : str or None
        What the first row of a member is: an event and its name.
    scale : tuple or None
        Of ratings: the worst and the best score.
    """

    holds: Holds = Field(description="What the export holds.")
    columns: dict[Text, Column] = Field(description="How its columns are read, by our name.")
    happened: dict[Text, Text] = Field(default={}, description="Words of the file and the event they are; blank: none.")
    first: Text | None = Field(
        default=None, description="What a member's first row is, such as: milestone first_login."
    )
    scale: tuple[float, float] | None = Field(default=None, description="Of ratings: the worst and the best score.")

    @model_validator(mode="after")
    def _fits(self) -> FileMap:
        from simulation.evidence.history.vocabulary import EVENTS
        from simulation.intake.kinds import KINDS

        fields = KINDS[self.holds].fields
        for name in self.columns:
            if name not in fields:
                raise Misfit(
                    f"an export of {self.holds} has no field {name!r}: {one_of(fields, name)}", ("columns", name)
                )
        for word, event in [*self.happened.items(), ("first", self.first or "")]:
            if event and event.partition(" ")[0] not in EVENTS:
                said = event.partition(" ")[0]
                raise Misfit(f"there is no event {said!r}: {one_of(EVENTS, said)}", ("happened", word))
        if self.scale is not None and not 0.0 < abs(self.scale[1] - self.scale[0]) < math.inf:
            low, high = self.scale
            raise Misfit(f"expected two different numbers, such as 0 and 10, not {low:g} and {high:g}", ("scale",))
        return self


class Milestone(Part):
    """A milestone that the exports show."""

    stage: Literal["adoption", "value", "growth"] = Field(description="Its stage.")


class Total(Part):
    """What should come out: how many members, and how much ARR."""

    members: int | None = Field(default=None, ge=0, description="Members on the day of the export.")
    arr: float | None = Field(default=None, ge=0, description="Recurring revenue a year, in units of the currency.")


class SeenFile(Part):
    """An export as it was last time."""

    file: Text
    sha256: Text
    rows: int
    columns: tuple[Text, ...]


class Seen(Part):
    """What the last import found, to say next time what has changed."""

    exported: Day
    members: int
    arr: float
    files: dict[Text, SeenFile] = {}
    segments: dict[Text, Total] = {}
    left_out: int = 0


class Mapping(Part):
    """An import: its exports by their plain names, and what is done with them.

    Attributes
    ----------
    ids : str
        "as written", or "without leading zeros": 00042 and 42 are the same member.
    begins : date or None
        From this day on the exports say all that happened. Of who joined before, what came earlier is not known.
    term : int
        Months of a contract, where no export says.
    journey : dict
        Milestones in order; empty where a scenario gives them.
    totals : dict
        Control totals by segment; "all" for all members.
    """

    version: Literal[1] = Field(default=1, description="Version of this form.")
    currency: Text = Field(default="USD", description="What amounts are in.")
    ids: Literal["as written", "without leading zeros"] = Field(
        default="as written", description="Whether 00042 and 42 are the same member."
    )
    begins: Day | None = Field(default=None, description="Day from which on the exports say all; before it, not.")
    term: int = Field(default=12, ge=1, le=1200, description="Months of a contract, where no export says.")
    files: dict[Name, FileMap] = Field(description="The exports, by the plain names of their files.")
    journey: dict[Name, Milestone] = Field(default={}, description="Milestones in order, where no scenario gives them.")
    totals: dict[Text, Total] = Field(default={}, description="What should come out, by segment; all: all members.")
    seen: Seen | None = Field(default=None, description="What the last import found.")


def of_tree(tree: Given[str, Any], shown_as: str = "import.yaml") -> Mapping:
    """A mapping of plain values.

    Raises
    ------
    ScenarioError
        With every mistake and its path.
    """
    from pydantic import ValidationError

    from simulation.scenario.validation import misfits

    try:
        return Mapping.model_validate(tree)
    except ValidationError as error:
        raise ScenarioError(
            [
                Problem(shown_as, None, None, ".".join(map(str, steps)), text)
                for steps, text, _ in misfits(error, Mapping)
            ]
        ) from None


def read_import(path: Path) -> Mapping:
    """Read the mapping of an earlier import.

    Raises
    ------
    ScenarioError
        With every mistake, its line and column.
    """
    from simulation.scenario.validation import read_model

    return read_model(path, Mapping)


def to_tree(mapping: Mapping) -> dict[str, Any]:
    """A mapping as plain values, as short as it can be written."""
    tree = mapping.model_dump(mode="python", exclude_defaults=True)
    tree = {"version": mapping.version, "currency": mapping.currency, "ids": mapping.ids, **tree}
    for one in tree["files"].values():
        one["columns"] = {
            name: column["column"] if len(column) == 1 else column for name, column in one["columns"].items()
        }
    result: dict[str, Any] = _listed(tree)
    return result


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, (list, tuple)) else value


def write_import(mapping: Mapping, path: Path) -> None:
    """Write a mapping, all at once: a reader sees the old one or the new."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.width = 120
    writer.default_flow_style = False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write("# How these exports are read: written by `membersim import`, which uses it again next month.\n")
            file.write("# Change what is wrong; `membersim import FILES --mapping THIS` then asks nothing.\n")
            writer.dump(to_tree(mapping), file)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
