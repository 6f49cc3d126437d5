"""Distributions out: the forecast, its measures and their uncertainty."""

from simulation.forecast.facts import ScenarioFacts
from simulation.forecast.forecast import Forecast
from simulation.forecast.measures import MEASURES, Measure
from simulation.forecast.spread import Spread
from simulation.forecast.statistics import Probability

__all__ = ["MEASURES", "Forecast", "Measure", "Probability", "ScenarioFacts", "Spread"]
