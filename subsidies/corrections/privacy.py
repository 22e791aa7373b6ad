"""Money that is not settled keeps the data of people who left office; and how long vouchers are kept."""

from datetime import date
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from registry.models import ProvisionKey
from registry.people.members.privacy import OWNER
from registry.provisions.retention import Rule, declare, keeps
from subsidies.models import CLOSED_STATES, Correction, Hold, PayStage, SheetLine, Stage
from subsidies.month import arrivals

OPEN = [Stage.FINANCE, Stage.DECIDE, Stage.DEFERRED, Stage.OPEN]


@keeps(_("has money that did not arrive: to be paid, in transit, refused or sent back"))
def open_money() -> QuerySet:
    lines = arrivals.with_stage(SheetLine.objects.all())
    return lines.exclude(stage__in=[PayStage.ARRIVED, PayStage.GIVEN_UP]).annotate(owner=OWNER)


@keeps(_("stands on a sheet that is not approved yet"))
def drafts() -> QuerySet:
    return SheetLine.objects.exclude(sheet__state__in=CLOSED_STATES).annotate(owner=OWNER)


@keeps(_("has a correction or a debt that is not settled"))
def corrections() -> QuerySet:
    rows: Any = Correction.objects.with_settled()
    return rows.filter(stage__in=OPEN).annotate(owner=OWNER)


@keeps(_("a payment is on hold"))
def holds() -> QuerySet:
    return Hold.objects.filter(release="").annotate(owner=OWNER)


def vouchers(until: date) -> QuerySet[SheetLine]:
    """Closed lines of the years that ended by the day: the period begins with the year after."""
    closed = SheetLine.objects.filter(sheet__state__in=CLOSED_STATES, month__lt=date(until.year, 1, 1))
    return closed.annotate(since=F("month"))


declare(
    Rule(
        ProvisionKey.KEEP_ACCOUNTS,
        _("Sheets, payments, bank answers, corrections and debts: name, ID number and account as they were paid"),
        _("the day after the end of the year"),
        _("appraised and destroyed by the bureau with a register of destruction, never by itself"),
        vouchers,
    )
)
