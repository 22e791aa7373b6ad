"""Corrections of closed months, their settlements, and payments on hold."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Round
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import Frozen
from jygroups.lib.months import Month
from jygroups.lib.shown import money, signed
from jygroups.lib.yuan import YuanField, YuanSum
from registry.models import Appointment, Community, EndReason, Member, Record, ScopedQuerySet, Stamped, Subdistrict
from subsidies.models.payments import PayResult, PayStage
from subsidies.models.sheets import IS_CLOSED, Sheet, SheetLine
from subsidies.models.signatures import signature
from subsidies.models.steps import CLOSED_STATES

ON_CLOSED_LINE = (
    "EXISTS (SELECT 1 FROM subsidies_sheetline line JOIN subsidies_sheet sheet ON sheet.id = line.sheet_id "
    "WHERE line.id = {row}.line_id AND " + IS_CLOSED.format(row="sheet") + ")"
)


NOTHING = Decimal(0)


class CorrectionState(models.TextChoices):
    PROPOSED = "proposed", _("to be decided")
    ACCEPTED = "accepted", _("accepted")
    DEFERRED = "deferred", _("deferred")
    WRITTEN_OFF = "written_off", _("written off")


class Stage(models.TextChoices):
    """The stage of a correction, as its lists show it."""

    DECIDE = "decide", _("to be decided")
    FINANCE = "finance", _("waiting for finance")
    OPEN = "open", _("accepted, not settled yet")
    DEFERRED = "deferred", _("deferred")
    WRITTEN_OFF = "written_off", _("written off")
    SETTLED = "settled", pgettext_lazy("correction", "settled")
    LAPSED = "lapsed", pgettext_lazy("correction", "lapsed: never arrived")  # also where a part was settled before


# Of a row with its sums and `no_month`: what is left of it is a debt.
DEBT = Q(state=CorrectionState.ACCEPTED, difference__lt=0, no_month=True, left__lt=0)


class CorrectionQuerySet(ScopedQuerySet):
    scope_path = "community"
    office_path = "subdistrict"

    def with_sums(self) -> Self:
        """Each with `settled`, signed yuan settled by closed sheets, `repaid`, yuan given back, and `lapsed`.

        Lapsed are the yuan of an accepted recovery that never arrived: given up since, and so not recovered.
        """
        found = [When(pk=key, then=Value(yuan)) for key, yuan in lapsed().items()]
        rows = self._with_paid_back().annotate(lapsed=Case(*found, default=Value(NOTHING), output_field=YuanField()))
        left = F("difference") - F("settled") + F("repaid") + F("lapsed")
        return rows.alias(left=Round(left, precision=2, output_field=YuanField()))

    def _with_paid_back(self) -> Self:
        closed = {"line__sheet__state__in": CLOSED_STATES}
        return self.annotate(settled=_own_sum("settlements", **closed), repaid=_own_sum("repayments"))

    def with_settled(self) -> Self:
        """Those `with_sums`, each with its `stage`."""
        stage = Case(
            When(~Q(asked=""), then=Value(Stage.FINANCE)),
            When(state=CorrectionState.PROPOSED, then=Value(Stage.DECIDE)),
            When(state=CorrectionState.DEFERRED, then=Value(Stage.DEFERRED)),
            When(state=CorrectionState.WRITTEN_OFF, then=Value(Stage.WRITTEN_OFF)),
            When(left=0, lapsed__gt=0, then=Value(Stage.LAPSED)),
            When(left=0, then=Value(Stage.SETTLED)),
            default=Value(Stage.OPEN),
            output_field=models.CharField(),
        )
        return self.with_sums().annotate(stage=stage)

    def with_unarrived(self) -> Self:
        """Each with `unarrived`: whether its month's money is in transit, refused or sent back now."""
        own = Q(line__member=OuterRef("member")) | Q(line__member__merged_into=OuterRef("member"))
        on_the_way = [PayStage.IN_TRANSIT, PayStage.REFUSED, PayStage.BOUNCED]
        results = PayResult.objects.newest().filter(own, line__month=OuterRef("month"), stage__in=on_the_way)
        return self.annotate(unarrived=Exists(results))

    def at(self, stage: str) -> Self:
        """The corrections at the stage."""
        return self.with_settled().filter(stage=stage)

    def with_debt(self) -> Self:
        """Those `with_settled`, each with `no_month` and `is_debt`."""
        return self.with_settled()._with_no_month().annotate(is_debt=DEBT)

    def debts(self) -> Self:
        """What people for whom no month will come still owe: `carried` is below zero (rules.md §5).

        That is what is left of an accepted recovery, also while its write-off is asked of finance: no sheet to come
        can recover it.
        """
        return self.with_sums()._with_no_month().filter(DEBT)

    def _with_no_month(self) -> Self:
        """Each with `no_month`, whether no month will come for the person.

        A month comes for a person with an office in office on or after the first day of the month that follows the
        newest closed one of the subdistrict, unless an office ended by death.
        """
        newest = Sheet.objects.filter(state__in=CLOSED_STATES).order_by()
        after = [
            When(subdistrict=subdistrict, then=Value(Month.of(month).next.first_day))
            for subdistrict, month in newest.values_list("subdistrict").annotate(newest=Max("month"))
        ]
        next_month = Case(*after, default=Value(date.min), output_field=models.DateField())
        offices = Appointment.objects.filter(member=OuterRef("member"))
        to_come = offices.filter(Q(last_day=None) | Q(last_day__gte=OuterRef("next_month")))
        rows = self.alias(next_month=next_month)
        return rows.annotate(no_month=~Exists(to_come) | Exists(offices.filter(end_reason=EndReason.DEATH)))


def _own_sum(relation: str, **conditions) -> Coalesce:
    """The yuan of related rows of each correction, in a subquery: two joins would multiply each other's rows."""
    model: Any = Correction._meta.get_field(relation).related_model
    rows = model.objects.filter(correction=OuterRef("pk"), **conditions)
    own = rows.order_by().values("correction").annotate(sum=YuanSum("amount")).values("sum")
    return Coalesce(Subquery(own, output_field=YuanField()), Value(NOTHING), output_field=YuanField())


class Correction(Record):
    """补发扣回: by how much a closed month was paid too little (positive) or too much (negative), in yuan."""

    changed_with = ""

    member = models.ForeignKey(Member, models.PROTECT, related_name="corrections", verbose_name=_("member"))
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="corrections", verbose_name=_("subdistrict")
    )
    community = models.ForeignKey(  # which answers for the month
        Community, models.PROTECT, related_name="corrections", verbose_name=_("community")
    )
    month = models.DateField(_("month corrected"))
    was = models.DecimalField(_("stands at"), max_digits=10, decimal_places=2)
    should_be = models.DecimalField(_("should be"), max_digits=10, decimal_places=2)
    waived = models.DecimalField(  # signed, of the difference's sign: given up or written off earlier, not asked again
        _("given up or written off before"), max_digits=10, decimal_places=2, default=Decimal(0)
    )
    difference = models.DecimalField(_("difference"), max_digits=10, decimal_places=2)
    given_up = models.DecimalField(  # of the month, when this was proposed
        _("given up before"), max_digits=10, decimal_places=2, default=Decimal(0)
    )
    facts = models.JSONField(_("what changed"), default=list, blank=True)  # of {what, who, when}
    state = models.CharField(_("state"), max_length=12, choices=CorrectionState, default=CorrectionState.PROPOSED)
    asked = models.CharField(  # what the clerk asks of finance; empty when nothing is
        _("asked of finance"), max_length=12, choices=CorrectionState, blank=True
    )
    decided_by = signature(_("decided by"), editable=True)
    document = models.CharField(_("document of the write-off"), max_length=100, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(_("reason of the decision"), max_length=500, blank=True)

    # Of a row that was asked for `with_sums`, `with_settled`, and `with_unarrived`.
    settled: Decimal
    repaid: Decimal
    lapsed: Decimal
    stage: str
    unarrived: bool = False
    no_month: bool  # asked for `with_debt`
    is_debt: bool

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["member", "month", "id"]
        constraints = [
            models.CheckConstraint(
                name="correction_difference_adds_up", condition=Q(difference=F("should_be") - F("was") - F("waived"))
            ),
            models.CheckConstraint(name="correction_of_something", condition=~Q(difference=0)),
            models.UniqueConstraint(
                "member", "month", name="correction_proposed_once", condition=Q(state=CorrectionState.PROPOSED)
            ),
        ]

    def __str__(self):
        return f"{self.member.name} {Month.of(self.month).in_words} {self.difference:+}"

    @property
    def carried(self) -> Decimal:
        """Signed yuan neither settled by closed sheets nor repaid nor lapsed; of a row asked for `with_sums`."""
        return self.difference - self.settled + self.repaid + self.lapsed

    @property
    def is_lost(self) -> bool:
        """Whether it is a recovery that no sheet to come can make; of a row that was asked for `with_debt`."""
        return self.no_month and self.difference < 0

    @property
    def owed(self) -> Decimal:
        """Yuan that the person still owes of it; of a row that was asked for `with_sums`."""
        return max(-self.carried, Decimal(0)) if self.state == CorrectionState.ACCEPTED else Decimal(0)

    @property
    def debt(self) -> Decimal:
        """Of `owed`, the yuan that no sheet to come can recover; of a row that was asked for `with_debt`."""
        return self.owed if self.is_debt else Decimal(0)

    @property
    def coming(self) -> Decimal:
        """Of `owed`, the yuan that sheets to come recover; of a row that was asked for `with_debt`."""
        return self.owed - self.debt

    @property
    def notes(self) -> list[str]:
        """What else to know about its amount; of a row that was asked for `with_unarrived`."""
        found = []
        if lapsed := getattr(self, "lapsed", NOTHING):
            text = gettext("%(yuan)s yuan of it never arrived and were given up since: they are not recovered")
            found.append(text % {"yuan": money(lapsed)})
        if self.waived:
            words = {"yuan": signed(self.waived)}
            found.append(gettext("%(yuan)s yuan given up or written off before, not asked for again") % words)
        if self.unarrived:
            found.append(gettext("the month's payment has not arrived yet"))
        return found

    @property
    def counts(self) -> Decimal:
        """Signed yuan by which it changes what its month stands at; of a row that was asked for `with_sums`."""
        match self.state:
            case CorrectionState.ACCEPTED:
                return self.difference + self.lapsed
            case CorrectionState.WRITTEN_OFF:
                return self.difference - self.carried
        return Decimal(0)

    def get_absolute_url(self):
        return reverse("correction", args=[self.pk])


class Settlement(Stamped):
    """A part of a correction that a line pays out (positive) or recovers (negative), in yuan."""

    correction = models.ForeignKey(Correction, models.PROTECT, related_name="settlements", verbose_name=_("correction"))
    line = models.ForeignKey(SheetLine, models.CASCADE, related_name="settlements", verbose_name=_("sheet line"))
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering = ["correction", "id"]
        constraints = [
            models.UniqueConstraint("correction", "line", name="settlement_once_a_line"),
            models.CheckConstraint(name="settlement_of_something", condition=~Q(amount=0)),
            Frozen(name="settlement_frozen_once_approved", closed=ON_CLOSED_LINE, open_columns=("updated_at",)),
        ]

    def __str__(self):
        return f"{self.correction} {self.amount:+}"


def given_up(results: models.QuerySet[PayResult]) -> Iterator[tuple[int, date, Decimal]]:
    """Of the newest events of lines given up: member, month, and the yuan of that month which never arrived.

    The net of a line is its own month's up to its gross, then that of the months for which it paid more.
    """
    person = Coalesce("line__member__merged_into", "line__member")
    lines = list(results.order_by("line").values_list("line", person, "line__month", "line__gross", "line__net"))
    settled: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    more = Settlement.objects.filter(line__in=results.order_by().values("line"), amount__gt=0)
    rows = more.order_by("correction__month", "correction")
    for key, month, amount in rows.values_list("line", "correction__month", "amount"):
        settled[key].append((month, amount))
    for key, member, own_month, gross, net in lines:
        left = net
        for month, most in [(own_month, gross), *settled[key]]:
            if part := min(left, most):
                left -= part
                yield member, month, part


def lapsed() -> dict[int, Decimal]:
    """By accepted recovery, the yuan of it that are not recovered: of its month, given up since it was proposed.

    What is settled or repaid by then stays so: it is owed back, and proposed as a correction of its own.
    """
    since: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for member, month, part in given_up(PayResult.objects.newest().filter(stage=PayStage.GIVEN_UP)):
        since[member, month] += part
    months = {month for _member, month in since}
    rows = Correction.objects.filter(state=CorrectionState.ACCEPTED, difference__lt=0, month__in=months).order_by("pk")
    found = {}
    for row in rows._with_paid_back().defer("facts"):
        left = row.settled - row.repaid - row.difference
        if (part := min(left, since[row.member_id, row.month] - row.given_up)) > 0:
            found[row.pk] = part
            since[row.member_id, row.month] -= part
    return found


class Release(models.TextChoices):
    """Whether the held months are paid when a hold is released."""

    PAY = "pay", _("what was held is paid")
    FORFEIT = "forfeit", _("what was held is not paid")


class HoldQuerySet(ScopedQuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        """The holds of the people whom the user sees; changed where the person holds or held an office."""
        rows = self.filter(Exists(Member.objects.visible_to(user).filter(pk=OuterRef("member"))))
        if not perm or user.reach(perm).is_sight:
            return rows
        return rows.filter(Exists(Appointment.objects.visible_to(user, perm).filter(member=OuterRef("member"))))

    def of(self, month: Month) -> Self:
        """The holds that include the month, released or not."""
        day = month.first_day
        return self.filter(Q(last_month=None) | Q(last_month__gte=day), first_month__lte=day)

    def unpaid(self) -> Self:
        """Holds whose months are not to be paid: those in force, and those released without payment."""
        return self.exclude(release=Release.PAY)


class Hold(Record):
    """暂停发放: months of one person, first and last inclusive, for which nothing is paid until it is released."""

    changed_with = "subsidies.hold_payment"

    member = models.ForeignKey(Member, models.PROTECT, related_name="holds", verbose_name=_("member"))
    first_month = models.DateField(_("first month"))
    last_month = models.DateField(_("last month"), null=True, blank=True, help_text=_("Empty: until it is released."))
    reason = models.CharField(_("reason"), max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    release = models.CharField(_("release"), max_length=8, choices=Release, blank=True)
    released_by = signature(_("released by"), editable=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    release_reason = models.CharField(_("reason of the release"), max_length=500, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-first_month", "member"]
        constraints = [
            models.CheckConstraint(
                name="hold_months_in_order",
                condition=Q(last_month=None) | Q(last_month__gte=F("first_month")),
                violation_error_message=_("The last month is before the first."),
            ),
            models.CheckConstraint(
                name="hold_by_first_days",
                condition=Q(first_month__day=1) & (Q(last_month=None) | Q(last_month__day=1)),
            ),
            models.CheckConstraint(
                name="hold_released_by_somebody",
                condition=Q(release="", released_by=None, released_at=None)
                | (~Q(release="") & Q(released_by__isnull=False, released_at__isnull=False, last_month__isnull=False)),
            ),
        ]

    def __str__(self):
        return f"{self.member.name} {Month.of(self.first_month).in_words}"

    def holds(self, month: date) -> bool:
        """Whether the hold includes the month, given by its first day."""
        return self.first_month <= month and (self.last_month is None or month <= self.last_month)
