"""The catalogue of imports, whose customer is whose account, products and rates."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from changqing.accounts.models import Account
from changqing.people.models import Department
from changqing.people.permissions import Part


class FileKind(models.TextChoices):
    """What a file tells."""

    ACCOUNTS = "accounts", _("客户")
    PRODUCTS = "products", _("产品")
    ORDERS = "orders", _("订单")
    INVOICES = "invoices", _("发票")
    RECEIPTS = "receipts", _("回款")
    COSTS = "costs", _("服务成本")
    OPENINGS = "openings", _("期初余额")
    RATES = "rates", _("汇率")


class Meaning(models.TextChoices):
    """What the rows of a file say about the rows that came before them."""

    LINES = "lines", _("逐行更新")
    ORDERS = "orders", _("整单更新")
    PERIOD = "period", _("整段账期")


class Source(models.Model):
    """A system that files come from. Keys of customers and products are its own; lines keep them."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class SourceFormat(models.Model):
    """How a source's files of one kind were last read, so that the next one needs no asking."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="formats")
    kind = models.CharField(max_length=12, choices=FileKind.choices)
    mapping = models.JSONField(default=dict)
    meaning = models.CharField(max_length=8, choices=Meaning.choices, blank=True)
    options = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind"], name="one_format_per_kind")]

    def __str__(self) -> str:
        return f"{self.source} {self.kind}"


class Import(models.Model):
    """One file on its way into the book, and its place in the catalogue of imports in force.

    ``number`` orders imports: of those in force the newest line per key counts. It is given when the
    import is entered, under the lock, so that it says the order of entering.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("排队中")
        RUNNING = "running", _("写入中")
        IN_FORCE = "in_force", _("有效")
        UNDONE = "undone", _("已撤销")
        FAILED = "failed", _("失败")
        STOPPED = "stopped", _("已停下")

    class Unknown(models.TextChoices):
        CREATE = "create", _("新建客户")
        MATCH = "match", _("按名称匹配，匹配不上则退回")
        REFUSE = "refuse", _("退回")

    number = models.PositiveIntegerField(null=True, unique=True)
    source = models.ForeignKey(Source, models.PROTECT, related_name="imports")
    kind = models.CharField(max_length=12, choices=FileKind.choices)
    meaning = models.CharField(max_length=8, choices=Meaning.choices, blank=True)
    from_day = models.DateField(null=True, blank=True)
    to_day = models.DateField(null=True, blank=True)
    unknown = models.CharField(max_length=8, choices=Unknown.choices, default=Unknown.CREATE)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    mapping = models.JSONField(default=dict)
    file_name = models.CharField(max_length=255)
    file_digest = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    step = models.CharField(max_length=20, blank=True)
    rows_done = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    report = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    began_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["in_force", "undone"]) | models.Q(number__isnull=False),
                name="entered_import_has_a_number",
            ),
            models.CheckConstraint(
                condition=~models.Q(meaning="period")
                | models.Q(from_day__isnull=False, to_day__isnull=False, to_day__gte=models.F("from_day")),
                name="period_import_has_its_days",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number or '–'} {self.file_name}"

    @property
    def moves_lines(self) -> bool:
        """Whether order lines, whose they are or what they are worth may be other ones with it."""
        return self.kind != FileKind.ACCOUNTS


class ImportStop(models.Model):
    """Somebody asked that an import end before it is entered.

    No key to the import: a row that points to it would have to wait for the very transaction it is to stop.
    """

    entry_id = models.BigIntegerField(unique=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"stop {self.entry_id}"


class ImportDraft(models.Model):
    """A file that somebody handed over to be looked at: what it seems to say, what it would change.

    Nothing of it is in the book. ``version`` counts what the person said of it, so that an answer to an
    older question is not taken for one to the newest. Its ``entry`` is the import it became.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("读取中")
        ASKING = "asking", _("要您补一句")
        TRIED = "tried", _("预演完成")
        FAILED = "failed", _("读不了")
        STARTED = "started", _("已写入")
        DROPPED = "dropped", _("已放下")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    source_code = models.SlugField(max_length=40, default="erp")
    kind = models.CharField(max_length=12, choices=FileKind.choices, blank=True)
    meaning = models.CharField(max_length=8, choices=Meaning.choices, blank=True)
    from_day = models.DateField(null=True, blank=True)
    to_day = models.DateField(null=True, blank=True)
    unknown = models.CharField(max_length=8, choices=Import.Unknown.choices, default=Import.Unknown.CREATE)
    said = models.JSONField(default=dict)
    file_name = models.CharField(max_length=255)
    file_digest = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=200)
    size = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    step = models.CharField(max_length=20, blank=True)
    rows_done = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    survey = models.JSONField(default=dict)
    preview = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    entry = models.OneToOneField(Import, models.SET_NULL, null=True, related_name="+")
    handed_at = models.DateTimeField(auto_now_add=True)
    began_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "state"], name="draft_of_owner")]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="started") | models.Q(entry__isnull=False),
                name="started_draft_has_its_import",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class InboxFile(models.Model):
    """A file in the watched folder as it was last seen there: ``size`` and ``modified`` since ``seen_at``.

    ``noticed``: somebody knows that it did not get in.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("等它写完")
        TAKEN = "taken", _("已收下")
        DONE = "done", _("已导入")
        FAILED = "failed", _("没导进来")

    path = models.CharField(max_length=1024, unique=True)
    size = models.BigIntegerField()
    modified = models.BigIntegerField()
    seen_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    entry = models.ForeignKey(Import, models.SET_NULL, null=True, related_name="+")
    error = models.TextField(blank=True)
    noticed = models.BooleanField(default=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "noticed"], name="inbox_state")]

    def __str__(self) -> str:
        return self.path


class Segment(models.Model):
    """One immutable Parquet file of an import: its lines, those it replaces, or its refused rows."""

    class Holds(models.TextChoices):
        LINES = "lines", _("明细")
        REPLACED = "replaced", _("被替换的明细")
        REFUSED = "refused", _("退回行")

    owner = models.ForeignKey(Import, models.CASCADE, related_name="segments")
    holds = models.CharField(max_length=10, choices=Holds.choices)
    path = models.CharField(max_length=200, unique=True)
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.path


class Replacement(models.Model):
    """``newer`` replaces ``rows`` lines of ``older``: while it is in force they do not count.

    Noted when ``newer`` comes, against every import before it, undone ones too, since a redo may bring
    them back. ``wholly``: every line of ``older``, so that its file need not be read at all.
    """

    newer = models.ForeignKey(Import, models.CASCADE, related_name="replaces")
    older = models.ForeignKey(Import, models.CASCADE, related_name="replaced_by")
    rows = models.BigIntegerField()
    wholly = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["newer", "older"], name="replacement_once")]

    def __str__(self) -> str:
        return f"{self.newer} > {self.older}"


class CustomerKey(models.Model):
    """Whose account a source's customer key is. Merging and re-matching change this, never the ledger.

    ``made`` is the account that was created because a file named this key. That all of them are there and
    stay is seen to by the database's triggers, once a statement: a constraint is asked row by row, and of a
    file of a hundred thousand customers that took longer than to write them.
    """

    # whoever asks by the source finds it in front of the constraint below
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="customers", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=160)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_constraint=False)
    made = models.ForeignKey(
        Account, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )

    account_path = "account"
    on_merge = "ledger"
    account_part = Part.BASIC

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="customer_key_once")]
        # most keys are still those of the account that was made for them, and found by it
        indexes = [
            models.Index(
                fields=["made"], condition=~models.Q(made=models.F("account")), name="customer_key_moved"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.key}"


class Product(models.Model):
    """What the product imports in force say of one product of a source."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="products")
    key = models.CharField(max_length=160)
    name = models.CharField(max_length=240, blank=True)
    family = models.CharField(max_length=120, blank=True)
    subfamily = models.CharField(max_length=120, blank=True)
    unit_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="product_once")]

    def __str__(self) -> str:
        return self.name or self.key


class ExchangeRate(models.Model):
    """What the rate imports in force say: one unit of ``currency`` is ``rate`` of the book's from ``day`` on.

    It stands until the next day with a rate of that currency.
    """

    currency = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    said_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="one_rate_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day} {self.rate}"
