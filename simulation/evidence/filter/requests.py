"""What the history tells of requests: who was seen off course, how long a delivery takes, and who joined unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.engine.layout import intervention_names
from simulation.evidence.filter import records as r
from simulation.evidence.history.vocabulary import CODE
from simulation.scenario.units import MONTH

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.model.state import Records
    from simulation.scenario import Scenario

__all__ = ["courses_revealed", "lags", "mark_unseen", "with_requests"]

Floats = npt.NDArray[np.float64]


def courses_revealed(seen: History, scenario: Scenario) -> Floats:
    """Chance that a member off course is seen to be, by intervention: 0 where the history says nothing of it.

    An intervention for those `off_course` reveals the course where its requests are recorded: a request says that the
    member was seen off course, and that there is none says the opposite. Where it has no team, a delivery is a request.
    Where those who refuse are not recorded, only the share that accepts is revealed.
    """
    found = np.zeros(len(scenario.interventions))
    names = seen.frame["name"].astype(object).to_numpy()
    for k, name in enumerate(intervention_names(scenario)):
        one = scenario.interventions[name]
        if one.when.trigger != "off_course" or k >= r.BITS:
            continue
        told = {event: bool(((seen.codes == CODE[event]) & (names == name)).any()) for event in _OF}
        if told["requested"] or (_at_once(scenario, name) and told["intervention"]):
            found[k] = 1.0 if told["refused"] else one.accept
    return found


_OF = ("requested", "refused", "intervention")


def _at_once(scenario: Scenario, name: str) -> bool:
    """Whether an intervention is delivered as soon as it is asked for: tech-touch."""
    one = scenario.interventions[name]
    return one.team is None and one.session is None


def with_requests(table: pd.DataFrame, scenario: Scenario, reveals: Floats, order: int) -> pd.DataFrame:
    """Keep of the requests and refusals those that reveal a course, and place them; of others those still under way.

    A delivery at once becomes a request and, after it, a delivery; an interaction at which somebody was asked says so.
    `order` is the place of requests among rows of one moment.
    """
    names = intervention_names(scenario)
    what, a = table["what"].to_numpy(), table["a"].to_numpy().astype(np.int64)
    telling = np.append(reveals > 0, False)[np.clip(a, -1, len(reveals))]
    asks = np.isin(what, [r.O_ASKED, r.O_DROPPED])
    under_way = _under_way(table) & ~telling
    table.loc[under_way, "what"] = r.O_NOTED
    asks &= ~under_way
    instant = np.append([_at_once(scenario, name) for name in names], False).astype(bool)[np.clip(a, -1, len(reveals))]
    sold = (what == r.O_DELIVERED) & telling & instant
    table.loc[sold, "order"] = order + 0.5
    asked = table[sold].assign(what=r.O_ASKED, value=0.0, order=order)
    table = pd.concat([table[~asks | telling], asked], ignore_index=True) if sold.any() else table[~asks | telling]
    rows = table[table["what"] == r.O_ASKED].drop_duplicates(["place", "t"])
    if len(rows):
        at = rows.set_index(["place", "t"])["a"]
        touched = table["what"] == r.O_INTERACTION
        keys = pd.MultiIndex.from_frame(table.loc[touched, ["place", "t"]])
        table = table.copy()
        table.loc[touched, "a"] = at.reindex(keys).fillna(-2).to_numpy()
    return table


def _under_way(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether a row is a request that nothing has come of yet."""
    granted = (table["what"] == r.O_ASKED) & (table["value"] == 1.0)
    ended = table["what"].isin([r.O_DELIVERED, r.O_DROPPED])
    whose = [table["place"], table["a"]]
    last_end = table["t"].where(ended).groupby(whose).transform("max")
    last_ask = table["t"].where(granted).groupby(whose).transform("max")
    found: npt.NDArray[np.bool_] = (granted & (table["t"] == last_ask) & ~(last_end >= table["t"])).to_numpy()
    return found


def lags(seen: History, scenario: Scenario) -> Floats:
    """Days from a request to the delivery by intervention: the median, or the working time of one never delivered."""
    names = list(intervention_names(scenario))
    place = {name: k for k, name in enumerate(names)}
    rows = np.flatnonzero(np.isin(seen.codes, [CODE["requested"], CODE["intervention"]]))
    table = pd.DataFrame({
        "member": seen.member[rows], "k": seen.frame["name"].astype(object).map(place).to_numpy(float)[rows],
        "t": seen.frame["date"].to_numpy()[rows], "asks": seen.codes[rows] == CODE["requested"],
    }).dropna(subset="k")  # fmt: skip
    table = table.sort_values(["member", "k", "t", "asks"], ascending=[True, True, True, False], kind="stable")
    last = table.shift()
    pairs = ~table["asks"] & (last["asks"] == True) & (last["member"] == table["member"]) & (last["k"] == table["k"])  # noqa: E712
    days = ((table["t"] - last["t"])[pairs].dt.total_seconds() / 86400).groupby(table["k"][pairs]).median()
    return np.array([days.get(float(k), _working_days(scenario, name)) for k, name in enumerate(names)], float)


def _working_days(scenario: Scenario, name: str) -> float:
    """Mean days until a delivery in which nobody waits for a team."""
    one = scenario.interventions[name]
    days = one.session.every / 2 if one.session is not None else 0.0
    if one.team is not None and one.effort is not None:
        team = scenario.teams[one.team]
        days += one.effort.mean() / (team.hours_per_month * team.available_share / MONTH)
    return float(days)


def mark_unseen(duties: Records, seen: History, scenario: Scenario, today: pd.DataFrame) -> None:
    """Mark the members whose day of joining is not known, and the phase of their terms where a renewal tells it."""
    place = pd.Series(np.arange(len(today)), index=today["member_id"].astype(str))
    own = place.reindex(seen.by_member().member_id).to_numpy()

    def having(*events: str) -> npt.NDArray[np.bool_]:
        rows = np.flatnonzero(np.isin(seen.codes, [CODE[event] for event in events]))
        whose = own[seen.member[rows]]
        return np.isin(np.arange(len(today)), whose[np.isfinite(whose)].astype(np.int64))

    unseen = having("present") & ~having("joined", "returned")
    duties["unseen"] = unseen
    term = np.array([scenario.segments[one].term for one in today["segment"]], float) * MONTH
    phase = np.mod(duties["due"] - duties["start"], term)
    duties["phase"] = np.where(having("renewed", "recovered", "grace", "due") & np.isfinite(phase), phase, np.nan)
