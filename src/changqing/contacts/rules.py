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


# What the columns of a file may be called, our name first.
COLUMNS: Mapping[str, Sequence[str]] = {
    "account": ("客户编码", "客户编号", "客户代码", "account", "customer", "customer no"),
    "name": ("姓名", "联系人", "联系人姓名", "name", "contact", "full name"),
    "title": ("职务", "职位", "岗位", "title", "position", "job title"),
    "department": ("部门", "所属部门", "department"),
    "email": ("工作邮箱", "邮箱", "电子邮件", "email", "e-mail", "mail"),
    "phone": ("工作电话", "电话", "手机", "手机号", "联系电话", "phone", "mobile", "telephone"),
    "since": ("任职起", "入职日期", "开始日期", "since", "from"),
    "until": ("任职止", "离职日期", "结束日期", "until", "to"),
    "basis": ("合法依据", "依据", "basis", "legal basis"),
    "purpose": ("用途", "目的", "purpose"),
    "source": ("来源", "信息来源", "source"),
    "retain_until": ("保留至", "保留期限", "retain until"),
}


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Which column of a file holds which field."""
    plain = [re.sub(r"[\s_*:：（()）]+", " ", name.casefold()).strip() for name in header]
    found = {}
    for field, names in COLUMNS.items():
        places = (plain.index(name) for name in names if name in plain)
        if (place := next(places, None)) is not None:
            found[field] = place
    return found
