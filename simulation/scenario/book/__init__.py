"""The book: today's members, read from a file and checked against a scenario."""

from simulation.scenario.book.book import Book, Excluded, load_book
from simulation.scenario.book.checks import NONE_REACHED, UNKNOWN
from simulation.scenario.book.errors import BookError

__all__ = ["NONE_REACHED", "UNKNOWN", "Book", "BookError", "Excluded", "load_book"]
