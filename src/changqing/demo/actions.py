"""Setting up the people of a large book at once; the small demo tells them one by one."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils.translation import gettext as _

from changqing.base.history import by_the_books
from changqing.base.refused import Refused
from changqing.demo.queries import is_in_use
from changqing.people.actions import add_department
from changqing.people.models import Department, Role, User
from changqing.people.permissions import Principal, check_may
from changqing.records.actions import write_audit

DIVISIONS, TEAMS, USERS = 3, 36, 300
FEW = 12


@dataclass(frozen=True)
class Watchers:
    """Three who see different shares of a large book; all with the password they were made with."""

    all: str
    third: str
    few: str

    @property
    def roles(self) -> tuple[tuple[str, str], ...]:
        return (
            (self.all, "高管 / executive"),
            (self.third, "部门负责人 / director"),
            (self.few, "客户经理 / manager"),
        )


def check_is_empty(*, by: Principal) -> None:
    """Refuse who may not tell a demo, and a book that somebody already works in."""
    check_may(by, "add users")
    if is_in_use():
        raise Refused(_("这本账里已有用户或导入，演示数据没有写入。请为演示指定另一个空的数据文件夹。"))


@transaction.atomic
def settle_large(*, by: Principal, password: str, with_owners: bool = True) -> Watchers:
    """40 departments in a tree and 300 users for a book without any; every account gets both.

    The executive sees all; the head of the first division a third of the accounts, since accounts go round
    the divisions; the first manager of it just twelve.
    """
    check_may(by, "add users")
    if User.objects.exists():
        raise Refused(_("这本账里已有用户，没有加入演示人员。请另指定一个空的数据文件夹。"))
    divisions = _departments()
    _users(divisions, password)
    if with_owners:
        _hand_out()
    write_audit(by=by, verb="settle", subject=("demo", "large"), users=USERS)
    return Watchers("executive", "director-1", "manager-001")


def _departments() -> list[Department]:
    root = add_department(name="大客户中心")
    divisions = [add_department(name=f"第 {number} 大区", parent=root) for number in range(1, DIVISIONS + 1)]
    for number in range(TEAMS):
        add_department(name=f"第 {number + 1} 组", parent=divisions[number % DIVISIONS])
    return divisions


def _users(divisions: list[Department], password: str) -> None:
    """One hash for all: three hundred would take minutes, and none of these people exists."""
    hashed = make_password(password)
    root = divisions[0].parent
    users = [
        User(username="executive", full_name="高管", role=Role.EXECUTIVE, department=root),
        User(username="operator", full_name="运营", role=Role.OPERATOR, department=root),
    ]
    for number, division in enumerate(divisions, start=1):
        name = f"负责人 {number}"
        users.append(
            User(username=f"director-{number}", full_name=name, role=Role.DIRECTOR, department=division)
        )
    teams = list(Department.objects.filter(parent__in=divisions).order_by("pk"))
    for number in range(USERS - len(users)):
        team = teams[number % len(teams)]
        name = f"客户经理 {number + 1:03d}"
        users.append(User(username=f"manager-{number + 1:03d}", full_name=name, department=team))
    for user in users:
        user.password = hashed
    User.objects.bulk_create(users)


def _hand_out() -> None:
    """Account after account to the next manager, with that manager's team; the first keeps twelve."""
    # a hundred thousand hand-overs that nobody made are no history
    with by_the_books(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH manager AS (
                SELECT id, department_id, row_number() OVER (ORDER BY username) - 1 AS place,
                       count(*) OVER () AS many
                FROM changqing_user WHERE role = 'manager'
            ), account AS (
                SELECT id, row_number() OVER (ORDER BY key) - 1 AS place FROM changqing_account
            ), given AS (
                SELECT account.id, manager.id AS owner, manager.department_id AS department,
                       row_number() OVER (PARTITION BY manager.id ORDER BY account.place) AS nth,
                       manager.place AS whose
                FROM account JOIN manager ON manager.place = account.place %% manager.many
            ), heir AS (SELECT id, department_id FROM manager WHERE place = %s)
            UPDATE changqing_account SET
                owner_id = CASE WHEN whose = 0 AND nth > %s THEN heir.id ELSE owner END,
                department_id = CASE WHEN whose = 0 AND nth > %s THEN heir.department_id ELSE department END
            FROM given, heir WHERE changqing_account.id = given.id
            """,
            [DIVISIONS, FEW, FEW],
        )
