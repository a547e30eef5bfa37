"""Values of many accounts one after another: account i has ``flat[offsets[i]:offsets[i + 1]]``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from changqing.engine.computable import Integers, NotComputable


def bounds_of(offsets: ArrayLike) -> Integers:
    """Offsets as whole numbers that rise from 0; else inconsistent."""
    bounds = np.asarray(offsets)
    if bounds.dtype.kind not in "iu" or bounds.ndim != 1 or not bounds.size:
        raise NotComputable("inconsistent", "offsets are whole numbers, one more than there are accounts")
    if bounds[0] != 0 or (np.diff(bounds) < 0).any():
        raise NotComputable("inconsistent", "offsets must rise from 0")
    return bounds.astype(np.int64)
