"""What the history lets one see, for all members alike, and room for what is known of one.

Rows behind addresses, as in a world (see `simulation.model.tables`): a tuple of arrays counts its references whenever a
function takes it, and that, once for every particle and event, was a third of the time of the whole filter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.model.jit import compiled, inlined
from simulation.model.state import NEVER
from simulation.model.tables import number_from, pointer_to

SIGHT = np.dtype(
    [("told", "i8"), ("requests", "i8"), ("at_request", "u8"), ("at_usage", "u8"), ("at_work", "u8")], align=True
)
"""What the history tells, as bits (then the particles do not draw it), the number of interventions, and where the rows
of REQUEST, the usage of a member at magnitude 1 (float64[segments]) and the median work (float64[milestones],
pace-months) are."""

REQUEST = np.dtype([(name, "f8") for name in ("reveals", "lag", "asked", "busy", "pending")], align=True)
"""Of an intervention: the chance that an off-course member is seen to be (0: no evidence), days from a request to the
delivery; of one member the day of its last request, and 1 while a request waits or is served; of one particle the day
on which its request is delivered."""

_request: Callable[[Any, Any], Any] = pointer_to(REQUEST)


class Sight:
    """Owns the rows; `record` is what compiled functions take.

    Parameters
    ----------
    told
        Bits: what the history tells.
    usage
        float64[segments].
    work
        float64[milestones], pace-months.
    reveals, lags
        float64[interventions].
    """

    def __init__(
        self,
        told: int,
        usage: npt.NDArray[np.float64],
        work: npt.NDArray[np.float64],
        reveals: npt.NDArray[np.float64],
        lags: npt.NDArray[np.float64],
    ) -> None:
        self.requests = np.zeros(max(1, len(lags)), REQUEST)
        self.requests["reveals"][: len(lags)] = reveals
        self.requests["lag"][: len(lags)] = lags
        self.usage, self.work = np.array(usage, np.float64), np.array(work, np.float64)
        self._header = np.zeros(1, SIGHT)
        self.record: Any = self._header[0]
        self.record["told"], self.record["requests"] = told, len(lags)
        self.record["at_request"] = self.requests.ctypes.data
        self.record["at_usage"] = self.usage.ctypes.data
        self.record["at_work"] = self.work.ctypes.data


@inlined
def request_at(sight: Any, k: int) -> Any:
    """Row of intervention `k`."""
    return _request(sight.at_request, np.int64(k))


@inlined
def usual_usage(sight: Any, segment: int) -> float:
    """Usage in a month of a member of a segment at magnitude 1."""
    return float(number_from(sight.at_usage, segment).x)


@inlined
def usual_work(sight: Any, milestone: int) -> float:
    """Median work of a milestone, pace-months."""
    return float(number_from(sight.at_work, milestone).x)


@compiled
def forget_requests(sight: Any) -> None:
    """Know of no request of the member."""
    for k in range(sight.requests):
        request_at(sight, k).asked = -NEVER
        request_at(sight, k).busy = 0.0


@compiled
def end_requests(sight: Any) -> None:
    """Let no request of the member wait any longer."""
    for k in range(sight.requests):
        request_at(sight, k).busy = 0.0


@compiled
def cancel_deliveries(sight: Any) -> None:
    """Let nothing be on its way to a particle."""
    for k in range(sight.requests):
        request_at(sight, k).pending = NEVER
