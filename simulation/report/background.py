"""What lies beside a run and belongs on the first page of its report: its plan, the run before, the track record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from simulation.experiment.bridge import Bridge
    from simulation.scenario import Scenario

__all__ = ["Background", "Since"]


@dataclass(frozen=True)
class Since:
    """How the forecast moved since an earlier run.

    Attributes
    ----------
    bridge
        Its steps.
    causes
        Whether the steps are causes, each measured on the same futures; or else flows of ARR, read from both runs.
    before
        What the earlier run is, in words, such as "the run of 3 March 2027".
    changes
        What is written differently in the two plans: path, old and new text.
    """

    bridge: Bridge
    causes: bool
    before: str
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Background:
    """What is known beside the forecast itself; nothing of it need be there.

    Attributes
    ----------
    scenario
        The plan, to tell what must be true.
    file
        The file of the plan, as a command names it.
    folder
        The folder of the run, as a command names it.
    since
        How the forecast moved.
    scores
        Rows of `membersim score` on this plan: by, measure, day, actual, median, inside_80%.
    archived
        How many forecasts of this plan are archived.
    """

    scenario: Scenario | None = None
    file: str = ""
    folder: str = ""
    since: Since | None = None
    scores: pd.DataFrame | None = None
    archived: int = 0
