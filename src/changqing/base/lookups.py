"""More questions to ask of a column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Func, Lookup, TextField


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


class OneByOne(Func):
    """The Chinese and other wide characters of a text, one by one."""

    template = "string_to_array(regexp_replace(%(expressions)s, '[\\n -~]+', '', 'g'), NULL)"
    output_field = ArrayField(TextField())


@TextField.register_lookup
class HoldsShort(Lookup):
    """``search__holds_short="特钢"``: as ``contains``, found by the index of characters one by one."""

    lookup_name = "holds_short"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, values = self.process_lhs(compiler, connection)
        # word for word, or the index is not found
        one_by_one = OneByOne.template % {"expressions": column}
        text = str(self.rhs)
        like = "%" + connection.ops.prep_for_like_query(text) + "%"
        wide = [character for character in text if character != "\n" and not " " <= character <= "~"]
        return f"({one_by_one} @> %s::text[] AND {column} LIKE %s)", (*values, wide, *values, like)
