"""A history as the filter reads it: each member's rows in days from the day of inference, with a pause now and then."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.filter import records as r
from simulation.evidence.filter.records import DUTY, OBSERVATION
from simulation.evidence.filter.requests import courses_revealed, lags, mark_unseen, with_requests
from simulation.evidence.filter.usage import usage_scale
from simulation.evidence.history.vocabulary import CODE
from simulation.model.random import book_key

if TYPE_CHECKING:
    from simulation.evidence.history import History
    from simulation.model.state import Records
    from simulation.scenario import Scenario

__all__ = ["Observations", "observations"]

PAUSE = 60.0
"""Days after which the weights are looked at even when nothing happened."""
RATING_NOISE = 0.25
"""Standard deviation of a rating on a scale from 0 to 1: a point of five."""
CODES = {
    "present": r.O_PRESENT, "returned": r.O_RETURNED, "moved": r.O_MOVED, "intervention": r.O_DELIVERED,
    "milestone": r.O_MILESTONE, "value_recognised": r.O_RECOGNISED, "resolved": r.O_RESOLVED,
    "setback": r.O_SETBACK, "escalated": r.O_ESCALATED, "interaction": r.O_INTERACTION, "rating": r.O_RATING,
    "usage": r.O_USAGE,
    "requested": r.O_ASKED, "refused": r.O_ASKED, "undelivered": r.O_DROPPED, "withdrawn": r.O_DROPPED,
    "renewed": r.O_RENEWED, "grace": r.O_GRACE, "recovered": r.O_RECOVERED, "left": r.O_LEFT,
}  # fmt: skip
NOTHING = -1


@dataclass(frozen=True, eq=False)
class Observations:
    """What the filter works on.

    Attributes
    ----------
    today
        The members on the day of inference, with the columns of a book; see `todays_rows`.
    duties, rows
        DUTY[members] and OBSERVATION[...].
    told
        Bits: what the history tells, so that the particles do not draw it.
    usage
        Usage at magnitude 1 by segment; NaN where there is none.
    reveals
        By intervention the chance that somebody off course is seen to be, by a request or a refusal; 0: no evidence.
    lags
        Days from a request to the delivery, by intervention.
    """

    today: pd.DataFrame
    duties: Records
    rows: Records
    told: int
    usage: npt.NDArray[np.float64]
    reveals: npt.NDArray[np.float64]
    lags: npt.NDArray[np.float64]


def observations(
    history: History,
    scenario: Scenario,
    as_of: dt.date,
    typical_usage: float | None = None,
    rating_noise: float = RATING_NOISE,
) -> Observations:
    """Make the rows of the filter out of a history.

    Parameters
    ----------
    history
        What is known on the morning of `as_of` counts, nothing later.
    scenario
        Its segments, journeys and interventions give the names their meaning.
    as_of
        The day of inference.
    typical_usage
        Usage in a month at magnitude 1; None: estimated from the history.
    rating_noise
        Standard deviation of a rating about what it should be, on its scale from 0 to 1.
    """
    from simulation.evidence.history.today import todays_rows

    seen = history.as_of(as_of)
    today = todays_rows(seen, scenario, as_of)
    segments = {name: place for place, name in enumerate(scenario.segments)}
    reveals = courses_revealed(seen, scenario)
    table = _table(seen, scenario, as_of, today, segments, reveals)
    table.loc[table["what"] == r.O_RATING, "low"] = rating_noise
    start = (today["joined"].to_numpy().astype("M8[D]") - np.datetime64(as_of, "D")).astype(float)
    counts, usage = usage_scale(seen, scenario)
    if typical_usage is not None:
        usage = np.full(len(segments), float(typical_usage))
    told = _told(table) | (r.COUNTS if counts else 0) | (r.TOLD_COURSE if reveals.any() else 0)
    table = _with_pauses(table, len(today))
    duties = np.zeros(len(today), DUTY)
    duties["key"] = [book_key(str(one)) for one in today["member_id"]]
    first = table["first_segment"].groupby(table["place"]).first().reindex(range(len(today)))
    duties["seg"] = first.fillna(today["segment"].map(segments)).to_numpy().astype(np.int32)
    duties["start"] = start
    duties["arr"] = today["arr"].to_numpy()
    due = (today["renews_on"].to_numpy().astype("M8[D]") - np.datetime64(as_of, "D")).astype(float)
    duties["due"] = np.where(np.isnan(due), np.inf, due)
    mark_unseen(duties, seen, scenario, today)
    edges = np.searchsorted(table["place"].to_numpy(), np.arange(len(today) + 1))
    duties["first"], duties["last"] = edges[:-1], edges[1:]
    rows = np.zeros(len(table), OBSERVATION)
    for name in ("t", "low", "high", "value", "what", "a"):
        rows[name] = table[name].to_numpy()
    rows["t"] = np.maximum(rows["t"], np.repeat(duties["start"], np.diff(edges)))
    return Observations(today, duties, rows, told, usage, reveals, lags(seen, scenario))


def _table(
    seen: History,
    scenario: Scenario,
    as_of: dt.date,
    today: pd.DataFrame,
    segments: dict[str, int],
    reveals: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """The rows of today's members that the filter reads, in their order, names as places."""
    frame = seen.frame
    place = pd.Series(np.arange(len(today)), index=today["member_id"].astype(str))
    table = pd.DataFrame({
        "place": frame["member_id"].astype(str).map(place).to_numpy(),
        "what": np.array([CODES.get(one, NOTHING) for one in CODE], np.int32)[seen.codes],
        "name": frame["name"].astype(object).to_numpy(),
        "value": _values(seen),
        "date": frame["date"].to_numpy(),
        "low": frame["date_low"].to_numpy() if "date_low" in frame else np.datetime64("NaT"),
        "high": frame["date_high"].to_numpy() if "date_high" in frame else np.datetime64("NaT"),
        "own": frame["segment"].astype(object).map(segments).to_numpy() if "segment" in frame else np.nan,
    })  # fmt: skip
    table = table[np.isfinite(table["place"].to_numpy(float)) & (table["what"] != NOTHING)].copy()
    table["place"] = table["place"].astype(np.int64)
    origin = np.datetime64(as_of, "us")
    for name, column in (("t", "date"), ("low", "low"), ("high", "high")):
        gap = (table[column].to_numpy().astype("M8[us]") - origin).astype("m8[us]")
        table[name] = np.where(np.isnat(gap), np.nan, gap.astype(np.int64) / 86_400e6)
    # What is dated at midnight sharp is known to the day: an interval of it.
    daily = (table["what"] == r.O_MILESTONE) & table["high"].isna() & (table["t"] == np.floor(table["t"]))
    for name in ("low", "high"):
        table[name] = table[name].where(~daily, table["t"])
    table["high"] += 1.0  # the last day belongs to the interval
    interval = (table["what"] == r.O_MILESTONE) & table["high"].notna()
    table.loc[interval, "t"] = table.loc[interval, "high"].clip(upper=0.0)
    table.loc[interval, "high"] = table.loc[interval, "t"]
    table.loc[~interval & (table["what"] != r.O_USAGE), ["low", "high"]] = np.nan
    own = today["segment"].map(segments).to_numpy()[table["place"].to_numpy()]
    moved = table["what"] == r.O_MOVED
    said = table["own"].where(table["own"].notna() & ~moved)
    table["first_segment"] = said.groupby(table["place"]).transform("first").fillna(pd.Series(own, table.index))
    table["segment"] = own
    table["a"] = _places(table, scenario, segments)
    table = _opened(_months(table, as_of))
    table["order"] = table["what"].map({code: float(place) for place, code in enumerate(_ORDER)})
    table.loc[(table["what"] == r.O_MILESTONE) & table["high"].notna(), "order"] = -1.0  # it was reached before `t`
    # An export with dates alone may have several milestones on a day: they were reached in the order of the journey.
    table["along"] = np.where(table["what"] == r.O_MILESTONE, table["a"], 0.0)
    _place_deliveries(table, scenario)
    table = with_requests(_by_moments(table), scenario, reveals, _ORDER.index(r.O_ASKED))
    return table.sort_values(["place", "t", "order", "along"], kind="stable").reset_index(drop=True)


def _values(seen: History) -> npt.NDArray[np.float64]:
    """The values of rows; of a request 1 and of a refusal 0: whether it leads to a delivery."""
    asked = [seen.codes == CODE["requested"], seen.codes == CODE["refused"]]
    values: npt.NDArray[np.float64] = np.select(asked, [1.0, 0.0], seen.frame["value"].to_numpy())
    return values


def _place_deliveries(table: pd.DataFrame, scenario: Scenario) -> None:
    """What a milestone causes comes after it; other deliveries come before the milestones of their moment: jumps."""
    from simulation.engine.layout import intervention_names

    journeys = [list(segment.journey) for segment in scenario.segments.values()]
    for place, name in enumerate(intervention_names(scenario)):
        when = scenario.interventions[name].when
        for segment, journey in enumerate(journeys):
            if when.trigger in ("reached", "taken") and when.milestone in journey:
                rows = (table["what"] == r.O_DELIVERED) & (table["a"] == place) & (table["segment"] == segment)
                table.loc[rows, "order"] = float(_ORDER.index(r.O_MILESTONE))
                table.loc[rows, "along"] = journey.index(when.milestone) + 0.5


def _by_moments(table: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of one moment, some microseconds apart, one time: a jump and the milestones that it reaches."""
    table = table.sort_values(["place", "t"], kind="stable")
    place, t = table["place"].to_numpy(), table["t"].to_numpy()
    starts = np.ones(len(table), bool)
    starts[1:] = (np.diff(place) != 0) | (np.diff(t) > r.MOMENT)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(table)), 0))
    return table.assign(t=t[first]) if len(table) else table


def _opened(table: pd.DataFrame) -> pd.DataFrame:
    """Add a row where the interval of a milestone begins: from there on it may have been reached."""
    opens = table[(table["what"] == r.O_MILESTONE) & table["high"].notna()]
    opens = opens.assign(t=opens["low"], what=r.O_OPENS).drop_duplicates(["place", "low", "high"])
    return pd.concat([table, opens], ignore_index=True) if len(opens) else table


_ORDER = (
    r.O_PRESENT, r.O_RETURNED, r.O_OPENS, r.O_MOVED, r.O_DELIVERED, r.O_MILESTONE, r.O_RECOGNISED, r.O_RESOLVED,
    r.O_SETBACK, r.O_ESCALATED, r.O_INTERACTION, r.O_ASKED, r.O_RATING, r.O_USAGE, r.O_RENEWED, r.O_GRACE,
    r.O_RECOVERED, r.O_LEFT, r.O_DROPPED, r.O_PAUSE,
)  # fmt: skip


def _places(table: pd.DataFrame, scenario: Scenario, segments: dict[str, int]) -> npt.NDArray[np.int32]:
    """What the name of a row means: milestone within the segment's journey, intervention, segment."""
    from simulation.engine.layout import intervention_names

    places = np.full(len(table), -2, np.int32)
    what, name = table["what"].to_numpy(), table["name"].to_numpy()
    segment = table["segment"].to_numpy()
    interventions = {one: place for place, one in enumerate(intervention_names(scenario))}
    journeys = [{one: place for place, one in enumerate(each.journey)} for each in scenario.segments.values()]
    for row in np.flatnonzero(np.isin(what, [r.O_MILESTONE, r.O_PRESENT])):
        places[row] = -1 if name[row] == "none" else journeys[int(segment[row])].get(name[row], -2)
    for row in np.flatnonzero(np.isin(what, [r.O_DELIVERED, r.O_ASKED, r.O_DROPPED])):
        places[row] = interventions.get(name[row], -2)
    for row in np.flatnonzero(what == r.O_MOVED):
        places[row] = segments.get(name[row], -2)
    return places


def _months(table: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Put usage at the end of its month, and an empty usage where the month before has none."""
    named = [r.O_DELIVERED, r.O_ASKED, r.O_DROPPED, r.O_MOVED]
    useful = ~table["what"].isin(named) | (table["a"] >= 0)
    useful &= ~((table["what"] == r.O_MILESTONE) & (table["a"] < 0))
    useful &= ~((table["what"] == r.O_RATING) & table["value"].isna())
    table = table[useful]
    usage = table["what"] == r.O_USAGE
    if not usage.any():
        return table
    origin = np.datetime64(as_of, "D")
    month = table.loc[usage, "date"].to_numpy().astype("M8[M]")
    low = (month.astype("M8[D]") - origin).astype(float)
    high = np.minimum(((month + 1).astype("M8[D]") - origin).astype(float), 0.0)
    rows = table[usage].assign(low=low, high=high, t=high)
    resets = rows.assign(value=np.nan, t=low)
    known = set(zip(rows["place"], rows["t"], strict=True))
    fresh = [key not in known for key in zip(resets["place"], resets["t"], strict=True)]
    return pd.concat([table[~usage], rows, resets[fresh]], ignore_index=True)


def _told(table: pd.DataFrame) -> int:
    """What the history tells at all: where nobody has a row of it, the particles draw it."""
    what = set(table["what"].unique().tolist())
    told = r.TOLD_INTERACTIONS if r.O_INTERACTION in what else 0
    told |= r.TOLD_SETBACKS if what & {r.O_SETBACK, r.O_ESCALATED} else 0
    return told | (r.TOLD_VALUE if r.O_RECOGNISED in what else 0)


def _with_pauses(table: pd.DataFrame, members: int) -> pd.DataFrame:
    """Add rows in which nothing happens: in long silences, and on the day of inference for everybody."""
    pauses: list[dict[str, Any]] = [
        {"place": place, "t": 0.0, "what": r.O_PAUSE, "a": -2, "value": np.nan, "low": np.nan, "high": np.nan}
        for place in range(members)
    ]
    times, place = table["t"].to_numpy(), table["place"].to_numpy()
    for row in range(len(table)):
        end = times[row + 1] if row + 1 < len(table) and place[row + 1] == place[row] else 0.0
        silent = int((end - times[row]) // PAUSE)
        for number in range(1, silent + 1):
            at = times[row] + number * (end - times[row]) / (silent + 1)
            pauses.append({"place": place[row], "t": at, "what": r.O_PAUSE, "a": -2,
                           "value": np.nan, "low": np.nan, "high": np.nan})  # fmt: skip
    extra = pd.DataFrame(pauses)
    extra["order"] = len(_ORDER)
    both = pd.concat([table, extra], ignore_index=True)
    both = both.sort_values(["place", "t", "order"], kind="stable").reset_index(drop=True)
    both["first_segment"] = both.groupby("place")["first_segment"].transform("first")
    return both
