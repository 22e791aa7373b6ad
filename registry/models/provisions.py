"""Provisions (规定): the figures and texts that a law or the city prescribes, each from a day on."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext, npgettext_lazy, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from registry.models.areas import CityWideQuerySet
from registry.models.base import Record
from registry.models.reports import Severity


class ProvisionKey(models.TextChoices):
    """What is prescribed; PROVISIONS has its unit and who decides on it."""

    GROUP_SIZE = "group_size", _("people in a residents' group")
    COMMITTEE_SIZE = "committee_size", _("people in a residents' committee")
    TERM = "term", _("length of a term")
    YOUNGEST = "youngest", _("age on taking office")
    OF_AGE = "of_age", _("age to be elected")
    TRAININGS = "trainings", _("trainings in a term")
    URGENT_TAKE = "report_urgent_take", _("urgent report: taken up")
    URGENT_HANDLE = "report_urgent_handle", _("urgent report: handled")
    SERIOUS_TAKE = "report_serious_take", _("serious report: taken up")
    SERIOUS_HANDLE = "report_serious_handle", _("serious report: handled")
    ORDINARY_TAKE = "report_ordinary_take", _("ordinary report: taken up")
    ORDINARY_HANDLE = "report_ordinary_handle", _("ordinary report: handled")
    INFORMED_FROM = "report_informed_from", _("reports of which the subdistrict is informed at once")
    VISIT_BACK = "visit_back", _("settled dispute: visited back")
    ANSWER = "visit_answer", _("request made on a visit: answered")
    PLAN_BASIS = "plan_basis", _("basis named in requests for adjustment plans")
    EVALUATION_BASIS = "evaluation_basis", _("basis named in notices of evaluation")
    KEEP_CONTACT = "keep_contact", _("kept: phone and bank account of who left office")
    KEEP_FILES = "keep_files", _("kept: papers of who left office")
    KEEP_IDENTITY = "keep_identity", _("kept: name, ID number and life of who left office")
    KEEP_OBJECTOR = "keep_objector", _("kept: who objects to a posted list")
    KEEP_IMPORT = "keep_import", _("kept: files of imports and their rows")
    KEEP_COMPARISON = "keep_comparison", _("kept: old spreadsheets that were compared")
    KEEP_SESSION = "keep_session", _("kept: where from and with what somebody signed in")
    KEEP_ACCOUNTS = "keep_accounts", _("kept: sheets, payments and other vouchers")
    KEEP_WORK = "keep_work", _("kept: records of the groups' work, plans, elections, evaluations")
    KEEP_LOG = "keep_log", _("kept: audit log, versions, users")


class Meant(Enum):
    """How a provision is meant, with its words."""

    RANGE = _("%(value)s–%(largest)s %(unit)s")  # both inclusive
    AT_LEAST = _("at least %(value)s %(unit)s")
    WITHIN = _("within %(value)s %(unit)s")  # at most so many after the event
    EXACTLY = _("%(value)s %(unit)s")
    TEXT = ""


PEOPLE = npgettext_lazy("unit", "person", "people", "count")
YEARS = npgettext_lazy("unit", "year", "years", "count")
YEARS_OF_AGE = npgettext_lazy("unit", "year of age", "years of age", "count")
TIMES = npgettext_lazy("unit", "time", "times", "count")
DAYS = npgettext_lazy("unit", "day", "days", "count")


@dataclass(frozen=True)
class Declared:
    """How a provision is read, the unit of its figures, and whether a law decides on it rather than the city."""

    meant: Meant
    unit: Any = ""
    by_law: bool = False
    choices: type[models.TextChoices] | None = None  # of a text

    @property
    def fields(self) -> list[str]:
        """The fields of Provision that are filled in."""
        return {Meant.RANGE: ["value", "largest"], Meant.TEXT: ["text"]}.get(self.meant, ["value"])


K = ProvisionKey
PROVISIONS: dict[str, Declared] = {
    K.GROUP_SIZE: Declared(Meant.RANGE, PEOPLE),
    K.COMMITTEE_SIZE: Declared(Meant.RANGE, PEOPLE, by_law=True),
    K.TERM: Declared(Meant.EXACTLY, YEARS, by_law=True),
    K.YOUNGEST: Declared(Meant.AT_LEAST, YEARS_OF_AGE, by_law=True),
    K.OF_AGE: Declared(Meant.AT_LEAST, YEARS_OF_AGE, by_law=True),
    K.TRAININGS: Declared(Meant.AT_LEAST, TIMES),
    K.URGENT_TAKE: Declared(Meant.WITHIN, DAYS),
    K.URGENT_HANDLE: Declared(Meant.WITHIN, DAYS),
    K.SERIOUS_TAKE: Declared(Meant.WITHIN, DAYS),
    K.SERIOUS_HANDLE: Declared(Meant.WITHIN, DAYS),
    K.ORDINARY_TAKE: Declared(Meant.WITHIN, DAYS),
    K.ORDINARY_HANDLE: Declared(Meant.WITHIN, DAYS),
    K.INFORMED_FROM: Declared(Meant.TEXT, choices=Severity),
    K.VISIT_BACK: Declared(Meant.WITHIN, DAYS),
    K.ANSWER: Declared(Meant.WITHIN, DAYS),
    K.PLAN_BASIS: Declared(Meant.TEXT),
    K.EVALUATION_BASIS: Declared(Meant.TEXT),
    K.KEEP_CONTACT: Declared(Meant.EXACTLY, YEARS),
    K.KEEP_FILES: Declared(Meant.EXACTLY, YEARS),
    K.KEEP_IDENTITY: Declared(Meant.EXACTLY, YEARS),
    K.KEEP_OBJECTOR: Declared(Meant.EXACTLY, YEARS),
    K.KEEP_IMPORT: Declared(Meant.EXACTLY, DAYS),
    K.KEEP_COMPARISON: Declared(Meant.EXACTLY, DAYS),
    K.KEEP_SESSION: Declared(Meant.WITHIN, DAYS),
    K.KEEP_ACCOUNTS: Declared(Meant.AT_LEAST, YEARS, by_law=True),
    K.KEEP_WORK: Declared(Meant.AT_LEAST, YEARS, by_law=True),
    K.KEEP_LOG: Declared(Meant.AT_LEAST, YEARS, by_law=True),
}
BY_LAW = [key for key, declared in PROVISIONS.items() if declared.by_law]


class ProvisionQuerySet(CityWideQuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        """Visible to every user; what a law decides is changed by none."""
        rows = super().visible_to(user, perm)
        return rows.exclude(key__in=BY_LAW) if perm not in ("", "registry.view_provision") else rows


class Provision(Record):
    """规定: a rule from a day on, until the next one of its key; without a day, for all days before that."""

    history_page = "provision"

    key = models.CharField(_("provision"), max_length=30, choices=ProvisionKey)
    value = models.PositiveSmallIntegerField(pgettext_lazy("provision", "figure"), null=True, blank=True)
    largest = models.PositiveSmallIntegerField(_("at most"), null=True, blank=True)
    text = models.CharField(pgettext_lazy("provision", "text"), max_length=200, blank=True)
    clause = models.CharField(
        pgettext_lazy("provision", "source"), max_length=300, help_text=_("The document, its number and the clause.")
    )
    in_force_from = models.DateField(
        _("in force from"), null=True, blank=True, help_text=_("Empty: for all days before.")
    )

    objects = ProvisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("provision")
        verbose_name_plural = _("provisions")
        ordering = ["key", F("in_force_from").desc(nulls_last=True)]
        constraints = [
            models.UniqueConstraint(
                "key",
                Coalesce("in_force_from", Value(date(1, 1, 1))),
                name="provision_once_a_day",
                violation_error_message=_("Another one is in force from this day; change that one."),
            ),
            models.CheckConstraint(
                name="provision_in_order",
                condition=Q(largest=None) | Q(value__lte=F("largest")),
                violation_error_message=_("The largest figure is below the smallest."),
            ),
            models.CheckConstraint(
                name="provision_filled_in",
                condition=Q(value=None) ^ Q(text=""),
                violation_error_message=_("It has either a figure or a text."),
            ),
        ]

    def __str__(self):
        return f"{self.get_key_display()} · {self.words}"

    def get_absolute_url(self):
        return reverse("provisions")

    def clean(self):
        choices = self.declared.choices
        is_filled = all(getattr(self, name) not in (None, "") for name in self.declared.fields)
        if not is_filled or (choices and self.text not in choices.values):
            raise ValidationError(_("%(key)s: the figure or the text is missing.") % {"key": self.get_key_display()})

    @property
    def is_to_come(self) -> bool:
        """Not in force yet: no day has been judged by it."""
        return self.in_force_from is not None and self.in_force_from > clock.today()

    @property
    def declared(self) -> Declared:
        return PROVISIONS[self.key]

    @property
    def words(self) -> str:
        """The figure or text with its unit: 3–5 people, at least 2 times, within 7 days."""
        declared, count = self.declared, self.value
        if declared.meant is Meant.TEXT:
            word = declared.choices(self.text).label if declared.choices else ""
            return gettext("%(severity)s and above") % {"severity": word} if word else self.text
        if declared.meant is Meant.WITHIN and count == 0:
            return gettext("the same day")
        most = self.largest or count
        return declared.meant.value % {"value": count, "largest": most, "unit": declared.unit % {"count": most}}
