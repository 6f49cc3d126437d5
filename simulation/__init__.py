"""membersim: a what-if laboratory for recurring-revenue organisations.

>>> import simulation as sim
>>> forecast = sim.run("scenarios/association.yaml", replications=500, seed=7)  # doctest: +SKIP
>>> forecast.summary()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.engine.cluster import on_cluster
    from simulation.evidence.attribution import attribute
    from simulation.evidence.backtest.trial import backtest
    from simulation.evidence.calibrate.calibrate import calibrate
    from simulation.evidence.filter import infer
    from simulation.evidence.fit.fit import fit
    from simulation.evidence.history import History, read_history
    from simulation.evidence.objectives import milestone_objectives
    from simulation.evidence.worklist import worklist
    from simulation.experiment.bridge import bridge
    from simulation.experiment.budget import Budget, Effort, budget
    from simulation.experiment.compare import compare
    from simulation.experiment.comparison import Comparison
    from simulation.experiment.lives import explain
    from simulation.experiment.must_be_true import must_be_true
    from simulation.experiment.sensitivity import sensitivity
    from simulation.experiment.store import Store
    from simulation.experiment.sweep import sweep
    from simulation.experiment.twins import twins
    from simulation.forecast import Forecast
    from simulation.runs import events, run
    from simulation.scenario import Scenario, ScenarioError, from_mapping, load

__version__ = "0.1.0"
__all__ = [
    "Budget", "Comparison", "Effort", "Forecast", "History", "Scenario", "ScenarioError", "Store", "__version__",
    "attribute", "backtest", "bridge", "budget", "calibrate", "compare", "events", "explain", "fit", "from_mapping",
    "infer", "load", "milestone_objectives", "must_be_true", "on_cluster", "read_history", "run", "sensitivity",
    "sweep", "twins", "worklist",
]  # fmt: skip

# Each name is fetched when it is first used, so that `import simulation` costs nothing.
_HOMES = {
    "Budget": "simulation.experiment.budget",
    "Comparison": "simulation.experiment.comparison",
    "Effort": "simulation.experiment.budget",
    "Forecast": "simulation.forecast",
    "History": "simulation.evidence.history",
    "Scenario": "simulation.scenario",
    "ScenarioError": "simulation.scenario",
    "Store": "simulation.experiment.store",
    "attribute": "simulation.evidence.attribution",
    "backtest": "simulation.evidence.backtest.trial",
    "bridge": "simulation.experiment.bridge",
    "budget": "simulation.experiment.budget",
    "calibrate": "simulation.evidence.calibrate",
    "compare": "simulation.experiment.compare",
    "events": "simulation.runs",
    "explain": "simulation.experiment.lives",
    "fit": "simulation.evidence.fit",
    "from_mapping": "simulation.scenario",
    "infer": "simulation.evidence.filter",
    "load": "simulation.scenario",
    "milestone_objectives": "simulation.evidence.objectives",
    "must_be_true": "simulation.experiment.must_be_true",
    "on_cluster": "simulation.engine.cluster",
    "read_history": "simulation.evidence.history",
    "run": "simulation.runs",
    "sensitivity": "simulation.experiment.sensitivity",
    "sweep": "simulation.experiment.sweep",
    "twins": "simulation.experiment.twins",
    "worklist": "simulation.evidence.worklist",
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
