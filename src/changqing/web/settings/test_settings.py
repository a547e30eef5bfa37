"""The settings as people use them: one's own account, users, departments, roles."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pyotp
import pytest
from django.test import Client

from changqing.organisation.actions.factors import add_totp
from changqing.organisation.models import OneTimeLink, SignedInSession
from changqing.organisation.queries import has_second_factor, recovery_codes_left
from changqing.people.actions import add_department
from changqing.people.models import Department, Role, User
from changqing.records.models import AuditLine

pytestmark = pytest.mark.django_db
PASSWORD = "evergreen-pine-41"
OTHER = "larch-and-maple-7"


def said(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def link_in(answer: Any) -> str:
    found = re.search(r'value="http://testserver(/join/[^"]+)"', answer.content.decode())
    assert found, said(answer)
    return found[1]


def test_an_invited_colleague_chooses_a_password_and_comes_in(person: Any, signed_in: Any) -> None:
    east = add_department(name="华东")
    admin = signed_in(person("admin"))
    asked = {
        "full_name": "罗敏",
        "username": "Luo.Min",
        "email": "luo@example.com",
        "role": "manager",
        "department": str(east.pk),
    }
    link = link_in(admin.post("/settings/users/invite/", asked))
    made = User.objects.get(username="luo.min")
    assert (made.full_name, made.role, made.department, made.has_usable_password()) == (
        "罗敏",
        "manager",
        east,
        False,
    )
    assert "还没接受邀请" in said(admin.get("/settings/users/"))
    colleague = Client()
    assert "罗敏，给自己选一个密码" in said(colleague.get(link))
    assert colleague.post(link, {"password": OTHER, "again": OTHER}).status_code == 302
    assert colleague.get("/settings/account/").status_code == 200
    assert "还没接受邀请" not in said(admin.get("/settings/users/"))
    told = AuditLine.objects.filter(verb="invite user").values_list("principal", "subject_key", "door")
    assert list(told) == [("admin", "luo.min", "web")]
    assert link.split("/")[-1] not in json.dumps(list(AuditLine.objects.values()), default=str)
    assert link.split("/")[-1] not in OneTimeLink.objects.get().digest


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"username": "admin"}, "username", "已被使用"),
        ({"username": " "}, "username", "请填写"),
        ({"email": "nonsense"}, "email", "邮箱写得不对"),
        ({"role": "emperor"}, "role", ""),
        ({"role": "integration"}, "role", ""),
        ({"department": "99999"}, "department", ""),
    ],
)
def test_a_faulty_invitation_is_refused_beside_the_field(
    person: Any, signed_in: Any, change: dict[str, str], field: str, words: str
) -> None:
    admin = signed_in(person("admin"))
    asked = {"full_name": "罗敏", "username": "luo", "role": "manager"} | change
    answer = admin.post("/settings/users/invite/", asked)
    assert list(answer.context["form"].errors) == [field]
    assert words in answer.context["form"].errors[field][0]
    assert User.objects.count() == 1


PAGES = ("/settings/users/", "/settings/users/invite/", "/settings/departments/")


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ADMIN, Role.INTEGRATION)])
def test_only_administrators_keep_users_and_departments(person: Any, signed_in: Any, role: str) -> None:
    boss = person("admin", "boss")
    place = add_department(name="华东")
    client = signed_in(person(role, "somebody"))
    for page in PAGES:
        assert client.get(page).status_code == 403
        assert page not in said(client.get("/settings/account/"))
    before = list(User.objects.values()), list(Department.objects.values())
    asked = {"role": role, "because": "x", "version": 1}
    for address in ("", "link/", "reset-factors/", "stop/", "restore/"):
        answer = client.post(f"/settings/users/{boss.pk}/{address}", asked)
        assert answer.status_code == 403, address
    for deed in ("rename/", "move/", "delete/"):
        assert client.post(f"/settings/departments/{place.pk}/{deed}", {"name": "x"}).status_code == 403
    assert client.get("/settings/roles/").status_code == 200
    after = list(User.objects.values()), list(Department.objects.values())
    assert after == before


def test_who_opened_the_book_keeps_its_users_until_there_is_an_administrator(
    person: Any, signed_in: Any
) -> None:
    first = signed_in(person("operator"))
    assert first.get("/settings/users/").status_code == 200
    person("admin")
    assert first.get("/settings/users/").status_code == 403


def test_the_second_editor_of_a_user_reads_what_the_first_one_did(person: Any, signed_in: Any) -> None:
    luo = person("manager", "luo")
    one, other = signed_in(person("admin", "one")), signed_in(person("admin", "other"))
    page = f"/settings/users/{luo.pk}/"
    assert one.post(page, {"role": "director", "version": luo.version}).status_code == 302
    late = other.post(page, {"role": "executive", "version": luo.version})
    assert "有人改过 林晓彤：角色现在是部门负责人" in said(late)
    luo.refresh_from_db()
    assert luo.role == "director"
    assert other.post(page, {"role": "executive", "version": luo.version}).status_code == 302
    told = AuditLine.objects.filter(verb="change user").order_by("pk").values_list("details", flat=True)
    assert [line["role"] for line in told] == [["manager", "director"], ["director", "executive"]]


def test_nobody_raises_or_stops_themselves_and_an_administrator_stays(person: Any, signed_in: Any) -> None:
    boss = person("admin")
    admin = signed_in(boss)
    own = f"/settings/users/{boss.pk}/"
    assert "不能改自己的角色" in said(admin.post(own, {"role": "executive", "version": boss.version}))
    assert "不能改自己的角色" in said(admin.post(own + "stop/"))
    boss.refresh_from_db()
    assert (boss.role, boss.is_active) == ("admin", True)


def test_a_stopped_user_is_out_at_the_next_click_and_can_be_let_in_again(person: Any, signed_in: Any) -> None:
    luo = person("manager", "luo")
    theirs, admin = signed_in(luo), signed_in(person("admin"))
    link = link_in(admin.post(f"/settings/users/{luo.pk}/link/"))
    User.objects.filter(pk=luo.pk).update(password=luo.password)
    theirs = signed_in(luo)
    assert admin.post(f"/settings/users/{luo.pk}/stop/").status_code == 302
    assert theirs.get("/settings/account/").status_code == 302
    assert Client().get(link).status_code == 404
    assert not SignedInSession.objects.filter(user=luo).exists()
    assert "已停用" in said(admin.get("/settings/users/?state=stopped"))
    assert "luo" not in said(admin.get("/settings/users/"))
    assert admin.post(f"/settings/users/{luo.pk}/restore/").status_code == 302
    assert signed_in(luo).get("/settings/account/").status_code == 200
    assert Client().get(link).status_code == 404, "what was dead stays dead"


def test_somebody_is_put_in_charge_of_another_department_and_no_longer(person: Any, signed_in: Any) -> None:
    west, lin = add_department(name="华西"), person("director", department=add_department(name="华东"))
    admin, address = signed_in(person("admin")), f"/settings/users/{lin.pk}/"
    assert "也分管的部门" in said(admin.get(address))
    assert lin.charges == {lin.department_id: True}

    def charge(pk: int | None, level: str, who: User = lin) -> Any:
        given = {"department": str(pk or ""), "level": level}
        return admin.post(f"/settings/users/{who.pk}/charge/", given)

    assert charge(west.pk, "read").status_code == 302
    assert User.objects.get(pk=lin.pk).charges == {lin.department_id: True, west.pk: False}
    assert "不再分管 华西" in said(admin.get(address))
    assert charge(west.pk, "edit").status_code == 302
    assert User.objects.get(pk=lin.pk).charges[west.pk] is True
    assert charge(west.pk, "").status_code == 302
    assert User.objects.get(pk=lin.pk).charges == {lin.department_id: True}
    told = AuditLine.objects.filter(subject_key="director", verb__contains="charge").order_by("pk")
    assert [(line.verb, line.details["level"]) for line in told] == [
        ("put in charge", "read"),
        ("put in charge", "edit"),
        ("end charge", ""),
    ]
    assert "本来就看得到" in said(charge(lin.department_id, "read"))
    assert "先改角色" in said(charge(west.pk, "read", person("manager")))
    assert charge(10**6, "read").status_code == 200 and charge(None, "read").status_code == 200
    assert (
        signed_in(lin).post(f"/settings/users/{lin.pk}/charge/", {"department": west.pk}).status_code == 403
    )


def test_lost_factors_are_reset_with_a_reason(person: Any, signed_in: Any) -> None:
    luo = person("manager", "luo")
    theirs = signed_in(luo)
    secret = pyotp.random_base32()
    add_totp(user=luo, secret=secret, code=pyotp.TOTP(secret).now())
    admin = signed_in(person("admin"))
    assert "请写明为什么重置" in said(admin.post(f"/settings/users/{luo.pk}/reset-factors/"))
    assert has_second_factor(luo)
    admin.post(f"/settings/users/{luo.pk}/reset-factors/", {"because": "手机丢了，当面确认"})
    assert not has_second_factor(luo)
    assert recovery_codes_left(luo) == 0
    assert theirs.get("/settings/account/").status_code == 302
    assert AuditLine.objects.get(verb="reset second factors").details["reason"] == "手机丢了，当面确认"


def test_users_are_found_filtered_and_sorted_and_nothing_else_is(person: Any, signed_in: Any) -> None:
    east = add_department(name="华东")
    for number in range(60):
        person("manager", f"m{number:02}", department=east if number % 2 else None)
    admin = signed_in(person("admin"))
    first = admin.get("/settings/users/?sort=username")
    assert [row.user.username for row in first.context["rows"]][:2] == ["admin", "m00"]
    assert len(first.context["rows"]) == 50
    assert len(admin.get("/settings/users/?sort=username&page=2").context["rows"]) == 11
    found = admin.get(f"/settings/users/?q=M0&department={east.pk}&role=manager&sort=-username")
    assert [row.user.username for row in found.context["rows"]] == ["m09", "m07", "m05", "m03", "m01"]
    for address in (
        "?sort=password",
        "?sort=-user__password",
        "?state=x",
        "?role=x",
        "?page=x",
        "?password=1",
    ):
        assert admin.get(f"/settings/users/{address}").status_code == 400
    assert "没有符合的用户" in said(admin.get("/settings/users/?q=nobody"))


def test_a_page_of_users_asks_a_constant_number_of_queries(
    person: Any, signed_in: Any, django_assert_max_num_queries: Any
) -> None:
    admin = signed_in(person("admin"))
    for number in range(40):
        person("manager", f"m{number:02}")
    with django_assert_max_num_queries(14):
        assert admin.get("/settings/users/").status_code == 200


def paths() -> dict[str, str]:
    return {row.name: row.path for row in Department.objects.all()}


def test_departments_move_with_all_below_them(person: Any, signed_in: Any) -> None:
    admin = signed_in(person("admin"))
    for name, parent in (("销售", ""), ("华东", "销售"), ("上海", "华东"), ("华西", "销售")):
        above = Department.objects.get(name=parent).pk if parent else ""
        assert admin.post("/settings/departments/", {"name": name, "parent": above}).status_code == 302
    pk = {row.name: row.pk for row in Department.objects.all()}
    admin.post(f"/settings/departments/{pk['华东']}/move/", {"to": pk["华西"]})
    assert paths()["上海"] == f"/{pk['销售']}/{pk['华西']}/{pk['华东']}/{pk['上海']}/"
    told = said(admin.post(f"/settings/departments/{pk['华西']}/move/", {"to": pk["上海"]}, follow=True))
    assert "不能把“华西”移到它自己或它下级的下面" in told
    admin.post(f"/settings/departments/{pk['华东']}/move/", {"to": ""})
    assert paths()["上海"] == f"/{pk['华东']}/{pk['上海']}/"
    nameless = admin.post(f"/settings/departments/{pk['华西']}/rename/", {"name": ""}, follow=True)
    assert "请填写部门名称" in said(nameless)
    admin.post(f"/settings/departments/{pk['华西']}/rename/", {"name": "西部"})
    assert Department.objects.filter(name="西部").exists()


def test_a_department_that_holds_anything_is_not_deleted(person: Any, signed_in: Any) -> None:
    sales, empty = add_department(name="销售"), add_department(name="空")
    east = add_department(name="华东", parent=sales)
    person("manager", department=east)
    admin = signed_in(person("admin"))
    gone = lambda pk: said(admin.post(f"/settings/departments/{pk}/delete/", follow=True))  # noqa: E731

    assert "还有 1 位成员" in gone(east.pk)
    assert "下面还有部门" in gone(sales.pk)
    assert "已删除空的部门“空”" in gone(empty.pk)
    assert "没有这个部门" in gone(empty.pk)
    assert set(paths()) == {"销售", "华东"}


def test_a_new_password_ends_every_other_session(person: Any, signed_in: Any) -> None:
    lin = person("manager")
    here, there = signed_in(lin), signed_in(lin)
    given = {"current": PASSWORD, "password": OTHER, "again": OTHER}
    wrong = here.post("/settings/account/password/", given | {"current": "x"})
    assert "current" in wrong.context["password"].errors
    assert here.post("/settings/account/password/", given).status_code == 302
    assert here.get("/settings/account/").status_code == 200
    assert there.get("/settings/account/").status_code == 302
    assert SignedInSession.objects.filter(user=lin).count() == 1


def test_sessions_are_listed_and_ended_one_by_one_or_all(person: Any, signed_in: Any) -> None:
    lin = person("manager")
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    here = signed_in(lin)
    there = signed_in(lin, REMOTE_ADDR="10.0.0.8", HTTP_USER_AGENT=firefox)
    third = signed_in(lin)
    page = here.get("/settings/account/")
    assert "Firefox · Linux" in said(page)
    assert "10.0.0.8" in said(page)
    assert there.session.session_key not in page.content.decode()
    handle = next(one.handle for one in page.context["sessions"] if one.address == "10.0.0.8")
    stranger = signed_in(person("executive"))
    assert stranger.post(f"/settings/account/sessions/{handle}/end/").status_code == 403
    assert there.get("/settings/account/").status_code == 200
    here.post(f"/settings/account/sessions/{handle}/end/")
    assert there.get("/settings/account/").status_code == 302
    here.post("/settings/account/sessions/end-others/")
    assert third.get("/settings/account/").status_code == 302
    assert here.get("/settings/account/").status_code == 200


def test_security_changes_ask_who_it_is_after_ten_minutes(
    person: Any, signed_in: Any, time_machine: Any
) -> None:
    time_machine.move_to("2026-11-18T12:00:00Z", tick=False)
    lin = person("manager")
    client = signed_in(lin)
    assert client.get("/settings/account/authenticator/").status_code == 200
    time_machine.shift(11 * 60)
    for address, method in (
        ("authenticator/", client.get),
        ("security-key/", client.get),
        ("recovery-codes/", client.post),
        ("factors/1/remove/", client.post),
    ):
        answer = method(f"/settings/account/{address}")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/settings/prove/"), address
    prove = "/settings/prove/?next=/settings/account/authenticator/"
    assert "用户名或密码不对" in said(client.post(prove, {"password": "wrong"}))
    assert client.post(prove, {"password": PASSWORD})["Location"] == "/settings/account/authenticator/"
    page = client.get("/settings/account/authenticator/").content.decode()
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    totp = pyotp.TOTP(secret[1].replace(" ", ""))
    shown = client.post("/settings/account/authenticator/", {"code": totp.now()}).content.decode()
    codes = re.findall(r"<code>(\d{8})</code>", shown)
    assert len(codes) == 10
    time_machine.shift(11 * 60)
    again = client.post("/settings/prove/", {"password": PASSWORD})
    assert again.status_code == 200, "who has a second factor proves that, not the password"
    assert client.post("/settings/prove/", {"code": codes[0]}).status_code == 302
    client.post("/settings/account/recovery-codes/")
    assert recovery_codes_left(lin) == 10


def test_the_table_of_roles_is_what_decides(person: Any, signed_in: Any) -> None:
    page = signed_in(person("manager")).get("/settings/roles/")
    rows = {row.name: row for row in page.context["rows"]}
    assert set(rows) == set(Role) - {Role.INTEGRATION}
    assert dict(rows["finance"].levels)["收入"] == "看"
    assert dict(rows["finance"].levels)["拜访记录"] == "–"
    assert rows["admin"].accounts == "不看业务数据"
    assert "管用户和部门" in rows["admin"].verbs


@pytest.mark.row("PLT-13", shows="who may sign in, as what, and each change with its audit line")
def test_users_by_command(command: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))
    assert command("user", "add", "luo", "--name", "罗敏", "--password-stdin").code == 0
    luo = User.objects.get(username="luo")
    assert luo.must_change_password
    assert command("user", "role", "luo", "director").code == 0
    told = command("user", "link", "luo", "--base", "https://kam.example.com/")
    assert re.fullmatch(r"https://kam\.example\.com/join/[\w-]{43}\n", told.out)
    listed = json.loads(command("user", "list", "--json").out)
    assert listed == [
        {
            "username": "luo",
            "name": "罗敏",
            "role": "director",
            "department": "",
            "active": True,
            "second_factor": False,
            "last_sign_in": "",
        }
    ]
    assert command("user", "reset-factors", "luo", "--because", "手机丢了").code == 0
    assert command("user", "leave", "luo").code == 0
    assert command("user", "leave", "luo").code == 1
    verbs = AuditLine.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [
        "add user",
        "change user",
        "make one-time link",
        "reset second factors",
        "stop user",
    ]


def test_departments_by_command(command: Any) -> None:
    assert command("department", "add", "销售").code == 0
    assert command("department", "add", "华东", "--under", "销售").code == 0
    assert command("department", "list").out == "销售\n  华东\n"
    assert command("department", "move", "销售", "--under", "华东").code == 1
    assert command("department", "move", "华东").code == 0
    assert command("department", "list").out == "华东\n销售\n"
