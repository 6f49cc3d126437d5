"""Whether stated chances come true: members are simulated, inferred like real ones, and compared with what came."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulation.evidence.filter.vectors import at_rest, infer
from simulation.model.vector import DRIFTING
from simulation.shown import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.evidence.history import History
    from simulation.progress import Progress
    from simulation.scenario import Scenario

__all__ = ["CHANCES", "Reliability", "reliability"]

CHANCES = {"next_30": 30.0, "next_60": 60.0, "next_90": 90.0}
"""Chances of the next milestone, and their days."""
LONGEST, AFTER = 1096, 90  # days of the simulated record, and days that are simulated beyond it
TENTHS = 10
MOST = 200  # replications


@dataclass(frozen=True, eq=False)
class Reliability(Shown):
    """Stated chances beside what came, by tenths of the members.

    Attributes
    ----------
    table
        One row a chance (`what`: on_track, next_30, next_60, next_90) and tenth (1: the least chances): members,
        mean `stated` chance, share that `came` true, `error` (standard error of that share if the chances hold) and
        `z`, their difference in such errors. Tenth 0 is all members.
    members
        How many members were simulated and inferred.
    """

    table: pd.DataFrame = field(repr=False)
    members: int

    def tenth(self, what: str, place: int) -> dict[str, Any]:
        """One row of the table, such as the top tenth of `next_90`: 10."""
        row = self.table[(self.table["what"] == what) & (self.table["tenth"] == place)]
        return {str(key): value for key, value in row.iloc[0].to_dict().items()}

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the shares that came true against the stated chances.

        Parameters
        ----------
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax)


def reliability(
    scenario: Scenario,
    history: History | None = None,
    *,
    members: int = 2000,
    as_of: dt.date | None = None,
    particles: int | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Reliability:
    """Check the chances that `infer` states, at the scenario's parameters, on members of whom the truth is known.

    Parameters
    ----------
    scenario
        The model, fitted ideally; where it has assumptions, their middle. Its book is left out: members join, or are
        there at the start as its segments' `population` says.
    history
        Of which kind the simulated history is to be: as long (three years at most), with the same events, and with
        days alone where this one has no times of day. None: a year and a half with usage and all events but
        interactions.
    members
        At least how many members to infer.
    as_of
        The day of inference of `history`; by default as in `infer`.
    particles, workers, progress
        As in `infer`; progress counts members.
    seed
        0 <= seed < 2**32.

    Raises
    ------
    ValueError
        Nobody joins in the scenario.
    """
    import simulation as sim
    from simulation.evidence.history import History as Known
    from simulation.scenario.schema import Horizon

    length, tells, daily = _kind(history, as_of)
    model = at_rest(scenario, scenario.start)
    model = model.model_copy(update={"horizon": Horizon.model_validate(f"{length + AFTER} days")})
    day = model.start + dt.timedelta(days=length)
    parts: list[pd.DataFrame] = []
    found = 0
    for replication in range(MOST):
        log = sim.events(model, replication=replication, seed=seed, engine="compiled")
        frame = Known.from_events(log, model, usage_seed=replication).frame
        frame = frame[frame["event"].isin(tells)]
        if daily:
            frame = frame.assign(date=frame["date"].dt.normalize())
        seen = Known.of(frame)
        if not len(frame) or (seen.as_of(day).presence == 0).all():
            continue
        table = infer(seen, model, as_of=day, particles=particles, draws=1, seed=seed, workers=workers).table
        parts.append(_beside_truth(table.set_index("member_id"), log, float(length)))
        found += len(table)
        if progress is not None:
            progress(min(found, members), members)
        if found >= members:
            break
    if not parts:
        raise ValueError("nobody joins in this scenario: there is nothing to check the chances on")
    whole = pd.concat(parts)
    return Reliability(_by_tenths(whole), len(whole))


def _kind(history: History | None, as_of: dt.date | None) -> tuple[int, frozenset[str], bool]:
    """Length of the record in days, the events that it tells, and whether it knows days alone."""
    from simulation.evidence.history.vocabulary import EVENTS

    if history is None:
        return 548, frozenset(EVENTS) - {"interaction"}, False
    dates = history.frame["date"]
    end = as_of or history.exported or history.last_day
    rows = dates[history.frame["event"] == "milestone"]
    first = dates[history.frame["event"] != "joined"].min()  # members from long ago do not make a record long
    days = (pd.Timestamp(str(end)) - first).days if end is not None and len(dates) else 548
    daily = bool(len(rows)) and bool((rows == rows.dt.normalize()).all())
    needed = frozenset({"joined", "present", "returned", "left", "renewed", "milestone"})
    return int(np.clip(days, 180, LONGEST)), frozenset(history.frame["event"].astype(str).unique()) | needed, daily


def _beside_truth(table: pd.DataFrame, log: pd.DataFrame, day: float) -> pd.DataFrame:
    """The stated chances with, in columns `came_...`, what was true on the day and came after it."""
    then = log[log["time"] < day].groupby("member", observed=True).last().reindex(table.index)
    ahead = log[(log["time"] >= day) & (log["kind"] == "milestone")]
    wait = ahead.groupby("member", observed=True)["time"].min().reindex(table.index) - day
    result = table[["on_track", *CHANCES]].copy()
    result["came_on_track"] = (then["direction"].abs() < np.degrees(DRIFTING)).astype(float)
    for name, days in CHANCES.items():
        result[f"came_{name}"] = (wait < days).astype(float)
    return result


def _by_tenths(whole: pd.DataFrame) -> pd.DataFrame:
    """The table of `Reliability`."""
    rows = []
    for what in ("on_track", *CHANCES):
        known = whole[whole[what].notna()].sort_values(what, kind="stable")
        stated, came = known[what].to_numpy(), known[f"came_{what}"].to_numpy()
        parts = [np.arange(len(known)), *np.array_split(np.arange(len(known)), TENTHS)]
        for tenth, part in enumerate(parts):
            if len(part):
                error = float(np.sqrt((stated[part] * (1 - stated[part])).sum()) / len(part))
                gap = float(came[part].mean() - stated[part].mean())
                rows.append({
                    "what": what, "tenth": tenth, "members": len(part), "stated": stated[part].mean(),
                    "came": came[part].mean(), "error": error, "z": gap / error if error > 0 else np.nan,
                })  # fmt: skip
    return pd.DataFrame(rows)
