"""What a sign-in still owes after the password: each stage has one page and lets nobody past it."""

from __future__ import annotations

from typing import Any

from allauth.account.stages import LoginStage, LoginStageController
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from changqing.organisation.queries import needs_second_factor

VERIFY, CHOOSE, ENROL = "mfa_authenticate", "choose_password", "enrol"


class ChoosePasswordStage(LoginStage):
    """Somebody else made the password: the first thing is to choose one's own."""

    key = CHOOSE
    urlname = CHOOSE

    def handle(self) -> tuple[HttpResponse | None, bool]:
        return (redirect(CHOOSE) if self.login.user.must_change_password else None), True


class EnrolStage(LoginStage):
    """The organisation asks this role for a second factor, and there is none yet."""

    key = ENROL
    urlname = ENROL

    def handle(self) -> tuple[HttpResponse | None, bool]:
        owes = self.state.get("added") or needs_second_factor(self.login.user)
        return (redirect(ENROL) if owes else None), True


def stage_of(request: HttpRequest, key: str) -> Any:
    """The stage this half-signed-in session stands at, if it is ``key``; else None."""
    if request.user.is_authenticated:
        return None
    return LoginStageController.enter(request, key)
