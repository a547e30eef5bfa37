from __future__ import annotations

import pytest
from django.db import connection

from changqing.ledger.models import AccountMonth


@pytest.mark.django_db
def test_a_month_has_no_number_and_stands_in_one_index() -> None:
    table = AccountMonth._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [table])
        indexes = [row[0] for row in cursor.fetchall()]
        columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
    fields = {field.column for field in AccountMonth._meta.concrete_fields if field.column}
    assert (indexes, columns) == (["account_month"], fields)
    assert "id" not in fields
