"""What happened: one tidy table, read from files and databases, checked, and made of simulated futures."""

from simulation.evidence.history.errors import HistoryError
from simulation.evidence.history.history import Excluded, History, MemberRows
from simulation.evidence.history.read import read_history
from simulation.evidence.history.vocabulary import CODE, EVENTS, WORDS, Word
from simulation.evidence.history.write import write_history

__all__ = [
    "CODE", "EVENTS", "WORDS", "Excluded", "History", "HistoryError", "MemberRows", "Word", "read_history",
    "write_history",
]  # fmt: skip
