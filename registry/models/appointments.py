"""Appointments: who holds which office, from which day to which."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import NoOverlap
from registry.models.areas import ScopedQuerySet
from registry.models.base import Blanked, Record, days_in_order, on_day
from registry.models.bodies import ResidentsCommittee, ResidentsGroup, Term
from registry.models.members import Member


class Position(models.TextChoices):
    """职务, in order of rank 〔三(三)〕."""

    DIRECTOR = "director", _("committee director")
    DEPUTY_DIRECTOR = "deputy_director", _("committee deputy director")
    SUPERVISION_DIRECTOR = "supervision_director", _("supervisory committee director")
    COMMITTEE_MEMBER = "committee_member", _("committee member")
    GROUP_LEADER = "group_leader", _("group leader")
    GROUP_MEMBER = "group_member", _("group member")

    @property
    def in_group(self) -> bool:
        return self in GROUP_POSITIONS

    @property
    def rank(self) -> int:
        return list(Position).index(self)


GROUP_POSITIONS = [Position.GROUP_LEADER, Position.GROUP_MEMBER]
COMMITTEE_POSITIONS = [Position.DIRECTOR, Position.DEPUTY_DIRECTOR, Position.COMMITTEE_MEMBER]


class EndReason(models.TextChoices):
    """离任原因, as the Organic Law has them."""

    EXPIRY = "expiry", _("term expired")
    RESIGNATION = "resignation", _("resigned")
    RECALL = "recall", _("recalled")
    DEATH = "death", _("died")
    INCAPACITY = "incapacity", _("lost capacity")
    SENTENCE = "sentence", _("sentenced")
    TRANSFER = "transfer", _("took another office")
    OTHER = "other", _("other")


class AppointmentQuerySet(ScopedQuerySet):
    scope_path = "committee__community"
    group_path = "group"

    def in_office(self, day):
        """Appointments whose first to last day, both inclusive, hold the day."""
        return self.filter(on_day(day))


class Appointment(Record):
    """任职: one person, one body, one position, first to last day in office, both inclusive."""

    history_page = "appointment"
    blanked = (Blanked("keep_identity", {"note": ""}, key="member_id"),)

    member = models.ForeignKey(Member, models.PROTECT, related_name="appointments", verbose_name=_("member"))
    committee = models.ForeignKey(
        ResidentsCommittee,
        models.PROTECT,
        related_name="appointments",
        verbose_name=_("residents' committee"),
    )
    group = models.ForeignKey(
        ResidentsGroup,
        models.PROTECT,
        related_name="appointments",
        null=True,
        blank=True,
        verbose_name=_("residents' group"),
        help_text=_("For a group leader or group member; empty for the others."),
    )
    position = models.CharField(_("position"), max_length=20, choices=Position)
    acting = models.BooleanField(
        _("acting"),
        default=False,
        help_text=_(
            "Leads the group until its meeting elects a leader. The position is what is paid: an acting leader has the "
            "leader's stipend, and the group no other leader meanwhile."
        ),
    )
    first_day = models.DateField(_("first day in office"))
    last_day = models.DateField(_("last day in office"), null=True, blank=True, help_text=_("Empty: still in office."))
    end_reason = models.CharField(_("reason for leaving"), max_length=20, choices=EndReason, blank=True)
    basis = models.CharField(_("basis document"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    term = models.ForeignKey(
        Term, models.PROTECT, related_name="appointments", null=True, blank=True, verbose_name=_("term")
    )

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["member", "first_day"]
        permissions = [("export_appointment", "Can export a roster")]
        constraints = [
            days_in_order("appointment_days_in_order"),
            models.CheckConstraint(
                name="appointment_group_for_group_positions_only",
                condition=Q(group=None) ^ Q(position__in=GROUP_POSITIONS),
                violation_error_message=_("A group leader or member has a group; the others have none."),
            ),
            models.CheckConstraint(
                name="appointment_acting_leaders_only",
                condition=Q(acting=False) | Q(position=Position.GROUP_LEADER),
                violation_error_message=_("Only a group leader is acting."),
            ),
            NoOverlap(
                name="appointment_one_per_group",
                fields=["member", "group"],
                violation_error_message=_("This person already holds an office in this group on some of these days."),
            ),
            NoOverlap(
                name="appointment_one_per_committee",
                fields=["member", "committee"],
                condition=Q(position__in=COMMITTEE_POSITIONS),
                violation_error_message=_(
                    "This person already holds an office in this committee on some of these days."
                ),
            ),
            NoOverlap(
                name="appointment_one_per_supervision",
                fields=["member", "committee"],
                condition=Q(position=Position.SUPERVISION_DIRECTOR),
                violation_error_message=_(
                    "This person already holds an office in this supervisory committee on some of these days."
                ),
            ),
            NoOverlap(
                name="appointment_one_leader",
                fields=["group"],
                condition=Q(position=Position.GROUP_LEADER),
                violation_error_message=_("This group has another leader on some of these days."),
            ),
        ]

    def __str__(self):
        return f"{self.member.name} {self.get_position_display()} {self.first_day} – {self.last_day or '…'}"

    def get_position_display(self) -> str:  # type: ignore[no-redef]
        """The position in words: 居民小组长, or 代理居民小组长 for an acting one."""
        label = Position(self.position).label if self.position else ""
        return _("acting %(position)s") % {"position": label} if self.acting else str(label)

    def clean(self):
        if self.group and self.group.committee_id != self.committee_id:
            raise ValidationError({"group": _("This group belongs to another committee.")})
        if self.member_id and self.member.merged_into_id:
            raise ValidationError({"member": _("This record was merged into another; appoint that one.")})

    def covers(self, day) -> bool:
        """Whether the person is in office on the day."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    @property
    def in_words(self) -> str:
        """幸福社区第三居民小组 居民小组长; an office in the committee has the community alone."""
        place = self.committee.community.name + (self.group.name if self.group else "")
        return f"{place} {self.get_position_display()}"

    @property
    def body(self):
        """What the office is in: the group, else the committee."""
        return self.group or self.committee
