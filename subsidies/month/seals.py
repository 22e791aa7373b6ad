"""Seals, which show that a closed sheet still has the content that was approved.

A line's digest is keyed (HMAC-SHA256) and covers the line's whole content as clear values, never as ciphertext, so
encryption keys may change. A sheet's seal covers its lines' digests in order, its totals, its Standard, its signers,
and the seal of the subdistrict's previous sheet. A payment event's digest covers the digest of the line's event
before it, and the sheet's ResultSeal the number of events of each line, so that a deleted one is missed.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.digests import keyed
from jygroups.lib.encryption import Unverified
from registry.models import Member, User
from subsidies import arrivals, engine
from subsidies.models import Outcome, PaymentItem, PayResult, ResultSeal, Sheet, SheetLine, State

# The fields of a line, except those covered under other names.
VALUES = (
    "member_id", "name", "id_number", "bank", "account", "position", "outcome", "deemed_start",
    "full_years", "facts",
)  # fmt: skip
UNCHAINED = gettext_lazy("it does not follow the sheet before it: one was taken out or put in")
STAMPS = ("created_at", "updated_at", "computed_at")  # no seal covers them
PAYEE = ("name", "id_number", "bank", "account")
AMOUNTS = ("rate", "increment", "gross", "adjustment", "net")


def _yuan(amount) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def content(line: SheetLine) -> dict[str, object]:
    """The line's whole content except its place on the sheet; its sheet, community and group are fetched too."""
    return {
        "subdistrict": line.sheet.subdistrict.code,
        "month": line.month,
        "community": line.community.code,
        "group": line.group.ordinal if line.group else None,
        **{name: getattr(line, name) for name in VALUES},
        **{name: _yuan(getattr(line, name)) for name in AMOUNTS},
    }


def line_digest(line: SheetLine) -> str:
    """The digest of the line's content."""
    return keyed(content(line))


def lines_digest(digests: Iterable[str]) -> str:
    """One digest for several lines in their order."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def item_digest(item: PaymentItem) -> str:
    """The digest of one person's row in a payment: person, account, amount and line."""
    values = {name: getattr(item, name) for name in ("payment_id", "line_id", "ordinal", *PAYEE)}
    return keyed({**values, "amount": _yuan(item.amount)})


def sheet_seal(sheet: Sheet, lines: Iterable[SheetLine]) -> str:
    """The seal over a sheet that is signed, with its lines in their order."""
    return keyed(
        {
            "subdistrict": sheet.subdistrict.code,
            "month": sheet.month,
            "standard": asdict(sheet.standard.rules()),
            "lines": [(line.ordinal, line.digest) for line in lines],
            "people": sheet.people,
            **{name: _yuan(getattr(sheet, name)) for name in ("gross", "adjustment", "net")},
            "signed": [sheet.submitted_by_id, sheet.endorsed_by_id, sheet.approved_by_id],
            "approved_at": sheet.approved_at.timestamp() if sheet.approved_at else None,
            "previous": sheet.previous_seal,
        }
    )


def seal(sheet: Sheet, lines: Iterable[SheetLine], actor: User) -> None:
    """Sign the sheet as approved and seal it with its lines, after the subdistrict's sheet before it; not saved.

    The seal of its payment events, of which there are none yet, is saved.
    """
    before = Sheet.objects.filter(subdistrict=sheet.subdistrict_id, month__lt=sheet.month).exclude(seal="")
    previous = before.order_by("-month").first()
    sheet.approved_by, sheet.approved_at = actor, timezone.now()
    sheet.previous_seal = previous.seal if previous else ""
    sheet.seal = sheet_seal(sheet, lines)
    ResultSeal.objects.create(sheet=sheet, seal=arrivals.result_seal(sheet.pk, {}, {}))


@dataclass(frozen=True)
class Broken:
    """One part of a closed sheet that does not match its seal."""

    sheet: Sheet
    line: SheetLine | None
    text: str

    def __str__(self):
        where = f"{self.sheet} · {self.line.ordinal} {self.line.name}" if self.line else str(self.sheet)
        return f"{where} · {self.text}"


def verify() -> Iterator[Broken]:
    """All faults found in the closed sheets, by subdistrict and month."""
    closed = Sheet.objects.filter(state__in=[State.APPROVED, State.PAID])
    sheets = closed.select_related("subdistrict", "standard").prefetch_related("standard__rates")
    previous: Sheet | None = None
    for sheet in sheets.order_by("subdistrict__code", "month"):
        if previous is None or previous.subdistrict_id != sheet.subdistrict_id:
            previous = None
        if sheet.previous_seal != (previous.seal if previous else ""):
            yield Broken(sheet, None, str(UNCHAINED))
        yield from verify_sheet(sheet)
        previous = sheet


def verify_sheet(sheet: Sheet) -> Iterator[Broken]:
    """The faults of one closed sheet: each line is checked by its digest and by a new decision, then the seal.

    Numbers and accounts in payments are verified too. A constant number of queries.
    """
    lines = list(sheet.lines.defer(*STAMPS).prefetch_related("community", "group").order_by("ordinal"))
    rules = sheet.standard.rules()
    for line in lines:
        line.sheet = sheet
        if words := unverified(line):
            yield Broken(sheet, line, words)
        elif not hmac.compare_digest(line.digest, line_digest(line)):
            yield Broken(sheet, line, _("the line is not as it was sealed"))
        elif words := _undecided(line, rules):
            yield Broken(sheet, line, words)
    if not hmac.compare_digest(sheet.seal, sheet_seal(sheet, lines)):
        yield Broken(sheet, None, _("its totals, its signatures or the set of its lines are not as sealed"))
    by_key = {line.pk: line for line in lines}
    items = PaymentItem.objects.filter(line__sheet=sheet).prefetch_related("payment__sheet")
    for item in items.order_by("pk"):
        words = unverified(item)
        if not words and not hmac.compare_digest(item.digest, item_digest(item)):
            words = _("the person is not as the payment was made")
        if words:
            text = _("payment %(batch)s: %(text)s") % {"batch": item.payment, "text": words}
            yield Broken(sheet, by_key[item.line_id], text)
    yield from _verify_events(sheet, by_key)


def _verify_events(sheet: Sheet, lines: Mapping[int, SheetLine]) -> Iterator[Broken]:
    """The payment events that were changed, deleted or added by other means than the application; two queries."""
    events: dict[int, list[PayResult]] = defaultdict(list)
    for event in PayResult.objects.filter(line__sheet=sheet).order_by("line", "ordinal"):
        events[event.line_id].append(event)
    sealed = ResultSeal.objects.filter(sheet=sheet).first()
    counts = sealed.counts if sealed else {}
    is_whole = True
    for key, line in lines.items():
        for text in _event_faults(events[key], counts.get(str(key), 0)):
            is_whole = False
            yield Broken(sheet, line, text)
    newest = {key: own[-1].digest for key, own in events.items() if own}
    if is_whole and not (sealed and hmac.compare_digest(sealed.seal, arrivals.result_seal(sheet.pk, counts, newest))):
        yield Broken(sheet, None, _("the seal of its payment events is not valid"))


def _event_faults(events: Iterable[PayResult], count: int) -> Iterator[str]:
    """The faults in one line's events, of which there should be as many as `count`."""
    previous, due = "", 1
    for event in events:
        for ordinal in range(due, event.ordinal):
            yield _("payment event %(ordinal)s is missing") % {"ordinal": ordinal}
        is_next = event.ordinal == due
        if is_next and not hmac.compare_digest(event.digest, arrivals.event_digest(event, previous)):
            words = {"ordinal": event.ordinal, "step": event.get_step_display(), "day": event.day}
            yield _("payment event %(ordinal)s (%(step)s, %(day)s) is not as it was recorded") % words
        previous, due = event.digest, event.ordinal + 1
    for ordinal in range(due, count + 1):
        yield _("payment event %(ordinal)s is missing") % {"ordinal": ordinal}
    for ordinal in range(count + 1, due):
        yield _("payment event %(ordinal)s was not recorded by the application") % {"ordinal": ordinal}


def unchained(sheet: Sheet) -> Iterator[Broken]:
    """The fault of a closed sheet whose stored previous seal differs from the previous sheet's; one query."""
    closed = Sheet.objects.filter(state__in=[State.APPROVED, State.PAID], subdistrict=sheet.subdistrict_id)
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
