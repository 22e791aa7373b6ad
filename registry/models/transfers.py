"""Transfers of members from one subdistrict to another, sent by one side and agreed to by the other."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib.transitions import Transition
from registry.models.appointments import GROUP_POSITIONS, Appointment, Position
from registry.models.areas import Community, ScopedQuerySet
from registry.models.base import Record
from registry.models.bodies import ResidentsCommittee, ResidentsGroup
from registry.models.members import Member


class TransferState(models.TextChoices):
    """The giving side sends and may withdraw, the receiving side accepts or declines; each ends it."""

    SENT = "sent", _("waiting for the receiving side")
    ACCEPTED = "accepted", pgettext_lazy("transfer", "accepted")
    DECLINED = "declined", pgettext_lazy("transfer", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("transfer", "withdrawn")


# Each step by the state it leads to.
TRANSFER_STEPS = {
    TransferState.SENT: Transition("registry.send_transfer", (), TransferState.SENT, "sent_by"),
    TransferState.ACCEPTED: Transition(
        "registry.answer_transfer", (TransferState.SENT,), TransferState.ACCEPTED, "ended_by",
        not_by=(TransferState.SENT,),
    ),
    TransferState.DECLINED: Transition(
        "registry.answer_transfer", (TransferState.SENT,), TransferState.DECLINED, "ended_by", needs_comment=True
    ),
    TransferState.WITHDRAWN: Transition(
        "registry.send_transfer", (TransferState.SENT,), TransferState.WITHDRAWN, "ended_by"
    ),
}  # fmt: skip


class TransferQuerySet(ScopedQuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        """Transfers from or to a community of the user's; one side sends and withdraws, the other answers."""
        rows = super().visible_to(user, perm)
        if perm == "registry.send_transfer":
            return rows.filter(kept_by__in=Community.objects.visible_to(user, perm))
        if perm == "registry.answer_transfer":
            return rows.filter(committee__community__in=Community.objects.visible_to(user, perm)).exclude(sent_by=user)
        return rows

    def within(self, reach) -> Q:
        return Q(kept_by__in=reach.communities) | Q(committee__community__in=reach.communities)

    def waiting(self) -> Self:
        return self.filter(state=TransferState.SENT)


class Transfer(Record):
    """跨街道调动: an office in one subdistrict ends, one in another begins on the next day, and the record goes along.

    Nothing of it holds before the receiving side has accepted.
    """

    history_page = "transfer"
    changed_with = ""

    member = models.ForeignKey(Member, models.PROTECT, related_name="transfers", verbose_name=_("member"))
    kept_by = models.ForeignKey(
        Community, models.PROTECT, related_name="+", verbose_name=_("giving community"),
        help_text=_("It keeps the record when the transfer is sent."),
    )  # fmt: skip
    # In words as well: the receiving side does not see the office itself.
    office = models.ForeignKey(
        Appointment,
        models.SET_NULL,
        related_name="transfers",
        null=True,
        editable=False,
        verbose_name=_("present office"),
    )
    office_words = models.CharField(_("present office"), max_length=200)
    committee = models.ForeignKey(
        ResidentsCommittee, models.PROTECT, related_name="+", verbose_name=_("receiving committee")
    )
    group = models.ForeignKey(
        ResidentsGroup, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("receiving group")
    )
    position = models.CharField(_("position"), max_length=20, choices=Position)
    last_day = models.DateField(_("last day in the present office"))
    first_day = models.DateField(_("first day in the new office"))
    basis = models.CharField(_("basis document"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=TransferState, default=TransferState.SENT)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, editable=False,
        verbose_name=_("sent by"),
    )  # fmt: skip
    sent_at = models.DateTimeField(_("sent at"), editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, editable=False,
        verbose_name=_("ended by"), help_text=_("Who accepted, declined or withdrew it."),
    )  # fmt: skip
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer between subdistricts")
        verbose_name_plural = _("transfers between subdistricts")
        ordering = ["-sent_at", "-pk"]
        permissions = [
            ("send_transfer", "Can send a member to another subdistrict"),
            ("answer_transfer", "Can accept or decline a member sent by another subdistrict"),
        ]
        constraints = [
            models.UniqueConstraint(
                "member",
                condition=Q(state=TransferState.SENT),
                name="transfer_one_waiting_per_member",
                violation_error_message=_("A transfer of this person waits for an answer already."),
            ),
            models.CheckConstraint(name="transfer_days_in_order", condition=Q(first_day__gt=F("last_day"))),
            models.CheckConstraint(
                name="transfer_group_for_group_positions_only",
                condition=Q(group=None) ^ Q(position__in=GROUP_POSITIONS),
                violation_error_message=_("A group leader or member has a group; the others have none."),
            ),
            models.CheckConstraint(
                name="transfer_ended_unless_sent",
                condition=Q(state=TransferState.SENT, ended_at=None)
                | (~Q(state=TransferState.SENT) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="transfer_declined_with_a_reason",
                condition=~Q(state=TransferState.DECLINED) | ~Q(reason=""),
                violation_error_message=_("Say why it is declined."),
            ),
        ]

    def __str__(self):
        return f"{self.member.name} → {self.body_words}"

    def get_absolute_url(self):
        return reverse("transfer", args=[self.pk])

    @property
    def body(self) -> ResidentsGroup | ResidentsCommittee:
        """Where the person is to go."""
        return self.group or self.committee

    @property
    def body_words(self) -> str:
        """中山街道幸福社区第一居民小组, or the community alone for its committee."""
        community = self.committee.community
        return f"{community.subdistrict.name}{community.name}{self.group.name if self.group else ''}"

    @property
    def is_waiting(self) -> bool:
        return self.state == TransferState.SENT

    @property
    def meaning(self) -> str:
        """How the state concerns its reader, as components/badge.html has it."""
        return {
            TransferState.SENT: "others", TransferState.ACCEPTED: "done", TransferState.DECLINED: "wrong",
            TransferState.WITHDRAWN: "others",
        }[TransferState(self.state)]  # fmt: skip
