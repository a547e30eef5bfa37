"""Files handed over to be looked at, what their owner says of them, and what was found out.

A draft belongs to who handed it over: to anybody else it does not exist.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from changqing.base.refused import Refused
from changqing.base.tables import BadRow, Staged
from changqing.ledger.models import FileKind, Import, ImportDraft, Source
from changqing.ledger.owners import DEFAULT_SOURCE
from changqing.ledger.queries import saved_format
from changqing.ledger.rules.columns import guess_kind
from changqing.ledger.rules.sheets import is_ours
from changqing.ledger.segments import keep, scratch
from changqing.people.models import User
from changqing.people.permissions import Principal, check_may

State = ImportDraft.State
OPEN = (State.WAITING, State.ASKING, State.TRIED, State.FAILED)
# What a person may say of how a file's cells are to be read.
WISHES = {"tax_rate": None, "first": "", "decimal_comma": None, "currency": ""}
# Files stand in the order in which each finds what it speaks about.
ORDER_OF_KINDS = tuple(FileKind.values)
# a page that looks at a small draft itself is done by then, or died
AT_ONCE = timedelta(seconds=20)
SAMPLE_CELL = 200
MOST_MENDED_CELLS = 5_000
LONGEST_CELL = 32_767


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the owner says of a draft; None is left as it was said before."""

    kind: str | None = None
    source_code: str | None = None
    meaning: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    unknown: str | None = None
    given: dict[str, list[dict[str, Any]]] | None = None
    left_out: list[dict[str, Any]] | None = None
    wishes: dict[str, Any] | None = None
    sheet: str | None = None
    mends: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class KnownOfFile:
    """What is known of a file before it is looked at."""

    kind: str = ""
    source_code: str = DEFAULT_SOURCE
    unknown: str = Import.Unknown.CREATE
    said: dict[str, Any] = field(default_factory=dict)


def open_drafts(to: Principal) -> QuerySet[ImportDraft]:
    """What ``to`` handed over and has neither brought in nor dropped, in the order to bring it in."""
    check_may(to, "bring in files")
    if not isinstance(to, User):
        return ImportDraft.objects.none()
    return ImportDraft.objects.filter(owner=to, state__in=OPEN).order_by("pk")


def draft_with_id(to: Principal, pk: int) -> ImportDraft | None:
    """The draft ``pk`` of ``to``; None where there is none or it is another's."""
    check_may(to, "bring in files")
    if not isinstance(to, User):
        return None
    return ImportDraft.objects.filter(owner=to, pk=pk).first()


def draft_to_run(pk: int) -> ImportDraft | None:
    """For the job that looks at it; people ask ``draft_with_id``."""
    return ImportDraft.objects.select_related("owner").filter(pk=pk).first()


def drafts_left_waiting() -> list[int]:
    """Drafts that wait to be looked at; a small one handed over a moment ago is looked at by its page."""
    since = timezone.now() - AT_ONCE
    return list(
        ImportDraft.objects.filter(state=State.WAITING, handed_at__lt=since).values_list("pk", flat=True)
    )


def locked_draft(to: Principal, pk: int) -> ImportDraft | None:
    """``draft_with_id``, held until the transaction ends."""
    check_may(to, "bring in files")
    if not isinstance(to, User):
        return None
    return ImportDraft.objects.select_for_update().filter(owner=to, pk=pk).first()


def folder_of(draft: ImportDraft) -> Path:
    """Where what was found out about ``draft`` lies; may be lost, and is then found out anew."""
    folder = scratch() / f"draft-{draft.pk}"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def add_draft(*, by: User, path: Path, called: str, known: KnownOfFile) -> tuple[ImportDraft, bool]:
    """Keep the file at ``path`` and note it as ``by``'s, unless it waits already; nothing is in the book."""
    check_may(by, "bring in files")
    size = path.stat().st_size
    digest, stored = keep(path)
    waiting = ImportDraft.objects.filter(
        owner=by, file_digest=digest, file_name=called[-255:], state__in=OPEN
    ).first()
    if waiting is not None:
        return waiting, False
    draft = ImportDraft.objects.create(
        owner=by,
        file_name=called[-255:],
        file_digest=digest,
        stored_as=stored,
        size=size,
        kind=known.kind,
        source_code=known.source_code,
        unknown=known.unknown,
        said=known.said,
    )
    return draft, True


def begin_draft(*, draft: ImportDraft) -> None:
    """One more try at finding out about ``draft``."""
    draft.tries += 1
    ImportDraft.objects.filter(pk=draft.pk).update(
        tries=draft.tries, step="reading", rows_done=0, rows_total=0, began_at=timezone.now()
    )


def draft_progress(*, draft: ImportDraft, step: str, done: int = 0, total: int = 0) -> None:
    ImportDraft.objects.filter(pk=draft.pk).update(step=step, rows_done=done, rows_total=total)


def surveyed(*, draft: ImportDraft, staged: Staged) -> None:
    """Note what the file holds, and guess its kind where its owner has not said it."""
    cut = [[(cell or "")[:SAMPLE_CELL] for cell in row] for row in staged.samples]
    kinds = guess_kind(staged.header, staged.samples)
    draft.survey = {
        "header": list(staged.header),
        "samples": cut,
        "rows": staged.rows,
        "format": staged.format,
        "encoding": staged.encoding,
        "delimiter": staged.delimiter,
        "sheet": staged.sheet,
        "sheets": list(staged.sheets),
        "header_row": staged.header_row,
        "bad_rows": [[bad.row, bad.reason, bad.text] for bad in staged.bad_rows],
        "bad_row_count": staged.bad_row_count,
        "notes": list(staged.notes),
        "is_handed_back": staged.is_handed_back,
        "kinds": [[name, score] for name, score in kinds],
        "path": staged.path.name,
    }
    draft.kind = draft.kind or kinds[0][0]
    draft.rows_total = staged.rows
    ImportDraft.objects.filter(pk=draft.pk).update(
        survey=draft.survey, kind=draft.kind, rows_total=staged.rows
    )


def staged_of(draft: ImportDraft) -> Staged | None:
    """The rows of ``draft`` as they were read; None where they must be read (again)."""
    told = draft.survey
    if not told:
        return None
    path = folder_of(draft) / told["path"]
    if not path.is_file():
        return None
    return Staged(
        path=path,
        header=tuple(told["header"]),
        rows=told["rows"],
        samples=tuple(tuple(row) for row in told["samples"]),
        format=told["format"],
        encoding=told["encoding"],
        delimiter=told["delimiter"],
        sheet=told["sheet"],
        header_row=told["header_row"],
        bad_rows=tuple(BadRow(*row) for row in told["bad_rows"]),
        bad_row_count=told["bad_row_count"],
        notes=tuple(told["notes"]),
        is_handed_back=told["is_handed_back"],
        sheets=tuple(told.get("sheets", ())),
    )


def source_of(draft: ImportDraft) -> Source:
    """The source ``draft`` says it comes from; one that nothing came from yet is not made before it does."""
    found = Source.objects.filter(code=draft.source_code).first()
    return found or Source(pk=0, code=draft.source_code, name=draft.source_code)


def as_import(draft: ImportDraft) -> Import:
    """The import that ``draft`` would become; it is in no catalogue."""
    return Import(
        pk=0,
        source=source_of(draft),
        kind=draft.kind,
        meaning=draft.meaning,
        from_day=draft.from_day,
        to_day=draft.to_day,
        unknown=draft.unknown,
        mapping=copy.deepcopy(draft.said),
        file_name=draft.file_name,
    )


def tried(*, draft: ImportDraft, entry: Import, preview: dict[str, Any], seconds: float) -> bool:
    """Note what ``draft`` would do; False where its owner has said something else meanwhile."""
    found = {
        **preview,
        "mapping": entry.mapping["columns"],
        "wishes": entry.mapping.get("wishes", {}),
        "meaning": entry.meaning,
        "seconds": round(seconds, 1),
    }
    return _note(draft, state=State.TRIED, preview=found, error="", step="", tries=0)


def asks(*, draft: ImportDraft, sentence: str) -> bool:
    """Note what its owner must say before ``draft`` can be tried."""
    return _note(draft, state=State.ASKING, preview={}, error=sentence, step="", tries=0)


def draft_failed(*, draft: ImportDraft, sentence: str) -> bool:
    return _note(draft, state=State.FAILED, preview={}, error=sentence, step="")


def _note(draft: ImportDraft, **found: Any) -> bool:
    same = ImportDraft.objects.filter(pk=draft.pk, version=draft.version, state__in=OPEN)
    return bool(same.update(**found))


def adjust(*, by: User, draft: ImportDraft, version: int, said: Said) -> ImportDraft:
    """Take in what the owner says of ``draft``; it is then to be tried anew."""
    check_may(by, "bring in files")
    _still(draft, version)
    if said.kind is not None and said.kind not in FileKind.values:
        raise Refused(_("没有“%(kind)s”这种文件。") % {"kind": said.kind}, field="kind")
    changed_kind = said.kind is not None and said.kind != draft.kind
    if said.sheet is not None and said.sheet != draft.survey.get("sheet"):
        # another sheet is another table: all that was said was said of the first, and it is read anew
        if said.sheet not in draft.survey.get("sheets", []):
            raise Refused(_("这个工作簿里没有这张工作表。"), field="sheet")
        draft.kind, draft.meaning, draft.survey = "", "", {}
        draft.said = {"sheet": said.sheet}
    elif changed_kind:
        # columns and meaning were said of another kind of file
        draft.kind, draft.meaning = said.kind or "", ""
        draft.said = {name: told for name, told in draft.said.items() if name in ("mends", "sheet")}
    else:
        _take(draft, said)
    draft.source_code = said.source_code or draft.source_code
    _mend(draft, said.mends)
    draft.version = version + 1
    draft.state, draft.error, draft.step, draft.tries = State.WAITING, "", "reading", 0
    draft.save()
    return draft


def _take(draft: ImportDraft, said: Said) -> None:
    for name in ("given", "left_out", "wishes"):
        told = getattr(said, name)
        if told is not None:
            draft.said[name] = told
    if said.meaning is not None:
        draft.meaning = said.meaning
        draft.from_day, draft.to_day = said.from_day, said.to_day
    if said.unknown is not None:
        if said.unknown not in Import.Unknown.values:
            raise Refused(_("不认识的选择。"), field="unknown")
        draft.unknown = said.unknown


def _mend(draft: ImportDraft, mends: Mapping[str, Mapping[str, str]]) -> None:
    """Lay newly written cells over those written before."""
    width = len(draft.survey.get("header", []))
    kept: dict[str, dict[str, str]] = draft.said.get("mends", {})
    for row, cells in mends.items():
        told = {column: text for column, text in cells.items() if int(column) < width}
        if any(len(text) > LONGEST_CELL for text in told.values()):
            raise Refused(_("一个单元格最多 32,767 个字符。"))
        if told:
            kept[row] = {**kept.get(row, {}), **told}
    if sum(map(len, kept.values())) > MOST_MENDED_CELLS:
        raise Refused(
            _("在页面上最多改 %(most)s 格。再多就请下载退回的行，改好后重新上传。")
            % {"most": f"{MOST_MENDED_CELLS:,}"}
        )
    if kept:
        draft.said["mends"] = kept


def _still(draft: ImportDraft, version: int) -> None:
    if draft.state not in OPEN:
        raise Refused(_("这份文件已经写入或放下，不能再改。"))
    if draft.version != version:
        raise Refused(_("这份文件在别的窗口里改过了，这里的没有算数。请刷新页面再看一遍。"))


def to_be_started(*, by: User, draft: ImportDraft, version: int) -> dict[str, Any]:
    """The mapping with which ``draft`` goes into the book: all that its preview was reckoned with."""
    check_may(by, "bring in files")
    _still(draft, version)
    if draft.state != State.TRIED:
        raise Refused(_("还没有预演完，不能写入。"))
    told = draft.preview
    if not (told["came"] + told["changed"] + told["same"]):
        raise Refused(_("没有一行可以写入：全部退回。请先改好退回的行。"))
    columns: dict[str, list[dict[str, Any]]] = told["mapping"]
    taken = {(each["header"], each["nth"]) for each_field in columns.values() for each in each_field}
    left_out = [
        place for place in places(draft.survey["header"]) if (place["header"], place["nth"]) not in taken
    ]
    mends = {name: draft.said[name] for name in ("mends", "sheet") if draft.said.get(name)}
    return {"given": columns, "left_out": left_out, "wishes": {**WISHES, **told["wishes"]}, **mends}


def started(*, draft: ImportDraft, entry: Import) -> None:
    draft.state, draft.entry = State.STARTED, entry
    draft.save(update_fields=["state", "entry"])


def drop(*, by: User, draft: ImportDraft) -> None:
    """Let go of ``draft``; its file stays among the uploads like any other."""
    check_may(by, "bring in files")
    ImportDraft.objects.filter(pk=draft.pk, state__in=OPEN).update(
        state=State.DROPPED, version=F("version") + 1
    )


def places(header: Sequence[str]) -> list[dict[str, Any]]:
    """Each column by its header text; ``nth`` tells equal headers apart."""
    seen: dict[str, int] = {}
    found = []
    for text in header:
        found.append({"header": text, "nth": seen.get(text, 0)})
        seen[text] = seen.get(text, 0) + 1
    return found


def wishes_of(draft: ImportDraft) -> dict[str, Any]:
    """How the cells of ``draft`` are read: as was said of it, else of the last file of its source."""
    if "wishes" in draft.said:
        return {**WISHES, **draft.said["wishes"]}
    ours = is_ours(draft.kind, draft.survey.get("header", []))
    saved = None if ours else saved_format(source_of(draft), draft.kind)
    return {**WISHES, **((saved.mapping.get("wishes") if saved else None) or {})}


def is_as_saved(draft: ImportDraft) -> bool:
    """Whether the columns of ``draft`` were read as its source's last file was."""
    saved = saved_format(source_of(draft), draft.kind)
    return bool(saved and saved.mapping) and "given" not in draft.said


def sources() -> list[Source]:
    """The systems that files came from."""
    return list(Source.objects.order_by("pk"))
