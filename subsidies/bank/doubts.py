"""Reasons to doubt that a file answers its payment: it may be old, or its rows may fit another payment better."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Case, IntegerField, Q, QuerySet, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from subsidies.bank import periods, reading
from subsidies.bank.matching import Match, People, Preview
from subsidies.bank.reading import Said
from subsidies.models import BankAnswer, Export, Payment, PaymentItem

RECENT = 40  # the newest payments of all subdistricts, with which rows that fit nobody are compared


def digest(rows: Iterable[Said]) -> str:
    """A digest of the rows' content, whatever their order and place: a file saved again has the same digest."""
    said = [(row.account and row.account.text, row.name, f"{row.amount}", row.says, row.reason) for row in rows]
    return hashlib.sha256(repr(sorted(map(repr, said))).encode()).hexdigest()


def taken(answer_filter: Q) -> QuerySet[BankAnswer]:
    """The answers of the filter that are recorded and not revoked, the newest first."""
    rows = BankAnswer.objects.filter(answer_filter, taken_at__isnull=False, revoked_at=None)
    return rows.select_related("taken_by", "payment__sheet").defer("content").order_by("-taken_at")


def taking(answer: BankAnswer) -> dict[str, object]:
    """The user and time at which an answer was recorded, with its month and batch."""
    return {
        "who": answer.taken_by or _("the system"),
        "when": date_format(timezone.localtime(answer.taken_at), "Y-m-d H:i"),
        "month": _month(answer.payment),
        "batch": answer.payment.ordinal,
    }


def of(answer: BankAnswer, file: reading.File, preview: Preview) -> list[str]:
    """The reasons why the file may be an old answer, or the answer to another payment.

    Months without changes may have identical files.
    """
    payment, found = answer.payment, []
    sheet = payment.sheet
    named = max(periods.months(file), default=None)
    if named and named < min(Month.of(sheet.month), Month.of(timezone.localdate(payment.at))):
        about = {"named": date_format(named.first_day, "YEAR_MONTH_FORMAT"), "month": _month(payment)}
        found.append(_("The newest month that the file names is %(named)s, and the payment is of %(month)s.") % about)
    identical = taken(Q(sha256=answer.sha256, payment__sheet__subdistrict=sheet.subdistrict_id))
    alike = taken(Q(columns__rows=preview.said, payment__sheet=sheet))  # saved again: other bytes
    own = identical.filter(payment=payment).first()
    if own and (since := [each.item.name for each in preview.disputed if _is_after(each, own)]):
        text = _(
            "The file is the very one that %(who)s took in at %(when)s. Of %(names)s something else was recorded after "
            "that: ask the bank what has happened since."
        )
        found.append(text % (taking(own) | {"names": _(", ").join(since)}))
    if before := identical.exclude(payment=payment).first():
        text = _(
            "The file is the very one that %(who)s took in at %(when)s as the answer to batch %(batch)s of %(month)s."
        )
        found.append(text % taking(before))
    elif before := alike.exclude(payment=payment).first():
        text = _(
            "The file says the same as the one that %(who)s took in at %(when)s as the answer to batch %(batch)s of "
            "%(month)s."
        )
        found.append(text % taking(before))
    return found


def never_sent(payment: Payment) -> list[str]:
    """A remark where the bank's file was never downloaded: it may have been sent otherwise, for example on paper."""
    if Export.objects.filter(payment=payment).exists():
        return []
    about = {"batch": payment.ordinal, "month": _month(payment)}
    text = _("The bank's file of batch %(batch)s of %(month)s was never downloaded: check that this answers it.")
    return [text % about]


def _is_after(match: Match, answer: BankAnswer) -> bool:
    """Whether the person's recorded outcome is newer than the recorded answer."""
    return bool(match.recorded and answer.taken_at and match.recorded.at > answer.taken_at)


def _month(payment: Payment) -> str:
    return date_format(payment.sheet.month, "YEAR_MONTH_FORMAT")


def compare(found: Preview, rows: Sequence[Said], payment: Payment) -> None:
    """Find the payment to which the rows that fit nobody here belong, first among payments of the same sheet.

    If most rows belong to another payment, that is a warning and nothing can be recorded; if another payment only fits
    better, it is a doubt.
    """
    left = [said for said, _why in found.unmatched]
    best = here = found.read - len(left)
    most = False
    explained: set[int] = set()
    for other, people in _others(payment):
        own = [place for place, said in enumerate(left) if not said.fault and people.find(said)[0]]
        for place in own:
            if place not in explained:
                explained.add(place)
                found.unmatched[place] = (left[place], _explained(left[place], people, other, payment))
        fits = sum(not said.fault and people.find(said)[0] is not None for said in rows) if own else 0
        if fits > best:
            best, most, found.other = fits, len(own) > here, other
    if found.other:
        found.is_elsewhere = most
        (found.warnings if most else found.doubts).append(_fits_better(found, found.other, payment, best))


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
    about = {"batch": other.ordinal, "area": other.sheet.subdistrict.name, "month": _month(other)}
    item, _why = people.find(said)
    if item and other.sheet_id == payment.sheet_id:
        about["name"] = item.name
        return _("this is %(name)s of batch %(batch)s; hand the file in as the answer to that batch") % about
    return _("the row fits the payment of %(area)s, %(month)s, batch %(batch)s") % about


def _fits_better(found: Preview, other: Payment, payment: Payment, count: int) -> str:
    about = {"area": other.sheet.subdistrict.name, "month": _month(other), "batch": other.ordinal}
    about |= {"count": count, "read": found.read}
    if other.sheet_id == payment.sheet_id:
        text = _("%(count)s of %(read)s rows of the file are of batch %(batch)s: hand it in as its answer.")
    else:
        text = _(
            "%(count)s of %(read)s rows of the file match the payment of %(area)s, %(month)s, batch %(batch)s: hand it "
            "in there."
        )
    return text % about
