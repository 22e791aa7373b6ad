"""Repayments of debts 缴回, and the notices that ask for them 追缴通知书."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import AppendOnly, Requires
from registry.models import Community, Member, ScopedQuerySet
from subsidies.models.corrections import Correction
from subsidies.models.signatures import signature

# As SQL, in fen: what no sheet, a draft's included, has settled of a correction `{row}` and nobody has repaid.
LEFT = (
    "ROUND(-100 * {row}.difference) "
    "+ COALESCE((SELECT ROUND(100 * SUM(part.amount)) FROM subsidies_settlement part "
    "WHERE part.correction_id = {row}.id), 0) "
    "- COALESCE((SELECT ROUND(100 * SUM(other.amount)) FROM subsidies_repayment other "
    "WHERE other.correction_id = {row}.id), 0)"
)
# An accepted recovery is repaid up to what is left of it. A reversal is the counter-entry of one repayment, by another
# user.
OWED = (
    f"ROUND(NEW.amount * 100) <= (SELECT {LEFT.format(row='owed')} "
    "FROM subsidies_correction owed WHERE owed.id = NEW.correction_id AND owed.state = 'accepted')"
)
GIVEN_UP = (
    "JOIN registry_member person ON person.id = line.member_id "
    "WHERE COALESCE(person.merged_into_id, person.id) = owed.member_id "
    "AND 'given_up' = (SELECT event.stage FROM subsidies_payresult event WHERE event.line_id = line.id "
    "ORDER BY event.ordinal DESC LIMIT 1)"
)
# Of a line given up, the yuan that are left of its net for the settlement `more`, in the order of `given_up`.
REST = (
    "line.net - line.gross - COALESCE((SELECT SUM(before.amount) FROM subsidies_settlement before "
    "JOIN subsidies_correction first ON first.id = before.correction_id WHERE before.line_id = line.id "
    "AND before.amount > 0 AND (first.month < about.month OR first.month = about.month AND first.id < about.id)), 0)"
)
# The accepted recoveries of one person and month are repaid up to what is left of them less what lapsed: what was
# given up of the month, by its own lines and by those that paid more for it, since the recovery was proposed.
UNLAPSED = (
    "ROUND(NEW.amount * 100) <= (SELECT "
    f"(SELECT SUM({LEFT.format(row='debt')}) FROM subsidies_correction debt WHERE debt.member_id = owed.member_id "
    "AND debt.month = owed.month AND debt.state = 'accepted' AND debt.difference < 0) "
    "- COALESCE((SELECT SUM(ROUND(100 * CASE WHEN line.net < line.gross THEN line.net ELSE line.gross END)) "
    f"FROM subsidies_sheetline line {GIVEN_UP} AND line.month = owed.month), 0) "
    f"- COALESCE((SELECT SUM(ROUND(100 * CASE WHEN {REST} <= 0 THEN 0 WHEN {REST} < more.amount THEN {REST} "
    "ELSE more.amount END)) FROM subsidies_settlement more JOIN subsidies_sheetline line ON line.id = more.line_id "
    "JOIN subsidies_correction about ON about.id = more.correction_id "
    f"{GIVEN_UP} AND more.amount > 0 AND about.month = owed.month), 0) "
    "+ ROUND(100 * owed.given_up) FROM subsidies_correction owed WHERE owed.id = NEW.correction_id)"
)
REVERSED = (
    "EXISTS (SELECT 1 FROM subsidies_repayment before WHERE before.id = NEW.reverses_id AND before.reverses_id IS NULL "
    "AND before.correction_id = NEW.correction_id AND before.amount = -NEW.amount AND before.by_id <> NEW.by_id)"
)


class RepaymentMethod(models.TextChoices):
    BANK = "bank", _("bank transfer")
    CASH = "cash", _("cash")
    DEDUCTION = "deduction", _("deducted elsewhere")


class RepaymentQuerySet(ScopedQuerySet):
    scope_path = "correction__community"
    office_path = "correction__subdistrict"


class Repayment(models.Model):
    """缴回: yuan repaid by the person, the heirs or the employer; negative if it reverses an entry."""

    correction = models.ForeignKey(Correction, models.PROTECT, related_name="repayments", verbose_name=_("correction"))
    day = models.DateField(_("day"))
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    method = models.CharField(_("method"), max_length=10, choices=RepaymentMethod)
    voucher = models.CharField(_("voucher number"), max_length=50)
    note = models.CharField(_("note"), max_length=200, blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, related_name="reversal", null=True, blank=True, verbose_name=_("reverses")
    )
    by = signature(_("by"), editable=True)
    at = models.DateTimeField(_("at"))

    objects = RepaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("repayment")
        verbose_name_plural = _("repayments")
        ordering = ["day", "id"]
        constraints = [
            models.CheckConstraint(
                name="repayment_of_something",
                condition=Q(amount__gt=0, reverses=None) | Q(amount__lt=0, reverses__isnull=False),
            ),
            Requires(
                name="repayment_of_what_is_owed",
                condition=f"CASE WHEN NEW.reverses_id IS NULL THEN {OWED} ELSE {REVERSED} END",
            ),
            Requires(name="repayment_of_what_has_not_lapsed", condition=f"NEW.reverses_id IS NOT NULL OR {UNLAPSED}"),
            AppendOnly(name="repayment_append_only"),
        ]

    def __str__(self):
        return f"{self.correction} {self.amount:+}"


class NoticeQuerySet(ScopedQuerySet):
    scope_path = "community"


class DebtNotice(models.Model):
    """追缴通知书: a printed notice by which a subdistrict asks a person to repay, as it was issued."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="debt_notices", verbose_name=_("member"))
    community = models.ForeignKey(  # which answered for the newest of the months
        Community, models.PROTECT, related_name="debt_notices", verbose_name=_("community")
    )
    number = models.CharField(_("number"), max_length=50, unique=True)
    day = models.DateField(_("issued on"))
    pay_by = models.DateField(_("to be paid by"), help_text=_("The last day, inclusive."))
    account = models.CharField(_("where to pay"), max_length=200)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    months = models.JSONField(_("months"))  # of {month, was, should_be, over, owed, reasons}, as they were at its issue
    # What else is printed, as it was at its issue: {addressee, name, id_end, community, office, basis, contact, phone,
    # still_due}. Empty for notices of before, which are printed in their own words.
    letter = models.JSONField(_("letter"), default=dict, blank=True)
    by = signature(_("by"), editable=True)
    at = models.DateTimeField(_("at"))

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("debt notice")
        verbose_name_plural = _("debt notices")
        ordering = ["-day", "-id"]
        constraints = [
            models.CheckConstraint(
                name="debt_notice_gives_time",
                condition=Q(pay_by__gt=F("day")),
                violation_error_message=_("The last day to pay is after the day of issue."),
            ),
            models.CheckConstraint(name="debt_notice_of_something", condition=Q(amount__gt=0)),
            AppendOnly(name="debt_notice_append_only"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("debt-notice", args=[self.pk])
