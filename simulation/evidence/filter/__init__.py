"""Vectors are not observed: a particle filter over the model infers them from what happened."""

from simulation.evidence.filter.reliability import Reliability, reliability
from simulation.evidence.filter.vectors import Vectors, infer

__all__ = ["Reliability", "Vectors", "infer", "reliability"]
