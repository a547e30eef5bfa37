from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from changqing.ledger.segments import duck


@pytest.mark.django_db
def test_pages_share_a_reader_and_nothing_that_one_of_them_registers(book: None) -> None:
    """Whose lines are asked for is registered on the connection: no other reader may ever meet it."""
    with duck() as one, duck() as other:
        one.register("whose", pa.table({"account_id": [1]}))
        with pytest.raises(duckdb.CatalogException):
            other.execute("SELECT * FROM whose")
        other.register("whose", pa.table({"account_id": [2]}))
        found = [each.execute("SELECT account_id FROM whose").fetchall() for each in (one, other)]
    with duck() as later, pytest.raises(duckdb.CatalogException):
        later.execute("SELECT * FROM whose")
    assert found == [[(1,)], [(2,)]]
