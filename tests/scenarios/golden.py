"""Golden results: what the shipped scenarios counted when they were last changed on purpose.

`python -m tests.scenarios.golden` writes them anew. Do so only when the numbers are meant to change, and say why.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import simulation as sim
from simulation.engine.ledger import RunResult
from simulation.runs import todays_members

SHIPPED = Path(__file__).parents[2] / "scenarios"
FILE = Path(__file__).with_name("golden.json")
SEED, REPLICATIONS = 11, 4


def names() -> list[str]:
    """Scenario files that are whole or extend one."""
    from simulation.scenario.files import stands_alone

    return sorted(path.name for path in SHIPPED.glob("*.yaml") if stands_alone(path))


def counted(name: str, **options: Any) -> dict[str, Any]:
    """What a run counts: a digest of every array of the ledger, and a few sums that a person can compare."""
    plan = sim.load(SHIPPED / name)
    forecast = sim.run(plan, replications=REPLICATIONS, seed=SEED, book=todays_members(plan), **options)
    return told(forecast.result)


def told(result: RunResult) -> dict[str, Any]:
    """The same of a result."""
    ledger = result.ledger
    return {
        "events": ledger["events"].tolist(),
        "flows": ledger["flows"].sum(axis=(1, 2, 3)).tolist(),
        "reached": ledger["milestones"][..., 0].sum(axis=(1, 2)).tolist(),
        "digests": {name: hashlib.sha256(array.tobytes()).hexdigest()[:16] for name, array in ledger.items()},
    }


def main() -> None:
    """Write the file, or print what one scenario counts."""
    if len(sys.argv) > 1:
        print(json.dumps(counted(sys.argv[1])))
        return
    found = {"version": sim.__version__, "seed": SEED, "scenarios": {name: counted(name) for name in names()}}
    FILE.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
