"""From a cause to a request or a delivery: audience, cooldown, coverage, acceptance, and how long service takes."""

from __future__ import annotations

from simulation.model.draws import draw, luck
from simulation.model.effects import deliver
from simulation.model.jit import compiled
from simulation.model.journey import peek_progress, sync
from simulation.model.renewal import risk
from simulation.model.state import (
    BOOKED,
    BY_REVENUE,
    BY_RISK,
    BY_TEAM,
    IDLE,
    INSTANT,
    K_IMPATIENT,
    K_REFUSED,
    K_REQUESTED,
    K_STARTED,
    NEVER,
    SERVING,
    T_EVERY,
    T_ON,
    TECH_TOUCH,
    WAITING,
    World,
)  # fmt: skip
from simulation.model.tables import (
    ask_at,
    cause_at,
    intervention_at,
    member_at,
    segment_at,
    server_at,
    slot_at,
    team_at,
)
from simulation.model.tally import (
    F_IMPATIENT,
    I_REFUSED,
    I_REQUESTED,
    I_WORK,
    Q_BUSY,
    Q_QUEUE,
    add_flow,
    add_intervention,
    add_team,
    add_wait,
    cell_of,
    log_row,
    seconds_of,
    spread_seconds,
)  # fmt: skip
from simulation.model.triggers import mark_tick, next_cause, retime
from simulation.model.vector import observed_direction, observed_usage, turn_away


@compiled
def consider_causes(w: World, i: int, t: float) -> None:
    """Consider every cause of a member that is due at `t`, in the order (priority, name)."""
    for k in range(w.size_intervention):
        if cause_at(w, i, k).x <= t:
            slot = slot_at(w, i, k)
            occurrence = slot.marked
            cause_at(w, i, k).x = NEVER
            trigger = intervention_at(w, k).trigger
            if trigger in (T_EVERY, T_ON):
                slot.tick += 1
                mark_tick(w, i, k)
            consider(w, i, k, t, occurrence)
    next_cause(w, i)


@compiled
def in_audience(w: World, i: int, k: int, t: float) -> bool:
    """Whether a member is among those an intervention is for, at the observed vector."""
    m = member_at(w, i)
    v = intervention_at(w, k)
    if not (v.segments >> m.seg) & 1:
        return False
    if not (v.stages >> m.stage) & 1:
        return False
    if m.arr < v.arr_low or m.arr > v.arr_high:
        return False
    age = t - m.since
    if age < v.tenure_low - INSTANT or age > v.tenure_high + INSTANT:
        return False
    if v.value >= 0 and v.value != m.recognised:
        return False
    if v.off_course > 0.0 or v.on_course < NEVER:
        off = abs(observed_direction(w, i))
        if off < v.off_course or off >= v.on_course:
            return False
    if v.usage_low > 0.0 or v.usage_high < NEVER:
        usage = observed_usage(w, i)
        if usage < v.usage_low or usage > v.usage_high:
            return False
    if v.risk_low > 0.0 or v.risk_high < NEVER:
        danger = risk(w, i)
        if danger < v.risk_low or danger > v.risk_high:
            return False
    return True


@compiled
def consider(w: World, i: int, k: int, t: float, occurrence: int) -> None:
    """Turn one cause into nothing, a refusal, a delivery at once (tech-touch) or a request in `w.ask`."""
    m = member_at(w, i)
    v = intervention_at(w, k)
    slot = slot_at(w, i, k)
    if slot.state != IDLE or t < slot.last_request + v.cooldown - INSTANT or m.present == 0:
        return
    if not in_audience(w, i, k, t):
        return
    if v.coverage < 1.0 and luck(w, m.key, v.p_cover, 0) >= v.coverage:
        return
    slot.last_request = t
    cell = cell_of(w, t)
    if v.accept < 1.0 and luck(w, m.key, v.p_accept, occurrence) >= v.accept:
        log_row(w, i, t, K_REFUSED, k, peek_progress(w, i, t))
        add_intervention(w, k, m.seg, cell, I_REFUSED, 1)
        return
    add_intervention(w, k, m.seg, cell, I_REQUESTED, 1)
    if v.delivery == TECH_TOUCH:
        if v.n_effects > 0:
            sync(w, i, t)
        deliver(w, i, k, t, occurrence)
        return
    log_row(w, i, t, K_REQUESTED, k, peek_progress(w, i, t))
    slot.state = WAITING
    slot.token = slot.token % 65535 + 1
    slot.impatient = 0
    slot.occurrence = occurrence
    slot.effort = 0.0
    if v.delivery == BY_TEAM:
        slot.effort = max(0.0, draw(w, v.effort_dist, luck(w, m.key, v.p_effort, occurrence)))
    slot.rank = 0.0
    if v.team >= 0:
        order = team_at(w, v.team).order
        if order == BY_REVENUE:
            slot.rank = -float(m.arr)
        elif order == BY_RISK:
            slot.rank = -risk(w, i)
        add_team(w, v.team, cell, Q_QUEUE, 1)
    m.waiting += 1
    next_patience(w, i)
    ask = ask_at(w, w.n_ask)
    ask.time = t
    ask.member = i
    ask.intervention = k
    w.n_ask += 1


@compiled
def next_patience(w: World, i: int) -> None:
    """Recompute when the patience of a member who waits next runs out; nobody is impatient with a webinar's date.

    Patience is for a team, and runs from the request, as the wait that is reported does: the days until a team's
    session takes place count.
    """
    m = member_at(w, i)
    patience = segment_at(w, m.seg).patience
    first = NEVER
    if patience < NEVER and m.waiting > 0:
        for k in range(w.size_intervention):
            slot = slot_at(w, i, k)
            waits = (slot.state == WAITING or slot.state == BOOKED) and intervention_at(w, k).team >= 0
            if waits and slot.impatient == 0:
                first = min(first, slot.last_request + patience)
    m.t_patience = first
    retime(m)


@compiled
def lose_patience(w: World, i: int, t: float) -> None:
    """Turn away a member who has waited as long as its Appropriate Experience allows; the request stays."""
    m = member_at(w, i)
    s = segment_at(w, m.seg)
    for k in range(w.size_intervention):
        slot = slot_at(w, i, k)
        waits = (slot.state == WAITING or slot.state == BOOKED) and intervention_at(w, k).team >= 0
        if waits and slot.impatient == 0 and slot.last_request + s.patience <= t:
            slot.impatient = 1
            turn_away(m, s.patience_turn)
            log_row(w, i, t, K_IMPATIENT, k, m.done)
            add_flow(w, m.seg, cell_of(w, t), F_IMPATIENT, 1)
    next_patience(w, i)


@compiled
def service_days(w: World, team: int, server: int, effort: float, t: float) -> float:
    """Days that `effort` hours take a server who starts at `t`."""
    return effort / (team_at(w, team).hours_per_day * ramp_at(w, server, t))


@compiled
def ramp_at(w: World, server: int, t: float) -> float:
    """Share of full productivity of a server at `t`: linear from its start over the ramp."""
    s = server_at(w, server)
    if t >= s.start + s.ramp_over:
        return 1.0
    return s.ramp_from + (1.0 - s.ramp_from) * (t - s.start) / s.ramp_over


@compiled
def start_service(w: World, i: int, k: int, t: float) -> None:
    """Start the service of one waiting request at `t`; the member's state is read, not written."""
    m = member_at(w, i)
    slot = slot_at(w, i, k)
    slot.state = SERVING
    m.waiting -= 1
    m.serving += 1
    next_patience(w, i)
    add_wait(w, intervention_at(w, k).team, k, m.seg, t, t - slot.last_request)
    log_row(w, i, t, K_STARTED, k, peek_progress(w, i, t))


@compiled
def start_work(w: World, k: int, seg: int, effort: float, t: float, days: float) -> None:
    """Book the hours of a job that starts at `t` and keeps a server for `days`; counted once for a session."""
    add_intervention(w, k, seg, cell_of(w, t), I_WORK, seconds_of(effort / 24.0))
    spread_seconds(w, intervention_at(w, k).team, Q_BUSY, t, t + days, 1)
