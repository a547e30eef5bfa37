"""How many threads a fit may use: one.

The matrices of the likelihoods are four columns wide. A linear algebra library that splits such products
over threads spends more processor time on waiting than on work, and takes it from other fits and pages.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """While it is open, the linear algebra below numpy works on one thread."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=1)
    return limit


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
