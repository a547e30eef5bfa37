from __future__ import annotations

import gc
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from django.db import connection

from changqing.base.bulk import columns_from, copy_columns, uncollected


@pytest.mark.django_db
def test_columns_arrive_as_they_are() -> None:
    """Money to its last digit, floats to their last bit, texts with everything a CSV could trip over."""
    texts = ["", None, "x,\"y\"\n'z'", "\\N", "中文，；", " pad "]
    floats = [0.1 + 0.2, None, 1e-300, -1.5e300, 3.0, -0.0]
    money = [
        Decimal("12345678901234567890.1234"),
        None,
        Decimal("-0.0001"),
        Decimal(0),
        Decimal(5),
        Decimal(7),
    ]
    rows = pa.table(
        {
            "n": pa.array(range(6), pa.int64()),
            "words": pa.array(texts, pa.string()),
            "share": pa.array(floats, pa.float64()),
            "money": pa.array(money, pa.decimal128(38, 4)),
        }
    )
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE told (n bigint, words text, share float8, money numeric(38, 4))")
    copy_columns("told", rows)
    copy_columns("told", rows.slice(0, 0))
    with connection.cursor() as cursor:
        cursor.execute("SELECT n, words, share, money FROM told ORDER BY n")
        found = cursor.fetchall()
        cursor.execute("DROP TABLE told")
    assert found == list(zip(range(6), texts, floats, money, strict=True))


ODD = '常青,"a"\n\\N\r\n \\. ;'
VALUES = f"(1, '', DATE '2026-01-05', 0.1::float8, true), (NULL, '{ODD}', NULL, 1e-300, NULL)"
TYPES = {"n": pa.int64(), "said": pa.string(), "day": pa.date32(), "share": pa.float64(), "is": pa.bool_()}


@pytest.mark.django_db
@pytest.mark.parametrize("values", [[], ["x"]], ids=["of a whole table", "narrowed"])
def test_columns_of_a_query_keep_types_nothing_and_empty_texts(values: list[str]) -> None:
    def asked(rule: str) -> str:
        narrowed = rule.replace("'x'", "%s") if values else rule
        return f"SELECT * FROM (VALUES {VALUES}) v (n, said, day, share, is_so) WHERE {narrowed}"

    found = columns_from(asked("said <> 'x'"), values, TYPES)
    assert found.schema == pa.schema(list(TYPES.items()))
    assert found.to_pylist() == [
        {"n": 1, "said": "", "day": date(2026, 1, 5), "share": 0.1, "is": True},
        {"n": None, "said": ODD, "day": None, "share": 1e-300, "is": None},
    ]
    nothing = columns_from(asked("said = 'x'"), values, TYPES)
    assert (nothing.num_rows, nothing.schema) == (0, found.schema)


@pytest.mark.django_db
def test_one_column_of_nothing_is_as_long_as_it_was() -> None:
    query = "SELECT said FROM (VALUES (1, NULL), (2, ''), (3, 'x'), (4, NULL)) v (n, said) ORDER BY n"
    assert columns_from(query, [], {"said": pa.string()})["said"].to_pylist() == [None, "", "x", None]


def test_circles_are_looked_for_again_after_many_rows() -> None:
    with pytest.raises(ValueError, match="no"), uncollected():
        assert not gc.isenabled()
        raise ValueError("no")
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.django_db
@pytest.mark.parametrize("ids", [[1, 2], [1, 100_000], [1, 2**40]], ids=["short", "usual", "long"])
def test_ids_are_told_as_what_they_are_so_that_many_can_be_looked_up(ids: list[int]) -> None:
    query = "SELECT id, pg_typeof(%s)::text AS told FROM unnest(%s) AS id"
    found = columns_from(query, [ids, ids], {"id": pa.int64(), "told": pa.string()})
    assert found.to_pylist() == [{"id": pk, "told": "bigint[]"} for pk in ids]
