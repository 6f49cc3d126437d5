"""Files of rows, in CSV, Parquet or Excel: opened with care, read in chunks, in bounded memory."""

from simulation.scenario.sheets.errors import FaultyRows, TableError
from simulation.scenario.sheets.file import FORMATS, open_sheet
from simulation.scenario.sheets.table import CHUNK_ROWS, Chunk, Fault, Table

__all__ = ["CHUNK_ROWS", "FORMATS", "Chunk", "Fault", "FaultyRows", "Table", "TableError", "open_sheet"]
