"""Other payments that an answer may be about: rows that fit nobody of its own payment, or fit another one as well."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Case, IntegerField, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from subsidies.bank.named_dates import Named
from subsidies.bank.people import People
from subsidies.bank.reading import AnswerRow
from subsidies.models import Payment, PaymentItem, PayResult, PayStage, SheetLine
from subsidies.month import arrivals

RECENT = 40  # the newest payments of all subdistricts, with which rows that fit nobody are compared


@dataclass(frozen=True)
class Elsewhere:
    """The payment that the rows fit better, if any, and why single rows fit nobody here."""

    other: Payment | None = None
    is_most: bool = False  # most rows are of the other payment
    text: str = ""
    why: dict[int, str] = field(default_factory=dict)  # by place among the unmatched rows
    alike: str = ""  # why the rows may as well be the answer to another payment that is in transit


def compare(
    left: Sequence[AnswerRow],
    rows: Sequence[AnswerRow],
    payment: Payment,
    new: Sequence[AnswerRow],
    named: Collection[Named],
) -> Elsewhere:
    """Compare the rows, of which those left fit nobody, with other payments, first with those of the same sheet.

    `new` are the rows that would be recorded, and `named` the months that the file names. Decrypts the accounts of many
    people: not for use inside a lock.
    """
    best = here = len(rows) - len(left)
    most, better = False, None
    explained: dict[int, str] = {}
    for other, people in _others(payment) if left else ():
        own = [place for place, row in enumerate(left) if not row.fault and people.find(row)[0]]
        for place in own:
            if place not in explained:
                explained[place] = _explained(left[place], people, other, payment)
        fits = sum(not row.fault and people.find(row)[0] is not None for row in rows) if own else 0
        if fits > best:
            best, most, better = fits, len(own) > here, other
    text = _fits_better(len(rows), better, payment, best) if better else ""
    return Elsewhere(better, most, text, explained, "" if better else _alike(new, payment, named))


def _others(payment: Payment) -> Iterator[tuple[Payment, People]]:
    """The sheet's other payments, and the newest of all others, each with its people; two queries."""
    rows = Payment.objects.exclude(pk=payment.pk).select_related("sheet__subdistrict")
    is_other = Case(When(sheet=payment.sheet_id, then=0), default=1, output_field=IntegerField())
    others = list(rows.order_by(is_other, "-at", "-pk")[:RECENT])
    items: dict[int, list[PaymentItem]] = defaultdict(list)
    columns = ("payment", "name", "account", "row_key", "amount")
    for item in PaymentItem.objects.filter(payment__in=others).only(*columns).order_by("payment", "ordinal"):
        items[item.payment_id].append(item)
    return ((other, People(items[other.pk])) for other in others)


def _alike(new: Sequence[AnswerRow], payment: Payment, named: Collection[Named]) -> str:
    """Why the rows may answer another payment of the subdistrict as well; empty if they fit one in transit only.

    Months without changes have the same people and amounts: the month that the file names distinguishes them, or a day
    before the other payment was made.
    """
    if not new:
        return ""
    lines = arrivals.with_stage(SheetLine.objects.filter(sheet__subdistrict=payment.sheet.subdistrict_id))
    # By keys: in one query PostgreSQL compares each event with all others as long as it has no statistics of them.
    keys = list(lines.filter(stage=PayStage.IN_TRANSIT).order_by().values_list("pk", flat=True))
    in_transit = PayResult.objects.newest().filter(line__in=keys).values_list("item", flat=True)
    items = (
        PaymentItem.objects.filter(pk__in=list(in_transit)).exclude(payment=payment).select_related("payment__sheet")
    )
    people: dict[Payment, list[PaymentItem]] = defaultdict(list)
    for item in items.order_by("-payment__at", "-payment", "ordinal"):
        people[item.payment].append(item)
    months = {*named, *(month for row in new for month in row.months)}
    days = [day for row in new for day in row.days] or [row.printed for row in new if row.printed]
    for other, own in people.items():
        is_named = _names(months, payment) and not _names(months, other)
        is_earlier = bool(days) and min(days) < timezone.localdate(other.at)
        if not is_named and not is_earlier and _fit_all(new, People(own)):
            about = {"month": date_format(other.sheet.month, "YEAR_MONTH_FORMAT"), "batch": other.ordinal}
            text = _(
                "The file fits batch %(batch)s of %(month)s as well, which is in transit too: ask the bank which of "
                "the two it answers."
            )
            return text % about
    return ""


def _fit_all(rows: Sequence[AnswerRow], people: People) -> bool:
    return all(people.find(row)[0] for row in rows)


def _names(months: Collection[Named], payment: Payment) -> bool:
    return any(each.is_of(Month.of(payment.sheet.month)) for each in months)


def _explained(row: AnswerRow, people: People, other: Payment, payment: Payment) -> str:
    about = {
        "batch": other.ordinal,
        "area": other.sheet.subdistrict.name,
        "month": date_format(other.sheet.month, "YEAR_MONTH_FORMAT"),
    }
    item, _why = people.find(row)
    if item and other.sheet_id == payment.sheet_id:
        about["name"] = item.name
        return _("this is %(name)s of batch %(batch)s; hand the file in as the answer to that batch") % about
    return _("the row fits the payment of %(area)s, %(month)s, batch %(batch)s") % about


def _fits_better(read: int, other: Payment, payment: Payment, count: int) -> str:
    about = {
        "area": other.sheet.subdistrict.name,
        "month": date_format(other.sheet.month, "YEAR_MONTH_FORMAT"),
        "batch": other.ordinal,
    }
    about |= {"count": count, "read": read}
    if other.sheet_id == payment.sheet_id:
        text = _("%(count)s of %(read)s rows of the file are of batch %(batch)s: hand it in as its answer.")
    else:
        text = _(
            "%(count)s of %(read)s rows of the file match the payment of %(area)s, %(month)s, batch %(batch)s: hand it "
            "in there."
        )
    return text % about
