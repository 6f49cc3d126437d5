"""Calibration: from what planners know to the assumptions that nobody can see."""

from simulation.evidence.calibrate.calibrate import calibrate, unknowns_for
from simulation.evidence.calibrate.facts import Calibration, Fact, Found

__all__ = ["Calibration", "Fact", "Found", "calibrate", "unknowns_for"]
