"""Writing down what happened: rows of the event log, counts of the ledger, each member's chain of ARR changes.

Everything counted is an integer (cents, seconds, members), so no sum depends on the order of events.
"""

from __future__ import annotations

import math

import numpy as np

from simulation.model import columns
from simulation.model.jit import compiled, inlined
from simulation.model.state import FULL_CHANGES, FULL_LOG, S_COMPLETE, SECONDS, World
from simulation.model.tables import (
    change_at,
    day_at,
    edge_at,
    ledger_at,
    log_at,
    member_at,
    milestone_at,
    segment_at,
    window_at,
)

N_FLOW = len(columns.FLOW)
N_OPEN = len(columns.OPEN)
N_MS = len(columns.MS)
N_IV = len(columns.IV)
N_TM = len(columns.TM)
N_WAIT = len(columns.WAIT_EDGES)
N_FIRST = len(columns.FIRST_VALUE_DAYS)
N_TERMS = columns.TERMS
N_COHORT = len(columns.COHORT)
WAIT_EDGES = np.array(columns.WAIT_EDGES)
FIRST_VALUE_DAYS = np.array(columns.FIRST_VALUE_DAYS, np.float64)

(F_JOINED, F_REFERRED, F_LEFT, F_RETURNED, F_NEW, F_ARR_RETURNED, F_EXPANSION, F_UPLIFT, F_CONTRACTION, F_CHURN,
 F_ARR_SECONDS, F_DUE, F_WON, F_LOST, F_FIRST_WON, F_FIRST_LOST, F_FEES, F_SETBACKS, F_ESCALATIONS, F_IMPATIENT,
 F_SHIFTS, F_RECOGNISED, F_ADOPTION, F_VALUE, F_GROWTH, F_COMPLETE, F_ON_TRACK, F_DRIFTING, F_AWAY,
 F_GRACE) = range(N_FLOW)  # fmt: skip
M_REACHED, M_OFFERED, M_TAKEN, M_LAPSED, M_EXPANSION, M_PUSHED, M_PUSH_TAKEN, M_PUSH_EXPANSION = range(N_MS)
(I_REQUESTED, I_REFUSED, I_STARTED, I_DELIVERED, I_WITHDRAWN, I_WAIT, I_WORK, I_FEES, I_RECURRING) = range(N_IV)
Q_STARTED, Q_WAIT, Q_BUSY, Q_QUEUE_SECONDS, Q_QUEUE = range(N_TM)


@inlined
def cell_of(w: World, t: float) -> int:
    """Cell that holds time `t` (days, t < end); the past, which is not counted, maps to the first."""
    return day_at(w, max(int(t), 0)).cell


@inlined
def add_flow(w: World, seg: int, cell: int, column: int, amount: int) -> None:
    """Add to one flow of a segment and cell."""
    if w.past == 0:
        ledger_at(w, w.o_flows + (seg * w.cells + cell) * N_FLOW + column).n += amount


@inlined
def add_milestone(w: World, milestone: int, cell: int, column: int, amount: int) -> None:
    """Add to one count of a milestone (segment-major index) and cell."""
    if w.past == 0:
        ledger_at(w, w.o_milestones + (milestone * w.cells + cell) * N_MS + column).n += amount


@inlined
def add_intervention(w: World, k: int, seg: int, cell: int, column: int, amount: int) -> None:
    """Add to one count of an intervention, segment and cell."""
    ledger_at(w, w.o_interventions + ((k * w.size_segment + seg) * w.cells + cell) * N_IV + column).n += amount


@inlined
def add_team(w: World, team: int, cell: int, column: int, amount: int) -> None:
    """Add to one count of a team and cell."""
    ledger_at(w, w.o_teams + (team * w.cells + cell) * N_TM + column).n += amount


@compiled
def seconds_of(t: float) -> int:
    """Whole seconds since the start at time `t` in days."""
    return int(math.floor(t * SECONDS))


@compiled
def spread_seconds(w: World, team: int, column: int, start: float, stop: float, servers: int) -> None:
    """Add the seconds of [start, stop), clipped to the horizon, to a team's column cell by cell."""
    a = seconds_of(min(start, w.end))
    b = seconds_of(min(stop, w.end))  # clipped first: a service may take longer than seconds can be counted
    if b <= a:
        return
    cell = day_at(w, a // 86400).cell
    while a < b:
        edge = min(edge_at(w, cell + 1).n * 86400, b)
        add_team(w, team, cell, column, (edge - a) * servers)
        a = edge
        cell += 1


@compiled
def add_wait(w: World, team: int, k: int, seg: int, t: float, wait: float) -> None:
    """Count one start of service at `t` after a wait of `wait` days; a session without a team has team -1."""
    cell = cell_of(w, t)
    seconds = seconds_of(wait)
    add_intervention(w, k, seg, cell, I_STARTED, 1)
    add_intervention(w, k, seg, cell, I_WAIT, seconds)
    if team >= 0:
        add_team(w, team, cell, Q_STARTED, 1)
        add_team(w, team, cell, Q_WAIT, seconds)
        add_team(w, team, cell, Q_QUEUE, -1)
        spread_seconds(w, team, Q_QUEUE_SECONDS, t - wait, t, 1)
        bin_ = 0
        while wait > WAIT_EDGES[bin_]:
            bin_ += 1
        ledger_at(w, w.o_waits + team * N_WAIT + bin_).n += 1


@inlined
def log_row(w: World, i: int, t: float, kind: int, name: int, progress: float) -> None:
    """Count one event of member `i`, and write its row when the log is asked for."""
    if w.past != 0:
        return
    w.n_events += 1
    if w.logging != 0:
        write_row(w, i, t, kind, name, progress)


@compiled
def write_row(w: World, i: int, t: float, kind: int, name: int, progress: float) -> None:
    """Write one row of the event log: the member's vector, progress and ARR after the event."""
    m = member_at(w, i)
    n = w.n_log
    w.n_log = n + 1
    if n >= w.size_log:
        w.overflow |= FULL_LOG
        return
    row = log_at(w, n)
    row.time = t
    row.key = m.key
    row.member = i
    row.seq = m.seq
    m.seq += 1
    row.kind = kind
    row.name = name
    row.direction = m.base + m.kick
    row.magnitude = m.pace
    row.progress = progress
    row.arr = m.arr


@compiled
def change_arr(w: World, i: int, t: float, column: int, amount: int, sign: int) -> None:
    """Move a member's ARR by `sign * amount` cents at `t` and book `amount` in the flow's column.

    Also chains the new value to the member's history, from which the closed cohorts of the windows are counted.
    """
    m = member_at(w, i)
    m.arr += sign * amount
    if w.past != 0:
        return
    cell = cell_of(w, t)
    add_flow(w, m.seg, cell, column, amount)
    left = edge_at(w, cell + 1).n * 86400 - seconds_of(t)
    add_flow(w, m.seg, cell, F_ARR_SECONDS, sign * amount * left)
    value = m.arr
    if column == F_CHURN:
        value = np.int64(-1)
    chain(w, i, cell, value)


@compiled
def chain(w: World, i: int, cell: int, arr: int) -> None:
    """Chain a member's ARR after a change in `cell` (-1: before the start; ARR -1: not a member)."""
    m = member_at(w, i)
    n = w.n_change
    if n >= w.size_change:
        w.overflow |= FULL_CHANGES
        return
    w.n_change = n + 1
    row = change_at(w, n)
    row.arr = arr
    row.cell = cell
    row.previous = m.change
    m.change = n


@compiled
def stage_of(w: World, i: int) -> int:
    """Stage of a member: that of the milestone ahead, or complete."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    if m.next < s.n_milestones:
        return milestone_at(w, s.first_milestone + m.next).stage
    return S_COMPLETE


@compiled
def set_stage(w: World, i: int, t: float) -> None:
    """Book a member's stage when it changed: the stage of the milestone ahead, or complete."""
    m = member_at(w, i)
    stage = stage_of(w, i)
    if stage != m.stage:
        cell = cell_of(w, t)
        add_flow(w, m.seg, cell, F_ADOPTION + m.stage, -1)
        add_flow(w, m.seg, cell, F_ADOPTION + stage, 1)
        m.stage = stage


@compiled
def close_books(w: World, vals: np.ndarray) -> None:
    """Count the closed cohort of every window from the chains of ARR; `vals` is int64[cells + 1] of scratch."""
    cells = w.cells
    for i in range(w.n_members):
        m = member_at(w, i)
        if m.change < 0:
            continue
        edge = cells
        n = m.change
        while n >= 0:
            row = change_at(w, n)
            while edge > row.cell:
                vals[edge] = row.arr
                edge -= 1
            n = row.previous
        while edge >= 0:
            vals[edge] = -1
            edge -= 1
        for window in range(w.size_window):
            start = vals[window_at(w, window).first]
            if start >= 0:
                end = vals[window_at(w, window).last]
                o = w.o_cohort + (m.seg * w.size_window + window) * N_COHORT
                ledger_at(w, o).n += start
                ledger_at(w, o + 3).n += 1
                if end >= 0:
                    ledger_at(w, o + 1).n += end
                    ledger_at(w, o + 2).n += min(start, end)
                    ledger_at(w, o + 4).n += 1
