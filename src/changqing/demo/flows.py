"""What follows from the orders: invoices with tax, money collected late or on time, costs to serve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from changqing.base.days import first_of_month, months_back
from changqing.demo.customers import CUSTOMERS, Customer
from changqing.demo.trade import Line, Paper, Span, cents, told
from changqing.demo.workdays import is_workday, next_workday

TAX = Decimal("0.13")
BILL_RUNS = 180
TRANSFER, BILL = "电汇", "银行承兑汇票"
SPENT_ON = ("技术服务", "送货", "差旅", "仓储备货")
BY_KEY = {customer.key: customer for customer in CUSTOMERS}


@dataclass(frozen=True)
class Invoice:
    """One invoice, red (红字) where ``net`` is below zero; ``amount`` is with tax."""

    number: str
    day: date
    due: date
    customer: str
    order_no: str
    net: Decimal
    tax: Decimal
    currency: str

    @property
    def amount(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True)
class Receipt:
    """Money collected; ``falls_due`` is the day a bank acceptance turns into money."""

    number: str
    day: date
    customer: str
    amount: Decimal
    method: str
    falls_due: date | None
    currency: str


@dataclass(frozen=True)
class Cost:
    number: str
    day: date
    customer: str
    category: str
    amount: Decimal


@dataclass(frozen=True)
class Opening:
    day: date
    customer: str
    amount: Decimal


def invoices(rng: np.random.Generator, span: Span, lines: Iterable[Line]) -> list[Invoice]:
    """One invoice for every document, some days after it; what is not yet invoiced is left out."""
    documents: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    for line in lines:
        documents[line.customer, line.order_no, line.day, line.paper].append(line)
    found = []
    for document in documents.values():
        head = document[0]
        day = next_workday(head.day + timedelta(days=int(rng.integers(2, 11))))
        if day > span.last:
            continue
        net = sum((line.amount for line in document), Decimal(0))
        rate = TAX if head.currency == "CNY" else Decimal(0)
        terms = BY_KEY[head.customer].terms if head.paper is Paper.SALE else 0
        found.append(
            Invoice(
                "",
                day,
                day + timedelta(days=terms),
                head.customer,
                head.order_no,
                net,
                cents(net * rate),
                head.currency,
            )
        )
    found.sort(key=lambda invoice: (invoice.day, invoice.customer, invoice.order_no))
    return [_with_number(invoice, place) for place, invoice in enumerate(found, start=1)]


def _with_number(invoice: Invoice, place: int) -> Invoice:
    fields = {**invoice.__dict__, "number": f"FP{24_310_000 + place}"}
    return Invoice(**fields)


def openings(span: Span) -> list[Opening]:
    """What customers owed when the book began: as long as they take to pay, at what they bought."""
    found = []
    for customer in CUSTOMERS:
        if customer.yearly and customer.starts >= 60:
            owed = customer.yearly * 10_000 / 365 * (customer.terms + customer.late) * 0.9
            found.append(Opening(span.first, customer.key, cents(Decimal(round(owed)) * (1 + TAX))))
    return found


def receipts(
    rng: np.random.Generator, span: Span, issued: Iterable[Invoice], owed: Iterable[Opening]
) -> list[Receipt]:
    """Each month's dues of a customer are paid together, as late as that customer has become."""
    dues: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for invoice in issued:
        dues[invoice.customer][first_of_month(invoice.due)] += invoice.amount
    for opening in owed:
        for months in (0, 1):
            month = first_of_month(months_back(opening.day, -months))
            dues[opening.customer][month] += cents(opening.amount / 2)
    found: list[Receipt] = []
    for key in sorted(dues):
        found.extend(_paid(rng, span, BY_KEY[key], dues[key]))
    found.sort(key=lambda receipt: (receipt.day, receipt.customer))
    return [
        Receipt(**{**receipt.__dict__, "number": f"SK{receipt.day:%y%m}-{place:05d}"})
        for place, receipt in enumerate(found, start=1)
    ]


def _paid(
    rng: np.random.Generator, span: Span, customer: Customer, dues: dict[date, Decimal]
) -> Iterator[Receipt]:
    """One customer's receipts; red invoices lower the next payment."""
    carried = Decimal(0)
    for month in sorted(dues):
        carried += dues[month]
        if carried <= 0:
            continue
        turned = told(customer.turns, span.months_left(month)).late
        wait = float(rng.gamma(4, (customer.late + turned + 1) / 4))
        day = next_workday(month + timedelta(days=int(14 + wait)))
        in_parts = rng.random() < 0.08 and carried > 50_000
        parts = [cents(carried * Decimal("0.6"))] if in_parts else []
        parts.append(carried - sum(parts, Decimal(0)))
        for place, amount in enumerate(parts):
            paid = next_workday(day + timedelta(days=21 * place))
            if paid <= span.last:
                yield _receipt(rng, customer, paid, amount)
        carried = Decimal(0)


def _receipt(rng: np.random.Generator, customer: Customer, day: date, amount: Decimal) -> Receipt:
    by_bill = rng.random() < customer.bills
    falls_due = day + timedelta(days=BILL_RUNS) if by_bill else None
    method = BILL if by_bill else TRANSFER
    return Receipt("", day, customer.key, amount, method, falls_due, customer.currency)


def costs(rng: np.random.Generator, span: Span, lines: Iterable[Line]) -> list[Cost]:
    """What serving each customer cost, month by month: a share of what it bought and a little fixed."""
    bought: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.paper is Paper.SALE:
            rate = Decimal(1) if line.currency == "CNY" else Decimal("7.1")
            bought[first_of_month(line.day), line.customer] += line.amount * rate
    found: list[Cost] = []
    for (month, key), amount in sorted(bought.items()):
        customer = BY_KEY[key]
        turned = told(customer.turns, span.months_left(month))
        share = customer.service * (1 + 12 * turned.returns) * float(rng.uniform(0.7, 1.3))
        spent = float(amount) * share + float(rng.uniform(200, 900))
        day = min(_last_workday(month), span.last)
        for category, part in zip(SPENT_ON, rng.dirichlet([6, 5, 3, 2]), strict=True):
            value = cents(Decimal(str(round(spent * float(part), 2))))
            if value:
                number = f"FY{month:%y%m}-{len(found) + 1:05d}"
                found.append(Cost(number, day, key, category, value))
    return found


def _last_workday(month: date) -> date:
    day = months_back(month, -1) - timedelta(days=1)
    while not is_workday(day):
        day -= timedelta(days=1)
    return day
