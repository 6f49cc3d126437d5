"""What is wrong with a history."""

from simulation.scenario.sheets import FaultyRows

__all__ = ["HistoryError"]


class HistoryError(FaultyRows):
    """A history that cannot be used: `problems` holds every fault, the text lists the first ten."""
