"""The words of the console, as data: every command with its help in both languages."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from changqing import __version__
from changqing.cli import (
    accounts,
    answers,
    audit,
    contacts,
    imports,
    keeping,
    rates,
    rights,
    running,
    summaries,
    users,
    value,
)
from changqing.cli.words import gettext as _
from changqing.machine.speech import console_language

KINDS = ("accounts", "products", "orders", "invoices", "receipts", "costs", "openings", "rates")
SUMMARIES = ("customers", "rhythm", "rollup", "cohorts")
PERIODS = ("36m", "12m", "all")
FACTORS = ("chain", "custom", "strategic", "influence")
ROLES = (
    "manager",
    "director",
    "executive",
    "operator",
    "service",
    "finance",
    "compliance",
    "privacy",
    "admin",
    "auditor",
    "integration",
)
Run = Callable[[Namespace], int | None]


def parser() -> ArgumentParser:
    """The whole console, in its language; made once in a process, which takes longer than many a command."""
    return _parser_in(console_language())


@cache
def _parser_in(_language: str) -> ArgumentParser:
    top = ArgumentParser(
        prog="changqing",
        description=_("常青：大客户关系与全生命周期经营。"),
        epilog=_("数据目录由 CHANGQING_DATA 指定；设置了 DATABASE_URL 就不启动内置数据库。"),
        formatter_class=RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"changqing {__version__}")
    top.add_argument("--as", dest="user", metavar=_("用户"), help=_("以该用户的身份执行（默认：本机运营者）"))
    commands = top.add_subparsers(metavar=_("命令"), required=True)
    _running(commands)
    _imports(commands)
    _rates(commands)
    _answers(commands)
    _accounts(commands)
    _value(commands)
    _rights(commands)
    _keeping(commands)
    _audit(commands)
    _contacts(commands)
    return top


def _command(commands: Any, name: str, run: Run, help_: str) -> ArgumentParser:
    made: ArgumentParser = commands.add_parser(name, help=help_, description=help_)
    made.set_defaults(run=run)
    return made


def _running(commands: Any) -> None:
    up = _command(commands, "up", running.up, _("启动数据库、网页和后台任务"))
    up.add_argument("--port", type=int, help=_("网页端口（默认 8000，或环境变量 PORT）"))
    up.add_argument("--no-demo", action="store_true", help=_("不启动示例账本"))
    up.add_argument("--only-demo", action="store_true", help=_("只启动示例账本"))
    _command(commands, "stop", running.stop, _("停止"))
    status = _command(commands, "status", running.status, _("现在运行着什么"))
    status.add_argument("--json", action="store_true", help=_("输出 JSON"))
    _command(commands, "prepare", running.prepare, _("建好数据表并启用内置方法（启动时自动执行）"))
    _command(commands, "worker", running.worker, _("只运行后台任务"))
    demo = _command(commands, "demo", running.demo, _("在这个数据目录里生成示例账本"))
    demo.add_argument("--if-empty", action="store_true", help=_("账本已有内容就什么也不做"))
    demo.add_argument("--seed", type=int, default=20, help=_("随机种子"))
    demo.add_argument("--accounts", type=int, help=_("改为生成大账本：客户数"))
    demo.add_argument("--lines", type=int, default=1_000_000, help=_("大账本的订单行数"))


def _share(text: str) -> Decimal:
    share = Decimal(text)
    if not 0 <= share < 1:
        raise ValueError(text)
    return share


def _imports(commands: Any) -> None:
    bring = _command(commands, "import", imports.bring_in, _("导入 CSV 或 XLSX 文件"))
    bring.add_argument("kind", choices=KINDS, help=_("文件内容"))
    bring.add_argument("file", type=Path, help=_("文件"))
    bring.add_argument("--source", default="erp", help=_("文件来自哪个系统（默认 erp）"))
    bring.add_argument(
        "--meaning",
        choices=("lines", "orders", "period"),
        default="",
        help=_("lines 逐行更新；orders 整单更新；period 整段账期，用 --from 和 --to 指定"),
    )
    bring.add_argument("--from", dest="from_day", type=date.fromisoformat, help=_("账期第一天"))
    bring.add_argument("--to", dest="to_day", type=date.fromisoformat, help=_("账期最后一天"))
    bring.add_argument(
        "--unknown",
        choices=("create", "match", "refuse"),
        default="create",
        help=_("没见过的客户：create 新建，match 按名称匹配，refuse 退回"),
    )
    bring.add_argument("--department", default="", help=_("新建客户归入的部门"))
    bring.add_argument(
        "--map",
        action="append",
        default=[],
        metavar=_("字段=列名"),
        help=_("指定某个字段取自哪一列；可重复。写过一次就记住"),
    )
    bring.add_argument("--tax-rate", type=_share, help=_("只有含税金额时的税率，例如 0.13"))
    bring.add_argument("--first", choices=("day", "month"), help=_("05/01/2026 里先写的是日还是月"))
    bring.add_argument("--decimal", choices=("point", "comma"), help=_("小数点写成 . 还是 ,"))
    bring.add_argument("--json", action="store_true", help=_("输出 JSON"))
    listed = _command(commands, "imports", imports.show, _("导入记录；撤销、恢复"))
    listed.add_argument("--json", action="store_true", help=_("输出 JSON"))
    deeds = listed.add_subparsers(metavar="list|undo|redo|refused|export|template")
    shown = _command(deeds, "list", imports.show, _("列出导入"))
    shown.add_argument("--json", action="store_true", help=_("输出 JSON"))
    for name, run, help_ in (
        ("undo", imports.undo, _("撤销一次导入")),
        ("redo", imports.redo, _("恢复撤销的导入")),
    ):
        _command(deeds, name, run, help_).add_argument("number", type=int, help=_("导入编号"))
    refused = _command(deeds, "refused", imports.refused, _("取回被退回的行，格式与原文件相同"))
    refused.add_argument("id", type=int, help=_("导入的标识（imports list 第一列）"))
    refused.add_argument("file", type=Path, help=_("写到哪里"))
    for name, run, help_ in (
        ("export", imports.export, _("把账本里的一种数据写成文件，再导入什么都不会变")),
        ("template", imports.template, _("写一份可填写的模板（XLSX）")),
    ):
        given = _command(deeds, name, run, help_)
        given.add_argument(
            "kind", help=_("accounts、products、orders、invoices、receipts、costs、openings、rates")
        )
        given.add_argument("file", type=Path, help=_("写到哪里"))
        given.add_argument("--source", default="erp", help=_("来源系统"))
    match = _command(commands, "match", imports.match, _("把来源里的一个客户归到另一个客户名下"))
    match.add_argument("key", help=_("来源里的客户编号"))
    match.add_argument("account", help=_("归到哪个客户（编号）"))
    match.add_argument("--source", default="erp", help=_("来源系统"))


def _rates(commands: Any) -> None:
    listed = _command(commands, "rates", rates.show, _("汇率：别的币种的订单行按当日汇率折成账本币种"))
    listed.add_argument("--json", action="store_true", help=_("输出 JSON"))
    deeds = listed.add_subparsers(metavar="list|import|set")
    _command(deeds, "list", rates.show, _("列出现行汇率")).add_argument(
        "--json", action="store_true", help=_("输出 JSON")
    )
    bring = _command(deeds, "import", rates.bring_in, _("从文件导入汇率：币种、日期、汇率、单位、来源"))
    bring.add_argument("file", type=Path, help=_("文件"))
    one = _command(deeds, "set", rates.set_one, _("写下一条汇率，从这天起到下一条为止有效"))
    one.add_argument("currency", type=str.upper, help=_("币种，例如 USD"))
    one.add_argument("day", type=date.fromisoformat, help=_("从哪天起，例如 2026-01-31"))
    one.add_argument("rate", type=Decimal, help=_("一单位该币种等于多少账本币种"))
    one.add_argument("--said-by", default="", help=_("谁公布的，例如 中国外汇交易中心"))


def _answers(commands: Any) -> None:
    _command(commands, "rank", answers.rank, _("重新计算全部排名"))
    portfolio = _command(commands, "portfolio", answers.portfolio, _("客户组合：帕累托、鲸鱼曲线、集中度"))
    portfolio.add_argument("--period", choices=PERIODS, default="36m", help=_("期间（默认近 36 个月）"))
    portfolio.add_argument("--json", action="store_true", help=_("输出 JSON"))
    portfolio.add_argument("--history", action="store_true", help=_("附上历次排名，标出用到已撤销导入的"))
    summary = _command(commands, "summary", summaries.summary, _("账本汇总：DuckDB 或 Spark 算得一样"))
    summary.add_argument("name", choices=SUMMARIES, help="customers | rhythm | rollup | cohorts")
    summary.add_argument("file", type=Path, nargs="?", help=_("写到 .csv 或 .parquet；不写就输出 CSV"))
    summary.add_argument("--as-of", type=date.fromisoformat, help=_("截至哪一天（默认账本最后一天）"))
    summary.add_argument("--engine", help=_("duckdb 或 Spark 的 master（默认 CHANGQING_LEDGER_ENGINE）"))
    told = _command(commands, "book", answers.book, _("账本自述：缺月、缺成本、突变、重复、逾期"))
    told.add_argument("--json", action="store_true", help=_("输出 JSON"))
    owed = _command(commands, "receivables", answers.receivables, _("应收：账龄、周转天数、承兑、资金成本"))
    owed.add_argument("--json", action="store_true", help=_("输出 JSON"))
    grows = _command(commands, "growth", answers.growth, _("增长与投入：留存、后续业务、人手、投入产出"))
    grows.add_argument("--json", action="store_true", help=_("输出 JSON"))
    account = _command(commands, "account", answers.account, _("一个客户"))
    account.add_argument("key", help=_("客户编号"))
    account.add_argument("--json", action="store_true", help=_("输出 JSON"))


def _accounts(commands: Any) -> None:
    top = commands.add_parser(
        "accounts", help=_("新建、编辑、归档客户"), description=_("新建、编辑、归档客户")
    )
    deeds = top.add_subparsers(metavar="new|edit|assign|tag|archive|restore|undo", required=True)
    setting = _("字段=值，可重复；值留空就清掉。parent 写编号，owner、backup 写用户名，department 写部门")
    new = _command(deeds, "new", accounts.new, _("新建一家客户"))
    new.add_argument("name", help=_("名称"))
    new.add_argument("--key", default="", help=_("编号；留空就自动编号"))
    edit = _command(deeds, "edit", accounts.edit, _("编辑客户"))
    edit.add_argument("key", help=_("客户编号"))
    edit.add_argument("--version", type=int, help=_("您看到的版本；后来有人改过就拒绝"))
    for each in (new, edit):
        each.add_argument("--set", action="append", default=[], metavar=_("字段=值"), help=setting)
    assign = _command(deeds, "assign", accounts.assign, _("指派负责人、备份、部门"))
    assign.add_argument("--owner", default="", help=_("负责人（用户名）"))
    assign.add_argument("--backup", default="", help=_("备份（用户名）"))
    assign.add_argument("--department", default="", help=_("部门"))
    tag = _command(deeds, "tag", accounts.tag, _("加标签"))
    tag.add_argument("--tag", action="append", default=[], required=True, help=_("标签，可重复"))
    tag.add_argument("--remove", action="store_true", help=_("改为去掉这些标签"))
    archive = _command(deeds, "archive", accounts.archive, _("归档：离开名单，数字照旧"))
    restore = _command(deeds, "restore", accounts.restore, _("取消归档"))
    for each in (assign, tag, archive, restore):
        each.add_argument("keys", nargs="+", help=_("客户编号"))
    undo = _command(deeds, "undo", accounts.undo, _("撤销一步改动"))
    undo.add_argument("number", type=int, help=_("那一步的编号"))


def _users(deeds: Any) -> None:
    listed = _command(deeds, "list", users.show, _("列出用户"))
    listed.add_argument("--json", action="store_true", help=_("输出 JSON"))
    made: dict[str, ArgumentParser] = {}
    for name, run, help_ in (
        ("role", users.role, _("改一个用户的角色")),
        ("leave", users.stop, _("停用一个离职的用户，立刻结束他的登录和链接")),
        ("link", users.link, _("做一个选密码的一次性链接，旧密码作废")),
        ("reset-factors", users.reset_factors, _("重置丢了手机或密钥的用户的第二步验证")),
    ):
        made[name] = _command(deeds, name, run, help_)
        made[name].add_argument("username", help=_("用户名"))
    made["role"].add_argument("role", help=_("新角色，例如 director"))
    made["link"].add_argument(
        "--base", default="http://127.0.0.1:8000", help=_("网页的地址（默认 http://127.0.0.1:8000）")
    )
    made["reset-factors"].add_argument("--because", required=True, help=_("为什么重置，写进审计"))


def _departments(commands: Any) -> None:
    department = commands.add_parser("department", help=_("部门"), description=_("部门"))
    deeds = department.add_subparsers(metavar="add|move|list", required=True)
    _command(deeds, "list", users.departments, _("列出部门"))
    for name, run, help_ in (
        ("add", users.add_department, _("新建部门")),
        ("move", users.move_department, _("移动部门和它下面的全部部门")),
    ):
        made = _command(deeds, name, run, help_)
        made.add_argument("name", help=_("部门"))
        made.add_argument("--under", default="", help=_("上级部门；不写就是最上层"))


def _value(commands: Any) -> None:
    """What accounts are worth: fitting, scoring, back-testing, tiers and ratings."""
    top = commands.add_parser("value", help=_("客户价值：拟合、评定、回测"))
    deeds = top.add_subparsers(metavar="fit|score|backtest", required=True)
    fit = _command(deeds, "fit", value.fit, _("用整本账重新拟合，成为新版本，并评定全部客户"))
    fit.add_argument("--because", default="", help=_("为什么重新拟合"))
    _command(deeds, "score", value.score, _("按现行版本评定全部客户"))
    tested = _command(deeds, "backtest", value.back_test, _("只用某日之前的账拟合，与之后实际发生的核对"))
    tested.add_argument("--as-of", type=date.fromisoformat, required=True, help=_("哪一天，例如 2019-05-31"))
    tested.add_argument("--json", action="store_true", help=_("输出 JSON"))
    _tiers(commands)
    rate = _command(commands, "rate", value.rate, _("给客户的一项特征评分（1–5）"))
    rate.add_argument("key", help=_("客户编号"))
    rate.add_argument(
        "factor", choices=FACTORS, help=_("chain 决策链；custom 定制；strategic 战略；influence 影响力")
    )
    rate.add_argument("rating", type=int, choices=range(1, 6), help=_("1 到 5"))
    rate.add_argument("--evidence", default="", help=_("依据"))


def _tiers(commands: Any) -> None:
    top = commands.add_parser("tier", help=_("客户等级：查看、批准、人工设定"))
    deeds = top.add_subparsers(metavar="list|history|approve|refuse|set|lift|nominate", required=True)
    listed = _command(deeds, "list", value.tiers, _("各级家数、变动和待批准的降级"))
    listed.add_argument("--json", action="store_true", help=_("输出 JSON"))
    past = _command(deeds, "history", value.tier_history, _("一个客户的等级历史和理由"))
    past.add_argument("key", help=_("客户编号"))
    past.add_argument("--json", action="store_true", help=_("输出 JSON"))
    for name, approve, help_ in (("approve", True, _("批准降级")), ("refuse", False, _("驳回降级"))):
        deed = _command(deeds, name, value.tier_answer, help_)
        deed.set_defaults(approve=approve)
        deed.add_argument("key", help=_("客户编号"))
        deed.add_argument("--reason", required=True, help=_("理由"))
    fixed = _command(deeds, "set", value.tier_set, _("人工设定等级，到期失效"))
    fixed.add_argument("key", help=_("客户编号"))
    fixed.add_argument("tier", help=_("等级代码"))
    fixed.add_argument("--until", type=date.fromisoformat, required=True, help=_("到哪一天为止"))
    fixed.add_argument("--reason", required=True, help=_("理由"))
    lifted = _command(deeds, "lift", value.tier_lift, _("取消人工设定"))
    lifted.add_argument("key", help=_("客户编号"))
    lifted.add_argument("--reason", required=True, help=_("理由"))
    named = _command(deeds, "nominate", value.nominate, _("提名大客户；--answer 批准或驳回提名"))
    named.add_argument("key", help=_("客户编号"))
    named.add_argument("--reason", required=True, help=_("理由"))
    named.add_argument("--answer", choices=("approve", "refuse"), default="", help=_("对提名的答复"))


def _rights(commands: Any) -> None:
    team = commands.add_parser("team", help=_("客户团队"), description=_("客户团队"))
    deeds = team.add_subparsers(metavar="show|give|end", required=True)
    shown = _command(deeds, "show", rights.show_team, _("谁在团队里"))
    give = _command(deeds, "give", rights.give, _("授予团队角色"))
    end = _command(deeds, "end", rights.end, _("收回团队角色"))
    for each in (shown, give, end):
        each.add_argument("key", help=_("客户编号"))
    for each in (give, end):
        each.add_argument("member", help=_("用户名"))
    give.add_argument(
        "--role", default="member", help="member | reader | service | technical | finance | sponsor"
    )
    give.add_argument("--level", action="append", default=[], help=_("部分=none|read|edit；可重复"))
    give.add_argument("--until", type=date.fromisoformat, help=_("最后一天"))
    for name, help_ in (("seal", _("封存客户：部门这条路不再看得到")), ("unseal", _("解封客户"))):
        deed = _command(commands, name, rights.seal, help_)
        deed.set_defaults(deed=name)
        deed.add_argument("key", help=_("客户编号"))
        deed.add_argument("--because", required=True, help=_("为什么"))
    _handover(commands)
    why = _command(commands, "why", rights.why, _("某人为什么看得到一个客户"))
    why.add_argument("key", help=_("客户编号"))
    why.add_argument("--user", dest="whom", required=True, help=_("用户名"))


def _handover(commands: Any) -> None:
    handover = commands.add_parser("handover", help=_("换负责人的申请"), description=_("换负责人的申请"))
    deeds = handover.add_subparsers(metavar="list|ask|grant|decline|withdraw", required=True)
    _command(deeds, "list", rights.list_handovers, _("等您答复的申请，JSON"))
    ask = _command(deeds, "ask", rights.ask_handover, _("申请把客户交给另一位同事"))
    ask.add_argument("key", help=_("客户编号"))
    ask.add_argument("--to", required=True, help=_("用户名"))
    ask.add_argument("--because", required=True, help=_("为什么"))
    for name, help_ in (("grant", _("批准：换负责人")), ("decline", _("驳回申请"))):
        deed = _command(deeds, name, rights.answer_handover, help_)
        deed.set_defaults(deed=name)
        deed.add_argument("key", help=_("客户编号"))
        deed.add_argument("--reply", required=name == "decline", default="", help=_("答复"))
    back = _command(deeds, "withdraw", rights.withdraw_handover, _("撤回自己的申请"))
    back.add_argument("key", help=_("客户编号"))


def _keeping(commands: Any) -> None:
    user = commands.add_parser("user", help=_("用户"), description=_("用户"))
    deeds = user.add_subparsers(metavar="add|list|role|leave|link|reset-factors", required=True)
    add = _command(deeds, "add", users.add, _("新建用户"))
    add.add_argument("username", help=_("用户名"))
    add.add_argument("--name", default="", help=_("姓名"))
    add.add_argument("--role", default="manager", help=" | ".join(ROLES))
    add.add_argument("--department", default="", help=_("部门；没有就新建"))
    add.add_argument("--password-stdin", action="store_true", help=_("从标准输入读取密码"))
    add.add_argument("--own", action="store_true", help=_("密码是本人定的，第一次登录不必换"))
    _users(deeds)
    _departments(commands)
    backup = _command(commands, "backup", keeping.backup, _("备份账本到一个文件，或核对一份备份"))
    backup.add_argument(
        "words", nargs="+", metavar=_("[verify] 文件"), help=_("写到哪里（.tar）；写 verify 则核对这份备份")
    )
    restore = _command(commands, "restore", keeping.restore, _("把备份恢复到空的数据目录"))
    restore.add_argument("file", type=Path, help=_("备份文件"))
    restore.add_argument(
        "--new-keys", action="store_true", help=_("原来的密钥已遗失：仍然恢复，此前的审计链无法再核对")
    )
    check = _command(commands, "check", keeping.check, _("核对账本的不变量；有问题时退出码为 3"))
    check.add_argument("--json", action="store_true", help=_("输出 JSON"))


def _audit(commands: Any) -> None:
    group = commands.add_parser("audit", help=_("审计记录"), description=_("审计记录"))
    deeds = group.add_subparsers(metavar="verify|anchor|list", required=True)
    verify = _command(deeds, "verify", audit.verify, _("核对审计链是否完好；断裂时退出码为 3"))
    verify.add_argument("--anchor", type=Path, help=_("锚点文件：还能看出链条是否被截断或重写"))
    verify.add_argument("--json", action="store_true", help=_("输出 JSON"))
    anchor = _command(deeds, "anchor", audit.anchor, _("写下链条现在的位置，存到别处"))
    anchor.add_argument("file", type=Path, nargs="?", help=_("写到哪里（默认打印出来）"))
    listed = _command(deeds, "list", audit.show, _("列出审计记录，最新的在前"))
    listed.add_argument("--who", default="", help=_("谁（用户名或姓名的一部分）"))
    listed.add_argument("--verb", default="", help=_("做了什么"))
    listed.add_argument("--subject", default="", help=_("对什么（编号的一部分，或种类）"))
    listed.add_argument("--from", dest="since", type=date.fromisoformat, help=_("从哪天起"))
    listed.add_argument("--to", dest="until", type=date.fromisoformat, help=_("到哪天止"))
    listed.add_argument("--limit", type=int, default=100, help=_("最多几条（默认 100）"))
    listed.add_argument("--json", action="store_true", help=_("每行一个 JSON"))


def _contacts(commands: Any) -> None:
    group = commands.add_parser("contacts", help=_("客户方的人"), description=_("客户方的人"))
    deeds = group.add_subparsers(metavar="import|export|erase|overdue", required=True)
    bring = _command(deeds, "import", contacts.bring_in, _("导入联系人（CSV 或 XLSX）"))
    bring.add_argument("file", type=Path, help=_("文件"))
    bring.add_argument("--basis", default="", help=_("没写合法依据的行用这个"))
    bring.add_argument("--purpose", default="", help=_("没写用途的行用这个"))
    bring.add_argument("--origin", default="", help=_("没写来源的行用这个"))
    bring.add_argument("--refused", type=Path, help=_("退回的行写到哪里，格式与原文件相同"))
    told = _command(deeds, "export", contacts.tell, _("一个人的全部信息（JSON），用于答复本人"))
    told.add_argument("person", type=int, help=_("人员编号"))
    told.add_argument("file", type=Path, nargs="?", help=_("写到哪里（默认打印出来）"))
    erase = _command(deeds, "erase", contacts.erase, _("抹去一个人的信息"))
    erase.add_argument("person", type=int, help=_("人员编号"))
    erase.add_argument("--because", required=True, help=_("依据，例如本人哪天要求"))
    over = _command(deeds, "overdue", contacts.overdue, _("超过保留期的联系人"))
    over.add_argument("--limit", type=int, default=200, help=_("最多几条（默认 200）"))
