"""membersim: a what-if laboratory for recurring-revenue organisations.

>>> import simulation as sim
>>> forecast = sim.run("scenarios/association.yaml", replications=500, seed=7)  # doctest: +SKIP
>>> forecast.summary()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.experiment.bridge import bridge
    from simulation.experiment.budget import Budget, budget
    from simulation.experiment.compare import compare
    from simulation.experiment.must_be_true import must_be_true
    from simulation.experiment.sensitivity import sensitivity
    from simulation.experiment.store import Store
    from simulation.experiment.sweep import sweep
    from simulation.forecast import Forecast
    from simulation.runs import events, run
    from simulation.scenario import Scenario, ScenarioError, load

__version__ = "0.1.0"
__all__ = [
    "Budget", "Forecast", "Scenario", "ScenarioError", "Store", "__version__", "bridge", "budget", "compare", "events",
    "load", "must_be_true", "run", "sensitivity", "sweep",
]  # fmt: skip

# Each name is fetched when it is first used, so that `import simulation` costs nothing.
_HOMES = {
    "Budget": "simulation.experiment.budget",
    "Forecast": "simulation.forecast",
    "Scenario": "simulation.scenario",
    "ScenarioError": "simulation.scenario",
    "Store": "simulation.experiment.store",
    "budget": "simulation.experiment.budget",
    "bridge": "simulation.experiment.bridge",
    "compare": "simulation.experiment.compare",
    "events": "simulation.runs",
    "load": "simulation.scenario",
    "must_be_true": "simulation.experiment.must_be_true",
    "run": "simulation.runs",
    "sensitivity": "simulation.experiment.sensitivity",
    "sweep": "simulation.experiment.sweep",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
