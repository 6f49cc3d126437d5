"""What a pilot says: arms against control, the effect assumption updated, and how far that carries."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from simulation.evidence.history import History
from simulation.evidence.history.vocabulary import CODE
from simulation.evidence.pilot.arms import CONTROL, Protocol, arms_digest
from simulation.evidence.pilot.contrast import Contrast
from simulation.forecast.statistics import Float

__all__ = ["Reading", "Update", "read", "weighted"]

Z = 1.959963984540054


@dataclass(frozen=True)
class Update:
    """Prior and posterior of one number: mean and standard deviation."""

    prior: float
    prior_sd: float
    posterior: float
    posterior_sd: float


@dataclass(frozen=True, eq=False)
class Reading:
    """A pilot, read.

    Attributes
    ----------
    arms
        Index arm; members, milestones (each member's mean), due (renewals decided), renewed (share of those).
    effects
        Index intervention; effect (milestones a member beyond control) with low and high (95%), prior and posterior
        mean and sd of it, chance (that it is at least the rule's), adopt (by the rule), renewal (difference in the
        share renewed, with renewal_low and renewal_high), on_renewal (share of the gain that rests on the link from
        milestones to renewals).
    assumptions
        Index intervention and path: prior and posterior mean and sd of each assumption about it, and points (effective
        number of assumption points behind the posterior).
    warnings
        What blurs it.
    """

    protocol: Protocol
    arms: pd.DataFrame
    effects: pd.DataFrame
    assumptions: pd.DataFrame
    warnings: tuple[str, ...]


def read(protocol: Protocol, arms: pd.DataFrame, history: History, model: Sequence[Contrast]) -> Reading:
    """Read a pilot.

    Parameters
    ----------
    protocol, arms
        As laid down; the list of arms must be the one that was.
    history
        What happened, with the ids of the arm list.
    model
        What the scenario held possible before: a contrast for each intervention, over the pilot's days.

    Raises
    ------
    ValueError
        When the arms are others, an intervention has no contrast, or the history does not cover the pilot.

    Notes
    -----
    The effect is the difference in mean milestones a member, by the arm as drawn (intention to treat), with the
    variance of the members. Its prior is normal with the model's mean and its variance between assumption points, free
    of luck; the posterior is the conjugate one. Assumptions are updated by importance: every assumption point weighs
    as the likelihood of the measured effect, normal about the point's own effect (a regression of the two futures'
    mean on the assumptions about the intervention and their squares) with the variance of the measurement; see
    `weighted`.
    """
    if arms_digest(arms) != protocol.arms:
        raise ValueError("the arm list is not the one that was laid down: its digest does not fit the protocol")
    end = protocol.start + dt.timedelta(days=protocol.days)
    known = history.exported
    if known is not None and known < end:
        raise ValueError(f"the pilot runs until {end}, and the history is known up to {known} only")
    outcomes = _outcomes(arms, history, protocol.start, end)
    control = outcomes[outcomes["arm"] == CONTROL]
    effects, assumptions = [], []
    for name in protocol.interventions:
        contrast = next((one for one in model if one.intervention == name), None)
        if contrast is None:
            raise ValueError(f"there is no prior of {name!r}")
        treated = outcomes[outcomes["arm"] == name]
        effect, error = _difference(treated["milestones"].to_numpy(float), control["milestones"].to_numpy(float))
        spread = max(0.0, contrast.variance(contrast.effect, contrast.effect))
        update = _conjugate(float(contrast.effect.mean()), spread, effect, error**2)
        chance = _chance(update, protocol.at_least)
        decided, others = treated.dropna(subset="renewed"), control.dropna(subset="renewed")
        renewal, renewal_error = _difference(decided["renewed"].to_numpy(float), others["renewed"].to_numpy(float))
        effects.append((
            name, effect, effect - Z * error, effect + Z * error, update.prior, update.prior_sd, update.posterior,
            update.posterior_sd, chance, chance >= protocol.chance, renewal, renewal - Z * renewal_error,
            renewal + Z * renewal_error, contrast.on_renewal,
        ))  # fmt: skip
        for path, (one, points) in weighted(contrast, effect, error**2).items():
            assumptions.append((name, path, one.prior, one.prior_sd, one.posterior, one.posterior_sd, points))
    table = pd.DataFrame(effects, columns=[
        "intervention", "effect", "low", "high", "prior", "prior_sd", "posterior", "posterior_sd", "chance", "adopt",
        "renewal", "renewal_low", "renewal_high", "on_renewal",
    ]).set_index("intervention")  # fmt: skip
    columns = ["intervention", "path", "prior", "prior_sd", "posterior", "posterior_sd", "points"]
    updated = pd.DataFrame(assumptions, columns=columns).set_index(["intervention", "path"])
    return Reading(protocol, _by_arm(outcomes), table, updated, (*protocol.warnings, *_warnings(outcomes, table)))


def _outcomes(arms: pd.DataFrame, history: History, start: dt.date, end: dt.date) -> pd.DataFrame:
    """Milestones and renewal (1, 0, or NaN: not due) of every member during the pilot."""
    told = history.settled()
    frame = told.frame
    date = frame["date"].to_numpy()
    during = (date >= np.datetime64(start, "us")) & (date < np.datetime64(end, "us"))
    found = arms[["member_id", "arm"]].astype(str).reset_index(drop=True)

    def members(*events: str) -> pd.Series[str]:
        rows = during & np.isin(told.codes, [CODE[event] for event in events])
        return frame.loc[rows, "member_id"].astype(str)

    found["milestones"] = found["member_id"].map(members("milestone").value_counts()).fillna(0.0)
    kept, gone = found["member_id"].isin(members("renewed", "recovered")), found["member_id"].isin(members("left"))
    found["renewed"] = np.where(gone, 0.0, np.where(kept, 1.0, np.nan))
    found["known"] = found["member_id"].isin(frame["member_id"].cat.categories.astype(str))
    return found


def _by_arm(outcomes: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (arm, len(own), own["milestones"].mean(), int(own["renewed"].notna().sum()), own["renewed"].mean())
        for arm, own in outcomes.groupby("arm", sort=False)
    ]
    columns = ["arm", "members", "milestones", "due", "renewed"]
    return pd.DataFrame(rows, columns=columns).set_index("arm").sort_index()


def _difference(one: Float, other: Float) -> tuple[float, float]:
    """Difference of means and its standard error (Welch); NaN when either has fewer than two values."""
    if min(len(one), len(other)) < 2:
        return math.nan, math.nan
    error = math.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return float(one.mean() - other.mean()), error


def _conjugate(mean: float, variance: float, seen: float, noise: float) -> Update:
    """Normal prior, normal measurement."""
    if not math.isfinite(seen):
        return Update(mean, math.sqrt(variance), mean, math.sqrt(variance))
    weight = variance / (variance + noise) if variance + noise > 0 else 0.0
    return Update(mean, math.sqrt(variance), mean + weight * (seen - mean), math.sqrt(variance * (1 - weight)))


def _chance(update: Update, least: float) -> float:
    if update.posterior_sd == 0:
        return float(update.posterior >= least)
    return 1 - NormalDist(update.posterior, update.posterior_sd).cdf(least)


def weighted(contrast: Contrast, effect: float, variance: float) -> dict[str, tuple[Update, float]]:
    """Assumptions about an intervention, updated by the importance of the assumption points.

    Parameters
    ----------
    contrast
        Prior.
    effect, variance
        Measured, and the variance of the measurement.

    Returns
    -------
    dict
        Path -> update, and the effective number of points behind it, 1 / sum(weight^2) (Kish 1965). With few, the
        posterior is coarse.
    """
    points, place = np.unique(np.asarray(contrast.points), return_inverse=True)
    number = np.bincount(place)
    paths = list(contrast.effects)
    if not paths or len(points) < 10 or not math.isfinite(effect):
        return {}
    mean = np.bincount(place, weights=contrast.effect) / number
    values = {path: np.bincount(place, weights=each) / number for path, each in contrast.effects.items()}
    expected = _fitted(mean, np.column_stack([values[path] for path in paths]))
    far = -0.5 * (effect - expected) ** 2 / max(variance, 1e-300)
    weight = np.exp(far - far.max())
    weight /= weight.sum()
    found = {}
    for path, each in values.items():
        after = float(weight @ each)
        spread = math.sqrt(max(0.0, float(weight @ (each - after) ** 2)))
        found[path] = (Update(float(each.mean()), float(each.std()), after, spread), float(1 / (weight @ weight)))
    return found


def _fitted(outcome: Float, causes: Float) -> Float:
    """Least squares of an outcome on causes and their squares, at every observation."""
    spread = causes.std(axis=0)
    scaled = (causes[:, spread > 0] - causes[:, spread > 0].mean(axis=0)) / spread[spread > 0]
    design = np.column_stack([np.ones(len(outcome)), scaled, scaled**2])
    fitted: Float = design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
    return fitted


def _warnings(outcomes: pd.DataFrame, effects: pd.DataFrame) -> list[str]:
    found = []
    unknown = int((~outcomes["known"]).sum())
    if unknown:
        found.append(f"{unknown:,} members of the arms are not in the history: they count as having reached nothing.")
    for name, row in effects.iterrows():
        share = float(row["on_renewal"])
        if share > 0.5 and not row["renewal_low"] > 0:
            found.append(
                f"{share:.0%} of what {name} is expected to gain comes by way of renewals, and the pilot has not shown "
                "that more renew: that part rests on the scenario's link from milestones to renewals."
            )
    return found
