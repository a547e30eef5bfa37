"""A kept part of a template is written once for what it depends on, and knows nothing else."""

from __future__ import annotations

from typing import Any, cast

import pytest
from django.template import TemplateSyntaxError, engines
from django.urls import set_script_prefix
from django.utils import translation
from django.utils.safestring import SafeString

from changqing.web.components import kept


class Told:
    """A value that counts how often it is written."""

    def __init__(self) -> None:
        self.times = 0

    def __str__(self) -> str:
        self.times += 1
        return "told"


def test_what_is_kept_is_written_once_for_each_value_language_and_address() -> None:
    part = engines["django"].from_string(
        "{% kept told=told theme=theme %}{{ told }} {{ theme }} "
        '{% translate "退出" %} {% url "home" %};{% endkept %}'
    )
    told = Told()
    try:
        shown = []
        for language, prefix, theme in [
            ("zh-hans", "/", "dark"),
            ("zh-hans", "/", "dark"),
            ("en", "/", "dark"),
            ("en", "/", ""),
            ("en", "/below/", ""),
            ("zh-hans", "/", "dark"),
        ]:
            set_script_prefix(prefix)
            with translation.override(language):
                shown.append(part.render({"told": told, "theme": theme}))
    finally:
        set_script_prefix("/")
    assert shown == [
        "told dark 退出 /;",
        "told dark 退出 /;",
        "told dark Sign out /;",
        "told  Sign out /;",
        "told  Sign out /below/;",
        "told dark 退出 /;",
    ]
    assert told.times == 4


def test_what_is_kept_knows_nothing_but_what_it_is_given() -> None:
    part = engines["django"].from_string(
        "{% kept name=name %}{{ name }}{{ user }}{{ request }}{{ shell }}|{% endkept %}{{ user }}"
    )
    shown = [
        part.render({"name": name, "user": user, "request": "a request", "shell": "a shell"})
        for name, user in [
            ("<b>", "somebody"),
            (SafeString("<b>"), "another"),
            (1, "x"),
            (True, "x"),
            ("<b>", "y"),
        ]
    ]
    assert shown == ["&lt;b&gt;|somebody", "<b>|another", "1|x", "True|x", "&lt;b&gt;|y"]


def test_a_use_that_gives_more_values_than_a_short_list_has_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    part = engines["django"].from_string("{% kept n=n %}{{ n }}{% endkept %}")
    assert [part.render({"n": n}) for n in (1, 2, 3, 1, 3)] == ["1", "2", "3", "1", "3"]
    (node,) = cast(Any, part).template.nodelist
    assert len(node.written.keys) == 2


@pytest.mark.parametrize("text", ['{% kept "x" %}{% endkept %}', "{% kept place %}{% endkept %}"])
def test_a_value_without_a_name_is_refused_when_the_template_is_read(text: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="is not of the form name=value"):
        engines["django"].from_string(text)
