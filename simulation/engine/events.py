"""The event log of one replication: in order, as a table, and as a table of a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simulation.engine.plan import Plan
from simulation.engine.pseudonym import pseudonyms
from simulation.engine.replicate import make_engine, plan_at
from simulation.engine.world import Memory
from simulation.model.state import KINDS, Records
from simulation.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from simulation.engine.simpy_engine import UserProcess
    from simulation.scenario.book import Book

__all__ = ["event_log", "event_table", "sorted_log"]

OF_MILESTONES = frozenset({"milestone", "offered", "taken", "declined", "lapsed", "pushed", "push_taken"})
OF_INTERVENTIONS = frozenset({"requested", "refused", "withdrawn", "started", "delivered", "undelivered", "impatient"})


def event_log(
    scenario: Scenario,
    *,
    book: Book | None = None,
    replication: int = 0,
    seed: int = 1,
    engine: str = "simpy",
    processes: Sequence[UserProcess] = (),
) -> pd.DataFrame:
    """Run one replication of a scenario and return its event log; see `event_table`."""
    plan = plan_at(scenario, book, seed, replication // 2)
    return event_table(make_engine(engine, plan, log=True, processes=processes).run(seed, replication), plan)


def sorted_log(memory: Memory) -> Records:
    """Rows of the event log by (time, member key, number of the member's row), a copy.

    Two engines agree when all columns but `member` are equal, bit for bit: it is a place in the memory of one.
    """
    log = memory.arrays["log"][: int(memory.world["n_log"])]
    return log[np.lexsort((log["seq"], log["key"], log["time"]))]


def event_table(memory: Memory, plan: Plan, *, key: bytes | None = None) -> pd.DataFrame:
    """Event log of the replication that has just run, in the order of `sorted_log`.

    Parameters
    ----------
    memory
        What an engine with `log=True` has left.
    plan
        The plan that it ran.
    key
        Key of the pseudonyms; by default the user's local one.

    Returns
    -------
    pandas.DataFrame
        One row an event: time (days since the start), date, member (a pseudonym), segment, kind, name (of the
        milestone or intervention, if any; of those present at the start the milestone reached last), and what was true
        of the member after it: direction (degrees), magnitude, progress (pace-months since the last milestone) and arr
        (currency units per year).
    """
    import pandas as pd

    def category(codes: npt.NDArray[np.integer[Any]], names: Sequence[str]) -> pd.Categorical[str]:
        return pd.Categorical.from_codes(codes, pd.Index(list(names), dtype="str"))

    log = sorted_log(memory)
    people, person = np.unique(log["key"], return_inverse=True)
    names, name = _names(log, plan)
    segment = memory.arrays["member"]["seg"][log["member"]]
    return pd.DataFrame(
        {
            "time": log["time"].copy(),
            "date": np.datetime64(plan.frame.start, "s") + np.floor(log["time"]).astype("timedelta64[D]"),
            "member": category(person, pseudonyms(people.tolist(), key)),
            "segment": category(segment, plan.frame.segments),
            "kind": category(log["kind"], KINDS),
            "name": category(name, names),
            "direction": np.degrees(log["direction"]),
            "magnitude": log["magnitude"].copy(),
            "progress": log["progress"].copy(),
            "arr": log["arr"] / 100.0,
        }
    )


def _names(log: Records, plan: Plan) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Every name of a milestone or an intervention, and the place of each row's; -1 for none."""
    names = list(dict.fromkeys([*plan.milestone_names, *plan.intervention_names]))
    places = np.full(len(log), -1)
    for kinds, own in (
        (OF_MILESTONES | {"present"}, plan.milestone_names),
        (OF_INTERVENTIONS, plan.intervention_names),
    ):
        if own:
            rows = np.isin(log["kind"], [KINDS.index(kind) for kind in kinds]) & (log["name"] >= 0)
            places[rows] = np.array([names.index(one) for one in own])[log["name"][rows]]
    return names, places
