"""What groups report 〔二(三)(四)(五)(六), 四(四)〕, and what becomes of it, step by step."""

from datetime import date
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib.constraints import AppendOnly, Frozen, Moves
from jygroups.lib.transitions import Transition, moves
from registry.models.areas import ScopedQuerySet
from registry.models.base import Record
from registry.models.bodies import Building, ResidentsGroup
from registry.models.members import Member


class ReportKind(models.TextChoices):
    HAZARD = "hazard", _("safety hazard")
    DISPUTE = "dispute", _("dispute")
    OPINION = "opinion", _("opinion or request")
    PROPERTY = "property", _("property management")
    ENVIRONMENT = "environment", _("environment and hygiene")
    OTHER = "other", _("other matter")


class Severity(models.TextChoices):
    """How bad it is; the provisions give the deadlines, and who is informed."""

    ORDINARY = "ordinary", _("ordinary")
    SERIOUS = "serious", _("serious")
    URGENT = "urgent", _("urgent")


class ReportState(models.TextChoices):
    REPORTED = "reported", _("to be taken up")
    TAKEN = "taken", _("being handled")
    HANDLED = "handled", _("to be confirmed")
    CONFIRMED = "confirmed", _("settled")


class ReportStep(models.TextChoices):
    REPORTED = "reported", _("reported")
    CHANGED = "changed", _("changed")
    TAKEN = "taken", _("taken up")
    ESCALATED = "escalated", _("passed on to the subdistrict")
    HANDLED = "handled", _("handled")
    RETURNED = "returned", _("not settled, given back")
    CONFIRMED = "confirmed", _("confirmed as settled")
    VISITED_BACK = "visited_back", _("visited back")
    NOTED = "noted", _("note")


# In the order in which they are offered.
REPORT_STEPS = {
    ReportStep.TAKEN: Transition("registry.handle_report", (ReportState.REPORTED,), ReportState.TAKEN),
    ReportStep.HANDLED: Transition("registry.handle_report", (ReportState.TAKEN,), ReportState.HANDLED),
    ReportStep.CONFIRMED: Transition("registry.confirm_report", (ReportState.HANDLED,), ReportState.CONFIRMED),
    ReportStep.VISITED_BACK: Transition("registry.confirm_report", (ReportState.HANDLED, ReportState.CONFIRMED)),
    # Not settled after all.
    ReportStep.RETURNED: Transition("registry.confirm_report", (ReportState.HANDLED,), ReportState.TAKEN),
    # To the subdistrict, which has to take it up.
    ReportStep.ESCALATED: Transition(
        "registry.handle_report", (ReportState.REPORTED, ReportState.TAKEN), ReportState.REPORTED
    ),
    ReportStep.NOTED: Transition("registry.add_report", tuple(ReportState)),
    ReportStep.CHANGED: Transition("registry.change_report", (ReportState.REPORTED, ReportState.TAKEN)),
}


class Alarm(models.TextChoices):
    NOT_NEEDED = "not_needed", _("no alarm needed")
    RAISED = "raised", _("alarm raised")
    NOT_RAISED = "not_raised", _("not raised yet")


class Dispute(models.TextChoices):
    NEIGHBOURS = "neighbours", _("between neighbours")
    FAMILY = "family", _("in a family")
    PROPERTY = "property", _("with the property management")
    MONEY = "money", _("about money or a contract")
    OTHER = "other", _("about something else")


class Mediation(models.TextChoices):
    AGREED = "agreed", _("agreed")
    PARTLY = "partly", _("partly agreed")
    NOT_AGREED = "not_agreed", _("not agreed")
    PASSED_ON = "passed_on", _("passed on to a mediation committee or a court")


class ConfidentialQuerySet(ScopedQuerySet):
    """Rows of which those about a dispute are for the group's own people, its community and its subdistrict alone."""

    report_path = ""  # the lookup from a row to its report, with its separator

    def visible_to(self, user, perm: str = "") -> Self:
        """The city's roles read no dispute, its parties or texts, nor what was reported as one before."""
        rows = super().visible_to(user, perm)
        if not user.is_active or not (reach := user.reach(perm)).everywhere:
            return rows
        versions = Report.history.filter(id=OuterRef(f"{self.report_path}pk"), kind=ReportKind.DISPUTE)
        no_dispute = ~Q(**{f"{self.report_path}kind": ReportKind.DISPUTE}) & ~Exists(versions)
        return rows.filter(no_dispute | self.within(reach))

    def counted_for(self, user) -> Self:
        """All of the user's area, disputes included: to be counted, not read."""
        return super().visible_to(user)


class ReportQuerySet(ConfidentialQuerySet):
    scope_path = "group__committee__community"
    group_path = "group"

    def visible_to(self, user, perm=""):
        """What was passed on to the subdistrict is handled there."""
        rows = super().visible_to(user, perm)
        if perm != "registry.handle_report":
            return rows
        passed_on = super().visible_to(user, "registry.handle_escalated_report")
        return rows.filter(at_subdistrict=False) | passed_on.filter(at_subdistrict=True)

    def open(self) -> Self:
        """Not handled yet."""
        return self.filter(state__in=[ReportState.REPORTED, ReportState.TAKEN])

    def overdue(self, day: date) -> Self:
        """Neither taken up nor handled by the day it should have been."""
        return self.filter(is_overdue(day))

    def to_be_visited_back(self, day: date) -> Self:
        """Handled, with a visit back that should have been made before the day."""
        return self.filter(needs_visit_back(day))


def is_overdue(day: date) -> Q:
    """Neither taken up nor handled by the day it should have been; one without limit never is."""
    return Q(state=ReportState.REPORTED, take_by__lt=day) | Q(
        state__in=[ReportState.REPORTED, ReportState.TAKEN], handle_by__lt=day
    )


def needs_visit_back(day: date) -> Q:
    return Q(handled_at__isnull=False, visit_back_by__lt=day, visited_back_on=None)


# What has no limit is in time whenever it is handled.
HANDLED_IN_TIME = Q(handled_at__date__lte=F("handle_by")) | Q(handled_at__isnull=False, handle_by=None)


def _steps(**filled: bool) -> Q:
    return Q(**{f"{name}__isnull": not there for name, there in filled.items()})


class Report(Record):
    """信息报告: a hazard, a dispute, an opinion or something else that a group has come upon, and how it ended."""

    history_page = "report"

    group = models.ForeignKey(
        ResidentsGroup, models.PROTECT, related_name="reports", verbose_name=_("residents' group")
    )
    reporter = models.ForeignKey(
        Member, models.PROTECT, related_name="reports", null=True, blank=True, verbose_name=_("reported by")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=ReportKind)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.ORDINARY)
    noticed_on = models.DateField(_("noticed on"))
    building = models.ForeignKey(
        Building,
        models.PROTECT,
        related_name="reports",
        null=True,
        blank=True,
        verbose_name=_("building"),
    )
    place = models.CharField(_("place"), max_length=100, blank=True)
    what = models.TextField(_("what is the matter"), max_length=1000)
    # Of a hazard 〔二(四) 立即阻止扩散并报警,通知社区相关负责人〕
    alarm = models.CharField(_("alarm"), max_length=10, choices=Alarm, blank=True)
    told = models.CharField(_("who was told"), max_length=100, blank=True)
    # Of a dispute 〔二(三) 协助调解居民间一般纠纷〕
    dispute = models.CharField(_("kind of dispute"), max_length=10, choices=Dispute, blank=True)
    parties = models.CharField(_("parties"), max_length=200, blank=True)
    mediation = models.CharField(_("mediation"), max_length=10, choices=Mediation, blank=True)
    visit_back_by = models.DateField(_("visit back by"), null=True, blank=True)
    visited_back_on = models.DateField(_("visited back on"), null=True, blank=True)
    # What becomes of it
    state = models.CharField(_("state"), max_length=10, choices=ReportState, default=ReportState.REPORTED)
    at_subdistrict = models.BooleanField(_("passed on to the subdistrict"), default=False)
    handler = models.CharField(_("handled by"), max_length=50, blank=True)
    outcome = models.TextField(_("outcome"), max_length=1000, blank=True)
    take_by = models.DateField(_("to be taken up by"), null=True, blank=True)
    handle_by = models.DateField(_("to be handled by"), null=True, blank=True)
    reported_at = models.DateTimeField(_("reported at"))
    taken_at = models.DateTimeField(_("taken up at"), null=True, blank=True)
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-reported_at", "-id"]
        indexes = [models.Index("group", "noticed_on", name="report_group_noticed_on")]
        constraints = [
            models.CheckConstraint(
                name="report_moments_fit_state",
                condition=Q(state=ReportState.REPORTED) & _steps(taken_at=False, handled_at=False, confirmed_at=False)
                | Q(state=ReportState.TAKEN) & _steps(taken_at=True, handled_at=False, confirmed_at=False)
                | Q(state=ReportState.HANDLED) & _steps(taken_at=True, handled_at=True, confirmed_at=False)
                | Q(state=ReportState.CONFIRMED) & _steps(taken_at=True, handled_at=True, confirmed_at=True),
            ),
            Moves(name="report_moves", field="state", allowed=moves(REPORT_STEPS)),
            Frozen(
                name="report_settled",
                closed=f"{{row}}.state = '{ReportState.CONFIRMED}'",
                open_columns=("visited_back_on", "version", "created_at", "updated_at"),
                closes_itself=True,
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} · {self.what[:30]}"

    def get_absolute_url(self):
        return reverse("report", args=[self.pk])

    def clean(self):
        community = self.group.committee.community_id
        if self.building and self.building.community_id != community:
            raise ValidationError({"building": _("This building lies in another community.")})

    @property
    def is_urgent_hazard(self) -> bool:
        return self.kind == ReportKind.HAZARD and self.severity == Severity.URGENT

    @property
    def awaits_alarm(self) -> bool:
        """Whether an urgent hazard has no entry yet that the alarm was raised or is not needed 〔二(四)〕."""
        return self.is_urgent_hazard and self.alarm not in (Alarm.RAISED, Alarm.NOT_NEEDED)

    @property
    def where(self) -> str:
        return " ".join(str(part) for part in (self.building, self.place) if part)

    def due(self) -> date | None:
        """The day by which the next step is to be done."""
        return {ReportState.REPORTED: self.take_by, ReportState.TAKEN: self.handle_by}.get(self.state)  # type: ignore[call-overload]

    def is_late(self, day: date) -> bool:
        """Whether a deadline has passed, as `is_overdue` asks of rows; one without limit never passes."""
        deadlines = {ReportState.REPORTED: (self.take_by, self.handle_by), ReportState.TAKEN: (self.handle_by,)}
        return any(due is not None and due < day for due in deadlines.get(self.state, ()))  # type: ignore[call-overload]


class ReportEventQuerySet(ConfidentialQuerySet):
    report_path = "report__"
    scope_path = "report__group__committee__community"
    group_path = "report__group"


class ReportEvent(models.Model):
    """One step of a report: who, when, with which comment. Never changed."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="events", verbose_name=_("report"))
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("by")
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=50, help_text=_("As it was then."))
    step = models.CharField(_("step"), max_length=15, choices=ReportStep)
    comment = models.TextField(_("comment"), max_length=1000, blank=True)

    objects = ReportEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a report")
        verbose_name_plural = _("steps of reports")
        ordering = ["at", "id"]
        constraints = [AppendOnly(name="report_event_append_only")]

    def __str__(self):
        return f"{self.get_step_display()} · {self.name}"
