"""The settings in a real browser: pictures, the stories, and what those need who do not see or point."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from playwright.sync_api import expect

from changqing.people.actions import add_department
from changqing.people.models import Department, User
from changqing.records.models import AuditLine

pytestmark = pytest.mark.browser
PASSWORD = "evergreen-pine-41"
OTHER = "larch-and-maple-7"
VIRTUAL_KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def enter(page: Any, name: str, password: str = PASSWORD) -> None:
    page.fill("#id_username", name)
    page.fill("#id_password", password)
    page.click("main button.button-primary")


def at_localhost(visit: Any) -> Any:
    """Security keys want a name, not a number."""
    visit.address = visit.address.replace("127.0.0.1", "localhost")
    return visit


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_signing_in_with_an_authenticator(
    visit: Any, person: Any, accessible: Callable[[Any], None], language: str
) -> None:
    lin = person("manager")
    User.objects.filter(pk=lin.pk).update(language=language)
    page = visit("/signin/?next=/settings/account/", language=language, width=390)
    enter(page, "manager")
    page.wait_for_url("**/settings/account/")
    page.click("a[href='/settings/account/authenticator/']")
    page.wait_for_selector(".scan img")
    accessible(page)
    page.screenshot(path=f"out/screens/totp-{language[:2]}-phone.png", full_page=True)
    totp = pyotp.TOTP(page.inner_text(".scan code").replace(" ", ""))
    used = totp.now()
    page.fill("#id_code", used)
    page.click("main button.button-primary")
    page.wait_for_selector(".codes")
    accessible(page)
    shown = page.locator(".codes code")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    page.screenshot(path=f"out/screens/codes-{language[:2]}-phone.png", full_page=True)
    page.context.clear_cookies()
    page.goto(page.url.split("/settings")[0] + "/signin/")
    enter(page, "manager")
    page.wait_for_url("**/verify/")
    accessible(page)
    page.screenshot(path=f"out/screens/verify-{language[:2]}-phone.png", full_page=True)
    page.fill("#id_code", used)
    page.keyboard.press("Enter")
    page.wait_for_selector(".refusal")  # the code that added the authenticator is used up
    page.fill("#id_code", codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/today/")
    assert AuditLine.objects.get(verb="gave the second factor").details["kind"] == "recovery_codes"


def test_signing_in_with_a_security_key(visit: Any, person: Any) -> None:
    person("manager")
    page = at_localhost(visit)("/signin/?next=/settings/account/security-key/")
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL_KEY})
    enter(page, "manager")
    page.wait_for_selector("#id_name")
    page.fill("#id_name", "抽屉里的")
    page.click("form[data-security-key] button.button-primary")
    page.wait_for_selector(".codes")
    page.context.clear_cookies()
    page.goto(page.url.split("/settings")[0] + "/signin/?next=/settings/account/")
    enter(page, "manager")
    page.wait_for_url("**/verify/")
    page.screenshot(path="out/screens/verify-key-zh-wide.png", full_page=True)
    page.click("form[data-security-key] button")
    page.wait_for_url("**/settings/account/")
    assert "抽屉里的" in page.inner_text("#factors")
    assert AuditLine.objects.get(verb="gave the second factor").details["kind"] == "webauthn"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_inviting_a_colleague(
    visit: Any, person: Any, accessible: Callable[[Any], None], language: str
) -> None:
    add_department(name="华东")
    admin = person("admin")
    User.objects.filter(pk=admin.pk).update(language=language)
    page = visit("/signin/?next=/settings/users/", language=language)
    enter(page, "admin")
    page.wait_for_selector("table")
    accessible(page)
    page.click(".page-header .actions .button-primary")
    page.fill("#id_full_name", "罗敏")
    page.fill("#id_username", "luomin")
    page.select_option("#id_department", label="华东")
    accessible(page)
    page.screenshot(path=f"out/screens/invite-{language[:2]}-wide.png", full_page=True)
    page.click("main .card button.button-primary")
    link = page.input_value("#link")
    accessible(page)
    page.screenshot(path=f"out/screens/invited-{language[:2]}-wide.png", full_page=True)
    theirs = visit(link.replace(visit.address, ""), language=language, width=390)
    accessible(theirs)
    theirs.screenshot(path=f"out/screens/join-{language[:2]}-phone.png", full_page=True)
    theirs.fill("#id_password", OTHER)
    theirs.fill("#id_again", OTHER)
    theirs.click("main button.button-primary")
    theirs.wait_for_url("**/today/")
    assert User.objects.get(username="luomin").department == Department.objects.get()


def test_departments_are_dragged(visit: Any, person: Any, accessible: Callable[[Any], None]) -> None:
    sales, east = add_department(name="销售"), add_department(name="华东")
    page = visit("/settings/departments/", user=person("admin"))
    accessible(page)
    page.drag_and_drop(f"[data-department='{east.pk}']", f"[data-department='{sales.pk}']")
    page.wait_for_selector(f"[data-department='{east.pk}'][data-depth='1']")
    east.refresh_from_db()
    assert east.path == f"/{sales.pk}/{east.pk}/"


def test_pictures_of_the_settings(pictures: Any, visit: Any, person: Any, accessible: Any) -> None:
    east = add_department(name="华东", parent=add_department(name="销售"))
    admin = person("admin", department=east)
    person("manager", department=east)
    pictures("settings-account", "/settings/account/", user=admin)
    luo = User.objects.get(username="manager")
    others = ["users/", "roles/", f"users/{luo.pk}/", "security/", "organisation/", "data-protection/"]
    for number, path in enumerate(others):
        theme = "dark" if number % 2 else "light"
        page = visit(f"/settings/{path}", user=admin, theme=theme)
        accessible(page)
        assert re.search(r"\S", page.inner_text("h1"))
        page.screenshot(path=f"out/screens/settings-{path.replace('/', '-')}{theme}.png", full_page=True)
        page.close()
