"""评议: rounds in which a subdistrict or a committee assesses the daily work of its groups 〔五(二) 考评激励〕.

A round has criteria with weights; each person or body evaluated gets points, from which total and grade follow. Nothing
here touches a stipend: consequences are a separate act.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib.transitions import Transition
from registry.models.activities import Activity, ActivityKind
from registry.models.areas import ScopedQuerySet, Subdistrict
from registry.models.base import Blanked, Record, days_in_order
from registry.models.bodies import COMMITTEE_FIRST, ResidentsCommittee, ResidentsGroup
from registry.models.members import Member

MOST_POINTS = 100  # for a criterion, and so in all
MOST_CRITERIA = 8  # a matrix of more is filled in by nobody


class Subjects(models.TextChoices):
    """Who is evaluated in a round."""

    GROUPS = "groups", _("residents' groups")
    COMMITTEES = "committees", _("residents' committees")
    MEMBERS = "members", _("people of the groups")


class RoundState(models.TextChoices):
    """open → scored → closed."""

    OPEN = "open", _("points are being given")
    SCORED = "scored", _("scored, to be closed")
    CLOSED = "closed", _("closed")


class RoundStep(models.TextChoices):
    FINISH = "finish", _("All points given")
    REOPEN = "reopen", _("Points are given again")
    CLOSE = "close", _("Round closed")


ROUND_STEPS = {
    RoundStep.FINISH: Transition("registry.change_evaluationround", (RoundState.OPEN,), RoundState.SCORED),
    RoundStep.REOPEN: Transition("registry.change_evaluationround", (RoundState.SCORED,), RoundState.OPEN),
    RoundStep.CLOSE: Transition(
        "registry.change_evaluationround", (RoundState.SCORED,), RoundState.CLOSED, "closed_by"
    ),
}


class Grade(models.TextChoices):
    """等次, the best first."""

    EXCELLENT = "excellent", _("excellent")
    GOOD = "good", _("good")
    PASS = "pass", _("satisfactory")
    FAIL = "fail", _("unsatisfactory")


class RoundQuerySet(ScopedQuerySet):
    def within(self, reach):
        """Rounds of committees, and of subdistricts: visible to their communities, changed by the subdistrict."""
        areas = reach.communities.values("subdistrict").order_by() if reach.is_sight else reach.subdistricts
        return Q(committee__community__in=reach.communities) | Q(subdistrict__in=areas)


class EvaluationRound(Record):
    """评议: one organiser, a period, and the same criteria for all who are evaluated."""

    history_page = "evaluation-round"

    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="evaluation_rounds", null=True, editable=False,
        verbose_name=_("subdistrict"),
    )  # fmt: skip
    committee = models.ForeignKey(
        ResidentsCommittee, models.PROTECT, related_name="evaluation_rounds", null=True, editable=False,
        verbose_name=_("residents' committee"),
    )  # fmt: skip
    subjects = models.CharField(_("who is evaluated"), max_length=10, choices=Subjects, editable=False)
    name = models.CharField(_("name"), max_length=50)
    first_day = models.DateField(_("first day of the period"))
    last_day = models.DateField(_("last day of the period"))
    # Pairs of name and weight in per cent, in the order in which they stand in the matrix.
    criteria = models.JSONField(_("criteria"), default=list)
    excellent_from = models.PositiveSmallIntegerField(_("excellent from"), default=90)
    good_from = models.PositiveSmallIntegerField(_("good from"), default=80)
    pass_from = models.PositiveSmallIntegerField(_("satisfactory from"), default=60)
    state = models.CharField(_("state"), max_length=10, choices=RoundState, default=RoundState.OPEN, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, editable=False,
        verbose_name=_("closed by"),
    )  # fmt: skip

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation round")
        verbose_name_plural = _("evaluation rounds")
        ordering = ["-last_day", "-pk"]
        constraints = [
            days_in_order("evaluation_round_days_in_order"),
            models.CheckConstraint(
                name="evaluation_round_of_one_organiser",
                condition=Q(subdistrict=None) ^ Q(committee=None),
                violation_error_message=_("Either a subdistrict or a committee evaluates."),
            ),
            models.CheckConstraint(
                name="evaluation_round_fits_organiser",
                condition=Q(subjects=Subjects.GROUPS)
                | Q(subjects=Subjects.COMMITTEES, committee=None)
                | Q(subjects=Subjects.MEMBERS, subdistrict=None),
                violation_error_message=_("A subdistrict evaluates committees, a committee the people of its groups."),
            ),
            models.CheckConstraint(
                name="evaluation_round_bands_in_order",
                condition=Q(excellent_from__lte=MOST_POINTS, good_from__lt=F("excellent_from"))
                & Q(pass_from__lt=F("good_from"), pass_from__gt=0),
                violation_error_message=_("The grades' lowest totals go down from at most 100."),
            ),
            models.CheckConstraint(
                name="evaluation_round_closed_by_somebody",
                condition=Q(closed_at=None) ^ Q(state=RoundState.CLOSED),
            ),
            *(
                models.UniqueConstraint(
                    organiser,
                    "name",
                    name=f"evaluation_round_name_unique_in_{organiser}",
                    violation_error_message=_("There is a round of this name already."),
                )
                for organiser in ("subdistrict", "committee")
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("evaluation-round", args=[self.pk])

    def clean(self):
        names = [name for name, _weight in self.criteria]
        if not names or len(names) > MOST_CRITERIA:
            raise ValidationError(_("Give one to %(most)s criteria.") % {"most": MOST_CRITERIA})
        if len(set(names)) < len(names):
            raise ValidationError(_("Two criteria have the same name."))
        total = sum(weight for _name, weight in self.criteria)
        if total != 100:
            raise ValidationError(
                _("The weights make %(total)s %% together; they should make 100 %%.") % {"total": total}
            )

    @property
    def organiser(self) -> Subdistrict | ResidentsCommittee:
        return self.subdistrict or self.committee  # type: ignore[return-value]

    @property
    def organiser_name(self) -> str:
        """Who signs: 中山街道办事处, 幸福社区居民委员会."""
        return str(_("%(name)s office") % {"name": self.subdistrict}) if self.subdistrict else str(self.committee)

    @property
    def is_open(self) -> bool:
        return self.state == RoundState.OPEN

    @property
    def is_closed(self) -> bool:
        return self.state == RoundState.CLOSED

    @property
    def bands(self) -> list[tuple[Grade, int]]:
        """Each grade with the lowest total that has it, the best first."""
        lowest = [self.excellent_from, self.good_from, self.pass_from, 0]
        return list(zip(Grade, lowest, strict=True))

    def total(self, scores: Mapping[str, int]) -> Decimal | None:
        """The points weighted, to one place, halves up; None while a criterion lacks points."""
        if any(name not in scores for name, _weight in self.criteria):
            return None
        weighted = sum(Decimal(scores[name]) * weight for name, weight in self.criteria) / 100
        return Decimal(weighted).quantize(Decimal("0.1"), ROUND_HALF_UP)

    def grade(self, total: Decimal) -> Grade:
        return next(grade for grade, lowest in self.bands if total >= lowest)


class EvaluationQuerySet(ScopedQuerySet):
    scope_path = "committee__community"

    def within(self, reach):
        """Who is evaluated sees the result of a closed round; points given before are the organiser's affair."""
        return super().within(reach) & (
            Q(round__state=RoundState.CLOSED)
            | Q(round__committee__community__in=reach.communities)
            | Q(round__subdistrict__in=reach.subdistricts)
        )

    def in_order(self):
        """By community, group and person."""
        return self.order_by("committee__community__code", COMMITTEE_FIRST, "member__pinyin", "pk")


class Evaluation(Record):
    """One committee, group or person in a round; `committee` is always the one it belongs to."""

    history_page = "evaluation"
    blanked = (Blanked("keep_identity", {"remarks": ""}, key="member_id"),)
    changed_with = "registry.change_evaluationround"

    round = models.ForeignKey(EvaluationRound, models.CASCADE, related_name="evaluations", verbose_name=_("round"))
    committee = models.ForeignKey(
        ResidentsCommittee, models.PROTECT, related_name="evaluations", verbose_name=_("residents' committee")
    )
    group = models.ForeignKey(
        ResidentsGroup, models.PROTECT, related_name="evaluations", null=True, blank=True,
        verbose_name=_("residents' group"),
    )  # fmt: skip
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="evaluations", null=True, blank=True, verbose_name=_("member")
    )
    scores = models.JSONField(_("points"), default=dict, blank=True)  # 0 to 100 by the criterion's name
    left_out = models.BooleanField(
        _("not evaluated"), default=False, help_text=_("Such as for who left meanwhile; the remarks say why.")
    )
    remarks = models.CharField(_("remarks"), max_length=500, blank=True)
    total = models.DecimalField(_("total"), max_digits=4, decimal_places=1, null=True, editable=False)
    grade = models.CharField(_("grade"), max_length=10, choices=Grade, blank=True, editable=False)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["round", "pk"]
        constraints = [
            models.CheckConstraint(
                name="evaluation_person_of_a_group", condition=Q(member=None) | Q(group__isnull=False)
            ),
            models.CheckConstraint(name="evaluation_grade_with_total", condition=Q(total=None) ^ ~Q(grade="")),
            models.CheckConstraint(
                name="evaluation_none_of_who_is_left_out", condition=Q(left_out=False) | Q(total=None)
            ),
            models.UniqueConstraint(
                "round", "committee", condition=Q(group=None), name="evaluation_of_a_committee_once"
            ),
            models.UniqueConstraint("round", "group", condition=Q(member=None), name="evaluation_of_a_group_once"),
            models.UniqueConstraint("round", "group", "member", name="evaluation_of_a_person_once"),
        ]

    def __str__(self):
        return f"{self.subject} {self.get_grade_display()}"

    def get_absolute_url(self):
        """The notice once there is one, else the round."""
        has_notice = self.round.is_closed and not self.left_out
        return reverse("evaluation-notice", args=[self.pk]) if has_notice else self.round.get_absolute_url()

    @property
    def subject(self) -> str:
        """Who is evaluated, in full: 幸福社区第一居民小组, 李建荣."""
        if self.member:
            return self.member.name
        return f"{self.committee.community.name}{self.group.name}" if self.group else str(self.committee)

    @property
    def is_done(self) -> bool:
        return self.left_out or self.total is not None

    def work_out(self) -> None:
        """Total and grade from the points; those of criteria that the round has no longer go."""
        names = [name for name, _weight in self.round.criteria]
        self.scores = {name: self.scores[name] for name in names if name in self.scores}
        self.total = None if self.left_out else self.round.total(self.scores)
        self.grade = "" if self.total is None else self.round.grade(self.total)


def trainings_or_evaluations_recorded() -> bool:
    """Whether any training or evaluation is recorded at all: without one, none is found missing."""
    return Activity.objects.filter(kind=ActivityKind.TRAINING).exists() or EvaluationRound.objects.exists()
