"""Which files of the catalogue count, and which need a list of the rows that do not."""

from __future__ import annotations

from typing import Any

from changqing.ledger.actions import source_named
from changqing.ledger.models import Import, Replacement, Segment
from changqing.ledger.queries import standing
from changqing.ledger.segments import Standing


def entered(
    name: str, *replaces: tuple[Import, bool], source: str = "erp", state: str = "in_force"
) -> Import:
    """An import of order lines that replaces some lines of earlier ones, or (True) all of them."""
    entry = Import.objects.create(
        source=source_named(code=source),
        kind="orders",
        meaning="lines",
        file_name=name,
        file_digest="",
        stored_as="",
        state=state,
        number=Import.objects.count() + 1,
    )
    for older, wholly in replaces:
        Replacement.objects.create(newer=entry, older=older, rows=1, wholly=wholly)
    holds = ["lines", "refused", *(["replaced"] if any(not wholly for _older, wholly in replaces) else [])]
    for each in holds:
        Segment.objects.create(owner=entry, holds=each, path=f"{name}/{each}", rows=1, bytes=1, digest="")
    return entry


def test_what_counts_is_told_by_one_query(db: None, django_assert_num_queries: Any) -> None:
    a = entered("a")
    b = entered("b", (a, False))
    c = entered("c", (a, False), (b, True), state="undone")
    entered("d", source="crm")
    nothing = entered("e")
    Segment.objects.filter(owner=nothing).update(rows=0)
    erp = source_named(code="erp")
    partly = {"partly": ("a/lines",), "replaced": ("b/replaced",)}
    with django_assert_num_queries(1):
        assert standing("orders") == Standing(whole=("b/lines", "d/lines"), **partly)
    assert standing("orders", source=erp) == Standing(whole=("b/lines",), **partly)
    assert standing("orders", source=erp, switched=b.pk) == Standing(whole=("a/lines",))
    # what is wholly replaced is not read, but what it replaces stays replaced
    brought_back = standing("orders", source=erp, switched=c.pk)
    assert brought_back == Standing(("c/lines",), ("a/lines",), ("b/replaced", "c/replaced"))
    assert standing("costs") == Standing()
