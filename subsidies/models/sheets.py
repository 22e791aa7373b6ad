"""Sheets: a subdistrict's stipends for a month, a line for each person considered."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib.constraints import Frozen, Moves
from jygroups.lib.digests import SealField
from jygroups.lib.encryption import EncryptedField, RowKeyField
from jygroups.lib.months import Month
from registry.models import (
    Community,
    Edited,
    Member,
    Position,
    ResidentsGroup,
    ScopedQuerySet,
    Stamped,
    Subdistrict,
)
from subsidies import engine
from subsidies.models.signatures import signature
from subsidies.models.standards import Standard
from subsidies.models.steps import CLOSED_STATES, MOVES, STEPS, State


class Outcome(models.TextChoices):
    """The outcome of a line; `held` and `settled` are decided outside the engine."""

    PAID = "paid", _("paid")
    EMPLOYED = "employed", _("employed elsewhere on the reference date")
    UNPAID_POSITION = "unpaid_position", _("the position carries no stipend")
    HELD = "held", _("payment is on hold")
    SETTLED = "settled", _("not in office any more; earlier months are settled")


class SheetQuerySet(ScopedQuerySet):
    scope_path = "subdistrict__communities"
    office_path = "subdistrict"

    def of(self, month: Month) -> Self:
        return self.filter(month=month.first_day)


# Of the sheet, and of all that hangs on it, as SQL: nothing of what is closed changes any more.
IS_CLOSED = "{row}.state IN (" + ", ".join(f"'{state}'" for state in CLOSED_STATES) + ")"
ON_CLOSED_SHEET = "EXISTS (SELECT 1 FROM subsidies_sheet sheet WHERE sheet.id = {row}.sheet_id AND " + (
    IS_CLOSED.format(row="sheet") + ")"
)
REENCRYPTED = ("id_number", "account", "updated_at")  # new ciphertexts of the same values


def _separate_duties() -> list[models.CheckConstraint]:
    """Constraints: no user takes two steps of a sheet that exclude each other."""
    return [
        models.CheckConstraint(
            name=f"sheet_{STEPS[other].signer}_is_not_{step.signer}",
            condition=Q(**{STEPS[other].signature: None})
            | Q(**{step.signature: None})
            | ~Q(**{STEPS[other].signature: F(step.signature)}),
        )
        for step in STEPS.values()
        for other in step.not_by
    ]


class Sheet(Edited):
    """发放表: one subdistrict, one month."""

    subdistrict = models.ForeignKey(Subdistrict, models.PROTECT, related_name="sheets", verbose_name=_("subdistrict"))
    month = models.DateField(_("month"), help_text=_("Its first day."))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    standard = models.ForeignKey(Standard, models.PROTECT, related_name="sheets", verbose_name=_("standard"))
    computed_at = models.DateTimeField(_("computed at"))
    people = models.PositiveIntegerField(_("people paid"), default=0)
    gross = models.DecimalField(_("gross"), max_digits=14, decimal_places=2, default=Decimal(0))
    adjustment = models.DecimalField(_("adjustment"), max_digits=14, decimal_places=2, default=Decimal(0))
    net = models.DecimalField(_("net"), max_digits=14, decimal_places=2, default=Decimal(0))
    submitted_by = signature(_("submitted by"))
    endorsed_by = signature(_("endorsed by"))
    approved_by = signature(_("approved by"))
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    seal = SealField(max_length=64, blank=True, editable=False)
    previous_seal = SealField(max_length=64, blank=True, editable=False)

    # Set by a computation: people who were on the sheet and now belong to another subdistrict's.
    moved: tuple[str, ...] = ()

    objects = SheetQuerySet.as_manager()

    class Meta:
        verbose_name = _("sheet")
        verbose_name_plural = _("sheets")
        ordering = ["-month", "subdistrict__code"]
        permissions = [("prepare_sheet", "Can compute a month"), ("export_sheet", "Can export a month")]
        constraints = [
            models.UniqueConstraint("subdistrict", "month", name="sheet_unique_per_month"),
            models.CheckConstraint(name="sheet_month_is_a_first_day", condition=Q(month__day=1)),
            models.CheckConstraint(name="sheet_net_adds_up", condition=Q(net=F("gross") + F("adjustment"))),
            *_separate_duties(),
            models.CheckConstraint(
                name="sheet_signed_by_its_state",
                condition=Q(state=State.DRAFT, submitted_by=None, endorsed_by=None, approved_by=None)
                | Q(state=State.SUBMITTED, submitted_by__isnull=False, endorsed_by=None, approved_by=None)
                | Q(state=State.ENDORSED, submitted_by__isnull=False, endorsed_by__isnull=False, approved_by=None)
                | Q(
                    state__in=[State.APPROVED, State.PAID],
                    submitted_by__isnull=False,
                    endorsed_by__isnull=False,
                    approved_by__isnull=False,
                ),
            ),
            Moves(name="sheet_moves_by_its_ways", field="state", allowed=MOVES),
            Frozen(
                name="sheet_frozen_once_approved",
                closed=IS_CLOSED,
                open_columns=("state", "version", "updated_at"),
                closes_itself=True,
            ),
        ]

    def __str__(self):
        words = {"area": self.subdistrict.name, "month": Month.of(self.month).in_words}
        return str(_("%(area)s %(month)s") % words)

    def get_absolute_url(self):
        return reverse("sheet", args=[Month.of(self.month), self.subdistrict.code])

    @property
    def is_draft(self) -> bool:
        return self.state == State.DRAFT

    @property
    def is_final(self) -> bool:
        """Whether the sheet is approved, so that its exports are no drafts."""
        return self.state in CLOSED_STATES


class LineQuerySet(ScopedQuerySet):
    scope_path = "community"

    def visible_to(self, user, perm: str = "") -> Self:
        """The lines of the user's communities; for viewing also the user's own lines."""
        rows = super().visible_to(user, perm)
        is_own = user.is_active and user.member_id and user.reach(perm).is_sight
        return rows | self.filter(member=user.member_id) if is_own else rows

    def of_people(self, members: Iterable[int]) -> Self:
        """The lines of these members and of the records that were merged into them."""
        return self.filter(Q(member__in=members) | Q(member__merged_into__in=members))


class SheetLine(Stamped):
    """发放明细: the decision for one person and month, with the facts on which it is based."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="lines", verbose_name=_("sheet"))
    month = models.DateField(_("month"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="sheet_lines", verbose_name=_("member"))
    ordinal = models.PositiveIntegerField(_("order"), help_text=_("The place on the sheet."))
    computed_at = models.DateTimeField(_("computed at"))

    community = models.ForeignKey(Community, models.PROTECT, related_name="sheet_lines", verbose_name=_("community"))
    group = models.ForeignKey(
        ResidentsGroup,
        models.PROTECT,
        related_name="sheet_lines",
        null=True,
        blank=True,
        verbose_name=_("residents' group"),
    )
    position = models.CharField(
        _("position"),
        max_length=20,
        choices=Position,
        blank=True,
        help_text=_("The paid one; empty when none is."),
    )
    outcome = models.CharField(pgettext_lazy("month", "outcome"), max_length=20, choices=Outcome)
    deemed_start = models.DateField(_("deemed start"), null=True, blank=True)
    full_years = models.PositiveSmallIntegerField(_("full years"), null=True, blank=True)
    rate = models.DecimalField(_("rate"), max_digits=10, decimal_places=2, null=True, blank=True)
    increment = models.DecimalField(_("increment"), max_digits=10, decimal_places=2, null=True, blank=True)
    gross = models.DecimalField(_("gross"), max_digits=10, decimal_places=2)
    adjustment = models.DecimalField(_("adjustment"), max_digits=10, decimal_places=2, default=Decimal(0))
    net = models.DecimalField(_("net"), max_digits=10, decimal_places=2)

    # Frozen: the facts when the line was computed, independent of later changes to the registry.
    name = models.CharField(pgettext_lazy("person", "name"), max_length=50)
    id_number = EncryptedField(_("ID number"))
    bank = models.CharField(_("bank"), max_length=100, blank=True)
    account = EncryptedField(_("bank account"), blank=True)
    row_key = RowKeyField()
    facts = models.JSONField(_("facts"), help_text=_("The life the engine read, and what its bodies are called."))
    digest = SealField(max_length=64, editable=False, default="")  # keyed, over the content of the line

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = _("sheet line")
        verbose_name_plural = _("sheet lines")
        ordering = ["sheet", "ordinal"]
        constraints = [
            models.UniqueConstraint("member", "month", name="line_unique_per_member_and_month"),
            models.CheckConstraint(name="line_net_adds_up", condition=Q(net=F("gross") + F("adjustment"))),
            models.CheckConstraint(name="line_net_not_negative", condition=Q(net__gte=0)),
            Frozen(name="line_frozen_once_approved", closed=ON_CLOSED_SHEET, open_columns=REENCRYPTED),
        ]

    def __str__(self):
        return f"{self.name} {Month.of(self.month).in_words}"

    def get_absolute_url(self):
        return reverse("line", args=[Month.of(self.month), self.member_id])

    def decision(self) -> engine.Decision:
        """The decision again, from the frozen facts and the sheet's Standard."""
        life = engine.Life.from_data(self.facts["life"])
        return engine.decide(life, self.month, self.sheet.standard.rules())
