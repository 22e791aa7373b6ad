"""联系制度 〔四(二)〕: who visits which buildings, and what the residents report there."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models.areas import ScopedQuerySet
from registry.models.base import Record
from registry.models.bodies import Building, ResidentsGroup
from registry.models.members import Member


class AssignmentQuerySet(ScopedQuerySet):
    scope_path = "building__community"
    group_path = "building__group"


class Assignment(Record):
    """分片包块: the member who visits a building. It does not count once the member has left office in the group."""

    building = models.OneToOneField(Building, models.CASCADE, related_name="assignment", verbose_name=_("building"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="assignments", verbose_name=_("member"))

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["building"]

    def __str__(self):
        return f"{self.building} · {self.member}"


class VisitKind(models.TextChoices):
    FULL = "full", _("full-coverage visit")
    KEY = "key", _("key visit")


class VisitQuerySet(ScopedQuerySet):
    scope_path = "group__committee__community"
    group_path = "group"

    def visible_to(self, user, perm: str = "") -> Self:
        """Notes on third persons: for the group's own people, its community and its subdistrict alone.

        The city's roles read none, however much else they see; work/visits/coverage.py counts for them. Visitors change
        their own notes.
        """
        if not user.is_active:
            return self.none()
        rows = self.within(user.reach(perm))
        if perm == "registry.change_visit":
            rows |= Q(visitor=user.member_id) & self.within(user.reach("registry.add_visit"))
        return self.filter(rows)

    def waiting(self):
        """Those whose residents asked for something that has not come to its end."""
        return self.exclude(asked="").filter(settled_on=None)


class Visit(Record):
    """走访记录: what a member saw and heard at a household or in a building 〔四(二)〕."""

    history_page = "visit"

    group = models.ForeignKey(ResidentsGroup, models.PROTECT, related_name="visits", verbose_name=_("residents' group"))
    visitor = models.ForeignKey(Member, models.PROTECT, related_name="visits", verbose_name=_("visitor"))
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=10, choices=VisitKind, default=VisitKind.FULL)
    building = models.ForeignKey(
        Building, models.PROTECT, related_name="visits", null=True, blank=True, verbose_name=_("building")
    )
    household = models.CharField(
        _("household"), max_length=100, blank=True, help_text=_("Such as: entrance 2, 301, the Wangs.")
    )
    said = models.TextField(_("what was said"), max_length=2000, blank=True)
    # 掌握所辖人、地、物、事、组织的状态
    people = models.CharField(_("people"), max_length=500, blank=True)
    places = models.CharField(_("places"), max_length=500, blank=True)
    things = models.CharField(_("things"), max_length=500, blank=True)
    events = models.CharField(_("events"), max_length=500, blank=True)
    organizations = models.CharField(_("organizations"), max_length=500, blank=True)
    asked = models.TextField(_("what residents ask"), max_length=1000, blank=True)
    due_on = models.DateField(_("to be answered by"), null=True, blank=True)
    outcome = models.TextField(_("what came of it"), max_length=1000, blank=True)
    settled_on = models.DateField(_("settled on"), null=True, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-day", "-id"]
        indexes = [models.Index("group", "day", name="visit_group_day")]
        constraints = [
            models.CheckConstraint(
                name="visit_has_a_place",
                condition=Q(building__isnull=False) | ~Q(household=""),
                violation_error_message=_("Say which building or household was visited."),
            ),
            models.CheckConstraint(
                name="visit_due_when_asked",
                condition=~Q(asked="") | Q(due_on=None),
                violation_error_message=_("Only what residents ask has a day by which it is answered."),
            ),
            models.CheckConstraint(
                name="visit_settled_with_outcome",
                condition=Q(settled_on=None) | (~Q(asked="") & ~Q(outcome="") & Q(settled_on__gte=models.F("day"))),
                violation_error_message=_("Say what came of it; it is not settled before the day of the visit."),
            ),
        ]

    def __str__(self):
        return f"{self.place} · {self.day}"

    def get_absolute_url(self):
        return reverse("visit", args=[self.pk])

    @property
    def place(self) -> str:
        """12号楼 2单元301."""
        return " ".join(filter(None, [self.building.name if self.building else "", self.household]))

    @property
    def is_waiting(self) -> bool:
        return bool(self.asked) and self.settled_on is None

    def is_overdue(self, today: date) -> bool:
        return self.is_waiting and self.due_on is not None and self.due_on < today
