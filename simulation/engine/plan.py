"""From scenario to arrays: everything an engine reads, and nothing that it writes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simulation.engine.layout import intervention_names, make_frame
from simulation.engine.ledger import LEDGER_ARRAYS, Frame, Int
from simulation.engine.plan_interventions import intervention_records
from simulation.engine.plan_segments import Collector, segment_records
from simulation.engine.purposes import Purposes
from simulation.engine.recall import past_digest
from simulation.engine.resources import known_rows, servers_of
from simulation.model.dates import day_number
from simulation.model.random import child_keys, domain
from simulation.model.state import (
    BOOK,
    MONTH,
    NEVER,
    ORDERS,
    PLAN_TABLES,
    QUOTA_DAY,
    SERVER,
    T_APPROACHING,
    T_OFF_COURSE,
    TEAM,
    WORLD,
    Records,
)  # fmt: skip
from simulation.scenario.errors import Problem, ScenarioError
from simulation.scenario.schema import Scenario

if TYPE_CHECKING:
    from simulation.scenario.book import Book

OFFSETS = {
    "opening": "o_opening", "flows": "o_flows", "milestones": "o_milestones", "interventions": "o_interventions",
    "teams": "o_teams", "waits": "o_waits", "terms": "o_terms", "first_value": "o_first", "cohort": "o_cohort",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Plan:
    """A scenario at one assumption point, as arrays.

    Attributes
    ----------
    frame
        Names and times of the ledger's axes.
    known
        Rows of the ledger that no event changes, by the name of its array: see `resources.known_rows`.
    tables
        The plan's arrays by name, with the dtypes of `state.PLAN_TABLES`; at least one row each.
    sizes
        How many rows of each table there really are.
    header
        WORLD[1]: offsets of the ledger and other sizes, with seed and replication left open.
    milestone_names, intervention_names
        What the `name` of a row of the event log means; the interventions by (priority, name), as engines take them.
    journey, modifiers
        Longest journey; number of effects that leave a trace on a member.
    expected
        Members to expect in one replication, to size memory.
    drawn
        The book's rows by draw, BOOK[draws, rows]: replication r starts from draw r mod draws. None: one book.
    """

    frame: Frame
    known: dict[str, Int]
    tables: dict[str, Records]
    sizes: dict[str, int]
    header: Records
    milestone_names: tuple[str, ...]
    intervention_names: tuple[str, ...]
    journey: int
    modifiers: int
    expected: int
    drawn: Records | None = None

    @cached_property
    def past(self) -> bytes:
        """Digest of all that the pasts of today's members depend on, but the luck."""
        return past_digest(int(self.header[0]["start_day"]), self.tables)


def make_plan(scenario: Scenario, book: Book | None = None) -> Plan:
    """Compile a scenario without open assumptions (see `Scenario.at_point`) and its book.

    Raises
    ------
    ScenarioError
        When names are too many for the bit masks of audiences (62 segments, 62 different milestones), or two draws
        would share their random numbers.
    """
    frame = make_frame(scenario)
    file = str(scenario.source_files[0]) if scenario.source_files else ""
    collector = Collector(Purposes(file))
    segments, milestones, prices, names = segment_records(scenario, frame.days, collector)
    interventions, effects, modifiers = intervention_records(scenario, names, collector)
    for s, name in enumerate(scenario.segments):
        _watch(segments[s], milestones, interventions, s)
        segments[s]["in_quota"] = _in_quota(scenario, name)
    if len(scenario.segments) > 62 or len(names) > 62:
        message = "a plan holds at most 62 segments and 62 different names of milestones"
        raise ScenarioError([Problem(file, None, None, "segments", message)])
    rows = _book_rows(scenario, book)
    drawn = None
    if book is not None and book.draws is not None:
        drawn = np.stack([_book_rows(scenario, book.draws.book(book, draw)) for draw in range(len(book.draws))])
    distributions, table = collector.compile()
    cal, quota = _calendar(scenario, frame)
    teams, servers = _teams(scenario)
    contents: dict[str, np.ndarray] = {
        "segment": segments, "milestone": milestones, "intervention": interventions, "effect": effects,
        "price": prices, "team": teams, "server": servers, "quota": quota, "book": rows,
        "distribution": distributions, "number": table, "edge": frame.cell_edges, "day": cal,
        "window": np.array([(w.first_cell, w.last_cell_exclusive) for w in frame.windows], np.int32).reshape(-1, 2),
    }  # fmt: skip
    tables = {name: _rows(array, PLAN_TABLES[name]) for name, array in contents.items()}
    journey = max(1, max((len(one.journey) for one in scenario.segments.values()), default=1))
    arrivals = sum(float(s["arrival_bound"]) for s in segments) * frame.days / MONTH
    return Plan(
        frame=frame,
        known=known_rows(scenario, frame),
        tables=tables,
        header=_header(scenario, frame, journey, max(1, modifiers)),
        sizes={name: len(array) for name, array in contents.items()},
        milestone_names=tuple(names),
        intervention_names=tuple(intervention_names(scenario)),
        journey=journey,
        modifiers=max(1, modifiers),
        expected=int(len(rows) + arrivals + 6 * math.sqrt(arrivals) + 16),
        drawn=drawn,
    )


def _rows(array: np.ndarray, dtype: np.dtype[np.void]) -> Records:
    """View an array as rows of a dtype; never empty, for compiled code takes its address."""
    if array.dtype != dtype:
        array = np.ascontiguousarray(array).view(dtype).reshape(-1)
    return array if len(array) else np.zeros(1, dtype)


def _header(scenario: Scenario, frame: Frame, journey: int, modifiers: int) -> Records:
    header = np.zeros(1, WORLD)
    world = header[0]
    world["end"] = frame.days
    world["start_day"] = day_number(scenario.start)
    world["cells"], world["journey"], world["modifiers"] = frame.cells, journey, modifiers
    offset = 0
    shapes = frame.shapes(1)
    for name in LEDGER_ARRAYS:
        if name in OFFSETS:
            world[OFFSETS[name]] = offset
            offset += math.prod(shapes[name])
    return header


def ledger_size(frame: Frame) -> int:
    """Length of the flat ledger of one replication, int64 words."""
    return sum(math.prod(shape) for name, shape in frame.shapes(1).items() if name in OFFSETS)


def _watch(segment: np.void, milestones: Records, interventions: Records, s: int) -> None:
    """Note for the hot path what is tested at a segment's interactions."""
    segment["course_angle"], segment["approach_within"] = NEVER, -1.0
    first, count = int(segment["first_milestone"]), int(segment["n_milestones"])
    own = set(milestones["name"][first : first + count].tolist())
    for one in interventions:
        if (int(one["segments"]) >> s) & 1:
            if one["trigger"] == T_OFF_COURSE:
                segment["course_angle"] = min(segment["course_angle"], one["angle"])
            if one["trigger"] == T_APPROACHING and int(one["milestone"]) in own:
                segment["watches_approach"] = 1
                segment["approach_within"] = max(segment["approach_within"], one["within"])


def _in_quota(scenario: Scenario, segment: str) -> int:
    quota = scenario.selling.quota
    return int(quota is not None and (quota.segments is None or segment in quota.segments))


def _months(scenario: Scenario, days: int) -> list[tuple[int, int]]:
    """First and end day of every calendar month of the horizon, counted from the start."""
    spans: list[tuple[int, int]] = []
    year, month = scenario.start.year, scenario.start.month
    while True:
        first = (date(year, month, 1) - scenario.start).days
        if first >= days:
            return spans
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        spans.append((first, (date(year, month, 1) - scenario.start).days))


def _calendar(scenario: Scenario, frame: Frame) -> tuple[np.ndarray, Records]:
    cal = np.zeros((frame.days + 1, 2), np.int32)
    cal[:, 0] = np.minimum(
        np.searchsorted(frame.cell_edges, np.arange(frame.days + 1), side="right") - 1, frame.cells - 1
    )
    months = _months(scenario, frame.days)
    rows = []
    quota = scenario.selling.quota
    for n, (first, end) in enumerate(months):
        cal[max(first, 0) : end, 1] = n
        if quota is not None and 0 <= end - 5 < frame.days:
            rows.append((float(end - 5), quota.take, quota.turn, quota.per_month, n, quota.pushes))
    return cal, np.array(rows, QUOTA_DAY)


def _teams(scenario: Scenario) -> tuple[Records, Records]:
    teams = np.zeros(len(scenario.teams), TEAM)
    servers: list[tuple[float, float, float, float]] = []
    for t, name in enumerate(sorted(scenario.teams)):
        team = scenario.teams[name]
        crew = servers_of(scenario, team)
        teams[t]["hours_per_day"] = team.hours_per_month * team.available_share / MONTH
        teams[t]["order"] = ORDERS.index(team.order)
        teams[t]["first_server"], teams[t]["n_servers"] = len(servers), len(crew)
        servers += crew
    return teams, np.array(servers, SERVER)


def _book_rows(scenario: Scenario, book: Book | None) -> Records:
    parts: list[Records] = []
    if book is not None:
        rows = np.zeros(len(book.key), BOOK)
        for field, column in {
            "key": "key", "joined": "joined", "renews_on": "renews_on", "progress": "progress",
            "direction": "direction", "magnitude": "magnitude", "value_on": "value_recognised_on",
            "setback_on": "open_setback", "arr": "arr", "seg": "segment", "milestone": "milestone", "cycle": "cycle",
        }.items():  # fmt: skip
            rows[field] = getattr(book, column)
        if "value_recognised_on" in book.columns:
            # a row that states all else says by its silence that no value was recognised
            stated = (rows["milestone"] > -2) & ~np.isnan(rows["direction"]) & ~np.isnan(rows["magnitude"])
            rows["value_on"][stated & np.isnan(rows["value_on"])] = -NEVER
        parts.append(rows)
    for s, (name, segment) in enumerate(scenario.segments.items()):
        if segment.population is not None:
            parts.append(_population(s, name, segment.population.members))
    return np.concatenate(parts) if parts else np.zeros(0, BOOK)


def _population(s: int, name: str, members: int) -> Records:
    rows = np.zeros(members, BOOK)
    rows["key"] = child_keys(np.uint64(domain("population")), np.uint64(domain(name)), members)
    for field in ("joined", "renews_on", "progress", "direction", "magnitude", "value_on", "setback_on"):
        rows[field] = np.nan
    rows["arr"] = -1
    rows["seg"] = s
    rows["milestone"] = -2
    return rows
