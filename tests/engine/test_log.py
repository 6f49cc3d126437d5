"""What the event log says, and what the ledger counts: the one is rebuilt from the other, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from simulation.engine.compiled import CompiledEngine
from simulation.engine.events import OF_INTERVENTIONS, OF_MILESTONES, sorted_log
from simulation.engine.ledger import FIRST_VALUE_DAYS, FLOW, IV, MS, OPEN, TM, WAIT_EDGES, Ledger
from simulation.engine.plan import Plan
from simulation.engine.simpy_engine import SimpyEngine
from simulation.engine.world import Memory
from simulation.model.state import KINDS, STAGES
from tests.engine.engines import first_difference, ledger_of, plan_of
from tests.engine.mechanisms import MECHANISMS
from tests.strategies import scenarios

Int = npt.NDArray[np.int64]
DAY = 86_400
EXPANSION = ("taken", "push_taken", "delivered")


class Rebuilt:
    """The counts of one replication, made from its event log and what the plan says, and nothing else."""

    def __init__(self, memory: Memory, plan: Plan) -> None:
        self.plan, self.edges = plan, plan.frame.cell_edges
        raw = sorted_log(memory)
        log = pd.DataFrame({name: raw[name] for name in ("time", "key", "seq", "kind", "name", "direction", "arr")})
        log["seg"] = memory.arrays["member"]["seg"][raw["member"]].astype(int)
        log["kind"] = np.array(KINDS)[log["kind"]]
        log["second"] = np.floor(log["time"] * DAY).astype(np.int64)
        log["cell"] = np.searchsorted(self.edges, np.floor(log["time"]), side="right") - 1
        log["before"] = log.groupby("key")["arr"].shift(fill_value=0)
        log["change"] = log["arr"] - log["before"]
        self.log = log

    def of(self, *kinds: str) -> pd.DataFrame:
        """Rows of some kinds."""
        return self.log[self.log["kind"].isin(kinds)]

    def by_cell(self, rows: pd.DataFrame, amount: Any = 1) -> Int:
        """[S, C]: number of rows, or sum of an amount, by segment and cell."""
        result = np.zeros((len(self.plan.frame.segments), self.plan.frame.cells), np.int64)
        np.add.at(result, (rows["seg"].to_numpy(), rows["cell"].to_numpy()), amount)
        return result

    def flows(self) -> dict[str, Int]:
        """Flows that the log determines."""
        log, rows = self.log[self.log["kind"] != "present"], self.of
        left = (self.edges[1:] * DAY)[log["cell"]] - log["second"]
        flows = {
            "left": self.by_cell(rows("left")),
            "returned": self.by_cell(rows("returned")),
            "arr_new": self.by_cell(rows("joined"), rows("joined")["change"]),
            "arr_returned": self.by_cell(rows("returned"), rows("returned")["change"]),
            "expansion": self.by_cell(rows(*EXPANSION), rows(*EXPANSION)["change"]),
            "uplift": self.by_cell(rows("renewed", "recovered"), rows("renewed", "recovered")["change"]),
            "contraction": self.by_cell(rows("contracted"), -rows("contracted")["change"]),
            "churn": self.by_cell(rows("left"), -rows("left")["change"]),
            "arr_seconds": self.by_cell(log, log["change"] * left),
            "setbacks": self.by_cell(rows("setback")),
            "escalations": self.by_cell(rows("escalated")),
            "shifts": self.by_cell(rows("outcome_shift")),
            "recognised": self.by_cell(rows("value_recognised")),
        }
        own = {"joined", "returned", "left", "taken", "push_taken", "delivered", "renewed", "recovered", "contracted"}
        assert not (self.log["change"][~self.log["kind"].isin({*own, "present"})] != 0).any(), "ARR changed unasked"
        return flows

    def courses(self) -> Int:
        """[S, C+1, 3]: members on track, drifting and away at every cell edge, from the directions in the log."""
        frame = self.plan.frame
        levels = np.zeros((len(frame.segments), frame.cells + 1, 3), np.int64)
        for edge, day in enumerate(self.edges):
            rows = self.log[(self.log["time"] < day) | (self.log["kind"] == "present")]
            if day == 0:
                rows = rows[rows["kind"] == "present"]
            last = rows.groupby("key").last()
            gone = rows[rows["kind"].isin(("joined", "present", "returned", "left"))].groupby("key")["kind"].last()
            last = last[gone.loc[last.index] != "left"]
            course = np.digitize(np.abs(last["direction"]), [np.pi / 4, np.pi / 2])
            np.add.at(levels, (last["seg"].to_numpy(), edge, course), 1)
        return levels

    def milestones(self) -> Int:
        """[M, C, MS]."""
        frame = self.plan.frame
        result = np.zeros((len(frame.milestones), frame.cells, len(MS)), np.int64)
        place = {(segment, name): n for n, (segment, name, _, _) in enumerate(frame.milestones)}
        names = {"milestone": "reached", **{k: k for k in ("offered", "taken", "lapsed", "pushed", "push_taken")}}
        for row in self.of(*OF_MILESTONES).itertuples():
            at = (place[frame.segments[row.seg], self.plan.milestone_names[row.name]], row.cell)
            if row.kind in names:
                result[(*at, MS.index(names[row.kind]))] += 1
            if row.kind in ("taken", "push_taken"):
                column = {"taken": "expansion", "push_taken": "push_expansion"}[row.kind]
                result[(*at, MS.index(column))] += row.change
        return result

    def services(self) -> pd.DataFrame:
        """Requests in the log, each with the times of its start, end and withdrawal (NaN: none)."""
        found: list[dict[str, Any]] = []
        waiting: dict[tuple[int, int], dict[str, Any]] = {}
        serving: dict[tuple[int, int], dict[str, Any]] = {}
        for row in self.of(*OF_INTERVENTIONS).itertuples():
            pair = (row.key, row.name)
            if row.kind == "requested":
                assert pair not in waiting and pair not in serving, "two requests at once"
                waiting[pair] = {"k": row.name, "seg": row.seg, "asked": row.time, "impatient": np.nan}
                found.append(waiting[pair])
            elif row.kind == "started":
                serving[pair] = waiting.pop(pair)
                serving[pair]["started"] = row.time
            elif row.kind == "withdrawn":
                waiting.pop(pair)["withdrawn"] = row.time
            elif row.kind == "impatient":
                assert np.isnan(waiting[pair]["impatient"]), "impatient twice"
                waiting[pair]["impatient"] = row.time
            elif pair in serving and row.kind in ("delivered", "undelivered"):
                serving.pop(pair)["ended"] = row.time
        columns = ("k", "seg", "asked", "started", "ended", "withdrawn", "impatient")
        return pd.DataFrame(found, columns=columns)


def levels_of(ledger: Ledger, states: tuple[str, ...]) -> Int:
    """[S, C+1, states]: what the ledger says at every cell edge."""
    opening = ledger.opening[0][:, [OPEN.index(one) for one in states]]
    change = ledger.flows[0][:, :, [FLOW.index(one) for one in states]]
    return np.concatenate([opening[:, None], opening[:, None] + np.cumsum(change, axis=1)], axis=1)


def check_flows(book: Rebuilt, ledger: Ledger) -> None:
    flows = ledger.flows[0]
    for name, rebuilt in book.flows().items():
        assert np.array_equal(flows[..., FLOW.index(name)], rebuilt), name
    both = flows[..., FLOW.index("joined")] + flows[..., FLOW.index("referred")]
    assert np.array_equal(both, book.by_cell(book.of("joined")))
    impatient = book.of("impatient")
    assert np.array_equal(flows[..., FLOW.index("impatient")], book.by_cell(impatient))
    present = book.of("present")
    opening = np.zeros((2, len(book.plan.frame.segments)), np.int64)
    np.add.at(opening, (0, present["seg"].to_numpy()), 1)
    np.add.at(opening, (1, present["seg"].to_numpy()), present["arr"])
    assert np.array_equal(ledger.opening[0][:, :2].T, opening)


def check_renewals(book: Rebuilt, ledger: Ledger) -> None:
    """Where nobody leaves during a term, every leaving is a renewal lost, in the end or at once."""
    plan, flows = book.plan, ledger.flows[0]
    segments = plan.tables["segment"]
    rows = book.of("renewed", "grace", "recovered", "left", "present", "returned", "joined").copy()
    rows["last"], rows["asked"] = (rows.groupby("key")[name].shift() for name in ("kind", "time"))
    for seg in range(len(plan.frame.segments)):
        grace = float(segments["grace_length"][seg])
        if segments["hazard_dist"][seg] >= 0:
            continue

        def by_cell(times: pd.Series) -> Int:
            cells = np.searchsorted(plan.frame.cell_edges, np.floor(times), side="right") - 1
            return np.bincount(cells, minlength=plan.frame.cells)

        own = rows[rows["seg"] == seg]
        decided = own[own["kind"].isin(("renewed", "recovered", "left"))]
        lapsed = (decided["last"] == "present") & (decided["kind"] != "renewed") & (grace > 0)  # before the start
        ended = decided[lapsed | (decided["last"] == "grace")]
        entered = own[own["kind"] == "grace"]
        in_grace = by_cell(entered["time"]) - by_cell(ended["time"])
        assert np.array_equal(flows[seg, :, FLOW.index("in_grace")], in_grace)
        if grace > 27:  # it may outlast a term: due dates are then not in the log
            continue
        due = decided["time"].where(decided["last"] != "grace", decided["asked"])
        counted = (due + grace <= plan.frame.days) & ~lapsed
        for name, lost in (("renewals_won", False), ("renewals_lost", True)):
            rebuilt = by_cell(due[counted & ((decided["kind"] == "left") == lost)])
            assert np.array_equal(flows[seg, :, FLOW.index(name)], rebuilt), name


def check_cohorts(book: Rebuilt, ledger: Ledger) -> None:
    frame = book.plan.frame
    kinds = ("present", "joined", "returned", "left", "renewed", "recovered", "contracted", *EXPANSION)
    rows = book.of(*kinds)

    def at(day: int) -> pd.DataFrame:
        before = rows[(rows["time"] < day) | (rows["kind"] == "present")].groupby("key").last()
        return before[before["kind"] != "left"]

    for n, window in enumerate(frame.windows):
        one = at(int(frame.cell_edges[window.first_cell]))
        two = at(int(frame.cell_edges[window.last_cell_exclusive]))
        for seg in range(len(frame.segments)):
            start = one.loc[one["seg"] == seg, "arr"]
            end = two.loc[two.index.intersection(start.index), "arr"]
            kept = np.minimum(start.loc[end.index], end)
            wanted = [start.sum(), end.sum(), kept.sum(), len(start), len(end)]
            assert ledger.cohort[0, seg, n].tolist() == wanted, window.name


def check_services(book: Rebuilt, ledger: Ledger) -> None:
    frame, services = book.plan.frame, book.services()
    end = float(frame.days)
    assert (services["started"] >= services["asked"]).where(services["started"].notna(), True).all()
    assert (services["ended"] >= services["started"]).where(services["ended"].notna(), True).all()
    counts = ledger.interventions[0, [frame.interventions.index(name) for name in book.plan.intervention_names]]
    for column, kinds in {
        "refused": ("refused",), "started": ("started",), "withdrawn": ("withdrawn",),
        "delivered": ("delivered", "undelivered"),
    }.items():  # fmt: skip
        rows = book.of(*kinds)
        rebuilt = np.zeros(counts.shape[:-1], np.int64)
        np.add.at(rebuilt, (rows["name"].to_numpy(), rows["seg"].to_numpy(), rows["cell"].to_numpy()), 1)
        assert np.array_equal(counts[..., IV.index(column)], rebuilt), column
    plans = book.plan.tables["intervention"]
    for k in range(len(frame.interventions)):
        own = services[services["k"] == k]
        requested = int(counts[k, ..., IV.index("requested")].sum())
        delivered = int(counts[k, ..., IV.index("delivered")].sum())
        assert requested == (delivered if plans["delivery"][k] == 0 else len(own))
        wait = np.floor((own["started"] - own["asked"]).dropna() * DAY).sum()
        assert counts[k, ..., IV.index("wait_seconds")].sum() == wait
    team = plans["team"][services["k"].to_numpy(dtype=int)]
    for n in range(len(frame.teams)):
        own = services[team == n]
        waits = (own["started"] - own["asked"]).dropna()
        bins = np.bincount(np.searchsorted(WAIT_EDGES, waits, side="left"), minlength=len(WAIT_EDGES))
        assert np.array_equal(ledger.waits[0, n], bins)
        counted = ledger.teams[0, n].sum(axis=0)
        assert counted[TM.index("started")] == len(waits)
        still = own["started"].isna() & own["withdrawn"].isna()
        assert counted[TM.index("queue")] == still.sum()
        gone = own["started"].fillna(own["withdrawn"]).fillna(end)
        # the ledger starts from the end of a wait, which may be an ulp away from the request
        began = own["asked"].where(own["started"].isna(), own["started"] - (own["started"] - own["asked"]))
        assert counted[TM.index("queue_seconds")] == (np.floor(gone * DAY) - np.floor(began * DAY)).sum()


def check_first_value(book: Rebuilt, ledger: Ledger) -> None:
    frame = book.plan.frame
    for seg, segment in enumerate(frame.segments):
        names = [name for s, name, stage, _ in frame.milestones if s == segment and stage == "adoption"]
        joined = book.of("joined")
        joined = joined[joined["seg"] == seg].set_index("key")["time"]
        days = pd.Series(0.0, joined.index)
        if names:
            last = book.plan.milestone_names.index(names[-1])
            reached = book.of("milestone")
            reached = reached[(reached["seg"] == seg) & (reached["name"] == last)].groupby("key")["time"].first()
            days = reached.reindex(joined.index) - joined
        for n, limit in enumerate(FIRST_VALUE_DAYS):
            seen = joined[joined + limit <= frame.days].index
            assert ledger.first_value[0, seg, n].tolist() == [len(seen), int((days[seen] <= limit).sum())]


def check_order(book: Rebuilt) -> None:
    log = book.log
    assert (log["seq"] == log.groupby("key").cumcount()).all(), "a member's rows are not in the order of time"
    assert ((log["time"] >= 0) & (log["time"] < book.plan.frame.days)).all()
    assert not np.signbit(log["time"]).any(), "-0.0 is equal to 0.0, but not the same"
    member = log["kind"].map({"present": 1, "joined": 1, "returned": 1, "left": 0})
    before = member.groupby(log["key"]).ffill().groupby(log["key"]).shift(fill_value=0)
    arrives = log["kind"].isin(("present", "joined", "returned"))
    assert (before[arrives] == 0).all(), "somebody comes who is there"
    absent = log["kind"][(before == 0) & ~arrives]
    assert set(absent) <= {"undelivered"}, "something happens to somebody who is not a member"
    assert (log["arr"] >= 0).all()


def check_states_at_the_end(memory: Memory, plan: Plan, ledger: Ledger) -> None:
    members = memory.arrays["member"][: int(memory.world["n_members"])]
    present = members[members["present"] != 0]
    for seg in range(len(plan.frame.segments)):
        own = present[present["seg"] == seg]
        stages = np.bincount(own["stage"], minlength=len(STAGES))
        assert np.array_equal(levels_of(ledger, STAGES)[seg, -1], stages)
        assert levels_of(ledger, ("in_grace",))[seg, -1, 0] == (own["grace"] != 0).sum()


def check_everything(plan: Plan, seed: int, replication: int) -> None:
    memory = CompiledEngine(plan, log=True).run(seed, replication)
    ledger, book = ledger_of(memory, plan), Rebuilt(memory, plan)
    check_order(book)
    check_flows(book, ledger)
    assert np.array_equal(ledger.milestones[0], book.milestones())
    assert np.array_equal(levels_of(ledger, ("on_track", "drifting", "away")), book.courses())
    check_renewals(book, ledger)
    check_cohorts(book, ledger)
    check_services(book, ledger)
    check_first_value(book, ledger)
    check_states_at_the_end(memory, plan, ledger)
    assert ledger.events[0] == len(book.log)


@pytest.mark.parametrize("name", MECHANISMS)
def test_the_ledger_is_rebuilt_from_the_log(name: str) -> None:
    check_everything(plan_of(MECHANISMS[name][0]), 21, 0)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(scenarios(assumptions=False))
def test_the_ledger_is_rebuilt_from_the_log_of_generated_scenarios(data: dict[str, Any]) -> None:
    check_everything(plan_of(data), 22, 1)


def test_the_same_seed_and_replication_give_the_same_log() -> None:
    plan = plan_of(MECHANISMS["every trigger, queued"][0])
    engine, again = CompiledEngine(plan, log=True), CompiledEngine(plan, log=True)
    for replication in (3, 4, 3):
        used = engine.run(5, replication)
    assert first_difference(used, again.run(5, 3)) is None
    assert np.array_equal(used.ledger(), again.memory.ledger())
    for seed, replication in ((5, 4), (6, 3)):
        assert first_difference(used, again.run(seed, replication)) is not None
    assert first_difference(used, SimpyEngine(plan, log=True).run(5, 3)) is None
