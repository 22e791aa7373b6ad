"""What the bank answered: taken in whole or not at all, each person's result once; and what is given up."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.names import normalised
from registry.models import User
from registry.services import versions
from subsidies.bank import payments, reading
from subsidies.bank.payments import PayStage
from subsidies.bank.reading import Said
from subsidies.models import (
    BankAnswer,
    BankTemplate,
    Export,
    Payment,
    PaymentItem,
    PayResult,
    PayState,
    Sheet,
    SheetLine,
)
from subsidies.services.sheets import Refused

BATCH = 1_000


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

    @property
    def state(self) -> str:
        return PayState.PAID if self.said.is_paid else PayState.REFUSED


@dataclass
class Preview:
    """What an answer would do: what is new, what is known, and each row and person left over, with why."""

    paid: list[Match] = field(default_factory=list)
    refused: list[Match] = field(default_factory=list)
    known: list[Match] = field(default_factory=list)  # recorded just so before
    contrary: list[Match] = field(default_factory=list)  # recorded otherwise before
    doubles: list[tuple[Match, list[int], bool]] = field(default_factory=list)  # further rows; whether they agree
    unmatched: list[tuple[Said, str]] = field(default_factory=list)
    unanswered: list[PaymentItem] = field(default_factory=list)

    @property
    def new(self) -> list[Match]:
        return [*self.paid, *self.refused]

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
        """By which it is seen that what is confirmed is what was looked at."""
        text = repr([(match.item.pk, match.state, match.said.reason) for match in self.new])
        return hashlib.sha256(text.encode()).hexdigest()


def hand_in(*, payment: Payment, name: str, content: bytes, actor: User) -> BankAnswer:
    """Keep the file, its columns as far as they are known. Raises Unreadable, or Again for one taken in before."""
    sha256 = hashlib.sha256(content).hexdigest()
    taken = BankAnswer.objects.filter(payment__sheet=payment.sheet_id, sha256=sha256, taken_at__isnull=False)
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
    items = list(answer.payment.items.select_related("result", "line__community", "line__group").defer("line__facts"))
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
    for item in items:
        _sort(found, item, matches.get(item.pk, []))
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


def _sort(found: Preview, item: PaymentItem, matches: list[Match]) -> None:
    """Put one person's rows where they belong."""
    result = getattr(item, "result", None)
    if not matches:
        if result is None:
            found.unanswered.append(item)
        return
    first, *others = matches
    if others:
        agree = all(other.state == first.state for other in others)
        found.doubles.append((first, [other.said.number for other in others], agree))
        if not agree:
            return
    if result is None:
        (found.paid if first.said.is_paid else found.refused).append(first)
    else:
        (found.known if result.state == first.state else found.contrary).append(first)


@transaction.atomic
def take_in(answer: BankAnswer, *, digest: str, day: date, actor: User) -> Preview:
    """Record what the answer says that is new. Raises Refused when that is nothing, or not what was looked at."""
    Sheet.objects.select_for_update().get(pk=answer.payment.sheet_id)
    answer = BankAnswer.objects.select_for_update(of=("self",)).select_related("payment__sheet").get(pk=answer.pk)
    if answer.taken_at:
        raise Refused(_("This file is taken in already. Nothing has been changed."))
    found = preview(answer)
    if not found.new:
        raise Refused(_("The file says nothing new. Nothing has been changed."))
    if found.digest != digest:
        raise Refused(_("What is recorded has changed since you looked. This is what the file would do now."))
    now = timezone.now()
    record(found.new, answer=answer, day=day, actor=actor)
    answer.taken_at, answer.taken_by = now, actor
    answer.paid, answer.refused, answer.left = len(found.paid), len(found.refused), found.left
    answer.save()
    return found


def record(matches: list[Match], *, answer: BankAnswer, day: date, actor: User) -> None:
    now = timezone.now()
    PayResult.objects.bulk_create(
        [
            PayResult(
                line_id=match.item.line_id,
                item=match.item,
                answer=answer,
                state=match.state,
                reason=match.said.reason,
                day=day,
                by=actor,
                at=now,
            )
            for match in matches
        ],
        BATCH,
    )


@transaction.atomic
def write_off(line: SheetLine, *, reason: str, actor: User) -> PayResult:
    """Give up paying a line that the bank has refused. Raises Refused for any other."""
    Sheet.objects.select_for_update().get(pk=line.sheet_id)
    found = payments.with_stage(SheetLine.objects.filter(pk=line.pk)).first()
    if found is None or found.stage != PayStage.REFUSED:
        raise Refused(_("Only what the bank has refused can be written off."))
    return PayResult.objects.create(
        line=line,
        state=PayState.WRITTEN_OFF,
        reason=reason[:200],
        day=timezone.localdate(),
        by=actor,
        at=timezone.now(),
    )
