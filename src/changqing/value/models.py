"""What the book said on a day, by which method: rankings, fits, tiers, lifetime profit, rhythm; and what
people decided about them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.db.models.lookups import Exact

from changqing.accounts.models import Account
from changqing.people.permissions import Part
from changqing.records.models import MethodVersion


def _whether(said: models.Q) -> models.GeneratedField:
    """A column that PostgreSQL keeps as ``said`` of its row: counted from an index, never by reading JSON."""
    field = models.BooleanField(null=True)
    wrapped = models.ExpressionWrapper(said, output_field=field)
    return models.GeneratedField(expression=wrapped, output_field=field, db_persist=True)


def _number(name: str, inside: str) -> models.GeneratedField:
    """A column that PostgreSQL keeps as the number ``name`` of the JSON ``inside``."""
    field = models.FloatField(null=True)
    return models.GeneratedField(
        expression=Cast(KeyTextTransform(name, inside), field), output_field=field, db_persist=True
    )


class Ranking(models.Model):
    """One ranking of the whole book over one period, kept for ever with its inputs and method."""

    class Period(models.TextChoices):
        ALL = "all"
        THREE_YEARS = "36m"
        ONE_YEAR = "12m"

    period = models.CharField(max_length=4, choices=Period.choices)
    from_day = models.DateField(null=True)
    as_of = models.DateField(null=True)
    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="+")
    inputs = models.JSONField()
    results = models.JSONField()
    is_current = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period"], condition=models.Q(is_current=True), name="one_current_ranking_a_period"
            )
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.as_of}"


class RankOrder(models.Model):
    """The whole book in the order of a current ranking, as arrays from rank 1 on: account, running share of
    revenue, and a digest of each one's ``AccountRank``. What one line changes for every account stands here.

    ``edges`` are the revenue and tie of the last account of each class.
    """

    ranking = models.OneToOneField(Ranking, models.CASCADE, primary_key=True, related_name="+")
    accounts = models.BinaryField()
    shares = models.BinaryField(null=True)
    digests = models.BinaryField()
    edges = models.JSONField()

    def __str__(self) -> str:
        return f"order {self.ranking_id}"


class AccountRank(models.Model):
    """One account's own sums in the current ranking of a period; its rank and share are in ``RankOrder``.

    Accounts of one revenue are told apart by ``tie``, so that revenue and tie sort a list as ranks do.
    """

    period = models.CharField(max_length=4, choices=Ranking.Period.choices)
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="ranks", db_index=False, db_constraint=False
    )
    revenue = models.DecimalField(max_digits=22, decimal_places=4)
    tie = models.IntegerField()
    margin = models.DecimalField(max_digits=22, decimal_places=4, null=True)
    revenue_without_cost = models.DecimalField(max_digits=22, decimal_places=4, default=0, db_default=0)
    revenue_converted = models.DecimalField(max_digits=22, decimal_places=4, default=0, db_default=0)
    orders = models.IntegerField()
    lines = models.IntegerField()
    band = models.CharField(max_length=20, blank=True)

    account_path = "account"
    on_merge = "derived"
    account_part = Part.REVENUE

    class Meta:
        indexes = [
            models.Index("period", models.F("revenue").desc(), "tie", name="rank_in_period"),
            models.Index("account", "period", name="rank_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.account_id}"


class BookFit(models.Model):
    """What the whole book taught on a day: parameters, reference grids and what could not be fitted."""

    as_of = models.DateField()
    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="+")
    parameters = models.JSONField()
    accounts = models.IntegerField()
    because = models.CharField(max_length=200, blank=True)
    in_force = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["in_force"], condition=models.Q(in_force=True), name="one_fit_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"fit {self.as_of}"


class AccountStanding(models.Model):
    """An account's tier, matrix class and labels, from ``since`` until ``until`` (none: now), with reasons.

    ``settled`` is the tier without a person's override, ``tier`` the one that holds. ``proposed`` waits for
    approval; ``pending`` is what the scheme says but has not said for long enough. ``before`` is what the
    same method said of a month ago. ``inputs`` are the facts without money.
    """

    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    as_of = models.DateField()
    since = models.DateField()
    until = models.DateField(null=True)
    fit = models.ForeignKey(BookFit, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    tiers_method = models.ForeignKey(
        MethodVersion, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    worth_method = models.ForeignKey(
        MethodVersion, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    scheme = models.CharField(max_length=20)
    tier = models.CharField(max_length=20, blank=True)
    settled = models.CharField(max_length=20, blank=True)
    proposed = models.CharField(max_length=20, blank=True)
    pending = models.CharField(max_length=20, blank=True)
    reason = models.JSONField()
    matrix = models.CharField(max_length=14)
    matrix_reason = models.CharField(max_length=30)
    value_rank = models.FloatField(null=True)
    potential = models.FloatField(null=True)
    labels = models.JSONField()
    before = models.JSONField()
    inputs = models.JSONField()
    digest = models.CharField(max_length=16)
    is_current = models.BooleanField(default=True)
    tenure = _number("tenure", "inputs")
    score = _number("score", "inputs")
    has_moved = _whether(
        ~models.Q(before__tier="") & ~models.Q(Exact(KeyTextTransform("tier", "before"), models.F("tier")))
    )

    account_path = "account"
    on_merge = "derived"
    account_part = "score"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(is_current=True), name="one_current_standing"
            )
        ]
        indexes = [
            models.Index("account", "since", name="standing_of_account"),
            models.Index("tier", condition=models.Q(is_current=True), name="standing_tier"),
            models.Index(
                fields=["proposed"],
                condition=models.Q(is_current=True) & ~models.Q(proposed=""),
                name="standing_proposed",
            ),
            # what Portfolio counts and ranks, without reading the reasons beside it
            models.Index(
                models.F("value_rank").desc(nulls_last=True),
                include=["account", "tier", "matrix", "matrix_reason", "has_moved", "tenure", "score"],
                condition=models.Q(is_current=True),
                name="standing_ranked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.tier} {self.since}"


class AccountWorth(models.Model):
    """An account's lifetime profit as of a day, by which model, and the money it rests on.

    The newest of each month is kept. ``by_year`` is expected contribution, not discounted; ``facts`` are
    floats by name; ``profit`` None is not known, ``because`` says why.
    """

    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    as_of = models.DateField()
    fit = models.ForeignKey(BookFit, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    model = models.CharField(max_length=12)
    because = models.CharField(max_length=30, blank=True)
    profit = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    at_risk = models.FloatField(null=True)
    contribution = models.FloatField(null=True)
    by_year = models.JSONField()
    facts = models.JSONField()
    digest = models.CharField(max_length=16)
    is_current = models.BooleanField(default=True)
    gross = _number("future_gross", "facts")
    has_cost = _whether(models.Q(facts__cost__gt=0))
    has_financing = _whether(models.Q(facts__financing__gte=0))

    account_path = "account"
    on_merge = "derived"
    account_part = "margin"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(is_current=True), name="one_current_worth"
            )
        ]
        indexes = [
            models.Index("account", "as_of", name="worth_of_account"),
            # what Portfolio sums, without reading the facts beside it
            models.Index(
                fields=["contribution"],
                include=["account", "profit", "low", "high", "at_risk", "gross", "has_cost", "has_financing"],
                condition=models.Q(is_current=True),
                name="worth_summed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.profit}"


class AccountRhythm(models.Model):
    """When an account orders and how that is going, as of a day. ``silence`` is days since its last purchase,
    ``stretch`` how many of its intervals it is beyond its band, ``tail`` how unusual so long a wait is."""

    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    as_of = models.DateField()
    fit = models.ForeignKey(BookFit, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    model = models.CharField(max_length=12)
    purchases = models.IntegerField()
    alive = models.FloatField()
    every = models.FloatField(null=True)
    variation = models.FloatField(null=True)
    next_low = models.DateField(null=True)
    next_expected = models.DateField(null=True)
    next_high = models.DateField(null=True)
    silence = models.FloatField(null=True)
    stretch = models.FloatField(null=True)
    tail = models.FloatField(null=True)
    families = models.FloatField(null=True)
    families_before = models.FloatField(null=True)
    return_rate = models.FloatField(null=True)
    return_rate_before = models.FloatField(null=True)
    days_to_pay = models.FloatField(null=True)
    days_to_pay_before = models.FloatField(null=True)
    digest = models.CharField(max_length=16)

    account_path = "account"
    on_merge = "derived"
    account_part = "score"

    def __str__(self) -> str:
        return f"{self.account_id} {self.model}"


class JudgementStamp(models.Model):
    """One row whenever ranks or judgements are written, and none is ever taken away: by how many there are
    and which is the newest, what was worked out from them and kept is known to be of now."""

    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.pk} {self.at}"


class TierDecision(models.Model):
    """What a person decided about a tier: a step down approved or refused, or a tier set by hand."""

    class Kind(models.TextChoices):
        APPROVED = "approved"
        REFUSED = "refused"
        OVERRIDE = "override"
        LIFTED = "lifted"

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    scheme = models.CharField(max_length=20)
    tier = models.CharField(max_length=20, blank=True)
    came_from = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=400)
    expires = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    principal = models.CharField(max_length=120)
    at = models.DateTimeField(auto_now_add=True)

    account_path = "account"
    on_merge = "stays"
    account_part = "score"

    class Meta:
        indexes = [models.Index(fields=["account", "-at"], name="decision_of_account")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="tier_decision_has_a_reason"),
            models.CheckConstraint(
                condition=~models.Q(kind="override") | models.Q(expires__isnull=False),
                name="tier_override_expires",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.kind} {self.tier}"


class FactorRating(models.Model):
    """One person's rating, 1 to 5, of one of the traits that no ledger knows; the newest counts."""

    class Factor(models.TextChoices):
        CHAIN = "chain"
        CUSTOM = "custom"
        STRATEGIC = "strategic"
        INFLUENCE = "influence"

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    factor = models.CharField(max_length=10, choices=Factor.choices)
    rating = models.PositiveSmallIntegerField()
    evidence = models.CharField(max_length=400, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    principal = models.CharField(max_length=120)
    at = models.DateTimeField(auto_now_add=True)

    account_path = "account"
    on_merge = "stays"
    account_part = "score"

    class Meta:
        indexes = [models.Index(fields=["account", "factor", "-at"], name="rating_of_account")]
        constraints = [
            models.CheckConstraint(condition=models.Q(rating__range=(1, 5)), name="rating_from_1_to_5")
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.factor} {self.rating}"


class Nomination(models.Model):
    """An account put forward as key account: criteria as they stood, who approved it, whose it is."""

    class State(models.TextChoices):
        OPEN = "open"
        APPROVED = "approved"
        REFUSED = "refused"

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    criteria = models.JSONField()
    score = models.FloatField()
    cut = models.FloatField()
    reason = models.CharField(max_length=400)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=400, blank=True)

    account_path = "account"
    on_merge = "stays"
    account_part = "score"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state="open"), name="one_open_nomination"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.state}"


class BookTest(models.Model):
    """What a fit of ``fitted_at`` would have said of the year after it, and what came: asked, then found or
    refused, and kept. ``found`` is a ``BackTest`` as JSON; ``because`` says why there is none."""

    class State(models.TextChoices):
        ASKED = "asked"
        FOUND = "found"
        REFUSED = "refused"

    state = models.CharField(max_length=7, choices=State.choices, default=State.ASKED)
    fitted_at = models.DateField()
    until = models.DateField(null=True)
    method = models.ForeignKey(MethodVersion, models.PROTECT, related_name="+")
    found = models.JSONField(null=True)
    because = models.CharField(max_length=400, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    principal = models.CharField(max_length=120)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="found") | models.Q(found__isnull=False),
                name="found_test_has_figures",
            )
        ]

    def __str__(self) -> str:
        return f"{self.fitted_at} {self.state}"
