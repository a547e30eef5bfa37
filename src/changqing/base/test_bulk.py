from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from django.db import connection

from changqing.base.bulk import columns_from, copy_columns


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


@pytest.mark.django_db
def test_columns_of_a_query_keep_types_nothing_and_empty_texts() -> None:
    types = {"n": pa.int64(), "said": pa.string(), "day": pa.date32()}
    query = "SELECT * FROM (VALUES (1, '', DATE '2026-01-05'), (NULL, '常青,\"a\"', NULL)) v (n, said, day) "
    found = columns_from(query + "WHERE said <> %s", ["x"], types)
    assert found.schema == pa.schema(list(types.items()))
    assert found.to_pylist() == [
        {"n": 1, "said": "", "day": date(2026, 1, 5)},
        {"n": None, "said": '常青,"a"', "day": None},
    ]
    nothing = columns_from(query + "WHERE said = %s", ["x"], types)
    assert (nothing.num_rows, nothing.schema) == (0, found.schema)
