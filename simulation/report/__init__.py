"""Reports: plots, tables and one page that opens anywhere."""

from simulation.report.tables import summary_tables
from simulation.report.write import write_report

__all__ = ["summary_tables", "write_report"]
