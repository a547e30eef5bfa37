"""The component tag refuses what was not declared; what it is given is escaped."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django.template import TemplateSyntaxError, engines
from django.utils import translation
from django.utils.safestring import SafeString

from changqing.web.components.charts import Rows
from changqing.web.components.figures import Arithmetic
from changqing.web.components.lists import Column, Pagination, Table
from changqing.web.components.registry import COMPONENTS
from changqing.web.components.tags import minus, phrases, share, whole


def rendered(text: str, **given: object) -> str:
    return engines["django"].from_string(text).render(given)


def closed_up(html: str) -> str:
    """Without the layout between tags."""
    return re.sub(r">\s+<", "><", html.strip())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{% component "chip" text="x" colour="red" %}', "component 'chip' has no prop 'colour'"),
        ('{% component "chip" %}', "component 'chip' needs the prop 'text'"),
        ('{% component "chip" text="x" text="y" %}', "component 'chip' is given a prop twice"),
        ('{% component "chip" "x" %}', "component 'chip': '\"x\"' is not of the form prop=value"),
        ('{% component "chipp" text="x" %}', "there is no component 'chipp'; there are: bar, button, card"),
        ("{% component chip %}", "component needs its name in quotes first"),
        ("{% component %}", "component needs its name in quotes first"),
        ('{% component "card" %}{% slot "side" %}{% endslot %}{% endcomponent %}', "has no slot 'side'"),
        ('{% component "card" %}', "Unclosed tag"),
        (
            '{% component "card" %}{% slot foot %}{% endslot %}{% endcomponent %}',
            "slot needs its name in quotes",
        ),
    ],
)
def test_a_wrong_use_is_refused_when_the_template_is_read(text: str, said: str) -> None:
    with pytest.raises(TemplateSyntaxError) as refused:
        engines["django"].from_string(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{% component "chip" text="x" tone="pink" %}',
            "component 'chip' takes no tone='pink'; one of ('grey',",
        ),
        ('{% component "chip" text="x" icon="unicorn" %}', "there is no icon 'unicorn' in icons.txt"),
        ('{% component "icon" name="search" size=17 %}', "component 'icon' takes no size=17"),
        ('{% if 1 %}{% slot "foot" %}{% endslot %}{% endif %}', "slot 'foot' stands outside"),
    ],
)
def test_a_wrong_value_is_refused_when_it_is_known(text: str, said: str) -> None:
    template = engines["django"].from_string(text)
    with pytest.raises(TemplateSyntaxError) as refused:
        template.render({})
    assert said in str(refused.value)


def test_every_component_has_its_template_or_writes_itself_and_its_sentence() -> None:
    themselves = {name for name, component in COMPONENTS.items() if component.writes_itself}
    assert themselves == {"chip", "icon", "money", "bar", "figure", "open-number"}
    for name, component in COMPONENTS.items():
        if name not in themselves:
            assert component.template.name == f"components/{name}.html"
        assert component.props.__doc__, name


def test_what_writes_itself_escapes_what_it_is_given() -> None:
    page = (
        '{% component "icon" name="search" label=name %}{% component "chip" text=name icon="tag" %}'
        '{% component "money" amount=amount currency=name per=name %}{% component "bar" share=.4 limit=.5 %}'
        '{% component "money" amount=nothing currency="CNY" %}{% component "chip" text=1 tone="unknown" %}'
    )
    html = rendered(page, name=HOSTILE, amount=Decimal("-1234567.891"), nothing=None)
    assert "<script" not in html
    assert html.count(SAFE) == 5
    assert 'aria-label="&lt;script&gt;' in html
    assert '<span class="money money-unknown">–</span>' in html
    assert 'width="40.0%"' in html and 'x1="50.0%"' in html
    assert '<span aria-hidden="true">?</span> 1 </span>' in html


def test_a_number_that_opens_escapes_its_arithmetic_and_says_each_part_that_there_is() -> None:
    how = Arithmetic(
        formula=HOSTILE,
        inputs=[(HOSTILE, HOSTILE)],
        as_of=date(2026, 11, 18),
        method=HOSTILE,
        note=HOSTILE,
        rows_url="?a=1&b=<",
    )
    page = '{% component "figure" label=name value=name unit=name note=name arithmetic=how %}'
    html = re.sub(r"arithmetic-\d+", "ID", closed_up(rendered(page, name=HOSTILE, how=how)))
    assert html == (
        f'<div class="figure figure-ink"><p class="label">{SAFE_ALL}</p><p class="value">'
        f'<button type="button" class="open-number" popovertarget="ID"> {SAFE_ALL} '
        f'<span class="u">{SAFE_ALL}</span></button><span class="popover arithmetic" id="ID" popover '
        f'role="dialog" aria-label="这个数怎么算"><span class="formula">{SAFE_ALL}</span><span class="input">'
        f'<span>{SAFE_ALL}</span><span class="n">{SAFE_ALL}</span></span><span class="note">{SAFE_ALL}</span>'
        f'<span class="evidence"> 截至 2026-11-18 · {SAFE_ALL} </span>'
        f'<a href="?a=1&amp;b=&lt;">看明细</a></span></p><p class="caption">{SAFE_ALL}</p></div>'
    )
    bare = (
        '{% component "figure" label="a" value="1" %}{% component "open-number" value="2" arithmetic=how %}'
    )
    html = re.sub(r"arithmetic-\d+", "ID", closed_up(rendered(bare, how=Arithmetic(formula="f"))))
    assert html == (
        '<div class="figure figure-ink"><p class="label">a</p><p class="value"> 1 </p></div>'
        '<button type="button" class="open-number" popovertarget="ID"> 2 </button>'
        '<span class="popover arithmetic" id="ID" popover role="dialog" aria-label="这个数怎么算">'
        '<span class="formula">f</span>'
        '<span class="evidence"></span></span>'
    )


def test_the_table_behind_a_chart_escapes_its_cells_and_leads_from_its_first() -> None:
    rows = Rows(headings=["a", "b"], rows=[[HOSTILE, "1"], ["乙", HOSTILE]], urls=["?a=1&b=2", ""])
    assert closed_up(rows.body) == (
        f'<tr><td><a href="?a=1&amp;b=2">{SAFE_ALL}</a></td><td class="num"> 1 </td></tr>'
        f'<tr><td> 乙 </td><td class="num"> {SAFE_ALL} </td></tr>'
    )


HOSTILE = "<script>alert('x')</script>，&amp；\u202e\x00"
SAFE = "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;"
SAFE_ALL = f"{SAFE}，&amp;amp；\u202e\x00"


def test_text_from_outside_is_escaped_and_a_component_sees_only_its_props() -> None:
    page = '{% component "card" title=name %}{% component "chip" text=name %}{% endcomponent %}'
    html = rendered(page, name=HOSTILE, it="mine", slot="mine", foot="mine")
    assert html.count(SAFE) == 2
    assert "<script" not in html
    assert "mine" not in html


def test_slots_stand_where_the_component_puts_them() -> None:
    page = '{% component "card" title="T" %}a{% slot "foot" %}f{{ x }}{% endslot %}b{% endcomponent %}'
    html = closed_up(rendered(page, x="<1>"))
    assert html == (
        '<section class="card"><header class="card-head"><h2>T</h2></header>'
        '<div class="card-body">ab</div><footer class="card-foot">f&lt;1&gt;</footer></section>'
    )


@pytest.mark.parametrize(
    ("title", "html"),
    [
        ("一句话", "一句话"),
        ("", ""),
        ("甲，乙；丙：丁", "甲，|乙；|丙：|丁"),
        ("甲，，乙", "甲，，|乙"),
        ("，甲", "，|甲"),
        ("甲，", "甲，"),
        ("a, b; c: d", "a, b; c: d"),
        ("a<b，c&d", "a&lt;b，|c&amp;d"),
        (SafeString("甲 &amp; 乙，丙"), "甲 &amp; 乙，|丙"),
        (SafeString("<b>甲</b>，乙"), "<b>甲</b>，乙"),
        (12, "12"),
    ],
)
def test_titles_break_after_a_phrase_only(title: object, html: str) -> None:
    expected = html
    if "|" in html:
        expected = "".join(f'<span class="phrase">{part}</span>' for part in html.split("|"))
    assert phrases(title) == expected


def test_numbers_as_pages_write_them() -> None:
    assert [share(x) for x in (None, 0.2741, -0.0001, -0.38, 1.0)] == [
        "–",
        "27.4%",
        "0.0%",
        "−38.0%",
        "100.0%",
    ]
    assert share(0.67195, 0) == "67%"
    assert [whole(n) for n in (None, 0, 77548570, -1204)] == ["–", "0", "77,548,570", "−1,204"]
    assert [minus(x) for x in (-1, "-0.5", "a-b", 3)] == ["−1", "−0.5", "a-b", "3"]


@pytest.mark.parametrize(
    ("language", "amount", "html"),
    [
        ("zh-hans", Decimal("482000000"), '<span class="n">¥4.82</span><span class="u">亿</span>'),
        ("en", Decimal("-1234.5"), '<span class="n">−¥1.23</span><span class="u">k</span>'),
        ("zh-hans", Decimal("0"), '<span class="n">¥0</span><span class="u">元</span>'),
    ],
)
def test_money_stands_in_the_readers_units(language: str, amount: Decimal, html: str) -> None:
    with translation.override(language):
        assert html in closed_up(rendered('{% component "money" amount=a currency="CNY" %}', a=amount))


def test_unknown_money_is_no_zero() -> None:
    html = rendered('{% component "money" amount=None currency="CNY" %}').strip()
    assert html == '<span class="money money-unknown">–</span>'


def test_percentages_of_drawings_keep_their_point_in_every_language() -> None:
    for language in ("zh-hans", "en"):
        with translation.override(language):
            html = rendered('{% component "range" low=1 point=3.5 high=1234 least=0 most=2000 words="w" %}')
        assert 'x="0.05%"' in html
        assert 'width="61.65%"' in html
    assert 'width="0.0%"' in rendered('{% component "range" low=1 point=1 high=1 least=5 most=5 words="w" %}')
    assert 'class="fill" x="0" y="2" width="100%"' in rendered('{% component "bar" share=7 %}')


def test_a_header_sorts_numbers_from_the_largest_and_turns_round() -> None:
    columns = [
        Column(label="客户", key="name"),
        Column(label="收入", key="revenue", number=True),
        Column(label="x"),
    ]

    def headings(sort: str) -> list[tuple[str, str]]:
        return [(h.sort, h.direction) for h in Table(columns=columns, caption="c", sort=sort).headings]

    assert headings("") == [("name", ""), ("-revenue", ""), ("", "")]
    assert headings("-revenue") == [("name", ""), ("revenue", "descending"), ("", "")]
    assert headings("revenue") == [("name", ""), ("-revenue", "ascending"), ("", "")]
    assert headings("name") == [("-name", "ascending"), ("-revenue", ""), ("", "")]


@pytest.mark.parametrize(
    ("number", "pages", "near", "shown"),
    [
        (1, 1, [1], (1, 12)),
        (1, 15, [1, 2, None, 15], (1, 50)),
        (4, 15, [1, None, 3, 4, 5, None, 15], (151, 200)),
        (15, 15, [1, None, 14, 15], (701, 712)),
        (2, 3, [1, 2, 3], (51, 100)),
    ],
)
def test_pages_that_are_linked(
    number: int, pages: int, near: list[int | None], shown: tuple[int, int]
) -> None:
    total = {1: 12, 15: 712, 3: 150}[pages]
    page = Pagination(number=number, pages=pages, total=total, per_page=50)
    assert (page.near, (page.first, page.last)) == (near, shown)
    assert (page.previous is None, page.next is None) == (number == 1, number == pages)
