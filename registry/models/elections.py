"""Re-elections (换届) in preparation: what is to become of each office of a community when a term begins."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib import names
from jygroups.lib.encryption import EncryptedField, RowKeyField
from registry.models.appointments import Appointment, Position
from registry.models.areas import Community, ScopedQuerySet
from registry.models.base import Blanked, Record
from registry.models.bodies import ResidentsGroup, Term
from registry.models.members import Member


class ElectionQuerySet(ScopedQuerySet):
    scope_path = "community"


class Election(Record):
    """换届: one community's passage into a term. A draft until it is carried out, in one act for all its bodies.

    An office held before ends the day before `first_day`; a person who stays takes it again on `first_day`.
    """

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="elections", verbose_name=_("community"), editable=False
    )
    term = models.ForeignKey(Term, models.PROTECT, related_name="elections", verbose_name=_("new term"), editable=False)
    first_day = models.DateField(
        _("day of taking office"),
        help_text=_("The old offices end the day before. Normally the first day of the new term."),
    )
    basis = models.CharField(
        _("basis document"),
        max_length=200,
        blank=True,
        help_text=_("Such as the announcement of the election's result; it is noted on every new appointment."),
    )
    prepared_at = models.DateTimeField(_("handed to the subdistrict at"), null=True, blank=True, editable=False)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, editable=False,
        verbose_name=_("handed to the subdistrict by"),
    )  # fmt: skip
    carried_out_at = models.DateTimeField(_("carried out at"), null=True, blank=True, editable=False)
    carried_out_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, editable=False,
        verbose_name=_("carried out by"),
    )  # fmt: skip

    objects = ElectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("re-election")
        verbose_name_plural = _("re-elections")
        ordering = ["term", "community__code"]
        constraints = [models.UniqueConstraint("community", "term", name="election_once_in_a_term")]

    def __str__(self):
        return f"{self.community} {self.term}"


class Outcome(models.TextChoices):
    """What becomes of somebody in a re-election."""

    STAY = "stay", _("re-elected")
    GO = "go", _("leaves")
    NEW = "new", _("newly elected")


class ElectionLineQuerySet(ScopedQuerySet):
    scope_path = "election__community"


class ElectionLine(Record):
    """One person in one body. An office without a line of its own stays as it is.

    Who is newly elected and not on the register yet stands here with name and ID number, and is put on the register
    when the re-election is carried out.
    """

    changed_with = "registry.change_election"
    blanked = (Blanked("keep_identity", {"name": "", "id_number": ""}, key="member_id"),)

    election = models.ForeignKey(Election, models.CASCADE, related_name="lines", verbose_name=_("re-election"))
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, related_name="+", null=True, blank=True, verbose_name=_("office held")
    )
    outcome = models.CharField(pgettext_lazy("re-election", "outcome"), max_length=4, choices=Outcome)
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("member")
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=names.LONGEST, blank=True)
    id_number = EncryptedField(_("ID number"), blank=True)
    row_key = RowKeyField()
    group = models.ForeignKey(
        ResidentsGroup, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("residents' group")
    )
    position = models.CharField(_("position"), max_length=20, choices=Position)
    acting = models.BooleanField(_("acting"), default=False)

    objects = ElectionLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("re-election of a person")
        verbose_name_plural = _("re-elections of persons")
        ordering = ["election", "pk"]
        constraints = [
            models.UniqueConstraint("election", "appointment", name="election_line_once_an_office"),
            models.CheckConstraint(
                name="election_line_new_without_office", condition=Q(appointment=None) ^ ~Q(outcome=Outcome.NEW)
            ),
            models.CheckConstraint(
                name="election_line_new_is_somebody",
                condition=~Q(outcome=Outcome.NEW) | Q(member__isnull=False) | ~Q(name=""),
            ),
        ]

    def __str__(self):
        return f"{self.election_id} {self.get_outcome_display()}"
