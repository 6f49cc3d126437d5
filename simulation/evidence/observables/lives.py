"""Lives: what happened to each member, in plain arrays, of a history or of a simulated future."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.evidence.history.vocabulary import CODE, EVENTS, INTERVENTION_EVENTS, MILESTONE_EVENTS
from simulation.scenario.units import MONTH

if TYPE_CHECKING:
    from simulation.engine.plan import Plan
    from simulation.engine.world import Memory
    from simulation.evidence.history import History
    from simulation.evidence.history.history import MemberRows
    from simulation.scenario import Scenario

__all__ = ["MONTH", "Lives", "lives_of_history", "lives_of_memory", "members_of"]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
HIDDEN = -1
"""The code of an event that no history has a word for: it changes the vector, and nobody sees it."""
_OF_MILESTONE = np.isin(EVENTS, MILESTONE_EVENTS)
_OF_INTERVENTION = np.isin(EVENTS, INTERVENTION_EVENTS)


@dataclass(frozen=True, eq=False)
class Lives:
    """Events of members in the order of member and time.

    Attributes
    ----------
    scenario
        Its segments and journeys are what places stand for.
    days
        Length of the record; times lie within 0 and `days`, those before the record are negative.
    segment
        int64[N], place of each member's segment.
    member, time, event, place
        Of each row: the member, days since the record began, place in `EVENTS` (`HIDDEN`: no word) and which
        milestone of the journey or which intervention (-1: none, or not known).
    direction, magnitude
        The vector after each row (radians); NaN in a history, where nobody sees it.
    usage_member, usage_month, usage
        Usage by month of the record, in any unit.
    """

    scenario: Scenario = field(repr=False)
    days: float
    segment: Int
    member: Int
    time: Float
    event: Int
    place: Int
    direction: Float
    magnitude: Float
    usage_member: Int
    usage_month: Int
    usage: Float

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.segment)

    def rows(self, *events: str) -> Int:
        """Rows of some events."""
        return np.flatnonzero(np.isin(self.event, [CODE[one] for one in events]))

    @cached_property
    def joined(self) -> Float:
        """When each member joined, within the record: days; NaN for those who were there before."""
        joined = np.full(len(self), np.nan)
        rows = self.rows("joined")
        rows = rows[self.time[rows] >= 0.0]
        joined[self.member[rows]] = self.time[rows]
        return joined

    @cached_property
    def hits(self) -> Float:
        """When each member reached each milestone of its journey for the first time: float64[N, M]; NaN: not yet."""
        most = max(len(one.journey) for one in self.scenario.segments.values())
        hits = np.full((len(self), most), np.nan)
        rows = self.rows("milestone")[::-1]
        rows = rows[self.place[rows] >= 0]
        hits[self.member[rows], self.place[rows]] = self.time[rows]  # of several the first stays
        return hits

    @cached_property
    def left(self) -> Float:
        """When each member first left: days; infinite for those who did not."""
        left = np.full(len(self), np.inf)
        rows = self.rows("left")[::-1]
        left[self.member[rows]] = self.time[rows]
        return left


def lives_of_history(history: History, scenario: Scenario, start: dt.date, end: dt.date) -> Lives:
    """Lives of the members of a history, over a record from a day to another.

    Members of segments that the scenario does not have are left out.
    """
    table = history.by_member(start)
    segment = _segments_of(table, scenario)
    kept = segment >= 0
    number = np.cumsum(kept) - 1
    days = float((end - start).days)
    member = np.repeat(np.arange(len(table)), np.diff(table.first))
    seen = kept[member] & (table.days < days)
    member, event = member[seen], table.event[seen].astype(np.int64)
    place = _places(table.names, scenario, event, table.name[seen], segment[member])
    usage = np.flatnonzero(event == CODE["usage"])
    time = table.days[seen]
    nowhere = np.full(len(event), np.nan)
    return Lives(
        scenario, days, segment[kept], number[member], time, event, place, nowhere, nowhere,
        number[member[usage]], np.floor(time[usage] / MONTH).astype(np.int64), table.value[seen][usage],
    )  # fmt: skip


def members_of(history: History, scenario: Scenario) -> list[str]:
    """The ids of the members of `lives_of_history`, in their order."""
    table = history.by_member()
    return [one for one, place in zip(table.member_id, _segments_of(table, scenario), strict=True) if place >= 0]


def _segments_of(table: MemberRows, scenario: Scenario) -> Int:
    """Place of each member's segment in the scenario; -1: not there."""
    own = {name: place for place, name in enumerate(scenario.segments)}
    only = 0 if len(own) == 1 else -1
    return np.array([*(own.get(name, -1) for name in table.segments), only], np.int64)[table.segment]


def _places(names: tuple[str, ...], scenario: Scenario, event: Int, name: npt.NDArray[np.int32], segment: Int) -> Int:
    """Which milestone of the member's journey, or which intervention, each row is about."""
    from simulation.engine.layout import intervention_names

    known = {one: place for place, one in enumerate(intervention_names(scenario))}
    interventions = np.array([*(known.get(one, -1) for one in names), -1], np.int64)
    journeys = np.array(
        [[*(list(each.journey).index(one) if one in each.journey else -1 for one in names), -1]
         for each in scenario.segments.values()], np.int64,
    )  # fmt: skip
    place = np.full(len(event), -1, np.int64)
    here = _OF_MILESTONE[event]
    place[here] = journeys[segment[here], name[here]]
    here = _OF_INTERVENTION[event]
    place[here] = interventions[name[here]]
    return place


def lives_of_memory(
    memory: Memory, plan: Plan, scenario: Scenario, *, usage_seed: int | None = None, vectors: bool = True
) -> Lives:
    """Lives of the members of the replication that an engine with a log has just run.

    Parameters
    ----------
    usage_seed
        When given, usage by month is added: the mean magnitude of the days of membership, seen with the noise of
        the segment.
    vectors
        Whether rows are kept that tell nothing but the vector: interactions, and what no history has a word for.
    """
    from simulation.model.state import KINDS

    words = np.array([CODE.get("intervention" if one == "delivered" else one, HIDDEN) for one in KINDS])
    log = memory.arrays["log"][: int(memory.world["n_log"])]
    if not vectors and usage_seed is None:
        log = log[~np.isin(words, [HIDDEN, CODE["interaction"]])[log["kind"]]]
    log = log[np.lexsort((log["seq"], log["time"], log["key"]))]
    keys, member = np.unique(log["key"], return_inverse=True)
    first = np.searchsorted(log["key"], keys)
    segment = memory.arrays["member"]["seg"][log["member"][first]].astype(np.int64)
    event = words[log["kind"]].astype(np.int64)
    name = log["name"].astype(np.int64)
    journeys = [list(one.journey) for one in scenario.segments.values()]
    own = np.array([[one.index(name) if name in one else -1 for name in plan.milestone_names] for one in journeys])
    seen = event >= 0
    milestone = seen & _OF_MILESTONE[event]
    place = np.where(seen & _OF_INTERVENTION[event], name, -1)
    place[milestone] = own[segment[member[milestone]], name[milestone]]
    nothing = np.zeros(0, np.int64)
    lives = Lives(
        scenario, float(scenario.days), segment, member.astype(np.int64), log["time"].copy(), event, place,
        log["direction"].copy(), log["magnitude"].copy(), nothing, nothing, np.zeros(0),
    )  # fmt: skip
    return lives if usage_seed is None else _with_usage(lives, usage_seed)


def vector_at(lives: Lives, times: Float) -> tuple[Float, Float, npt.NDArray[np.bool_]]:
    """Direction (radians), magnitude and whether a member, of every member at some times: [N, T] each."""
    far = lives.days + 2.0
    at = np.searchsorted(lives.member * far + lives.time, np.arange(len(lives))[:, None] * far + times, "right") - 1
    first = np.searchsorted(lives.member, np.arange(len(lives)))[:, None]
    begun, row = at >= first, np.maximum(at, first)
    present = begun & (_present(lives)[row] > 0)
    return lives.direction[row], lives.magnitude[row], present


def _present(lives: Lives) -> Int:
    """Whether the row's member is one after each row: 1 or 0."""
    comes = np.isin(lives.event, [CODE[one] for one in ("present", "joined", "returned")])
    change = np.cumsum(np.where(comes, 1, np.where(lives.event == CODE["left"], -1, 0)))
    first = np.searchsorted(lives.member, lives.member)
    before = np.concatenate([[0], change])[first]
    present: Int = np.clip(change - before, 0, 1)
    return present


def _with_usage(lives: Lives, seed: int) -> Lives:
    """Add usage: mean magnitude over the days of membership of each month, times `exp(usage_noise z)`."""
    from dataclasses import replace

    months = int(lives.days / MONTH + 1e-9)
    edges = np.arange(months + 1) * MONTH
    there = _present(lives).astype(float)
    ends = np.append(lives.member[1:] != lives.member[:-1], True)[: len(lives.member)]
    until = np.where(ends, lives.days, np.append(lives.time[1:], 0.0)[: len(lives.member)])
    span = np.where(there > 0, np.maximum(until - lives.time, 0.0), 0.0)
    used, days = (np.concatenate([[0.0], np.cumsum(one)]) for one in (span * lives.magnitude, span))
    far = lives.days + 2.0
    at = np.searchsorted(lives.member * far + lives.time, np.arange(len(lives))[:, None] * far + edges, "right") - 1
    first = np.searchsorted(lives.member, np.arange(len(lives)))[:, None]
    begun, row = at >= first, np.maximum(at, first)
    since = np.where(begun & (there[row] > 0), np.minimum(edges, until[row]) - lives.time[row], 0.0)
    total, length = used[row] + since * lives.magnitude[row], days[row] + since
    amount, lasted = np.diff(total, axis=1), np.diff(length, axis=1)
    who, month = np.nonzero(lasted > 1.0)
    noise = np.array([one.observed.usage_noise for one in lives.scenario.segments.values()])[lives.segment[who]]
    luck = np.random.default_rng(seed).standard_normal(len(who))
    value = amount[who, month] / lasted[who, month] * np.exp(noise * luck)
    return replace(lives, usage_member=who, usage_month=month, usage=value)
