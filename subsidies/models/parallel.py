"""Comparisons of an old spreadsheet's month with the computed month, by person."""

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib.encryption import EncryptedField, EncryptedFileField, RowKeyField
from jygroups.lib.months import Month
from jygroups.lib.names import LONGEST
from registry.models import Community, Member, ScopedQuerySet, Stamped, Subdistrict

NOTHING = Decimal(0)


class ComparisonResult(models.TextChoices):
    """Why an old spreadsheet and the computation here differ for a person; the first is no difference."""

    AGREES = "agrees", _("agrees")
    NAME = "name", _("another name")
    NO_RECORD = "no_record", _("no record here")
    NOT_LISTED = "not_listed", _("not on the list here")
    NOT_PAID = "not_paid", _("not in the old file")
    EMPLOYED = "employed", _("employed yet paid")
    CROSS_HOLDING = "cross_holding", _("offices added up")
    POSITION = "position", _("another position")
    YEARS = "years", _("other years")
    HELD = "held", _("on hold here")
    CORRECTED = "corrected", _("with corrections")
    ARITHMETIC = "arithmetic", _("wrong arithmetic")
    DUPLICATE = "duplicate", _("row twice")
    UNREADABLE = "unreadable", _("cannot be read")


class ParallelRunQuerySet(ScopedQuerySet):
    def within(self, reach) -> Q:
        """Rows of a subdistrict belong to its office; rows of the city are visible to users of the whole city."""
        return Q(subdistrict__in=reach.subdistricts)


class ParallelRun(Stamped):
    """并行核对: one old spreadsheet of a month, compared once; its totals are those of its lines."""

    month = models.DateField(_("month"))
    subdistrict = models.ForeignKey(
        Subdistrict,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("subdistrict"),
        help_text=_("Whose people the file holds. Empty: the whole city."),
    )
    name = models.CharField(_("file"), max_length=200)
    content = EncryptedFileField(blank=True, default=b"")
    row_key = RowKeyField()
    choice = models.JSONField(_("chosen sheet, titles and columns"), default=dict, blank=True)
    is_compared = models.BooleanField(_("compared"), default=True, help_text=_("Otherwise columns must be chosen."))
    column = models.CharField(_("column of the amounts"), max_length=100, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    rows = models.PositiveIntegerField(_("rows in the file"), default=0)
    skipped = models.JSONField(_("rows skipped"), default=dict, blank=True)  # by reason, their numbers
    compared = models.PositiveIntegerField(_("people compared"), default=0)
    agreeing = models.PositiveIntegerField(_("people who agree"), default=0)
    old = models.DecimalField(_("old file (yuan)"), max_digits=14, decimal_places=2, default=NOTHING)
    ours = models.DecimalField(_("here (yuan)"), max_digits=14, decimal_places=2, default=NOTHING)

    objects = ParallelRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("parallel run")
        verbose_name_plural = _("parallel runs")
        ordering = ["-id"]
        permissions = [("compare_month", "Can compare a month with an old spreadsheet")]
        constraints = [
            models.CheckConstraint(name="parallel_run_month_is_a_first_day", condition=Q(month__day=1)),
        ]

    def __str__(self):
        return f"{Month.of(self.month).in_words} {self.name}"

    def get_absolute_url(self):
        return reverse("parallel-run", args=[self.pk])

    @property
    def area(self) -> str:
        return self.subdistrict.name if self.subdistrict else settings.CITY_NAME

    @property
    def difference(self) -> Decimal:
        """Signed yuan: the computed amount minus the amount of the old file."""
        return self.ours - self.old


class ParallelLineQuerySet(models.QuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        return self.filter(run__in=ParallelRun.objects.visible_to(user, perm))


class ParallelLine(models.Model):
    """A row of the old file, or a person missing in it, with the computed amount and the reason in words."""

    run = models.ForeignKey(ParallelRun, models.CASCADE, related_name="lines")
    sheet = models.CharField(
        pgettext_lazy("of a workbook", "Sheet"),
        max_length=100,
        blank=True,
        help_text=_("Empty where there is only one."),
    )
    number = models.PositiveIntegerField(_("row"), null=True, help_text=_("In the file; empty for who is not in it."))
    kind = models.CharField(_("kind"), max_length=13, choices=ComparisonResult)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=LONGEST, blank=True)
    id_number = EncryptedField(_("ID number"), blank=True)
    row_key = RowKeyField()
    member = models.ForeignKey(Member, models.SET_NULL, related_name="+", null=True, verbose_name=_("member"))
    community = models.ForeignKey(Community, models.PROTECT, related_name="+", null=True, verbose_name=_("community"))
    old = models.DecimalField(_("old file (yuan)"), max_digits=14, decimal_places=2, default=NOTHING)
    ours = models.DecimalField(_("here (yuan)"), max_digits=10, decimal_places=2, default=NOTHING)
    difference = models.GeneratedField(
        expression=models.F("ours") - models.F("old"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
        verbose_name=_("difference (yuan)"),
    )
    detail = models.TextField(_("reason"), blank=True, help_text=_("In the language of who compared."))

    objects = ParallelLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a parallel run")
        verbose_name_plural = _("lines of parallel runs")
        ordering = ["run", "sheet", "number", "id"]
        constraints = [models.UniqueConstraint("run", "sheet", "number", name="parallel_line_once")]

    def __str__(self):
        return f"{self.name} {self.get_kind_display()}"

    @property
    def row(self) -> str:
        """Where it is in the file: 17, or 幸福社区 17 where several sheets are compared; empty for who is not in it."""
        return f"{self.sheet} {self.number or ''}".strip()
