"""What a plan says: scenario files, read into immutable objects in base units."""

from simulation.scenario.distributions import Distribution
from simulation.scenario.errors import Problem, ScenarioError
from simulation.scenario.files import from_mapping, load
from simulation.scenario.provenance import Provenance
from simulation.scenario.schema import Scenario

__all__ = ["Distribution", "Problem", "Provenance", "Scenario", "ScenarioError", "from_mapping", "load"]
