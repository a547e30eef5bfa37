"""Between password and work: second factors, chosen passwords, one-time links; none lets anybody by."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pyotp
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from changqing.organisation.actions.factors import add_totp, use_code
from changqing.organisation.actions.links import make_link
from changqing.organisation.models import OrganisationSettings, SignedInSession
from changqing.organisation.queries import recovery_codes_left
from changqing.people.actions import add_user
from changqing.people.models import User
from changqing.people.permissions import operator
from changqing.records.models import AuditLine

PASSWORD = "evergreen-pine-41"
OTHER = "larch-and-maple-7"
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
SETUP = operator(because="a test")
pytestmark = pytest.mark.django_db


def person(name: str = "lin", role: str = "executive", **changes: Any) -> User:
    user = add_user(by=SETUP, username=name, full_name="林晓彤", password=PASSWORD, role=role)
    if changes:
        User.objects.filter(pk=user.pk).update(**changes)
        user.refresh_from_db()
    return user


def give_totp(user: User) -> tuple[pyotp.TOTP, list[str]]:
    """An authenticator added half an hour ago, and the recovery codes that came with it."""
    totp = pyotp.TOTP(pyotp.random_base32())
    with patch("time.time", return_value=NOON.timestamp() - 1800):
        return totp, add_totp(user=user, secret=totp.secret, code=totp.at(NOON.timestamp() - 1800))


@pytest.fixture(autouse=True)
def quick_hasher(settings: Any) -> None:
    """The time that a password costs is shown by one test; the others need not pay it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def noon(time_machine: Any) -> Any:
    time_machine.move_to(NOON, tick=False)
    return time_machine


def signin(client: Client, name: str = "lin", password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/signin/", {"username": name, "password": password}, **more)


def is_in(client: Client) -> bool:
    return client.get("/settings/account/").status_code == 200


def test_a_code_of_the_authenticator_opens_the_door_once(client: Client, noon: Any) -> None:
    totp, _ = give_totp(person())
    assert signin(client)["Location"] == "/verify/"
    assert not is_in(client)
    code = totp.at(NOON.timestamp())
    assert client.post("/verify/", {"code": f" {code[:3]} {code[3:]}"})["Location"] == "/today/"
    assert is_in(client)
    again = Client()
    signin(again)
    told = again.post("/verify/", {"code": code})
    assert "已经用过一次" in told.content.decode()
    earlier = again.post("/verify/", {"code": totp.at(NOON.timestamp() - 30)})
    assert earlier.status_code == 200, "a code from before the one that was used is dead too"
    assert not is_in(again)
    noon.shift(timedelta(seconds=30))
    assert again.post("/verify/", {"code": totp.at(NOON.timestamp() + 30)}).status_code == 302


def test_a_recovery_code_opens_the_door_once(client: Client) -> None:
    user = person()
    _, codes = give_totp(user)
    assert len(set(codes)) == 10
    signin(client)
    assert client.post("/verify/", {"code": codes[3]}).status_code == 302
    assert recovery_codes_left(user) == 9
    again = Client()
    signin(again)
    assert again.post("/verify/", {"code": codes[3]}).status_code == 200
    assert again.post("/verify/", {"code": codes[4]}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_one_code_at_once_one_gets_in() -> None:
    user = person()
    totp, codes = give_totp(user)

    def use(code: str) -> str:
        try:
            return use_code(user=user, code=code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        recovered = list(pool.map(use, [codes[0]] * 8))
        timed = list(pool.map(use, [totp.at(NOON.timestamp())] * 8))
    assert sorted(filter(None, recovered)) == ["recovery_codes"]
    assert sorted(filter(None, timed)) == ["totp"]


def addresses() -> list[str]:
    """One address for every route of the product, its parts filled with anything."""

    def walk(patterns: Any, before: str) -> Any:
        for entry in patterns:
            route = before + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry.url_patterns, route)
            elif isinstance(entry, URLPattern):
                yield "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda part: "1" if part[1] != "slug" else "x", route)

    return sorted(set(walk(get_resolver().url_patterns, "")))


# What a person half way in may reach: this stage, the ways out of it, and what nobody needs to sign in for.
FOR_EVERYBODY = {
    "/", "/signin/", "/signout/", "/start", "/language/", "/theme/", "/healthz", "/readyz", "/join/1",
    "/oidc/x/login/", "/oidc/x/login/callback/",
}  # fmt: skip


@pytest.mark.parametrize("owes", ["second factor", "own password", "missing factor"])
def test_half_way_in_nothing_else_can_be_reached(owes: str) -> None:
    user = person(must_change_password=owes == "own password")
    if owes == "second factor":
        give_totp(user)
    if owes == "missing factor":
        OrganisationSettings.objects.create(second_factor_roles=["executive"])
    stages = {"second factor": "/verify/", "own password": "/choose-password/", "missing factor": "/enrol/"}
    client = Client()
    assert signin(client)["Location"] == stages[owes]
    reached, met = set(), 0
    for address in addresses():
        if address in FOR_EVERYBODY:
            continue
        for method in (client.get, client.post):
            answer = method(address)
            met += 1
            if answer.status_code != 302 or not answer["Location"].startswith("/signin/"):
                reached.add(address)
    print(f"{met} requests half way in ({owes})")
    assert reached == {stages[owes]}
    assert "_auth_user_id" not in client.session
    assert client.post("/signout/")["Location"] == "/signin/"
    assert client.get(stages[owes])["Location"] == "/signin/"


def test_who_has_a_factor_cannot_add_another_instead_of_proving_it(client: Client) -> None:
    OrganisationSettings.objects.create(second_factor_roles=["executive"])
    give_totp(person())
    signin(client)
    new = pyotp.TOTP(pyotp.random_base32())
    for address in ("/enrol/", "/settings/account/authenticator/"):
        client.get(address)
        client.post(address, {"code": new.now()})
    assert not is_in(client)
    assert AuditLine.objects.filter(verb="add second factor").count() == 1
    assert client.get("/verify/").status_code == 200


def test_a_role_that_must_have_a_factor_adds_one_on_the_way_in(client: Client) -> None:
    OrganisationSettings.objects.create(second_factor_roles=["executive"])
    user = person()
    assert signin(client)["Location"] == "/enrol/"
    page = client.get("/enrol/").content.decode()
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    totp = pyotp.TOTP(secret[1].replace(" ", ""))
    assert "验证码不对" in client.post("/enrol/", {"code": "000000"}).content.decode()
    shown = client.post("/enrol/", {"code": totp.at(NOON.timestamp())}).content.decode()
    assert len(re.findall(r"<code>\d{8}</code>", shown)) == 10
    assert not is_in(client)
    assert client.post("/enrol/")["Location"] == "/today/"
    assert is_in(client)
    assert recovery_codes_left(user) == 10


def test_secrets_are_sealed_and_another_machines_key_does_not_open_them(
    settings: Any, client: Client
) -> None:
    user = person()
    totp, _ = give_totp(user)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        kept = " ".join(row[0] for row in cursor.fetchall())
    assert totp.secret not in kept
    signin(client)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", []
    settings.SECRET_KEY_FALLBACKS = []
    other = Client()
    signin(other)
    told = other.post("/verify/", {"code": totp.at(NOON.timestamp())})
    assert "请系统管理员重置" in told.content.decode()


def test_guessing_codes_ends_after_ten_and_only_from_there(client: Client, noon: Any) -> None:
    totp, _ = give_totp(person())
    signin(client)
    answers = []
    for _second in range(1200):
        told = client.post("/verify/", {"code": "123456"}).content.decode()
        if "秒再试" in told:
            noon.shift(timedelta(seconds=int(re.findall(r"请等 (\d+) 秒", told)[0])))
            if (datetime.now(UTC) - NOON) > timedelta(minutes=15):
                break
            continue
        answers.append(datetime.now(UTC))
    assert len([at for at in answers if at - NOON < timedelta(minutes=15)]) == 10
    elsewhere = Client(REMOTE_ADDR="10.9.9.9")
    signin(elsewhere)
    now = datetime.now(UTC).timestamp()
    assert elsewhere.post("/verify/", {"code": totp.at(now)}).status_code == 302


def test_many_strange_places_do_not_keep_the_owner_out(client: Client, noon: Any) -> None:
    totp, _ = give_totp(person())
    signin(client)
    client.post("/verify/", {"code": totp.at(NOON.timestamp())})
    noon.shift(timedelta(minutes=5))
    for place in range(8):
        stranger = Client(REMOTE_ADDR=f"10.1.1.{place}")
        signin(stranger)
        for _ in range(5):
            told = stranger.post("/verify/", {"code": "123456"}).content.decode()
    assert "从许多地方试您的验证码" in told
    now = datetime.now(UTC).timestamp()
    right_but_strange = Client(REMOTE_ADDR="10.1.1.99")
    signin(right_but_strange)
    assert right_but_strange.post("/verify/", {"code": totp.at(now)}).status_code == 200
    owner = Client()
    signin(owner)
    assert owner.post("/verify/", {"code": totp.at(now)}).status_code == 302


def test_at_most_ten_passwords_in_a_quarter_of_an_hour_and_the_owner_comes_in(noon: Any) -> None:
    person()
    guesser, tried = Client(REMOTE_ADDR="10.6.6.6"), 0
    while datetime.now(UTC) - NOON < timedelta(minutes=15):
        told = signin(guesser, password="guess").content.decode()
        waits = re.findall(r"请等 (\d+) 秒", told)
        tried += not waits
        noon.shift(timedelta(seconds=int(waits[0]) if waits else 0.1))
    print(f"{tried} guesses within 15 minutes")
    assert tried == 10
    assert signin(Client(REMOTE_ADDR="10.0.0.1")).status_code == 302


def test_an_unknown_name_costs_the_same_work_and_reads_the_same(client: Client, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    person()
    person("gone", is_active=False)
    person("invited", password="!")
    told, work = set(), {}
    for name in ("lin", "nobody", "gone", "invited"):
        with patch.object(
            PBKDF2PasswordHasher, "encode", autospec=True, side_effect=PBKDF2PasswordHasher.encode
        ) as encode:
            answer = signin(client, name, "wrong")
        work[name] = encode.call_count
        told.add(answer.context["form"].non_field_errors()[0])
    assert len(told) == 1
    assert set(work.values()) == {1}, work


def test_the_session_before_the_password_is_not_the_session_after(client: Client) -> None:
    person()
    client.get("/signin/")
    client.post("/theme/", {"theme": "dark"})
    session = client.session
    session["planted"] = True
    session.save()
    planted: Any = session.session_key
    client.cookies["changqing_own_session"] = planted
    assert signin(client).status_code == 302
    assert client.session.session_key != planted
    assert not SignedInSession.objects.filter(session_key=planted).exists()
    thief = Client()
    thief.cookies["changqing_own_session"] = planted
    assert not is_in(thief)


def test_a_session_knows_where_it_came_from_and_ends_when_it_has_lived_long_enough(
    client: Client, noon: Any
) -> None:
    OrganisationSettings.objects.create(idle_hours=2, longest_days=1)
    user = person()
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
    signin(client, REMOTE_ADDR="10.0.0.7", headers={"user-agent": chrome})
    row = SignedInSession.objects.get(user=user)
    assert (row.address, row.agent, row.began_at) == ("10.0.0.7", chrome, NOON)
    for _ in range(23):
        noon.shift(timedelta(minutes=62))
        assert is_in(client), "in use all the time"
    row.refresh_from_db()
    assert row.seen_at == NOON + 23 * timedelta(minutes=62)
    noon.shift(timedelta(minutes=20))
    assert not is_in(client), "a day is over"
    signin(client)
    noon.shift(timedelta(hours=2, minutes=1))
    assert not is_in(client), "nobody touched it for two hours"


def test_a_made_password_is_changed_before_anything_else(client: Client) -> None:
    user = person(must_change_password=True)
    assert signin(client)["Location"] == "/choose-password/"
    for given, said in (
        ({"password": "short", "again": "short"}, "密码"),
        ({"password": PASSWORD, "again": PASSWORD}, "这就是现在的密码"),
        ({"password": OTHER, "again": "else"}, "两遍不一样"),
    ):
        assert said in client.post("/choose-password/", given).content.decode()
    assert client.post("/choose-password/", {"password": OTHER, "again": OTHER})["Location"] == "/today/"
    assert is_in(client)
    user.refresh_from_db()
    assert (user.must_change_password, user.check_password(OTHER)) == (False, True)


def test_a_one_time_link_works_once_and_for_three_days(client: Client, noon: Any) -> None:
    user = person()
    first = make_link(by=SETUP, user=user, now=NOON)
    code = make_link(by=SETUP, user=user, now=NOON)
    assert client.get(f"/join/{first}").status_code == 404, "a new link replaces the old"
    given = {"password": OTHER, "again": OTHER}
    weak = client.post(f"/join/{code}", {"password": "lin", "again": "lin"})
    assert weak.status_code == 200
    assert client.post(f"/join/{code}", given)["Location"] == "/today/"
    assert is_in(client)
    assert Client().post(f"/join/{code}", given).status_code == 404
    late = make_link(by=SETUP, user=user, now=NOON)
    noon.shift(timedelta(days=3, seconds=1))
    assert Client().get(f"/join/{late}").status_code == 404


def test_a_link_does_not_get_by_the_second_factor(client: Client) -> None:
    user = person()
    totp, _ = give_totp(user)
    code = make_link(by=SETUP, user=user, now=NOON)
    assert client.post(f"/join/{code}", {"password": OTHER, "again": OTHER})["Location"] == "/verify/"
    assert not is_in(client)
    assert client.post("/verify/", {"code": totp.at(NOON.timestamp())}).status_code == 302


def test_links_of_who_left_and_links_before_a_new_password_are_dead(client: Client) -> None:
    user = person()
    code = make_link(by=SETUP, user=user, now=NOON)
    User.objects.update(is_active=False)
    assert client.get(f"/join/{code}").status_code == 404
    User.objects.update(is_active=True)
    signin(client)
    client.post("/settings/account/password/", {"current": PASSWORD, "password": OTHER, "again": OTHER})
    assert Client().get(f"/join/{code}").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_one_link_at_once_one_gets_in() -> None:
    code = make_link(by=SETUP, user=person(), now=NOON)

    def use(number: int) -> int:
        chosen = f"a-password-of-{number}-own"
        try:
            return Client().post(f"/join/{code}", {"password": chosen, "again": chosen}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(use, range(4)))
    assert sorted(answers).count(302) == 1, answers


def test_sign_ins_and_failures_leave_their_lines(client: Client) -> None:
    user = person()
    totp, _ = give_totp(user)
    before = AuditLine.objects.count()
    signin(client, password="wrong")
    signin(client)
    client.post("/verify/", {"code": "000000"})
    client.post("/verify/", {"code": totp.at(NOON.timestamp())})
    client.post("/signout/")
    lines = list(AuditLine.objects.order_by("pk").values_list("verb", "principal")[before:])
    assert lines == [
        ("failed to sign in", "operator"),
        ("gave the right password", "lin"),
        ("failed the second factor", "lin"),
        ("gave the second factor", "lin"),
        ("signed in", "lin"),
        ("signed out", "lin"),
    ]
    assert AuditLine.objects.get(verb="failed to sign in").details["tried"] == user.pk
    said = AuditLine.objects.get(verb="signed in").details
    assert (said["by_way_of"], said["second_factor"], said["address"]) == ("password", True, "127.0.0.1")
