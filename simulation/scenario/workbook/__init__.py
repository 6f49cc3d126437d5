"""A plan as sheets of a workbook, and what somebody changed in them as an overlay."""

from simulation.scenario.workbook.edits import Change, Changes, changes_of
from simulation.scenario.workbook.reading import read_plan
from simulation.scenario.workbook.sheets import ABOUT, Cell, Column, PlanSheet, about, plan_sheets

__all__ = [
    "ABOUT", "Cell", "Change", "Changes", "Column", "PlanSheet", "about", "changes_of", "plan_sheets", "read_plan",
]  # fmt: skip
