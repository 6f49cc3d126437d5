"""What goes wrong with a book."""

from simulation.scenario.sheets import FaultyRows, TableError

__all__ = ["BookError", "TableError"]


class BookError(FaultyRows):
    """A book that cannot be used."""
