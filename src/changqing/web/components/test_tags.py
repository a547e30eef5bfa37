"""The component tag refuses what was not declared; what it is given is escaped."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.template import TemplateSyntaxError, engines
from django.utils import translation
from django.utils.safestring import SafeString

from changqing.web.components.charts import Rows
from changqing.web.components.figures import Arithmetic
from changqing.web.components.lists import Choice, Column, Pagination, Section, Table
from changqing.web.components.markup import phrases
from changqing.web.components.registry import COMPONENTS
from changqing.web.components.tags import minus, share, whole


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
    assert themselves == (
        {"chip", "icon", "money", "bar", "figure", "open-number", "button", "empty"}
        | {"card", "page-header", "table", "segmented", "tabs", "jump-rail"}
    )
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
    ("page", "shown"),
    [
        (
            '{% component "card" title=x caption=x id=x flush=True %}{{ x }}'
            '{% slot "aside" %}{{ x }}{% endslot %}{% endcomponent %}',
            '<section class="card card-flush" id="X"><header class="card-head"><h2>X</h2>'
            '<p class="caption">X</p><div class="aside">X</div></header>'
            '<div class="card-body">X</div></section>',
        ),
        (
            '{% component "page-header" title=x caption=x %}{{ x }}{% slot "lead" %}{{ x }}{% endslot %}'
            "{% endcomponent %}",
            '<header class="page-header"><div class="lead">X</div><div class="words"><h1>X</h1><p>X</p></div>'
            '<div class="actions">X</div></header>',
        ),
        (
            '{% component "page-header" title=x %} {% endcomponent %}',
            '<header class="page-header"><div class="words"><h1>X</h1></div></header>',
        ),
        (
            '{% component "button" label=x kind="danger" refused=x icon="x" %}',
            '<span class="button-refused"><button type="button" class="button button-danger" disabled>'
            '<svg class="icon icon-16" width="16" height="16" aria-hidden="true"><use href="SPRITE#x"/></svg>'
            ' X </button><span class="reason">X</span></span>',
        ),
        (
            '{% component "button" label=x href=x key=x %}',
            '<a class="button button-plain" href="X" data-key="X"> X <kbd>X</kbd></a>',
        ),
        (
            '{% component "button" label=x kind="primary" name=x value=x form=x key=x %}',
            '<button class="button button-primary" type="submit" name="X" value="X" form="X" data-key="X">'
            " X <kbd>X</kbd></button>",
        ),
        (
            '{% component "button" label=x opens=x %}',
            '<button class="button button-plain" type="button" popovertarget="X"> X </button>',
        ),
        (
            '{% component "empty" sentence=x label=x href=x %}',
            '<div class="empty"><p>X</p><a class="button button-primary" href="X"> X </a></div>',
        ),
        (
            '{% component "tabs" label=x choices=choices %}',
            '<nav class="tabs" aria-label="X"><a href="X" aria-current="true">X</a><a href="b">c</a></nav>',
        ),
        (
            '{% component "segmented" label=x choices=choices %}',
            '<nav class="segmented" aria-label="X"><a href="X" aria-current="true">X</a>'
            '<a href="b">c</a></nav>',
        ),
        (
            '{% component "jump-rail" sections=sections %}',
            '<nav class="jump-rail" aria-label="本页各节"><ol><li><a href="#X" data-key="1"><kbd>1</kbd>'
            '<span>X</span></a></li><li><a href="#b" data-key="2"><kbd>2</kbd><span>c</span>'
            '<span class="dot dot-red"><span class="unseen"> 需动手 </span></span></a></li></ol></nav>',
        ),
    ],
)
def test_what_stands_on_most_pages_escapes_what_it_is_given(page: str, shown: str) -> None:
    x = "<a>\"'&"
    given = {
        "x": x,
        "choices": [Choice(label=x, url=x, current=True), Choice(label="c", url="b")],
        "sections": [Section(id=x, label=x), Section(id="b", label="c", tone="red")],
    }
    html = re.sub(r"\s+(?=>)|(?<=\s)\s+", "", rendered(page, **given))
    assert re.sub(r'href="[^"]+icons[^"#]*\.svg', 'href="SPRITE', closed_up(html)) == shown.replace(
        "X", "&lt;a&gt;&quot;&#x27;&amp;"
    )


@pytest.mark.parametrize(
    ("address", "name", "margin"),
    [
        ("/", "?sort=name", "?sort=-margin"),
        (
            "/?q=a%26b&page=3&tag=x&sort=-margin&tag=%3C",
            "?q=a%26b&amp;tag=x&amp;tag=%3C&amp;sort=name",
            "?q=a%26b&amp;tag=x&amp;tag=%3C&amp;sort=margin",
        ),
        ("/?sort=-margin&sort=x&q=", "?sort=name&amp;q=", "?sort=margin&amp;q="),
    ],
)
def test_a_header_keeps_what_was_asked_and_begins_anew(rf: Any, address: str, name: str, margin: str) -> None:
    request = rf.get(address)
    columns = [
        Column(label="<客户>", key="name", wide=True, hint="<"),
        Column(label="毛利", key="margin", number=True),
        Column(label="签"),
    ]
    given = {"called": "<表>", "columns": columns, "sort": request.GET.get("sort", "") and "-margin"}
    page = '{% component "table" columns=columns caption=called sort=sort walk=False %}<tr>{% endcomponent %}'
    html = re.sub(r"\s+(?=>)|(?<=\s)\s+", "", engines["django"].from_string(page).render(given, request))
    sorted_by, way = (' aria-sort="descending"', "▼") if given["sort"] else ("", "")
    arrow = '<span class="way" aria-hidden="true">{}</span></a></th>'.format
    assert closed_up(html) == (
        '<div class="table-frame"><table class="list"><caption class="unseen">&lt;表&gt;</caption><thead><tr>'
        f'<th scope="col" class=" wide" title="&lt;"><a href="{name}">&lt;客户&gt;{arrow("")}'
        f'<th scope="col" class="num"{sorted_by}><a href="{margin}">毛利{arrow(way)}'
        '<th scope="col" class=""> 签 </th></tr></thead><tbody><tr></tbody></table></div>'
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
