"""The files by which the demo's book arrives: which export holds what, and where somebody slipped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TypeVar

from changqing.base.days import first_of_month, months_back
from changqing.demo.book import Book
from changqing.demo.customers import CUSTOMERS
from changqing.demo.flows import BY_KEY, TAX, Cost, Invoice, Receipt
from changqing.demo.products import BY_KEY as PRODUCT
from changqing.demo.products import PRODUCTS
from changqing.demo.sheets import Cell, Look, Sheet, write
from changqing.demo.staff import DEPARTMENT_OF, NAME_OF
from changqing.demo.trade import Line, Paper

MONTHLY = 3
WITHOUT_COST = 2


@dataclass(frozen=True)
class Export:
    """One file on its way into the book; ``undone`` says that it was taken back right after."""

    kind: str
    path: Path
    undone: bool = False


class Dated(Protocol):
    @property
    def day(self) -> date: ...


Row = TypeVar("Row", bound=Dated)


def write_exports(book: Book, folder: Path) -> list[Export]:
    """Write every file of ``book`` into ``folder``, in the order in which they arrived."""
    folder.mkdir(parents=True, exist_ok=True)
    exports = [
        Export("accounts", write(_accounts(), folder / "客户档案", "xlsx")),
        Export("products", write(_products(), folder / "物料档案", "gb18030")),
        Export("openings", write(_openings(book), folder / "期初应收余额", "xlsx")),
    ]
    for kind, name, sheet, rows in (
        ("orders", "订单明细", _orders(book), book.lines),
        ("invoices", "销售发票", _invoices, book.invoices),
        ("receipts", "收款单", _receipts, book.receipts),
        ("costs", "客户服务费用", _costs, book.costs),
    ):
        exports.extend(_by_period(kind, folder / name, sheet, (book, rows)))
    return exports


def _by_period(
    kind: str, path: Path, sheet: Callable[[Any], Sheet], told: tuple[Book, Sequence[Row]]
) -> Iterator[Export]:
    """One file of past years out of the old system, one a year since; the last months' orders by month."""
    book, rows = told
    months = sorted({first_of_month(row.day) for row in rows})
    by_month = months[-MONTHLY:] if kind == "orders" else []
    rest = [row for row in rows if first_of_month(row.day) not in by_month]
    recent = book.span.last.year - (kind == "orders")
    looks: dict[str, Look] = {"orders": "xlsx", "invoices": "xlsx", "receipts": "thousands"}
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in rest:
        whole = kind == "costs" or row.day.year < recent
        parts["历年" if whole else str(row.day.year)].append(row)
    for name, part in parts.items():
        look = "gb18030" if name == "历年" else looks[kind]
        yield Export(kind, write(sheet(part), path.with_name(f"{path.name}_{name}"), look))
    for place, month in enumerate(by_month):
        named = path.with_name(f"{path.name}_{month:%Y-%m}")
        right = sheet([row for row in rows if first_of_month(row.day) == month])
        yield from _month(kind, named, right, len(by_month) - place)


def _month(kind: str, path: Path, right: Sheet, from_the_end: int) -> Iterator[Export]:
    """One month's orders. Three months ago five cells were broken and the file came again, mended; the
    month after, somebody first brought in a trial with tenfold quantities."""
    look: Look = "xlsx" if from_the_end % 2 else "utf-8-sig"
    if from_the_end == 3:
        yield Export(kind, write(_broken(right), path, look))
        path = path.with_name(f"{path.name}_更正")
    if from_the_end == 2:
        trial = path.with_name(f"{path.name}_试导")
        yield Export(kind, write(_tenfold(right), trial, look), undone=True)
    yield Export(kind, write(right, path, look))


def _broken(right: Sheet) -> Sheet:
    """Five rows that cannot be read, of the kinds that people make."""
    rows = [list(row) for row in right.rows]
    column = {name: place for place, name in enumerate(right.header)}
    slips = (("订单日期", "2026-02-30"), ("未税金额", "待定"), ("未税金额", "#N/A"), ("客户编码", None))
    for number, (name, cell) in enumerate(slips):
        rows[7 + 11 * number][column[name]] = cell
        if name == "客户编码":
            rows[7 + 11 * number][column["客户名称"]] = None
    miscounted = column["数量"]
    sold = next(
        row for row in rows[60:] if row[column["单据类型"]] == Paper.SALE and _count(row[miscounted]) > 4
    )
    sold[miscounted] = _count(sold[miscounted]) - 3
    return replace(right, rows=rows)


def _count(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0


def _tenfold(right: Sheet) -> Sheet:
    column = {name: place for place, name in enumerate(right.header)}
    rows = [list(row) for row in right.rows]
    for row in rows:
        for name in ("数量", "未税金额", "成本金额"):
            cell = row[column[name]]
            if isinstance(cell, int | Decimal):
                row[column[name]] = cell * 10
    return replace(right, rows=rows)


def _accounts() -> Sheet:
    header = ("客户编码", "客户名称", "客户简称", "上级客户编码", "行业", "地区", "币种", "客户经理", "部门")
    rows = [
        (
            customer.key, customer.name, customer.short, customer.parent or None, customer.industry,
            customer.region, customer.currency, NAME_OF[customer.manager], DEPARTMENT_OF[customer.manager],
        )
        for customer in CUSTOMERS
    ]  # fmt: skip
    return Sheet(header, rows)


def _products() -> Sheet:
    header = ("物料编码", "物料名称", "物料大类", "物料小类", "标准成本")
    return Sheet(header, [(p.key, p.name, p.family, p.subfamily, p.cost) for p in PRODUCTS])


def _openings(book: Book) -> Sheet:
    header = ("客户编码", "客户名称", "期初日期", "期初余额")
    return Sheet(header, [(o.customer, BY_KEY[o.customer].name, o.day, o.amount) for o in book.openings])


def _orders(book: Book) -> Callable[[Iterable[Line]], Sheet]:
    """The order ledger; in its first months the system exported no costs."""
    costed_from = months_back(book.span.first, -WITHOUT_COST)

    def row(line: Line) -> tuple[Cell, ...]:
        customer = BY_KEY[line.customer]
        product = PRODUCT[line.product].name if line.product else None
        cost = line.cost if line.day >= costed_from or not line.product else None
        return (
            line.order_no or None, line.line_no, line.day, line.customer, customer.name, line.product or None,
            product, line.quantity, line.price, line.amount, cost, line.currency, NAME_OF[customer.manager],
            str(line.paper),
        )  # fmt: skip

    header = (
        "订单号", "行号", "订单日期", "客户编码", "客户名称", "物料编码", "物料名称", "数量", "未税单价",
        "未税金额", "成本金额", "币种", "业务员", "单据类型",
    )  # fmt: skip
    return lambda lines: Sheet(header, [row(line) for line in lines])


def _invoices(rows: Iterable[Invoice]) -> Sheet:
    header = (
        "发票号码", "开票日期", "到期日", "客户编码", "客户名称", "订单号", "未税金额", "税率", "税额",
        "价税合计", "币种", "发票类型",
    )  # fmt: skip
    return Sheet(
        header,
        [
            (
                i.number, i.day, i.due, i.customer, BY_KEY[i.customer].name, i.order_no or None, i.net,
                f"{TAX:.0%}" if i.tax else "0%", i.tax, i.amount, i.currency,
                "红字发票" if i.net < 0 else "蓝字发票",
            )
            for i in rows
        ],
    )  # fmt: skip


def _receipts(rows: Iterable[Receipt]) -> Sheet:
    header = ("收款单号", "收款日期", "客户编码", "客户名称", "收款金额", "结算方式", "票据到期日", "币种")
    return Sheet(
        header,
        [
            (
                r.number,
                r.day,
                r.customer,
                BY_KEY[r.customer].name,
                r.amount,
                r.method,
                r.falls_due,
                r.currency,
            )
            for r in rows
        ],
    )


def _costs(rows: Iterable[Cost]) -> Sheet:
    header = ("单据编号", "费用日期", "客户编码", "客户名称", "费用类别", "费用金额")
    return Sheet(
        header,
        [(c.number, c.day, c.customer, BY_KEY[c.customer].name, c.category, c.amount) for c in rows],
    )
