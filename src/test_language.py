"""Each test begins in the book's language, though the one before it asked for a page as somebody else."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from changqing.people.models import User


@pytest.mark.parametrize("turn", ["first", "second"])
def test_the_language_of_a_reader_ends_with_the_test(turn: str, db: None) -> None:
    assert translation.get_language() == settings.LANGUAGE_CODE
    reader = User.objects.create_user("mei", None, full_name="梅雪", role="manager", language="en")
    client = Client()
    client.force_login(reader)
    assert client.get("/settings/").status_code
    assert translation.get_language() == "en"
