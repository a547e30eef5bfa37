"""What holds for everybody: changed by who may, with the version that was looked at, and felt at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyotp
import pytest
from django.db import IntegrityError, transaction

from changqing.accounts.models import Account, Contact, Person
from changqing.organisation.actions.factors import add_totp
from changqing.organisation.models import OrganisationSettings
from changqing.organisation.queries import organisation_settings
from changqing.organisation.rules import device_of
from changqing.people.models import Role
from changqing.records.models import AuditLine

pytestmark = pytest.mark.django_db
SECURITY = {"version": 1, "idle_hours": 12, "longest_days": 14, "tries": 10}


def give_totp(user: Any) -> None:
    secret = pyotp.random_base32()
    add_totp(user=user, secret=secret, code=pyotp.TOTP(secret).now())


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ADMIN, Role.INTEGRATION)])
def test_settings_are_for_administrators_and_personal_data_for_their_guard_too(
    person: Any, signed_in: Any, role: str
) -> None:
    client = signed_in(person(role, "somebody"))
    for page in ("security", "organisation"):
        assert client.get(f"/settings/{page}/").status_code == 403
        assert client.post(f"/settings/{page}/", SECURITY).status_code == 403
    wanted = 200 if role == Role.PRIVACY else 403
    assert client.get("/settings/data-protection/").status_code == wanted
    assert not OrganisationSettings.objects.exists()


def test_a_role_that_must_have_a_factor_is_asked_for_it_at_once(person: Any, signed_in: Any) -> None:
    boss, lin, shen = person("admin"), person("manager"), person("executive")
    admin, manager, executive = signed_in(boss), signed_in(lin), signed_in(shen)
    give_totp(shen)
    locked = admin.post("/settings/security/", SECURITY | {"second_factor_roles": ["admin"]})
    assert "会把您锁在外面" in locked.content.decode()
    asked = SECURITY | {"second_factor_roles": ["manager", "executive"]}
    assert admin.post("/settings/security/", asked).status_code == 302
    assert manager.get("/settings/account/").status_code == 302, "who has none is out"
    assert executive.get("/settings/account/").status_code == 200, "who has one stays"
    assert (
        manager.post("/signin/", {"username": "manager", "password": "evergreen-pine-41"})["Location"]
        == "/enrol/"
    )
    page = admin.get("/settings/security/").content.decode()
    assert "客户经理、高管 必须用第二步验证" in page or "高管、客户经理 必须用第二步验证" in page
    assert "还有 1 人没有" in page
    told = AuditLine.objects.get(verb="change settings").details
    assert told == {"second_factor_roles": [[], ["manager", "executive"]]}


def test_the_page_says_what_is_chosen_before_the_start_and_why(
    person: Any, signed_in: Any, settings: Any
) -> None:
    settings.BOOK_CURRENCY, settings.TIME_ZONE = "EUR", "Europe/Berlin"
    page = signed_in(person("admin")).get("/settings/organisation/").content.decode()
    for words in (
        "EUR",
        "CHANGQING_CURRENCY",
        "账里有了明细就不能再换",
        "Europe/Berlin",
        "CHANGQING_TIME_ZONE",
    ):
        assert words in page, words
    assert 'name="fiscal_month"' in page and 'name="language"' in page and 'name="currency"' not in page


def test_the_second_editor_of_the_settings_is_told(person: Any, signed_in: Any) -> None:
    one, other = signed_in(person("admin", "one")), signed_in(person("admin", "other"))
    given = {"version": 1, "name": "海川泵业", "fiscal_month": 4, "language": "en"}
    assert one.post("/settings/organisation/", given).status_code == 302
    late = other.post("/settings/organisation/", given | {"name": "别的"})
    assert "有人改过设置" in late.content.decode()
    now = organisation_settings()
    assert (now.name, now.fiscal_month, now.language, now.version) == ("海川泵业", 4, "en", 2)


@pytest.mark.parametrize(
    ("page", "change", "field"),
    [
        ("security", {"tries": 11}, "tries"),
        ("security", {"tries": 2}, "tries"),
        ("security", {"idle_hours": 0}, "idle_hours"),
        ("security", {"longest_days": 91}, "longest_days"),
        ("security", {"longest_days": "x"}, "longest_days"),
        ("security", {"second_factor_roles": ["emperor"]}, "second_factor_roles"),
        ("organisation", {"fiscal_month": 13}, "fiscal_month"),
        ("organisation", {"language": "xx"}, "language"),
        ("data-protection", {"retention_months": 0}, "retention_months"),
    ],
)
def test_a_faulty_setting_is_refused_beside_its_field(
    person: Any, signed_in: Any, page: str, change: dict[str, Any], field: str
) -> None:
    admin = signed_in(person("admin"))
    good = SECURITY | {"name": "", "fiscal_month": 1, "language": "zh-hans", "retention_months": 36}
    answer = admin.post(f"/settings/{page}/", good | change)
    assert list(answer.context["form"].errors) == [field]
    assert not OrganisationSettings.objects.exists()


def test_the_database_refuses_what_no_form_should_let_by() -> None:
    for fault in ({"fiscal_month": 13}, {"tries": 100}, {"number": 2}, {"idle_hours": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OrganisationSettings.objects.create(**fault)


def test_personal_data_is_counted_and_nobody_is_named(person: Any, signed_in: Any) -> None:
    today = date.today()
    pump = Account.objects.create(key="P-1", name="海川泵业")
    for number, (days, purpose) in enumerate([(-1, "订单联系"), (30, "订单联系"), (None, "")]):
        Contact.objects.create(
            account=pump,
            person=Person.objects.create(name=f"某人{number}"),
            retain_until=today + timedelta(days=days) if days else None,
            purpose=purpose,
            basis="合同履行" if purpose else "",
        )
    officer = signed_in(person("privacy", "guard"))
    page = officer.get("/settings/data-protection/")
    held = page.context["held"]
    assert (held.contacts, held.past, held.endless, held.without_basis) == (3, 1, 1, 1)
    assert [(one.purpose, one.contacts) for one in held.purposes] == [("订单联系", 2), ("", 1)]
    text = page.content.decode()
    assert "1 份联系人资料过了保留期" in text
    assert "某人" not in text
    assert "海川泵业" not in text
    assert (
        officer.post("/settings/data-protection/", {"version": 1, "retention_months": 24}).status_code == 302
    )
    assert organisation_settings().retention_months == 24


def test_a_browser_is_called_what_people_call_it() -> None:
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1"
    names = [device_of(agent) for agent in (edge, phone, "", "<script>")]
    assert names == ["Edge · Windows", "Safari · iPhone", "", ""]
