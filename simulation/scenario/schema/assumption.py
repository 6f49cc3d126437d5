"""An assumption: a number that is not known exactly."""

from __future__ import annotations

from pathlib import Path

from pydantic import ConfigDict, Field

from simulation.scenario.distributions import Distribution
from simulation.scenario.provenance import Evidence
from simulation.scenario.schema.base import Day, Part


class JointDraws(Part):
    """Draws that were fitted together: each row of a file sets all its fields.

    Attributes
    ----------
    file : Path
        CSV or Parquet.
    sha256 : str
        Digest of the file's bytes.
    paths : tuple of str
        The fields that a row sets.
    kinds : tuple of str
        The kind of quantity of each field (`quantities.kind_named`).
    rows : tuple of tuple of float
        Values in base units, one for each path.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Path
    sha256: str
    paths: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...] = Field(repr=False)


class Assumption(Part):
    """A scenario number not known exactly, or a group of numbers drawn together.

    Attributes
    ----------
    distribution : Distribution or None
        In the base unit of its field; None for a joint group.
    kind : str or None
        The kind of quantity of the field (`quantities.kind_named`); None for a group.
    joint : JointDraws or None
        For a group.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    distribution: Distribution | None = None
    kind: str | None = None
    joint: JointDraws | None = None
    source: str | None = None
    evidence: Evidence | None = None
    owner: str | None = None
    review_by: Day | None = None
    comment: str | None = None
