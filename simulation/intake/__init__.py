"""Real exports have no vector and no milestones: files are joined, checked and made a book and a history."""

from simulation.intake.build import Imported, Misfit, build
from simulation.intake.mapping import Mapping, read_import, write_import
from simulation.intake.propose import Proposal, Question, propose
from simulation.intake.sheet import Sheet, read_sheet

__all__ = [
    "Imported", "Mapping", "Misfit", "Proposal", "Question", "Sheet", "build", "propose", "read_import", "read_sheet",
    "write_import",
]  # fmt: skip
