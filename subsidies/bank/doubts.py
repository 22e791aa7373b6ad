"""Reasons to doubt that a file answers its payment: it may be old, or its rows may fit another payment better."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.months import Month
from subsidies.bank import payments, periods
from subsidies.bank.matching import Match, Preview
from subsidies.bank.named_dates import Named
from subsidies.bank.reading import AnswerRow
from subsidies.models import BankAnswer, Export, Payment

MOST_NAMED = 5  # rows, in words


def why_no_answer(payment: Payment) -> str:
    """Why no answer of the bank to the payment is recorded, and what to do if it paid all the same; else empty."""
    if not (reason := payments.why_void(payment)):
        return ""
    lines = payment.items.values("line")
    later = Payment.objects.valid().filter(sheet=payment.sheet_id, ordinal__gt=payment.ordinal, items__line__in=lines)
    if batches := [f"{each}" for each in later.order_by("ordinal").values_list("ordinal", flat=True).distinct()]:
        text = _(
            "If the bank has paid by it all the same: keep the file of batch %(later)s back, or stop it at the bank at "
            "once, as the same people would be paid twice, and record this answer with that batch."
        )
        return f"{reason} {text % {'later': _(', ').join(batches)}}"
    text = _(
        "If the bank has paid by it all the same: make a payment of the same people again, do not hand its file to the "
        "bank, and record this answer with that batch."
    )
    return f"{reason} {text}"


def digest(rows: Iterable[AnswerRow]) -> str:
    """A digest of the rows' content, whatever their order and place: a file saved again has the same digest."""
    values = [(row.account and row.account.text, row.name, f"{row.amount}", row.outcome, row.reason) for row in rows]
    return hashlib.sha256(repr(sorted(map(repr, values))).encode()).hexdigest()


def taken(answer_filter: Q) -> QuerySet[BankAnswer]:
    """The answers of the filter that are recorded and not revoked, the newest first."""
    rows = BankAnswer.objects.filter(answer_filter, taken_at__isnull=False, revoked_at=None)
    return rows.select_related("taken_by", "payment__sheet").defer("content").order_by("-taken_at")


def taking(answer: BankAnswer) -> dict[str, object]:
    """The user and time at which an answer was recorded, with its month and batch."""
    return {
        "who": answer.taken_by or _("the command"),
        "when": date_format(timezone.localtime(answer.taken_at), "Y-m-d H:i"),
        "month": month_of(answer.payment),
        "batch": answer.payment.ordinal,
    }


def of(answer: BankAnswer, named: Collection[Named], rows: Sequence[AnswerRow], preview: Preview) -> list[str]:
    """The reasons why the file may be an old answer, or the answer to another payment.

    `named` are the months that the file names. Months without changes may have identical files.
    """
    payment, sheet = answer.payment, answer.payment.sheet
    found = [*_of_months(payment, named, rows), *_of_days(payment, rows)]
    same_subdistrict = Q(payment__sheet__subdistrict=sheet.subdistrict_id)
    identical = taken(Q(sha256=answer.sha256) & same_subdistrict)
    # Saved again: other bytes. The rows of a later month may be the same, if the file shows that it is of that month.
    is_of_payment = _is_of_payment(payment, named, rows)
    alike = taken(
        Q(columns__rows=preview.rows_digest) & (Q(payment__sheet=sheet) if is_of_payment else same_subdistrict)
    )
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
            "The file has the same content as the one that %(who)s took in at %(when)s as the answer to batch "
            "%(batch)s of %(month)s."
        )
        found.append(text % taking(before))
    return found


def _of_months(payment: Payment, named: Collection[Named], rows: Sequence[AnswerRow]) -> Iterator[str]:
    """Months that the file names, all of them before both the payment's month and the month in which it was made."""
    first = min(Month.of(payment.sheet.month), Month.of(timezone.localdate(payment.at)))
    about = {"month": month_of(payment)}
    if named and all(_is_before(each, first) for each in named):
        about["named"] = periods.in_words(max(named, key=lambda each: (each.year or first.year, each.month)))
        yield _("The newest month that the file names is %(named)s, and the payment is of %(month)s.") % about
    if odd := [row for row in rows if row.months and all(_is_before(each, first) for each in row.months)]:
        about |= {"count": f"{len(odd)}", "rows": _rows(odd, lambda row: periods.in_words(row.months[0]))}
        yield _("%(count)s rows are of earlier months (%(rows)s), and the payment is of %(month)s.") % about


def _is_before(named: Named, month: Month) -> bool:
    return (named.year or month.year, named.month) < (month.year, month.number)


def _of_days(payment: Payment, rows: Sequence[AnswerRow]) -> Iterator[str]:
    """Days before the payment was made, or after today, and cells that name no day for certain."""
    made, today = timezone.localdate(payment.at), clock.today()
    text = _("%(count)s rows have a day before %(made)s, when the payment was made (%(rows)s).")
    if early := [row for row in rows if row.days and min(row.days) < made]:
        yield text % {"count": len(early), "made": made, "rows": _rows(early, lambda row: f"{min(row.days)}")}
    if late := [row for row in rows if row.days and max(row.days) > today]:
        text = _("%(count)s rows have a day that is still to come (%(rows)s).")
        yield text % {"count": len(late), "rows": _rows(late, lambda row: f"{max(row.days)}")}
    if unclear := [row for row in rows if row.unclear]:
        text = _("%(count)s rows have a day that cannot be read for certain (%(rows)s): is it %(made)s or later?")
        shown = _rows(unclear, lambda row: _(", ").join(row.unclear))
        yield text % {"count": len(unclear), "made": made, "rows": shown}
    printed = max((row.printed for row in rows if row.printed), default=None)
    if printed and printed < made and not any(row.days for row in rows):
        text = _("The newest day that the file names is %(day)s, and the payment was made on %(made)s.")
        yield text % {"day": printed, "made": made}
    if printed and printed > today:
        yield _("The file names the day %(day)s, which is still to come.") % {"day": printed}


def _rows(rows: Sequence[AnswerRow], shown: Callable[[AnswerRow], str]) -> str:
    """The first of the rows, each with its place, name and day or month."""
    text = _("%(where)s %(name)s: %(day)s")
    named = [text % {"where": row.where, "name": row.name, "day": shown(row)} for row in rows[:MOST_NAMED]]
    return _("; ").join([*named, *(["…"] if len(rows) > MOST_NAMED else [])])


def _is_of_payment(payment: Payment, named: Collection[Named], rows: Sequence[AnswerRow]) -> bool:
    """Whether the file shows that it answers this payment: it names its month, or the days of its rows since then.

    The day on which it was printed shows nothing: an old answer may be printed again.
    """
    month, made = Month.of(payment.sheet.month), timezone.localdate(payment.at)
    is_since = bool(rows) and all(row.days and min(row.days) >= made for row in rows)
    return is_since or any(each.is_of(month) for each in [*named, *(each for row in rows for each in row.months)])


def never_sent(payment: Payment) -> list[str]:
    """A remark where the bank's file was never downloaded: it may have been sent otherwise, for example on paper."""
    if Export.objects.filter(payment=payment).exists():
        return []
    about = {"batch": payment.ordinal, "month": month_of(payment)}
    text = _("The bank's file of batch %(batch)s of %(month)s was never downloaded: check that this answers it.")
    return [text % about]


def _is_after(match: Match, answer: BankAnswer) -> bool:
    """Whether the person's recorded outcome is newer than the recorded answer."""
    return bool(match.recorded and answer.taken_at and match.recorded.at > answer.taken_at)


def month_of(payment: Payment) -> str:
    """The payment's month in words."""
    return date_format(payment.sheet.month, "YEAR_MONTH_FORMAT")
