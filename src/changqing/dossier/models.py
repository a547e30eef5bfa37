"""Deeds on accounts that can be undone, and what people keep about an account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from changqing.accounts.models import Account
from changqing.base.history import tracked
from changqing.people.permissions import Part


class Revision(models.Model):
    """One change that a person made to one account or to many at once; its lines know what was before."""

    class Verb(models.TextChoices):
        CREATE = "create", pgettext_lazy("deed", "新建")
        EDIT = "edit", pgettext_lazy("deed", "编辑")
        ASSIGN = "assign", _("指派")
        TAG = "tag", _("加标签")
        UNTAG = "untag", _("去标签")
        ARCHIVE = "archive", _("归档")
        RESTORE = "restore", _("取消归档")

    verb = models.CharField(max_length=12, choices=Verb.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    principal = models.CharField(max_length=120)
    at = models.DateTimeField()
    accounts = models.PositiveIntegerField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return f"{self.principal} {self.verb} {self.accounts}"


class RevisionLine(models.Model):
    """What a deed changed on one account: field → value, before and after."""

    deed = models.ForeignKey(Revision, models.CASCADE, related_name="lines")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    before = models.JSONField()
    after = models.JSONField()

    account_path = "account"
    account_part = Part.BASIC
    on_merge = "stays"

    class Meta:
        indexes = [models.Index("account", "deed", name="deed_of_account")]

    def __str__(self) -> str:
        return f"{self.deed_id} {self.account_id}"


@tracked(silent=["moved", "fields"])
class AccountMerge(models.Model):
    """``lost`` was the same company as ``kept``: what moved and what was set, so that all of it can go back.

    ``fields`` is field → [before, after] of ``kept``; ``marked`` are the fields that were chosen, so that no
    file overwrites them, and were not chosen before; ``moved`` is table → ids of rows that went over.
    """

    kept = models.ForeignKey(
        Account, models.PROTECT, verbose_name=_("留下的客户"), related_name="+", db_index=False
    )
    lost = models.ForeignKey(
        Account, models.PROTECT, verbose_name=_("并入的客户"), related_name="+", db_index=False
    )
    fields = models.JSONField()
    marked = models.JSONField()
    moved = models.JSONField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("合并的人"), null=True, related_name="+"
    )
    principal = models.CharField(max_length=120)
    at = models.DateTimeField(_("合并于"))
    unmerged_at = models.DateTimeField(_("拆回于"), null=True)

    account_path = "kept"
    account_part = Part.BASIC
    on_merge = "stays"

    class Meta:
        indexes = [models.Index("kept", "unmerged_at", name="merge_into_kept")]
        constraints = [
            models.UniqueConstraint(
                fields=["lost"], condition=models.Q(unmerged_at__isnull=True), name="merged_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.lost_id} > {self.kept_id}"


@tracked()
class NotTheSame(models.Model):
    """Two accounts that look alike and, somebody says, are two companies; ``one`` is the older."""

    one = models.ForeignKey(Account, models.CASCADE, verbose_name=_("一家"), related_name="+", db_index=False)
    other = models.ForeignKey(Account, models.CASCADE, verbose_name=_("另一家"), related_name="+")
    principal = models.CharField(_("谁说的"), max_length=120)
    at = models.DateTimeField(_("何时"))

    account_path = "one"
    account_part = Part.BASIC
    on_merge = "stays"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="not_the_same_once")]

    def __str__(self) -> str:
        return f"{self.one_id} ≠ {self.other_id}"


@tracked()
class Fact(models.Model):
    """One thing known of an account: what kind, what it says, from where, of when, how sure, until when."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(_("种类"), max_length=40)
    values = models.JSONField(_("内容"))
    source = models.CharField(_("来源"), max_length=300, blank=True)
    licence = models.CharField(_("使用许可"), max_length=120, blank=True)
    day = models.DateField(_("何时所知"))
    confidence = models.CharField(_("可信度"), max_length=12)
    expires = models.DateField(_("有效到"), null=True)
    principal = models.CharField(_("谁记的"), max_length=120)
    at = models.DateTimeField(_("记于"))
    # said anew or taken back: it stays, and counts no more
    ended_at = models.DateTimeField(_("不再算数"), null=True)

    account_path = "account"
    account_part = Part.ACTIVITIES
    on_merge = "moves"

    class Meta:
        indexes = [models.Index("account", "kind", name="fact_of_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.kind}"


@tracked(silent=["text"])
class Note(models.Model):
    """What somebody wrote down about an account: for the team, or for themselves alone."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("谁写的"), null=True, related_name="+"
    )
    principal = models.CharField(_("谁写的"), max_length=120)
    text = models.TextField(_("内容"))
    is_private = models.BooleanField(_("只有自己看"), default=False)
    at = models.DateTimeField(_("写于"))
    removed_at = models.DateTimeField(_("删于"), null=True)

    account_path = "account"
    account_part = Part.ACTIVITIES
    on_merge = "moves"

    class Meta:
        indexes = [models.Index(fields=["account", "-at"], name="note_of_account")]
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="note_says_something")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.at:%Y-%m-%d}"


@tracked()
class Attachment(models.Model):
    """A file kept with an account; its bytes lie under their hash in the book's folder."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("文件名"), max_length=200)
    kind = models.CharField(_("类型"), max_length=8)
    size = models.BigIntegerField(_("大小"))
    digest = models.CharField(max_length=64)
    principal = models.CharField(_("谁传的"), max_length=120)
    at = models.DateTimeField(_("传于"))
    removed_at = models.DateTimeField(_("删于"), null=True)

    account_path = "account"
    account_part = Part.FILES
    on_merge = "moves"

    class Meta:
        indexes = [
            models.Index(fields=["account", "-at"], name="file_of_account"),
            models.Index("digest", name="file_by_digest"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class SavedList(models.Model):
    """A list of accounts by name: filters, order and period as its address has them, of one or for all.

    Whom it shows is asked anew for each reader.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("谁存的"), related_name="+"
    )
    name = models.CharField(_("名称"), max_length=60)
    address = models.CharField(_("条件"), max_length=1000, blank=True)
    is_shared = models.BooleanField(_("大家都能用"), default=False)
    at = models.DateTimeField(_("存于"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="list_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="list_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked(called=_("负责人变更申请"))
class HandoverRequest(models.Model):
    """Who holds an account asks that ``to`` hold it from now on; who may hand accounts over answers."""

    class State(models.TextChoices):
        OPEN = "open", _("等批准")
        GRANTED = "granted", _("已批准")
        DECLINED = "declined", _("已驳回")
        WITHDRAWN = "withdrawn", _("已撤回")

    account = models.ForeignKey(Account, models.CASCADE, verbose_name=_("所属客户"), related_name="+")
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("新负责人"), related_name="+"
    )
    because = models.CharField(_("为什么"), max_length=300)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("申请人"), related_name="+"
    )
    asked_at = models.DateTimeField(_("申请于"))
    state = models.CharField(_("结果"), max_length=12, choices=State.choices, default=State.OPEN)
    answered_by = models.CharField(_("答复人"), max_length=120, blank=True)
    answered_at = models.DateTimeField(_("答复于"), null=True)
    reply = models.CharField(_("答复"), max_length=300, blank=True)

    account_path = "account"
    account_part = Part.BASIC
    # what was asked of the one company is not asked of the other
    on_merge = "stays"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state="open"), name="one_open_handover_an_account"
            ),
            models.CheckConstraint(condition=~models.Q(because=""), name="handover_says_why"),
            models.CheckConstraint(
                condition=models.Q(state="open", answered_at=None)
                | (~models.Q(state="open") & models.Q(answered_at__isnull=False)),
                name="handover_is_answered_or_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} > {self.to}"
