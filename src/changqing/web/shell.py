"""What the frame around every page needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def context(request: HttpRequest) -> dict[str, Any]:
    return {"book": settings.BOOK, "book_url": settings.BOOK_URL, "demo_url": settings.DEMO_URL}
