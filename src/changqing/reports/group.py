"""Groups of companies: the whole tree of one, rolled up over what the reader may see; and their ranking."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from changqing.accounts.queries import (
    Account,
    Part,
    account_by_key,
    accounts_with_ids,
    people_at,
    sight,
    whole_group,
)
from changqing.ledger.groups import GroupSum, group_sums, money_at
from changqing.people.permissions import FEWEST_HIDDEN, Principal, sees_the_whole_book

PER_PAGE = 50
# A longer tree is shown to here; its sums are over all of it.
SHOWN = 300


@dataclass(frozen=True)
class Company:
    """One company of the tree: its own and, with all below it, what the reader may see.

    None is not known or not shown; ``hides_margin`` says which.
    """

    key: str
    name: str
    depth: int
    is_here: bool
    revenue: Decimal | None
    all_revenue: Decimal | None
    all_margin: Decimal | None
    all_people: int
    companies: int
    hides_margin: bool


@dataclass(frozen=True)
class GroupTree:
    """A group as one reader sees it: ``seen`` companies, of which the first are listed.

    ``hidden`` ones are in no sum, and only counted where they are enough to stay unknown. ``is_whole`` says
    that the reader sees the whole book, so that there can be no others.
    """

    companies: list[Company]
    seen: int
    hidden: int
    is_whole: bool

    @property
    def more(self) -> int:
        return self.seen - len(self.companies)


@dataclass(frozen=True)
class RankedGroup:
    """A group in the ranking, by the uppermost company that the reader may see."""

    key: str
    name: str
    sums: GroupSum


def group_tree(to: Principal, key: str) -> GroupTree | None:
    """The group of account ``key`` in a constant number of queries; None when ``to`` may not see it."""
    here = account_by_key(to, key)
    if here is None:
        return None
    nodes = whole_group(here)
    others = {node.account for node in nodes} - {here.pk}
    seen = {here.pk: here} if len(others) < len(nodes) else {}
    if others:
        seen |= accounts_with_ids(to, others)
    revenue, margin = money_at(to, seen)
    people = people_at(to, seen.values())
    shows_margin = {pk for pk, account in seen.items() if sight(to, account).reads(Part.MARGIN)}
    # a company that is not shown is passed over: those below it hang on the next that is
    above: dict[int, int | None] = {}
    depth: dict[int, int] = {}
    nearest: dict[int, int | None] = {}
    for node in nodes:
        over = nearest.get(node.parent) if node.parent is not None else None
        nearest[node.account] = node.account if node.account in seen else over
        if node.account in seen:
            above[node.account] = over
            depth[node.account] = 0 if over is None else depth[over] + 1
    rolled = _rolled_up(above, revenue, margin, people, shows_margin)
    companies = [
        Company(
            key=seen[pk].key,
            name=seen[pk].name,
            depth=min(depth[pk], 8),
            is_here=pk == here.pk,
            revenue=revenue.get(pk),
            all_revenue=rolled[pk].revenue,
            all_margin=rolled[pk].margin,
            all_people=rolled[pk].people,
            companies=rolled[pk].companies,
            hides_margin=rolled[pk].hides_margin,
        )
        for pk in list(above)[:SHOWN]
    ]
    hidden = len(nodes) - len(seen)
    return GroupTree(
        companies,
        seen=len(seen),
        hidden=hidden if hidden >= FEWEST_HIDDEN else 0,
        is_whole=sees_the_whole_book(to),
    )


@dataclass
class _Sum:
    revenue: Decimal | None = None
    margin: Decimal | None = None
    people: int = 0
    companies: int = 0
    hides_margin: bool = False


def _rolled_up(
    above: dict[int, int | None],
    revenue: dict[int, Decimal],
    margin: dict[int, Decimal | None],
    people: dict[int, int],
    shows_margin: set[int],
) -> dict[int, _Sum]:
    """Each company with all below it; children stand behind their parents in ``above``."""
    sums = {
        pk: _Sum(revenue.get(pk), margin.get(pk), people.get(pk, 0), 1, pk not in shows_margin)
        for pk in above
    }
    for pk in reversed(above):
        over = above[pk]
        if over is None:
            continue
        mine, theirs = sums[pk], sums[over]
        theirs.revenue = _plus(theirs.revenue, mine.revenue)
        theirs.margin = _plus(theirs.margin, mine.margin)
        theirs.people += mine.people
        theirs.companies += mine.companies
        theirs.hides_margin |= mine.hides_margin
    return sums


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if one is None else one if other is None else one + other


def ranked_groups(to: Principal, *, page: int = 1) -> tuple[list[RankedGroup], int]:
    """One page of the groups by revenue over what ``to`` may see, and how many there are."""
    sums, total = group_sums(to, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    tops: dict[int, Account] = accounts_with_ids(to, [each.top for each in sums])
    return [RankedGroup(tops[each.top].key, tops[each.top].name, each) for each in sums], total
