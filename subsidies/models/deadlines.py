"""The deadlines by which the sheets of a month are confirmed, submitted and approved."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from jygroups.lib.months import Month
from registry.models import CityWideQuerySet, Record
from subsidies.models.workflow import Step


class DeadlinesQuerySet(CityWideQuerySet):
    def of(self, months: Iterable[Month]) -> dict[Month, "Deadlines"]:
        """The deadlines of each month: its own, else the usual ones; one query."""
        months = set(months)
        rows: Any = self.filter(Q(month=None) | Q(month__in=[month.first_day for month in months]))
        found = {row.month and Month.of(row.month): row for row in rows}
        usual = found.get(None) or Deadlines()
        return {month: found.get(month, usual) for month in months}


def _day(name, default: int) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        name, default=default, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )


class Deadlines(Record):
    """办理期限: days of the month, the last of them included; a day past the month's end means its last day."""

    month = models.DateField(_("month"), null=True, blank=True, help_text=_("Empty: every month without its own."))
    confirm_day = _day(_("last day to confirm"), 10)
    submit_day = _day(_("last day to submit"), 15)
    approve_day = _day(_("last day to approve"), 20)

    objects = DeadlinesQuerySet.as_manager()

    class Meta:
        verbose_name = _("deadlines")
        verbose_name_plural = _("deadlines")
        ordering = [F("month").desc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(Coalesce("month", Value(date(1, 1, 1))), name="deadlines_once_a_month"),
            models.CheckConstraint(name="deadlines_of_a_first_day", condition=Q(month=None) | Q(month__day=1)),
            models.CheckConstraint(
                name="deadlines_in_order",
                condition=Q(
                    confirm_day__gte=1,
                    submit_day__gte=F("confirm_day"),
                    approve_day__gte=F("submit_day"),
                    approve_day__lte=31,
                ),
                violation_error_message=_("Communities confirm first, then the clerk submits, then finance approves."),
            ),
        ]

    def __str__(self):
        return Month.of(self.month).in_words if self.month else str(_("every month"))

    def on(self, step: Step, month: Month) -> date | None:
        """The last day of the month's step; None for a step without deadline."""
        days = {
            Step.CONFIRM: self.confirm_day,
            Step.SUBMIT: self.submit_day,
            Step.ENDORSE: self.approve_day,
            Step.APPROVE: self.approve_day,
        }
        if step not in days:
            return None
        return date(month.year, month.number, min(days[step], month.last_day.day))
