"""What can be computed and what cannot: the one error of the engine, and the gate every array passes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Share: TypeAlias = float | Decimal
Values: TypeAlias = ArrayLike | Sequence[Decimal]

Code = Literal[
    "empty",
    "not_a_list",
    "not_a_number",
    "not_finite",
    "out_of_range",
    "unequal_lengths",
    "zero_total",
    "negative_total",
    "negative_value",
    "bad_share",
    "bad_edges",
    "too_few_points",
    "inconsistent",
    "no_repeat",
    "at_boundary",
    "no_convergence",
]

# Beyond these, sums and products of a million values could overflow or lose digits in float64.
LARGEST, SMALLEST = 1e120, 1e-120
# A total this small beside the values that cancel in it has no trustworthy digit left for a share.
CANCELLED = 1e-12


class NotComputable(ValueError):
    """The question has no answer on these numbers. ``code`` is for programs, the message for people."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code


def floats(values: Values, *, name: str = "values") -> Floats:
    """A one-dimensional float64 array of finite numbers, at least one; else NotComputable."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise NotComputable("not_a_number", f"{name}: {error}") from None
    if array.ndim != 1:
        raise NotComputable("not_a_list", f"{name} has {array.ndim} dimensions, one is needed")
    if not array.size:
        raise NotComputable("empty", f"{name} is empty")
    largest = max(float(array.max()), -float(array.min()))
    if not math.isfinite(largest):
        at = int(np.flatnonzero(~np.isfinite(array))[0])
        raise NotComputable("not_finite", f"{name}[{at}] is {array[at]}")
    if largest and not SMALLEST <= largest <= LARGEST:
        raise NotComputable("out_of_range", f"{name} reaches {largest:g}; float64 keeps no digits there")
    return np.ascontiguousarray(array)


def positive_total(array: Floats, *, name: str = "values") -> float:
    """The correctly rounded sum (``math.fsum``), above zero and not left over from cancellation."""
    total = math.fsum(array.tolist())
    if abs(total) <= CANCELLED * float(np.abs(array).sum()):
        raise NotComputable("zero_total", f"{name} add up to nothing, so nothing has a share in it")
    if total < 0:
        raise NotComputable("negative_total", f"{name} add up to {total:g}; shares need a total above zero")
    return total


def none_negative(array: Floats, *, name: str = "values") -> None:
    """Refuse negative values where a formula is not defined for them."""
    below = np.flatnonzero(array < 0)
    if below.size:
        raise NotComputable("negative_value", f"{name}[{below[0]}] is negative ({below.size} in all)")


def exact_share(share: Share) -> Fraction:
    """A share as the decimal number it prints as, so that 29 % of 100 is 29 and not 28.999…"""
    try:
        exact = Fraction(str(share))
    except ValueError:
        raise NotComputable("bad_share", f"{share!r} is not a share") from None
    if not 0 < exact <= 1:
        raise NotComputable("bad_share", f"a share lies above 0 and at most at 1, not at {share}")
    return exact


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, closed to writing: a result is a fact."""
    array.setflags(write=False)
    return array
