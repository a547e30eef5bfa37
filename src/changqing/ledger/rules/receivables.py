"""How receivables are aged and measured: the pack ``receivables``, and what an age is called."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from changqing.base.packs import Method, Named, Part, Sourced
from changqing.engine.receivables import bucket_of

NOT_DUE = "not_due"


class Bucket(Part):
    """What is more than ``above`` days overdue, up to the next bucket."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,18}$")]
    above: Annotated[int, Field(ge=0, le=3650)]
    name: Named


class Ageing(Part):
    source: Annotated[str, Field(min_length=1)]
    buckets: Annotated[tuple[Bucket, ...], Field(min_length=1, max_length=12)]

    @model_validator(mode="after")
    def _rise(self) -> Ageing:
        bounds = [bucket.above for bucket in self.buckets]
        if bounds[0] != 0 or bounds != sorted(set(bounds)):
            raise ValueError(_("账龄各档的 above 应从 0 开始，由小到大"))
        if len({NOT_DUE, *(bucket.code for bucket in self.buckets)}) != len(self.buckets) + 1:
            raise ValueError(_("账龄各档的代码（code）应互不相同，且不能是 %(code)s") % {"code": NOT_DUE})
        return self

    @property
    def bounds(self) -> list[int]:
        return [bucket.above for bucket in self.buckets]


class Terms(Part):
    days: Sourced[Annotated[int, Field(ge=0, le=3650)]]


class BillRule(Part):
    counts: Sourced[Literal["due", "received"]]


class Dso(Part):
    months: Sourced[Annotated[int, Field(ge=1, le=60)]]


class ReceivablesMethod(Method):
    """The pack ``receivables``."""

    ageing: Ageing
    terms: Terms
    acceptance: BillRule
    dso: Dso

    def ages(self, days_overdue: list[int]) -> list[str]:
        """The bucket of each, by code."""
        codes = [NOT_DUE, *(bucket.code for bucket in self.ageing.buckets)]
        found = bucket_of(np.array(days_overdue, np.int64), self.ageing.bounds)
        return [codes[at] for at in found.tolist()]
