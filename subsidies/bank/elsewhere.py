"""The other payment to which rows of an answer belong that fit nobody of this one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Case, IntegerField, When
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from subsidies.bank.people import People
from subsidies.bank.reading import Said
from subsidies.models import Payment, PaymentItem

RECENT = 40  # the newest payments of all subdistricts, with which rows that fit nobody are compared


@dataclass(frozen=True)
class Elsewhere:
    """The payment that the rows fit better, if any, and why single rows fit nobody here."""

    other: Payment | None = None
    is_most: bool = False  # most rows are of the other payment
    text: str = ""
    why: dict[int, str] = field(default_factory=dict)  # by place among the unmatched rows


def compare(left: Sequence[Said], rows: Sequence[Said], payment: Payment) -> Elsewhere:
    """Compare the rows, of which those left fit nobody, with other payments, first with those of the same sheet.

    Decrypts the accounts of many people: not for use inside a lock.
    """
    best = here = len(rows) - len(left)
    most, better = False, None
    explained: dict[int, str] = {}
    for other, people in _others(payment) if left else ():
        own = [place for place, said in enumerate(left) if not said.fault and people.find(said)[0]]
        for place in own:
            if place not in explained:
                explained[place] = _explained(left[place], people, other, payment)
        fits = sum(not said.fault and people.find(said)[0] is not None for said in rows) if own else 0
        if fits > best:
            best, most, better = fits, len(own) > here, other
    text = _fits_better(len(rows), better, payment, best) if better else ""
    return Elsewhere(better, most, text, explained)


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


def _explained(said: Said, people: People, other: Payment, payment: Payment) -> str:
    about = {
        "batch": other.ordinal,
        "area": other.sheet.subdistrict.name,
        "month": date_format(other.sheet.month, "YEAR_MONTH_FORMAT"),
    }
    item, _why = people.find(said)
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
