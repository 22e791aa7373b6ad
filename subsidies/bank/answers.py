"""The bank's answers, each recorded whole or not at all with one result per person; and lines that are given up."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib import clock
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import LANGUAGE
from registry.models import Act, User
from registry.records import audit, locks
from subsidies.bank import (
    contradictions,
    doubles,
    doubts,
    grouping,
    matching,
    memory,
    payments,
    periods,
    reading,
    totals,
    words,
)
from subsidies.bank.elsewhere import Elsewhere, compare
from subsidies.bank.matching import Preview
from subsidies.bank.reading import Choices, Question
from subsidies.models import (
    BankAnswer,
    BankTemplate,
    Payment,
    PaymentItem,
    PayResult,
    PayStep,
    Sheet,
    SheetLine,
)
from subsidies.month import arrivals
from subsidies.month.arrivals import Move


class Again(Refused):
    """The same file was recorded before, as `answer`."""

    def __init__(self, message: str, answer: BankAnswer):
        super().__init__(message)
        self.answer = answer


def hand_in(
    *, payment: Payment, name: str, content: bytes, actor: User | None, may_conclude: bool = True
) -> BankAnswer:
    """Keep the file, its columns as far as they are known. Raises Unreadable, or Again for one taken in before.

    `may_conclude`: the same file again may decide on the people whom it does not name.
    """
    if why := doubts.why_no_answer(payment):
        raise Refused(why)
    sha256 = hashlib.sha256(content).hexdigest()
    before = doubts.taken(Q(sha256=sha256, payment=payment)).first()
    # What was not confirmed or concluded then, or was sent back since, may be confirmed now.
    if before and not _is_open(before, may_conclude=may_conclude):
        text = _("This very file was taken in before, by %(who)s at %(when)s. Nothing has been changed.")
        raise Again(text % doubts.taking(before), before)
    templates = memory.templates(payment)
    file = reading.opened(content, Choices(), people(payment), separator=_separator(templates))
    return BankAnswer.objects.create(
        payment=payment,
        name=name[-100:],
        content=content,
        sha256=sha256,
        columns=reading.remembered(file, memory.recalled(templates)).stored(),
        by=actor,
        at=clock.now(),
    )


def _is_open(answer: BankAnswer, *, may_conclude: bool) -> bool:
    understood = understand(answer)
    if understood.questions:
        return False
    found = of(understood)
    return bool(found.late or found.twice or (may_conclude and found.rest))


def people(payment: Payment) -> list[PaymentItem]:
    """The payment's people, each with the place on its line, whose own words and numbers are those of the item."""
    lines = SheetLine.objects.only("sheet", "community", "group").prefetch_related("community", "group")
    return list(payment.items.prefetch_related(Prefetch("line", lines)))


def _separator(templates: list[BankTemplate]) -> str:
    """The separator of the bank's own files; empty where several banks got files."""
    return templates[0].separator if len(templates) == 1 else ""


@dataclass(frozen=True)
class Understanding:
    """An uploaded file, how it is read so far, and what has to be chosen."""

    answer: BankAnswer
    file: reading.File
    choices: Choices
    people: list[PaymentItem]
    questions: list[Question]


def understand(answer: BankAnswer, choices: Choices | None = None) -> Understanding:
    """The file as read by the given choices, else by those stored with it."""
    templates = memory.templates(answer.payment)
    choices = choices or Choices.of(answer.columns)
    choices.words = choices.words or memory.recalled(templates).words
    items = people(answer.payment)
    file = reading.opened(bytes(answer.content), choices, items, separator=_separator(templates))
    questions = periods.questions(file, choices, Month.of(answer.payment.sheet.month))
    questions += reading.questions(file, choices, items, file_name=answer.name)
    return Understanding(answer, file, choices, items, questions)


@transaction.atomic
def store_choices(answer: BankAnswer, choices: Choices) -> None:
    """Store how this file is read. Raises Refused for an answer that is recorded or discarded."""
    if _locked(answer).taken_at:
        raise Refused(_("This file is taken in already. Nothing has been changed."))
    answer.columns = choices.stored()
    answer.save(update_fields=["columns"])


def preview(answer: BankAnswer) -> Preview:
    """What recording the answer would do to the payment's people. Raises Refused while a question is open."""
    return of(_without_questions(answer))


def _without_questions(answer: BankAnswer) -> Understanding:
    understood = understand(answer)
    if understood.questions:
        raise Refused(_("The file is not understood yet: %(why)s") % {"why": understood.questions[0].text})
    return understood


def of(understood: Understanding, elsewhere: Elsewhere | None = None) -> Preview:
    """What recording a file without open questions would do; `elsewhere` is that of an earlier preview of it."""
    answer, items = understood.answer, understood.people
    recorded, further = _recorded(answer.payment, items)
    prefetch_related_objects(list(further.values()), "item__payment")
    rows, skipped = reading.rows_of(understood.file, understood.choices, items)
    found = matching.match(rows, items, recorded, further, _refused_before(answer.payment))
    # Given out as several files, a payment has people whom this bank does not report.
    found.is_part, found.mixed = grouping.downloads(answer.payment)
    found.parts = grouping.parts(answer.payment, items)
    found.skipped, found.ignored = skipped, _ignored(understood)
    found.warnings = contradictions.of_all_rows(understood.file, understood.choices)
    found.contradictions = contradictions.of_rows(understood.file, understood.choices)
    found.totals = totals.of(understood.file, understood.choices, rows, items)
    found.rows_digest = doubts.digest(rows)
    named = periods.months(understood.file, understood.choices, answer.name)
    found.doubts = doubts.of(answer, named, rows, found)
    found.remarks = [*doubts.never_sent(answer.payment), *found.renamed]
    found.remarks += contradictions.hidden(understood.file, understood.choices)
    left = [row for row, _why in found.unmatched]
    new = [match.row for _step, matches in found.new for match in matches]
    found.explain(elsewhere or compare(left, rows, answer.payment, new, named))
    found.noted = doubles.noted([answer.payment.sheet])
    return found


def _recorded(payment: Payment, items: list[PaymentItem]) -> tuple[dict[int, PayResult], dict[int, PayResult]]:
    """By item its newest event in this payment, and by line its newest event in a later one; two queries.

    A later payment that is withdrawn counts as if it had never been made.
    """
    rows = PaymentItem.objects.filter(line__payment_items__payment=payment).exclude(payment=payment)
    withdrawn = set(rows.exclude(payment__withdrawal=None).values_list("pk", flat=True))
    own = {item.line_id: item.pk for item in items}
    recorded: dict[int, PayResult] = {}
    further: dict[int, PayResult] = {}
    for event in PayResult.objects.filter(line__in=own).order_by("line", "ordinal"):
        item = own[event.line_id]
        if event.item_id == item:
            recorded[item] = event
        elif item not in recorded or event.item_id in withdrawn and event.step in (PayStep.SEND, PayStep.WITHDRAW):
            continue  # of an earlier payment, or of none
        elif event.item_id in withdrawn and event.line_id not in further:
            recorded[item] = event  # given up or reinstated since: before, such an event was of the withdrawn payment
        else:
            further[event.line_id] = event
    return recorded, further


def _refused_before(payment: Payment) -> dict[int, PayResult]:
    """By line of the payment, its newest refusal or return by the bank, in this payment or an earlier one."""
    events = PayResult.objects.filter(line__payment_items__payment=payment, step__in=[PayStep.REFUSE, PayStep.BOUNCE])
    return {event.line_id: event for event in events.filter(answer__revoked_at=None).order_by("ordinal")}


def _ignored(understood: Understanding) -> list[tuple[str, int]]:
    tables, meanings = understood.file.tables, understood.choices.sheets
    chosen = [(table.name, len(table.rows)) for table in tables if meanings.get(table.name) == reading.SKIP]
    return [*understood.file.ignored, *chosen]


def _locked(answer: BankAnswer) -> BankAnswer:
    Sheet.objects.select_for_update().get(pk=answer.payment.sheet_id)
    rows = BankAnswer.objects.select_for_update(of=("self",)).select_related("payment__sheet")
    if locked := rows.filter(pk=answer.pk).first():
        return locked
    raise Refused(_("This file was discarded. Nothing has been changed."))


@transaction.atomic
def take_in(
    answer: BankAnswer,
    *,
    digest: str,
    day: date,
    actor: User | None,
    rest: str = "",
    files: Collection[str] = (),
    late: Collection[int] = (),
    bounced: Collection[int] = (),
    confirmed: bool = False,
    elsewhere: Elsewhere | None = None,
    choices: Choices | None = None,
) -> Preview:
    """Record the new results of the answer on `day`, the bank's day.

    `rest` is the outcome (PAID or REFUSED) that the user chooses for people whom the file does not name; where the
    payment was exported as several files, only for the people of those that `files` names. `late` are the items of
    people paid after a refusal whom the user has confirmed; `bounced` are those of people sent back although they were
    paid after a refusal. `confirmed` means that the user confirms a file for which the preview has doubts. `elsewhere`
    is that of the preview: without it the accounts of other payments are decrypted while the sheet is locked. `choices`
    are how the file is read, where they are not stored yet; they are remembered for the bank's next answer. Raises
    Refused when nothing is new or the day is wrong.
    """
    locks.hold(locks.WRITERS)  # before the sheet: corrections follow what was given up
    answer = _locked(answer)
    if answer.taken_at:
        raise Refused(_("This file is taken in already. Nothing has been changed."))
    payments.check_valid(answer.payment)
    check_day(answer.payment, day)
    if choices:
        answer.columns = choices.stored()
    understood = _without_questions(answer)
    found = of(understood, elsewhere)
    _check(found, digest=digest, rest=rest, confirmed=confirmed)
    found.confirm({*late, *bounced})
    chosen = [part for part in found.parts if part.name in files]
    if len(chosen) != len(files):
        raise Refused(_("What is recorded has changed since you looked. This is what the file would do now."))
    if rest:
        found.conclude(rest, chosen)
    if not found.new and not found.concluded and not found.twice:
        raise Refused(_("Nobody is confirmed. Nothing has been changed."))
    steps = [
        (step, [Move(match.item.line_id, match.item, match.row.reason) for match in matches])
        for step, matches in found.new
    ]
    if found.concluded:
        steps.append((PayStep.ARRIVE if rest == words.PAID else PayStep.REFUSE, _concluded(found.concluded, rest)))
    for step, moves in steps:
        arrivals.record(step, answer.payment.sheet, moves, actor=actor, day=day, answer=answer)
    answer.taken_at, answer.taken_by = clock.now(), actor
    counts = found.counts
    answer.paid, answer.refused, answer.bounced = counts["arrived"], counts["refused"], counts["bounced"]
    answer.in_transit, answer.left = counts["in_transit"], found.left
    masked = [match.item.line_id for match in found.masked]
    twice = [match.item.pk for match in found.twice]
    answer.columns = answer.columns | {"masked": masked, "rows": found.rows_digest, doubles.KEY: twice}
    answer.save()
    matched = [match.item for match in found.matched]
    memory.learn(answer.payment, understood.choices, matched, actor=actor, name=answer.name)
    return found


def _check(found: Preview, *, digest: str, rest: str, confirmed: bool) -> None:
    """Raise Refused where the answer has nothing new, cannot be taken in, or is not what the user saw or confirmed."""
    if not found.is_open and not rest:
        raise Refused(_("The file has nothing new. Nothing has been changed."))
    if found.warnings:
        raise Refused(" ".join(map(str, found.warnings)))
    if found.digest != digest:
        raise Refused(_("What is recorded has changed since you looked. This is what the file would do now."))
    if found.to_confirm and not confirmed:
        raise Refused(" ".join([*found.to_confirm, _("Confirm that it is the answer to this payment.")]))


def _concluded(items: list[PaymentItem], rest: str) -> list[Move]:
    """The moves of the people whom the file does not name."""
    with override(LANGUAGE):
        reason = (
            _("not on the bank's list of failures") if rest == words.PAID else _("not on the bank's list of successes")
        )
    return [Move(item.line_id, item, reason) for item in items]


def day_of(payment: Payment, found: Preview) -> date:
    """The bank's day: the newest that the file gives of its new rows; today where it gives none that is possible."""
    made, today = timezone.localdate(payment.at), clock.today()
    days = [day for _step, matches in found.new for match in matches for day in match.row.days]
    return max((day for day in days if made <= day <= today), default=today)


def check_day(payment: Payment, day: date) -> None:
    """Raises Refused for a day on which the bank cannot have answered: before it got the payment, or after today."""
    if day > clock.today():
        raise Refused(_("This day is still to come."))
    made = timezone.localdate(payment.at)
    if day < made:
        raise Refused(_("The payment was made on %(day)s; the bank cannot have answered before.") % {"day": made})


@transaction.atomic
def discard(answer: BankAnswer, *, actor: User) -> None:
    """Delete an answer that was not recorded, with its file. Raises Refused for a recorded one."""
    answer = _locked(answer)
    if answer.taken_at:
        raise Refused(_("This answer is taken in; it can only be revoked."))
    audit.record(
        Act.DISCARD, answer.name, user=actor, what="bank answer", sha256=answer.sha256,
        batch=str(answer.payment),
    )  # fmt: skip
    answer.delete()


def why_not_revoked(answer: BankAnswer, actor: User) -> str:
    """Why the user cannot revoke the answer, in words; empty where the user can."""
    if not answer.taken_at or answer.revoked_at:
        return _("Only an answer that is taken in can be revoked, and once.")
    if answer.taken_by_id == actor.pk:
        return _("You took this answer in; somebody else has to revoke it.")
    later = BankAnswer.objects.filter(payment__sheet=answer.payment.sheet_id, taken_at__gt=answer.taken_at)
    if later.filter(revoked_at=None).exists():
        return _("A later answer of the bank is taken in; this one can no longer be revoked.")
    newest = arrivals.newest(answer.payment.sheet.lines.all())
    # Where a later answer was revoked, the line is again in the stage that this answer gave it.
    if moved := [event.line.name for event in _events(answer) if newest[event.line_id].stage != event.stage]:
        words = {"names": _(", ").join(moved)}
        return _("Since then something was decided about %(names)s; it has to be reversed first.") % words
    return ""


def _events(answer: BankAnswer) -> QuerySet[PayResult]:
    return answer.results.exclude(step=PayStep.REVOKE).select_related("line")


@transaction.atomic
def revoke(answer: BankAnswer, *, reason: str, actor: User) -> None:
    """Undo what an answer recorded; only another user may, and only until the sheet's next answer. Raises Refused.

    Nothing is deleted: each line returns to its earlier stage by an event of its own.
    """
    locks.hold(locks.WRITERS)  # before the sheet: corrections follow what is given up again
    answer = _locked(answer)
    if why := why_not_revoked(answer, actor):
        raise Refused(why)
    moves = [Move(event.line_id, event.item, reason, back_to=event.source) for event in _events(answer)]
    arrivals.record(PayStep.REVOKE, answer.payment.sheet, moves, actor=actor, answer=answer)
    answer.revoked_at, answer.revoked_by = clock.now(), actor
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
    locks.hold(locks.WRITERS)  # before the sheet, as other writers of corrections do
    sheet = Sheet.objects.select_for_update().get(pk=line.sheet_id)
    if not sheet.is_final:
        raise Refused(_("%(sheet)s is not approved yet: only what is approved goes to the bank.") % {"sheet": sheet})
    if line.net <= 0:
        raise Refused(_("%(name)s is paid nothing in this month.") % {"name": line.name})
    try:
        [event] = arrivals.record(step, sheet, [Move(line.pk, reason=reason)], actor=actor)
    except ValueError as error:
        raise Refused(refusal) from error
    return event
