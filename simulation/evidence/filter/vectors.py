"""Where every member of today stands: the posterior of its vector, given what happened until today."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.evidence.filter.observations import RATING_NOISE, Observations, observations
from simulation.evidence.filter.records import COLUMNS, DRAW, SIDE
from simulation.shown import Shown
from simulation.threads import in_threads

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from simulation.engine.plan import Plan
    from simulation.evidence.filter.cloud import Cloud
    from simulation.evidence.history import History
    from simulation.model.state import Records
    from simulation.progress import Progress
    from simulation.scenario import Scenario

__all__ = ["Vectors", "infer"]

PARTICLES = 512
SHARP = 0.15
"""Log-spread of work below which a milestone tells so much that four times the particles are needed."""
CHUNK = 32
"""Members that a thread takes at once."""
AHEAD = "48 months"
"""The plan must reach over what is looked ahead: 90 days, or the end of the current term."""


@dataclass(frozen=True, eq=False)
class Vectors(Shown):
    """Where the members stand.

    Attributes
    ----------
    as_of
        The day of inference.
    table
        One row a member: member_id, segment, milestone, the COLUMNS of `records`, next milestone's name, renews_on.
    draws
        DRAW[members, draws]: equally weighted draws from each posterior.
    today
        The members as the history has them, with the columns of a book; see `todays_rows`.
    journeys
        Milestones of each segment, in order: what `milestone` of a draw counts.
    particles
        How many particles stood for each member.
    """

    as_of: dt.date
    table: pd.DataFrame = field(repr=False)
    draws: Records = field(repr=False)
    today: pd.DataFrame = field(repr=False)
    journeys: dict[str, tuple[str, ...]]
    particles: int

    def book_table(self) -> pd.DataFrame:
        """The members as a book with draws: a row a member and draw, with the columns of `load_book`.

        A scenario that starts on `as_of` and names it as its book starts each of its futures from another draw.
        """
        count, width = self.draws.shape
        names: list[str] = []
        for segment, row in zip(self.table["segment"], self.draws["milestone"], strict=True):
            names += [("none", *self.journeys[segment])[place + 1] for place in row.tolist()]
        flat = self.draws.reshape(-1)
        rows = self.today.loc[self.today.index.repeat(width)].reset_index(drop=True)
        days = np.datetime64(self.as_of, "D") + np.floor(np.nan_to_num(flat["value_on"])).astype(np.int64)
        known = ~np.isnan(flat["value_on"])
        return pd.DataFrame({
            "member_id": rows["member_id"],
            "draw": np.tile(np.arange(width), count),
            "segment": rows["segment"],
            "arr": rows["arr"] / 100,
            "joined": rows["joined"].astype("datetime64[s]").dt.date,
            "renews_on": rows["renews_on"].astype("datetime64[s]").dt.date,
            "milestone": names,
            "cycle": flat["cycle"],
            "progress": flat["progress"],
            "direction": (np.degrees(flat["direction"]) + 180.0) % 360.0 - 180.0,
            "magnitude": flat["magnitude"],
            "value_recognised_on": pd.Series(days.astype("datetime64[s]")).dt.date.where(pd.Series(known)),
            "open_setback": rows["open_setback"].astype("datetime64[s]").dt.date,
        })  # fmt: skip

    @property
    def unexplained(self) -> pd.DataFrame:
        """Members with something in their history that no particle explains: the scenario holds it impossible."""
        return self.table[self.table["impossible"] > 0]

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw who is on track, drifting and away, by the last milestone reached.

        Parameters
        ----------
        ax
            Where to draw; by default on a new figure.
        """
        return self._drawn(ax)


def infer(
    history: History,
    scenario: Scenario,
    *,
    as_of: dt.date | None = None,
    particles: int | None = None,
    draws: int = 64,
    typical_usage: float | None = None,
    rating_noise: float = RATING_NOISE,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Vectors:
    """Infer the vectors of the members of a day from what happened until then.

    Parameters
    ----------
    history
        What happened; what was not known on the day does not count.
    scenario
        The model, without open assumptions or at the middle of them.
    as_of
        The day; by default the day on which the history was exported, or the one after its last row.
    particles
        For each member; by default 512, and 2048 where a milestone's work has a spread below 0.15.
    draws
        Draws from each posterior to keep, for forecasts.
    typical_usage
        Usage in a month at magnitude 1; by default estimated from those who have just joined.
    rating_noise
        Standard deviation of a rating, on its scale from 0 to 1: members on the straight course are rated 1 on
        average, those at a right angle to it 0.5, those who move away 0. Ratings are taken as independent given the
        direction, so a rater who always sees it too well misleads.
    seed
        0 <= seed < 2**32. A member's result depends on it, the scenario and the member's own rows only.
    workers
        Threads; None for one a core.
    progress
        Called with (members done, members in all).

    Raises
    ------
    ValueError
        When nobody is a member on that day, or an argument is out of range.

    Notes
    -----
    Where requests for those `off_course` are recorded, they are evidence of the direction, and so is that there are
    none (see `requests.courses_revealed`). Other audiences by course, usage or risk, and `approaching`, are not.

    Of those who were there when the record began and whose day of joining is not known, each particle draws its own.

    That a milestone is not in the history is evidence that it was not reached.

    Interventions go on in what is looked ahead: each is delivered as long after its cause as in the history, in the
    median, whatever the load of its team will be.
    """
    day = as_of or history.exported or _after(history)
    if not 0 < rating_noise < 10:
        raise ValueError(f"rating_noise must lie between 0 and 10, got {rating_noise}")
    if particles is not None and particles < 2:
        raise ValueError(f"particles must be 2 or more, got {particles}")
    model = at_rest(scenario, day)
    seen = observations(history, model, day, typical_usage, rating_noise)
    if seen.today.empty:
        raise ValueError(f"nobody in the history is a member on {day}")
    count = particles or _enough(model)
    out, kept = _run(model, seen, count, draws, seed, workers, progress)
    journeys = {name: tuple(segment.journey) for name, segment in model.segments.items()}
    return Vectors(day, _table(seen, model, out, kept), kept, seen.today, journeys, count)


def at_rest(scenario: Scenario, day: dt.date) -> Scenario:
    """The scenario that starts on the day of inference, assumptions at their medians, without a book."""
    from simulation.scenario.draws import at_values, values_at
    from simulation.scenario.schema import Horizon

    fixed = scenario
    if scenario.assumptions:
        middle = values_at(scenario, dict.fromkeys(scenario.assumptions, 0.5))
        fixed = at_values(scenario, middle, "in the middle of all assumptions")
    return fixed.model_copy(update={"start": day, "horizon": Horizon.model_validate(AHEAD), "book": None})


def _after(history: History) -> dt.date:
    if history.last_day is None:
        raise ValueError("the history is empty")
    return history.last_day + dt.timedelta(days=1)


def _enough(scenario: Scenario) -> int:
    spreads = [one.spread for segment in scenario.segments.values() for one in segment.journey.values()]
    return PARTICLES if min(spreads, default=1.0) >= SHARP else 4 * PARTICLES


class _Worker:
    """The world of one thread, with room for the particles of one member."""

    def __init__(self, plan: Plan, particles: int, seed: int) -> None:
        from simulation.engine.world import Memory, Room

        room = Room(particles, changes=64, births=64, log=1, calendar=1, queue=1, batches=1)
        self.memory = Memory(plan, room)
        self.memory.start(seed, 0, log=False)
        self.memory.world["past"] = 1
        self.cloud = _cloud(self.memory.arrays, particles)


def _cloud(arrays: dict[str, Records], particles: int) -> Cloud:
    from simulation.evidence.filter.cloud import Cloud

    members, opportunities, modifiers = (arrays[name] for name in ("member", "opportunity", "modifier"))
    return Cloud(
        weights=np.zeros(particles),
        sides=np.zeros(particles, SIDE),
        members=members,
        opportunities=opportunities,
        modifiers=modifiers,
        spare_sides=np.zeros(particles, SIDE),
        spare_members=members.copy(),
        spare_opportunities=opportunities.copy(),
        spare_modifiers=modifiers.copy(),
        ranks=np.zeros(particles),
        origin=np.zeros(particles, np.int64),
    )


def _run(
    scenario: Scenario, seen: Observations, particles: int, draws: int, seed: int, workers: int | None,
    progress: Progress | None,
) -> tuple[npt.NDArray[np.float64], Records]:  # fmt: skip
    import threading

    from simulation.engine.plan import make_plan
    from simulation.evidence.filter.filtering import filter_members
    from simulation.evidence.filter.sight import Sight

    plan = make_plan(scenario)
    work = np.exp(plan.tables["milestone"]["log_after"])
    total = len(seen.duties)
    out = np.full((total, len(COLUMNS)), np.nan)
    kept = np.zeros((total, draws), DRAW)
    mine = threading.local()

    def work_on(first: int) -> int:
        if not hasattr(mine, "worker"):
            mine.worker = _Worker(plan, particles, seed)
            mine.sight = Sight(seen.told, seen.usage, work, seen.reveals, seen.lags)
        part = slice(first, min(first + CHUNK, total))
        filter_members(
            mine.worker.memory.world,
            mine.worker.cloud,
            seen.duties[part],
            seen.rows,
            mine.sight.record,
            out[part],
            kept[part],
        )
        return part.stop - first

    finished = 0

    def done(members: int) -> None:
        nonlocal finished
        finished += members
        if progress is not None:
            progress(finished, total)

    in_threads(work_on, range(0, total, CHUNK), done, workers=workers)
    return out, kept


def _table(seen: Observations, scenario: Scenario, out: npt.NDArray[np.float64], kept: Records) -> pd.DataFrame:
    columns: dict[str, Any] = {name: out[:, place] for place, name in enumerate(COLUMNS)}
    columns["off_course"] = np.degrees(columns["off_course"])
    table = pd.concat([seen.today[["member_id", "segment", "milestone", "renews_on"]], pd.DataFrame(columns)], axis=1)
    table["milestone"] = _milestones(table, scenario, kept)
    following = [_next(scenario, segment, milestone) for segment, milestone in
                 zip(table["segment"], table["milestone"], strict=True)]  # fmt: skip
    table.insert(3, "next", following)
    courses = np.array(["on track", "drifting", "away"], object)
    best = table[["on_track", "drifting", "away"]].to_numpy().argmax(axis=1)
    table.insert(5, "course", courses[best])
    complete = table["next"] == ""
    table.loc[complete, ["next_30", "next_60", "next_90", "work_done"]] = np.nan
    return table


def _milestones(table: pd.DataFrame, scenario: Scenario, kept: Records) -> list[str]:
    """The last milestone of each member; where the history does not say, the one of all draws, if they agree."""
    agree = (kept["milestone"] == kept["milestone"][:, :1]).all(axis=1)
    known = zip(table["segment"], table["milestone"], kept["milestone"][:, 0].tolist(), agree.tolist(), strict=True)
    return [
        ("none", *scenario.segments[segment].journey)[place + 1] if not told and same else told
        for segment, told, place, same in known
    ]


def _next(scenario: Scenario, segment: str, milestone: str) -> str:
    """Name of the milestone ahead; blank when the journey is complete, or where one stands is not known."""
    journey = scenario.segments[segment].journey
    names = list(journey)
    if milestone not in ("none", *names):
        return ""
    place = 0 if milestone == "none" else names.index(milestone) + 1
    if place < len(names):
        return names[place]
    growth = [name for name, one in journey.items() if one.stage == "growth"]
    return growth[0] if scenario.segments[segment].cycle and growth else ""
