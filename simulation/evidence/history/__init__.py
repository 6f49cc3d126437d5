"""What happened: one tidy table, read from files and databases, checked, and made of simulated futures."""

from simulation.evidence.history.history import Excluded, History, MemberRows
from simulation.evidence.history.vocabulary import CODE, EVENTS, WORDS, Word

__all__ = ["CODE", "EVENTS", "WORDS", "Excluded", "History", "MemberRows", "Word"]
