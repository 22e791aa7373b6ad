"""Payments: the batches sent to the bank, the bank's answers, and the stage of each line."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import AppendOnly, Frozen, Requires
from jygroups.lib.digests import SealField
from jygroups.lib.encryption import EncryptedField, EncryptedFileField, RowKeyField
from jygroups.lib.shown import exact
from registry.models import ScopedQuerySet
from subsidies.models.bank_templates import BankTemplate
from subsidies.models.sheets import IS_CLOSED, Sheet, SheetLine
from subsidies.models.signatures import signature

ALWAYS = "{row}.id IS NOT NULL"
# As SQL: a payment of a sheet pays lines of that sheet, each with its whole net.
WHOLE_LINE = (
    "EXISTS (SELECT 1 FROM subsidies_sheetline line JOIN subsidies_payment payment ON payment.sheet_id = line.sheet_id "
    "WHERE line.id = NEW.line_id AND payment.id = NEW.payment_id AND line.net = NEW.amount)"
)
# As SQL: an event is of an approved line with money, its source is the stage that the event before it led to, and it
# happens in the line's newest payment that is not withdrawn. A revoked event's source is where the line stands again. A
# withdrawn payment has no event but that each line returns to the stage from which it was sent.
FOLLOWS = (
    "EXISTS (SELECT 1 FROM subsidies_sheetline line JOIN subsidies_sheet sheet ON sheet.id = line.sheet_id "
    "WHERE line.id = NEW.line_id AND line.net > 0 AND " + IS_CLOSED.format(row="sheet") + ") "
    "AND NEW.source = COALESCE((SELECT before.stage FROM subsidies_payresult before "
    "WHERE before.line_id = NEW.line_id AND before.ordinal = NEW.ordinal - 1), "
    "CASE WHEN NEW.ordinal = 1 THEN 'to_pay' END) "
    "AND COALESCE(NEW.item_id, 0) = COALESCE((SELECT MAX(own.id) FROM subsidies_paymentitem own "
    "WHERE own.line_id = NEW.line_id AND (NEW.step = 'withdraw' OR NOT EXISTS "
    "(SELECT 1 FROM subsidies_withdrawal gone WHERE gone.payment_id = own.payment_id))), 0) "
    "AND (NEW.step <> 'revoke' OR EXISTS (SELECT 1 FROM subsidies_payresult revoked "
    "WHERE revoked.line_id = NEW.line_id AND revoked.answer_id = NEW.answer_id AND revoked.step <> 'revoke' "
    "AND revoked.source = NEW.stage AND revoked.stage = NEW.source)) "
    "AND (NEW.step <> 'withdraw' OR EXISTS (SELECT 1 FROM subsidies_payresult sent "
    "JOIN subsidies_paymentitem item ON item.id = sent.item_id "
    "JOIN subsidies_withdrawal gone ON gone.payment_id = item.payment_id "
    "WHERE sent.line_id = NEW.line_id AND sent.item_id = NEW.item_id AND sent.step = 'send' "
    "AND sent.source = NEW.stage))"
)
# As SQL: the bank has recorded nothing of the payment, not even what was revoked.
UNANSWERED = (
    "NOT EXISTS (SELECT 1 FROM subsidies_payresult event JOIN subsidies_paymentitem item ON item.id = event.item_id "
    "WHERE item.payment_id = NEW.payment_id AND event.step <> 'send')"
)


class PaymentQuerySet(ScopedQuerySet):
    scope_path = "sheet__subdistrict__communities"
    office_path = "sheet__subdistrict"

    def answered(self, *, is_answered: bool = True) -> Self:
        """Payments with a recorded result of the bank that was not revoked, or those without one."""
        steps = [PayStep.ARRIVE, PayStep.REFUSE, PayStep.BOUNCE]
        results = PayResult.objects.filter(item__payment=OuterRef("pk"), step__in=steps, answer__revoked_at=None)
        return self.filter(Exists(results) if is_answered else ~Exists(results))

    def undownloaded(self) -> Self:
        """Payments whose file was never downloaded and that the bank has not answered: it has not received them."""
        return self.valid().filter(exports=None).answered(is_answered=False)

    def valid(self) -> Self:
        """Those that are not withdrawn."""
        return self.filter(withdrawal=None)

    def with_retry(self) -> Self:
        """With `is_retry` of each, in the same query."""
        return self.annotate(is_retry=Exists(Payment.objects.earlier(OuterRef("sheet"), OuterRef("ordinal"))))

    def earlier(self, sheet: Any, ordinal: Any) -> Self:
        """Those of the sheet before this ordinal that are not withdrawn."""
        return self.valid().filter(sheet=sheet, ordinal__lt=ordinal)


class Payment(models.Model):
    """支付批次: people of a sheet who are paid in one go; each later one takes people who are still to be paid."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="payments", verbose_name=_("sheet"))
    ordinal = models.PositiveSmallIntegerField(_("batch"))
    lines = models.PositiveIntegerField(_("lines"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    by = signature(_("by"), editable=True)
    at = models.DateTimeField(_("at"))

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["sheet", "ordinal"]
        constraints = [
            models.UniqueConstraint("sheet", "ordinal", name="payment_ordinal_once"),
            AppendOnly(name="payment_append_only"),
        ]

    def __str__(self):
        return f"{self.sheet} · {self.ordinal}"

    @cached_property
    def is_retry(self) -> bool:
        """Whether an earlier payment of the sheet, which is not withdrawn, went before it; see with_retry()."""
        return self.ordinal > 1 and Payment.objects.earlier(self.sheet_id, self.ordinal).exists()

    def in_words(self) -> str:
        """Its number among the sheet's payments, its people and its yuan."""
        words = {"number": self.ordinal, "lines": self.lines, "amount": exact(self.amount)}
        if self.is_retry:
            return gettext("batch %(number)s, a retry: %(lines)s people, %(amount)s yuan") % words
        return gettext("batch %(number)s: %(lines)s people, %(amount)s yuan") % words


class Withdrawal(models.Model):
    """撤回: a payment that was never sent to the bank; its people are free for another payment."""

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="withdrawal", verbose_name=_("payment"))
    reason = models.CharField(_("reason"), max_length=200)
    by = signature(_("by"), editable=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("withdrawal of a payment")
        verbose_name_plural = _("withdrawals of payments")
        constraints = [
            Requires(name="withdrawal_of_what_was_not_answered", condition=UNANSWERED),
            AppendOnly(name="withdrawal_append_only"),
        ]

    def __str__(self):
        return str(self.payment)


class ItemQuerySet(ScopedQuerySet):
    scope_path = "line__community"
    office_path = "line__sheet__subdistrict"


class PaymentItem(models.Model):
    """One person of a payment, with the account that it goes to, which may be another than the line's."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="items", verbose_name=_("payment"))
    line = models.ForeignKey(SheetLine, models.PROTECT, related_name="payment_items", verbose_name=_("sheet line"))
    ordinal = models.PositiveIntegerField(_("ordinal"))
    name = models.CharField(pgettext_lazy("person", "name"), max_length=50)
    id_number = EncryptedField(_("ID number"))
    bank = models.CharField(_("bank"), max_length=100, blank=True)
    account = EncryptedField(_("bank account"))
    row_key = RowKeyField()
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    digest = SealField(max_length=64, editable=False, default="")  # keyed, over the content of the row

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("person of a payment")
        verbose_name_plural = _("people of a payment")
        ordering = ["payment", "ordinal"]
        constraints = [
            models.UniqueConstraint("payment", "line", name="payment_item_once_a_line"),
            models.CheckConstraint(name="payment_item_of_something", condition=Q(amount__gt=0)),
            Requires(name="payment_item_pays_the_whole_line", condition=WHOLE_LINE),
            Frozen(
                name="payment_item_frozen",
                closed=ALWAYS,
                open_columns=("id_number", "account"),  # new ciphertexts of the same values
                closes_itself=True,
            ),
        ]

    def __str__(self):
        return f"{self.name} {self.amount}"


class Export(models.Model):
    """导出记录: an exported file of a month, with its user, purpose and digest."""

    month = models.DateField(_("month"))
    sheet = models.ForeignKey(  # none: the whole city's
        Sheet, models.PROTECT, related_name="exports", null=True, blank=True, verbose_name=_("sheet")
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="exports", null=True, blank=True, verbose_name=_("payment")
    )
    template = models.ForeignKey(
        BankTemplate, models.PROTECT, related_name="exports", null=True, blank=True, verbose_name=_("bank template")
    )
    others = models.ForeignKey(  # where each bank has a file of its own
        BankTemplate,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("template of people at other banks"),
    )
    format = models.CharField(_("format"), max_length=10)
    name = models.CharField(_("file name"), max_length=200)
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    has_password = models.BooleanField(_("with a password"), default=False)
    lines = models.PositiveIntegerField(_("lines"))
    sha256 = models.CharField(_("digest"), max_length=64)
    by = signature(_("by"), editable=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]
        constraints = [AppendOnly(name="export_append_only")]

    def __str__(self):
        return self.name


class AnswerQuerySet(ScopedQuerySet):
    scope_path = "payment__sheet__subdistrict__communities"
    office_path = "payment__sheet__subdistrict"


class BankAnswer(models.Model):
    """银行回盘: a file with the bank's results of a payment; it is previewed first, then recorded once."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="answers", verbose_name=_("payment"))
    name = models.CharField(_("file name"), max_length=100)
    content = EncryptedFileField()
    row_key = RowKeyField()
    sha256 = models.CharField(_("digest"), max_length=64)
    columns = models.JSONField(_("columns"), default=dict)  # the meaning of each column
    by = signature(_("by"), editable=True)
    at = models.DateTimeField(_("at"))
    taken_at = models.DateTimeField(_("taken in at"), null=True, blank=True)
    taken_by = signature(_("by"), editable=True)
    paid = models.PositiveIntegerField(_("paid"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    bounced = models.PositiveIntegerField(_("sent back"), default=0)
    in_transit = models.PositiveIntegerField(_("still in transit"), default=0)
    left = models.PositiveIntegerField(_("rows not taken in"), default=0)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = signature(_("revoked by"), editable=True)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank's answer")
        verbose_name_plural = _("bank's answers")
        ordering = ["-id"]
        constraints = [
            Frozen(
                name="bank_answer_frozen_once_taken_in",
                closed="{row}.taken_at IS NOT NULL",
                open_columns=("content", "revoked_at", "revoked_by_id"),
                closes_itself=True,
            ),
            models.CheckConstraint(
                name="bank_answer_revoked_by_a_second_person",
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(taken_at__isnull=False, revoked_at__isnull=False, revoked_by__isnull=False)
                & ~Q(revoked_by=F("taken_by")),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("bank-answer", args=[self.pk])


class PayStage(models.TextChoices):
    """The stage of a line's money between the sheet and the person's account; the whole amount is in one stage."""

    TO_PAY = "to_pay", _("to be paid")
    IN_TRANSIT = "in_transit", _("in transit")
    ARRIVED = "arrived", _("arrived")
    REFUSED = "refused", _("refused by the bank")
    BOUNCED = "bounced", _("sent back by the bank")
    GIVEN_UP = "given_up", _("given up")


OPEN = (PayStage.TO_PAY, PayStage.REFUSED, PayStage.BOUNCED)  # what a payment may take, and what may be given up
# Where a payment ended without the money; the bank may report later that it was paid after all.
UNPAID = (PayStage.REFUSED, PayStage.BOUNCED, PayStage.GIVEN_UP)


class PayStep(models.TextChoices):
    """A step that moves the money of a line from one stage to another."""

    SEND = "send", _("handed to the bank")
    ARRIVE = "arrive", _("paid by the bank")
    REFUSE = "refuse", _("refused by the bank")
    BOUNCE = "bounce", _("sent back by the bank")
    GIVE_UP = "give_up", _("given up")
    REINSTATE = "reinstate", _("reinstated")
    REVOKE = "revoke", _("the bank's answer revoked")
    WITHDRAW = "withdraw", _("payment withdrawn before it was sent")


# Each step with the stages it leads from and to. A revoked event leads back to where it came from.
MOVES: tuple[tuple[PayStep, PayStage, PayStage], ...] = (
    *((PayStep.SEND, stage, PayStage.IN_TRANSIT) for stage in OPEN),
    *((PayStep.ARRIVE, stage, PayStage.ARRIVED) for stage in (PayStage.IN_TRANSIT, *UNPAID)),
    (PayStep.REFUSE, PayStage.IN_TRANSIT, PayStage.REFUSED),
    (PayStep.BOUNCE, PayStage.ARRIVED, PayStage.BOUNCED),
    *((PayStep.GIVE_UP, stage, PayStage.GIVEN_UP) for stage in OPEN),
    *((PayStep.REINSTATE, PayStage.GIVEN_UP, stage) for stage in OPEN),
    *((PayStep.REVOKE, PayStage.ARRIVED, stage) for stage in (PayStage.IN_TRANSIT, *UNPAID)),
    (PayStep.REVOKE, PayStage.REFUSED, PayStage.IN_TRANSIT),
    (PayStep.REVOKE, PayStage.BOUNCED, PayStage.ARRIVED),
    *((PayStep.WITHDRAW, PayStage.IN_TRANSIT, stage) for stage in OPEN),
)


def _is_a_move() -> Q:
    found = Q()
    for step, source, stage in MOVES:
        found |= Q(step=step, source=source, stage=stage)
    return found


class ResultQuerySet(ScopedQuerySet):
    scope_path = "line__community"
    office_path = "line__sheet__subdistrict"

    def newest(self) -> Self:
        """The newest event of each line."""
        return self.filter(
            ~Exists(PayResult.objects.filter(line=OuterRef("line"), ordinal__gt=OuterRef("ordinal")))
        )  # fmt: skip


class PayResult(models.Model):
    """发放结果: one step of a line's whole net from the sheet to the person's account, never changed (rules.md §5)."""

    line = models.ForeignKey(SheetLine, models.PROTECT, related_name="pay_results", verbose_name=_("sheet line"))
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))  # of the line's events, from 1
    step = models.CharField(_("step"), max_length=10, choices=PayStep)
    source = models.CharField(_("from"), max_length=10, choices=PayStage)
    stage = models.CharField(_("to"), max_length=10, choices=PayStage)
    item = models.ForeignKey(  # the line's newest payment that is not withdrawn; none where it is in no such payment
        PaymentItem,
        models.PROTECT,
        related_name="results",
        null=True,
        blank=True,
        verbose_name=_("person of a payment"),
    )
    answer = models.ForeignKey(
        BankAnswer, models.PROTECT, related_name="results", null=True, blank=True, verbose_name=_("bank's answer")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    day = models.DateField(_("day"))
    by = signature(_("by"), editable=True)
    at = models.DateTimeField(_("at"))
    digest = SealField(max_length=64, editable=False, default="")  # keyed, with that of the event before

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment result")
        verbose_name_plural = _("payment results")
        ordering = ["line", "ordinal"]
        constraints = [
            models.UniqueConstraint("line", "ordinal", name="pay_result_ordinal_once"),
            models.CheckConstraint(name="pay_result_is_a_move", condition=_is_a_move()),
            models.CheckConstraint(
                name="pay_result_of_a_payment",
                condition=Q(step__in=[PayStep.GIVE_UP, PayStep.REINSTATE]) | Q(item__isnull=False),
            ),
            Requires(name="pay_result_follows", condition=FOLLOWS),
            AppendOnly(name="pay_result_append_only"),
        ]

    def __str__(self):
        return f"{self.line} {self.get_step_display()}"


class ResultSeal(models.Model):
    """The payment events of an approved sheet: how many each line has, and a keyed seal over the newest of each."""

    sheet = models.OneToOneField(Sheet, models.PROTECT, related_name="result_seal", verbose_name=_("sheet"))
    counts = models.JSONField(default=dict)  # by key of the line
    seal = SealField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("seal of payment results")
        verbose_name_plural = _("seals of payment results")

    def __str__(self):
        return str(self.sheet)
