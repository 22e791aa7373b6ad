"""Standards: the versions of the rules for stipends 〔三(三)〕."""

from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import Frozen, Moves
from jygroups.lib.months import Month
from registry.models import CityWideQuerySet, Position, Record
from subsidies import engine
from subsidies.models.signatures import signature


class ServiceBasis(models.TextChoices):
    CUMULATIVE = "cumulative", _("all days served count")
    CONTINUOUS = "continuous", _("only days since the last break count")


class Standing(models.TextChoices):
    """The state of a Standard; a draft decides nothing."""

    DRAFT = "draft", _("draft")
    IN_FORCE = "in_force", _("put into force")


class StandardQuerySet(CityWideQuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        """The Standards put into force; drafts are visible to users of the whole city only."""
        rows = super().visible_to(user, perm)
        return rows if user.is_active and user.sees_whole_city else rows.adopted()

    def adopted(self) -> Self:
        """The Standards in force from their month on, without drafts."""
        return self.filter(state=Standing.IN_FORCE)

    def in_force(self, month: Month) -> Self:
        """The Standards effective by the month, newest first: the first one applies to the month."""
        return self.adopted().filter(effective_month__lte=month.first_day).order_by("-effective_month")


# As SQL: by which a sheet was computed. Nothing of it changes any more.
USED = "EXISTS (SELECT 1 FROM subsidies_sheet sheet WHERE sheet.standard_id = {row}.%s)"


class Standard(Record):
    """补贴标准: a rate per position, the yearly increment, and what the document leaves open."""

    changed_with = "subsidies.draft_standard"

    effective_month = models.DateField(
        _("effective from"), help_text=_("The first day of the first month it holds for.")
    )
    document = models.CharField(_("document"), max_length=100)
    yearly_increment = models.DecimalField(
        _("yearly increment"), max_digits=10, decimal_places=2, validators=[MinValueValidator(0)]
    )
    reference_day = models.PositiveSmallIntegerField(
        _("reference day"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text=_("The day of the month on which everything is read; past the month's end, its last day."),
    )
    service_basis = models.CharField(
        _("service basis"), max_length=10, choices=ServiceBasis, default=ServiceBasis.CUMULATIVE
    )
    counts_employed_service = models.BooleanField(_("days in office while employed count"), default=True)
    service_counted_from = models.DateField(_("service counted from"), null=True, blank=True)
    max_years = models.PositiveSmallIntegerField(_("most years that earn the increment"), null=True, blank=True)
    look_back = models.PositiveSmallIntegerField(
        _("months looked back for corrections"), default=24, validators=[MaxValueValidator(240)]
    )
    clerk_limit = models.DecimalField(
        _("yuan above which finance decides a recovery"),
        max_digits=10,
        decimal_places=2,
        default=Decimal(1000),
        validators=[MinValueValidator(0)],
        help_text=_("A recovery above it, and a write-off above it, needs the finance bureau."),
    )
    notice_days = models.PositiveSmallIntegerField(
        _("days of public notice before approval"),
        default=0,
        blank=True,
        validators=[MaxValueValidator(60)],
        help_text=_("Empty or 0: approval does not wait for the communities' public notices."),
    )
    state = models.CharField(_("state"), max_length=10, choices=Standing, default=Standing.DRAFT, editable=False)
    # Drafted by civil affairs, put into force by finance; nobody for the one that comes with the project.
    drafted_by = signature(_("drafted by"))
    in_force_by = signature(_("put into force by"))
    in_force_at = models.DateTimeField(_("put into force at"), null=True, blank=True, editable=False)

    objects = StandardQuerySet.as_manager()

    class Meta:
        verbose_name = _("standard")
        verbose_name_plural = _("standards")
        ordering = ["-effective_month"]
        constraints = [
            models.CheckConstraint(
                name="standard_from_a_first_day",
                condition=Q(effective_month__day=1),
                violation_error_message=_("A Standard takes effect on the first day of a month."),
            ),
            models.CheckConstraint(name="standard_reference_day", condition=Q(reference_day__range=(1, 31))),
            models.CheckConstraint(name="standard_increment_not_negative", condition=Q(yearly_increment__gte=0)),
            models.UniqueConstraint(
                "effective_month",
                name="standard_in_force_once_a_month",
                condition=Q(state=Standing.IN_FORCE),
                violation_error_message=_("Another Standard is in force from this month on; choose another month."),
            ),
            models.CheckConstraint(
                name="standard_drafter_does_not_put_it_into_force",
                condition=Q(drafted_by=None) | Q(in_force_by=None) | ~Q(drafted_by=F("in_force_by")),
            ),
            models.CheckConstraint(
                name="standard_draft_is_not_in_force",
                condition=~Q(state=Standing.DRAFT) | Q(in_force_by=None, in_force_at=None),
            ),
            Moves(name="standard_moves_by_its_ways", field="state", allowed=((Standing.DRAFT, Standing.IN_FORCE),)),
            Frozen(name="standard_frozen_once_used", closed=USED % "id"),
        ]

    def __str__(self):
        return self.document

    def get_absolute_url(self):
        return f"{reverse('standards')}#standard-{self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.state == Standing.DRAFT

    def rules(self) -> engine.Standard:
        """The Standard as the engine reads it."""
        return engine.Standard(
            effective_month=self.effective_month,
            document=self.document,
            rates={engine.Position(rate.position): rate.amount for rate in self.rates.all()},
            **{name: getattr(self, name) for name in engine.PARAMETERS},
        )


class Rate(Record):
    """The monthly yuan of one position; a position without a rate is not paid."""

    changed_with = "subsidies.draft_standard"

    standard = models.ForeignKey(Standard, models.CASCADE, related_name="rates", verbose_name=_("standard"))
    position = models.CharField(_("position"), max_length=20, choices=Position)
    amount = models.DecimalField(_("yuan a month"), max_digits=10, decimal_places=2)

    objects = CityWideQuerySet.as_manager()

    class Meta:
        verbose_name = _("rate")
        verbose_name_plural = _("rates")
        ordering = ["standard", "-amount", "position"]
        constraints = [
            models.UniqueConstraint(
                "standard",
                "position",
                name="rate_unique_per_position",
                violation_error_message=_("This Standard already has a rate for the position."),
            ),
            models.CheckConstraint(name="rate_not_negative", condition=Q(amount__gte=0)),
            Frozen(name="rate_frozen_once_used", closed=USED % "standard_id"),
        ]

    def __str__(self):
        return f"{self.get_position_display()} {self.amount}"
