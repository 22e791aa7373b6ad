"""Public notices: the place and days of a community's posted list of a month, and residents' objections."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib.constraints import Frozen
from jygroups.lib.digests import SealField
from jygroups.lib.encryption import EncryptedField, RowKeyField
from jygroups.lib.months import Month
from registry.models import Blanked, Community, Member, Record, ScopedQuerySet, StoredFile
from subsidies.models.sheets import Sheet
from subsidies.models.signatures import signature

CLOSED = "{row}.closed_on IS NOT NULL"
OF_CLOSED_NOTICE = "EXISTS (SELECT 1 FROM subsidies_notice notice WHERE notice.id = {row}.notice_id AND " + (
    CLOSED.format(row="notice") + ")"
)


class NoticeResult(models.TextChoices):
    """How a notice ended."""

    NO_OBJECTION = "no_objection", _("no objections")
    ANSWERED = "answered", _("objections answered")
    CORRECTED = "corrected", _("list corrected")
    UPHELD = "upheld", _("objections upheld, to be corrected in a later month")


class NoticeQuerySet(ScopedQuerySet):
    scope_path = "community"


class Notice(Record):
    """公示: one community's list of a month, posted where residents see it, until it is closed with its result."""

    changed_with = "subsidies.post_notice"

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="notices", verbose_name=_("sheet"))
    community = models.ForeignKey(Community, models.PROTECT, related_name="notices", verbose_name=_("community"))
    digest = SealField(max_length=64, editable=False)  # keyed, of the list as it was posted
    place = models.CharField(_("place where it hangs"), max_length=100)
    posted_on = models.DateField(_("posted on"))
    until = models.DateField(_("posted until"), help_text=_("The last day on which it hangs."))
    posted_by = signature(_("posted by"))
    result = models.CharField(_("result"), max_length=20, choices=NoticeResult, blank=True, editable=False)
    closed_by = signature(_("closed by"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)

    # Counted by month/notice_states.py: those received, and those that wait for an answer.
    all_objections: int
    open_objections: int

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["sheet", "community__code", "id"]
        constraints = [
            models.UniqueConstraint(
                "sheet",
                "community",
                "digest",
                name="notice_open_once_of_a_list",
                condition=Q(closed_on=None),
                violation_error_message=_("This list is posted already."),
            ),
            models.CheckConstraint(
                name="notice_days_in_order",
                condition=Q(until__gte=F("posted_on")),
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                name="notice_closed_with_its_result",
                condition=Q(closed_on=None, closed_by=None, result="")
                | (Q(closed_on__gt=F("until"), closed_by__isnull=False) & ~Q(result="")),
            ),
            Frozen(name="notice_frozen_once_closed", closed=CLOSED, closes_itself=True),
        ]

    def __str__(self):
        return f"{self.community.name} {Month.of(self.sheet.month).in_words}"

    def get_absolute_url(self):
        return reverse("notice", args=[self.pk])

    @property
    def is_closed(self) -> bool:
        return self.closed_on is not None

    @property
    def days(self) -> int:
        """The number of days of the posting, the first and the last included."""
        return (self.until - self.posted_on).days + 1


class Channel(models.TextChoices):
    """The way in which an objection was received."""

    IN_PERSON = "in_person", _("in person")
    PHONE = "phone", _("by phone")
    LETTER = "letter", _("by letter")
    OTHER = "other", pgettext_lazy("way in which an objection came", "otherwise")


class ObjectionOutcome(models.TextChoices):
    UPHELD = "upheld", _("upheld")
    NOT_UPHELD = "not_upheld", _("not upheld")


class ObjectionQuerySet(ScopedQuerySet):
    scope_path = "notice__community"

    def open(self):
        """Objections without an answer."""
        return self.filter(answered_on=None)


class Objection(Record):
    """异议: a resident's objection to a posted list, and the answer."""

    changed_with = "subsidies.post_notice"
    blanked = (Blanked("keep_objector", {"objector": "", "contact": ""}),)

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="objections", verbose_name=_("notice"))
    received_on = models.DateField(_("received on"))
    channel = models.CharField(_("how it came"), max_length=10, choices=Channel, default=Channel.IN_PERSON)
    # Only the community and its subdistrict see the objector.
    objector = EncryptedField(_("who objects"), blank=True)
    contact = EncryptedField(_("how to reach them"), blank=True)
    row_key = RowKeyField()
    member = models.ForeignKey(
        Member,
        models.PROTECT,
        related_name="objections",
        null=True,
        blank=True,
        verbose_name=_("about whom"),
    )
    text = models.CharField(_("objection"), max_length=1000)
    received_by = signature(_("recorded by"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=ObjectionOutcome, blank=True)
    answer = models.CharField(_("answer"), max_length=1000, blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    answered_by = signature(_("answered by"))

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["notice", "id"]
        constraints = [
            models.CheckConstraint(
                name="objection_answered_as_a_whole",
                condition=Q(answered_on=None, answered_by=None, answer="", outcome="")
                | (Q(answered_on__gte=F("received_on"), answered_by__isnull=False) & ~Q(answer="") & ~Q(outcome="")),
            ),
            Frozen(
                name="objection_frozen_once_closed",
                closed=OF_CLOSED_NOTICE,
                # New ciphertexts of the same values, or erased ones.
                open_columns=("objector", "contact", "version", "updated_at"),
            ),
        ]

    def __str__(self):
        return f"{self.notice} {self.received_on}"

    def get_absolute_url(self):
        return f"{self.notice.get_absolute_url()}#objection-{self.pk}"


class PhotoQuerySet(ScopedQuerySet):
    scope_path = "notice__community"


class NoticePhoto(StoredFile):
    """A photo of the board with the list on it."""

    changed_with = "subsidies.post_notice"

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="photos", verbose_name=_("notice"))

    objects = PhotoQuerySet.as_manager()

    class Meta(StoredFile.Meta):
        abstract = False
        verbose_name = _("photo of a notice")
        verbose_name_plural = _("photos of notices")
        ordering = ["id"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("notice-photo", args=[self.pk])

    @property
    def removal_url(self) -> str:
        return reverse("notice-photo-remove", args=[self.pk])
