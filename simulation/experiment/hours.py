"""Where the hours of the teams go in each of the scenarios that are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulation.forecast.statistics import means

if TYPE_CHECKING:
    from simulation.experiment.comparison import Comparison

__all__ = ["hours_of"]

BASE = "base"


def hours_of(comparison: Comparison) -> pd.DataFrame:
    """Deliveries and hours of each intervention in each scenario, by team; see `Comparison.work`."""
    rows = []
    names = dict.fromkeys(one for each in comparison.forecasts.values() for one in each.frame.interventions)
    for scenario, forecast in comparison.forecasts.items():
        for name in names:
            owner = next(one for one in (forecast, *comparison.forecasts.values()) if name in one.frame.interventions)
            hours, delivered = (
                comparison.values(scenario, one, intervention=name).to_numpy() for one in ("work_hours", "delivered")
            )
            team = owner.facts.team_of.get(name) or ""
            wait = comparison.values(scenario, "wait", intervention=name).to_numpy() if team else np.array([np.nan])
            more = hours - comparison.values(BASE, "work_hours", intervention=name).to_numpy()
            mean, low, high, _ = (float(one[0]) for one in means(more[:, None], comparison.groups))
            rows.append({
                "scenario": scenario, "team": team, "intervention": name,
                "delivered": delivered.mean(), "hours": hours.mean(),
                "wait": float(np.nanmean(wait)) if np.isfinite(wait).any() else np.nan,
                "delivered_more": float((delivered - comparison.values(BASE, "delivered", intervention=name)).mean()),
                "hours_more": mean, "hours_low": low, "hours_high": high,
            })  # fmt: skip
    columns = [
        "scenario", "team", "intervention", "delivered", "hours", "wait",
        "delivered_more", "hours_more", "hours_low", "hours_high",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index(["scenario", "team", "intervention"])
