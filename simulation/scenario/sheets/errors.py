"""What goes wrong with a file of rows: with its rows, or with the file as a whole."""

from collections import Counter

from simulation.scenario.errors import ScenarioError

__all__ = ["FaultyRows", "TableError"]

LISTED = 10


class FaultyRows(ScenarioError):
    """A file that cannot be used: `problems` holds every fault, the text lists the first ten."""

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:LISTED]]
        rest = Counter(problem.path.split(" ")[0] or "row" for problem in self.problems[LISTED:])
        if rest:
            kinds = ", ".join(f"{count:,} in {path}" for path, count in rest.most_common())
            lines.append(f"... and {rest.total():,} more faults: {kinds}")
        return "\n".join(lines)


class TableError(Exception):
    """The file as a whole cannot be read. `message` completes "the book ..."; `line` says where, if known."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
