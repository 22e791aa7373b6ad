"""Payments of approved sheets: the people of one payment, their accounts, and what has to be decided first."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from jygroups.lib import clock, id_numbers
from jygroups.lib.digests import keyed
from jygroups.lib.encryption import blind_index
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import LANGUAGE
from jygroups.lib.yuan import YuanSum
from registry.models import Act, Member, User
from registry.records import audit
from subsidies.bank import doubles
from subsidies.bank.files import Payee
from subsidies.models import Payment, PaymentItem, PayResult, PayStage, PayStep, Sheet, SheetLine, Withdrawal
from subsidies.models.payments import OPEN
from subsidies.month import arrivals, checks, seals
from subsidies.month.arrivals import Move, Share

BATCH = 1_000
# The fields of a person in a payment that may have changed after the sheet was approved.
PERSONAL = ("name", "id_number", "bank", "account")


class Undecided(Refused):
    """The account of at least one person has to be decided first; the message names each person."""


class Choice(models.TextChoices):
    """Which of a person's accounts a payment uses, or that it leaves the person out."""

    TODAY = "today", gettext_lazy("pay to the account on record today")
    APPROVED = "approved", gettext_lazy("pay to the account as approved")
    LEAVE = "leave", gettext_lazy("leave out of this payment")


@dataclass(frozen=True)
class Candidate:
    """A line that the next payment may include, with its newest event, current record and shared accounts."""

    line: SheetLine
    event: PayResult | None
    member: Member
    sharing: tuple[str, ...] = ()  # others whose account today's or the approved one is, as `identified`
    has_namesake: bool = False  # among those whom the payment may take
    is_further: bool = False  # another payment of the sheet is valid
    refusal: PayResult | None = None  # the bank's event, where the line is refused or sent back
    double: doubles.Double | None = None  # an answer of the bank by which an earlier payment has arrived

    @property
    def who(self) -> str:
        """The name; for namesakes with the community and the end of the ID number."""
        return identified(self.line) if self.has_namesake else self.line.name

    @property
    def changed(self) -> list[str]:
        """The fields of PERSONAL that changed after approval."""
        return [name for name in PERSONAL if getattr(self.line, name) != getattr(self.member, name)]

    @property
    def changes(self) -> list[str]:
        """What changed since approval, in words, the bank's name with its account."""
        words = {"name": _("name"), "id_number": _("ID number"), "account": _("account"), "bank": _("bank")}
        return [str(words[name]) for name in self.changed]

    @property
    def is_corrected(self) -> bool:
        """Whether the account on record differs from the one that the bank refused or sent back."""
        item = self.refusal.item if self.refusal else None
        return bool(self.member.account and item and self.member.account != item.account)

    @property
    def choices(self) -> list[Choice]:
        """The possible choices: each account that exists, and always to leave the person out."""
        found = [Choice.TODAY] if self.member.account and self.changed else []
        if self.line.account:
            found.append(Choice.APPROVED)
        return [*found, Choice.LEAVE]

    @property
    def proposal(self) -> Choice | None:
        """The preselected choice; None where the user has to choose because money depends on it."""
        if self.double:
            return None
        if self.is_corrected and not self.sharing:
            return self.choices[0]  # the corrected account
        return Choice.LEAVE if self.event or len(self.choices) == 1 else None

    @property
    def is_open(self) -> bool:
        """Whether a user has to choose before this person can be paid."""
        return bool(self.changed or self.sharing or self.is_further or self.double or not self.line.account)


def candidates(sheet: Sheet) -> list[Candidate]:
    """The lines that the next payment may include, in the sheet's order: not arrived, in transit or given up."""
    lines = list(
        arrivals.with_stage(sheet.lines.all())
        .filter(stage__in=OPEN)
        .defer("facts", *seals.STAMPS)
        .select_related("member")
        .prefetch_related("community", "group", "member__merged_into__community", "member__community")
        .order_by("ordinal")
    )
    # A line whose only payment was withdrawn is paid as if there had been none.
    newest = arrivals.newest(sheet.lines.all())
    events = {
        key: event for key, event in newest.items() if (event.step, event.stage) != (PayStep.WITHDRAW, PayStage.TO_PAY)
    }
    models.prefetch_related_objects([events[line.pk] for line in lines if line.pk in events], "item__payment")
    is_further = sheet.payments.valid().exists()
    refusals = {event.line_id: event for event in arrivals.refused(sheet.lines.all())}
    reported = {each.item.line_id: each for each in doubles.of([sheet]).get(sheet.pk, ())}
    holders = _holders(lines)
    names = Counter(line.name for line in lines)
    found = []
    for line in lines:
        member = today(line.member)
        accounts = {line.account, member.account} - {""}
        others = {key: name for account in accounts for key, name in holders[account].items() if key != member.pk}
        sharing = tuple(others[key] for key in sorted(others))
        found.append(
            Candidate(
                line,
                events.get(line.pk),
                member,
                sharing,
                names[line.name] > 1,
                is_further,
                refusals.get(line.pk),
                reported.get(line.pk),
            )
        )
    return found


def identified(person: SheetLine | Member) -> str:
    """The name with the community and the end of the ID number, which distinguish namesakes."""
    words = {"name": person.name, "community": person.community.name, "end": id_numbers.end(person.id_number)}
    return _("%(name)s (%(community)s, ID number ending in %(end)s)") % words


def _holders(lines: Iterable[SheetLine]) -> dict[str, dict[int, str]]:
    """By account of these lines or their people, each holder: by today's record or by a line of the month."""
    holders: dict[str, dict[int, str]] = defaultdict(dict)
    people = [today(line.member) for line in lines]
    for line, member in zip(lines, people, strict=True):
        for account in {line.account, member.account} - {""}:
            holders[account][member.pk] = identified(member)
    indexes = sorted({blind_index(account) for account in holders})
    for start in range(0, len(indexes), BATCH):
        part = indexes[start : start + BATCH]
        rows = Member.objects.filter(account_index__in=part, merged_into=None).prefetch_related("community")
        for row in rows.only("name", "account", "id_number", "row_key", "community"):
            if row.account in holders:
                holders[row.account][row.pk] = identified(row)
    return holders


def today(member: Member) -> Member:
    """The person's current record; for a merged record the one it was merged into."""
    while member.merged_into:
        member = member.merged_into
    return member


@transaction.atomic
def first(sheet: Sheet, *, actor: User | None) -> Payment:
    """The payment of all the sheet's lines with money as approved, created at the first request.

    Raises Undecided where an account must be chosen first, Refused if nobody can be paid or a line fails verification.
    """
    sheet = _locked(sheet)
    if payment := sheet.payments.valid().order_by("ordinal").first():
        return payment
    found = candidates(sheet)
    if undecided := [each for each in found if each.is_open]:
        raise Undecided("\n".join(map(_question, undecided)))
    if not found:
        raise Refused(_("Nobody on %(sheet)s is to be paid.") % {"sheet": sheet})
    return _open(sheet, [(each.line, each.line) for each in found], actor)


def _question(candidate: Candidate) -> str:
    words = {
        "name": candidate.who,
        "what": _(", ").join(candidate.changes),
        "others": _(", ").join(candidate.sharing),
    }
    if candidate.double:
        return str(candidate.double)
    if not candidate.line.account:
        return _("%(name)s: there is no bank account.") % words
    if candidate.changed:
        return _("%(name)s: changed since approval: %(what)s.") % words
    return _("%(name)s: the account is also that of %(others)s.") % words


def shown(found: Iterable[Candidate]) -> str:
    """A keyed digest of what a page shows of these people: records, shared accounts, answers that they were paid."""
    rows = [
        (each.line.pk, each.sharing, str(each.double or ""), *(str(getattr(each.member, name)) for name in PERSONAL))
        for each in found
    ]
    return keyed(rows)


@transaction.atomic
def pay(
    sheet: Sheet,
    decisions: Mapping[int, Choice],
    *,
    actor: User | None,
    batches: int | None = None,
    seen: str | None = None,
) -> Payment:
    """Create a payment of the lines in `decisions`, each to the chosen account. Raises Refused.

    `batches` is the number of payments on the user's page; another number now means that another user was first.
    `seen` is `shown` of that page: an account changed after the page was loaded is not paid unnoticed.
    """
    sheet = _locked(sheet)
    made = sheet.payments.select_related("by").order_by("ordinal")
    if batches is not None and len(made) != batches:
        last = made[len(made) - 1]
        words = {
            "number": last.ordinal,
            "who": last.by or _("the system"),
            "when": date_format(timezone.localtime(last.at), "H:i"),
        }
        raise Refused(_("%(who)s has made batch %(number)s at %(when)s. Nothing has been changed.") % words)
    chosen = {key: choice for key, choice in decisions.items() if choice != Choice.LEAVE}
    found = candidates(sheet)
    if seen is not None and seen != shown(found):
        raise Refused(_("What is on record has changed since you looked. Decide again by what is shown now."))
    open_to = {each.line.pk: each for each in found}
    if not chosen or chosen.keys() - open_to.keys():
        raise Refused(_("Choose among the people who are still to be paid."))
    pairs = []
    for key, each in open_to.items():
        if key in chosen:
            source = each.line if chosen[key] == Choice.APPROVED else each.member
            if not source.account:
                raise Refused(_("Without a bank account: %(names)s.") % {"names": each.who})
            pairs.append((each.line, source))
    return _open(sheet, pairs, actor)


def check_valid(payment: Payment) -> None:
    """Raises Refused for a withdrawn payment: its file is void, and its people may be in another payment."""
    if reason := why_void(payment):
        raise Refused(reason)


def why_void(payment: Payment) -> str:
    """By whom and why the payment was withdrawn, in words; empty where it stands."""
    if found := Withdrawal.objects.filter(payment=payment).select_related("by").first():
        words = {"number": payment.ordinal, "who": found.by or _("the system"), "reason": found.reason}
        return _("Batch %(number)s was withdrawn by %(who)s (%(reason)s): its file is void.") % words
    return ""


def why_not_withdrawn(payment: Payment) -> str:
    """Why the payment cannot be withdrawn, in words; empty where it can: the bank has not got it."""
    if reason := why_void(payment):
        return reason
    if PayResult.objects.filter(item__payment=payment).exclude(step=PayStep.SEND).exists():
        return _("The bank has answered this payment, so it has got the file: it can no longer be withdrawn.")
    if answer := payment.answers.filter(taken_at=None).defer("content").first():
        text = _("The file %(name)s was handed in as the bank's answer to this payment; discard it first.")
        return text % {"name": answer.name}
    return ""


@transaction.atomic
def withdraw(payment: Payment, *, reason: str, actor: User | None) -> Withdrawal:
    """Withdraw a payment that the bank has not got; its people return to where they stood before it.

    Raises Refused once the bank has answered, or where a file waits as its answer.
    """
    sheet = Sheet.objects.select_for_update().get(pk=payment.sheet_id)
    if why := why_not_withdrawn(payment):
        raise Refused(why)
    sent = PayResult.objects.filter(item__payment=payment)
    row = Withdrawal.objects.create(payment=payment, reason=reason, by=actor, at=clock.now())
    moves = [Move(each.line_id, each.item, reason, back_to=each.source) for each in sent.select_related("item")]
    arrivals.record(PayStep.WITHDRAW, sheet, moves, actor=actor)
    audit.record(
        Act.DISCARD, str(payment), user=actor, what="payment", reason=reason, lines=payment.lines,
        net=str(payment.amount),
    )  # fmt: skip
    return row


def payees(payment: Payment) -> list[Payee]:
    """The payment's people for a bank's file. Raises Refused with the names of people whose row was tampered with."""
    with override(LANGUAGE):
        month = date_format(payment.sheet.month, "YEAR_MONTH_FORMAT")
        remark = _("stipend of %(month)s") % {"month": month}
    lines = SheetLine.objects.only("community").prefetch_related("community")
    items = list(payment.items.prefetch_related(models.Prefetch("line", lines)).order_by("ordinal"))
    if changed := seals.changed_people(payment.pk, items):
        names = _(", ").join(item.name for item in changed)
        raise Refused(_("Not as the payment was made: %(names)s. Nothing is handed out.") % {"names": names})
    return [
        Payee(item.name, item.id_number, item.bank, item.account, item.amount, item.line.community.name, remark)
        for item in items
    ]


def answered(batches: models.QuerySet[Payment]) -> dict[int, str]:
    """By key of each payment that the bank has answered, where its people stand, in words; two queries.

    It is the reason why the file of such a payment must not be sent again: the bank would pay twice. People who are
    in a later payment by now, which is not withdrawn, are not counted.
    """
    keys = list(Payment.objects.filter(pk__in=batches).answered().values_list("pk", flat=True))
    later = PaymentItem.objects.filter(line=OuterRef("line"), pk__gt=OuterRef("pk"), payment__withdrawal=None)
    newest = PayResult.objects.filter(line=OuterRef("line")).order_by("-ordinal")
    items = PaymentItem.objects.filter(~Exists(later), payment__in=keys).order_by()
    found: dict[int, dict[str, Share]] = {key: {} for key in keys}
    rows = items.annotate(stage=Subquery(newest.values("stage")[:1])).values_list("payment", "stage")
    for key, stage, count, yuan in rows.annotate(models.Count("pk"), YuanSum("amount")):
        found[key][stage] = Share(count, yuan)
    return {key: _standing(by_stage) for key, by_stage in found.items()}


def _standing(shares: Mapping[str, Share]) -> str:
    """Where the people of an answered payment stand, and what becomes of those who are not paid."""
    stages = {stage: _part(label, shares[stage]) for stage, label in PayStage.choices if stage in shares}
    text = [_("The bank has answered this payment: %(stages)s.") % {"stages": _("; ").join(stages.values())}]
    if PayStage.IN_TRANSIT in shares:
        text.append(_("Those in transit wait for the bank's answer; nobody pays them another way."))
    if shares.keys() & {PayStage.REFUSED, PayStage.BOUNCED}:
        text.append(_("Those refused are paid by a further payment."))
    return " ".join(text)


def _part(label: object, share: Share) -> str:
    words = {"stage": label, "count": share.count, "amount": f"{share.yuan:,.2f}"}
    return _("%(stage)s %(count)s people, %(amount)s yuan") % words


def _locked(sheet: Sheet) -> Sheet:
    """The sheet, locked, approved and true to its seal. Raises Refused with the lines that are not."""
    rows = Sheet.objects.select_for_update(of=("self",)).select_related("subdistrict", "standard")
    sheet = rows.prefetch_related("standard__rates").get(pk=sheet.pk)
    if not sheet.is_final:
        raise Refused(_("%(sheet)s is not approved yet: only what is approved goes to the bank.") % {"sheet": sheet})
    checks.verify(sheet)
    return sheet


def _verified(rows: Iterable[SheetLine | Member]) -> None:
    """Raises Refused with the person's name where a stored number or account cannot be verified."""
    if found := [f"{row.name}: {words}" for row in rows if (words := seals.unverified(row))]:
        raise Refused("\n".join(found))


def _open(sheet: Sheet, chosen: Sequence[tuple[SheetLine, SheetLine | Member]], actor: User | None) -> Payment:
    """Create a payment of these pairs: the line, and the row with name, ID number and account. Raises Refused.

    Its events have its own time, with which the seals compare it.
    """
    _verified(source for _line, source in chosen)
    now = clock.now()
    payment = Payment.objects.create(
        sheet=sheet,
        ordinal=sheet.payments.count() + 1,
        lines=len(chosen),
        amount=sum((line.net for line, _source in chosen), Decimal(0)),
        by=actor,
        at=now,
    )
    items = []
    for ordinal, (line, source) in enumerate(chosen, 1):
        personal = {name: getattr(source, name) for name in PERSONAL}
        item = PaymentItem(payment=payment, line=line, ordinal=ordinal, amount=line.net, **personal)
        item.digest = seals.item_digest(item)
        items.append(item)
    PaymentItem.objects.bulk_create(items, BATCH)
    with clock.at(now):
        arrivals.record(PayStep.SEND, sheet, [Move(item.line_id, item) for item in items], actor=actor)
    return payment
