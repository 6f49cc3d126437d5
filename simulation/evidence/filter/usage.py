"""The scale of usage: what a member at magnitude 1 uses in a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.history.vocabulary import CODE

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.scenario import Scenario

__all__ = ["usage_scale"]

FRESH, ENOUGH = 32.0, 50
"""Days after joining whose usage gives its scale, and how many months of usage that needs."""


def usage_scale(seen: History, scenario: Scenario) -> tuple[bool, npt.NDArray[np.float64]]:
    """Whether usage is a count, and the usage of a member at magnitude 1 by segment.

    The scale of usage cannot be told from that of magnitude, so the mean stands for the mean magnitude of the
    stationary vector, median * exp(spread^2 / 2): over the months after joining, of those who have left since too,
    for those who stay are no fair sample; over all months where too few have been seen joining.
    """
    scale = np.full(len(scenario.segments), np.nan)
    frame, member = seen.frame, seen.member
    usage = np.flatnonzero((seen.codes == CODE["usage"]) & frame["value"].notna().to_numpy())
    values = frame["value"].to_numpy()[usage]
    joined = np.full(seen.members, np.datetime64("NaT"), "M8[us]")
    rows = np.flatnonzero(seen.codes == CODE["joined"])
    joined[member[rows]] = frame["date"].to_numpy()[rows]
    since = (frame["date"].to_numpy()[usage] - joined[member[usage]]) / np.timedelta64(1, "D")
    owns = seen.by_member()
    boosted = _boosted(seen, scenario)[member[usage]]
    ends = (frame["date"].to_numpy()[usage].astype("M8[M]") + 1).astype("M8[us]")
    plain = ~(boosted < ends)  # no delivery by the end of the month that changes magnitude
    single = 0 if len(scenario.segments) == 1 else -1
    own = np.array([*(list(scenario.segments).index(one) for one in owns.segments), single])[owns.segment]
    for place, segment in enumerate(scenario.segments.values()):
        here = own[member[usage]] == place
        fresh = here & (since >= 0) & (since <= FRESH)
        chosen = values[next((one for one in (fresh & plain, fresh, here & plain) if one.sum() >= ENOUGH), here)]
        magnitude = segment.vector.magnitude
        if len(chosen) and chosen.mean() > 0:
            scale[place] = chosen.mean() / (magnitude.typical * float(np.exp(magnitude.spread**2 / 2)))
    return bool(len(values) and (values == np.rint(values)).all() and values.max() > 1), scale


def _boosted(seen: History, scenario: Scenario) -> npt.NDArray[np.datetime64]:
    """By member the moment of the first delivery that changes magnitude; NaT: none."""
    names = [
        name
        for name, one in scenario.interventions.items()
        if any(effect.kind == "magnitude" for effect in one.effects)
    ]
    found = np.full(seen.members, np.datetime64("NaT"), "M8[us]")
    delivered = (seen.codes == CODE["intervention"]) & seen.frame["name"].isin(names).to_numpy()
    rows = np.flatnonzero(delivered)[::-1]  # rows are in the order of time: the first one stays
    found[seen.member[rows]] = seen.frame["date"].to_numpy()[rows]
    return found
