"""The schema of a scenario: one class a noun, in base units, each with the reader of its YAML form."""

from __future__ import annotations

from typing import Any

from simulation.scenario.schema.assumption import Assumption, JointDraws
from simulation.scenario.schema.base import Part
from simulation.scenario.schema.effect import Effect
from simulation.scenario.schema.history import ColumnRef, HistoryRef
from simulation.scenario.schema.intervention import (
    Cost,
    Intervention,
    InterventionPrice,
    Range,
    Session,
    Who,
)  # fmt: skip
from simulation.scenario.schema.journey import Milestone, Opportunity
from simulation.scenario.schema.lever import Change, Hiring, Lever, LeverCost
from simulation.scenario.schema.objective import Known, Objective
from simulation.scenario.schema.price import Price, PriceChange, PriceResponse
from simulation.scenario.schema.renewal import Contraction, Grace, MidTermChurn, Renewal, WinBack
from simulation.scenario.schema.scenario import BookRef, Horizon, Scenario
from simulation.scenario.schema.segment import (
    Advocacy,
    Arrivals,
    DesiredOutcome,
    Experience,
    Population,
    Segment,
)  # fmt: skip
from simulation.scenario.schema.selling import Quota, Selling
from simulation.scenario.schema.team import Hire, Leavers, Ramp, Team
from simulation.scenario.schema.vector import Direction, Magnitude, Observed, OutcomeShifts, Setbacks, Vector
from simulation.scenario.schema.when import When


def json_schema(*, overlay: bool = False) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of scenario files in their YAML form; optionally of overlays on them."""
    from simulation.scenario.schema import json_form

    return json_form.json_schema(Scenario, overlay=overlay)


__all__ = [
    "Advocacy",
    "Arrivals",
    "Assumption",
    "BookRef",
    "Change",
    "ColumnRef",
    "Contraction",
    "Cost",
    "DesiredOutcome",
    "Direction",
    "Effect",
    "Experience",
    "Grace",
    "Hire",
    "Hiring",
    "HistoryRef",
    "Horizon",
    "Intervention",
    "InterventionPrice",
    "JointDraws",
    "Known",
    "Leavers",
    "Lever",
    "LeverCost",
    "Magnitude",
    "MidTermChurn",
    "Milestone",
    "Objective",
    "Observed",
    "Opportunity",
    "OutcomeShifts",
    "Part",
    "Population",
    "Price",
    "PriceChange",
    "PriceResponse",
    "Quota",
    "Ramp",
    "Range",
    "Renewal",
    "Scenario",
    "Segment",
    "Selling",
    "Session",
    "Setbacks",
    "Team",
    "Vector",
    "When",
    "Who",
    "WinBack",
    "json_schema",
]
