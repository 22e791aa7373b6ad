"""What groups and committees come together for 〔二(二), 四(一)(三), 五(一)〕, who came, and what was decided."""

from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from registry.models.areas import ScopedQuerySet, Subdistrict
from registry.models.base import Record
from registry.models.bodies import ResidentsCommittee, ResidentsGroup, Term
from registry.models.members import Member


class ActivityKind(models.TextChoices):
    """会议、学习、小结会、推选、培训."""

    MEETING = "meeting", _("group meeting")
    JOINT = "joint", _("joint meeting")
    STUDY = "study", _("study")
    REVIEW = "review", _("half-year review")
    ELECTION = "election", _("election of the leader")
    RECOMMENDATION = "recommendation", _("recommendation of representatives")
    CIVIC = "civic", _("residents' pact and civic virtue")
    COMMITTEE = "committee", _("committee meeting")
    TRAINING = "training", _("training")


# What a group's own people hold 〔四(一)(三), 二(二)(七), 三(二)〕.
GROUP_KINDS = [
    ActivityKind.MEETING,
    ActivityKind.JOINT,
    ActivityKind.STUDY,
    ActivityKind.REVIEW,
    ActivityKind.ELECTION,
    ActivityKind.RECOMMENDATION,
    ActivityKind.CIVIC,
]
MEETING_KINDS = [*GROUP_KINDS, ActivityKind.COMMITTEE]


class Partner(models.TextChoices):
    """With whom a group meets jointly 〔四(一)〕."""

    PARTY_BRANCH = "party_branch", _("community party branch")
    OWNERS = "owners", _("owners' committee")
    GRID = "grid", _("grid meeting")
    PROPERTY = "property", _("property management")
    OTHER = "other", _("another body")


class ActivityQuerySet(ScopedQuerySet):
    def within(self, reach) -> Q:
        """What bodies in the areas hold; visible also to those for whom a subdistrict holds it, and to the invited."""
        held = Q(committee__community__in=reach.communities) | Q(group__in=reach.groups)
        if not reach.is_sight:
            return held | Q(subdistrict__in=reach.subdistricts)
        return held | Q(subdistrict__communities__in=reach.communities) | Q(groups_invited__in=reach.groups)

    def meetings(self) -> Self:
        """All but trainings."""
        return self.filter(kind__in=MEETING_KINDS)


class Activity(Record):
    """会议记录: what was held on a day by a group, a committee or (trainings only) a subdistrict.

    `committee` is the group's where a group holds it. Texts are as the recorder wrote them; `hours` are full ones of
    a training. `term` follows from the day.
    """

    history_page = "meeting"

    kind = models.CharField(_("kind"), max_length=20, choices=ActivityKind)
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="activities", null=True, blank=True, verbose_name=_("subdistrict")
    )
    committee = models.ForeignKey(
        ResidentsCommittee,
        models.PROTECT,
        related_name="activities",
        null=True,
        blank=True,
        verbose_name=_("residents' committee"),
    )
    group = models.ForeignKey(
        ResidentsGroup,
        models.PROTECT,
        related_name="activities",
        null=True,
        blank=True,
        verbose_name=_("residents' group"),
    )
    term = models.ForeignKey(
        Term, models.PROTECT, related_name="activities", null=True, blank=True, editable=False, verbose_name=_("term")
    )
    title = models.CharField(pgettext_lazy("meeting", "subject"), max_length=100, blank=True)
    day = models.DateField(_("date"))
    begins_at = models.TimeField(_("begins at"), null=True, blank=True)
    ends_at = models.TimeField(_("ends at"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=100, blank=True)
    chair = models.CharField(_("chair"), max_length=50, blank=True)
    recorder = models.CharField(_("recorder"), max_length=50, blank=True)
    joint_with = models.JSONField(_("jointly with"), default=list, blank=True)
    guests = models.CharField(_("also present"), max_length=200, blank=True)
    residents_expected = models.PositiveSmallIntegerField(_("residents expected"), null=True, blank=True)
    residents_came = models.PositiveSmallIntegerField(_("residents who came"), null=True, blank=True)
    agenda = models.TextField(_("agenda"), max_length=2_000, blank=True)
    record = models.TextField(_("record"), max_length=20_000, blank=True)
    half_year = models.DateField(
        _("half-year reviewed"), null=True, blank=True, help_text=_("The first day of the half-year.")
    )
    elected = models.ForeignKey(
        Member, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("elected leader")
    )
    hours = models.DecimalField(
        _("hours"), max_digits=4, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    committees_invited = models.ManyToManyField(
        ResidentsCommittee, related_name="+", blank=True, verbose_name=_("committees invited")
    )
    groups_invited = models.ManyToManyField(
        ResidentsGroup, related_name="+", blank=True, verbose_name=_("groups invited")
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=pgettext_lazy("minutes", "added by"),
    )

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["-day", "-begins_at", "-pk"]
        permissions = [("hold_training", "Can hold trainings and sign people in")]
        indexes = [models.Index("group", "kind", "day", name="activity_of_group")]
        constraints = [
            models.CheckConstraint(
                name="activity_of_one_body",
                condition=Q(subdistrict=None) ^ Q(committee=None),
                violation_error_message=_("A committee, one of its groups or a subdistrict holds it."),
            ),
            models.CheckConstraint(
                name="activity_kind_fits_body",
                condition=Q(kind__in=GROUP_KINDS, group__isnull=False, committee__isnull=False)
                | Q(kind=ActivityKind.COMMITTEE, group=None, committee__isnull=False)
                | Q(kind=ActivityKind.TRAINING, group=None),
                violation_error_message=_("A body of this kind does not hold such a meeting."),
            ),
            models.CheckConstraint(
                name="activity_ends_after_it_begins",
                condition=Q(begins_at=None) | Q(ends_at=None) | Q(ends_at__gt=models.F("begins_at")),
                violation_error_message=_("It would end before it begins."),
            ),
            models.CheckConstraint(
                name="activity_half_year_of_reviews",
                condition=Q(kind=ActivityKind.REVIEW) ^ Q(half_year=None),
                violation_error_message=_("Say which half-year is reviewed."),
            ),
            models.CheckConstraint(
                name="activity_elected_in_elections",
                condition=Q(elected=None) | Q(kind=ActivityKind.ELECTION),
                violation_error_message=_("Only an election has somebody elected."),
            ),
        ]

    def __str__(self):
        return f"{self.day} {self.name}"

    def get_absolute_url(self):
        return reverse("training" if self.kind == ActivityKind.TRAINING else "meeting", args=[self.pk])

    def clean(self):
        if self.group and self.group.committee_id != self.committee_id:
            raise ValidationError({"group": _("This group belongs to another committee.")})
        self.term = Term.objects.of(self.day) if self.day else None

    @property
    def name(self) -> str:
        """What it is called: its subject, else its kind."""
        return self.title or str(ActivityKind(self.kind).label)

    @property
    def body(self):
        """Who holds it: the group, the committee, or the subdistrict."""
        return self.group or self.committee or self.subdistrict

    def why_lost(self, name: str) -> str:
        """Why the vote on the person did not carry; empty where it did."""
        came = [row.came for row in self.attendances.all()]
        residents = self.residents_came or 0
        return why_lost(
            self.resolutions.all(),
            name,
            came=sum(came) + residents,
            expected=len(came) + max(self.residents_expected or 0, residents),
        )

    @property
    def elects(self) -> bool:
        """Whether it elected a leader: somebody is named, and the vote carried."""
        return self.elected is not None and not self.why_lost(self.elected.name)

    @property
    def partners(self) -> list[str]:
        """With whom it is held jointly, in words."""
        return [str(Partner(each).label) for each in self.joint_with]


def why_lost(votes: Iterable, name: str, *, came: int, expected: int) -> str:
    """Why a vote on a person did not carry, in words; empty where it did. `votes` are resolutions in their order.

    The one that names the person decides, else the first. It carries with more for than against, or agreed without a
    count, in a meeting to which more than half of those came who should, by its own record 〔三(二)〕.
    """
    votes = list(votes)
    vote = next((each for each in votes if name in each.text), votes[0] if votes else None)
    words = {"name": name, "came": came, "expected": expected}
    if expected > 0 and 2 * came <= expected:
        return gettext("%(came)s of %(expected)s came, not more than half: nobody is elected.") % words
    if vote is None:
        return ""
    in_favour, against = vote.votes_for or 0, vote.against or 0
    if any((in_favour, against, vote.abstained)) and in_favour <= against:
        words |= {"for": in_favour, "against": against}
        return gettext("%(for)s for and %(against)s against: %(name)s is not elected.") % words
    return "" if vote.carried else gettext("The vote on %(name)s was not carried.") % words


class AttendanceQuerySet(ScopedQuerySet):
    scope_path = "committee__community"
    group_path = "group"


class Attendance(Record):
    """应到、实到: somebody who should come, for the body whose office he or she then held; and whether it was so."""

    changed_with = "registry.change_activity"

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="attendances", verbose_name=_("activity"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="attendances", verbose_name=_("member"))
    committee = models.ForeignKey(
        ResidentsCommittee, models.PROTECT, related_name="+", verbose_name=_("residents' committee")
    )
    group = models.ForeignKey(
        ResidentsGroup, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("residents' group")
    )
    came = models.BooleanField(_("came"), default=False)
    excuse = models.CharField(_("excuse"), max_length=50, blank=True)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        ordering = ["activity", "pk"]
        constraints = [models.UniqueConstraint("activity", "member", name="attendance_once_an_activity")]

    def __str__(self):
        return f"{self.member_id} {self.activity_id}"


class ResolutionQuerySet(ScopedQuerySet):
    scope_path = "activity__committee__community"
    group_path = "activity__group"


class Resolution(Record):
    """决议: what was put to the vote, in its order, and how the vote went. Without counts: agreed without one."""

    changed_with = "registry.change_activity"

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="resolutions", verbose_name=_("activity"))
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    text = models.CharField(_("resolution"), max_length=500)
    votes_for = models.PositiveSmallIntegerField(_("for"), null=True, blank=True)
    against = models.PositiveSmallIntegerField(_("against"), null=True, blank=True)
    abstained = models.PositiveSmallIntegerField(_("abstained"), null=True, blank=True)
    carried = models.BooleanField(_("carried"), default=True)

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        verbose_name = _("resolution")
        verbose_name_plural = _("resolutions")
        ordering = ["activity", "ordinal"]
        constraints = [models.UniqueConstraint("activity", "ordinal", name="resolution_ordinal_in_activity")]

    def __str__(self):
        return self.text
