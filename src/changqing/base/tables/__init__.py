"""Tables in: hostile CSV and XLSX files, read in a guarded child process, staged as Parquet of text columns.

``stage`` reads a file, ``write_same_format`` hands faulty rows back in the format they came in. Nothing
here says what a cell means: that is for the mapping above.
"""

from changqing.base.tables.handback import write_same_format
from changqing.base.tables.shapes import BadRow, FaultyRow, ReadingLimits, Staged
from changqing.base.tables.staging import stage

__all__ = ["BadRow", "FaultyRow", "ReadingLimits", "Staged", "stage", "write_same_format"]
