"""What may be kept of a person: grounds, purposes, sources, terms, and what does not belong in free text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import Field

from changqing.base.packs import Method, Named, Part, Sourced

ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx](?![0-9A-Za-z])")
CARD_NUMBER = re.compile(r"(?<![0-9])(?:[0-9][ -]?){15,18}[0-9](?![0-9])")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Term(Part):
    """One ground, purpose or source: what is stored is the code."""

    code: Annotated[str, Field(pattern=r"^[a-z]{2,20}$")]
    name: Named
    source: str = Field(min_length=1)


class Keep(Part):
    after_the_post: Sourced[Annotated[int, Field(gt=0, le=30)]]
    until_looked_at: Sourced[Annotated[int, Field(gt=0, le=30)]]


class ContactMethod(Method):
    bases: tuple[Term, ...]
    purposes: tuple[Term, ...]
    sources: tuple[Term, ...]
    keep: Keep
    words: Mapping[str, Sourced[tuple[str, ...]]]

    def terms(self, field: str) -> dict[str, str]:
        """Code → name in the reader's language, of ``basis``, ``purpose`` or ``source``."""
        listed = {"basis": self.bases, "purpose": self.purposes, "source": self.sources}[field]
        return {term.code: str(term.name) for term in listed}

    def code_of(self, field: str, said: str) -> str:
        """The code that ``said`` names: itself, or its name in either language; nothing when none."""
        listed = {"basis": self.bases, "purpose": self.purposes, "source": self.sources}[field]
        wanted = said.strip().casefold()
        names = (
            (term.code, {term.code, term.name.zh.casefold(), term.name.en.casefold()}) for term in listed
        )
        return next((code for code, known in names if wanted in known), "")

    def kept_until(self, *, until: date | None, today: date) -> date:
        """How long a post is kept when nobody says: some years after its end, or until it is looked at."""
        years = self.keep.after_the_post.value if until else self.keep.until_looked_at.value
        day = until or today
        try:
            return day.replace(year=day.year + years)
        except ValueError:
            return day.replace(year=day.year + years, day=28)

    def columns_to_fill_in(self, language: str) -> list[tuple[str, str, str, str]]:
        """Of each column of a list: heading and example in ``language``, whether needed, how to write it."""
        at = 0 if language == "zh" else 1
        return [
            (HEADINGS[name][at], _EXAMPLE[name][at], _needed(name), self._written(name)) for name in COLUMNS
        ]

    def _written(self, name: str) -> str:
        if name in ("basis", "purpose", "source"):
            return _("、").join(self.terms(name).values())
        told = {
            "account": _("账簿里的客户编码"),
            "name": _("一个人的姓名"),
            "since": _("日期，写成 2024-03-01"),
            "until": _("日期；已经离任的人才写"),
            "email": _("工作邮箱，不要私人邮箱"),
            "phone": _("工作电话"),
            "retain_until": _("日期；不写时按规定的期限算"),
        }
        return told.get(name, _("文字"))

    def unwanted(self, text: str) -> str:
        """The first kind of words in ``text`` that does not belong here, by its name; nothing when fine."""
        low = text.casefold()
        kinds = (str(kind.name) for kind in self.words.values() if any(word in low for word in kind.value))
        return next(kinds, "")


def warnings_in(text: str, method: ContactMethod) -> list[str]:
    """Why ``text`` should not be kept as it is, as sentences."""
    return list(_warnings(text, method))


def _warnings(text: str, method: ContactMethod) -> Iterator[str]:
    if any(is_id_number(found.group()) for found in ID_NUMBER.finditer(text)):
        yield _("文字里有身份证号码。敏感个人信息需要单独同意，这里不保存。")
    if any(is_card_number(found.group()) for found in CARD_NUMBER.finditer(text)):
        yield _("文字里有银行卡号码。敏感个人信息需要单独同意，这里不保存。")
    if kind := method.unwanted(text):
        yield _("文字里提到“%(kind)s”。这里只记工作所需，请改写后再保存。") % {"kind": kind}


def is_id_number(text: str) -> bool:
    """Whether 18 characters are a Chinese identity number, by its check character (GB 11643).

    >>> is_id_number("11010519491231002X"), is_id_number("110105194912310021")
    (True, False)
    """
    body, check = text[:17], text[17:].upper()
    if not body.isdigit() or not 1 <= int(text[10:12]) <= 12 or not 1 <= int(text[12:14]) <= 31:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == check


def is_card_number(text: str) -> bool:
    """Whether the digits are a bank card's, by Luhn's sum.

    >>> is_card_number("6222 0210 0111 6245 702"), is_card_number("1234567890123456")
    (False, False)
    >>> is_card_number("4111-1111-1111-1111")
    True
    """
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return digits[0] in (3, 4, 5, 6) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


# What our own lists call their columns: 中文, English.
HEADINGS: Mapping[str, tuple[str, str]] = {
    "account": ("客户编码", "Account key"),
    "name": ("姓名", "Name"),
    "title": ("职务", "Title"),
    "department": ("部门", "Department"),
    "email": ("工作邮箱", "Work e-mail"),
    "phone": ("工作电话", "Work phone"),
    "since": ("任职起", "In post from"),
    "until": ("任职止", "In post until"),
    "basis": ("合法依据", "Legal basis"),
    "purpose": ("用途", "Purpose"),
    "source": ("来源", "Source"),
    "retain_until": ("保留至", "Keep until"),
}
_EXAMPLE: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(HEADINGS, ("", "")),
    "account": ("K-1001", "K-1001"),
    "name": ("王伟", "Wang Wei"),
    "title": ("采购经理", "Purchasing manager"),
    "department": ("采购部", "Purchasing"),
    "email": ("wang@steel.example", "wang@steel.example"),
    "since": ("2024-03-01", "2024-03-01"),
    "basis": ("订立、履行合同所必需", "Needed for a contract"),
    "purpose": ("合同、订单和收款联络", "Contracts, orders and payments"),
}
# What the columns of a file may be called beside that.
COLUMNS: Mapping[str, Sequence[str]] = {
    "account": ("客户编号", "客户代码", "account", "customer", "customer no"),
    "name": ("联系人", "联系人姓名", "contact", "full name"),
    "title": ("职位", "岗位", "position", "job title"),
    "department": ("所属部门",),
    "email": ("邮箱", "电子邮件", "email", "e-mail", "mail"),
    "phone": ("电话", "手机", "手机号", "联系电话", "phone", "mobile", "telephone"),
    "since": ("入职日期", "开始日期", "since", "from"),
    "until": ("离职日期", "结束日期", "until", "to"),
    "basis": ("依据", "basis"),
    "purpose": ("目的",),
    "source": ("信息来源",),
    "retain_until": ("保留期限", "retain until"),
}


def _needed(name: str) -> str:
    if name in ("account", "name"):
        return _("必填")
    return _("必填，或在导入时选") if name in ("basis", "purpose", "source") else ""


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Which column of a file holds which field."""
    plain = [re.sub(r"[\s_*:：（()）]+", " ", name.casefold()).strip() for name in header]
    found = {}
    for field, others in COLUMNS.items():
        names = (*(name.casefold() for name in HEADINGS[field]), *others)
        places = (plain.index(name) for name in names if name in plain)
        if (place := next(places, None)) is not None:
            found[field] = place
    return found
