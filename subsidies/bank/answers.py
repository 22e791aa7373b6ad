"""What the bank answered: taken in whole or not at all, each person's result once; and what is given up."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.names import normalised
from registry.models import User
from registry.services import versions
from subsidies.bank import arrivals, reading
from subsidies.bank.arrivals import Move
from subsidies.bank.reading import Said
from subsidies.models import (
    BankAnswer,
    BankTemplate,
    Export,
    Payment,
    PaymentItem,
    PayResult,
    PayStage,
    PayStep,
    Sheet,
    SheetLine,
)
from subsidies.services.sheets import Refused


class Again(Refused):
    """The same file was taken in before; `answer` is that one."""

    def __init__(self, message: str, answer: BankAnswer):
        super().__init__(message)
        self.answer = answer


@dataclass(frozen=True)
class Match:
    """A row of the answer and the person it is about."""

    said: Said
    item: PaymentItem
    recorded: PayResult | None = None  # the line's newest event, where that is what the row would say or deny


@dataclass
class Preview:
    """What an answer would do: what is new, what is known, and each row and person left over, with why."""

    paid: list[Match] = field(default_factory=list)
    refused: list[Match] = field(default_factory=list)
    bounced: list[Match] = field(default_factory=list)  # arrived before, sent back since
    pending: list[Match] = field(default_factory=list)  # no final word yet: nothing is recorded
    known: list[Match] = field(default_factory=list)  # recorded just so before
    contrary: list[Match] = field(default_factory=list)  # recorded otherwise before
    doubles: list[tuple[Match, list[int], bool]] = field(default_factory=list)  # further rows; whether they agree
    unmatched: list[tuple[Said, str]] = field(default_factory=list)
    unanswered: list[PaymentItem] = field(default_factory=list)

    @property
    def new(self) -> list[tuple[PayStep, list[Match]]]:
        """What would be recorded, step by step."""
        steps = [(PayStep.ARRIVE, self.paid), (PayStep.REFUSE, self.refused), (PayStep.BOUNCE, self.bounced)]
        return [(step, matches) for step, matches in steps if matches]

    @property
    def odd(self) -> int:
        """People of whom the file says something twice, or otherwise than recorded."""
        return len(self.doubles) + len(self.contrary)

    @property
    def left(self) -> int:
        """Rows of the file that are not taken in."""
        disagreeing = sum(1 + len(rows) for _match, rows, agree in self.doubles if not agree)
        return len(self.unmatched) + len(self.contrary) + disagreeing

    @property
    def digest(self) -> str:
        """Shows that what is confirmed is what was shown."""
        text = repr([(step, match.item.pk, match.said.reason) for step, matches in self.new for match in matches])
        return hashlib.sha256(text.encode()).hexdigest()


def hand_in(*, payment: Payment, name: str, content: bytes, actor: User) -> BankAnswer:
    """Keep the file, its columns as far as they are known. Raises Unreadable, or Again for one taken in before."""
    sha256 = hashlib.sha256(content).hexdigest()
    taken = BankAnswer.objects.filter(
        payment__sheet=payment.sheet_id, sha256=sha256, taken_at__isnull=False, revoked_at=None
    )
    if before := taken.select_related("taken_by").first():
        words = {"who": before.taken_by, "when": date_format(timezone.localtime(before.taken_at), "Y-m-d H:i")}
        text = _("This very file was taken in before, by %(who)s at %(when)s. Nothing has been changed.") % words
        raise Again(text, before)
    template = template_of(payment)
    found = reading.grid(content, template.separator if template else "|")
    columns = reading.guess(found.titles, template.answer if template else {})
    return BankAnswer.objects.create(
        payment=payment,
        name=name[-100:],
        content=content,
        sha256=sha256,
        columns=columns if reading.is_clear(columns, found.titles) and template and template.answer else {},
        by=actor,
        at=timezone.now(),
    )


def template_of(payment: Payment) -> BankTemplate | None:
    """By which the payment last went to the bank."""
    export = Export.objects.filter(payment=payment, template__isnull=False).select_related("template").first()
    return export.template if export else None


def grid(answer: BankAnswer) -> reading.Grid:
    template = template_of(answer.payment)
    return reading.grid(bytes(answer.content), template.separator if template else "|")


@transaction.atomic
def set_columns(answer: BankAnswer, columns: dict, *, actor: User) -> None:
    """Say which column of the file says what; remembered for the next answer by the same template."""
    answer.columns = columns
    answer.save(update_fields=["columns"])
    template = template_of(answer.payment)
    if template and template.answer != columns:
        template.answer = columns
        versions.save(template, actor=actor, reason=answer.name)


def preview(answer: BankAnswer) -> Preview:
    """What the answer says of its payment's people, matched by account, amount and, where there is one, name."""
    items = list(answer.payment.items.select_related("line__community", "line__group").defer("line__facts"))
    by_account: dict[str, list[PaymentItem]] = defaultdict(list)
    for item in items:
        by_account[item.account].append(item)
    found = Preview()
    matches: dict[int, list[Match]] = defaultdict(list)
    for said in reading.said(grid(answer), answer.columns):
        match, why = (None, said.fault) if said.fault else _item(said, by_account[said.account])
        if match:
            matches[match.pk].append(Match(said, match))
        else:
            found.unmatched.append((said, why))
    # Of each person the newest event in this payment: a later payment of the line has an answer of its own.
    events = PayResult.objects.filter(item__payment=answer.payment).order_by("ordinal")
    recorded = {event.item_id: event for event in events}
    for item in items:
        _sort(found, item, matches.get(item.pk, []), recorded[item.pk])
    return found


def _item(said: Said, candidates: list[PaymentItem]) -> tuple[PaymentItem | None, str]:
    """The person a row is about, or why there is none."""
    if not candidates:
        return None, _("nobody of this payment has the account")
    fitting = [item for item in candidates if item.amount == said.amount]
    if not fitting:
        words = {"name": candidates[0].name, "amount": candidates[0].amount}
        return None, _("%(name)s was to get %(amount)s yuan") % words
    named = [item for item in fitting if not said.name or _same(item.name, said.name)]
    if not named:
        return None, _("the account is that of %(name)s") % {"name": fitting[0].name}
    if len(named) > 1:
        return None, _("several people have this account and amount")
    return named[0], ""


def _same(name: str, said: str) -> bool:
    try:
        return name == normalised(said)
    except ValueError:
        return name == said


def _sort(found: Preview, item: PaymentItem, matches: list[Match], recorded: PayResult) -> None:
    """Put one person's rows where they belong."""
    if not matches:
        if recorded.stage == PayStage.IN_TRANSIT:
            found.unanswered.append(item)
        return
    first, *others = matches
    if others:
        agree = all(other.said.says == first.said.says for other in others)
        found.doubles.append((first, [other.said.number for other in others], agree))
        if not agree:
            return
    match = replace(first, recorded=recorded)
    _list(found, recorded, match.said.says).append(match)


def _list(found: Preview, recorded: PayResult, says: str) -> list[Match]:
    """Where a row belongs by what is recorded of its person in this payment."""
    match recorded.stage, says:
        case PayStage.IN_TRANSIT, reading.PAID:
            return found.paid
        case PayStage.IN_TRANSIT, reading.REFUSED:
            return found.refused
        case PayStage.IN_TRANSIT, _:
            return found.pending
        case PayStage.ARRIVED, reading.REFUSED:
            return found.bounced
        case PayStage.ARRIVED, _:
            return found.known
        case _, reading.PAID:
            return found.contrary
        case _:
            return found.known


def _locked(answer: BankAnswer) -> BankAnswer:
    Sheet.objects.select_for_update().get(pk=answer.payment.sheet_id)
    return BankAnswer.objects.select_for_update(of=("self",)).select_related("payment__sheet").get(pk=answer.pk)


@transaction.atomic
def take_in(answer: BankAnswer, *, digest: str, day: date, actor: User | None) -> Preview:
    """Record what the answer says that is new, on `day`, the bank's. Raises Refused: nothing new, or a wrong day."""
    answer = _locked(answer)
    if answer.taken_at:
        raise Refused(_("This file is taken in already. Nothing has been changed."))
    check_day(answer.payment, day)
    found = preview(answer)
    if not found.new:
        raise Refused(_("The file says nothing new. Nothing has been changed."))
    if found.digest != digest:
        raise Refused(_("What is recorded has changed since you looked. This is what the file would do now."))
    for step, matches in found.new:
        moves = [Move(match.item.line_id, match.item, match.said.reason) for match in matches]
        arrivals.record(step, answer.payment.sheet, moves, actor=actor, day=day, answer=answer)
    answer.taken_at, answer.taken_by = timezone.now(), actor
    answer.paid, answer.refused, answer.left = len(found.paid), len(found.refused), found.left
    answer.bounced, answer.in_transit = len(found.bounced), len(found.pending) + len(found.unanswered)
    answer.save()
    return found


def check_day(payment: Payment, day: date) -> None:
    """Raises Refused for a day on which the bank cannot have answered: before it got the payment, or after today."""
    if day > timezone.localdate():
        raise Refused(_("This day is still to come."))
    made = timezone.localdate(payment.at)
    if day < made:
        raise Refused(_("The payment was made on %(day)s; the bank cannot have answered before.") % {"day": made})


@transaction.atomic
def revoke(answer: BankAnswer, *, reason: str, actor: User) -> None:
    """Undo what an answer recorded, by a second person and until the sheet's next answer. Raises Refused.

    Nothing is deleted: each line goes back by an event of its own to where it stood before.
    """
    answer = _locked(answer)
    if not answer.taken_at or answer.revoked_at:
        raise Refused(_("Only an answer that is taken in can be revoked, and once."))
    if answer.taken_by_id == actor.pk:
        raise Refused(_("You took this answer in; somebody else has to revoke it."))
    later = BankAnswer.objects.filter(payment__sheet=answer.payment.sheet_id, taken_at__gt=answer.taken_at)
    if later.filter(revoked_at=None).exists():
        raise Refused(_("A later answer of the bank is taken in; this one can no longer be revoked."))
    events = list(answer.results.exclude(step=PayStep.REVOKE).select_related("line"))
    newest = arrivals.newest(answer.payment.sheet.lines.all())
    if moved := [event.line.name for event in events if newest[event.line_id].pk != event.pk]:
        words = {"names": _(", ").join(moved)}
        raise Refused(_("Since then something was decided about %(names)s; it has to be reversed first.") % words)
    moves = [Move(event.line_id, event.item, reason) for event in events]
    arrivals.record(PayStep.REVOKE, answer.payment.sheet, moves, actor=actor, answer=answer)
    answer.revoked_at, answer.revoked_by = timezone.now(), actor
    answer.save(update_fields=["revoked_at", "revoked_by"])


@transaction.atomic
def give_up(line: SheetLine, *, reason: str, actor: User) -> PayResult:
    """Decide that a line will not be paid. Raises Refused for one that is with the bank, arrived, or given up."""
    return _decide(
        PayStep.GIVE_UP, line, reason, actor, _("Only what has not arrived and is not with the bank can be given up.")
    )


@transaction.atomic
def reinstate(line: SheetLine, *, reason: str, actor: User) -> PayResult:
    """Decide that a line given up will be paid after all, by a further payment. Raises Refused for any other."""
    return _decide(PayStep.REINSTATE, line, reason, actor, _("Only what was given up can be reinstated."))


def _decide(step: PayStep, line: SheetLine, reason: str, actor: User, refusal: str) -> PayResult:
    sheet = Sheet.objects.select_for_update().get(pk=line.sheet_id)
    if not sheet.is_final:
        raise Refused(_("%(sheet)s is not approved yet: only what is approved goes to the bank.") % {"sheet": sheet})
    try:
        [event] = arrivals.record(step, sheet, [Move(line.pk, reason=reason)], actor=actor)
    except ValueError as error:
        raise Refused(refusal) from error
    return event
