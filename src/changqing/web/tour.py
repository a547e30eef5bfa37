"""The guided tour of the demo: six steps from import to decision, in the order of the pages they stand on."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from changqing.accounts.queries import account_by_key
from changqing.people.permissions import may
from changqing.people.queries import User

TOUR_COOKIE = "changqing_tour"
# where, the verb one must be allowed, the account it stands on, what to see there
STEPS = (
    ("imports", "see imports", "", _("账从文件来：每一次导入都先预演，写入以后也能撤销。")),
    ("portfolio", "", "", _("看钱在哪里：矩阵、鲸鱼曲线，谁吃掉利润。")),
    ("account", "", "K1070", _("打开一家：收入在涨，看价值、品类和付款，是不是真的好。")),
    ("account", "", "K1001", _("最大的一家在变冷：信号和算式说明为什么是这个颜色。")),
    ("today", "", "", _("今天该动手的按金额和紧迫排：按 E 记下要做什么，名单就短一条。")),
    ("plans", "", "", _("评审：每家一个决定、谁来做、到哪天；结果留在这里。")),
)


@dataclass(frozen=True)
class Step:
    """One step: ``number`` of ``total``, what to see, and the addresses around it."""

    number: int
    total: int
    words: str
    here: bool
    url: str
    next_url: str


def step_of(request: HttpRequest) -> Step | None:
    """The step that this page is, or the first one; None when the reader has sent the tour away."""
    user = request.user
    if not isinstance(user, User) or request.COOKIES.get(TOUR_COOKIE) == "off":
        return None
    steps = [
        (reverse(name, args=[key] if key else []), words)
        for name, verb, key, words in STEPS
        if (not verb or may(user, verb)) and (not key or account_by_key(user, key) is not None)
    ]
    if not steps:
        return None
    here = next((at for at, (url, _words) in enumerate(steps) if request.path == url), None)
    at = here or 0
    url, words = steps[at]
    return Step(
        number=at + 1,
        total=len(steps),
        words=str(words),
        here=here is not None,
        url=url,
        next_url=steps[at + 1][0] if at + 1 < len(steps) else "",
    )
