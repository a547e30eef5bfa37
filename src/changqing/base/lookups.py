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


class Narrow(Func):
    """A text with a blank for each run of wide characters: it holds the same words without any."""

    template = "regexp_replace(%(expressions)s, '[^\\n -~]+', ' ', 'g')"
    output_field = TextField()


def wide_ones(text: str) -> list[str]:
    """The characters of ``text`` that ``OneByOne`` would find."""
    return [character for character in text if character != "\n" and not " " <= character <= "~"]
