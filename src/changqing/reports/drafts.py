"""A file on trial: what each of its columns says, what is refused and why, what it would do to the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from changqing.ledger import drafts
from changqing.ledger.drafts import ImportDraft
from changqing.ledger.intake import RefusedRow, refused_cells
from changqing.ledger.queries import as_of
from changqing.ledger.rules.choices import Told
from changqing.ledger.rules.guesses import CellGuess, cell_guess
from changqing.ledger.rules.kinds import KINDS, Field
from changqing.ledger.rules.wording import field_title, kind_title, note_sentence, told_sentence
from changqing.people.permissions import Principal

SAMPLES = 3
MOST_ROWS = 300
MOST_OPEN = 40
# What names a row beside its faulty cell.
IDENTITY = ("order_no", "invoice_no", "receipt_no", "key", "customer", "customer_name", "name", "date")
MONEY_FIELDS = ("amount", "amount_with_tax", "net_amount", "price", "price_with_tax")


@dataclass(frozen=True, kw_only=True)
class DraftColumn:
    """One column of the file: its first values, what it is taken for, how many cells are usable."""

    index: int
    header: str
    samples: list[str]
    field: str
    usable: float | None
    faults: list[dict[str, Any]]
    told: list[Told]


@dataclass(frozen=True, kw_only=True)
class DraftGroup:
    """Rows refused for one reason in one column."""

    index: int
    code: str
    field: str
    column: str
    rows: int
    values: list[str]


@dataclass(frozen=True, kw_only=True)
class FaultyCell:
    column: int
    header: str
    value: str
    reason: str
    guess: CellGuess | None


@dataclass(frozen=True, kw_only=True)
class FaultyLine:
    """A refused row: what names it, and its cells to be written anew."""

    file_row: int
    identity: list[str]
    cells: list[FaultyCell]


@dataclass(frozen=True, kw_only=True)
class DraftView:
    draft: ImportDraft
    columns: list[DraftColumn]
    groups: list[DraftGroup]
    group: DraftGroup | None
    lines: list[FaultyLine]
    identity: list[str]
    bad_rows: list[list[Any]]
    notes: list[str]
    currency: str
    sources: list[tuple[str, str]]
    kinds: list[tuple[str, str, float]]
    questions: frozenset[str]
    wishes: dict[str, Any]
    as_of: date | None
    is_as_saved: bool

    @property
    def told(self) -> dict[str, Any]:
        preview: dict[str, Any] = self.draft.preview
        return preview

    @property
    def is_tried(self) -> bool:
        return self.draft.state == ImportDraft.State.TRIED

    @property
    def rows(self) -> int:
        """Rows of the file, those that are none of its table too."""
        return int(self.draft.survey.get("rows", 0)) + int(self.draft.survey.get("bad_row_count", 0))

    @property
    def refused(self) -> int:
        return int(self.told.get("refused", 0))

    @property
    def writable(self) -> int:
        return int(sum(self.told.get(name, 0) for name in ("came", "changed")))

    @property
    def skipped(self) -> int:
        """Totals, blanks and rows that a later one repeats: neither taken nor refused."""
        taken = sum(self.told.get(name, 0) for name in ("came", "changed", "same"))
        return self.rows - self.refused - int(taken)

    @property
    def money(self) -> Decimal | None:
        """What the file would move the book by."""
        if not self.is_tried or not self.has_money:
            return None
        return Decimal(self.told["money_after"]) - Decimal(self.told["money_before"])

    @property
    def has_money(self) -> bool:
        return self.draft.kind not in ("accounts", "products", "rates")


def open_views(to: Principal) -> list[DraftView]:
    """What ``to`` handed over and has neither written nor dropped, without rows and columns."""
    return [
        DraftView(
            draft=draft,
            columns=[],
            groups=_groups(draft),
            group=None,
            lines=[],
            identity=[],
            bad_rows=draft.survey.get("bad_rows", [])[:20],
            notes=[],
            currency=str(settings.BOOK_CURRENCY),
            sources=[],
            kinds=[],
            questions=frozenset(),
            wishes={},
            as_of=None,
            is_as_saved=False,
        )
        for draft in drafts.open_drafts(to)[:MOST_OPEN]
    ]


def draft_view(to: Principal, pk: int, *, group: int = 0) -> DraftView | None:
    """The draft ``pk`` of ``to`` as its page shows it; None where it is not theirs."""
    draft = drafts.draft_with_id(to, pk)
    if draft is None:
        return None
    groups = _groups(draft)
    chosen = groups[min(group, len(groups) - 1)] if groups else None
    shown = _shown_fields(draft)
    return DraftView(
        draft=draft,
        columns=_columns(draft),
        groups=groups,
        group=chosen,
        lines=_lines(draft, chosen, shown) if chosen else [],
        identity=[draft.survey["header"][index] for index in shown] if chosen else [],
        bad_rows=draft.survey.get("bad_rows", [])[:20],
        notes=_notes(draft),
        currency=str(settings.BOOK_CURRENCY),
        sources=[(source.code, source.name) for source in drafts.sources()],
        kinds=[(name, kind_title(name), score) for name, score in draft.survey.get("kinds", [])],
        questions=_questions(draft),
        wishes=drafts.wishes_of(draft) if draft.kind else {},
        as_of=as_of(),
        is_as_saved=bool(draft.kind) and drafts.is_as_saved(draft),
    )


def field_choices(kind: str) -> list[tuple[str, str]]:
    """(field, title) of a kind in the reader's language; what only a handed-back file bears is left out."""
    return [(field.name, field_title(kind, field.name)) for field in KINDS[kind].fields]


def _mapped(draft: ImportDraft) -> dict[str, list[int]]:
    """Field → the columns it is read from; before a trial, as its owner said."""
    places = drafts.places(draft.survey.get("header", []))
    said = draft.preview.get("mapping") or draft.said.get("given") or {}
    return {
        name: [places.index({"header": each["header"], "nth": each["nth"]}) for each in columns]
        for name, columns in said.items()
    }


def _columns(draft: ImportDraft) -> list[DraftColumn]:
    survey = draft.survey
    if not survey:
        return []
    of_column = {index: name for name, columns in _mapped(draft).items() for index in columns}
    by_field: dict[str, list[dict[str, Any]]] = {}
    for group in draft.preview.get("groups", []):
        by_field.setdefault(group["field"], []).append(group)
    told = [Told(one["code"], one["about"], one["data"]) for one in draft.preview.get("told", [])]
    return [
        _column(index, header, survey, of_column.get(index, ""), by_field, told)
        for index, header in enumerate(survey["header"])
    ]


def _column(
    index: int,
    header: str,
    survey: dict[str, Any],
    field: str,
    by_field: dict[str, list[dict[str, Any]]],
    told: Sequence[Told],
) -> DraftColumn:
    samples = [row[index] for row in survey["samples"] if row[index]]
    faults = by_field.get(field, []) if field else []
    rows = survey["rows"]
    usable = max(0.0, 1 - sum(group["rows"] for group in faults) / rows) if field and rows else None
    return DraftColumn(
        index=index,
        header=header,
        samples=list(dict.fromkeys(samples))[:SAMPLES],
        field=field,
        usable=usable,
        faults=faults,
        told=[one for one in told if field and one.about == field],
    )


def _groups(draft: ImportDraft) -> list[DraftGroup]:
    return [
        DraftGroup(
            index=index,
            code=group["code"],
            field=group["field"],
            column=group["col"],
            rows=group["rows"],
            values=group["values"],
        )
        for index, group in enumerate(draft.preview.get("groups", []))
    ]


def _shown_fields(draft: ImportDraft) -> list[int]:
    """The columns that name a row: at most three."""
    mapped = _mapped(draft)
    return [mapped[name][0] for name in IDENTITY if name in mapped][:3]


def _lines(draft: ImportDraft, group: DraftGroup, shown: Sequence[int]) -> list[FaultyLine]:
    path = drafts.folder_of(draft) / "refused.parquet"
    if not path.is_file():
        return []
    header = draft.survey["header"]
    rows = refused_cells(str(path), header, code=group.code, field=group.field, limit=MOST_ROWS)
    return faulty_lines(rows, header, shown)


def faulty_lines(rows: Sequence[RefusedRow], header: Sequence[str], shown: Sequence[int]) -> list[FaultyLine]:
    """Refused rows as a page shows them, each faulty column once."""
    return [
        FaultyLine(
            file_row=row.file_row,
            identity=[row.cells[index] for index in shown],
            cells=[
                FaultyCell(
                    column=fault.column,
                    header=header[fault.column],
                    value=row.cells[fault.column],
                    reason=fault.reason,
                    guess=cell_guess(fault.code, fault.value, fault.detail),
                )
                for fault in {each.column: each for each in reversed(row.faults)}.values()
            ],
        )
        for row in rows
    ]


def _notes(draft: ImportDraft) -> list[str]:
    """What there is to tell of the whole file, in the reader's language."""
    told, columns = draft.preview, draft.preview.get("columns", {})
    whole = [Told(one["code"], one["about"], one["data"]) for one in told.get("told", [])]
    return [
        *draft.survey.get("notes", []),
        *(told_sentence(one, lambda name: str(columns.get(name, name))) for one in whole if not one.about),
        *(note_sentence(name, count) for name, count in told.get("notes", {}).items()),
    ]


def _questions(draft: ImportDraft) -> frozenset[str]:
    """What the file cannot tell by itself, and what was stated of it."""
    if not draft.survey or not draft.kind:
        return frozenset()
    wishes, asked = drafts.wishes_of(draft), set()
    codes = {group["code"] for group in draft.preview.get("groups", [])}
    told = [(one["code"], one["data"]) for one in draft.preview.get("told", [])]
    is_gross = any("税" in header or "tax" in header.lower() for header in draft.survey["header"])
    is_asking = draft.state == ImportDraft.State.ASKING
    if wishes["tax_rate"] or "tax_unknown" in codes or (is_asking and is_gross and _has_money(draft.kind)):
        asked.add("tax_rate")
    if wishes["first"] or any(code == "day_order" and not data["first"] for code, data in told):
        asked.add("first")
    if wishes["decimal_comma"] is not None or any(
        code == "style_assumed" or (code == "style" and data["style"] == "mixed") for code, data in told
    ):
        asked.add("decimal_comma")
    if _has_money(draft.kind) and "currency" not in _mapped(draft):
        asked.add("currency")
    return frozenset(asked)


def _has_money(kind: str) -> bool:
    fields: tuple[Field, ...] = KINDS[kind].fields
    return any(field.name in MONEY_FIELDS for field in fields)
