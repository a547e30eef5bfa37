"""What every answer passes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib.auth import logout
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from changqing.base.history import acting
from changqing.base.once import asking_once
from changqing.base.refused import Refused
from changqing.organisation.sessions import SessionStore
from changqing.web.door.entrance import is_over, note_visit
from changqing.web.errors.views import refused

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


class Sealed:
    """A strict Content-Security-Policy on every answer, errors too; none is cached unless it says so."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        # a file that somebody handed in has a stricter one of its own
        response.setdefault("Content-Security-Policy", POLICY)
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        response.setdefault("Cache-Control", "private, no-store")
        return response


class AsksForTheHead:
    """HEAD is answered as GET would be, without the body: monitors and link checkers ask so."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "HEAD":
            return self.answer(request)
        request.method = "GET"
        response = self.answer(request)
        request.method = "HEAD"
        if response.streaming:
            # what was to be read is closed with the answer, as ever
            response.streaming_content = ()  # type: ignore[attr-defined]
            return response
        response.headers.setdefault("Content-Length", str(len(response.content)))
        response.content = b""
        return response


class SessionsAge:
    """A session ends when it has lived as long as it may; until then it notes where it was seen."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # the person themselves instead of a stand-in that passes each of some thousand questions on
        request.user = cast(SessionStore, request.session).owner() or get_user(request)
        if request.user.is_authenticated:
            if is_over(request):
                logout(request)
            else:
                note_visit(request)
        return self.answer(request)


class TellsWhoActs:
    """What a request writes is noted with the person and the door; one that only reads pays nothing, and asks
    the same question once."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD", "OPTIONS", "TRACE"}:
            with asking_once():
                return self.answer(request)
        with acting(door="web", user=request.user.pk):
            return self.answer(request)


class LanguageOfTheUser:
    """A signed-in person reads in the language of their profile."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = request.user.language
        return self.answer(request)


class RefusalsAsPages:
    """A refusal that no page caught is shown as its sentence."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refused(request, exception) if isinstance(exception, Refused) else None
