"""One decision, one draw: no two decisions of a member share a random number.

A process of its own compiles the model with a spy on every draw, in a cache of its own, and plays a scenario in which
members leave, return, queue and meet the same cause again. Nothing here is statistical.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SPY = """
import numpy as np

from simulation.model import draws
from simulation.model.jit import inlined
from simulation.model.random import uniform64, uniform_pair
from simulation.model.tables import pointer_to

DRAW = np.dtype([("key", "u8"), ("purpose", "i8"), ("occurrence", "i8")])
SIZE = 1 << 21
seen = np.zeros(SIZE, DRAW)
draw_at, place = pointer_to(DRAW), seen.ctypes.data


@inlined
def note(key, purpose, occurrence):
    first = draw_at(place, 0)
    n = np.int64(first.occurrence) + 1
    first.occurrence = n
    if n < SIZE:
        one = draw_at(place, n)
        one.key, one.purpose, one.occurrence = key, purpose, occurrence


@inlined
def one_draw(seed, replication, key, purpose, occurrence):
    note(key, purpose, occurrence)
    return uniform64(seed, replication, key, purpose, occurrence)


@inlined
def two_draws(seed, replication, key, purpose, occurrence):
    note(key, purpose, occurrence)
    return uniform_pair(seed, replication, key, purpose, occurrence)


draws.uniform64, draws.uniform_pair = one_draw, two_draws

from simulation.engine.compiled import CompiledEngine
from simulation.engine.plan import make_plan
from simulation.model import state
from simulation.scenario import from_mapping
from tests.busy import changed

TEAM = {"team": "desk", "effort": {"exponential": {"mean": "6 hours"}}}
plan = make_plan(from_mapping(changed(
    horizon="30 months", teams={"desk": {"people": 2, "hours_per_month": 100}},
    firms__win_back={"rate": "6 per year", "arr": "80%"},
    shops__win_back={"rate": "12 per year"},
    interventions__support={"when": {"setback": "2 days"}, "effects": [{"resolve_setback": "70%"}], **TEAM},
    interventions__tips={"when": {"every": "20 days"}, "accept": "70%", **TEAM,
                         "effects": [{"magnitude": {"factor": {"uniform": {"low": 1, "high": 1.2}}}}]},
    interventions__review={"when": {"renewal_due": "30 days"}, "accept": "50%", **TEAM,
                           "effects": [{"demonstrate_value": "80%"}]},
)))
engine = CompiledEngine(plan, log=True)
engine.run(1, 0)  # finds out how much room it needs, and may start again for that
seen[:] = 0
memory = engine.run(1, 0)
count = int(seen["occurrence"][0])
assert 10_000 < count < SIZE, count
log = memory.arrays["log"][: int(memory.world["n_log"])]
for kind in ("returned", "undelivered", "refused", "setback", "outcome_shift", "referred", "contracted", "recovered"):
    assert (log["kind"] == state.KINDS.index(kind)).any(), kind

# What a member is, and what is looked up as often as it is asked for: no decision.
facts = {*plan.tables["intervention"]["p_cover"].tolist(), *plan.tables["milestone"]["p_arr"].tolist()}
# A pair of numbers of which one times the event, and the other says what it is.
pairs = {state.P_SHIFT, state.P_SETBACK, state.P_REFERRAL}
name = {value: key for key, value in state.COMMON_PURPOSES.items()}
found, times = np.unique(seen[1 : count + 1], return_counts=True)
most = np.where(np.isin(found["purpose"], list(pairs)), 2, 1)
is_fact = np.isin(found["purpose"], list(facts)) | ((found["purpose"] == state.P_RETURN) & (found["occurrence"] == 0))
again = (times > most) & ~is_fact
for one, n in list(zip(found[again].tolist(), times[again].tolist()))[:20]:
    print(name.get(one[1], one[1]), "of member", one[0], "number", one[2], "decides", n, "times")
raise SystemExit(int(again.any()))
"""


def test_no_draw_decides_twice(tmp_path: Path) -> None:
    script = tmp_path / "spy.py"
    script.write_text(SPY)
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
