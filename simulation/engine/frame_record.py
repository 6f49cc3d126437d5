"""A frame as plain values and arrays, so that it can be kept in a file without loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.engine.ledger import Frame, Period, Window

__all__ = ["FRAME_ARRAYS", "frame_of", "plain_frame"]

FRAME_ARRAYS = (
    "cell_edges", "team_cost", "team_seconds", "intervention_cost_per_delivery", "intervention_fixed_cost",
)  # fmt: skip
PLAIN = ("name", "currency", "days", "segments", "milestones", "interventions", "teams")


def plain_frame(frame: Frame) -> dict[str, Any]:
    """Everything of a frame but its `FRAME_ARRAYS`, as JSON can hold it."""
    plain: dict[str, Any] = {name: getattr(frame, name) for name in PLAIN}
    plain |= {"start": frame.start.isoformat(), "periods": [asdict(one) for one in frame.periods]}
    return {**plain, "windows": [asdict(one) for one in frame.windows]}


def frame_of(plain: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[np.int64]]) -> Frame:
    """The frame of what `plain_frame` gave and its arrays; empty arrays may be missing."""
    teams, interventions = len(plain["teams"]), len(plain["interventions"])
    edges = arrays["cell_edges"]
    cells = len(edges) - 1

    def array(name: str, *shape: int) -> npt.NDArray[np.int64]:
        return arrays[name].reshape(shape) if name in arrays else np.zeros(shape, np.int64)

    return Frame(
        name=plain["name"],
        currency=plain["currency"],
        start=date.fromisoformat(plain["start"]),
        days=plain["days"],
        segments=tuple(plain["segments"]),
        milestones=tuple((one[0], one[1], one[2], one[3]) for one in plain["milestones"]),
        interventions=tuple(plain["interventions"]),
        teams=tuple(plain["teams"]),
        cell_edges=edges,
        periods=tuple(Period(**one) for one in plain["periods"]),
        windows=tuple(Window(**one) for one in plain["windows"]),
        team_cost=array("team_cost", teams, cells),
        team_seconds=array("team_seconds", teams, cells),
        intervention_cost_per_delivery=array("intervention_cost_per_delivery", interventions),
        intervention_fixed_cost=array("intervention_fixed_cost", interventions, cells),
    )
