"""What can be observed of members: the same summaries of a history and of a simulated future."""

from simulation.evidence.observables.lives import Lives, lives_of_history, lives_of_memory, members_of
from simulation.evidence.observables.observables import Ratio, observables

__all__ = ["Lives", "Ratio", "lives_of_history", "lives_of_memory", "members_of", "observables"]
