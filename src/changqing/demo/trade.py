"""Five years of orders: how often each customer buys, what and for how much; what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

import numpy as np

from changqing.base.days import first_of_month, months_back
from changqing.demo.customers import CUSTOMERS, Customer, Turn
from changqing.demo.products import Product, of_family
from changqing.demo.workdays import is_workday, next_workday

CENT = Decimal("0.01")
MONTH = 30.44
YUAN_A_DOLLAR = Decimal("7.1")
RETURN_RATE, CREDIT_RATE = 0.008, 0.02
SEASONS = {"": {}, "kiln": {1: 0.25, 2: 0.3, 12: 0.5}, "harvest": {4: 1.6, 5: 1.7, 9: 2.0, 10: 2.2, 1: 0.5}}
# Months since the book began → what list prices and costs are multiplied by from then on.
PRICE_STEPS = ((5, 1.02), (17, 1.035), (29, 1.0), (35, 1.04), (41, 1.015), (53, 1.02))
COST_STEPS = ((3, 1.015), (14, 1.045), (27, 0.985), (33, 1.045), (44, 1.02), (52, 1.015))


class Paper(StrEnum):
    """What kind of document a line stands in, as the supplier's ERP calls it."""

    SALE = "销售订单"
    RETURN = "退货单"
    CREDIT = "红字折让"
    REBATE = "返利"


@dataclass(frozen=True)
class Line:
    """One row of the ERP's order ledger. Credit notes and rebates have neither product nor quantity."""

    paper: Paper
    order_no: str
    line_no: int
    day: date
    customer: str
    product: str
    quantity: int | None
    price: Decimal | None
    amount: Decimal
    cost: Decimal | None
    currency: str


@dataclass(frozen=True)
class Span:
    """The days the book is about: ``first`` begins a month, ``last`` is the day before it is told."""

    first: date
    last: date

    @classmethod
    def up_to(cls, today: date) -> Span:
        last = today - timedelta(days=1)
        return cls(first_of_month(months_back(last, 60)), last)

    def months_left(self, day: date) -> float:
        return (self.last - day).days / MONTH

    def months_gone(self, day: date) -> float:
        return (day - self.first).days / MONTH


def told(turns: tuple[Turn, ...], months_left: float) -> Turn:
    """All that has turned for a customer, together, so many months before the end."""
    now = Turn(0, 0)
    for turn in turns:
        share = min(1.0, max(0.0, (turn.began - months_left) / (turn.began - turn.full)))
        now = replace(
            now,
            volume=now.volume * (1 + share * (turn.volume - 1)),
            gap=now.gap * (1 + share * (turn.gap - 1)),
            price=now.price * (1 + share * (turn.price - 1)),
            late=now.late + share * turn.late,
            returns=now.returns + share * turn.returns,
            drops=now.drops + (turn.drops if share > 0.5 else ""),
        )
    return now


def level(steps: tuple[tuple[int, float], ...], months_gone: float) -> Decimal:
    """What a price of the first month has become."""
    factor = 1.0
    for month, step in steps:
        factor *= step if months_gone >= month else 1.0
    return Decimal(str(round(factor, 6)))


def order_lines(rng: np.random.Generator, span: Span) -> list[Line]:
    """Every line of the five years, numbered as an ERP does, in the order of documents."""
    documents: list[list[Line]] = []
    for customer, own in zip(CUSTOMERS, rng.spawn(len(CUSTOMERS)), strict=True):
        if customer.yearly:
            documents.extend(_Buyer(customer, own, span).documents())
    documents.sort(key=lambda lines: (lines[0].day, lines[0].customer, lines[0].paper))
    return list(_numbered(documents))


def _numbered(documents: list[list[Line]]) -> Iterator[Line]:
    prefix = {Paper.SALE: "XS", Paper.RETURN: "TH", Paper.CREDIT: "HZ"}
    counts: dict[str, int] = {}
    for lines in documents:
        head = lines[0]
        number = ""
        if head.paper in prefix:
            month = f"{prefix[head.paper]}{head.day:%y%m}"
            counts[month] = counts.get(month, 0) + 1
            number = f"{month}-{counts[month]:04d}"
        for position, line in enumerate(lines, start=1):
            yield replace(line, order_no=number, line_no=position)


class _Buyer:
    """One customer's five years."""

    def __init__(self, customer: Customer, rng: np.random.Generator, span: Span) -> None:
        self.customer, self.rng, self.span = customer, rng, span
        self.weights = dict(zip(customer.buys[::2], map(int, customer.buys[1::2]), strict=True))
        self.favourites = {
            letter: [of_family(letter)[place] for place in rng.permutation(10)[: rng.integers(3, 7)]]
            for letter in self.weights
        }

    def documents(self) -> list[list[Line]]:
        """Orders, what came back of them, credit notes and yearly rebates; unnumbered."""
        orders = [self._order(day) for day in self._days()]
        found = [order for order in orders if order]
        for order in list(found):
            found.extend([line] for line in self._returned(order))
            found.extend([line] for line in self._credited(order))
        found.extend([line] for line in self._rebates(list(found)))
        return found

    def _days(self) -> Iterator[date]:
        """Order days: gamma gaps about the customer's own, stretched by what has turned, on working days."""
        customer, span = self.customer, self.span
        at = span.last - timedelta(days=customer.starts * MONTH) if customer.starts < 60 else span.first
        until = span.last - timedelta(days=customer.ends * MONTH)
        place = self.rng.random() * customer.gap
        while (day := next_workday(at + timedelta(days=int(place)))) <= until:
            left = span.months_left(day)
            if not customer.silent[1] < left < customer.silent[0]:
                yield day
            evenness = customer.evenness
            gap = customer.gap * told(customer.turns, left).gap
            place += max(1.0, gap * self.rng.standard_gamma(evenness) / evenness)

    def _worth(self, day: date) -> float:
        """What an order of that day should come to, in yuan."""
        customer = self.customer
        now = told(customer.turns, self.span.months_left(day))
        since = self.span.months_left(day)
        years = (min(60.0, customer.starts) - since) / 12
        season = SEASONS[customer.season].get(day.month, 1.0)
        daily = customer.yearly * 10_000 / 365 * customer.growth**years * now.volume * season
        return float(daily * customer.gap * now.gap * np.exp(self.rng.normal(-0.045, 0.3)))

    def _order(self, day: date) -> list[Line]:
        worth = self._worth(day)
        now = told(self.customer.turns, self.span.months_left(day))
        letters = [letter for letter in self.weights if letter not in now.drops]
        weights = np.array([self.weights[letter] for letter in letters], dtype=float)
        count = 1 + int(self.rng.poisson(1.2 + min(4.0, worth / 120_000)))
        drawn = self.rng.choice(len(letters), size=count, p=weights / weights.sum())
        chosen: dict[str, Product] = {}
        for place in drawn:
            kept = self.favourites[letters[place]]
            product = kept[int(self.rng.integers(len(kept)))]
            chosen[product.key] = product
        shares = self.rng.dirichlet(np.full(len(chosen), 2.0)) * worth
        split = zip(chosen.values(), shares, strict=True)
        lines = [self._line(day, product, share, now.price) for product, share in split]
        return [line for line in lines if line]

    def _line(self, day: date, product: Product, worth: float, concession: float) -> Line | None:
        gone = self.span.months_gone(day)
        rate = YUAN_A_DOLLAR if self.customer.currency == "USD" else Decimal(1)
        off = Decimal(str(round((1 - self.customer.discount) * concession, 4)))
        price = cents(product.price * level(PRICE_STEPS, gone) * off / rate)
        quantity = round(worth / float(price * rate))
        if quantity < 1:
            quantity = 1 if self.rng.random() < worth / float(price * rate) else 0
        if not quantity:
            return None
        cost = cents(product.cost * level(COST_STEPS, gone) * quantity / rate)
        return Line(
            Paper.SALE, "", 0, day, self.customer.key, product.key, quantity, price, cents(price * quantity),
            cost, self.customer.currency,
        )  # fmt: skip

    def _later(self, day: date, least: int, most: int) -> date | None:
        later = next_workday(day + timedelta(days=int(self.rng.integers(least, most))))
        return later if later <= self.span.last else None

    def _returned(self, order: list[Line]) -> Iterator[Line]:
        """Some lines come back, part or whole, at the price they were sold for."""
        now = told(self.customer.turns, self.span.months_left(order[0].day))
        for line in order:
            if self.rng.random() >= RETURN_RATE + now.returns:
                continue
            day = self._later(line.day, 4, 30)
            bought = line.quantity or 0
            back = int(self.rng.integers(1, bought + 1))
            if day:
                assert line.price is not None and line.cost is not None
                amount, cost = cents(-line.price * back), cents(-line.cost * back / bought)
                yield replace(line, paper=Paper.RETURN, day=day, quantity=-back, amount=amount, cost=cost)

    def _credited(self, order: list[Line]) -> Iterator[Line]:
        """A price dispute ends in a credit note of a few percent of the order."""
        if self.rng.random() >= CREDIT_RATE:
            return
        share = Decimal(str(round(float(self.rng.uniform(0.01, 0.05)), 4)))
        day = self._later(order[0].day, 12, 50)
        if day:
            yield self._without_product(Paper.CREDIT, day, -sum(line.amount for line in order) * share)

    def _rebates(self, documents: list[list[Line]]) -> Iterator[Line]:
        """On 20 December the year's rebate, on what was bought net of returns."""
        if not self.customer.rebate:
            return
        for year in range(self.span.first.year, self.span.last.year + 1):
            day = date(year, 12, 20)
            while not is_workday(day):
                day -= timedelta(days=1)
            bought = sum(
                line.amount
                for lines in documents
                for line in lines
                if line.day.year == year and line.day <= day
            )
            if self.span.first <= day <= self.span.last and bought > 0:
                yield self._without_product(Paper.REBATE, day, -bought * Decimal(str(self.customer.rebate)))

    def _without_product(self, paper: Paper, day: date, amount: Decimal) -> Line:
        return Line(
            paper, "", 0, day, self.customer.key, "", None, None, cents(amount), Decimal(0),
            self.customer.currency,
        )  # fmt: skip


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_EVEN)
