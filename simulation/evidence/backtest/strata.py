"""Members with a like past together: a plan holds 62 segments, and a past may be anything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["strata"]

STRATA = 20
"""Groups of members, and of former members, that a fit sorts people into."""


def strata(centres: Sequence[float], count: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Pasts in at most STRATA groups of like renewal: each past its own, or those next to each other together."""
    used = np.flatnonzero(count)
    order = used[np.argsort(np.array(centres)[used], kind="stable")]
    if len(order) <= STRATA:
        return [order[at : at + 1] for at in range(len(order))]
    share = (np.cumsum(count[order]) - count[order] / 2) / count[order].sum()
    label = np.minimum((share * STRATA).astype(int), STRATA - 1)
    return [order[label == one] for one in np.unique(label)]
