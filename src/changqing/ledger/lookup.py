"""The rows of a few customers, looked up in the segments: what a page asks, without a plan for a query.

A segment lies in the order of its customers, so its footer tells of nearly all groups of rows that they are
not there. What is found is what ``Standing.sql`` holds of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from changqing.ledger.segments import Standing, at

# a footer takes about two bytes of memory for each line of its file
FOOTERS_HELD = 512
BOUNDS_HELD = 1024
# by what a replaced line is known
LINE = pa.schema({"import_id": pa.int32(), "file_row": pa.int64()})
Stamp = tuple[str, int, int]


def rows_of(lines: Standing, customers: pa.Table, columns: pa.Schema) -> pa.Table:
    """The rows that count of ``customers`` (source_id, customer), with ``columns``, which name both and what
    a replaced line is known by; a column that an older file lacks is NULL."""
    whole = _picked(lines.whole, "customer", customers, columns)
    partly = _picked(lines.partly, "customer", customers, columns)
    if partly.num_rows:
        gone = _picked(lines.replaced, "file_row", partly.select(LINE.names), LINE)
        partly = partly.join(gone, LINE.names, join_type="left anti", use_threads=False)
    return pa.concat_tables([whole, partly])


def _picked(paths: Sequence[str], by: str, wanted: pa.Table, columns: pa.Schema) -> pa.Table:
    """The rows of ``paths`` that are like one of ``wanted`` in all that these say; ``by`` is what the files
    are in the order of, or nearly."""
    values = pc.unique(wanted[by])
    in_order = sorted(values.to_pylist())
    found = [part for path in paths for part in _parts(at(path), by, values, in_order, columns)]
    rows = pa.concat_tables([columns.empty_table(), *found])
    return rows.join(wanted, wanted.column_names, join_type="left semi", use_threads=False) if found else rows


def _parts(
    path: Path, by: str, values: pa.Array, in_order: Sequence[Any], columns: pa.Schema
) -> Iterator[pa.Table]:
    """The rows of ``path`` with one of ``values`` in ``by``: one group of rows at a time, and of a group
    without any that column alone."""
    told = path.stat()
    stamp = (str(path), told.st_mtime_ns, told.st_size)
    may_hold = [
        group
        for group, bounds in enumerate(_bounds(stamp, by))
        if bounds is None or _has_between(in_order, *bounds)
    ]
    if not may_hold:
        return
    with pq.ParquetFile(path, metadata=_footer(stamp)) as file:
        there = set(file.metadata.schema.names)
        others = [name for name in columns.names if name in there and name != by]
        for group in may_hold:
            key = file.read_row_group(group, columns=[by], use_threads=False)[by]
            is_wanted = pc.is_in(key, value_set=values)
            if pc.any(is_wanted).as_py():
                rows = file.read_row_group(group, columns=others, use_threads=False)
                rows = rows.append_column(by, key).filter(is_wanted)
                yield _shaped(rows, columns)


def _shaped(rows: pa.Table, columns: pa.Schema) -> pa.Table:
    there = set(rows.column_names)
    cells = [
        rows[each.name].cast(each.type) if each.name in there else pa.nulls(rows.num_rows, each.type)
        for each in columns
    ]
    return pa.Table.from_arrays(cells, schema=columns)


def _has_between(in_order: Sequence[Any], low: Any, high: Any) -> bool:
    place = bisect_left(in_order, low)
    return place < len(in_order) and in_order[place] <= high


@lru_cache(maxsize=FOOTERS_HELD)
def _footer(stamp: Stamp) -> pq.FileMetaData:
    """What stands at the end of a file, which is read anew where another has taken its place."""
    return pq.read_metadata(stamp[0])


@lru_cache(maxsize=BOUNDS_HELD)
def _bounds(stamp: Stamp, column: str) -> tuple[tuple[Any, Any] | None, ...]:
    """From which value to which each group of rows goes in ``column``; None where the file does not say."""
    footer = _footer(stamp)
    place = footer.schema.names.index(column)
    told = (footer.row_group(group).column(place).statistics for group in range(footer.num_row_groups))
    return tuple((each.min, each.max) if each is not None and each.has_min_max else None for each in told)
