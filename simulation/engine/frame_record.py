"""A frame as plain values, so that it can be kept in a file without loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np

from simulation.engine.ledger import Frame, Period, Window

__all__ = ["frame_of", "plain_frame"]

PLAIN = ("name", "currency", "days", "segments", "milestones", "interventions", "teams")


def plain_frame(frame: Frame) -> dict[str, Any]:
    """Everything of a frame, as JSON can hold it."""
    plain: dict[str, Any] = {name: getattr(frame, name) for name in PLAIN}
    plain |= {"start": frame.start.isoformat(), "cell_edges": frame.cell_edges.tolist()}
    plain["periods"] = [asdict(one) for one in frame.periods]
    return {**plain, "windows": [asdict(one) for one in frame.windows]}


def frame_of(plain: Mapping[str, Any]) -> Frame:
    """The frame of what `plain_frame` gave."""
    return Frame(
        name=plain["name"],
        currency=plain["currency"],
        start=date.fromisoformat(plain["start"]),
        days=plain["days"],
        segments=tuple(plain["segments"]),
        milestones=tuple((one[0], one[1], one[2], one[3]) for one in plain["milestones"]),
        interventions=tuple(plain["interventions"]),
        teams=tuple(plain["teams"]),
        cell_edges=np.array(plain["cell_edges"], np.int64),
        periods=tuple(Period(**one) for one in plain["periods"]),
        windows=tuple(Window(**one) for one in plain["windows"]),
    )
