"""Small scenarios played once or many times, and their event logs in a form that tests can ask questions of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from simulation.engine.compiled import CompiledEngine
from simulation.engine.plan import Plan, make_plan
from simulation.engine.replicate import ledger_rows
from simulation.engine.world import Memory, Room
from simulation.model.state import KINDS, MONTH
from simulation.scenario import from_mapping

if TYPE_CHECKING:
    from simulation.scenario.book import Book

Yaml = dict[str, Any]
YEAR = 12 * MONTH


def segment(**fields: Any) -> Yaml:
    """A segment in the form of YAML: members of ARR 100 who stay for ever, unless `fields` say otherwise."""
    return {"desired_outcome": {"required": "works"}, "arr": 100} | fields


def scenario(*, days: int, start: str = "2027-01-01", **fields: Any) -> Yaml:
    """A scenario in the form of YAML; the key `segment` is short for a single segment, and periods are quarters."""
    if "segment" in fields:
        fields["segments"] = {"only": fields.pop("segment")}
    return {"name": "test", "start": start, "horizon": f"{days} days", "periods": "quarter"} | fields


@dataclass
class Future:
    """One replication: its event log, its members at the end and its ledger (copies)."""

    plan: Plan
    log: npt.NDArray[np.void]
    members: npt.NDArray[np.void]
    ledger: dict[str, npt.NDArray[np.int64]]

    def rows(self, *kinds: str, name: str | None = None) -> npt.NDArray[np.void]:
        """Rows of the log of some kinds, in time order; of one milestone or intervention when named."""
        chosen = np.isin(self.log["kind"], [KINDS.index(kind) for kind in kinds])
        if name is not None:
            chosen &= self.names == name
        rows = self.log[chosen]
        return rows[np.argsort(rows["time"], kind="stable")]

    @property
    def names(self) -> npt.NDArray[np.str_]:
        """Name of each row of the log: of a milestone or of an intervention, empty for neither."""
        return names_of(self.plan, self.log)


# What the name of a row is a name of.
MILESTONE_KINDS = ("present", "milestone", "offered", "taken", "declined", "lapsed", "pushed", "push_taken")


def names_of(plan: Plan, log: npt.NDArray[np.void]) -> npt.NDArray[np.str_]:
    """Name of each row of a log."""
    milestones = np.array(["", *plan.milestone_names])
    interventions = np.array(["", *plan.intervention_names])
    of_milestone = np.isin(log["kind"], [KINDS.index(kind) for kind in MILESTONE_KINDS])
    place = log["name"].astype(int) + 1
    texts = np.where(
        of_milestone,
        milestones[np.minimum(place, len(milestones) - 1)],
        interventions[np.minimum(place, len(interventions) - 1)],
    )
    return texts


def copied(plan: Plan, memory: Memory) -> Future:
    """Copy a replication out of the memory that the engine will use again."""
    world = memory.world
    return Future(
        plan=plan,
        log=memory.arrays["log"][: int(world["n_log"])].copy(),
        members=memory.arrays["member"][: int(world["n_members"])].copy(),
        ledger=ledger_rows(memory, plan),
    )


def engine_of(plan: Plan, *, log: bool = True) -> CompiledEngine:
    """Make an engine that begins with little room for its log; it grows when that is too small."""
    room = Room.for_plan(plan, log=log)
    return CompiledEngine(plan, log=log, room=replace(room, log=min(room.log, 1 << 20)))


def play(mapping: Yaml, *, seed: int = 1, replication: int = 0, book: Book | None = None) -> Future:
    """Play one replication of a scenario."""
    plan = make_plan(from_mapping(mapping), book)
    return copied(plan, engine_of(plan).run(seed, replication))


def play_many(mapping: Yaml, replications: int, *, seed: int = 1, log: bool = True) -> Iterator[Future]:
    """Play replications 0, 1, ... of a scenario, one after the other."""
    plan = make_plan(from_mapping(mapping))
    engine = engine_of(plan, log=log)
    for replication in range(replications):
        yield copied(plan, engine.run(seed, replication))


# ---- tests of hypotheses


def z_score(sample: npt.ArrayLike, expected: float) -> float:
    """Standard errors between the mean of independent values and what is expected of them."""
    values = np.asarray(sample, float)
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert error > 0.0
    return float((values.mean() - expected) / error)


def z_share(successes: int, trials: int, expected: float) -> float:
    """Standard errors (of the expected binomial) between a share and what is expected of it."""
    assert trials > 0
    return float((successes / trials - expected) / np.sqrt(expected * (1.0 - expected) / trials))


def batch_means(values: npt.ArrayLike, batches: int) -> npt.NDArray[np.float64]:
    """Means of `batches` stretches of equal length of a series; the rest at its beginning is dropped."""
    series = np.asarray(values, float)
    length = len(series) // batches
    means: npt.NDArray[np.float64] = series[len(series) - length * batches :].reshape(batches, length).mean(axis=1)
    return means


def calibrated(happened: npt.ArrayLike, probability: npt.ArrayLike, *, groups: int = 20) -> None:
    """Assert that events happened as often as their probabilities say: in all (4 standard errors) and in groups.

    The groups are of equal size by probability; the p-value of their chi-square is to be above 1e-4.
    """
    p = np.asarray(probability, float)
    excess, variance = np.asarray(happened, float) - p, p * (1.0 - p)
    assert abs(excess.sum()) < 4.0 * np.sqrt(variance.sum())
    order = np.array_split(np.argsort(p, kind="stable"), groups)
    assert stats.chi2(groups).sf(sum(excess[g].sum() ** 2 / variance[g].sum() for g in order)) > 1e-4
