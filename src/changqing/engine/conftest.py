"""The published data, as the package ``lifetimes`` ships them, and slopes to compare derivatives with."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from changqing.engine.computable import Floats

Columns = dict[str, Floats]


def published(name: str) -> Columns:
    """Columns of a data set, read from the file: importing ``lifetimes`` would import pandas."""
    found = find_spec("lifetimes")
    if found is None or found.origin is None:
        pytest.skip("the published data are in the package lifetimes, which is not installed")
    table = np.genfromtxt(Path(found.origin).parent / "datasets" / name, delimiter=",", names=True)
    return {column: table[column].copy() for column in table.dtype.names or ()}


@pytest.fixture(scope="session")
def cdnow() -> Columns:
    """2,357 customers in weeks: frequency, recency, T, monetary_value (0 without a repeat purchase)."""
    columns = published("cdnow_customers_summary_with_transactions.csv")
    names = {"x": "frequency", "t_x": "recency", "T": "T", "zbar": "monetary_value"}
    return {name: columns[column] for column, name in names.items()}


@pytest.fixture(scope="session")
def donations() -> Columns:
    """11,104 donors in 22 rows: frequency, recency, periods, weights (donors alike)."""
    return published("donations.csv")


def numeric_derivatives(likelihood: Any, params: Floats) -> tuple[Floats, Floats]:
    """Central differences of the value and of the gradient."""
    slope, bend = np.empty(params.size), np.empty((params.size, params.size))
    for at in range(params.size):
        step = np.zeros(params.size)
        step[at] = 1e-5 * params[at]
        above, below = likelihood(params + step), likelihood(params - step)
        slope[at] = (above[0] - below[0]) / (2 * step[at])
        bend[at] = (above[1] - below[1]) / (2 * step[at])
    return slope, bend
