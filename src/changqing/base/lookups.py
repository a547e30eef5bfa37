"""One more question to ask of a column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import BigIntegerField, Lookup


@BigIntegerField.register_lookup
class Among(Lookup):
    """``pk__among=keys``: the keys as one array. ``pk__in`` makes a value of each, which costs more than the
    rows they find when there are a thousand."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[int]:
        keys: Iterable[int] = self.rhs
        return list(keys)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (value,)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, of_column = self.process_lhs(compiler, connection)
        keys, of_keys = self.process_rhs(compiler, connection)
        return f"{column} = ANY({keys})", (*of_column, *of_keys)
