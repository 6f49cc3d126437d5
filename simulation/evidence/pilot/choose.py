"""Which intervention is worth a pilot: the expected value of what it would teach, less its cost and delay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import pandas as pd

from simulation.evidence.pilot.contrast import Contrast
from simulation.forecast.statistics import means

__all__ = ["NO_PILOT", "Costs", "choose", "expected_value", "sample_size"]

NO_PILOT = "don't pilot"
ARMS = (25, 50, 100, 200, 400, 800, 1600, 3200)
"""Members in each arm that are tried, besides those that the power asks for."""


@dataclass(frozen=True)
class Costs:
    """What a pilot costs beside the intervention itself, currency units.

    Attributes
    ----------
    fixed
        Once, such as for preparing and reading it.
    per_member
        For each member of either arm, such as for a survey.
    """

    fixed: float = 0.0
    per_member: float = 0.0


def sample_size(rate: float, other: float, *, power: float = 0.8, level: float = 0.05) -> float:
    """Members in each arm with which a two-sided test finds a difference of two rates of counts.

    Parameters
    ----------
    rate, other
        Milestones reached by a member in each arm, on average.
    power, level
        Chance to find it, and to find one that is not there.

    Returns
    -------
    float
        (z[1 - level/2] + z[power])^2 (rate + other) / (rate - other)^2, rounded up; infinite without a difference.

    Notes
    -----
    Chow, Shao & Wang (2008), "Sample size calculations in clinical research", 2nd ed., section 3.2, with the variance
    of a Poisson count; that of milestones is smaller when members reach one at most, so this errs on the large side.
    """
    if rate == other:
        return math.inf
    normal = NormalDist()
    reach = normal.inv_cdf(1 - level / 2) + normal.inv_cdf(power)
    return math.ceil(reach**2 * (rate + other) / (rate - other) ** 2)


def expected_value(mean: float, deviation: float) -> float:
    """Expected gain from choosing by the sign of a normal number over choosing by its mean.

    E[max(0, X)] - max(0, E[X]) = s phi(m/s) - |m| Phi(-|m|/s), the unit normal loss (Raiffa & Schlaifer 1961).
    """
    if deviation <= 0:
        return 0.0
    normal, far = NormalDist(), abs(mean) / deviation
    return deviation * normal.pdf(far) - abs(mean) * normal.cdf(-far)


def choose(
    found: Sequence[Contrast],
    horizon: int,
    *,
    costs: Costs | None = None,
    power: float = 0.8,
    level: float = 0.05,
) -> pd.DataFrame:
    """Rank interventions by the net value of a randomised pilot, with not piloting among them.

    Parameters
    ----------
    found
        From `contrasts`.
    horizon
        Days over which the gain counts.
    costs
        None: no cost beside that of the intervention.
    power, level
        For the sample size that finds the expected effect.

    Returns
    -------
    DataFrame
        Index intervention, best net value first, `NO_PILOT` with 0 among them. Columns gain, low, high (of the
        intervention over the horizon, 95% interval of the mean), now (what one would do without a pilot), effect
        (milestones a member during the pilot), effect_sd (what is not known of it), perfect (value of knowing the
        effect exactly, at once), arm (members in each arm: the best of those tried), value (of what such a pilot
        teaches), delay (what waiting costs), cost, net, powered (members in each arm for the power), threshold (effect
        at which the gain is zero), on_renewal (share of the gain in ARR by way of renewals), note.

    Notes
    -----
    Let g be the gain and d the effect on milestones at the assumptions, mean m and variance v_d between assumption
    points, and b = cov(g, d) / v_d, all free of luck. A pilot with n members in each arm sees d + e, Var(e) =
    (rate + rate_without) / n, so the mean gain after it has standard deviation |b| v_d / sqrt(v_d + Var(e)), taken to
    be normal (normal-normal; Jalal & Alarid-Escudero 2018, Medical Decision Making 38(2), with a linear metamodel).
    Its value is `expected_value`, for the part of the horizon that is left after the pilot. Delay: where one would
    deliver to all at once, those outside the treated arm wait. What is known at no assumption cannot be learnt.
    """
    paid = costs or Costs()
    rows = [_row(one, horizon, paid, power, level) for one in found]
    columns = [
        "intervention", "gain", "low", "high", "now", "effect", "effect_sd", "perfect", "arm", "value", "delay",
        "cost", "net", "powered", "threshold", "on_renewal", "note",
    ]  # fmt: skip
    nothing = {"intervention": NO_PILOT, "net": 0.0, "value": 0.0, "delay": 0.0, "cost": 0.0, "note": ""}
    table = pd.DataFrame([nothing, *rows], columns=columns)  # first: of equals, not piloting wins
    return table.sort_values("net", ascending=False, kind="stable").set_index("intervention")


def _row(one: Contrast, horizon: int, costs: Costs, power: float, level: float) -> dict[str, object]:
    import numpy as np

    mean, low, high, _ = (float(each[0]) for each in means(one.gain[:, None], np.asarray(one.points, np.int64)))
    spread = max(0.0, one.variance(one.effect, one.effect))
    slope = one.variance(one.gain, one.effect) / spread if spread > 0 else 0.0
    effect = float(one.effect.mean())
    powered = sample_size(one.rate, one.rate_without, power=power, level=level)
    left = max(0.0, 1 - one.days / horizon)
    most = int(one.members // 2)
    tried = sorted({arm for arm in (*ARMS, most, powered if math.isfinite(powered) else 0) if 2 <= arm <= most})
    note = ""
    if not one.effects:
        note = "its effects are stated without uncertainty: state them as assumptions, or there is nothing to learn"
    elif spread == 0:
        note = "what is uncertain does not show in milestones during the pilot"
    best: dict[str, float] = {"arm": 0, "value": 0.0, "delay": 0.0, "cost": 0.0, "net": -math.inf}
    for arm in tried:
        noise = (one.rate + one.rate_without) / arm
        value = left * expected_value(mean, abs(slope) * spread / math.sqrt(spread + noise)) if spread > 0 else 0.0
        treated = arm / one.members
        delay = one.days / horizon * (mean * (1 - treated) if mean > 0 else -mean * treated)
        cost = costs.fixed + 2 * arm * costs.per_member
        if value - delay - cost > best["net"]:
            best = {"arm": arm, "value": value, "delay": delay, "cost": cost, "net": value - delay - cost}
    if not tried:
        note = "too few members for two arms"
    return {
        "intervention": one.intervention,
        "gain": mean,
        "low": low,
        "high": high,
        "now": "deliver to all" if mean > 0 else "do without",
        "effect": effect,
        "effect_sd": math.sqrt(spread),
        "perfect": expected_value(mean, abs(slope) * math.sqrt(spread)),
        **best,
        "powered": powered,
        "threshold": effect - mean / slope if slope else float("nan"),
        "on_renewal": one.on_renewal,
        "note": note,
    }
