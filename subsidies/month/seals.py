"""Seals, which show that a closed sheet still has the content that was approved.

A line's digest is keyed (HMAC-SHA256) and covers the line's whole content as clear values, never as ciphertext, so
encryption keys may change. A sheet's seal covers its lines' digests in order, its totals, its Standard, its signers,
and the seal of the subdistrict's previous sheet. A payment event's digest covers the digest of the line's event
before it, and the sheet's ResultSeal the number of events of each line, so that a deleted one is missed. Data of a
payment, its withdrawal and its answers that no digest covers is compared with these events.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.digests import keyed
from jygroups.lib.encryption import Unverified
from jygroups.lib.yuan import plain
from registry.models import AuditEntry, Member, User
from registry.records.seal_keys import fits
from subsidies import engine
from subsidies.models import (
    CLOSED_STATES,
    BankAnswer,
    Certificate,
    Outcome,
    Payment,
    PaymentItem,
    PayResult,
    PayStep,
    ResultSeal,
    Sheet,
    SheetLine,
)
from subsidies.month import arrivals, closing, seal_limits

# The fields of a line, except those covered under other names.
VALUES = (
    "member_id", "name", "id_number", "bank", "account", "position", "outcome", "deemed_start",
    "full_years", "facts",
)  # fmt: skip
UNCHAINED = gettext_lazy("it does not follow the sheet before it: one was taken out or put in")
STAMPS = ("created_at", "updated_at", "computed_at")  # no seal covers them
PAYEE = ("name", "id_number", "bank", "account")
NOW, MAKING = timedelta(0), timedelta(minutes=2)  # from an older payment to the events by which its people are sent


def content(line: SheetLine) -> dict[str, object]:
    """The line's whole content except its place on the sheet; its sheet, community and group are fetched too."""
    return {
        "subdistrict": line.sheet.subdistrict.code,
        "month": line.month,
        "community": line.community.code,
        "group": line.group.ordinal if line.group else None,
        **{name: getattr(line, name) for name in VALUES},
        **amounts(line),
    }


def amounts(line: SheetLine) -> dict[str, str | None]:
    """The line's amounts in yuan with two decimals."""
    return {name: plain(getattr(line, name)) for name in closing.AMOUNTS}


def line_digest(line: SheetLine) -> str:
    """The digest of the line's content."""
    return keyed(content(line))


def is_as_computed(line: SheetLine) -> bool:
    """Whether the line's content is that of its stored digest."""
    return fits(line.digest, content(line), seal_limits.lines(line.sheet))


def lines_digest(digests: Iterable[str]) -> str:
    """One digest for several lines in their order."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def certificate_digest(row: Certificate) -> str:
    """The digest of a certificate's content."""
    return keyed(_of_certificate(row))


def is_as_certified(row: Certificate, sheet: Sheet) -> bool:
    """Whether the content of the sheet's certificate is that of its stored digest."""
    return fits(row.digest, _of_certificate(row), seal_limits.lines(sheet))


def _of_certificate(row: Certificate) -> dict[str, object]:
    names = ("sheet_id", "lines", "method", "method_version", "lines_digest")
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return {**{name: getattr(row, name) for name in names}, "at": at, "gross": plain(row.gross)}


def item_digest(item: PaymentItem) -> str:
    """The digest of one person's row in a payment: person, account, amount and line."""
    return keyed(_of_item(item))


def _of_item(item: PaymentItem) -> dict[str, object]:
    values = {name: getattr(item, name) for name in ("payment_id", "line_id", "ordinal", *PAYEE)}
    return {**values, "amount": plain(item.amount)}


def changed_people(payment: int, items: Sequence[PaymentItem]) -> list[PaymentItem]:
    """Those of the payment's rows that are not as it was made, of all its rows."""
    until = seal_limits.payment(payment, (item.digest for item in sorted(items, key=lambda item: item.pk)))
    return [item for item in items if not fits(item.digest, _of_item(item), until)]


def sheet_seal(sheet: Sheet, lines: Iterable[SheetLine]) -> str:
    """The seal over a sheet that is signed, with its lines in their order."""
    return keyed(_of_sheet(sheet, lines))


def _of_sheet(sheet: Sheet, lines: Iterable[SheetLine]) -> dict[str, object]:
    return {
        "subdistrict": sheet.subdistrict.code,
        "month": sheet.month,
        "standard": closing.rules_content(sheet.standard.rules()),
        "lines": [(line.ordinal, line.digest) for line in lines],
        "people": sheet.people,
        **{name: plain(getattr(sheet, name)) for name in ("gross", "adjustment", "net")},
        "signed": [sheet.submitted_by_id, sheet.endorsed_by_id, sheet.approved_by_id],
        "approved_at": sheet.approved_at.timestamp() if sheet.approved_at else None,
        "previous": sheet.previous_seal,
    }


def seal(sheet: Sheet, lines: Sequence[SheetLine], actor: User) -> None:
    """Sign the sheet as approved and seal it with its lines, after the subdistrict's sheet before it; not saved.

    The seal of its payment events, of which there are none yet, and the audit entry of its closing are saved.
    """
    before = Sheet.objects.filter(subdistrict=sheet.subdistrict_id, month__lt=sheet.month).exclude(seal="")
    previous = before.order_by("-month").first()
    sheet.approved_by, sheet.approved_at = actor, clock.now()
    sheet.previous_seal = previous.seal if previous else ""
    sheet.seal = sheet_seal(sheet, lines)
    ResultSeal.objects.create(sheet=sheet, seal=arrivals.result_seal(sheet.pk, {}, {}))
    closing.record(sheet, lines, actor)


@dataclass(frozen=True)
class Broken:
    """One part of a closed sheet that does not match its seal; without a sheet, a closed one that is missing."""

    sheet: Sheet | None
    line: SheetLine | None
    text: str

    def __str__(self):
        if self.sheet is None:
            return self.text
        where = f"{self.sheet} · {self.line.ordinal} {self.line.name}" if self.line else str(self.sheet)
        return f"{where} · {self.text}"


def verify() -> Iterator[Broken]:
    """All faults found in the closed sheets, by subdistrict and month."""
    closed = Sheet.objects.filter(state__in=CLOSED_STATES)
    sheets = closed.select_related("subdistrict", "standard").prefetch_related("standard__rates")
    previous: Sheet | None = None
    closings = closing.entries()
    for entry in closing.without_sheet(closings):
        text = _("%(sheet)s was closed by audit entry %(entry)s, and is missing")
        yield Broken(None, None, text % {"sheet": entry.subject, "entry": entry.pk})
    for sheet in closing.reopened(closings):
        yield Broken(sheet, None, _("it was closed, and is not any more"))
    for sheet in sheets.order_by("subdistrict__code", "month"):
        if previous is None or previous.subdistrict_id != sheet.subdistrict_id:
            previous = None
        if sheet.previous_seal != (previous.seal if previous else ""):
            yield Broken(sheet, None, str(UNCHAINED))
        yield from verify_sheet(sheet, closings)
        previous = sheet


def verify_sheet(sheet: Sheet, closings: Mapping[int, Sequence[AuditEntry]] | None = None) -> Iterator[Broken]:
    """The faults of one closed sheet: each line is checked by its digest and by a new decision, then the seal.

    Numbers and accounts in payments are verified too, and the closing by its event and in the audit log, which are
    the `closings` by sheet. A constant number of queries.
    """
    lines = list(sheet.lines.defer(*STAMPS).prefetch_related("community", "group").order_by("ordinal"))
    rules = sheet.standard.rules()
    for line in lines:
        line.sheet = sheet
        if words := unverified(line):
            yield Broken(sheet, line, words)
        elif not is_as_computed(line):
            yield Broken(sheet, line, _("the line is not as it was sealed"))
        elif words := _undecided(line, rules):
            yield Broken(sheet, line, words)
    if not fits(sheet.seal, _of_sheet(sheet, lines), seal_limits.closed(sheet)):
        yield Broken(sheet, None, _("its totals, its signatures or the set of its lines are not as sealed"))
    yield from _verify_certificates(sheet, lines)
    found = closing.entries(sheet) if closings is None else closings
    if not any(unverified(line) for line in lines):  # their public form cannot be made
        for words in closing.faults(sheet, lines, found.get(sheet.pk, ())):
            yield Broken(sheet, None, words)
    by_key = {line.pk: line for line in lines}
    events: dict[int, list[PayResult]] = defaultdict(list)
    for event in PayResult.objects.filter(line__sheet=sheet).order_by("line", "ordinal"):
        events[event.line_id].append(event)
    yield from _verify_payments(sheet, by_key, events)
    yield from _verify_answers(sheet, events)
    yield from _verify_events(sheet, by_key, events)


def _verify_certificates(sheet: Sheet, lines: Sequence[SheetLine]) -> Iterator[Broken]:
    """Certificates that were changed since they were made, or of which none is of the lines; one query.

    A sheet closed before there were certificates has none.
    """
    rows = list(sheet.certificates.order_by("id"))
    if not all(is_as_certified(row, sheet) for row in rows):
        yield Broken(sheet, None, _("a certificate of the second method is not as it was made"))
    digest = lines_digest(line.digest for line in lines)
    if rows and all(row.lines_digest != digest for row in rows):
        yield Broken(sheet, None, _("no certificate of the second method stands for its lines"))


def _verify_payments(
    sheet: Sheet, lines: Mapping[int, SheetLine], events: Mapping[int, list[PayResult]]
) -> Iterator[Broken]:
    """The people of the sheet's payments, and the payments, that are not as they were made; four queries."""
    rows = PaymentItem.objects.filter(Q(line__sheet=sheet) | Q(payment__sheet=sheet)).order_by("pk")
    text = _("payment %(batch)s: %(text)s")
    people: dict[int, list[PaymentItem]] = defaultdict(list)
    sent: dict[int, PayResult] = {}  # by item
    returned: dict[int, PayResult] = {}
    for event in (event for own in events.values() for event in own):
        for step, found in ((PayStep.SEND, sent), (PayStep.WITHDRAW, returned)):
            if event.item_id and event.step == step:
                found.setdefault(event.item_id, event)
    for item in rows.prefetch_related("payment__sheet"):
        people[item.payment_id].append(item)
    changed = {item.pk for key, items in people.items() for item in changed_people(key, items)}
    for item in (item for items in people.values() for item in items):
        words = unverified(item)
        if not words and item.pk in changed:
            words = _("the person is not as the payment was made")
        elif item.line_id not in lines or item.payment.sheet_id != sheet.pk:
            words = _("%(name)s is of another sheet") % {"name": item.name}
        elif item.pk not in sent:
            words = _("there is no payment event by which the person was handed to the bank")
        if words:
            yield Broken(sheet, lines.get(item.line_id), text % {"batch": item.payment, "text": words})
    for payment in Payment.objects.filter(sheet=sheet).select_related("sheet", "withdrawal"):
        keys = [item.pk for item in people[payment.pk]]
        own = ([found[key] for key in keys if key in found] for found in (sent, returned))
        for words in _payment_faults(payment, len(keys), *own):
            yield Broken(sheet, None, text % {"batch": payment, "text": words})


def _payment_faults(
    payment: Payment, people: int, sent: Iterable[PayResult], returned: Sequence[PayResult]
) -> Iterator[str]:
    """Where a payment, or its withdrawal, says otherwise than the events by which its people were sent or returned."""
    if not people:
        yield _("nobody is in it")
    if any(event.by_id != payment.by_id or not _is_at_once(payment.at, event.at) for event in sent):
        yield _("it was not made when or by whom it says")
    gone = getattr(payment, "withdrawal", None)
    if gone and len(returned) < people:
        yield _("it is marked as withdrawn, but no payment event says so of all its people")
    elif returned and not gone:
        yield _("its people were returned, but it is not marked as withdrawn")
    elif gone and any((event.reason, event.by_id) != (gone.reason, gone.by_id) for event in returned):
        yield _("it was not withdrawn by whom or for the reason that it says")


def _is_at_once(made: datetime | None, sent: datetime | None) -> bool:
    """Whether a payment's people were sent as it was made; a time that cannot be read is None."""
    return bool(made and sent and NOW <= sent - made <= MAKING)


def _verify_answers(sheet: Sheet, events: Mapping[int, list[PayResult]]) -> Iterator[Broken]:
    """The bank's answers that are marked as revoked otherwise than by payment events; one query."""
    done: dict[int | None, set[int]] = defaultdict(set)
    undone: dict[int | None, set[int]] = defaultdict(set)
    for event in (event for own in events.values() for event in own):
        (undone if event.step == PayStep.REVOKE else done)[event.answer_id].add(event.line_id)
    for answer in BankAnswer.objects.filter(payment__sheet=sheet).only("name", "revoked_at").order_by("pk"):
        if undone[answer.pk] != (done[answer.pk] if answer.revoked_at else set()):
            text = (
                _("the bank's answer %(name)s is marked as revoked, but no payment events say so")
                if answer.revoked_at
                else _("the bank's answer %(name)s was revoked, but it is not marked so")
            )
            yield Broken(sheet, None, text % {"name": answer.name})


def _verify_events(
    sheet: Sheet, lines: Mapping[int, SheetLine], events: Mapping[int, list[PayResult]]
) -> Iterator[Broken]:
    """The payment events that were changed, deleted or added by other means than the application; one query."""
    counts, seal = arrivals.sealed(sheet)
    is_whole = True
    for key, line in lines.items():
        for text in arrivals.event_faults(events.get(key, ()), None if counts is None else counts.get(str(key), 0)):
            is_whole = False
            yield Broken(sheet, line, text)
    newest = {key: own[-1].digest for key, own in events.items() if own}
    if counts is None or is_whole and not arrivals.is_sealed(sheet, seal, counts, newest):
        yield Broken(sheet, None, _("the seal of its payment events is not valid"))


def unchained(sheet: Sheet) -> Iterator[Broken]:
    """The fault of a closed sheet whose stored previous seal differs from the previous sheet's; one query."""
    closed = Sheet.objects.filter(state__in=CLOSED_STATES, subdistrict=sheet.subdistrict_id)
    before = closed.filter(month__lt=sheet.month).order_by("-month").values_list("seal", flat=True).first()
    if sheet.previous_seal != (before or ""):
        yield Broken(sheet, None, str(UNCHAINED))


def unverified(row: SheetLine | PaymentItem | Member) -> str:
    """The numbers or accounts of the row that cannot be verified because something else than the application changed
    them; empty for none."""
    names = [
        str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        for name in ("id_number", "account")
        if isinstance(getattr(row, name), Unverified)
    ]
    return _("the stored %(values)s cannot be verified") % {"values": _(", ").join(names)} if names else ""


def _undecided(line: SheetLine, rules: engine.Standard) -> str:
    """Why the line does not follow from its facts and the Standard; empty when it does."""
    decision = engine.decide(engine.Life.from_data(line.facts["life"]), line.month, rules)
    match line.outcome:
        case Outcome.HELD:
            fits = decision.outcome is engine.Outcome.PAID and line.gross == 0
        case Outcome.SETTLED:
            fits = decision.outcome is engine.Outcome.NOT_IN_OFFICE and line.gross == 0
        case Outcome.UNPAID_POSITION:
            fits = decision.outcome in (Outcome.UNPAID_POSITION, Outcome.PAID) and decision.amount == line.gross == 0
        case _:
            fits = (line.outcome, line.gross) == (decision.outcome, decision.amount)
    return "" if fits else _("its facts decide otherwise: %(amount)s yuan") % {"amount": decision.amount}
