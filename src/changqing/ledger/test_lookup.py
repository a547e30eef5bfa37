"""What is looked up in the segments is what a query over them finds, and only what may hold it is read."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from changqing.ledger import segments
from changqing.ledger.lines import READ
from changqing.ledger.lookup import rows_of
from changqing.ledger.segments import Standing, at, duck, write

KEYS = [(1, "C0003"), (1, "C0019"), (2, "C0003"), (1, "none"), (1, "甲’乙")]
# what files of an older version lack
LACKING = "quantity, cost, currency, family"


def _customers(*keys: tuple[int, str]) -> pa.Table:
    sources, names = zip(*keys, strict=True)
    return pa.table({"source_id": pa.array(sources, pa.int32()), "customer": pa.array(names, pa.string())})


def _segment(number: int, source: int, rows: int, *, without: str = "") -> str:
    """A file of ``rows`` lines of 50 customers, in their order as imports write them."""
    path = f"lookup/{number}/lines.parquet"
    lines = (
        f"SELECT {number}::INTEGER AS import_id, {source}::INTEGER AS source_id, i AS file_row, "
        "CASE WHEN i % 50 = 7 THEN '甲’乙' ELSE printf('C%04d', i % 50) END AS customer, "
        "DATE '2024-01-01' + (i % 300)::INTEGER AS date, 'O' || (i // 3) AS order_no, "
        "CASE WHEN i % 9 > 0 THEN 'P' || i % 9 END AS product, '' AS family, "
        "(i % 5)::DECIMAL(18,4) AS quantity, (i / 7)::DECIMAL(18,4) AS amount, "
        "CASE WHEN i % 4 > 0 THEN (i / 9)::DECIMAL(18,4) END AS cost, "
        "CASE WHEN i % 6 = 0 THEN 'USD' END AS currency, 'sale' AS line_kind "
        f"FROM range(2, {rows + 2}) t(i)"
    )
    with duck() as connection:
        write(
            connection,
            f"SELECT *{without and f' EXCLUDE ({without})'} FROM ({lines}) ORDER BY customer, date",
            path,
        )
    return path


def _by_query(lines: Standing, customers: pa.Table) -> list[dict[str, Any]]:
    with duck() as connection:
        connection.register("customers", customers)
        owned = f"{lines.sql()} SEMI JOIN customers USING (source_id, customer)"
        owned = f"{lines.sql()} SEMI JOIN customers USING (source_id, customer)"
        found = connection.sql(f"SELECT {', '.join(READ.names)} FROM {owned}")
        return _in_order(found.to_arrow_table())


def _in_order(rows: pa.Table) -> list[dict[str, Any]]:
    return rows.sort_by([("import_id", "ascending"), ("file_row", "ascending")]).to_pylist()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Standing:
    """Five files of two sources in many groups of rows: one of an older version, two with rows that later
    ones replaced."""
    monkeypatch.setattr(segments, "ROWS_IN_A_GROUP", 2048)
    whole = _segment(1, 1, 9000), _segment(2, 2, 5000), _segment(3, 1, 4000, without=LACKING)
    partly = _segment(4, 1, 9000), _segment(5, 2, 100)
    replaced = []
    for number, told in ((6, "4 AS import_id, i * 3 AS file_row"), (7, "4 + i % 2, i")):
        replaced.append(f"lookup/{number}/replaced.parquet")
        with duck() as connection:
            pairs = f"SELECT {told} FROM range(2, 3000) t(i)"
            write(
                connection,
                f"SELECT a::INTEGER AS import_id, b::BIGINT AS file_row FROM ({pairs}) t(a, b) ORDER BY ALL",
                replaced[-1],
            )
    return Standing(whole, partly, tuple(replaced))


def test_it_finds_what_a_query_finds(lines: Standing) -> None:
    for keys in ([KEYS[0]], [KEYS[3]], KEYS):
        customers = _customers(*keys)
        found = rows_of(lines, customers, READ)
        assert found.schema == READ
        assert _in_order(found) == _by_query(lines, customers)
    counted = {len(_by_query(lines, _customers(key))) for key in KEYS}
    assert 0 in counted and max(counted) > 300
    assert rows_of(Standing(), _customers(*KEYS), READ) == READ.empty_table()
    nobody = _customers(*KEYS).slice(0, 0)
    assert rows_of(lines, nobody, READ) == READ.empty_table()


def test_of_a_file_only_the_groups_that_may_hold_the_customer_are_read(lines: Standing) -> None:
    """The bytes of all other groups may be anything."""
    one, path = Standing(lines.whole[:1]), at(lines.whole[0])
    key = _customers(KEYS[0])
    before = rows_of(one, key, READ)
    footer = pq.read_metadata(path)
    assert footer.num_row_groups == 5
    with path.open("r+b") as file:
        for group in range(1, 5):
            for column in range(footer.num_columns):
                part = footer.row_group(group).column(column)
                file.seek(part.dictionary_page_offset or part.data_page_offset)
                file.write(bytes(part.total_compressed_size))
    assert rows_of(one, key, READ) == before and before.num_rows == 180
    with pytest.raises(OSError):
        rows_of(one, _customers(KEYS[1]), READ)


def test_a_file_in_the_place_of_another_is_read_anew() -> None:
    for rows in (300, 600):
        path = _segment(8, 1, rows)
        assert rows_of(Standing((path,)), _customers(KEYS[1]), READ).num_rows == rows // 50
