"""What the people of the demo have judged, written and decided by themselves: ratings, notes, an answer to a
warning, a review. Each through the product's own deeds, as the colleague whose account it is."""

from __future__ import annotations

from datetime import date, timedelta

from changqing.accounts.queries import account_named
from changqing.base.days import months_back
from changqing.demo.customers import CUSTOMERS
from changqing.demo.staff import OPERATOR
from changqing.dossier.actions.keeping import write_note
from changqing.journeys.answer_warning import answer
from changqing.journeys.back_test import back_test_book
from changqing.journeys.review import decide
from changqing.ledger.queries import as_of
from changqing.people.permissions import operator
from changqing.people.queries import user_named
from changqing.retention.queries import most_pressing
from changqing.value.actions.scoring import score_the_book
from changqing.value.actions.tiers import nominate, rate

EXECUTIVE = "shenlan"
MANAGER_OF = {customer.key: customer.manager for customer in CUSTOMERS}
# account, (decision chain, custom, strategic, influence), what they rest on
RATED = (
    ("K1001", (5, 4, 5, 5), "集团招标，五个部门会签；行业样板"),
    ("K1010", (4, 2, 3, 4), "采购一家说了算，要的是标准件"),
    ("K1040", (4, 5, 5, 4), "联合开发两个型号，三年框架协议"),
    ("K1070", (3, 3, 3, 3), "季度招标，按价格走"),
    ("K1080", (3, 4, 3, 2), "设备部说了算"),
)
NOTES = (
    ("K1001", "拜访设备部：三号线轴承照旧，润滑脂今年改由集团集采，采购总监没有见我们。"),
    ("K1001", "电话：集团新来的分管副总十一月到任，约十二月见面。"),
    ("K1010", "对账：每单都在亏，运费和返利没有算进报价。业务说“量大不能丢”，财务不同意。"),
    ("K1040", "季度回顾：对方技术中心主任主动提出把备件库存放到他们仓里，愿意共享检修计划。"),
    ("K1070", "拜访：收入在涨，可是高毛利的密封件不买了，付款从 45 天拖到 70 天。"),
    ("K1080", "两次停机以后对方质检开始逐批抽检，订单改小；新供应商样品已经到场。"),
    ("K1100", "润滑脂半年前换了一家本地代理，价格低一成。其余照旧。"),
    ("K1240", "停了一年多又回来了：原来的供应商断供。"),
)
# account, verdict, why, next step, days to do it
DECIDED = (
    ("K1010", "lower", "收入第二，每单都亏；返利和运费吃掉全部毛利", "重谈价格和返利，谈不拢就缩量", 21),
    ("K1070", "keep", "看起来好，其实价格、结构、付款、退货都在变坏", "和财务一起看付款，找回密封件", 14),
    ("K1040", "raise", "量和频次都在涨，愿意共享计划", "提交联合备件方案", 30),
)


def rate_accounts() -> None:
    """Traits that no ledger knows, by the managers; the accounts are then scored anew."""
    touched = []
    for key, ratings, evidence in RATED:
        by = user_named(MANAGER_OF[key])
        account = account_named(by, key)
        for factor, rating in zip(("chain", "custom", "strategic", "influence"), ratings, strict=True):
            rate(by=by, account=account, factor=factor, rating=rating, evidence=evidence)
        touched.append(account.pk)
    score_the_book(by=operator(because="traits were rated"), only=touched)
    partner = user_named(MANAGER_OF["K1040"])
    nominate(by=partner, account=account_named(partner, "K1040"), reason="联合开发，三年框架，量价齐升")


def write_notes() -> None:
    for key, text in NOTES:
        write_note(by=user_named(MANAGER_OF[key]), account=key, text=text)


def answer_one() -> None:
    """The lightest of the warnings that press is taken on by its manager: Today shows the promise."""
    pressing = list(most_pressing(operator(because="the demo"), limit=50).values())
    last = as_of()
    if pressing and last is not None:
        row = pressing[-1]
        owner = row.account.owner
        assert owner is not None
        answer(
            by=owner,
            pk=row.pk,
            kind="do",
            version=row.version,
            words="和采购经理约电话，问清下一单",
            until=last + timedelta(days=5),
        )


def hold_review(today: date) -> None:
    by = user_named(EXECUTIVE)
    for key, verdict, because, step, days in DECIDED:
        decide(
            by=by,
            key=key,
            verdict=verdict,
            because=because,
            step=step,
            owner=user_named(MANAGER_OF[key]).pk,
            until=today + timedelta(days=days),
            today=today,
        )


def check_forecasts() -> None:
    """What the book would have said a year ago, kept for Learn."""
    last = as_of()
    if last is not None:
        back_test_book(by=user_named(OPERATOR), day=months_back(last, 12))
