"""Columns of large files, made whole: keys with leading zeros and money from whole fen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def keys(prefix: str, numbers: npt.NDArray[Any], *, width: int = 7) -> pa.Array:
    """``prefix`` and a number of ``width`` digits: C0000012."""
    digits = pa.array(numbers.astype(np.int64) + 10**width).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), pc.utf8_slice_codeunits(digits, 1), "")


def money(fen: npt.NDArray[Any]) -> pa.Array:
    """Whole fen as decimals of two places, without passing through floats."""
    wide = np.empty((len(fen), 2), dtype=np.int64)
    wide[:, 0] = fen
    wide[:, 1] = wide[:, 0] >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(fen), [None, pa.py_buffer(wide)])
