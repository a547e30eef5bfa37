"""Numbers of a pack's text are changed in place, and nothing else is."""

from __future__ import annotations

from changqing.base.pack_edit import numbers, with_numbers

TEXT = """# prose with share = 3
[a.b]
value = 0.20
name = { zh = "头部", en = "Head" }

[[schemes]]
code = "x"
name = { zh = "方案", en = "Scheme" }
tiers = [
  { code = "s", any_of = [[{ fact = "growth", from = 0.1, below = 2 }]], name = { zh = "好", en = "Good" } },
]

[[vectors]]
name = { zh = "例", en = "e" }
given = { value = 1 }
"""


def test_numbers_are_found_with_their_names() -> None:
    found = [(one.group, one.label, one.key, one.fact, one.written) for one in numbers(TEXT)]
    assert found == [
        ("", "头部", "value", "", "0.20"),
        ("方案", "好", "from", "growth", "0.1"),
        ("方案", "好", "below", "growth", "2"),
    ]


def test_a_number_is_replaced_where_it_stands() -> None:
    changed = with_numbers(TEXT, {0: "0.25", 2: " 1,000 "})
    assert changed == TEXT.replace("0.20", "0.25").replace("below = 2", "below = 1000")


def test_what_is_no_number_changes_nothing() -> None:
    assert with_numbers(TEXT, {0: 'x" ]', 1: "NaN", 99: "5"}) == TEXT
