"""Adjustment plans (调整方案): how the groups of a community are to be divided again 〔三(一) 合理组建、动态调整〕."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib.transitions import Transition
from registry.models.appointments import GROUP_POSITIONS, Appointment, Position
from registry.models.areas import Community, ScopedQuerySet
from registry.models.base import Record
from registry.models.bodies import Building, ResidentsGroup
from registry.models.members import Member


class PlanState(models.TextChoices):
    """The subdistrict drafts and submits, the municipal government decides, the day comes 〔三(一)〕."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted to the city")
    REJECTED = "rejected", _("rejected")
    APPROVED = "approved", _("approved by the city")
    APPLIED = "applied", _("in effect")


class PlanStep(models.TextChoices):
    SUBMIT = "submit", _("Plan submitted")
    TAKE_BACK = "take_back", _("Plan taken back")
    APPROVE = "approve", _("Plan approved")
    REJECT = "reject", _("Plan rejected")
    APPLY = "apply", _("Plan put into force")


PLAN_STEPS = {
    PlanStep.SUBMIT: Transition("registry.submit_groupplan", (PlanState.DRAFT,), PlanState.SUBMITTED, "submitted_by"),
    PlanStep.TAKE_BACK: Transition("registry.submit_groupplan", (PlanState.SUBMITTED,), PlanState.DRAFT),
    PlanStep.APPROVE: Transition(
        "registry.decide_groupplan", (PlanState.SUBMITTED,), PlanState.APPROVED, "decided_by", not_by=(PlanStep.SUBMIT,)
    ),
    PlanStep.REJECT: Transition(
        "registry.decide_groupplan", (PlanState.SUBMITTED,), PlanState.REJECTED, "decided_by", needs_comment=True
    ),
    PlanStep.APPLY: Transition("registry.decide_groupplan", (PlanState.APPROVED,), PlanState.APPLIED),
}


class PlanQuerySet(ScopedQuerySet):
    scope_path = "community"

    def due(self, day):
        """Approved plans whose day has come."""
        return self.filter(state=PlanState.APPROVED, effective_on__lte=day)


class GroupPlan(Record):
    """调整方案: groups set up, merged, split, dissolved, renamed, or covering other buildings, from a day on.

    It is of one community, as no group reaches beyond its own. Its items are the groups as they are to stand; only
    changes are stored with them, so that the draft follows the roster until it is filed. The filed state stays
    unchanged in `picture`, a PlanSnapshot as JSON.
    """

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="plans", verbose_name=_("community"), editable=False
    )
    title = models.CharField(_("title of the plan"), max_length=100)
    number = models.CharField(
        _("number of the request"),
        max_length=50,
        blank=True,
        help_text=_("Of the subdistrict's own document, such as 雄街办〔2026〕12号."),
    )
    effective_on = models.DateField(
        _("takes effect on"), help_text=_("The groups stand as planned from this day; old offices end the day before.")
    )
    grounds = models.TextField(
        _("grounds"),
        max_length=2000,
        blank=True,
        help_text=_("Why the groups are to change: public services, population, what one group can look after."),
    )
    state = models.CharField(_("state"), max_length=10, choices=PlanState, default=PlanState.DRAFT, editable=False)
    submitted_at = models.DateTimeField(_("submitted to the city at"), null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, editable=False,
        verbose_name=_("submitted to the city by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, editable=False,
        verbose_name=_("decided by"),
    )  # fmt: skip
    decided_on = models.DateField(_("date of the decision"), null=True, blank=True)
    document = models.CharField(
        _("number of the decision"),
        max_length=50,
        blank=True,
        help_text=_("Of the municipal government's reply, such as 市政函〔2026〕35号."),
    )
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    applied_at = models.DateTimeField(_("took effect at"), null=True, blank=True, editable=False)
    picture = models.JSONField(_("as filed"), null=True, blank=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("adjustment plan")
        verbose_name_plural = _("adjustment plans")
        ordering = ["-effective_on", "community__code", "-pk"]
        permissions = [
            ("submit_groupplan", "Can submit an adjustment plan"),
            ("decide_groupplan", "Can decide on an adjustment plan"),
        ]
        constraints = [
            models.UniqueConstraint(
                "community",
                condition=Q(state__in=[PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED]),
                name="group_plan_one_under_way",
                violation_error_message=_("Another plan of this community is under way."),
            ),
            models.CheckConstraint(
                name="group_plan_approved_by_document",
                condition=~Q(state__in=[PlanState.APPROVED, PlanState.APPLIED])
                | (~Q(document="") & Q(decided_on__isnull=False)),
                violation_error_message=_("What is approved names the document and its date."),
            ),
            models.CheckConstraint(
                name="group_plan_approved_beforehand",
                condition=Q(decided_on=None)
                | Q(effective_on__gte=models.F("decided_on"))
                | Q(state=PlanState.REJECTED),
                violation_error_message=_("Groups change on the day of the decision at the earliest."),
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("plan", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether it can still be drafted."""
        return self.state in (PlanState.DRAFT, PlanState.REJECTED)

    @property
    def meaning(self) -> str:
        """How the state concerns the reader, as components/badge.html has it."""
        return {
            PlanState.DRAFT: "you", PlanState.SUBMITTED: "others", PlanState.REJECTED: "wrong",
            PlanState.APPROVED: "others", PlanState.APPLIED: "done",
        }[PlanState(self.state)]  # fmt: skip


class OfPlanQuerySet(ScopedQuerySet):
    scope_path = "plan__community"


class PlanItem(Record):
    """One group as it is to stand, or to end; a new one has its row once the plan is in force."""

    changed_with = "registry.change_groupplan"

    plan = models.ForeignKey(GroupPlan, models.CASCADE, related_name="items", verbose_name=_("adjustment plan"))
    group = models.ForeignKey(
        ResidentsGroup, models.PROTECT, related_name="plan_items", null=True, blank=True,
        verbose_name=_("residents' group"),
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=50)
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    creates = models.BooleanField(_("newly set up"), default=False)
    dissolves = models.BooleanField(_("dissolved"), default=False)

    objects = OfPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("group of an adjustment plan")
        verbose_name_plural = _("groups of adjustment plans")
        ordering = ["plan", "ordinal"]
        constraints = [
            models.UniqueConstraint("plan", "group", name="plan_item_once_a_group"),
            models.UniqueConstraint("plan", "ordinal", name="plan_item_once_an_ordinal"),
            models.CheckConstraint(name="plan_item_is_a_group", condition=Q(creates=True) | Q(group__isnull=False)),
            models.CheckConstraint(name="plan_item_new_or_dissolved", condition=Q(creates=False) | Q(dissolves=False)),
        ]

    def __str__(self):
        return self.name


class PlanBuilding(Record):
    """A building that another group is to cover than now."""

    changed_with = "registry.change_groupplan"

    plan = models.ForeignKey(GroupPlan, models.CASCADE, related_name="buildings", verbose_name=_("adjustment plan"))
    building = models.ForeignKey(Building, models.CASCADE, related_name="+", verbose_name=_("building"))
    item = models.ForeignKey(PlanItem, models.CASCADE, related_name="buildings", verbose_name=_("covered by group"))

    objects = OfPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("building of an adjustment plan")
        verbose_name_plural = _("buildings of adjustment plans")
        ordering = ["plan", "pk"]
        constraints = [models.UniqueConstraint("plan", "building", name="plan_building_once")]

    def __str__(self):
        return f"{self.building} → {self.item}"


class PlanPerson(Record):
    """Somebody whose group or office is to be another than now, who leaves, or who comes in."""

    changed_with = "registry.change_groupplan"

    plan = models.ForeignKey(GroupPlan, models.CASCADE, related_name="people", verbose_name=_("adjustment plan"))
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, related_name="+", null=True, blank=True, verbose_name=_("office held")
    )
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("member"),
        help_text=_("Who comes in without an office in a group so far."),
    )  # fmt: skip
    item = models.ForeignKey(
        PlanItem, models.CASCADE, related_name="people", null=True, blank=True,
        verbose_name=_("residents' group"), help_text=_("Empty: leaves."),
    )  # fmt: skip
    position = models.CharField(
        _("position"), max_length=20, choices=[(each.value, each.label) for each in GROUP_POSITIONS],
        default=Position.GROUP_MEMBER,
    )  # fmt: skip
    acting = models.BooleanField(_("acting"), default=False)

    objects = OfPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("person of an adjustment plan")
        verbose_name_plural = _("people of adjustment plans")
        ordering = ["plan", "pk"]
        constraints = [
            models.UniqueConstraint("plan", "appointment", name="plan_person_once_an_office"),
            models.UniqueConstraint("plan", "member", name="plan_person_once"),
            models.CheckConstraint(
                name="plan_person_holds_office_or_comes_in", condition=Q(appointment=None) ^ Q(member=None)
            ),
            models.CheckConstraint(
                name="plan_person_comes_into_a_group", condition=Q(member=None) | Q(item__isnull=False)
            ),
            models.CheckConstraint(
                name="plan_person_acting_leaders_only",
                condition=Q(acting=False) | Q(position=Position.GROUP_LEADER),
            ),
        ]

    def __str__(self):
        return f"{self.plan_id} {self.pk}"
