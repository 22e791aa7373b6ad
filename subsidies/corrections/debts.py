"""Debts 应收: repayments recorded and reversed, and notices issued. A debt itself is `Correction.objects.debts()`."""

from datetime import date
from decimal import Decimal
from itertools import chain

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib import clock, id_numbers
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import LANGUAGE, money
from jygroups.lib.yuan import FEN, YuanSum
from registry.models import Appointment, EndReason, Member, User
from registry.records import locks
from subsidies.explanations.changed_fact_texts import changes
from subsidies.models import Correction, CorrectionState, DebtNotice, Repayment, RepaymentMethod, Standard
from subsidies.month import signed

REPAY, REVERSE, NOTIFY = "subsidies.add_repayment", "subsidies.reverse_repayment", "subsidies.add_debtnotice"
DECIDES_LARGE = "subsidies.decide_large_correction"


def of(member: Member, user: User, permission: str) -> list[Correction]:
    """The member's debts in areas where the user has the permission, oldest month first."""
    rows = Correction.objects.visible_to(user, permission).debts().filter(member=member)
    return list(rows.select_related("community__subdistrict").order_by("month", "pk"))


def total(debts: list[Correction]) -> Decimal:
    return sum((each.owed for each in debts), Decimal(0))


def still_due(member: Member, user: User, permission: str) -> Decimal:
    """Yuan of accepted corrections that no closed sheet has paid to the member, in such areas."""
    rows = Correction.objects.visible_to(user, permission).filter(member=member, state=CorrectionState.ACCEPTED)
    return sum((each.carried for each in rows.filter(difference__gt=0).with_sums()), Decimal(0))


def demanded(member: Member, user: User, permission: str) -> Decimal:
    """Yuan of the member's debts, less what is still due to them, which no sheet pays while the debts are larger."""
    return max(total(of(member, user, permission)) - still_due(member, user, permission), Decimal(0))


@transaction.atomic
def repay(
    *, member: Member, day: date, amount: Decimal, method: RepaymentMethod, voucher: str, note: str, actor: User
) -> list[Repayment]:
    """Record a repayment in yuan, for the oldest months first.

    Raises Refused for more than is owed, for a repayment that is already recorded, and for what a draft recovers.
    """
    if amount <= 0 or amount != amount.quantize(FEN):
        raise Refused(_("A repayment is an amount above zero, in whole fen."))
    locks.hold(locks.WRITERS)
    same = Repayment.objects.filter(correction__member=member, day=day, method=method, voucher=voucher)
    acts = same.filter(reverses=None, reversal=None).order_by().values("at").annotate(yuan=YuanSum("amount"))
    if acts.filter(yuan=amount).exists():
        raise Refused(_("This repayment is recorded already: the same day, method, voucher and amount."))
    debts = of(member, actor, REPAY)
    if amount > total(debts):
        raise Refused(_("Only %(yuan)s yuan are owed.") % {"yuan": money(total(debts))})
    if day > clock.today():
        raise Refused(_("The day is not after today."))
    now, rows = clock.now(), []
    for debt in debts:
        part = min(amount, debt.owed)
        amount -= part
        if part:
            _check_day(debt, day)
            rows.append(
                Repayment(
                    correction=debt, day=day, amount=part, method=method, voucher=voucher, note=note, by=actor, at=now
                )
            )
    try:
        with transaction.atomic():
            return Repayment.objects.bulk_create(rows)
    except IntegrityError as error:
        raise Refused(
            _("A sheet that is not approved yet recovers a part of it; have it computed again first.")
        ) from error


def _check_day(debt: Correction, day: date) -> None:
    """Raises Refused for a day before the repaid month begins: nothing was owed for it yet."""
    if day < debt.month:
        words = {"month": date_format(debt.month, "YEAR_MONTH_FORMAT"), "day": debt.month, "given": day}
        text = _("The repayment covers %(month)s too, so it is no earlier than %(day)s; %(given)s is before that.")
        raise Refused(text % words)


@transaction.atomic
def reverse(*, repayment: Repayment, reason: str, actor: User) -> Repayment:
    """Reverse a wrong entry by a counter-entry. Raises Refused, also for the user who recorded the entry."""
    locks.hold(locks.WRITERS)
    repayment = Repayment.objects.select_related("correction__subdistrict").get(pk=repayment.pk)
    area = repayment.correction.subdistrict
    if not actor.has_perm(REVERSE, area):
        raise Refused(_("Your post does not include corrections of %(area)s.") % {"area": area})
    written_off = repayment.correction.state == CorrectionState.WRITTEN_OFF
    if written_off and not actor.has_perm(DECIDES_LARGE, area):
        raise Refused(_("The rest is written off, and would grow by this: the finance bureau has to reverse it."))
    if repayment.by_id == actor.pk:
        raise Refused(_("You recorded this repayment; another user has to reverse it."))
    if repayment.reverses_id or Repayment.objects.filter(reverses=repayment).exists():
        raise Refused(_("It is reversed already, or reverses another entry."))
    return Repayment.objects.create(
        correction=repayment.correction,
        day=clock.today(),
        amount=-repayment.amount,
        method=repayment.method,
        voucher=repayment.voucher,
        note=reason,
        reverses=repayment,
        by=actor,
        at=clock.now(),
    )


@transaction.atomic
def notify(
    *, member: Member, number: str, day: date, pay_by: date, account: str, actor: User, **letter: str
) -> DebtNotice:
    """Issue a notice of all the member's present debts; `letter` gives addressee, basis, contact and phone.

    Raises Refused when nothing is owed, or ValidationError.
    """
    locks.hold(locks.WRITERS)
    debts, amount = of(member, actor, NOTIFY), demanded(member, actor, NOTIFY)
    if not amount:
        raise Refused(_("%(name)s owes nothing.") % {"name": member.name})
    notice = DebtNotice(
        member=member,
        community=debts[-1].community,
        number=number,
        day=day,
        pay_by=pay_by,
        account=account,
        amount=amount,
        months=[
            {
                "month": str(Month.of(each.month)),
                # What was given up since never arrived, and is not asked for.
                "was": str(each.was - each.lapsed),
                "should_be": str(each.should_be),
                "over": str(-each.difference - each.lapsed),
                "owed": str(each.owed),
                "reasons": _reasons(each),
            }
            for each in debts
        ],
        letter={
            **letter,
            "name": member.name,
            "id_end": id_numbers.end(member.id_number),
            "community": debts[-1].community.name,
            "office": signed.office(debts[-1].community.subdistrict),
            "still_due": str(total(debts) - amount),
        },
        by=actor,
        at=clock.now(),
    )
    notice.full_clean(exclude=["months"])
    notice.save()
    return notice


def _reasons(debt: Correction) -> list[str]:
    """Why nothing was due for the month, in words for a letter: the end of the last office, else the changed facts."""
    last = _office_before(debt)
    if last is None or last.last_day is None:
        return changes(debt)
    with override(LANGUAGE):
        words = {"day": date_format(last.last_day, "DATE_FORMAT"), "why": last.get_end_reason_display()}
        return [_("In office until %(day)s (%(why)s); nothing was due for this month.") % words]


def _office_before(debt: Correction) -> Appointment | None:
    """The office that ended last before the month, of a person with none in the month; otherwise none."""
    offices = debt.member.appointments.filter(first_day__lte=Month.of(debt.month).last_day)
    if offices.filter(Q(last_day=None) | Q(last_day__gte=debt.month)).exists():
        return None
    return offices.order_by("-last_day").first()


def letter_proposed(member: Member, user: User) -> dict[str, str]:
    """The proposed content of a notice: addressee, basis, and the office and account of the previous notice."""
    debts = of(member, user, NOTIFY)
    with override(LANGUAGE):
        dead = member.appointments.filter(end_reason=EndReason.DEATH).exists()
        words = _("the heirs of %(name)s") % {"name": member.name} if dead else member.name
        proposed = {"addressee": words, "basis": _basis(debts)}
    if not debts:
        return proposed
    before = DebtNotice.objects.filter(community__subdistrict=debts[-1].subdistrict).exclude(letter={}).first()
    known = {name: before.letter[name] for name in ("contact", "phone")} | {"account": before.account} if before else {}
    return proposed | known


def _basis(debts: list[Correction]) -> str:
    """The clause that pays people in office with its document, and the documents of the months' Standards.

    For a person who had left office before all the months it is what follows from leaving, without the rates.
    """
    adopted = list(Standard.objects.adopted().order_by("effective_month"))
    in_force = [[each for each in adopted if each.effective_month <= debt.month][-1:] for debt in debts]
    if not adopted:
        return ""
    first, *later = dict.fromkeys(each.document for each in chain(adopted[:1], *in_force))
    words = {"first": first, "later": "、".join(later)}
    if debts and all(map(_office_before, debts)):
        return _("Clause 3 (3) of %(first)s pays members for the months in office; who has left is none.") % words
    if later:
        return _("By clause 3 (3) of %(first)s, “non-employed members are paid from the city's budget”, and by the "
                 "rates of %(later)s.") % words  # fmt: skip
    return _("By clause 3 (3) of %(first)s, “non-employed members are paid from the city's budget”.") % words


def next_number(day: date) -> str:
    """A number for the next notice of the year: 追缴〔2026〕3号."""
    prefix = f"追缴〔{day.year}〕"
    taken = set(DebtNotice.objects.filter(number__startswith=prefix).values_list("number", flat=True))
    count = len(taken) + 1
    while f"{prefix}{count}号" in taken:
        count += 1
    return f"{prefix}{count}号"
