"""How many threads a fit may use: one for products of matrices, and for the accounts of a large book as many
as ``CHANGQING_LEDGER_THREADS`` says, two where it says nothing.

The matrices of the likelihoods are four columns wide. A linear algebra library that splits such products
over threads spends more processor time on waiting than on work, and takes it from other fits and pages.
What is worked out account by account, in code that lets go of Python's lock, is shared out by accounts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from itertools import pairwise
from typing import Any

# Fewer accounts are done before another thread has begun.
WORTH_SHARING = 5_000


def one_thread() -> AbstractContextManager[Any]:
    """While it is open, the linear algebra below numpy works on one thread."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=1)
    return limit


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def shared_out(work: Callable[[slice], object], accounts: int) -> None:
    """Do ``work`` for all of ``accounts``, a part of them in each thread."""
    most = int(os.environ.get("CHANGQING_LEDGER_THREADS") or 2)
    parts = min(most, max(accounts // WORTH_SHARING, 1))
    ends = [accounts * at // parts for at in range(parts + 1)]
    slices = [slice(*each) for each in pairwise(ends)]
    if parts == 1:
        work(slices[0])
        return
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(work, slices))
