"""What happened up to a day, counted alike in every future of a forecast and in a history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simulation.engine.ledger import FLOW, IV, MS, OPEN, Frame
from simulation.evidence.history import History
from simulation.evidence.history.vocabulary import CODE, OF_MORNING
from simulation.forecast.spans import edge

if TYPE_CHECKING:
    from simulation.forecast import Forecast

__all__ = ["DELIVERY", "FLOWS", "MILESTONE", "Observed", "of_forecast", "of_history"]

Int = npt.NDArray[np.int64]
MILESTONE = ("reached", "offered", "taken", "expansion", "pushed_expansion")
FLOWS = (
    "open", "joined", "new", "returned", "expansion", "uplift", "contraction", "churn", "left", "setbacks",
    "escalations",
)  # fmt: skip
DELIVERY = ("requested", "refused", "delivered")
_LEDGER = {"new": "arr_new", "returned": "arr_returned"}


@dataclass(frozen=True, eq=False)
class Observed:
    """Counts from the start of a forecast up to a day, in each of F futures; a history has F = 1.

    Attributes
    ----------
    exposure
        int64[F, S]: member-days by segment, doubled: the sum over the run's cells of their length times the members
        at their start and at their end.
    milestones
        int64[F, M, MILESTONE]; money in cents. Expansion is that of offers, without pushes.
    flows
        int64[F, S, FLOWS]; ARR in cents.
    deliveries
        int64[F, K, S, DELIVERY].
    restated
        int64[F, M]: how many members more reached the milestone before the start, by what is known now, than by what
        was known then; of a forecast nothing.
    told
        Events that the data have at all.
    """

    exposure: Int
    milestones: Int
    flows: Int
    deliveries: Int
    restated: Int
    told: frozenset[str]

    @property
    def futures(self) -> int:
        """How many futures."""
        return len(self.exposure)

    def flow(self, name: str) -> Int:
        """[F, S] of a flow."""
        return self.flows[..., FLOWS.index(name)]

    def milestone(self, name: str) -> Int:
        """[F, M] of a count of milestones."""
        return self.milestones[..., MILESTONE.index(name)]

    def close(self) -> Int:
        """[F]: ARR at the end, cents."""
        up = sum(self.flow(name) for name in ("open", "new", "returned", "expansion", "uplift"))
        total: Int = (up - self.flow("contraction") - self.flow("churn")).sum(axis=1)
        return total


def of_forecast(forecast: Forecast, days: int) -> Observed:
    """Count every future of a forecast up to a day.

    Raises
    ------
    ValueError
        When the day is not counted apart in the run.
    """
    frame, ledger = forecast.frame, forecast.ledger
    cells = edge(frame, days)
    flows = ledger.flows[:, :, :cells]

    def column(name: str) -> Int:
        return flows[..., FLOW.index(name)]

    change = column("joined") + column("referred") + column("returned") - column("left")
    opening = ledger.opening[..., OPEN.index("members")]
    at_end = opening[..., None] + np.cumsum(change, axis=2)
    totals = {
        "open": ledger.opening[..., OPEN.index("arr")],
        "joined": (column("joined") + column("referred")).sum(axis=2),
        **{name: column(_LEDGER.get(name, name)).sum(axis=2) for name in FLOWS[2:]},
    }
    places = [MS.index(name) for name in ("reached", "offered", "taken", "expansion", "push_expansion")]
    milestones = ledger.milestones[:, :, :cells][..., places].sum(axis=2)
    deliveries = ledger.interventions[:, :, :, :cells][..., [IV.index(name) for name in DELIVERY]].sum(axis=3)
    return Observed(
        exposure=_exposure(np.concatenate([opening[..., None], at_end], axis=2), frame, cells),
        milestones=milestones,
        flows=np.stack([totals[name] for name in FLOWS], axis=-1),
        deliveries=deliveries,
        restated=np.zeros(milestones.shape[:2], np.int64),
        told=frozenset(CODE),
    )


def of_history(history: History, frame: Frame, days: int) -> Observed:
    """Count a history in the same way.

    Parameters
    ----------
    history
        What happened; members without a segment belong to the only one.
    frame
        Of the forecast.
    days
        Up to this day; must be counted apart in the run.

    Raises
    ------
    ValueError
        When the day is not counted apart, or members belong to no segment of the forecast.
    """
    cells = edge(frame, days)
    start, end = frame.start, frame.start + dt.timedelta(days=days)
    now = history.settled()
    segment = _segments(now, frame)
    standing = np.zeros((len(frame.segments), cells + 1), np.int64)
    opening = np.zeros(len(frame.segments), np.int64)
    mornings = [start + dt.timedelta(days=int(day)) for day in frame.cell_edges[: cells + 1]]
    for place, morning in enumerate(mornings):
        rows = _last_rows(now, morning)
        np.add.at(standing[:, place], segment[now.member[rows]], 1)
        if place == 0:
            np.add.at(opening, segment[now.member[rows]], now.levels[rows])
    chosen = _before(now, end) & ~_before(now, start)
    totals, milestones, deliveries = _count(now, frame, segment, chosen)
    totals[:, FLOWS.index("open")] = opening
    return Observed(
        exposure=_exposure(standing[None], frame, cells),
        milestones=milestones[None],
        flows=totals[None],
        deliveries=deliveries[None],
        restated=_restated(history, frame)[None],
        told=frozenset(str(event) for event in now.frame["event"].unique()),
    )


def _exposure(standing: Int, frame: Frame, cells: int) -> Int:
    """Doubled member-days from members at the edges of the cells, [F, S, cells + 1]."""
    lengths = np.diff(frame.cell_edges[: cells + 1])
    total: Int = ((standing[..., :-1] + standing[..., 1:]) * lengths).sum(axis=-1)
    return total


def _segments(history: History, frame: Frame) -> Int:
    """Place of every member's segment in the frame."""
    rows = history.by_member()
    places = {name: place for place, name in enumerate(frame.segments)}
    known = np.array([places.get(name, -1) for name in rows.segments] + [-1], np.int64)
    own = known[rows.segment]
    if len(frame.segments) == 1:
        own = np.where(rows.segment < 0, 0, own)
    if (own < 0).any():
        wrong = sorted({rows.segments[one] if one >= 0 else "none" for one in rows.segment[own < 0].tolist()})
        raise ValueError(
            f"{int((own < 0).sum()):,} members of the history belong to no segment of the forecast "
            f"({', '.join(wrong[:5])}); there are {', '.join(frame.segments)}"
        )
    return own


_MORNING = np.array([event in OF_MORNING for event in CODE])


def _before(history: History, day: dt.date) -> npt.NDArray[np.bool_]:
    """Rows before the morning of a day, and those that say how things stand on it."""
    date, moment = history.frame["date"].to_numpy(), np.datetime64(day, "us")
    before: npt.NDArray[np.bool_] = (date < moment) | ((date == moment) & _MORNING[history.codes])
    return before


def _last_rows(history: History, day: dt.date) -> Int:
    """The last row before a morning of each who is a member then."""
    before = np.flatnonzero(_before(history, day))
    if not len(before):
        return before
    last = before[np.append(history.member[before][1:] != history.member[before][:-1], True)]
    present: Int = last[history.presence[last] == 1]
    return present


def _count(history: History, frame: Frame, segment: Int, chosen: npt.NDArray[np.bool_]) -> tuple[Int, Int, Int]:
    """Flows [S, FLOWS], milestones [M, MILESTONE] and deliveries [K, S, DELIVERY] of some rows."""
    codes, member = history.codes, history.member
    before = np.append([0], history.levels[:-1])[: len(member)]
    before[np.append([True], member[1:] != member[:-1])[: len(member)]] = 0
    change = history.levels - before
    own = segment[member]
    flows = np.zeros((len(frame.segments), len(FLOWS)), np.int64)
    milestones = np.zeros((len(frame.milestones), len(MILESTONE)), np.int64)
    deliveries = np.zeros((len(frame.interventions), len(frame.segments), len(DELIVERY)), np.int64)
    words = [*history.frame["name"].cat.categories.astype(object), ""]
    name = history.frame["name"].cat.codes.to_numpy()

    def rows(*events: str) -> Int:
        found: Int = np.flatnonzero(chosen & np.isin(codes, [CODE[event] for event in events]))
        return found

    def flow(column: str, found: Int, amount: Any = 1) -> None:
        np.add.at(flows[:, FLOWS.index(column)], own[found], amount)

    flow("joined", rows("joined"))
    flow("new", rows("joined"), change[rows("joined")])
    flow("returned", rows("returned"), change[rows("returned")])
    flow("churn", rows("left"), -change[rows("left")])
    flow("left", rows("left"))
    flow("contraction", rows("contracted"), -change[rows("contracted")])
    sold = rows("taken", "push_taken", "expanded")
    flow("expansion", sold, change[sold])
    others = np.setdiff1d(np.flatnonzero(chosen & (change != 0)), np.concatenate([
        rows("joined", "returned", "left", "contracted"), sold,
    ]))  # fmt: skip
    flow("uplift", others, change[others])
    flow("setbacks", rows("setback"))
    flow("escalations", rows("escalated"))

    at = {(key[0], key[1]): place for place, key in enumerate(frame.milestones)}
    lookup = np.array([[at.get((one, word), -1) for word in words] for one in frame.segments], np.int64)
    for column, event, amounts in (
        ("reached", "milestone", None), ("offered", "offered", None), ("taken", "taken", None),
        ("expansion", "taken", change), ("pushed_expansion", "push_taken", change),
    ):  # fmt: skip
        found = rows(event)
        place = lookup[own[found], name[found]]
        amount = np.ones(len(found), np.int64) if amounts is None else amounts[found]
        np.add.at(milestones[:, MILESTONE.index(column)], place[place >= 0], amount[place >= 0])
    ours = {word: place for place, word in enumerate(frame.interventions)}
    known = np.array([ours.get(word, -1) for word in words], np.int64)
    for number, event in enumerate(("requested", "refused", "intervention")):
        found = rows(event)
        place = known[name[found]]
        np.add.at(deliveries[..., number], (place[place >= 0], own[found][place >= 0]), 1)
    return flows, milestones, deliveries


def _restated(history: History, frame: Frame) -> Int:
    """Milestones before the start that are known now, less those that were known then."""
    found = np.zeros(len(frame.milestones), np.int64)
    if "recorded" not in history.frame:
        return found
    for sign, told in ((1, history.settled()), (-1, history.as_of(frame.start))):
        if not len(told):
            continue
        chosen = _before(told, frame.start)
        _, milestones, _ = _count(told, frame, _segments(told, frame), chosen)
        found += sign * milestones[:, MILESTONE.index("reached")]
    return found
