"""The scenario: everything that a plan says."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from simulation.scenario.errors import Misfit, choice, shown
from simulation.scenario.provenance import Provenance
from simulation.scenario.quantities import DURATION, TERM, parse
from simulation.scenario.schema.assumption import Assumption
from simulation.scenario.schema.base import MONTHS, Day, Name, Part, Text
from simulation.scenario.schema.history import HistoryRef
from simulation.scenario.schema.intervention import Intervention
from simulation.scenario.schema.lever import Lever
from simulation.scenario.schema.objective import Known, Objective
from simulation.scenario.schema.segment import Segment
from simulation.scenario.schema.selling import Selling
from simulation.scenario.schema.team import Team
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST_MONTHS = 1200


class Horizon(Part):
    """How far the forecast looks: whole calendar months, or whole days.

    Attributes
    ----------
    months : int or None
    days : int or None
        Exactly one of both is given.
    """

    months: int | None = None
    days: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, raw: object) -> object:
        try:
            months = int(parse(TERM, raw))
        except Misfit:
            days = parse(DURATION, raw)
            if not days.is_integer():
                raise Misfit(f"expected whole months or whole days, not {shown(raw)}") from None
            if not 1 <= days <= _LONGEST_MONTHS * 30:
                raise Misfit(f"expected from 1 day to {_LONGEST_MONTHS} months, not {shown(raw)}") from None
            return {"months": None, "days": int(days)}
        if not 1 <= months <= _LONGEST_MONTHS:
            raise Misfit(f"expected from 1 day to {_LONGEST_MONTHS} months, not {shown(raw)}")
        return {"months": months, "days": None}

    def end(self, start: dt.date) -> dt.date:
        """The first day after the horizon (months are calendar months, day clipped)."""
        if self.months is None:
            return start + dt.timedelta(days=self.days or 0)
        month = start.month - 1 + self.months
        year, month = start.year + month // 12, month % 12 + 1
        return dt.date(year, month, min(start.day, calendar.monthrange(year, month)[1]))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "title": "Horizon",
            "type": "string",
            "pattern": r"^[0-9]+\s*(days?|weeks?|months?|quarters?|years?)$",
        }


class BookRef(Part):
    """The file of today's members.

    Attributes
    ----------
    file : Path
        Absolute.
    columns : dict
        Our column name to the name in the file, where they differ.
    sha256 : str or None
        Digest of the file's bytes when the scenario was loaded; if written in the file, it is checked.
    """

    file: Path = Field(description="CSV, Parquet or Excel, relative to the scenario file.")
    columns: dict[str, Text] = Field(
        default={}, description="Names of columns in the file, where they differ from ours."
    )
    sha256: Text | None = Field(
        default=None,
        description="Digest of the file; when given, another file is an error. Default: not checked.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: object) -> object:
        if isinstance(raw, (str, Path)):
            return {"file": raw}
        stated = raw.get("sha256") if isinstance(raw, Mapping) else None
        if isinstance(stated, str) and not re.fullmatch(r"[0-9a-f]{64}", stated):
            raise Misfit("expected 64 hexadecimal digits", ("sha256",))
        return raw

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = dict(handler.resolve_ref_schema(super().__get_pydantic_json_schema__(schema, handler)))
        full["properties"]["file"] = {**full["properties"]["file"], "type": "string"}
        full["properties"]["file"].pop("format", None)
        return {"title": "Book", "anyOf": [{"type": "string"}, full]}


def _month(raw: object) -> int:
    if isinstance(raw, str) and raw in MONTHS:
        return MONTHS.index(raw) + 1
    raise Misfit(choice(MONTHS, raw))


Month = Annotated[int, BeforeValidator(_month), WithJsonSchema({"enum": list(MONTHS)})]


class Scenario(Shown, Part):
    """One scenario, in base units: days, per day, radians, cents, fractions, hours, pace-months.

    Read one with `simulation.scenario.load`. Equality compares what it says, not where that was written.
    """

    name: Text = Field(description="What the scenario is called.")
    description: Text = Field(default="", description="What it is about.")
    currency: Text = Field(default="USD", description="The currency of every amount.")
    start: Day = Field(description="The first day.")
    horizon: Horizon = Field(description="How far to look: months or days.")
    fiscal_year_starts: Month = Field(
        default=1, description="The first month of the fiscal year, by name. Absent: January."
    )
    periods: Literal["month", "quarter", "week"] = Field(default="month", description="The periods of the report.")
    book: BookRef | None = Field(default=None, description="Today's members. Absent: none but a population.")
    history: HistoryRef | None = Field(default=None, description="What happened so far. Absent: not known.")
    segments: dict[Name, Segment] = Field(description="The segments, by name.", min_length=1)
    teams: dict[Name, Team] = Field(default={}, description="The teams, by name.")
    interventions: dict[Name, Intervention] = Field(default={}, description="The interventions, by name.")
    selling: Selling = Field(
        default=Selling(), description="The selling policy: objectives, or a quota. Absent: objectives."
    )
    assumptions: dict[str, Assumption] = Field(default={}, description="Numbers not known exactly, by dotted path.")
    known: dict[str, Known] = Field(default={}, description="Facts that planners can state, by dotted path.")
    objectives: dict[Name, Objective] = Field(default={}, description="Expected results to manage against, by name.")
    levers: dict[Name, Lever] = Field(default={}, description="What a budget may buy, by name; no run reads them.")

    _tree: dict[str, Any] = PrivateAttr(default_factory=dict)
    _provenance: dict[str, Provenance] = PrivateAttr(default_factory=dict)
    _sources: tuple[Path, ...] = PrivateAttr(default=())
    _warnings: tuple[str, ...] = PrivateAttr(default=())
    _root: Path = PrivateAttr(default_factory=Path)

    @property
    def end(self) -> dt.date:
        """The first day after the horizon."""
        return self.horizon.end(self.start)

    @property
    def days(self) -> int:
        """Days from the start to the end."""
        return (self.end - self.start).days

    @property
    def provenance(self) -> dict[str, Provenance]:
        """Where numbers come from, by dotted path."""
        return self._provenance

    @property
    def source_files(self) -> tuple[Path, ...]:
        """Every file that was read for it, the first one first."""
        return self._sources

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but deserves a look."""
        return self._warnings

    @property
    def root(self) -> Path:
        """The folder that relative paths of `resolved` start from."""
        return self._root

    def assumption_values(self, seed: int, point: int) -> dict[str, float]:
        """The draw of every assumption at one point, by path, in base units.

        Parameters
        ----------
        seed : int
            Seed of the run.
        point : int
            Number of the assumption point (replications 2i and 2i+1 share point i).
        """
        from simulation.scenario.draws import draws

        return draws(self, seed, point)

    def at_point(self, seed: int, point: int) -> Scenario:
        """This scenario with every assumption replaced by its draw.

        Raises
        ------
        ScenarioError
            When a draw is impossible in its field; the problem names the assumption.
        """
        from simulation.scenario.draws import at_point

        return at_point(self, seed, point)

    def resolved(self) -> dict[str, Any]:
        """The whole scenario as it would be written in one file, defaults included."""
        from simulation.scenario.resolved import resolved

        return resolved(self)

    def to_yaml(self) -> str:
        """The text of a scenario file that says the same in full."""
        from simulation.scenario.resolved import to_yaml

        return to_yaml(self)

    def digest(self) -> str:
        """SHA-256 of what a run reads: `resolved` without the levers, as 64 hexadecimal digits."""
        from simulation.scenario.resolved import digest

        return digest(self)

    def plot(self, segment: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the journey: the work before each milestone, and the opportunity that it opens.

        Parameters
        ----------
        segment
            Only this one.
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax, segment=segment)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((self.name, self.start, tuple(self.segments)))
